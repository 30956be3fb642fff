/* From a checked statement, or rows of JSON, to acknowledged records. */
#include "ksqld/server/insert.h"

#include "base/memory.h"
#include "ksqld/exec/record.h"
#include "ksqld/serde/api_row.h"
#include "ksqld/server/state.h"
#include "ksqld/server/subject.h"

#include <stdlib.h>

#define ANSWER_MAX (256u * 1024 * 1024)
#define ERROR_BAD_REQUEST 40000
#define ERROR_SERVER 50000

/* ---- schemas ---- */

static int find_id(struct ksql_server *server, const struct ksql_insertion *insertion, bool key,
    int32_t *id, struct of_error *error)
{
    const struct ksql_source *target = &insertion->target;
    const struct ksql_subject subject = {
        target->topic, key, key ? target->key_format : target->value_format};
    return ksql_subject_newest(server->registry, &subject, insertion->schemas[key], id, error);
}

static int find_ids(struct ksql_server *server, const struct ksql_insertion *insertion,
    int32_t ids[2], struct of_error *error)
{
    int result = find_id(server, insertion, false, &ids[0], error);
    return result < 0 ? result : find_id(server, insertion, true, &ids[1], error);
}

/* ---- INSERT INTO ... VALUES ---- */

static int send_values(
    struct ksql_server *server, const struct ksql_insertion *insertion, struct of_error *error)
{
    int32_t ids[2];
    int result = find_ids(server, insertion, ids, error);
    if (result < 0)
        return result;
    OF_CLEANUP(ksql_record_writer_release) struct ksql_record_writer writer;
    ksql_record_writer_init(&writer, &insertion->target, ids);
    struct ksql_record_out record = {.timestamp = insertion->timed ? insertion->timestamp : -1};
    struct ksql_ack ack;
    result = ksql_record_write(&writer, insertion->values, &record, error);
    if (result == OF_OK)
        result =
            ksql_outbound_send(server->outbound, insertion->target.topic, &record, &ack, error);
    return result < 0 ? result : ksql_outbound_wait(server->outbound, &ack, error);
}

int ksql_insert_values(struct ksql_server *server, const struct ksql_statement *statement,
    struct ksql_failure *failure)
{
    struct of_error error, cause;
    if (send_values(server, statement->insertion, &cause) == OF_OK)
        return OF_OK;
    of_error_set(&error, cause.class == OF_INPUT ? OF_INPUT : OF_RETRY, cause.origin,
        "Failed to insert values into '%s'. %s", statement->insertion->target.name, cause.message);
    return ksql_request_fail(failure, statement->text, &error);
}

/* ---- POST /inserts-stream ---- */

struct ksql_inserts {
    struct ksql_server *server;
    struct of_buffer line;
    struct ksql_arena arena; /* acknowledgements, which stay where they are */
    struct ksql_arena row;
    struct ksql_ack **acks;
    size_t sent, waited, rows_max;
    bool has_target, refused, ended; /* refused: `failure`; ended: no more rows are taken */
    struct ksql_failure failure;
    struct ksql_statement *statement;
    struct ksql_record_writer writer;
    int code; /* of the row that failed, which is the one behind those sent; 0: none */
    char *message;
};

struct ksql_inserts *ksql_inserts_new(struct ksql_server *server, size_t rows_max)
{
    struct ksql_inserts *inserts = of_alloc(sizeof(*inserts));
    inserts->server = server;
    inserts->rows_max = rows_max;
    of_buffer_init(&inserts->line, KSQL_INSERTS_LINE_MAX);
    return inserts;
}

static int wait_next(struct ksql_inserts *inserts, struct of_error *error)
{
    return ksql_outbound_wait(inserts->server->outbound, inserts->acks[inserts->waited++], error);
}

void ksql_inserts_free(struct ksql_inserts *inserts)
{
    struct of_error ignored;
    while (inserts->waited < inserts->sent)
        (void)!wait_next(inserts, &ignored);
    if (inserts->statement)
        ksql_record_writer_release(&inserts->writer);
    ksql_statement_free(inserts->statement);
    ksql_failure_release(&inserts->failure);
    of_buffer_release(&inserts->line);
    ksql_arena_release(&inserts->arena);
    ksql_arena_release(&inserts->row);
    free(inserts->message);
    free(inserts);
}

