/* Status by age. The draws that live orders share are in lib/order/retail.h. */
#include "past.h"

#include "base/clock.h"
#include "order/retail.h"

#define PAID_PERCENT 95
#define SHIPPED_AFTER (72 * OF_HOUR)       /* of the payment */
#define FINISHED_BEFORE_ETA (24 * OF_HOUR) /* it may come this much early */

static const enum of_status outcomes[] = {
    OF_STATUS_DELIVERED, OF_STATUS_CANCELLED, OF_STATUS_RETURNED};
static const uint32_t outcome_weights[OF_COUNT(outcomes)] = {97, 2, 1};

static bool pay(struct of_order *order, uint64_t seed, int64_t until)
{
    struct of_random random = of_retail_random(seed, OF_DRAW_PAID, order->order_id);
    if (!of_random_chance(&random, PAID_PERCENT, 100))
        return false;
    of_retail_pay(order, seed);
    if (order->payment_info.payment_date <= until) {
        of_retail_promise(order, seed);
        return true;
    }
    order->payment_info = (struct of_payment_info){.payment_status = false};
    return false;
}

static enum of_status finish(struct of_order *order, uint64_t seed, int64_t until)
{
    struct of_random outcome = of_retail_random(seed, OF_DRAW_OUTCOME, order->order_id);
    enum of_status status =
        outcomes[of_random_weighted(&outcome, outcome_weights, OF_COUNT(outcomes))];
    struct of_random date = of_retail_random(seed, OF_DRAW_FINISHED_DATE, order->order_id);
    int64_t finished = of_retail_hours_from(&date, order->shipping_info.eta, -48, 48);
    if (finished > until)
        finished = until;
    if (finished < order->shipping_info.shipped_date)
        finished = order->shipping_info.shipped_date;
    of_retail_finish(order, status, finished);
    return status;
}

enum of_order_topic of_past_fill(struct of_order *order, uint64_t seed, int64_t until)
{
    enum of_status status = OF_STATUS_PROCESSING;
    bool paid = pay(order, seed, until);
    of_retail_set_status(order, status);
    if (!paid && until - order->order_date > OF_RETAIL_TIMEOUT_MS) {
        status = OF_STATUS_TIMED_OUT;
        of_retail_finish(order, status, order->order_date + OF_RETAIL_TIMEOUT_MS);
    } else if (paid && until - order->payment_info.payment_date > SHIPPED_AFTER) {
        of_retail_ship(order, seed);
        status = OF_STATUS_SHIPPED;
        if (until >= order->shipping_info.eta - FINISHED_BEFORE_ETA)
            status = finish(order, seed, until);
        else
            of_retail_set_status(order, status);
    }
    return of_status_topic(status, paid);
}
