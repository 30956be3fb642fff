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
#ifdef __SSE2__
#include <emmintrin.h>
#endif

#define OF_AVRO_INT_MAX 8     /* an int has up to 5 bytes and is written 8 wide */
#define OF_AVRO_LONG_MAX 10   /* bytes of the longest long */
#define OF_AVRO_DECIMAL_MAX 9 /* length byte and 8 bytes of an int64 decimal */

/* (pointer, length) view, not NUL-terminated, borrowed from wherever its maker says. */
struct of_text {
    const char *data;
    size_t length;
};
#define OF_TEXT(literal) ((struct of_text){(literal), sizeof(literal) - 1})

/* The first bytes, off the text. False: there are fewer. */
static inline bool of_text_take(struct of_text *bytes, void *into, size_t size)
{
    if (bytes->length < size)
        return false;
    memcpy(into, bytes->data, size);
    bytes->data += size;
    bytes->length -= size;
    return true;
}

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

/* Reading, in two styles. of_avro_take_* get the cursor as `next` and return it moved on, so that
 * generated code keeps it in a register (a cursor in memory costs a store and a load a field); once
 * the reader failed they give 0 and stay where they are. of_avro_read_* are the same with the
 * cursor in the reader. Names of fields are literals. */

/* Notes the failure at `next`; returns what the caller returns. */
__attribute__((cold, noinline)) const uint8_t *of_avro_take_fail(
    struct of_avro_reader *reader, const uint8_t *next, const char *failure, const char *field);

/* What the fast paths below leave: the input's last bytes, numbers of over 8 bytes, failures. */
__attribute__((noinline)) const uint8_t *of_avro_take_varint_slow(
    struct of_avro_reader *reader, const uint8_t *next, const char *field, uint64_t *value);
__attribute__((noinline)) const uint8_t *of_avro_take_decimal_slow(struct of_avro_reader *reader,
    const uint8_t *next, int precision, const char *field, int64_t *value);
__attribute__((cold, noinline)) const uint8_t *of_avro_take_text_fail(struct of_avro_reader *reader,
    const uint8_t *next, int64_t length, const char *field, struct of_text *text);

/* A number of up to 8 bytes without a loop: the bytes before the first without continuation bit,
 * their groups of 7 bits moved together. False: it is longer. */
static inline bool of_avro_varint_word(const uint8_t *bytes, uint64_t *value, size_t *size)
{
    uint64_t word;
    memcpy(&word, bytes, sizeof(word)); /* little-endian on our machines */
    uint64_t stops = ~word & UINT64_C(0x8080808080808080);
    if (__builtin_expect(stops == 0, 0))
        return false;
    word &= (stops ^ (stops - 1)) & UINT64_C(0x7f7f7f7f7f7f7f7f);
    word = (word & UINT64_C(0x007f007f007f007f)) | (word & UINT64_C(0x7f007f007f007f00)) >> 1;
    word = (word & UINT64_C(0x00003fff00003fff)) | (word & UINT64_C(0x3fff00003fff0000)) >> 2;
    *value = (word & UINT64_C(0x0fffffff)) | (word & UINT64_C(0x0fffffff00000000)) >> 4;
    *size = (size_t)__builtin_ctzll(stops) / 8 + 1;
    return true;
}

static inline const uint8_t *of_avro_take_long(
    struct of_avro_reader *reader, const uint8_t *next, const char *field, int64_t *value)
{
    uint64_t zigzag;
    size_t size;
    if (__builtin_expect(next < reader->end && *next < 0x80, 1))
        zigzag = *next++;
    else if (reader->end - next >= 8 && of_avro_varint_word(next, &zigzag, &size))
        next += size;
    else
        next = of_avro_take_varint_slow(reader, next, field, &zigzag);
    *value = (int64_t)(zigzag >> 1) ^ -(int64_t)(zigzag & 1);
    return next;
}

static inline const uint8_t *of_avro_take_int(
    struct of_avro_reader *reader, const uint8_t *next, const char *field, int32_t *value)
{
    int64_t number;
    next = of_avro_take_long(reader, next, field, &number);
    *value = (int32_t)number;
    if (__builtin_expect(number != *value, 0)) {
        *value = 0;
        return of_avro_take_fail(reader, next, "an int beyond 32 bits", field);
    }
    return next;
}

