/* ksqlDB's JSON answers to what the tool needs of them. Fields that are missing are taken for
 * empty, so that other releases' answers are read as well. */
#include "ksqld/tool/answer.h"

#include "base/memory.h"

#include <stdio.h>

#define LINE_MAX_BYTES (64u * 1024)

OF_DEFINE_CLEANUP(of_cleanup_json, json_t *, json_decref)

void ksql_answer_release(struct ksql_answer *answer)
{
    of_cleanup_free(&answer->message);
    of_cleanup_free(&answer->line);
    of_cleanup_free(&answer->command_id);
    json_decref(answer->entities);
    *answer = (struct ksql_answer){.sequence = -1};
}

static const char *text_of(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));
    return text ? text : "";
}

static int parse(const void *body, size_t size, json_t **json, struct of_error *error)
{
    json_error_t where;
    *json = json_loadb(body, size, JSON_REJECT_DUPLICATES, &where);
    if (!*json)
        return of_fail(error, OF_INPUT,
            "the server's answer is no JSON (%s at byte %d); is it a ksqlDB server?", where.text,
            where.position);
    return OF_OK;
}

/* Line breaks would make two lines of one. */
static void append_flat(struct of_buffer *line, const char *text)
{
    for (; *text; text++)
        of_buffer_append_byte(line, *text == '\n' ? ' ' : (uint8_t)*text);
}

static void append_names(struct of_buffer *line, const json_t *list, const char *what,
    const char *name, const char *state)
{
    size_t count = json_array_size(list);
    of_buffer_appendf(line, "%zu %s", count, what);
    for (size_t i = 0; i < count && i < KSQL_ANSWER_NAMES_MAX; i++) {
        const json_t *entry = json_array_get(list, i);
        append_flat(line, i ? ", " : ": ");
        append_flat(line, text_of(entry, name));
        if (state && *text_of(entry, state))
            of_buffer_appendf(line, " (%s)", text_of(entry, state));
    }
    if (count > KSQL_ANSWER_NAMES_MAX)
        append_flat(line, ", ...");
}

static void append_description(struct of_buffer *line, const json_t *source)
{
    of_buffer_appendf(line, "%s %s over topic %s, ", text_of(source, "type"),
        text_of(source, "name"), text_of(source, "topic"));
    append_names(line, json_object_get(source, "fields"), "columns", "name", NULL);
}

/* The lists that SHOW answers: where the rows are, and what to show of each. */
static const struct list {
    const char *type, *rows, *what, *name, *state;
} lists[] = {
    {"streams", "streams", "streams", "name", NULL},
    {"tables", "tables", "tables", "name", NULL},
    {"queries", "queries", "queries", "id", "state"},
    {"kafka_topics", "topics", "topics", "name", NULL},
    {"properties", "properties", "properties", "name", NULL},
    {"function_names", "functions", "functions", "name", NULL},
    {"variables", "variables", "variables", "name", "value"},
};

static void append_entity(struct of_buffer *line, const json_t *entity)
{
    const char *type = text_of(entity, "@type");
    for (size_t i = 0; i < OF_COUNT(lists); i++)
        if (strcmp(type, lists[i].type) == 0) {
            append_names(line, json_object_get(entity, lists[i].rows), lists[i].what, lists[i].name,
                lists[i].state);
            return;
        }
    if (strcmp(type, "currentStatus") == 0)
        append_flat(line, text_of(json_object_get(entity, "commandStatus"), "message"));
    else if (strcmp(type, "sourceDescription") == 0)
        append_description(line, json_object_get(entity, "sourceDescription"));
    else if (*text_of(entity, "message"))
        append_flat(line, text_of(entity, "message"));
    else
        append_flat(line, type);
    size_t index;
    json_t *warning;
    json_array_foreach(json_object_get(entity, "warnings"), index, warning)
    {
        append_flat(line, "; warning: ");
        append_flat(line, text_of(warning, "message"));
    }
}

static bool is_word(const char *text, const char *const *words)
{
    for (; *words; words++)
        if (strcmp(text, *words) == 0)
            return true;
    return false;
}

