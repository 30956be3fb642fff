/* Exact where the type is exact; doubles go through the C library, which rounds correctly. */
#include "ksqld/serde/number.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define DIGITS_MAX 38
#define EXPONENT_MAX 10000
#define BITS 64
#define PLAIN_EXPONENT_MIN (-6) /* of the first digit, for Java to print a decimal without E */
#define EXPONENT_TEXT_MAX 24
#define DOUBLE_DIGITS_MAX 17 /* enough for every double */

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* ---- exact ---- */

struct number {
    bool negative;
    unsigned __int128 digits;
    int count;    /* of digits, without leading zeros */
    int exponent; /* of the last digit */
};

static bool add_digit(struct number *number, char digit)
{
    if (number->count == DIGITS_MAX)
        return false;
    number->digits = number->digits * 10 + (unsigned)(digit - '0');
    number->count += number->digits != 0;
    return true;
}

static bool read_exponent(const char *next, const char *end, int *exponent)
{
    bool negative = next < end && *next == '-';
    next += next < end && (*next == '-' || *next == '+');
    int value = 0;
    if (next == end)
        return false;
    for (; next < end; next++) {
        if (!is_digit(*next) || value > EXPONENT_MAX)
            return false;
        value = value * 10 + (*next - '0');
    }
    *exponent += negative ? -value : value;
    return true;
}

/* Zeros at the end are kept back, so that 1.000...0 of any length is still a number of one digit.
 */
static bool read_number(struct of_text text, struct number *number)
{
    const char *next = text.data, *end = text.data + text.length;
    bool point = false, any = false;
    int zeros = 0;
    *number = (struct number){.negative = next < end && *next == '-'};
    next += next < end && (*next == '-' || *next == '+');
    for (; next < end && (is_digit(*next) || (*next == '.' && !point)); next++) {
        if (*next == '.') {
            point = true;
            continue;
        }
        any = true;
        number->exponent -= point;
        if (*next == '0') {
            zeros++;
            continue;
        }
        for (; zeros > 0; zeros--)
            if (!add_digit(number, '0'))
                return false;
        if (!add_digit(number, *next))
            return false;
    }
    number->exponent += zeros;
    if (next < end && (*next | 0x20) == 'e')
        return any && read_exponent(next + 1, end, &number->exponent);
    return any && next == end;
}

bool ksql_number_decimal(struct of_text text, int scale, __int128 *units)
{
    struct number number;
    if (!read_number(text, &number))
        return false;
    int shift = number.exponent + scale;
    if (number.digits && (shift < 0 || number.count + shift > DIGITS_MAX))
        return false;
    for (; number.digits && shift > 0; shift--)
        number.digits *= 10;
    *units = number.negative ? -(__int128)number.digits : (__int128)number.digits;
    return true;
}

bool ksql_number_integer(struct of_text text, int64_t low, int64_t high, int64_t *number)
{
    __int128 units;
    for (size_t i = 0; i < text.length; i++) {
        if (!is_digit(text.data[i]) && !(i == 0 && strchr("+-", text.data[i])))
            return false;
    }
    if (!ksql_number_decimal(text, 0, &units) || units < low || units > high)
        return false;
    *number = (int64_t)units;
    return true;
}

/* ---- JSON numbers of any length ---- */

/* Sign, digits and exponent of a number that JSON allows. */
struct shape {
    bool negative;
    const char *digits, *end; /* with a point among them, perhaps */
    int64_t exponent;         /* of the last digit */
    bool point;
};

static struct shape take_apart(struct of_text text)
{
    struct shape shape = {.negative = *text.data == '-'};
    const char *next = text.data + shape.negative, *end = text.data + text.length;
    shape.digits = next;
    while (next < end && (*next | 0x20) != 'e') {
        shape.exponent -= shape.point;
        shape.point = shape.point || *next == '.';
        next++;
    }
    shape.end = next;
    if (next == end)
        return shape;
    next++;
    bool negative = *next == '-';
    next += *next == '-' || *next == '+';
    int64_t value = 0;
    for (; next < end; next++)
        value = value > INT32_MAX ? value : value * 10 + (*next - '0');
    shape.exponent += negative ? -value : value;
    shape.point = true; /* a BigDecimal, even when the exponent makes it whole */
    return shape;
}

int64_t ksql_number_low_bits(struct of_text text)
{
    struct shape shape = take_apart(text);
    uint64_t bits = 0;
    int64_t left = 0; /* digits that stand before the point */
    for (const char *c = shape.digits; c < shape.end; c++)
        left += *c != '.';
    left += shape.exponent;
    for (const char *c = shape.digits; c < shape.end && left > 0; c++) {
        if (*c == '.')
            continue;
        bits = bits * 10 + (uint64_t)(*c - '0');
        left--;
    }
    for (int i = 0; left > 0 && bits && i < BITS; i++, left--)
        bits *= 10; /* 64 factors of 2 leave nothing of 64 bits */
    return (int64_t)(shape.negative ? -bits : bits);
}