static inline const uint8_t *of_avro_take_boolean(
    struct of_avro_reader *reader, const uint8_t *next, const char *field, bool *value)
{
    *value = false;
    if (__builtin_expect(next >= reader->end, 0))
        return of_avro_take_fail(reader, next, "truncated", field);
    uint8_t byte = *next++;
    if (__builtin_expect(byte > 1, 0))
        return of_avro_take_fail(reader, next, "a boolean that is neither 0 nor 1", field);
    *value = byte;
    return next;
}

static inline const uint8_t *of_avro_take_float(
    struct of_avro_reader *reader, const uint8_t *next, const char *field, float *value)
{
    *value = 0;
    if (__builtin_expect((size_t)(reader->end - next) < sizeof(*value), 0))
        return of_avro_take_fail(reader, next, "truncated", field);
    memcpy(value, next, sizeof(*value)); /* little-endian on the wire and on our machines */
    return next + sizeof(*value);
}

static inline const uint8_t *of_avro_take_double(
    struct of_avro_reader *reader, const uint8_t *next, const char *field, double *value)
{
    *value = 0;
    if (__builtin_expect((size_t)(reader->end - next) < sizeof(*value), 0))
        return of_avro_take_fail(reader, next, "truncated", field);
    memcpy(value, next, sizeof(*value));
    return next + sizeof(*value);
}

/* A string must be UTF-8 (RFC 3629); strings and bytes are at most `limit` bytes long. */
bool of_avro_is_utf8(const char *text, size_t length);

static inline const uint8_t *of_avro_take_bytes(struct of_avro_reader *reader, const uint8_t *next,
    size_t limit, const char *field, struct of_text *text)
{
    int64_t length;
    if (__builtin_expect(next < reader->end && (*next & 0x81) == 0, 1)) /* below 64 */
        length = *next++ / 2;
    else
        next = of_avro_take_long(reader, next, field, &length);
    /* a negative length is a huge one here */
    if (__builtin_expect(
            (uint64_t)length > (size_t)(reader->end - next) || (uint64_t)length > limit, 0))
        return of_avro_take_text_fail(reader, next, length, field, text);
    *text = (struct of_text){(const char *)next, (size_t)length};
    return next + length;
}

/* The first `length` <= 32 of 32 readable bytes: a bit for each that is not ASCII. Two loads
 * without a branch beat every loop over a short text. */
#ifdef __SSE2__
static inline uint64_t of_avro_outside_ascii(const uint8_t *bytes, size_t length)
{
    __m128i low = _mm_loadu_si128((const __m128i *)(const void *)bytes);
    __m128i high = _mm_loadu_si128((const __m128i *)(const void *)(bytes + 16));
    uint64_t outside =
        (uint32_t)_mm_movemask_epi8(low) | (uint64_t)(uint32_t)_mm_movemask_epi8(high) << 16;
    return outside & ((UINT64_C(1) << length) - 1);
}
#endif

/* False: not known to be ASCII. `readable` bytes may be looked at. */
static inline bool of_avro_is_ascii(const uint8_t *bytes, size_t length, size_t readable)
{
#ifdef __SSE2__
    if (__builtin_expect(length <= 32 && readable >= 32, 1))
        return of_avro_outside_ascii(bytes, length) == 0;
    if (length <= 64 && readable >= 64)
        return (of_avro_outside_ascii(bytes, 32) |
                   of_avro_outside_ascii(bytes + 32, length - 32)) == 0;
#else
    (void)bytes, (void)readable;
#endif
    return length == 0;
}

static inline const uint8_t *of_avro_take_string(struct of_avro_reader *reader, const uint8_t *next,
    size_t limit, const char *field, struct of_text *text)
{
    next = of_avro_take_bytes(reader, next, limit, field, text);
    const uint8_t *start = next - text->length;
    if (__builtin_expect(
            !of_avro_is_ascii(start, text->length, (size_t)(reader->end - start)), 0) &&
        !of_avro_is_utf8((const char *)start, text->length)) {
        *text = (struct of_text){"", 0};
        return of_avro_take_fail(reader, next, "a string that is not UTF-8", field);
    }
    return next;
}

/* True when the value has at most `precision` digits (<= 18). */
static inline bool of_avro_decimal_fits(int64_t value, int precision)
{
    static const int64_t powers[] = {1, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000,
        1000000000, 10000000000, 100000000000, 1000000000000, 10000000000000, 100000000000000,
        1000000000000000, 10000000000000000, 100000000000000000, 1000000000000000000};
    return value < powers[precision] && value > -powers[precision];
}

/* Two's complement, big-endian, any length up to 16 bytes whose value has at most `precision`
 * digits (<= 18); in units of the scale. */
