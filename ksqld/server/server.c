/* The server's life and the requests that come in. */
#include "ksqld/server/server.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/memory.h"
#include "kafka/topics.h"
#include "ksqld/server/rehearsal.h"
#include "ksqld/server/state.h"
#include "ksqld/server/task_log.h"

#include <stdlib.h>

static void unlock(pthread_mutex_t **lock)
{
    pthread_mutex_unlock(*lock);
}

#define HOLD(server)                                                                               \
    pthread_mutex_lock(&(server)->lock);                                                           \
    OF_CLEANUP(unlock) OF_UNUSED pthread_mutex_t *held = &(server)->lock

/* For tasks; see `engine_lock`. */
static int make_run(void *context, const char *query_id, const struct ksql_task_making *making,
    struct ksql_run **run, struct of_error *error)
{
    struct ksql_server *server = context;
    pthread_mutex_lock(&server->engine_lock);
    OF_CLEANUP(unlock) OF_UNUSED pthread_mutex_t *held = &server->engine_lock;
    const struct ksql_query *query = ksql_engine_query_find(server->engine, query_id);
    if (!query)
        return of_fail(error, OF_RETRY, "the query is being terminated");
    struct ksql_run_callbacks callbacks = ksql_cluster_run_callbacks(server->cluster);
    callbacks.state = making->state;
    callbacks.partitions = making->partitions;
    callbacks.trouble = making->trouble;
    callbacks.trouble_context = making->trouble_context;
    callbacks.trouble_rows = making->trouble_rows;
    return ksql_run_new(query, &callbacks, making->key_id, making->value_id, run, error);
}

/* A dead letter without a topic would stop its query for good. */
static int make_dead_letter_topic(struct ksql_server *server, struct of_error *error)
{
    const struct of_topic_spec wanted = {.name = server->dead_letter_topic,
        .retention_ms = -1,
        .max_message_bytes = OF_DEAD_LETTER_BYTES};
    return ksql_cluster_ensure_topic(server->cluster, &wanted, error);
}

/* What fails here does so again when a query has something to tell. */
static void make_processing_log(struct ksql_server *server)
{
    struct of_error error;
    if (!of_config_bool(server->config, "ksql.logging.processing.topic.auto.create"))
        return;
    OF_FREE char *base = of_asprintf("%sksql_processing_log", server->service);
    server->log_topic = of_config_topic(server->config, base);
    if (ksql_task_log_make_topic(server->cluster, server->log_topic, &error) < 0)
        of_log_error(OF_LOG_WARNING, "the processing log's topic was not made", &error);
}

static int open_parts(struct ksql_server *server, struct of_error *error)
{
    OF_FREE char *base = of_asprintf("_confluent-ksql-%s_command_topic", server->service);
    OF_FREE char *topic = of_config_topic(server->config, base);
    OF_FREE char *writer = of_asprintf("orderflow-ksqld-%s-commands", server->service);
    OF_FREE char *id = of_config_topic(server->config, writer);
    int result = of_registry_new(server->config, &server->registry, error);
    if (result == OF_OK)
        result = ksql_cluster_new(server->config, server->registry, &server->cluster, error);
    if (result == OF_OK)
        result = ksql_journal_open(server->config, topic, id, &server->journal, error);
    if (result == OF_OK)
        result = make_dead_letter_topic(server, error);
    if (result < 0)
        return result;
    make_processing_log(server);
    const struct ksql_callbacks callbacks = ksql_cluster_callbacks(server->cluster);
    server->engine = ksql_engine_new(&callbacks);
    ksql_cluster_learn_id(server->cluster);
    return OF_OK;
}

int ksql_server_new(const struct of_config *config, const char *service, struct of_metrics *metrics,
    struct ksql_server **out, struct of_error *error)
{
    OF_CLEANUP(of_cleanup_ksql_server) struct ksql_server *server = of_alloc(sizeof(*server));
    pthread_mutex_init(&server->lock, NULL);
    pthread_mutex_init(&server->engine_lock, NULL);
    server->config = config;
    server->tables = ksql_tables_new();
    server->outbound = ksql_outbound_new(config);
    server->pushes = ksql_pushes_new();
    server->service = of_strdup(service);
    server->dead_letter_topic = of_config_topic(config, "orders_dlq");
    int result = open_parts(server, error);
    if (result < 0)
        return result;
    server->world = (struct ksql_task_world){.config = config,
        .service = server->service,
        .dead_letter_topic = server->dead_letter_topic,
        .registry = server->registry,
        .cluster = server->cluster,
        .metrics = metrics,
        .tables = server->tables,
        .log_topic = server->log_topic,
        .log_rows = of_config_bool(config, "ksql.logging.processing.rows.include"),
        .make_run = make_run,
        .context = server};
    pthread_mutex_lock(&server->lock);
    result = ksql_replay(server, error);
    pthread_mutex_unlock(&server->lock);
    if (result < 0)
        return result;
    *out = OF_TAKE(server);
    return OF_OK;
}

void ksql_server_free(struct ksql_server *server)
{
    ksql_tasks_release(&server->tasks);
    ksql_tables_free(server->tables);
    ksql_outbound_free(server->outbound);
    ksql_pushes_free(server->pushes);
    if (server->engine)
        ksql_engine_free(server->engine);
    if (server->journal)
        ksql_journal_free(server->journal);
    if (server->cluster)
        ksql_cluster_free(server->cluster);
    if (server->registry)
        of_registry_free(server->registry);
    pthread_mutex_destroy(&server->engine_lock);
    pthread_mutex_destroy(&server->lock);
    free(server->dead_letter_topic);
    free(server->log_topic);
    free(server->service);
    free(server);
}

