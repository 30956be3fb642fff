/* COUNT, SUM, AVG, MIN and MAX. Whole numbers wrap around as Java's
 * do. */
#include "ksqld/exec/rows.h"
#include "ksqld/functions/aggregate.h"

bool ksql_aggregate_is_number(const struct ksql_type *type)
{
    return type->kind == KSQL_INTEGER || type->kind == KSQL_BIGINT || type->kind == KSQL_DOUBLE;
}

static bool fits(__int128 units, int precision)
{
    __int128 limit = 1;
    for (int i = 0; i < precision; i++)
        limit *= 10;
    return units < limit && units > -limit;
}

int ksql_aggregate_add_number(
    const struct ksql_type *type, struct ksql_value *a, const struct ksql_value *b, bool subtract)
{
    if (type->kind == KSQL_DOUBLE) {
        a->real = subtract ? a->real - b->real : a->real + b->real;
    } else if (type->kind == KSQL_DECIMAL) {
        __int128 sum;
        if (subtract ? __builtin_sub_overflow(a->decimal, b->decimal, &sum)
                     : __builtin_add_overflow(a->decimal, b->decimal, &sum))
            return -1;
        a->decimal = sum;
        return fits(sum, type->precision) ? 0 : -1;
    } else {
        uint64_t sum = subtract ? (uint64_t)a->number - (uint64_t)b->number
                                : (uint64_t)a->number + (uint64_t)b->number;
        a->number = type->kind == KSQL_INTEGER ? (int32_t)(uint32_t)sum : (int64_t)sum;
    }
    return 0;
}

double ksql_aggregate_to_double(const struct ksql_type *type, const struct ksql_value *value)
{
    return type->kind == KSQL_DOUBLE ? value->real : (double)value->number;
}

void ksql_aggregate_set_fields(const struct ksql_aggregate_step *step, struct ksql_value *state,
    const struct ksql_value *fields)
{
    size_t count = step->site->state->field_count;
    struct ksql_value *copies = ksql_arena_take(step->arena, count * sizeof(*copies));
    memcpy(copies, fields, count * sizeof(*copies));
    *state = (struct ksql_value){.fields = copies};
}

/* ---- COUNT ---- */

bool ksql_count_accept(struct ksql_aggregate_site *site, struct ksql_arena *arena)
{
    (void)arena;
    site->state = site->result = &ksql_aggregate_bigint;
    return site->count == 1 && site->types[0]->kind != KSQL_NULL;
}

void ksql_count_init(const struct ksql_aggregate_step *step, struct ksql_value *state)
{
    (void)step;
    *state = (struct ksql_value){0};
}

int ksql_count_add(const struct ksql_aggregate_step *step, struct ksql_value *state,
    const struct ksql_value *arguments)
{
    (void)step;
    state->number += !arguments->null;
    return 0;
}

int ksql_count_undo(const struct ksql_aggregate_step *step, struct ksql_value *state,
    const struct ksql_value *arguments)
{
    (void)step;
    state->number -= !arguments->null;
    return 0;
}

int ksql_count_merge(const struct ksql_aggregate_step *step, struct ksql_value *state,
    const struct ksql_value *other)
{
    (void)step;
    state->number += other->number;
    return 0;
}

/* ---- SUM ---- */

bool ksql_sum_accept(struct ksql_aggregate_site *site, struct ksql_arena *arena)
{
    (void)arena;
    site->state = site->result = site->types[0];
    return site->count == 1 &&
           (ksql_aggregate_is_number(site->types[0]) || site->types[0]->kind == KSQL_DECIMAL);
}

void ksql_sum_init(const struct ksql_aggregate_step *step, struct ksql_value *state)
{
    *state = (struct ksql_value){0};
    if (step->site->state->kind == KSQL_DOUBLE)
        state->real = 0;
}

/* ksqlDB starts with a zero that has no digits behind the point, and writes it so until there is a
 * value. */
static int skip_null(const struct ksql_type *type, const struct ksql_value *state)
{
    return type->kind == KSQL_DECIMAL && type->scale && !state->decimal ? -1 : 0;
}

int ksql_sum_add(const struct ksql_aggregate_step *step, struct ksql_value *state,
    const struct ksql_value *arguments)
{
    return arguments->null ? skip_null(step->site->state, state)
                           : ksql_aggregate_add_number(step->site->state, state, arguments, false);
}

int ksql_sum_undo(const struct ksql_aggregate_step *step, struct ksql_value *state,
    const struct ksql_value *arguments)
{
    return arguments->null ? skip_null(step->site->state, state)
                           : ksql_aggregate_add_number(step->site->state, state, arguments, true);
}

int ksql_sum_merge(const struct ksql_aggregate_step *step, struct ksql_value *state,
    const struct ksql_value *other)
{
    return ksql_aggregate_add_number(step->site->state, state, other, false);
}

/* ---- SUM_LIST ---- */

bool ksql_sum_list_accept(struct ksql_aggregate_site *site, struct ksql_arena *arena)
{
    (void)arena;
    if (site->count != 1 || site->types[0]->kind != KSQL_ARRAY)
        return false;
    site->state = site->result = site->types[0]->element;
    return ksql_aggregate_is_number(site->state);
}

