/* Drawing: borders, wrapping within cells, and lists where a table would be too narrow. What a cell
 * holds is cell.c's. */
#include "ksqld/tool/table.h"

#include "base/memory.h"
#include "ksqld/tool/cell.h"

#define WIDE SIZE_MAX / KSQL_TABLE_COLUMNS_MAX / 2 /* as wide as it may get */
#define OPEN_WIDTH 32 /* of a column of any text, before its first row, without a width to fit */

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

static size_t sum_of(const struct ksql_table *table, size_t most)
{
    size_t sum = 1;
    for (size_t i = 0; i < table->count; i++)
        sum += least(table->widths[i], most) + 3;
    return sum;
}

/* The widest columns give way, all down to one width. */
static void fit(struct ksql_table *table, size_t width)
{
    size_t most = 0;
    if (!width || sum_of(table, WIDE) <= width)
        return;
    table->list = sum_of(table, KSQL_TABLE_CELL_MIN) > width;
    for (most = KSQL_TABLE_CELL_MIN; sum_of(table, most + 1) <= width;)
        most++;
    for (size_t i = 0; i < table->count; i++)
        table->widths[i] = least(table->widths[i], most);
}

static void widen(struct ksql_table *table, const json_t *row)
{
    for (size_t i = 0; i < table->count; i++) {
        OF_FREE char *text = ksql_cell_text(json_array_get(row, i));
        size_t width = ksql_cell_width(text);
        if (width > table->widths[i])
            table->widths[i] = width;
    }
}

static void start(struct ksql_table *table, json_t *names)
{
    *table = (struct ksql_table){
        .names = names, .count = least(json_array_size(names), KSQL_TABLE_COLUMNS_MAX)};
    widen(table, names);
}

void ksql_table_fit(struct ksql_table *table, json_t *names, const json_t *rows, size_t width)
{
    start(table, names);
    for (size_t i = 0; i < json_array_size(rows); i++)
        widen(table, json_array_get(rows, i));
    fit(table, width);
}

static size_t width_of_type(const char *type, size_t open)
{
    static const struct {
        const char *name;
        size_t width;
    } types[] = {{"BOOLEAN", 5}, {"INTEGER", 11}, {"BIGINT", 20}, {"DOUBLE", 22}, {"DATE", 10},
        {"TIMESTAMP", 23}, {"TIME", 12}};
    for (size_t i = 0; i < OF_COUNT(types); i++)
        if (strcmp(type, types[i].name) == 0)
            return types[i].width;
    int precision;
    if (sscanf(type, "DECIMAL(%d", &precision) == 1 && precision > 0 && precision < 1000)
        return (size_t)precision + 2;
    return open;
}

void ksql_table_fit_types(
    struct ksql_table *table, json_t *names, const json_t *types, size_t width)
{
    start(table, names);
    for (size_t i = 0; i < table->count; i++) {
        const char *type = json_string_value(json_array_get(types, i));
        size_t wanted = width_of_type(type ? type : "", width ? width : OPEN_WIDTH);
        if (wanted > table->widths[i])
            table->widths[i] = wanted;
    }
    fit(table, width);
}

static void rule(const struct ksql_table *table, struct of_buffer *out)
{
    for (size_t i = 0; i < table->count; i++) {
        of_buffer_append_byte(out, '+');
        for (size_t n = 0; n < table->widths[i] + 2; n++)
            of_buffer_append_byte(out, '-');
    }
    of_buffer_append_text(out, "+\n");
}

/* One line of text of each cell; false: no cell had any left. */
static bool line(
    const struct ksql_table *table, char *const *texts, size_t *at, struct of_buffer *out)
{
    bool left = false;
    for (size_t i = 0; i < table->count; i++) {
        of_buffer_append_text(out, i ? " | " : "| ");
        size_t used = ksql_cell_append(texts[i], &at[i], table->widths[i], out);
        of_buffer_appendf(out, "%*s", (int)(table->widths[i] - least(used, table->widths[i])), "");
        left |= texts[i][at[i]] != '\0';
    }
    of_buffer_append_text(out, " |\n");
    return left;
}

static void cells(const struct ksql_table *table, const json_t *row, struct of_buffer *out)
{
    OF_FREE char **texts = of_alloc((table->count + 1) * sizeof(*texts));
    OF_FREE size_t *at = of_alloc((table->count + 1) * sizeof(*at));
    for (size_t i = 0; i < table->count; i++)
        texts[i] = ksql_cell_text(json_array_get(row, i));
    while (line(table, texts, at, out))
        ;
    for (size_t i = 0; i < table->count; i++)
        of_cleanup_free(&texts[i]);
}

/* NAME: the whole text, its further lines below it. */
static void list(const struct ksql_table *table, const json_t *row, struct of_buffer *out)
{
    for (size_t i = 0; i < table->count; i++) {
        OF_FREE char *name = ksql_cell_text(json_array_get(table->names, i));
        OF_FREE char *text = ksql_cell_text(json_array_get(row, i));
        size_t at = 0;
        ksql_cell_append(name, &at, WIDE, out);
        of_buffer_append_text(out, ": ");
        at = 0;
        do {
            if (at)
                of_buffer_append_text(out, "  ");
            ksql_cell_append(text, &at, WIDE, out);
            of_buffer_append_byte(out, '\n');
        } while (text[at]);
    }
    of_buffer_append_byte(out, '\n');
}

void ksql_table_head(const struct ksql_table *table, struct of_buffer *out)
{
    if (table->list || !table->count)
        return;
    rule(table, out);
    cells(table, table->names, out);
    rule(table, out);
}

void ksql_table_row(const struct ksql_table *table, const json_t *row, struct of_buffer *out)
{
    if (table->list)
        list(table, row, out);
    else
        cells(table, row, out);
}

void ksql_table_foot(const struct ksql_table *table, struct of_buffer *out)
{
    if (!table->list && table->count)
        rule(table, out);
}
