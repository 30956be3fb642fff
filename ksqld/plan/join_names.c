/* Names in a SELECT from several sources. */
#include "ksqld/lang/node.h"
#include "ksqld/plan/join.h"
#include "ksqld/plan/resolve.h"

#include <stdlib.h>

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

static int compare_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static int fail_ambiguous(const struct ksql_joiner *joiner, const struct ksql_node *node)
{
    struct ksql_arena *arena = &joiner->plan->arena;
    const char **names = NULL, *list = "";
    size_t count = 0;
    for (size_t i = 0; i < joiner->plan->source_count; i++) {
        if (ksql_join_has(joiner, i, node->name))
            *ksql_arena_append(arena, names, count) =
                ksql_arena_printf(arena, "%s.%s", ksql_join_alias(joiner, i), node->name);
    }
    qsort(names, count, sizeof(*names), compare_text);
    for (size_t i = 0; i < count; i++)
        list = ksql_arena_printf(arena, "%s%s%s", list,
            !i               ? ""
            : i + 1 == count ? " or "
                             : ", ",
            names[i]);
    return ksql_problem_set(joiner->problem, &node->place,
        "Exception while preparing statement: Line: %d, Col: %d: Column '%s' is ambiguous. Could "
        "be %s.",
        node->place.line, node->place.column, node->name, list);
}

/* No source twice, under whatever name. */
static int check_sources(const struct ksql_joiner *joiner)
{
    const struct ksql_plan *plan = joiner->plan;
    for (size_t i = 1; i < plan->source_count; i++) {
        const char *name = plan->sources[i]->name;
        for (size_t j = 0; j < i; j++) {
            if (plan->sources[i] != plan->sources[j])
                continue;
            if (i > 1)
                return ksql_problem_set(joiner->problem, &joiner->select->joins[i - 1].place,
                    "N-way joins do not support multiple occurrences of the same source. Source: "
                    "'%s'.",
                    name);
            return ksql_problem_set(joiner->problem, &joiner->select->joins[i - 1].place,
                "Can not join '%s' to '%s': self joins are not yet supported.", name, name);
        }
    }
    return 0;
}

/* ksqlDB's parser asks for this, before anything else is looked at. */
static int check_source(const struct ksql_joiner *joiner, struct ksql_node *node)
{
    if (node->kind == KSQL_NODE_COLUMN && node->source &&
        ksql_join_source(joiner, node->source) == SIZE_MAX)
        return fail_source(joiner, node->source, &node->place);
    for (size_t i = 0; i < node->count; i++) {
        if (check_source(joiner, node->items[i]))
            return OF_INPUT;
    }
    return 0;
}

static int qualify(const struct ksql_joiner *joiner, struct ksql_node *node)
{
    if (node->kind == KSQL_NODE_COLUMN && !node->source) {
        size_t last = 0, count = count_sources(joiner, node->name, &last);
        if (count > 1)
            return fail_ambiguous(joiner, node);
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

typedef int check(const struct ksql_joiner *joiner, struct ksql_node *node);

static int check_all(
    const struct ksql_joiner *joiner, struct ksql_node **nodes, size_t count, check *check_node)
{
    for (size_t i = 0; i < count; i++) {
        if (nodes[i] && check_node(joiner, nodes[i]))
            return OF_INPUT;
    }
    return 0;
}

static int check_clauses(const struct ksql_joiner *joiner, check *check_node)
{
    struct ksql_select *select = joiner->select;
    if (check_all(joiner, &select->where, 1, check_node) ||
        check_all(joiner, select->group_by, select->group_count, check_node) ||
        check_all(joiner, select->partition_by, select->partition_count, check_node))
        return OF_INPUT;
    return check_all(joiner, &select->having, 1, check_node);
}

static int check_written(const struct ksql_joiner *joiner)
{
    struct ksql_select *select = joiner->select;
    for (size_t i = 0; i < select->count; i++) {
        const struct ksql_select_item *item = &select->items[i];
        if (item->star && item->source && ksql_join_source(joiner, item->source) == SIZE_MAX)
            return fail_source(joiner, item->source, &item->place);
        if (!item->star && check_source(joiner, item->node))
            return OF_INPUT;
    }
    for (size_t i = 0; i < select->join_count; i++) {
        if (check_source(joiner, select->joins[i].on))
            return OF_INPUT;
    }
    return check_clauses(joiner, check_source);
}

int ksql_join_resolve(struct ksql_plan *plan, struct ksql_problem *problem)
{
    struct ksql_select *select = plan->parsed.select;
    const struct ksql_joiner joiner = {.plan = plan, .problem = problem, .select = select};
    if (check_written(&joiner) || check_sources(&joiner))
        return OF_INPUT;
    for (size_t i = 1; i < plan->source_count; i++) {
        if (ksql_join_source(&joiner, ksql_join_alias(&joiner, i)) != i)
            return ksql_problem_unsupported(
                problem, &select->joins[i - 1].place, "A join of two sources of one name");
        if (check_all(&joiner, &select->joins[i - 1].on, 1, qualify))
            return OF_INPUT;
    }
    if (resolve_items(&joiner))
        return OF_INPUT;
    return check_clauses(&joiner, qualify);
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
