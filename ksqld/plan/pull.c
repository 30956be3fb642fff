/* From the WHERE of a pull query to the rows that are read: lookups of keys, as far as every way
 * for it to be true names one. What is read is filtered all the same. */
#include "ksqld/exec/compare.h"
#include "ksqld/exec/strict.h"
#include "ksqld/plan/query.h"
#include "ksqld/plan/typing.h"

#include "ksqld/exec/evaluate.h"

#include <stdlib.h>
#include <strings.h>

#define KEYS_MAX 64u /* columns of a key that is looked up */

const char *ksql_pull_writer(struct ksql_context *context, const struct ksql_source *from)
{
    const struct ksql_metastore *metastore = context->metastore;
    for (size_t i = 0; i < metastore->source_count; i++) {
        const struct ksql_plan *plan = metastore->sources[i];
        if (&plan->source == from && plan->created_as && plan->has_query &&
            ksql_metastore_query(metastore, plan->query.id) == plan)
            return ksql_arena_strdup(&context->plan->arena, plan->query.id);
    }
    return NULL;
}

void ksql_pull_mark_keys(struct ksql_plan *plan)
{
    struct ksql_pipeline *pipeline = &plan->pipeline;
    for (size_t i = 0; i < pipeline->output.count; i++) {
        struct ksql_column *column = &pipeline->output.columns[i];
        column->key =
            strcmp(column->name, "WINDOWSTART") == 0 || strcmp(column->name, "WINDOWEND") == 0;
        for (size_t j = 0; j < pipeline->input.count && !column->key; j++)
            column->key = pipeline->input.columns[j].key &&
                          strcmp(pipeline->input.columns[j].name, column->name) == 0;
    }
}

/* ---- what one way to be true says ---- */

struct lookup {
    const struct ksql_value *keys[KEYS_MAX]; /* by their order in the key; NULL: not said */
    struct ksql_read_bounds start, end;
};

struct lookups {
    struct lookup *items;
    size_t count;
    bool any; /* more than can be looked up */
};

struct puller {
    struct ksql_context *context;
    struct ksql_arena *arena;
    const struct ksql_schema *schema; /* of the table */
    size_t slots[KEYS_MAX];           /* of the key's columns */
    size_t key_count;
};

static struct lookup *add(struct puller *puller, struct lookups *lookups)
{
    struct lookup *made = ksql_arena_append(puller->arena, lookups->items, lookups->count);
    *made = (struct lookup){.start = KSQL_READ_ANY, .end = KSQL_READ_ANY};
    return made;
}

static bool is_constant(const struct ksql_expression *expression)
{
    if (expression->kind == KSQL_NODE_COLUMN)
        return false;
    for (size_t i = 0; i < expression->count; i++) {
        if (!is_constant(expression->items[i]))
            return false;
    }
    return true;
}

/* Which column of the key it is; SIZE_MAX: none. */
static size_t key_of(const struct puller *puller, const struct ksql_expression *expression)
{
    for (size_t i = 0; expression->kind == KSQL_NODE_COLUMN && i < puller->key_count; i++) {
        if (puller->slots[i] == expression->index)
            return i;
    }
    return SIZE_MAX;
}

static int find_value(struct puller *puller, size_t key, const struct ksql_expression *expression,
    const struct ksql_value **value)
{
    const struct ksql_column *column = &puller->schema->columns[puller->slots[key]];
    struct ksql_frame frame = {.arena = puller->arena};
    struct ksql_value found;
    struct ksql_value *made = ksql_arena_new(puller->arena, sizeof(*made));
    const struct ksql_place *place = &puller->context->plan->parsed.place;
    if (ksql_evaluate(&frame, expression, &found) || found.null)
        return ksql_problem_set(puller->context->problem, place,
            "Primary key columns can not be NULL: %s", column->name);
    if (ksql_strict_value(puller->arena, expression->type, &found, column->type, made)) {
        struct ksql_scope scope = {.arena = puller->arena};
        return ksql_problem_set(puller->context->problem, place,
            "the value can not be converted to the type of the key column: %s %s KEY", column->name,
            ksql_show_type(&scope, column->type));
    }
    *value = made;
    return 0;
}

static int collect(
    struct puller *puller, const struct ksql_expression *expression, struct lookups *lookups);

/* ---- comparisons ---- */

static enum ksql_operator mirror(enum ksql_operator op)
{
    switch (op) {
    case KSQL_LESS:
        return KSQL_GREATER;
    case KSQL_LESS_EQUAL:
        return KSQL_GREATER_EQUAL;
    case KSQL_GREATER:
        return KSQL_LESS;
    case KSQL_GREATER_EQUAL:
        return KSQL_LESS_EQUAL;
    default:
        return op;
    }
}

