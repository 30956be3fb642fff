/* Outputs of one record. */
#include "kafka/outbox.h"

#include "base/memory.h"

#include <stdlib.h>

/* What Kafka adds to key and value of a record at most, headers aside. */
#define RECORD_OVERHEAD 128
#define HEADER_OVERHEAD 10 /* the two lengths of a header */

struct of_outbox_entry {
    struct of_message message; /* key and value: see the offsets */
    size_t key_at, value_at;
};

void of_outbox_init(
    struct of_outbox *outbox, size_t bytes_max, size_t count_max, size_t message_max)
{
    *outbox = (struct of_outbox){.count_max = count_max, .message_max = message_max};
    of_buffer_init(&outbox->bytes, bytes_max);
}

void of_outbox_release(struct of_outbox *outbox)
{
    of_buffer_release(&outbox->bytes);
    free(outbox->entries);
    outbox->entries = NULL;
    outbox->count = outbox->capacity = 0;
}

void of_outbox_clear(struct of_outbox *outbox)
{
    of_buffer_clear(&outbox->bytes);
    outbox->count = 0;
    outbox->sized = NULL;
    outbox->header_bytes = 0;
}

/* Outputs of one record mostly have the same ones. */
static size_t size_of_headers(struct of_outbox *outbox, const rd_kafka_headers_t *headers)
{
    if (headers != outbox->sized)
        outbox->sized_bytes = of_kafka_headers_size(headers, HEADER_OVERHEAD);
    outbox->sized = headers;
    return outbox->sized_bytes;
}

int of_outbox_add(
    struct of_outbox *outbox, const struct of_message *message, struct of_error *error)
{
    size_t headers = message->headers ? size_of_headers(outbox, message->headers) : 0;
    size_t size = message->key_size + message->value_size + headers;
    if (size + RECORD_OVERHEAD > outbox->message_max)
        return of_fail(error, OF_INPUT,
            "an output of %zu bytes for %s passes message.max.bytes (%zu)", size, message->topic,
            outbox->message_max);
    if (outbox->header_bytes + headers > outbox->bytes.limit)
        return of_fail(error, OF_INPUT,
            "the headers of the outputs of one record: larger than %zu bytes", outbox->bytes.limit);
    if (outbox->count == outbox->count_max)
        return of_fail(error, OF_INPUT, "more than %zu outputs of one record", outbox->count_max);
    if (outbox->count == outbox->capacity) {
        outbox->capacity = outbox->capacity ? 2 * outbox->capacity : 16;
        outbox->entries =
            of_realloc_array(outbox->entries, outbox->capacity, sizeof(*outbox->entries));
    }
    struct of_outbox_entry *entry = &outbox->entries[outbox->count];
    entry->message = *message;
    entry->key_at = outbox->bytes.length;
    if (of_buffer_append(&outbox->bytes, message->key, message->key_size) < 0)
        return of_buffer_check(&outbox->bytes, "the outputs of one record", error);
    entry->value_at = outbox->bytes.length;
    if (of_buffer_append(&outbox->bytes, message->value, message->value_size) < 0)
        return of_buffer_check(&outbox->bytes, "the outputs of one record", error);
    outbox->header_bytes += headers;
    outbox->count++;
    return OF_OK;
}

/* An empty key or value is not a null one, even while the buffer has no memory yet. */
static const void *at(const struct of_outbox *outbox, size_t offset)
{
    return outbox->bytes.data ? outbox->bytes.data + offset : (const uint8_t *)"";
}

int of_outbox_flush(struct of_outbox *outbox, struct of_producer *producer, struct of_error *error)
{
    int result = OF_OK;
    for (size_t i = 0; i < outbox->count && result == OF_OK; i++) {
        struct of_outbox_entry *entry = &outbox->entries[i];
        if (entry->message.key)
            entry->message.key = at(outbox, entry->key_at);
        if (entry->message.value)
            entry->message.value = at(outbox, entry->value_at);
        result = of_producer_send(producer, &entry->message, error);
    }
    of_outbox_clear(outbox);
    return result;
}
