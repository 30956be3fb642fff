/* The table of aggregate functions, and what their files share. */
#include "ksqld/functions/aggregate.h"

#include "ksqld/exec/compare.h"

#include <strings.h>

const struct ksql_type ksql_aggregate_integer = {.kind = KSQL_INTEGER};
const struct ksql_type ksql_aggregate_bigint = {.kind = KSQL_BIGINT};
const struct ksql_type ksql_aggregate_double = {.kind = KSQL_DOUBLE};
const struct ksql_type ksql_aggregate_string = {.kind = KSQL_STRING};

#define PARTS(name, undo, result)                                                                  \
    ksql_##name##_accept, ksql_##name##_init, ksql_##name##_add, undo, ksql_##name##_merge, result

static const struct ksql_aggregate functions[] = {
    {"ATTR", "The one value that all rows have, NULL if they differ.", {"ATTR(ANY)"},
        PARTS(attribute, ksql_attribute_undo, ksql_attribute_result)},
    {"AVG", "The average of the values.", {"AVG(BIGINT val)", "AVG(DOUBLE val)", "AVG(INT val)"},
        PARTS(average, ksql_average_undo, ksql_average_result), "avg"},
    {"COLLECT_LIST", "All values, in an array.", {"COLLECT_LIST(ANY)"},
        PARTS(list, ksql_list_undo, NULL), "collect_list"},
    {"COLLECT_SET", "The different values, in an array.", {"COLLECT_SET(ANY)"},
        PARTS(set, NULL, NULL), "collect_set"},
    {"CORRELATION", "Pearson's coefficient of two columns.",
        {"CORRELATION(BIGINT x, BIGINT y)", "CORRELATION(DOUBLE x, DOUBLE y)",
            "CORRELATION(INT x, INT y)"},
        PARTS(correlation, ksql_correlation_undo, ksql_correlation_result), "correlation"},
    {"COUNT", "How many values are not NULL; of * all rows.", {"COUNT(ANY)"},
        PARTS(count, ksql_count_undo, NULL)},
    {"EARLIEST_BY_OFFSET", "The value, or the first n, that came first.",
        {"EARLIEST_BY_OFFSET(ANY)", "EARLIEST_BY_OFFSET(ANY, BOOLEAN ignoreNulls)",
            "EARLIEST_BY_OFFSET(ANY, INT n)",
            "EARLIEST_BY_OFFSET(ANY, INT n, BOOLEAN ignoreNulls)"},
        PARTS(earliest, NULL, ksql_earliest_result)},
    {"HISTOGRAM", "How often each string is there, up to 1000 strings.", {"HISTOGRAM(VARCHAR val)"},
        PARTS(histogram, ksql_histogram_undo, NULL), "histogram"},
    {"LATEST_BY_OFFSET", "The value, or the last n, that came last.",
        {"LATEST_BY_OFFSET(ANY)", "LATEST_BY_OFFSET(ANY, BOOLEAN ignoreNulls)",
            "LATEST_BY_OFFSET(ANY, INT n)", "LATEST_BY_OFFSET(ANY, INT n, BOOLEAN ignoreNulls)"},
        PARTS(latest, NULL, ksql_latest_result)},
    {"MAX", "The greatest value.", {"MAX(ANY)"}, PARTS(maximum, NULL, NULL)},
    {"MIN", "The least value.", {"MIN(ANY)"}, PARTS(minimum, NULL, NULL)},
    {"STDDEV_SAMP", "What ksqlDB has under this name: the sample variance.",
        {"STDDEV_SAMP(BIGINT val)", "STDDEV_SAMP(DOUBLE val)", "STDDEV_SAMP(INT val)"},
        ksql_deviation_accept, ksql_deviation_init, ksql_deviation_add, ksql_deviation_undo,
        ksql_variance_merge, ksql_variance_result},
    {"STDDEV_SAMPLE", "The sample standard deviation.",
        {"STDDEV_SAMPLE(BIGINT val)", "STDDEV_SAMPLE(DOUBLE val)", "STDDEV_SAMPLE(INT val)"},
        PARTS(deviation, ksql_deviation_undo, ksql_deviation_result)},
    {"SUM", "The sum of the values.",
        {"SUM(BIGINT val)", "SUM(DECIMAL val)", "SUM(DOUBLE val)", "SUM(INT val)"},
        PARTS(sum, ksql_sum_undo, NULL), "sum"},
    {"SUM_LIST", "The sum of all numbers in arrays.",
        {"SUM_LIST(ARRAY<BIGINT> val)", "SUM_LIST(ARRAY<DOUBLE> val)", "SUM_LIST(ARRAY<INT> val)"},
        PARTS(sum_list, ksql_sum_list_undo, NULL), "sum_list"},
    {"TOPK", "The k greatest values, with further columns of their rows.",
        {"TOPK(ANY, INT k)", "TOPK(ANY, ANY..., INT k)"}, PARTS(top, NULL, NULL)},
    {"TOPKDISTINCT", "The k greatest different values.", {"TOPKDISTINCT(ANY, INT k)"},
        PARTS(top_distinct, NULL, NULL)},
};

const struct ksql_aggregate *ksql_aggregate_find(const char *name)
{
    for (size_t i = 0; i < OF_COUNT(functions); i++) {
        if (strcasecmp(functions[i].name, name) == 0)
            return &functions[i];
    }
    return NULL;
}

bool ksql_aggregate_is_known(const char *name)
{
    static const char *const others[] = {"COUNT_DISTINCT"};
    for (size_t i = 0; i < OF_COUNT(others); i++) {
        if (strcasecmp(others[i], name) == 0)
            return true;
    }
    return ksql_aggregate_find(name);
}

size_t ksql_aggregate_count(void)
{
    return OF_COUNT(functions);
}

const struct ksql_aggregate *ksql_aggregate_at(size_t index)
{
    return &functions[index];
}

/* ---- shared ---- */

const struct ksql_type *ksql_aggregate_struct(
    struct ksql_arena *arena, const struct ksql_field *fields, size_t count)
{
    struct ksql_type *type = ksql_arena_new(arena, sizeof(*type));
    struct ksql_field *copies = ksql_arena_new_array(arena, count, sizeof(*copies));
    memcpy(copies, fields, count * sizeof(*copies));
    *type = (struct ksql_type){.kind = KSQL_STRUCT, .fields = copies, .field_count = count};
    return type;
}

const struct ksql_type *ksql_aggregate_array(
    struct ksql_arena *arena, const struct ksql_type *element)
{
    struct ksql_type *type = ksql_arena_new(arena, sizeof(*type));
    *type = (struct ksql_type){.kind = KSQL_ARRAY, .element = element};
    return type;
}

struct ksql_value *ksql_aggregate_grow(
    const struct ksql_aggregate_step *step, const struct ksql_value *state, size_t more)
{
    size_t count = state->list.count;
    struct ksql_value *items = ksql_arena_take(step->arena, (count + more) * sizeof(*items) + 1);
    if (count)
        memcpy(items, state->list.items, count * sizeof(*items));
    return items;
}

bool ksql_aggregate_is_ordered(const struct ksql_type *type)
{
    return type->kind != KSQL_BOOLEAN && ksql_type_has_order(type);
}
