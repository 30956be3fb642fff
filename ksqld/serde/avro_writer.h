/* Rows to Avro in the schema of plan/avro_schema.c: every field a union with null. */
#ifndef KSQLD_SERDE_AVRO_WRITER_H
#define KSQLD_SERDE_AVRO_WRITER_H

#include "base/buffer.h"
#include "ksqld/plan/type.h"
#include "ksqld/plan/value.h"

/* Appends one nullable value; the buffer is `full` when it does not fit. */
void ksql_avro_write(
    const struct ksql_type *type, const struct ksql_value *value, struct of_buffer *out);

/* The same without the union around it, for a value that is not NULL. */
void ksql_avro_write_bare(
    const struct ksql_type *type, const struct ksql_value *value, struct of_buffer *out);

#endif
