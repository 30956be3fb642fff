/* SELECT ... FROM ... of a persistent query: its items and clauses. Sources and windows have files
 * of their own. */
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
    if (ksql_cursor_take_symbol(cursor, "->")) {
        item->fields = true;
        return ksql_cursor_expect_symbol(cursor, "*");
    }
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

/* What GROUP BY and PARTITION BY have behind them. */
struct expressions {
    const char *clause;
    struct ksql_node **items;
    size_t count;
};

/* ksqlDB has no groupings in parentheses either, but words for it that are not ours. */
static int fail_item(
    struct ksql_cursor *cursor, struct ksql_cursor *item, const struct expressions *list)
{
    if (!list->count || !ksql_cursor_is_symbol(item, "("))
        return OF_INPUT;
    ksql_problem_release(cursor->problem);
    return ksql_problem_unsupported(
        cursor->problem, &item->token.place, "Expressions in parentheses, of %s BY,", list->clause);
}

static int parse_list(struct ksql_cursor *cursor, struct expressions *list)
{
    do {
        struct ksql_node *node;
        if (list->count == KSQL_COLUMNS_MAX)
            return ksql_problem_set(cursor->problem, &cursor->token.place,
                "%s BY has more than %d expressions", list->clause, KSQL_COLUMNS_MAX);
        struct ksql_cursor saved = *cursor;
        if (ksql_parse_value_expression(cursor, &node))
            return fail_item(cursor, &saved, list);
        *ksql_arena_append(cursor->arena, list->items, list->count) = node;
    } while (ksql_cursor_take_symbol(cursor, ","));
    return 0;
}

static bool is_after_list(const struct ksql_cursor *cursor)
{
    static const char *const words[] = {"EMIT", "HAVING", "LIMIT", "PARTITION"};
    for (size_t i = 0; i < OF_COUNT(words); i++) {
        if (ksql_cursor_is_word(cursor, words[i]))
            return true;
    }
    return ksql_cursor_is_symbol(cursor, ";");
}

/* (a, b) is a list, (a) + b an expression: tried as a list first. */
static int parse_by(struct ksql_cursor *cursor, struct expressions *list)
{
    if (ksql_cursor_expect_word(cursor, "BY"))
        return OF_INPUT;
    if (!ksql_cursor_is_symbol(cursor, "("))
        return parse_list(cursor, list);
    const struct ksql_place place = cursor->token.place;
    struct ksql_token ahead = ksql_cursor_peek(cursor);
    if (ksql_token_is_symbol(&ahead, ")"))
        return ksql_problem_set(cursor->problem, &place,
            "Failed to prepare statement: %s BY requires at least one expression", list->clause);
    struct ksql_cursor saved = *cursor;
    struct ksql_problem ignored OF_CLEANUP(ksql_problem_release) = {0};
    struct ksql_problem *problem = cursor->problem;
    cursor->problem = &ignored;
    ksql_cursor_next(cursor);
    bool found =
        !parse_list(cursor, list) && ksql_cursor_take_symbol(cursor, ")") && is_after_list(cursor);
    cursor->problem = problem;
    if (found)
        return 0;
    *cursor = saved;
    *list = (struct expressions){.clause = list->clause};
    return parse_list(cursor, list);
}

static int parse_group_by(struct ksql_cursor *cursor, struct ksql_select *select)
{
    struct expressions list = {.clause = "GROUP"};
    if (parse_by(cursor, &list))
        return OF_INPUT;
    select->group_by = list.items;
    select->group_count = list.count;
    return 0;
}

static int parse_partition_by(struct ksql_cursor *cursor, struct ksql_select *select)
{
    struct expressions list = {.clause = "PARTITION"};
    select->partition_place = ksql_cursor_peek(cursor).place;
    if (parse_by(cursor, &list))
        return OF_INPUT;
    select->partition_by = list.items;
    select->partition_count = list.count;
    return 0;
}

static int parse_emit(struct ksql_cursor *cursor, struct ksql_select *select)
{
    select->emit = true;
    select->final = ksql_cursor_take_word(cursor, "FINAL");
    return select->final ? 0 : ksql_cursor_expect_word(cursor, "CHANGES");
}

static int parse_clauses(struct ksql_cursor *cursor, struct ksql_select *select)
{
    if (ksql_cursor_is_word(cursor, "WINDOW") && ksql_parse_window(cursor, &select->window))
        return OF_INPUT;
    if (ksql_cursor_take_word(cursor, "WHERE") && ksql_parse_expression(cursor, &select->where))
        return OF_INPUT;
    if (ksql_cursor_take_word(cursor, "GROUP") && parse_group_by(cursor, select))
        return OF_INPUT;
    if (ksql_cursor_take_word(cursor, "PARTITION") && parse_partition_by(cursor, select))
        return OF_INPUT;
    if (ksql_cursor_take_word(cursor, "HAVING") && ksql_parse_expression(cursor, &select->having))
        return OF_INPUT;
    return ksql_cursor_take_word(cursor, "EMIT") ? parse_emit(cursor, select) : 0;
}

int ksql_parse_select_body(struct ksql_cursor *cursor, struct ksql_select *select)
{
    return parse_items(cursor, select) || ksql_cursor_expect_word(cursor, "FROM") ||
                   ksql_parse_from(cursor, select) || parse_clauses(cursor, select)
               ? OF_INPUT
               : 0;
}

int ksql_parse_select(struct ksql_cursor *cursor, struct ksql_select **select)
{
    struct ksql_select *found = ksql_arena_new(cursor->arena, sizeof(*found));
    found->place = cursor->token.place;
    if (ksql_cursor_expect_word(cursor, "SELECT") || ksql_parse_select_body(cursor, found))
        return OF_INPUT;
    if (ksql_cursor_is_word(cursor, "LIMIT"))
        return ksql_cursor_unsupported(cursor, "LIMIT");
    *select = found;
    return 0;
}
