/* Joins of a stream with tables, and of tables, on their keys: what ksqlDB allows, and how it is
 * done. Streams with streams, and tables by foreign keys, are refused. */
#include "ksqld/plan/join.h"

#include "ksqld/lang/node.h"
#include "ksqld/plan/select.h"
#include "ksqld/plan/typing.h"

#define SYNTHETIC "ROWKEY" /* the key's name in the row behind the joins */

/* ---- kinds ---- */

static int check_kinds(const struct ksql_joiner *joiner)
{
    static const char *const kinds[] = {[KSQL_JOIN_INNER] = "[INNER] JOIN",
        [KSQL_JOIN_LEFT] = "LEFT [OUTER] JOIN",
        [KSQL_JOIN_RIGHT] = "RIGHT [OUTER] JOIN",
        [KSQL_JOIN_FULL] = "[FULL] OUTER JOIN"};
    const struct ksql_plan *plan = joiner->plan;
    bool table = plan->sources[0]->table;
    for (size_t i = 1; i < plan->source_count; i++) {
        const struct ksql_join *join = &joiner->select->joins[i - 1];
        const struct ksql_source *right = plan->sources[i];
        const char *left = plan->sources[0]->name;
        if (!table && !right->table)
            return ksql_problem_unsupported(joiner->problem, &join->place, "A join of two streams");
        if (right->windowed || plan->sources[0]->windowed)
            return ksql_problem_unsupported(
                joiner->problem, &join->place, "A join of windowed keys");
        if (table && !right->table && plan->source_count == 2)
            return ksql_problem_set(joiner->problem, &join->place,
                "Invalid join order: table-stream joins are not supported; only stream-table "
                "joins. Got %s %s %s.",
                left, kinds[join->kind], right->name);
        if (!table && join->kind == KSQL_JOIN_FULL && plan->source_count == 2)
            return ksql_problem_set(joiner->problem, &join->place,
                "Invalid join type: full-outer join not supported for stream-table join. Got %s %s "
                "%s.",
                left, kinds[join->kind], right->name);
        bool simple = join->kind == KSQL_JOIN_INNER || join->kind == KSQL_JOIN_LEFT;
        if (!right->table || join->within || (!simple && (!table || plan->source_count > 2)))
            return ksql_problem_unsupported(
                joiner->problem, &join->place, "This kind of join between these sources");
    }
    return 0;
}

static int check_formats(const struct ksql_joiner *joiner)
{
    struct ksql_arena *arena = &joiner->plan->arena;
    const char **names = NULL;
    size_t count = 0;
    for (size_t i = 0; i < joiner->plan->source_count; i++) {
        if (strcmp(joiner->plan->sources[i]->value_format, "KAFKA") == 0)
            *ksql_arena_append(arena, names, count) = ksql_join_alias(joiner, i);
    }
    if (!count)
        return 0;
    return ksql_problem_set(joiner->problem, &joiner->select->from_place,
        "Source(s) %s are using the 'KAFKA' value format. This format does not yet support JOIN.",
        ksql_join_names(arena, names, count, false));
}

/* ---- conditions ---- */

/* Which sources an expression reads: bits. */
static unsigned sources_of(const struct ksql_joiner *joiner, const struct ksql_node *node)
{
    unsigned found = 0;
    if (node->kind == KSQL_NODE_COLUMN && node->source)
        found = 1u << ksql_join_source(joiner, node->source);
    for (size_t i = 0; i < node->count; i++)
        found |= sources_of(joiner, node->items[i]);
    return found;
}

static const char *show(const struct ksql_joiner *joiner, const struct ksql_node *node)
{
    struct of_buffer text OF_CLEANUP(of_buffer_release);
    of_buffer_init(&text, KSQL_PROBLEM_MAX);
    ksql_node_format(node, true, false, &text);
    return ksql_arena_strndup(&joiner->plan->arena, (const char *)text.data, text.length);
}

