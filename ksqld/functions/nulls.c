/* Functions about NULL, and AS_VALUE. */
#include "ksqld/exec/compare.h"
#include "ksqld/functions/rows.h"

static int run_as_value(const struct ksql_call *call, struct ksql_value *result)
{
    *result = call->arguments[0];
    return 0;
}

static int run_coalesce(const struct ksql_call *call, struct ksql_value *result)
{
    *result = KSQL_VALUE_NULL;
    for (size_t i = 0; i < call->count && result->null; i++)
        *result = call->arguments[i];
    return 0;
}

static int run_nullif(const struct ksql_call *call, struct ksql_value *result)
{
    const struct ksql_value *a = &call->arguments[0], *b = &call->arguments[1];
    *result = *a;
    if (!a->null && !b->null && ksql_values_equal(call->types[0], a, call->types[1], b))
        *result = KSQL_VALUE_NULL;
    return 0;
}

static const struct ksql_function rows[] = {
    {"AS_VALUE(T keyColumn) T", run_as_value, "Keeps a copy of a key column in the value."},
    {"COALESCE(T first, T... others) T", run_coalesce, "The first argument that is not NULL.",
        KSQL_NULLABLE},
    {"IFNULL(T expression, T altValue) T", run_coalesce,
        "The first argument, or the second if the first is NULL.", KSQL_NULLABLE},
    {"NULLIF(T expr1, T expr2) T", run_nullif, "NULL if both arguments are equal, else the first.",
        KSQL_NULLABLE},
};

KSQL_SECTION(ksql_null_functions, "NULL", rows);
