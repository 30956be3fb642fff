/* The rim of the gateway. What is asked is the handlers'. */
#include "gateway/http.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/signals.h"
#include "gateway/bucket.h"
#include "gateway/digest.h"
#include "gateway/events.h"
#include "gateway/gateway.h"
#include "gateway/route.h"

#include <arpa/inet.h>
#include <errno.h>
#include <microhttpd.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/resource.h>
#include <unistd.h>

#define BIND_AGAIN_MS 50
#define DRAIN_AGAIN_MS 5
#define THREADS 2
#define CONNECTION_BYTES (32u * 1024) /* headers of one request */
#define HOST_MAX 256

struct http {
    struct MHD_Daemon *daemon;
    struct gateway *gateway;
    atomic_size_t exchanges; /* requests whose answers are not sent yet */
    atomic_bool closing;
};

/* ---- exchanges ---- */

const char *exchange_query(const struct exchange *exchange, const char *name)
{
    return MHD_lookup_connection_value(exchange->connection, MHD_GET_ARGUMENT_KIND, name);
}

const char *exchange_header(const struct exchange *exchange, const char *name)
{
    return MHD_lookup_connection_value(exchange->connection, MHD_HEADER_KIND, name);
}

void exchange_refuse(struct exchange *exchange, const char *name, const char *text)
{
    struct faults faults = {.count = 0};
    faults_add(&faults, name, "%s", text);
    answer_faults(
        &exchange->answer, 400, "bad-parameter", "A parameter is not as it should be.", &faults);
}

bool exchange_number(struct exchange *exchange, const char *name, int64_t least, int64_t most,
    int64_t otherwise, int64_t *value)
{
    char text[CHECK_TEXT_MAX], *end = NULL;
    const char *given = exchange_query(exchange, name);
    *value = otherwise;
    if (!given)
        return true;
    errno = 0;
    *value = strtoll(given, &end, 10);
    bool plain = given[strspn(given, "0123456789-")] == '\0' && end != given && *end == '\0';
    if (plain && errno == 0 && *value >= least && *value <= most)
        return true;
    snprintf(text, sizeof(text), "is no whole number within %lld and %lld", (long long)least,
        (long long)most);
    exchange_refuse(exchange, name, text);
    return false;
}

json_t *exchange_json(struct exchange *exchange)
{
    json_error_t where;
    json_t *body = json_loadb((const char *)exchange->body.data, exchange->body.length,
        JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &where);
    if (!body)
        answer_problem(&exchange->answer, 400, "bad-json",
            "The body is no JSON: line %d, column %d.", where.line < 0 ? 1 : where.line,
            where.column < 0 ? 1 : where.column);
    return body;
}

void exchange_hold(struct exchange *exchange)
{
    exchange->held = true;
    MHD_suspend_connection(exchange->connection);
}

void exchange_let_go(struct exchange *exchange)
{
    exchange->held = false;
    MHD_resume_connection(exchange->connection);
}

/* ---- answers ---- */

static const char page_policy[] =
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

static struct MHD_Response *make_response(struct answer *answer)
{
    if (answer->stream)
        return MHD_create_response_from_callback(
            MHD_SIZE_UNKNOWN, EVENTS_BLOCK, events_read, OF_TAKE(answer->stream), events_free);
    if (answer->fixed)
        return MHD_create_response_from_buffer(
            answer->fixed_size, (void *)answer->fixed, MHD_RESPMEM_PERSISTENT);
    return MHD_create_response_from_buffer(
        answer->body.length, answer->body.data, MHD_RESPMEM_MUST_COPY);
}

static void add_headers(struct MHD_Response *response, const struct answer *answer)
{
    char seconds[16];
    MHD_add_response_header(response, "Content-Type", answer->type);
    MHD_add_response_header(response, "X-Content-Type-Options", "nosniff");
    MHD_add_response_header(response, "Cache-Control", "no-store");
    MHD_add_response_header(response, "Content-Security-Policy",
        answer->is_page ? page_policy : "default-src 'none'; frame-ancestors 'none'");
    if (answer->location[0])
        MHD_add_response_header(response, "Location", answer->location);
    if (answer->allow)
        MHD_add_response_header(response, "Allow", answer->allow);
    if (answer->status == MHD_HTTP_UNAUTHORIZED)
        MHD_add_response_header(response, "WWW-Authenticate", "Bearer realm=\"orderflow\"");
    if (answer->retry_after > 0) {
        snprintf(seconds, sizeof(seconds), "%d", answer->retry_after);
        MHD_add_response_header(response, "Retry-After", seconds);
    }
}

