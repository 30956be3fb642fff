/* A static member of a consumer group that reads committed records and never resets its offset in
 * silence: where nothing is committed yet it starts where `auto.offset.reset` says; where the
 * committed offset is no longer in the topic it stops. */
#ifndef OF_KAFKA_CONSUMER_H
#define OF_KAFKA_CONSUMER_H

#include "kafka/client.h"

#define OF_CONSUMER_ASK_MS 5000   /* one question to the group's coordinator or a leader */
#define OF_CONSUMER_LEAVE_MS 5000 /* the whole of leaving */

typedef void of_rebalance(rd_kafka_t *consumer, rd_kafka_resp_err_t code,
    rd_kafka_topic_partition_list_t *partitions, void *opaque);

/* Not subscribed yet; `rebalance` is called from rd_kafka_consumer_poll. */
int of_consumer_new(const struct of_config *config, const char *group, const char *instance,
    of_rebalance *rebalance, void *opaque, rd_kafka_t **consumer,
    struct of_error *error) OF_NODISCARD;

/* One that reads partitions which it is assigned by hand, beside every group, as records are
 * committed. `reset` ("earliest", "latest") is where a partition without an offset begins; no group
 * of the name `group` comes to be. */
int of_consumer_follow(const struct of_config *config, const char *group, const char *reset,
    rd_kafka_t **consumer, struct of_error *error) OF_NODISCARD;

/* Where to read on: fills each partition's offset with the committed one; where nothing is
 * committed, an offset >= 0 stays as it is, RD_KAFKA_OFFSET_BEGINNING becomes the first one, and
 * another the start that the configuration asks for. Waits for transactions that are being
 * committed. RETRY: no answer. FATAL: the offset is not in the topic any more. */
int of_consumer_resolve(const struct of_config *config, rd_kafka_t *consumer,
    rd_kafka_topic_partition_list_t *partitions, struct of_error *error) OF_NODISCARD;

/* Reads on from these offsets. */
int of_consumer_seek(rd_kafka_t *consumer, rd_kafka_topic_partition_list_t *partitions,
    struct of_error *error) OF_NODISCARD;

/* Fills each offset with the end of its partition, as read_committed sees it. One request a leader.
 *
 * Asking has a second effect that a busy reader needs: in librdkafka 2.0.2 a broker's thread that
 * found its prefetch queue full sleeps for up to a second, however fast the queue is emptied
 * meanwhile; a request wakes it. */
int of_consumer_ends(rd_kafka_t *consumer, rd_kafka_topic_partition_list_t *partitions,
    struct of_error *error) OF_NODISCARD;

/* Leaves the group at once (a static member that is only closed would keep its partitions until
 * session.timeout.ms), closes and destroys. A close that hangs is given up. */
void of_consumer_leave(rd_kafka_t *consumer);

#endif
