/* Time zones as Java names them: Z, +02:00, UTC+1, and the regions of the system's time zone
 * database (TZif, RFC 8536). */
#ifndef KSQLD_FUNCTIONS_ZONE_H
#define KSQLD_FUNCTIONS_ZONE_H

#include "avro/binary.h"
#include "ksqld/lang/arena.h"

struct ksql_zone; /* immutable: threads may share it */

/* In the arena; NULL: no such zone. */
const struct ksql_zone *ksql_zone_find(struct ksql_arena *arena, struct of_text name);
const struct ksql_zone *ksql_zone_fixed(struct ksql_arena *arena, int32_t seconds);

struct ksql_zone_offset {
    int32_t seconds;
    const char *name; /* "PDT"; "" for an offset */
};

/* What holds at a time, in ms of UTC. */
struct ksql_zone_offset ksql_zone_at(const struct ksql_zone *zone, int64_t ms);
/* UTC of a local time, as Java resolves it: of two the earlier one; one that is left out is moved
 * on by what is left out. */
int64_t ksql_zone_to_utc(const struct ksql_zone *zone, int64_t local);

/* +02:00, -0330, +2, +02:00:30; false: none. */
bool ksql_offset_parse(struct of_text text, int32_t *seconds);

#endif
