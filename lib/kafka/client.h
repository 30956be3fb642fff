/* Creation of Kafka clients from the configuration.
 *
 * What the house sets under the user's file: client.id, murmur2_random, enable.auto.commit=false,
 * isolation.level=read_committed, session.timeout.ms and transaction.timeout.ms 10000,
 * partition.assignment.strategy=range (cooperative-sticky crashes in librdkafka 2.0.2). */
#ifndef OF_KAFKA_CLIENT_H
#define OF_KAFKA_CLIENT_H

#include "base/config.h"

#include <librdkafka/rdkafka.h>

OF_DEFINE_CLEANUP(of_cleanup_rd_kafka, rd_kafka_t *, rd_kafka_destroy)
OF_DEFINE_CLEANUP(of_cleanup_rd_kafka_conf, rd_kafka_conf_t *, rd_kafka_conf_destroy)
OF_DEFINE_CLEANUP(of_cleanup_rd_kafka_partitions, rd_kafka_topic_partition_list_t *,
    rd_kafka_topic_partition_list_destroy)
OF_DEFINE_CLEANUP(of_cleanup_rd_kafka_error, rd_kafka_error_t *, rd_kafka_error_destroy)
OF_DEFINE_CLEANUP(of_cleanup_rd_kafka_headers, rd_kafka_headers_t *, rd_kafka_headers_destroy)

/* `pairs`: names and values that a program sets over the user's, NULL-ended {"group.id", g, NULL},
 * or NULL. Properties of the other type of client are left out. INPUT: librdkafka refuses one. */
int of_kafka_conf(const struct of_config *config, rd_kafka_type_t type, const char *const *pairs,
    rd_kafka_conf_t **conf, struct of_error *error) OF_NODISCARD;

/* Takes conf, also on failure. librdkafka's log lines and error events go to of_log. */
int of_kafka_new(rd_kafka_type_t type, rd_kafka_conf_t *conf, rd_kafka_t **client,
    struct of_error *error) OF_NODISCARD;

/* Whether a broker was out of reach within the last OF_KAFKA_TROUBLE_MS, as any client of this
 * process saw it. Answers that got lost then make brokers take a client for its own successor: what
 * looks like another process of the same name may be none. */
#define OF_KAFKA_TROUBLE_MS 60000
bool of_kafka_had_trouble(void);

/* The class of a librdkafka error: fatal -> FATAL, retriable or abortable -> RETRY, ... */
int of_kafka_fail(struct of_error *error, const rd_kafka_error_t *cause, const char *what);
int of_kafka_fail_code(struct of_error *error, rd_kafka_resp_err_t code, const char *what);

/* Bytes of names and values, with an overhead each; 0 for NULL. */
size_t of_kafka_headers_size(const rd_kafka_headers_t *headers, size_t overhead);

#endif
