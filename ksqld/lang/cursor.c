/* One token of look-ahead, names, and syntax errors in ksqlDB's words. */
#include "ksqld/lang/cursor.h"

#include "base/memory.h"
#include "ksqld/lang/keywords.h"

#include <strings.h>

void ksql_cursor_next(struct ksql_cursor *cursor)
{
    ksql_lexer_next(&cursor->lexer, &cursor->token);
}

struct ksql_token ksql_cursor_peek(const struct ksql_cursor *cursor)
{
    struct ksql_lexer ahead = cursor->lexer;
    struct ksql_token token;
    ksql_lexer_next(&ahead, &token);
    return token;
}

bool ksql_token_is_word(const struct ksql_token *token, const char *word)
{
    return token->kind == KSQL_TOKEN_WORD && token->length == strlen(word) &&
           strncasecmp(token->text, word, token->length) == 0;
}

bool ksql_token_is_symbol(const struct ksql_token *token, const char *symbol)
{
    return token->kind == KSQL_TOKEN_SYMBOL && token->length == strlen(symbol) &&
           memcmp(token->text, symbol, token->length) == 0;
}

bool ksql_cursor_is_word(const struct ksql_cursor *cursor, const char *word)
{
    return ksql_token_is_word(&cursor->token, word);
}

bool ksql_cursor_is_symbol(const struct ksql_cursor *cursor, const char *symbol)
{
    return ksql_token_is_symbol(&cursor->token, symbol);
}

bool ksql_cursor_take_word(struct ksql_cursor *cursor, const char *word)
{
    bool is = ksql_cursor_is_word(cursor, word);
    if (is)
        ksql_cursor_next(cursor);
    return is;
}

bool ksql_cursor_take_symbol(struct ksql_cursor *cursor, const char *symbol)
{
    bool is = ksql_cursor_is_symbol(cursor, symbol);
    if (is)
        ksql_cursor_next(cursor);
    return is;
}

/* The end of the text comes too early for anything: ksqlDB then asks for a bracket, whatever is
 * missing. */
static int fail_at_end(struct ksql_cursor *cursor)
{
    const struct ksql_place *place = &cursor->token.place;
    return ksql_problem_set(cursor->problem, place,
        "line %d:%d: Syntax Error\nSyntax error at or near \";\"\n'}', ']', or ')' is missing",
        place->line, place->column);
}

int ksql_cursor_fail(struct ksql_cursor *cursor)
{
    const struct ksql_token *token = &cursor->token;
    if (token->kind == KSQL_TOKEN_END)
        return fail_at_end(cursor);
    return ksql_problem_set(cursor->problem, &token->place,
        "line %d:%d: Syntax Error\nSyntax error at or near '%.*s' at line %d:%d", token->place.line,
        token->place.column, (int)token->length, token->text, token->place.line,
        token->place.column);
}

/* ksqlDB's list of what it expects there is too long for it to show. */
static int fail_unexpected(struct ksql_cursor *cursor)
{
    const struct ksql_place *place = &cursor->token.place;
    return ksql_problem_set(
        cursor->problem, place, "line %d:%d: Syntax Error\n", place->line, place->column);
}

int ksql_cursor_fail_value(struct ksql_cursor *cursor)
{
    const struct ksql_token *token = &cursor->token;
    bool reserved =
        token->kind == KSQL_TOKEN_WORD && ksql_word_is_reserved(token->text, token->length);
    return reserved ? fail_unexpected(cursor) : ksql_cursor_fail(cursor);
}

int ksql_cursor_unsupported(struct ksql_cursor *cursor, const char *feature)
{
    return ksql_problem_unsupported(cursor->problem, &cursor->token.place, "%s", feature);
}

static int fail_expecting(struct ksql_cursor *cursor, const char *what)
{
    const struct ksql_place *place = &cursor->token.place;
    if (cursor->token.kind == KSQL_TOKEN_END)
        return fail_at_end(cursor);
    return ksql_problem_set(cursor->problem, place, "line %d:%d: Syntax Error\nExpecting '%s'",
        place->line, place->column, what);
}

int ksql_cursor_expect_word(struct ksql_cursor *cursor, const char *word)
{
    return ksql_cursor_take_word(cursor, word) ? 0 : fail_expecting(cursor, word);
}

int ksql_cursor_expect_symbol(struct ksql_cursor *cursor, const char *symbol)
{
    return ksql_cursor_take_symbol(cursor, symbol) ? 0 : fail_expecting(cursor, symbol);
}

/* ---- variables ---- */

/* The value as the token; its sign, if it has one, goes with the number. */
static void become(struct ksql_cursor *cursor, const char *value)
{
    struct ksql_lexer lexer;
    struct ksql_token token;
    size_t sign = *value == '-' || *value == '+';
    ksql_lexer_init(&lexer, value + sign, strlen(value) - sign);
    ksql_lexer_next(&lexer, &token);
    cursor->token.kind = token.kind;
    cursor->token.text = value;
    cursor->token.length = strlen(value);
}

