/* Decimals as 128-bit integers in units of their scale: up to 38 digits, exact. What can need more
 * in between (division, rounding of doubles) goes through GMP. */
#ifndef KSQLD_EXEC_DECIMAL_H
#define KSQLD_EXEC_DECIMAL_H

#include "avro/binary.h"

#include <stdbool.h>

#define KSQL_DECIMAL_TEXT_MAX 48       /* bytes of the longest text, with its NUL */
#define KSQL_DECIMAL_EXPONENT_MAX 4096 /* a number with a larger one is not read */

enum ksql_rounding {
    KSQL_HALF_UP, /* away from zero in the middle, as Java has it */
    KSQL_HALF_DOWN,
    KSQL_DOWN, /* towards zero */
    KSQL_FLOOR,
    KSQL_CEILING,
    KSQL_EXACT, /* false if a digit would be lost */
};

/* At most `precision` digits. */
bool ksql_decimal_fits(__int128 units, int precision);
int ksql_decimal_digits(__int128 units); /* 0 has one */
/* To another scale, half up; false: too large. */
bool ksql_decimal_rescale(__int128 units, int from, int to, __int128 *result);
/* The same with a rounding of one's own; scales may be negative. False: too large, or not exact. */
bool ksql_decimal_round(
    __int128 units, int from, int to, enum ksql_rounding rounding, __int128 *result);
/* The part before the point. */
__int128 ksql_decimal_whole(__int128 units, int scale);

/* a / b, in units of `scale`, if that is exact; false otherwise, and for b = 0. */
bool ksql_decimal_divide(
    __int128 a, int a_scale, __int128 b, int b_scale, int scale, __int128 *result);
/* a % b with the sign of a, in units of the larger scale; false: b is 0, or a / b has more than
 * `precision` digits before the point. */
bool ksql_decimal_remainder(
    __int128 a, int a_scale, __int128 b, int b_scale, int precision, __int128 *result);
/* Negative, 0, positive. */
int ksql_decimal_compare(__int128 a, int a_scale, __int128 b, int b_scale);
/* The same with the shortest decimal that reads as the double; not for NaN and infinity. */
int ksql_decimal_compare_double(__int128 units, int scale, double number);

/* "-12.50", without exponent; yields the length. */
size_t ksql_decimal_print(__int128 units, int scale, char text[KSQL_DECIMAL_TEXT_MAX]);
/* As Java's BigDecimal.toString: with an exponent if there are many zeros behind the point. */
size_t ksql_decimal_print_java(__int128 units, int scale, char text[KSQL_DECIMAL_TEXT_MAX]);
/* What Java's BigDecimal reads (1, +1.5, .5, 1.5e-3), half up to the scale; false: it is no number,
 * or has more than `precision` digits. */
bool ksql_decimal_read(struct of_text text, int precision, int scale, __int128 *units);
/* The double nearest to it. */
double ksql_decimal_to_double(__int128 units, int scale);
/* A number as text, rounded to so many places behind the point (negative: before it), as a double.
 */
bool ksql_decimal_round_text(
    struct of_text text, int places, enum ksql_rounding rounding, double *number);
/* The double's exact value, half up to `precision` digits and then to the scale. */
bool ksql_decimal_from_double(double number, int precision, int scale, __int128 *units);

#endif
