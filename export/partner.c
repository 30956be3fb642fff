/* POST with an Idempotency-Key. Retries and back-off are net/http.h's. */
#include "partner.h"

#include "base/memory.h"
#include "base/signals.h"

#include <inttypes.h>
#include <stdlib.h>

#define TIMEOUT_DEFAULT_MS 10000 /* transaction.timeout.ms of kafka/client.c */
#define SHARE_TENTHS 6           /* of it, for all tries */
#define QUOTE_MAX 200            /* bytes of the answer in a message */

int partner_open(struct partner *partner, const struct of_config *config, struct of_error *error)
{
    const char *url = of_config_get(config, "export.partner.url");
    const char *timeout = of_config_get(config, "transaction.timeout.ms");
    int64_t whole = timeout ? strtoll(timeout, NULL, 10) : TIMEOUT_DEFAULT_MS;
    const struct of_http_settings settings = {.urls = url,
        .bearer_token = of_config_get(config, "export.partner.bearer.token"),
        .ca_file = of_config_get(config, "export.partner.ssl.ca.location"),
        .verify = true,
        .request_ms = of_config_int(config, "export.partner.request.timeout.ms"),
        .connect_ms = of_config_int(config, "export.partner.request.timeout.ms"),
        .retries = (int)of_config_int(config, "export.partner.retries"),
        .retry_ms = of_config_int(config, "export.partner.retries.wait.ms"),
        .retry_max_ms = of_config_int(config, "export.partner.retries.max.wait.ms"),
        .total_ms = whole * SHARE_TENTHS / 10,
        .content_type = "application/json"};
    *partner = (struct partner){.http = NULL};
    of_buffer_init(&partner->answer, PARTNER_ANSWER_MAX);
    if (!url || !*url)
        return OF_OK;
    partner->prefix = of_config_topic(config, "order");
    return of_http_new(&settings, &partner->http, error) < 0
               ? of_error_context(error, "export.partner.url")
               : OF_OK;
}

void partner_release(struct partner *partner)
{
    if (partner->http)
        of_http_free(partner->http);
    of_buffer_release(&partner->answer);
    free(partner->prefix);
    partner->http = NULL;
    partner->prefix = NULL;
}

static int refuse(int64_t order_id, struct of_error *error, const char *why)
{
    of_fail(error, OF_INPUT, "order %" PRId64 ": the partner did not take it: %s", order_id, why);
    return of_error_kind(error, "partner");
}

int partner_send(struct partner *partner, int64_t order_id, const struct of_buffer *document,
    struct of_error *error)
{
    long status = 0;
    if (!partner->http)
        return OF_OK;
    OF_FREE char *key = of_asprintf("%s-%" PRId64, partner->prefix, order_id);
    of_http_set_header(partner->http, "Idempotency-Key", key);
    int result = of_http_request(partner->http, "POST", "", document->data, document->length,
        &status, &partner->answer, error);
    if (result == OF_FATAL)
        return result;
    if (result == OF_OK && status >= 200 && status <= 299)
        return OF_OK;
    if (of_signals_stopping()) /* not all tries were made: it will be sent again */
        return of_fail(error, OF_RETRY, "order %" PRId64 ": stopped while sending it", order_id);
    if (result < 0) {
        OF_FREE char *why = of_strdup(error->message);
        return refuse(order_id, error, why);
    }
    const char *text = of_buffer_text(&partner->answer);
    OF_FREE char *why = of_asprintf("status %ld%s%.*s", status, *text ? ": " : "", QUOTE_MAX, text);
    return refuse(order_id, error, why);
}
