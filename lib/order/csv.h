/* Tables in files: comma-separated values (RFC 4180) under a line of column names. A value in
 * double quotes may hold commas and, doubled, quotes; it ends with its line. */
#ifndef OF_ORDER_CSV_H
#define OF_ORDER_CSV_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define OF_CSV_COLUMNS_MAX 16 /* that are wanted */
#define OF_CSV_FIELDS_MAX 64  /* in a line */
#define OF_CSV_LINE_MAX 4096  /* bytes */
#define OF_CSV_LINES_MAX 1000000

struct of_csv_row {
    const char *file;
    int line;
    const char *values[OF_CSV_COLUMNS_MAX]; /* of the columns wanted, in their order */
};

/* Calls `visit` for each row; a negative answer ends the reading and is handed on. `columns` ends
 * with NULL; a file may have others besides. Blank lines are passed over. INPUT with FILE:LINE for
 * a missing column, a row that is too short or too long, and a file that cannot be read. */
int of_csv_read(const char *file, const char *const *columns,
    int (*visit)(void *context, const struct of_csv_row *row, struct of_error *error),
    void *context, struct of_error *error) OF_NODISCARD;

/* A whole number in a value. INPUT with FILE:LINE and the column's name. */
int of_csv_int(const struct of_csv_row *row, size_t value, const char *name, int64_t least,
    int64_t most, int64_t *number, struct of_error *error) OF_NODISCARD;

#endif
