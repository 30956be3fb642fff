/* Maps as formats read them: each key once, in one order, so that equal maps are equal lists. */
#ifndef KSQLD_SERDE_MAP_H
#define KSQLD_SERDE_MAP_H

#include "ksqld/plan/value.h"

#include <stddef.h>

/* Sorts keys and values that stand by turns by key, and drops all but the last of equal keys. Keys
 * are texts, none NULL. Yields how many pairs are left. */
size_t ksql_map_normalize(struct ksql_value *items, size_t pairs);

#endif
