/* Names in a SELECT from several sources. */
#include "ksqld/lang/node.h"
#include "ksqld/plan/join.h"
#include "ksqld/plan/resolve.h"

const char *ksql_join_alias(const struct ksql_joiner *joiner, size_t source)
{
    return source ? joiner->select->joins[source - 1].alias : joiner->select->alias;
}

size_t ksql_join_source(const struct ksql_joiner *joiner, const char *alias)
{
    for (size_t i = 0; i < joiner->plan->source_count; i++) {
        if (strcmp(ksql_join_alias(joiner, i), alias) == 0)
            return i;
    }
    return SIZE_MAX;
}

bool ksql_join_has(const struct ksql_joiner *joiner, size_t source, const char *name)
{
    struct ksql_scope scope = {.schema = &joiner->plan->sources[source]->schema};
    return ksql_scope_slot(&scope, name) != SIZE_MAX;
}

static size_t count_sources(const struct ksql_joiner *joiner, const char *name, size_t *last)
{
    size_t count = 0;
    for (size_t i = 0; i < joiner->plan->source_count; i++) {
        if (!ksql_join_has(joiner, i, name))
            continue;
        *last = i;
        count++;
    }
    return count;
}

static int fail_source(
    const struct ksql_joiner *joiner, const char *name, const struct ksql_place *place)
{
    return ksql_problem_set(joiner->problem, place,
        "Failed to prepare statement: '%s' is not a valid stream/table name or alias.", name);
}

static int qualify(const struct ksql_joiner *joiner, struct ksql_node *node)
{
    if (node->kind == KSQL_NODE_COLUMN && node->source) {
        if (ksql_join_source(joiner, node->source) == SIZE_MAX)
            return fail_source(joiner, node->source, &node->place);
    } else if (node->kind == KSQL_NODE_COLUMN) {
        size_t last = 0, count = count_sources(joiner, node->name, &last);
        if (count > 1)
            return ksql_problem_unsupported(joiner->problem, &node->place,
                "The column %s, which several sources have, without its source,", node->name);
        if (count)
            node->source = ksql_join_alias(joiner, last);
    }
    for (size_t i = 0; i < node->count; i++) {
        if (qualify(joiner, node->items[i]))
            return OF_INPUT;
    }
    return 0;
}

/* Names of all sources together, for the names of expressions. */
static void collect_names(const struct ksql_joiner *joiner, struct ksql_schema *all)
{
    struct ksql_arena *arena = &joiner->plan->arena;
    for (size_t i = 0; i < joiner->plan->source_count; i++) {
        const struct ksql_schema *schema = &joiner->plan->sources[i]->schema;
        for (size_t j = 0; j < schema->count; j++)
            ksql_schema_add(arena, all, schema->columns[j].name, schema->columns[j].type, false);
    }
}

static int resolve_items(const struct ksql_joiner *joiner)
{
    struct ksql_arena *arena = &joiner->plan->arena;
    struct ksql_schema all = {0};
    struct ksql_aliases aliases = {.arena = arena, .schema = &all};
    collect_names(joiner, &all);
    for (size_t i = 0; i < joiner->select->count; i++) {
        struct ksql_select_item *item = &joiner->select->items[i];
        size_t ignored;
        if (item->star && item->source && ksql_join_source(joiner, item->source) == SIZE_MAX)
            return fail_source(joiner, item->source, &item->place);
        if (item->star)
            continue;
        if (qualify(joiner, item->node))
            return OF_INPUT;
        if (item->alias || item->fields)
            continue;
        bool column = item->node->kind == KSQL_NODE_COLUMN;
        if (!column)
            item->alias = ksql_alias_for(&aliases, item->node);
        else if (item->node->source && count_sources(joiner, item->node->name, &ignored) > 1)
            item->alias = ksql_arena_printf(arena, "%s_%s", item->node->source, item->node->name);
        else
            item->alias = item->node->name;
    }
    return 0;
}

static int qualify_all(const struct ksql_joiner *joiner, struct ksql_node **nodes, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (nodes[i] && qualify(joiner, nodes[i]))
            return OF_INPUT;
    }
    return 0;
}

int ksql_join_resolve(struct ksql_plan *plan, struct ksql_problem *problem)
{
    struct ksql_select *select = plan->parsed.select;
    const struct ksql_joiner joiner = {.plan = plan, .problem = problem, .select = select};
    for (size_t i = 1; i < plan->source_count; i++) {
        if (ksql_join_source(&joiner, ksql_join_alias(&joiner, i)) != i)
            return ksql_problem_unsupported(
                problem, &select->joins[i - 1].place, "A join of two sources of one name");
        if (qualify_all(&joiner, &select->joins[i - 1].on, 1))
            return OF_INPUT;
    }
    if (resolve_items(&joiner) || qualify_all(&joiner, &select->where, 1) ||
        qualify_all(&joiner, select->group_by, select->group_count) ||
        qualify_all(&joiner, select->partition_by, select->partition_count))
        return OF_INPUT;
    return qualify_all(&joiner, &select->having, 1);
}

int ksql_join_rename(const struct ksql_joiner *joiner, struct ksql_node *node, const char *clause)
{
    if (node->kind == KSQL_NODE_COLUMN && node->source) {
        size_t source = ksql_join_source(joiner, node->source);
        if (!ksql_join_has(joiner, source, node->name))
            return ksql_problem_set(joiner->problem, &node->place,
                "Line: %d, Col: %d: %s column '%s.%s' cannot be resolved.", node->place.line,
                node->place.column, clause, node->source, node->name);
        if (strcmp(node->name, "ROWPARTITION") == 0 || strcmp(node->name, "ROWOFFSET") == 0)
            return ksql_problem_unsupported(
                joiner->problem, &node->place, "%s of a joined source", node->name);
        node->name = ksql_arena_printf(&joiner->plan->arena, "%s_%s", node->source, node->name);
        node->source = NULL;
    }
    for (size_t i = 0; i < node->count; i++) {
        if (ksql_join_rename(joiner, node->items[i], clause))
            return OF_INPUT;
    }
    return 0;
}
