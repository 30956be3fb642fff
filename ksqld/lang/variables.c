/* Replaces variables by their values, token by token, so that no value can smuggle in a statement.
 */
#include "ksqld/lang/variables.h"

#include "base/memory.h"

/* A value that stands for a whole word must be one token (or a number with its sign). */
static bool is_one_word(const char *value)
{
    struct ksql_lexer lexer;
    struct ksql_token token;
    ksql_lexer_init(&lexer, value, strlen(value));
    ksql_lexer_next(&lexer, &token);
    if (token.kind == KSQL_TOKEN_SYMBOL && *token.text == '-') {
        ksql_lexer_next(&lexer, &token);
        if (token.kind != KSQL_TOKEN_INTEGER && token.kind != KSQL_TOKEN_DECIMAL &&
            token.kind != KSQL_TOKEN_FLOAT)
            return false;
    }
    switch (token.kind) {
    case KSQL_TOKEN_WORD:
    case KSQL_TOKEN_QUOTED:
    case KSQL_TOKEN_STRING:
    case KSQL_TOKEN_INTEGER:
    case KSQL_TOKEN_DECIMAL:
    case KSQL_TOKEN_FLOAT:
        break;
    default:
        return false;
    }
    return token.text + token.length == value + strlen(value);
}

static int replace_word(const struct ksql_token *token, const char *value, struct of_buffer *out,
    struct ksql_problem *problem)
{
    if (!value)
        return of_buffer_append(out, token->text, token->length);
    if (!is_one_word(value))
        return ksql_problem_set(problem, &token->place,
            "Illegal argument at Line: %d, Col: %d. Got: '%s'", token->place.line,
            token->place.column, value);
    return of_buffer_append_text(out, value);
}

static void append_escaped(struct of_buffer *out, const char *value)
{
    for (; *value; value++) {
        if (*value == '\'')
            of_buffer_append_byte(out, '\'');
        of_buffer_append_byte(out, (uint8_t)*value);
    }
}

static void replace_in_string(const struct ksql_token *token, ksql_variable_lookup *lookup,
    const void *context, struct of_buffer *out)
{
    const char *next = token->text, *end = token->text + token->length;
    while (next < end) {
        const char *start = memmem(next, (size_t)(end - next), "${", 2);
        const char *close = start ? memchr(start, '}', (size_t)(end - start)) : NULL;
        const char *value = close ? lookup(context, start + 2, (size_t)(close - start - 2)) : NULL;
        const char *plain_end = !start ? end : value ? start : start + 2;
        of_buffer_append(out, next, (size_t)(plain_end - next));
        next = plain_end;
        if (value) {
            append_escaped(out, value);
            next = close + 1;
        }
    }
}

int ksql_substitute(const char *text, size_t length, ksql_variable_lookup *lookup,
    const void *context, struct of_buffer *out, struct ksql_problem *problem)
{
    struct ksql_lexer lexer;
    ksql_lexer_init(&lexer, text, length);
    const char *done = text;
    for (;;) {
        struct ksql_token token;
        ksql_lexer_next(&lexer, &token);
        of_buffer_append(out, done, (size_t)(token.text - done));
        done = token.text + token.length;
        if (token.kind == KSQL_TOKEN_END)
            break;
        if (token.kind == KSQL_TOKEN_VARIABLE) {
            const char *value = lookup(context, token.text + 2, token.length - 3);
            if (replace_word(&token, value, out, problem) && problem->class)
                return OF_INPUT;
        } else if (token.kind == KSQL_TOKEN_STRING) {
            replace_in_string(&token, lookup, context, out);
        } else {
            of_buffer_append(out, token.text, token.length);
        }
    }
    if (out->full)
        return ksql_problem_set(
            problem, NULL, "the statement is longer than %u bytes", KSQL_STATEMENT_MAX);
    return 0;
}
