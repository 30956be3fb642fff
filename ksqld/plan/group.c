/* GROUP BY, HAVING and SELECT of a query that groups, with ksqlDB's rules for them. */
#include "ksqld/plan/group.h"

#include "ksqld/lang/node.h"
#include "ksqld/plan/resolve.h"
#include "ksqld/plan/typing.h"

#include <stdlib.h>

/* ---- GROUP BY ---- */

int ksql_group_fail_bound(const struct ksql_grouper *grouper, const struct ksql_node *node)
{
    return ksql_problem_set(grouper->input.problem, &node->place,
        "Window bounds column %s can only be used in the SELECT clause of windowed aggregations "
        "and can not be passed to aggregate functions.\nSee "
        "https://github.com/confluentinc/ksql/issues/4397",
        node->name);
}

/* No aggregate and no bound of a window within GROUP BY; no bound within HAVING. */
static int check_node(
    const struct ksql_grouper *grouper, const struct ksql_node *node, bool aggregates)
{
    bool known;
    ksql_group_aggregate(node, &known);
    if (ksql_is_window_bound(grouper->select, node))
        return ksql_group_fail_bound(grouper, node);
    if (known && !aggregates)
        return ksql_problem_set(grouper->input.problem, &node->place,
            "GROUP BY does not support aggregate functions: %s is an aggregate function.",
            node->name);
    for (size_t i = 0; i < node->count; i++) {
        if (check_node(grouper, node->items[i], aggregates))
            return OF_INPUT;
    }
    return 0;
}

static int add_key(struct ksql_grouper *grouper, size_t index)
{
    const struct ksql_select *select = grouper->select;
    const struct ksql_node *node = select->group_by[index];
    struct of_buffer text OF_CLEANUP(of_buffer_release);
    struct ksql_expression *key;
    of_buffer_init(&text, KSQL_PROBLEM_MAX);
    ksql_node_format(node, true, false, &text);
    const char *shown =
        ksql_arena_strndup(&grouper->plan->arena, (const char *)text.data, text.length);
    for (size_t i = 0; i < index; i++) {
        if (ksql_node_equal(node, select->group_by[i]))
            return ksql_problem_set(
                grouper->input.problem, &node->place, "Duplicate GROUP BY expression: %s", shown);
    }
    if (check_node(grouper, node, false) || ksql_type_expression(&grouper->input, node, &key))
        return OF_INPUT;
    if (key->type->kind == KSQL_NULL)
        return ksql_problem_unsupported(grouper->input.problem, &node->place, "GROUP BY NULL");
    struct ksql_grouping *grouping = grouper->grouping;
    *ksql_arena_append(&grouper->plan->arena, grouping->keys, grouping->key_count) = key;
    ksql_group_add_column(grouper, ksql_show_node(&grouper->input, node), key->type);
    return 0;
}

/* ---- SELECT ---- */

/* Which expression of GROUP BY this is; SIZE_MAX: none. */
static size_t find_key(const struct ksql_grouper *grouper, const struct ksql_node *node)
{
    for (size_t i = 0; i < grouper->select->group_count; i++) {
        if (ksql_node_equal(node, grouper->select->group_by[i]))
            return i;
    }
    return SIZE_MAX;
}

struct picked {
    const char *alias;
    const struct ksql_node *node;
    struct ksql_node *rewritten;
    size_t key; /* SIZE_MAX: a value */
    const struct ksql_type *type;
};

struct selection {
    struct picked *items;
    size_t count;
    const char **unmatched; /* texts of what is no part of GROUP BY */
    size_t unmatched_count;
};

