/* The telemetry port: three read-only paths on libmicrohttpd's own thread. */
#include "telemetry/server.h"

#include "base/clock.h"
#include "base/memory.h"

#include <arpa/inet.h>
#include <errno.h>
#include <microhttpd.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#define OF_TELEMETRY_CONNECTIONS_MAX 16
#define OF_TELEMETRY_TIMEOUT_S 10
#define OF_TELEMETRY_ANSWER_MAX (4u * 1024 * 1024)

struct of_health {
    int64_t stall_ms;
    _Atomic int64_t beat;
    atomic_bool ready;
};

struct of_telemetry {
    struct MHD_Daemon *daemon;
    struct of_metrics *metrics;
    struct of_health *health;
};

struct of_health *of_health_new(int64_t stall_ms)
{
    struct of_health *health = of_alloc(sizeof(*health));
    health->stall_ms = stall_ms;
    atomic_init(&health->beat, of_clock_monotonic());
    return health;
}

void of_health_free(struct of_health *health)
{
    free(health);
}

void of_health_beat(struct of_health *health)
{
    atomic_store_explicit(&health->beat, of_clock_monotonic(), memory_order_relaxed);
}

void of_health_set_ready(struct of_health *health, bool ready)
{
    atomic_store(&health->ready, ready);
}

bool of_health_is_live(const struct of_health *health)
{
    return of_clock_monotonic() - atomic_load(&((struct of_health *)health)->beat) <
           health->stall_ms;
}

bool of_health_is_ready(const struct of_health *health)
{
    return of_health_is_live(health) && atomic_load(&((struct of_health *)health)->ready);
}

static enum MHD_Result answer(struct MHD_Connection *connection, unsigned status, const char *type,
    const void *body, size_t size)
{
    struct MHD_Response *response =
        MHD_create_response_from_buffer(size, (void *)body, MHD_RESPMEM_MUST_COPY);
    MHD_add_response_header(response, "Content-Type", type);
    if (status == MHD_HTTP_METHOD_NOT_ALLOWED)
        MHD_add_response_header(response, "Allow", "GET, HEAD");
    enum MHD_Result result = MHD_queue_response(connection, status, response);
    MHD_destroy_response(response);
    return result;
}

static enum MHD_Result answer_text(
    struct MHD_Connection *connection, unsigned status, const char *text)
{
    return answer(connection, status, "text/plain; charset=utf-8", text, strlen(text));
}

static enum MHD_Result answer_metrics(
    struct of_telemetry *telemetry, struct MHD_Connection *connection)
{
    OF_CLEANUP(of_buffer_release) struct of_buffer out;
    of_buffer_init(&out, OF_TELEMETRY_ANSWER_MAX);
    if (of_metrics_print(telemetry->metrics, &out) < 0)
        return answer_text(connection, 500, "the metrics are longer than the limit\n");
    return answer(
        connection, 200, "text/plain; version=0.0.4; charset=utf-8", out.data, out.length);
}

static enum MHD_Result handle(void *context, struct MHD_Connection *connection, const char *url,
    const char *method, const char *version, const char *upload, size_t *upload_size,
    void **request)
{
    (void)version, (void)upload, (void)upload_size, (void)request;
    struct of_telemetry *telemetry = context;
    if (strcmp(method, "GET") != 0 && strcmp(method, "HEAD") != 0)
        return answer_text(connection, MHD_HTTP_METHOD_NOT_ALLOWED, "GET only\n");
    if (strcmp(url, "/metrics") == 0)
        return answer_metrics(telemetry, connection);
    if (strcmp(url, "/healthz") == 0) {
        bool live = of_health_is_live(telemetry->health);
        return answer_text(connection, live ? 200 : 503, live ? "ok\n" : "stalled\n");
    }
    if (strcmp(url, "/readyz") == 0) {
        bool ready = of_health_is_ready(telemetry->health);
        return answer_text(connection, ready ? 200 : 503, ready ? "ready\n" : "not ready\n");
    }
    return answer_text(connection, 404, "there are /metrics, /healthz and /readyz\n");
}

int of_telemetry_start(const char *address, uint16_t port, struct of_metrics *metrics,
    struct of_health *health, struct of_telemetry **out, struct of_error *error)
{
    if (port == 0) {
        *out = NULL;
        return OF_OK;
    }
    struct sockaddr_in socket = {.sin_family = AF_INET, .sin_port = htons(port)};
    if (inet_pton(AF_INET, address, &socket.sin_addr) != 1)
        return of_fail(error, OF_INPUT, "--telemetry-address: '%s' is no IPv4 address", address);
    struct of_telemetry *telemetry = of_alloc(sizeof(*telemetry));
    telemetry->metrics = metrics;
    telemetry->health = health;
    telemetry->daemon = MHD_start_daemon(MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_POLL, port, NULL,
        NULL, handle, telemetry, MHD_OPTION_SOCK_ADDR, (struct sockaddr *)&socket,
        MHD_OPTION_CONNECTION_LIMIT, OF_TELEMETRY_CONNECTIONS_MAX, MHD_OPTION_CONNECTION_TIMEOUT,
        OF_TELEMETRY_TIMEOUT_S, MHD_OPTION_END);
    if (!telemetry->daemon) {
        int cause = errno;
        free(telemetry);
        return of_fail(
            error, OF_FATAL, "cannot serve telemetry on %s:%u: %s", address, port, strerror(cause));
    }
    *out = telemetry;
    return OF_OK;
}

void of_telemetry_free(struct of_telemetry *telemetry)
{
    if (!telemetry)
        return;
    MHD_stop_daemon(telemetry->daemon);
    free(telemetry);
}
