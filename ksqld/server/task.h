/* One persistent query at work: a thread with a stage loop of its own, started again with growing
 * pauses after every failure. What it does is exactly once; what it cannot read goes to the
 * dead-letter topic. */
#ifndef KSQLD_SERVER_TASK_H
#define KSQLD_SERVER_TASK_H

#include "kafka/stage.h"
#include "ksqld/server/cluster.h"
#include "ksqld/server/tables.h"

#define KSQL_TASK_BACKOFF_MS 500
#define KSQL_TASK_BACKOFF_MAX_MS 15000

/* What a run is made with besides its query. */
struct ksql_task_making {
    int32_t key_id, value_id; /* schemas of the sink */
    struct ksql_state *state; /* or NULL */
    int partitions;           /* of the first source */
    ksql_tell_trouble *trouble;
    void *trouble_context;
    bool trouble_rows;
};

/* What all tasks of a server share; borrowed for their lifetime. */
struct ksql_task_world {
    const struct of_config *config;
    const char *service;           /* "default_" */
    const char *dead_letter_topic; /* full name */
    struct of_registry *registry;
    struct ksql_cluster *cluster;
    struct of_metrics *metrics;
    struct ksql_tables *tables;
    const char *log_topic; /* full name of the processing log; NULL: there is none */
    bool log_rows;         /* with rows and bytes of records */
    /* Makes a run of the query while it is in the metastore, on the state (NULL: it needs none).
     * Called from the task's thread; must not wait for somebody who may be stopping the task. */
    int (*make_run)(void *context, const char *query_id, const struct ksql_task_making *making,
        struct ksql_run **run, struct of_error *error);
    void *context;
};

struct ksql_task;
/* Starts the thread; what is needed of the query is copied. */
struct ksql_task *ksql_task_start(
    const struct ksql_task_world *world, const struct ksql_query *query);
/* Asks it to finish its transaction and leave; does not wait. */
void ksql_task_stop(struct ksql_task *task);
/* Waits for a task that was asked to stop. Its state stays on disk; true: as its group has
 * committed it. */
bool ksql_task_free(struct ksql_task *task);
/* Removes the state of a query that has ended, if there is any. */
int ksql_task_forget(
    const struct ksql_task_world *world, const char *query_id, struct of_error *error) OF_NODISCARD;

enum ksql_query_state ksql_task_state(const struct ksql_task *task);
/* Its last errors, as ksqlDB's queryErrors; a new reference. */
json_t *ksql_task_errors(const struct ksql_task *task);
bool ksql_task_fenced(const struct ksql_task *task); /* by another server of the service */

/* Consumer group of a query, to be freed. */
char *ksql_task_group(const struct ksql_task_world *world, const char *query_id);

#endif
