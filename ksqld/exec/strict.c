/* The conversions that exist; how a single value becomes another one is mostly CAST's. */
#include "ksqld/exec/strict.h"

#include "ksqld/exec/cast.h"
#include "ksqld/exec/decimal.h"
#include "ksqld/exec/hash_order.h"

#define HASH_SLOTS 16 /* of a HashMap that is made without a size */

static bool is_time(enum ksql_type_kind kind)
{
    return kind == KSQL_TIMESTAMP || kind == KSQL_DATE || kind == KSQL_TIME;
}

/* CAST rounds; here each digit must have its place. */
static int to_decimal(const struct ksql_type *from, const struct ksql_value *value,
    const struct ksql_type *to, struct ksql_value *result)
{
    bool decimal = from->kind == KSQL_DECIMAL;
    __int128 units;
    if (!ksql_decimal_round(decimal ? value->decimal : value->number, decimal ? from->scale : 0,
            to->scale, KSQL_EXACT, &units) ||
        !ksql_decimal_fits(units, to->precision))
        return -1;
    *result = (struct ksql_value){.decimal = units};
    return 0;
}

static int coerce_list(struct ksql_arena *arena, const struct ksql_type *from,
    const struct ksql_value *value, const struct ksql_type *to, struct ksql_value *result)
{
    struct ksql_list list = value->list;
    struct ksql_value *items = ksql_arena_new_array(arena, list.count, sizeof(*items));
    bool map = from->kind == KSQL_MAP;
    for (size_t i = 0; i < list.count; i++) {
        bool key = map && i % 2 == 0;
        if (ksql_strict_value(arena, key ? from->key : from->element, &list.items[i],
                key ? to->key : to->element, &items[i]))
            return -1;
    }
    if (map)
        list.count = ksql_hash_order(arena, to->key, items, list.count, HASH_SLOTS);
    *result = (struct ksql_value){.list = {items, list.count}};
    return 0;
}

/* Fields by their names; those that the value doesn't have are NULL, others of it are left out. */
static int coerce_struct(struct ksql_arena *arena, const struct ksql_type *from,
    const struct ksql_value *value, const struct ksql_type *to, struct ksql_value *result)
{
    struct ksql_value *fields = ksql_arena_new_array(arena, to->field_count, sizeof(*fields));
    for (size_t i = 0; i < to->field_count; i++) {
        fields[i] = KSQL_VALUE_NULL;
        for (size_t j = 0; j < from->field_count; j++) {
            if (strcmp(from->fields[j].name, to->fields[i].name) == 0 &&
                ksql_strict_value(
                    arena, from->fields[j].type, &value->fields[j], to->fields[i].type, &fields[i]))
                return -1;
        }
    }
    *result = (struct ksql_value){.fields = fields};
    return 0;
}

static bool is_pass(enum ksql_type_kind from, enum ksql_type_kind to)
{
    bool whole = from == KSQL_INTEGER || from == KSQL_BIGINT;
    if (from == KSQL_STRING)
        return is_time(to) || to == KSQL_BYTES;
    if (to == KSQL_DOUBLE)
        return whole || from == KSQL_DECIMAL;
    return from == KSQL_INTEGER && to == KSQL_BIGINT;
}

int ksql_strict_value(struct ksql_arena *arena, const struct ksql_type *from,
    const struct ksql_value *value, const struct ksql_type *to, struct ksql_value *result)
{
    struct ksql_frame frame = {.arena = arena};
    if (value->null || from->kind == KSQL_NULL) {
        *result = KSQL_VALUE_NULL;
        return 0;
    }
    if (to->kind == KSQL_DECIMAL &&
        (from->kind == KSQL_INTEGER || from->kind == KSQL_BIGINT || from->kind == KSQL_DECIMAL))
        return to_decimal(from, value, to, result);
    if (from->kind != to->kind)
        return is_pass(from->kind, to->kind) ? ksql_cast_value(&frame, from, value, to, result)
                                             : -1;
    if (to->kind == KSQL_ARRAY || to->kind == KSQL_MAP)
        return coerce_list(arena, from, value, to, result);
    if (to->kind == KSQL_STRUCT)
        return coerce_struct(arena, from, value, to, result);
    *result = *value;
    return 0;
}