static void fail_row(struct ksql_inserts *inserts, int code, const char *message)
{
    inserts->ended = true;
    inserts->code = code;
    inserts->message = of_strdup(message);
}

static int refuse(struct ksql_inserts *inserts, int code, const char *message)
{
    inserts->refused = inserts->ended = true;
    inserts->failure = (struct ksql_failure){
        .status = 400, .error_code = code, .type = "generic_error", .message = of_strdup(message)};
    return OF_INPUT;
}

/* ksqlDB answers without the statement, and its words are other ones for windowed keys. */
static void soften(struct ksql_failure *failure)
{
    size_t length = strlen(failure->message);
    if (length && failure->message[length - 1] == '!')
        failure->message[length - 1] = '\0';
    free(OF_TAKE(failure->statement));
    failure->type = "generic_error";
    if (failure->status == 400)
        failure->error_code = 40001;
}

static int open_target(struct ksql_inserts *inserts, const char *name)
{
    struct ksql_server *server = inserts->server;
    struct of_error error;
    int32_t ids[2];
    pthread_mutex_lock(&server->engine_lock);
    int result =
        ksql_engine_prepare_target(server->engine, name, &inserts->statement, &inserts->failure);
    pthread_mutex_unlock(&server->engine_lock);
    if (result < 0) {
        soften(&inserts->failure);
        inserts->refused = inserts->ended = true;
        return result;
    }
    const struct ksql_insertion *insertion = inserts->statement->insertion;
    result = find_ids(server, insertion, ids, &error);
    /* From here on there is a writer to be released. */
    ksql_record_writer_init(&inserts->writer, &insertion->target, ids);
    if (result == OF_OK)
        return OF_OK;
    refuse(inserts, result == OF_INPUT ? 40001 : ERROR_SERVER, error.message);
    inserts->failure.status = result == OF_INPUT ? 400 : 500;
    return result;
}

/* {"target": "name", "properties": {...}} */
static void take_target(struct ksql_inserts *inserts, const char *text, size_t size)
{
    struct of_error error;
    const struct ksql_json *json = NULL;
    const char *why = NULL;
    inserts->has_target = true;
    if (ksql_json_parse(&inserts->row, text, size, &json, &error) < 0) {
        OF_FREE char *message = of_asprintf("Invalid JSON in request: %s", error.message);
        refuse(inserts, ERROR_BAD_REQUEST, message);
        return;
    }
    const struct ksql_json *target = ksql_json_get(json, "target");
    if (!target || target->kind != KSQL_JSON_STRING) {
        refuse(inserts, ERROR_BAD_REQUEST, "Invalid JSON in request: it has no text \"target\"");
        return;
    }
    char *name = ksql_api_name(&inserts->row, target->text, &why);
    if (!name) {
        OF_FREE char *message = of_asprintf("Invalid target name: %s", why);
        refuse(inserts, 40001, message);
        return;
    }
    (void)!open_target(inserts, name);
}

static int send_row(
    struct ksql_inserts *inserts, const struct ksql_json *json, struct of_error *error)
{
    const struct ksql_insertion *insertion = inserts->statement->insertion;
    struct ksql_value *values =
        ksql_arena_new_array(&inserts->row, insertion->target.schema.count, sizeof(*values));
    struct ksql_record_out record = {.timestamp = -1};
    struct ksql_ack *ack = ksql_arena_new(&inserts->arena, sizeof(*ack));
    int result = ksql_api_row_read(&inserts->row, &insertion->target.schema, json, values, error);
    if (result == OF_OK)
        result = ksql_record_write(&inserts->writer, values, &record, error);
    if (result == OF_OK)
        result = ksql_outbound_send(
            inserts->server->outbound, insertion->target.topic, &record, ack, error);
    if (result == OF_OK)
        *ksql_arena_append(&inserts->arena, inserts->acks, inserts->sent) = ack;
    return result;
}

