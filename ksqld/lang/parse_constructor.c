/* What makes a value of several, and the arguments of calls that are no expressions: lambdas and
 * units of time. */
#include "ksqld/lang/cursor.h"
#include "ksqld/lang/node.h"

#define LAMBDA_NAMES_MAX 64u /* arguments of one lambda */

/* ---- ARRAY, MAP and STRUCT ---- */

static int add_item(struct ksql_cursor *cursor, struct ksql_node *node)
{
    struct ksql_node *item;
    if (node->count == 2 * KSQL_COLUMNS_MAX)
        return ksql_problem_set(cursor->problem, &cursor->token.place,
            "a constructor has more than %d items", 2 * KSQL_COLUMNS_MAX);
    if (ksql_parse_expression(cursor, &item))
        return OF_INPUT;
    ksql_node_add(cursor->arena, node, item);
    return 0;
}

/* The node of the word that stands here; its bracket taken. */
static int begin(struct ksql_cursor *cursor, enum ksql_node_kind kind, const char *bracket,
    struct ksql_node **node)
{
    *node = ksql_node_new(cursor->arena, kind, &cursor->token.place);
    ksql_cursor_next(cursor);
    return ksql_cursor_expect_symbol(cursor, bracket);
}

int ksql_parse_array(struct ksql_cursor *cursor, struct ksql_node **node)
{
    if (begin(cursor, KSQL_NODE_ARRAY, "[", node))
        return OF_INPUT;
    if (ksql_cursor_take_symbol(cursor, "]"))
        return 0;
    do {
        if (add_item(cursor, *node))
            return OF_INPUT;
    } while (ksql_cursor_take_symbol(cursor, ","));
    return ksql_cursor_expect_symbol(cursor, "]");
}

int ksql_parse_map(struct ksql_cursor *cursor, struct ksql_node **node)
{
    if (begin(cursor, KSQL_NODE_MAP, "(", node))
        return OF_INPUT;
    if (ksql_cursor_take_symbol(cursor, ")"))
        return 0;
    do {
        if (add_item(cursor, *node) || ksql_cursor_expect_symbol(cursor, ":=") ||
            add_item(cursor, *node))
            return OF_INPUT;
    } while (ksql_cursor_take_symbol(cursor, ","));
    return ksql_cursor_expect_symbol(cursor, ")");
}

int ksql_parse_struct(struct ksql_cursor *cursor, struct ksql_node **node)
{
    if (begin(cursor, KSQL_NODE_STRUCT, "(", node))
        return OF_INPUT;
    struct ksql_node *structure = *node;
    if (ksql_cursor_take_symbol(cursor, ")"))
        return 0;
    do {
        const char *name;
        if (ksql_cursor_name(cursor, &name) || ksql_cursor_expect_symbol(cursor, ":=") ||
            add_item(cursor, structure))
            return OF_INPUT;
        *ksql_arena_append(cursor->arena, structure->names, structure->name_count) = name;
    } while (ksql_cursor_take_symbol(cursor, ","));
    return ksql_cursor_expect_symbol(cursor, ")");
}

/* ---- lambdas ---- */

/* x => ... or (x, y) => ... */
static bool is_lambda(const struct ksql_cursor *cursor)
{
    struct ksql_cursor ahead = *cursor;
    bool list = ksql_cursor_take_symbol(&ahead, "(");
    do {
        if (!ksql_cursor_is_name(&ahead))
            return false;
        ksql_cursor_next(&ahead);
    } while (list && ksql_cursor_take_symbol(&ahead, ","));
    if (list && !ksql_cursor_take_symbol(&ahead, ")"))
        return false;
    return ksql_cursor_is_symbol(&ahead, "=>");
}

/* Columns of the body that are named as one of the lambda's own variables are these. */
static void bind(const struct ksql_node *lambda, struct ksql_node *node)
{
    for (size_t i = 0; node->kind == KSQL_NODE_COLUMN && !node->source && i < lambda->name_count;
         i++) {
        if (strcmp(lambda->names[i], node->name) == 0)
            node->kind = KSQL_NODE_VARIABLE;
    }
    for (size_t i = 0; i < node->count; i++)
        bind(lambda, node->items[i]);
}

static int check_names(struct ksql_cursor *cursor, const struct ksql_node *lambda)
{
    const char *shown = "";
    bool twice = false;
    if (lambda->name_count > LAMBDA_NAMES_MAX)
        return ksql_problem_unsupported(cursor->problem, &lambda->place,
            "A lambda of more than %u arguments", LAMBDA_NAMES_MAX);
    for (size_t i = 0; i < lambda->name_count; i++) {
        for (size_t j = 0; j < i; j++)
            twice = twice || strcmp(lambda->names[i], lambda->names[j]) == 0;
        shown = ksql_arena_printf(cursor->arena, "%s%s%s", shown, i ? ", " : "", lambda->names[i]);
    }
    return twice ? ksql_problem_set(cursor->problem, &lambda->place,
                       "Failed to prepare statement: Lambda arguments have duplicates: [%s]", shown)
                 : 0;
}

static int parse_lambda(struct ksql_cursor *cursor, struct ksql_node **node)
{
    struct ksql_node *lambda = ksql_node_new(cursor->arena, KSQL_NODE_LAMBDA, &cursor->token.place);
    struct ksql_node *body;
    bool list = ksql_cursor_take_symbol(cursor, "(");
    do {
        const char *name;
        if (ksql_cursor_name(cursor, &name))
            return OF_INPUT;
        *ksql_arena_append(cursor->arena, lambda->names, lambda->name_count) = name;
    } while (list && ksql_cursor_take_symbol(cursor, ","));
    if ((list && ksql_cursor_expect_symbol(cursor, ")")) ||
        ksql_cursor_expect_symbol(cursor, "=>") || ksql_parse_expression(cursor, &body) ||
        check_names(cursor, lambda))
        return OF_INPUT;
    bind(lambda, body);
    ksql_node_add(cursor->arena, lambda, body);
    *node = lambda;
    return 0;
}

/* ---- units of time ---- */

/* Reserved words; DAY, HOUR, MINUTE and SECOND may be names and mean columns. */
static const char *unit_of(const struct ksql_cursor *cursor)
{
    static const char *const units[] = {"DAYS", "HOURS", "MINUTES", "SECONDS", "MILLISECONDS"};
    for (size_t i = 0; i < OF_COUNT(units); i++) {
        if (ksql_cursor_is_word(cursor, units[i]))
            return units[i];
    }
    return ksql_cursor_is_word(cursor, "MILLISECOND") ? "MILLISECONDS" : NULL;
}

int ksql_parse_argument(struct ksql_cursor *cursor, struct ksql_node **node)
{
    if (is_lambda(cursor))
        return parse_lambda(cursor, node);
    const char *unit = unit_of(cursor);
    if (!unit)
        return ksql_parse_expression(cursor, node);
    *node = ksql_node_new(cursor->arena, KSQL_NODE_UNIT, &cursor->token.place);
    (*node)->name = unit;
    ksql_cursor_next(cursor);
    return 0;
}
