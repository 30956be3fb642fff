/* Checks on a SELECT that ksqlDB makes before it knows any type: the words of its messages depend
 * on that order. What types and keys ask for is checked with them. */
#include "ksqld/plan/analyze.h"

#include "ksqld/functions/functions.h"
#include "ksqld/lang/node.h"
#include "ksqld/plan/group.h"

/* ---- GROUP BY and PARTITION BY ---- */

static const char *show(struct ksql_arena *arena, const struct ksql_node *node)
{
    struct of_buffer text OF_CLEANUP(of_buffer_release);
    of_buffer_init(&text, KSQL_PROBLEM_MAX);
    ksql_node_format(node, true, false, &text);
    return ksql_arena_strndup(arena, (const char *)text.data, text.length);
}

static int check_twice(struct ksql_arena *arena, struct ksql_node *const *nodes, size_t count,
    const char *clause, struct ksql_problem *problem)
{
    for (size_t i = 0; i < count; i++) {
        for (size_t j = 0; j < i; j++) {
            if (ksql_node_equal(nodes[i], nodes[j]))
                return ksql_problem_set(problem, &nodes[i]->place, "Duplicate %s expression: %s",
                    clause, show(arena, nodes[i]));
        }
    }
    return 0;
}

int ksql_analyze_written(
    struct ksql_arena *arena, const struct ksql_select *select, struct ksql_problem *problem)
{
    if (check_twice(arena, select->group_by, select->group_count, "GROUP BY", problem))
        return OF_INPUT;
    return check_twice(
        arena, select->partition_by, select->partition_count, "PARTITION BY", problem);
}

/* ---- table functions ---- */

struct walk {
    struct ksql_arena *arena;
    struct ksql_problem *problem;
    bool grouped;                   /* GROUP BY, or an aggregate so far */
    const struct ksql_node *chosen; /* a CASE that stands before or around */
    const struct ksql_node *table;  /* the table function around */
};

static bool is_table_function(const struct ksql_node *node)
{
    size_t overloads;
    if (node->kind != KSQL_NODE_CALL)
        return false;
    const struct ksql_function *function = ksql_function_find(node->name, &overloads);
    return function && function->kind == KSQL_TABLE;
}

static int check_table_function(const struct walk *walk, const struct ksql_node *node)
{
    if (walk->table)
        return ksql_problem_set(walk->problem, &node->place,
            "Table functions cannot be nested: `%s`(`%s`())", walk->table->name, node->name);
    if (walk->grouped)
        return ksql_problem_set(
            walk->problem, &node->place, "Table functions cannot be used with aggregations.");
    if (walk->chosen)
        return ksql_problem_set(walk->problem, &node->place,
            "Table functions cannot be used in CASE: %s", show(walk->arena, walk->chosen));
    return 0;
}

/* A CASE counts for all that follows it within the same expression, as in ksqlDB. */
static int check_functions(struct walk *walk, const struct ksql_node *node)
{
    bool table = is_table_function(node);
    if (node->kind == KSQL_NODE_CASE)
        walk->chosen = node;
    if (table && check_table_function(walk, node))
        return OF_INPUT;
    if (table)
        walk->table = node;
    for (size_t i = 0; i < node->count; i++) {
        if (check_functions(walk, node->items[i]))
            return OF_INPUT;
    }
    if (table)
        walk->table = NULL;
    return 0;
}

static bool has_table_function(const struct ksql_node *node)
{
    if (is_table_function(node))
        return true;
    for (size_t i = 0; i < node->count; i++) {
        if (has_table_function(node->items[i]))
            return true;
    }
    return false;
}

/* ---- lambdas ---- */

struct names {
    const struct names *outer;
    const char *const *items;
    size_t count;
};

static bool is_active(const struct names *names, const char *name)
{
    for (; names; names = names->outer) {
        for (size_t i = 0; i < names->count; i++) {
            if (strcmp(names->items[i], name) == 0)
                return true;
        }
    }
    return false;
}

static bool is_column(const struct ksql_plan *plan, const char *name)
{
    for (size_t i = 0; i < plan->source_count; i++) {
        const struct ksql_schema *schema = &plan->sources[i]->schema;
        for (size_t j = 0; j < schema->count; j++) {
            if (strcmp(schema->columns[j].name, name) == 0)
                return true;
        }
    }
    return false;
}

static int check_lambdas(const struct ksql_plan *plan, const struct ksql_node *node,
    const struct names *outer, struct ksql_problem *problem)
{
    struct names own = {.outer = outer};
    if (node->kind == KSQL_NODE_LAMBDA) {
        own.items = node->names;
        own.count = node->name_count;
        for (size_t i = 0; i < node->name_count; i++) {
            if (is_column(plan, node->names[i]))
                return ksql_problem_set(problem, &node->place,
                    "Lambda function argument can't be a column name: %s", node->names[i]);
        }
        for (size_t i = 0; i < node->name_count; i++) {
            if (is_active(outer, node->names[i]))
                return ksql_problem_set(problem, &node->place,
                    "Reusing lambda arguments in nested lambda is not allowed");
        }
    }
    for (size_t i = 0; i < node->count; i++) {
        if (check_lambdas(plan, node->items[i], own.count ? &own : outer, problem))
            return OF_INPUT;
    }
    return 0;
}

