/* The tasks of a server by query id. One thread at a time. */
#ifndef KSQLD_SERVER_TASKS_H
#define KSQLD_SERVER_TASKS_H

#include "ksqld/server/paused.h"
#include "ksqld/server/task.h"

struct ksql_tasks {
    struct ksql_tasks_entry {
        char *id;
        struct ksql_task *task;     /* NULL: it is paused */
        struct ksql_paused *paused; /* its table then, or NULL */
    } * items;
    size_t count;
};

void ksql_tasks_start(
    struct ksql_tasks *tasks, const struct ksql_task_world *world, const struct ksql_query *query);
/* Stops the query, if it runs, and keeps its table readable. */
void ksql_tasks_pause(
    struct ksql_tasks *tasks, const struct ksql_task_world *world, const struct ksql_query *query);
/* Of a query that is paused: tries again to open its table, if that failed. Whether it is open. */
bool ksql_tasks_reopen(
    struct ksql_tasks *tasks, const struct ksql_task_world *world, const struct ksql_query *query);
/* Asks those that run of these to stop, but doesn't wait. */
void ksql_tasks_ask(struct ksql_tasks *tasks, char *const *ids, size_t count);
/* Stops those that run of these, together, and waits for them; of paused ones it closes the
 * tables. */
void ksql_tasks_stop(struct ksql_tasks *tasks, char *const *ids, size_t count);
/* Stops all and waits for them. */
void ksql_tasks_release(struct ksql_tasks *tasks);

/* KSQL_STATE_PAUSED for a query that does not run. */
enum ksql_query_state ksql_tasks_state(const struct ksql_tasks *tasks, const char *id);
/* See ksql_task_errors; none without a task. */
json_t *ksql_tasks_errors(const struct ksql_tasks *tasks, const char *id);
bool ksql_tasks_fenced(const struct ksql_tasks *tasks);
size_t ksql_tasks_in_state(const struct ksql_tasks *tasks, enum ksql_query_state state);

#endif
