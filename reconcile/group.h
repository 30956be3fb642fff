/* How far a stage's group has committed its input. */
#ifndef ORDERFLOW_RECONCILE_GROUP_H
#define ORDERFLOW_RECONCILE_GROUP_H

#include "base/config.h"
#include "kafka/client.h"

#include <stdbool.h>
#include <stdint.h>

struct group_offsets {
    rd_kafka_topic_partition_list_t *list; /* NULL: none is known */
};

/* What the group (full name) has committed of a topic. Transactions that are open are waited for.
 * A group that has committed nothing, or is not there, has read nothing. RETRY: no answer. */
int group_read(const struct of_config *config, const char *group, const char *topic,
    struct group_offsets *offsets, struct of_error *error) OF_NODISCARD;
void group_release(struct group_offsets *offsets); /* also for OF_CLEANUP */

/* Whether some partition has been read, however little. */
bool group_has_read(const struct group_offsets *offsets);
/* The record at this offset has yet to be read. */
bool group_awaits(const struct group_offsets *offsets, int32_t partition, int64_t offset);

#endif
