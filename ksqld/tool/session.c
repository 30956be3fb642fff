/* SET, UNSET, DEFINE and UNDEFINE. All other statements are the server's. */
#include "ksqld/tool/session.h"

#include "base/memory.h"

#include <ctype.h>
#include <strings.h>

void ksql_session_init(struct ksql_session *session)
{
    session->properties = json_object();
    session->variables = json_object();
}

void ksql_session_release(struct ksql_session *session)
{
    json_decref(session->properties);
    json_decref(session->variables);
}

static bool is_variable_name(const char *name)
{
    if (!isalpha((unsigned char)*name) && *name != '_')
        return false;
    for (; *name; name++)
        if (!isalnum((unsigned char)*name) && *name != '_' && *name != '@')
            return false;
    return true;
}

static int put(json_t *map, const char *name, const char *value, struct of_error *error)
{
    if (json_object_size(map) >= KSQL_SESSION_ENTRIES_MAX && !json_object_get(map, name))
        return of_fail(error, OF_INPUT, "more than %u names are set", KSQL_SESSION_ENTRIES_MAX);
    if (json_object_set_new(map, name, json_string(value)) < 0)
        return of_fail(error, OF_INPUT, "the value of %s is no UTF-8", name);
    return OF_OK;
}

int ksql_session_define(
    struct ksql_session *session, const char *assignment, struct of_error *error)
{
    const char *equals = strchr(assignment, '=');
    if (!equals || equals == assignment)
        return of_fail(error, OF_INPUT, "--define: wanted NAME=VALUE, not '%s'", assignment);
    OF_FREE char *name = of_strndup(assignment, (size_t)(equals - assignment));
    if (!is_variable_name(name))
        return of_fail(error, OF_INPUT,
            "--define: '%s' is no variable name (letters, digits and _, no digit first)", name);
    const char *value = equals + 1;
    size_t length = strlen(value);
    bool quoted = length >= 2 && value[0] == '\'' && value[length - 1] == '\'';
    OF_FREE char *plain = quoted ? of_strndup(value + 1, length - 2) : of_strdup(value);
    return put(session->variables, name, plain, error);
}

/* Lower-case names are other variables than upper-case ones: the name as written. */
static char *spelling(const struct ksql_token *token)
{
    return of_strndup(token->text, token->length);
}

static bool is_word(const struct ksql_token *token, const char *word)
{
    return token->kind == KSQL_TOKEN_WORD && token->length == strlen(word) &&
           strncasecmp(token->text, word, token->length) == 0;
}

static bool is_symbol(const struct ksql_token *token, char symbol)
{
    return token->kind == KSQL_TOKEN_SYMBOL && token->length == 1 && *token->text == symbol;
}

struct reader {
    struct ksql_lexer lexer;
    struct ksql_token token; /* the one at hand */
    struct ksql_place *place;
    struct of_error *error;
};

static int wanted(struct reader *reader, const char *what)
{
    *reader->place = reader->token.place;
    if (reader->token.kind == KSQL_TOKEN_END)
        return of_fail(reader->error, OF_INPUT, "%s is missing at the end", what);
    return of_fail(reader->error, OF_INPUT, "wanted %s, not '%.*s'", what,
        (int)(reader->token.length < 80 ? reader->token.length : 80), reader->token.text);
}

static int read_token(
    struct reader *reader, enum ksql_token_kind kind, const char *what, struct ksql_token *token)
{
    if (reader->token.kind != kind)
        return wanted(reader, what);
    *token = reader->token;
    ksql_lexer_next(&reader->lexer, &reader->token);
    return OF_OK;
}

static int read_symbol(struct reader *reader, char symbol, const char *what)
{
    if (!is_symbol(&reader->token, symbol))
        return wanted(reader, what);
    ksql_lexer_next(&reader->lexer, &reader->token);
    return OF_OK;
}

static int read_end(struct reader *reader)
{
    if (read_symbol(reader, ';', "a semicolon") < 0)
        return OF_INPUT;
    return reader->token.kind == KSQL_TOKEN_END ? OF_OK : wanted(reader, "the end");
}

