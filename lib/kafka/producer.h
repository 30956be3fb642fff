/* Transactional producer that survives what brokers do (KIP-98, KIP-447).
 *
 * Rules: an abortable error aborts; after a fatal error or a commit or abort that timed out
 * (outcome unknown) the handle is destroyed and made anew with the same transactional.id, which
 * fences the old epoch. Never "commit again and go on". After any OF_RETRY no transaction is open
 * and the caller starts again from what is committed. Being fenced by another process of the same
 * name is OF_FATAL with `fenced` true. One thread. */
#ifndef OF_KAFKA_PRODUCER_H
#define OF_KAFKA_PRODUCER_H

#include "kafka/client.h"

struct of_producer;
/* Creates the handle and its transactional state (waits for the broker up to
 * startup.timeout.ms; RETRY after that). `config` is borrowed until free. */
int of_producer_new(const struct of_config *config, const char *transactional_id,
    struct of_producer **producer, struct of_error *error) OF_NODISCARD;
void of_producer_free(struct of_producer *producer); /* an open transaction is aborted */
OF_DEFINE_CLEANUP(of_cleanup_producer, struct of_producer *, of_producer_free)

/* Rebuilds the handle first where that is due. RETRY: the broker did not answer within seconds. */
int of_producer_begin(struct of_producer *producer, struct of_error *error) OF_NODISCARD;

struct of_message {
    const char *topic;
    int32_t partition;       /* RD_KAFKA_PARTITION_UA: by key, murmur2_random */
    int64_t timestamp;       /* 0: now */
    const void *key, *value; /* NULL: null (a tombstone when value) ; copied */
    size_t key_size, value_size;
    rd_kafka_headers_t *headers; /* NULL: none; borrowed, copied */
};
/* Blocks while the queue is full. RETRY: it was aborted. INPUT: larger than message.max.bytes; the
 * transaction goes on without it. With headers, the partition must be RD_KAFKA_PARTITION_UA. */
int of_producer_send(struct of_producer *producer, const struct of_message *message,
    struct of_error *error) OF_NODISCARD;

/* Flushes and commits; offsets and group may be NULL. 0, or RETRY when it was aborted (or may not
 * have been committed: the caller must re-read what is committed), or FATAL. */
int of_producer_commit(struct of_producer *producer, const rd_kafka_topic_partition_list_t *offsets,
    const rd_kafka_consumer_group_metadata_t *group, struct of_error *error) OF_NODISCARD;
int of_producer_abort(struct of_producer *producer, struct of_error *error) OF_NODISCARD;

/* Whether a broker answers in time and each partition of the topic has a leader; changes nothing.
 * RETRY, or INPUT: there is no such topic. */
int of_producer_ask(struct of_producer *producer, const char *topic, int wait_ms,
    struct of_error *error) OF_NODISCARD;

/* Whether the topic is why the last transaction was given up: Kafka refused its records, or could
 * not take them while it took those of other topics, or refused the transaction for a topic that
 * may not be written, which might be this one. Until the next transaction begins. */
bool of_producer_refused(const struct of_producer *producer, const char *topic);

bool of_producer_in_transaction(const struct of_producer *producer);
bool of_producer_fenced(const struct of_producer *producer);
/* message.max.bytes: the largest record, key, headers and framing included. */
size_t of_producer_message_max(const struct of_producer *producer);
struct of_producer_counts {
    int64_t commits, aborts, rebuilds, sent;
};
void of_producer_counts(const struct of_producer *producer, struct of_producer_counts *counts);

#endif
