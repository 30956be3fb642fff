/* Connections, bodies, status codes. What is asked is server.c's. */
#include "ksqld/server/http.h"

#include "base/buffer.h"
#include "base/clock.h"
#include "base/memory.h"
#include "base/signals.h"
#include "ksqld/server/entity.h"

#include <arpa/inet.h>
#include <errno.h>
#include <microhttpd.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#define BIND_AGAIN_MS 50

struct ksql_http {
    struct MHD_Daemon *daemon;
    struct ksql_server *_Atomic server;
    char *user, *password, *address;
};

/* One request while its body comes in. */
struct exchange {
    struct of_buffer body;
};

/* ---- answers ---- */

static enum MHD_Result send_json(
    struct MHD_Connection *connection, unsigned status, json_t *body, const char *type)
{
    char *text = json_dumps(body, JSON_COMPACT);
    json_decref(body);
    struct MHD_Response *response =
        MHD_create_response_from_buffer(strlen(text), text, MHD_RESPMEM_MUST_FREE);
    MHD_add_response_header(response, "Content-Type", type);
    if (status == MHD_HTTP_UNAUTHORIZED)
        MHD_add_response_header(response, "WWW-Authenticate", "Basic realm=\"ksqld\"");
    enum MHD_Result result = MHD_queue_response(connection, status, response);
    MHD_destroy_response(response);
    return result;
}

static enum MHD_Result refuse(
    struct MHD_Connection *connection, unsigned status, int code, const char *message)
{
    return send_json(connection, status, ksql_entity_error(code, message), "application/json");
}

static enum MHD_Result redirect(struct MHD_Connection *connection, const char *to)
{
    static char empty[] = "";
    struct MHD_Response *response =
        MHD_create_response_from_buffer(0, empty, MHD_RESPMEM_PERSISTENT);
    MHD_add_response_header(response, "Location", to);
    enum MHD_Result result = MHD_queue_response(connection, MHD_HTTP_TEMPORARY_REDIRECT, response);
    MHD_destroy_response(response);
    return result;
}

/* ---- authentication ---- */

/* Takes the same time wherever the texts differ. */
static bool same_secret(const char *given, const char *wanted)
{
    size_t length = strlen(wanted), given_length = given ? strlen(given) : 0;
    unsigned difference = given_length != length;
    for (size_t i = 0; i < length; i++)
        difference |= (unsigned char)wanted[i] ^ (unsigned char)(i < given_length ? given[i] : 0);
    return difference == 0;
}

static bool is_allowed(const struct ksql_http *http, struct MHD_Connection *connection)
{
    if (!http->user)
        return true;
    char *password = NULL;
    char *user = MHD_basic_auth_get_username_password(connection, &password);
    bool user_fits = same_secret(user, http->user);
    bool password_fits = same_secret(password, http->password);
    MHD_free(user);
    MHD_free(password);
    return user_fits && password_fits;
}

/* ---- paths ---- */

static enum MHD_Result post_ksql(struct ksql_server *server, struct MHD_Connection *connection,
    const struct of_buffer *body, const char *answer_type)
{
    struct of_error error;
    int status = 200;
    OF_CLEANUP(ksql_request_release) struct ksql_request request = {.sequence = -1};
    if (ksql_request_parse(body->data, body->length, &request, &error) < 0)
        return refuse(connection, MHD_HTTP_BAD_REQUEST, 40000, error.message);
    json_t *answer = ksql_server_execute(server, &request, &status);
    return send_json(connection, (unsigned)status, answer, answer_type);
}

static enum MHD_Result answer_post(struct ksql_server *server, struct MHD_Connection *connection,
    const char *url, const struct of_buffer *body, const char *answer_type)
{
    const char *type = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "Content-Type");
    if (strcmp(url, "/ksql") != 0)
        return refuse(connection, MHD_HTTP_NOT_FOUND, 40400, "orderflow-ksqld takes POST /ksql");
    if (!ksql_request_takes(type))
        return refuse(connection, MHD_HTTP_UNSUPPORTED_MEDIA_TYPE, 41500,
            "HTTP 415 Unsupported Media Type: wanted application/vnd.ksql.v1+json or "
            "application/json");
    if (body->full)
        return refuse(connection, MHD_HTTP_CONTENT_TOO_LARGE, 41300, "the request is too long");
    return post_ksql(server, connection, body, answer_type);
}

static enum MHD_Result answer_get(const struct ksql_http *http, struct ksql_server *server,
    struct MHD_Connection *connection, const char *url, const char *answer_type)
{
    json_t *answer = NULL;
    if (strcmp(url, "/") == 0)
        return redirect(connection, "/info");
    if (strcmp(url, "/info") == 0)
        answer = ksql_server_info(server);
    else if (strcmp(url, "/healthcheck") == 0)
        answer = ksql_server_health(server);
    else if (strcmp(url, "/clusterStatus") == 0)
        answer = ksql_server_cluster_status(server, http->address);
    if (!answer)
        return refuse(connection, MHD_HTTP_NOT_FOUND, 40400,
            "there are GET /info, /healthcheck and /clusterStatus, and POST /ksql");
    return send_json(connection, MHD_HTTP_OK, answer, answer_type);
}

