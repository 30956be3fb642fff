/* What PostgreSQL alone knows: lists of orders, rows, sums; and how it forgets. */
#include "base/clock.h"
#include "base/memory.h"
#include "gateway/gateway.h"
#include "gateway/handlers.h"
#include "gateway/list.h"
#include "gateway/print.h"
#include "gateway/read.h"
#include "gateway/truncate.h"
#include "order/id.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- GET /orders ---- */

struct page {
    json_t *orders;
    int64_t limit, last;
    bool more;
};

static int on_order(
    void *context, char *const fields[OF_DATABASE_FIELDS_MAX], struct of_error *error)
{
    (void)error;
    struct page *page = context;
    if ((int64_t)json_array_size(page->orders) == page->limit) {
        page->more = true;
        return OF_OK;
    }
    OF_CLEANUP(order_view_release) struct order_view order = {.count = 0};
    page->last = of_database_int(fields[0], 0);
    const struct of_order_status event = {.order_id = page->last,
        .has_customer_id = fields[1] != NULL,
        .customer_id = of_database_int(fields[1], 0),
        .status = {fields[2], fields[2] ? strlen(fields[2]) : 0},
        .stage = {fields[3], fields[3] ? strlen(fields[3]) : 0},
        .at = of_database_int(fields[4], INT64_MIN),
        .has_reason = fields[5] != NULL,
        .reason = {fields[5], fields[5] ? strlen(fields[5]) : 0}};
    order_view_add(&order, &event);
    json_array_append_new(page->orders, print_order(&order, false));
    return OF_OK;
}

/* A status that is none is nobody's: answered. */
static bool parse_status(struct exchange *exchange, const char **status)
{
    const char *text = exchange_query(exchange, "status");
    *status = text ? status_find(text) : NULL;
    if (text && !*status)
        answer_problem(&exchange->answer, MHD_HTTP_UNPROCESSABLE_CONTENT, "unknown-status",
            "There is no such status.");
    if (*status && strcmp(*status, "Exported") == 0) {
        answer_problem(&exchange->answer, MHD_HTTP_UNPROCESSABLE_CONTENT, "unknown-status",
            "Exported is beside an order's way: no order is in it.");
        return false;
    }
    return !text || *status;
}

static bool parse_time(struct exchange *exchange, const char *name, int64_t *millis)
{
    struct of_error error;
    const char *text = exchange_query(exchange, name);
    *millis = LIST_ANY;
    if (!text || of_iso8601_parse(text, millis, &error) == OF_OK)
        return true;
    exchange_refuse(exchange, name, "is no time such as 2026-11-21T04:40:33Z");
    return false;
}

static bool parse_cursor(struct exchange *exchange, int64_t *before)
{
    const char *text = exchange_query(exchange, "cursor");
    *before = LIST_ANY;
    if (!text || of_order_id_parse(text, strlen(text), before))
        return true;
    exchange_refuse(exchange, "cursor", "is none that a page named as its next");
    return false;
}

static bool parse_choice(struct exchange *exchange, struct list_choice *choice)
{
    return exchange_number(exchange, "limit", 1, LIST_LIMIT_MAX, LIST_LIMIT, &choice->limit) &&
           exchange_number(
               exchange, "customer", 0, INT64_C(9007199254740991), LIST_ANY, &choice->customer) &&
           parse_time(exchange, "since", &choice->since) &&
           parse_time(exchange, "until", &choice->until) &&
           parse_cursor(exchange, &choice->before) && parse_status(exchange, &choice->status);
}

/* The parameters are read again: an exchange that is held keeps its own. */
static int list_job(struct exchange *exchange, struct of_database *database, bool *handed_on,
    struct of_error *error)
{
    (void)handed_on;
    struct list_choice choice;
    if (!parse_choice(exchange, &choice))
        return OF_OK;
    OF_FREE char *query = list_query(&choice);
    struct page page = {.orders = json_array(), .limit = choice.limit};
    int result = of_database_read(database, query, on_order, &page, error);
    if (result < 0) {
        json_decref(page.orders);
        return result;
    }
    char cursor[24];
    snprintf(cursor, sizeof(cursor), "%" PRId64, page.last);
    answer_json(&exchange->answer, MHD_HTTP_OK,
        json_pack("{s:o, s:o}", "orders", page.orders, "next",
            page.more ? json_string(cursor) : json_null()));
    return OF_OK;
}

bool handle_list(struct exchange *exchange)
{
    struct list_choice choice;
    return !parse_choice(exchange, &choice) ||
           jobs_add(exchange->gateway->jobs, exchange, list_job);
}

/* ---- GET /order_info/{id} ---- */

/* Columns as the document has them: times as everywhere else, money as text, whose centavos no
 * reader's floating point rounds. */
static const char info_query[] =
    "SELECT (to_jsonb(o) || "
    "jsonb_build_object('order_total', order_total::text, 'execution_price', execution_price::text)"
    " || (SELECT jsonb_object_agg(name, "
    "replace(to_char(at, 'YYYY-MM-DD\"T\"HH24:MI:SS.MS\"Z\"'), '.000Z', 'Z')) FROM (VALUES "
    "('order_date', order_date), ('payment_date', payment_date), ('shipped_date', shipped_date), "
    "('eta', eta), ('finished_date', finished_date)) AS times (name, at)))::text, "
    "coalesce((SELECT jsonb_agg(to_jsonb(i) - 'order_id' - 'item_id' || "
    "jsonb_build_object('unit_price', unit_price::text, 'subtotal', subtotal::text) ORDER BY sku) "
    "FROM item_info i WHERE i.order_id = o.order_id), '[]')::text "
    "FROM order_info o WHERE order_id = ";

