/* STDDEV_SAMP, STDDEV_SAMPLE and CORRELATION: sums that are updated row by row, in the order of
 * operations that gives ksqlDB's last digit. */
#include "ksqld/functions/aggregate.h"

#include <math.h>

enum { SUM, COUNT, M2, SPREAD_FIELDS };
enum { N, SUM_X, SUM_Y, SUM_XX, SUM_YY, SUM_XY, CORRELATION_FIELDS };

/* ---- deviations ---- */

bool ksql_deviation_accept(struct ksql_aggregate_site *site, struct ksql_arena *arena)
{
    if (site->count != 1 || !ksql_aggregate_is_number(site->types[0]))
        return false;
    const struct ksql_field fields[SPREAD_FIELDS] = {[SUM] = {"SUM", site->types[0]},
        [COUNT] = {"COUNT", &ksql_aggregate_bigint},
        [M2] = {"M2", &ksql_aggregate_double}};
    site->state = ksql_aggregate_struct(arena, fields, OF_COUNT(fields));
    site->result = &ksql_aggregate_double;
    return true;
}

void ksql_deviation_init(const struct ksql_aggregate_step *step, struct ksql_value *state)
{
    struct ksql_value fields[SPREAD_FIELDS] = {0};
    fields[M2].real = 0;
    if (step->site->types[0]->kind == KSQL_DOUBLE)
        fields[SUM].real = 0;
    ksql_aggregate_set_fields(step, state, fields);
}

/* What a value adds to the sum of squared differences, or takes from it: value * (count + 1) -
 * (sum + value), squared and divided, whole numbers as Java's whole numbers wrap around. */
static double share(const struct ksql_type *type, const struct ksql_value *value,
    const struct ksql_value *fields, bool taken)
{
    int64_t count = fields[COUNT].number;
    struct ksql_value sum = fields[SUM];
    ksql_aggregate_add_number(type, &sum, value, false);
    double inner = type->kind == KSQL_DOUBLE
                       ? value->real * (double)(count + 1) - sum.real
                       : (double)(int64_t)((uint64_t)value->number * (uint64_t)(count + 1) -
                                           (uint64_t)sum.number);
    return inner * inner / (double)(count * (taken ? count - 1 : count + 1));
}

int ksql_deviation_add(const struct ksql_aggregate_step *step, struct ksql_value *state,
    const struct ksql_value *arguments)
{
    const struct ksql_type *type = step->site->types[0];
    struct ksql_value fields[SPREAD_FIELDS];
    if (arguments->null)
        return 0;
    memcpy(fields, state->fields, sizeof(fields));
    if (fields[COUNT].number > 0)
        fields[M2].real += share(type, arguments, fields, false);
    ksql_aggregate_add_number(type, &fields[SUM], arguments, false);
    fields[COUNT].number++;
    ksql_aggregate_set_fields(step, state, fields);
    return 0;
}

int ksql_deviation_undo(const struct ksql_aggregate_step *step, struct ksql_value *state,
    const struct ksql_value *arguments)
{
    const struct ksql_type *type = step->site->types[0];
    struct ksql_value fields[SPREAD_FIELDS];
    if (arguments->null)
        return 0;
    memcpy(fields, state->fields, sizeof(fields));
    if (fields[COUNT].number > 1)
        fields[M2].real -= share(type, arguments, fields, true);
    ksql_aggregate_add_number(type, &fields[SUM], arguments, true);
    fields[COUNT].number--;
    ksql_aggregate_set_fields(step, state, fields);
    return 0;
}

/* Chan's rule for two parts. */
static int merge_parts(const struct ksql_aggregate_step *step, struct ksql_value *state,
    const struct ksql_value *other, bool whole)
{
    const struct ksql_type *type = step->site->types[0];
    struct ksql_value fields[SPREAD_FIELDS];
    memcpy(fields, state->fields, sizeof(fields));
    int64_t one = fields[COUNT].number, two = other->fields[COUNT].number;
    fields[M2].real += other->fields[M2].real;
    if (one && two) {
        const struct ksql_value *sum = &fields[SUM], *added = &other->fields[SUM];
        double difference =
            whole && type->kind != KSQL_DOUBLE
                ? (double)(int64_t)((uint64_t)(sum->number / one) - (uint64_t)(added->number / two))
                : ksql_aggregate_to_double(type, sum) / (double)one -
                      ksql_aggregate_to_double(type, added) / (double)two;
        fields[M2].real += (double)(one * two) * difference * difference / (double)(one + two);
    }
    ksql_aggregate_add_number(type, &fields[SUM], &other->fields[SUM], false);
    fields[COUNT].number = one + two;
    ksql_aggregate_set_fields(step, state, fields);
    return 0;
}