static void bound(struct ksql_read_bounds *bounds, enum ksql_operator op, int64_t time)
{
    bool low = op == KSQL_EQUAL || op == KSQL_GREATER || op == KSQL_GREATER_EQUAL;
    bool high = op == KSQL_EQUAL || op == KSQL_LESS || op == KSQL_LESS_EQUAL;
    if (low)
        bounds->first = op == KSQL_GREATER && time < INT64_MAX ? time + 1 : time;
    if (high)
        bounds->last = op == KSQL_LESS && time > INT64_MIN ? time - 1 : time;
}

/* A bound of the windows is a whole number of ms; any other is left to the filter. */
static void set_bound(struct puller *puller, const struct ksql_expression *column,
    const struct ksql_expression *other, enum ksql_operator op, struct lookup *lookup)
{
    size_t start = puller->schema->count + KSQL_WINDOWSTART;
    struct ksql_frame frame = {.arena = puller->arena};
    struct ksql_value value;
    bool whole = other->type->kind == KSQL_INTEGER || other->type->kind == KSQL_BIGINT;
    if (!whole || column->index < start || column->index > start + 1 ||
        ksql_evaluate(&frame, other, &value) || value.null)
        return;
    bound(column->index == start ? &lookup->start : &lookup->end, op, value.number);
}

static int collect_comparison(
    struct puller *puller, const struct ksql_expression *expression, struct lookups *lookups)
{
    const struct ksql_expression *column = expression->items[0], *other = expression->items[1];
    enum ksql_operator op = expression->op;
    struct lookup *lookup = add(puller, lookups);
    if (column->kind != KSQL_NODE_COLUMN) {
        const struct ksql_expression *swap = column;
        column = other;
        other = swap;
        op = mirror(op);
    }
    if (column->kind != KSQL_NODE_COLUMN || !is_constant(other))
        return 0;
    size_t key = key_of(puller, column);
    if (key != SIZE_MAX && op == KSQL_EQUAL)
        return find_value(puller, key, other, &lookup->keys[key]);
    if (key == SIZE_MAX)
        set_bound(puller, column, other, op, lookup);
    return 0;
}

static int collect_in(
    struct puller *puller, const struct ksql_expression *expression, struct lookups *lookups)
{
    size_t key = key_of(puller, expression->items[0]);
    bool constant = key != SIZE_MAX;
    for (size_t i = 1; i < expression->count; i++)
        constant = constant && is_constant(expression->items[i]);
    if (!constant) {
        add(puller, lookups);
        return 0;
    }
    for (size_t i = 1; i < expression->count; i++) {
        if (find_value(puller, key, expression->items[i], &add(puller, lookups)->keys[key]))
            return OF_INPUT;
    }
    return 0;
}

/* ---- AND and OR ---- */

static struct ksql_read_bounds narrower(struct ksql_read_bounds a, struct ksql_read_bounds b)
{
    return (struct ksql_read_bounds){
        a.first > b.first ? a.first : b.first, a.last < b.last ? a.last : b.last};
}

static int collect_and(
    struct puller *puller, const struct ksql_expression *expression, struct lookups *lookups)
{
    add(puller, lookups);
    for (size_t i = 0; i < expression->count; i++) {
        struct lookups more = {0}, both = {0};
        if (collect(puller, expression->items[i], &more))
            return OF_INPUT;
        both.any = lookups->any || more.any || lookups->count * more.count > KSQL_LOOKUPS_MAX;
        for (size_t a = 0; !both.any && a < lookups->count; a++) {
            for (size_t b = 0; b < more.count; b++) {
                struct lookup *made = add(puller, &both);
                *made = lookups->items[a];
                for (size_t key = 0; key < puller->key_count; key++) {
                    if (!made->keys[key])
                        made->keys[key] = more.items[b].keys[key];
                }
                made->start = narrower(made->start, more.items[b].start);
                made->end = narrower(made->end, more.items[b].end);
            }
        }
        *lookups = both;
    }
    return 0;
}

static int collect_or(
    struct puller *puller, const struct ksql_expression *expression, struct lookups *lookups)
{
    for (size_t i = 0; i < expression->count; i++) {
        struct lookups more = {0};
        if (collect(puller, expression->items[i], &more))
            return OF_INPUT;
        lookups->any = lookups->any || more.any || lookups->count + more.count > KSQL_LOOKUPS_MAX;
        for (size_t j = 0; !lookups->any && j < more.count; j++)
            *add(puller, lookups) = more.items[j];
    }
    return 0;
}

