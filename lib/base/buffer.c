/* Growing byte buffer. Growth doubles up to the limit; nothing here knows what the bytes mean but
 * the JSON string writer. */
#include "base/buffer.h"

#include "base/memory.h"

#include <stdio.h>
#include <stdlib.h>

#define SMALLEST_CAPACITY 64

void of_buffer_init(struct of_buffer *buffer, size_t limit)
{
    *buffer = (struct of_buffer){.limit = limit};
}

void of_buffer_release(struct of_buffer *buffer)
{
    free(buffer->data);
    *buffer = (struct of_buffer){.limit = buffer->limit};
}

void of_buffer_clear(struct of_buffer *buffer)
{
    buffer->length = 0;
    buffer->full = false;
}

int of_buffer_grow(struct of_buffer *buffer, size_t more)
{
    if (more > buffer->limit - buffer->length) {
        buffer->full = true;
        return OF_INPUT;
    }
    if (more <= buffer->capacity - buffer->length)
        return OF_OK;
    size_t needed = buffer->length + more;
    size_t capacity = buffer->capacity ? buffer->capacity : SMALLEST_CAPACITY;
    while (capacity < needed)
        capacity = capacity > buffer->limit / 2 ? buffer->limit : capacity * 2;
    if (capacity > buffer->limit)
        capacity = buffer->limit;
    buffer->data = of_realloc(buffer->data, capacity);
    buffer->capacity = capacity;
    return OF_OK;
}

int of_buffer_append(struct of_buffer *buffer, const void *bytes, size_t size)
{
    if (of_buffer_grow(buffer, size) < 0)
        return OF_INPUT;
    if (size)
        memcpy(buffer->data + buffer->length, bytes, size);
    buffer->length += size;
    return OF_OK;
}

int of_buffer_append_byte(struct of_buffer *buffer, uint8_t byte)
{
    return of_buffer_append(buffer, &byte, 1);
}

int of_buffer_append_text(struct of_buffer *buffer, const char *text)
{
    return of_buffer_append(buffer, text, strlen(text));
}

int of_buffer_vappendf(struct of_buffer *buffer, const char *format, va_list arguments)
{
    va_list again;
    va_copy(again, arguments);
    char small[256];
    int length = vsnprintf(small, sizeof(small), format, arguments);
    int result = OF_INPUT;
    if (length >= 0 && (size_t)length < sizeof(small)) {
        result = of_buffer_append(buffer, small, (size_t)length);
    } else if (length >= 0) {
        OF_FREE char *large = of_alloc((size_t)length + 1);
        vsnprintf(large, (size_t)length + 1, format, again);
        result = of_buffer_append(buffer, large, (size_t)length);
    }
    va_end(again);
    return result;
}

int of_buffer_appendf(struct of_buffer *buffer, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int result = of_buffer_vappendf(buffer, format, arguments);
    va_end(arguments);
    return result;
}

/* Length of the UTF-8 sequence at `text`, 0 when it is none (RFC 3629: no surrogates, no overlong
 * forms, nothing above U+10FFFF). */
static size_t utf8_sequence(const unsigned char *text, size_t length)
{
    unsigned char lead = text[0];
    size_t size = lead < 0x80   ? 1
                  : lead < 0xc2 ? 0
                  : lead < 0xe0 ? 2
                  : lead < 0xf0 ? 3
                  : lead < 0xf5 ? 4
                                : 0;
    if (size == 0 || size > length)
        return 0;
    for (size_t i = 1; i < size; i++)
        if ((text[i] & 0xc0) != 0x80)
            return 0;
    if ((lead == 0xe0 && text[1] < 0xa0) || (lead == 0xed && text[1] > 0x9f) ||
        (lead == 0xf0 && text[1] < 0x90) || (lead == 0xf4 && text[1] > 0x8f))
        return 0;
    return size;
}

static int append_json_escape(struct of_buffer *buffer, unsigned char byte)
{
    static const char letters[] = {['"'] = '"',
        ['\\'] = '\\',
        ['\b'] = 'b',
        ['\f'] = 'f',
        ['\n'] = 'n',
        ['\r'] = 'r',
        ['\t'] = 't'};
    if (byte < sizeof(letters) && letters[byte])
        return of_buffer_appendf(buffer, "\\%c", letters[byte]);
    return of_buffer_appendf(buffer, "\\u%04x", byte);
}

int of_buffer_append_json_string(struct of_buffer *buffer, const char *text, size_t length)
{
    const unsigned char *next = (const unsigned char *)text, *end = next + length;
    of_buffer_append_byte(buffer, '"');
    while (next < end) {
        const unsigned char *plain = next;
        size_t size = 1;
        while (next < end && *next >= 0x20 && *next != 0x7f && *next != '"' && *next != '\\' &&
               (size = utf8_sequence(next, (size_t)(end - next))) > 0)
            next += size;
        of_buffer_append(buffer, plain, (size_t)(next - plain));
        if (next == end)
            break;
        if (size == 0)
            of_buffer_append_text(buffer, "\xef\xbf\xbd");
        else
            append_json_escape(buffer, *next);
        next++;
    }
    of_buffer_append_byte(buffer, '"');
    return buffer->full ? OF_INPUT : OF_OK;
}

const char *of_buffer_text(struct of_buffer *buffer)
{
    if (buffer->capacity == buffer->length) {
        /* One byte over the limit is allowed here: the NUL is not content. */
        buffer->capacity = buffer->length + 1;
        buffer->data = of_realloc(buffer->data, buffer->capacity);
    }
    buffer->data[buffer->length] = '\0';
    return (const char *)buffer->data;
}

int of_buffer_check(const struct of_buffer *buffer, const char *name, struct of_error *error)
{
    if (!buffer->full)
        return OF_OK;
    return of_fail(error, OF_INPUT, "%s is longer than %zu bytes", name, buffer->limit);
}
