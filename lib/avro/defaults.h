/* A field's default, from the JSON of the schema to Avro binary. */
#ifndef OF_AVRO_DEFAULTS_H
#define OF_AVRO_DEFAULTS_H

#include "avro/schema.h"
#include "base/buffer.h"

#define OF_AVRO_DEFAULT_MAX (64u * 1024) /* bytes of one encoded default */

/* Appends the value as `type` wants it; a union takes the first branch that it fits. INPUT: the
 * JSON does not fit the type. */
int of_avro_encode_default(const struct of_avro_node *type, const json_t *value,
    struct of_buffer *out, struct of_error *error) OF_NODISCARD;

#endif
