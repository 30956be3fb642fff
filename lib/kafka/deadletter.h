/* Headers of a dead-letter record: the names of KIP-1034 (__streams.errors.exception, .stacktrace,
 * .message, .topic, .partition, .offset; UTF-8 text) and ours: orderflow.stage,
 * orderflow.error.class (the error's kind: framing, schema, decode, state, ...),
 * orderflow.instance, orderflow.timestamp. The original headers are kept before them. */
#ifndef OF_KAFKA_DEADLETTER_H
#define OF_KAFKA_DEADLETTER_H

#include "kafka/stage.h"

#define OF_DEADLETTER_HEADERS 10 /* added to a record's own */

/* A new header list for the record, owned by the caller. */
rd_kafka_headers_t *of_deadletter_headers(const struct of_record *record, const char *stage,
    const char *instance, const struct of_error *error);

#endif
