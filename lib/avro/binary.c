/* The parts of the binary encoding that are not worth inlining: slow paths, checks, printing. */
#include "avro/binary.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

void of_avro_reader_fail(struct of_avro_reader *reader, const char *failure, const char *field)
{
    if (reader->failure)
        return;
    reader->failure = failure;
    reader->field = field;
    reader->position = (size_t)(reader->next - reader->start);
    reader->end = reader->next;
}

int of_avro_reader_error(
    const struct of_avro_reader *reader, const char *record, struct of_error *error)
{
    const char *field = reader->field ? reader->field : "", *index = strstr(field, "[]");
    if (index)
        return of_fail(error, OF_INPUT, "%s: %.*s[%zu]%s: %s at byte %zu", record,
            (int)(index - field), field, reader->index, index + 2, reader->failure,
            reader->position);
    return of_fail(error, OF_INPUT, "%s: %s: %s at byte %zu", record, field, reader->failure,
        reader->position);
}

uint64_t of_avro_read_varint_slow(struct of_avro_reader *reader, const char *field)
{
    const uint8_t *next = reader->next;
    uint64_t value = 0;
    for (int shift = 0; shift < 70; shift += 7) {
        if (next >= reader->end) {
            of_avro_reader_fail(reader, "truncated", field);
            return 0;
        }
        uint8_t byte = *next++;
        if (shift == 63 && byte > 1)
            break;
        value |= (uint64_t)(byte & 0x7f) << shift;
        if (byte < 0x80) {
            reader->next = next;
            return value;
        }
    }
    of_avro_reader_fail(reader, "a number beyond 64 bits", field);
    return 0;
}

bool of_avro_is_utf8(const char *text, size_t length)
{
    const uint8_t *next = (const uint8_t *)text, *end = next + length;
    while (next < end) {
        uint64_t word;
        while (end - next >= 8 && (memcpy(&word, next, 8), !(word & UINT64_C(0x8080808080808080))))
            next += 8;
        if (next >= end)
            break;
        uint8_t lead = *next;
        size_t left = (size_t)(end - next);
        if (lead < 0x80) {
            next++;
            continue;
        }
        size_t size = lead < 0xc2 ? 0 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : lead < 0xf5 ? 4 : 0;
        if (size == 0 || size > left)
            return false;
        for (size_t i = 1; i < size; i++)
            if ((next[i] & 0xc0) != 0x80)
                return false;
        if ((lead == 0xe0 && next[1] < 0xa0) || (lead == 0xed && next[1] > 0x9f) ||
            (lead == 0xf0 && next[1] < 0x90) || (lead == 0xf4 && next[1] > 0x8f))
            return false;
        next += size;
    }
    return true;
}

struct of_text of_avro_read_bytes(struct of_avro_reader *reader, size_t limit, const char *field)
{
    int64_t length = of_avro_read_long(reader, field);
    if (length < 0)
        of_avro_reader_fail(reader, "a negative length", field);
    else if ((uint64_t)length > (uint64_t)(reader->end - reader->next))
        of_avro_reader_fail(reader, "truncated", field);
    else if ((uint64_t)length > limit)
        of_avro_reader_fail(reader, "longer than the limit", field);
    if (reader->failure)
        return (struct of_text){"", 0};
    struct of_text text = {(const char *)reader->next, (size_t)length};
    reader->next += length;
    return text;
}

struct of_text of_avro_read_string(struct of_avro_reader *reader, size_t limit, const char *field)
{
    struct of_text text = of_avro_read_bytes(reader, limit, field);
    if (!of_avro_is_utf8(text.data, text.length)) {
        of_avro_reader_fail(reader, "a string that is not UTF-8", field);
        return (struct of_text){"", 0};
    }
    return text;
}

bool of_avro_decimal_fits(int64_t value, int precision)
{
    static const int64_t powers[] = {1, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000,
        1000000000, 10000000000, 100000000000, 1000000000000, 10000000000000, 100000000000000,
        1000000000000000, 10000000000000000, 100000000000000000, 1000000000000000000};
    return value < powers[precision] && value > -powers[precision];
}

int64_t of_avro_read_decimal(struct of_avro_reader *reader, int precision, const char *field)
{
    int64_t size = of_avro_read_long(reader, field);
    if (__builtin_expect(size < 1 || size > 16, 0)) {
        of_avro_reader_fail(reader, "a decimal of other than 1 to 16 bytes", field);
        return 0;
    }
    const uint8_t *bytes = of_avro_read_fixed(reader, (size_t)size, field);
    if (!bytes)
        return 0;
    int64_t value = (int8_t)bytes[0];
    bool overflow = false;
    for (int64_t i = 1; i < size; i++) {
        overflow |= value != (int64_t)((uint64_t)value << 8) >> 8;
        value = (int64_t)((uint64_t)value << 8 | bytes[i]);
    }
    if (__builtin_expect(overflow || !of_avro_decimal_fits(value, precision), 0)) {
        of_avro_reader_fail(reader, "a decimal beyond its precision", field);
        return 0;
    }
    return value;
}

size_t of_avro_read_block(
    struct of_avro_reader *reader, size_t so_far, size_t limit, const char *field)
{
    int64_t count = of_avro_read_long(reader, field);
    if (count < 0) {
        int64_t size = of_avro_read_long(reader, field);
        if (size < 0 || count == INT64_MIN)
            of_avro_reader_fail(reader, "a block with a bad size", field);
        count = -count;
    }
    if (!reader->failure && (uint64_t)count > limit - so_far)
        of_avro_reader_fail(reader, "more items than the limit", field);
    return reader->failure ? 0 : (size_t)count;
}

int of_avro_print_decimal(struct of_buffer *out, int64_t value, int scale)
{
    char text[32];
    int at = (int)sizeof(text);
    uint64_t magnitude = value < 0 ? -(uint64_t)value : (uint64_t)value;
    for (int digits = 0; magnitude || digits <= scale; digits++) {
        if (digits == scale && scale > 0)
            text[--at] = '.';
        text[--at] = (char)('0' + magnitude % 10);
        magnitude /= 10;
    }
    if (value < 0)
        text[--at] = '-';
    return of_buffer_append(out, text + at, sizeof(text) - (size_t)at);
}

int of_avro_print_float(struct of_buffer *out, float value)
{
    if (!isfinite(value))
        return of_buffer_append_text(out, "null");
    char text[32];
    for (int digits = 6; digits <= 9; digits++) {
        snprintf(text, sizeof(text), "%.*g", digits, (double)value);
        if (strtof(text, NULL) == value)
            break;
    }
    return of_buffer_append_text(out, text);
}

int of_avro_print_double(struct of_buffer *out, double value)
{
    if (!isfinite(value))
        return of_buffer_append_text(out, "null");
    char text[40];
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(text, sizeof(text), "%.*g", digits, value);
        if (strtod(text, NULL) == value)
            break;
    }
    return of_buffer_append_text(out, text);
}