/* The one column of its key. */
static bool is_key(const struct ksql_joiner *joiner, size_t source, const struct ksql_node *node)
{
    const struct ksql_schema *schema = &joiner->plan->sources[source]->schema;
    if (node->kind != KSQL_NODE_COLUMN || ksql_schema_key_count(schema) != 1)
        return false;
    for (size_t i = 0; i < schema->count; i++) {
        if (schema->columns[i].key)
            return strcmp(schema->columns[i].name, node->name) == 0;
    }
    return false;
}

/* Of an expression that reads one. */
static size_t one_source(const struct ksql_joiner *joiner, const struct ksql_node *node)
{
    return (size_t)__builtin_ctz(sources_of(joiner, node));
}

static bool is_equality(const struct ksql_node *node)
{
    return node->kind == KSQL_NODE_COMPARISON && node->op == KSQL_EQUAL;
}

/* Before anything is said about sides and keys. */
static int check_columns(const struct ksql_joiner *joiner, const struct ksql_node *node)
{
    bool column = node->kind == KSQL_NODE_COLUMN;
    const char *source = node->source;
    if (column && (!source || !ksql_join_has(joiner, ksql_join_source(joiner, source), node->name)))
        return ksql_problem_set(joiner->problem, &node->place,
            "Line: %d, Col: %d: JOIN ON column '%s%s%s' cannot be resolved.", node->place.line,
            node->place.column, source ? source : "", source ? "." : "", node->name);
    for (size_t i = 0; i < node->count; i++) {
        if (check_columns(joiner, node->items[i]))
            return OF_INPUT;
    }
    return 0;
}

static int split_condition(const struct ksql_joiner *joiner, size_t source, struct ksql_node **left,
    struct ksql_node **right)
{
    const struct ksql_join *join = &joiner->select->joins[source - 1];
    struct ksql_node *on = join->on;
    bool both = on->kind == KSQL_NODE_AND || on->kind == KSQL_NODE_OR;
    if (both && on->count > 2)
        return ksql_problem_unsupported(
            joiner->problem, &on->place, "A join on several conditions");
    if (both && is_equality(on->items[0]) && is_equality(on->items[1]))
        return ksql_problem_set(joiner->problem, &on->place,
            "Invalid join condition: joins on multiple conditions are not yet supported. Got %s.",
            show(joiner, on));
    if (on->kind != KSQL_NODE_COMPARISON)
        return ksql_problem_set(
            joiner->problem, &on->place, "Unsupported join expression: %s", show(joiner, on));
    if (on->op != KSQL_EQUAL)
        return ksql_problem_set(
            joiner->problem, &on->place, "Only equality join criteria is supported.");
    if (check_columns(joiner, on->items[0]) || check_columns(joiner, on->items[1]))
        return OF_INPUT;
    for (size_t i = 0; i < on->count; i++) {
        unsigned sources = sources_of(joiner, on->items[i]);
        if (!sources || (sources & (sources - 1)))
            return ksql_problem_set(joiner->problem, &on->place,
                "Invalid comparison expression '%s' in join '%s'. Each side of the join "
                "comparision "
                "must contain references from exactly one source.",
                show(joiner, on->items[i]), show(joiner, on));
    }
    if (sources_of(joiner, on->items[0]) == sources_of(joiner, on->items[1])) {
        const char *name = joiner->plan->sources[one_source(joiner, on->items[0])]->name;
        return ksql_problem_set(joiner->problem, &on->place,
            "Each side of the join must reference exactly one source and not the same source. Left "
            "side references `%s` and right references `%s`",
            name, name);
    }
    bool turned = sources_of(joiner, on->items[0]) == 1u << source;
    *right = on->items[!turned];
    *left = on->items[turned];
    if (sources_of(joiner, *right) != 1u << source || sources_of(joiner, *left) >= 1u << source)
        return ksql_problem_unsupported(joiner->problem, &on->place,
            "A join whose condition is not between its source and those before");
    return 0;
}