static inline const uint8_t *of_avro_take_decimal(struct of_avro_reader *reader,
    const uint8_t *next, int precision, const char *field, int64_t *value)
{
    if (__builtin_expect(next < reader->end, 1)) {
        /* the 8 bytes that end with the value: also the input's last decimal has them */
        size_t size = *next / 2u;
        if (__builtin_expect((*next & 1) == 0 && size >= 1 && size <= 8 &&
                                 (size_t)(reader->end - next) > size &&
                                 (size_t)(next - reader->start) + 1 + size >= 8,
                1)) {
            uint64_t word;
            memcpy(&word, next + 1 + size - 8, sizeof(word));
            *value = (int64_t)(__builtin_bswap64(word) << (64 - 8 * size)) >> (64 - 8 * size);
            if (__builtin_expect(of_avro_decimal_fits(*value, precision), 1))
                return next + 1 + size;
        }
    }
    return of_avro_take_decimal_slow(reader, next, precision, field, value);
}

/* The branch of a union with `count` branches. */
static inline const uint8_t *of_avro_take_branch(struct of_avro_reader *reader, const uint8_t *next,
    size_t count, const char *field, size_t *branch)
{
    if (__builtin_expect(next < reader->end && (*next & 0x81) == 0 && *next / 2u < count, 1)) {
        *branch = *next / 2u;
        return next + 1;
    }
    int64_t number;
    next = of_avro_take_long(reader, next, field, &number);
    *branch = (size_t)number;
    if (__builtin_expect((uint64_t)number >= count, 0)) {
        *branch = 0;
        return of_avro_take_fail(reader, next, "a union branch that does not exist", field);
    }
    return next;
}

/* Number of items in the next block of an array or map, 0 at its end; `so_far` + the count must
 * stay within `limit`. The byte size of a block with negative count is read and ignored. */
__attribute__((noinline)) const uint8_t *of_avro_take_block_slow(struct of_avro_reader *reader,
    const uint8_t *next, size_t so_far, size_t limit, const char *field, size_t *count);

static inline const uint8_t *of_avro_take_block(struct of_avro_reader *reader, const uint8_t *next,
    size_t so_far, size_t limit, const char *field, size_t *count)
{
    /* one byte, not negative */
    if (__builtin_expect(next < reader->end && (*next & 0x81) == 0, 1)) {
        *count = *next / 2u;
        if (__builtin_expect(*count <= limit - so_far, 1))
            return next + 1;
    }
    return of_avro_take_block_slow(reader, next, so_far, limit, field, count);
}

static inline int64_t of_avro_read_long(struct of_avro_reader *reader, const char *field)
{
    int64_t value;
    reader->next = of_avro_take_long(reader, reader->next, field, &value);
    return value;
}

static inline int32_t of_avro_read_int(struct of_avro_reader *reader, const char *field)
{
    int32_t value;
    reader->next = of_avro_take_int(reader, reader->next, field, &value);
    return value;
}

static inline bool of_avro_read_boolean(struct of_avro_reader *reader, const char *field)
{
    bool value;
    reader->next = of_avro_take_boolean(reader, reader->next, field, &value);
    return value;
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
    float value;
    reader->next = of_avro_take_float(reader, reader->next, field, &value);
    return value;
}

static inline double of_avro_read_double(struct of_avro_reader *reader, const char *field)
{
    double value;
    reader->next = of_avro_take_double(reader, reader->next, field, &value);
    return value;
}

static inline struct of_text of_avro_read_string(
    struct of_avro_reader *reader, size_t limit, const char *field)
{
    struct of_text text;
    reader->next = of_avro_take_string(reader, reader->next, limit, field, &text);
    return text;
}

static inline struct of_text of_avro_read_bytes(
    struct of_avro_reader *reader, size_t limit, const char *field)
{
    struct of_text text;
    reader->next = of_avro_take_bytes(reader, reader->next, limit, field, &text);
    return text;
}

static inline int64_t of_avro_read_decimal(
    struct of_avro_reader *reader, int precision, const char *field)
{
    int64_t value;
    reader->next = of_avro_take_decimal(reader, reader->next, precision, field, &value);
    return value;
}

static inline size_t of_avro_read_branch(
    struct of_avro_reader *reader, size_t count, const char *field)
{
    size_t branch;
    reader->next = of_avro_take_branch(reader, reader->next, count, field, &branch);
    return branch;
}

static inline size_t of_avro_read_block(
    struct of_avro_reader *reader, size_t so_far, size_t limit, const char *field)
{
    size_t count;
    reader->next = of_avro_take_block(reader, reader->next, so_far, limit, field, &count);
    return count;
}

