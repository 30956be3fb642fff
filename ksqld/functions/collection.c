/* Functions on arrays. */
#include "ksqld/exec/cast.h"
#include "ksqld/exec/compare.h"
#include "ksqld/exec/decimal.h"
#include "ksqld/functions/rows.h"

#include <stdlib.h>
#include <strings.h>

#define SERIES_MAX (1024 * 1024) /* items of a series */
#define LONG_SERIES "A series of more than 1,048,576 items"

static const struct ksql_type *element(const struct ksql_call *call)
{
    return call->types[0]->element;
}

static bool contains(const struct ksql_type *type, const struct ksql_value *items, size_t count,
    const struct ksql_type *wanted_type, const struct ksql_value *wanted)
{
    for (size_t i = 0; i < count; i++) {
        if (ksql_values_equal(type, &items[i], wanted_type, wanted))
            return true;
    }
    return false;
}

static int run_length(const struct ksql_call *call, struct ksql_value *result)
{
    return ksql_yield_number(result, (int64_t)call->arguments[0].list.count);
}

static int run_contains(const struct ksql_call *call, struct ksql_value *result)
{
    const struct ksql_value *array = &call->arguments[0];
    bool found = !array->null && call->types[0]->kind == KSQL_ARRAY &&
                 contains(element(call), array->list.items, array->list.count, call->types[1],
                     &call->arguments[1]);
    return ksql_yield_number(result, found);
}

/* ---- sets ---- */

enum keep { KEEP_ALL, KEEP_SHARED, KEEP_OTHERS };

/* The items of the list that are not there yet, and are (or are not) in the other one. */
static void add_distinct(const struct ksql_call *call, const struct ksql_list *list, enum keep keep,
    const struct ksql_list *other, struct ksql_value *items, size_t *count)
{
    const struct ksql_type *type = element(call);
    for (size_t i = 0; i < list->count; i++) {
        const struct ksql_value *item = &list->items[i];
        bool in = keep != KEEP_ALL && contains(type, other->items, other->count, type, item);
        if ((keep == KEEP_SHARED && !in) || (keep == KEEP_OTHERS && in) ||
            contains(type, items, *count, type, item))
            continue;
        items[(*count)++] = *item;
    }
}

static int run_set(
    const struct ksql_call *call, enum keep keep, bool both, struct ksql_value *result)
{
    const struct ksql_list *left = &call->arguments[0].list;
    const struct ksql_list *right = call->count > 1 ? &call->arguments[1].list : left;
    struct ksql_value *items =
        ksql_arena_take(call->arena, (left->count + right->count + 1) * sizeof(*items));
    size_t count = 0;
    add_distinct(call, left, keep, right, items, &count);
    if (both)
        add_distinct(call, right, keep, left, items, &count);
    return ksql_yield_list(result, items, count);
}

static int run_distinct(const struct ksql_call *call, struct ksql_value *result)
{
    return run_set(call, KEEP_ALL, false, result);
}

static int run_except(const struct ksql_call *call, struct ksql_value *result)
{
    return run_set(call, KEEP_OTHERS, false, result);
}

static int run_intersect(const struct ksql_call *call, struct ksql_value *result)
{
    return run_set(call, KEEP_SHARED, false, result);
}

static int run_union(const struct ksql_call *call, struct ksql_value *result)
{
    return run_set(call, KEEP_ALL, true, result);
}

static int run_concat(const struct ksql_call *call, struct ksql_value *result)
{
    const struct ksql_value *left = &call->arguments[0], *right = &call->arguments[1];
    if (left->null || right->null) {
        *result = left->null ? *right : *left;
        return 0;
    }
    size_t count = left->list.count + right->list.count;
    struct ksql_value *items = ksql_arena_take(call->arena, (count + 1) * sizeof(*items));
    for (size_t i = 0; i < count; i++)
        items[i] =
            i < left->list.count ? left->list.items[i] : right->list.items[i - left->list.count];
    return ksql_yield_list(result, items, count);
}

static int run_remove(const struct ksql_call *call, struct ksql_value *result)
{
    const struct ksql_value *array = &call->arguments[0];
    size_t count = 0;
    if (array->null)
        return ksql_yield_null(result);
    struct ksql_value *items =
        ksql_arena_take(call->arena, (array->list.count + 1) * sizeof(*items));
    for (size_t i = 0; i < array->list.count; i++) {
        if (!ksql_values_equal(
                element(call), &array->list.items[i], call->types[1], &call->arguments[1]))
            items[count++] = array->list.items[i];
    }
    return ksql_yield_list(result, items, count);
}

