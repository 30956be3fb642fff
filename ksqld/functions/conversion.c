/* Bytes, text and numbers made of one another: encodings, hashes, UUIDs. */
#include "ksqld/functions/md5.h"
#include "ksqld/functions/rows.h"
#include "ksqld/functions/text.h"
#include "ksqld/serde/base64.h"

#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#define ENCODED_MAX (16u * 1024 * 1024)

enum encoding { ENCODING_HEX, ENCODING_UTF8, ENCODING_ASCII, ENCODING_BASE64, ENCODING_UNKNOWN };

static enum encoding find_encoding(struct of_text name)
{
    static const char *const names[] = {"hex", "utf8", "ascii", "base64"};
    size_t i = 0;
    while (i < OF_COUNT(names) &&
           (strlen(names[i]) != name.length || strncasecmp(names[i], name.data, name.length) != 0))
        i++;
    return (enum encoding)i;
}

/* ---- hexadecimal ---- */

static struct of_text to_hex(struct ksql_arena *arena, struct of_text bytes, const char *digits)
{
    char *out = ksql_arena_take(arena, 2 * bytes.length + 1);
    for (size_t i = 0; i < bytes.length; i++) {
        out[2 * i] = digits[(uint8_t)bytes.data[i] >> 4];
        out[2 * i + 1] = digits[(uint8_t)bytes.data[i] & 15];
    }
    return (struct of_text){out, 2 * bytes.length};
}

static int digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool from_hex(struct ksql_arena *arena, struct of_text text, struct of_text *bytes)
{
    char *out = ksql_arena_take(arena, text.length / 2 + 1);
    for (size_t i = 0; i + 1 < text.length; i += 2) {
        int high = digit(text.data[i]), low = digit(text.data[i + 1]);
        if (high < 0 || low < 0)
            return false;
        out[i / 2] = (char)(high << 4 | low);
    }
    *bytes = (struct of_text){out, text.length / 2};
    return text.length % 2 == 0;
}

/* ---- bytes as text, and text as bytes ---- */

static struct of_text ascii_text(struct ksql_arena *arena, struct of_text bytes)
{
    char *out = ksql_arena_take(arena, bytes.length * 3 + 1);
    size_t length = 0;
    for (size_t i = 0; i < bytes.length; i++) {
        if ((uint8_t)bytes.data[i] < 0x80)
            out[length++] = bytes.data[i];
        else
            length += ksql_utf8_write(KSQL_REPLACEMENT, out + length);
    }
    return (struct of_text){out, length};
}

/* A question mark for each character that ASCII doesn't have. */
static struct of_text ascii_bytes(struct ksql_arena *arena, struct of_text text)
{
    char *out = ksql_arena_take(arena, text.length + 1);
    size_t length = 0;
    for (size_t i = 0; i < text.length;) {
        uint32_t code;
        i += ksql_utf8_read(text.data + i, &code);
        out[length++] = code < 0x80 ? (char)code : '?';
    }
    return (struct of_text){out, length};
}

static int show_bytes(struct ksql_arena *arena, struct of_text bytes, enum encoding encoding,
    const char *digits, struct ksql_value *result)
{
    switch (encoding) {
    case ENCODING_HEX:
        return ksql_yield_text(result, to_hex(arena, bytes, digits));
    case ENCODING_UTF8:
        return ksql_yield_text(result, ksql_utf8_repair(arena, bytes));
    case ENCODING_ASCII:
        return ksql_yield_text(result, ascii_text(arena, bytes));
    case ENCODING_BASE64:
        return ksql_yield_text(result, ksql_base64_encode(arena, bytes));
    default:
        return -1;
    }
}

static int read_bytes(
    struct ksql_arena *arena, struct of_text text, enum encoding encoding, struct of_text *bytes)
{
    *bytes = text;
    switch (encoding) {
    case ENCODING_HEX:
        return from_hex(arena, text, bytes) ? 0 : -1;
    case ENCODING_UTF8:
        return 0;
    case ENCODING_ASCII:
        *bytes = ascii_bytes(arena, text);
        return 0;
    case ENCODING_BASE64:
        return ksql_base64_decode(arena, text, bytes) ? 0 : -1;
    default:
        return -1;
    }
}

static int run_to_bytes(const struct ksql_call *call, struct ksql_value *result)
{
    struct of_text bytes;
    if (read_bytes(
            call->arena, call->arguments[0].text, find_encoding(call->arguments[1].text), &bytes))
        return -1;
    return ksql_yield_text(result, bytes);
}

