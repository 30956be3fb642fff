/* Lines to rows. */
#include "ksqld/tool/stream.h"

#include "base/memory.h"
#include "ksqld/tool/cell.h"

OF_DEFINE_CLEANUP(of_cleanup_json, json_t *, json_decref)

void ksql_stream_init(struct ksql_stream *stream, struct ksql_show *show, bool text)
{
    *stream = (struct ksql_stream){.show = show, .text = text};
    of_buffer_init(&stream->line, KSQL_STREAM_LINE_MAX);
}

void ksql_stream_release(struct ksql_stream *stream)
{
    of_buffer_release(&stream->line);
    of_cleanup_free(&stream->refusal);
    of_cleanup_free(&stream->note);
}

static void keep(char **text, const json_t *message)
{
    of_cleanup_free(text);
    *text = of_strdup(json_is_string(message) ? json_string_value(message) : "");
}

static int take_object(struct ksql_stream *stream, json_t *object)
{
    json_t *names = json_object_get(object, "columnNames");
    if (names && !stream->show->names)
        ksql_show_columns(stream->show, names, json_object_get(object, "columnTypes"));
    else if (json_object_get(object, "finalMessage"))
        keep(&stream->note, json_object_get(object, "finalMessage"));
    else if (json_object_get(object, "message"))
        keep(&stream->refusal, json_object_get(object, "message"));
    return OF_OK; /* members that other releases know are theirs */
}

/* The end of the value that starts here: at the comma or bracket behind it. */
static const char *end_of_value(const char *text)
{
    int depth = 0;
    for (;; text++) {
        if (depth == 0 && (*text == ',' || *text == ']'))
            return text;
        depth += (*text == '[' || *text == '{') - (*text == ']' || *text == '}');
        if (*text != '"')
            continue;
        for (text++; *text != '"'; text++)
            text += *text == '\\';
    }
}

/* The items of an array that is good JSON, as they are written. */
static struct of_text *split(const char *text, size_t count)
{
    struct of_text *cells = of_alloc((count + 1) * sizeof(*cells));
    text = strchr(text, '[');
    for (size_t i = 0; i < count; i++) {
        const char *start = text + 1 + strspn(text + 1, " \t\r");
        text = end_of_value(start);
        cells[i] = (struct of_text){start, (size_t)(text - start)};
        while (cells[i].length && strchr(" \t\r", start[cells[i].length - 1]))
            cells[i].length--;
    }
    return cells;
}

static int take_line(struct ksql_stream *stream)
{
    if (!stream->line.length)
        return OF_OK;
    if (stream->text) {
        const char *text = of_buffer_text(&stream->line);
        OF_CLEANUP(of_buffer_release) struct of_buffer safe;
        of_buffer_init(&safe, 4 * KSQL_STREAM_LINE_MAX);
        for (size_t at = 0; text[at];)
            ksql_cell_append(text, &at, SIZE_MAX / 2, &safe);
        fprintf(stream->show->out, "%s\n", of_buffer_text(&safe));
        fflush(stream->show->out);
        stream->rows++;
        return OF_OK;
    }
    json_error_t where;
    OF_CLEANUP(of_cleanup_json)
    json_t *json = json_loadb((const char *)stream->line.data, stream->line.length, 0, &where);
    if (json_is_object(json))
        return take_object(stream, json);
    if (!json_is_array(json) || !stream->show->names)
        return of_fail(&stream->error, OF_INPUT,
            "the server's answer is no line of JSON (%s); is it a ksqlDB server?",
            json ? "a row without columns" : where.text);
    size_t count = json_array_size(json), columns = json_array_size(stream->show->names);
    if (count != columns)
        return of_fail(&stream->error, OF_INPUT,
            "the server's answer has %zu cells in a row of %zu", count, columns);
    OF_FREE struct of_text *cells = split(of_buffer_text(&stream->line), count);
    stream->rows++;
    ksql_show_row(stream->show, cells, count);
    return OF_OK;
}

bool ksql_stream_take(struct ksql_stream *stream, long status, const void *bytes, size_t size)
{
    const char *next = bytes, *end = next + size;
    while (next < end && stream->result == OF_OK) {
        /* A refusal is one piece of JSON, whatever lines it has. */
        const char *feed = status == 200 ? memchr(next, '\n', (size_t)(end - next)) : NULL;
        of_buffer_append(&stream->line, next, (size_t)((feed ? feed : end) - next));
        stream->result = of_buffer_check(&stream->line, "a row of the answer", &stream->error);
        if (feed && stream->result == OF_OK) {
            stream->result = take_line(stream);
            of_buffer_clear(&stream->line);
        }
        next = feed ? feed + 1 : end;
    }
    return stream->result == OF_OK && !ferror(stream->show->out); /* nobody reads any more */
}

static void take_refusal(struct ksql_stream *stream, long status)
{
    OF_CLEANUP(of_cleanup_json)
    json_t *json = json_loadb((const char *)stream->line.data, stream->line.length, 0, NULL);
    if (json_is_string(json_object_get(json, "message")))
        keep(&stream->refusal, json_object_get(json, "message"));
    else
        stream->refusal = of_asprintf("the server answered with HTTP %ld", status);
}

int ksql_stream_end(struct ksql_stream *stream, long status, bool broken, struct of_error *error)
{
    if (status != 200 && !broken)
        take_refusal(stream, status);
    else if (stream->result == OF_OK && !broken)
        stream->result = take_line(stream);
    ksql_show_end(stream->show);
    if (stream->result < 0)
        *error = stream->error;
    return stream->result;
}
