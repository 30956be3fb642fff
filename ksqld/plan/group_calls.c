/* Aggregates within expressions: found, typed, and replaced by the columns that hold their results.
 */
#include "ksqld/lang/node.h"
#include "ksqld/plan/group.h"
#include "ksqld/plan/resolve.h"
#include "ksqld/plan/typing.h"

const struct ksql_aggregate *ksql_group_aggregate(const struct ksql_node *node, bool *known)
{
    *known = node->kind == KSQL_NODE_CALL && ksql_aggregate_is_known(node->name);
    return *known ? ksql_aggregate_find(node->name) : NULL;
}

bool ksql_group_has_aggregate(const struct ksql_node *node)
{
    bool known;
    ksql_group_aggregate(node, &known);
    for (size_t i = 0; i < node->count && !known; i++)
        known = ksql_group_has_aggregate(node->items[i]);
    return known;
}

bool ksql_group_is_asked(const struct ksql_select *select)
{
    bool asked = select->group_count;
    for (size_t i = 0; i < select->count && !asked; i++)
        asked = !select->items[i].star && ksql_group_has_aggregate(select->items[i].node);
    return asked;
}

void ksql_group_add_column(
    struct ksql_grouper *grouper, const char *name, const struct ksql_type *type)
{
    struct ksql_schema *row = &grouper->grouping->row;
    for (size_t i = 0; i < row->count; i++) {
        if (strcmp(row->columns[i].name, name) != 0)
            continue;
        name = ksql_arena_printf(&grouper->plan->arena, "%s_", name);
        i = SIZE_MAX; /* from the start again */
    }
    ksql_schema_add(&grouper->plan->arena, row, name, type, false);
}

/* Another aggregate, or a bound of the query's own windows, within the arguments of one. */
static int check_argument(
    const struct ksql_grouper *grouper, const struct ksql_node *call, const struct ksql_node *node)
{
    bool known;
    ksql_group_aggregate(node, &known);
    if (known)
        return ksql_problem_set(grouper->input.problem, &call->place,
            "Aggregate functions can not be nested: %s(%s())", call->name, node->name);
    if (ksql_is_window_bound(grouper->select, node))
        return ksql_group_fail_bound(grouper, node);
    for (size_t i = 0; i < node->count; i++) {
        if (check_argument(grouper, call, node->items[i]))
            return OF_INPUT;
    }
    return 0;
}

/* COUNT(*) and COUNT() work on ROWTIME. */
static int type_arguments(
    struct ksql_grouper *grouper, const struct ksql_node *node, struct ksql_aggregate_call *call)
{
    struct ksql_arena *arena = &grouper->plan->arena;
    struct ksql_node rowtime = {.kind = KSQL_NODE_COLUMN, .name = "ROWTIME", .place = node->place};
    size_t count = node->count ? node->count : 1;
    const struct ksql_type **types = ksql_arena_new_array(arena, count, sizeof(*types));
    const struct ksql_value **constants = ksql_arena_new_array(arena, count, sizeof(*constants));
    call->arguments = ksql_arena_new_array(arena, count, sizeof(*call->arguments));
    for (size_t i = 0; i < count; i++) {
        const struct ksql_node *item = node->count ? node->items[i] : &rowtime;
        struct ksql_expression *argument;
        if (check_argument(grouper, node, item) ||
            ksql_type_expression(&grouper->input, item, &argument))
            return OF_INPUT;
        call->arguments[i] = argument;
        types[i] = argument->type;
        if (item->kind == KSQL_NODE_INTEGER || item->kind == KSQL_NODE_BOOLEAN)
            constants[i] = &argument->literal;
    }
    call->site.types = types;
    call->site.constants = constants;
    call->site.count = count;
    return 0;
}

/* Whether the function would take the arguments if NULL had a type: ksqlDB takes it for any. Other
 * types it does not change for an aggregate. */