static int run_from_bytes(const struct ksql_call *call, struct ksql_value *result)
{
    return show_bytes(call->arena, call->arguments[0].text, find_encoding(call->arguments[1].text),
        "0123456789ABCDEF", result);
}

/* ---- ENCODE ---- */

/* 0xAB, X'AB' and AB. */
static struct of_text strip_hex(struct ksql_arena *arena, struct of_text text)
{
    bool quoted = text.length >= 3 && (*text.data | 0x20) == 'x' && text.data[1] == '\'' &&
                  text.data[text.length - 1] == '\'';
    if (quoted)
        return (struct of_text){text.data + 2, text.length - 3};
    if (text.length < 2 || memcmp(text.data, "0x", 2) != 0)
        return text;
    struct of_text rest = {text.data + 2, text.length - 2};
    if (text.length % 2 == 0)
        return rest;
    char *even = ksql_arena_take(arena, text.length);
    even[0] = '0';
    memcpy(even + 1, rest.data, rest.length);
    return (struct of_text){even, rest.length + 1};
}

/* Commons' decoder leaves out what is no letter of base64, up to the first padding. */
static bool decode_lenient(struct ksql_arena *arena, struct of_text text, struct of_text *bytes)
{
    char *letters = ksql_arena_take(arena, text.length + 1);
    size_t length = 0;
    for (size_t i = 0; i < text.length && text.data[i] != '='; i++) {
        char c = text.data[i] == '-' ? '+' : text.data[i] == '_' ? '/' : text.data[i];
        bool good = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
                    c == '+' || c == '/';
        if (good)
            letters[length++] = c;
    }
    length -= length % 4 == 1;
    return ksql_base64_decode(arena, (struct of_text){letters, length}, bytes);
}

static int run_encode(const struct ksql_call *call, struct ksql_value *result)
{
    struct of_text text = call->arguments[0].text, bytes;
    enum encoding from = find_encoding(call->arguments[1].text);
    enum encoding to = find_encoding(call->arguments[2].text);
    if (from == to)
        return -1;
    if (from == ENCODING_HEX)
        text = strip_hex(call->arena, text);
    if (from == ENCODING_BASE64 ? !decode_lenient(call->arena, text, &bytes)
                                : read_bytes(call->arena, text, from, &bytes) != 0)
        return -1;
    return show_bytes(call->arena, bytes, to, "0123456789abcdef", result);
}

/* ---- numbers ---- */

static int read_number(const struct ksql_call *call, size_t size, uint64_t *number)
{
    struct of_text bytes = call->arguments[0].text;
    bool little = false;
    if (call->count > 1) {
        struct of_text order = call->arguments[1].text;
        little = order.length == 13 && strncasecmp(order.data, "LITTLE_ENDIAN", 13) == 0;
        if (!little && !(order.length == 10 && strncasecmp(order.data, "BIG_ENDIAN", 10) == 0))
            return -1;
    }
    if (bytes.length != size)
        return -1;
    *number = 0;
    for (size_t i = 0; i < size; i++)
        *number = *number << 8 | (uint8_t)bytes.data[little ? size - 1 - i : i];
    return 0;
}

static int run_int(const struct ksql_call *call, struct ksql_value *result)
{
    uint64_t number;
    return read_number(call, 4, &number) ? -1
                                         : ksql_yield_number(result, (int32_t)(uint32_t)number);
}

static int run_bigint(const struct ksql_call *call, struct ksql_value *result)
{
    uint64_t number;
    return read_number(call, 8, &number) ? -1 : ksql_yield_number(result, (int64_t)number);
}

static int run_double(const struct ksql_call *call, struct ksql_value *result)
{
    uint64_t number;
    double real;
    if (read_number(call, 8, &number))
        return -1;
    memcpy(&real, &number, sizeof(real));
    return ksql_yield_double(result, real);
}

/* ---- characters, hashes, UUIDs ---- */

static int yield_code(const struct ksql_call *call, int64_t code, struct ksql_value *result)
{
    if (code < 0 || code > 0x10ffff)
        return ksql_yield_null(result);
    char *out = ksql_arena_take(call->arena, KSQL_UTF8_MAX);
    bool half = code >= 0xd800 && code <= 0xdfff; /* which Java then writes as a question mark */
    size_t length = ksql_utf8_write(half ? '?' : (uint32_t)code, out);
    return ksql_yield_text(result, (struct of_text){out, length});
}

