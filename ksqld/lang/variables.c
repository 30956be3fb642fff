/* Replaces variables by their values, token by token, so that no value can smuggle in a statement.
 */
#include "ksqld/lang/variables.h"

#include "base/memory.h"
#include "ksqld/lang/lexer.h"

#include <strings.h>

static bool is_quoted(const char *value, char quote)
{
    size_t length = strlen(value);
    return length >= 2 && value[0] == quote && value[length - 1] == quote;
}

/* ---- what a value may be ---- */

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

bool ksql_variable_is_name(const char *value)
{
    size_t length = strlen(value), quote = is_quoted(value, '`') || is_quoted(value, '"');
    if (length == 2 * quote || !is_letter(value[quote]))
        return false;
    for (size_t i = quote; i < length - quote; i++) {
        if (!is_letter(value[i]) && !is_digit(value[i]) && value[i] != '@')
            return false;
    }
    return true;
}

static const char *skip_digits(const char *text)
{
    return text + strspn(text, "0123456789");
}

/* Of the forms that Java reads as numbers those that are numbers in a statement, too. */
static bool is_number(const char *value)
{
    const char *next = value + (*value == '-' || *value == '+');
    const char *start = next;
    next = skip_digits(next);
    bool digits = next > start;
    if (*next == '.') {
        start = ++next;
        next = skip_digits(next);
        digits = digits || next > start;
    }
    if (digits && (*next == 'e' || *next == 'E')) {
        next++;
        next += *next == '-' || *next == '+';
        start = next;
        next = skip_digits(next);
        digits = next > start;
    }
    return digits && !*next;
}

bool ksql_variable_is_literal(const char *value)
{
    return is_quoted(value, '\'') || strcasecmp(value, "true") == 0 ||
           strcasecmp(value, "false") == 0 || is_number(value);
}

/* ---- replacing ---- */

static void append_escaped(struct of_buffer *out, const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        if (text[i] == '\'')
            of_buffer_append_byte(out, '\'');
        of_buffer_append_byte(out, (uint8_t)text[i]);
    }
}

/* One string remains one, whatever quotes are in it. */
static void append_value(struct of_buffer *out, const char *value)
{
    size_t length = strlen(value);
    if (!is_quoted(value, '\'')) {
        append_escaped(out, value, length);
        return;
    }
    of_buffer_append_byte(out, '\'');
    for (size_t i = 1; i < length - 1; i++) {
        append_escaped(out, value + i, 1);
        bool pair = value[i] == '\'' && i + 1 < length - 1 && value[i + 1] == '\'';
        i += pair;
    }
    of_buffer_append_byte(out, '\'');
}

/* A value within a value would be replaced in its turn, where both are used. */
static int check_value(
    const struct ksql_place *place, const char *value, struct ksql_problem *problem)
{
    return strstr(value, "${") ? ksql_problem_unsupported(
                                     problem, place, "A variable in the value of another variable")
                               : 0;
}

static int replace_word(const struct ksql_token *token, const char *value, struct of_buffer *out,
    struct ksql_problem *problem)
{
    if (!value)
        return of_buffer_append(out, token->text, token->length);
    if (!ksql_variable_is_name(value) && !ksql_variable_is_literal(value))
        return ksql_problem_set(problem, &token->place,
            "Illegal argument at Line: %d, Col: %d. Got: '%s'", token->place.line,
            token->place.column, value);
    if (check_value(&token->place, value, problem))
        return OF_INPUT;
    append_value(out, value);
    return 0;
}

/* From "${" on: the value, or the default, or neither. */
struct reference {
    const char *end; /* behind its bracket; NULL: there is none */
    const char *value;
    const char *standard; /* what stands behind :- */
    size_t standard_length;
};

static struct reference find_reference(
    const char *start, const char *end, ksql_variable_lookup *lookup, const void *context)
{
    struct reference found = {.end = NULL};
    const char *name = start + 2, *close = memchr(name, '}', (size_t)(end - name));
    if (!close)
        return found;
    size_t length = (size_t)(close - name);
    const char *inner = memmem(name, length, "${", 2), *mark = memmem(name, length, ":-", 2);
    if (mark && (!inner || mark < inner)) {
        found.standard = mark + 2;
        found.standard_length = (size_t)(close - found.standard);
        length = (size_t)(mark - name);
    }
    found.end = close + 1;
    found.value = lookup(context, name, length);
    return found;
}

static int replace_in_string(const struct ksql_token *token, ksql_variable_lookup *lookup,
    const void *context, struct of_buffer *out, struct ksql_problem *problem)
{
    const char *next = token->text, *end = token->text + token->length;
    while (next < end) {
        const char *start = memmem(next, (size_t)(end - next), "${", 2);
        struct reference found = {.end = NULL};
        if (start)
            found = find_reference(start, end, lookup, context);
        bool escaped = found.end && start > next && start[-1] == '$';
        bool replaced = !escaped && found.end && (found.value || found.standard);
        const char *plain = !start ? end : escaped ? start - 1 : replaced ? start : start + 2;
        of_buffer_append(out, next, (size_t)(plain - next));
        next = plain;
        if (escaped) { /* without the first of two */
            of_buffer_append_text(out, "${");
            next = start + 2;
        } else if (replaced) {
            if (found.value && check_value(&token->place, found.value, problem))
                return OF_INPUT;
            if (found.value)
                append_value(out, found.value);
            else
                of_buffer_append(out, found.standard, found.standard_length);
            next = found.end;
        }
    }
    return 0;
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
            if (replace_in_string(&token, lookup, context, out, problem))
                return OF_INPUT;
        } else {
            of_buffer_append(out, token.text, token.length);
        }
    }
    if (out->full)
        return ksql_problem_set(
            problem, NULL, "the statement is longer than %u bytes", KSQL_STATEMENT_MAX);
    return 0;
}
