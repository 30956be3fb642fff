/* Rows as clients of the REST API send them: JSON objects by the names of columns. */
#ifndef KSQLD_SERDE_API_ROW_H
#define KSQLD_SERDE_API_ROW_H

#include "ksqld/plan/type.h"
#include "ksqld/plan/value.h"
#include "ksqld/serde/json.h"

/* The name that a client's identifier stands for: upper-cased, or without its quotes. NULL, and a
 * literal that says why: it has no end, or a quote within. */
char *ksql_api_name(struct ksql_arena *arena, struct of_text text, const char **why);

/* Fills one value a column, NULL where the row has none; members that are no columns are left
 * alone. Strings borrow the tree. INPUT: ksqlDB's message, and in error->kind (a literal) whether
 * it is the client's fault ("row") or one that ksqlDB only notes in its log ("server"). */
int ksql_api_row_read(struct ksql_arena *arena, const struct ksql_schema *schema,
    const struct ksql_json *row, struct ksql_value *values, struct of_error *error) OF_NODISCARD;

#endif
