/* Which Idempotency-Key got which order, for 24 hours. Where it is kept over restarts is the
 * writer's matter; this is the memory of it. One thread. */
#ifndef GATEWAY_KEYS_H
#define GATEWAY_KEYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define KEYS_MAX 1000000u /* remembered at once: some 64 MB */
#define KEYS_KEEP_MS (INT64_C(24) * 3600 * 1000)
#define KEYS_NAME_SIZE 16 /* of SHA-256: enough that no two keys meet */

struct key_entry {
    uint8_t name[KEYS_NAME_SIZE]; /* of the key */
    uint8_t body[KEYS_NAME_SIZE]; /* of the request that it came with */
    int64_t order_id;
    int64_t at; /* ms */
};

struct keys {
    struct key_entry *ring; /* in the order of coming, the oldest at `first` */
    size_t first, count, capacity;
    uint32_t *slots; /* open addressing: index into the ring + 1; 0: free */
    size_t slot_count;
    size_t limit; /* KEYS_MAX; tests lower it */
};

void keys_init(struct keys *keys);
void keys_release(struct keys *keys); /* also for OF_CLEANUP; usable again after init */

/* NULL: not known. Valid until the next change. */
const struct key_entry *keys_find(const struct keys *keys, const uint8_t name[KEYS_NAME_SIZE]);

/* Whether there are as many as may be. */
bool keys_is_full(const struct keys *keys);

/* False: keys_is_full. One of that name that is there already is replaced. */
bool keys_add(struct keys *keys, const struct key_entry *entry);

/* Takes the oldest out if it has that name: as who expires them does, in their order. */
void keys_forget(struct keys *keys, const uint8_t name[KEYS_NAME_SIZE]);

/* Takes the oldest out if it is older than KEYS_KEEP_MS. */
bool keys_expire(struct keys *keys, int64_t now, struct key_entry *entry);

#endif