static int check_condition(const struct ksql_joiner *joiner, size_t source,
    const struct ksql_node *left, const struct ksql_node *right)
{
    const struct ksql_node *on = joiner->select->joins[source - 1].on;
    bool table = joiner->plan->sources[0]->table;
    const char *got = ksql_arena_printf(
        &joiner->plan->arena, "%s = %s", show(joiner, on->items[0]), show(joiner, on->items[1]));
    if (!is_key(joiner, source, right) &&
        ksql_schema_key_count(&joiner->plan->sources[source]->schema) > 1)
        return ksql_problem_unsupported(
            joiner->problem, &on->place, "A join with a key of several columns");
    if (!is_key(joiner, source, right) && !table)
        return ksql_problem_set(joiner->problem, &on->place,
            "Invalid join condition: stream-table joins require to join on the table's primary "
            "key. Got %s.",
            got);
    if (!is_key(joiner, source, right))
        return ksql_problem_set(joiner->problem, &on->place,
            "Invalid join condition: table-table joins require to join on the primary key of the "
            "right input table. Got %s.",
            got);
    if (table && !is_key(joiner, one_source(joiner, left), left))
        return ksql_problem_unsupported(joiner->problem, &on->place, "A foreign-key join");
    return 0;
}

/* ---- keys ---- */

/* Columns that all are the key behind the joins so far. */
struct keys {
    const struct ksql_node **items;
    size_t count;
};

static bool has_key(const struct keys *keys, const struct ksql_node *node)
{
    for (size_t i = 0; i < keys->count; i++) {
        if (ksql_node_equal(keys->items[i], node))
            return true;
    }
    return false;
}

static void add_keys(const struct ksql_joiner *joiner, struct keys *keys,
    const struct ksql_node *left, const struct ksql_node *right)
{
    struct ksql_arena *arena = &joiner->plan->arena;
    if (!has_key(keys, left))
        *keys = (struct keys){0};
    if (left->kind == KSQL_NODE_COLUMN && !has_key(keys, left))
        *ksql_arena_append(arena, keys->items, keys->count) = left;
    *ksql_arena_append(arena, keys->items, keys->count) = right;
}

static int fail_missing(
    const struct ksql_joiner *joiner, const struct keys *keys, bool synthetic, const char *sink)
{
    struct ksql_arena *arena = &joiner->plan->arena;
    const char **names = NULL, *list = SYNTHETIC;
    size_t count = 0;
    for (size_t i = 0; i < keys->count; i++)
        *ksql_arena_append(arena, names, count) = show(joiner, keys->items[i]);
    if (!synthetic)
        list = names[0];
    for (size_t i = 1; i < count && !synthetic; i++)
        list = ksql_arena_printf(arena, "%s%s%s", list, i + 1 == count ? " or " : ", ", names[i]);
    return ksql_problem_set(joiner->problem, &joiner->select->place,
        "Key missing from projection (ie, SELECT). %s\nThe query used to build `%s` must include "
        "the "
        "join expression%s %s in its projection (eg, SELECT %s...).%s",
        synthetic ? "See https://cnfl.io/2LV7ouS." : "", sink, count > 1 && !synthetic ? "s" : "",
        list, synthetic ? SYNTHETIC : names[0],
        synthetic ? "\n" SYNTHETIC " was added as a synthetic key column because the join criteria "
                    "did not match any source column. This expression must be included in "
                    "the projection and may be aliased. "
                  : "");
}

/* ---- the SELECT ---- */

static void add_star(const struct ksql_joiner *joiner, const struct ksql_select_item *star,
    struct ksql_select_item **items, size_t *count)
{
    struct ksql_arena *arena = &joiner->plan->arena;
    for (size_t i = 0; i < joiner->plan->source_count; i++) {
        const struct ksql_schema *schema = &joiner->plan->sources[i]->schema;
        const char *alias = ksql_join_alias(joiner, i);
        if (star->source && strcmp(star->source, alias) != 0)
            continue;
        for (size_t j = 0; j < schema->count; j++) {
            struct ksql_node *node = ksql_node_new(arena, KSQL_NODE_COLUMN, &star->place);
            node->name = schema->columns[j].name;
            node->source = alias;
            *ksql_arena_append(arena, *items, *count) = (struct ksql_select_item){.node = node,
                .alias = ksql_arena_printf(arena, "%s_%s", alias, node->name),
                .place = star->place};
        }
    }
}