/* Depth is KSQL_EXPRESSION_DEPTH_MAX. */
static int collect(
    struct puller *puller, const struct ksql_expression *expression, struct lookups *lookups)
{
    switch (expression->kind) {
    case KSQL_NODE_AND:
        return collect_and(puller, expression, lookups);
    case KSQL_NODE_OR:
        return collect_or(puller, expression, lookups);
    case KSQL_NODE_COMPARISON:
        return collect_comparison(puller, expression, lookups);
    case KSQL_NODE_IN:
        return collect_in(puller, expression, lookups);
    default:
        add(puller, lookups);
        return 0;
    }
}

/* ---- what is read ---- */

static bool scans(const struct ksql_context *context)
{
    const char *value = ksql_context_property(context, "ksql.query.pull.table.scan.enabled");
    if (!value)
        return true;
    value += strspn(value, " \t\r\n");
    return strncasecmp(value, "false", 5) != 0 || value[5 + strspn(value + 5, " \t\r\n")];
}

static int read_all(struct puller *puller, const char *why)
{
    struct ksql_asked *asked = puller->context->plan->asked;
    struct ksql_read *read = ksql_arena_new(puller->arena, sizeof(*read));
    if (!scans(puller->context))
        return ksql_problem_set(puller->context->problem, &puller->context->plan->parsed.place,
            "%s.  See https://cnfl.io/queries for more info.\nAdd EMIT CHANGES if you intended to "
            "issue a push query.\nPull queries require a WHERE clause that:\n - includes a key "
            "equality expression, e.g. `SELECT * FROM X WHERE <key-column> = Y;`.\n - in the case "
            "of a multi-column key, is a conjunction of equality expressions that cover all key "
            "columns.\n - to support range expressions, e.g.,  SELECT * FROM X WHERE <key-column> "
            "< Y;`, range scans need to be enabled by setting "
            "ksql.query.pull.range.scan.enabled=true\nIf more flexible queries are needed, , table "
            "scans can be enabled by setting ksql.query.pull.table.scan.enabled=true.",
            why);
    *read = (struct ksql_read){.start = KSQL_READ_ANY, .end = KSQL_READ_ANY};
    asked->reads = read;
    asked->read_count = 1;
    return 0;
}

static bool is_same(
    const struct puller *puller, const struct ksql_read *a, const struct ksql_read *b)
{
    for (size_t i = 0; i < puller->key_count; i++) {
        const struct ksql_type *type = puller->schema->columns[puller->slots[i]].type;
        if (!ksql_value_equal(type, &a->keys[i], &b->keys[i]))
            return false;
    }
    return true;
}

/* A key that comes again is read once, with the bounds of both. */
static void add_read(
    struct puller *puller, const struct lookup *lookup, struct ksql_read **reads, size_t *count)
{
    struct ksql_value *keys = ksql_arena_new_array(puller->arena, puller->key_count, sizeof(*keys));
    for (size_t i = 0; i < puller->key_count; i++)
        keys[i] = *lookup->keys[i];
    struct ksql_read made = {.keys = keys, .start = lookup->start, .end = lookup->end};
    for (size_t i = 0; i < *count; i++) {
        struct ksql_read *other = &(*reads)[i];
        if (!is_same(puller, other, &made))
            continue;
        other->start = other->end = KSQL_READ_ANY;
        return;
    }
    *ksql_arena_append(puller->arena, *reads, *count) = made;
}

static bool has_keys(const struct puller *puller, const struct lookups *lookups)
{
    bool all = !lookups->any && puller->key_count;
    for (size_t i = 0; all && i < lookups->count; i++) {
        for (size_t key = 0; key < puller->key_count; key++)
            all = all && lookups->items[i].keys[key];
    }
    return all;
}

int ksql_pull_reads(struct ksql_context *context)
{
    struct ksql_plan *plan = context->plan;
    struct puller puller = {
        .context = context, .arena = &plan->arena, .schema = &plan->pipeline.input};
    struct lookups lookups = {0};
    struct ksql_read *reads = NULL;
    size_t count = 0;
    for (size_t i = 0; i < puller.schema->count; i++) {
        if (puller.schema->columns[i].key && puller.key_count < KEYS_MAX)
            puller.slots[puller.key_count++] = i;
    }
    if (ksql_schema_key_count(puller.schema) > KEYS_MAX)
        puller.key_count = 0; /* read all */
    if (!plan->pipeline.where)
        return read_all(&puller, "Missing WHERE clause");
    if (collect(&puller, plan->pipeline.where, &lookups))
        return OF_INPUT;
    if (!has_keys(&puller, &lookups))
        return read_all(&puller, "WHERE clause missing key column");
    for (size_t i = 0; i < lookups.count; i++)
        add_read(&puller, &lookups.items[i], &reads, &count);
    plan->asked->reads = reads;
    plan->asked->read_count = count;
    return 0;
}
