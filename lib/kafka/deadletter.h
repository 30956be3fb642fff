/* Headers of a dead-letter record: the names of KIP-1034 (__streams.errors.exception, .stacktrace,
 * .message, .topic, .partition, .offset; UTF-8 text) and ours: orderflow.stage,
 * orderflow.error.class (the error's kind: framing, schema, decode, state, ...),
 * orderflow.instance, orderflow.timestamp. The original headers are kept before them. */
#ifndef OF_KAFKA_DEADLETTER_H
#define OF_KAFKA_DEADLETTER_H

#include "kafka/stage.h"

/* On a record that was put back: the counter of attempts; and, where the letter was one of a stage
 * that reads a topic beside another, that stage's name. The record is for it alone. */
#define OF_ATTEMPTS_HEADER "orderflow.attempts"
#define OF_ONLY_HEADER "orderflow.only"

#define OF_DEADLETTER_HEADERS 10 /* added to a record's own */

/* A new header list for the record, owned by the caller. */
rd_kafka_headers_t *of_deadletter_headers(const struct of_record *record, const char *stage,
    const char *instance, const struct of_error *error);

#endif
