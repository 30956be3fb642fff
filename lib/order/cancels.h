/* Which orders somebody wants cancelled: the records of the topic that order.cancel.topic names.
 *
 * Keyed and partitioned as the orders. Every stage that can cancel reads them on a thread of its
 * own, joins no group for it, and asks for each order that it takes whether it is among them; what
 * it decides then is an output of the order's own transaction like any other. So an order ends
 * once, whatever was asked: it is in one stage at a time, and a request that comes when a stage has
 * let the order go is the next one's. A request for an order that has come to its end does nothing.
 *
 * Bounded: requests are kept for OF_CANCELS_KEEP_MS, and OF_CANCELS_MAX of them, the newest. */
#ifndef OF_ORDER_CANCELS_H
#define OF_ORDER_CANCELS_H

#include "registry/registry.h"

#include <stdbool.h>
#include <stdint.h>

#define OF_CANCELS_MAX 65536 /* some 4 MB */
#define OF_CANCELS_KEEP_MS (INT64_C(24) * 3600 * 1000)

/* ---- the set; one thread ---- */

struct of_cancel {
    int64_t order_id;
    int64_t at;    /* ms: when it was asked for */
    uint32_t next; /* of the same slot: index + 1 */
};

struct of_cancel_set {
    struct of_cancel *ring; /* in the order of coming, the oldest at `first` */
    size_t first, count, limit;
    uint32_t *slots; /* index into the ring + 1; 0: none */
    size_t slot_count;
};
void of_cancel_set_init(struct of_cancel_set *set, size_t limit);
void of_cancel_set_release(struct of_cancel_set *set);
/* The first request for an order counts. Past the limit the oldest one goes. */
void of_cancel_set_add(struct of_cancel_set *set, int64_t order_id, int64_t at);
bool of_cancel_set_find(const struct of_cancel_set *set, int64_t order_id, int64_t *at);
/* Forgets what was asked for before that time. */
void of_cancel_set_expire(struct of_cancel_set *set, int64_t before);

/* ---- the topic ---- */

struct of_cancels;
/* Returns when all requests that were committed before the call are known; waits for the broker up
 * to startup.timeout.ms (RETRY after that). *cancels becomes NULL when order.cancel.topic is empty:
 * nobody can ask. Both are borrowed until free. */
int of_cancels_new(const struct of_config *config, struct of_registry *registry,
    struct of_cancels **cancels, struct of_error *error) OF_NODISCARD;
void of_cancels_free(struct of_cancels *cancels); /* NULL is fine */

/* From any thread; cheap while nobody has asked for anything. `cancels` may be NULL. */
bool of_cancels_find(struct of_cancels *cancels, int64_t order_id, int64_t *at);

#endif
