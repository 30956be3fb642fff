/* Statements that only read: SHOW, DESCRIBE and EXPLAIN. What stands in an answer is entity.h's. */
#include "base/memory.h"
#include "ksqld/functions/aggregate.h"
#include "ksqld/server/state.h"

#include <stdlib.h>

static json_t *describe_all(struct ksql_server *server, const struct ksql_statement *statement,
    bool tables, struct ksql_failure *failure);
static json_t *explain_all(struct ksql_server *server, const struct ksql_statement *statement);

static json_t *show_sources(struct ksql_server *server, const struct ksql_statement *statement,
    bool tables, struct ksql_failure *failure)
{
    if (statement->extended)
        return describe_all(server, statement, tables, failure);
    size_t count = ksql_engine_source_count(server->engine);
    OF_FREE const struct ksql_source **sources = of_alloc((count + 1) * sizeof(*sources));
    for (size_t i = 0; i < count; i++)
        sources[i] = ksql_engine_source(server->engine, i);
    return ksql_entity_sources(statement->text, tables, sources, count);
}

/* Queries that read (or write, or are all) as views; to be freed. */
enum which { ALL, READERS, WRITERS };

static bool reads(const struct ksql_query *query, const char *source)
{
    for (size_t i = 0; i < query->source_count; i++)
        if (strcmp(query->sources[i], source) == 0)
            return true;
    return false;
}

static struct ksql_query_view *select_queries(
    struct ksql_server *server, enum which which, const char *source, size_t *count)
{
    size_t all = ksql_engine_query_count(server->engine);
    struct ksql_query_view *views = of_alloc((all + 1) * sizeof(*views));
    *count = 0;
    for (size_t i = 0; i < all; i++) {
        const struct ksql_query *query = ksql_engine_query(server->engine, i);
        if (which == ALL || (which == READERS && reads(query, source)) ||
            (which == WRITERS && strcmp(query->sink, source) == 0))
            views[(*count)++] =
                (struct ksql_query_view){query, ksql_tasks_state(&server->tasks, query->id)};
    }
    return views;
}

static json_t *show_queries(struct ksql_server *server, const struct ksql_statement *statement)
{
    size_t count;
    if (statement->extended)
        return explain_all(server, statement);
    OF_FREE struct ksql_query_view *views = select_queries(server, ALL, NULL, &count);
    return ksql_entity_queries(statement->text, views, count);
}

static json_t *show_topics(struct ksql_server *server, const struct ksql_statement *statement,
    struct ksql_failure *failure)
{
    OF_CLEANUP(ksql_topic_views_release) struct ksql_topic_views views = {.items = NULL};
    struct of_error error;
    int result = ksql_cluster_topics(server->cluster, &views, &error);
    if (result == OF_OK && statement->extended)
        result = ksql_cluster_count_consumers(server->cluster, &views, &error);
    if (result < 0) {
        ksql_request_fail(failure, statement->text, &error);
        return NULL;
    }
    return (statement->extended ? ksql_entity_topics_extended : ksql_entity_topics)(
        statement->text, views.items, views.count);
}

/* ksqlDB sorts functions into categories; ours are few. */
static json_t *show_functions(const struct ksql_statement *statement)
{
    size_t scalars = ksql_function_count(), count = scalars + ksql_aggregate_count();
    OF_FREE struct ksql_function_view *views = of_alloc((count + 1) * sizeof(*views));
    OF_FREE char(*names)[KSQL_FUNCTION_NAME_MAX] = of_alloc((count + 1) * sizeof(*names));
    for (size_t i = scalars; i < count; i++)
        views[i] = (struct ksql_function_view){ksql_aggregate_at(i - scalars)->name, "AGGREGATE"};
    for (size_t i = 0; i < scalars; i++) {
        const struct ksql_function *function = ksql_function_at(i);
        views[i].name = ksql_function_name(function, names[i], sizeof(names[i]));
        views[i].type = function->kind == KSQL_TABLE ? "TABLE" : "SCALAR";
    }
    return ksql_entity_functions(statement->text, views, count);
}

