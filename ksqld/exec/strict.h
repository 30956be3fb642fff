/* Values as other types without a CAST, by the strict rules that ksqlDB has for what is inserted:
 * numbers widen, text becomes a time or bytes, nothing is rounded. */
#ifndef KSQLD_EXEC_STRICT_H
#define KSQLD_EXEC_STRICT_H

#include "ksqld/plan/type.h"
#include "ksqld/plan/value.h"

struct ksql_arena;

/* -1: there is no such conversion, or the value doesn't fit. NULL stays NULL. What the result
 * points to is the value's or the arena's. */
int ksql_strict_value(struct ksql_arena *arena, const struct ksql_type *from,
    const struct ksql_value *value, const struct ksql_type *to, struct ksql_value *result);

#endif
