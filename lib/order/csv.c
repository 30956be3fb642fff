/* Lines into values. What they mean is the caller's. */
#include "order/csv.h"

#include "base/memory.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct line {
    char *fields[OF_CSV_FIELDS_MAX];
    size_t count;
};

/* Takes the quotes off in place; yields what follows the value, NULL: the quotes do not match. */
static char *unquote(char *text)
{
    char *out = text;
    for (char *at = text + 1;; at++) {
        if (*at == '\0')
            return NULL;
        if (*at == '"' && *++at != '"') {
            char *rest = at;
            *out = '\0';
            return rest;
        }
        *out++ = *at;
    }
}

static int split(char *text, struct line *line, struct of_error *error)
{
    line->count = 0;
    for (;;) {
        if (line->count == OF_CSV_FIELDS_MAX)
            return of_fail(error, OF_INPUT, "more than %d values", OF_CSV_FIELDS_MAX);
        line->fields[line->count++] = text;
        char *end = *text == '"' ? unquote(text) : text + strcspn(text, ",");
        if (!end || (*end != ',' && *end != '\0'))
            return of_fail(error, OF_INPUT, "a quote is out of place");
        if (*end == '\0')
            return OF_OK;
        *end = '\0';
        text = end + 1;
    }
}

/* 1: a line; 0: the file's end. */
static int next_line(FILE *file, char *text, struct line *line, int *number, struct of_error *error)
{
    for (;;) {
        if (!fgets(text, OF_CSV_LINE_MAX + 2, file))
            return ferror(file) ? of_fail(error, OF_INPUT, "%s", strerror(errno)) : 0;
        if (++*number > OF_CSV_LINES_MAX)
            return of_fail(error, OF_INPUT, "more than %d lines", OF_CSV_LINES_MAX);
        size_t length = strlen(text);
        if (length > OF_CSV_LINE_MAX && text[length - 1] != '\n')
            return of_fail(error, OF_INPUT, "longer than %d bytes", OF_CSV_LINE_MAX);
        while (length > 0 && (text[length - 1] == '\n' || text[length - 1] == '\r'))
            text[--length] = '\0';
        if (length == 0)
            continue;
        int result = split(text, line, error);
        return result < 0 ? result : 1;
    }
}

static int find_columns(const struct line *line, const char *const *columns, size_t *places,
    size_t *count, struct of_error *error)
{
    for (*count = 0; columns[*count]; (*count)++) {
        size_t place = 0;
        if (*count == OF_CSV_COLUMNS_MAX)
            return of_fail(error, OF_INPUT, "more than %d columns", OF_CSV_COLUMNS_MAX);
        while (place < line->count && strcmp(line->fields[place], columns[*count]) != 0)
            place++;
        if (place == line->count)
            return of_fail(error, OF_INPUT, "there is no column %s", columns[*count]);
        places[*count] = place;
    }
    return OF_OK;
}

static int read_rows(FILE *file, struct of_csv_row *row, const char *const *columns,
    int (*visit)(void *context, const struct of_csv_row *row, struct of_error *error),
    void *context, bool *visiting, struct of_error *error)
{
    char text[OF_CSV_LINE_MAX + 2];
    struct line line;
    size_t places[OF_CSV_COLUMNS_MAX] = {0}, count = 0, width = 0;
    int result = next_line(file, text, &line, &row->line, error);
    if (result == 0)
        return of_fail(error, OF_INPUT, "the column names are missing");
    if (result > 0)
        result = find_columns(&line, columns, places, &count, error);
    width = line.count;
    while (result >= 0 && (result = next_line(file, text, &line, &row->line, error)) > 0) {
        if (line.count != width)
            return of_fail(error, OF_INPUT, "%zu values instead of %zu", line.count, width);
        for (size_t i = 0; i < count; i++)
            row->values[i] = line.fields[places[i]];
        *visiting = true;
        result = visit(context, row, error);
        *visiting = result < 0;
    }
    return result;
}

int of_csv_read(const char *file, const char *const *columns,
    int (*visit)(void *context, const struct of_csv_row *row, struct of_error *error),
    void *context, struct of_error *error)
{
    struct of_csv_row row = {.file = file};
    bool visiting = false;
    OF_CLEANUP(of_cleanup_file) FILE *stream = fopen(file, "re");
    if (!stream)
        return of_fail(error, OF_INPUT, "%s: %s", file, strerror(errno));
    int result = read_rows(stream, &row, columns, visit, context, &visiting, error);
    return result < 0 && !visiting ? of_error_context(error, "%s:%d", file, row.line) : result;
}

int of_csv_int(const struct of_csv_row *row, size_t value, const char *name, int64_t least,
    int64_t most, int64_t *number, struct of_error *error)
{
    const char *text = row->values[value];
    char *end;
    errno = 0;
    long long read = strtoll(text, &end, 10);
    if (end == text || *end || errno || read < least || read > most || *text == ' ')
        return of_fail(error, OF_INPUT,
            "%s:%d: %s: '%s' is no whole number from %" PRId64 " to %" PRId64, row->file, row->line,
            name, text, least, most);
    *number = read;
    return OF_OK;
}
