/* One line an event on standard error. Formatting only: rotation and levels at run time belong to
 * whoever reads standard error. */
#include "base/log.h"

#include "base/buffer.h"
#include "base/clock.h"

#include <math.h>
#include <string.h>
#include <unistd.h>

#define CUT_MARK_MAX 16 /* room for the mark of a cut line */

static struct {
    const char *program;
    enum of_log_level level;
    enum of_log_format format;
} logger = {"orderflow", OF_LOG_INFO, OF_LOG_TEXT};

const char *const of_log_level_words[] = {"debug", "info", "warning", "error", NULL};
const char *const of_log_format_words[] = {"text", "json", NULL};
static const char *const level_labels[] = {"DEBUG", "INFO", "WARNING", "ERROR"};

void of_log_init(const char *program, enum of_log_level level, enum of_log_format format)
{
    logger.program = program;
    logger.level = level;
    logger.format = format;
}

bool of_log_enabled(enum of_log_level level)
{
    return level >= logger.level;
}

/* A value with a space, a quote or a control character is quoted as JSON quotes it. */
static void append_text_value(struct of_buffer *line, const char *text)
{
    bool plain = text[0] != '\0';
    for (const char *c = text; plain && *c; c++)
        plain = *c > ' ' && *c != '"' && *c != '=' && *c != 0x7f;
    if (plain)
        of_buffer_append_text(line, text);
    else
        of_buffer_append_json_string(line, text, strlen(text));
}

static void append_value(struct of_buffer *line, const struct of_field *field)
{
    switch (field->type) {
    case OF_FIELD_TEXT:
        if (!field->text)
            of_buffer_append_text(line, "null");
        else if (logger.format == OF_LOG_JSON)
            of_buffer_append_json_string(line, field->text, strlen(field->text));
        else
            append_text_value(line, field->text);
        break;
    case OF_FIELD_INT:
        of_buffer_appendf(line, "%lld", (long long)field->integer);
        break;
    case OF_FIELD_REAL:
        if (isfinite(field->real))
            of_buffer_appendf(line, "%.6g", field->real);
        else
            of_buffer_append_text(line, "null");
        break;
    }
}

static void append_time(struct of_buffer *line)
{
    int64_t now = of_clock_now();
    struct of_date date;
    of_date_from_millis(now, &date);
    of_buffer_appendf(line, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", date.year, date.month, date.day,
        date.hour, date.minute, date.second, date.millisecond);
}

/* A field goes in as a whole or not at all, so that a cut line still parses. */
static void append_field(struct of_buffer *line, const struct of_field *field)
{
    size_t start = line->length;
    bool was_full = line->full;
    line->full = false;
    if (logger.format == OF_LOG_JSON) {
        of_buffer_append_byte(line, ',');
        of_buffer_append_json_string(line, field->name, strlen(field->name));
        of_buffer_append_byte(line, ':');
    } else {
        of_buffer_appendf(line, " %s=", field->name);
    }
    append_value(line, field);
    if (line->full)
        line->length = start;
    line->full |= was_full;
}

static void format_line(struct of_buffer *line, enum of_log_level level, const char *event,
    const struct of_field *fields)
{
    if (logger.format == OF_LOG_JSON) {
        of_buffer_append_text(line, "{\"time\":\"");
        append_time(line);
        of_buffer_appendf(line, "\",\"level\":\"%s\",\"program\":", of_log_level_words[level]);
        of_buffer_append_json_string(line, logger.program, strlen(logger.program));
        of_buffer_append_text(line, ",\"event\":");
        of_buffer_append_json_string(line, event, strlen(event));
    } else {
        append_time(line);
        of_buffer_appendf(line, " %s %s %s", level_labels[level], logger.program, event);
    }
    for (const struct of_field *field = fields; field->name; field++)
        append_field(line, field);
}

void of_log_write(enum of_log_level level, const char *event, const struct of_field *fields)
{
    static const struct of_field cut[] = {OF_F_TEXT("cut", "true"), {.name = NULL}};
    bool json = logger.format == OF_LOG_JSON;
    OF_CLEANUP(of_buffer_release) struct of_buffer line;
    of_buffer_init(&line, OF_LOG_LINE_MAX - json);
    format_line(&line, level, event, fields);
    if (line.full) {
        of_buffer_clear(&line);
        line.limit -= CUT_MARK_MAX;
        format_line(&line, level, event, fields);
        line.limit += CUT_MARK_MAX;
        append_field(&line, cut);
    }
    line.limit += json + 1;
    of_buffer_append_text(&line, json ? "}\n" : "\n");
    /* One write, so that lines of several threads or processes don't mix. */
    if (write(STDERR_FILENO, line.data, line.length) < 0)
        return;
}

void of_log_error(enum of_log_level level, const char *event, const struct of_error *error)
{
    of_log(level, event, OF_F_TEXT("class", of_error_class_name(error->class)),
        OF_F_TEXT("message", error->message), OF_F_TEXT("origin", error->origin));
}
