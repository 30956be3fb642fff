/* Arithmetic on decimals that the compiler's 128-bit integers don't have by themselves. */
#include "ksqld/exec/decimal.h"

#include "ksqld/plan/type.h"

#include <assert.h>
#include <stdlib.h>

static __int128 power_of_ten(int exponent)
{
    assert(exponent >= 0 && exponent <= KSQL_DECIMAL_PRECISION_MAX);
    __int128 power = 1;
    while (exponent-- > 0)
        power *= 10;
    return power;
}

bool ksql_decimal_fits(__int128 units, int precision)
{
    __int128 limit = power_of_ten(precision);
    return units < limit && units > -limit;
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

__int128 ksql_decimal_whole(__int128 units, int scale)
{
    return units / power_of_ten(scale);
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

double ksql_decimal_to_double(__int128 units, int scale)
{
    char text[KSQL_DECIMAL_TEXT_MAX];
    ksql_decimal_print(units, scale, text);
    return strtod(text, NULL); /* correctly rounded, which a division would not always be */
}
