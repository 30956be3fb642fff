/* Answers and rows to an output file, in the format that the user chose. */
#ifndef KSQLD_TOOL_SHOW_H
#define KSQLD_TOOL_SHOW_H

#include "avro/binary.h"
#include "ksqld/tool/table.h"

#include <stdio.h>

enum ksql_output { KSQL_OUTPUT_TABLE, KSQL_OUTPUT_JSON, KSQL_OUTPUT_CSV };
extern const char *const ksql_output_words[]; /* NULL-ended, in this order */

#define KSQL_SHOW_ROW_MAX (64u * 1024 * 1024) /* bytes of one row as it is shown */

struct ksql_show {
    enum ksql_output output;
    FILE *out;
    size_t width;            /* of the terminal; 0: no terminal */
    json_t *names;           /* of the rows at hand; NULL: none */
    struct ksql_table table; /* TABLE: of the rows at hand */
};

/* The answers of /ksql to one statement: a table, lines of JSON, or CSV with a line of headings.
 * Warnings go to standard error. */
void ksql_show_entities(const struct ksql_show *show, const json_t *entities);

/* Rows of a query, one by one: first their columns, then each row, then the end. A row is its cells
 * as the server wrote them in JSON, one a column, so that numbers keep all their digits. As JSON a
 * row is an object of a line. */
void ksql_show_columns(struct ksql_show *show, json_t *names, const json_t *types);
void ksql_show_row(struct ksql_show *show, const struct of_text *cells, size_t count);
void ksql_show_end(struct ksql_show *show);

/* The terminal's width, or 0 when the file is none. */
size_t ksql_show_width(FILE *out);

#endif
