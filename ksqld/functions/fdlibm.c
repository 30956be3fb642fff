/* The algorithms of Sun's fdlibm that Java prescribes for these functions, digit by digit. Sine,
 * cosine, tangent, exponents and logarithms are not among them: Java takes the processor's way
 * there, which agrees with the C library's but for one value in some hundreds.
 *
 * After fdlibm, of which this notice is to be kept: Copyright (C) 1993 by Sun Microsystems, Inc.
 * All rights reserved. Developed at SunPro, a Sun Microsystems, Inc. business. Permission to use,
 * copy, modify, and distribute this software is freely granted, provided that this notice is
 * preserved. */
#include "ksqld/functions/fdlibm.h"

#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#define HALF_PI_HIGH 1.57079632679489655800e+00
#define HALF_PI_LOW 6.12323399573676603587e-17
#define QUARTER_PI_HIGH 7.85398163397448278999e-01
#define PI 3.1415926535897931160E+00
#define PI_LOW 1.2246467991473531772E-16
#define LN2_HIGH 6.93147180369123816490e-01
#define LN2_LOW 1.90821492927058770002e-10
#define INVERSE_LN2 1.44269504088896338700e+00
#define TINY 1e-300

static uint64_t bits_of(double x)
{
    uint64_t bits;
    memcpy(&bits, &x, sizeof(bits));
    return bits;
}

static double of_bits(uint64_t bits)
{
    double x;
    memcpy(&x, &bits, sizeof(x));
    return x;
}

static uint32_t high(double x)
{
    return (uint32_t)(bits_of(x) >> 32);
}

static uint32_t low(double x)
{
    return (uint32_t)bits_of(x);
}

static double with_high(double x, uint32_t word)
{
    return of_bits((uint64_t)word << 32 | low(x));
}

static double without_low(double x)
{
    return of_bits(bits_of(x) & ~(uint64_t)UINT32_MAX);
}

/* ---- arcs ---- */

static double arc_ratio(double t)
{
    double p = t * (1.66666666666666657415e-01 +
                       t * (-3.25565818622400915405e-01 +
                               t * (2.01212532134862925881e-01 +
                                       t * (-4.00555345006794114027e-02 +
                                               t * (7.91534994289814532176e-04 +
                                                       t * 3.47933107596021167570e-05)))));
    double q =
        1.0 + t * (-2.40339491173441421878e+00 +
                      t * (2.02094576023350569471e+00 +
                              t * (-6.88283971605453293030e-01 + t * 7.70381505559019352791e-02)));
    return p / q;
}

double ksql_fdlibm_asin(double x)
{
    uint32_t ix = high(x) & 0x7fffffff;
    if (ix >= 0x3ff00000) /* 1 and more */
        return fabs(x) == 1 ? x * HALF_PI_HIGH + x * HALF_PI_LOW : NAN;
    if (ix < 0x3e400000)
        return x;
    if (ix < 0x3fe00000)
        return x + x * arc_ratio(x * x);
    double t = (1.0 - fabs(x)) * 0.5, s = sqrt(t);
    double r = arc_ratio(t);
    if (ix >= 0x3fef3333) {
        t = HALF_PI_HIGH - (2.0 * (s + s * r) - HALF_PI_LOW);
    } else {
        double w = without_low(s), c = (t - w * w) / (s + w);
        double p = 2.0 * s * r - (HALF_PI_LOW - 2.0 * c);
        t = QUARTER_PI_HIGH - (p - (QUARTER_PI_HIGH - 2.0 * w));
    }
    return x > 0 ? t : -t;
}

double ksql_fdlibm_acos(double x)
{
    uint32_t ix = high(x) & 0x7fffffff;
    if (ix >= 0x3ff00000) {
        if (fabs(x) == 1)
            return x > 0 ? 0.0 : PI + 2.0 * HALF_PI_LOW;
        return NAN;
    }
    if (ix < 0x3fe00000) {
        if (ix <= 0x3c600000)
            return HALF_PI_HIGH + HALF_PI_LOW;
        return HALF_PI_HIGH - (x - (HALF_PI_LOW - x * arc_ratio(x * x)));
    }
    if (x < 0) {
        double z = (1.0 + x) * 0.5, s = sqrt(z);
        return PI - 2.0 * (s + (arc_ratio(z) * s - HALF_PI_LOW));
    }
    double z = (1.0 - x) * 0.5, s = sqrt(z), f = without_low(s);
    double c = (z - f * f) / (s + f);
    return 2.0 * (f + (arc_ratio(z) * s + c));
}

