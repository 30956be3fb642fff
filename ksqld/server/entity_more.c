/* Answers about types, functions and assertions, and of EXPLAIN. */
#include "base/memory.h"
#include "ksqld/functions/aggregate.h"
#include "ksqld/server/entity.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

json_t *ksql_entity_types(const char *statement, const char *const *names,
    const struct ksql_type *const *types, size_t count)
{
    json_t *all = json_object();
    for (size_t i = 0; i < count; i++)
        json_object_set_new(all, names[i], ksql_entity_type(types[i]));
    return json_pack("{s:s, s:s, s:o, s:[]}", "@type", "type_list", "statementText", statement,
        "types", all, "warnings");
}

/* ---- functions ---- */

/* Where the part of a signature that begins at `text` ends: at a comma or bracket of its own. */
static const char *part_end(const char *text)
{
    int depth = 0;
    for (; *text; text++) {
        if (strchr("<(", *text))
            depth++;
        else if (*text == '>' && text[-1] == '=') /* => of a lambda */
            continue;
        else if (strchr(">)", *text) && depth-- == 0)
            return text;
        else if (*text == ',' && depth == 0)
            return text;
    }
    return text;
}

/* "INT... val": type, three dots where there may be more of it, name. */
static json_t *argument_json(const char *text, size_t length)
{
    size_t name = length;
    while (name > 0 && (isalnum((unsigned char)text[name - 1]) || text[name - 1] == '_'))
        name--;
    size_t type = name;
    while (type > 0 && text[type - 1] == ' ')
        type--;
    bool named = type > 0 && type < name;
    size_t end = named ? type : length;
    bool variadic = end > 3 && strncmp(text + end - 3, "...", 3) == 0;
    end -= variadic ? 3 : 0;
    OF_FREE char *type_text = of_strndup(text, end);
    OF_FREE char *name_text = of_strndup(text + name, named ? length - name : 0);
    return json_pack("{s:s, s:s, s:s, s:b}", "name", name_text, "type", type_text, "description",
        "", "isVariadic", variadic);
}

/* One row: "ABS(INT val) INT". */
static json_t *signature_json(const char *signature, const char *help)
{
    json_t *arguments = json_array();
    const char *at = strchr(signature, '(');
    at = at ? at + 1 : signature + strlen(signature);
    while (*at && *at != ')') {
        const char *end = part_end(at);
        if (end > at)
            json_array_append_new(arguments, argument_json(at, (size_t)(end - at)));
        at = *end == ',' ? end + 1 : end;
        at += strspn(at, " ");
    }
    const char *result = *at ? at + 1 : at;
    return json_pack("{s:o, s:s, s:s}", "arguments", arguments, "returnType",
        result + strspn(result, " "), "description", help);
}

json_t *ksql_entity_function(const char *statement, const char *name)
{
    size_t overloads = 0;
    json_t *rows = json_array();
    const struct ksql_function *function = ksql_function_find(name, &overloads);
    const struct ksql_aggregate *aggregate = function ? NULL : ksql_aggregate_find(name);
    for (size_t i = 0; i < overloads && function; i++)
        json_array_append_new(rows, signature_json(function[i].signature, function[i].help));
    for (size_t i = 0; aggregate && i < KSQL_AGGREGATE_SIGNATURES_MAX && aggregate->signatures[i];
         i++)
        json_array_append_new(rows, signature_json(aggregate->signatures[i], aggregate->help));
    const char *type = aggregate ? "AGGREGATE" : function->kind == KSQL_TABLE ? "TABLE" : "SCALAR";
    OF_FREE char *upper = of_strdup(name);
    for (char *c = upper; *c; c++)
        *c = (char)toupper((unsigned char)*c);
    return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:o, s:s, s:[]}", "@type",
        "describe_function", "statementText", statement, "name", upper, "description",
        aggregate ? aggregate->help : function->help, "author", "", "version", "", "path",
        "internal", "functions", rows, "type", type, "warnings");
}

/* ---- ASSERT ---- */

json_t *ksql_entity_assert(const char *statement, const struct ksql_asserted *asserted)
{
    if (asserted->topic)
        return json_pack("{s:s, s:s, s:s, s:b, s:[]}", "@type", "assert_topic", "statementText",
            statement, "topicName", asserted->topic, "exists", !asserted->absent, "warnings");
    json_t *entity = json_pack("{s:s, s:s, s:s?}", "@type", "assert_schema", "statementText",
        statement, "subject", asserted->subject);
    json_object_set_new(entity, "id", asserted->id >= 0 ? json_integer(asserted->id) : json_null());
    json_object_set_new(entity, "exists", json_boolean(!asserted->absent));
    json_object_set_new(entity, "warnings", json_array());
    return entity;
}

/* ---- EXPLAIN ---- */

/* There is no topology of Kafka Streams behind our queries: those texts stay empty. */
json_t *ksql_entity_explained(const char *statement, const struct ksql_explanation *explanation)
{
    const struct ksql_query *query = explanation->query;
    json_t *sources = json_array(), *sinks = json_array(), *status = json_object();
    for (size_t i = 0; i < query->source_count; i++)
        json_array_append_new(sources, json_string(query->sources[i]));
    if (query->sink && *query->sink)
        json_array_append_new(sinks, json_string(query->sink));
    if (explanation->state)
        json_object_set_new(status, explanation->address, json_string(explanation->state));
    json_t *body =
        json_pack("{s:s, s:s, s:o, s:o, s:o, s:o, s:s, s:s}", "id", query->id ? query->id : "",
            "statementText", query->statement ? query->statement : statement, "windowType",
            ksql_entity_windows(&explanation->windows), "fields",
            ksql_entity_fields(explanation->columns), "sources", sources, "sinks", sinks,
            "topology", "", "executionPlan", "");
    json_t *rest = json_pack("{s:{}, s:o, s:s, s:[], s:[], s:s?, s:s?}", "overriddenProperties",
        "ksqlHostQueryStatus", status, "queryType", query->sink ? "PERSISTENT" : "PUSH",
        "queryErrors", "tasksMetadata", "consumerGroupId", explanation->group, "state",
        explanation->state);
    if (explanation->errors)
        json_object_set(rest, "queryErrors", explanation->errors);
    json_object_update_missing(body, rest);
    json_decref(rest);
    return body;
}

json_t *ksql_entity_explanation(const char *statement, json_t *explained)
{
    return json_pack("{s:s, s:s, s:o, s:[]}", "@type", "queryDescription", "statementText",
        statement, "queryDescription", explained, "warnings");
}
