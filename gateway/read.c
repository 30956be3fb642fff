/* GET /orders/{id} and its events. */
#include "gateway/read.h"

#include "base/clock.h"
#include "base/memory.h"
#include "gateway/events.h"
#include "gateway/gateway.h"
#include "gateway/handlers.h"
#include "gateway/print.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define TIMEOUT_DIGITS_MAX 4

/* ---- one order ---- */

enum { STATUS, STAGE, AT, REASON, CUSTOMER };

static struct of_text text_of(const char *field)
{
    return field ? (struct of_text){field, strlen(field)} : (struct of_text){"", 0};
}

static int on_row(void *context, char *const fields[OF_DATABASE_FIELDS_MAX], struct of_error *error)
{
    (void)error;
    struct order_view *order = context;
    const struct of_order_status event = {.order_id = order->order_id,
        .status = text_of(fields[STATUS]),
        .stage = text_of(fields[STAGE]),
        .at = of_database_int(fields[AT], INT64_MIN),
        .has_reason = fields[REASON] != NULL,
        .reason = text_of(fields[REASON]),
        .has_customer_id = fields[CUSTOMER] != NULL,
        .customer_id = of_database_int(fields[CUSTOMER], 0)};
    order_view_add(order, &event);
    return OF_OK;
}

int read_order(struct exchange *exchange, struct of_database *database, struct of_error *error)
{
    struct order_view recent;
    exchange->order.order_id = exchange->id;
    OF_FREE char *query = of_asprintf(
        "SELECT status, stage, (extract(epoch FROM at) * 1000)::bigint, reason, customer_id "
        "FROM order_status_history WHERE order_id = %" PRId64,
        exchange->id);
    int result = of_database_read(database, query, on_row, &exchange->order, error);
    if (result == OF_OK && view_get(exchange->gateway->view, exchange->id, &recent)) {
        order_view_merge(&exchange->order, &recent);
        order_view_release(&recent);
    }
    return result;
}

bool read_view(struct exchange *exchange)
{
    order_view_release(&exchange->order);
    return view_get(exchange->gateway->view, exchange->id, &exchange->order) &&
           order_view_is_whole(&exchange->order);
}

void read_answer_unknown(struct exchange *exchange)
{
    answer_problem(&exchange->answer, MHD_HTTP_NOT_FOUND, "unknown-order",
        "Order %" PRId64 " is not known.", exchange->id);
}

/* ---- GET /orders/{id} ---- */

static void answer_order(struct exchange *exchange, bool reached)
{
    if (exchange->order.count == 0) {
        read_answer_unknown(exchange);
        return;
    }
    json_t *body = print_order(&exchange->order, true);
    if (exchange->wait[0])
        json_object_set_new(body, "reached", json_boolean(reached));
    answer_json(&exchange->answer, MHD_HTTP_OK, body);
}

/* True: answered. */
static bool answer_or_wait(struct exchange *exchange)
{
    if (exchange->wait[0])
        return waits_add(exchange->gateway->waits, exchange, answer_order);
    answer_order(exchange, false);
    return true;
}

static int get_job(struct exchange *exchange, struct of_database *database, bool *handed_on,
    struct of_error *error)
{
    int result = read_order(exchange, database, error);
    if (result == OF_OK)
        *handed_on = !answer_or_wait(exchange);
    return result;
}

bool read_parse_timeout(const char *text, int64_t *millis)
{
    char *unit;
    if (text[0] < '1' || text[0] > '9')
        return false;
    int64_t value = strtoll(text, &unit, 10);
    if (unit - text > TIMEOUT_DIGITS_MAX || (strcmp(unit, "s") != 0 && strcmp(unit, "ms") != 0))
        return false;
    value *= unit[0] == 's' ? OF_SECOND : 1;
    *millis = value > READ_WAIT_MS_MAX ? READ_WAIT_MS_MAX : value;
    return true;
}

/* False: answered. */
static bool parse_timeout(struct exchange *exchange, int64_t *millis)
{
    const char *text = exchange_query(exchange, "timeout");
    *millis = READ_WAIT_MS;
    if (!text || read_parse_timeout(text, millis))
        return true;
    exchange_refuse(exchange, "timeout", "is no time such as 5s or 500ms, 60 s at most");
    return false;
}

static bool parse_wait(struct exchange *exchange)
{
    const char *wait = exchange_query(exchange, "wait");
    int64_t millis;
    if (!parse_timeout(exchange, &millis))
        return false;
    if (!wait && exchange_query(exchange, "timeout")) {
        struct faults faults = {.count = 0};
        faults_add(&faults, "timeout", "means nothing without wait");
        answer_faults(&exchange->answer, MHD_HTTP_UNPROCESSABLE_CONTENT, "bad-parameter",
            "There is nothing to wait for.", &faults);
        return false;
    }
    if (!wait)
        return true;
    const char *status = status_find(wait);
    if (!status) {
        answer_problem(&exchange->answer, MHD_HTTP_UNPROCESSABLE_CONTENT, "unknown-status",
            "There is no such status to wait for.");
        return false;
    }
    snprintf(exchange->wait, sizeof(exchange->wait), "%s", status);
    exchange->deadline = of_clock_monotonic() + millis;
    return true;
}

bool handle_get(struct exchange *exchange)
{
    if (!parse_wait(exchange))
        return true;
    return read_view(exchange) ? answer_or_wait(exchange)
                               : jobs_add(exchange->gateway->jobs, exchange, get_job);
}

/* ---- GET /orders/{id}/events ---- */

/* False: answered. */
static bool parse_last_id(struct exchange *exchange, struct sent *had)
{
    const char *text = exchange_header(exchange, "Last-Event-ID");
    *had = (struct sent){.other_count = 0};
    if (!text || sent_parse(had, text))
        return true;
    exchange_refuse(exchange, "Last-Event-ID", "is none of the ids");
    return false;
}

static void answer_events(struct exchange *exchange)
{
    struct sent had;
    struct answer *answer = &exchange->answer;
    if (!parse_last_id(exchange, &had))
        return;
    if (exchange->order.count == 0) {
        read_answer_unknown(exchange);
        return;
    }
    answer->stream = events_new(exchange, &had);
    if (!answer->stream) {
        answer_problem(answer, MHD_HTTP_SERVICE_UNAVAILABLE, "too-many-wait",
            "%d requests wait already; try again.", WAITS_MAX);
        return;
    }
    answer->status = MHD_HTTP_OK;
    answer->type = "text/event-stream";
}

static int events_job(struct exchange *exchange, struct of_database *database, bool *handed_on,
    struct of_error *error)
{
    (void)handed_on;
    int result = read_order(exchange, database, error);
    if (result == OF_OK)
        answer_events(exchange);
    return result;
}

bool handle_events(struct exchange *exchange)
{
    if (!read_view(exchange))
        return jobs_add(exchange->gateway->jobs, exchange, events_job);
    answer_events(exchange);
    return true;
}
