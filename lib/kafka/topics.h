/* Topics: creating and asking. */
#ifndef OF_KAFKA_TOPICS_H
#define OF_KAFKA_TOPICS_H

#include "kafka/client.h"

#define OF_TOPICS_MAX 256              /* created at once */
#define OF_DEAD_LETTER_BYTES 2097152   /* max_message_bytes of a dead-letter topic: the largest */
                                       /* record that a broker takes by default, and headers */
#define OF_RETENTION_DEFAULT INT64_MIN /* the broker's own setting */

struct of_topic_spec {
    const char *name;           /* full name */
    int partitions;             /* 0: topic.partitions of the configuration */
    int replication_factor;     /* 0: topic.replication.factor; -1: the broker's default */
    const char *cleanup_policy; /* NULL: "delete" */
    int64_t retention_ms;       /* -1: for ever; OF_RETENTION_DEFAULT */
    int max_message_bytes;      /* 0: the broker's default */
};

/* Creates those that do not exist; one that exists with fewer partitions is an INPUT error. */
int of_kafka_create_topics(const struct of_config *config, const struct of_topic_spec *topics,
    size_t count, struct of_error *error) OF_NODISCARD;

/* 0 partitions: there is no such topic. */
int of_kafka_partitions(
    rd_kafka_t *client, const char *topic, int *partitions, struct of_error *error) OF_NODISCARD;

/* What stands in the way of writing to a topic: it is not there, or a partition has no leader; 0:
 * nothing. An error: nobody has answered, or it is no topic's name. */
int of_kafka_topic_obstacle(rd_kafka_t *client, const char *topic, int wait_ms,
    rd_kafka_resp_err_t *obstacle, struct of_error *error) OF_NODISCARD;

/* Where a partition begins and ends: `high` is the offset behind its last record, or for a client
 * that reads committed the last stable one. While a leader is elected, or a new topic's does not
 * know of it yet, it is asked again for at most `wait_ms`. */
rd_kafka_resp_err_t of_kafka_watermarks(rd_kafka_t *client, const char *topic, int32_t partition,
    int wait_ms, int64_t *low, int64_t *high) OF_NODISCARD;

#endif
