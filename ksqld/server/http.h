/* The REST API over HTTP (libmicrohttpd, a thread a connection): POST /ksql, GET /info,
 * /healthcheck, /clusterStatus. */
#ifndef KSQLD_SERVER_HTTP_H
#define KSQLD_SERVER_HTTP_H

#include "ksqld/server/server.h"

#define KSQL_HTTP_CONNECTIONS_MAX 192 /* push queries hold theirs: KSQL_PUSH_QUERIES_MAX */
#define KSQL_HTTP_TIMEOUT_S 60
#define KSQL_HTTP_BIND_MS 3000 /* how long a port in use is tried again */

struct ksql_http;
/* Listens at once; until ksql_http_serve every request is answered with 503. `user_info`
 * ("user:password") is asked for by HTTP basic authentication; NULL: nobody is asked. FATAL: the
 * port is in use; INPUT: `address` is no IPv4 address. */
int ksql_http_start(const char *address, uint16_t port, const char *user_info,
    struct ksql_http **http, struct of_error *error) OF_NODISCARD;
/* `server` is borrowed until stop. */
void ksql_http_serve(struct ksql_http *http, struct ksql_server *server);
void ksql_http_stop(struct ksql_http *http); /* waits for requests at work */
OF_DEFINE_CLEANUP(of_cleanup_ksql_http, struct ksql_http *, ksql_http_stop)

#endif
