/* TOPK and TOPKDISTINCT: lists from the greatest value down. */
#include "ksqld/exec/rows.h"
#include "ksqld/functions/aggregate.h"

#include <stdio.h>

#define NAME_MAX 16

/* The last argument is k. */
static bool accept_top(struct ksql_aggregate_site *site)
{
    size_t last = site->count - 1;
    if (site->count < 2 || site->types[last]->kind != KSQL_INTEGER || !site->constants[last])
        return false;
    site->most = site->constants[last]->number;
    return site->most > 0 && ksql_aggregate_is_ordered(site->types[0]);
}

/* Of one column the value alone, of more a struct of all. */
static bool is_struct(const struct ksql_aggregate_site *site)
{
    return site->count > 2;
}

static const struct ksql_value *sort_value(
    const struct ksql_aggregate_site *site, const struct ksql_value *item)
{
    return is_struct(site) ? &item->fields[0] : item;
}

static int compare(
    const struct ksql_aggregate_step *step, const struct ksql_value *a, const struct ksql_value *b)
{
    return ksql_value_compare(
        step->site->types[0], sort_value(step->site, a), sort_value(step->site, b));
}

/* Behind all that are as great; what is too much falls off the end. */
static int insert(
    const struct ksql_aggregate_step *step, struct ksql_value *state, const struct ksql_value *item)
{
    size_t count = state->list.count, at = 0, most = (size_t)step->site->most;
    while (at < count && compare(step, item, &state->list.items[at]) <= 0)
        at++;
    if (at >= most)
        return 0;
    struct ksql_value *items = ksql_aggregate_grow(step, state, 1);
    memmove(&items[at + 1], &items[at], (count - at) * sizeof(*items));
    items[at] = *item;
    count = count < most ? count + 1 : most;
    *state = (struct ksql_value){.list = {items, count}};
    return 0;
}

/* ---- TOPK ---- */

bool ksql_top_accept(struct ksql_aggregate_site *site, struct ksql_arena *arena)
{
    struct ksql_field fields[KSQL_AGGREGATE_ARGUMENTS_MAX];
    if (!accept_top(site))
        return false;
    for (size_t i = 0; i + 1 < site->count; i++) {
        char name[NAME_MAX];
        snprintf(name, sizeof(name), "col%zu", i - 1);
        fields[i] =
            (struct ksql_field){i ? ksql_arena_strdup(arena, name) : "sort_col", site->types[i]};
        if (site->types[i]->kind == KSQL_NULL)
            return false;
    }
    site->state = site->result = ksql_aggregate_array(arena,
        is_struct(site) ? ksql_aggregate_struct(arena, fields, site->count - 1) : site->types[0]);
    return true;
}

void ksql_top_init(const struct ksql_aggregate_step *step, struct ksql_value *state)
{
    (void)step;
    *state = (struct ksql_value){.list = {NULL, 0}};
}

int ksql_top_add(const struct ksql_aggregate_step *step, struct ksql_value *state,
    const struct ksql_value *arguments)
{
    size_t columns = step->site->count - 1;
    struct ksql_value item = *arguments;
    if (arguments->null)
        return 0;
    if (is_struct(step->site)) {
        struct ksql_value *fields = ksql_arena_take(step->arena, columns * sizeof(*fields));
        memcpy(fields, arguments, columns * sizeof(*fields));
        item = (struct ksql_value){.fields = fields};
    }
    return insert(step, state, &item);
}

int ksql_top_merge(const struct ksql_aggregate_step *step, struct ksql_value *state,
    const struct ksql_value *other)
{
    for (size_t i = 0; i < other->list.count; i++)
        insert(step, state, &other->list.items[i]);
    return 0;
}

/* ---- TOPKDISTINCT ---- */

bool ksql_top_distinct_accept(struct ksql_aggregate_site *site, struct ksql_arena *arena)
{
    if (site->count != 2 || !accept_top(site))
        return false;
    site->state = site->result = ksql_aggregate_array(arena, site->types[0]);
    return true;
}

void ksql_top_distinct_init(const struct ksql_aggregate_step *step, struct ksql_value *state)
{
    ksql_top_init(step, state);
}

int ksql_top_distinct_add(const struct ksql_aggregate_step *step, struct ksql_value *state,
    const struct ksql_value *arguments)
{
    if (arguments->null)
        return 0;
    for (size_t i = 0; i < state->list.count; i++) {
        if (ksql_value_equal(step->site->types[0], &state->list.items[i], arguments))
            return 0;
    }
    return insert(step, state, arguments);
}

int ksql_top_distinct_merge(const struct ksql_aggregate_step *step, struct ksql_value *state,
    const struct ksql_value *other)
{
    for (size_t i = 0; i < other->list.count; i++)
        ksql_top_distinct_add(step, state, &other->list.items[i]);
    return 0;
}
