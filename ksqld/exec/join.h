/* Joins: each input of a query has a reader whose rows come in here. */
#ifndef KSQLD_EXEC_JOIN_H
#define KSQLD_EXEC_JOIN_H

#include "ksqld/exec/table.h"

struct ksql_join_step;

/* Lives in the flow's arena; hands joined rows to `next`. */
struct ksql_join_step *ksql_join_new(struct ksql_flow *flow, struct ksql_step *next);
/* Where the rows of one input come in. `kept`: its table, or NULL for a stream. */
struct ksql_step *ksql_join_entry(
    struct ksql_join_step *join, struct ksql_flow *flow, size_t input, struct ksql_table *kept);

#endif
