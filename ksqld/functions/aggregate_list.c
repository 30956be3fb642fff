/* COLLECT_LIST, COLLECT_SET, HISTOGRAM and ATTR. */
#include "ksqld/exec/rows.h"
#include "ksqld/functions/aggregate.h"

#define HISTOGRAM_MAX 1000 /* different strings, as in ksqlDB */

static void init_list(struct ksql_value *state)
{
    *state = (struct ksql_value){.list = {NULL, 0}};
}

static void set_list(struct ksql_value *state, const struct ksql_value *items, size_t count)
{
    *state = (struct ksql_value){.list = {items, count}};
}

static bool accept_list(struct ksql_aggregate_site *site, struct ksql_arena *arena)
{
    if (site->count != 1 || site->types[0]->kind == KSQL_NULL)
        return false;
    site->state = site->result = ksql_aggregate_array(arena, site->types[0]);
    return true;
}

static void append(const struct ksql_aggregate_step *step, struct ksql_value *state,
    const struct ksql_value *value)
{
    struct ksql_value *items = ksql_aggregate_grow(step, state, 1);
    size_t count = state->list.count;
    items[count] = *value;
    set_list(state, items, count + 1);
}

/* The list without the items from `at` on, `gone` of them. */
static void cut(
    const struct ksql_aggregate_step *step, struct ksql_value *state, size_t at, size_t gone)
{
    struct ksql_value *items = ksql_aggregate_grow(step, state, 0);
    size_t count = state->list.count - gone;
    memmove(&items[at], &items[at + gone], (count - at) * sizeof(*items));
    set_list(state, items, count);
}

/* ---- COLLECT_LIST ---- */

bool ksql_list_accept(struct ksql_aggregate_site *site, struct ksql_arena *arena)
{
    return accept_list(site, arena);
}

void ksql_list_init(const struct ksql_aggregate_step *step, struct ksql_value *state)
{
    (void)step;
    init_list(state);
}

int ksql_list_add(const struct ksql_aggregate_step *step, struct ksql_value *state,
    const struct ksql_value *arguments)
{
    if ((int64_t)state->list.count < step->site->limits[KSQL_LIMIT_LIST])
        append(step, state, arguments);
    return 0;
}

/* The last equal value goes, whichever row it came from; none if the limit kept it out. */
int ksql_list_undo(const struct ksql_aggregate_step *step, struct ksql_value *state,
    const struct ksql_value *arguments)
{
    for (size_t i = state->list.count; i-- > 0;) {
        if (!ksql_value_equal(step->site->types[0], &state->list.items[i], arguments))
            continue;
        cut(step, state, i, 1);
        break;
    }
    return 0;
}

int ksql_list_merge(const struct ksql_aggregate_step *step, struct ksql_value *state,
    const struct ksql_value *other)
{
    for (size_t i = 0; i < other->list.count; i++)
        ksql_list_add(step, state, &other->list.items[i]);
    return 0;
}

/* ---- COLLECT_SET ---- */

bool ksql_set_accept(struct ksql_aggregate_site *site, struct ksql_arena *arena)
{
    return accept_list(site, arena);
}

void ksql_set_init(const struct ksql_aggregate_step *step, struct ksql_value *state)
{
    (void)step;
    init_list(state);
}

int ksql_set_add(const struct ksql_aggregate_step *step, struct ksql_value *state,
    const struct ksql_value *arguments)
{
    if ((int64_t)state->list.count >= step->site->limits[KSQL_LIMIT_SET])
        return 0;
    for (size_t i = 0; i < state->list.count; i++) {
        if (ksql_value_equal(step->site->types[0], &state->list.items[i], arguments))
            return 0;
    }
    append(step, state, arguments);
    return 0;
}

int ksql_set_merge(const struct ksql_aggregate_step *step, struct ksql_value *state,
    const struct ksql_value *other)
{
    for (size_t i = 0; i < other->list.count; i++)
        ksql_set_add(step, state, &other->list.items[i]);
    return 0;
}

/* ---- HISTOGRAM ---- */

bool ksql_histogram_accept(struct ksql_aggregate_site *site, struct ksql_arena *arena)
{
    if (site->count != 1 || site->types[0]->kind != KSQL_STRING)
        return false;
    struct ksql_type *map = ksql_arena_new(arena, sizeof(*map));
    *map = (struct ksql_type){
        .kind = KSQL_MAP, .key = &ksql_aggregate_string, .element = &ksql_aggregate_bigint};
    site->state = site->result = map;
    return true;
}

