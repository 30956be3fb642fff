/* Comparisons as Java makes them: of the operators, and the deep ones. */
#include "ksqld/exec/compare.h"

#include "ksqld/exec/decimal.h"
#include "ksqld/exec/evaluate.h"
#include "ksqld/exec/times.h"

#include <math.h>

/* ---- values of one type ---- */

/* Java compares UTF-16 units: what needs two of them (four bytes of UTF-8) comes before U+E000 to
 * U+FFFF. */
int ksql_text_compare(struct of_text a, struct of_text b)
{
    size_t shorter = a.length < b.length ? a.length : b.length;
    for (size_t i = 0; i < shorter; i++) {
        uint8_t x = (uint8_t)a.data[i], y = (uint8_t)b.data[i];
        if (x == y)
            continue;
        if ((x >= 0xf0) != (y >= 0xf0) && x >= 0xee && y >= 0xee)
            return x >= 0xf0 ? -1 : 1;
        return x < y ? -1 : 1;
    }
    return (a.length > b.length) - (a.length < b.length);
}

bool ksql_text_equal(struct of_text a, struct of_text b)
{
    return a.length == b.length && (!a.length || memcmp(a.data, b.data, a.length) == 0);
}

int ksql_bytes_compare(struct of_text a, struct of_text b)
{
    size_t shorter = a.length < b.length ? a.length : b.length;
    for (size_t i = 0; i < shorter; i++) {
        int8_t x = (int8_t)a.data[i], y = (int8_t)b.data[i];
        if (x != y)
            return x < y ? -1 : 1;
    }
    return (a.length > b.length) - (a.length < b.length);
}

int ksql_double_compare(double a, double b)
{
    if (isnan(a) || isnan(b))
        return (isnan(a) != 0) - (isnan(b) != 0);
    if (a == b)
        return (signbit(b) != 0) - (signbit(a) != 0);
    return a < b ? -1 : 1;
}

bool ksql_type_has_order(const struct ksql_type *type)
{
    return type->kind != KSQL_NULL && type->kind < KSQL_ARRAY;
}

int ksql_value_compare(
    const struct ksql_type *type, const struct ksql_value *a, const struct ksql_value *b)
{
    switch (type->kind) {
    case KSQL_DOUBLE:
        return ksql_double_compare(a->real, b->real);
    case KSQL_DECIMAL:
        return (a->decimal > b->decimal) - (a->decimal < b->decimal);
    case KSQL_STRING:
        return ksql_text_compare(a->text, b->text);
    case KSQL_BYTES:
        return ksql_bytes_compare(a->text, b->text);
    default:
        return (a->number > b->number) - (a->number < b->number);
    }
}

/* ---- equals ---- */

static bool lists_equal(const struct ksql_type *a_type, const struct ksql_list *a,
    const struct ksql_type *b_type, const struct ksql_list *b)
{
    if (a->count != b->count)
        return false;
    for (size_t i = 0; i < a->count; i++) {
        if (!ksql_values_equal(a_type->element, &a->items[i], b_type->element, &b->items[i]))
            return false;
    }
    return true;
}

static bool maps_equal(const struct ksql_type *a_type, const struct ksql_list *a,
    const struct ksql_type *b_type, const struct ksql_list *b)
{
    if (a->count != b->count)
        return false;
    for (size_t i = 0; i < a->count; i += 2) {
        size_t j = 0;
        while (j < b->count &&
               !ksql_values_equal(a_type->key, &a->items[i], b_type->key, &b->items[j]))
            j += 2;
        if (j == b->count || !ksql_values_equal(a_type->element, &a->items[i + 1], b_type->element,
                                 &b->items[j + 1]))
            return false;
    }
    return true;
}

bool ksql_values_equal(const struct ksql_type *a_type, const struct ksql_value *a,
    const struct ksql_type *b_type, const struct ksql_value *b)
{
    if (a->null || b->null)
        return a->null && b->null;
    if (a_type->kind != b_type->kind)
        return false;
    switch (a_type->kind) {
    case KSQL_ARRAY:
        return lists_equal(a_type, &a->list, b_type, &b->list);
    case KSQL_MAP:
        return maps_equal(a_type, &a->list, b_type, &b->list);
    case KSQL_STRUCT:
        if (!ksql_type_equal(a_type, b_type))
            return false;
        for (size_t i = 0; i < a_type->field_count; i++) {
            if (!ksql_values_equal(
                    a_type->fields[i].type, &a->fields[i], b_type->fields[i].type, &b->fields[i]))
                return false;
        }
        return true;
    case KSQL_STRING:
    case KSQL_BYTES:
        return ksql_text_equal(a->text, b->text);
    case KSQL_DECIMAL:
        return a_type->scale == b_type->scale && a->decimal == b->decimal;
    default:
        return ksql_value_compare(a_type, a, b) == 0;
    }
}

/* ---- operators ---- */

