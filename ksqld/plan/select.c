/* The clauses of a SELECT, typed and put together. The rules for the result are elsewhere. */
#include "ksqld/plan/select.h"

#include "ksqld/lang/node.h"
#include "ksqld/plan/group.h"
#include "ksqld/plan/join.h"
#include "ksqld/plan/resolve.h"
#include "ksqld/plan/typing.h"

#include <strings.h>

struct builder {
    struct ksql_plan *plan;
    struct ksql_pipeline *pipeline;
    const struct ksql_select *select;
    struct ksql_scope scope;
    const char **key_names; /* of PARTITION BY's result, before SELECT names it */
};

/* ---- WHERE and PARTITION BY ---- */

static int build_where(struct builder *builder)
{
    const struct ksql_node *where = builder->select->where;
    if (!where)
        return 0;
    builder->scope.clause = "Predicate";
    if (ksql_type_expression(&builder->scope, where, &builder->pipeline->where))
        return ksql_problem_prefix(builder->scope.problem, "Error in WHERE expression: ");
    if (builder->pipeline->where->type->kind == KSQL_BOOLEAN)
        return 0;
    return ksql_problem_set(builder->scope.problem, &where->place,
        "Type error in WHERE expression: Should evaluate to boolean but is %s (%s) instead.",
        ksql_show_node(&builder->scope, where),
        ksql_show_type(&builder->scope, builder->pipeline->where->type));
}

static bool uses_keys_only(const struct ksql_schema *schema, const struct ksql_expression *item)
{
    if (item->kind == KSQL_NODE_COLUMN)
        return item->index < schema->count && schema->columns[item->index].key;
    for (size_t i = 0; i < item->count; i++) {
        if (!uses_keys_only(schema, item->items[i]))
            return false;
    }
    return true;
}

static int build_partition(struct builder *builder)
{
    const struct ksql_select *select = builder->select;
    struct ksql_pipeline *pipeline = builder->pipeline;
    if (!select->partition_count)
        return 0;
    pipeline->partitioned = true;
    for (size_t i = 0; i < select->partition_count; i++) {
        if (select->partition_by[i]->kind == KSQL_NODE_NULL && select->partition_count > 1)
            return ksql_problem_set(builder->scope.problem, &select->partition_place,
                "Cannot PARTITION BY multiple columns including NULL");
    }
    if (select->partition_by[0]->kind == KSQL_NODE_NULL)
        return 0;
    struct ksql_aliases aliases = {.arena = builder->scope.arena, .schema = &pipeline->input};
    builder->scope.clause = "SelectKey";
    builder->key_names = ksql_arena_new_array(
        builder->scope.arena, select->partition_count, sizeof(*builder->key_names));
    for (size_t i = 0; i < select->partition_count; i++) {
        const struct ksql_node *node = select->partition_by[i];
        struct ksql_expression *expression;
        if (ksql_type_expression(&builder->scope, node, &expression))
            return OF_INPUT;
        builder->key_names[i] =
            node->kind == KSQL_NODE_COLUMN ? node->name : ksql_alias_for(&aliases, node);
        *ksql_arena_append(builder->scope.arena, pipeline->partitions, pipeline->partition_count) =
            expression;
    }
    return 0;
}

/* ---- SELECT ---- */

static struct ksql_output *add_output(
    struct builder *builder, const char *name, struct ksql_expression *expression)
{
    struct ksql_pipeline *pipeline = builder->pipeline;
    size_t count = pipeline->output.count;
    struct ksql_output *output = ksql_arena_append(builder->scope.arena, pipeline->outputs, count);
    *output = (struct ksql_output){.expression = expression};
    ksql_schema_add(builder->scope.arena, &pipeline->output, name, expression->type, false);
    return output;
}

static void add_key(
    struct builder *builder, const char *name, struct ksql_expression *expression, size_t index)
{
    struct ksql_pipeline *pipeline = builder->pipeline;
    struct ksql_output *output = add_output(builder, name, expression);
    output->key = true;
    output->key_index = index;
    output->on_key = !pipeline->partitioned || uses_keys_only(&pipeline->input, expression);
    pipeline->output.columns[pipeline->output.count - 1].key = true;
}

static bool is_bound(const struct ksql_pipeline *pipeline, const char *name,
    const struct ksql_expression *expression)
{
    size_t start = pipeline->input.count + KSQL_WINDOWSTART;
    if (!pipeline->windows.kind || expression->kind != KSQL_NODE_COLUMN)
        return false;
    return (expression->index == start && strcmp(name, "WINDOWSTART") == 0) ||
           (expression->index == start + 1 && strcmp(name, "WINDOWEND") == 0);
}

