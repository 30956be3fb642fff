/* Statements about types, functions, plans and what must be true: CREATE TYPE, DROP TYPE, DESCRIBE
 * FUNCTION, EXPLAIN, ASSERT. */
#include "ksqld/lang/cursor.h"

/* IF EXISTS, or IF NOT EXISTS; a type may be called IF. */
static bool take_if(struct ksql_cursor *cursor, const char *next)
{
    struct ksql_token ahead = ksql_cursor_peek(cursor);
    if (!ksql_cursor_is_word(cursor, "IF") || !ksql_token_is_word(&ahead, next))
        return false;
    ksql_cursor_next(cursor);
    ksql_cursor_next(cursor);
    return true;
}

int ksql_parse_create_type(struct ksql_cursor *cursor, struct ksql_parsed *parsed)
{
    parsed->kind = KSQL_STATEMENT_CREATE_TYPE;
    parsed->if_not_exists = take_if(cursor, "NOT");
    if (parsed->if_not_exists && ksql_cursor_expect_word(cursor, "EXISTS"))
        return OF_INPUT;
    parsed->name_place = cursor->token.place;
    if (ksql_cursor_name(cursor, &parsed->name) || ksql_cursor_expect_word(cursor, "AS"))
        return OF_INPUT;
    return ksql_parse_type(cursor, &parsed->type);
}

int ksql_parse_drop_type(struct ksql_cursor *cursor, struct ksql_parsed *parsed)
{
    parsed->kind = KSQL_STATEMENT_DROP_TYPE;
    parsed->if_exists = take_if(cursor, "EXISTS");
    parsed->name_place = cursor->token.place;
    return ksql_cursor_name(cursor, &parsed->name);
}

int ksql_parse_describe_function(struct ksql_cursor *cursor, struct ksql_parsed *parsed)
{
    parsed->kind = KSQL_STATEMENT_DESCRIBE_FUNCTION;
    parsed->name_place = cursor->token.place;
    return ksql_cursor_name(cursor, &parsed->name);
}

/* ---- ASSERT ---- */

static int parse_resource(struct ksql_cursor *cursor, const char **name)
{
    const struct ksql_token *token = &cursor->token;
    if (token->kind == KSQL_TOKEN_STRING)
        return ksql_cursor_string(cursor, name);
    if (token->kind != KSQL_TOKEN_WORD && token->kind != KSQL_TOKEN_DIGITS)
        return ksql_cursor_name(cursor, name);
    if (token->length > KSQL_IDENTIFIER_MAX)
        return ksql_cursor_fail(cursor);
    *name = ksql_arena_strndup(cursor->arena, token->text, token->length);
    ksql_cursor_next(cursor);
    return 0;
}

static int parse_timeout(struct ksql_cursor *cursor, struct ksql_assert *assertion)
{
    static const struct {
        const char *word;
        int64_t ms;
    } units[] = {{"MILLISECOND", 1}, {"SECOND", 1000}, {"MINUTE", 60000}, {"HOUR", 3600000}};
    struct ksql_place place = cursor->token.place;
    const struct ksql_token *token = &cursor->token;
    int64_t count = 0;
    if (token->kind != KSQL_TOKEN_INTEGER)
        return ksql_cursor_fail(cursor);
    for (size_t i = 0; i < token->length && count <= KSQL_ASSERT_TIMEOUT_MAX_MS; i++)
        count = count * 10 + (token->text[i] - '0');
    ksql_cursor_next(cursor);
    for (size_t i = 0; i < OF_COUNT(units); i++) {
        const char *plural = ksql_arena_printf(cursor->arena, "%sS", units[i].word);
        if (!ksql_cursor_take_word(cursor, units[i].word) && !ksql_cursor_take_word(cursor, plural))
            continue;
        if (count * units[i].ms > KSQL_ASSERT_TIMEOUT_MAX_MS)
            return ksql_problem_unsupported(cursor->problem, &place, "A TIMEOUT of more than %d s",
                KSQL_ASSERT_TIMEOUT_MAX_MS / 1000);
        assertion->timeout_ms = count * units[i].ms;
        return 0;
    }
    return ksql_cursor_fail(cursor);
}

static int parse_schema(struct ksql_cursor *cursor, struct ksql_assert *assertion)
{
    if (ksql_cursor_take_word(cursor, "SUBJECT") && parse_resource(cursor, &assertion->subject))
        return OF_INPUT;
    return ksql_cursor_take_word(cursor, "ID") ? ksql_parse_literal(cursor, &assertion->id) : 0;
}

int ksql_parse_assert(struct ksql_cursor *cursor, struct ksql_parsed *parsed)
{
    struct ksql_assert *assertion = &parsed->assertion;
    parsed->kind = KSQL_STATEMENT_ASSERT;
    assertion->timeout_ms = KSQL_ASSERT_TIMEOUT_MS;
    assertion->absent = ksql_cursor_take_word(cursor, "NOT");
    if (assertion->absent && ksql_cursor_expect_word(cursor, "EXISTS"))
        return OF_INPUT;
    if (ksql_cursor_take_word(cursor, "TOPIC")) {
        if (parse_resource(cursor, &assertion->topic) ||
            (ksql_cursor_take_word(cursor, "WITH") && ksql_parse_with(cursor, &parsed->with)))
            return OF_INPUT;
    } else if (ksql_cursor_take_word(cursor, "SCHEMA")) {
        if (parse_schema(cursor, assertion))
            return OF_INPUT;
    } else {
        return ksql_problem_unsupported(
            cursor->problem, &parsed->place, "ASSERT of anything but TOPIC and SCHEMA");
    }
    return ksql_cursor_take_word(cursor, "TIMEOUT") ? parse_timeout(cursor, assertion) : 0;
}

/* ---- EXPLAIN ---- */

/* An id alone, or a statement. */
int ksql_parse_explain(struct ksql_cursor *cursor, struct ksql_parsed *parsed)
{
    struct ksql_token ahead = ksql_cursor_peek(cursor);
    parsed->name_place = cursor->token.place;
    if (ksql_token_is_symbol(&ahead, ";")) {
        parsed->kind = KSQL_STATEMENT_EXPLAIN;
        return ksql_cursor_name(cursor, &parsed->name);
    }
    if (ksql_cursor_is_word(cursor, "EXPLAIN"))
        return ksql_cursor_fail(cursor);
    if (ksql_parse_any(cursor, parsed))
        return OF_INPUT;
    parsed->explains = true;
    parsed->explained = parsed->kind;
    parsed->kind = KSQL_STATEMENT_EXPLAIN;
    return 0;
}