static int run_chr(const struct ksql_call *call, struct ksql_value *result)
{
    if (call->types[0]->kind != KSQL_STRING)
        return yield_code(call, call->arguments[0].number, result);
    struct of_text text = call->arguments[0].text;
    uint32_t codes[2] = {0};
    if (text.length < 6 || memcmp(text.data, "\\u", 2) != 0)
        return ksql_yield_null(result);
    size_t units = text.length / 6;
    if (text.length % 6 || units > 2)
        return -1; /* other escapes and plain text: not done here */
    for (size_t i = 0; i < units; i++) {
        for (size_t j = 2; j < 6; j++) {
            int value = digit(text.data[6 * i + j]);
            if (value < 0)
                return -1;
            codes[i] = codes[i] << 4 | (uint32_t)value;
        }
    }
    if (units == 1)
        return yield_code(call, codes[0], result);
    if (codes[0] < 0xd800 || codes[0] > 0xdbff || codes[1] < 0xdc00 || codes[1] > 0xdfff)
        return -1;
    return yield_code(call, 0x10000 + (((codes[0] & 0x3ff) << 10) | (codes[1] & 0x3ff)), result);
}

static int run_md5(const struct ksql_call *call, struct ksql_value *result)
{
    uint8_t digest[KSQL_MD5_SIZE];
    struct of_text text = call->arguments[0].text;
    ksql_md5(text.data, text.length, digest);
    return ksql_yield_text(
        result, to_hex(call->arena, (struct of_text){(const char *)digest, sizeof(digest)},
                    "0123456789abcdef"));
}

static int run_uuid(const struct ksql_call *call, struct ksql_value *result)
{
    uint8_t bytes[16];
    if (call->count) {
        if (call->arguments[0].text.length != sizeof(bytes))
            return ksql_yield_null(result);
        memcpy(bytes, call->arguments[0].text.data, sizeof(bytes));
    } else {
        arc4random_buf(bytes, sizeof(bytes));
        bytes[6] = (uint8_t)((bytes[6] & 0x0f) | 0x40); /* version 4, of RFC 4122 */
        bytes[8] = (uint8_t)((bytes[8] & 0x3f) | 0x80);
    }
    struct of_text hex = to_hex(
        call->arena, (struct of_text){(const char *)bytes, sizeof(bytes)}, "0123456789abcdef");
    const char *text = ksql_arena_printf(call->arena, "%.8s-%.4s-%.4s-%.4s-%.12s", hex.data,
        hex.data + 8, hex.data + 12, hex.data + 16, hex.data + 20);
    return ksql_yield_text(result, (struct of_text){text, 36});
}

#define FROM_BYTES_HELP "Bytes as a number, with the highest byte first unless told otherwise."
#define FROM_BYTES(name, type, run)                                                                \
    {name "(BYTES value) " type, run, FROM_BYTES_HELP},                                            \
    {                                                                                              \
        name "(BYTES value, VARCHAR byteOrder) " type, run, FROM_BYTES_HELP                        \
    }

static const struct ksql_function rows[] = {
    FROM_BYTES("bigint_from_bytes", "BIGINT", run_bigint),
    {"Chr(INT decimalCode) VARCHAR", run_chr, "The character of a code, or of \\\\uXXXX."},
    {"Chr(VARCHAR utf16Code) VARCHAR", run_chr, "The character of a code, or of \\\\uXXXX."},
    FROM_BYTES("double_from_bytes", "DOUBLE", run_double),
    {"encode(VARCHAR str, VARCHAR inputEncoding, VARCHAR outputEncoding) VARCHAR", run_encode,
        "A text in another encoding: hex, utf8, ascii or base64."},
    {"from_bytes(BYTES value, VARCHAR encoding) VARCHAR", run_from_bytes,
        "Bytes as text: hex, utf8, ascii or base64."},
    FROM_BYTES("int_from_bytes", "INT", run_int),
    {"md5(VARCHAR s) VARCHAR", run_md5, "The MD5 hash of a text, in hexadecimal."},
    {"to_bytes(VARCHAR value, VARCHAR encoding) BYTES", run_to_bytes,
        "Text as bytes: hex, utf8, ascii or base64."},
    {"UUID() VARCHAR", run_uuid, "A random UUID, or that of 16 bytes."},
    {"UUID(BYTES bytes) VARCHAR", run_uuid, "A random UUID, or that of 16 bytes."},
};

KSQL_SECTION(ksql_conversion_functions, "Encodings", rows);