/* To who asked, keys are columns like others, as often and where they were written; where the
 * row is gone, those are still told that have the key's own name. */
static void add_told(
    struct builder *builder, const char *name, struct ksql_expression *expression, size_t index)
{
    const struct ksql_pipeline *pipeline = builder->pipeline;
    struct ksql_output *output = add_output(builder, name, expression);
    bool key = index < pipeline->input.count && !pipeline->partitioned;
    output->on_key = (key && strcmp(pipeline->input.columns[index].name, name) == 0) ||
                     is_bound(pipeline, name, expression);
}

static struct ksql_expression *slot_expression(struct builder *builder, size_t slot)
{
    struct ksql_node node = {.kind = KSQL_NODE_COLUMN};
    struct ksql_expression *expression =
        ksql_expression_new(&builder->scope, &node, ksql_scope_slot_type(&builder->scope, slot));
    expression->index = slot;
    return expression;
}

static bool is_key_name(const struct builder *builder, const char *name)
{
    for (size_t i = 0; i < builder->pipeline->partition_count; i++) {
        if (strcmp(builder->key_names[i], name) == 0)
            return true;
    }
    return false;
}

/* Windows are told to who asks, but not kept beside the key. */
static void add_bounds(struct builder *builder)
{
    static const char *const names[] = {"WINDOWSTART", "WINDOWEND"};
    size_t first = builder->pipeline->input.count + KSQL_WINDOWSTART;
    for (size_t i = 0; i < OF_COUNT(names); i++)
        add_output(builder, names[i], slot_expression(builder, first + i))->on_key = true;
}

/* The key first, then the values in their order; a key that PARTITION BY has replaced comes last,
 * as a value. */
static void add_star(struct builder *builder)
{
    const struct ksql_pipeline *pipeline = builder->pipeline;
    const struct ksql_schema *input = &pipeline->input;
    for (size_t i = 0; i < pipeline->partition_count; i++)
        (builder->plan->ephemeral ? add_told : add_key)(
            builder, builder->key_names[i], pipeline->partitions[i], i);
    for (size_t i = 0; !pipeline->partitioned && i < input->count; i++) {
        if (input->columns[i].key)
            (builder->plan->ephemeral ? add_told : add_key)(
                builder, input->columns[i].name, slot_expression(builder, i), i);
    }
    if (builder->plan->ephemeral && pipeline->windows.kind)
        add_bounds(builder);
    for (int old_keys = 0; old_keys <= pipeline->partitioned; old_keys++) {
        for (size_t i = 0; i < input->count; i++) {
            const struct ksql_column *column = &input->columns[i];
            if (column->key == old_keys && !column->header && !is_key_name(builder, column->name))
                add_output(builder, column->name, slot_expression(builder, i));
        }
        for (size_t i = 0; !old_keys && i < input->count; i++) {
            if (input->columns[i].header && !is_key_name(builder, input->columns[i].name))
                add_output(builder, input->columns[i].name, slot_expression(builder, i));
        }
    }
}

/* Which key this item is: an expression of PARTITION BY, or else a key column of the input;
 * SIZE_MAX: none. */
static size_t find_key(const struct builder *builder, const struct ksql_node *node,
    const struct ksql_expression *expression)
{
    const struct ksql_pipeline *pipeline = builder->pipeline;
    for (size_t i = 0; i < pipeline->partition_count; i++) {
        if (ksql_node_equal(node, builder->select->partition_by[i]))
            return i;
    }
    bool key = !pipeline->partitioned && expression->kind == KSQL_NODE_COLUMN &&
               expression->index < pipeline->input.count &&
               pipeline->input.columns[expression->index].key;
    return key ? expression->index : SIZE_MAX;
}

int ksql_check_alias(
    const struct ksql_select_item *item, bool ephemeral, struct ksql_problem *problem)
{
    static const char *const reserved[] = {
        "ROWTIME", "ROWPARTITION", "ROWOFFSET", "WINDOWSTART", "WINDOWEND"};
    for (size_t i = 0; i < OF_COUNT(reserved); i++) {
        if (strcasecmp(item->alias, reserved[i]) != 0)
            continue;
        bool same =
            item->node->kind == KSQL_NODE_COLUMN && strcasecmp(item->node->name, item->alias) == 0;
        if (same && ephemeral)
            return 0;
        return same
                   ? ksql_problem_set(problem, &item->place,
                         "Reserved column name in select: `%s`. Please remove or alias the column.",
                         reserved[i])
                   : ksql_problem_set(problem, &item->place,
                         "`%s` is a reserved column name. You cannot use it as an alias for a "
                         "column.",
                         reserved[i]);
    }
    return 0;
}