static double arc_series(double x, double *even)
{
    static const double a[] = {3.33333333333329318027e-01, -1.99999999998764832476e-01,
        1.42857142725034663711e-01, -1.11111104054623557880e-01, 9.09088713343650656196e-02,
        -7.69187620504482999495e-02, 6.66107313738753120669e-02, -5.83357013379057348645e-02,
        4.97687799461593236017e-02, -3.65315727442169155270e-02, 1.62858201153657823623e-02};
    double z = x * x, w = z * z;
    *even = w * (a[1] + w * (a[3] + w * (a[5] + w * (a[7] + w * a[9]))));
    return z * (a[0] + w * (a[2] + w * (a[4] + w * (a[6] + w * (a[8] + w * a[10])))));
}

double ksql_fdlibm_atan(double x)
{
    static const double heads[] = {4.63647609000806093515e-01, QUARTER_PI_HIGH,
        9.82793723247329054082e-01, HALF_PI_HIGH},
                        tails[] = {2.26987774529616870924e-17, 3.06161699786838301793e-17,
                            1.39033110312309984516e-17, HALF_PI_LOW};
    uint32_t ix = high(x) & 0x7fffffff;
    bool negative = signbit(x);
    int part = -1;
    double even;
    if (isnan(x))
        return NAN;
    if (ix >= 0x44100000) /* 2^66 and more */
        return negative ? -heads[3] - tails[3] : heads[3] + tails[3];
    if (ix < 0x3e200000)
        return x;
    if (ix >= 0x3fdc0000) {
        x = fabs(x);
        part = ix < 0x3fe60000 ? 0 : ix < 0x3ff30000 ? 1 : ix < 0x40038000 ? 2 : 3;
        x = part == 0   ? (2.0 * x - 1.0) / (2.0 + x)
            : part == 1 ? (x - 1.0) / (x + 1.0)
            : part == 2 ? (x - 1.5) / (1.0 + 1.5 * x)
                        : -1.0 / x;
    }
    double odd = arc_series(x, &even);
    if (part < 0)
        return x - x * (odd + even);
    double arc = heads[part] - ((x * (odd + even) - tails[part]) - x);
    return negative ? -arc : arc;
}

/* Where one of both is 0 or infinite. */
static double atan2_at_ends(double y, double x)
{
    bool down = signbit(y), left = signbit(x);
    double arc;
    if (y == 0)
        return left ? (down ? -PI - TINY : PI + TINY) : y;
    if (x == 0)
        arc = HALF_PI_HIGH + TINY;
    else if (isinf(x) && isinf(y))
        arc = left ? 3.0 * QUARTER_PI_HIGH + TINY : QUARTER_PI_HIGH + TINY;
    else if (isinf(x))
        arc = left ? PI + TINY : 0.0;
    else
        arc = HALF_PI_HIGH + TINY;
    return down ? -arc : arc;
}

double ksql_fdlibm_atan2(double y, double x)
{
    if (isnan(x) || isnan(y))
        return NAN;
    if (x == 1)
        return ksql_fdlibm_atan(y);
    if (x == 0 || y == 0 || isinf(x) || isinf(y))
        return atan2_at_ends(y, x);
    int exponents = (int)(high(y) >> 20 & 0x7ff) - (int)(high(x) >> 20 & 0x7ff);
    double z = exponents > 60                  ? HALF_PI_HIGH + 0.5 * PI_LOW
               : signbit(x) && exponents < -60 ? 0.0
                                               : ksql_fdlibm_atan(fabs(y / x));
    if (!signbit(x))
        return signbit(y) ? -z : z;
    return signbit(y) ? (z - PI_LOW) - PI : PI - (z - PI_LOW);
}

/* ---- cube root ---- */

double ksql_fdlibm_cbrt(double x)
{
    double t = 0, whole = fabs(x);
    if (x == 0 || !isfinite(x))
        return x + x;
    if (high(whole) < 0x00100000) { /* subnormal */
        t = 0x1p54 * whole;
        t = with_high(t, high(t) / 3 + 696219795u);
    } else {
        t = with_high(t, high(whole) / 3 + 715094163u);
    }
    double r = t * t / whole;
    double s = 5.42857142857142815906e-01 + r * t;
    t *= 3.57142857142857150787e-01 +
         1.60714285714285720630e+00 /
             (s + 1.41428571428571436819e+00 + -7.05306122448979611050e-01 / s);
    t = with_high(without_low(t), high(t) + 1);
    s = t * t;
    r = whole / s;
    r = (r - t) / (t + t + r);
    t = t + t * r;
    return x < 0 ? -t : t;
}

/* ---- hyperbolic ones ---- */

/* x = k ln 2 + *head - *tail */
static int reduce(double x, double *head, double *tail)
{
    uint32_t ix = high(x) & 0x7fffffff;
    int k, sign = x < 0 ? -1 : 1;
    if (ix < 0x3ff0a2b2) { /* less than 1.5 ln 2 */
        k = sign;
        *head = x - sign * LN2_HIGH;
        *tail = sign * LN2_LOW;
        return k;
    }
    k = (int)(INVERSE_LN2 * x + sign * 0.5);
    *head = x - k * LN2_HIGH;
    *tail = k * LN2_LOW;
    return k;
}