static bool fits_by_nulls(
    const struct ksql_grouper *grouper, const struct ksql_aggregate_call *call)
{
    struct ksql_arena *arena = &grouper->plan->arena;
    struct ksql_aggregate_site site = call->site;
    const struct ksql_type **types = ksql_arena_new_array(arena, site.count, sizeof(*types));
    bool nulls = false;
    for (size_t i = 0; i < site.count; i++) {
        bool null = call->site.types[i]->kind == KSQL_NULL;
        types[i] = null ? &ksql_aggregate_double : call->site.types[i];
        nulls = nulls || null;
    }
    site.types = types;
    return nulls && call->function->accept(&site, arena);
}

static bool is_constant_type(const struct ksql_aggregate_site *site, size_t index)
{
    enum ksql_type_kind kind = site->types[index]->kind;
    return index && (kind == KSQL_INTEGER || kind == KSQL_BOOLEAN);
}

/* Whether it would take the arguments if those that have to be constants were others. */
static bool fits_by_constants(
    const struct ksql_grouper *grouper, const struct ksql_aggregate_call *call)
{
    static const struct ksql_value one = {.number = 1};
    struct ksql_arena *arena = &grouper->plan->arena;
    struct ksql_aggregate_site site = call->site;
    const struct ksql_value **constants =
        ksql_arena_new_array(arena, site.count, sizeof(*constants));
    for (size_t i = 0; i < site.count; i++)
        constants[i] = is_constant_type(&site, i) ? &one : site.constants[i];
    site.constants = constants;
    return call->function->accept(&site, arena);
}

static int fail_constant(const struct ksql_grouper *grouper, const struct ksql_node *node,
    const struct ksql_aggregate_call *call)
{
    for (size_t i = 1; i < node->count; i++) {
        if (is_constant_type(&call->site, i) && !call->site.constants[i])
            return ksql_problem_set(grouper->input.problem, &node->place,
                "Parameter %zu passed to function %s must be a literal constant, but was "
                "expression: '%s'",
                i + 1, node->name, ksql_show_node(&grouper->input, node->items[i]));
    }
    return ksql_problem_unsupported(
        grouper->input.problem, &node->place, "%s with such a constant", call->function->name);
}

static int fail_call(const struct ksql_grouper *grouper, const struct ksql_node *node,
    const struct ksql_aggregate_call *call)
{
    struct ksql_arena *arena = &grouper->plan->arena;
    const char *list = "", *alternatives = "";
    if (fits_by_constants(grouper, call))
        return fail_constant(grouper, node, call);
    if (fits_by_nulls(grouper, call))
        return ksql_problem_unsupported(grouper->input.problem, &node->place,
            "%s of NULL without a type", call->function->name);
    for (size_t i = 0; i < node->count; i++) {
        const struct ksql_type *type = call->site.types[i];
        const char *shown =
            type->kind == KSQL_NULL ? "null" : ksql_show_type(&grouper->input, type);
        list = ksql_arena_printf(arena, "%s%s%s", list, i ? ", " : "", shown);
    }
    for (size_t i = 0; i < KSQL_AGGREGATE_SIGNATURES_MAX && call->function->signatures[i]; i++)
        alternatives =
            ksql_arena_printf(arena, "%s%s\n", alternatives, call->function->signatures[i]);
    return ksql_problem_set(grouper->input.problem, &node->place,
        "Function '%s' does not accept parameters (%s).\nValid alternatives are:\n%sFor detailed "
        "information on a function run: DESCRIBE FUNCTION <Function-Name>;",
        call->function->spelt ? call->function->spelt : call->function->name, list, alternatives);
}

static int add_call(struct ksql_grouper *grouper, const struct ksql_node *node,
    const struct ksql_aggregate *function, size_t *index)
{
    struct ksql_grouping *grouping = grouper->grouping;
    struct ksql_aggregate_call call = {.function = function};
    if (node->count > KSQL_AGGREGATE_ARGUMENTS_MAX)
        return ksql_problem_set(grouper->input.problem, &node->place,
            "an aggregate has more than %d arguments", KSQL_AGGREGATE_ARGUMENTS_MAX);
    memcpy(call.site.limits, grouper->plan->collect_limits, sizeof(call.site.limits));
    if (type_arguments(grouper, node, &call))
        return OF_INPUT;
    if (!function->accept(&call.site, &grouper->plan->arena))
        return fail_call(grouper, node, &call);
    *index = grouping->call_count;
    *ksql_arena_append(&grouper->plan->arena, grouping->calls, grouping->call_count) = call;
    *ksql_arena_append(&grouper->plan->arena, grouper->calls, grouper->call_count) = node;
    ksql_group_add_column(grouper, ksql_show_node(&grouper->input, node), call.site.result);
    return 0;
}

