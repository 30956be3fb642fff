/* Avro binary encoding, primitives (Avro 1.11 specification, "Binary encoding").
 *
 * The reader is a cursor that remembers its first error: after a failed read every further read
 * yields 0 and consumes nothing, so a run of reads is checked once. Strings and bytes are views
 * into the input. No read goes past `end`, whatever the input says.
 *
 * The writers write without looking: the caller reserved the room (OF_AVRO_*_MAX bytes each). */
#ifndef OF_AVRO_BINARY_H
#define OF_AVRO_BINARY_H

#include "base/buffer.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#define OF_AVRO_INT_MAX 5     /* bytes of the longest int */
#define OF_AVRO_LONG_MAX 10   /* bytes of the longest long */
#define OF_AVRO_DECIMAL_MAX 9 /* length byte and 8 bytes of an int64 decimal */

/* (pointer, length) view, not NUL-terminated, borrowed from wherever its maker says. */
struct of_text {
    const char *data;
    size_t length;
};
#define OF_TEXT(literal) ((struct of_text){(literal), sizeof(literal) - 1})

struct of_avro_reader {
    const uint8_t *start, *next, *end;
    const char *failure; /* NULL: none so far; else a literal that says what was wrong */
    const char *field;   /* where, e.g. "item_info[].sku"; [] stands for `index` */
    size_t index;
    size_t position; /* of the failure, in bytes from the start */
};

static inline void of_avro_reader_init(
    struct of_avro_reader *reader, const uint8_t *bytes, size_t size)
{
    *reader = (struct of_avro_reader){.start = bytes, .next = bytes, .end = bytes + size};
}

/* Notes the first failure and makes every later read fail at once. */
__attribute__((cold, noinline)) void of_avro_reader_fail(
    struct of_avro_reader *reader, const char *failure, const char *field);

/* INPUT "RECORD: item_info[3].sku: truncated" (with the byte's position). */
int of_avro_reader_error(
    const struct of_avro_reader *reader, const char *record, struct of_error *error);

uint64_t of_avro_read_varint_slow(struct of_avro_reader *reader, const char *field);

static inline int64_t of_avro_read_long(struct of_avro_reader *reader, const char *field)
{
    uint64_t value;
    if (__builtin_expect(reader->next < reader->end && *reader->next < 0x80, 1))
        value = *reader->next++;
    else
        value = of_avro_read_varint_slow(reader, field);
    return (int64_t)(value >> 1) ^ -(int64_t)(value & 1);
}

static inline int32_t of_avro_read_int(struct of_avro_reader *reader, const char *field)
{
    int64_t value = of_avro_read_long(reader, field);
    if (__builtin_expect(value != (int32_t)value, 0)) {
        of_avro_reader_fail(reader, "an int beyond 32 bits", field);
        return 0;
    }
    return (int32_t)value;
}

static inline bool of_avro_read_boolean(struct of_avro_reader *reader, const char *field)
{
    if (__builtin_expect(reader->next >= reader->end, 0)) {
        of_avro_reader_fail(reader, "truncated", field);
        return false;
    }
    uint8_t byte = *reader->next++;
    if (__builtin_expect(byte > 1, 0))
        of_avro_reader_fail(reader, "a boolean that is neither 0 nor 1", field);
    return byte == 1;
}

static inline const uint8_t *of_avro_read_fixed(
    struct of_avro_reader *reader, size_t size, const char *field)
{
    if (__builtin_expect((size_t)(reader->end - reader->next) < size, 0)) {
        of_avro_reader_fail(reader, "truncated", field);
        return NULL;
    }
    const uint8_t *bytes = reader->next;
    reader->next += size;
    return bytes;
}

static inline float of_avro_read_float(struct of_avro_reader *reader, const char *field)
{
    float value = 0;
    const uint8_t *bytes = of_avro_read_fixed(reader, sizeof(value), field);
    if (bytes)
        memcpy(&value, bytes, sizeof(value)); /* little-endian on the wire and on our machines */
    return value;
}

