/* Connections and who may open them; bodies as they come in. What is asked is routes.c's. */
#include "ksqld/server/http.h"

#include "base/buffer.h"
#include "base/clock.h"
#include "base/memory.h"
#include "base/signals.h"
#include "ksqld/server/exchange.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#define BIND_AGAIN_MS 50

struct ksql_http {
    struct MHD_Daemon *daemon;
    struct ksql_server *_Atomic server;
    char *user, *password, *address;
    struct ksql_http_context context, starting; /* with the server, and without */
};

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

/* ---- requests ---- */

/* Before anything of the body is looked at. False: it was refused. */
static bool may_come_in(
    const struct ksql_http *http, struct ksql_exchange *exchange, enum MHD_Result *result)
{
    if (!is_allowed(http, exchange->connection))
        *result = ksql_exchange_refuse(exchange, MHD_HTTP_UNAUTHORIZED, 40100, "Unauthorized");
    else if (!exchange->context->server)
        *result = ksql_exchange_refuse(exchange, MHD_HTTP_SERVICE_UNAVAILABLE, 50303,
            "KSQL is not yet ready to serve requests.");
    else
        return true;
    return false;
}

/* A request may name the server, too (RFC 9112, 3.2.2): its path begins behind that. */
static const char *path_of(const char *url)
{
    if (strncmp(url, "http://", 7) != 0)
        return url;
    const char *path = strchr(url + 7, '/');
    return path ? path : "/";
}

static struct ksql_exchange *begin(
    struct ksql_http *http, struct MHD_Connection *connection, const char *url, const char *method)
{
    struct ksql_server *server = atomic_load(&http->server);
    struct ksql_exchange *exchange = of_alloc(sizeof(*exchange));
    exchange->context = server ? &http->context : &http->starting;
    exchange->connection = connection;
    exchange->url = url = path_of(url);
    exchange->method = method;
    of_buffer_init(&exchange->body, KSQL_REQUEST_MAX);
    if (server && is_allowed(http, connection) && strcmp(method, "POST") == 0 &&
        strcmp(url, KSQL_INSERTS_PATH) == 0)
        exchange->inserts = ksql_inserts_new(server, KSQL_INSERTS_ROWS_MAX);
    return exchange;
}

/* A body that is too long is read to its end, or the client would never see the answer. */
static void take(struct ksql_exchange *exchange, const char *bytes, size_t size)
{
    if (exchange->inserts)
        ksql_inserts_take(exchange->inserts, bytes, size);
    else if (!exchange->body.full)
        of_buffer_append(&exchange->body, bytes, size);
}

/* Called once with the headers, then for every part of the body, then without one. */
static enum MHD_Result handle(void *context, struct MHD_Connection *connection, const char *url,
    const char *method, const char *version, const char *upload, size_t *upload_size,
    void **request)
{
    (void)version;
    struct ksql_exchange *exchange = *request;
    enum MHD_Result result = MHD_NO;
    if (!exchange) {
        *request = begin(context, connection, url, method);
        return MHD_YES;
    }
    if (*upload_size > 0) {
        take(exchange, upload, *upload_size);
        *upload_size = 0;
        return MHD_YES;
    }
    return may_come_in(context, exchange, &result) ? ksql_routes_answer(exchange) : result;
}

static void finished(void *context, struct MHD_Connection *connection, void **request,
    enum MHD_RequestTerminationCode code)
{
    (void)context, (void)connection, (void)code;
    struct ksql_exchange *exchange = *request;
    if (!exchange)
        return;
    if (exchange->inserts)
        ksql_inserts_free(exchange->inserts);
    of_buffer_release(&exchange->body);
    free(exchange);
    *request = NULL;
}

/* ---- the daemon ---- */

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
    http->context.address = http->starting.address = http->address;
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
    http->context.server = server;
    atomic_store(&http->server, server);
}

void ksql_http_stop(struct ksql_http *http)
{
    if (http->context.server)
        ksql_server_stop_queries(http->context.server);
    MHD_stop_daemon(http->daemon);
    free_http(http);
}