static int pick(struct ksql_grouper *grouper, struct selection *selection, const char *alias,
    const struct ksql_node *node)
{
    struct ksql_arena *arena = &grouper->plan->arena;
    struct ksql_group_walk walk = {0};
    struct picked picked = {.alias = alias, .node = node, .key = find_key(grouper, node)};
    if (ksql_group_rewrite(grouper, node, &walk, &picked.rewritten))
        return OF_INPUT;
    if (walk.unmatched_count)
        *ksql_arena_append(arena, selection->unmatched, selection->unmatched_count) =
            ksql_show_node(&grouper->input, node);
    *ksql_arena_append(arena, selection->items, selection->count) = picked;
    return 0;
}

/* All columns of the source, which GROUP BY must have all. */
static int pick_star(struct ksql_grouper *grouper, struct selection *selection)
{
    const struct ksql_schema *schema = &grouper->pipeline->input;
    for (size_t i = 0; i < schema->count; i++) {
        struct ksql_node *column =
            ksql_node_new(&grouper->plan->arena, KSQL_NODE_COLUMN, &grouper->select->place);
        column->name = schema->columns[i].name;
        column->source = grouper->select->alias;
        if (pick(grouper, selection, column->name, column))
            return OF_INPUT;
    }
    return 0;
}

static int pick_all(struct ksql_grouper *grouper, struct selection *selection)
{
    for (size_t i = 0; i < grouper->select->count; i++) {
        const struct ksql_select_item *item = &grouper->select->items[i];
        if (item->star) {
            if (pick_star(grouper, selection))
                return OF_INPUT;
            continue;
        }
        if (pick(grouper, selection, item->alias, item->node))
            return OF_INPUT;
    }
    return 0;
}

/* Its aggregates become columns, too, before anything is typed. */
static int rewrite_having(struct ksql_grouper *grouper, struct ksql_group_walk *walk)
{
    const struct ksql_node *having = grouper->select->having;
    if (!having)
        return 0;
    if (check_node(grouper, having, true))
        return OF_INPUT;
    return ksql_group_rewrite(grouper, having, walk, &grouper->having);
}

static int fail_having(const struct ksql_grouper *grouper, const struct ksql_group_walk *walk)
{
    struct ksql_arena *arena = &grouper->plan->arena;
    const char **names = NULL;
    size_t count = 0;
    for (size_t i = 0; i < walk->unmatched_count; i++)
        *ksql_arena_append(arena, names, count) =
            ksql_show_node(&grouper->input, walk->unmatched[i]);
    return ksql_problem_set(grouper->input.problem, &grouper->select->having->place,
        "Non-aggregate HAVING expression not part of GROUP BY: %s\nConsider switching the HAVING "
        "clause to a WHERE clause before the GROUP BY.",
        ksql_join_names(arena, names, count, false));
}

static int type_having(struct ksql_grouper *grouper)
{
    const struct ksql_node *having = grouper->select->having;
    if (!having)
        return 0;
    if (ksql_type_expression(&grouper->result, grouper->having, &grouper->grouping->having))
        return ksql_problem_prefix(grouper->input.problem, "Error in HAVING expression: ");
    if (grouper->grouping->having->type->kind == KSQL_BOOLEAN)
        return 0;
    return ksql_problem_set(grouper->input.problem, &having->place,
        "Type error in HAVING expression: Should evaluate to boolean but is %s (%s) instead.",
        ksql_show_node(&grouper->input, having),
        ksql_show_type(&grouper->input, grouper->grouping->having->type));
}

static int compare_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* How often an expression of GROUP BY is selected; twice is an error. */
static int count_key(const struct ksql_grouper *grouper, const struct selection *selection,
    size_t key, size_t *found)
{
    struct ksql_arena *arena = &grouper->plan->arena;
    const char **aliases = NULL;
    *found = 0;
    for (size_t i = 0; i < selection->count; i++) {
        if (selection->items[i].key == key)
            *ksql_arena_append(arena, aliases, *found) = selection->items[i].alias;
    }
    if (*found <= 1)
        return 0;
    qsort(aliases, *found, sizeof(*aliases), compare_text);
    for (size_t i = 0; i < *found; i++)
        aliases[i] = ksql_arena_printf(arena, "`%s`", aliases[i]);
    return ksql_problem_set(grouper->input.problem, &grouper->select->place,
        "The projection contains a key column more than once: %s.\nEach key column must only be in "
        "the projection once. If you intended to copy the key into the value, then consider using "
        "the AS_VALUE function to indicate which key reference should be copied.",
        ksql_join_names(arena, aliases, *found, true));
}

