/* Joins: what their names mean, and the one row that they make of several sources. */
#ifndef KSQLD_PLAN_JOIN_H
#define KSQLD_PLAN_JOIN_H

#include "ksqld/plan/plan.h"

/* Puts the source before each column that one has, and an alias behind each item that has none.
 * INPUT: a source that the statement doesn't read from, a name that several have. */
int ksql_join_resolve(struct ksql_plan *plan, struct ksql_problem *problem) OF_NODISCARD;

/* Checks kinds and conditions, plans how rows meet, and gives the columns of the SELECT the names
 * that they have in the row behind the joins (L.ID is L_ID there, the key ROWKEY). The feeds are
 * there. */
int ksql_plan_join(
    struct ksql_plan *plan, const char *sink, struct ksql_problem *problem) OF_NODISCARD;

/* ---- shared by its files ---- */

struct ksql_joiner {
    struct ksql_plan *plan;
    struct ksql_problem *problem;
    struct ksql_select *select;
};

const char *ksql_join_alias(const struct ksql_joiner *joiner, size_t source);
/* The source of that alias; SIZE_MAX: none. */
size_t ksql_join_source(const struct ksql_joiner *joiner, const char *alias);
bool ksql_join_has(const struct ksql_joiner *joiner, size_t source, const char *name);
/* Renames the columns of an expression. */
int ksql_join_rename(const struct ksql_joiner *joiner, struct ksql_node *node, const char *clause);

#endif