/* ---- order ---- */

static int run_extreme(const struct ksql_call *call, int sign, struct ksql_value *result)
{
    const struct ksql_list *list = &call->arguments[0].list;
    const struct ksql_type *type = element(call);
    *result = KSQL_VALUE_NULL;
    for (size_t i = 0; i < list->count; i++) {
        if (list->items[i].null)
            continue;
        if (!ksql_type_has_order(type) && !result->null)
            return -1;
        if (result->null || ksql_value_compare(type, &list->items[i], result) * sign > 0)
            *result = list->items[i];
    }
    return 0;
}

static int run_max(const struct ksql_call *call, struct ksql_value *result)
{
    return run_extreme(call, 1, result);
}

static int run_min(const struct ksql_call *call, struct ksql_value *result)
{
    return run_extreme(call, -1, result);
}

/* By insertion into sorted halves: stable, as Java's sort is. NULL goes to the end. */
static void merge_sort(const struct ksql_type *type, int sign, struct ksql_value *items,
    struct ksql_value *spare, size_t count)
{
    if (count < 2)
        return;
    size_t half = count / 2, i = 0, j = half;
    merge_sort(type, sign, items, spare, half);
    merge_sort(type, sign, items + half, spare, count - half);
    for (size_t k = 0; k < count; k++) {
        bool right =
            i == half ||
            (j < count && !items[j].null &&
                (items[i].null || ksql_value_compare(type, &items[j], &items[i]) * sign < 0));
        spare[k] = right ? items[j++] : items[i++];
    }
    memcpy(items, spare, count * sizeof(*items));
}

static bool is_one_of(struct of_text text, const char *a, const char *b)
{
    return (text.length == strlen(a) && strncasecmp(text.data, a, text.length) == 0) ||
           (text.length == strlen(b) && strncasecmp(text.data, b, text.length) == 0);
}

/* ksqlDB sorts the array itself, which other columns of the row then show as well. */
static int run_sort(const struct ksql_call *call, struct ksql_value *result)
{
    struct of_text direction = call->count > 1 ? call->arguments[1].text : OF_TEXT("ASC");
    const struct ksql_list *list = &call->arguments[0].list;
    bool up = is_one_of(direction, "ASC", "ASCENDING");
    if (!up && !is_one_of(direction, "DESC", "DESCENDING"))
        return ksql_yield_null(result);
    if (!ksql_type_has_order(element(call)) && list->count > 1)
        return -1;
    struct ksql_value *spare = ksql_arena_take(call->arena, (list->count + 1) * sizeof(*spare));
    merge_sort(element(call), up ? 1 : -1, (struct ksql_value *)list->items, spare, list->count);
    *result = call->arguments[0];
    return 0;
}

/* ---- others ---- */

static bool is_primitive(const struct ksql_type *type)
{
    return type->kind == KSQL_BOOLEAN || type->kind == KSQL_INTEGER || type->kind == KSQL_BIGINT ||
           type->kind == KSQL_DOUBLE || type->kind == KSQL_DECIMAL || type->kind == KSQL_STRING;
}

static int run_join(const struct ksql_call *call, struct ksql_value *result)
{
    struct of_text delimiter = {",", 1};
    struct of_buffer out OF_CLEANUP(of_buffer_release);
    of_buffer_init(&out, KSQL_VALUE_TEXT_MAX);
    if (call->arguments[0].null)
        return ksql_yield_null(result);
    if (call->count > 1)
        delimiter = call->arguments[1].null ? (struct of_text){"", 0} : call->arguments[1].text;
    const struct ksql_list *list = &call->arguments[0].list;
    for (size_t i = 0; i < list->count; i++) {
        char text[KSQL_DECIMAL_TEXT_MAX];
        if (!list->items[i].null && !is_primitive(element(call)))
            return -1;
        if (i)
            of_buffer_append(&out, delimiter.data, delimiter.length);
        if (element(call)->kind == KSQL_DECIMAL && !list->items[i].null)
            of_buffer_append(&out, text,
                ksql_decimal_print_java(list->items[i].decimal, element(call)->scale, text));
        else
            ksql_value_print(element(call), &list->items[i], &out);
    }
    if (out.full)
        return ksql_call_refuse(call, KSQL_LONG_TEXT);
    const char *kept = ksql_arena_strndup(call->arena, of_buffer_text(&out), out.length);
    return ksql_yield_text(result, (struct of_text){kept, out.length});
}

