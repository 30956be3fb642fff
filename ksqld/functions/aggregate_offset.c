/* EARLIEST_BY_OFFSET and LATEST_BY_OFFSET. Each value is kept with the number that its record had
 * in the order of all, so that sessions which become one know what came when. */
#include "ksqld/functions/aggregate.h"

enum { SEQUENCE, VALUE, FIELDS };

/* (column), (column, ignore), (column, n), (column, n, ignore) */
static bool accept(struct ksql_aggregate_site *site, struct ksql_arena *arena)
{
    site->most = 0;
    site->ignore_nulls = true;
    if (site->count < 1 || site->count > 3 || site->types[0]->kind == KSQL_NULL)
        return false;
    for (size_t i = 1; i < site->count; i++) {
        const struct ksql_value *constant = site->constants[i];
        bool last = i + 1 == site->count;
        if (!constant)
            return false;
        if (site->types[i]->kind == KSQL_BOOLEAN && last)
            site->ignore_nulls = constant->number;
        else if (site->types[i]->kind == KSQL_INTEGER && i == 1 && constant->number > 0)
            site->most = constant->number;
        else
            return false;
    }
    const struct ksql_field fields[FIELDS] = {
        [SEQUENCE] = {"SEQ", &ksql_aggregate_bigint}, [VALUE] = {"VAL", site->types[0]}};
    const struct ksql_type *entry = ksql_aggregate_struct(arena, fields, OF_COUNT(fields));
    site->state = site->most ? ksql_aggregate_array(arena, entry) : entry;
    site->result = site->most ? ksql_aggregate_array(arena, site->types[0]) : site->types[0];
    return true;
}

static void init(const struct ksql_aggregate_step *step, struct ksql_value *state)
{
    *state = step->site->most ? (struct ksql_value){.list = {NULL, 0}} : KSQL_VALUE_NULL;
}

static struct ksql_value make_entry(
    const struct ksql_aggregate_step *step, const struct ksql_value *value)
{
    struct ksql_value *fields = ksql_arena_take(step->arena, FIELDS * sizeof(*fields));
    fields[SEQUENCE] = (struct ksql_value){.number = step->sequence};
    fields[VALUE] = *value;
    return (struct ksql_value){.fields = fields};
}

/* At its place among the others; of too many the newest goes, or the oldest. */
static void insert(const struct ksql_aggregate_step *step, struct ksql_value *state,
    const struct ksql_value *entry, bool latest)
{
    size_t count = state->list.count, at = count, most = (size_t)step->site->most;
    int64_t sequence = entry->fields[SEQUENCE].number;
    while (at && state->list.items[at - 1].fields[SEQUENCE].number > sequence)
        at--;
    struct ksql_value *items = ksql_aggregate_grow(step, state, 1);
    memmove(&items[at + 1], &items[at], (count - at) * sizeof(*items));
    items[at] = *entry;
    bool full = ++count > most;
    *state = (struct ksql_value){.list = {items + (full && latest), full ? most : count}};
}

static void take(const struct ksql_aggregate_step *step, struct ksql_value *state,
    const struct ksql_value *entry, bool latest)
{
    if (step->site->most) {
        insert(step, state, entry, latest);
        return;
    }
    if (state->null || (entry->fields[SEQUENCE].number > state->fields[SEQUENCE].number) == latest)
        *state = *entry;
}

static int add(const struct ksql_aggregate_step *step, struct ksql_value *state,
    const struct ksql_value *value, bool latest)
{
    if (value->null && step->site->ignore_nulls)
        return 0;
    struct ksql_value entry = make_entry(step, value);
    take(step, state, &entry, latest);
    return 0;
}

static int merge(const struct ksql_aggregate_step *step, struct ksql_value *state,
    const struct ksql_value *other, bool latest)
{
    if (step->site->most) {
        size_t count = state->list.count + other->list.count;
        if (latest && count > (size_t)step->site->most)
            return -1; /* versions of ksqlDB differ in which ones they keep */
        for (size_t i = 0; i < other->list.count; i++)
            take(step, state, &other->list.items[i], latest);
    } else if (!other->null) {
        take(step, state, other, latest);
    }
    return 0;
}

static void result(const struct ksql_aggregate_step *step, const struct ksql_value *state,
    struct ksql_value *found)
{
    if (!step->site->most) {
        *found = state->null ? KSQL_VALUE_NULL : state->fields[VALUE];
        return;
    }
    struct ksql_value *items = ksql_arena_take(step->arena, state->list.count * sizeof(*items) + 1);
    for (size_t i = 0; i < state->list.count; i++)
        items[i] = state->list.items[i].fields[VALUE];
    *found = (struct ksql_value){.list = {items, state->list.count}};
}

bool ksql_earliest_accept(struct ksql_aggregate_site *site, struct ksql_arena *arena)
{
    return accept(site, arena);
}

void ksql_earliest_init(const struct ksql_aggregate_step *step, struct ksql_value *state)
{
    init(step, state);
}

int ksql_earliest_add(const struct ksql_aggregate_step *step, struct ksql_value *state,
    const struct ksql_value *arguments)
{
    return add(step, state, arguments, false);
}

int ksql_earliest_merge(const struct ksql_aggregate_step *step, struct ksql_value *state,
    const struct ksql_value *other)
{
    return merge(step, state, other, false);
}

void ksql_earliest_result(const struct ksql_aggregate_step *step, const struct ksql_value *state,
    struct ksql_value *found)
{
    result(step, state, found);
}

bool ksql_latest_accept(struct ksql_aggregate_site *site, struct ksql_arena *arena)
{
    return accept(site, arena);
}

void ksql_latest_init(const struct ksql_aggregate_step *step, struct ksql_value *state)
{
    init(step, state);
}

int ksql_latest_add(const struct ksql_aggregate_step *step, struct ksql_value *state,
    const struct ksql_value *arguments)
{
    return add(step, state, arguments, true);
}

int ksql_latest_merge(const struct ksql_aggregate_step *step, struct ksql_value *state,
    const struct ksql_value *other)
{
    return merge(step, state, other, true);
}

void ksql_latest_result(const struct ksql_aggregate_step *step, const struct ksql_value *state,
    struct ksql_value *found)
{
    result(step, state, found);
}
