/* A table in the state: rows by their keys, each with its timestamp. */
#ifndef KSQLD_EXEC_TABLE_H
#define KSQLD_EXEC_TABLE_H

#include "ksqld/exec/flow.h"

struct ksql_table;

/* `number` is the table's own within the run's state. The rows have the schema's columns and the
 * pseudo columns; the schema is borrowed. */
struct ksql_table *ksql_table_new(
    struct ksql_flow *flow, unsigned char number, const struct ksql_schema *schema);
void ksql_table_release(struct ksql_table *table);

/* Sets change->before to what is kept under the key of change->now, and keeps that instead. */
int ksql_table_exchange(struct ksql_table *table, struct ksql_flow *flow,
    struct ksql_change *change, struct of_error *error) OF_NODISCARD;

/* The row under these values of the key columns, for a row of the lane; row->slots is NULL when
 * there is none. It is good until the next get or exchange of this table. */
int ksql_table_get(struct ksql_table *table, struct ksql_flow *flow, const struct ksql_value *keys,
    int32_t lane, struct ksql_row *row, int64_t *timestamp, struct of_error *error) OF_NODISCARD;

#endif