/* From and to count from 1; NULL for the beginning and the end. */
static int run_slice(const struct ksql_call *call, struct ksql_value *result)
{
    const struct ksql_value *array = &call->arguments[0];
    if (array->null)
        return ksql_yield_null(result);
    int64_t count = (int64_t)array->list.count;
    int64_t start = call->arguments[1].null ? 0 : call->arguments[1].number - 1;
    int64_t end = call->arguments[2].null ? count : call->arguments[2].number;
    if (start < 0 || end > count)
        return ksql_yield_null(result);
    if (start > end)
        return -1;
    return ksql_yield_list(result, array->list.items + start, (size_t)(end - start));
}

/* Java's ints and longs wrap; only series that don't get here. */
static int run_series(const struct ksql_call *call, struct ksql_value *result)
{
    bool small = call->types[0]->kind == KSQL_INTEGER;
    int64_t start = call->arguments[0].number, end = call->arguments[1].number, difference;
    if (__builtin_sub_overflow(end, start, &difference) || difference == INT64_MIN ||
        (small && difference != (int32_t)difference))
        return ksql_call_refuse(call, LONG_SERIES);
    int64_t step = call->count > 2 ? call->arguments[2].number : difference > 0 ? 1 : -1;
    if (step == 0 || (difference > 0 && step < 0) || (difference < 0 && step > 0))
        return -1;
    int64_t count = difference / step;
    if (count >= SERIES_MAX)
        return ksql_call_refuse(call, LONG_SERIES);
    count++;
    struct ksql_value *items = ksql_arena_take(call->arena, (size_t)count * sizeof(*items));
    for (int64_t i = 0; i < count; i++)
        items[i] = (struct ksql_value){.number = start + i * step};
    return ksql_yield_list(result, items, (size_t)count);
}

#define JOIN_HELP "The items of an array as text, with a delimiter between them."
#define SERIES_HELP "The numbers from a first up or down to a last one, as an array."
#define SORT_HELP "An array in ascending (or 'DESC'ending) order, NULL last."

static const struct ksql_function rows[] = {
    {"array_concat(ARRAY<T> left, ARRAY<T> right) ARRAY<T>", run_concat,
        "The items of one array behind those of another.", KSQL_NULLABLE},
    {"ARRAY_CONTAINS(ARRAY<T> array, T val) BOOLEAN", run_contains, "Whether an array has a value.",
        KSQL_NULLABLE},
    {"array_distinct(ARRAY<T> input) ARRAY<T>", run_distinct, "An array with each item once."},
    {"array_except(ARRAY<T> left, ARRAY<T> right) ARRAY<T>", run_except,
        "The items of one array that another doesn't have."},
    {"array_intersect(ARRAY<T> left, ARRAY<T> right) ARRAY<T>", run_intersect,
        "The items that both arrays have."},
    {"ARRAY_JOIN(ARRAY<T> array) VARCHAR", run_join, JOIN_HELP, KSQL_NULLABLE},
    {"ARRAY_JOIN(ARRAY<T> array, VARCHAR delimiter) VARCHAR", run_join, JOIN_HELP, KSQL_NULLABLE},
    {"ARRAY_LENGTH(ARRAY<T> array) INT", run_length, "The length of an array."},
    {"array_max(ARRAY<T> input) T", run_max, "The largest item of an array."},
    {"array_min(ARRAY<T> input) T", run_min, "The least item of an array."},
    {"array_remove(ARRAY<T> array, T victim) ARRAY<T>", run_remove,
        "An array without the items of a value.", KSQL_NULLABLE},
    {"array_sort(ARRAY<T> input) ARRAY<T>", run_sort, SORT_HELP},
    {"array_sort(ARRAY<T> input, VARCHAR direction) ARRAY<T>", run_sort, SORT_HELP},
    {"array_union(ARRAY<T> left, ARRAY<T> right) ARRAY<T>", run_union,
        "The items of both arrays, each one once."},
    {"GENERATE_SERIES(INT start, INT end) ARRAY<INT>", run_series, SERIES_HELP},
    {"GENERATE_SERIES(INT start, INT end, INT step) ARRAY<INT>", run_series, SERIES_HELP},
    {"GENERATE_SERIES(BIGINT start, BIGINT end) ARRAY<BIGINT>", run_series, SERIES_HELP},
    {"GENERATE_SERIES(BIGINT start, BIGINT end, INT step) ARRAY<BIGINT>", run_series, SERIES_HELP},
    {"slice(ARRAY<T> in, INT from, INT to) ARRAY<T>", run_slice,
        "The items of an array from one position to another.", KSQL_NULLABLE},
};

KSQL_SECTION(ksql_collection_functions, "Arrays", rows);
