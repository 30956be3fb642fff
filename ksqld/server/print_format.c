/* One attempt a format; the order is ksqlDB's, PROTOBUF left out. */
#include "ksqld/server/print_format.h"

#include "ksqld/lang/arena.h"
#include "ksqld/serde/json.h"
#include "ksqld/serde/json_writer.h"
#include "ksqld/serde/number.h"
#include "ksqld/server/print_avro.h"
#include "registry/wire.h"

#include <string.h>

#define SHOWN_MAX (16u * 1024 * 1024)
#define TIME_BYTES 8

static const char *const names[] = {
    "AVRO", "JSON", "JSON_SR", "KAFKA_INT", "KAFKA_BIGINT", "KAFKA_DOUBLE", "KAFKA_STRING"};
enum { AVRO, JSON, JSON_SR, KAFKA_INT, KAFKA_BIGINT, KAFKA_DOUBLE, KAFKA_STRING, FORMATS };

static const char *const windows[] = {"SESSION", "HOPPING", "TUMBLING"};
enum { SESSION, HOPPING, TUMBLING, NO_WINDOW, WINDOWS };

static uint64_t read_number(const uint8_t *bytes, size_t size)
{
    uint64_t number = 0;
    for (size_t i = 0; i < size; i++)
        number = number << 8 | bytes[i];
    return number;
}

static bool is_text(const uint8_t *bytes, size_t size)
{
    return size && of_avro_is_utf8((const char *)bytes, size) &&
           !memmem(bytes, size, "\xef\xbf\xbd", 3); /* what Java puts for what is no UTF-8 */
}

static bool show_avro(
    const struct ksql_print_side *side, const uint8_t *bytes, size_t size, struct of_buffer *out)
{
    struct of_error error;
    const char *text;
    size_t text_size;
    OF_CLEANUP(of_cleanup_avro_schema) struct of_avro_schema *schema = NULL;
    if (size < 5 || bytes[0] != 0 || !side->registry)
        return false;
    int32_t id = (int32_t)read_number(bytes + 1, 4);
    return of_registry_schema(side->registry, id, &text, &text_size, &error) == OF_OK &&
           of_avro_schema_parse(text, text_size, &schema, &error) == OF_OK &&
           ksql_print_avro(of_avro_schema_root(schema), bytes + 5, size - 5, out, &error) == OF_OK;
}

static bool show_json(const uint8_t *bytes, size_t size, struct of_buffer *out)
{
    struct ksql_arena arena OF_CLEANUP(ksql_arena_release) = {0};
    const struct ksql_json *json;
    struct of_error error;
    if (!is_text(bytes, size) ||
        ksql_json_parse_first(&arena, (const char *)bytes, size, &json, &error) < 0)
        return false;
    of_buffer_append(out, bytes, size);
    return true;
}

/* What the schema says is not looked at, as long as it is there. */
static bool show_registered(
    const struct ksql_print_side *side, const uint8_t *bytes, size_t size, struct of_buffer *out)
{
    struct ksql_arena arena OF_CLEANUP(ksql_arena_release) = {0};
    const struct ksql_json *json;
    struct of_error error;
    const char *text;
    size_t text_size;
    if (size < OF_WIRE_HEADER_SIZE || bytes[0] != 0 || !side->registry)
        return false;
    int32_t id = (int32_t)read_number(bytes + 1, 4);
    const char *body = (const char *)bytes + OF_WIRE_HEADER_SIZE;
    if (of_registry_find_typed(side->registry, id, OF_SCHEMA_JSON, &text, &text_size, &error) < 0 ||
        ksql_json_parse_first(&arena, body, size - OF_WIRE_HEADER_SIZE, &json, &error) < 0)
        return false;
    ksql_json_write_tree(json, out);
    return true;
}

static bool show_double(const uint8_t *bytes, struct of_buffer *out)
{
    uint64_t bits = read_number(bytes, 8);
    double number;
    char text[KSQL_DOUBLE_TEXT_MAX];
    memcpy(&number, &bits, sizeof(number));
    of_buffer_append(out, text, ksql_double_print(number, text));
    return true;
}

static bool show_plain(const struct ksql_print_side *side, int format, const uint8_t *bytes,
    size_t size, struct of_buffer *out)
{
    switch (format) {
    case AVRO:
        return show_avro(side, bytes, size, out);
    case JSON:
        return show_json(bytes, size, out);
    case JSON_SR:
        return show_registered(side, bytes, size, out);
    case KAFKA_INT:
        return size == 4 && !of_buffer_appendf(out, "%d", (int32_t)read_number(bytes, size));
    case KAFKA_BIGINT:
        return size == 8 && !of_buffer_appendf(out, "%lld", (long long)read_number(bytes, size));
    case KAFKA_DOUBLE:
        return size == 8 && show_double(bytes, out);
    default:
        return is_text(bytes, size) && !of_buffer_append(out, bytes, size);
    }
}

/* "[key@start/end]"; the end of a TIME window is not written. */
static bool show(const struct ksql_print_side *side, int format, int window, const uint8_t *bytes,
    size_t size, struct of_buffer *out)
{
    size_t tail = window == NO_WINDOW ? 0 : window == SESSION ? 2 * TIME_BYTES : TIME_BYTES;
    if (size < tail)
        return false;
    int64_t start = tail ? (int64_t)read_number(bytes + size - TIME_BYTES, TIME_BYTES) : 0;
    int64_t end = window == SESSION ? (int64_t)read_number(bytes + size - tail, TIME_BYTES) : start;
    if (start < 0 || end < start)
        return false;
    of_buffer_append_text(out, tail ? "[" : "");
    if (!show_plain(side, format, bytes, size - tail, out))
        return false;
    if (window == SESSION)
        of_buffer_appendf(out, "@%lld/%lld]", (long long)start, (long long)end);
    else if (tail)
        of_buffer_appendf(out, "@%lld/-]", (long long)start);
    return true;
}

void ksql_print_side_show(
    struct ksql_print_side *side, const void *bytes, size_t size, struct of_buffer *out)
{
    bool shown = false;
    if (!bytes) {
        of_buffer_append_text(out, "<null>");
        return;
    }
    side->seen = true;
    for (int format = 0; format < FORMATS; format++) {
        for (int window = side->key ? SESSION : NO_WINDOW; window < WINDOWS; window++) {
            unsigned bit = 1u << (format * WINDOWS + window);
            struct of_buffer text OF_CLEANUP(of_buffer_release);
            of_buffer_init(&text, SHOWN_MAX);
            if (side->struck & bit)
                continue;
            if (!show(side, format, window, bytes, size, &text)) {
                side->struck |= bit;
                continue;
            }
            if (!shown)
                of_buffer_append(out, text.data, text.length);
            shown = true;
        }
    }
    if (!shown)
        of_buffer_append_text(out, "<Failed to deserialize>");
}

void ksql_print_side_formats(const struct ksql_print_side *side, struct of_buffer *out)
{
    const char *between = "";
    if (!side->seen) {
        of_buffer_append_text(out, "\xc2\xaf\\_(\xe3\x83\x84)_/\xc2\xaf - no data processed");
        return;
    }
    for (int format = 0; format < FORMATS; format++) {
        for (int window = side->key ? SESSION : NO_WINDOW; window < WINDOWS; window++) {
            if (side->struck & 1u << (format * WINDOWS + window))
                continue;
            if (window == NO_WINDOW)
                of_buffer_appendf(out, "%s%s", between, names[format]);
            else
                of_buffer_appendf(out, "%s%s(%s)", between, windows[window], names[format]);
            between = " or ";
        }
    }
}