/* ---- requests ---- */

static json_t *refuse(int status_is, int code, const char *message, int *status)
{
    *status = status_is;
    return ksql_entity_error(code, message);
}

/* A client that saw a later command than we did: our topic was made anew. */
static json_t *refuse_sequence(const struct ksql_request *request, int *status)
{
    OF_FREE char *message = of_asprintf(
        "Timed out while waiting for a previous command to execute. command sequence number: %lld",
        (long long)request->sequence);
    return refuse(503, 50301, message, status);
}

/* One statement alone is checked as it is carried out. */
static int rehearse(struct ksql_server *server, const struct ksql_request *request,
    const struct ksql_pieces *pieces, struct ksql_failure *failure)
{
    if (pieces->count < 2)
        return OF_OK;
    const struct ksql_callbacks world = ksql_cluster_callbacks(server->cluster);
    return ksql_rehearse(
        server->engine, &world, ksql_journal_sequence(server->journal), request, pieces, failure);
}

static json_t *execute_pieces(struct ksql_server *server, struct ksql_request *request,
    const struct ksql_pieces *pieces, int *status)
{
    OF_CLEANUP(of_cleanup_json) json_t *entities = json_array();
    OF_CLEANUP(ksql_failure_release) struct ksql_failure failure = {.message = NULL};
    int result = rehearse(server, request, pieces, &failure);
    for (size_t i = 0; i < pieces->count && result == OF_OK; i++)
        result = ksql_execute(
            server, request, pieces->items[i].text, pieces->items[i].length, entities, &failure);
    *status = result < 0 ? failure.status : 200;
    return result < 0 ? ksql_entity_failure(&failure, OF_TAKE(entities)) : OF_TAKE(entities);
}

json_t *ksql_server_execute(
    struct ksql_server *server, const struct ksql_request *request, int *status)
{
    struct of_error error;
    OF_CLEANUP(ksql_pieces_release) struct ksql_pieces pieces = {.items = NULL};
    if (ksql_split(request->text, request->length, &pieces, &error) < 0) {
        const struct ksql_failure failure = {
            .error_code = 40001, .message = error.message, .statement = request->text};
        *status = 400;
        return ksql_entity_failure(&failure, NULL);
    }
    /* SET and DEFINE hold for the rest of the request. */
    OF_CLEANUP(ksql_request_release) struct ksql_request local = {.sequence = -1};
    ksql_request_copy_settings(&local, request);
    HOLD(server);
    if (server->failed)
        return refuse(503, 50301, server->failure.message, status);
    if (request->sequence > ksql_journal_sequence(server->journal))
        return refuse_sequence(request, status);
    return execute_pieces(server, &local, &pieces, status);
}

json_t *ksql_server_info(struct ksql_server *server)
{
    HOLD(server);
    return json_pack("{s:{s:s, s:s, s:s, s:s}}", "KsqlServerInfo", "version", OF_VERSION,
        "kafkaClusterId", ksql_cluster_id(server->cluster), "ksqlServiceId", server->service,
        "serverStatus", server->failed || server->replay_failures ? "DEGRADED" : "RUNNING");
}

json_t *ksql_server_health(struct ksql_server *server)
{
    bool kafka = ksql_cluster_ping(server->cluster);
    HOLD(server);
    bool commands = !server->failed && server->replay_failures == 0;
    bool queries = ksql_tasks_in_state(&server->tasks, KSQL_STATE_ERROR) == 0 &&
                   ksql_tasks_in_state(&server->tasks, KSQL_STATE_UNRESPONSIVE) == 0;
    return json_pack("{s:b, s:{s:{s:b}, s:{s:b}, s:{s:b}, s:{s:b}}}", "isHealthy",
        commands && queries && kafka, "details", "metastore", "isHealthy", 1, "kafka", "isHealthy",
        kafka, "commandRunner", "isHealthy", commands, "queries", "isHealthy", queries);
}

json_t *ksql_server_cluster_status(struct ksql_server *server, const char *address)
{
    (void)server;
    return json_pack("{s:{s:{s:b, s:I, s:{}, s:{s:{}, s:I}}}}", "clusterStatus", address,
        "hostAlive", 1, "lastStatusUpdateMs", (json_int_t)of_clock_now(), "activeStandbyPerQuery",
        "hostStoreLags", "stateStoreLags", "updateTimeMs", (json_int_t)of_clock_now());
}

bool ksql_server_close_query(struct ksql_server *server, const char *id)
{
    return ksql_pushes_close(server->pushes, id);
}

void ksql_server_stop_queries(struct ksql_server *server)
{
    ksql_pushes_stop(server->pushes);
}

int ksql_server_check(struct ksql_server *server, bool *fenced, struct of_error *error)
{
    HOLD(server);
    *fenced = ksql_tasks_fenced(&server->tasks) || ksql_journal_fenced(server->journal);
    if (*fenced)
        return of_fail(error, OF_FATAL, "another server with the service id '%s' has taken over",
            server->service);
    if (server->failed)
        *error = server->failure;
    return server->failed ? OF_FATAL : OF_OK;
}

bool ksql_server_ready(struct ksql_server *server)
{
    HOLD(server);
    return !server->failed && ksql_tasks_in_state(&server->tasks, KSQL_STATE_ERROR) == 0 &&
           ksql_tasks_in_state(&server->tasks, KSQL_STATE_UNRESPONSIVE) == 0;
}
