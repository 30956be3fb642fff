/* Types of arithmetic, comparisons, casts and calls, by ksqlDB's rules; what those rules allow but
 * this runner can't do exactly is refused. */
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

static struct ksql_type as_decimal(const struct ksql_type *type)
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

static int decimal_result(const struct ksql_scope *scope, const struct ksql_node *node,
    const struct ksql_type *left_type, const struct ksql_type *right_type,
    const struct ksql_type **result)
{
    struct ksql_type left = as_decimal(left_type), right = as_decimal(right_type);
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
    default:
        return ksql_problem_unsupported(scope->problem, &node->place, "Division of DECIMAL values");
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
    bool equality = op == KSQL_EQUAL || op == KSQL_NOT_EQUAL;
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

int ksql_type_comparison(const struct ksql_scope *scope, const struct ksql_node *node,
    struct ksql_expression **expression)
{
    struct ksql_expression *left, *right;
    if (ksql_type_expression(scope, node->items[0], &left) ||
        ksql_type_expression(scope, node->items[1], &right))
        return OF_INPUT;
    enum ksql_type_kind a = left->type->kind, b = right->type->kind;
    if (a == KSQL_NULL || b == KSQL_NULL)
        return ksql_problem_set(scope->problem, &node->place,
            "Comparison with NULL not supported: %s %s %s\nUse 'IS NULL' or 'IS NOT NULL' instead.",
            ksql_type_kind_name(a), ksql_operator_symbol(node->op), ksql_type_kind_name(b));
    const struct ksql_node *operands[] = {node->items[0], node->items[1]};
    for (size_t i = 0; i < OF_COUNT(operands); i++) {
        if (operands[i]->kind == KSQL_NODE_COLUMN && strcmp(operands[i]->name, "ROWTIME") == 0 &&
            operands[!i]->kind == KSQL_NODE_STRING)
            return ksql_problem_unsupported(
                scope->problem, &node->place, "Comparing ROWTIME to a string");
    }
    if (!is_comparable(left->type, right->type, node->op))
        return ksql_problem_set(scope->problem, &node->place,
            "Cannot compare %s (%s) to %s (%s) with %s.\nStatement: %s",
            ksql_show_node(scope, node->items[0]), ksql_show_type(scope, left->type),
            ksql_show_node(scope, node->items[1]), ksql_show_type(scope, right->type),
            comparison_name(node->op), ksql_show_node(scope, node));
    bool decimal_double =
        (a == KSQL_DECIMAL && b == KSQL_DOUBLE) || (a == KSQL_DOUBLE && b == KSQL_DECIMAL);
    if (is_nested(a) || decimal_double || (!ksql_type_is_number(left->type) && a != b))
        return ksql_problem_unsupported(scope->problem, &node->place, "Comparing %s to %s",
            ksql_type_kind_name(a), ksql_type_kind_name(b));
    *expression = ksql_expression_new(scope, node, ksql_basic_type(KSQL_BOOLEAN));
    ksql_expression_add(scope, *expression, left);
    ksql_expression_add(scope, *expression, right);
    return 0;
}

/* ---- casts ---- */

enum cast { CAST_NONE, CAST_REFUSED, CAST_DONE };

static enum cast find_cast(enum ksql_type_kind from, enum ksql_type_kind to)
{
    static const struct {
        enum ksql_type_kind from, to;
        enum cast cast;
    } casts[] = {
        {KSQL_BOOLEAN, KSQL_STRING, CAST_DONE},
        {KSQL_INTEGER, KSQL_BIGINT, CAST_DONE},
        {KSQL_INTEGER, KSQL_DECIMAL, CAST_DONE},
        {KSQL_INTEGER, KSQL_DOUBLE, CAST_DONE},
        {KSQL_INTEGER, KSQL_STRING, CAST_DONE},
        {KSQL_BIGINT, KSQL_INTEGER, CAST_DONE},
        {KSQL_BIGINT, KSQL_DECIMAL, CAST_DONE},
        {KSQL_BIGINT, KSQL_DOUBLE, CAST_DONE},
        {KSQL_BIGINT, KSQL_STRING, CAST_DONE},
        {KSQL_DECIMAL, KSQL_INTEGER, CAST_DONE},
        {KSQL_DECIMAL, KSQL_BIGINT, CAST_DONE},
        {KSQL_DECIMAL, KSQL_DECIMAL, CAST_DONE},
        {KSQL_DECIMAL, KSQL_DOUBLE, CAST_DONE},
        {KSQL_DECIMAL, KSQL_STRING, CAST_DONE},
        {KSQL_DOUBLE, KSQL_INTEGER, CAST_DONE},
        {KSQL_DOUBLE, KSQL_BIGINT, CAST_DONE},
        {KSQL_DOUBLE, KSQL_DECIMAL, CAST_REFUSED},
        {KSQL_DOUBLE, KSQL_STRING, CAST_REFUSED},
        {KSQL_STRING, KSQL_BOOLEAN, CAST_REFUSED},
        {KSQL_STRING, KSQL_INTEGER, CAST_DONE},
        {KSQL_STRING, KSQL_BIGINT, CAST_DONE},
        {KSQL_STRING, KSQL_DECIMAL, CAST_REFUSED},
        {KSQL_STRING, KSQL_DOUBLE, CAST_REFUSED},
        {KSQL_STRING, KSQL_TIMESTAMP, CAST_REFUSED},
        {KSQL_STRING, KSQL_TIME, CAST_REFUSED},
        {KSQL_STRING, KSQL_DATE, CAST_REFUSED},
        {KSQL_STRING, KSQL_BYTES, CAST_REFUSED},
        {KSQL_ARRAY, KSQL_ARRAY, CAST_REFUSED},
        {KSQL_ARRAY, KSQL_STRING, CAST_REFUSED},
        {KSQL_MAP, KSQL_MAP, CAST_REFUSED},
        {KSQL_MAP, KSQL_STRING, CAST_REFUSED},
        {KSQL_STRUCT, KSQL_STRUCT, CAST_REFUSED},
        {KSQL_STRUCT, KSQL_STRING, CAST_REFUSED},
        {KSQL_TIMESTAMP, KSQL_STRING, CAST_REFUSED},
        {KSQL_TIMESTAMP, KSQL_TIME, CAST_REFUSED},
        {KSQL_TIMESTAMP, KSQL_DATE, CAST_REFUSED},
        {KSQL_DATE, KSQL_TIMESTAMP, CAST_REFUSED},
        {KSQL_TIME, KSQL_STRING, CAST_REFUSED},
        {KSQL_DATE, KSQL_STRING, CAST_REFUSED},
    };
    for (size_t i = 0; i < OF_COUNT(casts); i++) {
        if (casts[i].from == from && casts[i].to == to)
            return casts[i].cast;
    }
    return CAST_NONE;
}

int ksql_type_cast(const struct ksql_scope *scope, const struct ksql_node *node,
    struct ksql_expression **expression)
{
    struct ksql_expression *value;
    if (ksql_type_expression(scope, node->items[0], &value))
        return OF_INPUT;
    const struct ksql_type *from = value->type, *to = node->type;
    bool same = from->kind == KSQL_NULL || ksql_type_equal(from, to);
    enum cast cast = same ? CAST_DONE : find_cast(from->kind, to->kind);
    if (cast == CAST_NONE)
        return ksql_problem_set(scope->problem, &node->place,
            "Invalid %s: Cast of %s to %s is not supported. expression:%s", scope->clause,
            ksql_show_type(scope, from), ksql_show_type(scope, to), ksql_show_node(scope, node));
    if (cast == CAST_REFUSED)
        return ksql_problem_unsupported(scope->problem, &node->place, "CAST of %s to %s",
            ksql_type_kind_name(from->kind), ksql_type_kind_name(to->kind));
    *expression = ksql_expression_new(scope, node, to);
    (*expression)->guarded = true;
    ksql_expression_add(scope, *expression, value);
    return 0;
}

/* ---- calls ---- */

int ksql_fail_call(const struct ksql_scope *scope, const struct ksql_node *node,
    const struct ksql_function *function, const struct ksql_type *const *arguments, size_t count)
{
    const char *name = function->signatures[0];
    const char *list = "", *alternatives = "";
    for (size_t i = 0; i < count; i++) {
        const char *type =
            arguments[i]->kind == KSQL_NULL ? "null" : ksql_show_type(scope, arguments[i]);
        list = ksql_arena_printf(scope->arena, "%s%s%s", list, i ? ", " : "", type);
    }
    for (size_t i = 0; i < KSQL_SIGNATURE_MAX && function->signatures[i]; i++)
        alternatives =
            ksql_arena_printf(scope->arena, "%s%s\n", alternatives, function->signatures[i]);
    return ksql_problem_set(scope->problem, &node->place,
        "Function '%.*s' does not accept parameters (%s).\nValid alternatives are:\n%sFor detailed "
        "information on a function run: DESCRIBE FUNCTION <Function-Name>;",
        (int)strcspn(name, "("), name, list, alternatives);
}

static int find_function(const struct ksql_scope *scope, const struct ksql_node *node,
    const struct ksql_function **function)
{
    *function = ksql_function_find(node->name);
    if (*function && (*function)->run)
        return 0;
    if (*function)
        return ksql_problem_unsupported(scope->problem, &node->place,
            "%s anywhere but as a column of its own in SELECT", node->name);
    if (ksql_function_is_known(node->name))
        return ksql_problem_unsupported(
            scope->problem, &node->place, "The function %s", node->name);
    return ksql_problem_set(
        scope->problem, &node->place, "Can't find any functions with the name '%s'", node->name);
}

int ksql_type_call(const struct ksql_scope *scope, const struct ksql_node *node,
    struct ksql_expression **expression)
{
    const struct ksql_function *function;
    if (find_function(scope, node, &function))
        return OF_INPUT;
    struct ksql_expression *call = ksql_expression_new(scope, node, NULL);
    const struct ksql_type **types =
        ksql_arena_new_array(scope->arena, node->count + 1, sizeof(*types));
    for (size_t i = 0; i < node->count; i++) {
        struct ksql_expression *argument;
        if (ksql_type_expression(scope, node->items[i], &argument))
            return OF_INPUT;
        if (argument->kind == KSQL_NODE_CALL || argument->kind == KSQL_NODE_FIELD)
            argument->guarded = true;
        types[i] = argument->type;
        ksql_expression_add(scope, call, argument);
    }
    const struct ksql_type *type = function->accept(types, node->count);
    if (!type)
        return ksql_fail_call(scope, node, function, types, node->count);
    call->type = type;
    call->function = function;
    *expression = call;
    return 0;
}