static enum MHD_Result send_answer(struct exchange *exchange)
{
    struct answer *answer = &exchange->answer;
    unsigned class = answer->status / 100;
    of_counter_add(exchange->gateway->requests[class <= 5 ? class : 5], 1);
    struct MHD_Response *response = make_response(answer);
    add_headers(response, answer);
    if (atomic_load(&exchange->http->closing))
        MHD_add_response_header(response, "Connection", "close");
    enum MHD_Result result = MHD_queue_response(exchange->connection, answer->status, response);
    MHD_destroy_response(response);
    return result;
}

/* ---- who may ---- */

/* Whether a browser sent it for a page that is not ours. */
static bool is_foreign(const struct exchange *exchange)
{
    char own[HOST_MAX];
    const char *origin = exchange_header(exchange, "Origin");
    const char *site = exchange_header(exchange, "Sec-Fetch-Site");
    const char *host = exchange_header(exchange, "Host");
    if (site && (strcasecmp(site, "cross-site") == 0 || strcasecmp(site, "same-site") == 0))
        return true;
    if (!origin || !host)
        return false;
    snprintf(own, sizeof(own), "http://%s", host);
    return strcasecmp(origin, own) != 0;
}

/* A name that anybody's DNS can lead to this machine is none of ours. */
static bool is_local_host(const char *host)
{
    char name[HOST_MAX];
    struct in_addr ignored;
    if (!host)
        return true;
    snprintf(name, sizeof(name), "%.*s", (int)strcspn(host, ":"), host);
    return strcasecmp(name, "localhost") == 0 || inet_pton(AF_INET, name, &ignored) == 1;
}

static bool has_token(const struct exchange *exchange, const char *wanted)
{
    static const char scheme[] = "Bearer ";
    const char *given = exchange_header(exchange, "Authorization");
    return given && strncasecmp(given, scheme, strlen(scheme)) == 0 &&
           digest_same_secret(given + strlen(scheme), wanted);
}

/* Of the rate. False: answered. Also what leads nowhere takes one: it costs as much to answer. */
static bool take_token(struct exchange *exchange)
{
    struct gateway *gateway = exchange->gateway;
    if (exchange->route && exchange->route->flags & ROUTE_UNLIMITED)
        return true;
    int wait = buckets_take(gateway->buckets, exchange->client, of_clock_monotonic_ns());
    if (wait == 0)
        return true;
    exchange->answer.retry_after = wait;
    answer_problem(&exchange->answer, MHD_HTTP_TOO_MANY_REQUESTS, "too-many-requests",
        "More than %g requests a second; try again in %d s.", gateway->rate_limit, wait);
    return false;
}

/* False: answered. */
static bool admit(struct exchange *exchange)
{
    struct gateway *gateway = exchange->gateway;
    struct answer *answer = &exchange->answer;
    if (is_foreign(exchange) ||
        (!gateway->token && !is_local_host(exchange_header(exchange, "Host")))) {
        answer_problem(answer, MHD_HTTP_FORBIDDEN, "foreign-origin",
            "The request comes from a page of another origin.");
    } else if (gateway->token && !(exchange->route->flags & ROUTE_OPEN) &&
               !has_token(exchange, gateway->token)) {
        answer_problem(answer, MHD_HTTP_UNAUTHORIZED, "no-token",
            "This wants the header Authorization: Bearer TOKEN.");
    }
    return answer->status == 0;
}

/* ---- the way of a request ---- */

static bool is_json(const char *type)
{
    static const char json[] = "application/json";
    size_t length = type ? strcspn(type, "; \t") : 0;
    return length == strlen(json) && strncasecmp(type, json, length) == 0;
}