static int check_keys(const struct ksql_grouper *grouper, const struct selection *selection)
{
    size_t found;
    for (size_t key = 0; key < grouper->select->group_count; key++) {
        if (count_key(grouper, selection, key, &found))
            return OF_INPUT;
    }
    return 0;
}

static int check_missing(const struct ksql_grouper *grouper, const struct selection *selection)
{
    struct ksql_arena *arena = &grouper->plan->arena;
    const char **keys = NULL;
    size_t count = 0, found;
    bool missing = false;
    for (size_t key = 0; key < grouper->select->group_count; key++) {
        if (count_key(grouper, selection, key, &found))
            return OF_INPUT;
        missing = missing || !found;
        *ksql_arena_append(arena, keys, count) =
            ksql_show_node(&grouper->input, grouper->select->group_by[key]);
    }
    if (!missing)
        return 0;
    const char *plural = count > 1 ? "s" : "";
    return ksql_problem_set(grouper->input.problem, &grouper->select->place,
        "Key%s missing from projection (ie, SELECT). \nThe query used to build `%s` must include "
        "the grouping expression%s %s in its projection (eg, SELECT %s...).",
        plural, grouper->sink, plural, ksql_join_names(arena, keys, count, true),
        ksql_join_names(arena, keys, count, false));
}

static int add_output(struct ksql_grouper *grouper, struct picked *picked)
{
    struct ksql_pipeline *pipeline = grouper->pipeline;
    struct ksql_expression *expression;
    bool key = picked->key != SIZE_MAX;
    if (ksql_type_expression(&grouper->result, picked->rewritten, &expression))
        return OF_INPUT;
    if (expression->type->kind == KSQL_NULL)
        return ksql_problem_set(grouper->input.problem, &picked->node->place,
            "Can't infer a type of null. Please explicitly cast it to a required type, e.g. "
            "CAST(null AS VARCHAR).");
    picked->type = expression->type;
    struct ksql_output output = {
        .expression = expression, .key = key, .key_index = picked->key, .on_key = key};
    if (grouper->plan->ephemeral) { /* told where the row is gone if it has the key's own name */
        bool bound = ksql_is_window_bound(grouper->select, picked->node);
        bool column = key && picked->node->kind == KSQL_NODE_COLUMN;
        output.on_key = (bound || column) && strcmp(picked->node->name, picked->alias) == 0;
        output.key = key = false;
    }
    size_t count = pipeline->output.count; /* which the column counts */
    *ksql_arena_append(&grouper->plan->arena, pipeline->outputs, count) = output;
    ksql_schema_add(&grouper->plan->arena, &pipeline->output, picked->alias, expression->type, key);
    return 0;
}

/* Keys in the order of GROUP BY, then the others in that of SELECT; or all in that of SELECT. */
static int add_outputs(struct ksql_grouper *grouper, struct selection *selection)
{
    size_t keys = grouper->select->group_count;
    for (size_t key = grouper->plan->ephemeral ? keys : 0; key <= keys; key++) {
        for (size_t i = 0; i < selection->count; i++) {
            struct picked *picked = &selection->items[i];
            bool now = grouper->plan->ephemeral || picked->key == (key == keys ? SIZE_MAX : key);
            if (now && add_output(grouper, picked))
                return OF_INPUT;
        }
    }
    return 0;
}

/* To who asks, all columns are values. */
static bool is_source_key(const struct ksql_grouper *grouper, const struct ksql_node *node)
{
    const struct ksql_schema *schema = &grouper->pipeline->input;
    if (grouper->plan->ephemeral)
        return false;
    for (size_t i = 0; node->kind == KSQL_NODE_COLUMN && i < schema->count; i++) {
        if (strcmp(schema->columns[i].name, node->name) == 0)
            return schema->columns[i].key;
    }
    return false;
}

