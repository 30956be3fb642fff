/* The set as a hash table. */
#include "ids.h"

#include "base/memory.h"

#include <stdlib.h>

#define FIRST_CAPACITY 1024

void id_set_release(struct id_set *set)
{
    free(set->slots);
    *set = (struct id_set){NULL, 0, 0};
}

/* Where the id is, or the free slot where it belongs. */
static int64_t *slot(const struct id_set *set, int64_t id)
{
    uint64_t hash = (uint64_t)id * UINT64_C(0x9e3779b97f4a7c15);
    for (size_t i = (size_t)(hash >> 32);; i++) {
        int64_t *found = &set->slots[i & (set->capacity - 1)];
        if (*found == 0 || *found == id)
            return found;
    }
}

static void grow(struct id_set *set)
{
    struct id_set larger = {
        .capacity = set->capacity ? 2 * set->capacity : FIRST_CAPACITY, .count = set->count};
    larger.slots = of_alloc(larger.capacity * sizeof(*larger.slots));
    for (size_t i = 0; i < set->capacity; i++)
        if (set->slots[i])
            *slot(&larger, set->slots[i]) = set->slots[i];
    free(set->slots);
    *set = larger;
}

int id_set_add(struct id_set *set, int64_t id, bool *added, struct of_error *error)
{
    *added = false;
    if (id_set_has(set, id))
        return OF_OK;
    if (set->count >= ID_SET_MAX)
        return of_fail(error, OF_FATAL, "more than %u order ids", ID_SET_MAX);
    if (2 * (set->count + 1) > set->capacity)
        grow(set);
    *slot(set, id) = id;
    set->count++;
    *added = true;
    return OF_OK;
}

bool id_set_has(const struct id_set *set, int64_t id)
{
    return set->capacity > 0 && *slot(set, id) == id;
}
