/* show: one letter after the other, whole. */
#include "base/buffer.h"
#include "base/clock.h"
#include "dlq.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define OBJECT_MAX (256u * 1024 * 1024) /* hexadecimal doubles what a broker takes */

struct showing {
    struct dlq *dlq;
    int64_t count;
};

static void print_line(const char *name, struct of_text text)
{
    printf("%-10s ", name);
    if (text.length > 0)
        dlq_print_text(stdout, text.data, text.length, 0);
    else
        putchar('-');
    putchar('\n');
}

static void print_bytes(const char *name, const void *bytes, size_t size, size_t preview)
{
    if (!bytes) {
        printf("%-10s null\n", name);
        return;
    }
    printf("%-10s %zu bytes%s\n", name, size, size > preview ? ", the first of them" : "");
    dlq_print_dump(stdout, bytes, size < preview ? size : preview);
}

static bool next_header(const rd_kafka_headers_t *headers, size_t index, const char **name,
    const void **value, size_t *size)
{
    return rd_kafka_header_get_all(headers, index, name, value, size) == RD_KAFKA_RESP_ERR_NO_ERROR;
}

static void print_headers(const rd_kafka_message_t *record)
{
    rd_kafka_headers_t *headers;
    const char *name;
    const void *value;
    size_t size;
    if (rd_kafka_message_headers(record, &headers) != RD_KAFKA_RESP_ERR_NO_ERROR)
        return;
    printf("headers\n");
    for (size_t i = 0; next_header(headers, i, &name, &value, &size); i++) {
        fputs("    ", stdout);
        dlq_print_text(stdout, name, strlen(name), 0);
        fputs(": ", stdout);
        dlq_print_text(stdout, value ? value : "", value ? size : 0, 0);
        putchar('\n');
    }
}

static void print_letter(const struct dlq *dlq, const struct letter *letter)
{
    char position[LETTER_POSITION_SIZE], time[OF_ISO8601_SIZE] = "-";
    const rd_kafka_message_t *record = letter->record;
    if (letter->timestamp >= 0)
        of_iso8601_print(letter->timestamp, time);
    printf(
        "%-10s %s%s\n", "letter", dlq->topic, letter_position_print(&letter->position, position));
    printf("%-10s %s\n", "state",
        handled_name(handled_find(&dlq->handled, &letter->position, letter->timestamp)));
    printf("%-10s %s\n", "time", time);
    printf("%-10s ", "source");
    dlq_print_text(stdout, letter->source_topic.data, letter->source_topic.length, 0);
    printf("[%" PRId64 "]@%" PRId64 "\n", letter->source_partition, letter->source_offset);
    print_line("stage", letter->stage);
    print_line("class", letter->class);
    print_line("message", letter->message);
    printf("%-10s %" PRId64 "\n", "attempts", letter->attempts);
    print_headers(record);
    print_bytes("key", record->key, record->key_len, (size_t)dlq->preview);
    print_bytes("value", record->payload, record->len, (size_t)dlq->preview);
}

/* ---- JSON ---- */

static void append_hex(struct of_buffer *out, const char *name, const void *bytes, size_t size)
{
    const uint8_t *from = bytes;
    of_buffer_appendf(out, ",\"%s\":", name);
    if (!bytes) {
        of_buffer_append_text(out, "null");
        return;
    }
    of_buffer_append_byte(out, '"');
    for (size_t i = 0; i < size; i++)
        of_buffer_appendf(out, "%02x", from[i]);
    of_buffer_append_byte(out, '"');
}

static void append_headers(struct of_buffer *out, const rd_kafka_message_t *record)
{
    rd_kafka_headers_t *headers;
    const char *name;
    const void *value;
    size_t size;
    of_buffer_append_text(out, ",\"headers\":[");
    if (rd_kafka_message_headers(record, &headers) == RD_KAFKA_RESP_ERR_NO_ERROR)
        for (size_t i = 0; next_header(headers, i, &name, &value, &size); i++) {
            of_buffer_append_text(out, i > 0 ? ",{\"name\":" : "{\"name\":");
            of_buffer_append_json_string(out, name, strlen(name));
            of_buffer_append_text(out, ",\"text\":");
            if (value)
                of_buffer_append_json_string(out, value, size);
            else
                of_buffer_append_text(out, "null");
            append_hex(out, "hex", value, size);
            of_buffer_append_text(out, "}");
        }
    of_buffer_append_text(out, "]");
}

static int print_json(const struct dlq *dlq, const struct letter *letter, struct of_error *error)
{
    OF_CLEANUP(of_buffer_release) struct of_buffer out;
    of_buffer_init(&out, OBJECT_MAX);
    of_buffer_append_text(&out, "{");
    dlq_append_json(dlq, letter, &out);
    append_headers(&out, letter->record);
    append_hex(&out, "key_hex", letter->record->key, letter->record->key_len);
    append_hex(&out, "value_hex", letter->record->payload, letter->record->len);
    of_buffer_append_text(&out, "}\n");
    if (of_buffer_check(&out, "a letter", error) < 0)
        return OF_INPUT;
    fwrite(out.data, 1, out.length, stdout);
    return OF_OK;
}

static int on_letter(void *context, const struct letter *letter, struct of_error *error)
{
    struct showing *showing = context;
    if (!letter)
        return OF_OK;
    if (showing->dlq->json)
        return print_json(showing->dlq, letter, error);
    if (showing->count++ > 0)
        putchar('\n');
    print_letter(showing->dlq, letter);
    return OF_OK;
}

int dlq_show(struct dlq *dlq, struct of_error *error)
{
    OF_CLEANUP(of_scan_ranges_release) struct of_scan_ranges ranges = {NULL, 0, 0};
    struct showing showing = {.dlq = dlq};
    int result = dlq_load_handled(dlq, error);
    if (result == OF_OK)
        result = dlq_ranges(dlq, &ranges, error);
    if (result == OF_OK)
        result = dlq_each(dlq, &ranges, on_letter, &showing, error);
    return result == OF_OK ? selection_check_found(&dlq->selection, dlq->topic, error) : result;
}