/* For ksqlDB, keys of the source are still keys here; all else is a value. */
static int check_names(const struct ksql_grouper *grouper, const struct selection *selection)
{
    for (size_t i = 0; i < selection->count; i++) {
        const struct picked *item = &selection->items[i];
        bool key = is_source_key(grouper, item->node);
        for (size_t j = 0; j < i; j++) {
            const struct picked *other = &selection->items[j];
            if (strcmp(item->alias, other->alias) == 0 &&
                is_source_key(grouper, other->node) == key)
                return ksql_problem_set(grouper->input.problem, &grouper->select->place,
                    "Duplicate %s columns found in schema: `%s` %s%s", key ? "key" : "value",
                    item->alias, ksql_show_type(&grouper->input, item->type), key ? " KEY" : "");
        }
    }
    return 0;
}

static int check_values(const struct ksql_grouper *grouper)
{
    const struct ksql_schema *output = &grouper->pipeline->output;
    if (!grouper->plan->ephemeral && output->count == ksql_schema_key_count(output))
        return ksql_problem_set(grouper->input.problem, &grouper->select->place,
            "The projection contains no value columns.");
    for (size_t i = 0; i < output->count; i++) {
        for (size_t j = 0; j < i; j++) {
            if (strcmp(output->columns[i].name, output->columns[j].name) == 0)
                return ksql_problem_unsupported(grouper->input.problem, &grouper->select->place,
                    "A key and a value of one name (%s)", output->columns[i].name);
        }
    }
    return 0;
}

/* ---- what the functions and formats allow ---- */

static int check_functions(const struct ksql_grouper *grouper)
{
    struct ksql_arena *arena = &grouper->plan->arena;
    const struct ksql_grouping *grouping = grouper->grouping;
    const char *value_format = grouper->pipeline->feeds[0].value_format;
    const char **names = NULL;
    size_t count = 0;
    for (size_t i = 0; i < grouping->call_count; i++) {
        const struct ksql_aggregate_call *call = &grouping->calls[i];
        if (grouper->pipeline->table && !call->function->undo)
            *ksql_arena_append(arena, names, count) = call->function->name;
    }
    if (count)
        return ksql_problem_set(grouper->input.problem, &grouper->select->place,
            "The aggregation function%s %s cannot be applied to a table source, only to a stream "
            "source.",
            count > 1 ? "s" : "", ksql_join_names(arena, names, count, true));
    for (size_t i = 0; i < grouping->call_count; i++) {
        if (strcmp(value_format, "DELIMITED") == 0 &&
            grouping->calls[i].site.state->kind >= KSQL_ARRAY)
            return ksql_problem_set(grouper->input.problem, &grouper->select->place,
                "One of the functions used in the statement has an intermediate type that the "
                "value format can not handle. Please remove the function or change the format.\n"
                "Consider up-voting https://github.com/confluentinc/ksql/issues/3950, which will "
                "resolve this limitation");
    }
    return 0;
}

/* Kafka Streams keeps no window for less than its size and grace; without a grace both are a day.
 */
static bool is_kept(const struct ksql_window_clause *window)
{
    const int64_t day = 86400000;
    int64_t size = window->size_ms > 0 ? window->size_ms : 0;
    int64_t least = window->grace_ms >= 0 ? size + window->grace_ms : size > day ? size : day;
    return window->retention_ms < 0 || window->retention_ms >= least;
}

