/* Answers but for DESCRIBE's. Knows no engine state: what is shown comes as arguments. */
#include "ksqld/server/entity.h"

#include <assert.h>

const char *ksql_state_name(enum ksql_query_state state)
{
    static const char *const names[] = {"RUNNING", "ERROR", "UNRESPONSIVE", "PAUSED"};
    return names[state];
}

json_t *ksql_entity_status(const char *statement, const char *command_id, const char *message,
    const char *query_id, int64_t sequence)
{
    return json_pack("{s:s, s:s, s:s, s:{s:s, s:s, s:s?}, s:I, s:[]}", "@type", "currentStatus",
        "statementText", statement, "commandId", command_id, "commandStatus", "status", "SUCCESS",
        "message", message, "queryId", query_id, "commandSequenceNumber", (json_int_t)sequence,
        "warnings");
}

json_t *ksql_entity_warning(const char *statement, const char *message)
{
    return json_pack("{s:s, s:s, s:s, s:[]}", "@type", "warning_entity", "statementText", statement,
        "message", message, "warnings");
}

/* {"@type": type, "statementText": ..., rows: [...], "warnings": []}; takes the list. */
static json_t *list_entity(const char *type, const char *statement, const char *rows, json_t *list)
{
    return json_pack(
        "{s:s, s:s, s:o, s:[]}", "@type", type, "statementText", statement, rows, list, "warnings");
}

json_t *ksql_entity_sources(
    const char *statement, bool tables, const struct ksql_source *const *sources, size_t count)
{
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++) {
        const struct ksql_source *source = sources[i];
        if (source->table == tables)
            json_array_append_new(list,
                json_pack("{s:s, s:s, s:s, s:s, s:s, s:b}", "type", tables ? "TABLE" : "STREAM",
                    "name", source->name, "topic", source->topic, "keyFormat", source->key_format,
                    "valueFormat", source->value_format, "isWindowed", source->windowed));
    }
    return list_entity(
        tables ? "tables" : "streams", statement, tables ? "tables" : "streams", list);
}

/* None of a SOURCE TABLE's query. */
static json_t *sink_list(const char *sink)
{
    return *sink ? json_pack("[s]", sink) : json_array();
}

json_t *ksql_entity_query(const struct ksql_query_view *view)
{
    const struct ksql_query *query = view->query;
    const char *state = ksql_state_name(view->state);
    return json_pack("{s:s, s:o, s:o, s:s, s:{s:i}, s:s, s:s}", "queryString", query->statement,
        "sinks", sink_list(query->sink), "sinkKafkaTopics", sink_list(query->sink_topic), "id",
        query->id, "statusCount", state, 1, "queryType", "PERSISTENT", "state", state);
}

json_t *ksql_entity_queries(
    const char *statement, const struct ksql_query_view *views, size_t count)
{
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(list, ksql_entity_query(&views[i]));
    return list_entity("queries", statement, "queries", list);
}

static json_t *topic_json(const struct ksql_topic_view *topic)
{
    json_t *replicas = json_array();
    for (int partition = 0; partition < topic->partitions; partition++)
        json_array_append_new(replicas, json_integer(topic->replicas));
    return json_pack("{s:s, s:o}", "name", topic->name, "replicaInfo", replicas);
}

json_t *ksql_entity_topics(
    const char *statement, const struct ksql_topic_view *topics, size_t count)
{
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(list, topic_json(&topics[i]));
    return list_entity("kafka_topics", statement, "topics", list);
}

json_t *ksql_entity_topics_extended(
    const char *statement, const struct ksql_topic_view *topics, size_t count)
{
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++) {
        json_t *topic = topic_json(&topics[i]);
        json_object_set_new(topic, "consumerCount", json_integer(topics[i].consumers));
        json_object_set_new(topic, "consumerGroupCount", json_integer(topics[i].groups));
        json_array_append_new(list, topic);
    }
    return list_entity("kafka_topics_extended", statement, "topics", list);
}

json_t *ksql_entity_descriptions(const char *statement, bool queries, json_t *list)
{
    return queries ? list_entity("queryDescriptions", statement, "queryDescriptions", list)
                   : list_entity("source_descriptions", statement, "sourceDescriptions", list);
}

json_t *ksql_entity_functions(
    const char *statement, const struct ksql_function_view *functions, size_t count)
{
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(list, json_pack("{s:s, s:s, s:s}", "name", functions[i].name, "type",
                                        functions[i].type, "category", "OTHER"));
    return list_entity("function_names", statement, "functions", list);
}

static void append_properties(json_t *list, const struct ksql_property *properties, size_t count,
    const char *level, bool editable)
{
    for (size_t i = 0; i < count; i++)
        json_array_append_new(
            list, json_pack("{s:s, s:s, s:s, s:b, s:s}", "name", properties[i].name, "scope",
                      "KSQL", "value", properties[i].value, "editable", editable, "level", level));
}

json_t *ksql_entity_properties(const char *statement, const struct ksql_property *server,
    size_t server_count, const struct ksql_property *request, size_t request_count)
{
    json_t *list = json_array(), *overwritten = json_array(), *defaults = json_array();
    append_properties(list, server, server_count, "SERVER", false);
    append_properties(list, request, request_count, "QUERY", true);
    for (size_t i = 0; i < server_count; i++)
        json_array_append_new(defaults, json_string(server[i].name));
    for (size_t i = 0; i < request_count; i++)
        json_array_append_new(overwritten, json_string(request[i].name));
    return json_pack("{s:s, s:s, s:o, s:o, s:o, s:[]}", "@type", "properties", "statementText",
        statement, "properties", list, "overwrittenProperties", overwritten, "defaultProperties",
        defaults, "warnings");
}

json_t *ksql_entity_variables(
    const char *statement, const struct ksql_property *variables, size_t count)
{
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(
            list, json_pack("{s:s, s:s}", "name", variables[i].name, "value", variables[i].value));
    return list_entity("variables", statement, "variables", list);
}

json_t *ksql_entity_error(int error_code, const char *message)
{
    json_t *text = json_string(message);
    return json_pack("{s:s, s:i, s:o}", "@type", "generic_error", "error_code", error_code,
        "message", text ? text : json_string("(a message that is no UTF-8)"));
}

json_t *ksql_entity_failure(const struct ksql_failure *failure, json_t *entities)
{
    json_t *body = ksql_entity_error(failure->error_code, failure->message);
    if (!failure->statement) {
        json_decref(entities);
        return body;
    }
    json_object_set_new(body, "@type", json_string("statement_error"));
    json_t *statement = json_string(failure->statement);
    json_object_set_new(body, "statementText", statement ? statement : json_string(""));
    json_object_set_new(body, "entities", entities ? entities : json_array());
    return body;
}
