/* What the sections of the function table share: writing a row, and yielding a value. */
#ifndef KSQLD_FUNCTIONS_ROWS_H
#define KSQLD_FUNCTIONS_ROWS_H

#include "ksqld/functions/functions.h"

extern const struct ksql_function_section ksql_collection_functions;
extern const struct ksql_function_section ksql_conversion_functions;
extern const struct ksql_function_section ksql_json_functions;
extern const struct ksql_function_section ksql_lambda_functions;
extern const struct ksql_function_section ksql_map_functions;
extern const struct ksql_function_section ksql_mask_functions;
extern const struct ksql_function_section ksql_math_functions;
extern const struct ksql_function_section ksql_null_functions;
extern const struct ksql_function_section ksql_regexp_functions;
extern const struct ksql_function_section ksql_rounding_functions;
extern const struct ksql_function_section ksql_string_functions;
extern const struct ksql_function_section ksql_table_functions;
extern const struct ksql_function_section ksql_time_functions;
extern const struct ksql_function_section ksql_time_text_functions;
extern const struct ksql_function_section ksql_url_functions;

#define KSQL_SECTION(name, title, rows)                                                            \
    const struct ksql_function_section name = {title, rows, OF_COUNT(rows)}

static inline int ksql_yield_number(struct ksql_value *result, int64_t number)
{
    *result = (struct ksql_value){.number = number};
    return 0;
}

static inline int ksql_yield_double(struct ksql_value *result, double real)
{
    *result = (struct ksql_value){.real = real};
    return 0;
}

static inline int ksql_yield_text(struct ksql_value *result, struct of_text text)
{
    *result = (struct ksql_value){.text = text};
    return 0;
}

static inline int ksql_yield_list(
    struct ksql_value *result, const struct ksql_value *items, size_t count)
{
    *result = (struct ksql_value){.list = {items, count}};
    return 0;
}

static inline int ksql_yield_null(struct ksql_value *result)
{
    *result = KSQL_VALUE_NULL;
    return 0;
}

#endif