void ksql_sum_list_init(const struct ksql_aggregate_step *step, struct ksql_value *state)
{
    ksql_sum_init(step, state);
}

static int sum_list(const struct ksql_aggregate_step *step, struct ksql_value *state,
    const struct ksql_value *arguments, bool subtract)
{
    struct ksql_value sum;
    ksql_sum_init(step, &sum);
    if (arguments->null)
        return 0;
    for (size_t i = 0; i < arguments->list.count; i++) {
        if (!arguments->list.items[i].null)
            ksql_aggregate_add_number(step->site->state, &sum, &arguments->list.items[i], false);
    }
    return ksql_aggregate_add_number(step->site->state, state, &sum, subtract);
}

int ksql_sum_list_add(const struct ksql_aggregate_step *step, struct ksql_value *state,
    const struct ksql_value *arguments)
{
    return sum_list(step, state, arguments, false);
}

int ksql_sum_list_undo(const struct ksql_aggregate_step *step, struct ksql_value *state,
    const struct ksql_value *arguments)
{
    return sum_list(step, state, arguments, true);
}

int ksql_sum_list_merge(const struct ksql_aggregate_step *step, struct ksql_value *state,
    const struct ksql_value *other)
{
    return ksql_sum_merge(step, state, other);
}

/* ---- AVG ---- */

bool ksql_average_accept(struct ksql_aggregate_site *site, struct ksql_arena *arena)
{
    if (site->count != 1 || !ksql_aggregate_is_number(site->types[0]))
        return false;
    const struct ksql_field fields[] = {{"SUM", site->types[0]}, {"COUNT", &ksql_aggregate_bigint}};
    site->state = ksql_aggregate_struct(arena, fields, OF_COUNT(fields));
    site->result = &ksql_aggregate_double;
    return true;
}

void ksql_average_init(const struct ksql_aggregate_step *step, struct ksql_value *state)
{
    const struct ksql_value fields[2] = {0};
    ksql_aggregate_set_fields(step, state, fields);
}

static int average(const struct ksql_aggregate_step *step, struct ksql_value *state,
    const struct ksql_value *sum, int64_t count, bool subtract)
{
    struct ksql_value fields[2] = {state->fields[0], state->fields[1]};
    ksql_aggregate_add_number(step->site->types[0], &fields[0], sum, subtract);
    fields[1].number += count;
    ksql_aggregate_set_fields(step, state, fields);
    return 0;
}

int ksql_average_add(const struct ksql_aggregate_step *step, struct ksql_value *state,
    const struct ksql_value *arguments)
{
    return arguments->null ? 0 : average(step, state, arguments, 1, false);
}

int ksql_average_undo(const struct ksql_aggregate_step *step, struct ksql_value *state,
    const struct ksql_value *arguments)
{
    return arguments->null ? 0 : average(step, state, arguments, -1, true);
}

int ksql_average_merge(const struct ksql_aggregate_step *step, struct ksql_value *state,
    const struct ksql_value *other)
{
    return average(step, state, &other->fields[0], other->fields[1].number, false);
}

void ksql_average_result(const struct ksql_aggregate_step *step, const struct ksql_value *state,
    struct ksql_value *result)
{
    double sum = ksql_aggregate_to_double(step->site->types[0], &state->fields[0]);
    int64_t count = state->fields[1].number;
    *result = (struct ksql_value){.real = count ? sum / (double)count : 0};
}

/* ---- MIN and MAX ---- */

bool ksql_minimum_accept(struct ksql_aggregate_site *site, struct ksql_arena *arena)
{
    (void)arena;
    site->state = site->result = site->types[0];
    return site->count == 1 && ksql_aggregate_is_ordered(site->types[0]);
}

void ksql_minimum_init(const struct ksql_aggregate_step *step, struct ksql_value *state)
{
    (void)step;
    *state = KSQL_VALUE_NULL;
}

static int keep_best(const struct ksql_aggregate_step *step, struct ksql_value *state,
    const struct ksql_value *value, int better)
{
    if (!value->null &&
        (state->null || ksql_value_compare(step->site->state, value, state) * better > 0))
        *state = *value;
    return 0;
}

int ksql_minimum_add(const struct ksql_aggregate_step *step, struct ksql_value *state,
    const struct ksql_value *arguments)
{
    return keep_best(step, state, arguments, -1);
}

int ksql_minimum_merge(const struct ksql_aggregate_step *step, struct ksql_value *state,
    const struct ksql_value *other)
{
    return keep_best(step, state, other, -1);
}

bool ksql_maximum_accept(struct ksql_aggregate_site *site, struct ksql_arena *arena)
{
    return ksql_minimum_accept(site, arena);
}

void ksql_maximum_init(const struct ksql_aggregate_step *step, struct ksql_value *state)
{
    ksql_minimum_init(step, state);
}

int ksql_maximum_add(const struct ksql_aggregate_step *step, struct ksql_value *state,
    const struct ksql_value *arguments)
{
    return keep_best(step, state, arguments, 1);
}

int ksql_maximum_merge(const struct ksql_aggregate_step *step, struct ksql_value *state,
    const struct ksql_value *other)
{
    return keep_best(step, state, other, 1);
}
