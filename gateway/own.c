/* What the gateway answers by itself: the page, the document, health, metrics, the flow. */
#include "base/clock.h"
#include "gateway/embedded.h"
#include "gateway/follow.h"
#include "gateway/gateway.h"
#include "gateway/handlers.h"
#include "gateway/print.h"

bool handle_page(struct exchange *exchange)
{
    answer_fixed(&exchange->answer, "text/html; charset=utf-8", embedded_index_html,
        embedded_index_html_size);
    exchange->answer.is_page = true;
    return true;
}

bool handle_style(struct exchange *exchange)
{
    answer_fixed(
        &exchange->answer, "text/css; charset=utf-8", embedded_page_css, embedded_page_css_size);
    return true;
}

bool handle_script(struct exchange *exchange)
{
    answer_fixed(&exchange->answer, "text/javascript; charset=utf-8", embedded_page_js,
        embedded_page_js_size);
    return true;
}

bool handle_document(struct exchange *exchange)
{
    answer_fixed(
        &exchange->answer, "application/json", embedded_openapi_json, embedded_openapi_json_size);
    return true;
}

bool handle_health(struct exchange *exchange)
{
    if (of_health_is_live(exchange->gateway->health))
        answer_text(&exchange->answer, MHD_HTTP_OK, "ok\n");
    else
        answer_problem(&exchange->answer, MHD_HTTP_SERVICE_UNAVAILABLE, "stalled",
            "The process stands still.");
    return true;
}

bool handle_readiness(struct exchange *exchange)
{
    if (of_health_is_ready(exchange->gateway->health))
        answer_text(&exchange->answer, MHD_HTTP_OK, "ready\n");
    else
        answer_problem(&exchange->answer, MHD_HTTP_SERVICE_UNAVAILABLE, "not-ready",
            "Kafka does not take orders at the moment.");
    return true;
}

bool handle_metrics(struct exchange *exchange)
{
    answer_text(&exchange->answer, MHD_HTTP_OK, "");
    exchange->answer.type = "text/plain; version=0.0.4; charset=utf-8";
    if (of_metrics_print(exchange->gateway->metrics, &exchange->answer.body) < 0)
        answer_problem(&exchange->answer, MHD_HTTP_INTERNAL_SERVER_ERROR, "too-long",
            "The metrics are longer than the limit.");
    return true;
}

static json_t *latest(struct gateway *gateway)
{
    struct order_view orders[VIEW_LATEST_MAX];
    json_t *list = json_array();
    size_t count = view_latest(gateway->view, orders);
    for (size_t i = 0; i < count; i++) {
        json_array_append_new(list, print_order(&orders[i], false));
        order_view_release(&orders[i]);
    }
    return list;
}

bool handle_flow(struct exchange *exchange)
{
    struct gateway *gateway = exchange->gateway;
    struct generator_wish wish = writer_wish(gateway->writer);
    double in, out;
    json_t *body = json_object();
    view_rates(gateway->view, of_clock_monotonic(), &in, &out);
    figures_add(gateway->figures, body);
    json_object_set_new(body, "rate", json_pack("{s:f, s:f}", "in", in, "out", out));
    json_object_set_new(
        body, "dead_letters", json_integer(follower_dead_letters(gateway->follower)));
    json_object_set_new(body, "generator", child_print(gateway->child, &wish));
    json_object_set_new(body, "latest", latest(gateway));
    answer_json(&exchange->answer, MHD_HTTP_OK, body);
    return true;
}
