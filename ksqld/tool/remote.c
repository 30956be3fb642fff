/* Requests to a ksqlDB server. What answers mean is answer.c's. */
#include "ksqld/tool/remote.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/signals.h"
#include "net/http.h"

#include <stdlib.h>

#define CONTENT_TYPE "application/vnd.ksql.v1+json"
#define STREAM_TYPE "application/vnd.ksqlapi.delimited.v1"
#define ANSWER_MAX OF_HTTP_BODY_MAX
#define REQUEST_MS 120000 /* a statement that makes topics and registers schemas takes its time */
#define READY_POLL_MS 500
#define STATUS_POLL_MS 200

struct ksql_remote {
    struct of_http *http;
    struct of_buffer body;
    int64_t sequence; /* newest commandSequenceNumber seen, -1: none */
};

/* A server that has just been started. */
static int wait_ready(struct ksql_remote *remote, int64_t wait_ms, struct of_error *error)
{
    int64_t deadline = of_clock_monotonic() + wait_ms;
    bool said = false;
    for (;;) {
        long status = 0;
        int result =
            of_http_request(remote->http, "GET", "/info", NULL, 0, &status, &remote->body, error);
        if (result == OF_OK && status < 500)
            return OF_OK; /* also 401: the statement's answer will say it */
        if (result == OF_OK)
            result = of_fail(error, OF_RETRY, "the ksqlDB server answers with HTTP %ld", status);
        if (result != OF_RETRY || of_clock_monotonic() >= deadline || of_signals_stopping())
            return result;
        if (!said)
            of_log(
                OF_LOG_INFO, "waiting for the ksqlDB server", OF_F_TEXT("message", error->message));
        said = true;
        of_sleep(READY_POLL_MS);
    }
}

int ksql_remote_new(
    const struct of_config *config, struct ksql_remote **out, struct of_error *error)
{
    OF_CLEANUP(of_cleanup_ksql_remote) struct ksql_remote *remote = of_alloc(sizeof(*remote));
    of_buffer_init(&remote->body, ANSWER_MAX);
    remote->sequence = -1;
    const struct of_http_settings settings = {
        .urls = of_config_get(config, "ksql.url"),
        .user_info = of_config_get(config, "ksql.basic.auth.user.info"),
        .ca_file = of_config_get(config, "ksql.ssl.ca.location"),
        .certificate_file = of_config_get(config, "ksql.ssl.certificate.location"),
        .key_file = of_config_get(config, "ksql.ssl.key.location"),
        .key_password = of_config_get(config, "ksql.ssl.key.password"),
        .verify = of_config_bool(config, "ksql.ssl.verify"),
        .request_ms = REQUEST_MS,
        .retries = 0, /* an INSERT INTO that is sent twice starts two queries */
        .accept = CONTENT_TYPE ", application/json",
        .content_type = CONTENT_TYPE,
    };
    int result = of_http_new(&settings, &remote->http, error);
    if (result == OF_OK)
        result = wait_ready(remote, of_config_int(config, "startup.timeout.ms"), error);
    if (result < 0)
        return of_error_context(error, "ksql.url");
    *out = OF_TAKE(remote);
    return OF_OK;
}

void ksql_remote_free(struct ksql_remote *remote)
{
    if (remote->http)
        of_http_free(remote->http);
    of_buffer_release(&remote->body);
    free(remote);
}

/* The request's JSON text, to be freed. */
static char *request_text(
    const struct ksql_remote *remote, const struct ksql_session *session, json_t *statement)
{
    json_t *request = json_pack("{s:o, s:O, s:O}", "ksql", statement, "streamsProperties",
        session->properties, "sessionVariables", session->variables);
    if (remote->sequence >= 0)
        json_object_set_new(request, "commandSequenceNumber", json_integer(remote->sequence));
    char *text = json_dumps(request, JSON_COMPACT);
    json_decref(request);
    return text;
}

static int post(struct ksql_remote *remote, const struct ksql_session *session, const char *text,
    size_t length, long *status, struct of_error *error)
{
    json_t *statement = json_stringn(text, length);
    if (!statement)
        return of_fail(error, OF_INPUT, "the statement is no UTF-8 text");
    OF_FREE char *request = request_text(remote, session, statement);
    return of_http_request(
        remote->http, "POST", "/ksql", request, strlen(request), status, &remote->body, error);
}

/* "/status/stream/%60CLOSED%60/create": the name in the middle may hold anything. */
static char *status_path(const char *command_id)
{
    const char *first = strchr(command_id, '/'), *last = strrchr(command_id, '/');
    if (!first || first == last)
        return NULL;
    OF_FREE char *type = of_strndup(command_id, (size_t)(first - command_id));
    OF_FREE char *name = of_strndup(first + 1, (size_t)(last - first - 1));
    OF_FREE char *escaped = of_http_escape(name);
    return of_asprintf("/status/%s/%s/%s", type, escaped, last + 1);
}

