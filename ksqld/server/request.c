/* Requests read from JSON and headers. */
#include "ksqld/server/request.h"

#include "base/memory.h"
#include "ksqld/lang/lexer.h"
#include "ksqld/server/settings.h"

#include <stdlib.h>
#include <strings.h>

static const char *const types[] = {
    "application/json", "application/vnd.ksql.v1+json", "application/x-www-form-urlencoded"};

void ksql_request_release(struct ksql_request *request)
{
    free(request->text);
    ksql_properties_release(&request->properties);
    ksql_properties_release(&request->variables);
    *request = (struct ksql_request){.sequence = -1};
}

static int read_text(
    const json_t *json, const char *name, struct ksql_request *request, struct of_error *error)
{
    const json_t *text = json_object_get(json, name);
    if (!json_is_string(text))
        return of_fail(error, OF_INPUT, "the request has no text \"%s\"", name);
    if (json_string_length(text) > KSQL_TEXT_MAX)
        return of_fail(error, OF_INPUT, "\"%s\" is longer than %u bytes", name, KSQL_TEXT_MAX);
    request->text = of_strdup(json_string_value(text)); /* jansson refuses NUL characters */
    request->length = json_string_length(text);
    return OF_OK;
}

static int read_sequence(const json_t *json, struct ksql_request *request, struct of_error *error)
{
    const json_t *sequence = json_object_get(json, "commandSequenceNumber");
    request->sequence = -1;
    if (!sequence || json_is_null(sequence))
        return OF_OK;
    if (!json_is_integer(sequence))
        return of_fail(error, OF_INPUT, "\"commandSequenceNumber\" is no whole number");
    request->sequence = json_integer_value(sequence);
    return OF_OK;
}

static int parse(const void *body, size_t size, const char *text_name, const char *properties_name,
    struct ksql_request *out, struct of_error *error)
{
    json_error_t where;
    OF_CLEANUP(of_cleanup_json) json_t *json = json_loadb(body, size, 0, &where);
    OF_CLEANUP(ksql_request_release) struct ksql_request request = {.sequence = -1};
    if (!json)
        return of_fail(error, OF_INPUT, "the request is no JSON: line %d, column %d: %s",
            where.line, where.column, where.text);
    if (!json_is_object(json))
        return of_fail(error, OF_INPUT, "the request is no JSON object");
    if (read_text(json, text_name, &request, error) < 0 ||
        read_sequence(json, &request, error) < 0 ||
        ksql_properties_read(&request.properties, json_object_get(json, properties_name),
            properties_name, error) < 0 ||
        ksql_properties_read(&request.variables, json_object_get(json, "sessionVariables"),
            "sessionVariables", error) < 0)
        return OF_INPUT;
    *out = request;
    request = (struct ksql_request){.sequence = -1};
    return OF_OK;
}

int ksql_request_parse(
    const void *body, size_t size, struct ksql_request *request, struct of_error *error)
{
    return parse(body, size, "ksql", "streamsProperties", request, error);
}

int ksql_request_parse_query(
    const void *body, size_t size, struct ksql_request *request, struct of_error *error)
{
    return parse(body, size, "sql", "properties", request, error);
}

static void copy_properties(struct ksql_properties *to, const struct ksql_properties *from)
{
    struct of_error ignored; /* within the limit: they come from a list of that limit */
    for (size_t i = 0; i < from->count; i++)
        (void)!ksql_properties_set(
            to, from->items[i].name, from->items[i].value, from->items[i].quoted, &ignored);
}

void ksql_request_copy_settings(struct ksql_request *to, const struct ksql_request *from)
{
    copy_properties(&to->properties, &from->properties);
    copy_properties(&to->variables, &from->variables);
}

int ksql_request_change(
    struct ksql_request *request, const struct ksql_statement *statement, struct of_error *error)
{
    switch (statement->effect) {
    case KSQL_EFFECT_SET:
        if (ksql_settings_check_value(statement->name, statement->value, error) < 0)
            return OF_INPUT;
        return ksql_properties_set(
            &request->properties, statement->name, statement->value, true, error);
    case KSQL_EFFECT_UNSET:
        if (ksql_settings_check(statement->name, error) < 0)
            return OF_INPUT;
        ksql_properties_unset(&request->properties, statement->name);
        return OF_OK;
    case KSQL_EFFECT_DEFINE:
        return ksql_properties_set(
            &request->variables, statement->name, statement->value, true, error);
    case KSQL_EFFECT_UNDEFINE:
        ksql_properties_unset(&request->variables, statement->name);
        return OF_OK;
    default:
        return OF_OK;
    }
}

int ksql_request_fail(
    struct ksql_failure *failure, const char *statement, const struct of_error *error)
{
    bool ours = error->class == OF_INPUT;
    *failure = (struct ksql_failure){.status = ours ? 400 : 500,
        .error_code = ours ? 40001 : 50000,
        .type = statement ? "statement_error" : "generic_error",
        .message = of_strdup(error->message),
        .statement = statement ? of_strdup(statement) : NULL};
    return error->class;
}

/* The length of a media type within a header, its parameters aside. */
static size_t media_type(const char *header)
{
    size_t length = strcspn(header, ";,");
    while (length > 0 && (header[length - 1] == ' ' || header[length - 1] == '\t'))
        length--;
    return length;
}

static bool is_type(const char *text, size_t length, const char *type)
{
    return length == strlen(type) && strncasecmp(text, type, length) == 0;
}

bool ksql_request_takes(const char *content_type)
{
    if (!content_type)
        return true;
    size_t length = media_type(content_type);
    for (size_t i = 0; i < OF_COUNT(types); i++)
        if (is_type(content_type, length, types[i]))
            return true;
    return false;
}

const char *ksql_request_choose_type(const char *accept, const char *const *ours, size_t count)
{
    if (!accept || !*accept)
        return ours[0];
    for (const char *at = accept; *at;) {
        at += strspn(at, " \t,");
        size_t length = media_type(at);
        if (is_type(at, length, "*/*") || is_type(at, length, "application/*"))
            return ours[0];
        for (size_t i = 0; i < count; i++)
            if (is_type(at, length, ours[i]))
                return ours[i];
        at += strcspn(at, ",");
    }
    return NULL;
}
