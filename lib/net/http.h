/* HTTP client on libcurl for the registry, ksqlDB and Connect: several base URLs with failover,
 * basic auth, bearer token, TLS with own CA and client certificate, time limits, retry with
 * back-off and jitter on 429, 5xx and connection errors. One client a thread. */
#ifndef OF_NET_HTTP_H
#define OF_NET_HTTP_H

#include "base/buffer.h"

#include <stdbool.h>
#include <stdint.h>

#define OF_HTTP_BODY_MAX (16u * 1024 * 1024)
#define OF_HTTP_URLS_MAX 16

struct of_http_settings {  /* all borrowed for the call of of_http_new; NULL: not used */
    const char *urls;      /* comma-separated base URLs, tried in order, the last good one first */
    const char *user_info; /* "user:password" */
    const char *bearer_token;
    const char *ca_file, *certificate_file, *key_file, *key_password;
    bool verify; /* the server's certificate and name; false only when the user said so */
    int64_t connect_ms, request_ms; /* time limits; 0: 5 s and 30 s */
    int retries;                    /* after the first round over all URLs; 0: none */
    int64_t retry_ms;               /* first back-off, doubled each time up to retry_max_ms */
    int64_t retry_max_ms;
    int64_t total_ms; /* no further try begins that long after the first; 0: only retries count */
    const char *accept, *content_type;
};

struct of_http;
int of_http_new(const struct of_http_settings *settings, struct of_http **http,
    struct of_error *error) OF_NODISCARD;
void of_http_free(struct of_http *http);
OF_DEFINE_CLEANUP(of_cleanup_http, struct of_http *, of_http_free)

/* A header of the requests that follow, besides those of the settings; NULL: none. Line breaks in
 * the value are dropped. */
void of_http_set_header(struct of_http *http, const char *name, const char *value);

/* method "GET", "POST", "PUT", "DELETE"; path is appended to the base URL and must be escaped
 * already (of_http_escape). body may be NULL. The answer's body replaces *answer's content.
 * 0 with the status, whatever it is (after retries of 429 and 5xx); OF_RETRY when no URL answered
 * in time; OF_INPUT for a malformed URL. Secrets never appear in messages. */
int of_http_request(struct of_http *http, const char *method, const char *path, const void *body,
    size_t body_size, long *status, struct of_buffer *answer, struct of_error *error) OF_NODISCARD;

/* What takes an answer piece by piece; false ends the request, which then has succeeded. */
typedef bool of_http_receive(void *context, long status, const void *bytes, size_t size);
/* Asked several times a second while an answer is awaited; true ends the request likewise. */
typedef bool of_http_ending(void *context);

/* As of_http_request, for an answer that comes as long as it likes: no time limit but that of the
 * connection, no retries after the first byte, no limit to the size. The first URL that connects
 * is taken. OF_RETRY: nobody answered, or the answer broke off. */
int of_http_stream(struct of_http *http, const char *method, const char *path, const char *accept,
    const void *body, size_t body_size, long *status, of_http_receive *receive,
    of_http_ending *ending, void *context, struct of_error *error) OF_NODISCARD;

/* Percent-encodes a path segment, in a new string. */
char *of_http_escape(const char *text);

#endif
