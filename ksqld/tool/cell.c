/* Width, wrapping, quoting and carets. Knows nothing of tables. */
#include "ksqld/tool/cell.h"

#include "base/memory.h"

#include <stdlib.h>
#include <wchar.h>

#define REPLACEMENT "\xef\xbf\xbd"

char *ksql_cell_text(const json_t *value)
{
    if (json_is_string(value))
        return of_strndup(json_string_value(value), json_string_length(value));
    char *text = value ? json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT) : NULL;
    return text ? text : of_strdup("null");
}

/* The code point of a UTF-8 sequence and its length; length 0: there is none. */
static size_t decode(const unsigned char *text, size_t length, wchar_t *character)
{
    static const unsigned least[] = {0, 0, 0x80, 0x800, 0x10000};
    size_t size = *text < 0x80             ? 1
                  : (*text & 0xe0) == 0xc0 ? 2
                  : (*text & 0xf0) == 0xe0 ? 3
                  : (*text & 0xf8) == 0xf0 ? 4
                                           : 0;
    if (!size || size > length)
        return 0;
    unsigned code = size == 1 ? *text : *text & (0x7fu >> size);
    for (size_t i = 1; i < size; i++) {
        if ((text[i] & 0xc0) != 0x80)
            return 0;
        code = code << 6 | (text[i] & 0x3f);
    }
    if (code < least[size] || code > 0x10ffff || (code >= 0xd800 && code < 0xe000))
        return 0;
    *character = (wchar_t)code;
    return size;
}

/* -1: a control character. */
static int width_of(wchar_t character)
{
    return character == '\t' ? 1 : wcwidth(character);
}

size_t ksql_cell_character(const char *text, size_t length, size_t *width)
{
    wchar_t character;
    size_t size = decode((const unsigned char *)text, length, &character);
    int columns = size ? width_of(character) : -1;
    *width = columns < 0 ? 1 : (size_t)columns;
    return size ? size : 1;
}

size_t ksql_cell_width(const char *text)
{
    size_t widest = 0, line = 0, length = strlen(text), width;
    for (size_t at = 0; at < length;) {
        if (text[at] == '\n') {
            line = 0;
            at++;
            continue;
        }
        at += ksql_cell_character(text + at, length - at, &width);
        line += width;
        widest = line > widest ? line : widest;
    }
    return widest;
}

/* Escape sequences in data would be commands to the terminal. */
static void append_safe(const char *text, size_t size, struct of_buffer *out)
{
    wchar_t character;
    bool good =
        decode((const unsigned char *)text, size, &character) == size && width_of(character) >= 0;
    if (good && character == '\t')
        of_buffer_append_byte(out, ' ');
    else if (good)
        of_buffer_append(out, text, size);
    else
        of_buffer_append_text(out, REPLACEMENT);
}

size_t ksql_cell_append(const char *text, size_t *at, size_t width, struct of_buffer *out)
{
    size_t used = 0, length = strlen(text);
    while (*at < length && text[*at] != '\n') {
        size_t columns, size = ksql_cell_character(text + *at, length - *at, &columns);
        if (used + columns > width && used)
            return used;
        append_safe(text + *at, size, out);
        used += columns;
        *at += size;
    }
    *at += text[*at] == '\n';
    return used;
}

/* ---- CSV ---- */

static void append_field(const char *text, struct of_buffer *out)
{
    size_t length = strlen(text);
    bool plain = length && !strpbrk(text, ",\"\r\n") && text[0] != ' ' && text[length - 1] != ' ';
    if (plain) {
        of_buffer_append(out, text, length);
        return;
    }
    of_buffer_append_byte(out, '"');
    for (; *text; text++) {
        if (*text == '"')
            of_buffer_append_byte(out, '"');
        of_buffer_append_byte(out, (uint8_t)*text);
    }
    of_buffer_append_byte(out, '"');
}

void ksql_cell_csv(const json_t *values, struct of_buffer *out)
{
    for (size_t i = 0; i < json_array_size(values); i++) {
        const json_t *value = json_array_get(values, i);
        if (i)
            of_buffer_append_byte(out, ',');
        if (json_is_null(value))
            continue;
        OF_FREE char *text = ksql_cell_text(value);
        append_field(text, out);
    }
    of_buffer_append_byte(out, '\n');
}

/* ---- carets ---- */

/* Code points up to `size` bytes of a line: as places count them. */
static size_t byte_of_column(const char *line, size_t length, int column)
{
    size_t at = 0, width;
    for (int i = 1; i < column && at < length; i++)
        at += ksql_cell_character(line + at, length - at, &width);
    return at;
}

void ksql_cell_caret(const char *text, size_t length, int line, int column, struct of_buffer *out)
{
    const char *end = text + length;
    for (int i = 1; i < line; i++) {
        const char *feed = memchr(text, '\n', (size_t)(end - text));
        if (!feed)
            return;
        text = feed + 1;
    }
    const char *stop = memchr(text, '\n', (size_t)(end - text));
    size_t size = (size_t)((stop ? stop : end) - text);
    if (line < 1 || column < 1)
        return;
    size_t place = byte_of_column(text, size, column), from = 0, width = 0, columns;
    for (size_t at = 0; at < place; width += columns)
        at += ksql_cell_character(text + at, size - at, &columns);
    for (; width > KSQL_CARET_WIDTH / 2; width -= columns)
        from += ksql_cell_character(text + from, size - from, &columns);
    OF_FREE char *shown = of_strndup(text + from, size - from);
    size_t at = 0;
    ksql_cell_append(shown, &at, KSQL_CARET_WIDTH, out);
    of_buffer_appendf(out, "\n%*s^", (int)width, "");
}