/* Of no use but to say which: the name of what is refused may be anything. */
static const char *name_of(const char *parameter)
{
    static const char letters[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";
    size_t length = strspn(parameter, letters);
    return length > 0 && parameter[length] == '\0' && length < CHECK_PATH_MAX ? parameter : "query";
}

static enum MHD_Result on_parameter(
    void *context, enum MHD_ValueKind kind, const char *parameter, const char *value)
{
    (void)kind;
    struct exchange *exchange = context;
    const char *fault = NULL;
    if (!parameter || !route_takes(exchange->route, parameter))
        fault = "means nothing here";
    else if (!value)
        fault = "has no value";
    else if (exchange_query(exchange, parameter) != value)
        fault = "is given twice";
    if (fault)
        exchange_refuse(exchange, parameter ? name_of(parameter) : "query", fault);
    return fault ? MHD_NO : MHD_YES;
}

/* False: answered. A mistyped one would be as none: all orders in place of some. */
static bool check_parameters(struct exchange *exchange)
{
    if (exchange->route->parameters)
        MHD_get_connection_values(
            exchange->connection, MHD_GET_ARGUMENT_KIND, on_parameter, exchange);
    return exchange->answer.status == 0;
}

static void begin(struct exchange *exchange, const char *method, const char *path)
{
    struct answer *answer = &exchange->answer;
    const char *length = exchange_header(exchange, "Content-Length");
    const char *allow = NULL;
    bool bad_id = false;
    enum route_result found = route_find(method, path, &exchange->route, &exchange->id, &allow);
    if (!take_token(exchange))
        return;
    switch (found) {
    case ROUTE_NO_PATH:
        answer_problem(answer, MHD_HTTP_NOT_FOUND, "no-path", "There is no such path.");
        return;
    case ROUTE_NO_METHOD:
        answer->allow = allow;
        answer_problem(
            answer, MHD_HTTP_METHOD_NOT_ALLOWED, "no-method", "This path takes %s.", allow);
        return;
    case ROUTE_BAD_ID:
        bad_id = true;
        break;
    case ROUTE_FOUND:
        break;
    }
    if (!admit(exchange) || !check_parameters(exchange))
        return;
    if (bad_id)
        exchange_refuse(exchange, "id", "is no number of an order");
    else if (length && strtoull(length, NULL, 10) > HTTP_BODY_MAX)
        answer_problem(answer, MHD_HTTP_CONTENT_TOO_LARGE, "too-large", "A body may have %u bytes.",
            HTTP_BODY_MAX);
    else if (exchange->route->flags & ROUTE_TAKES_JSON &&
             !is_json(exchange_header(exchange, "Content-Type")))
        answer_problem(answer, MHD_HTTP_UNSUPPORTED_MEDIA_TYPE, "no-json",
            "The body must be application/json.");
}

static void set_client(struct exchange *exchange)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(exchange->connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    const struct sockaddr_in *from = info ? (const struct sockaddr_in *)info->client_addr : NULL;
    if (!from || from->sin_family != AF_INET)
        return;
    exchange->client = from->sin_addr.s_addr;
    inet_ntop(AF_INET, &from->sin_addr, exchange->address, sizeof(exchange->address));
}

static struct exchange *new_exchange(struct http *http, struct MHD_Connection *connection)
{
    struct exchange *exchange = of_alloc(sizeof(*exchange));
    exchange->http = http;
    exchange->gateway = http->gateway;
    exchange->connection = connection;
    of_buffer_init(&exchange->body, HTTP_BODY_MAX);
    answer_init(&exchange->answer);
    set_client(exchange);
    atomic_fetch_add(&http->exchanges, 1);
    return exchange;
}

/* A body that is refused is read on, or the client would never see the answer; but not for ever. */
static enum MHD_Result take_body(struct exchange *exchange, const char *upload, size_t *size)
{
    bool refused = exchange->answer.status != 0;
    if (!refused && of_buffer_append(&exchange->body, upload, *size) < 0)
        answer_problem(&exchange->answer, MHD_HTTP_CONTENT_TOO_LARGE, "too-large",
            "A body may have %u bytes.", HTTP_BODY_MAX);
    exchange->discarded += *size;
    *size = 0;
    return exchange->discarded > HTTP_DISCARD_MAX ? MHD_NO : MHD_YES;
}

/* Called once with the headers, then for every part of the body, then without one; and again when
 * an exchange that was held is let go. */
static enum MHD_Result handle(void *context, struct MHD_Connection *connection, const char *url,
    const char *method, const char *version, const char *upload, size_t *upload_size,
    void **request)
{
    (void)version;
    struct exchange *exchange = *request;
    if (!exchange) {
        exchange = *request = new_exchange(context, connection);
        begin(exchange, method, url);
        return MHD_YES;
    }
    if (*upload_size > 0)
        return take_body(exchange, upload, upload_size);
    if (exchange->answer.status == 0 && !exchange->route->handle(exchange))
        return MHD_YES;
    return send_answer(exchange);
}

static void finished(void *context, struct MHD_Connection *connection, void **request,
    enum MHD_RequestTerminationCode code)
{
    (void)context, (void)connection, (void)code;
    struct exchange *exchange = *request;
    if (!exchange)
        return;
    if (exchange->answer.stream)
        events_free(exchange->answer.stream);
    order_view_release(&exchange->order);
    of_buffer_release(&exchange->body);
    answer_release(&exchange->answer);
    atomic_fetch_sub(&exchange->http->exchanges, 1);
    free(exchange);
    *request = NULL;
}

/* ---- starting and stopping ---- */

/* Not MHD_quiesce_daemon: its hand and the threads' can both take the listening socket out of the
 * same epoll set, and whoever comes second ends the process (libmicrohttpd 0.9.75). */
static enum MHD_Result accept_policy(void *context, const struct sockaddr *address, socklen_t size)
{
    (void)address, (void)size;
    struct http *http = context;
    return atomic_load(&http->closing) ? MHD_NO : MHD_YES;
}

static bool listen_on(struct http *http, uint16_t port, struct sockaddr_in *socket)
{
    http->daemon = MHD_start_daemon(MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME, port,
        accept_policy, http, handle, http, MHD_OPTION_SOCK_ADDR, (struct sockaddr *)socket,
        MHD_OPTION_THREAD_POOL_SIZE, (unsigned)THREADS, MHD_OPTION_CONNECTION_LIMIT,
        (unsigned)HTTP_CONNECTIONS_MAX, MHD_OPTION_PER_IP_CONNECTION_LIMIT,
        (unsigned)HTTP_CONNECTIONS_PER_CLIENT, MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)HTTP_IDLE_S,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_BYTES, MHD_OPTION_NOTIFY_COMPLETED,
        finished, NULL, MHD_OPTION_END);
    return http->daemon != NULL;
}

