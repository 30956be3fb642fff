/* POST /orders, /orders/{id}/cancel and the generator's switch: what becomes records. */
#include "base/clock.h"
#include "base/memory.h"
#include "gateway/digest.h"
#include "gateway/gateway.h"
#include "gateway/handlers.h"
#include "gateway/placed.h"
#include "gateway/read.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define IDEMPOTENCY_KEY_MAX 128
#define RATE_LEAST 0.001
#define RATE_MOST 10000.0
#define RATE_DEFAULT 0.5

/* ---- handing over ---- */

/* The connection is held already. Always false, as handlers do then. */
static bool submit(struct exchange *exchange, struct submission *submission)
{
    submission->context = exchange;
    if (writer_submit(exchange->gateway->writer, submission))
        return false;
    submission_free(submission);
    answer_problem(&exchange->answer, MHD_HTTP_SERVICE_UNAVAILABLE, "busy",
        "%d requests wait for Kafka already, or the gateway is about to end; try again.",
        WRITER_QUEUE_MAX);
    exchange_let_go(exchange);
    return false;
}

static void answer_not_done(
    struct answer *answer, const struct submission *submission, enum outcome outcome)
{
    if (outcome == OUTCOME_REFUSED)
        answer_problem(answer, MHD_HTTP_UNPROCESSABLE_CONTENT, "no-record",
            "The order cannot be written: %s.", submission->why);
    else if (outcome == OUTCOME_FAILED) /* the cause is logged, not told */
        answer_problem(answer, MHD_HTTP_INTERNAL_SERVER_ERROR, "no-record",
            "The request cannot be written; it has changed nothing.");
    else if (outcome == OUTCOME_TOO_MANY_KEYS)
        answer_problem(answer, MHD_HTTP_SERVICE_UNAVAILABLE, "too-many-keys",
            "%u keys of the last 24 hours are remembered already.", KEYS_MAX);
    else if (outcome == OUTCOME_OTHER_BODY)
        answer_problem(answer, MHD_HTTP_UNPROCESSABLE_CONTENT, "other-body",
            "This Idempotency-Key came with another body before.");
    else if (outcome == OUTCOME_REPLACED)
        answer_problem(answer, MHD_HTTP_SERVICE_UNAVAILABLE, "replaced",
            "Another gateway has taken over from this one, which ends; the request may have been "
            "carried out. Repeated there with the same Idempotency-Key it does not happen twice.");
    else
        answer_problem(answer, MHD_HTTP_SERVICE_UNAVAILABLE, "unavailable",
            "Kafka has not answered in time; the request may still come to be carried out. "
            "Repeated with the same Idempotency-Key it does not happen twice.");
}

static void on_written(void *context, const struct submission *submission, enum outcome outcome)
{
    struct exchange *exchange = context;
    struct answer *answer = &exchange->answer;
    if (outcome == OUTCOME_DONE) {
        char location[ANSWER_LOCATION_MAX];
        snprintf(location, sizeof(location), "/orders/%" PRId64, submission->order_id);
        answer_json(answer, MHD_HTTP_ACCEPTED,
            json_pack(
                "{s:I, s:s}", "order_id", (json_int_t)submission->order_id, "location", location));
        memcpy(answer->location, location, sizeof(location));
    } else {
        answer_not_done(answer, submission, outcome);
    }
    exchange_let_go(exchange);
}

/* ---- POST /orders ---- */

static void take_digest(const void *bytes, size_t size, uint8_t name[KEYS_NAME_SIZE])
{
    uint8_t digest[DIGEST_SIZE];
    digest_sha256(bytes, size, digest);
    memcpy(name, digest, KEYS_NAME_SIZE);
}

