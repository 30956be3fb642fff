/* Tables in text, drawn to a width. */
#ifndef KSQLD_TOOL_TABLE_H
#define KSQLD_TOOL_TABLE_H

#include "base/buffer.h"

#include <jansson.h>

#define KSQL_TABLE_COLUMNS_MAX 1024u /* more are not drawn */
#define KSQL_TABLE_CELL_MIN 6        /* narrower columns make a list of the table */

/* Widths of the columns, so that a row after the other can be drawn. */
struct ksql_table {
    json_t *names;
    size_t count;
    size_t widths[KSQL_TABLE_COLUMNS_MAX];
    bool list; /* too many columns for the width: a line a cell */
};

/* `names` and each of `rows` are arrays of one length; the names are borrowed. The width 0 is
 * without end. Every cell is as wide as what is in it where that fits; longer ones are wrapped. */
void ksql_table_fit(struct ksql_table *table, json_t *names, const json_t *rows, size_t width);
/* The same before any row is there, from the types of the columns (ksqlDB's spelling). */
void ksql_table_fit_types(
    struct ksql_table *table, json_t *names, const json_t *types, size_t width);

void ksql_table_head(const struct ksql_table *table, struct of_buffer *out);
void ksql_table_row(const struct ksql_table *table, const json_t *row, struct of_buffer *out);
void ksql_table_foot(const struct ksql_table *table, struct of_buffer *out);

#endif
