/* Consumer groups as somebody sees them who is in none of them. */
#ifndef OF_KAFKA_GROUPS_H
#define OF_KAFKA_GROUPS_H

#include "kafka/client.h"

/* The committed offsets of every partition for which the group, a full name, has one; the caller's.
 * Waits `timeout_ms` for the answer. RETRY: none came. */
int of_group_offsets(rd_kafka_t *client, const char *group, int timeout_ms,
    rd_kafka_topic_partition_list_t **offsets, struct of_error *error) OF_NODISCARD;

#endif
