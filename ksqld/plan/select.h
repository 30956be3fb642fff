/* A SELECT of a persistent query to its pipeline. */
#ifndef KSQLD_PLAN_SELECT_H
#define KSQLD_PLAN_SELECT_H

#include "ksqld/plan/plan.h"

/* Fills plan->pipeline from the resolved plan->parsed.select. `sink` names what is built, for
 * messages. INPUT: *problem in ksqlDB's words. */
int ksql_plan_select(struct ksql_plan *plan, const struct ksql_source *from, const char *sink,
    struct ksql_problem *problem) OF_NODISCARD;

/* Whether a key or value of these formats and columns can be read and written here. */
int ksql_check_serialization(const struct ksql_schema *schema, const char *key_format,
    const char *value_format, bool reading, struct ksql_problem *problem) OF_NODISCARD;

#endif