static int check_all_lambdas(const struct ksql_plan *plan, struct ksql_problem *problem)
{
    const struct ksql_select *select = plan->parsed.select;
    for (size_t i = 0; i < select->count; i++) {
        const struct ksql_node *node = select->items[i].node;
        if (node && check_lambdas(plan, node, NULL, problem))
            return OF_INPUT;
    }
    for (size_t i = 0; i < select->group_count; i++) {
        if (check_lambdas(plan, select->group_by[i], NULL, problem))
            return OF_INPUT;
    }
    for (size_t i = 0; i < select->partition_count; i++) {
        if (check_lambdas(plan, select->partition_by[i], NULL, problem))
            return OF_INPUT;
    }
    if (select->where && check_lambdas(plan, select->where, NULL, problem))
        return OF_INPUT;
    return select->having ? check_lambdas(plan, select->having, NULL, problem) : 0;
}

/* ---- windows of joined sources ---- */

/* The first source that the expression reads; SIZE_MAX: none. */
static size_t source_of(const struct ksql_plan *plan, const struct ksql_node *node)
{
    const struct ksql_select *select = plan->parsed.select;
    for (size_t i = 0; node->kind == KSQL_NODE_COLUMN && node->source && i < plan->source_count;
         i++) {
        const char *alias = i ? select->joins[i - 1].alias : select->alias;
        if (strcmp(alias, node->source) == 0)
            return i;
    }
    size_t found = SIZE_MAX;
    for (size_t i = 0; i < node->count && found == SIZE_MAX; i++)
        found = source_of(plan, node->items[i]);
    return found;
}

static const char *say_windows(const struct ksql_source *source)
{
    return source->windowed ? "SESSION" : "not";
}

/* Whether windows are tumbling or hopping is not kept, so only sessions can be named. */
static int check_join_windows(
    const struct ksql_plan *plan, const struct ksql_join *join, struct ksql_problem *problem)
{
    const struct ksql_select *select = plan->parsed.select;
    if (join->on->kind != KSQL_NODE_COMPARISON)
        return 0;
    size_t sides[2];
    for (size_t i = 0; i < OF_COUNT(sides); i++)
        sides[i] = source_of(plan, join->on->items[i]);
    if (sides[0] == SIZE_MAX || sides[1] == SIZE_MAX)
        return 0;
    const struct ksql_source *left = plan->sources[sides[0]], *right = plan->sources[sides[1]];
    if (left->windows.kind == right->windows.kind)
        return 0;
    if (left->windows.kind == KSQL_WINDOW_TIME || right->windows.kind == KSQL_WINDOW_TIME)
        return ksql_problem_unsupported(
            problem, &join->place, "A join of sources with other windows");
    return ksql_problem_set(problem, &join->place,
        "Can not join windowed source to non-windowed source.\n`%s` is %s windowed\n`%s` is %s "
        "windowed",
        sides[0] ? select->joins[sides[0] - 1].alias : select->alias, say_windows(left),
        sides[1] ? select->joins[sides[1] - 1].alias : select->alias, say_windows(right));
}

int ksql_analyze(struct ksql_plan *plan, struct ksql_problem *problem)
{
    const struct ksql_select *select = plan->parsed.select;
    bool tables = false, grouped = select->group_count;
    if (check_all_lambdas(plan, problem))
        return OF_INPUT;
    for (size_t i = 0; i < select->join_count; i++) {
        if (check_join_windows(plan, &select->joins[i], problem))
            return OF_INPUT;
    }
    for (size_t i = 0; i < select->count; i++) {
        if (select->items[i].star)
            continue;
        grouped = grouped || ksql_group_has_aggregate(select->items[i].node);
        struct walk walk = {.arena = &plan->arena, .problem = problem, .grouped = grouped};
        if (check_functions(&walk, select->items[i].node))
            return OF_INPUT;
        tables = tables || has_table_function(select->items[i].node);
    }
    for (size_t i = 0; i < plan->source_count; i++) {
        if (!plan->ephemeral && plan->sources[i]->table && plan->sources[i]->windowed)
            return ksql_problem_set(problem, &select->from_place,
                "KSQL does not support persistent queries on windowed tables.");
    }
    if (tables && plan->sources[0]->table)
        return ksql_problem_set(
            problem, &select->from_place, "Table source is not supported with table functions");
    return 0;
}
