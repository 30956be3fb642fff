/* Which path is answered by what. Streams of rows have a file of their own. */
#include "base/memory.h"
#include "ksqld/server/entity.h"
#include "ksqld/server/exchange.h"
#include "ksqld/server/settings.h"
#include "ksqld/server/stream.h"

#include <string.h>

#define PROPERTY_PATH "/is_valid_property/"

static const char *const json_types[] = {"application/json", "application/vnd.ksql.v1+json"};

/* ---- what is asked for ---- */

typedef json_t *get_json(const struct ksql_http_context *context);

static json_t *get_info(const struct ksql_http_context *context)
{
    return ksql_server_info(context->server);
}

static json_t *get_health(const struct ksql_http_context *context)
{
    return ksql_server_health(context->server);
}

static json_t *get_cluster(const struct ksql_http_context *context)
{
    return ksql_server_cluster_status(context->server, context->address);
}

static const struct {
    const char *path;
    get_json *get;
} documents[] = {
    {"/info", get_info},
    {"/healthcheck", get_health},
    {"/clusterStatus", get_cluster},
};

static enum MHD_Result redirect(struct ksql_exchange *exchange, const char *to)
{
    static char empty[] = "";
    struct MHD_Response *response =
        MHD_create_response_from_buffer(0, empty, MHD_RESPMEM_PERSISTENT);
    MHD_add_response_header(response, "Location", to);
    enum MHD_Result result =
        MHD_queue_response(exchange->connection, MHD_HTTP_TEMPORARY_REDIRECT, response);
    MHD_destroy_response(response);
    return result;
}

static enum MHD_Result answer_property(
    struct ksql_exchange *exchange, const char *name, const char *type)
{
    struct of_error error;
    if (ksql_settings_check(name, &error) < 0)
        return ksql_exchange_refuse(exchange, MHD_HTTP_BAD_REQUEST, 40000, error.message);
    return ksql_exchange_json(exchange, MHD_HTTP_OK, json_true(), type);
}

static enum MHD_Result answer_get(struct ksql_exchange *exchange)
{
    enum MHD_Result result = MHD_NO;
    const char *type = ksql_exchange_type(exchange, json_types, OF_COUNT(json_types), &result);
    if (!type)
        return result;
    if (strcmp(exchange->url, "/") == 0)
        return redirect(exchange, "/info");
    for (size_t i = 0; i < OF_COUNT(documents); i++) {
        if (strcmp(exchange->url, documents[i].path) == 0)
            return ksql_exchange_json(
                exchange, MHD_HTTP_OK, documents[i].get(exchange->context), type);
    }
    if (strncmp(exchange->url, PROPERTY_PATH, strlen(PROPERTY_PATH)) == 0)
        return answer_property(exchange, exchange->url + strlen(PROPERTY_PATH), type);
    return ksql_exchange_refuse(exchange, MHD_HTTP_NOT_FOUND, 40400,
        "there are GET /info, /healthcheck, /clusterStatus and /is_valid_property/NAME");
}

/* ---- what is sent ---- */

static enum MHD_Result post_ksql(struct ksql_exchange *exchange)
{
    struct of_error error;
    enum MHD_Result result = MHD_NO;
    int status = 200;
    const char *type = ksql_exchange_type(exchange, json_types, OF_COUNT(json_types), &result);
    if (!type || !ksql_exchange_has_body(exchange, true, &result))
        return result;
    OF_CLEANUP(ksql_request_release) struct ksql_request request = {.sequence = -1};
    if (ksql_request_parse(exchange->body.data, exchange->body.length, &request, &error) < 0 ||
        ksql_settings_check_all(request.properties.items, request.properties.count, &error) < 0)
        return ksql_exchange_refuse(exchange, MHD_HTTP_BAD_REQUEST, 40000, error.message);
    json_t *answer = ksql_server_execute(exchange->context->server, &request, &status);
    return ksql_exchange_json(exchange, (unsigned)status, answer, type);
}

static enum MHD_Result post_inserts(struct ksql_exchange *exchange)
{
    static const char *const types[] = {
        "application/vnd.ksqlapi.delimited.v1", "application/json", "application/vnd.ksql.v1+json"};
    enum MHD_Result result = MHD_NO;
    const char *type = ksql_exchange_type(exchange, types, OF_COUNT(types), &result);
    if (!type)
        return result;
    OF_CLEANUP(ksql_failure_release) struct ksql_failure failure = {.message = NULL};
    char *answer = ksql_inserts_answer(exchange->inserts, type != types[0], &failure);
    return answer ? ksql_exchange_text(exchange, MHD_HTTP_OK, answer, type)
                  : ksql_exchange_fail(exchange, &failure);
}

static const struct {
    const char *path;
    enum MHD_Result (*post)(struct ksql_exchange *exchange);
} targets[] = {
    {"/ksql", post_ksql},
    {"/query", ksql_stream_post_query},
    {"/query-stream", ksql_stream_post_query_stream},
    {"/close-query", ksql_stream_post_close},
    {KSQL_INSERTS_PATH, post_inserts},
};

static enum MHD_Result answer_post(struct ksql_exchange *exchange)
{
    for (size_t i = 0; i < OF_COUNT(targets); i++) {
        if (strcmp(exchange->url, targets[i].path) == 0)
            return targets[i].post(exchange);
    }
    return ksql_exchange_refuse(exchange, MHD_HTTP_NOT_FOUND, 40400,
        "orderflow-ksqld takes POST /ksql, /query, /query-stream, /close-query and "
        "/inserts-stream");
}

enum MHD_Result ksql_routes_answer(struct ksql_exchange *exchange)
{
    if (strcmp(exchange->method, "POST") == 0)
        return answer_post(exchange);
    if (strcmp(exchange->method, "GET") == 0 || strcmp(exchange->method, "HEAD") == 0)
        return answer_get(exchange);
    return ksql_exchange_refuse(exchange, MHD_HTTP_METHOD_NOT_ALLOWED, 40500, "GET and POST only");
}