static enum MHD_Result answer(const struct ksql_http *http, struct MHD_Connection *connection,
    const char *url, const char *method, const struct of_buffer *body)
{
    struct ksql_server *server = atomic_load(&((struct ksql_http *)http)->server);
    const char *accept = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "Accept");
    const char *answer_type = ksql_request_answer_type(accept);
    if (!is_allowed(http, connection))
        return refuse(connection, MHD_HTTP_UNAUTHORIZED, 40100, "Unauthorized");
    if (!server)
        return refuse(connection, MHD_HTTP_SERVICE_UNAVAILABLE, 50303,
            "KSQL is not yet ready to serve requests.");
    if (!answer_type)
        return refuse(
            connection, MHD_HTTP_NOT_ACCEPTABLE, 40600, "wanted Accept: application/json");
    if (strcmp(method, "POST") == 0)
        return answer_post(server, connection, url, body, answer_type);
    if (strcmp(method, "GET") == 0 || strcmp(method, "HEAD") == 0)
        return answer_get(http, server, connection, url, answer_type);
    return refuse(connection, MHD_HTTP_METHOD_NOT_ALLOWED, 40500, "GET and POST only");
}

/* ---- libmicrohttpd ---- */

/* Called once with the headers, then for every part of the body, then without one. A body that is
 * too long is read to its end, or the client would never see the answer. */
static enum MHD_Result handle(void *context, struct MHD_Connection *connection, const char *url,
    const char *method, const char *version, const char *upload, size_t *upload_size,
    void **request)
{
    (void)version;
    struct exchange *exchange = *request;
    if (!exchange) {
        exchange = of_alloc(sizeof(*exchange));
        of_buffer_init(&exchange->body, KSQL_REQUEST_MAX);
        *request = exchange;
        return MHD_YES;
    }
    if (*upload_size > 0) {
        if (!exchange->body.full)
            of_buffer_append(&exchange->body, upload, *upload_size);
        *upload_size = 0;
        return MHD_YES;
    }
    return answer(context, connection, url, method, &exchange->body);
}

static void finished(void *context, struct MHD_Connection *connection, void **request,
    enum MHD_RequestTerminationCode code)
{
    (void)context, (void)connection, (void)code;
    struct exchange *exchange = *request;
    if (!exchange)
        return;
    of_buffer_release(&exchange->body);
    free(exchange);
    *request = NULL;
}

static void free_http(struct ksql_http *http)
{
    free(http->user);
    free(http->password);
    free(http->address);
    free(http);
}
OF_DEFINE_CLEANUP(cleanup_http, struct ksql_http *, free_http)

static int set_user(struct ksql_http *http, const char *user_info, struct of_error *error)
{
    if (!user_info)
        return OF_OK;
    const char *colon = strchr(user_info, ':');
    if (!colon)
        return of_fail(error, OF_INPUT, "ksqld.basic.auth.user.info: wanted USER:PASSWORD");
    http->user = of_strndup(user_info, (size_t)(colon - user_info));
    http->password = of_strdup(colon + 1);
    return OF_OK;
}

static bool listen_on(struct ksql_http *http, uint16_t port, struct sockaddr_in *socket)
{
    http->daemon = MHD_start_daemon(
        MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_POLL | MHD_USE_THREAD_PER_CONNECTION, port, NULL,
        NULL, handle, http, MHD_OPTION_SOCK_ADDR, (struct sockaddr *)socket,
        MHD_OPTION_CONNECTION_LIMIT, KSQL_HTTP_CONNECTIONS_MAX, MHD_OPTION_CONNECTION_TIMEOUT,
        KSQL_HTTP_TIMEOUT_S, MHD_OPTION_NOTIFY_COMPLETED, finished, NULL, MHD_OPTION_END);
    return http->daemon != NULL;
}

int ksql_http_start(const char *address, uint16_t port, const char *user_info,
    struct ksql_http **out, struct of_error *error)
{
    OF_CLEANUP(cleanup_http) struct ksql_http *http = of_alloc(sizeof(*http));
    struct sockaddr_in socket = {.sin_family = AF_INET, .sin_port = htons(port)};
    if (inet_pton(AF_INET, address, &socket.sin_addr) != 1)
        return of_fail(error, OF_INPUT, "--listen: '%s' is no IPv4 address", address);
    if (set_user(http, user_info, error) < 0)
        return OF_INPUT;
    http->address = of_asprintf("%s:%u", address, port);
    /* One that was just killed may hold the port for a moment. */
    int64_t deadline = of_clock_monotonic() + KSQL_HTTP_BIND_MS;
    while (!listen_on(http, port, &socket) && errno == EADDRINUSE &&
           of_clock_monotonic() < deadline && !of_signals_stopping())
        of_sleep(BIND_AGAIN_MS);
    if (!http->daemon)
        return of_fail(error, OF_FATAL, "cannot listen on %s: %s", http->address, strerror(errno));
    *out = OF_TAKE(http);
    return OF_OK;
}

void ksql_http_serve(struct ksql_http *http, struct ksql_server *server)
{
    atomic_store(&http->server, server);
}

void ksql_http_stop(struct ksql_http *http)
{
    MHD_stop_daemon(http->daemon);
    free_http(http);
}
