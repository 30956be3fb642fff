/* One request to the REST API, and the ways to answer it. */
#ifndef KSQLD_SERVER_EXCHANGE_H
#define KSQLD_SERVER_EXCHANGE_H

#include "base/buffer.h"
#include "ksqld/server/insert.h"
#include "ksqld/server/server.h"

#include <microhttpd.h>

/* What the daemon's requests share; borrowed for their time. */
struct ksql_http_context {
    struct ksql_server *server;
    const char *address; /* "127.0.0.1:8088" */
};

struct ksql_exchange {
    const struct ksql_http_context *context;
    struct MHD_Connection *connection;
    const char *url, *method;
    struct of_buffer body;
    struct ksql_inserts *inserts; /* takes the body instead; or NULL */
};

/* Each queues one response. The JSON and the text are taken. */
enum MHD_Result ksql_exchange_json(
    struct ksql_exchange *exchange, unsigned status, json_t *body, const char *type);
enum MHD_Result ksql_exchange_text(
    struct ksql_exchange *exchange, unsigned status, char *text, const char *type);
enum MHD_Result ksql_exchange_refuse(
    struct ksql_exchange *exchange, unsigned status, int code, const char *message);
enum MHD_Result ksql_exchange_fail(
    struct ksql_exchange *exchange, const struct ksql_failure *failure);

/* The one of `types` (the first is the default) that the request's Accept header takes. NULL: none;
 * it was refused then, and *result is the outcome. */
const char *ksql_exchange_type(struct ksql_exchange *exchange, const char *const *types,
    size_t count, enum MHD_Result *result);
/* Whether the body is there whole and, with `json`, of a Content-Type that may be JSON; otherwise
 * it was refused. */
bool ksql_exchange_has_body(struct ksql_exchange *exchange, bool json, enum MHD_Result *result);

/* The answer to a complete request, by its method and path. */
enum MHD_Result ksql_routes_answer(struct ksql_exchange *exchange);

#endif
