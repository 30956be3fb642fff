/* Which queries run. */
#include "ksqld/server/tasks.h"

#include "base/memory.h"

#include <stdlib.h>

static struct ksql_tasks_entry *find(const struct ksql_tasks *tasks, const char *id)
{
    for (size_t i = 0; i < tasks->count; i++)
        if (strcmp(tasks->items[i].id, id) == 0)
            return &tasks->items[i];
    return NULL;
}

void ksql_tasks_start(
    struct ksql_tasks *tasks, const struct ksql_task_world *world, const struct ksql_query *query)
{
    if (find(tasks, query->id))
        return;
    tasks->items = of_realloc_array(tasks->items, tasks->count + 1, sizeof(*tasks->items));
    tasks->items[tasks->count++] =
        (struct ksql_tasks_entry){of_strdup(query->id), ksql_task_start(world, query)};
}

static void finish(struct ksql_tasks *tasks, struct ksql_tasks_entry *entry)
{
    ksql_task_free(entry->task);
    free(entry->id);
    *entry = tasks->items[--tasks->count];
}

void ksql_tasks_stop(struct ksql_tasks *tasks, char *const *ids, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct ksql_tasks_entry *entry = find(tasks, ids[i]);
        if (entry)
            ksql_task_stop(entry->task);
    }
    for (size_t i = 0; i < count; i++) {
        struct ksql_tasks_entry *entry = find(tasks, ids[i]);
        if (entry)
            finish(tasks, entry);
    }
}

void ksql_tasks_release(struct ksql_tasks *tasks)
{
    for (size_t i = 0; i < tasks->count; i++)
        ksql_task_stop(tasks->items[i].task);
    while (tasks->count > 0)
        finish(tasks, &tasks->items[tasks->count - 1]);
    free(tasks->items);
    tasks->items = NULL;
}

enum ksql_query_state ksql_tasks_state(const struct ksql_tasks *tasks, const char *id)
{
    const struct ksql_tasks_entry *entry = find(tasks, id);
    return entry ? ksql_task_state(entry->task) : KSQL_STATE_PAUSED;
}

bool ksql_tasks_fenced(const struct ksql_tasks *tasks)
{
    for (size_t i = 0; i < tasks->count; i++)
        if (ksql_task_fenced(tasks->items[i].task))
            return true;
    return false;
}

size_t ksql_tasks_in_state(const struct ksql_tasks *tasks, enum ksql_query_state state)
{
    size_t count = 0;
    for (size_t i = 0; i < tasks->count; i++)
        count += ksql_task_state(tasks->items[i].task) == state;
    return count;
}
