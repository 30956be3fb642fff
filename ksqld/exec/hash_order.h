/* The order in which Java's HashMap goes through its keys. ksqlDB keeps its maps in them, so that
 * whatever lists a map shows it. Everything that makes a MAP puts its entries into this order. */
#ifndef KSQLD_EXEC_HASH_ORDER_H
#define KSQLD_EXEC_HASH_ORDER_H

#include "ksqld/lang/arena.h"
#include "ksqld/plan/type.h"
#include "ksqld/plan/value.h"

#define KSQL_HASH_DEFAULT 16u /* slots of a `new HashMap<>()` */

/* The slots that `new HashMap<>(expected)` begins with. */
size_t ksql_hash_slots(size_t expected);
/* Orders keys and values, which stand by turns in the order in which they were put; of a key that
 * comes again only the last value stays. Yields how many keys and values are left. */
size_t ksql_hash_order(struct ksql_arena *arena, const struct ksql_type *key,
    struct ksql_value *items, size_t count, size_t slots);

#endif
