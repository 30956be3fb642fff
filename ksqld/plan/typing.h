/* What the files that type expressions share. */
#ifndef KSQLD_PLAN_TYPING_H
#define KSQLD_PLAN_TYPING_H

#include "ksqld/plan/expression.h"

const struct ksql_type *ksql_basic_type(enum ksql_type_kind kind);
struct ksql_type *ksql_decimal_type(struct ksql_arena *arena, int precision, int scale);

struct ksql_expression *ksql_expression_new(
    const struct ksql_scope *scope, const struct ksql_node *node, const struct ksql_type *type);
void ksql_expression_add(const struct ksql_scope *scope, struct ksql_expression *expression,
    struct ksql_expression *item);

/* As messages show them, in the scope's arena. */
const char *ksql_show_node(const struct ksql_scope *scope, const struct ksql_node *node);
const char *ksql_show_type(const struct ksql_scope *scope, const struct ksql_type *type);

bool ksql_type_is_number(const struct ksql_type *type);

int ksql_type_arithmetic(const struct ksql_scope *scope, const struct ksql_node *node,
    struct ksql_expression **expression) OF_NODISCARD;
int ksql_type_comparison(const struct ksql_scope *scope, const struct ksql_node *node,
    struct ksql_expression **expression) OF_NODISCARD;
int ksql_type_cast(const struct ksql_scope *scope, const struct ksql_node *node,
    struct ksql_expression **expression) OF_NODISCARD;
int ksql_type_call(const struct ksql_scope *scope, const struct ksql_node *node,
    struct ksql_expression **expression) OF_NODISCARD;
/* "Function 'f' does not accept parameters (BIGINT). ..." */
int ksql_fail_call(const struct ksql_scope *scope, const struct ksql_node *node,
    const struct ksql_function *function, const struct ksql_type *const *arguments, size_t count);

#endif