static int on_info(
    void *context, char *const fields[OF_DATABASE_FIELDS_MAX], struct of_error *error)
{
    (void)error;
    json_t *body = context;
    for (size_t i = 0; i < 2; i++) {
        json_t *value = fields[i] ? json_loads(fields[i], 0, NULL) : NULL;
        json_object_set_new(body, i == 0 ? "order_info" : "item_info", value ? value : json_null());
    }
    return OF_OK;
}

static int info_job(struct exchange *exchange, struct of_database *database, bool *handed_on,
    struct of_error *error)
{
    (void)handed_on;
    json_t *body = json_object();
    OF_FREE char *query = of_asprintf("%s%" PRId64, info_query, exchange->id);
    int result = of_database_read(database, query, on_info, body, error);
    if (result == OF_OK && json_object_size(body) > 0) {
        answer_json(&exchange->answer, MHD_HTTP_OK, body);
        return OF_OK;
    }
    json_decref(body);
    if (result == OF_OK)
        answer_problem(&exchange->answer, MHD_HTTP_NOT_FOUND, "unknown-order",
            "Order %" PRId64 " has no row: it is not known, or has not come to its end.",
            exchange->id);
    return result;
}

bool handle_order_info(struct exchange *exchange)
{
    return jobs_add(exchange->gateway->jobs, exchange, info_job);
}

/* ---- GET /metrics/summary ---- */

struct summary {
    int64_t orders;
    double mean;
};

static int on_summary(
    void *context, char *const fields[OF_DATABASE_FIELDS_MAX], struct of_error *error)
{
    (void)error;
    struct summary *summary = context;
    summary->orders = of_database_int(fields[0], 0);
    summary->mean = fields[1] ? strtod(fields[1], NULL) : 0;
    return OF_OK;
}

/* Out of the rows, and so the same after any restart. */
static int summary_job(struct exchange *exchange, struct of_database *database, bool *handed_on,
    struct of_error *error)
{
    (void)handed_on;
    struct summary summary = {0, 0};
    int result = of_database_read(database,
        "SELECT count(execution_price), round(avg(execution_price), 6) FROM order_info", on_summary,
        &summary, error);
    if (result == OF_OK)
        answer_json(&exchange->answer, MHD_HTTP_OK,
            json_pack("{s:I, s:f}", "TotalOrdersProcessed", (json_int_t)summary.orders,
                "AverageOrderExecutionPrice", summary.mean));
    return result;
}

bool handle_summary(struct exchange *exchange)
{
    return jobs_add(exchange->gateway->jobs, exchange, summary_job);
}

/* ---- POST /truncate ---- */

static void answer_confirmation(struct exchange *exchange)
{
    char token[TRUNCATE_TOKEN_SIZE];
    struct of_error error;
    if (truncation_ask(exchange->gateway->truncation, of_clock_monotonic(), token, &error) < 0) {
        answer_error(&exchange->answer, "truncate", &error);
        return;
    }
    json_t *body = json_pack("{s:b, s:s}", "truncated", 0, "confirmation", token);
    json_object_set_new(body, "expires_at", print_time(of_clock_now() + TRUNCATE_CONFIRM_MS));
    answer_json(&exchange->answer, MHD_HTTP_OK, body);
}

static int truncate_job(struct exchange *exchange, struct of_database *database, bool *handed_on,
    struct of_error *error)
{
    (void)handed_on;
    json_t *tables = NULL;
    int result = truncation_run(exchange->gateway->truncation, database, &tables, error);
    if (result < 0)
        return result;
    view_forget_figures(exchange->gateway->view);
    figures_forget(exchange->gateway->figures);
    answer_json(
        &exchange->answer, MHD_HTTP_OK, json_pack("{s:b, s:o}", "truncated", 1, "tables", tables));
    return OF_OK;
}

bool handle_truncate(struct exchange *exchange)
{
    struct gateway *gateway = exchange->gateway;
    struct faults faults = {.count = 0};
    json_t *body = exchange_json(exchange);
    if (!body)
        return true;
    bool good = check_value(gateway->truncation_check, body, &faults);
    const char *token = good ? json_string_value(json_object_get(body, "confirmation")) : NULL;
    bool confirmed = token && truncation_confirm(gateway->truncation, of_clock_monotonic(), token);
    if (!good)
        answer_faults(&exchange->answer, MHD_HTTP_BAD_REQUEST, "bad-body",
            "The body is not as the schema Truncation has it.", &faults);
    else if (!token)
        answer_confirmation(exchange);
    else if (!confirmed)
        answer_problem(&exchange->answer, MHD_HTTP_CONFLICT, "not-confirmed",
            "This confirmation was not handed out, was used, or is older than %d s.",
            TRUNCATE_CONFIRM_MS / 1000);
    json_decref(body);
    return !confirmed || jobs_add(gateway->jobs, exchange, truncate_job);
}