static int follow(struct ksql_remote *remote, struct ksql_answer *answer, struct of_error *error)
{
    int64_t deadline = of_clock_monotonic() + KSQL_REMOTE_WAIT_MS;
    OF_FREE char *path = answer->command_id ? status_path(answer->command_id) : NULL;
    while (path && answer->pending) {
        if (of_clock_monotonic() >= deadline || of_signals_stopping())
            return of_fail(error, OF_RETRY, "the server has not carried it out in %d s: %s",
                KSQL_REMOTE_WAIT_MS / 1000, answer->line);
        of_sleep(STATUS_POLL_MS);
        long status = 0;
        struct ksql_answer now;
        int result =
            of_http_request(remote->http, "GET", path, NULL, 0, &status, &remote->body, error);
        if (result == OF_OK)
            result = ksql_answer_read_status(
                status, remote->body.data, remote->body.length, &now, error);
        if (result < 0)
            return result;
        now.sequence = answer->sequence;
        now.command_id = OF_TAKE(answer->command_id);
        now.entities = OF_TAKE(answer->entities);
        json_t *last = json_array_get(now.entities, json_array_size(now.entities) - 1);
        json_object_set_new(json_object_get(last, "commandStatus"), "message",
            json_string(now.refused ? now.message : now.line));
        ksql_answer_release(answer);
        *answer = now;
    }
    return OF_OK;
}

int ksql_remote_post(struct ksql_remote *remote, const struct ksql_session *session,
    const char *text, size_t length, struct ksql_answer *answer, struct of_error *error)
{
    long status = 0;
    OF_CLEANUP(ksql_answer_release) struct ksql_answer read = {.sequence = -1};
    int result = post(remote, session, text, length, &status, error);
    if (result == OF_OK)
        result = ksql_answer_read(status, remote->body.data, remote->body.length, &read, error);
    if (result == OF_OK)
        result = follow(remote, &read, error);
    if (result < 0)
        return result;
    if (read.sequence > remote->sequence)
        remote->sequence = read.sequence;
    *answer = read;
    read = (struct ksql_answer){.sequence = -1};
    return OF_OK;
}

/* ---- queries ---- */

struct answer_stream {
    struct ksql_stream *stream;
    of_http_ending *ending;
    void *context;
    bool ended;
};

static bool receive(void *context, long status, const void *bytes, size_t size)
{
    struct answer_stream *answer = context;
    return ksql_stream_take(answer->stream, status, bytes, size);
}

static bool is_ending(void *context)
{
    struct answer_stream *answer = context;
    answer->ended = answer->ending(answer->context);
    return answer->ended;
}

static char *query_text(
    const struct ksql_session *session, bool print, const char *text, size_t length)
{
    json_t *request = json_pack("{s:o*, s:O, s:O}", print ? "ksql" : "sql",
        json_stringn(text, length), print ? "streamsProperties" : "properties", session->properties,
        "sessionVariables", session->variables);
    char *body = json_dumps(request, JSON_COMPACT);
    json_decref(request);
    return body;
}

int ksql_remote_stream(struct ksql_remote *remote, const struct ksql_session *session,
    const char *text, size_t length, struct ksql_stream *stream, of_http_ending *ending,
    void *context, struct of_error *error)
{
    struct answer_stream answer = {stream, ending, context, false};
    OF_FREE char *body = query_text(session, stream->text, text, length);
    long status = 0;
    int result = of_http_stream(remote->http, "POST", stream->text ? "/query" : "/query-stream",
        stream->text ? CONTENT_TYPE : STREAM_TYPE, body, strlen(body), &status, receive, is_ending,
        &answer, error);
    struct of_error found;
    int shown = ksql_stream_end(stream, status, result < 0 || answer.ended, &found);
    if (result == OF_OK && shown < 0)
        *error = found;
    return result < 0 ? result : shown;
}

int ksql_remote_query(
    struct ksql_remote *remote, const char *id, char **text, struct of_error *error)
{
    static const char statement[] = "SHOW QUERIES;";
    OF_CLEANUP(ksql_session_release) struct ksql_session empty;
    ksql_session_init(&empty);
    long status = 0;
    int result = post(remote, &empty, statement, sizeof(statement) - 1, &status, error);
    if (result < 0)
        return result;
    if (status != 200)
        return of_fail(error, OF_RETRY, "SHOW QUERIES is answered with HTTP %ld", status);
    return ksql_answer_find_query(remote->body.data, remote->body.length, id, text, error);
}