void ksql_histogram_init(const struct ksql_aggregate_step *step, struct ksql_value *state)
{
    (void)step;
    init_list(state);
}

/* -1: a string that is NULL, which no map can have as its key. */
static int count_text(const struct ksql_aggregate_step *step, struct ksql_value *state,
    const struct ksql_value *text, int64_t more)
{
    size_t count = state->list.count, at = 0;
    if (text->null)
        return -1;
    while (at < count && !ksql_value_equal(&ksql_aggregate_string, &state->list.items[at], text))
        at += 2;
    int64_t before = at < count ? state->list.items[at + 1].number : 0;
    if (at == count && (more < 0 || count / 2 >= HISTOGRAM_MAX))
        return 0;
    if (at < count && before + more < 1) {
        cut(step, state, at, 2);
        return 0;
    }
    struct ksql_value *items = ksql_aggregate_grow(step, state, 2);
    items[at] = *text;
    items[at + 1] = (struct ksql_value){.number = before + more};
    set_list(state, items, at < count ? count : count + 2);
    return 0;
}

int ksql_histogram_add(const struct ksql_aggregate_step *step, struct ksql_value *state,
    const struct ksql_value *arguments)
{
    return count_text(step, state, arguments, 1);
}

int ksql_histogram_undo(const struct ksql_aggregate_step *step, struct ksql_value *state,
    const struct ksql_value *arguments)
{
    return count_text(step, state, arguments, -1);
}

int ksql_histogram_merge(const struct ksql_aggregate_step *step, struct ksql_value *state,
    const struct ksql_value *other)
{
    for (size_t i = 0; i < other->list.count; i += 2)
        count_text(step, state, &other->list.items[i], other->list.items[i + 1].number);
    return 0;
}

/* ---- ATTR ---- */

/* Each different value, NULL too, with how often it is there. */
bool ksql_attribute_accept(struct ksql_aggregate_site *site, struct ksql_arena *arena)
{
    if (site->count != 1 || site->types[0]->kind == KSQL_NULL)
        return false;
    const struct ksql_field fields[] = {
        {"VALUE", site->types[0]}, {"COUNT", &ksql_aggregate_integer}};
    site->state =
        ksql_aggregate_array(arena, ksql_aggregate_struct(arena, fields, OF_COUNT(fields)));
    site->result = site->types[0];
    return true;
}

void ksql_attribute_init(const struct ksql_aggregate_step *step, struct ksql_value *state)
{
    (void)step;
    init_list(state);
}

static int count_value(const struct ksql_aggregate_step *step, struct ksql_value *state,
    const struct ksql_value *value, int64_t more)
{
    size_t count = state->list.count, at = 0;
    while (at < count &&
           !ksql_value_equal(step->site->types[0], &state->list.items[at].fields[0], value))
        at++;
    int64_t before = at < count ? state->list.items[at].fields[1].number : 0;
    if (before + more < 1) {
        if (at < count)
            cut(step, state, at, 1);
        return 0;
    }
    struct ksql_value *items = ksql_aggregate_grow(step, state, 1);
    struct ksql_value *fields = ksql_arena_take(step->arena, 2 * sizeof(*fields));
    fields[0] = *value;
    fields[1] = (struct ksql_value){.number = before + more};
    items[at] = (struct ksql_value){.fields = fields};
    set_list(state, items, at < count ? count : count + 1);
    return 0;
}

int ksql_attribute_add(const struct ksql_aggregate_step *step, struct ksql_value *state,
    const struct ksql_value *arguments)
{
    return count_value(step, state, arguments, 1);
}

int ksql_attribute_undo(const struct ksql_aggregate_step *step, struct ksql_value *state,
    const struct ksql_value *arguments)
{
    return count_value(step, state, arguments, -1);
}

int ksql_attribute_merge(const struct ksql_aggregate_step *step, struct ksql_value *state,
    const struct ksql_value *other)
{
    for (size_t i = 0; i < other->list.count; i++)
        count_value(
            step, state, &other->list.items[i].fields[0], other->list.items[i].fields[1].number);
    return 0;
}

void ksql_attribute_result(const struct ksql_aggregate_step *step, const struct ksql_value *state,
    struct ksql_value *result)
{
    (void)step;
    *result = state->list.count == 1 ? state->list.items[0].fields[0] : KSQL_VALUE_NULL;
}
