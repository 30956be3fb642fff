/* One side of a query's input: bytes to columns in any format, by the schemas that the records
 * name. */
#ifndef KSQLD_SERDE_INPUT_H
#define KSQLD_SERDE_INPUT_H

#include "avro/schema.h"
#include "ksqld/engine.h"
#include "ksqld/serde/avro_reader.h"

#define KSQL_WRITERS_MAX 1024u /* schema ids in the input of one run */

struct ksql_input_writer;

struct ksql_input {
    struct ksql_side side;
    const struct ksql_want *wants; /* or NULL: all columns */
    struct ksql_run_callbacks callbacks;
    struct ksql_arena arena; /* readers */
    struct ksql_input_writer *writers;
    size_t writer_count;
};

/* Schema, format and wants are borrowed. */
void ksql_input_init(struct ksql_input *input, const struct ksql_side *side,
    const struct ksql_want *wants, const struct ksql_run_callbacks *callbacks);
void ksql_input_release(struct ksql_input *input);

/* As ksql_side_read, but for all formats. RETRY: the schema could not be asked for. */
int ksql_input_read(struct ksql_input *input, const void *bytes, size_t size,
    struct ksql_arena *arena, struct ksql_value *row, bool *null,
    struct of_error *error) OF_NODISCARD;

#endif
