/* What the files that plan GROUP BY share. */
#ifndef KSQLD_PLAN_GROUP_H
#define KSQLD_PLAN_GROUP_H

#include "ksqld/plan/select.h"

struct ksql_grouper {
    struct ksql_plan *plan;
    struct ksql_pipeline *pipeline;
    struct ksql_grouping *grouping;
    const struct ksql_select *select;
    const char *sink;
    struct ksql_scope input;        /* before GROUP BY */
    struct ksql_scope result;       /* behind it: names are texts of expressions */
    const struct ksql_node **calls; /* as they were written */
    size_t call_count;
    struct ksql_node *having; /* on `result` */
};

/* What a walk through an expression found. */
struct ksql_group_walk {
    bool aggregate;                     /* a call of an aggregate function */
    const struct ksql_node **unmatched; /* columns that are no part of GROUP BY */
    size_t unmatched_count;
};

/* A further column of the row behind GROUP BY, under a name that none has. */
void ksql_group_add_column(
    struct ksql_grouper *grouper, const char *name, const struct ksql_type *type);

/* The same expression on what GROUP BY yields: its expressions and aggregates become columns.
 * INPUT: an aggregate that is not right. */
int ksql_group_rewrite(struct ksql_grouper *grouper, const struct ksql_node *node,
    struct ksql_group_walk *walk, struct ksql_node **rewritten) OF_NODISCARD;

/* The function, if the node calls one; *known also for those that this runner doesn't have. */
const struct ksql_aggregate *ksql_group_aggregate(const struct ksql_node *node, bool *known);
/* GROUP BY, or aggregates without it. */
bool ksql_group_is_asked(const struct ksql_select *select);
/* A bound of the query's own windows where none may stand. */
int ksql_group_fail_bound(
    const struct ksql_grouper *grouper, const struct ksql_node *node) OF_NODISCARD;
/* Whether it calls one anywhere. */
bool ksql_group_has_aggregate(const struct ksql_node *node);

#endif
