/* Which push queries there are. The list has their names and the flags that end them; the queries
 * themselves are their connections'. */
#include "ksqld/server/pushes.h"

#include "base/memory.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

struct ksql_pushes {
    pthread_mutex_t lock;
    struct ksql_push **items;
    size_t count;
    bool stopping;
};

struct ksql_pushes *ksql_pushes_new(void)
{
    struct ksql_pushes *pushes = of_alloc(sizeof(*pushes));
    pthread_mutex_init(&pushes->lock, NULL);
    return pushes;
}

void ksql_pushes_free(struct ksql_pushes *pushes)
{
    if (!pushes)
        return;
    pthread_mutex_destroy(&pushes->lock);
    free(pushes->items);
    free(pushes);
}

size_t ksql_pushes_count(struct ksql_pushes *pushes)
{
    pthread_mutex_lock(&pushes->lock);
    size_t count = pushes->count;
    pthread_mutex_unlock(&pushes->lock);
    return count;
}

bool ksql_pushes_add(struct ksql_pushes *pushes, struct ksql_push *push)
{
    pthread_mutex_lock(&pushes->lock);
    bool room = pushes->count < KSQL_PUSH_QUERIES_MAX;
    if (room) {
        atomic_store(&push->stop, pushes->stopping);
        pushes->items = of_realloc_array(pushes->items, pushes->count + 1, sizeof(*pushes->items));
        pushes->items[pushes->count++] = push;
    }
    pthread_mutex_unlock(&pushes->lock);
    return room;
}

void ksql_pushes_remove(struct ksql_pushes *pushes, struct ksql_push *push)
{
    pthread_mutex_lock(&pushes->lock);
    for (size_t i = 0; i < pushes->count; i++) {
        if (pushes->items[i] != push)
            continue;
        pushes->items[i] = pushes->items[--pushes->count];
        break;
    }
    pthread_mutex_unlock(&pushes->lock);
}

bool ksql_pushes_close(struct ksql_pushes *pushes, const char *id)
{
    bool found = false;
    pthread_mutex_lock(&pushes->lock);
    for (size_t i = 0; i < pushes->count && !found; i++) {
        found = strcmp(pushes->items[i]->id, id) == 0;
        if (found)
            atomic_store(&pushes->items[i]->stop, true);
    }
    pthread_mutex_unlock(&pushes->lock);
    return found;
}

void ksql_pushes_stop(struct ksql_pushes *pushes)
{
    pthread_mutex_lock(&pushes->lock);
    pushes->stopping = true;
    for (size_t i = 0; i < pushes->count; i++)
        atomic_store(&pushes->items[i]->stop, true);
    pthread_mutex_unlock(&pushes->lock);
}
