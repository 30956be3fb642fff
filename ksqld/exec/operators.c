/* Arithmetic and comparisons as Java computes them. */
#include "ksqld/exec/decimal.h"
#include "ksqld/exec/evaluate.h"

#include <math.h>

/* ---- arithmetic ---- */

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

static int decimals(const struct ksql_expression *expression, const struct ksql_value *left,
    const struct ksql_value *right, struct ksql_value *result)
{
    const struct ksql_type *left_type = expression->items[0]->type;
    const struct ksql_type *right_type = expression->items[1]->type;
    __int128 a = as_decimal(left_type, left), b = as_decimal(right_type, right);
    __int128 units;
    bool good = true;
    if (expression->op == KSQL_MULTIPLY) {
        good = !__builtin_mul_overflow(a, b, &units);
    } else {
        int scale = expression->type->scale;
        good = ksql_decimal_rescale(a, scale_of(left_type), scale, &a) &&
               ksql_decimal_rescale(b, scale_of(right_type), scale, &b) &&
               !(expression->op == KSQL_ADD ? __builtin_add_overflow(a, b, &units)
                                            : __builtin_sub_overflow(a, b, &units));
    }
    if (!good || !ksql_decimal_fits(units, expression->type->precision))
        return -1;
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
        return -1;
    if (kind == KSQL_DECIMAL)
        return decimals(expression, left, right, result);
    *result = (struct ksql_value){0};
    if (kind == KSQL_DOUBLE) {
        result->real = doubles(expression->op, as_double(expression->items[0]->type, left),
            as_double(expression->items[1]->type, right));
        return 0;
    }
    if (integers(expression->op, left->number, right->number, &result->number))
        return -1;
    if (kind == KSQL_INTEGER)
        result->number = (int32_t)result->number;
    return 0;
}

/* ---- comparisons ---- */

/* Java compares UTF-16 units: what needs two of them (four bytes of UTF-8) comes before U+E000 to
 * U+FFFF. */
static int compare_text(struct of_text a, struct of_text b)
{
    size_t shorter = a.length < b.length ? a.length : b.length;
    for (size_t i = 0; i < shorter; i++) {
        uint8_t x = (uint8_t)a.data[i], y = (uint8_t)b.data[i];
        if (x == y)
            continue;
        if ((x >= 0xf0) != (y >= 0xf0) && x >= 0xee && y >= 0xee)
            return x >= 0xf0 ? -1 : 1;
        return x < y ? -1 : 1;
    }
    return (a.length > b.length) - (a.length < b.length);
}

/* Bytes are compared as Java's signed ones. */
static int compare_bytes(struct of_text a, struct of_text b)
{
    size_t shorter = a.length < b.length ? a.length : b.length;
    for (size_t i = 0; i < shorter; i++) {
        int8_t x = (int8_t)a.data[i], y = (int8_t)b.data[i];
        if (x != y)
            return x < y ? -1 : 1;
    }
    return (a.length > b.length) - (a.length < b.length);
}

static int compare_decimals(const struct ksql_type *left_type, const struct ksql_value *left,
    const struct ksql_type *right_type, const struct ksql_value *right)
{
    /* Whole parts first: bringing both to one scale could leave 128 bits. */
    int left_scale = scale_of(left_type), right_scale = scale_of(right_type);
    __int128 a = as_decimal(left_type, left), b = as_decimal(right_type, right);
    __int128 a_whole = ksql_decimal_whole(a, left_scale);
    __int128 b_whole = ksql_decimal_whole(b, right_scale);
    if (a_whole != b_whole)
        return a_whole < b_whole ? -1 : 1;
    int scale = left_scale > right_scale ? left_scale : right_scale;
    __int128 a_rest = 0, b_rest = 0, a_base = 0, b_base = 0;
    ksql_decimal_rescale(a_whole, 0, left_scale, &a_base);
    ksql_decimal_rescale(b_whole, 0, right_scale, &b_base);
    ksql_decimal_rescale(a - a_base, left_scale, scale, &a_rest);
    ksql_decimal_rescale(b - b_base, right_scale, scale, &b_rest);
    return (a_rest > b_rest) - (a_rest < b_rest);
}

static bool holds(enum ksql_operator op, int order)
{
    switch (op) {
    case KSQL_EQUAL:
        return order == 0;
    case KSQL_NOT_EQUAL:
        return order != 0;
    case KSQL_LESS:
        return order < 0;
    case KSQL_LESS_EQUAL:
        return order <= 0;
    case KSQL_GREATER:
        return order > 0;
    default:
        return order >= 0;
    }
}

/* NaN is unequal to everything, and neither less nor greater. */
static bool holds_double(enum ksql_operator op, double left, double right)
{
    if (isnan(left) || isnan(right))
        return op == KSQL_NOT_EQUAL;
    return holds(op, (left > right) - (left < right));
}

int ksql_evaluate_comparison(const struct ksql_expression *expression,
    const struct ksql_value *left, const struct ksql_value *right, struct ksql_value *result)
{
    const struct ksql_type *left_type = expression->items[0]->type;
    const struct ksql_type *right_type = expression->items[1]->type;
    *result = (struct ksql_value){0};
    if (left->null || right->null)
        return 0; /* false, whatever is compared */
    enum ksql_type_kind a = left_type->kind, b = right_type->kind;
    if (a == KSQL_DOUBLE || b == KSQL_DOUBLE)
        result->number =
            holds_double(expression->op, as_double(left_type, left), as_double(right_type, right));
    else if (a == KSQL_DECIMAL || b == KSQL_DECIMAL)
        result->number =
            holds(expression->op, compare_decimals(left_type, left, right_type, right));
    else if (a == KSQL_STRING)
        result->number = holds(expression->op, compare_text(left->text, right->text));
    else if (a == KSQL_BYTES)
        result->number = holds(expression->op, compare_bytes(left->text, right->text));
    else
        result->number =
            holds(expression->op, (left->number > right->number) - (left->number < right->number));
    return 0;
}
