/* In ROWS, a push query's items have their comma behind them, since something always follows; a
 * pull query's have it before them. */
#include "ksqld/server/telling.h"

#include <string.h>

static void append_string(struct of_buffer *out, const char *text)
{
    of_buffer_append_json_string(out, text, strlen(text));
}

static void append_list(const struct ksql_schema *columns, bool types, struct of_buffer *out)
{
    of_buffer_append_byte(out, '[');
    for (size_t i = 0; i < columns->count; i++) {
        struct of_buffer type OF_CLEANUP(of_buffer_release);
        of_buffer_init(&type, out->limit);
        if (types)
            ksql_type_format(columns->columns[i].type, false, &type);
        of_buffer_append_text(out, i ? "," : "");
        append_string(out, types ? of_buffer_text(&type) : columns->columns[i].name);
    }
    of_buffer_append_byte(out, ']');
}

/* "`K` BIGINT KEY, `V` STRING" */
static void append_schema(const struct ksql_schema *columns, bool keys, struct of_buffer *out)
{
    struct of_buffer text OF_CLEANUP(of_buffer_release);
    of_buffer_init(&text, out->limit);
    for (size_t i = 0; i < columns->count; i++) {
        const struct ksql_column *column = &columns->columns[i];
        of_buffer_appendf(&text, "%s`%s` ", i ? ", " : "", column->name);
        ksql_type_format(column->type, true, &text);
        of_buffer_append_text(&text, keys && column->key ? " KEY" : "");
    }
    append_string(out, of_buffer_text(&text));
}

void ksql_tell_header(struct ksql_telling *telling, const char *query_id,
    const struct ksql_schema *columns, struct of_buffer *out)
{
    bool rows = telling->form == KSQL_TELL_ROWS;
    of_buffer_append_text(out, telling->form == KSQL_TELL_LINES ? "" : "[");
    of_buffer_append_text(out, rows ? "{\"header\":{\"queryId\":" : "{\"queryId\":");
    append_string(out, query_id);
    if (rows) {
        of_buffer_append_text(out, ",\"schema\":");
        append_schema(columns, telling->pull, out);
        of_buffer_append_text(out, telling->pull ? "}}" : "}},\n");
        return;
    }
    of_buffer_append_text(out, ",\"columnNames\":");
    append_list(columns, false, out);
    of_buffer_append_text(out, ",\"columnTypes\":");
    append_list(columns, true, out);
    of_buffer_append_text(out, telling->form == KSQL_TELL_LINES ? "}\n" : "}");
}

/* Around one item. */
static void begin_item(struct ksql_telling *telling, struct of_buffer *out)
{
    if (telling->form == KSQL_TELL_ARRAY)
        of_buffer_append_byte(out, ',');
    if (telling->form == KSQL_TELL_ROWS && telling->pull)
        of_buffer_append_text(out, ",\n");
}

static void end_item(struct ksql_telling *telling, bool last, struct of_buffer *out)
{
    if (telling->form == KSQL_TELL_LINES)
        of_buffer_append_byte(out, '\n');
    if (telling->form == KSQL_TELL_ROWS && !telling->pull && !last)
        of_buffer_append_text(out, ",\n");
}

void ksql_tell_row(
    struct ksql_telling *telling, const void *row, size_t size, bool gone, struct of_buffer *out)
{
    bool rows = telling->form == KSQL_TELL_ROWS;
    if (gone && !rows)
        return;
    begin_item(telling, out);
    of_buffer_append_text(out, rows ? "{\"row\":{\"columns\":" : "");
    of_buffer_append(out, row, size);
    if (rows)
        of_buffer_append_text(out, gone ? ",\"tombstone\":true}}" : "}}");
    end_item(telling, false, out);
}

void ksql_tell_error(
    struct ksql_telling *telling, int code, const char *message, struct of_buffer *out)
{
    bool rows = telling->form == KSQL_TELL_ROWS;
    begin_item(telling, out);
    of_buffer_appendf(out, "%s{\"@type\":\"generic_error\",\"error_code\":%d,\"message\":",
        rows ? "{\"errorMessage\":" : "", code);
    append_string(out, message);
    of_buffer_append_text(out, rows ? "}}" : "}");
    end_item(telling, true, out);
}

void ksql_tell_end(struct ksql_telling *telling, const char *message, struct of_buffer *out)
{
    if (telling->form == KSQL_TELL_ROWS && !telling->pull && message) {
        of_buffer_append_text(out, "{\"finalMessage\":");
        append_string(out, message);
        of_buffer_append_byte(out, '}');
    }
    /* ksqlDB's Python client wants a line end behind the old form's last bracket. */
    static const char *const ends[] = {
        [KSQL_TELL_LINES] = "", [KSQL_TELL_ARRAY] = "]", [KSQL_TELL_ROWS] = "]\n"};
    of_buffer_append_text(out, ends[telling->form]);
}
