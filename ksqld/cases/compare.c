/* Trees against trees; where they differ is shown by printing both. */
#include "ksqld/cases/compare.h"

#include "ksqld/serde/number.h"

#include <ctype.h>

#define SCALE 18          /* digits behind the point that are compared exactly at first */
#define NEARNESS 0.000001 /* of doubles in ksqlDB's own tests */
#define DOUBLE_DIGITS 17u /* a number of more digits is no double's text */

static size_t count_digits(struct of_text text)
{
    size_t digits = 0;
    for (size_t i = 0; i < text.length && (text.data[i] | 0x20) != 'e'; i++)
        digits += text.data[i] >= '0' && text.data[i] <= '9';
    return digits;
}

static bool same_text(struct of_text a, struct of_text b)
{
    return a.length == b.length && memcmp(a.data, b.data, a.length) == 0;
}

static bool is_upper_of(struct of_text upper, struct of_text name)
{
    if (upper.length != name.length)
        return false;
    for (size_t i = 0; i < name.length; i++) {
        if (toupper((unsigned char)name.data[i]) != upper.data[i])
            return false;
    }
    return true;
}

static const struct ksql_json *find(const struct ksql_json *object, struct of_text name)
{
    for (size_t i = 0; i < object->count; i++) {
        if (same_text(object->members[i].name, name))
            return object->members[i].value;
    }
    return NULL;
}

static bool prints_alike(struct of_text a, struct of_text b)
{
    char one[KSQL_NUMBER_TEXT_MAX], other[KSQL_NUMBER_TEXT_MAX];
    if (a.length >= sizeof(one) / 2 || b.length >= sizeof(other) / 2)
        return same_text(a, b);
    return same_text((struct of_text){one, ksql_number_print(a, one)},
        (struct of_text){other, ksql_number_print(b, other)});
}

/* How many zeros stand before a decimal's digits says nothing: -00.50 is -0.50. */
static bool same_decimal(struct of_text a, struct of_text b)
{
    struct of_text *texts[] = {&a, &b};
    bool negative[2];
    for (size_t i = 0; i < OF_COUNT(texts); i++) {
        struct of_text *text = texts[i];
        negative[i] = text->length && text->data[0] == '-';
        text->data += negative[i];
        text->length -= negative[i];
        for (; text->length > 1 && text->data[0] == '0' && text->data[1] != '.'; text->length--)
            text->data++;
    }
    return negative[0] == negative[1] && same_text(a, b);
}

static bool is_number(struct of_text text)
{
    return text.length && (text.data[text.length - 1] >= '0' && text.data[text.length - 1] <= '9');
}

/* A whole number may stand for a decimal that has nothing behind its point: 1E+3, not 1000.0. */
static bool is_whole(struct of_text text)
{
    for (size_t i = 0; i < text.length; i++) {
        if (!strchr("+-0123456789", text.data[i]))
            return false;
    }
    return true;
}

static bool has_exponent(struct of_text text)
{
    return memchr(text.data, 'e', text.length) || memchr(text.data, 'E', text.length);
}

/* The same number in another notation: 10077696.0 is 1.0077696E7. */
static bool is_rewritten(struct of_text a, struct of_text b)
{
    double x, y;
    __int128 i, j;
    if (has_exponent(a) == has_exponent(b) || is_whole(a) || is_whole(b))
        return false;
    if (ksql_number_decimal(a, SCALE, &i) && ksql_number_decimal(b, SCALE, &j))
        return i == j;
    return count_digits(a) <= DOUBLE_DIGITS && count_digits(b) <= DOUBLE_DIGITS &&
           ksql_number_double(a, &x) && ksql_number_double(b, &y) && x == y;
}

static bool same_json_number(struct of_text expected, struct of_text actual)
{
    char shown[KSQL_NUMBER_TEXT_MAX];
    __int128 a, b;
    if (prints_alike(expected, actual) || is_rewritten(expected, actual))
        return true;
    if (!is_whole(expected) || actual.length >= sizeof(shown) / 2)
        return false;
    size_t length = ksql_number_print(actual, shown);
    const char *exponent = memchr(shown, 'E', length);
    return exponent && exponent[1] == '+' && ksql_number_decimal(expected, 0, &a) &&
           ksql_number_decimal(actual, 0, &b) && a == b;
}

static bool same_number(struct of_text expected, struct of_text actual, enum ksql_exactness exact)
{
    __int128 a, b;
    double x, y;
    if (exact == KSQL_NEAR && ksql_number_double(expected, &x) && ksql_number_double(actual, &y))
        return x - y < NEARNESS && y - x < NEARNESS;
    if (exact && is_number(expected) && is_number(actual))
        return same_json_number(expected, actual) ||
               (count_digits(expected) >= DOUBLE_DIGITS && /* Java before 19 has some too many */
                   count_digits(actual) <= DOUBLE_DIGITS && ksql_number_double(expected, &x) &&
                   ksql_number_double(actual, &y) && x == y);
    if (same_text(expected, actual))
        return true;
    if (ksql_number_decimal(expected, SCALE, &a) && ksql_number_decimal(actual, SCALE, &b))
        return a == b;
    return count_digits(actual) <= DOUBLE_DIGITS && ksql_number_double(expected, &x) &&
           ksql_number_double(actual, &y) && x == y;
}

/* Of an actual object: by the expected name, else by that in upper case. */
static const struct ksql_json *find_actual(const struct ksql_json *actual, struct of_text name)
{
    const struct ksql_json *found = find(actual, name);
    for (size_t i = 0; !found && i < actual->count; i++) {
        if (is_upper_of(actual->members[i].name, name))
            found = actual->members[i].value;
    }
    return found;
}

static bool is_expected(const struct ksql_json *expected, struct of_text name)
{
    for (size_t i = 0; i < expected->count; i++) {
        if (same_text(expected->members[i].name, name) ||
            is_upper_of(name, expected->members[i].name))
            return true;
    }
    return false;
}

static bool same_object(
    const struct ksql_json *expected, const struct ksql_json *actual, enum ksql_exactness exact)
{
    static const struct ksql_json null = {.kind = KSQL_JSON_NULL};
    for (size_t i = 0; i < expected->count; i++) {
        const struct ksql_json *found = find_actual(actual, expected->members[i].name);
        if (!ksql_case_same(expected->members[i].value, found ? found : &null, exact))
            return false;
    }
    for (size_t i = 0; i < actual->count; i++) {
        if (actual->members[i].value->kind != KSQL_JSON_NULL &&
            !is_expected(expected, actual->members[i].name))
            return false;
    }
    return true;
}

bool ksql_case_same(
    const struct ksql_json *expected, const struct ksql_json *actual, enum ksql_exactness exact)
{
    bool decimal = actual->kind == KSQL_JSON_NUMBER && actual->truth;
    if (decimal && expected->kind == KSQL_JSON_STRING)
        return same_decimal(expected->text, actual->text);
    if (expected->kind != actual->kind)
        return false;
    switch (expected->kind) {
    case KSQL_JSON_NULL:
        return true;
    case KSQL_JSON_BOOLEAN:
        return expected->truth == actual->truth;
    case KSQL_JSON_NUMBER:
        return same_number(expected->text, actual->text, exact);
    case KSQL_JSON_STRING:
        return same_text(expected->text, actual->text);
    case KSQL_JSON_OBJECT:
        return same_object(expected, actual, exact);
    default:
        break;
    }
    if (expected->count != actual->count)
        return false;
    for (size_t i = 0; i < expected->count; i++) {
        if (!ksql_case_same(expected->members[i].value, actual->members[i].value, exact))
            return false;
    }
    return true;
}
