/* Numbers as text: what JSON, DELIMITED and Java's own printing share. */
#ifndef KSQLD_SERDE_NUMBER_H
#define KSQLD_SERDE_NUMBER_H

#include "avro/binary.h"

#define KSQL_DOUBLE_TEXT_MAX 32    /* bytes of the longest double, with its NUL */
#define KSQL_NUMBER_TEXT_MAX 1024u /* bytes of a number that is read as a double */

/* Digits with sign, point and exponent ("-12.50", "1e3") in units of the scale, exactly. False: it
 * is no number, has more digits behind the point than the scale, or over 38 in all. */
bool ksql_number_decimal(struct of_text text, int scale, __int128 *units);

/* A whole number without point and exponent. False: it is none, or out of range. */
bool ksql_number_integer(struct of_text text, int64_t low, int64_t high, int64_t *number);

/* The part before the point in its low 64 bits, as BigDecimal.longValue has it; of a JSON number.
 */
int64_t ksql_number_low_bits(struct of_text text);

/* A JSON number as Java's BigInteger or BigDecimal prints it: 1.50, 1E+3, 1E-7; no sign before a
 * zero. `out` has room for twice the text; shorter texts than KSQL_NUMBER_TEXT_MAX / 2 only. Yields
 * the length. */
size_t ksql_number_print(struct of_text text, char *out);

/* What Java's Double.parseDouble takes, but for hexadecimal: white space around it, NaN, Infinity,
 * a final d or f. */
bool ksql_number_double(struct of_text text, double *number);

/* The same of a JSON number that is a BigDecimal first: that knows no -0. */
bool ksql_number_real(struct of_text text, double *number);

/* Java's Double.toString: 1.0, 1.0E10, 1.0E-5, NaN, Infinity; the fewest digits that give the same
 * double again. Yields the length. */
size_t ksql_double_print(double number, char text[KSQL_DOUBLE_TEXT_MAX]);

#endif
