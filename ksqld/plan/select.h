/* A SELECT of a persistent query to its pipeline. */
#ifndef KSQLD_PLAN_SELECT_H
#define KSQLD_PLAN_SELECT_H

#include "ksqld/plan/plan.h"

/* Fills plan->pipeline from the resolved plan->parsed.select. `sink` names what is built, for
 * messages. INPUT: *problem in ksqlDB's words. */
int ksql_plan_select(struct ksql_plan *plan, const struct ksql_source *from, const char *sink,
    struct ksql_problem *problem) OF_NODISCARD;

/* GROUP BY, HAVING and SELECT of a query that groups, once its input and WHERE are planned. */
int ksql_plan_group(
    struct ksql_plan *plan, const char *sink, struct ksql_problem *problem) OF_NODISCARD;

/* Names that no column may get; in what is kept (not ephemeral) not even those that have them. */
int ksql_check_alias(
    const struct ksql_select_item *item, bool ephemeral, struct ksql_problem *problem) OF_NODISCARD;

/* "A, B and C", or with `spoken` false "A, B, C"; in the arena. */
const char *ksql_join_names(
    struct ksql_arena *arena, const char *const *names, size_t count, bool spoken);

/* TIMESTAMP of the source, whose columns these are. */
void ksql_plan_timing(struct ksql_arena *arena, const struct ksql_source *source,
    const struct ksql_schema *schema, struct ksql_timing *timing);

/* Each key in the result once, at least one value, no name twice. `partition_names`: what
 * PARTITION BY calls its keys. */
int ksql_check_projection(struct ksql_plan *plan, const char *sink,
    const char *const *partition_names, struct ksql_problem *problem) OF_NODISCARD;

/* ksqlDB's own rules: which columns a format can carry. */
int ksql_check_formats(const struct ksql_schema *schema, const char *key_format,
    const char *value_format, struct ksql_problem *problem) OF_NODISCARD;
/* The same, and that this runner can read or write them. */
int ksql_check_serialization(const struct ksql_schema *schema, const char *key_format,
    const char *value_format, bool reading, struct ksql_problem *problem) OF_NODISCARD;

#endif
