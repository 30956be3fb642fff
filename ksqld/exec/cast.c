/* CAST, for the pairs of types that plan/typing_operators.c lets pass. */
#include "ksqld/exec/decimal.h"
#include "ksqld/exec/evaluate.h"

#include <math.h>
#include <stdio.h>

#define NUMBER_TEXT_MAX 64

/* ---- to STRING ---- */

static int to_text(struct ksql_frame *frame, const struct ksql_type *from,
    const struct ksql_value *value, struct ksql_value *result)
{
    char text[NUMBER_TEXT_MAX];
    size_t length;
    if (from->kind == KSQL_BOOLEAN)
        length = (size_t)snprintf(text, sizeof(text), "%s", value->number ? "true" : "false");
    else if (from->kind == KSQL_DECIMAL)
        length = ksql_decimal_print(value->decimal, from->scale, text);
    else
        length = (size_t)snprintf(text, sizeof(text), "%lld", (long long)value->number);
    *result = (struct ksql_value){.text = {ksql_arena_strndup(frame->arena, text, length), length}};
    return 0;
}

/* ---- to INTEGER and BIGINT ---- */

/* Java's parseInt and parseLong of the trimmed text: an optional sign and digits, in range. */
static int parse_integer(struct of_text text, int64_t low, int64_t high, int64_t *number)
{
    const char *next = text.data, *end = text.data + text.length;
    while (end > next && (uint8_t)end[-1] <= ' ')
        end--;
    while (end > next && (uint8_t)*next <= ' ')
        next++;
    bool negative = next < end && *next == '-';
    next += next < end && (*next == '-' || *next == '+');
    if (next == end)
        return -1;
    __int128 value = 0;
    for (; next < end; next++) {
        if (*next < '0' || *next > '9')
            return -1;
        value = value * 10 + (*next - '0');
        if (value > (__int128)INT64_MAX + 1)
            return -1;
    }
    if (negative)
        value = -value;
    if (value < low || value > high)
        return -1;
    *number = (int64_t)value;
    return 0;
}

/* Java's narrowing of a double: NaN is 0, what is too large becomes the largest. */
static int64_t narrow(double real, int64_t low, int64_t high)
{
    if (isnan(real))
        return 0;
    if (real >= (double)high)
        return high;
    return real <= (double)low ? low : (int64_t)real;
}

static int to_integer(const struct ksql_type *from, const struct ksql_value *value,
    const struct ksql_type *to, struct ksql_value *result)
{
    bool small = to->kind == KSQL_INTEGER;
    int64_t low = small ? INT32_MIN : INT64_MIN, high = small ? INT32_MAX : INT64_MAX;
    *result = (struct ksql_value){0};
    switch (from->kind) {
    case KSQL_STRING:
        return parse_integer(value->text, low, high, &result->number);
    case KSQL_DOUBLE:
        result->number = narrow(value->real, low, high);
        return 0;
    case KSQL_DECIMAL: /* the low bits, as BigDecimal.intValue and longValue have it */
        result->number =
            (int64_t)(unsigned __int128)ksql_decimal_whole(value->decimal, from->scale);
        break;
    default:
        result->number = value->number;
        break;
    }
    if (small)
        result->number = (int32_t)result->number;
    return 0;
}

/* ---- to DOUBLE and DECIMAL ---- */

static void to_double(
    const struct ksql_type *from, const struct ksql_value *value, struct ksql_value *result)
{
    *result = (struct ksql_value){0};
    result->real = from->kind == KSQL_DECIMAL ? ksql_decimal_to_double(value->decimal, from->scale)
                                              : (double)value->number;
}

/* ksqlDB looks at the digits before the point, before it rounds: 9.99 as DECIMAL(2, 1) passes and
 * becomes 10.0. What then has a digit too many can't be written; here it fails. */
static int to_decimal(const struct ksql_type *from, const struct ksql_value *value,
    const struct ksql_type *to, struct ksql_value *result)
{
    bool decimal = from->kind == KSQL_DECIMAL;
    __int128 units;
    if (!ksql_decimal_rescale(decimal ? value->decimal : value->number, decimal ? from->scale : 0,
            to->scale, &units) ||
        !ksql_decimal_fits(units, to->precision))
        return -1;
    *result = (struct ksql_value){.decimal = units};
    return 0;
}

int ksql_evaluate_cast(struct ksql_frame *frame, const struct ksql_expression *cast,
    const struct ksql_value *value, struct ksql_value *result)
{
    const struct ksql_type *from = cast->items[0]->type, *to = cast->type;
    *result = *value;
    if (value->null || ksql_type_equal(from, to))
        return 0;
    switch (to->kind) {
    case KSQL_STRING:
        return to_text(frame, from, value, result);
    case KSQL_INTEGER:
    case KSQL_BIGINT:
        return to_integer(from, value, to, result);
    case KSQL_DOUBLE:
        to_double(from, value, result);
        return 0;
    default:
        return to_decimal(from, value, to, result);
    }
}
