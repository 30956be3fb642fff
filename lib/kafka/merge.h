/* The records of several partitions in the order of their time, as Kafka Streams takes them
 * (KIP-695): of the partitions' next records the oldest comes first, and none while a partition
 * that is not at its end has not been fetched yet. Within a partition the order stays. Of records
 * of one time that of the partition assigned first comes first.
 *
 * One thread; the consumer's own queue brings only what is no record. */
#ifndef OF_KAFKA_MERGE_H
#define OF_KAFKA_MERGE_H

#include "kafka/client.h"

#include <stdint.h>

/* The time of a record, in milliseconds. */
typedef int64_t of_merge_time(void *context, const rd_kafka_message_t *message);

struct of_merge;
/* NULL for `time`: the record's timestamp. */
struct of_merge *of_merge_new(of_merge_time *time, void *context);
void of_merge_free(struct of_merge *merge);
OF_DEFINE_CLEANUP(of_cleanup_merge, struct of_merge *, of_merge_free)

/* Before these partitions are assigned to the consumer: only they bring records from now on. NULL:
 * none, as before the consumer is closed. */
void of_merge_assign(struct of_merge *merge, rd_kafka_t *consumer,
    const rd_kafka_topic_partition_list_t *partitions);
/* After a seek: what was fetched is forgotten. */
void of_merge_clear(struct of_merge *merge);

/* As rd_kafka_consumer_poll. Only with `events` the consumer's own queue is looked at. */
rd_kafka_message_t *of_merge_poll(
    struct of_merge *merge, rd_kafka_t *consumer, int timeout_ms, bool events);

#endif