size_t ksql_number_print(struct of_text text, char *out)
{
    struct shape shape = take_apart(text);
    char digits[KSQL_NUMBER_TEXT_MAX];
    int64_t count = 0;
    for (const char *c = shape.digits; c < shape.end; c++) {
        if (*c != '.' && (count || *c != '0'))
            digits[count++] = *c;
    }
    bool zero = count == 0;
    if (zero)
        digits[count++] = '0';
    char *next = out;
    if (shape.negative && !zero)
        *next++ = '-';
    int64_t scale = -shape.exponent, adjusted = count - 1 - scale;
    if (scale < 0 || adjusted < PLAIN_EXPONENT_MIN) {
        *next++ = digits[0];
        if (count > 1)
            *next++ = '.';
        memcpy(next, digits + 1, (size_t)count - 1);
        next += count - 1;
        if (adjusted)
            next += snprintf(next, EXPONENT_TEXT_MAX, "E%+lld", (long long)adjusted);
        return (size_t)(next - out);
    }
    for (int64_t i = count > scale ? 0 : count - scale - 1; i < count; i++) {
        if (i == count - scale)
            *next++ = '.';
        *next++ = i < 0 ? '0' : digits[i];
    }
    return (size_t)(next - out);
}

/* ---- doubles ---- */

static bool is_blank(char c)
{
    return (uint8_t)c <= ' ';
}

bool ksql_number_double(struct of_text text, double *number)
{
    while (text.length && is_blank(text.data[text.length - 1]))
        text.length--;
    while (text.length && is_blank(text.data[0])) {
        text.data++;
        text.length--;
    }
    char copy[KSQL_NUMBER_TEXT_MAX];
    if (!text.length || text.length >= sizeof(copy))
        return false;
    memcpy(copy, text.data, text.length);
    copy[text.length] = '\0';
    const char *body = copy + (*copy == '-' || *copy == '+');
    if (strcmp(body, "NaN") == 0 || strcmp(body, "Infinity") == 0) {
        *number = *body == 'N' ? NAN : *copy == '-' ? -INFINITY : INFINITY;
        return true;
    }
    if (!is_digit(*body) && *body != '.')
        return false;
    if (body[0] == '0' && (body[1] | 0x20) == 'x')
        return false;
    char *end;
    double read = strtod(copy, &end);
    if (end == copy || (*end && (!strchr("dDfF", *end) || end[1])))
        return false;
    *number = read;
    return true;
}

bool ksql_number_real(struct of_text text, double *number)
{
    if (!ksql_number_double(text, number))
        return false;
    size_t at = 0;
    while (at < text.length && strchr("-+.0", text.data[at]))
        at++;
    bool digit = at < text.length && is_digit(text.data[at]); /* too small is not zero */
    if (*number == 0 && !digit)
        *number = 0;
    return true;
}

size_t ksql_double_print(double number, char text[KSQL_DOUBLE_TEXT_MAX])
{
    if (isnan(number))
        return (size_t)snprintf(text, KSQL_DOUBLE_TEXT_MAX, "NaN");
    if (isinf(number))
        return (size_t)snprintf(text, KSQL_DOUBLE_TEXT_MAX, number < 0 ? "-Infinity" : "Infinity");
    char form[KSQL_DOUBLE_TEXT_MAX];                              /* -d.ddde-xx */
    for (int digits = 2; digits <= DOUBLE_DIGITS_MAX; digits++) { /* 4.9E-324, though 5E-324 does */
        snprintf(form, sizeof(form), "%.*e", digits - 1, number);
        if (strtod(form, NULL) == number)
            break;
    }
    char digits[DOUBLE_DIGITS_MAX + 1];
    int count = 0;
    const char *next = form + (*form == '-');
    for (; *next && *next != 'e'; next++)
        if (*next != '.')
            digits[count++] = *next;
    count -= count == 2 && digits[1] == '0';
    digits[count] = '\0';
    int exponent = *next ? (int)strtol(next + 1, NULL, 10) : 0;
    const char *sign = signbit(number) ? "-" : "";
    if (number == 0)
        return (size_t)snprintf(text, KSQL_DOUBLE_TEXT_MAX, "%s0.0", sign);
    if (exponent < -3 || exponent > 6)
        return (size_t)snprintf(text, KSQL_DOUBLE_TEXT_MAX, "%s%c.%sE%d", sign, digits[0],
            count > 1 ? digits + 1 : "0", exponent);
    if (exponent < 0)
        return (size_t)snprintf(
            text, KSQL_DOUBLE_TEXT_MAX, "%s0.%.*s%s", sign, -exponent - 1, "00", digits);
    if (count <= exponent + 1)
        return (size_t)snprintf(
            text, KSQL_DOUBLE_TEXT_MAX, "%s%s%.*s.0", sign, digits, exponent + 1 - count, "000000");
    return (size_t)snprintf(
        text, KSQL_DOUBLE_TEXT_MAX, "%s%.*s.%s", sign, exponent + 1, digits, digits + exponent + 1);
}
