/* Which of table, JSON and CSV; each is written at once, so that a pipe has it. */
#include "ksqld/tool/show.h"

#include "base/memory.h"
#include "ksqld/tool/cell.h"
#include "ksqld/tool/grid.h"

#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

const char *const ksql_output_words[] = {"table", "json", "csv", NULL};

static void flush(const struct ksql_show *show, const struct of_buffer *text)
{
    if (text->length > 0)
        fwrite(text->data, 1, text->length, show->out);
    fflush(show->out);
    if (text->full)
        fprintf(stderr, "warning: what takes more than %u bytes to show is left out\n",
            KSQL_SHOW_ROW_MAX);
}

static void line_of_json(const struct ksql_show *show, const json_t *value)
{
    char *text = json_dumps(value, JSON_COMPACT);
    fprintf(show->out, "%s\n", text ? text : "null");
    fflush(show->out);
    free(text);
}

/* A sentence may have lines, but no commands to the terminal. */
static void append_sentence(const char *text, struct of_buffer *out)
{
    size_t at = 0;
    do {
        ksql_cell_append(text, &at, SIZE_MAX / 2, out);
        of_buffer_append_byte(out, '\n');
    } while (text[at]);
}

static void draw(const struct ksql_show *show, struct ksql_grid *grid, struct of_buffer *out)
{
    if (grid->message) {
        OF_FREE char *text = ksql_cell_text(json_array_get(json_array_get(grid->rows, 0), 0));
        append_sentence(text, out);
        return;
    }
    if (grid->caption.length)
        append_sentence(of_buffer_text(&grid->caption), out);
    struct ksql_table table;
    ksql_table_fit(&table, grid->names, grid->rows, show->width);
    ksql_table_head(&table, out);
    for (size_t i = 0; i < json_array_size(grid->rows); i++)
        ksql_table_row(&table, json_array_get(grid->rows, i), out);
    ksql_table_foot(&table, out);
}

static void separate(const struct ksql_grid *grid, struct of_buffer *out)
{
    ksql_cell_csv(grid->names, out);
    for (size_t i = 0; i < json_array_size(grid->rows); i++)
        ksql_cell_csv(json_array_get(grid->rows, i), out);
}

static void show_entity(const struct ksql_show *show, const json_t *entity)
{
    if (show->output == KSQL_OUTPUT_JSON) {
        line_of_json(show, entity);
        return;
    }
    OF_CLEANUP(of_buffer_release) struct of_buffer text;
    OF_CLEANUP(ksql_grid_release) struct ksql_grid grid;
    of_buffer_init(&text, KSQL_SHOW_ROW_MAX);
    ksql_grid_init(&grid, entity);
    if (show->output == KSQL_OUTPUT_CSV)
        separate(&grid, &text);
    else
        draw(show, &grid, &text);
    flush(show, &text);
}

static void warn(const json_t *entity)
{
    size_t index;
    json_t *warning;
    json_array_foreach(json_object_get(entity, "warnings"), index, warning)
    {
        const char *message = json_string_value(json_object_get(warning, "message"));
        fprintf(stderr, "warning: %s\n", message ? message : "");
    }
}

void ksql_show_entities(const struct ksql_show *show, const json_t *entities)
{
    size_t index;
    json_t *entity;
    json_array_foreach(entities, index, entity)
    {
        show_entity(show, entity);
        warn(entity);
    }
}

/* ---- rows ---- */

void ksql_show_columns(struct ksql_show *show, json_t *names, const json_t *types)
{
    OF_CLEANUP(of_buffer_release) struct of_buffer text;
    of_buffer_init(&text, KSQL_SHOW_ROW_MAX);
    show->names = json_incref(names);
    if (show->output == KSQL_OUTPUT_TABLE) {
        ksql_table_fit_types(&show->table, names, types, show->width);
        ksql_table_head(&show->table, &text);
    } else if (show->output == KSQL_OUTPUT_CSV) {
        ksql_cell_csv(names, &text);
    }
    flush(show, &text);
}

static void append_object(const json_t *names, const struct of_text *cells, struct of_buffer *out)
{
    for (size_t i = 0; i < json_array_size(names); i++) {
        const char *name = json_string_value(json_array_get(names, i));
        of_buffer_append_byte(out, i ? ',' : '{');
        of_buffer_append_json_string(out, name ? name : "", name ? strlen(name) : 0);
        of_buffer_append_byte(out, ':');
        of_buffer_append(out, cells[i].data, cells[i].length);
    }
    of_buffer_append_text(out, "}\n");
}

/* Strings without their quotes and escapes; all else as it is written. */
static json_t *read_cells(const struct of_text *cells, size_t count)
{
    json_t *row = json_array();
    for (size_t i = 0; i < count; i++) {
        bool word = strchr("\"ntf", *cells[i].data);
        json_t *value = word ? json_loadb(cells[i].data, cells[i].length,
                                   JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL)
                             : json_stringn(cells[i].data, cells[i].length);
        json_array_append_new(row, value ? value : json_null());
    }
    return row;
}

void ksql_show_row(struct ksql_show *show, const struct of_text *cells, size_t count)
{
    OF_CLEANUP(of_buffer_release) struct of_buffer text;
    of_buffer_init(&text, KSQL_SHOW_ROW_MAX);
    if (show->output == KSQL_OUTPUT_JSON) {
        append_object(show->names, cells, &text);
        flush(show, &text);
        return;
    }
    json_t *row = read_cells(cells, count);
    if (show->output == KSQL_OUTPUT_CSV)
        ksql_cell_csv(row, &text);
    else
        ksql_table_row(&show->table, row, &text);
    flush(show, &text);
    json_decref(row);
}

void ksql_show_end(struct ksql_show *show)
{
    OF_CLEANUP(of_buffer_release) struct of_buffer text;
    of_buffer_init(&text, KSQL_SHOW_ROW_MAX);
    if (show->names && show->output == KSQL_OUTPUT_TABLE)
        ksql_table_foot(&show->table, &text);
    flush(show, &text);
    json_decref(show->names);
    show->names = NULL;
}

size_t ksql_show_width(FILE *out)
{
    struct winsize size;
    if (!isatty(fileno(out)) || ioctl(fileno(out), TIOCGWINSZ, &size) < 0)
        return 0;
    return size.ws_col ? size.ws_col : 80;
}
