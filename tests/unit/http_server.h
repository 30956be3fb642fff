/* A small HTTP server for the tests of clients: answers by a script, in order, the last answer
 * again and again, and keeps what it was asked. */
#ifndef TESTS_UNIT_HTTP_SERVER_H
#define TESTS_UNIT_HTTP_SERVER_H

#include "support.h"

#include "base/clock.h"

#include <arpa/inet.h>
#include <assert.h>
#include <microhttpd.h>

struct http_answer {
    unsigned status;
    const char *body;
    const char *header, *header_value; /* NULL: none */
    int64_t delay_ms;
};

struct http_request {
    char method[8], url[256];
    char authorization[256], accept[128], content_type[128], length[32], idempotency_key[64];
    char body[8192];
    size_t body_size;
};

#define HTTP_REQUESTS_MAX 64

struct http_server {
    struct MHD_Daemon *daemon;
    const struct http_answer *answers; /* the last has a successor of status 0 */
    size_t next;
    struct http_request requests[HTTP_REQUESTS_MAX];
    size_t count;
    char url[64];
};

static inline void http_keep_header(
    struct MHD_Connection *connection, const char *name, char *out, size_t size)
{
    const char *value = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, name);
    snprintf(out, size, "%s", value ? value : "");
}

static inline enum MHD_Result http_handle(void *context, struct MHD_Connection *connection,
    const char *url, const char *method, const char *version, const char *upload,
    size_t *upload_size, void **state)
{
    (void)version;
    struct http_server *server = context;
    if (!*state) {
        assert(server->count < HTTP_REQUESTS_MAX);
        struct http_request *request = *state = &server->requests[server->count++];
        *request = (struct http_request){.body_size = 0};
        snprintf(request->method, sizeof(request->method), "%s", method);
        snprintf(request->url, sizeof(request->url), "%s", url);
        http_keep_header(
            connection, "Authorization", request->authorization, sizeof(request->authorization));
        http_keep_header(connection, "Accept", request->accept, sizeof(request->accept));
        http_keep_header(
            connection, "Content-Type", request->content_type, sizeof(request->content_type));
        http_keep_header(connection, "Content-Length", request->length, sizeof(request->length));
        http_keep_header(connection, "Idempotency-Key", request->idempotency_key,
            sizeof(request->idempotency_key));
        return MHD_YES;
    }
    struct http_request *request = *state;
    if (*upload_size) {
        assert(request->body_size + *upload_size < sizeof(request->body));
        memcpy(request->body + request->body_size, upload, *upload_size);
        request->body_size += *upload_size;
        *upload_size = 0;
        return MHD_YES;
    }
    const struct http_answer *answer = &server->answers[server->next];
    if (answer[1].status)
        server->next++;
    of_sleep(answer->delay_ms);
    const char *body = answer->body ? answer->body : "";
    struct MHD_Response *response =
        MHD_create_response_from_buffer(strlen(body), (void *)body, MHD_RESPMEM_PERSISTENT);
    if (answer->header)
        MHD_add_response_header(response, answer->header, answer->header_value);
    enum MHD_Result result = MHD_queue_response(connection, answer->status, response);
    MHD_destroy_response(response);
    return result;
}

/* `answers` ends with a status of 0 and is borrowed until stop. One thread a connection, so that an
 * answer that is awaited no more holds no other one up. */
OF_UNUSED static inline struct http_server *http_server_start(const struct http_answer *answers)
{
    struct http_server *server = of_alloc(sizeof(*server));
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    server->answers = answers;
    server->daemon =
        MHD_start_daemon(MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_THREAD_PER_CONNECTION, 0, NULL,
            NULL, http_handle, server, MHD_OPTION_SOCK_ADDR, &address, MHD_OPTION_END);
    assert_non_null(server->daemon);
    snprintf(server->url, sizeof(server->url), "http://127.0.0.1:%u",
        MHD_get_daemon_info(server->daemon, MHD_DAEMON_INFO_BIND_PORT)->port);
    return server;
}

OF_UNUSED static inline void http_server_stop(struct http_server **server)
{
    MHD_stop_daemon((*server)->daemon);
    free(*server);
}

#define SERVER OF_CLEANUP(http_server_stop) struct http_server *

/* An URL on which nobody listens. */
OF_UNUSED static inline char *http_nobody(void)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof(address);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, size), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &size), 0);
    close(fd);
    return of_asprintf("http://127.0.0.1:%u", ntohs(address.sin_port));
}

#endif
