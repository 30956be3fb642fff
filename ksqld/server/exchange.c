/* Responses with their headers, and what is asked of every request. */
#include "ksqld/server/exchange.h"

#include "ksqld/server/entity.h"

#include <stdlib.h>
#include <string.h>

enum MHD_Result ksql_exchange_text(
    struct ksql_exchange *exchange, unsigned status, char *text, const char *type)
{
    struct MHD_Response *response =
        MHD_create_response_from_buffer(strlen(text), text, MHD_RESPMEM_MUST_FREE);
    MHD_add_response_header(response, "Content-Type", type);
    if (status == MHD_HTTP_UNAUTHORIZED)
        MHD_add_response_header(response, "WWW-Authenticate", "Basic realm=\"ksqld\"");
    enum MHD_Result result = MHD_queue_response(exchange->connection, status, response);
    MHD_destroy_response(response);
    return result;
}

enum MHD_Result ksql_exchange_json(
    struct ksql_exchange *exchange, unsigned status, json_t *body, const char *type)
{
    char *text = json_dumps(body, JSON_COMPACT | JSON_ENCODE_ANY);
    json_decref(body);
    return ksql_exchange_text(exchange, status, text, type);
}

enum MHD_Result ksql_exchange_refuse(
    struct ksql_exchange *exchange, unsigned status, int code, const char *message)
{
    return ksql_exchange_json(
        exchange, status, ksql_entity_error(code, message), "application/json");
}

enum MHD_Result ksql_exchange_fail(
    struct ksql_exchange *exchange, const struct ksql_failure *failure)
{
    return ksql_exchange_json(exchange, (unsigned)failure->status,
        ksql_entity_failure(failure, NULL), "application/json");
}

const char *ksql_exchange_type(
    struct ksql_exchange *exchange, const char *const *types, size_t count, enum MHD_Result *result)
{
    const char *accept =
        MHD_lookup_connection_value(exchange->connection, MHD_HEADER_KIND, "Accept");
    const char *type = ksql_request_choose_type(accept, types, count);
    if (!type)
        *result = ksql_exchange_refuse(
            exchange, MHD_HTTP_NOT_ACCEPTABLE, 40600, "wanted Accept: application/json");
    return type;
}

bool ksql_exchange_has_body(struct ksql_exchange *exchange, bool json, enum MHD_Result *result)
{
    const char *type =
        MHD_lookup_connection_value(exchange->connection, MHD_HEADER_KIND, "Content-Type");
    if (json && !ksql_request_takes(type))
        *result = ksql_exchange_refuse(exchange, MHD_HTTP_UNSUPPORTED_MEDIA_TYPE, 41500,
            "HTTP 415 Unsupported Media Type: wanted application/vnd.ksql.v1+json or "
            "application/json");
    else if (exchange->body.full)
        *result = ksql_exchange_refuse(
            exchange, MHD_HTTP_CONTENT_TOO_LARGE, 41300, "the request is too long");
    else
        return true;
    return false;
}
