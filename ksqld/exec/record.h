/* Rows of a source as records of its topic, without a query. */
#ifndef KSQLD_EXEC_RECORD_H
#define KSQLD_EXEC_RECORD_H

#include "ksqld/engine.h"
#include "ksqld/serde/side.h"

#define KSQL_RECORD_BYTES_MAX (64u * 1024 * 1024) /* of one written key or value */

struct ksql_record_writer {
    struct ksql_side sides[2]; /* of the value and the key */
    struct of_buffer bytes[2];
    int32_t ids[2]; /* of their schemas */
};

/* The source's schema is borrowed until release. */
void ksql_record_writer_init(
    struct ksql_record_writer *writer, const struct ksql_source *source, const int32_t ids[2]);
void ksql_record_writer_release(struct ksql_record_writer *writer); /* also for OF_CLEANUP */

/* One value a column of the schema. The record's bytes are the writer's, until the next one. INPUT:
 * longer than KSQL_RECORD_BYTES_MAX. */
int ksql_record_write(struct ksql_record_writer *writer, const struct ksql_value *values,
    struct ksql_record_out *record, struct of_error *error) OF_NODISCARD;

#endif
