/* Arithmetic on decimals that the compiler's 128-bit integers don't have by themselves. */
#include "ksqld/exec/decimal.h"

#include "base/memory.h"
#include "ksqld/plan/type.h"

#include <assert.h>
#include <gmp.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define DOUBLE_DIGITS_MAX 1100 /* of a double's exact value, before and behind the point */

static __int128 power_of_ten(int exponent)
{
    assert(exponent >= 0 && exponent <= KSQL_DECIMAL_PRECISION_MAX);
    __int128 power = 1;
    while (exponent-- > 0)
        power *= 10;
    return power;
}

/* ---- GMP ---- */

static void clear(mpz_t *number)
{
    mpz_clear(*number);
}

/* A number of value 0 that ends with its block. */
#define BIG(name)                                                                                  \
    __attribute__((cleanup(clear))) mpz_t name;                                                    \
    mpz_init(name)

static void set(mpz_t big, __int128 units)
{
    unsigned __int128 size = units < 0 ? -(unsigned __int128)units : (unsigned __int128)units;
    mpz_set_ui(big, (unsigned long)(size >> 64));
    mpz_mul_2exp(big, big, 64);
    mpz_add_ui(big, big, (unsigned long)size);
    if (units < 0)
        mpz_neg(big, big);
}

/* False: over 38 digits. */
static bool get(const mpz_t big, __int128 *units)
{
    uint64_t limbs[2] = {0, 0};
    if (mpz_sizeinbase(big, 2) > 127)
        return false;
    mpz_export(limbs, NULL, -1, sizeof(limbs[0]), 0, 0, big);
    __int128 size = (__int128)((unsigned __int128)limbs[1] << 64 | limbs[0]);
    *units = mpz_sgn(big) < 0 ? -size : size;
    return ksql_decimal_fits(*units, KSQL_DECIMAL_PRECISION_MAX);
}

/* big / 10^places, rounded; false: it was to be exact and is not. */
static bool shift_down(mpz_t big, unsigned long places, enum ksql_rounding rounding)
{
    BIG(divisor);
    BIG(rest);
    mpz_ui_pow_ui(divisor, 10, places);
    int sign = mpz_sgn(big);
    mpz_tdiv_qr(big, rest, big, divisor);
    bool exact = mpz_sgn(rest) == 0;
    mpz_mul_2exp(rest, rest, 1);
    int half = mpz_cmpabs(rest, divisor);
    bool away =
        !exact &&
        ((rounding == KSQL_HALF_UP && half >= 0) || (rounding == KSQL_HALF_DOWN && half > 0) ||
            (rounding == KSQL_FLOOR && sign < 0) || (rounding == KSQL_CEILING && sign > 0));
    if (away && sign > 0)
        mpz_add_ui(big, big, 1);
    else if (away)
        mpz_sub_ui(big, big, 1);
    return exact || rounding != KSQL_EXACT;
}

/* big * 10^places. */
static void shift_up(mpz_t big, unsigned long places)
{
    BIG(factor);
    mpz_ui_pow_ui(factor, 10, places);
    mpz_mul(big, big, factor);
}

static bool shift(mpz_t big, int places, enum ksql_rounding rounding)
{
    if (places < 0)
        return shift_down(big, (unsigned long)-places, rounding);
    shift_up(big, (unsigned long)places);
    return true;
}

/* ---- scales ---- */

bool ksql_decimal_fits(__int128 units, int precision)
{
    __int128 limit = power_of_ten(precision);
    return units < limit && units > -limit;
}

int ksql_decimal_digits(__int128 units)
{
    int digits = 1;
    while (units /= 10)
        digits++;
    return digits;
}

bool ksql_decimal_rescale(__int128 units, int from, int to, __int128 *result)
{
    if (to >= from)
        return !__builtin_mul_overflow(units, power_of_ten(to - from), result);
    __int128 divisor = power_of_ten(from - to);
    __int128 quotient = units / divisor, rest = units % divisor;
    if (rest < 0)
        rest = -rest;
    if (rest >= divisor - rest)
        quotient += units < 0 ? -1 : 1;
    *result = quotient;
    return true;
}

bool ksql_decimal_round(
    __int128 units, int from, int to, enum ksql_rounding rounding, __int128 *result)
{
    int64_t places = (int64_t)to - from;
    if (units && places < -INT32_MAX)
        return false;                                           /* more than BigDecimal drops */
    if (units == 0 || places < -2 * KSQL_DECIMAL_PRECISION_MAX) /* nothing stays but a sign */
        places = places < 0 && units ? -2 * KSQL_DECIMAL_PRECISION_MAX : 0;
    if (places > 2 * KSQL_DECIMAL_PRECISION_MAX)
        return false;
    BIG(big);
    set(big, units);
    return shift(big, (int)places, rounding) && get(big, result);
}

