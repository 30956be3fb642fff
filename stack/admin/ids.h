/* A set of order ids. */
#ifndef ORDERFLOW_ADMIN_IDS_H
#define ORDERFLOW_ADMIN_IDS_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ID_SET_MAX 200000000u /* ids in one set */

struct id_set {
    int64_t *slots; /* open addressing, 0: free, capacity a power of two */
    size_t count, capacity;
};
void id_set_release(struct id_set *set); /* usable again */

/* `id` is positive. FATAL: more than ID_SET_MAX. */
int id_set_add(struct id_set *set, int64_t id, bool *added, struct of_error *error) OF_NODISCARD;
bool id_set_has(const struct id_set *set, int64_t id);

#endif
