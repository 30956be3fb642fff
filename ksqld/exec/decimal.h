/* Decimals as 128-bit integers in units of their scale: up to 38 digits, exact. */
#ifndef KSQLD_EXEC_DECIMAL_H
#define KSQLD_EXEC_DECIMAL_H

#include "base/buffer.h"

#include <stdbool.h>

#define KSQL_DECIMAL_TEXT_MAX 48 /* bytes of the longest text, with its NUL */

/* At most `precision` digits. */
bool ksql_decimal_fits(__int128 units, int precision);
/* To another scale, half up (away from zero), as Java's HALF_UP does; false: too large. */
bool ksql_decimal_rescale(__int128 units, int from, int to, __int128 *result);
/* The part before the point. */
__int128 ksql_decimal_whole(__int128 units, int scale);
/* "-12.50", without exponent; yields the length. */
size_t ksql_decimal_print(__int128 units, int scale, char text[KSQL_DECIMAL_TEXT_MAX]);
/* The double nearest to it. */
double ksql_decimal_to_double(__int128 units, int scale);

#endif
