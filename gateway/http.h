/* HTTP by libmicrohttpd: connections, limits, who may, and the way of an exchange.
 *
 * Two threads share all connections. Refused before a handler sees it: more than
 * HTTP_CONNECTIONS_MAX connections (or HTTP_CONNECTIONS_PER_CLIENT of one address), bodies past
 * HTTP_BODY_MAX (413), more requests a second than the rate allows (429 with Retry-After), a token
 * that is missing or wrong (401), and requests that a page of another origin makes (403): without a
 * token the gateway is for this machine alone, and a browser on it visits anybody's pages. */
#ifndef GATEWAY_HTTP_H
#define GATEWAY_HTTP_H

#include "base/error.h"

#include <stdint.h>

#define HTTP_CONNECTIONS_MAX 1024
#define HTTP_CONNECTIONS_PER_CLIENT 512
#define HTTP_DESCRIPTORS 2048 /* asked for: the connections', and room for all others */
#define HTTP_BODY_MAX (64u * 1024)
#define HTTP_DISCARD_MAX (16u * 1024 * 1024) /* of a refused body, before the connection is cut */
#define HTTP_IDLE_S 30                       /* a connection that says nothing */
#define HTTP_BIND_MS 3000                    /* how long a port in use is tried again */

struct gateway;
struct http;
/* Lets the process have HTTP_DESCRIPTORS, if the system grants them. FATAL: the port is in use;
 * INPUT: `address` is no IPv4 address. */
int http_start(const char *address, uint16_t port, struct gateway *gateway, struct http **http,
    struct of_error *error) OF_NODISCARD;
/* New connections are closed unheard; those that are there end with their next answer. */
void http_quiesce(struct http *http);
/* Until every answer has been sent, but no longer than that: a client may never read its own. */
void http_drain(struct http *http, int64_t patience_ms);
/* After no exchange is held any more. */
void http_stop(struct http *http);

#endif