static bool holds(enum ksql_operator op, int order)
{
    switch (op) {
    case KSQL_EQUAL:
        return order == 0;
    case KSQL_NOT_EQUAL:
    case KSQL_DISTINCT:
        return order != 0;
    case KSQL_LESS:
        return order < 0;
    case KSQL_LESS_EQUAL:
        return order <= 0;
    case KSQL_GREATER:
        return order > 0;
    default:
        return order >= 0;
    }
}

/* NaN is neither less nor greater, which is all that ksqlDB asks for: it makes both = and <> false.
 */
static bool holds_double(enum ksql_operator op, double left, double right)
{
    if (isnan(left) || isnan(right))
        return false;
    return holds(op, (left > right) - (left < right));
}

static double as_double(const struct ksql_type *type, const struct ksql_value *value)
{
    return type->kind == KSQL_DOUBLE ? value->real : (double)value->number;
}

static __int128 as_decimal(const struct ksql_type *type, const struct ksql_value *value)
{
    return type->kind == KSQL_DECIMAL ? value->decimal : value->number;
}

static int scale_of(const struct ksql_type *type)
{
    return type->kind == KSQL_DECIMAL ? type->scale : 0;
}

/* One of them is a DECIMAL. */
static int compare_decimals(const struct ksql_type *left_type, const struct ksql_value *left,
    const struct ksql_type *right_type, const struct ksql_value *right, int *order)
{
    bool left_double = left_type->kind == KSQL_DOUBLE,
         right_double = right_type->kind == KSQL_DOUBLE;
    if ((left_double && !isfinite(left->real)) || (right_double && !isfinite(right->real)))
        return -1; /* Java finds no decimal for it */
    if (right_double)
        *order = ksql_decimal_compare_double(left->decimal, left_type->scale, right->real);
    else if (left_double)
        *order = -ksql_decimal_compare_double(right->decimal, right_type->scale, left->real);
    else
        *order = ksql_decimal_compare(as_decimal(left_type, left), scale_of(left_type),
            as_decimal(right_type, right), scale_of(right_type));
    return 0;
}

/* In ms; text is read as `kind`. */
static int as_time(const struct ksql_type *type, const struct ksql_value *value,
    enum ksql_type_kind kind, int64_t *ms)
{
    bool good = true;
    *ms = value->number;
    if (type->kind == KSQL_STRING)
        good = kind == KSQL_TIME        ? ksql_time_parse(value->text, ms)
               : kind == KSQL_TIMESTAMP ? ksql_timestamp_parse(value->text, ms)
                                        : ksql_date_parse(value->text, ms);
    if (type->kind == KSQL_DATE || (type->kind == KSQL_STRING && kind == KSQL_DATE))
        *ms = ksql_days_to_ms(*ms);
    return good ? 0 : -1;
}

static bool is_time(enum ksql_type_kind kind)
{
    return kind == KSQL_TIMESTAMP || kind == KSQL_DATE || kind == KSQL_TIME;
}

static int compare_times(const struct ksql_type *left_type, const struct ksql_value *left,
    const struct ksql_type *right_type, const struct ksql_value *right, int *order)
{
    enum ksql_type_kind a = left_type->kind, b = right_type->kind;
    enum ksql_type_kind kind = a == KSQL_TIME || b == KSQL_TIME             ? KSQL_TIME
                               : a == KSQL_TIMESTAMP || b == KSQL_TIMESTAMP ? KSQL_TIMESTAMP
                                                                            : KSQL_DATE;
    int64_t x, y;
    if (as_time(left_type, left, kind, &x) || as_time(right_type, right, kind, &y))
        return -1;
    *order = (x > y) - (x < y);
    return 0;
}

int ksql_evaluate_comparison(const struct ksql_expression *expression,
    const struct ksql_value *left, const struct ksql_value *right, struct ksql_value *result)
{
    const struct ksql_type *left_type = expression->items[0]->type;
    const struct ksql_type *right_type = expression->items[1]->type;
    enum ksql_type_kind a = left_type->kind, b = right_type->kind;
    int order = 0;
    *result = (struct ksql_value){0};
    if (left->null || right->null) { /* false, whatever is compared */
        result->number = expression->op == KSQL_DISTINCT && left->null != right->null;
        return 0;
    }
    if (a == KSQL_DECIMAL || b == KSQL_DECIMAL) {
        if (compare_decimals(left_type, left, right_type, right, &order))
            return -1;
    } else if (a == KSQL_DOUBLE || b == KSQL_DOUBLE) {
        result->number =
            holds_double(expression->op, as_double(left_type, left), as_double(right_type, right));
        return 0;
    } else if (is_time(a) || is_time(b)) {
        if (compare_times(left_type, left, right_type, right, &order))
            return -1;
    } else if (a >= KSQL_ARRAY) {
        order = !ksql_values_equal(left_type, left, right_type, right);
    } else {
        order = ksql_value_compare(left_type, left, right);
    }
    result->number = holds(expression->op, order);
    return 0;
}
