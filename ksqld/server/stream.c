/* POST /query, /query-stream and /close-query: answers that go on for as long as their queries and
 * clients do. A connection has a thread of its own, which drives its query whenever libmicrohttpd
 * asks for more bytes. */
#include "ksqld/server/stream.h"

#include "base/clock.h"
#include "base/memory.h"
#include "ksqld/server/query.h"
#include "ksqld/server/settings.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>

#define BLOCK 32768
#define SLICE_MS 100 /* how long a client that went away goes unnoticed */

struct stream {
    struct ksql_querying *querying;
    struct of_buffer out; /* what libmicrohttpd has not taken yet */
    size_t taken;
    int socket;
    bool over, beats;
    int64_t beat_at; /* of an answer that would else be silent */
};

static void free_stream(void *context)
{
    struct stream *stream = context;
    ksql_querying_free(stream->querying);
    of_buffer_release(&stream->out);
    free(stream);
}

static bool is_gone(const struct stream *stream)
{
    struct pollfd poll_fd = {.fd = stream->socket, .events = POLLRDHUP};
    return stream->socket >= 0 && poll(&poll_fd, 1, 0) > 0 &&
           (poll_fd.revents & (POLLRDHUP | POLLHUP | POLLERR));
}

/* Until there is something to send. False: the client is gone. */
static bool fill(struct stream *stream)
{
    stream->taken = 0;
    of_buffer_clear(&stream->out);
    while (stream->out.length == 0 && !stream->over) {
        stream->over = !ksql_querying_read(stream->querying, SLICE_MS, &stream->out);
        if (stream->out.length || stream->over)
            break;
        if (is_gone(stream))
            return false;
        if (stream->beats && of_clock_monotonic() >= stream->beat_at)
            of_buffer_append_byte(&stream->out, '\n');
    }
    stream->beat_at = of_clock_monotonic() + KSQL_STREAM_BEAT_MS;
    return true;
}

static ssize_t read_stream(void *context, uint64_t position, char *bytes, size_t max)
{
    (void)position;
    struct stream *stream = context;
    if (stream->taken == stream->out.length && !fill(stream))
        return MHD_CONTENT_READER_END_WITH_ERROR;
    size_t left = stream->out.length - stream->taken, part = left < max ? left : max;
    if (!part)
        return MHD_CONTENT_READER_END_OF_STREAM;
    memcpy(bytes, stream->out.data + stream->taken, part);
    stream->taken += part;
    return (ssize_t)part;
}

static int socket_of(struct MHD_Connection *connection)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    return info ? info->connect_fd : -1;
}

/* Takes the query. */
static enum MHD_Result answer(struct ksql_exchange *exchange, struct ksql_querying *querying,
    enum ksql_telling_form form, const char *type)
{
    struct stream *stream = of_alloc(sizeof(*stream));
    stream->querying = querying;
    stream->socket = socket_of(exchange->connection);
    stream->beats = form == KSQL_TELL_ROWS;
    of_buffer_init(&stream->out, (size_t)2 * KSQL_PULL_BYTES_MAX);
    struct MHD_Response *response = MHD_create_response_from_callback(
        MHD_SIZE_UNKNOWN, BLOCK, read_stream, stream, free_stream);
    if (!response) {
        free_stream(stream);
        return MHD_NO;
    }
    MHD_add_response_header(response, "Content-Type", type);
    /* Rows may be long in coming: that is no idle client. */
    MHD_set_connection_option(exchange->connection, MHD_CONNECTION_OPTION_TIMEOUT, 0u);
    enum MHD_Result result = MHD_queue_response(exchange->connection, MHD_HTTP_OK, response);
    MHD_destroy_response(response);
    return result;
}

static enum MHD_Result start(struct ksql_exchange *exchange, const struct ksql_request *request,
    enum ksql_telling_form form, const char *type)
{
    OF_CLEANUP(ksql_failure_release) struct ksql_failure failure = {.message = NULL};
    struct ksql_querying *querying = NULL;
    if (ksql_querying_new(exchange->context->server, request, form, &querying, &failure) < 0)
        return ksql_exchange_fail(exchange, &failure);
    return answer(exchange, querying, form, type);
}

/* Forms by the types that ask for them; the first is the endpoint's own. */
struct form {
    const char *type;
    enum ksql_telling_form form;
};

static enum MHD_Result post(struct ksql_exchange *exchange, const struct form *forms,
    const char *const *types, size_t count, bool old)
{
    struct of_error error;
    enum MHD_Result result = MHD_NO;
    const char *type = ksql_exchange_type(exchange, types, count, &result);
    if (!type || !ksql_exchange_has_body(exchange, false, &result))
        return result;
    OF_CLEANUP(ksql_request_release) struct ksql_request request = {.sequence = -1};
    int parsed = (old ? ksql_request_parse : ksql_request_parse_query)(
        exchange->body.data, exchange->body.length, &request, &error);
    if (parsed == OF_OK)
        parsed =
            ksql_settings_check_all(request.properties.items, request.properties.count, &error);
    if (parsed < 0)
        return ksql_exchange_refuse(exchange, MHD_HTTP_BAD_REQUEST, 40000, error.message);
    size_t i = 0;
    while (strcmp(types[i], type) != 0)
        i++;
    return start(exchange, &request, forms[i].form, forms[i].type);
}

#define DELIMITED "application/vnd.ksqlapi.delimited.v1"
#define ROWS "application/vnd.ksql.v1+json"
#define ARRAY "application/json"

enum MHD_Result ksql_stream_post_query(struct ksql_exchange *exchange)
{
    static const char *const types[] = {ROWS, ARRAY, DELIMITED};
    static const struct form forms[] = {
        {ROWS, KSQL_TELL_ROWS}, {ROWS, KSQL_TELL_ROWS}, {DELIMITED, KSQL_TELL_LINES}};
    return post(exchange, forms, types, OF_COUNT(types), true);
}

enum MHD_Result ksql_stream_post_query_stream(struct ksql_exchange *exchange)
{
    static const char *const types[] = {DELIMITED, ARRAY, ROWS};
    static const struct form forms[] = {
        {DELIMITED, KSQL_TELL_LINES}, {ARRAY, KSQL_TELL_ARRAY}, {ROWS, KSQL_TELL_ROWS}};
    return post(exchange, forms, types, OF_COUNT(types), false);
}

enum MHD_Result ksql_stream_post_close(struct ksql_exchange *exchange)
{
    enum MHD_Result result = MHD_NO;
    if (!ksql_exchange_has_body(exchange, false, &result))
        return result;
    OF_CLEANUP(of_cleanup_json)
    json_t *body = json_loadb((const char *)exchange->body.data, exchange->body.length, 0, NULL);
    const char *id = json_string_value(json_object_get(body, "queryId"));
    if (!id)
        return ksql_exchange_refuse(exchange, MHD_HTTP_BAD_REQUEST, 40000,
            "Invalid JSON in request: it has no text \"queryId\"");
    if (ksql_server_close_query(exchange->context->server, id))
        return ksql_exchange_text(exchange, MHD_HTTP_OK, of_strdup(""), ARRAY);
    OF_FREE char *message = of_asprintf("No query with id %s", id);
    return ksql_exchange_refuse(exchange, MHD_HTTP_BAD_REQUEST, 40000, message);
}