/* SET 'name' = 'value'; and DEFINE name = 'value'; */
static int assign(struct reader *reader, json_t *map, enum ksql_token_kind name_kind,
    const char *name_is, const char *verb, char **what)
{
    struct ksql_token name_token, value_token;
    if (read_token(reader, name_kind, name_is, &name_token) < 0 ||
        read_symbol(reader, '=', "'='") < 0 ||
        read_token(reader, KSQL_TOKEN_STRING, "a value in single quotes", &value_token) < 0 ||
        read_end(reader) < 0)
        return OF_INPUT;
    OF_FREE char *name =
        name_kind == KSQL_TOKEN_WORD ? spelling(&name_token) : ksql_token_name(&name_token);
    OF_FREE char *value = ksql_token_name(&value_token);
    *reader->place = name_token.place;
    if (put(map, name, value, reader->error) < 0)
        return OF_INPUT;
    *what = of_asprintf("%s %s = %s", verb, name, value);
    return 1;
}

static int take_back(struct reader *reader, json_t *map, enum ksql_token_kind name_kind,
    const char *name_is, const char *verb, char **what)
{
    struct ksql_token token;
    if (read_token(reader, name_kind, name_is, &token) < 0 || read_end(reader) < 0)
        return OF_INPUT;
    OF_FREE char *name = name_kind == KSQL_TOKEN_WORD ? spelling(&token) : ksql_token_name(&token);
    *what = of_asprintf(
        "%s %s%s", verb, name, json_object_get(map, name) ? "" : " (it was not set before)");
    json_object_del(map, name);
    return 1;
}

int ksql_session_take(struct ksql_session *session, const char *text, size_t length, char **what,
    struct ksql_place *place, struct of_error *error)
{
    struct ksql_token verb;
    struct reader reader = {.place = place, .error = error};
    ksql_lexer_init(&reader.lexer, text, length);
    ksql_lexer_next(&reader.lexer, &verb);
    if (!is_word(&verb, "SET") && !is_word(&verb, "UNSET") && !is_word(&verb, "DEFINE") &&
        !is_word(&verb, "UNDEFINE"))
        return 0;
    OF_CLEANUP(of_buffer_release) struct of_buffer full;
    of_buffer_init(&full, KSQL_STATEMENT_MAX);
    *place = verb.place;
    if (ksql_session_substitute(session, text, length, &full, error) < 0)
        return OF_INPUT;
    ksql_lexer_init(&reader.lexer, (const char *)full.data, full.length);
    ksql_lexer_next(&reader.lexer, &verb);
    ksql_lexer_next(&reader.lexer, &reader.token);
    static const char property[] = "a property name in single quotes", name[] = "a variable name";
    if (is_word(&verb, "SET"))
        return assign(&reader, session->properties, KSQL_TOKEN_STRING, property, "SET", what);
    if (is_word(&verb, "UNSET"))
        return take_back(&reader, session->properties, KSQL_TOKEN_STRING, property, "UNSET", what);
    if (is_word(&verb, "DEFINE"))
        return assign(&reader, session->variables, KSQL_TOKEN_WORD, name, "DEFINE", what);
    return take_back(&reader, session->variables, KSQL_TOKEN_WORD, name, "UNDEFINE", what);
}

/* The value of the variable whose "${name}" starts here; *size is the length of that text. */
static const char *variable_at(
    const struct ksql_session *session, const char *text, size_t length, size_t *size)
{
    const char *end =
        memchr(text, '}', length < KSQL_IDENTIFIER_MAX ? length : KSQL_IDENTIFIER_MAX);
    if (length < 4 || text[0] != '$' || text[1] != '{' || !end)
        return NULL;
    OF_FREE char *name = of_strndup(text + 2, (size_t)(end - text - 2));
    *size = (size_t)(end + 1 - text);
    return json_string_value(json_object_get(session->variables, name));
}

int ksql_session_substitute(const struct ksql_session *session, const char *text, size_t length,
    struct of_buffer *out, struct of_error *error)
{
    for (size_t at = 0; at < length;) {
        size_t size = 0;
        const char *value = variable_at(session, text + at, length - at, &size);
        if (value) {
            of_buffer_append_text(out, value);
            at += size;
        } else {
            of_buffer_append_byte(out, (uint8_t)text[at++]);
        }
    }
    return of_buffer_check(out, "the statement with its variables replaced", error);
}
