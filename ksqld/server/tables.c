/* Which runs can be read. A reader holds its entry, not the list, so that readers of one table hold
 * up nobody else. */
#include "ksqld/server/tables.h"

#include "base/memory.h"

#include <pthread.h>
#include <stdlib.h>

struct entry {
    char *query_id;
    struct ksql_run *run;
    size_t readers;
};

struct ksql_tables {
    pthread_mutex_t lock;
    pthread_cond_t left; /* a reader has gone */
    struct entry **items;
    size_t count;
};

struct ksql_tables *ksql_tables_new(void)
{
    struct ksql_tables *tables = of_alloc(sizeof(*tables));
    pthread_mutex_init(&tables->lock, NULL);
    pthread_cond_init(&tables->left, NULL);
    return tables;
}

void ksql_tables_free(struct ksql_tables *tables)
{
    if (!tables)
        return;
    pthread_cond_destroy(&tables->left);
    pthread_mutex_destroy(&tables->lock);
    free(tables->items);
    free(tables);
}

static struct entry **find(struct ksql_tables *tables, const char *query_id)
{
    for (size_t i = 0; i < tables->count; i++) {
        if (strcmp(tables->items[i]->query_id, query_id) == 0)
            return &tables->items[i];
    }
    return NULL;
}

void ksql_tables_offer(struct ksql_tables *tables, const char *query_id, struct ksql_run *run)
{
    struct entry *entry = of_alloc(sizeof(*entry));
    entry->query_id = of_strdup(query_id);
    entry->run = run;
    pthread_mutex_lock(&tables->lock);
    tables->items = of_realloc_array(tables->items, tables->count + 1, sizeof(struct entry *));
    tables->items[tables->count++] = entry;
    pthread_mutex_unlock(&tables->lock);
}

void ksql_tables_withdraw(struct ksql_tables *tables, const char *query_id)
{
    pthread_mutex_lock(&tables->lock);
    struct entry **place = find(tables, query_id);
    struct entry *entry = place ? *place : NULL;
    if (entry)
        *place = tables->items[--tables->count]; /* nobody comes any more */
    while (entry && entry->readers)
        pthread_cond_wait(&tables->left, &tables->lock);
    pthread_mutex_unlock(&tables->lock);
    if (!entry)
        return;
    free(entry->query_id);
    free(entry);
}

static struct entry *enter(struct ksql_tables *tables, const char *query_id)
{
    pthread_mutex_lock(&tables->lock);
    struct entry **place = find(tables, query_id);
    struct entry *entry = place ? *place : NULL;
    if (entry)
        entry->readers++;
    pthread_mutex_unlock(&tables->lock);
    return entry;
}

static void leave(struct ksql_tables *tables, struct entry *entry)
{
    pthread_mutex_lock(&tables->lock);
    entry->readers--;
    pthread_cond_broadcast(&tables->left);
    pthread_mutex_unlock(&tables->lock);
}

int ksql_tables_read(struct ksql_tables *tables, const char *query_id, const struct ksql_read *read,
    ksql_read_visit *visit, void *context, struct of_error *error)
{
    struct entry *entry = enter(tables, query_id);
    if (!entry)
        return of_fail(error, OF_RETRY, "the query %s does not run", query_id);
    int result = ksql_run_read(entry->run, read, visit, context, error);
    leave(tables, entry);
    return result;
}