int ksql_deviation_merge(const struct ksql_aggregate_step *step, struct ksql_value *state,
    const struct ksql_value *other)
{
    return merge_parts(step, state, other, false);
}

/* ksqlDB's STDDEV_SAMP divides sums of whole numbers without a remainder here. */
int ksql_variance_merge(const struct ksql_aggregate_step *step, struct ksql_value *state,
    const struct ksql_value *other)
{
    return merge_parts(step, state, other, true);
}

void ksql_variance_result(const struct ksql_aggregate_step *step, const struct ksql_value *state,
    struct ksql_value *result)
{
    (void)step;
    int64_t count = state->fields[COUNT].number;
    *result =
        (struct ksql_value){.real = count < 2 ? 0 : state->fields[M2].real / (double)(count - 1)};
}

void ksql_deviation_result(const struct ksql_aggregate_step *step, const struct ksql_value *state,
    struct ksql_value *result)
{
    ksql_variance_result(step, state, result);
    result->real = sqrt(result->real);
}

/* ---- CORRELATION ---- */

bool ksql_correlation_accept(struct ksql_aggregate_site *site, struct ksql_arena *arena)
{
    static const char *const names[] = {"COUNT", "SUM_X", "SUM_Y", "SUM_XX", "SUM_YY", "SUM_XY"};
    struct ksql_field fields[CORRELATION_FIELDS];
    if (site->count != 2 || !ksql_aggregate_is_number(site->types[0]) ||
        site->types[0]->kind != site->types[1]->kind)
        return false;
    for (size_t i = 0; i < OF_COUNT(fields); i++)
        fields[i] =
            (struct ksql_field){names[i], i == N ? &ksql_aggregate_bigint : &ksql_aggregate_double};
    site->state = ksql_aggregate_struct(arena, fields, OF_COUNT(fields));
    site->result = &ksql_aggregate_double;
    return true;
}

void ksql_correlation_init(const struct ksql_aggregate_step *step, struct ksql_value *state)
{
    struct ksql_value fields[CORRELATION_FIELDS] = {0};
    for (size_t i = SUM_X; i < OF_COUNT(fields); i++)
        fields[i].real = 0;
    ksql_aggregate_set_fields(step, state, fields);
}

static int correlate(const struct ksql_aggregate_step *step, struct ksql_value *state,
    const struct ksql_value *arguments, int sign)
{
    struct ksql_value fields[CORRELATION_FIELDS];
    if (arguments[0].null || arguments[1].null)
        return 0;
    double x = ksql_aggregate_to_double(step->site->types[0], &arguments[0]);
    double y = ksql_aggregate_to_double(step->site->types[1], &arguments[1]);
    memcpy(fields, state->fields, sizeof(fields));
    fields[N].number += sign;
    fields[SUM_X].real += sign * x;
    fields[SUM_Y].real += sign * y;
    fields[SUM_XX].real += sign * (x * x);
    fields[SUM_YY].real += sign * (y * y);
    fields[SUM_XY].real += sign * (x * y);
    ksql_aggregate_set_fields(step, state, fields);
    return 0;
}

int ksql_correlation_add(const struct ksql_aggregate_step *step, struct ksql_value *state,
    const struct ksql_value *arguments)
{
    return correlate(step, state, arguments, 1);
}

int ksql_correlation_undo(const struct ksql_aggregate_step *step, struct ksql_value *state,
    const struct ksql_value *arguments)
{
    return correlate(step, state, arguments, -1);
}

int ksql_correlation_merge(const struct ksql_aggregate_step *step, struct ksql_value *state,
    const struct ksql_value *other)
{
    struct ksql_value fields[CORRELATION_FIELDS];
    memcpy(fields, state->fields, sizeof(fields));
    fields[N].number += other->fields[N].number;
    for (size_t i = SUM_X; i < OF_COUNT(fields); i++)
        fields[i].real += other->fields[i].real;
    ksql_aggregate_set_fields(step, state, fields);
    return 0;
}

void ksql_correlation_result(const struct ksql_aggregate_step *step, const struct ksql_value *state,
    struct ksql_value *result)
{
    (void)step;
    const struct ksql_value *f = state->fields;
    double n = (double)f[N].number;
    double covariance = n * f[SUM_XY].real - f[SUM_X].real * f[SUM_Y].real;
    double x = n * f[SUM_XX].real - f[SUM_X].real * f[SUM_X].real;
    double y = n * f[SUM_YY].real - f[SUM_Y].real * f[SUM_Y].real;
    *result = (struct ksql_value){.real = covariance / sqrt(x * y)};
}
