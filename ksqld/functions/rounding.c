/* Rounding of every type of number, as Java's Math and BigDecimal do it. */
#include "ksqld/exec/decimal.h"
#include "ksqld/functions/rows.h"
#include "ksqld/plan/typing.h"
#include "ksqld/serde/number.h"

#include <math.h>

/* ---- results ---- */

static const struct ksql_type *same(
    struct ksql_arena *arena, const struct ksql_type *const *types, size_t count)
{
    (void)arena;
    (void)count;
    return types[0]->kind == KSQL_DECIMAL ? types[0] : NULL;
}

static const struct ksql_type *whole(
    struct ksql_arena *arena, const struct ksql_type *const *types, size_t count)
{
    (void)count;
    int digits = types[0]->precision - types[0]->scale;
    return types[0]->kind == KSQL_DECIMAL && digits > 0 ? ksql_decimal_type(arena, digits, 0)
                                                        : NULL;
}

/* ---- ABS, CEIL, FLOOR ---- */

static int run_abs(const struct ksql_call *call, struct ksql_value *result)
{
    const struct ksql_value *value = &call->arguments[0];
    switch (call->type->kind) {
    case KSQL_INTEGER: /* the smallest has no opposite: Java wraps */
        return ksql_yield_number(
            result, value->number < 0 ? (int32_t) - (uint32_t)value->number : value->number);
    case KSQL_BIGINT:
        return ksql_yield_number(
            result, value->number < 0 ? (int64_t) - (uint64_t)value->number : value->number);
    case KSQL_DOUBLE:
        return ksql_yield_double(result, fabs(value->real));
    default:
        *result =
            (struct ksql_value){.decimal = value->decimal < 0 ? -value->decimal : value->decimal};
        return 0;
    }
}

/* What is rounded up may have a digit more than the type: ksqlDB can't write that either. */
static int round_decimal(const struct ksql_call *call, int places, enum ksql_rounding rounding,
    struct ksql_value *result)
{
    __int128 units;
    int from = call->types[0]->scale, to = call->type->scale;
    if (!ksql_decimal_round(call->arguments[0].decimal, from, places, rounding, &units) ||
        !ksql_decimal_round(units, places, to, KSQL_EXACT, &units) ||
        !ksql_decimal_fits(units, call->type->precision))
        return -1;
    *result = (struct ksql_value){.decimal = units};
    return 0;
}

static int run_ceil(const struct ksql_call *call, struct ksql_value *result)
{
    *result = call->arguments[0];
    if (call->type->kind == KSQL_DECIMAL)
        return round_decimal(call, 0, KSQL_CEILING, result);
    if (call->type->kind == KSQL_DOUBLE)
        result->real = ceil(result->real);
    return 0;
}

static int run_floor(const struct ksql_call *call, struct ksql_value *result)
{
    *result = call->arguments[0];
    if (call->type->kind == KSQL_DECIMAL)
        return round_decimal(call, 0, KSQL_FLOOR, result);
    if (call->type->kind == KSQL_DOUBLE)
        result->real = floor(result->real);
    return 0;
}

/* ---- ROUND and TRUNC ---- */

/* Java's (long) of a double. */
static int64_t to_long(double real)
{
    if (isnan(real))
        return 0;
    if (real >= 0x1p63)
        return INT64_MAX;
    return real <= -0x1p63 ? INT64_MIN : (int64_t)real;
}

/* Java's Math.round: halves go up. */
static double half_up(double real)
{
    double low = floor(real);
    return real - low >= 0.5 ? low + 1 : low;
}

/* BigDecimal.valueOf takes the digits that Java prints. */
static int round_double(
    double real, int64_t places, enum ksql_rounding rounding, struct ksql_value *result)
{
    char text[KSQL_DOUBLE_TEXT_MAX];
    if (!isfinite(real))
        return -1;
    size_t length = ksql_double_print(real, text);
    double rounded;
    if (!ksql_decimal_round_text((struct of_text){text, length}, (int)places, rounding, &rounded))
        return -1;
    return ksql_yield_double(result, rounded);
}

/* Halves go up, towards the positive: away from zero only above it. */
static enum ksql_rounding half(bool positive)
{
    return positive ? KSQL_HALF_UP : KSQL_HALF_DOWN;
}

