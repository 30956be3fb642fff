/* Table functions: each item of the list that they yield becomes a row. */
#include "ksqld/functions/rows.h"

#define CUBE_COLUMNS_MAX 20 /* ksqlDB's own limit: 2^20 rows */

static const struct ksql_type *decimal_element(
    struct ksql_arena *arena, const struct ksql_type *const *types, size_t count)
{
    (void)arena;
    (void)count;
    return types[0]->kind == KSQL_ARRAY ? types[0]->element : NULL;
}

static int run_explode(const struct ksql_call *call, struct ksql_value *result)
{
    *result = call->arguments[0];
    return 0;
}

/* Each value or NULL in its place, all combinations; a value that is NULL has only one. */
static int run_cube(const struct ksql_call *call, struct ksql_value *result)
{
    const struct ksql_list *columns = &call->arguments[0].list;
    size_t count = columns->count, rows = 0;
    if (call->arguments[0].null)
        return ksql_yield_null(result);
    if (count > CUBE_COLUMNS_MAX)
        return -1;
    struct ksql_value *lists = ksql_arena_take(call->arena, ((size_t)1 << count) * sizeof(*lists));
    for (size_t bits = 0; bits < (size_t)1 << count; bits++) {
        struct ksql_value *items = ksql_arena_take(call->arena, (count + 1) * sizeof(*items));
        bool twice = false;
        if (call->arena->full)
            return ksql_call_refuse(call, "A cube of so many rows");
        for (size_t i = 0; i < count; i++) {
            bool shown = bits >> (count - 1 - i) & 1;
            twice = twice || (shown && columns->items[i].null);
            items[i] = shown ? columns->items[i] : KSQL_VALUE_NULL;
        }
        if (!twice)
            ksql_yield_list(&lists[rows++], items, count);
    }
    return ksql_yield_list(result, lists, rows);
}

static const struct ksql_function rows[] = {
    {"cube_explode(ARRAY<T> columns) ARRAY<T>", run_cube,
        "One row for each combination of the values with NULL in the place of others.", KSQL_TABLE},
    {"explode(ARRAY<DECIMAL> input) DECIMAL", run_explode, "One row for each element of an array.",
        KSQL_TABLE, decimal_element},
    {"explode(ARRAY<T> list) T", run_explode, "One row for each element of an array.", KSQL_TABLE},
};

KSQL_SECTION(ksql_table_functions, "Tables", rows);