static int add_single(struct builder *builder, const struct ksql_select_item *item);

/* NODE->*: a column for each field, under the field's name. */
static int add_fields(struct builder *builder, const struct ksql_select_item *item)
{
    const struct ksql_node *node = item->node;
    struct ksql_expression *expression;
    if (node->kind != KSQL_NODE_COLUMN && node->kind != KSQL_NODE_FIELD)
        return ksql_problem_unsupported(
            builder->scope.problem, &item->place, "->* of anything but a column or its fields");
    if (ksql_type_expression(&builder->scope, node, &expression))
        return OF_INPUT;
    if (expression->type->kind != KSQL_STRUCT)
        return ksql_problem_set(builder->scope.problem, &item->place,
            node->kind == KSQL_NODE_COLUMN ? "Column `%s` is not a STRUCT type."
                                           : "Field %s is not a STRUCT type.",
            node->name);
    for (size_t i = 0; i < expression->type->field_count; i++) {
        struct ksql_node *field =
            ksql_node_new(builder->scope.arena, KSQL_NODE_FIELD, &item->place);
        field->name = expression->type->fields[i].name;
        ksql_node_add(builder->scope.arena, field, item->node);
        const struct ksql_select_item single = {
            .node = field, .alias = field->name, .place = item->place};
        if (add_single(builder, &single))
            return OF_INPUT;
    }
    return 0;
}

static int add_single(struct builder *builder, const struct ksql_select_item *item)
{
    if (ksql_check_alias(item, builder->plan->ephemeral, builder->scope.problem))
        return OF_INPUT;
    struct ksql_expression *expression;
    if (ksql_type_expression(&builder->scope, item->node, &expression))
        return OF_INPUT;
    if (expression->type->kind == KSQL_NULL)
        return ksql_problem_set(builder->scope.problem, &item->place,
            "Can't infer a type of null. Please explicitly cast it to a required type, e.g. "
            "CAST(null AS VARCHAR).");
    size_t key = find_key(builder, item->node, expression);
    if (builder->plan->ephemeral)
        add_told(builder, item->alias, expression, key);
    else if (key == SIZE_MAX)
        add_output(builder, item->alias, expression);
    else
        add_key(builder, item->alias, expression, key);
    return 0;
}

/* Key columns stand first, in the order of the input's key or of PARTITION BY. */
static void order_outputs(struct builder *builder)
{
    struct ksql_pipeline *pipeline = builder->pipeline;
    size_t count = pipeline->output.count, to = 0;
    size_t keys = pipeline->partitioned ? pipeline->partition_count : pipeline->input.count;
    struct ksql_output *outputs =
        ksql_arena_new_array(builder->scope.arena, count, sizeof(*outputs));
    struct ksql_column *columns =
        ksql_arena_new_array(builder->scope.arena, count, sizeof(*columns));
    for (size_t key = 0; key <= keys; key++) {
        for (size_t i = 0; i < count; i++) {
            const struct ksql_output *output = &pipeline->outputs[i];
            if (key < keys ? !output->key || output->key_index != key : output->key)
                continue;
            outputs[to] = *output;
            columns[to++] = pipeline->output.columns[i];
        }
    }
    pipeline->outputs = outputs;
    pipeline->output.columns = columns;
}

void ksql_plan_timing(struct ksql_arena *arena, const struct ksql_source *source,
    const struct ksql_schema *schema, struct ksql_timing *timing)
{
    const char *format = source->timestamp_format, *refusal = NULL;
    for (size_t i = 0; i < schema->count && !timing->any; i++) {
        timing->any = strcmp(schema->columns[i].name, source->timestamp_column) == 0;
        timing->slot = i;
    }
    if (timing->any && format) /* it was read before, when the source was made */
        timing->format =
            ksql_format_read(arena, (struct of_text){format, strlen(format)}, &refusal);
}

