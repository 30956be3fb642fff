/* Mathematical functions on doubles, and the largest or least of several values. */
#include "ksqld/exec/compare.h"
#include "ksqld/exec/decimal.h"
#include "ksqld/functions/fdlibm.h"
#include "ksqld/functions/rows.h"
#include "ksqld/plan/typing.h"

#include <math.h>
#include <stdlib.h>

#define DEGREES_IN_RADIAN 57.29577951308232 /* as Java rounds them */
#define RADIANS_IN_DEGREE 0.017453292519943295

/* INT and BIGINT come as they are. */
static double number(const struct ksql_call *call, size_t index)
{
    const struct ksql_value *value = &call->arguments[index];
    return call->types[index]->kind == KSQL_DOUBLE ? value->real : (double)value->number;
}

/* ---- one argument ---- */

#define RUN_ONE(name, expression)                                                                  \
    static int run_##name(const struct ksql_call *call, struct ksql_value *result)                 \
    {                                                                                              \
        double x = number(call, 0);                                                                \
        return ksql_yield_double(result, expression);                                              \
    }

RUN_ONE(acos, ksql_fdlibm_acos(x))
RUN_ONE(asin, ksql_fdlibm_asin(x))
RUN_ONE(atan, ksql_fdlibm_atan(x))
RUN_ONE(cbrt, ksql_fdlibm_cbrt(x))
RUN_ONE(cos, cos(x))
RUN_ONE(cosh, ksql_fdlibm_cosh(x))
RUN_ONE(cot, 1 / tan(x))
RUN_ONE(degrees, x *DEGREES_IN_RADIAN)
RUN_ONE(exp, exp(x))
RUN_ONE(ln, log(x))
RUN_ONE(radians, x *RADIANS_IN_DEGREE)
RUN_ONE(sin, sin(x))
RUN_ONE(sinh, ksql_fdlibm_sinh(x))
RUN_ONE(sqrt, sqrt(x))
RUN_ONE(tan, tan(x))
RUN_ONE(tanh, ksql_fdlibm_tanh(x))

static int run_sign(const struct ksql_call *call, struct ksql_value *result)
{
    double x = number(call, 0);
    if (call->types[0]->kind != KSQL_DOUBLE)
        return ksql_yield_number(
            result, (call->arguments[0].number > 0) - (call->arguments[0].number < 0));
    return ksql_yield_number(result, (x > 0) - (x < 0));
}

/* ---- two, or none ---- */

static int run_atan2(const struct ksql_call *call, struct ksql_value *result)
{
    return ksql_yield_double(result, ksql_fdlibm_atan2(number(call, 0), number(call, 1)));
}

/* Java and C differ about 1 to the power of NaN, and of infinity. */
static int run_power(const struct ksql_call *call, struct ksql_value *result)
{
    double base = number(call, 0), exponent = number(call, 1);
    bool unknown = isnan(exponent) || (fabs(base) == 1 && isinf(exponent));
    return ksql_yield_double(result, unknown ? NAN : pow(base, exponent));
}

static int run_log(const struct ksql_call *call, struct ksql_value *result)
{
    if (call->count == 1)
        return ksql_yield_double(result, log(number(call, 0)));
    double base = number(call, 0);
    if (base <= 0 || base == 1)
        return ksql_yield_double(result, NAN);
    return ksql_yield_double(result, log(number(call, 1)) / log(base));
}

static int run_pi(const struct ksql_call *call, struct ksql_value *result)
{
    (void)call;
    return ksql_yield_double(result, M_PI);
}

static int run_random(const struct ksql_call *call, struct ksql_value *result)
{
    (void)call;
    static _Thread_local unsigned short state[3];
    static _Thread_local bool seeded;
    if (!seeded) {
        arc4random_buf(state, sizeof(state));
        seeded = true;
    }
    return ksql_yield_double(result, erand48(state));
}

/* ---- GREATEST and LEAST ---- */

/* The arguments of a DECIMAL call keep their own scales. */
static int order(const struct ksql_call *call, size_t a, size_t b)
{
    const struct ksql_type *x = call->types[a], *y = call->types[b];
    if (x->kind == KSQL_DECIMAL && y->kind == KSQL_DECIMAL)
        return ksql_decimal_compare(
            call->arguments[a].decimal, x->scale, call->arguments[b].decimal, y->scale);
    return ksql_value_compare(x, &call->arguments[a], &call->arguments[b]);
}

static int run_extreme(const struct ksql_call *call, int sign, struct ksql_value *result)
{
    size_t best = SIZE_MAX;
    for (size_t i = 0; i < call->count; i++) {
        if (call->arguments[i].null)
            continue;
        /* Among equals Java keeps the last for max, the first for min: only scales could show it.
         */
        if (best == SIZE_MAX || order(call, i, best) * sign > 0)
            best = i;
    }
    if (best == SIZE_MAX)
        return ksql_yield_null(result);
    *result = call->arguments[best];
    if (call->type->kind != KSQL_DECIMAL)
        return 0;
    return ksql_decimal_rescale(
               result->decimal, call->types[best]->scale, call->type->scale, &result->decimal)
               ? 0
               : -1;
}

static int run_greatest(const struct ksql_call *call, struct ksql_value *result)
{
    return run_extreme(call, 1, result);
}

static int run_least(const struct ksql_call *call, struct ksql_value *result)
{
    return run_extreme(call, -1, result);
}

