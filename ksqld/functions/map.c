/* Functions on maps. */
#include "ksqld/exec/compare.h"
#include "ksqld/exec/hash_order.h"
#include "ksqld/functions/rows.h"
#include "ksqld/functions/text.h"

static void put(struct ksql_value *items, size_t *count, const struct ksql_value *key,
    const struct ksql_value *value)
{
    items[(*count)++] = *key;
    items[(*count)++] = *value;
}

static int run_as_map(const struct ksql_call *call, struct ksql_value *result)
{
    const struct ksql_list *keys = &call->arguments[0].list, *values = &call->arguments[1].list;
    struct ksql_value *items = ksql_arena_take(call->arena, (2 * keys->count + 1) * sizeof(*items));
    size_t count = 0;
    for (size_t i = 0; i < keys->count; i++) {
        struct ksql_value value = i < values->count ? values->items[i] : KSQL_VALUE_NULL;
        put(items, &count, &keys->items[i], &value);
    }
    count =
        ksql_hash_order(call->arena, call->type->key, items, count, ksql_hash_slots(keys->count));
    return ksql_yield_list(result, items, count);
}

/* Every second item of the map. */
static int list_half(const struct ksql_call *call, size_t first, struct ksql_value *result)
{
    const struct ksql_list *map = &call->arguments[0].list;
    struct ksql_value *items = ksql_arena_take(call->arena, (map->count + 1) * sizeof(*items));
    for (size_t i = 0; 2 * i < map->count; i++)
        items[i] = map->items[2 * i + first];
    return ksql_yield_list(result, items, map->count / 2);
}

static int run_keys(const struct ksql_call *call, struct ksql_value *result)
{
    return list_half(call, 0, result);
}

static int run_values(const struct ksql_call *call, struct ksql_value *result)
{
    return list_half(call, 1, result);
}

/* A HashMap that takes a whole map grows for it at once. */
static size_t grown(size_t slots, size_t entries)
{
    size_t wanted = ksql_hash_slots(entries * 4 / 3 + 1);
    return wanted > slots ? wanted : slots;
}

static int run_union(const struct ksql_call *call, struct ksql_value *result)
{
    struct ksql_value *items = NULL;
    size_t count = 0, slots = 0, total = 0;
    if (call->arguments[0].null && call->arguments[1].null)
        return ksql_yield_null(result);
    for (size_t i = 0; i < 2; i++)
        total += call->arguments[i].null ? 0 : call->arguments[i].list.count;
    items = ksql_arena_take(call->arena, (total + 1) * sizeof(*items));
    for (size_t i = 0; i < 2; i++) {
        const struct ksql_list *map = &call->arguments[i].list;
        if (call->arguments[i].null || !map->count)
            continue;
        slots = slots ? slots : grown(1, map->count / 2);
        for (size_t j = 0; j < map->count; j += 2)
            put(items, &count, &map->items[j], &map->items[j + 1]);
    }
    count = ksql_hash_order(
        call->arena, call->type->key, items, count, slots ? slots : KSQL_HASH_DEFAULT);
    return ksql_yield_list(result, items, count);
}

/* ---- ENTRIES ---- */

/* Entries stay in their order among equal keys, of which there are none. */
static void sort_entries(const struct ksql_type *key, struct ksql_value *items, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        struct ksql_value item = items[i];
        size_t at = i;
        for (; at && ksql_value_compare(key, &item.fields[0], &items[at - 1].fields[0]) < 0; at--)
            items[at] = items[at - 1];
        items[at] = item;
    }
}

static int run_entries(const struct ksql_call *call, struct ksql_value *result)
{
    const struct ksql_list *map = &call->arguments[0].list;
    struct ksql_value *items = ksql_arena_take(call->arena, (map->count + 1) * sizeof(*items));
    for (size_t i = 0; 2 * i < map->count; i++)
        items[i] = (struct ksql_value){.fields = &map->items[2 * i]};
    if (call->arguments[1].number)
        sort_entries(call->types[0]->key, items, map->count / 2);
    return ksql_yield_list(result, items, map->count / 2);
}

/* ---- SPLIT_TO_MAP ---- */

/* The text up to the next delimiter; *at moves behind it, SIZE_MAX at the end. */
static struct of_text next_part(struct of_text text, struct of_text delimiter, size_t *at)
{
    size_t start = *at, end = ksql_text_find(text, delimiter, start);
    *at = end == SIZE_MAX ? SIZE_MAX : end + delimiter.length;
    end = end == SIZE_MAX ? text.length : end;
    return (struct of_text){text.data + start, end - start};
}

static int run_split(const struct ksql_call *call, struct ksql_value *result)
{
    struct of_text text = call->arguments[0].text, between = call->arguments[1].text;
    struct of_text inside = call->arguments[2].text;
    if (!between.length || !inside.length || ksql_text_equal(between, inside))
        return ksql_yield_null(result);
    struct ksql_value *items =
        ksql_arena_take(call->arena, 2 * (text.length / between.length + 2) * sizeof(*items));
    size_t count = 0;
    for (size_t at = 0; at != SIZE_MAX;) {
        struct of_text entry = next_part(text, between, &at);
        size_t inner = 0;
        if (!entry.length || ksql_text_find(entry, inside, 0) == SIZE_MAX)
            continue;
        struct ksql_value key = {.text = next_part(entry, inside, &inner)};
        struct ksql_value value = {.text = next_part(entry, inside, &inner)};
        put(items, &count, &key, &value);
    }
    count = ksql_hash_order(call->arena, call->type->key, items, count, KSQL_HASH_DEFAULT);
    return ksql_yield_list(result, items, count);
}

#define ENTRIES_HELP "The entries of a map as an array, sorted by their keys or not."
#define ENTRIES(type)                                                                              \
    {                                                                                              \
        "ENTRIES(MAP<VARCHAR, " type "> map, BOOLEAN sorted) ARRAY<STRUCT<K VARCHAR, V " type      \
        ">>",                                                                                      \
            run_entries, ENTRIES_HELP                                                              \
    }

static const struct ksql_function rows[] = {
    {"AS_MAP(ARRAY<VARCHAR> keys, ARRAY<T> values) MAP<VARCHAR, T>", run_as_map,
        "A map of an array of keys and one of values."},
    ENTRIES("INT"),
    ENTRIES("BIGINT"),
    ENTRIES("DOUBLE"),
    ENTRIES("BOOLEAN"),
    ENTRIES("VARCHAR"),
    {"map_keys(MAP<VARCHAR, T> input) ARRAY<VARCHAR>", run_keys, "The keys of a map."},
    {"map_union(MAP<VARCHAR, T> map1, MAP<VARCHAR, T> map2) MAP<VARCHAR, T>", run_union,
        "The entries of both maps, the second one's where both have a key.", KSQL_NULLABLE},
    {"map_values(MAP<VARCHAR, T> input) ARRAY<T>", run_values, "The values of a map."},
    {"split_to_map(VARCHAR input, VARCHAR entryDelimiter, VARCHAR kvDelimiter) MAP<VARCHAR, "
     "VARCHAR>",
        run_split, "A map of a text with delimiters between entries, and between key and value."},
};

KSQL_SECTION(ksql_map_functions, "Maps", rows);