__int128 ksql_decimal_whole(__int128 units, int scale)
{
    return units / power_of_ten(scale);
}

/* ---- arithmetic ---- */

bool ksql_decimal_divide(
    __int128 a, int a_scale, __int128 b, int b_scale, int scale, __int128 *result)
{
    int places = scale + b_scale - a_scale;
    if (b == 0)
        return false;
    BIG(left);
    BIG(right);
    set(left, a);
    set(right, b);
    shift_up(places < 0 ? right : left, (unsigned long)(places < 0 ? -places : places));
    if (!mpz_divisible_p(left, right))
        return false;
    mpz_divexact(left, left, right);
    return get(left, result);
}

/* The whole quotient must fit, but for zeros at its end. */
static bool quotient_fits(const mpz_t quotient, int precision)
{
    BIG(rest);
    mpz_abs(rest, quotient);
    while (mpz_sgn(rest) && mpz_divisible_ui_p(rest, 10))
        mpz_divexact_ui(rest, rest, 10);
    BIG(limit);
    mpz_ui_pow_ui(limit, 10, (unsigned long)precision);
    return mpz_cmp(rest, limit) < 0;
}

bool ksql_decimal_remainder(
    __int128 a, int a_scale, __int128 b, int b_scale, int precision, __int128 *result)
{
    if (b == 0)
        return false;
    BIG(left);
    BIG(right);
    set(left, a);
    set(right, b);
    if (a_scale < b_scale)
        shift_up(left, (unsigned long)(b_scale - a_scale));
    else
        shift_up(right, (unsigned long)(a_scale - b_scale));
    BIG(quotient);
    mpz_tdiv_qr(quotient, left, left, right);
    return quotient_fits(quotient, precision) && get(left, result);
}

static int compare_shifted(mpz_t left, int left_scale, mpz_t right, int right_scale)
{
    if (left_scale < right_scale)
        shift_up(left, (unsigned long)(right_scale - left_scale));
    else
        shift_up(right, (unsigned long)(left_scale - right_scale));
    return mpz_cmp(left, right);
}

int ksql_decimal_compare(__int128 a, int a_scale, __int128 b, int b_scale)
{
    if (a_scale == b_scale)
        return (a > b) - (a < b);
    BIG(left);
    BIG(right);
    set(left, a);
    set(right, b);
    return compare_shifted(left, a_scale, right, b_scale);
}

/* ---- text ---- */

struct number {
    mpz_t digits;
    int scale; /* may be negative */
};

static void number_release(struct number *number)
{
    mpz_clear(number->digits);
}

static const char *take_digits(const char *next, const char *end, struct number *number, int *count)
{
    for (; next < end && *next >= '0' && *next <= '9'; next++, (*count)++) {
        mpz_mul_ui(number->digits, number->digits, 10);
        mpz_add_ui(number->digits, number->digits, (unsigned long)(*next - '0'));
    }
    return next;
}

static bool take_exponent(const char *next, const char *end, int *exponent)
{
    bool negative = next < end && *next == '-';
    next += next < end && (*next == '-' || *next == '+');
    *exponent = 0;
    if (next == end)
        return false;
    for (; next < end && *next >= '0' && *next <= '9'; next++) {
        if (*exponent <= KSQL_DECIMAL_EXPONENT_MAX)
            *exponent = *exponent * 10 + (*next - '0');
    }
    if (negative)
        *exponent = -*exponent;
    return next == end;
}

/* What Java's BigDecimal takes. */
static bool parse(struct of_text text, struct number *number)
{
    const char *next = text.data, *end = text.data + text.length;
    int whole = 0, behind = 0, exponent = 0;
    mpz_init(number->digits);
    if (text.length > KSQL_DECIMAL_EXPONENT_MAX)
        return false;
    bool negative = next < end && *next == '-';
    next += next < end && (*next == '-' || *next == '+');
    next = take_digits(next, end, number, &whole);
    if (next < end && *next == '.')
        next = take_digits(next + 1, end, number, &behind);
    if (!whole && !behind)
        return false;
    if (next < end) {
        if ((*next != 'e' && *next != 'E') || !take_exponent(next + 1, end, &exponent))
            return false;
    }
    if (negative)
        mpz_neg(number->digits, number->digits);
    number->scale = behind - exponent;
    return exponent <= KSQL_DECIMAL_EXPONENT_MAX && exponent >= -KSQL_DECIMAL_EXPONENT_MAX;
}

