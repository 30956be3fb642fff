/* Reads a properties file. Knows nothing of what the names mean. */
#include "base/properties.h"

#include "base/buffer.h"
#include "base/memory.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

struct source {
    const char *file;
    const char *next;
    int line;
};

static int read_whole(const char *file, struct of_buffer *text, struct of_error *error)
{
    OF_CLEANUP(of_cleanup_file) FILE *stream = fopen(file, "re");
    if (!stream)
        return of_fail(error, OF_INPUT, "cannot read %s: %s", file, strerror(errno));
    char chunk[4096];
    size_t size;
    while ((size = fread(chunk, 1, sizeof(chunk), stream)) > 0)
        if (of_buffer_append(text, chunk, size) < 0)
            return of_buffer_check(text, file, error);
    if (ferror(stream))
        return of_fail(error, OF_INPUT, "cannot read %s: %s", file, strerror(errno));
    if (memchr(text->data ? text->data : (uint8_t *)"", 0, text->length))
        return of_fail(error, OF_INPUT, "%s is no text: it holds a NUL byte", file);
    return OF_OK;
}

static const char *skip_blanks(const char *text)
{
    return text + strspn(text, " \t\f\r");
}

/* Joins a natural line with its continuations; false at the end of the file. */
static bool next_logical_line(struct source *source, struct of_buffer *line, int *start)
{
    bool fresh = true;
    of_buffer_clear(line);
    do {
        source->next = skip_blanks(source->next);
        if (!*source->next)
            return line->length > 0;
        if (fresh)
            *start = source->line;
        size_t size = strcspn(source->next, "\n");
        const char *text = source->next;
        source->next += size + (text[size] == '\n');
        source->line++;
        if (fresh && (size == 0 || *text == '#' || *text == '!'))
            continue;
        if (size && text[size - 1] == '\r')
            size--;
        size_t backslashes = 0;
        while (backslashes < size && text[size - 1 - backslashes] == '\\')
            backslashes++;
        bool continued = backslashes % 2 == 1;
        of_buffer_append(line, text, size - continued);
        fresh = false;
        if (!continued)
            return true;
    } while (!line->full);
    return true;
}

static int hex_value(const char *digits)
{
    int value = 0;
    for (int i = 0; i < 4; i++) {
        if (!isxdigit((unsigned char)digits[i]))
            return -1;
        int digit = tolower((unsigned char)digits[i]);
        value = value * 16 + (digit <= '9' ? digit - '0' : digit - 'a' + 10);
    }
    return value;
}

static void append_utf8(struct of_buffer *out, int code)
{
    static const uint8_t leads[] = {0, 0xc0, 0xe0, 0xf0};
    int more = code < 0x80 ? 0 : code < 0x800 ? 1 : code < 0x10000 ? 2 : 3;
    of_buffer_append_byte(out, (uint8_t)(leads[more] | code >> 6 * more));
    while (more-- > 0)
        of_buffer_append_byte(out, (uint8_t)(0x80 | (code >> 6 * more & 0x3f)));
}

/* The XXXX of \uXXXX at `text`; what is above U+FFFF stands as two of them (UTF-16). Yields the
 * length, 0 for none: NUL and half of a pair are none. */
static size_t unescape_unicode(const char *text, struct of_buffer *out)
{
    int code = hex_value(text), low;
    bool high = code >= 0xd800 && code < 0xdc00;
    if (code <= 0 || (code >= 0xdc00 && code < 0xe000))
        return 0;
    if (!high) {
        append_utf8(out, code);
        return 4;
    }
    if (text[4] != '\\' || text[5] != 'u' || (low = hex_value(text + 6)) < 0xdc00 || low > 0xdfff)
        return 0;
    append_utf8(out, 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00));
    return 10;
}

/* Unescapes up to one of `stops` that is not escaped (or the end); false for a bad \u. Blanks at
 * the end are dropped unless they were escaped. */
static bool unescape(const char **next, const char *stops, struct of_buffer *out)
{
    static const char letters[] = "tnrf", meanings[] = "\t\n\r\f";
    const char *text = *next;
    size_t kept = 0;
    while (*text && !strchr(stops, *text)) {
        if (*text != '\\') {
            of_buffer_append_byte(out, (uint8_t)*text++);
            continue;
        }
        text++;
        const char *letter = *text ? strchr(letters, *text) : NULL;
        if (*text == 'u') {
            size_t size = unescape_unicode(text + 1, out);
            if (size == 0)
                return false;
            text += 1 + size;
        } else if (*text) {
            of_buffer_append_byte(out, (uint8_t)(letter ? meanings[letter - letters] : *text));
            text++;
        }
        kept = out->length;
    }
    while (out->length > kept && strchr(" \t", out->data[out->length - 1]))
        out->length--;
    *next = text;
    return true;
}

int of_properties_read(const char *file,
    int (*visit)(
        void *context, const char *name, const char *value, int line, struct of_error *error),
    void *context, struct of_error *error)
{
    OF_CLEANUP(of_buffer_release) struct of_buffer text, line, name, value;
    of_buffer_init(&text, OF_PROPERTIES_FILE_MAX);
    of_buffer_init(&line, OF_PROPERTIES_LINE_MAX);
    of_buffer_init(&name, OF_PROPERTIES_LINE_MAX);
    of_buffer_init(&value, OF_PROPERTIES_LINE_MAX);
    if (read_whole(file, &text, error) < 0)
        return OF_INPUT;
    struct source source = {file, of_buffer_text(&text), 1};
    /* A byte order mark is what some editors leave. */
    if (strncmp(source.next, "\xef\xbb\xbf", 3) == 0)
        source.next += 3;
    int start = 1;
    while (next_logical_line(&source, &line, &start)) {
        if (line.full)
            return of_fail(error, OF_INPUT, "%s:%d: the line is longer than %u bytes", file, start,
                OF_PROPERTIES_LINE_MAX);
        of_buffer_clear(&name);
        of_buffer_clear(&value);
        const char *next = of_buffer_text(&line);
        bool good = unescape(&next, "=: \t", &name);
        next = skip_blanks(next);
        if (*next == '=' || *next == ':')
            next = skip_blanks(next + 1);
        good = good && unescape(&next, "", &value);
        if (!good || name.length == 0)
            return of_fail(error, OF_INPUT, "%s:%d: not of the form name=value", file, start);
        int result = visit(context, of_buffer_text(&name), of_buffer_text(&value), start, error);
        if (result < 0)
            return result;
    }
    return OF_OK;
}
