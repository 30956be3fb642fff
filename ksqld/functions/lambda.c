/* Functions that take lambdas. */
#include "ksqld/exec/compare.h"
#include "ksqld/exec/evaluate.h"
#include "ksqld/exec/hash_order.h"
#include "ksqld/functions/rows.h"

/* ---- TRANSFORM ---- */

static int run_transform_array(const struct ksql_call *call, struct ksql_value *result)
{
    const struct ksql_list *list = &call->arguments[0].list;
    if (call->arguments[0].null)
        return ksql_yield_null(result);
    struct ksql_value *items = ksql_arena_take(call->arena, (list->count + 1) * sizeof(*items));
    for (size_t i = 0; i < list->count; i++) {
        if (ksql_call_lambda(call, 1, &list->items[i], &items[i]))
            return -1;
    }
    return ksql_yield_list(result, items, list->count);
}

/* Java's collector takes neither a key twice nor a value of NULL. */
static int run_transform_map(const struct ksql_call *call, struct ksql_value *result)
{
    const struct ksql_list *map = &call->arguments[0].list;
    const struct ksql_type *key = call->type->key;
    if (call->arguments[0].null)
        return ksql_yield_null(result);
    struct ksql_value *items = ksql_arena_take(call->arena, (map->count + 1) * sizeof(*items));
    for (size_t i = 0; i < map->count; i += 2) {
        if (ksql_call_lambda(call, 1, &map->items[i], &items[i]) ||
            ksql_call_lambda(call, 2, &map->items[i], &items[i + 1]) || items[i + 1].null)
            return -1;
        for (size_t j = 0; j < i; j += 2) {
            if (ksql_values_equal(key, &items[j], key, &items[i]))
                return -1;
        }
    }
    ksql_hash_order(call->arena, key, items, map->count, KSQL_HASH_DEFAULT);
    return ksql_yield_list(result, items, map->count);
}

/* ---- FILTER ---- */

static int run_filter_array(const struct ksql_call *call, struct ksql_value *result)
{
    const struct ksql_list *list = &call->arguments[0].list;
    size_t count = 0;
    if (call->arguments[0].null)
        return ksql_yield_null(result);
    struct ksql_value *items = ksql_arena_take(call->arena, (list->count + 1) * sizeof(*items));
    for (size_t i = 0; i < list->count; i++) {
        struct ksql_value keep;
        if (ksql_call_lambda(call, 1, &list->items[i], &keep) || keep.null)
            return -1;
        if (keep.number)
            items[count++] = list->items[i];
    }
    return ksql_yield_list(result, items, count);
}

static int run_filter_map(const struct ksql_call *call, struct ksql_value *result)
{
    const struct ksql_list *map = &call->arguments[0].list;
    size_t count = 0;
    if (call->arguments[0].null)
        return ksql_yield_null(result);
    struct ksql_value *items = ksql_arena_take(call->arena, (map->count + 1) * sizeof(*items));
    for (size_t i = 0; i < map->count; i += 2) {
        struct ksql_value keep;
        if (ksql_call_lambda(call, 1, &map->items[i], &keep) || keep.null ||
            (keep.number && map->items[i + 1].null))
            return -1;
        if (!keep.number)
            continue;
        items[count++] = map->items[i];
        items[count++] = map->items[i + 1];
    }
    ksql_hash_order(call->arena, call->type->key, items, count, KSQL_HASH_DEFAULT);
    return ksql_yield_list(result, items, count);
}

/* ---- REDUCE ---- */

static int reduce(const struct ksql_call *call, size_t step, struct ksql_value *result)
{
    const struct ksql_list *list = &call->arguments[0].list;
    struct ksql_value inputs[3] = {call->arguments[1]};
    bool empty = inputs[0].null || call->arguments[0].null;
    for (size_t i = 0; !empty && i < list->count; i += step) {
        struct ksql_value state;
        inputs[1] = list->items[i];
        inputs[2] = list->items[i + step - 1];
        if (ksql_call_lambda(call, 2, inputs, &state))
            return -1;
        inputs[0] = state;
    }
    *result = inputs[0];
    return 0;
}

static int run_reduce_array(const struct ksql_call *call, struct ksql_value *result)
{
    return reduce(call, 1, result);
}

static int run_reduce_map(const struct ksql_call *call, struct ksql_value *result)
{
    return reduce(call, 2, result);
}

#define FILTER_HELP "The items of an array or a map for which a lambda is true."
#define REDUCE_HELP "What a lambda makes of a state and each item of an array or a map in turn."
#define TRANSFORM_HELP "An array or a map with each item made another by a lambda."

static const struct ksql_function rows[] = {
    {"filter(ARRAY<T> array, LAMBDA (T) => BOOLEAN function) ARRAY<T>", run_filter_array,
        FILTER_HELP, KSQL_NULLABLE},
    {"filter(MAP<K, V> map, LAMBDA (K, V) => BOOLEAN biFunction) MAP<K, V>", run_filter_map,
        FILTER_HELP, KSQL_NULLABLE},
    {"reduce(ARRAY<T> list, S initialState, LAMBDA (S, T) => S biFunction) S", run_reduce_array,
        REDUCE_HELP, KSQL_NULLABLE},
    {"reduce(MAP<K, V> map, S initialState, LAMBDA (S, K, V) => S triFunction) S", run_reduce_map,
        REDUCE_HELP, KSQL_NULLABLE},
    {"transform(ARRAY<T> array, LAMBDA (T) => R function) ARRAY<R>", run_transform_array,
        TRANSFORM_HELP, KSQL_NULLABLE},
    {"transform(MAP<K, V> map, LAMBDA (K, V) => R biFunction1, LAMBDA (K, V) => T biFunction2) "
     "MAP<R, T>",
        run_transform_map, TRANSFORM_HELP, KSQL_NULLABLE},
};

KSQL_SECTION(ksql_lambda_functions, "Lambdas", rows);
