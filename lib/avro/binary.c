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

const uint8_t *of_avro_take_fail(
    struct of_avro_reader *reader, const uint8_t *next, const char *failure, const char *field)
{
    if (!reader->failure)
        reader->next = next;
    of_avro_reader_fail(reader, failure, field);
    return reader->end;
}

const uint8_t *of_avro_take_varint_slow(
    struct of_avro_reader *reader, const uint8_t *next, const char *field, uint64_t *value)
{
    const uint8_t *start = next;
    uint64_t number = 0;
    *value = 0;
    for (int shift = 0; shift < 70; shift += 7) {
        if (next >= reader->end)
            return of_avro_take_fail(reader, start, "truncated", field);
        uint8_t byte = *next++;
        if (shift == 63 && byte > 1)
            break;
        number |= (uint64_t)(byte & 0x7f) << shift;
        if (byte < 0x80) {
            *value = number;
            return next;
        }
    }
    return of_avro_take_fail(reader, start, "a number beyond 64 bits", field);
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

const uint8_t *of_avro_take_text_fail(struct of_avro_reader *reader, const uint8_t *next,
    int64_t length, const char *field, struct of_text *text)
{
    *text = (struct of_text){"", 0};
    if (length < 0)
        return of_avro_take_fail(reader, next, "a negative length", field);
    if ((uint64_t)length > (uint64_t)(reader->end - next))
        return of_avro_take_fail(reader, next, "truncated", field);
    return of_avro_take_fail(reader, next, "longer than the limit", field);
}

const uint8_t *of_avro_take_decimal_slow(struct of_avro_reader *reader, const uint8_t *next,
    int precision, const char *field, int64_t *value)
{
    int64_t size;
    *value = 0;
    next = of_avro_take_long(reader, next, field, &size);
    if (size < 1 || size > 16)
        return of_avro_take_fail(reader, next, "a decimal of other than 1 to 16 bytes", field);
    if (reader->end - next < size)
        return of_avro_take_fail(reader, next, "truncated", field);
    int64_t number = (int8_t)next[0];
    bool overflow = false;
    for (int64_t i = 1; i < size; i++) {
        overflow |= number != (int64_t)((uint64_t)number << 8) >> 8;
        number = (int64_t)((uint64_t)number << 8 | next[i]);
    }
    next += size;
    if (overflow || !of_avro_decimal_fits(number, precision))
        return of_avro_take_fail(reader, next, "a decimal beyond its precision", field);
    *value = number;
    return next;
}

const uint8_t *of_avro_take_block_slow(struct of_avro_reader *reader, const uint8_t *next,
    size_t so_far, size_t limit, const char *field, size_t *count)
{
    int64_t number;
    *count = 0;
    next = of_avro_take_long(reader, next, field, &number);
    if (number < 0) {
        int64_t size;
        next = of_avro_take_long(reader, next, field, &size);
        if (size < 0 || number == INT64_MIN)
            return of_avro_take_fail(reader, next, "a block with a bad size", field);
        number = -number;
    }
    if ((uint64_t)number > limit - so_far)
        return of_avro_take_fail(reader, next, "more items than the limit", field);
    if (!reader->failure)
        *count = (size_t)number;
    return next;
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
