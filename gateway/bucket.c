/* Buckets in a table that is searched from an address's own place on. */
#include "gateway/bucket.h"

#include "base/memory.h"

#include <math.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>

#define BURST_SECONDS 2
#define NS 1e9
#define WAYS 8 /* places that an address may take */

struct bucket {
    bool used;
    uint32_t client;
    double tokens;
    int64_t at; /* when they were counted */
};

struct buckets {
    pthread_mutex_t lock;
    double rate;
    struct bucket items[BUCKET_CLIENTS_MAX];
};

struct buckets *buckets_new(double rate)
{
    struct buckets *buckets = of_alloc(sizeof(*buckets));
    pthread_mutex_init(&buckets->lock, NULL);
    buckets->rate = rate;
    return buckets;
}

void buckets_free(struct buckets *buckets)
{
    pthread_mutex_destroy(&buckets->lock);
    free(buckets);
}

/* The client's own, or a free one, or the one that has been silent for longest. */
static struct bucket *find(struct buckets *buckets, uint32_t client, int64_t now)
{
    uint32_t first = client * UINT32_C(2654435761) >> 16;
    struct bucket *chosen = NULL;
    for (uint32_t i = 0; i < WAYS; i++) {
        struct bucket *item = &buckets->items[(first + i) % BUCKET_CLIENTS_MAX];
        if (item->used && item->client == client)
            return item;
        if (!chosen || (chosen->used && (!item->used || item->at < chosen->at)))
            chosen = item;
    }
    *chosen = (struct bucket){true, client, buckets->rate * BURST_SECONDS, now};
    if (chosen->tokens < 1)
        chosen->tokens = 1;
    return chosen;
}

static int take(struct buckets *buckets, uint32_t client, int64_t now)
{
    struct bucket *bucket = find(buckets, client, now);
    double most = buckets->rate * BURST_SECONDS < 1 ? 1 : buckets->rate * BURST_SECONDS;
    if (now > bucket->at) {
        bucket->tokens += (double)(now - bucket->at) / NS * buckets->rate;
        bucket->at = now;
    }
    if (bucket->tokens > most)
        bucket->tokens = most;
    if (bucket->tokens >= 1) {
        bucket->tokens -= 1;
        return 0;
    }
    double wait = ceil((1 - bucket->tokens) / buckets->rate);
    return wait < 1 ? 1 : wait > 3600 ? 3600 : (int)wait;
}

int buckets_take(struct buckets *buckets, uint32_t client, int64_t now_ns)
{
    if (buckets->rate <= 0)
        return 0;
    pthread_mutex_lock(&buckets->lock);
    int wait = take(buckets, client, now_ns);
    pthread_mutex_unlock(&buckets->lock);
    return wait;
}
