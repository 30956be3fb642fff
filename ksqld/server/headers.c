/* librdkafka's list of headers as the engine takes it. */
#include "ksqld/server/headers.h"

#include "base/memory.h"
#include "kafka/deadletter.h"

#include <stdlib.h>

struct ksql_record_in ksql_record_of(const rd_kafka_message_t *message)
{
    return (struct ksql_record_in){.partition = message->partition,
        .offset = message->offset,
        .timestamp = rd_kafka_message_timestamp(message, NULL),
        .key = message->key,
        .value = message->payload,
        .key_size = message->key_len,
        .value_size = message->len};
}

static void forget(struct ksql_headers *headers)
{
    if (headers->stripped)
        rd_kafka_headers_destroy(headers->stripped);
    headers->list = headers->stripped = NULL;
}

void ksql_headers_read(
    struct ksql_headers *headers, const rd_kafka_message_t *message, struct ksql_record_in *record)
{
    rd_kafka_headers_t *list = NULL;
    record->header_count = 0;
    forget(headers);
    if (!message || rd_kafka_message_headers(message, &list) || !list)
        return;
    headers->list = list;
    size_t count = rd_kafka_header_cnt(list);
    if (count > headers->capacity) {
        headers->items = of_realloc_array(headers->items, count, sizeof(*headers->items));
        headers->capacity = count;
    }
    for (size_t i = 0; i < count; i++) {
        struct ksql_header *header = &headers->items[i];
        if (rd_kafka_header_get_all(list, i, &header->name, &header->value, &header->size))
            break;
        record->header_count++;
    }
    record->headers = headers->items;
}

rd_kafka_headers_t *ksql_headers_forward(struct ksql_headers *headers)
{
    static const char *const marks[] = {OF_ATTEMPTS_HEADER, OF_ONLY_HEADER};
    const void *value;
    size_t size;
    if (headers->stripped || !headers->list)
        return headers->stripped;
    for (size_t i = 0; i < OF_COUNT(marks); i++) {
        const rd_kafka_headers_t *list = headers->stripped ? headers->stripped : headers->list;
        if (rd_kafka_header_get_last(list, marks[i], &value, &size))
            continue;
        if (!headers->stripped)
            headers->stripped = rd_kafka_headers_copy(headers->list);
        (void)rd_kafka_header_remove(headers->stripped, marks[i]);
    }
    return headers->stripped ? headers->stripped : headers->list;
}

void ksql_headers_release(struct ksql_headers *headers)
{
    forget(headers);
    free(headers->items);
    *headers = (struct ksql_headers){.items = NULL};
}
