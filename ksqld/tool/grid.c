/* One table of what SHOW answers; descriptions by hand. */
#include "ksqld/tool/grid.h"

#include "base/memory.h"

#define COLUMNS_MAX 6

static const char *text_of(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));
    return text ? text : "";
}

static void type_text(const json_t *schema, int depth, struct of_buffer *out);

static void struct_text(const json_t *fields, int depth, struct of_buffer *out)
{
    size_t index;
    json_t *field;
    of_buffer_append_text(out, "STRUCT<");
    json_array_foreach(fields, index, field)
    {
        of_buffer_appendf(out, "%s%s ", index ? ", " : "", text_of(field, "name"));
        type_text(json_object_get(field, "schema"), depth + 1, out);
    }
    of_buffer_append_byte(out, '>');
}

static void type_text(const json_t *schema, int depth, struct of_buffer *out)
{
    const char *type = text_of(schema, "type");
    const json_t *member = json_object_get(schema, "memberSchema");
    const json_t *parameters = json_object_get(schema, "parameters");
    if (depth > KSQL_GRID_TYPE_DEPTH_MAX) {
        of_buffer_append_text(out, "...");
    } else if (strcmp(type, "STRUCT") == 0) {
        struct_text(json_object_get(schema, "fields"), depth, out);
    } else if (strcmp(type, "ARRAY") == 0 || strcmp(type, "MAP") == 0) {
        of_buffer_appendf(out, "%s<%s", type, *type == 'M' ? "STRING, " : "");
        type_text(member, depth + 1, out);
        of_buffer_append_byte(out, '>');
    } else if (json_object_get(parameters, "precision")) {
        of_buffer_appendf(out, "%s(%lld, %lld)", type,
            (long long)json_integer_value(json_object_get(parameters, "precision")),
            (long long)json_integer_value(json_object_get(parameters, "scale")));
    } else {
        of_buffer_append_text(out, type);
    }
}

void ksql_grid_type(const json_t *schema, struct of_buffer *out)
{
    type_text(schema, 0, out);
}

static json_t *type_cell(const json_t *schema)
{
    OF_CLEANUP(of_buffer_release) struct of_buffer text;
    of_buffer_init(&text, KSQL_GRID_CAPTION_MAX);
    ksql_grid_type(schema, &text);
    return json_string(of_buffer_text(&text));
}

/* ---- lists ---- */

static json_t *member_cell(const json_t *row, const char *name)
{
    json_t *value = json_object_get(row, name);
    return value ? json_incref(value) : json_null();
}

/* replicaInfo has a number of replicas for each partition, or is that number alone. */
static json_t *partitions_cell(const json_t *row, const char *name)
{
    return json_integer((json_int_t)json_array_size(json_object_get(row, name)));
}

static json_t *replicas_cell(const json_t *row, const char *name)
{
    json_t *first = json_array_get(json_object_get(row, name), 0);
    return first ? json_incref(first) : json_null();
}

static json_t *joined_cell(const json_t *row, const char *name)
{
    OF_CLEANUP(of_buffer_release) struct of_buffer text;
    of_buffer_init(&text, KSQL_GRID_CAPTION_MAX);
    size_t index;
    json_t *item;
    json_array_foreach(json_object_get(row, name), index, item) of_buffer_appendf(
        &text, "%s%s", index ? ", " : "", json_is_string(item) ? json_string_value(item) : "");
    return json_string(of_buffer_text(&text));
}