static int check_source(const struct ksql_grouper *grouper)
{
    const struct ksql_select *select = grouper->select;
    const struct ksql_feed *feed = &grouper->pipeline->feeds[0];
    struct ksql_problem *problem = grouper->input.problem;
    if (select->group_count && strcmp(feed->value_format, "KAFKA") == 0)
        return ksql_problem_set(problem, &select->from_place,
            "Source(s) %s are using the 'KAFKA' value format. This format does not yet support "
            "GROUP BY.",
            select->alias);
    if (feed->windows.kind)
        return ksql_problem_unsupported(problem, &select->from_place, "GROUP BY of windowed keys");
    if (select->partition_count)
        return ksql_problem_unsupported(
            problem, &select->partition_place, "PARTITION BY beside GROUP BY");
    if (select->window && grouper->pipeline->table)
        return ksql_problem_set(
            problem, &select->window->place, "Windowing not supported for table aggregations.");
    if (select->window && !is_kept(select->window))
        return ksql_problem_unsupported(problem, &select->window->place,
            "A RETENTION that is shorter than the window and its grace period");
    return 0;
}

/* ksqlDB names its functions with the argument that they get by themselves. */
static int fail_ungrouped(const struct ksql_grouper *grouper)
{
    struct ksql_arena *arena = &grouper->plan->arena;
    const char **names = NULL;
    size_t count = 0;
    for (size_t i = 0; i < grouper->call_count; i++) {
        const struct ksql_node *call = grouper->calls[i];
        *ksql_arena_append(arena, names, count) =
            call->count ? ksql_show_node(&grouper->input, call)
                        : ksql_arena_printf(arena, "%s(ROWTIME)", call->name);
    }
    return ksql_problem_set(grouper->input.problem, &grouper->select->place,
        "CREATE TABLE AS SELECT statement does not support aggregate function [%s] without a GROUP "
        "BY clause.",
        ksql_join_names(arena, names, count, false));
}

int ksql_plan_group(struct ksql_plan *plan, const char *sink, struct ksql_problem *problem)
{
    struct ksql_pipeline *pipeline = &plan->pipeline;
    struct ksql_grouping *grouping = ksql_arena_new(&plan->arena, sizeof(*grouping));
    struct selection selection = {0};
    struct ksql_grouper grouper = {.plan = plan,
        .pipeline = pipeline,
        .grouping = grouping,
        .select = plan->parsed.select,
        .sink = sink,
        .input = {.schema = &pipeline->input,
            .arena = &plan->arena,
            .problem = problem,
            .clause = "Select"},
        .result = {.schema = &grouping->row,
            .arena = &plan->arena,
            .problem = problem,
            .clause = "Select"}};
    grouping->window = grouper.select->window;
    grouping->row.windowed = grouping->window;
    pipeline->grouping = grouping;
    if (check_source(&grouper))
        return OF_INPUT;
    for (size_t i = 0; i < grouper.select->group_count; i++) {
        if (add_key(&grouper, i))
            return OF_INPUT;
    }
    struct ksql_group_walk having = {0};
    if (pick_all(&grouper, &selection) || rewrite_having(&grouper, &having))
        return OF_INPUT;
    if (!grouping->call_count)
        return ksql_problem_set(problem, &grouper.select->place,
            "GROUP BY requires aggregate functions in either the SELECT or HAVING clause.");
    if (selection.unmatched_count)
        return ksql_problem_set(problem, &grouper.select->place,
            "Non-aggregate SELECT expression(s) not part of GROUP BY: %s\nEither add the column(s) "
            "to the GROUP BY or remove them from the SELECT.",
            ksql_join_names(&plan->arena, selection.unmatched, selection.unmatched_count, false));
    if (having.unmatched_count)
        return fail_having(&grouper, &having);
    if (!grouper.select->group_count)
        return fail_ungrouped(&grouper);
    bool kept = !plan->ephemeral;
    if (add_outputs(&grouper, &selection) || check_names(&grouper, &selection) ||
        (kept && check_keys(&grouper, &selection)) || check_values(&grouper) ||
        type_having(&grouper) || (kept && check_missing(&grouper, &selection)))
        return OF_INPUT;
    return check_functions(&grouper);
}