/* All columns where there is a star; with FULL joins the key too. */
static void expand_stars(const struct ksql_joiner *joiner, bool synthetic)
{
    struct ksql_arena *arena = &joiner->plan->arena;
    struct ksql_select *select = joiner->select;
    struct ksql_select_item *items = NULL;
    size_t count = 0;
    for (size_t i = 0; i < select->count; i++) {
        const struct ksql_select_item *item = &select->items[i];
        if (!item->star) {
            *ksql_arena_append(arena, items, count) = *item;
            continue;
        }
        if (synthetic && !item->source) {
            struct ksql_node *key = ksql_node_new(arena, KSQL_NODE_COLUMN, &item->place);
            key->name = SYNTHETIC;
            *ksql_arena_append(arena, items, count) =
                (struct ksql_select_item){.node = key, .alias = SYNTHETIC, .place = item->place};
        }
        add_star(joiner, item, &items, &count);
    }
    select->items = items;
    select->count = count;
}

/* The first of the keys that is selected stands for the key. */
static int choose_key(
    const struct ksql_joiner *joiner, const struct keys *keys, bool synthetic, const char *sink)
{
    const struct ksql_select *select = joiner->select;
    const struct ksql_node rowkey = {.kind = KSQL_NODE_COLUMN, .name = SYNTHETIC};
    size_t found = 0;
    for (size_t key = 0; key < (synthetic ? 1 : keys->count) && !found; key++) {
        for (size_t i = 0; i < select->count; i++) {
            struct ksql_node *node = select->items[i].node;
            if (!ksql_node_equal(node, synthetic ? &rowkey : keys->items[key]))
                continue;
            struct ksql_node *column =
                ksql_node_new(&joiner->plan->arena, KSQL_NODE_COLUMN, &node->place);
            column->name = SYNTHETIC;
            select->items[i].node = column;
            found++;
        }
    }
    if (found > 1)
        return ksql_problem_unsupported(
            joiner->problem, &select->place, "Selecting the key of a join twice");
    return found ? 0 : fail_missing(joiner, keys, synthetic, sink);
}

static int rename_all(const struct ksql_joiner *joiner)
{
    struct ksql_select *select = joiner->select;
    for (size_t i = 0; i < select->count; i++) {
        if (ksql_join_rename(joiner, select->items[i].node, "SELECT"))
            return OF_INPUT;
    }
    for (size_t i = 0; i < select->group_count; i++) {
        if (ksql_join_rename(joiner, select->group_by[i], "GROUP BY"))
            return OF_INPUT;
    }
    if (select->where && ksql_join_rename(joiner, select->where, "WHERE"))
        return OF_INPUT;
    return select->having ? ksql_join_rename(joiner, select->having, "HAVING") : 0;
}

/* ---- the row ---- */

static void build_row(const struct ksql_joiner *joiner)
{
    struct ksql_arena *arena = &joiner->plan->arena;
    struct ksql_pipeline *pipeline = &joiner->plan->pipeline;
    struct ksql_schema *row = &pipeline->input;
    *row = (struct ksql_schema){0};
    ksql_schema_add(arena, row, SYNTHETIC, NULL, true); /* its type is set with the joins */
    for (size_t i = 0; i < pipeline->feed_count; i++) {
        struct ksql_feed *feed = &pipeline->feeds[i];
        feed->offset = row->count;
        for (size_t j = 0; j < feed->schema.count; j++)
            ksql_schema_add(arena, row,
                ksql_arena_printf(
                    arena, "%s_%s", ksql_join_alias(joiner, i), feed->schema.columns[j].name),
                feed->schema.columns[j].type, false);
    }
    for (size_t i = 0; i < pipeline->feed_count; i++) {
        pipeline->feeds[i].time_offset = row->count;
        ksql_schema_add(arena, row,
            ksql_arena_printf(arena, "%s_ROWTIME", ksql_join_alias(joiner, i)),
            ksql_basic_type(KSQL_BIGINT), false);
    }
}