/* Wide enough for all. */
static const struct ksql_type *widest(
    struct ksql_arena *arena, const struct ksql_type *const *types, size_t count)
{
    int whole = 0, scale = 0;
    for (size_t i = 0; i < count; i++) {
        if (types[i]->kind == KSQL_NULL)
            continue;
        struct ksql_type type = ksql_as_decimal(types[i]);
        whole = type.precision - type.scale > whole ? type.precision - type.scale : whole;
        scale = type.scale > scale ? type.scale : scale;
    }
    return whole + scale > KSQL_DECIMAL_PRECISION_MAX || whole + scale == 0
               ? NULL
               : ksql_decimal_type(arena, whole + scale, scale);
}

/* ---- the table ---- */

#define ONE(name, argument, run, help)                                                             \
    {name "(INT " argument ") DOUBLE", run, help},                                                 \
        {name "(BIGINT " argument ") DOUBLE", run, help},                                          \
    {                                                                                              \
        name "(DOUBLE " argument ") DOUBLE", run, help                                             \
    }
#define TWO(name, a, b, run, help)                                                                 \
    {name "(INT " a ", INT " b ") DOUBLE", run, help},                                             \
        {name "(BIGINT " a ", BIGINT " b ") DOUBLE", run, help},                                   \
    {                                                                                              \
        name "(DOUBLE " a ", DOUBLE " b ") DOUBLE", run, help                                      \
    }
#define SEVERAL(name, type, run, help)                                                             \
    {                                                                                              \
        name "(" type " val, " type "... vals) " type, run, help, KSQL_NULLABLE                    \
    }

#define GREATEST_HELP "The largest of the arguments that are not NULL."
#define LEAST_HELP "The least of the arguments that are not NULL."
#define LOG_HELP "The natural logarithm, or that to a base."

static const struct ksql_function rows[] = {
    ONE("acos", "value", run_acos, "The angle that has this cosine, in radians."),
    ONE("asin", "value", run_asin, "The angle that has this sine, in radians."),
    ONE("atan", "value", run_atan, "The angle that has this tangent, in radians."),
    TWO("atan2", "y", "x", run_atan2, "The angle of the point (x, y), in radians."),
    ONE("cbrt", "value", run_cbrt, "The cube root."),
    ONE("cos", "value", run_cos, "The cosine of an angle in radians."),
    ONE("cosh", "value", run_cosh, "The hyperbolic cosine."),
    ONE("cot", "value", run_cot, "The cotangent of an angle in radians."),
    ONE("degrees", "value", run_degrees, "An angle in radians as degrees."),
    ONE("exp", "exponent", run_exp, "e raised to a power."),
    SEVERAL("greatest", "INT", run_greatest, GREATEST_HELP),
    SEVERAL("greatest", "BIGINT", run_greatest, GREATEST_HELP),
    SEVERAL("greatest", "DOUBLE", run_greatest, GREATEST_HELP),
    SEVERAL("greatest", "VARCHAR", run_greatest, GREATEST_HELP),
    SEVERAL("greatest", "BYTES", run_greatest, GREATEST_HELP),
    SEVERAL("greatest", "DATE", run_greatest, GREATEST_HELP),
    SEVERAL("greatest", "TIME", run_greatest, GREATEST_HELP),
    SEVERAL("greatest", "TIMESTAMP", run_greatest, GREATEST_HELP),
    {"greatest(DECIMAL val, DECIMAL... vals) DECIMAL", run_greatest, GREATEST_HELP, KSQL_NULLABLE,
        widest},
    SEVERAL("least", "INT", run_least, LEAST_HELP),
    SEVERAL("least", "BIGINT", run_least, LEAST_HELP),
    SEVERAL("least", "DOUBLE", run_least, LEAST_HELP),
    SEVERAL("least", "VARCHAR", run_least, LEAST_HELP),
    SEVERAL("least", "BYTES", run_least, LEAST_HELP),
    SEVERAL("least", "DATE", run_least, LEAST_HELP),
    SEVERAL("least", "TIME", run_least, LEAST_HELP),
    SEVERAL("least", "TIMESTAMP", run_least, LEAST_HELP),
    {"least(DECIMAL val, DECIMAL... vals) DECIMAL", run_least, LEAST_HELP, KSQL_NULLABLE, widest},
    ONE("ln", "value", run_ln, "The natural logarithm."),
    ONE("log", "value", run_log, LOG_HELP),
    TWO("log", "base", "value", run_log, LOG_HELP),
    {"pi() DOUBLE", run_pi, "The number pi."},
    TWO("power", "base", "exponent", run_power, "A base raised to a power."),
    ONE("radians", "value", run_radians, "An angle in degrees as radians."),
    {"random() DOUBLE", run_random, "A random number from 0 up to 1."},
    {"sign(INT value) INT", run_sign, "1, 0 or -1: the sign of a number."},
    {"sign(BIGINT value) INT", run_sign, "1, 0 or -1: the sign of a number."},
    {"sign(DOUBLE value) INT", run_sign, "1, 0 or -1: the sign of a number."},
    ONE("sin", "value", run_sin, "The sine of an angle in radians."),
    ONE("sinh", "value", run_sinh, "The hyperbolic sine."),
    ONE("sqrt", "value", run_sqrt, "The square root."),
    ONE("tan", "value", run_tan, "The tangent of an angle in radians."),
    ONE("tanh", "value", run_tanh, "The hyperbolic tangent."),
};

KSQL_SECTION(ksql_math_functions, "Mathematics", rows);
