/* What the files of the server share. Everything here is guarded by `lock`, but for what is set
 * once at the start. */
#ifndef KSQLD_SERVER_STATE_H
#define KSQLD_SERVER_STATE_H

#include "ksqld/engine.h"
#include "ksqld/server/cluster.h"
#include "ksqld/server/journal.h"
#include "ksqld/server/outbound.h"
#include "ksqld/server/query.h"
#include "ksqld/server/server.h"
#include "ksqld/server/tables.h"
#include "ksqld/server/tasks.h"

#include <pthread.h>

struct ksql_server {
    const struct of_config *config;
    char *service, *dead_letter_topic;
    char *log_topic; /* of the processing log; NULL: none */
    pthread_mutex_t lock;
    /* Inner lock, of the engine alone: a task may wait for it while somebody who holds `lock` waits
     * for that task to end. Whoever holds it must wait for no task. */
    pthread_mutex_t engine_lock;
    struct ksql_engine *engine;
    struct ksql_journal *journal;
    struct of_registry *registry;
    struct ksql_cluster *cluster;
    struct ksql_task_world world;
    struct ksql_tasks tasks;
    struct ksql_tables *tables; /* has locks of its own */
    struct ksql_pushes *pushes;
    struct ksql_outbound *outbound; /* the same */
    size_t replay_failures;         /* commands of the topic that could not be carried out again */
    bool failed;                    /* `failure` says why the process must end */
    struct of_error failure;
};

/* One statement of a request: 0 with its answer, if it has one, appended to `entities`; or a
 * negative class and `failure` filled. SET, UNSET, DEFINE and UNDEFINE change the request. */
int ksql_execute(struct ksql_server *server, struct ksql_request *request, const char *text,
    size_t length, json_t *entities, struct ksql_failure *failure) OF_NODISCARD;

/* The answer to a statement that only reads; NULL and `failure`: it cannot be given. */
json_t *ksql_read(struct ksql_server *server, const struct ksql_request *request,
    const struct ksql_statement *statement, struct ksql_failure *failure);

/* The answer to an ASSERT that is true within its time; NULL and `failure`: it isn't. */
json_t *ksql_assert(struct ksql_server *server, const struct ksql_statement *statement,
    struct ksql_failure *failure);

/* Replays the command topic and starts what it left running. */
int ksql_replay(struct ksql_server *server, struct of_error *error) OF_NODISCARD;

#endif
