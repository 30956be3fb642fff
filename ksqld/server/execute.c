/* Statements that change something: topics first, then the command topic, then the metastore, then
 * the queries. A crash in between leaves topics that the next attempt finds, or a command that the
 * next start replays. */
#include "base/log.h"
#include "base/memory.h"
#include "ksqld/server/insert.h"
#include "ksqld/server/state.h"
#include "ksqld/server/subject.h"

/* ---- what stands before the command ---- */

static int register_schema(struct ksql_server *server, const struct ksql_query *query, bool key,
    const char *text, struct of_error *error)
{
    int32_t id;
    const struct ksql_subject subject = {
        query->sink_topic, key, key ? query->sink_key_format : query->sink_value_format};
    int result = text ? ksql_subject_check(server->registry, &subject, error) : OF_OK;
    if (result == OF_OK)
        result = ksql_subject_register(server->registry, &subject, text, &id, error);
    /* Refused for good: the statement is at fault, the server goes on. */
    if (result == OF_FATAL)
        return of_error_set(error, OF_INPUT, error->origin, "%s", error->message);
    return result;
}

static int prepare_world(
    struct ksql_server *server, const struct ksql_statement *statement, struct of_error *error)
{
    int result = OF_OK;
    if (statement->create_topic)
        result = ksql_cluster_create_topic(server->cluster, &statement->topic, error);
    const struct ksql_query *query = statement->query;
    bool makes_query = statement->effect == KSQL_EFFECT_CREATE_QUERY ||
                       statement->effect == KSQL_EFFECT_INSERT_QUERY;
    if (result == OF_OK && makes_query)
        result = register_schema(server, query, true, query->sink_key_schema, error);
    if (result == OF_OK && makes_query)
        result = register_schema(server, query, false, query->sink_value_schema, error);
    return result;
}

/* ---- the command ---- */

static int apply(struct ksql_server *server, struct ksql_statement *statement, int64_t sequence,
    struct of_error *error)
{
    pthread_mutex_lock(&server->engine_lock);
    int result = ksql_engine_apply(server->engine, statement, sequence, error);
    pthread_mutex_unlock(&server->engine_lock);
    return result;
}

static int doomed(struct ksql_server *server, const struct of_error *error)
{
    if (!server->failed)
        server->failure = *error;
    server->failed = true;
    return OF_FATAL;
}

static int log_and_apply(struct ksql_server *server, const struct ksql_request *request,
    struct ksql_statement *statement, int64_t *sequence, struct of_error *error)
{
    int result = ksql_journal_append(server->journal, statement->command_id, statement->text,
        request->properties.items, request->properties.count, sequence, error);
    if (result == OF_OK && apply(server, statement, *sequence, error) < 0)
        result = of_error_set(error, OF_FATAL, error->origin,
            "the statement is written but cannot be carried out: %s", error->message);
    return result == OF_FATAL ? doomed(server, error) : result;
}

/* ---- what follows from it ---- */

static void start_query(struct ksql_server *server, const char *id)
{
    const struct ksql_query *query = ksql_engine_query_find(server->engine, id);
    if (query && !query->paused)
        ksql_tasks_start(&server->tasks, &server->world, query);
}

/* All stop at once. */
static void pause_queries(struct ksql_server *server, char *const *ids, size_t count)
{
    ksql_tasks_ask(&server->tasks, ids, count);
    for (size_t i = 0; i < count; i++) {
        const struct ksql_query *query = ksql_engine_query_find(server->engine, ids[i]);
        if (query)
            ksql_tasks_pause(&server->tasks, &server->world, query);
    }
}

/* A query of the same name starts anew, not where this one ended. */
static void forget_queries(struct ksql_server *server, char *const *ids, size_t count)
{
    struct of_error error;
    for (size_t i = 0; i < count; i++) {
        OF_FREE char *group = ksql_task_group(&server->world, ids[i]);
        if (ksql_cluster_delete_group(server->cluster, group, &error) < 0)
            of_log_error(OF_LOG_WARNING, "a query's offsets remain", &error);
        if (ksql_task_forget(&server->world, ids[i], &error) < 0)
            of_log_error(OF_LOG_WARNING, "a query's state remains", &error);
    }
}

static void delete_topic(struct ksql_server *server, const char *topic)
{
    struct of_error error;
    if (ksql_cluster_delete_topic(server->cluster, topic, &error) < 0)
        of_log_error(OF_LOG_WARNING, "a topic or its schemas remain", &error);
}

