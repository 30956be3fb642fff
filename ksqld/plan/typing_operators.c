/* Types of arithmetic and comparisons, by ksqlDB's rules; what those rules allow but this runner
 * can't do exactly is refused. */
#include "ksqld/exec/times.h"
#include "ksqld/lang/node.h"
#include "ksqld/plan/typing.h"

#define INTEGER_DIGITS 10
#define BIGINT_DIGITS 19

/* ---- arithmetic ---- */

static int fail_arithmetic(const struct ksql_scope *scope, const struct ksql_node *node,
    const struct ksql_type *left, const struct ksql_type *right)
{
    const char *shown = ksql_show_node(scope, node);
    if (left->kind == KSQL_NULL || right->kind == KSQL_NULL)
        return ksql_problem_set(scope->problem, &node->place,
            "Error processing expression: %s. Arithmetic on types %s and %s are not "
            "supported.\nStatement: %s",
            shown, left->kind == KSQL_NULL ? "null" : ksql_show_type(scope, left),
            right->kind == KSQL_NULL ? "null" : ksql_show_type(scope, right), shown);
    return ksql_problem_set(scope->problem, &node->place,
        "Error processing expression: %s. Unsupported arithmetic types. %s %s\nStatement: %s",
        shown, ksql_type_kind_name(left->kind), ksql_type_kind_name(right->kind), shown);
}

struct ksql_type ksql_as_decimal(const struct ksql_type *type)
{
    if (type->kind == KSQL_DECIMAL)
        return *type;
    int digits = type->kind == KSQL_INTEGER ? INTEGER_DIGITS : BIGINT_DIGITS;
    return (struct ksql_type){.kind = KSQL_DECIMAL, .precision = digits, .scale = 0};
}

static int max(int a, int b)
{
    return a > b ? a : b;
}

static int min(int a, int b)
{
    return a < b ? a : b;
}

static int decimal_result(const struct ksql_scope *scope, const struct ksql_node *node,
    const struct ksql_type *left_type, const struct ksql_type *right_type,
    const struct ksql_type **result)
{
    struct ksql_type left = ksql_as_decimal(left_type), right = ksql_as_decimal(right_type);
    int precision, scale;
    switch (node->op) {
    case KSQL_ADD:
    case KSQL_SUBTRACT:
        scale = max(left.scale, right.scale);
        precision = scale + max(left.precision - left.scale, right.precision - right.scale) + 1;
        break;
    case KSQL_MULTIPLY:
        scale = left.scale + right.scale;
        precision = left.precision + right.precision + 1;
        break;
    case KSQL_DIVIDE:
        scale = max(6, left.scale + right.precision + 1);
        precision = left.precision - left.scale + right.scale + scale;
        break;
    default:
        scale = max(left.scale, right.scale);
        precision = min(left.precision - left.scale, right.precision - right.scale) + scale;
        break;
    }
    if (precision > KSQL_DECIMAL_PRECISION_MAX)
        return ksql_problem_unsupported(scope->problem, &node->place,
            "A result of DECIMAL(%d, %d) (more than %d digits)", precision, scale,
            KSQL_DECIMAL_PRECISION_MAX);
    *result = ksql_decimal_type(scope->arena, precision, scale);
    return 0;
}

static int type_sign(const struct ksql_scope *scope, const struct ksql_node *node,
    struct ksql_expression **expression)
{
    struct ksql_expression *operand;
    if (ksql_type_expression(scope, node->items[0], &operand))
        return OF_INPUT;
    if (!ksql_type_is_number(operand->type))
        return ksql_problem_unsupported(scope->problem, &node->place,
            "The sign of a value of type %s", ksql_type_kind_name(operand->type->kind));
    *expression = ksql_expression_new(scope, node, operand->type);
    ksql_expression_add(scope, *expression, operand);
    return 0;
}

int ksql_type_arithmetic(const struct ksql_scope *scope, const struct ksql_node *node,
    struct ksql_expression **expression)
{
    if (node->kind == KSQL_NODE_SIGN)
        return type_sign(scope, node, expression);
    struct ksql_expression *left, *right;
    if (ksql_type_expression(scope, node->items[0], &left) ||
        ksql_type_expression(scope, node->items[1], &right))
        return OF_INPUT;
    const struct ksql_type *type = NULL;
    bool strings = left->type->kind == KSQL_STRING && right->type->kind == KSQL_STRING;
    if (strings && node->op == KSQL_ADD)
        type = left->type;
    else if (!ksql_type_is_number(left->type) || !ksql_type_is_number(right->type))
        return fail_arithmetic(scope, node, left->type, right->type);
    else if (left->type->kind == KSQL_DOUBLE || right->type->kind == KSQL_DOUBLE)
        type = ksql_basic_type(KSQL_DOUBLE);
    else if (left->type->kind == KSQL_DECIMAL || right->type->kind == KSQL_DECIMAL) {
        if (decimal_result(scope, node, left->type, right->type, &type))
            return OF_INPUT;
    } else {
        bool big = left->type->kind == KSQL_BIGINT || right->type->kind == KSQL_BIGINT;
        type = ksql_basic_type(big ? KSQL_BIGINT : KSQL_INTEGER);
    }
    *expression = ksql_expression_new(scope, node, type);
    ksql_expression_add(scope, *expression, left);
    ksql_expression_add(scope, *expression, right);
    return 0;
}

/* ---- comparisons ---- */

