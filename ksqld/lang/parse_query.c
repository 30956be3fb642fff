/* SELECT and PRINT as statements of their own. */
#include "ksqld/lang/cursor.h"

/* Behind LIMIT, INTERVAL: a whole number, which may be negative. */
static int parse_number(struct ksql_cursor *cursor, const char *clause, int64_t *number)
{
    struct ksql_place place = cursor->token.place;
    bool negative = ksql_cursor_take_symbol(cursor, "-");
    const struct ksql_token *token = &cursor->token;
    int64_t value = 0;
    if (token->kind != KSQL_TOKEN_INTEGER)
        return ksql_cursor_fail(cursor);
    for (size_t i = 0; i < token->length && value <= INT32_MAX; i++)
        value = value * 10 + (token->text[i] - '0');
    if (value > INT32_MAX)
        return ksql_problem_set(
            cursor->problem, &place, "Value must be integer for command: %s", clause);
    *number = negative ? -value : value;
    ksql_cursor_next(cursor);
    return 0;
}

int ksql_parse_query(struct ksql_cursor *cursor, struct ksql_parsed *parsed)
{
    struct ksql_select *select = ksql_arena_new(cursor->arena, sizeof(*select));
    parsed->kind = KSQL_STATEMENT_SELECT;
    parsed->select = select;
    select->place = parsed->place;
    if (ksql_parse_select_body(cursor, select))
        return OF_INPUT;
    select->limited = ksql_cursor_take_word(cursor, "LIMIT");
    return select->limited ? parse_number(cursor, "LIMIT", &select->limit) : 0;
}

/* Topics keep their spelling. */
static int parse_topic(struct ksql_cursor *cursor, const char **topic)
{
    const struct ksql_token *token = &cursor->token;
    if (token->kind == KSQL_TOKEN_STRING)
        return ksql_cursor_string(cursor, topic);
    if (token->kind != KSQL_TOKEN_WORD && token->kind != KSQL_TOKEN_DIGITS)
        return ksql_cursor_name(cursor, topic);
    if (token->length > KSQL_IDENTIFIER_MAX)
        return ksql_cursor_fail(cursor);
    *topic = ksql_arena_strndup(cursor->arena, token->text, token->length);
    ksql_cursor_next(cursor);
    return 0;
}

int ksql_parse_print(struct ksql_cursor *cursor, struct ksql_parsed *parsed)
{
    struct ksql_print *print = &parsed->print;
    parsed->kind = KSQL_STATEMENT_PRINT;
    print->interval = 1;
    if (parse_topic(cursor, &print->topic))
        return OF_INPUT;
    print->from_beginning = ksql_cursor_take_word(cursor, "FROM");
    if (print->from_beginning && ksql_cursor_expect_word(cursor, "BEGINNING"))
        return OF_INPUT;
    if ((ksql_cursor_take_word(cursor, "INTERVAL") || ksql_cursor_take_word(cursor, "SAMPLE")) &&
        parse_number(cursor, "INTERVAL", &print->interval))
        return OF_INPUT;
    print->limited = ksql_cursor_take_word(cursor, "LIMIT");
    return print->limited ? parse_number(cursor, "LIMIT", &print->limit) : 0;
}