bool ksql_decimal_read(struct of_text text, int precision, int scale, __int128 *units)
{
    struct number number OF_CLEANUP(number_release);
    __int128 result;
    if (!parse(text, &number) || !shift(number.digits, scale - number.scale, KSQL_HALF_UP) ||
        !get(number.digits, &result) || !ksql_decimal_fits(result, precision))
        return false;
    *units = result;
    return true;
}

size_t ksql_decimal_print(__int128 units, int scale, char text[KSQL_DECIMAL_TEXT_MAX])
{
    char digits[KSQL_DECIMAL_TEXT_MAX]; /* the last one first */
    int count = 0;
    size_t length = 0;
    unsigned __int128 rest = units < 0 ? -(unsigned __int128)units : (unsigned __int128)units;
    while (rest || count <= scale) { /* at least one digit before the point */
        digits[count++] = (char)('0' + (int)(rest % 10));
        rest /= 10;
    }
    if (units < 0)
        text[length++] = '-';
    while (count > 0) {
        text[length++] = digits[--count];
        if (count == scale && scale > 0)
            text[length++] = '.';
    }
    text[length] = '\0';
    return length;
}

size_t ksql_decimal_print_java(__int128 units, int scale, char text[KSQL_DECIMAL_TEXT_MAX])
{
    int digits = ksql_decimal_digits(units), exponent = digits - 1 - scale;
    if (exponent >= -6)
        return ksql_decimal_print(units, scale, text);
    char plain[KSQL_DECIMAL_TEXT_MAX];
    ksql_decimal_print(units, digits - 1, plain);
    return (size_t)snprintf(text, KSQL_DECIMAL_TEXT_MAX, "%sE%d", plain, exponent);
}

/* ---- doubles ---- */

double ksql_decimal_to_double(__int128 units, int scale)
{
    char text[KSQL_DECIMAL_TEXT_MAX];
    ksql_decimal_print(units, scale, text);
    return strtod(text, NULL); /* correctly rounded, which a division would not always be */
}

int ksql_decimal_compare_double(__int128 units, int scale, double number)
{
    char text[KSQL_DECIMAL_TEXT_MAX];
    for (int digits = 1; digits <= 17; digits++) { /* the fewest that read as the same double */
        snprintf(text, sizeof(text), "%.*e", digits - 1, number);
        if (strtod(text, NULL) == number)
            break;
    }
    struct number other OF_CLEANUP(number_release);
    (void)!parse((struct of_text){text, strlen(text)}, &other);
    BIG(left);
    set(left, units);
    return compare_shifted(left, scale, other.digits, other.scale);
}

bool ksql_decimal_round_text(
    struct of_text text, int places, enum ksql_rounding rounding, double *number)
{
    struct number value OF_CLEANUP(number_release);
    if (!parse(text, &value) || places > KSQL_DECIMAL_EXPONENT_MAX)
        return false;
    if (places < -KSQL_DECIMAL_EXPONENT_MAX)
        places = -KSQL_DECIMAL_EXPONENT_MAX;
    if (places < value.scale) {
        shift(value.digits, places - value.scale, rounding);
        value.scale = places;
    }
    char *digits = mpz_get_str(NULL, 10, value.digits);
    size_t size = strlen(digits) + 32;
    char *shown OF_FREE = of_alloc(size);
    snprintf(shown, size, "%se%d", digits, -value.scale);
    free(digits);
    *number = strtod(shown, NULL);
    return true;
}

bool ksql_decimal_from_double(double number, int precision, int scale, __int128 *units)
{
    char text[2 * DOUBLE_DIGITS_MAX];
    if (!isfinite(number))
        return false;
    snprintf(text, sizeof(text), "%.*e", DOUBLE_DIGITS_MAX, number); /* exact */
    struct number exact OF_CLEANUP(number_release);
    if (!parse((struct of_text){text, strlen(text)}, &exact))
        return false;
    size_t digits = mpz_sgn(exact.digits) ? DOUBLE_DIGITS_MAX + 1 : 0;
    int more = (int)digits - precision;
    if (more > 0) {
        shift(exact.digits, -more, KSQL_HALF_UP);
        exact.scale -= more;
    }
    __int128 result;
    if (!shift(exact.digits, scale - exact.scale, KSQL_HALF_UP) || !get(exact.digits, &result) ||
        !ksql_decimal_fits(result, precision))
        return false;
    *units = result;
    return true;
}
