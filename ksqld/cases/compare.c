/* Trees against trees; where they differ is shown by printing both. */
#include "ksqld/cases/compare.h"

#include "ksqld/serde/number.h"

#define SCALE 18          /* digits behind the point that are compared exactly at first */
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

static bool is_number(struct of_text text)
{
    return text.length && (text.data[text.length - 1] >= '0' && text.data[text.length - 1] <= '9');
}

static bool same_number(struct of_text expected, struct of_text actual, bool exact)
{
    __int128 a, b;
    double x, y;
    if (exact && is_number(expected) && is_number(actual))
        return prints_alike(expected, actual);
    if (same_text(expected, actual))
        return true;
    if (ksql_number_decimal(expected, SCALE, &a) && ksql_number_decimal(actual, SCALE, &b))
        return a == b;
    return count_digits(actual) <= DOUBLE_DIGITS && ksql_number_double(expected, &x) &&
           ksql_number_double(actual, &y) && x == y;
}

static bool same_object(
    const struct ksql_json *expected, const struct ksql_json *actual, bool exact)
{
    static const struct ksql_json null = {.kind = KSQL_JSON_NULL};
    for (size_t i = 0; i < expected->count; i++) {
        const struct ksql_json *found = find(actual, expected->members[i].name);
        if (!ksql_case_same(expected->members[i].value, found ? found : &null, exact))
            return false;
    }
    for (size_t i = 0; i < actual->count; i++) {
        if (actual->members[i].value->kind != KSQL_JSON_NULL &&
            !find(expected, actual->members[i].name))
            return false;
    }
    return true;
}

bool ksql_case_same(const struct ksql_json *expected, const struct ksql_json *actual, bool exact)
{
    bool decimal = actual->kind == KSQL_JSON_NUMBER && actual->truth;
    if (decimal && expected->kind == KSQL_JSON_STRING)
        return same_text(expected->text, actual->text);
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
