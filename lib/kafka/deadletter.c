/* The headers of dead letters. Sending them is the stage loop's. */
#include "kafka/deadletter.h"

#include "base/clock.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static void add(rd_kafka_headers_t *headers, const char *name, const char *value)
{
    rd_kafka_header_add(headers, name, -1, value, (ssize_t)strlen(value));
}

static void add_integer(rd_kafka_headers_t *headers, const char *name, int64_t value)
{
    char text[24];
    snprintf(text, sizeof(text), "%" PRId64, value);
    add(headers, name, text);
}

rd_kafka_headers_t *of_deadletter_headers(const struct of_record *record, const char *stage,
    const char *instance, const struct of_error *error)
{
    char now[OF_ISO8601_SIZE];
    const rd_kafka_headers_t *original = of_record_headers(record);
    rd_kafka_headers_t *headers =
        original ? rd_kafka_headers_copy(original) : rd_kafka_headers_new(OF_DEADLETTER_HEADERS);
    add(headers, "__streams.errors.exception", of_error_class_name(error->class));
    add(headers, "__streams.errors.stacktrace", error->origin);
    add(headers, "__streams.errors.message", error->message);
    add(headers, "__streams.errors.topic", record->topic);
    add_integer(headers, "__streams.errors.partition", record->partition);
    add_integer(headers, "__streams.errors.offset", record->offset);
    add(headers, "orderflow.stage", stage);
    add(headers, "orderflow.instance", instance);
    add(headers, "orderflow.error.class", error->kind ? error->kind : "input");
    add(headers, "orderflow.timestamp", of_iso8601_print(of_clock_now(), now));
    return headers;
}
