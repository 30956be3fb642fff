/* With padding when written; read with or without it, as Java's decoder does. */
#include "ksqld/serde/base64.h"

static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

struct of_text ksql_base64_encode(struct ksql_arena *arena, struct of_text bytes)
{
    char *text = ksql_arena_take(arena, (bytes.length + 2) / 3 * 4 + 1), *out = text;
    const uint8_t *in = (const uint8_t *)bytes.data;
    for (size_t i = 0; i < bytes.length; i += 3) {
        size_t left = bytes.length - i;
        uint32_t group = (uint32_t)in[i] << 16;
        group |= left > 1 ? (uint32_t)in[i + 1] << 8 : 0;
        group |= left > 2 ? in[i + 2] : 0;
        *out++ = letters[group >> 18];
        *out++ = letters[group >> 12 & 63];
        *out++ = left > 1 ? letters[group >> 6 & 63] : '=';
        *out++ = left > 2 ? letters[group & 63] : '=';
    }
    return (struct of_text){text, (size_t)(out - text)};
}

bool ksql_base64_decode(struct ksql_arena *arena, struct of_text text, struct of_text *bytes)
{
    bool padded = text.length && text.data[text.length - 1] == '=';
    if (padded && text.length % 4)
        return false;
    for (int i = 0; i < 2 && text.length && text.data[text.length - 1] == '='; i++)
        text.length--;
    if (text.length % 4 == 1)
        return false;
    char *out = ksql_arena_take(arena, text.length / 4 * 3 + 3), *next = out;
    uint32_t group = 0;
    unsigned bits = 0;
    for (size_t i = 0; i < text.length; i++) {
        const char *letter = text.data[i] ? strchr(letters, text.data[i]) : NULL;
        if (!letter)
            return false;
        group = group << 6 | (uint32_t)(letter - letters);
        bits += 6;
        if (bits >= 8) {
            bits -= 8;
            *next++ = (char)(group >> bits);
        }
    }
    *bytes = (struct of_text){out, (size_t)(next - out)};
    return true;
}