static void follow(
    struct ksql_server *server, const struct ksql_statement *statement, const char *query_id)
{
    switch (statement->effect) {
    case KSQL_EFFECT_CREATE_SOURCE:
    case KSQL_EFFECT_CREATE_QUERY:
    case KSQL_EFFECT_INSERT_QUERY:
        if (query_id)
            start_query(server, query_id);
        break;
    case KSQL_EFFECT_PAUSE:
        pause_queries(server, statement->stops, statement->stop_count);
        break;
    case KSQL_EFFECT_RESUME:
        for (size_t i = 0; i < statement->stop_count; i++)
            start_query(server, statement->stops[i]);
        break;
    case KSQL_EFFECT_DROP:
    case KSQL_EFFECT_TERMINATE:
        ksql_tasks_stop(&server->tasks, statement->stops, statement->stop_count);
        forget_queries(server, statement->stops, statement->stop_count);
        if (statement->delete_topic)
            delete_topic(server, statement->topic.name);
        break;
    default:
        break;
    }
}

static int change(struct ksql_server *server, const struct ksql_request *request,
    struct ksql_statement *statement, json_t *entities, struct ksql_failure *failure)
{
    struct of_error error;
    int64_t sequence = -1;
    OF_FREE char *query_id = statement->query ? of_strdup(statement->query->id) : NULL;
    int result = ksql_command_check(statement->command_id, statement->text,
        request->properties.items, request->properties.count, &error);
    if (result == OF_OK)
        result = prepare_world(server, statement, &error);
    if (result == OF_OK)
        result = log_and_apply(server, request, statement, &sequence, &error);
    if (result < 0)
        return ksql_request_fail(failure, statement->text, &error);
    follow(server, statement, query_id);
    json_array_append_new(entities, ksql_entity_status(statement->text, statement->command_id,
                                        statement->message, query_id, sequence));
    of_log(OF_LOG_INFO, "statement carried out", OF_F_TEXT("command", statement->command_id),
        OF_F_INT("sequence", sequence), OF_F_TEXT("result", statement->message));
    return OF_OK;
}

/* ---- statements that concern the request only ---- */

static int change_request(struct ksql_request *request, const struct ksql_statement *statement,
    struct ksql_failure *failure)
{
    struct of_error error;
    int result = ksql_request_change(request, statement, &error);
    return result < 0 ? ksql_request_fail(failure, statement->text, &error) : OF_OK;
}

static int answer(struct ksql_server *server, const struct ksql_request *request,
    const struct ksql_statement *statement, json_t *entities, struct ksql_failure *failure)
{
    json_t *entity = ksql_read(server, request, statement, failure);
    if (!entity)
        return OF_INPUT;
    json_array_append_new(entities, entity);
    return OF_OK;
}

int ksql_execute(struct ksql_server *server, struct ksql_request *request, const char *text,
    size_t length, json_t *entities, struct ksql_failure *failure)
{
    const struct ksql_prepare_options options = {.properties = request->properties.items,
        .property_count = request->properties.count,
        .variables = request->variables.items,
        .variable_count = request->variables.count};
    OF_CLEANUP(of_cleanup_ksql_statement) struct ksql_statement *statement = NULL;
    pthread_mutex_lock(&server->engine_lock);
    int result = ksql_engine_prepare(server->engine, text, length, &options, &statement, failure);
    pthread_mutex_unlock(&server->engine_lock);
    if (result < 0)
        return result;
    switch (statement->effect) {
    case KSQL_EFFECT_NONE:
        if (statement->message)
            json_array_append_new(
                entities, ksql_entity_warning(statement->text, statement->message));
        return OF_OK;
    case KSQL_EFFECT_CREATE_SOURCE:
    case KSQL_EFFECT_CREATE_QUERY:
    case KSQL_EFFECT_INSERT_QUERY:
    case KSQL_EFFECT_DROP:
    case KSQL_EFFECT_TERMINATE:
    case KSQL_EFFECT_PAUSE:
    case KSQL_EFFECT_RESUME:
    case KSQL_EFFECT_CREATE_TYPE:
    case KSQL_EFFECT_DROP_TYPE:
        return change(server, request, statement, entities, failure);
    case KSQL_EFFECT_SET:
    case KSQL_EFFECT_UNSET:
    case KSQL_EFFECT_DEFINE:
    case KSQL_EFFECT_UNDEFINE:
        return change_request(request, statement, failure);
    case KSQL_EFFECT_INSERT_VALUES: /* which ksqlDB has no answer for */
        return ksql_insert_values(server, statement, failure);
    default:
        return answer(server, request, statement, entities, failure);
    }
}
