/* Qualifies columns and names the nameless, before anything is typed. */
#include "ksqld/plan/resolve.h"

#include "ksqld/lang/node.h"
#include "ksqld/plan/typing.h"

#include <ctype.h>
#include <stdlib.h>

/* ---- aliases ---- */

/* NAME_12 has the stem NAME and the number 12; a name without a number has 0. */
static size_t stem_length(const char *name, int *number)
{
    size_t length = strlen(name), digits = length;
    *number = 0;
    while (digits && isdigit((unsigned char)name[digits - 1]))
        digits--;
    if (digits == length || !digits || name[digits - 1] != '_' || length - digits > 9)
        return length;
    *number = (int)strtol(name + digits, NULL, 10); /* nine digits at most */
    return digits - 1;
}

static bool is_taken(
    const struct ksql_aliases *aliases, const char *stem, size_t length, int number)
{
    for (size_t i = 0; i < aliases->schema->count + aliases->count; i++) {
        const char *name = i < aliases->schema->count ? aliases->schema->columns[i].name
                                                      : aliases->given[i - aliases->schema->count];
        int taken;
        if (stem_length(name, &taken) == length && strncmp(name, stem, length) == 0 &&
            taken == number)
            return true;
    }
    return false;
}

const char *ksql_alias_for(struct ksql_aliases *aliases, const struct ksql_node *node)
{
    static const char generated[] = "KSQL_COL";
    bool field = node->kind == KSQL_NODE_FIELD;
    const char *stem = field ? node->name : generated;
    int number;
    size_t length = field ? stem_length(stem, &number) : strlen(generated);
    for (number = 0; is_taken(aliases, stem, length, number);)
        number++;
    const char *alias = field && number == 0 ? ksql_arena_strndup(aliases->arena, stem, length)
                                             : ksql_arena_printf(aliases->arena, "%.*s_%d",
                                                   (int)length, stem, number);
    *ksql_arena_append(aliases->arena, aliases->given, aliases->count) = alias;
    return alias;
}

/* ---- columns ---- */

struct resolver {
    struct ksql_scope scope;
    const char *source; /* the alias in FROM */
};

static int fail_source(
    const struct resolver *resolver, const char *name, const struct ksql_place *place)
{
    return ksql_problem_set(resolver->scope.problem, place,
        "Failed to prepare statement: '%s' is not a valid stream/table name or alias.", name);
}

static int qualify(const struct resolver *resolver, struct ksql_node *node)
{
    if (node->kind == KSQL_NODE_COLUMN) {
        if (node->source && strcmp(node->source, resolver->source) != 0)
            return fail_source(resolver, node->source, &node->place);
        if (ksql_scope_slot(&resolver->scope, node->name) != SIZE_MAX)
            node->source = resolver->source;
    }
    for (size_t i = 0; i < node->count; i++) {
        if (qualify(resolver, node->items[i]))
            return OF_INPUT;
    }
    return 0;
}

int ksql_resolve_select(struct ksql_arena *arena, struct ksql_select *select,
    const struct ksql_schema *schema, struct ksql_problem *problem)
{
    struct resolver resolver = {
        .scope = {.schema = schema, .arena = arena, .problem = problem}, .source = select->alias};
    struct ksql_aliases aliases = {.arena = arena, .schema = schema};
    for (size_t i = 0; i < select->count; i++) {
        struct ksql_select_item *item = &select->items[i];
        if (item->star) {
            if (item->source && strcmp(item->source, select->alias) != 0)
                return fail_source(&resolver, item->source, &item->place);
            continue;
        }
        if (qualify(&resolver, item->node))
            return OF_INPUT;
        if (!item->alias && !item->fields)
            item->alias = item->node->kind == KSQL_NODE_COLUMN
                              ? item->node->name
                              : ksql_alias_for(&aliases, item->node);
    }
    if (select->where && qualify(&resolver, select->where))
        return OF_INPUT;
    for (size_t i = 0; i < select->group_count; i++) {
        if (qualify(&resolver, select->group_by[i]))
            return OF_INPUT;
    }
    for (size_t i = 0; i < select->partition_count; i++) {
        if (qualify(&resolver, select->partition_by[i]))
            return OF_INPUT;
    }
    return select->having ? qualify(&resolver, select->having) : 0;
}

/* Bounds of the windows that the query itself makes are no columns of its source. */
bool ksql_is_window_bound(const struct ksql_select *select, const struct ksql_node *node)
{
    return select->window && node->kind == KSQL_NODE_COLUMN &&
           (strcmp(node->name, "WINDOWSTART") == 0 || strcmp(node->name, "WINDOWEND") == 0);
}

struct checker {
    struct ksql_scope scope;
    const struct ksql_select *select;
};

static int check(const struct checker *checker, const struct ksql_node *node, const char *clause,
    const char *more)
{
    const struct ksql_scope *scope = &checker->scope;
    if (node->kind == KSQL_NODE_COLUMN && ksql_scope_slot(scope, node->name) == SIZE_MAX &&
        !ksql_is_window_bound(checker->select, node)) {
        const char *shown = node->source
                                ? ksql_arena_printf(scope->arena, "%s.%s", node->source, node->name)
                                : node->name;
        const char *extra = more ? ksql_arena_printf(scope->arena, " '%s' %s", shown, more) : "";
        return ksql_problem_set(scope->problem, &node->place,
            "Line: %d, Col: %d: %s column '%s' cannot be resolved.%s", node->place.line,
            node->place.column, clause, shown, extra);
    }
    for (size_t i = 0; i < node->count; i++) {
        if (check(checker, node->items[i], clause, more))
            return OF_INPUT;
    }
    return 0;
}

int ksql_check_columns(struct ksql_arena *arena, const struct ksql_select *select,
    const struct ksql_schema *schema, struct ksql_problem *problem)
{
    struct checker checker = {
        .scope = {.schema = schema, .arena = arena, .problem = problem}, .select = select};
    if (select->where && check(&checker, select->where, "WHERE", NULL))
        return OF_INPUT;
    for (size_t i = 0; i < select->group_count; i++) {
        if (check(&checker, select->group_by[i], "GROUP BY",
                "must be a column in the source schema since GROUP BY is applied on the input."))
            return OF_INPUT;
    }
    for (size_t i = 0; i < select->partition_count; i++) {
        if (check(&checker, select->partition_by[i], "PARTITION BY",
                "must be a column in the source schema since PARTITION BY is applied on the "
                "input."))
            return OF_INPUT;
    }
    for (size_t i = 0; i < select->count; i++) {
        if (select->items[i].node && check(&checker, select->items[i].node, "SELECT", NULL))
            return OF_INPUT;
    }
    return select->having ? check(&checker, select->having, "HAVING", NULL) : 0;
}
