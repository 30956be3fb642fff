/* The functions this runner has, section by section, and the names of those that only ksqlDB has.
 */
#include "ksqld/functions/rows.h"

#include <assert.h>
#include <ctype.h>
#include <strings.h>

static const struct ksql_function_section *const sections[] = {
    &ksql_null_functions,
    &ksql_string_functions,
    &ksql_mask_functions,
    &ksql_regexp_functions,
    &ksql_conversion_functions,
    &ksql_math_functions,
    &ksql_rounding_functions,
    &ksql_collection_functions,
    &ksql_map_functions,
    &ksql_lambda_functions,
    &ksql_time_functions,
    &ksql_time_text_functions,
    &ksql_json_functions,
    &ksql_url_functions,
    &ksql_table_functions,
};

/* Aggregates: known, but no functions of a row. */
static const char *const others[] = {
    "ATTR",
    "AVG",
    "COLLECT_LIST",
    "COLLECT_SET",
    "CORRELATION",
    "COUNT",
    "COUNT_DISTINCT",
    "EARLIEST_BY_OFFSET",
    "HISTOGRAM",
    "LATEST_BY_OFFSET",
    "MAX",
    "MIN",
    "STDDEV_SAMP",
    "STDDEV_SAMPLE",
    "SUM",
    "SUM_LIST",
    "TOPK",
    "TOPKDISTINCT",
};

size_t ksql_function_section_count(void)
{
    return OF_COUNT(sections);
}

const struct ksql_function_section *ksql_function_section_at(size_t index)
{
    return sections[index];
}

static size_t name_length(const struct ksql_function *function)
{
    return strcspn(function->signature, "(");
}

static bool same_name(const struct ksql_function *a, const struct ksql_function *b)
{
    size_t length = name_length(a);
    return length == name_length(b) && strncasecmp(a->signature, b->signature, length) == 0;
}

/* Rows of one name stand together. */
static size_t count_overloads(const struct ksql_function_section *section, size_t first)
{
    size_t end = first + 1;
    while (end < section->count && same_name(&section->rows[end], &section->rows[first]))
        end++;
    return end - first;
}

const struct ksql_function *ksql_function_find(const char *name, size_t *overloads)
{
    size_t length = strlen(name);
    for (size_t i = 0; i < OF_COUNT(sections); i++) {
        for (size_t j = 0; j < sections[i]->count; j++) {
            const struct ksql_function *row = &sections[i]->rows[j];
            if (name_length(row) != length || strncasecmp(row->signature, name, length) != 0)
                continue;
            *overloads = count_overloads(sections[i], j);
            return row;
        }
    }
    return NULL;
}

const char *ksql_function_name(const struct ksql_function *function, char *buffer, size_t size)
{
    size_t length = name_length(function);
    assert(length < size);
    for (size_t i = 0; i < length; i++)
        buffer[i] = (char)toupper((unsigned char)function->signature[i]);
    buffer[length] = '\0';
    return buffer;
}

/* The index-th function, or NULL; *count: how many there are. */
static const struct ksql_function *walk(size_t index, size_t *count)
{
    *count = 0;
    for (size_t i = 0; i < OF_COUNT(sections); i++) {
        for (size_t j = 0; j < sections[i]->count; j += count_overloads(sections[i], j)) {
            if ((*count)++ == index)
                return &sections[i]->rows[j];
        }
    }
    return NULL;
}

size_t ksql_function_count(void)
{
    size_t count;
    walk(SIZE_MAX, &count);
    return count;
}

const struct ksql_function *ksql_function_at(size_t index)
{
    size_t count;
    return walk(index, &count);
}

bool ksql_function_is_known(const char *name)
{
    for (size_t i = 0; i < OF_COUNT(others); i++) {
        if (strcasecmp(others[i], name) == 0)
            return true;
    }
    return false;
}
