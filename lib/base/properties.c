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
    of_buffer_clear(line);
    do {
        source->next = skip_blanks(source->next);
        if (!*source->next)
            return line->length > 0;
        if (line->length == 0)
            *start = source->line;
        size_t size = strcspn(source->next, "\n");
        const char *text = source->next;
        source->next += size + (text[size] == '\n');
        source->line++;
        if (line->length == 0 && (size == 0 || *text == '#' || *text == '!'))
            continue;
        if (size && text[size - 1] == '\r')
            size--;
        size_t backslashes = 0;
        while (backslashes < size && text[size - 1 - backslashes] == '\\')
            backslashes++;
        bool continued = backslashes % 2 == 1;
        of_buffer_append(line, text, size - continued);
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
    if (code < 0x80) {
        of_buffer_append_byte(out, (uint8_t)code);
    } else if (code < 0x800) {
        of_buffer_append_byte(out, (uint8_t)(0xc0 | (code >> 6)));
        of_buffer_append_byte(out, (uint8_t)(0x80 | (code & 0x3f)));
    } else {
        of_buffer_append_byte(out, (uint8_t)(0xe0 | (code >> 12)));
        of_buffer_append_byte(out, (uint8_t)(0x80 | ((code >> 6) & 0x3f)));
        of_buffer_append_byte(out, (uint8_t)(0x80 | (code & 0x3f)));
    }
}

/* Unescapes up to one of `stops` that is not escaped (or the end); false for a bad \u. */
static bool unescape(const char **next, const char *stops, struct of_buffer *out)
{
    static const char letters[] = "tnrf", meanings[] = "\t\n\r\f";
    const char *text = *next;
    while (*text && !strchr(stops, *text)) {
        if (*text != '\\') {
            of_buffer_append_byte(out, (uint8_t)*text++);
            continue;
        }
        text++;
        const char *letter = *text ? strchr(letters, *text) : NULL;
        if (*text == 'u') {
            int code = hex_value(text + 1);
            if (code <= 0)
                return false;
            append_utf8(out, code);
            text += 5;
        } else if (*text) {
            of_buffer_append_byte(out, (uint8_t)(letter ? meanings[letter - letters] : *text));
            text++;
        }
    }
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
        while (value.length && strchr(" \t", value.data[value.length - 1]))
            value.length--;
        int result = visit(context, of_buffer_text(&name), of_buffer_text(&value), start, error);
        if (result < 0)
            return result;
    }
    return OF_OK;
}