static inline double of_avro_read_double(struct of_avro_reader *reader, const char *field)
{
    double value = 0;
    const uint8_t *bytes = of_avro_read_fixed(reader, sizeof(value), field);
    if (bytes)
        memcpy(&value, bytes, sizeof(value));
    return value;
}

/* A string must be UTF-8 (RFC 3629) and at most `limit` bytes long. */
struct of_text of_avro_read_string(struct of_avro_reader *reader, size_t limit, const char *field);
struct of_text of_avro_read_bytes(struct of_avro_reader *reader, size_t limit, const char *field);
bool of_avro_is_utf8(const char *text, size_t length);

/* Two's complement, big-endian, any length up to 16 bytes whose value has at most `precision`
 * digits (<= 18); in units of the scale. */
int64_t of_avro_read_decimal(struct of_avro_reader *reader, int precision, const char *field);

/* The branch of a union with `count` branches. */
static inline size_t of_avro_read_branch(
    struct of_avro_reader *reader, size_t count, const char *field)
{
    int64_t branch = of_avro_read_long(reader, field);
    if (__builtin_expect((uint64_t)branch >= count, 0)) {
        of_avro_reader_fail(reader, "a union branch that does not exist", field);
        return 0;
    }
    return (size_t)branch;
}

/* Number of items in the next block of an array or map, 0 at its end; `so_far` + the count must
 * stay within `limit`. The byte size of a block with negative count is read and ignored. */
size_t of_avro_read_block(
    struct of_avro_reader *reader, size_t so_far, size_t limit, const char *field);

static inline uint8_t *of_avro_write_long(uint8_t *out, int64_t value)
{
    uint64_t zigzag = ((uint64_t)value << 1) ^ (uint64_t)(value >> 63);
    while (zigzag >= 0x80) {
        *out++ = (uint8_t)(zigzag | 0x80);
        zigzag >>= 7;
    }
    *out++ = (uint8_t)zigzag;
    return out;
}

static inline uint8_t *of_avro_write_boolean(uint8_t *out, bool value)
{
    *out++ = value;
    return out;
}

static inline uint8_t *of_avro_write_float(uint8_t *out, float value)
{
    memcpy(out, &value, sizeof(value));
    return out + sizeof(value);
}

static inline uint8_t *of_avro_write_double(uint8_t *out, double value)
{
    memcpy(out, &value, sizeof(value));
    return out + sizeof(value);
}

static inline uint8_t *of_avro_write_text(uint8_t *out, struct of_text text)
{
    out = of_avro_write_long(out, (int64_t)text.length);
    if (text.length)
        memcpy(out, text.data, text.length);
    return out + text.length;
}

/* As few bytes as the sign allows, as Java's BigInteger writes it. */
static inline uint8_t *of_avro_write_decimal(uint8_t *out, int64_t value)
{
    uint64_t magnitude = (uint64_t)(value < 0 ? ~value : value);
    int bits = magnitude ? 64 - __builtin_clzll(magnitude) : 0;
    int size = bits / 8 + 1;
    uint64_t big_endian = __builtin_bswap64((uint64_t)value << (64 - 8 * size));
    *out++ = (uint8_t)(size * 2);
    memcpy(out, &big_endian, 8); /* writes up to 8 bytes: OF_AVRO_DECIMAL_MAX are reserved */
    return out + size;
}

/* True when the value has at most `precision` digits. */
bool of_avro_decimal_fits(int64_t value, int precision);

/* "1234.50": a decimal in units of its scale, with exactly `scale` digits. */
int of_avro_print_decimal(struct of_buffer *out, int64_t value, int scale);

/* The shortest decimal that reads back as the same float (or double); null when not finite. */
int of_avro_print_float(struct of_buffer *out, float value);
int of_avro_print_double(struct of_buffer *out, double value);

#endif
