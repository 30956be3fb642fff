/* Maps as functions make them. */
#ifndef KSQLD_FUNCTIONS_MAP_H
#define KSQLD_FUNCTIONS_MAP_H

#include "ksqld/plan/type.h"
#include "ksqld/plan/value.h"

/* Adds an entry to items with room for it, or gives the key that is there already another value. */
void ksql_map_put(const struct ksql_type *key_type, struct ksql_value *items, size_t *count,
    const struct ksql_value *key, const struct ksql_value *value);

#endif
