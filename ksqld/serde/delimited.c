/* Cells are views until they have doubled quotes. The rules for quoting look odd and are Commons
 * CSV's: a first cell that begins with no letter and no digit is quoted. */
#include "ksqld/serde/delimited.h"

#include "ksqld/exec/decimal.h"
#include "ksqld/serde/base64.h"
#include "ksqld/serde/number.h"

#include <stdio.h>
#include <strings.h>

#define DAY_MS 86400000

/* ---- splitting ---- */

struct splitter {
    struct ksql_arena *arena;
    const char *next, *end;
    char delimiter;
    struct of_error *error;
    struct of_text *cells; /* of the first line */
    size_t count;
};

static bool is_line_end(char c)
{
    return c == '\n' || c == '\r';
}

/* \n, \r, or both in this order. */
static void skip_line_end(struct splitter *splitter)
{
    bool carriage = splitter->next < splitter->end && *splitter->next == '\r';
    splitter->next += carriage;
    splitter->next += splitter->next < splitter->end && *splitter->next == '\n';
}

/* Character.isWhitespace of ASCII. */
static bool is_space(char c)
{
    return (c >= 9 && c <= 13) || (c >= 0x1c && c <= ' ');
}

/* Behind the opening quote; a quote inside is doubled. */
static int read_quoted(struct splitter *splitter, struct of_text *cell)
{
    const char *start = splitter->next, *at = start;
    size_t doubled = 0;
    for (;; at++) {
        if (at == splitter->end)
            return of_fail(splitter->error, OF_INPUT, "a quoted cell that does not end");
        if (*at != '"')
            continue;
        if (at + 1 == splitter->end || at[1] != '"')
            break;
        doubled++;
        at++;
    }
    *cell = (struct of_text){start, (size_t)(at - start)};
    if (doubled) {
        char *copy = ksql_arena_take(splitter->arena, cell->length), *out = copy;
        for (const char *from = start; from < at; from++) {
            *out++ = *from;
            from += *from == '"';
        }
        *cell = (struct of_text){copy, (size_t)(out - copy)};
    }
    for (at++; at < splitter->end && *at != splitter->delimiter && !is_line_end(*at); at++) {
        if (!is_space(*at))
            return of_fail(
                splitter->error, OF_INPUT, "text between a closing quote and the next cell");
    }
    splitter->next = at;
    return 0;
}

static int read_cell(struct splitter *splitter, struct of_text *cell)
{
    if (splitter->next < splitter->end && *splitter->next == '"') {
        splitter->next++;
        return read_quoted(splitter, cell);
    }
    const char *start = splitter->next;
    while (splitter->next < splitter->end && *splitter->next != splitter->delimiter &&
           !is_line_end(*splitter->next))
        splitter->next++;
    *cell = (struct of_text){start, (size_t)(splitter->next - start)};
    return 0;
}

/* One line; only the first is kept. */
static int read_line(struct splitter *splitter, bool keep)
{
    for (;;) {
        struct of_text cell;
        if (read_cell(splitter, &cell))
            return OF_INPUT;
        if (splitter->arena->full)
            return of_fail(splitter->error, OF_INPUT, "more cells than there is memory for");
        if (keep)
            *ksql_arena_append(splitter->arena, splitter->cells, splitter->count) = cell;
        if (splitter->next == splitter->end || *splitter->next != splitter->delimiter)
            break;
        splitter->next++;
    }
    skip_line_end(splitter);
    return 0;
}

int ksql_delimited_split(struct ksql_arena *arena, struct of_text text, char delimiter,
    struct of_text **cells, size_t *count, struct of_error *error)
{
    struct splitter splitter = {.arena = arena,
        .next = text.data,
        .end = text.data + text.length,
        .delimiter = delimiter,
        .error = error};
    if (!of_avro_is_utf8(text.data, text.length))
        return of_fail(error, OF_INPUT, "a line that is no UTF-8");
    while (splitter.next < splitter.end) {
        if (is_line_end(*splitter.next))
            skip_line_end(&splitter);
        else if (read_line(&splitter, !splitter.count))
            return OF_INPUT;
    }
    if (!splitter.count)
        return of_fail(error, OF_INPUT, "No fields in record");
    *cells = splitter.cells;
    *count = splitter.count;
    return 0;
}

/* ---- reading ---- */

