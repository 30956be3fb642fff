/* What the files that plan pull queries share. */
#ifndef KSQLD_PLAN_QUERY_H
#define KSQLD_PLAN_QUERY_H

#include "ksqld/plan/context.h"

/* The id of the query that keeps the table's rows; NULL: none does. */
const char *ksql_pull_writer(struct ksql_context *context, const struct ksql_source *from);
/* Columns of the answer that are told as keys. */
void ksql_pull_mark_keys(struct ksql_plan *plan);
/* Fills plan->asked with what is read of the table: by its keys where WHERE says which, else all.
 * INPUT: what ksqlDB refuses, by the properties in force. */
int ksql_pull_reads(struct ksql_context *context) OF_NODISCARD;

#endif
