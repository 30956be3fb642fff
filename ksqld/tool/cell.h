/* Texts as a terminal or a file shows them: how wide they are, where they break, and what must not
 * reach a terminal. Texts are UTF-8; widths are columns, as wcwidth of a UTF-8 locale has them. */
#ifndef KSQLD_TOOL_CELL_H
#define KSQLD_TOOL_CELL_H

#include "base/buffer.h"

#include <jansson.h>

/* The text of a JSON value: a string itself, all else as compact JSON ("null" for NULL); to be
 * freed. */
char *ksql_cell_text(const json_t *value);

/* The length in bytes of what stands first in the text, and its width. Control characters and bytes
 * that are no UTF-8 have the width of the U+FFFD that stands for them; a tab has 1. */
size_t ksql_cell_character(const char *text, size_t length, size_t *width);

/* Widest line of the text. */
size_t ksql_cell_width(const char *text);

/* Appends what fits into `width` columns of the text from *at on, moves *at behind it (and behind a
 * line break), and yields the width appended. A character wider than `width` is taken alone. */
size_t ksql_cell_append(const char *text, size_t *at, size_t width, struct of_buffer *out);

/* Appends the fields of a record of RFC 4180 and a line feed. NULL is an empty field, an empty text
 * is "". */
void ksql_cell_csv(const json_t *values, struct of_buffer *out);

/* Appends the line of the text that has this place, and below it a caret under its column; long
 * lines are cut on both sides. Nothing where there is no such line. */
#define KSQL_CARET_WIDTH 100
void ksql_cell_caret(const char *text, size_t length, int line, int column, struct of_buffer *out);

#endif
