/* Aggregate functions: one row of one table each.
 *
 * What a function keeps of a group's rows is a value of an SQL type, as it is in ksqlDB, where the
 * state is written in the value's format: so the type says which formats can't carry it. Values
 * given to a function are never changed; what it makes lives in the arena. */
#ifndef KSQLD_FUNCTIONS_AGGREGATE_H
#define KSQLD_FUNCTIONS_AGGREGATE_H

#include "ksqld/functions/functions.h"

#define KSQL_AGGREGATE_ARGUMENTS_MAX 64
#define KSQL_AGGREGATE_SIGNATURES_MAX 4

/* One call in a query. */
struct ksql_aggregate_site {
    const struct ksql_type *const *types;      /* of the arguments */
    const struct ksql_value *const *constants; /* of those that are literals; else NULL */
    size_t count;
    int64_t limits[2];                      /* of COLLECT_LIST and COLLECT_SET */
    const struct ksql_type *state, *result; /* set by accept */
    int64_t most;      /* TOPK and ..._BY_OFFSET: elements; 0: one value alone */
    bool ignore_nulls; /* ..._BY_OFFSET */
};

enum { KSQL_LIMIT_LIST, KSQL_LIMIT_SET };

struct ksql_aggregate_step {
    const struct ksql_aggregate_site *site;
    struct ksql_arena *arena;
    int64_t sequence; /* of the record, in the order of records */
};

struct ksql_aggregate {
    const char *name; /* upper-case */
    const char *help;
    const char *signatures[KSQL_AGGREGATE_SIGNATURES_MAX];
    /* Whether the arguments fit; sets the site's types. */
    bool (*accept)(struct ksql_aggregate_site *site, struct ksql_arena *arena);
    void (*init)(const struct ksql_aggregate_step *step, struct ksql_value *state);
    /* -1: the result is beyond its type. */
    int (*add)(const struct ksql_aggregate_step *step, struct ksql_value *state,
        const struct ksql_value *arguments);
    /* NULL: not for tables. */
    int (*undo)(const struct ksql_aggregate_step *step, struct ksql_value *state,
        const struct ksql_value *arguments);
    /* Takes the other state, of later windows, into this one. */
    int (*merge)(const struct ksql_aggregate_step *step, struct ksql_value *state,
        const struct ksql_value *other);
    /* NULL: the state itself. */
    void (*result)(const struct ksql_aggregate_step *step, const struct ksql_value *state,
        struct ksql_value *result);
    const char *spelt; /* as ksqlDB's errors have the name; NULL: upper-case */
};

/* NULL: no such function here. */
const struct ksql_aggregate *ksql_aggregate_find(const char *name);
/* One of ksqlDB's, here or not. */
bool ksql_aggregate_is_known(const char *name);
size_t ksql_aggregate_count(void);
const struct ksql_aggregate *ksql_aggregate_at(size_t index);

/* ---- the functions, by file ---- */

#define KSQL_AGGREGATE_PARTS(name)                                                                 \
    bool ksql_##name##_accept(struct ksql_aggregate_site *site, struct ksql_arena *arena);         \
    void ksql_##name##_init(const struct ksql_aggregate_step *step, struct ksql_value *state);     \
    int ksql_##name##_add(const struct ksql_aggregate_step *step, struct ksql_value *state,        \
        const struct ksql_value *arguments);                                                       \
    int ksql_##name##_undo(const struct ksql_aggregate_step *step, struct ksql_value *state,       \
        const struct ksql_value *arguments);                                                       \
    int ksql_##name##_merge(const struct ksql_aggregate_step *step, struct ksql_value *state,      \
        const struct ksql_value *other);                                                           \
    void ksql_##name##_result(const struct ksql_aggregate_step *step,                              \
        const struct ksql_value *state, struct ksql_value *result)

KSQL_AGGREGATE_PARTS(count);
KSQL_AGGREGATE_PARTS(sum);
KSQL_AGGREGATE_PARTS(sum_list);
KSQL_AGGREGATE_PARTS(average);
KSQL_AGGREGATE_PARTS(deviation);
int ksql_variance_merge(const struct ksql_aggregate_step *step, struct ksql_value *state,
    const struct ksql_value *other);
void ksql_variance_result(const struct ksql_aggregate_step *step, const struct ksql_value *state,
    struct ksql_value *result);
KSQL_AGGREGATE_PARTS(correlation);
KSQL_AGGREGATE_PARTS(minimum);
KSQL_AGGREGATE_PARTS(maximum);
KSQL_AGGREGATE_PARTS(list);
KSQL_AGGREGATE_PARTS(set);
KSQL_AGGREGATE_PARTS(histogram);
KSQL_AGGREGATE_PARTS(attribute);
KSQL_AGGREGATE_PARTS(top);
KSQL_AGGREGATE_PARTS(top_distinct);
KSQL_AGGREGATE_PARTS(earliest);
KSQL_AGGREGATE_PARTS(latest);

/* ---- shared by them ---- */

extern const struct ksql_type ksql_aggregate_integer, ksql_aggregate_bigint, ksql_aggregate_double,
    ksql_aggregate_string;

/* STRUCT and ARRAY types. */
const struct ksql_type *ksql_aggregate_struct(
    struct ksql_arena *arena, const struct ksql_field *fields, size_t count);
const struct ksql_type *ksql_aggregate_array(
    struct ksql_arena *arena, const struct ksql_type *element);
/* A list with room for `more` further items behind those of the state. */
struct ksql_value *ksql_aggregate_grow(
    const struct ksql_aggregate_step *step, const struct ksql_value *state, size_t more);
/* A new STRUCT of the site's state type. */
void ksql_aggregate_set_fields(const struct ksql_aggregate_step *step, struct ksql_value *state,
    const struct ksql_value *fields);
/* What MIN, MAX and TOPK take: no BOOLEAN, nothing nested. */
bool ksql_aggregate_is_ordered(const struct ksql_type *type);
/* INTEGER, BIGINT or DOUBLE. */
bool ksql_aggregate_is_number(const struct ksql_type *type);
double ksql_aggregate_to_double(const struct ksql_type *type, const struct ksql_value *value);
/* a + b, or a - b; -1: a decimal that doesn't fit its precision any longer. */
int ksql_aggregate_add_number(
    const struct ksql_type *type, struct ksql_value *a, const struct ksql_value *b, bool subtract);

#endif
