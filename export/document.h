/* What the partner gets of an order: one JSON object with its external lines. It depends on the
 * lines alone, so that an order that is exported again comes out the same, byte for byte. */
#ifndef EXPORT_DOCUMENT_H
#define EXPORT_DOCUMENT_H

#include "base/buffer.h"
#include "schemas/order_line.h"

#define DOCUMENT_BYTES_MAX (16u * 1024 * 1024)

/* Appends the document, a line of text. `lines` are those of one order, by number, at least one.
 * INPUT: the buffer's limit. */
int document_print(const struct of_order_line *lines, size_t count, struct of_buffer *out,
    struct of_error *error) OF_NODISCARD;

#endif