static void take_row(struct ksql_inserts *inserts, const char *text, size_t size)
{
    struct of_error error = {.kind = NULL};
    const struct ksql_json *json;
    if (inserts->sent == inserts->rows_max) {
        OF_FREE char *message =
            of_asprintf("one request inserts at most %zu rows", inserts->rows_max);
        fail_row(inserts, ERROR_BAD_REQUEST, message);
        return;
    }
    if (ksql_json_parse(&inserts->row, text, size, &json, &error) < 0 ||
        json->kind != KSQL_JSON_OBJECT) {
        fail_row(inserts, ERROR_BAD_REQUEST, "Invalid JSON in inserts stream");
        return;
    }
    int result = send_row(inserts, json, &error);
    bool ours = result == OF_INPUT && !(error.kind && strcmp(error.kind, "server") == 0);
    if (result < 0)
        fail_row(inserts, ours ? ERROR_BAD_REQUEST : ERROR_SERVER, error.message);
}

static bool is_blank(const char *text, size_t size)
{
    while (size && strchr(" \t\r", text[size - 1]))
        size--;
    return size == 0;
}

static void end_line(struct ksql_inserts *inserts)
{
    const char *text = (const char *)inserts->line.data;
    size_t size = inserts->line.length;
    ksql_arena_reset(&inserts->row);
    if (inserts->ended || (size == 0 && !inserts->line.full)) {
        /* nothing to be done */
    } else if (inserts->line.full) {
        OF_FREE char *message = of_asprintf("a row is longer than %u bytes", KSQL_INSERTS_LINE_MAX);
        if (inserts->has_target)
            fail_row(inserts, ERROR_BAD_REQUEST, message);
        else
            refuse(inserts, ERROR_BAD_REQUEST, message);
    } else if (!is_blank(text, size)) {
        (inserts->has_target ? take_row : take_target)(inserts, text, size);
    }
    of_buffer_clear(&inserts->line);
}

void ksql_inserts_take(struct ksql_inserts *inserts, const char *bytes, size_t size)
{
    while (size > 0 && !inserts->ended) {
        const char *end = memchr(bytes, '\n', size);
        size_t part = end ? (size_t)(end - bytes) : size;
        of_buffer_append(&inserts->line, bytes, part);
        if (!end)
            return;
        end_line(inserts);
        bytes += part + 1;
        size -= part + 1;
    }
}

/* ---- the answer ---- */

static void append_error(struct of_buffer *out, size_t sequence, int code, const char *message)
{
    of_buffer_appendf(
        out, "{\"status\":\"error\",\"seq\":%zu,\"error_code\":%d,\"message\":", sequence, code);
    of_buffer_append_json_string(out, message, strlen(message));
    of_buffer_append_text(out, "}");
}

static void append_rows(struct ksql_inserts *inserts, bool array, struct of_buffer *out)
{
    struct of_error error;
    const char *between = array ? "," : "\n";
    while (inserts->waited < inserts->sent) {
        size_t sequence = inserts->waited;
        int result = wait_next(inserts, &error);
        if (result < 0) {
            append_error(out, sequence, ERROR_SERVER, error.message);
            of_buffer_append_text(out, between);
            return; /* nothing comes behind an error */
        }
        of_buffer_appendf(out, "{\"status\":\"ok\",\"seq\":%zu}%s", sequence, between);
    }
    if (inserts->code) {
        append_error(out, inserts->sent, inserts->code, inserts->message);
        of_buffer_append_text(out, between);
    }
}

char *ksql_inserts_answer(struct ksql_inserts *inserts, bool array, struct ksql_failure *failure)
{
    end_line(inserts); /* the last one may have no end */
    if (!inserts->has_target && !inserts->refused)
        refuse(inserts, ERROR_BAD_REQUEST, "Invalid JSON in request: there is none");
    if (inserts->refused) {
        *failure = inserts->failure;
        inserts->failure = (struct ksql_failure){.message = NULL};
        return NULL;
    }
    struct of_buffer out OF_CLEANUP(of_buffer_release);
    of_buffer_init(&out, ANSWER_MAX);
    if (array)
        of_buffer_append_byte(&out, '[');
    append_rows(inserts, array, &out);
    if (array && out.data[out.length - 1] == ',')
        out.length--;
    if (array)
        of_buffer_append_byte(&out, ']');
    return of_strdup(of_buffer_text(&out));
}
