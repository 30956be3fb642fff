/* The command topic at the start of a server: every statement that changed the metastore, again. */
#include "base/log.h"
#include "base/memory.h"
#include "ksqld/server/state.h"

#include <stdlib.h>

/* Ids of queries that ended: their offsets may have been left behind by a crash. */
struct ended {
    struct ksql_server *server;
    char **ids;
    size_t count;
};

static void remember(struct ended *ended, const struct ksql_statement *statement)
{
    if (statement->effect != KSQL_EFFECT_DROP && statement->effect != KSQL_EFFECT_TERMINATE)
        return;
    ended->ids =
        of_realloc_array(ended->ids, ended->count + statement->stop_count + 1, sizeof(*ended->ids));
    for (size_t i = 0; i < statement->stop_count; i++)
        ended->ids[ended->count++] = of_strdup(statement->stops[i]);
}

static void complain(struct ksql_server *server, const struct ksql_command *command,
    int64_t sequence, const char *message)
{
    server->replay_failures++;
    of_log(OF_LOG_ERROR, "a command cannot be carried out again", OF_F_TEXT("command", command->id),
        OF_F_INT("sequence", sequence), OF_F_TEXT("message", message));
}

/* A command that fails is left out, as in ksqlDB, which then is "degraded": what stands after it
 * is more useful than nothing. */
static int replay_one(
    void *context, int64_t sequence, const struct ksql_command *command, struct of_error *error)
{
    struct ended *ended = context;
    struct ksql_server *server = ended->server;
    const struct ksql_prepare_options options = {.properties = command->properties.items,
        .property_count = command->properties.count,
        .replay = true};
    OF_CLEANUP(of_cleanup_ksql_statement) struct ksql_statement *statement = NULL;
    OF_CLEANUP(ksql_failure_release) struct ksql_failure failure = {.message = NULL};
    if (ksql_engine_prepare(server->engine, command->text, strlen(command->text), &options,
            &statement, &failure) < 0) {
        complain(server, command, sequence, failure.message);
        return OF_OK;
    }
    remember(ended, statement);
    if (ksql_engine_apply(server->engine, statement, sequence, error) < 0)
        complain(server, command, sequence, error->message);
    return OF_OK;
}

static void forget_query(struct ksql_server *server, const char *id)
{
    struct of_error error;
    OF_FREE char *group = ksql_task_group(&server->world, id);
    if (ksql_cluster_delete_group(server->cluster, group, &error) < 0)
        of_log_error(OF_LOG_WARNING, "an ended query's offsets remain", &error);
    if (ksql_task_forget(&server->world, id, &error) < 0)
        of_log_error(OF_LOG_WARNING, "an ended query's state remains", &error);
}

static void release(struct ended *ended)
{
    for (size_t i = 0; i < ended->count; i++)
        free(ended->ids[i]);
    free(ended->ids);
}

int ksql_replay(struct ksql_server *server, struct of_error *error)
{
    OF_CLEANUP(release) struct ended ended = {.server = server};
    int result = ksql_journal_read(server->journal, replay_one, &ended, error);
    if (result < 0)
        return result;
    /* A command that was left out may be the one that brings a query back. */
    for (size_t i = 0; i < ended.count && server->replay_failures == 0; i++)
        if (!ksql_engine_query_find(server->engine, ended.ids[i]))
            forget_query(server, ended.ids[i]);
    for (size_t i = 0; i < ksql_engine_query_count(server->engine); i++) {
        const struct ksql_query *query = ksql_engine_query(server->engine, i);
        (query->paused ? ksql_tasks_pause : ksql_tasks_start)(
            &server->tasks, &server->world, query);
    }
    of_log(OF_LOG_INFO, "command topic replayed",
        OF_F_INT("sequence", ksql_journal_sequence(server->journal)),
        OF_F_INT("sources", (int64_t)ksql_engine_source_count(server->engine)),
        OF_F_INT("queries", (int64_t)ksql_engine_query_count(server->engine)),
        OF_F_INT("failures", (int64_t)server->replay_failures));
    return OF_OK;
}