static int add_joint(const struct ksql_joiner *joiner, size_t source, struct ksql_node *left,
    struct ksql_node *right)
{
    struct ksql_pipeline *pipeline = &joiner->plan->pipeline;
    struct ksql_scope scope = {.schema = &pipeline->input,
        .arena = &joiner->plan->arena,
        .problem = joiner->problem,
        .clause = "Select"};
    struct ksql_joint joint = {.kind = joiner->select->joins[source - 1].kind};
    struct ksql_expression *key;
    if (ksql_join_rename(joiner, left, "JOIN ON") || ksql_join_rename(joiner, right, "JOIN ON") ||
        ksql_type_expression(&scope, left, &joint.left) ||
        ksql_type_expression(&scope, right, &key))
        return OF_INPUT;
    if (!ksql_type_equal(joint.left->type, key->type))
        return ksql_problem_unsupported(joiner->problem, &left->place, "A join on %s and %s",
            ksql_show_type(&scope, joint.left->type), ksql_show_type(&scope, key->type));
    pipeline->input.columns[0].type = key->type;
    *ksql_arena_append(&joiner->plan->arena, pipeline->joints, pipeline->joint_count) = joint;
    return 0;
}

/* Names of the row must not be ambiguous: A_B.C and A.B_C. */
static int check_row(const struct ksql_joiner *joiner)
{
    const struct ksql_schema *row = &joiner->plan->pipeline.input;
    for (size_t i = 0; i < row->count; i++) {
        for (size_t j = 0; j < i; j++) {
            if (strcmp(row->columns[i].name, row->columns[j].name) == 0)
                return ksql_problem_unsupported(joiner->problem, &joiner->select->place,
                    "A join in which two columns are called %s", row->columns[i].name);
        }
    }
    return 0;
}

int ksql_plan_join(struct ksql_plan *plan, const char *sink, struct ksql_problem *problem)
{
    struct ksql_select *select = plan->parsed.select;
    const struct ksql_joiner joiner = {.plan = plan, .problem = problem, .select = select};
    bool synthetic = false;
    struct keys keys = {0};
    const size_t sources = plan->source_count;
    if (sources > KSQL_QUERY_SOURCES_MAX)
        return ksql_problem_set(problem, &select->from_place,
            "a SELECT reads from more than %u sources", KSQL_QUERY_SOURCES_MAX);
    if (check_kinds(&joiner) || check_formats(&joiner))
        return OF_INPUT;
    if (select->partition_count)
        return ksql_problem_unsupported(
            problem, &select->partition_place, "PARTITION BY behind a join");
    build_row(&joiner);
    struct ksql_node *sides[KSQL_QUERY_SOURCES_MAX][2];
    bool as_is[KSQL_QUERY_SOURCES_MAX] = {false};
    for (size_t i = 1; i < sources; i++) {
        if (split_condition(&joiner, i, &sides[i][0], &sides[i][1]))
            return OF_INPUT;
    }
    for (size_t i = 1; i < sources; i++) {
        if (check_condition(&joiner, i, sides[i][0], sides[i][1]))
            return OF_INPUT;
        as_is[i] =
            i == 1 ? is_key(&joiner, 0, sides[i][0]) : as_is[i - 1] && has_key(&keys, sides[i][0]);
        add_keys(&joiner, &keys, sides[i][0], sides[i][1]);
        synthetic = synthetic || select->joins[i - 1].kind == KSQL_JOIN_FULL;
    }
    expand_stars(&joiner, synthetic);
    if (!select->group_count && choose_key(&joiner, &keys, synthetic, sink))
        return OF_INPUT;
    for (size_t i = 1; i < sources; i++) {
        if (add_joint(&joiner, i, sides[i][0], sides[i][1]))
            return OF_INPUT;
        plan->pipeline.joints[i - 1].as_is = as_is[i];
    }
    return rename_all(&joiner) ? OF_INPUT : check_row(&joiner);
}