/* False: answered. */
static bool take_key(struct exchange *exchange, struct submission *submission)
{
    static const char letters[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.:-";
    const char *key = exchange_header(exchange, "Idempotency-Key");
    if (!key)
        return true;
    size_t length = strspn(key, letters);
    if (length == 0 || key[length] || length > IDEMPOTENCY_KEY_MAX) {
        exchange_refuse(exchange, "Idempotency-Key",
            "is no text of 1 to 128 letters, digits, '_', '.', ':' and '-'");
        return false;
    }
    submission->has_key = true;
    take_digest(key, length, submission->name);
    take_digest(exchange->body.data, exchange->body.length, submission->digest);
    return true;
}

/* False: answered. */
static bool take_order(struct exchange *exchange, struct submission *submission)
{
    struct faults faults = {.count = 0};
    submission->body = exchange_json(exchange);
    if (!submission->body)
        return false;
    if (!check_value(exchange->gateway->order_check, submission->body, &faults)) {
        answer_faults(&exchange->answer, MHD_HTTP_BAD_REQUEST, "bad-order",
            "The body is no order as the schema NewOrder of /openapi.json has it.", &faults);
        return false;
    }
    memcpy(submission->address, exchange->address, sizeof(submission->address));
    if (placed_read(
            submission->body, submission->address, submission->at, &submission->order, &faults))
        return true;
    answer_faults(&exchange->answer, MHD_HTTP_UNPROCESSABLE_CONTENT, "bad-order",
        "The order contradicts itself.", &faults);
    return false;
}

bool handle_place(struct exchange *exchange)
{
    struct submission *submission = submission_new(SUBMIT_ORDER);
    if (!take_order(exchange, submission) || !take_key(exchange, submission)) {
        submission_free(submission);
        return true;
    }
    submission->answer = on_written;
    exchange_hold(exchange);
    return submit(exchange, submission);
}

/* ---- POST /orders/{id}/cancel ---- */

/* True: answered. */
static bool cancel(struct exchange *exchange)
{
    const struct order_view *order = &exchange->order;
    if (order->count == 0) {
        read_answer_unknown(exchange);
        return true;
    }
    if (order_view_is_final(order)) {
        answer_problem(&exchange->answer, MHD_HTTP_CONFLICT, "final",
            "Order %" PRId64 " has come to its end: %s.", exchange->id,
            order_view_current(order)->status);
        return true;
    }
    struct submission *submission = submission_new(SUBMIT_CANCEL);
    submission->order_id = exchange->id;
    submission->answer = on_written;
    if (!exchange->held)
        exchange_hold(exchange);
    return submit(exchange, submission);
}

static int cancel_job(struct exchange *exchange, struct of_database *database, bool *handed_on,
    struct of_error *error)
{
    int result = read_order(exchange, database, error);
    if (result == OF_OK)
        *handed_on = !cancel(exchange);
    return result;
}

bool handle_cancel(struct exchange *exchange)
{
    return read_view(exchange) ? cancel(exchange)
                               : jobs_add(exchange->gateway->jobs, exchange, cancel_job);
}

/* ---- the generator ---- */

static void on_wish(void *context, const struct submission *submission, enum outcome outcome)
{
    struct exchange *exchange = context;
    if (outcome == OUTCOME_DONE)
        answer_json(&exchange->answer, MHD_HTTP_OK,
            child_print(exchange->gateway->child, &submission->wish));
    else
        answer_not_done(&exchange->answer, submission, outcome);
    exchange_let_go(exchange);
}

static bool wish(struct exchange *exchange, bool running, int64_t rate_millis)
{
    struct submission *submission = submission_new(SUBMIT_GENERATOR);
    submission->wish = (struct generator_wish){running, rate_millis};
    submission->answer = on_wish;
    exchange_hold(exchange);
    return submit(exchange, submission);
}

bool handle_generator(struct exchange *exchange)
{
    struct generator_wish now = writer_wish(exchange->gateway->writer);
    answer_json(&exchange->answer, MHD_HTTP_OK, child_print(exchange->gateway->child, &now));
    return true;
}

static bool refuse_elsewhere(struct exchange *exchange)
{
    answer_problem(&exchange->answer, MHD_HTTP_CONFLICT, "generator-elsewhere",
        "The generator runs as a part of its own, as ./orderflow up --live starts it; "
        "./orderflow stop producer ends it.");
    return true;
}

bool handle_start(struct exchange *exchange)
{
    const char *text = exchange_query(exchange, "rate");
    double rate = RATE_DEFAULT;
    if (text) {
        char *end = NULL;
        errno = 0;
        rate = strtod(text, &end);
        /* Neither hexadecimal nor infinite. */
        if (text[strspn(text, "0123456789.eE+-")] || end == text || *end || errno ||
            !(rate >= RATE_LEAST && rate <= RATE_MOST)) {
            exchange_refuse(exchange, "rate", "is no number within 0.001 and 10000");
            return true;
        }
    }
    if (child_is_elsewhere(exchange->gateway->child))
        return refuse_elsewhere(exchange);
    child_renew(exchange->gateway->child);
    return wish(exchange, true, (int64_t)(rate * 1000 + 0.5));
}

/* What was wanted before the part came can be taken back; the part cannot be ended from here. */
bool handle_stop(struct exchange *exchange)
{
    if (!writer_wish(exchange->gateway->writer).running &&
        child_is_elsewhere(exchange->gateway->child))
        return refuse_elsewhere(exchange);
    return wish(exchange, false, writer_wish(exchange->gateway->writer).rate_millis);
}
