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
int ksql_type_between(const struct ksql_scope *scope, const struct ksql_node *node,
    struct ksql_expression **expression) OF_NODISCARD;
int ksql_type_cast(const struct ksql_scope *scope, const struct ksql_node *node,
    struct ksql_expression **expression) OF_NODISCARD;
int ksql_type_call(const struct ksql_scope *scope, const struct ksql_node *node,
    struct ksql_expression **expression) OF_NODISCARD;
/* Subscripts, constructors of ARRAY, MAP and STRUCT, IN and LIKE. */
int ksql_type_collection(const struct ksql_scope *scope, const struct ksql_node *node,
    struct ksql_expression **expression) OF_NODISCARD;

/* Whether ksqlDB has the cast, for all that is inside as well. */
bool ksql_cast_exists(const struct ksql_type *from, const struct ksql_type *to);
/* The value as another type; itself if it has that type. The cast exists. INPUT: it does, but not
 * in this runner. */
int ksql_cast_to(const struct ksql_scope *scope, const struct ksql_node *node,
    const struct ksql_type *to, struct ksql_expression **expression) OF_NODISCARD;

/* What INTEGER and BIGINT are as DECIMAL. */
struct ksql_type ksql_as_decimal(const struct ksql_type *type);

/* Brings the expressions of a list to one type, by ksqlDB's rules for lists that users write: the
 * first one that is not NULL leads. *common NULL: all are NULL. */
int ksql_coerce(const struct ksql_scope *scope, struct ksql_node *const *nodes,
    struct ksql_expression **expressions, size_t count,
    const struct ksql_type **common) OF_NODISCARD;

#endif
