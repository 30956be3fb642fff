/* Growing byte buffer with a limit set at birth.
 *
 * Invariants: length <= capacity <= limit; data is NULL only while capacity is 0. An append that
 * would pass the limit changes nothing, sets `full` and returns OF_INPUT; so a run of appends can
 * be checked once at its end by of_buffer_check. The buffer is never NUL-terminated by itself:
 * of_buffer_text adds a NUL behind the content without counting it. */
#ifndef OF_BASE_BUFFER_H
#define OF_BASE_BUFFER_H

#include "base/error.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

struct of_buffer {
    uint8_t *data;
    size_t length;
    size_t capacity;
    size_t limit;
    bool full; /* an append was refused since the last clear */
};

void of_buffer_init(struct of_buffer *buffer, size_t limit);
void of_buffer_release(struct of_buffer *buffer); /* also for OF_CLEANUP; usable again after init */
void of_buffer_clear(struct of_buffer *buffer);   /* length 0, memory kept */

/* Makes room for `more` bytes behind length. 0, or OF_INPUT when the limit forbids it. */
int of_buffer_grow(struct of_buffer *buffer, size_t more);

int of_buffer_append(struct of_buffer *buffer, const void *bytes, size_t size);
int of_buffer_append_byte(struct of_buffer *buffer, uint8_t byte);
int of_buffer_append_text(struct of_buffer *buffer, const char *text); /* without its NUL */
int of_buffer_appendf(struct of_buffer *buffer, const char *format, ...) OF_PRINTF(2, 3);
int of_buffer_vappendf(struct of_buffer *buffer, const char *format, va_list arguments);

/* A JSON string with quotes and escapes (RFC 8259). Bytes that are no UTF-8 become U+FFFD. */
int of_buffer_append_json_string(struct of_buffer *buffer, const char *text, size_t length);

/* The content as a C string, valid until the next change. */
const char *of_buffer_text(struct of_buffer *buffer);

/* 0, or fills the error if an append was refused ("NAME is longer than LIMIT bytes"). */
int of_buffer_check(
    const struct of_buffer *buffer, const char *name, struct of_error *error) OF_NODISCARD;

#endif