static const struct list {
    const char *type, *rows;
    struct {
        const char *heading, *member;
        json_t *(*cell)(const json_t *row, const char *name);
    } columns[COLUMNS_MAX];
} lists[] = {
    {"streams", "streams",
        {{"Stream Name", "name", member_cell}, {"Kafka Topic", "topic", member_cell},
            {"Key Format", "keyFormat", member_cell}, {"Value Format", "valueFormat", member_cell},
            {"Windowed", "isWindowed", member_cell}}},
    {"tables", "tables",
        {{"Table Name", "name", member_cell}, {"Kafka Topic", "topic", member_cell},
            {"Key Format", "keyFormat", member_cell}, {"Value Format", "valueFormat", member_cell},
            {"Windowed", "isWindowed", member_cell}}},
    {"source_descriptions", "sourceDescriptions",
        {{"Name", "name", member_cell}, {"Type", "type", member_cell},
            {"Kafka Topic", "topic", member_cell}, {"Window", "windowType", member_cell},
            {"Partitions", "partitions", member_cell}, {"Statement", "statement", member_cell}}},
    {"queryDescriptions", "queryDescriptions",
        {{"Query ID", "id", member_cell}, {"Query Type", "queryType", member_cell},
            {"Status", "state", member_cell}, {"Sources", "sources", joined_cell},
            {"Sinks", "sinks", joined_cell}, {"Query String", "statementText", member_cell}}},
    {"queries", "queries",
        {{"Query ID", "id", member_cell}, {"Query Type", "queryType", member_cell},
            {"Status", "state", member_cell}, {"Sink Name", "sinks", joined_cell},
            {"Sink Kafka Topic", "sinkKafkaTopics", joined_cell},
            {"Query String", "queryString", member_cell}}},
    {"kafka_topics", "topics",
        {{"Kafka Topic", "name", member_cell}, {"Partitions", "replicaInfo", partitions_cell},
            {"Partition Replicas", "replicaInfo", replicas_cell}}},
    {"kafka_topics_extended", "topics",
        {{"Kafka Topic", "name", member_cell}, {"Partitions", "replicaInfo", partitions_cell},
            {"Partition Replicas", "replicaInfo", replicas_cell},
            {"Consumers", "consumerCount", member_cell},
            {"Consumer Groups", "consumerGroupCount", member_cell}}},
    {"properties", "properties",
        {{"Property", "name", member_cell}, {"Scope", "scope", member_cell},
            {"Level", "level", member_cell}, {"Value", "value", member_cell}}},
    {"function_names", "functions",
        {{"Function Name", "name", member_cell}, {"Type", "type", member_cell},
            {"Category", "category", member_cell}}},
    {"variables", "variables",
        {{"Variable Name", "name", member_cell}, {"Value", "value", member_cell}}},
    {"connector_list", "connectors",
        {{"Connector Name", "name", member_cell}, {"Type", "type", member_cell},
            {"Class", "className", member_cell}, {"Status", "state", member_cell}}},
};

static void add_heading(struct ksql_grid *grid, const char *heading)
{
    json_array_append_new(grid->names, json_string(heading));
}

static bool fill_list(struct ksql_grid *grid, const char *type, const json_t *entity)
{
    for (const struct list *list = lists; list < lists + OF_COUNT(lists); list++) {
        if (strcmp(type, list->type) != 0)
            continue;
        for (size_t i = 0; i < COLUMNS_MAX && list->columns[i].heading; i++)
            add_heading(grid, list->columns[i].heading);
        size_t index;
        json_t *item;
        json_array_foreach(json_object_get(entity, list->rows), index, item)
        {
            json_t *row = json_array();
            for (size_t i = 0; i < COLUMNS_MAX && list->columns[i].heading; i++)
                json_array_append_new(row, list->columns[i].cell(item, list->columns[i].member));
            json_array_append_new(grid->rows, row);
        }
        return true;
    }
    return false;
}

/* ---- descriptions ---- */

static void caption(struct ksql_grid *grid, const char *label, const json_t *value)
{
    if (json_is_integer(value))
        of_buffer_appendf(
            &grid->caption, "%-13s: %lld\n", label, (long long)json_integer_value(value));
    else if (json_is_string(value) && json_string_length(value))
        of_buffer_appendf(&grid->caption, "%-13s: %s\n", label, json_string_value(value));
}

static void caption_queries(struct ksql_grid *grid, const char *label, const json_t *queries)
{
    size_t index;
    json_t *query;
    json_array_foreach(queries, index, query)
        of_buffer_appendf(&grid->caption, "%-13s: %s (%s) %s\n", label, text_of(query, "id"),
            text_of(query, "state"), text_of(query, "queryString"));
}

/* `source` has fields and, where its keys have them, windows. */
static void fill_fields(struct ksql_grid *grid, const json_t *source, bool table)
{
    size_t index;
    json_t *field, *fields = json_object_get(source, "fields");
    const char *windows = text_of(source, "windowType");
    add_heading(grid, "Field");
    add_heading(grid, "Type");
    json_array_foreach(fields, index, field)
    {
        OF_CLEANUP(of_buffer_release) struct of_buffer text;
        of_buffer_init(&text, KSQL_GRID_CAPTION_MAX);
        ksql_grid_type(json_object_get(field, "schema"), &text);
        const char *kind = text_of(field, "type"), *header = text_of(field, "headerKey");
        if (strcmp(kind, "KEY") == 0)
            of_buffer_append_text(&text, table ? " (primary key)" : " (key)");
        if (strcmp(kind, "KEY") == 0 && *windows)
            of_buffer_appendf(&text, " (Window type: %s)", windows);
        if (strcmp(kind, "HEADER") == 0 && *header)
            of_buffer_appendf(&text, " (header('%s'))", header);
        else if (strcmp(kind, "HEADER") == 0)
            of_buffer_append_text(&text, " (headers)");
        json_array_append_new(
            grid->rows, json_pack("[O, s]", json_object_get(field, "name"), of_buffer_text(&text)));
    }
}

