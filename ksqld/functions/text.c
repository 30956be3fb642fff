/* Units and characters of text. Case is in letters.c. */
#include "ksqld/functions/text.h"

/* Valid UTF-8 only: values are checked when they are read. */
size_t ksql_utf8_read(const char *text, uint32_t *code)
{
    const uint8_t *byte = (const uint8_t *)text;
    if (byte[0] < 0x80) {
        *code = byte[0];
        return 1;
    }
    if (byte[0] < 0xe0) {
        *code = (byte[0] & 0x1fu) << 6 | (byte[1] & 0x3fu);
        return 2;
    }
    if (byte[0] < 0xf0) {
        *code = (byte[0] & 0x0fu) << 12 | (byte[1] & 0x3fu) << 6 | (byte[2] & 0x3fu);
        return 3;
    }
    *code = (byte[0] & 0x07u) << 18 | (byte[1] & 0x3fu) << 12 | (byte[2] & 0x3fu) << 6 |
            (byte[3] & 0x3fu);
    return 4;
}

size_t ksql_utf8_write(uint32_t code, char *out)
{
    if (code < 0x80) {
        out[0] = (char)code;
        return 1;
    }
    if (code < 0x800) {
        out[0] = (char)(0xc0 | code >> 6);
        out[1] = (char)(0x80 | (code & 0x3f));
        return 2;
    }
    if (code < 0x10000) {
        out[0] = (char)(0xe0 | code >> 12);
        out[1] = (char)(0x80 | (code >> 6 & 0x3f));
        out[2] = (char)(0x80 | (code & 0x3f));
        return 3;
    }
    out[0] = (char)(0xf0 | code >> 18);
    out[1] = (char)(0x80 | (code >> 12 & 0x3f));
    out[2] = (char)(0x80 | (code >> 6 & 0x3f));
    out[3] = (char)(0x80 | (code & 0x3f));
    return KSQL_UTF8_MAX;
}

size_t ksql_text_units_before(struct of_text text, size_t offset)
{
    size_t units = 0;
    for (size_t i = 0; i < offset; i++) {
        uint8_t c = (uint8_t)text.data[i];
        units += (size_t)((c & 0xc0) != 0x80) + (c >= 0xf0);
    }
    return units;
}

size_t ksql_text_units(struct of_text text)
{
    return ksql_text_units_before(text, text.length);
}

/* The byte where a unit begins; *half: it is the second one of its character, which begins there.
 */
static size_t offset_of(struct of_text text, size_t unit, bool *half)
{
    size_t at = 0, units = 0;
    *half = false;
    while (at < text.length && units < unit) {
        uint8_t c = (uint8_t)text.data[at];
        *half = c >= 0xf0 && units + 1 == unit;
        if (*half)
            break;
        units += 1 + (c >= 0xf0);
        at += c < 0x80 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
    }
    return at;
}

struct of_text ksql_text_slice(
    struct ksql_arena *arena, struct of_text text, size_t start, size_t end)
{
    bool half_start, half_end;
    if (start >= end)
        return (struct of_text){"", 0};
    size_t from = offset_of(text, start, &half_start), to = offset_of(text, end, &half_end);
    if (!half_start && !half_end)
        return (struct of_text){text.data + from, to - from};
    from += half_start ? KSQL_UTF8_MAX : 0;
    char *slice = ksql_arena_take(arena, to - from + 2);
    size_t length = 0;
    if (half_start)
        slice[length++] = '?';
    if (to > from)
        memcpy(slice + length, text.data + from, to - from);
    length += to - from;
    if (half_end)
        slice[length++] = '?';
    return (struct of_text){slice, length};
}

size_t ksql_text_find(struct of_text text, struct of_text part, size_t start)
{
    if (start > text.length)
        return SIZE_MAX;
    if (!part.length)
        return start;
    const char *found = memmem(text.data + start, text.length - start, part.data, part.length);
    return found ? (size_t)(found - text.data) : SIZE_MAX;
}

struct of_text ksql_text_copy(struct ksql_arena *arena, struct of_text text)
{
    return (struct of_text){
        ksql_arena_strndup(arena, text.length ? text.data : "", text.length), text.length};
}

/* How many bytes from here belong to one good character; 0: none. *bad: as many as Java then
 * replaces together. */
static size_t good_bytes(const uint8_t *at, size_t left, size_t *bad)
{
    *bad = 1;
    size_t size = at[0] < 0x80 ? 1 : at[0] < 0xc2 ? 0 : at[0] < 0xe0 ? 2 : at[0] < 0xf0 ? 3 : 4;
    if (size < 2 || at[0] > 0xf4)
        return at[0] > 0xf4 ? 0 : size;
    for (size_t i = 1; i < size; i++) {
        uint8_t low = 0x80, high = 0xbf;
        if (i == 1) {
            low = at[0] == 0xe0 ? 0xa0 : at[0] == 0xf0 ? 0x90 : low;
            high = at[0] == 0xed ? 0x9f : at[0] == 0xf4 ? 0x8f : high;
        }
        if (i >= left || at[i] < low || at[i] > high)
            return 0;
        *bad = i + 1;
    }
    return size;
}

struct of_text ksql_utf8_repair(struct ksql_arena *arena, struct of_text bytes)
{
    char *out = ksql_arena_take(arena, bytes.length * 3 + 1);
    size_t length = 0;
    for (size_t i = 0; i < bytes.length;) {
        size_t bad, good = good_bytes((const uint8_t *)bytes.data + i, bytes.length - i, &bad);
        if (good) {
            memcpy(out + length, bytes.data + i, good);
            length += good;
        } else {
            length += ksql_utf8_write(KSQL_REPLACEMENT, out + length);
        }
        i += good ? good : bad;
    }
    return (struct of_text){out, length};
}
