/* A store and a run that processes nothing. The state is never changed here: what a crash amid a
 * commit has left open is settled when the query goes on. */
#include "ksqld/server/paused.h"

#include "base/log.h"
#include "base/memory.h"
#include "ksqld/server/task_store.h"

#include <stdlib.h>
#include <unistd.h>

struct ksql_paused {
    struct ksql_tables *tables;
    char *id;
    struct ksql_store *store;
    struct ksql_run *run;
    bool offered;
};

void ksql_paused_free(struct ksql_paused *paused)
{
    if (!paused)
        return;
    if (paused->offered)
        ksql_tables_withdraw(paused->tables, paused->id);
    ksql_run_free(paused->run);
    ksql_store_close(paused->store);
    free(paused->id);
    free(paused);
}

/* Whether the state is that of the committed offsets. */
static int check(const struct ksql_paused *paused, const struct ksql_task_world *world,
    const char *group, bool settled, struct of_error *error)
{
    OF_CLEANUP(of_cleanup_rd_kafka_partitions) rd_kafka_topic_partition_list_t *offsets = NULL;
    if (settled)
        return ksql_task_store_check(paused->store, NULL, error);
    int result = ksql_cluster_offsets(world->cluster, group, &offsets, error);
    return result < 0 ? result : ksql_task_store_check(paused->store, offsets, error);
}

/* No folder is made: what is in none is not known to be empty. */
static int open_table(struct ksql_paused *paused, const struct ksql_task_world *world,
    const struct ksql_query *query, bool settled, struct of_error *error)
{
    struct ksql_task_making making = {.key_id = -1, .value_id = -1};
    OF_FREE char *group = ksql_task_group(world, query->id);
    OF_FREE char *folder = ksql_task_folder(world->config, group);
    if (access(folder, F_OK) < 0)
        return of_fail(error, OF_FATAL, "%s: there is no state", folder);
    int result =
        ksql_task_store_open(world->config, group, query->statement, &paused->store, error);
    if (result == OF_OK)
        result = check(paused, world, group, settled, error);
    if (result < 0)
        return result;
    making.state = ksql_store_state(paused->store);
    return world->make_run(world->context, query->id, &making, &paused->run, error);
}

struct ksql_paused *ksql_paused_new(
    const struct ksql_task_world *world, const struct ksql_query *query, bool settled)
{
    struct of_error error;
    if (!ksql_query_keeps_state(query))
        return NULL;
    OF_CLEANUP(of_cleanup_ksql_paused) struct ksql_paused *paused = of_alloc(sizeof(*paused));
    paused->tables = world->tables;
    paused->id = of_strdup(query->id);
    if (open_table(paused, world, query, settled, &error) < 0) {
        of_log(OF_LOG_WARNING, "the table of a paused query cannot be read",
            OF_F_TEXT("query", query->id), OF_F_TEXT("message", error.message));
        return NULL;
    }
    if (!ksql_run_is_readable(paused->run))
        return NULL;
    ksql_tables_offer(paused->tables, paused->id, paused->run);
    paused->offered = true;
    return OF_TAKE(paused);
}
