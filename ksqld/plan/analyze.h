/* What ksqlDB's analyzer says about a SELECT before it plans it. */
#ifndef KSQLD_PLAN_ANALYZE_H
#define KSQLD_PLAN_ANALYZE_H

#include "ksqld/plan/plan.h"

/* As it was written, before names are resolved: no expression twice in GROUP BY or PARTITION BY. */
int ksql_analyze_written(struct ksql_arena *arena, const struct ksql_select *select,
    struct ksql_problem *problem) OF_NODISCARD;

/* Once names are resolved: where table functions stand, and which tables can be read. */
int ksql_analyze(struct ksql_plan *plan, struct ksql_problem *problem) OF_NODISCARD;

#endif
