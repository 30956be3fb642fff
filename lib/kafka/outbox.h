/* The outputs of the one record at hand, held back until its transform has succeeded. */
#ifndef OF_KAFKA_OUTBOX_H
#define OF_KAFKA_OUTBOX_H

#include "base/buffer.h"
#include "kafka/producer.h"

struct of_outbox_entry;

struct of_outbox {
    struct of_buffer bytes; /* keys and values, one after the other */
    struct of_outbox_entry *entries;
    size_t count, capacity;
    size_t count_max;
    size_t message_max;              /* bytes of one record */
    const rd_kafka_headers_t *sized; /* the headers last counted; NULL: none */
    size_t sized_bytes;
    size_t header_bytes; /* of all entries, each of which is sent with its own copy */
};

void of_outbox_init(
    struct of_outbox *outbox, size_t bytes_max, size_t count_max, size_t message_max);
void of_outbox_release(struct of_outbox *outbox);
void of_outbox_clear(struct of_outbox *outbox);

/* Copies the message; its topic and headers are borrowed until the next clear. INPUT: a limit. */
int of_outbox_add(struct of_outbox *outbox, const struct of_message *message,
    struct of_error *error) OF_NODISCARD;

/* Sends all and clears. */
int of_outbox_flush(
    struct of_outbox *outbox, struct of_producer *producer, struct of_error *error) OF_NODISCARD;

#endif
