/* The answer to DESCRIBE. */
#include "ksqld/server/entity.h"

static json_t *field_json(const char *name, const struct ksql_type *type)
{
    return json_pack("{s:s, s:o}", "name", name, "schema", ksql_entity_type(type));
}

/* Depth is bounded by KSQL_TYPE_DEPTH_MAX. */
json_t *ksql_entity_type(const struct ksql_type *type)
{
    json_t *fields = json_null(), *member = json_null();
    if (type->kind == KSQL_STRUCT) {
        fields = json_array();
        for (size_t i = 0; i < type->field_count; i++)
            json_array_append_new(fields, field_json(type->fields[i].name, type->fields[i].type));
    }
    if (type->kind == KSQL_ARRAY || type->kind == KSQL_MAP)
        member = ksql_entity_type(type->element);
    json_t *schema = json_pack("{s:s, s:o, s:o}", "type", ksql_type_kind_name(type->kind), "fields",
        fields, "memberSchema", member);
    if (type->kind == KSQL_DECIMAL)
        json_object_set_new(schema, "parameters",
            json_pack("{s:i, s:i}", "precision", type->precision, "scale", type->scale));
    return schema;
}

json_t *ksql_entity_fields(const struct ksql_schema *schema)
{
    json_t *list = json_array();
    for (size_t i = 0; i < schema->count; i++) {
        json_t *field = field_json(schema->columns[i].name, schema->columns[i].type);
        if (schema->columns[i].key)
            json_object_set_new(field, "type", json_string("KEY"));
        if (schema->columns[i].header)
            json_object_set_new(field, "type", json_string("HEADER"));
        if (schema->columns[i].header_key)
            json_object_set_new(field, "headerKey", json_string(schema->columns[i].header_key));
        json_array_append_new(list, field);
    }
    return list;
}

static json_t *queries_json(const struct ksql_query_view *views, size_t count)
{
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(list, ksql_entity_query(&views[i]));
    return list;
}

static json_t *names_json(const char *const *names, size_t count)
{
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(list, json_string(names[i]));
    return list;
}

json_t *ksql_entity_windows(const struct ksql_windows *windows)
{
    if (windows->kind == KSQL_WINDOW_NONE)
        return json_null();
    return json_string(windows->kind == KSQL_WINDOW_SESSION ? "SESSION"
                       : windows->hopping                   ? "HOPPING"
                                                            : "TUMBLING");
}

/* Partitions of one topic become one summary. */
static json_t *group_json(const struct ksql_group_view *group)
{
    json_t *topics = json_array(), *offsets = NULL;
    for (size_t i = 0; i < group->count; i++) {
        const struct ksql_partition_view *at = &group->partitions[i];
        if (i == 0 || strcmp(at->topic, at[-1].topic) != 0) {
            offsets = json_array();
            json_array_append_new(
                topics, json_pack("{s:s, s:o}", "kafkaTopic", at->topic, "offsets", offsets));
        }
        json_array_append_new(
            offsets, json_pack("{s:i, s:I, s:I, s:I}", "partition", (int)at->partition,
                         "logStartOffset", (json_int_t)at->start, "logEndOffset",
                         (json_int_t)at->end, "consumerOffset", (json_int_t)at->committed));
    }
    return json_pack("{s:s, s:o}", "groupId", group->group, "topicSummaries", topics);
}

static json_t *groups_json(const struct ksql_description *description)
{
    json_t *list = json_array();
    for (size_t i = 0; i < description->group_count; i++)
        json_array_append_new(list, group_json(&description->groups[i]));
    return list;
}

json_t *ksql_entity_described(const struct ksql_description *description)
{
    const struct ksql_source *source = description->source;
    json_t *body = json_pack("{s:s, s:o, s:o, s:o, s:o, s:s, s:s, s:s, s:s, s:b}", "name",
        source->name, "windowType", ksql_entity_windows(&source->windows), "readQueries",
        queries_json(description->readers, description->reader_count), "writeQueries",
        queries_json(description->writers, description->writer_count), "fields",
        ksql_entity_fields(&source->schema), "type", source->table ? "TABLE" : "STREAM",
        "timestamp", source->timestamp_column ? source->timestamp_column : "", "statistics", "",
        "errorStats", "", "extended", description->extended);
    json_t *rest = json_pack("{s:s, s:s, s:s, s:i, s:i, s:s, s:o, s:o, s:[], s:[]}", "keyFormat",
        source->key_format, "valueFormat", source->value_format, "topic", source->topic,
        "partitions", description->partitions, "replication", description->replicas, "statement",
        source->statement, "queryOffsetSummaries", groups_json(description), "sourceConstraints",
        names_json(description->constraints, description->constraint_count), "clusterStatistics",
        "clusterErrorStats");
    json_object_update_missing(body, rest);
    json_decref(rest);
    return body;
}

json_t *ksql_entity_description(const char *statement, json_t *described)
{
    return json_pack("{s:s, s:s, s:o, s:[]}", "@type", "sourceDescription", "statementText",
        statement, "sourceDescription", described, "warnings");
}
