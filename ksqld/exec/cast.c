/* CAST, for the pairs of types that plan/typing_cast.c lets pass; its text is in print.c. */
#include "ksqld/exec/cast.h"

#include "ksqld/exec/decimal.h"
#include "ksqld/exec/hash_order.h"
#include "ksqld/exec/times.h"
#include "ksqld/serde/base64.h"
#include "ksqld/serde/number.h"

#include <math.h>
#include <stdlib.h>
#include <strings.h>

struct of_text ksql_text_trim(struct of_text text)
{
    while (text.length && (uint8_t)text.data[text.length - 1] <= ' ')
        text.length--;
    for (; text.length && (uint8_t)*text.data <= ' '; text.length--)
        text.data++;
    return text;
}

/* ---- from STRING ---- */

bool ksql_boolean_parse(struct of_text text, bool *truth)
{
    static const char *const words[2][2] = {{"false", "no"}, {"true", "yes"}};
    text = ksql_text_trim(text);
    for (int i = 1; text.length && i >= 0; i--) {
        for (int j = 0; j < 2; j++) {
            if (text.length <= strlen(words[i][j]) &&
                strncasecmp(text.data, words[i][j], text.length) == 0) {
                *truth = i;
                return true;
            }
        }
    }
    return false;
}

/* Java's parseInt and parseLong: an optional sign and digits, in range. */
static int parse_integer(struct of_text text, int64_t low, int64_t high, int64_t *number)
{
    const char *next = text.data, *end = text.data + text.length;
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

const struct ksql_type *ksql_number_type(struct ksql_arena *arena, struct of_text text)
{
    static const struct ksql_type integer = {.kind = KSQL_INTEGER}, bigint = {.kind = KSQL_BIGINT};
    struct of_text trimmed = ksql_text_trim(text);
    int64_t number;
    if (parse_integer(trimmed, INT64_MIN + 1, INT64_MAX - 1, &number) == 0)
        return number > INT32_MIN && number < INT32_MAX ? &integer : &bigint;
    int scale = 0;
    __int128 units;
    while (scale <= KSQL_DECIMAL_PRECISION_MAX && !ksql_number_decimal(trimmed, scale, &units))
        scale++;
    if (scale > KSQL_DECIMAL_PRECISION_MAX)
        return NULL;
    struct ksql_type *type = ksql_arena_new(arena, sizeof(*type));
    int digits = ksql_decimal_digits(units);
    *type = (struct ksql_type){
        .kind = KSQL_DECIMAL, .precision = digits > scale ? digits : scale + 1, .scale = scale};
    return type;
}

/* Double.parseDouble, which ksqlDB lets yield neither NaN nor infinity. */
static int parse_double(struct of_text text, double *number)
{
    char copy[KSQL_NUMBER_TEXT_MAX];
    bool hexadecimal = memchr(text.data ? text.data : "", 'x', text.length) ||
                       memchr(text.data ? text.data : "", 'X', text.length);
    if (hexadecimal) { /* Java wants an exponent behind it */
        if (text.length >= sizeof(copy))
            return -1;
        memcpy(copy, text.data, text.length);
        copy[text.length] = '\0';
        char *end;
        *number = strtod(copy, &end);
        bool suffix = *end && strchr("fFdD", *end) && !end[1];
        if ((*end && !suffix) || !strpbrk(copy, "pP"))
            return -1;
    } else if (!ksql_number_double(text, number)) {
        return -1;
    }
    return isfinite(*number) ? 0 : -1;
}

/* ksqlDB looks at the digits before the point, before it rounds: 9.99 as DECIMAL(2, 1) passes and
 * becomes 10.0, which some formats then write and others don't. */
static int fail_rounded(struct ksql_frame *frame, bool small)
{
    if (small)
        frame->refusal = "A DECIMAL that gets a digit too many by rounding";
    return -1;
}

static int decimal_from_text(struct ksql_frame *frame, struct of_text text,
    const struct ksql_type *to, struct ksql_value *result)
{
    const int digits = KSQL_DECIMAL_PRECISION_MAX - 1, whole = to->precision - to->scale;
    __int128 exact;
    if (ksql_decimal_read(text, to->precision, to->scale, &result->decimal))
        return 0;
    bool read = whole <= digits &&
                ksql_decimal_read(text, KSQL_DECIMAL_PRECISION_MAX, digits - whole, &exact);
    return fail_rounded(frame, read && ksql_decimal_fits(exact, digits));
}

static int from_text(struct ksql_frame *frame, struct of_text text, const struct ksql_type *to,
    struct ksql_value *result)
{
    bool truth = false;
    text = ksql_text_trim(text);
    *result = (struct ksql_value){0};
    switch (to->kind) {
    case KSQL_BOOLEAN: /* what is not true is false */
        result->number = ksql_boolean_parse(text, &truth) && truth;
        return 0;
    case KSQL_INTEGER:
        return parse_integer(text, INT32_MIN, INT32_MAX, &result->number);
    case KSQL_BIGINT:
        return parse_integer(text, INT64_MIN, INT64_MAX, &result->number);
    case KSQL_DOUBLE:
        return parse_double(text, &result->real);
    case KSQL_DECIMAL:
        return decimal_from_text(frame, text, to, result);
    case KSQL_TIMESTAMP:
        return ksql_timestamp_parse(text, &result->number) ? 0 : -1;
    case KSQL_DATE:
        return ksql_date_parse(text, &result->number) ? 0 : -1;
    case KSQL_TIME:
        return ksql_time_parse(text, &result->number) ? 0 : -1;
    default:
        return ksql_base64_decode(frame->arena, text, &result->text) ? 0 : -1;
    }
}

/* ---- between numbers and times ---- */

/* Java's narrowing of a double: NaN is 0, what is too large becomes the largest. */
static int64_t narrow(double real, int64_t low, int64_t high)
{
    if (isnan(real))
        return 0;
    if (real >= (double)high)
        return high;
    return real <= (double)low ? low : (int64_t)real;
}

static int64_t to_integer(
    const struct ksql_type *from, const struct ksql_value *value, const struct ksql_type *to)
{
    bool small = to->kind == KSQL_INTEGER;
    int64_t number = value->number;
    if (from->kind == KSQL_DOUBLE)
        return narrow(value->real, small ? INT32_MIN : INT64_MIN, small ? INT32_MAX : INT64_MAX);
    if (from->kind == KSQL_DECIMAL) /* the low bits, as BigDecimal.intValue and longValue have it */
        number = (int64_t)(unsigned __int128)ksql_decimal_whole(value->decimal, from->scale);
    return small ? (int32_t)number : number;
}

static double to_double(const struct ksql_type *from, const struct ksql_value *value)
{
    return from->kind == KSQL_DECIMAL ? ksql_decimal_to_double(value->decimal, from->scale)
                                      : (double)value->number;
}

static int to_decimal(struct ksql_frame *frame, const struct ksql_type *from,
    const struct ksql_value *value, const struct ksql_type *to, struct ksql_value *result)
{
    bool decimal = from->kind == KSQL_DECIMAL;
    __int128 units, old = decimal ? value->decimal : value->number;
    int scale = decimal ? from->scale : 0;
    if (from->kind == KSQL_DOUBLE) {
        if (!ksql_decimal_from_double(value->real, to->precision, to->scale, &units))
            return -1;
    } else if (!ksql_decimal_rescale(old, scale, to->scale, &units) ||
               !ksql_decimal_fits(units, to->precision)) {
        return fail_rounded(
            frame, ksql_decimal_fits(ksql_decimal_whole(old, scale), to->precision - to->scale));
    }
    *result = (struct ksql_value){.decimal = units};
    return 0;
}

/* ---- what is made of others ---- */

static int cast_list(struct ksql_frame *frame, const struct ksql_type *from,
    const struct ksql_value *value, const struct ksql_type *to, struct ksql_value *result)
{
    struct ksql_list list = value->list;
    struct ksql_value *items = ksql_arena_take(frame->arena, list.count * sizeof(*items));
    bool map = from->kind == KSQL_MAP;
    for (size_t i = 0; i < list.count; i++) {
        bool key = map && i % 2 == 0;
        if (ksql_cast_value(frame, key ? from->key : from->element, &list.items[i],
                key ? to->key : to->element, &items[i]))
            return -1;
    }
    if (map)
        list.count = ksql_hash_order(
            frame->arena, to->key, items, list.count, ksql_hash_slots(list.count / 2));
    *result = (struct ksql_value){.list = {items, list.count}};
    return 0;
}

static int cast_fields(struct ksql_frame *frame, const struct ksql_type *from,
    const struct ksql_value *value, const struct ksql_type *to, struct ksql_value *result)
{
    struct ksql_value *fields = ksql_arena_take(frame->arena, to->field_count * sizeof(*fields));
    for (size_t i = 0; i < to->field_count; i++) {
        fields[i] = KSQL_VALUE_NULL;
        for (size_t j = 0; j < from->field_count; j++) {
            if (strcmp(from->fields[j].name, to->fields[i].name) == 0 &&
                ksql_cast_value(
                    frame, from->fields[j].type, &value->fields[j], to->fields[i].type, &fields[i]))
                return -1;
        }
    }
    *result = (struct ksql_value){.fields = fields};
    return 0;
}

static int to_text(struct ksql_frame *frame, const struct ksql_type *from,
    const struct ksql_value *value, struct ksql_value *result)
{
    if (from->kind < KSQL_ARRAY) {
        char scalar[KSQL_SCALAR_TEXT_MAX];
        size_t length = ksql_scalar_print(from, value, scalar);
        *result =
            (struct ksql_value){.text = {ksql_arena_strndup(frame->arena, scalar, length), length}};
        return 0;
    }
    struct of_buffer text OF_CLEANUP(of_buffer_release);
    of_buffer_init(&text, KSQL_VALUE_TEXT_MAX);
    ksql_value_print(from, value, &text);
    if (text.full) {
        frame->refusal = KSQL_LONG_TEXT;
        return -1;
    }
    const char *kept = ksql_arena_strndup(frame->arena, of_buffer_text(&text), text.length);
    *result = (struct ksql_value){.text = {kept, text.length}};
    return 0;
}

int ksql_cast_value(struct ksql_frame *frame, const struct ksql_type *from,
    const struct ksql_value *value, const struct ksql_type *to, struct ksql_value *result)
{
    *result = *value;
    if (value->null || ksql_type_equal(from, to))
        return 0;
    if (to->kind == KSQL_STRING)
        return to_text(frame, from, value, result);
    if (from->kind == KSQL_STRING)
        return from_text(frame, value->text, to, result);
    *result = (struct ksql_value){0};
    switch (to->kind) {
    case KSQL_INTEGER:
    case KSQL_BIGINT:
        result->number = to_integer(from, value, to);
        return 0;
    case KSQL_DOUBLE:
        result->real = to_double(from, value);
        return 0;
    case KSQL_TIMESTAMP:
        result->number = value->number * KSQL_DAY_MS;
        return 0;
    case KSQL_DATE:
        result->number = ksql_floor_divide(value->number, KSQL_DAY_MS);
        return 0;
    case KSQL_TIME:
        result->number = ksql_floor_modulo(value->number, KSQL_DAY_MS);
        return 0;
    case KSQL_ARRAY:
    case KSQL_MAP:
        return cast_list(frame, from, value, to, result);
    case KSQL_STRUCT:
        return cast_fields(frame, from, value, to, result);
    default:
        return to_decimal(frame, from, value, to, result);
    }
}

int ksql_evaluate_cast(struct ksql_frame *frame, const struct ksql_expression *cast,
    const struct ksql_value *value, struct ksql_value *result)
{
    return ksql_cast_value(frame, cast->items[0]->type, value, cast->type, result);
}
