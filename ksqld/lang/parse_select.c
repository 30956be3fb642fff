/* SELECT ... FROM ... of a persistent query. Joins, windows, grouping and the like are known, named
 * and refused. */
#include "ksqld/lang/cursor.h"
#include "ksqld/lang/node.h"

static int parse_star(struct ksql_cursor *cursor, struct ksql_select_item *item)
{
    item->star = true;
    if (ksql_cursor_is_symbol(cursor, "*")) {
        ksql_cursor_next(cursor);
        return 0;
    }
    if (ksql_cursor_name(cursor, &item->source) || ksql_cursor_expect_symbol(cursor, "."))
        return OF_INPUT;
    return ksql_cursor_expect_symbol(cursor, "*");
}

/* SOURCE.* needs three tokens to be told from a column. */
static bool is_star(const struct ksql_cursor *cursor)
{
    if (ksql_cursor_is_symbol(cursor, "*"))
        return true;
    struct ksql_cursor ahead = *cursor;
    if (!ksql_cursor_is_name(&ahead))
        return false;
    ksql_cursor_next(&ahead);
    if (!ksql_cursor_take_symbol(&ahead, "."))
        return false;
    return ksql_cursor_is_symbol(&ahead, "*");
}

static int parse_item(struct ksql_cursor *cursor, struct ksql_select_item *item)
{
    *item = (struct ksql_select_item){.place = cursor->token.place};
    if (ksql_cursor_is_word(cursor, "DISTINCT"))
        return ksql_cursor_unsupported(cursor, "SELECT DISTINCT");
    if (is_star(cursor))
        return parse_star(cursor, item);
    if (ksql_parse_expression(cursor, &item->node))
        return OF_INPUT;
    if (ksql_cursor_is_symbol(cursor, "->"))
        return ksql_cursor_unsupported(cursor, "All fields of a STRUCT by ->*");
    if (ksql_cursor_take_word(cursor, "AS"))
        return ksql_cursor_name(cursor, &item->alias);
    return ksql_cursor_is_name(cursor) ? ksql_cursor_name(cursor, &item->alias) : 0;
}

static int parse_items(struct ksql_cursor *cursor, struct ksql_select *select)
{
    do {
        struct ksql_select_item item;
        if (select->count == KSQL_COLUMNS_MAX)
            return ksql_problem_set(cursor->problem, &cursor->token.place,
                "a SELECT has more than %d columns", KSQL_COLUMNS_MAX);
        if (parse_item(cursor, &item))
            return OF_INPUT;
        *ksql_arena_append(cursor->arena, select->items, select->count) = item;
    } while (ksql_cursor_take_symbol(cursor, ","));
    return 0;
}

/* A join begins where otherwise the statement would go on. */
static bool is_join(const struct ksql_cursor *cursor)
{
    static const char *const words[] = {"JOIN", "INNER", "LEFT", "RIGHT", "FULL"};
    for (size_t i = 0; i < OF_COUNT(words); i++) {
        if (ksql_cursor_is_word(cursor, words[i]))
            return true;
    }
    return false;
}

static int parse_from(struct ksql_cursor *cursor, struct ksql_select *select)
{
    select->from_place = cursor->token.place;
    if (ksql_cursor_source_name(cursor, &select->from))
        return OF_INPUT;
    select->alias = select->from;
    struct ksql_token ahead = ksql_cursor_peek(cursor);
    /* EMIT and PARTITION may be names; what follows them tells. */
    bool clause =
        (ksql_cursor_is_word(cursor, "EMIT") &&
            (ksql_token_is_word(&ahead, "CHANGES") || ksql_token_is_word(&ahead, "FINAL"))) ||
        (ksql_cursor_is_word(cursor, "PARTITION") && ksql_token_is_word(&ahead, "BY"));
    if (ksql_cursor_take_word(cursor, "AS") || (!clause && ksql_cursor_is_name(cursor))) {
        if (ksql_cursor_source_name(cursor, &select->alias))
            return OF_INPUT;
    }
    return is_join(cursor) ? ksql_cursor_unsupported(cursor, "A join") : 0;
}

static int parse_partition_list(struct ksql_cursor *cursor, struct ksql_select *select)
{
    do {
        struct ksql_node *node;
        if (select->partition_count == KSQL_COLUMNS_MAX)
            return ksql_problem_set(cursor->problem, &cursor->token.place,
                "PARTITION BY has more than %d expressions", KSQL_COLUMNS_MAX);
        if (ksql_parse_value_expression(cursor, &node))
            return OF_INPUT;
        *ksql_arena_append(cursor->arena, select->partition_by, select->partition_count) = node;
    } while (ksql_cursor_take_symbol(cursor, ","));
    return 0;
}

/* (a, b) is a list, (a) + b an expression: tried as a list first. */
static int parse_partition_by(struct ksql_cursor *cursor, struct ksql_select *select)
{
    if (ksql_cursor_expect_word(cursor, "BY"))
        return OF_INPUT;
    select->partition_place = cursor->token.place;
    if (!ksql_cursor_is_symbol(cursor, "("))
        return parse_partition_list(cursor, select);
    struct ksql_cursor saved = *cursor;
    struct ksql_problem ignored OF_CLEANUP(ksql_problem_release) = {0};
    struct ksql_problem *problem = cursor->problem;
    cursor->problem = &ignored;
    ksql_cursor_next(cursor);
    bool list = !parse_partition_list(cursor, select) && ksql_cursor_take_symbol(cursor, ")") &&
                (ksql_cursor_is_symbol(cursor, ";") || ksql_cursor_is_word(cursor, "EMIT") ||
                    ksql_cursor_is_word(cursor, "HAVING") || ksql_cursor_is_word(cursor, "LIMIT"));
    cursor->problem = problem;
    if (list)
        return 0;
    *cursor = saved;
    select->partition_by = NULL;
    select->partition_count = 0;
    return parse_partition_list(cursor, select);
}

static int parse_emit(struct ksql_cursor *cursor)
{
    if (ksql_cursor_is_word(cursor, "FINAL"))
        return ksql_cursor_unsupported(cursor, "EMIT FINAL");
    return ksql_cursor_expect_word(cursor, "CHANGES");
}

int ksql_parse_select(struct ksql_cursor *cursor, struct ksql_select **select)
{
    struct ksql_select *found = ksql_arena_new(cursor->arena, sizeof(*found));
    found->place = cursor->token.place;
    if (ksql_cursor_expect_word(cursor, "SELECT") || parse_items(cursor, found) ||
        ksql_cursor_expect_word(cursor, "FROM") || parse_from(cursor, found))
        return OF_INPUT;
    if (ksql_cursor_is_word(cursor, "WINDOW"))
        return ksql_cursor_unsupported(cursor, "WINDOW");
    if (ksql_cursor_take_word(cursor, "WHERE") && ksql_parse_expression(cursor, &found->where))
        return OF_INPUT;
    if (ksql_cursor_is_word(cursor, "GROUP"))
        return ksql_cursor_unsupported(cursor, "GROUP BY");
    if (ksql_cursor_take_word(cursor, "PARTITION") && parse_partition_by(cursor, found))
        return OF_INPUT;
    if (ksql_cursor_is_word(cursor, "HAVING"))
        return ksql_cursor_unsupported(cursor, "HAVING");
    if (ksql_cursor_take_word(cursor, "EMIT") && parse_emit(cursor))
        return OF_INPUT;
    if (ksql_cursor_is_word(cursor, "LIMIT"))
        return ksql_cursor_unsupported(cursor, "LIMIT");
    *select = found;
    return 0;
}