static json_t *show_properties(struct ksql_server *server, const struct ksql_request *request,
    const struct ksql_statement *statement)
{
    const char *reset = of_config_get(server->config, "auto.offset.reset");
    OF_FREE char *offset_reset = of_strdup(reset ? reset : "latest");
    OF_FREE char *servers = of_strdup(of_config_get(server->config, "bootstrap.servers"));
    char guarantee[] = "exactly_once_v2";
    char names[][48] = {"ksql.service.id", "ksql.streams.auto.offset.reset",
        "ksql.streams.bootstrap.servers", "ksql.streams.processing.guarantee"};
    const struct ksql_property own[] = {{names[0], server->service, true},
        {names[1], offset_reset, true}, {names[2], servers, true}, {names[3], guarantee, true}};
    return ksql_entity_properties(
        statement->text, own, OF_COUNT(own), request->properties.items, request->properties.count);
}

/* ---- DESCRIBE ---- */

struct groups {
    struct ksql_group_view *items;
    size_t count;
};

static void release_groups(struct groups *groups)
{
    for (size_t i = 0; i < groups->count; i++)
        ksql_group_view_release(&groups->items[i]);
    free(groups->items);
}

static int ask_groups(struct ksql_server *server, const struct ksql_query_view *views, size_t count,
    struct groups *groups, struct of_error *error)
{
    int result = OF_OK;
    groups->items = of_alloc((count + 1) * sizeof(*groups->items));
    for (; groups->count < count && result == OF_OK; groups->count++) {
        struct ksql_group_view *view = &groups->items[groups->count];
        view->group = ksql_task_group(&server->world, views[groups->count].query->id);
        result = ksql_cluster_group(server->cluster, view, error);
    }
    return result;
}

/* NULL and the error: the cluster can't be asked. */
static json_t *describe_source(struct ksql_server *server, const struct ksql_source *source,
    bool extended, struct of_error *error)
{
    struct ksql_topic topic = {.exists = false};
    OF_CLEANUP(release_groups) struct groups groups = {.items = NULL};
    if (ksql_cluster_topic(server->cluster, source->topic, &topic, error) < 0)
        return NULL;
    struct ksql_description description = {.source = source,
        .partitions = topic.partitions,
        .replicas = topic.replicas,
        .extended = extended};
    OF_FREE struct ksql_query_view *readers =
        select_queries(server, READERS, source->name, &description.reader_count);
    OF_FREE struct ksql_query_view *writers =
        select_queries(server, WRITERS, source->name, &description.writer_count);
    if (extended && ask_groups(server, writers, description.writer_count, &groups, error) < 0)
        return NULL;
    size_t most = ksql_engine_source_count(server->engine);
    OF_FREE const char **constraints = of_alloc((most + 1) * sizeof(*constraints));
    description.constraint_count =
        ksql_engine_constraints(server->engine, source->name, constraints, most);
    description.readers = readers;
    description.writers = writers;
    description.constraints = constraints;
    description.groups = groups.items;
    description.group_count = groups.count;
    return ksql_entity_described(&description);
}

static json_t *describe(struct ksql_server *server, const struct ksql_statement *statement,
    struct ksql_failure *failure)
{
    struct of_error error;
    const struct ksql_source *source = ksql_engine_source_find(server->engine, statement->name);
    json_t *described =
        source ? describe_source(server, source, statement->extended, &error) : NULL;
    if (described)
        return ksql_entity_description(statement->text, described);
    if (!source)
        of_fail(
            &error, OF_INPUT, "Could not find STREAM/TABLE '%s' in the Metastore", statement->name);
    ksql_request_fail(failure, statement->text, &error);
    return NULL;
}

static json_t *describe_all(struct ksql_server *server, const struct ksql_statement *statement,
    bool tables, struct ksql_failure *failure)
{
    struct of_error error;
    OF_CLEANUP(of_cleanup_json) json_t *list = json_array();
    for (size_t i = 0; i < ksql_engine_source_count(server->engine); i++) {
        const struct ksql_source *source = ksql_engine_source(server->engine, i);
        if (source->table != tables)
            continue;
        json_t *described = describe_source(server, source, true, &error);
        if (!described) {
            ksql_request_fail(failure, statement->text, &error);
            return NULL;
        }
        json_array_append_new(list, described);
    }
    return ksql_entity_descriptions(statement->text, false, OF_TAKE(list));
}

