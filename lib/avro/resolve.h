/* Schema resolution by the Avro specification: a plan, compiled once from writer and reader
 * schema, turns the writer's bytes into the bytes that the reader's schema would have given.
 * Promotions, reordered, dropped and defaulted fields, aliases, unions both ways, enum defaults. */
#ifndef OF_AVRO_RESOLVE_H
#define OF_AVRO_RESOLVE_H

#include "avro/schema.h"
#include "base/buffer.h"

struct of_avro_plan;
/* Both schemas are borrowed until free. INPUT: names the field and both types. What can fail only
 * for some values (a union branch, an enum symbol) fails when such a value comes. */
int of_avro_plan_new(const struct of_avro_schema *writer, const struct of_avro_schema *reader,
    struct of_avro_plan **plan, struct of_error *error) OF_NODISCARD;
void of_avro_plan_free(struct of_avro_plan *plan);
OF_DEFINE_CLEANUP(of_cleanup_avro_plan, struct of_avro_plan *, of_avro_plan_free)

/* Appends the resolved instance. INPUT: truncated, trailing bytes, bad lengths, value without a
 * branch; the message names the field. */
int of_avro_plan_run(const struct of_avro_plan *plan, const uint8_t *bytes, size_t size,
    struct of_buffer *out, struct of_error *error) OF_NODISCARD;

#endif
