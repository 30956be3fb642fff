/* Which queries run, and which are paused. */
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

static struct ksql_tasks_entry *add(struct ksql_tasks *tasks, const char *id)
{
    tasks->items = of_realloc_array(tasks->items, tasks->count + 1, sizeof(*tasks->items));
    struct ksql_tasks_entry *entry = &tasks->items[tasks->count++];
    *entry = (struct ksql_tasks_entry){.id = of_strdup(id)};
    return entry;
}

/* The task has been asked to stop. Yields what ksql_task_free does. */
static bool leave(struct ksql_tasks_entry *entry)
{
    bool settled = entry->task && ksql_task_free(entry->task);
    ksql_paused_free(entry->paused);
    entry->task = NULL;
    entry->paused = NULL;
    return settled;
}

static void finish(struct ksql_tasks *tasks, struct ksql_tasks_entry *entry)
{
    leave(entry);
    free(entry->id);
    *entry = tasks->items[--tasks->count];
}

void ksql_tasks_start(
    struct ksql_tasks *tasks, const struct ksql_task_world *world, const struct ksql_query *query)
{
    struct ksql_tasks_entry *entry = find(tasks, query->id);
    if (entry && entry->task)
        return;
    if (entry)
        leave(entry);
    else
        entry = add(tasks, query->id);
    entry->task = ksql_task_start(world, query);
}

void ksql_tasks_pause(
    struct ksql_tasks *tasks, const struct ksql_task_world *world, const struct ksql_query *query)
{
    struct ksql_tasks_entry *entry = find(tasks, query->id);
    if (entry && entry->paused)
        return;
    if (!entry)
        entry = add(tasks, query->id);
    if (entry->task)
        ksql_task_stop(entry->task);
    bool settled = leave(entry);
    entry->paused = ksql_paused_new(world, query, settled);
}

bool ksql_tasks_reopen(
    struct ksql_tasks *tasks, const struct ksql_task_world *world, const struct ksql_query *query)
{
    struct ksql_tasks_entry *entry = find(tasks, query->id);
    if (!entry || entry->task)
        return false;
    if (!entry->paused)
        entry->paused = ksql_paused_new(world, query, false);
    return entry->paused;
}

void ksql_tasks_ask(struct ksql_tasks *tasks, char *const *ids, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct ksql_tasks_entry *entry = find(tasks, ids[i]);
        if (entry && entry->task)
            ksql_task_stop(entry->task);
    }
}

void ksql_tasks_stop(struct ksql_tasks *tasks, char *const *ids, size_t count)
{
    ksql_tasks_ask(tasks, ids, count);
    for (size_t i = 0; i < count; i++) {
        struct ksql_tasks_entry *entry = find(tasks, ids[i]);
        if (entry)
            finish(tasks, entry);
    }
}

void ksql_tasks_release(struct ksql_tasks *tasks)
{
    for (size_t i = 0; i < tasks->count; i++) {
        if (tasks->items[i].task)
            ksql_task_stop(tasks->items[i].task);
    }
    while (tasks->count > 0)
        finish(tasks, &tasks->items[tasks->count - 1]);
    free(tasks->items);
    tasks->items = NULL;
}

enum ksql_query_state ksql_tasks_state(const struct ksql_tasks *tasks, const char *id)
{
    const struct ksql_tasks_entry *entry = find(tasks, id);
    return entry && entry->task ? ksql_task_state(entry->task) : KSQL_STATE_PAUSED;
}

json_t *ksql_tasks_errors(const struct ksql_tasks *tasks, const char *id)
{
    const struct ksql_tasks_entry *entry = find(tasks, id);
    return entry && entry->task ? ksql_task_errors(entry->task) : json_array();
}

bool ksql_tasks_fenced(const struct ksql_tasks *tasks)
{
    for (size_t i = 0; i < tasks->count; i++)
        if (tasks->items[i].task && ksql_task_fenced(tasks->items[i].task))
            return true;
    return false;
}

size_t ksql_tasks_in_state(const struct ksql_tasks *tasks, enum ksql_query_state state)
{
    size_t count = 0;
    for (size_t i = 0; i < tasks->count; i++)
        count += ksql_tasks_state(tasks, tasks->items[i].id) == state;
    return count;
}