/* The other way round, again without a loop below 2^56. Writes 8 bytes, returns behind the last. */
static inline uint8_t *of_avro_write_long(uint8_t *out, int64_t value)
{
    uint64_t zigzag = ((uint64_t)value << 1) ^ (uint64_t)(value >> 63);
    if (__builtin_expect(zigzag < 0x80, 1)) {
        *out = (uint8_t)zigzag;
        return out + 1;
    }
    if (__builtin_expect(zigzag >> 56 == 0, 1)) {
        unsigned size = (unsigned)(63 - __builtin_clzll(zigzag)) / 7 + 1;
        uint64_t word = (zigzag & UINT64_C(0x0fffffff)) | (zigzag & UINT64_C(0xfffffff0000000))
                                                              << 4;
        word = (word & UINT64_C(0x00003fff00003fff)) | (word & UINT64_C(0x0fffc0000fffc000)) << 2;
        word = (word & UINT64_C(0x007f007f007f007f)) | (word & UINT64_C(0x3f803f803f803f80)) << 1;
        word |= UINT64_C(0x8080808080808080) >> (8 * (9 - size));
        memcpy(out, &word, sizeof(word));
        return out + size;
    }
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

/* A union's branch, one of the first 64. */
static inline uint8_t *of_avro_write_branch(uint8_t *out, unsigned branch)
{
    *out++ = (uint8_t)(branch * 2);
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

/* Copies up to 64 bytes by moves that overlap, which branches less than memcpy; `high` gets every
 * bit that some byte had set, in the place of another byte perhaps. */
static inline void of_avro_copy_short(uint8_t *out, const char *data, size_t length, uint64_t *high)
{
    uint64_t a, b, c, d;
    uint32_t e, f;
    if (length > 32) {
        memcpy(&a, data, 8), memcpy(&b, data + 8, 8);
        memcpy(&c, data + 16, 8), memcpy(&d, data + 24, 8);
        memcpy(out, &a, 8), memcpy(out + 8, &b, 8);
        memcpy(out + 16, &c, 8), memcpy(out + 24, &d, 8);
        *high |= a | b | c | d;
        size_t tail = length - 32 < 16 ? length - 16 : 32; /* at least 16 bytes from there */
        out += tail, data += tail, length -= tail;
    }
    if (length >= 16) {
        memcpy(&a, data, 8), memcpy(&b, data + 8, 8);
        memcpy(&c, data + length - 16, 8), memcpy(&d, data + length - 8, 8);
        memcpy(out, &a, 8), memcpy(out + 8, &b, 8);
        memcpy(out + length - 16, &c, 8), memcpy(out + length - 8, &d, 8);
        *high |= a | b | c | d;
    } else if (length >= 8) {
        memcpy(&a, data, 8), memcpy(&b, data + length - 8, 8);
        memcpy(out, &a, 8), memcpy(out + length - 8, &b, 8);
        *high |= a | b;
    } else if (length >= 4) {
        memcpy(&e, data, 4), memcpy(&f, data + length - 4, 4);
        memcpy(out, &e, 4), memcpy(out + length - 4, &f, 4);
        *high |= e | f;
    } else {
        for (size_t i = 0; i < length; i++) {
            out[i] = (uint8_t)data[i];
            *high |= out[i];
        }
    }
}

static inline uint8_t *of_avro_write_text(uint8_t *out, struct of_text text)
{
    out = of_avro_write_long(out, (int64_t)text.length);
    if (text.length)
        memcpy(out, text.data, text.length);
    return out + text.length;
}

/* As write_text; sets *bad when the text is not UTF-8. */
static inline uint8_t *of_avro_write_string(uint8_t *out, struct of_text text, bool *bad)
{
    if (__builtin_expect(text.length > 64, 0)) {
        *bad |= !of_avro_is_utf8(text.data, text.length);
        return of_avro_write_text(out, text);
    }
    uint64_t high = 0;
    out = of_avro_write_long(out, (int64_t)text.length);
    of_avro_copy_short(out, text.data, text.length, &high);
    if (__builtin_expect((high & UINT64_C(0x8080808080808080)) != 0, 0))
        *bad |= !of_avro_is_utf8(text.data, text.length);
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

/* "1234.50": a decimal in units of its scale, with exactly `scale` digits. */
int of_avro_print_decimal(struct of_buffer *out, int64_t value, int scale);

/* The shortest decimal that reads back as the same float (or double); null when not finite. */
int of_avro_print_float(struct of_buffer *out, float value);
int of_avro_print_double(struct of_buffer *out, double value);

#endif