/* Many systems begin with 1024, which connections alone would take. */
static void ask_for_descriptors(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= HTTP_DESCRIPTORS)
        return;
    limit.rlim_cur = limit.rlim_max < HTTP_DESCRIPTORS ? limit.rlim_max : HTTP_DESCRIPTORS;
    if (setrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur < HTTP_DESCRIPTORS)
        of_log(OF_LOG_WARNING, "fewer connections than could be",
            OF_F_INT("descriptors", (int64_t)limit.rlim_cur));
}

int http_start(const char *address, uint16_t port, struct gateway *gateway, struct http **out,
    struct of_error *error)
{
    struct sockaddr_in socket = {.sin_family = AF_INET, .sin_port = htons(port)};
    if (inet_pton(AF_INET, address, &socket.sin_addr) != 1)
        return of_fail(error, OF_INPUT, "--listen: '%s' is no IPv4 address", address);
    struct http *http = of_alloc(sizeof(*http));
    http->gateway = gateway;
    ask_for_descriptors();
    /* One that was just killed may hold the port for a moment. */
    int64_t deadline = of_clock_monotonic() + HTTP_BIND_MS;
    while (!listen_on(http, port, &socket) && errno == EADDRINUSE &&
           of_clock_monotonic() < deadline && !of_signals_stopping())
        of_sleep(BIND_AGAIN_MS);
    if (!http->daemon) {
        int cause = errno;
        free(http);
        return of_fail(
            error, OF_FATAL, "cannot listen on %s:%u: %s", address, port, strerror(cause));
    }
    *out = http;
    return OF_OK;
}

void http_quiesce(struct http *http)
{
    atomic_store(&http->closing, true);
}

void http_drain(struct http *http, int64_t patience_ms)
{
    int64_t deadline = of_clock_monotonic() + patience_ms;
    while (atomic_load(&http->exchanges) > 0 && of_clock_monotonic() < deadline)
        of_sleep(DRAIN_AGAIN_MS);
}

void http_stop(struct http *http)
{
    MHD_stop_daemon(http->daemon);
    free(http);
}
