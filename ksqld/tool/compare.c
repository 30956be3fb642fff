/* Statements compared by their tokens. Knows no grammar beyond the head of an INSERT. */
#include "ksqld/tool/compare.h"

#include "base/memory.h"

#include <ctype.h>
#include <strings.h>

static bool is_text(const struct ksql_token *token, const char *text)
{
    return (token->kind == KSQL_TOKEN_WORD || token->kind == KSQL_TOKEN_SYMBOL) &&
           token->length == strlen(text) && strncasecmp(token->text, text, token->length) == 0;
}

/* Whether the lexer's next token is this one; it is read in any case. */
static bool next_is(struct ksql_lexer *lexer, const char *text)
{
    struct ksql_token token;
    ksql_lexer_next(lexer, &token);
    return is_text(&token, text);
}

static char *upper_case(char *text)
{
    for (char *c = text; *c; c++)
        *c = (char)toupper((unsigned char)*c);
    return text;
}

char *ksql_compare_query_id(const char *text, size_t length)
{
    struct ksql_lexer lexer;
    struct ksql_token token;
    ksql_lexer_init(&lexer, text, length);
    if (!next_is(&lexer, "INSERT") || !next_is(&lexer, "INTO"))
        return NULL;
    ksql_lexer_next(&lexer, &token); /* the sink */
    if (!next_is(&lexer, "WITH") || !next_is(&lexer, "("))
        return NULL;
    do {
        ksql_lexer_next(&lexer, &token);
        bool it = is_text(&token, "QUERY_ID");
        if (!next_is(&lexer, "="))
            return NULL;
        ksql_lexer_next(&lexer, &token);
        if (it && token.kind == KSQL_TOKEN_STRING)
            return upper_case(ksql_token_name(&token));
    } while (next_is(&lexer, ","));
    return NULL;
}

static bool is_same(const struct ksql_token *a, const struct ksql_token *b)
{
    if (a->kind != b->kind || a->length != b->length)
        return false;
    if (a->kind == KSQL_TOKEN_WORD)
        return strncasecmp(a->text, b->text, a->length) == 0;
    return memcmp(a->text, b->text, a->length) == 0;
}

static void next_unless_semicolon(struct ksql_lexer *lexer, struct ksql_token *token)
{
    ksql_lexer_next(lexer, token);
    if (is_text(token, ";"))
        ksql_lexer_next(lexer, token);
}

bool ksql_compare_same(const char *a, size_t a_length, const char *b, size_t b_length)
{
    struct ksql_lexer first, second;
    struct ksql_token one, other;
    ksql_lexer_init(&first, a, a_length);
    ksql_lexer_init(&second, b, b_length);
    do {
        next_unless_semicolon(&first, &one);
        next_unless_semicolon(&second, &other);
        if (!is_same(&one, &other))
            return false;
    } while (one.kind != KSQL_TOKEN_END);
    return true;
}
