/* Subscripts, constructors, IN and LIKE. */
#ifndef KSQLD_EXEC_COLLECTION_H
#define KSQLD_EXEC_COLLECTION_H

#include "ksqld/exec/evaluate.h"

int ksql_evaluate_subscript(
    struct ksql_frame *frame, const struct ksql_expression *expression, struct ksql_value *result);
int ksql_evaluate_constructor(
    struct ksql_frame *frame, const struct ksql_expression *expression, struct ksql_value *result);
int ksql_evaluate_in(
    struct ksql_frame *frame, const struct ksql_expression *expression, struct ksql_value *result);
int ksql_evaluate_like(
    struct ksql_frame *frame, const struct ksql_expression *expression, struct ksql_value *result);

/* The value of a key, or NULL when the map doesn't have it. */
const struct ksql_value *ksql_map_get(
    const struct ksql_type *map, const struct ksql_list *list, const struct ksql_value *key);
/* Whether text matches a pattern of LIKE; `escape` -1: none. -1: the pattern ends with its escape.
 */
int ksql_like(struct of_text text, struct of_text pattern, int escape, bool *matches);

#endif
