/* How letters look on a terminal and as JSON. */
#include "base/buffer.h"
#include "base/clock.h"
#include "dlq.h"

#include <inttypes.h>
#include <string.h>

#define DUMP_WIDTH 16

/* Length of the UTF-8 character at the text's start; 0: it is none, or a control character. */
static size_t character(const unsigned char *text, size_t length)
{
    static const unsigned char leads[] = {0xc2, 0xe0, 0xf0, 0xf5};
    if (text[0] < 0x80)
        return text[0] >= 0x20 && text[0] != 0x7f;
    size_t size = text[0] < leads[0]   ? 0
                  : text[0] < leads[1] ? 2
                  : text[0] < leads[2] ? 3
                  : text[0] < leads[3] ? 4
                                       : 0;
    if (size == 0 || size > length)
        return 0;
    for (size_t i = 1; i < size; i++)
        if ((text[i] & 0xc0) != 0x80)
            return 0;
    return text[0] == 0xc2 && text[1] < 0xa0 ? 0 : size; /* C1 control characters */
}

void dlq_print_text(FILE *file, const char *text, size_t length, size_t width)
{
    const unsigned char *bytes = (const unsigned char *)text;
    size_t columns = 0;
    for (size_t i = 0; i < length && (width == 0 || columns < width); columns++) {
        size_t size = character(bytes + i, length - i);
        if (size > 0)
            fwrite(bytes + i, 1, size, file);
        else
            putc('.', file);
        i += size > 0 ? size : 1;
    }
    for (; columns < width; columns++)
        putc(' ', file);
}

void dlq_print_dump(FILE *file, const void *bytes, size_t size)
{
    const unsigned char *from = bytes;
    for (size_t line = 0; line < size; line += DUMP_WIDTH) {
        size_t count = size - line < DUMP_WIDTH ? size - line : DUMP_WIDTH;
        fprintf(file, "    %08zx ", line);
        for (size_t i = 0; i < DUMP_WIDTH; i++) {
            if (i < count)
                fprintf(file, " %02x", from[line + i]);
            else
                fputs("   ", file);
        }
        fputs("  ", file);
        for (size_t i = 0; i < count; i++)
            putc(from[line + i] >= 0x20 && from[line + i] < 0x7f ? from[line + i] : '.', file);
        putc('\n', file);
    }
}

/* ---- JSON ---- */

static void append_text(struct of_buffer *out, const char *name, struct of_text text)
{
    of_buffer_appendf(out, ",\"%s\":", name);
    if (text.length > 0)
        of_buffer_append_json_string(out, text.data, text.length);
    else
        of_buffer_append_text(out, "null");
}

static void append_number(struct of_buffer *out, const char *name, int64_t number)
{
    if (number >= 0)
        of_buffer_appendf(out, ",\"%s\":%" PRId64, name, number);
    else
        of_buffer_appendf(out, ",\"%s\":null", name);
}

void dlq_append_json(const struct dlq *dlq, const struct letter *letter, struct of_buffer *out)
{
    char position[LETTER_POSITION_SIZE], time[OF_ISO8601_SIZE] = "";
    const rd_kafka_message_t *record = letter->record;
    if (letter->timestamp >= 0)
        of_iso8601_print(letter->timestamp, time);
    of_buffer_appendf(
        out, "\"letter\":\"%s%s\"", dlq->topic, letter_position_print(&letter->position, position));
    append_number(out, "partition", letter->position.partition);
    append_number(out, "offset", letter->position.offset);
    append_text(out, "time", (struct of_text){time, strlen(time)});
    append_text(out, "source_topic", letter->source_topic);
    append_number(out, "source_partition", letter->source_partition);
    append_number(out, "source_offset", letter->source_offset);
    append_text(out, "stage", letter->stage);
    append_text(out, "class", letter->class);
    append_text(out, "message", letter->message);
    of_buffer_append_text(out, ",\"key\":");
    if (record->key)
        of_buffer_append_json_string(out, record->key, record->key_len);
    else
        of_buffer_append_text(out, "null");
    append_number(out, "value_bytes", record->payload ? (int64_t)record->len : -1);
    append_number(out, "attempts", letter->attempts);
    of_buffer_appendf(out, ",\"state\":\"%s\"",
        handled_name(handled_find(&dlq->handled, &letter->position, letter->timestamp)));
}
