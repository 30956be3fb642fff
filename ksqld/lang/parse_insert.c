/* INSERT INTO ... SELECT and INSERT INTO ... VALUES. */
#include "ksqld/lang/cursor.h"

static int parse_column_names(struct ksql_cursor *cursor, struct ksql_parsed *parsed)
{
    do {
        const char *name;
        if (parsed->column_count == KSQL_COLUMNS_MAX)
            return ksql_problem_set(cursor->problem, &cursor->token.place,
                "an INSERT has more than %d columns", KSQL_COLUMNS_MAX);
        if (ksql_cursor_name(cursor, &name))
            return OF_INPUT;
        *ksql_arena_append(cursor->arena, parsed->columns, parsed->column_count) = name;
    } while (ksql_cursor_take_symbol(cursor, ","));
    return ksql_cursor_expect_symbol(cursor, ")");
}

static int parse_value_list(struct ksql_cursor *cursor, struct ksql_parsed *parsed)
{
    if (ksql_cursor_expect_symbol(cursor, "("))
        return OF_INPUT;
    if (ksql_cursor_take_symbol(cursor, ")"))
        return 0;
    do {
        struct ksql_node *value;
        if (parsed->value_count == KSQL_COLUMNS_MAX)
            return ksql_problem_set(cursor->problem, &cursor->token.place,
                "an INSERT has more than %d values", KSQL_COLUMNS_MAX);
        if (ksql_parse_value_expression(cursor, &value))
            return OF_INPUT;
        *ksql_arena_append(cursor->arena, parsed->values, parsed->value_count) = value;
    } while (ksql_cursor_take_symbol(cursor, ","));
    return ksql_cursor_expect_symbol(cursor, ")");
}

static int parse_values(struct ksql_cursor *cursor, struct ksql_parsed *parsed)
{
    parsed->kind = KSQL_STATEMENT_INSERT_VALUES;
    if (ksql_cursor_take_symbol(cursor, "(") && parse_column_names(cursor, parsed))
        return OF_INPUT;
    return ksql_cursor_expect_word(cursor, "VALUES") ? OF_INPUT : parse_value_list(cursor, parsed);
}

int ksql_parse_insert(struct ksql_cursor *cursor, struct ksql_parsed *parsed)
{
    parsed->kind = KSQL_STATEMENT_INSERT;
    if (ksql_cursor_expect_word(cursor, "INTO"))
        return OF_INPUT;
    parsed->name_place = cursor->token.place;
    if (ksql_cursor_source_name(cursor, &parsed->name))
        return OF_INPUT;
    if (ksql_cursor_is_word(cursor, "VALUES") || ksql_cursor_is_symbol(cursor, "("))
        return parse_values(cursor, parsed);
    if (ksql_cursor_take_word(cursor, "WITH") && ksql_parse_with(cursor, &parsed->with))
        return OF_INPUT;
    return ksql_parse_select(cursor, &parsed->select);
}