/* QUEUED, PARSING, EXECUTING: on its way; ERROR: it failed after it had been accepted. */
static void read_command(const json_t *command, struct ksql_answer *answer)
{
    static const char *const on_its_way[] = {"QUEUED", "PARSING", "EXECUTING", NULL};
    const char *status = text_of(command, "status");
    answer->pending = is_word(status, on_its_way);
    answer->refused = strcmp(status, "ERROR") == 0;
    if (answer->refused)
        answer->message = of_strdup(text_of(command, "message"));
}

static void read_entity(const json_t *entity, struct ksql_answer *answer)
{
    const json_t *command = json_object_get(entity, "commandStatus");
    const json_t *sequence = json_object_get(entity, "commandSequenceNumber");
    if (json_is_integer(sequence))
        answer->sequence = json_integer_value(sequence);
    if (!command)
        return;
    of_cleanup_free(&answer->command_id);
    answer->command_id = of_strdup(text_of(entity, "commandId"));
    read_command(command, answer);
}

static void read_refusal(long status, const json_t *body, struct ksql_answer *answer)
{
    const char *message = text_of(body, "message");
    answer->refused = true;
    answer->message =
        *message ? of_strdup(message) : of_asprintf("the server answered with HTTP %ld", status);
}

int ksql_answer_read(
    long status, const void *body, size_t size, struct ksql_answer *answer, struct of_error *error)
{
    OF_CLEANUP(ksql_answer_release) struct ksql_answer read = {.sequence = -1};
    OF_CLEANUP(of_cleanup_json) json_t *json = NULL;
    OF_CLEANUP(of_buffer_release) struct of_buffer line;
    of_buffer_init(&line, LINE_MAX_BYTES);
    if (status == 401 || status == 403)
        read_refusal(status, NULL, &read); /* proxies answer with pages of their own */
    else if (parse(body, size, &json, error) < 0)
        return OF_INPUT;
    else if (status != 200)
        read_refusal(status, json, &read);
    else if (!json_is_array(json))
        return of_fail(error, OF_INPUT, "the server's answer is no list of results");
    size_t index;
    json_t *entity;
    json_array_foreach(json, index, entity)
    {
        if (index)
            append_flat(&line, "; ");
        read_entity(entity, &read);
        append_entity(&line, entity);
    }
    read.line = of_strdup(of_buffer_text(&line));
    read.entities = read.refused ? NULL : OF_TAKE(json);
    *answer = read;
    read = (struct ksql_answer){.sequence = -1};
    return OF_OK;
}

int ksql_answer_read_status(
    long status, const void *body, size_t size, struct ksql_answer *answer, struct of_error *error)
{
    OF_CLEANUP(of_cleanup_json) json_t *json = NULL;
    if (parse(body, size, &json, error) < 0)
        return OF_INPUT;
    struct ksql_answer read = {.sequence = -1};
    if (status == 200)
        read_command(json, &read);
    else
        read_refusal(status, json, &read);
    read.line = of_strdup(text_of(json, "message"));
    *answer = read;
    return OF_OK;
}

int ksql_answer_find_query(
    const void *body, size_t size, const char *id, char **text, struct of_error *error)
{
    OF_CLEANUP(of_cleanup_json) json_t *json = NULL;
    if (parse(body, size, &json, error) < 0)
        return OF_INPUT;
    const json_t *queries = json_object_get(json_array_get(json, 0), "queries");
    if (!json_is_array(queries))
        return of_fail(error, OF_INPUT, "the server's answer to SHOW QUERIES is no list");
    char *found = NULL;
    size_t index;
    json_t *query;
    json_array_foreach(queries, index, query) if (!found && strcmp(text_of(query, "id"), id) == 0)
        found = of_strdup(text_of(query, "queryString"));
    *text = found;
    return OF_OK;
}

bool ksql_answer_place(const char *message, int *line, int *column)
{
    const char *words = strstr(message, "Line: ");
    int at_line, at_column;
    if (sscanf(message, "line %d:%d", &at_line, &at_column) != 2 &&
        !(words && sscanf(words, "Line: %d, Col: %d", &at_line, &at_column) == 2))
        return false;
    if (at_line < 1 || at_column < 1)
        return false;
    *line = at_line;
    *column = at_column;
    return true;
}
