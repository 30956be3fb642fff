/* A ring in the order of coming, chained by order id. */
#include "base/memory.h"
#include "order/cancels.h"

#include <stdlib.h>

void of_cancel_set_init(struct of_cancel_set *set, size_t limit)
{
    *set = (struct of_cancel_set){.limit = limit, .slot_count = 1};
    while (set->slot_count < limit)
        set->slot_count *= 2;
    set->ring = of_realloc_array(NULL, limit, sizeof(*set->ring));
    set->slots = of_alloc(set->slot_count * sizeof(*set->slots));
}

void of_cancel_set_release(struct of_cancel_set *set)
{
    free(set->ring);
    free(set->slots);
    *set = (struct of_cancel_set){.ring = NULL};
}

static uint32_t *slot_of(const struct of_cancel_set *set, int64_t order_id)
{
    uint64_t hash = (uint64_t)order_id * UINT64_C(0x9e3779b97f4a7c15);
    return &set->slots[(hash >> 20) & (set->slot_count - 1)];
}

static void drop_oldest(struct of_cancel_set *set)
{
    struct of_cancel *oldest = &set->ring[set->first];
    uint32_t *link = slot_of(set, oldest->order_id);
    while (&set->ring[*link - 1] != oldest)
        link = &set->ring[*link - 1].next;
    *link = oldest->next;
    set->first = (set->first + 1) % set->limit;
    set->count--;
}

void of_cancel_set_add(struct of_cancel_set *set, int64_t order_id, int64_t at)
{
    int64_t known;
    if (of_cancel_set_find(set, order_id, &known))
        return;
    if (set->count == set->limit)
        drop_oldest(set);
    size_t index = (set->first + set->count++) % set->limit;
    uint32_t *slot = slot_of(set, order_id);
    set->ring[index] = (struct of_cancel){order_id, at, *slot};
    *slot = (uint32_t)index + 1;
}

bool of_cancel_set_find(const struct of_cancel_set *set, int64_t order_id, int64_t *at)
{
    for (uint32_t at_slot = *slot_of(set, order_id); at_slot;) {
        const struct of_cancel *cancel = &set->ring[at_slot - 1];
        if (cancel->order_id == order_id) {
            *at = cancel->at;
            return true;
        }
        at_slot = cancel->next;
    }
    return false;
}

void of_cancel_set_expire(struct of_cancel_set *set, int64_t before)
{
    while (set->count > 0 && set->ring[set->first].at < before)
        drop_oldest(set);
}