static void add_feed(struct ksql_plan *plan, const struct ksql_source *from)
{
    struct ksql_pipeline *pipeline = &plan->pipeline;
    const struct ksql_select *select = plan->parsed.select;
    struct ksql_feed feed = {.key_format = ksql_arena_strdup(&plan->arena, from->key_format),
        .value_format = ksql_arena_strdup(&plan->arena, from->value_format),
        .unwrapped = !from->wrap_single_value,
        .windows = from->windows,
        .table = from->table,
        .kept = from->table && (select->where || select->group_count || select->join_count)};
    memcpy(feed.delimiters, from->delimiters, sizeof(from->delimiters));
    ksql_schema_copy(&plan->arena, &from->schema, &feed.schema);
    ksql_plan_timing(&plan->arena, from, &feed.schema, &feed.timing);
    *ksql_arena_append(&plan->arena, pipeline->feeds, pipeline->feed_count) = feed;
}

/* Clauses that only streams have, and those that this runner doesn't have. */
static int check_clauses(const struct ksql_plan *plan, struct ksql_problem *problem)
{
    const struct ksql_select *select = plan->parsed.select;
    for (size_t i = 0; i < select->count; i++) {
        if (select->items[i].fields && (select->group_count || select->join_count))
            return ksql_problem_unsupported(
                problem, &select->items[i].place, "->* beside GROUP BY or JOIN");
    }
    if (select->final && !select->window)
        return ksql_problem_set(
            problem, &select->place, "EMIT FINAL is only supported for windowed aggregations.");
    for (size_t i = 0; select->group_count && i < select->count; i++) {
        if (!select->items[i].star && ksql_check_alias(&select->items[i], plan->ephemeral, problem))
            return OF_INPUT;
    }
    if (select->having && !select->group_count)
        return ksql_problem_unsupported(problem, &select->having->place, "HAVING");
    if (select->final)
        return ksql_problem_unsupported(problem, &select->place, "EMIT FINAL");
    if (plan->pipeline.table && select->partition_count)
        return ksql_problem_unsupported(
            problem, &select->partition_place, "PARTITION BY over a table");
    if (plan->pipeline.windows.kind && select->partition_count)
        return ksql_problem_unsupported(
            problem, &select->partition_place, "PARTITION BY of windowed keys");
    return 0;
}

/* Of the keys that GROUP BY makes. */
static struct ksql_windows windows_of(const struct ksql_window_clause *clause)
{
    struct ksql_windows windows = {0};
    if (!clause)
        return windows;
    windows.kind = clause->session ? KSQL_WINDOW_SESSION : KSQL_WINDOW_TIME;
    windows.size = clause->session ? 0 : clause->size_ms;
    windows.hopping = clause->hopping;
    return windows;
}

int ksql_plan_select(struct ksql_plan *plan, const struct ksql_source *from, const char *sink,
    struct ksql_problem *problem)
{
    struct ksql_pipeline *pipeline = &plan->pipeline;
    const struct ksql_select *select = plan->parsed.select;
    const bool aggregates = ksql_group_is_asked(select);
    for (size_t i = 0; i < plan->source_count; i++)
        add_feed(plan, plan->sources[i]);
    pipeline->table = from->table;
    pipeline->input = pipeline->feeds[0].schema;
    pipeline->windows = from->windows;
    if (check_clauses(plan, problem) || (select->join_count && ksql_plan_join(plan, sink, problem)))
        return OF_INPUT;
    struct builder builder = {.plan = plan,
        .pipeline = pipeline,
        .select = select,
        .scope = {.schema = &pipeline->input, .arena = &plan->arena, .problem = problem}};
    if (ksql_check_columns(&plan->arena, select, &pipeline->input, problem) ||
        build_where(&builder))
        return OF_INPUT;
    if (aggregates) {
        pipeline->windows = windows_of(select->window);
        if (ksql_plan_group(plan, sink, problem))
            return OF_INPUT;
        ksql_want_columns(plan);
        return 0;
    }
    if (select->window)
        return ksql_problem_set(
            problem, &select->window->place, "WINDOW clause requires a GROUP BY clause.");
    if (build_partition(&builder))
        return OF_INPUT;
    builder.scope.clause = "Select";
    builder.scope.tables = pipeline;
    for (size_t i = 0; i < select->count; i++) {
        if (select->items[i].star)
            add_star(&builder);
        else if (select->items[i].fields ? add_fields(&builder, &select->items[i])
                                         : add_single(&builder, &select->items[i]))
            return OF_INPUT;
    }
    if (ksql_check_projection(plan, sink, builder.key_names, problem))
        return OF_INPUT;
    if (!plan->ephemeral)
        order_outputs(&builder);
    ksql_want_columns(plan);
    return 0;
}