static void fill_source(struct ksql_grid *grid, const json_t *source)
{
    caption(grid, "Name", json_object_get(source, "name"));
    bool table = strcmp(text_of(source, "type"), "TABLE") == 0;
    if (json_is_true(json_object_get(source, "extended"))) {
        static const struct {
            const char *label, *member;
        } lines[] = {{"Type", "type"}, {"Timestamp", "timestamp"}, {"Window", "windowType"},
            {"Key format", "keyFormat"}, {"Value format", "valueFormat"}, {"Kafka topic", "topic"},
            {"Partitions", "partitions"}, {"Replication", "replication"},
            {"Statement", "statement"}};
        for (size_t i = 0; i < OF_COUNT(lines); i++)
            caption(grid, lines[i].label, json_object_get(source, lines[i].member));
        caption_queries(grid, "Read by", json_object_get(source, "readQueries"));
        caption_queries(grid, "Written by", json_object_get(source, "writeQueries"));
    }
    fill_fields(grid, source, table);
}

static void fill_query(struct ksql_grid *grid, const json_t *query)
{
    caption(grid, "ID", json_object_get(query, "id"));
    caption(grid, "Query type", json_object_get(query, "queryType"));
    caption(grid, "SQL", json_object_get(query, "statementText"));
    caption(grid, "Status", json_object_get(query, "state"));
    caption(grid, "Topology", json_object_get(query, "topology"));
    caption(grid, "Plan", json_object_get(query, "executionPlan"));
    fill_fields(grid, query, false);
}

static void append_arguments(const json_t *arguments, struct of_buffer *out)
{
    size_t index;
    json_t *argument;
    json_array_foreach(arguments, index, argument)
    {
        const char *name = text_of(argument, "name");
        of_buffer_appendf(out, "%s%s%s%s%s", index ? ", " : "", name, *name ? " " : "",
            text_of(argument, "type"),
            json_is_true(json_object_get(argument, "isVariadic")) ? "..." : "");
    }
}

static void fill_function(struct ksql_grid *grid, const json_t *function)
{
    static const char *const headings[] = {"Arguments", "Returns", "Description"};
    caption(grid, "Name", json_object_get(function, "name"));
    caption(grid, "Author", json_object_get(function, "author"));
    caption(grid, "Overview", json_object_get(function, "description"));
    caption(grid, "Type", json_object_get(function, "type"));
    for (size_t i = 0; i < OF_COUNT(headings); i++)
        add_heading(grid, headings[i]);
    size_t index;
    json_t *variation;
    json_array_foreach(json_object_get(function, "functions"), index, variation)
    {
        OF_CLEANUP(of_buffer_release) struct of_buffer arguments;
        of_buffer_init(&arguments, KSQL_GRID_CAPTION_MAX);
        append_arguments(json_object_get(variation, "arguments"), &arguments);
        json_array_append_new(
            grid->rows, json_pack("[s, s, s]", of_buffer_text(&arguments),
                            text_of(variation, "returnType"), text_of(variation, "description")));
    }
}

static void fill_types(struct ksql_grid *grid, json_t *types)
{
    const char *name;
    json_t *schema;
    add_heading(grid, "Type Name");
    add_heading(grid, "Schema");
    json_object_foreach(types, name, schema)
        json_array_append_new(grid->rows, json_pack("[s, o]", name, type_cell(schema)));
}

/* ---- the rest ---- */

static void fill_message(struct ksql_grid *grid, const char *message)
{
    add_heading(grid, "Message");
    json_array_append_new(grid->rows, json_pack("[s]", message));
    grid->message = true;
}

static void fill_members(struct ksql_grid *grid, json_t *entity)
{
    const char *name;
    json_t *value;
    add_heading(grid, "Name");
    add_heading(grid, "Value");
    json_object_foreach(entity, name, value)
        json_array_append_new(grid->rows, json_pack("[s, O]", name, value));
}

void ksql_grid_init(struct ksql_grid *grid, const json_t *entity)
{
    *grid = (struct ksql_grid){.names = json_array(), .rows = json_array()};
    of_buffer_init(&grid->caption, KSQL_GRID_CAPTION_MAX);
    const char *type = text_of(entity, "@type");
    const json_t *status = json_object_get(entity, "commandStatus");
    if (fill_list(grid, type, entity))
        return;
    if (strcmp(type, "sourceDescription") == 0 || strcmp(type, "source_description") == 0)
        fill_source(grid, json_object_get(entity, "sourceDescription"));
    else if (strcmp(type, "queryDescription") == 0 || strcmp(type, "query_description") == 0)
        fill_query(grid, json_object_get(entity, "queryDescription"));
    else if (strcmp(type, "describe_function") == 0)
        fill_function(grid, entity);
    else if (strcmp(type, "type_list") == 0)
        fill_types(grid, json_object_get(entity, "types"));
    else if (status)
        fill_message(grid, text_of(status, "message"));
    else if (*text_of(entity, "message"))
        fill_message(grid, text_of(entity, "message"));
    else
        fill_members(grid, (json_t *)entity);
}

void ksql_grid_release(struct ksql_grid *grid)
{
    of_buffer_release(&grid->caption);
    json_decref(grid->names);
    json_decref(grid->rows);
}