static json_t *show_types(struct ksql_server *server, const struct ksql_statement *statement)
{
    size_t count = ksql_engine_type_count(server->engine);
    OF_FREE const char **names = of_alloc((count + 1) * sizeof(*names));
    OF_FREE const struct ksql_type **types = of_alloc((count + 1) * sizeof(*types));
    for (size_t i = 0; i < count; i++)
        types[i] = ksql_engine_type(server->engine, i, &names[i]);
    return ksql_entity_types(statement->text, names, types, count);
}

/* ---- EXPLAIN ---- */

/* `id`: of a query in the metastore, or NULL. */
static json_t *explain_query(struct ksql_server *server, const char *statement, const char *id,
    struct ksql_explanation *explanation)
{
    OF_FREE char *group = NULL;
    OF_CLEANUP(of_cleanup_json) json_t *errors = id ? ksql_tasks_errors(&server->tasks, id) : NULL;
    explanation->errors = errors;
    explanation->address = server->service;
    if (id) {
        group = ksql_task_group(&server->world, id);
        explanation->state = ksql_state_name(ksql_tasks_state(&server->tasks, id));
    }
    explanation->group = group;
    return ksql_entity_explained(statement, explanation);
}

static json_t *explain(struct ksql_server *server, const struct ksql_statement *statement)
{
    struct ksql_explanation explanation = {
        .query = statement->query, .columns = statement->columns, .windows = statement->windows};
    return ksql_entity_explanation(
        statement->text, explain_query(server, statement->text, statement->name, &explanation));
}

static json_t *explain_all(struct ksql_server *server, const struct ksql_statement *statement)
{
    json_t *list = json_array();
    for (size_t i = 0; i < ksql_engine_query_count(server->engine); i++) {
        struct ksql_explanation explanation = {.query = ksql_engine_query(server->engine, i)};
        const char *id = explanation.query->id;
        explanation.columns = ksql_engine_query_columns(server->engine, id, &explanation.windows);
        json_array_append_new(list, explain_query(server, statement->text, id, &explanation));
    }
    return ksql_entity_descriptions(statement->text, true, list);
}

json_t *ksql_read(struct ksql_server *server, const struct ksql_request *request,
    const struct ksql_statement *statement, struct ksql_failure *failure)
{
    struct of_error error;
    switch (statement->effect) {
    case KSQL_EFFECT_LIST_STREAMS:
        return show_sources(server, statement, false, failure);
    case KSQL_EFFECT_LIST_TABLES:
        return show_sources(server, statement, true, failure);
    case KSQL_EFFECT_LIST_TOPICS:
        return show_topics(server, statement, failure);
    case KSQL_EFFECT_LIST_QUERIES:
        return show_queries(server, statement);
    case KSQL_EFFECT_LIST_FUNCTIONS:
        return show_functions(statement);
    case KSQL_EFFECT_LIST_PROPERTIES:
        return show_properties(server, request, statement);
    case KSQL_EFFECT_LIST_VARIABLES:
        return ksql_entity_variables(
            statement->text, request->variables.items, request->variables.count);
    case KSQL_EFFECT_DESCRIBE:
        return describe(server, statement, failure);
    case KSQL_EFFECT_LIST_TYPES:
        return show_types(server, statement);
    case KSQL_EFFECT_DESCRIBE_FUNCTION:
        return ksql_entity_function(statement->text, statement->name);
    case KSQL_EFFECT_EXPLAIN:
        return explain(server, statement);
    case KSQL_EFFECT_ASSERT:
        return ksql_assert(server, statement, failure);
    default:
        of_fail(&error, OF_INPUT, "orderflow-ksqld does not answer this statement");
        ksql_request_fail(failure, statement->text, &error);
        failure->not_supported = true;
        return NULL;
    }
}