static int find_call(struct ksql_grouper *grouper, const struct ksql_node *node,
    const struct ksql_aggregate *function, size_t *index)
{
    for (*index = 0; *index < grouper->call_count; (*index)++) {
        if (ksql_node_equal(grouper->calls[*index], node))
            return 0;
    }
    return add_call(grouper, node, function, index);
}

static struct ksql_node *make_column(
    struct ksql_grouper *grouper, const struct ksql_node *node, const char *name)
{
    struct ksql_node *column = ksql_node_new(&grouper->plan->arena, KSQL_NODE_COLUMN, &node->place);
    column->name = name;
    return column;
}

static int rewrite_items(struct ksql_grouper *grouper, const struct ksql_node *node,
    struct ksql_group_walk *walk, struct ksql_node **rewritten)
{
    struct ksql_node *copy = ksql_arena_new(&grouper->plan->arena, sizeof(*copy));
    *copy = *node;
    copy->items =
        ksql_arena_new_array(&grouper->plan->arena, node->count + 1, sizeof(*copy->items));
    for (size_t i = 0; i < node->count; i++) {
        if (ksql_group_rewrite(grouper, node->items[i], walk, &copy->items[i]))
            return OF_INPUT;
    }
    *rewritten = copy;
    return 0;
}

/* Behind an aggregate ksqlDB forgets what it is in: columns of an expression of GROUP BY then have
 * to be grouped by on their own. */
static void find_ungrouped(
    const struct ksql_grouper *grouper, const struct ksql_node *node, struct ksql_group_walk *walk)
{
    const struct ksql_select *select = grouper->select;
    bool grouped = node->kind != KSQL_NODE_COLUMN;
    for (size_t i = 0; i < select->group_count && !grouped; i++)
        grouped = ksql_node_equal(node, select->group_by[i]);
    if (!grouped)
        *ksql_arena_append(&grouper->plan->arena, walk->unmatched, walk->unmatched_count) = node;
    for (size_t i = 0; i < node->count; i++)
        find_ungrouped(grouper, node->items[i], walk);
}

int ksql_group_rewrite(struct ksql_grouper *grouper, const struct ksql_node *node,
    struct ksql_group_walk *walk, struct ksql_node **rewritten)
{
    const struct ksql_select *select = grouper->select;
    bool known;
    size_t overloads;
    for (size_t i = 0; i < select->group_count; i++) {
        if (ksql_node_equal(node, select->group_by[i])) {
            if (walk->aggregate)
                find_ungrouped(grouper, node, walk);
            *rewritten = make_column(grouper, node, grouper->grouping->row.columns[i].name);
            return 0;
        }
    }
    const struct ksql_aggregate *function = ksql_group_aggregate(node, &known);
    if (known && !function)
        return ksql_problem_unsupported(
            grouper->input.problem, &node->place, "The function %s", node->name);
    if (node->kind == KSQL_NODE_CALL && !function && !ksql_function_find(node->name, &overloads) &&
        !ksql_function_is_known(node->name))
        return ksql_problem_set(grouper->input.problem, &node->place,
            "Can't find any functions with the name '%s'", node->name);
    if (function) {
        size_t index;
        walk->aggregate = true;
        if (find_call(grouper, node, function, &index))
            return OF_INPUT;
        *rewritten = make_column(
            grouper, node, grouper->grouping->row.columns[select->group_count + index].name);
        return 0;
    }
    if (node->kind == KSQL_NODE_COLUMN && !ksql_is_window_bound(select, node))
        *ksql_arena_append(&grouper->plan->arena, walk->unmatched, walk->unmatched_count) = node;
    return rewrite_items(grouper, node, walk, rewritten);
}
