/* Names of a SELECT: which column each one means, and what the columns of its result are called. */
#ifndef KSQLD_PLAN_RESOLVE_H
#define KSQLD_PLAN_RESOLVE_H

#include "ksqld/plan/plan.h"

/* Puts the source before each column that it has, and an alias behind each item that has none.
 * INPUT: a source or alias that the statement doesn't read from. */
int ksql_resolve_select(struct ksql_arena *arena, struct ksql_select *select,
    const struct ksql_schema *schema, struct ksql_problem *problem) OF_NODISCARD;

/* After it: INPUT for the first column that the source doesn't have. */
int ksql_check_columns(struct ksql_arena *arena, const struct ksql_select *select,
    const struct ksql_schema *schema, struct ksql_problem *problem) OF_NODISCARD;

/* WINDOWSTART or WINDOWEND of the windows that the query makes. */
bool ksql_is_window_bound(const struct ksql_select *select, const struct ksql_node *node);

/* The name that ksqlDB gives to an expression without one: the field's name for ->, KSQL_COL_n
 * otherwise, unlike all columns of the schema and all names given before. */
struct ksql_aliases {
    struct ksql_arena *arena;
    const struct ksql_schema *schema;
    const char **given;
    size_t count;
};
const char *ksql_alias_for(struct ksql_aliases *aliases, const struct ksql_node *node);

#endif
