/* The three steps of a live order. Knows no topic's full name and sends nothing. */
#include "order/live.h"

#include <inttypes.h>

#define LIVE_PAID_PERCENT 77
#define LIVE_SHIPPED_PERCENT 95

static const enum of_status outcomes[] = {
    OF_STATUS_DELIVERED, OF_STATUS_CANCELLED, OF_STATUS_RETURNED};
static const uint32_t outcome_weights[OF_COUNT(outcomes)] = {950, 35, 15};

static int check_date(const struct of_order *order, const char *name, bool present, int64_t date,
    struct of_error *error)
{
    if (!present)
        return of_fail(error, OF_INPUT, "order %" PRId64 ": %.*s without %s", order->order_id,
            (int)order->shipping_info.order_status.length, order->shipping_info.order_status.data,
            name);
    if (!of_retail_is_date(date))
        return of_fail(error, OF_INPUT, "order %" PRId64 ": %s %" PRId64 " is out of range",
            order->order_id, name, date);
    return OF_OK;
}

/* In valid_orders stand those that were screened. */
static int check_unpaid(const struct of_order *order, struct of_error *error)
{
    return of_order_check(order, OF_TOPIC_VALID, error) == OF_OK
               ? OF_OK
               : of_order_check(order, OF_TOPIC_UNPAID, error);
}

int of_live_payment(struct of_order *order, uint64_t seed, struct of_error *error)
{
    if (check_unpaid(order, error) < 0 ||
        check_date(order, "order_date", true, order->order_date, error) < 0)
        return OF_INPUT;
    struct of_random random = of_retail_random(seed, OF_DRAW_LIVE_PAID, order->order_id);
    if (of_random_chance(&random, LIVE_PAID_PERCENT, 100)) {
        of_retail_set_status(order, OF_STATUS_PROCESSING);
        of_retail_pay(order, seed);
        of_retail_promise(order, seed);
    } else {
        of_retail_finish(order, OF_STATUS_TIMED_OUT, order->order_date + OF_RETAIL_TIMEOUT_MS);
    }
    return OF_OK;
}

int of_live_shipping(struct of_order *order, uint64_t seed, struct of_error *error)
{
    const struct of_payment_info *payment = &order->payment_info;
    if (of_order_check(order, OF_TOPIC_PAID, error) < 0 ||
        check_date(order, "payment_date", payment->has_payment_date, payment->payment_date, error) <
            0)
        return OF_INPUT;
    struct of_random random = of_retail_random(seed, OF_DRAW_LIVE_SHIPPED, order->order_id);
    if (of_random_chance(&random, LIVE_SHIPPED_PERCENT, 100)) {
        of_retail_ship(order, seed);
        of_retail_set_status(order, OF_STATUS_SHIPPED);
    } else {
        random = of_retail_random(seed, OF_DRAW_LIVE_CANCELLED_DATE, order->order_id);
        of_retail_finish(order, OF_STATUS_CANCELLED,
            of_retail_hours_from(&random, payment->payment_date, 6, 54));
    }
    return OF_OK;
}

int of_live_delivery(struct of_order *order, uint64_t seed, struct of_error *error)
{
    const struct of_shipping_info *shipping = &order->shipping_info;
    if (of_order_check(order, OF_TOPIC_SHIPPED, error) < 0 ||
        check_date(
            order, "shipped_date", shipping->has_shipped_date, shipping->shipped_date, error) < 0 ||
        check_date(order, "eta", shipping->has_eta, shipping->eta, error) < 0)
        return OF_INPUT;
    struct of_random random = of_retail_random(seed, OF_DRAW_LIVE_OUTCOME, order->order_id);
    enum of_status outcome =
        outcomes[of_random_weighted(&random, outcome_weights, OF_COUNT(outcomes))];
    random = of_retail_random(seed, OF_DRAW_LIVE_FINISHED_DATE, order->order_id);
    int64_t finished = of_retail_hours_from(&random, shipping->eta, -48, 36);
    if (finished < shipping->shipped_date)
        finished = shipping->shipped_date;
    of_retail_finish(order, outcome, finished);
    of_retail_execute(order, seed);
    return OF_OK;
}

int of_live_cancel(struct of_order *order, enum of_order_topic topic, uint64_t seed, int64_t at,
    struct of_error *error)
{
    const struct of_payment_info *payment = &order->payment_info;
    const struct of_shipping_info *shipping = &order->shipping_info;
    int64_t dates[] = {order->order_date, payment->has_payment_date ? payment->payment_date : at,
        shipping->has_shipped_date ? shipping->shipped_date : at};
    if (of_order_check(order, topic, error) < 0 ||
        check_date(order, "the time of the request", true, at, error) < 0)
        return OF_INPUT;
    for (size_t i = 0; i < OF_COUNT(dates); i++)
        if (dates[i] > at && of_retail_is_date(dates[i]))
            at = dates[i];
    of_retail_finish(order, OF_STATUS_CANCELLED, at);
    if (topic == OF_TOPIC_SHIPPED)
        of_retail_execute(order, seed);
    return OF_OK;
}