static double add_exponent(double y, int k)
{
    return with_high(y, high(y) + ((uint32_t)k << 20));
}

/* Of values from half of ln 2 to 709.78. */
static double exponential(double x)
{
    double head, tail;
    int k = reduce(x, &head, &tail);
    double r = head - tail, t = r * r;
    double c = r - t * (1.66666666666666019037e-01 +
                           t * (-2.77777777770155933842e-03 +
                                   t * (6.61375632143793436117e-05 +
                                           t * (-1.65339022054652515390e-06 +
                                                   t * 4.13813679705723846039e-08))));
    double y = 1.0 - ((tail - (r * c) / (2.0 - c)) - head);
    return add_exponent(y, k);
}

static double scale_expm1(double x, double e, double c, double hxs, int k)
{
    double y;
    e = x * (e - c) - c;
    e -= hxs;
    if (k == -1)
        return 0.5 * (x - e) - 0.5;
    if (k == 1)
        return x < -0.25 ? -2.0 * (e - (x + 0.5)) : 1.0 + 2.0 * (x - e);
    if (k <= -2 || k > 56) {
        y = 1.0 - (e - x);
        return (k == 1024 ? y * 2.0 * 0x1p1023 : add_exponent(y, k)) - 1.0;
    }
    if (k < 20) {
        double t = with_high(1.0, 0x3ff00000u - (0x200000u >> k)); /* 1 - 2^-k */
        return add_exponent(t - (e - x), k);
    }
    double t = with_high(0.0, (uint32_t)(0x3ff - k) << 20); /* 2^-k */
    y = x - (e + t);
    y += 1.0;
    return add_exponent(y, k);
}

/* exp(x) - 1, of values from -44 to 44. */
static double less_one(double x)
{
    uint32_t ix = high(x) & 0x7fffffff;
    double c = 0;
    int k = 0;
    if (ix < 0x3c900000)
        return x;
    if (ix > 0x3fd62e42) {
        double head, tail;
        k = reduce(x, &head, &tail);
        x = head - tail;
        c = (head - x) - tail;
    }
    double half = 0.5 * x, hxs = x * half;
    double r1 = 1.0 + hxs * (-3.33333333333331316428e-02 +
                                hxs * (1.58730158725481460165e-03 +
                                          hxs * (-7.93650757867487942473e-05 +
                                                    hxs * (4.00821782732936239552e-06 +
                                                              hxs * -2.01099218183624371326e-07))));
    double t = 3.0 - r1 * half;
    double e = hxs * ((r1 - t) / (6.0 - x * t));
    return k == 0 ? x - (x * e - hxs) : scale_expm1(x, e, c, hxs, k);
}

/* Beyond the first bound, just below ln of the greatest double, e to the x is no double. */
static double large(double x)
{
    if (x < 0x1.62e42p9)
        return 0.5 * exponential(x);
    if (x > 0x1.633ce8fb9f87dp9)
        return INFINITY;
    double w = exponential(0.5 * x);
    return 0.5 * w * w;
}

double ksql_fdlibm_sinh(double x)
{
    double half = x < 0 ? -0.5 : 0.5, whole = fabs(x);
    uint32_t ix = high(whole);
    if (!isfinite(x))
        return x + x;
    if (ix >= 0x40360000) /* 22 */
        return x < 0 ? -large(whole) : large(whole);
    if (ix < 0x3e300000)
        return x;
    double t = less_one(whole);
    if (ix < 0x3ff00000)
        return half * (2.0 * t - t * t / (t + 1.0));
    return half * (t + t / (t + 1.0));
}

double ksql_fdlibm_cosh(double x)
{
    double whole = fabs(x);
    uint32_t ix = high(whole);
    if (!isfinite(x))
        return x * x;
    if (ix >= 0x40360000)
        return large(whole);
    if (ix < 0x3fd62e43) { /* half of ln 2 */
        double t = less_one(whole), w = 1.0 + t;
        return ix < 0x3c800000 ? w : 1.0 + (t * t) / (w + w);
    }
    double t = exponential(whole);
    return 0.5 * t + 0.5 / t;
}

double ksql_fdlibm_tanh(double x)
{
    double whole = fabs(x), z = 1.0;
    uint32_t ix = high(whole);
    if (isnan(x))
        return x;
    if (ix < 0x3c800000)
        return x * (1.0 + x);
    if (ix < 0x3ff00000) {
        double t = less_one(-2.0 * whole);
        z = -t / (t + 2.0);
    } else if (ix < 0x40360000) {
        double t = less_one(2.0 * whole);
        z = 1.0 - 2.0 / (t + 2.0);
    }
    return x < 0 ? -z : z;
}
