/* The headers of a Kafka record: for the columns that a source has of them, and for outputs. */
#ifndef KSQLD_SERVER_HEADERS_H
#define KSQLD_SERVER_HEADERS_H

#include "kafka/stage.h"
#include "ksqld/engine.h"

/* Room for the headers of one record, whose size limits them. Zero-initialised: none yet. */
struct ksql_headers {
    struct ksql_header *items;
    size_t capacity;
    rd_kafka_headers_t *list;     /* the message's; NULL: it has none */
    rd_kafka_headers_t *stripped; /* a copy without what is not handed on, or NULL */
};

/* The record without its headers; borrows the message. */
struct ksql_record_in ksql_record_of(const rd_kafka_message_t *message);

/* Points the record at its headers, which borrow the message (NULL: there are none) and last until
 * the next call. */
void ksql_headers_read(
    struct ksql_headers *headers, const rd_kafka_message_t *message, struct ksql_record_in *record);
/* Those that go with what is written for the record that was read last; NULL: none. Lasts as long
 * as its message, until the next read or release. What a dead letter was marked with when it was
 * put back is not among them: its readers are those of the input. */
rd_kafka_headers_t *ksql_headers_forward(struct ksql_headers *headers);
void ksql_headers_release(struct ksql_headers *headers);

#endif