static const char *find_variable(const struct ksql_cursor *cursor)
{
    const struct ksql_token *token = &cursor->token;
    if (token->kind != KSQL_TOKEN_VARIABLE || !cursor->variables)
        return NULL;
    return cursor->variables->lookup(
        cursor->variables->context, token->text + 2, token->length - 3);
}

static int fail_name(struct ksql_cursor *cursor, const char *value, size_t length)
{
    const struct ksql_place *place = &cursor->token.place;
    cursor->variable_refused = true;
    return ksql_problem_set(cursor->problem, place,
        "Illegal argument at Line: %d, Col: %d. Identifier names cannot start with '@' and may "
        "only contain alphanumeric values and '_'. Got: '%.*s'",
        place->line, place->column, (int)length, value);
}

int ksql_cursor_settle_name(struct ksql_cursor *cursor)
{
    const char *value = find_variable(cursor);
    if (!value)
        return 0;
    if (!ksql_variable_is_name(value))
        return fail_name(cursor, value, strlen(value));
    become(cursor, value);
    return 0;
}

int ksql_cursor_settle_literal(struct ksql_cursor *cursor)
{
    const struct ksql_place *place = &cursor->token.place;
    const char *value = find_variable(cursor);
    if (!value)
        return 0;
    if (!ksql_variable_is_literal(value)) {
        cursor->variable_refused = true;
        return ksql_problem_set(cursor->problem, place,
            "Illegal argument at Line: %d, Col: %d. Got: '%s'", place->line, place->column, value);
    }
    become(cursor, value);
    return 0;
}

bool ksql_cursor_is_name(const struct ksql_cursor *cursor)
{
    const struct ksql_token *token = &cursor->token;
    return token->kind == KSQL_TOKEN_QUOTED || token->kind == KSQL_TOKEN_DIGITS ||
           token->kind == KSQL_TOKEN_VARIABLE ||
           (token->kind == KSQL_TOKEN_WORD && !ksql_word_is_reserved(token->text, token->length));
}

static int check_name(struct ksql_cursor *cursor)
{
    const struct ksql_token *token = &cursor->token;
    const struct ksql_place *place = &token->place;
    if (token->kind == KSQL_TOKEN_END)
        return fail_at_end(cursor);
    if (ksql_cursor_settle_name(cursor))
        return OF_INPUT;
    if (token->kind == KSQL_TOKEN_VARIABLE)
        return fail_name(cursor, token->text, token->length);
    if (!ksql_cursor_is_name(cursor))
        return fail_unexpected(cursor);
    if (token->length > KSQL_IDENTIFIER_MAX)
        return ksql_problem_set(cursor->problem, place,
            "line %d:%d: a name is longer than %u bytes", place->line, place->column,
            KSQL_IDENTIFIER_MAX);
    return 0;
}

static const char *take_text(struct ksql_cursor *cursor)
{
    char *name OF_FREE = ksql_token_name(&cursor->token);
    const char *kept = ksql_arena_strdup(cursor->arena, name);
    ksql_cursor_next(cursor);
    return kept;
}

int ksql_cursor_name(struct ksql_cursor *cursor, const char **name)
{
    int status = check_name(cursor);
    if (!status)
        *name = take_text(cursor);
    return status;
}

int ksql_cursor_source_name(struct ksql_cursor *cursor, const char **name)
{
    struct ksql_place place = cursor->token.place;
    const char *found;
    int status = ksql_cursor_name(cursor, &found);
    if (status)
        return status;
    for (const char *c = found; *c; c++) {
        bool good = (*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z') ||
                    (*c >= '0' && *c <= '9') || *c == '_' || *c == '-';
        if (!good)
            return ksql_problem_set(cursor->problem, &place,
                "Illegal argument at Line: %d, Col: %d. Source names may only contain alphanumeric "
                "values, '_' or '-'. Got: '%s'",
                place.line, place.column, found);
    }
    *name = found;
    return 0;
}

int ksql_cursor_string(struct ksql_cursor *cursor, const char **text)
{
    if (cursor->token.kind != KSQL_TOKEN_STRING)
        return fail_expecting(cursor, "STRING");
    *text = take_text(cursor);
    return 0;
}

int ksql_cursor_too_deep(struct ksql_cursor *cursor)
{
    const struct ksql_place *place = &cursor->token.place;
    return ksql_problem_set(cursor->problem, place,
        "line %d:%d: Error processing statement: Statement is too large to parse. This may be "
        "caused by having too many nested expressions in the statement.",
        place->line, place->column);
}

int ksql_cursor_enter(struct ksql_cursor *cursor)
{
    return cursor->depth++ < KSQL_NESTING_MAX ? 0 : ksql_cursor_too_deep(cursor);
}