static const char *comparison_name(enum ksql_operator op)
{
    switch (op) {
    case KSQL_EQUAL:
        return "EQUAL";
    case KSQL_NOT_EQUAL:
        return "NOT_EQUAL";
    case KSQL_LESS:
        return "LESS_THAN";
    case KSQL_LESS_EQUAL:
        return "LESS_THAN_OR_EQUAL";
    case KSQL_GREATER:
        return "GREATER_THAN";
    case KSQL_DISTINCT:
        return "IS_DISTINCT_FROM";
    default:
        return "GREATER_THAN_OR_EQUAL";
    }
}

static bool is_time(enum ksql_type_kind kind)
{
    return kind == KSQL_TIMESTAMP || kind == KSQL_DATE || kind == KSQL_TIME;
}

static bool is_nested(enum ksql_type_kind kind)
{
    return kind == KSQL_ARRAY || kind == KSQL_MAP || kind == KSQL_STRUCT;
}

/* What ksqlDB lets pass. */
static bool is_comparable(
    const struct ksql_type *left, const struct ksql_type *right, enum ksql_operator op)
{
    enum ksql_type_kind a = left->kind, b = right->kind;
    bool equality = op == KSQL_EQUAL || op == KSQL_NOT_EQUAL || op == KSQL_DISTINCT;
    if (ksql_type_is_number(left))
        return ksql_type_is_number(right);
    if (a == KSQL_STRING)
        return b == KSQL_STRING || is_time(b);
    if (a == KSQL_BOOLEAN || is_nested(a))
        return a == b && equality;
    if (a == KSQL_TIME)
        return b == KSQL_TIME || b == KSQL_STRING;
    if (is_time(a))
        return b == KSQL_DATE || b == KSQL_TIMESTAMP || b == KSQL_STRING;
    return a == b;
}

/* Text beside ROWTIME is a time. */
static int type_operand(const struct ksql_scope *scope, const struct ksql_node *node,
    const struct ksql_node *other, struct ksql_expression **expression)
{
    bool magic = node->kind == KSQL_NODE_STRING && other->kind == KSQL_NODE_COLUMN &&
                 (strcmp(other->name, "ROWTIME") == 0 || strcmp(other->name, "WINDOWSTART") == 0 ||
                     strcmp(other->name, "WINDOWEND") == 0);
    if (!magic)
        return ksql_type_expression(scope, node, expression);
    struct ksql_node number = {.kind = KSQL_NODE_BIGINT, .place = node->place};
    struct of_text text = {node->text, node->text_length};
    if (!ksql_timestamp_parse(text, &number.number))
        return ksql_problem_set(
            scope->problem, &node->place, "Failed to parse timestamp '%s'", node->text);
    return ksql_type_expression(scope, &number, expression);
}

/* a BETWEEN b AND c is a >= b AND a <= c. */
int ksql_type_between(const struct ksql_scope *scope, const struct ksql_node *node,
    struct ksql_expression **expression)
{
    static const enum ksql_operator ops[] = {KSQL_GREATER_EQUAL, KSQL_LESS_EQUAL};
    struct ksql_node both = {.kind = KSQL_NODE_AND};
    *expression = ksql_expression_new(scope, &both, ksql_basic_type(KSQL_BOOLEAN));
    for (size_t i = 0; i < OF_COUNT(ops); i++) {
        struct ksql_node *items[] = {node->items[0], node->items[i + 1]};
        struct ksql_node comparison = {.kind = KSQL_NODE_COMPARISON,
            .op = ops[i],
            .place = node->place,
            .items = items,
            .count = OF_COUNT(items)};
        struct ksql_expression *typed;
        if (ksql_type_comparison(scope, &comparison, &typed))
            return OF_INPUT;
        ksql_expression_add(scope, *expression, typed);
    }
    return 0;
}

int ksql_type_comparison(const struct ksql_scope *scope, const struct ksql_node *node,
    struct ksql_expression **expression)
{
    struct ksql_expression *left, *right;
    if (type_operand(scope, node->items[0], node->items[1], &left) ||
        type_operand(scope, node->items[1], node->items[0], &right))
        return OF_INPUT;
    enum ksql_type_kind a = left->type->kind, b = right->type->kind;
    if (a == KSQL_NULL || b == KSQL_NULL)
        return ksql_problem_set(scope->problem, &node->place,
            "Comparison with NULL not supported: %s %s %s\nUse 'IS NULL' or 'IS NOT NULL' instead.",
            ksql_type_kind_name(a), ksql_operator_symbol(node->op), ksql_type_kind_name(b));
    if (!is_comparable(left->type, right->type, node->op))
        return ksql_problem_set(scope->problem, &node->place,
            "Cannot compare %s (%s) to %s (%s) with %s.\nStatement: %s",
            ksql_show_node(scope, node->items[0]), ksql_show_type(scope, left->type),
            ksql_show_node(scope, node->items[1]), ksql_show_type(scope, right->type),
            comparison_name(node->op), ksql_show_node(scope, node));
    /* In Java TIME, DATE and TIMESTAMP are one class that compares milliseconds; text is read. */
    if (is_time(a) && is_time(b) && (a == KSQL_TIME) != (b == KSQL_TIME))
        return ksql_problem_unsupported(scope->problem, &node->place, "Comparing %s to %s",
            ksql_type_kind_name(a), ksql_type_kind_name(b));
    *expression = ksql_expression_new(scope, node, ksql_basic_type(KSQL_BOOLEAN));
    ksql_expression_add(scope, *expression, left);
    ksql_expression_add(scope, *expression, right);
    return 0;
}