static int read_time(const struct ksql_type *type, struct of_text cell, int64_t *number)
{
    int64_t low = type->kind == KSQL_TIME ? 0 : type->kind == KSQL_DATE ? INT32_MIN : INT64_MIN;
    int64_t high = type->kind == KSQL_TIME   ? DAY_MS - 1
                   : type->kind == KSQL_DATE ? INT32_MAX
                                             : INT64_MAX;
    return ksql_number_integer(cell, low, high, number) ? 0 : -1;
}

static int read_value(const struct ksql_type *type, struct of_text cell, struct ksql_arena *arena,
    struct ksql_value *value)
{
    switch (type->kind) {
    case KSQL_BOOLEAN: /* Boolean.parseBoolean: whatever is not true is false */
        value->number = cell.length == 4 && strncasecmp(cell.data, "true", 4) == 0;
        return 0;
    case KSQL_INTEGER:
        return ksql_number_integer(cell, INT32_MIN, INT32_MAX, &value->number) ? 0 : -1;
    case KSQL_BIGINT:
        return ksql_number_integer(cell, INT64_MIN, INT64_MAX, &value->number) ? 0 : -1;
    case KSQL_DOUBLE:
        return ksql_number_double(cell, &value->real) ? 0 : -1;
    case KSQL_DECIMAL:
        return ksql_number_decimal(cell, type->scale, &value->decimal) &&
                       ksql_decimal_fits(value->decimal, type->precision)
                   ? 0
                   : -1;
    case KSQL_STRING:
        value->text = cell;
        return 0;
    case KSQL_BYTES:
        return ksql_base64_decode(arena, cell, &value->text) ? 0 : -1;
    case KSQL_TIMESTAMP:
    case KSQL_DATE:
    case KSQL_TIME:
        return read_time(type, cell, &value->number);
    default:
        return -1;
    }
}

int ksql_delimited_read(const struct ksql_type *type, struct of_text cell, struct ksql_arena *arena,
    struct ksql_value *value, struct of_error *error)
{
    struct ksql_value read = {.null = cell.length == 0};
    if (!read.null && read_value(type, cell, arena, &read))
        return of_fail(error, OF_INPUT, "a cell that is no %s", ksql_type_kind_name(type->kind));
    *value = read;
    return 0;
}

/* ---- writing ---- */

static bool is_alphanumeric(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

static bool wants_quotes(struct of_text text, bool first, char delimiter)
{
    if (!text.length)
        return first; /* an empty text; NULL is not asked about */
    if ((first && !is_alphanumeric(text.data[0])) || (uint8_t)text.data[0] <= '#' ||
        (uint8_t)text.data[text.length - 1] <= ' ')
        return true;
    for (size_t i = 0; i < text.length; i++) {
        if (is_line_end(text.data[i]) || text.data[i] == '"' || text.data[i] == delimiter)
            return true;
    }
    return false;
}

static void write_text(struct of_text text, bool first, char delimiter, struct of_buffer *out)
{
    if (!wants_quotes(text, first, delimiter)) {
        of_buffer_append(out, text.data, text.length);
        return;
    }
    of_buffer_append_byte(out, '"');
    for (size_t i = 0; i < text.length; i++) {
        if (text.data[i] == '"')
            of_buffer_append_byte(out, '"');
        of_buffer_append_byte(out, (uint8_t)text.data[i]);
    }
    of_buffer_append_byte(out, '"');
}

void ksql_delimited_write(const struct ksql_type *type, const struct ksql_value *value, bool first,
    char delimiter, struct of_buffer *out)
{
    struct ksql_arena arena OF_CLEANUP(ksql_arena_release) = {0};
    char number[KSQL_DECIMAL_TEXT_MAX];
    struct of_text text = {number, 0};
    if (!first)
        of_buffer_append_byte(out, (uint8_t)delimiter);
    if (value->null)
        return;
    switch (type->kind) {
    case KSQL_STRING:
        text = value->text;
        break;
    case KSQL_BYTES:
        text = ksql_base64_encode(&arena, value->text);
        break;
    case KSQL_DOUBLE:
        text.length = ksql_double_print(value->real, number);
        break;
    case KSQL_DECIMAL:
        text.length = ksql_decimal_print(value->decimal, type->scale, number);
        break;
    case KSQL_BOOLEAN:
        text.length =
            (size_t)snprintf(number, sizeof(number), "%s", value->number ? "true" : "false");
        break;
    default:
        text.length = (size_t)snprintf(number, sizeof(number), "%lld", (long long)value->number);
        break;
    }
    write_text(text, first, delimiter, out);
}
