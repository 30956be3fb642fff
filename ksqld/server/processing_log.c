/* Entries of the processing log. Members and numbers are those of ksqlDB's
 * ProcessingLogMessageSchema; what ksqlDB writes as null is there, too. */
#include "ksqld/server/processing_log.h"

#include "base/clock.h"
#include "ksqld/serde/base64.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

void ksql_processing_log_init(struct ksql_processing_log *log, const char *query_id, bool rows)
{
    *log = (struct ksql_processing_log){.query_id = query_id, .rows = rows};
    of_buffer_init(&log->bytes, (size_t)KSQL_LOG_ENTRIES_MAX * KSQL_LOG_ENTRY_MAX);
}

void ksql_processing_log_release(struct ksql_processing_log *log)
{
    of_buffer_release(&log->bytes);
}

void ksql_processing_log_clear(struct ksql_processing_log *log)
{
    of_buffer_clear(&log->bytes);
    log->count = 0;
}

struct of_text ksql_processing_log_entry(const struct ksql_processing_log *log, size_t index)
{
    size_t start = index ? log->ends[index - 1] : 0;
    return (struct of_text){(const char *)log->bytes.data + start, log->ends[index] - start};
}

/* ---- members ---- */

static void name(struct of_buffer *out, const char *member)
{
    of_buffer_appendf(out, "%s\"%s\":", out->data[out->length - 1] == '{' ? "" : ",", member);
}

static void text(struct of_buffer *out, const char *member, const char *value)
{
    name(out, member);
    if (value)
        of_buffer_append_json_string(out, value, strlen(value));
    else
        of_buffer_append_text(out, "null");
}

/* The bytes of the side that could not be read. */
static struct of_text bytes_of(
    const struct ksql_processing_log *log, const struct ksql_trouble *trouble)
{
    const struct ksql_record_in *record = log->record;
    bool key = strcmp(trouble->target, "key") == 0;
    return (struct of_text){
        key ? record->key : record->value, key ? record->key_size : record->value_size};
}

static bool leaves_out(const struct ksql_processing_log *log, const struct ksql_trouble *trouble)
{
    if (trouble->type == KSQL_TROUBLE_DESERIALIZATION)
        return log->rows && bytes_of(log, trouble).length > KSQL_TROUBLE_ROW_MAX;
    return trouble->row_left_out;
}

static void record_base64(struct of_buffer *out, const struct ksql_processing_log *log,
    const struct ksql_trouble *trouble)
{
    struct of_text bytes = bytes_of(log, trouble);
    struct ksql_arena arena OF_CLEANUP(ksql_arena_release) = {0};
    name(out, "recordB64");
    if (!log->rows || !bytes.data || bytes.length > KSQL_TROUBLE_ROW_MAX) {
        of_buffer_append_text(out, "null");
        return;
    }
    struct of_text base64 = ksql_base64_encode(&arena, bytes);
    of_buffer_append_json_string(out, base64.data, base64.length);
}

static void row(struct of_buffer *out, const struct ksql_trouble *trouble, bool with_row)
{
    name(out, "record");
    if (with_row && trouble->row)
        of_buffer_append_json_string(out, trouble->row, trouble->row_size);
    else
        of_buffer_append_text(out, "null");
}

/* Why, and where the record lies: ksqlDB does not say that, but it is found by it. */
static void causes(struct of_buffer *out, const struct ksql_processing_log *log,
    const struct ksql_trouble *trouble)
{
    char place[320];
    name(out, "cause");
    of_buffer_append_byte(out, '[');
    of_buffer_append_json_string(out, trouble->cause, strlen(trouble->cause));
    of_buffer_append_byte(out, ',');
    snprintf(place, sizeof(place), "%s[%d]@%" PRId64 "%s", log->topic, (int)log->record->partition,
        log->record->offset, leaves_out(log, trouble) ? " (its row is too large to be told)" : "");
    of_buffer_append_json_string(out, place, strlen(place));
    of_buffer_append_byte(out, ']');
}

static void body(struct of_buffer *out, const struct ksql_processing_log *log,
    const struct ksql_trouble *trouble, bool with_row)
{
    bool serde = trouble->target != NULL;
    of_buffer_append_byte(out, '{');
    if (serde)
        text(out, "target", trouble->target);
    text(out, "errorMessage", trouble->message);
    if (trouble->type == KSQL_TROUBLE_DESERIALIZATION)
        record_base64(out, log, trouble);
    else if (trouble->type != KSQL_TROUBLE_PRODUCTION)
        row(out, trouble, with_row);
    if (trouble->type != KSQL_TROUBLE_PRODUCTION)
        causes(out, log, trouble);
    if (serde)
        text(out, "topic",
            trouble->type == KSQL_TROUBLE_SERIALIZATION ? trouble->topic : log->topic);
    of_buffer_append_byte(out, '}');
}

/* ---- entries ---- */

static void write_entry(struct of_buffer *out, const struct ksql_processing_log *log,
    const struct ksql_trouble *trouble, bool with_row)
{
    static const char *const members[] = {[KSQL_TROUBLE_DESERIALIZATION] = "deserializationError",
        [KSQL_TROUBLE_PROCESSING] = "recordProcessingError",
        [KSQL_TROUBLE_PRODUCTION] = "productionError",
        [KSQL_TROUBLE_SERIALIZATION] = "serializationError"};
    char logger[2 * KSQL_TROUBLE_TEXT_MAX];
    snprintf(logger, sizeof(logger), "processing.%s.%s", log->query_id, trouble->step);
    of_buffer_append_byte(out, '{');
    text(out, "level", "ERROR");
    text(out, "logger", logger);
    of_buffer_appendf(
        out, ",\"time\":%" PRId64 ",\"message\":{\"type\":%d", of_clock_now(), (int)trouble->type);
    for (size_t i = 0; i < OF_COUNT(members); i++) {
        name(out, members[i]);
        if (i == (size_t)trouble->type)
            body(out, log, trouble, with_row);
        else
            of_buffer_append_text(out, "null");
    }
    text(out, "kafkaStreamsThreadError", NULL);
    of_buffer_append_text(out, "}}");
}

void ksql_processing_log_tell(void *context, const struct ksql_trouble *trouble)
{
    struct ksql_processing_log *log = context;
    struct of_buffer *out = &log->bytes;
    size_t start = out->length;
    if (log->count == KSQL_LOG_ENTRIES_MAX)
        return;
    write_entry(out, log, trouble, true);
    if (out->full || out->length - start > KSQL_LOG_ENTRY_MAX) {
        struct ksql_trouble bare = *trouble;
        bare.row_left_out = true;
        out->length = start;
        out->full = false;
        write_entry(out, log, &bare, false);
    }
    log->ends[log->count++] = out->length;
}
