/* Arithmetic as Java computes it. */
#include "ksqld/exec/decimal.h"
#include "ksqld/exec/evaluate.h"

#include <math.h>

/* ---- arithmetic ---- */

static int fail(struct ksql_frame *frame, const char *cause)
{
    frame->cause = cause;
    return -1;
}

/* Java joins a NULL string as the word "null". */
static int concatenate(struct ksql_frame *frame, const struct ksql_value *left,
    const struct ksql_value *right, struct ksql_value *result)
{
    struct of_text a = left->null ? OF_TEXT("null") : left->text;
    struct of_text b = right->null ? OF_TEXT("null") : right->text;
    char *text = ksql_arena_take(frame->arena, a.length + b.length + 1);
    if (a.length)
        memcpy(text, a.data, a.length);
    if (b.length)
        memcpy(text + a.length, b.data, b.length);
    *result = (struct ksql_value){.text = {text, a.length + b.length}};
    return 0;
}

static int integers(enum ksql_operator op, int64_t left, int64_t right, int64_t *result)
{
    uint64_t a = (uint64_t)left, b = (uint64_t)right;
    switch (op) {
    case KSQL_ADD:
        *result = (int64_t)(a + b);
        return 0;
    case KSQL_SUBTRACT:
        *result = (int64_t)(a - b);
        return 0;
    case KSQL_MULTIPLY:
        *result = (int64_t)(a * b);
        return 0;
    default:
        break;
    }
    if (right == 0)
        return -1;
    if (right == -1) /* the smallest number has no opposite: Java wraps */
        *result = op == KSQL_DIVIDE ? (int64_t)(0 - a) : 0;
    else
        *result = op == KSQL_DIVIDE ? left / right : left % right;
    return 0;
}

static double doubles(enum ksql_operator op, double left, double right)
{
    switch (op) {
    case KSQL_ADD:
        return left + right;
    case KSQL_SUBTRACT:
        return left - right;
    case KSQL_MULTIPLY:
        return left * right;
    case KSQL_DIVIDE:
        return left / right;
    default:
        return fmod(left, right);
    }
}

static double as_double(const struct ksql_type *type, const struct ksql_value *value)
{
    if (type->kind == KSQL_DOUBLE)
        return value->real;
    if (type->kind == KSQL_DECIMAL)
        return ksql_decimal_to_double(value->decimal, type->scale);
    return (double)value->number;
}

static __int128 as_decimal(const struct ksql_type *type, const struct ksql_value *value)
{
    return type->kind == KSQL_DECIMAL ? value->decimal : value->number;
}

static int scale_of(const struct ksql_type *type)
{
    return type->kind == KSQL_DECIMAL ? type->scale : 0;
}

static int decimals(struct ksql_frame *frame, const struct ksql_expression *expression,
    const struct ksql_value *left, const struct ksql_value *right, struct ksql_value *result)
{
    const struct ksql_type *left_type = expression->items[0]->type;
    const struct ksql_type *right_type = expression->items[1]->type;
    __int128 a = as_decimal(left_type, left), b = as_decimal(right_type, right);
    __int128 units;
    bool good = true;
    int scale = expression->type->scale, precision = expression->type->precision;
    if (expression->op == KSQL_MULTIPLY) {
        good = !__builtin_mul_overflow(a, b, &units);
    } else if (expression->op == KSQL_DIVIDE) { /* ksqlDB doesn't round: it fails */
        good = ksql_decimal_divide(a, scale_of(left_type), b, scale_of(right_type), scale, &units);
    } else if (expression->op == KSQL_MODULO) {
        good = ksql_decimal_remainder(
            a, scale_of(left_type), b, scale_of(right_type), precision, &units);
    } else {
        good = ksql_decimal_rescale(a, scale_of(left_type), scale, &a) &&
               ksql_decimal_rescale(b, scale_of(right_type), scale, &b) &&
               !(expression->op == KSQL_ADD ? __builtin_add_overflow(a, b, &units)
                                            : __builtin_sub_overflow(a, b, &units));
    }
    if (!good || !ksql_decimal_fits(units, precision))
        return fail(frame, "/ by zero, or more digits than the type of the result has");
    *result = (struct ksql_value){.decimal = units};
    return 0;
}

int ksql_evaluate_arithmetic(struct ksql_frame *frame, const struct ksql_expression *expression,
    const struct ksql_value *left, const struct ksql_value *right, struct ksql_value *result)
{
    enum ksql_type_kind kind = expression->type->kind;
    if (kind == KSQL_STRING)
        return concatenate(frame, left, right, result);
    if (left->null || right->null)
        return fail(frame, "an operand is NULL");
    if (kind == KSQL_DECIMAL)
        return decimals(frame, expression, left, right, result);
    *result = (struct ksql_value){0};
    if (kind == KSQL_DOUBLE) {
        result->real = doubles(expression->op, as_double(expression->items[0]->type, left),
            as_double(expression->items[1]->type, right));
        return 0;
    }
    if (integers(expression->op, left->number, right->number, &result->number))
        return fail(frame, "/ by zero");
    if (kind == KSQL_INTEGER)
        result->number = (int32_t)result->number;
    return 0;
}