static int run_round(const struct ksql_call *call, struct ksql_value *result)
{
    const struct ksql_value *value = &call->arguments[0];
    int64_t places = call->count > 1 ? call->arguments[1].number : 0;
    if (call->types[0]->kind == KSQL_DECIMAL)
        return round_decimal(call, (int)places, half(value->decimal > 0), result);
    if (call->types[0]->kind != KSQL_DOUBLE)
        return ksql_yield_number(result, value->number);
    if (call->count == 1)
        return ksql_yield_number(result, to_long(half_up(value->real)));
    return round_double(value->real, places, half(value->real > 0), result);
}

static int run_trunc(const struct ksql_call *call, struct ksql_value *result)
{
    const struct ksql_value *value = &call->arguments[0];
    int64_t places = call->count > 1 ? call->arguments[1].number : 0;
    if (call->types[0]->kind == KSQL_DECIMAL)
        return round_decimal(call, (int)places, KSQL_DOWN, result);
    if (call->types[0]->kind != KSQL_DOUBLE)
        return ksql_yield_number(result, value->number);
    if (call->count == 1)
        return ksql_yield_number(result, to_long(value->real));
    return round_double(value->real, places, KSQL_DOWN, result);
}

#define ABS_HELP "The value without its sign."
#define CEIL_HELP "The smallest whole number that is not less."
#define FLOOR_HELP "The largest whole number that is not greater."
#define ROUND_HELP "A number to so many places behind the point, halves up."
#define TRUNC_HELP "A number cut to so many places behind the point."

static const struct ksql_function rows[] = {
    {"Abs(INT val) INT", run_abs, ABS_HELP},
    {"Abs(BIGINT val) BIGINT", run_abs, ABS_HELP},
    {"Abs(DOUBLE val) DOUBLE", run_abs, ABS_HELP},
    {"Abs(DECIMAL val) DECIMAL", run_abs, ABS_HELP, KSQL_SCALAR, same},
    {"Ceil(INT val) INT", run_ceil, CEIL_HELP},
    {"Ceil(BIGINT val) BIGINT", run_ceil, CEIL_HELP},
    {"Ceil(DOUBLE val) DOUBLE", run_ceil, CEIL_HELP},
    {"Ceil(DECIMAL val) DECIMAL", run_ceil, CEIL_HELP, KSQL_SCALAR, same},
    {"Floor(INT val) INT", run_floor, FLOOR_HELP},
    {"Floor(BIGINT val) BIGINT", run_floor, FLOOR_HELP},
    {"Floor(DOUBLE val) DOUBLE", run_floor, FLOOR_HELP},
    {"Floor(DECIMAL val) DECIMAL", run_floor, FLOOR_HELP, KSQL_SCALAR, same},
    {"Round(BIGINT val) BIGINT", run_round, ROUND_HELP},
    {"Round(INT val) BIGINT", run_round, ROUND_HELP},
    {"Round(DOUBLE val) BIGINT", run_round, ROUND_HELP},
    {"Round(DOUBLE val, INT decimalPlaces) DOUBLE", run_round, ROUND_HELP},
    {"Round(DECIMAL val) DECIMAL", run_round, ROUND_HELP, KSQL_SCALAR, whole},
    {"Round(DECIMAL val, INT decimalPlaces) DECIMAL", run_round, ROUND_HELP, KSQL_SCALAR, same},
    {"trunc(BIGINT val) BIGINT", run_trunc, TRUNC_HELP},
    {"trunc(INT val) BIGINT", run_trunc, TRUNC_HELP},
    {"trunc(DOUBLE val) BIGINT", run_trunc, TRUNC_HELP},
    {"trunc(DOUBLE val, INT decimalPlaces) DOUBLE", run_trunc, TRUNC_HELP},
    {"trunc(DECIMAL val) DECIMAL", run_trunc, TRUNC_HELP, KSQL_SCALAR, whole},
    {"trunc(DECIMAL val, INT decimalPlaces) DECIMAL", run_trunc, TRUNC_HELP, KSQL_SCALAR, same},
};

KSQL_SECTION(ksql_rounding_functions, "Rounding", rows);
