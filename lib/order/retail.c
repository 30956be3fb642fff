/* Payment, promise and shipping of the retail model. What happens to a live order at each stage is
 * in live.c; what only past orders need is the generator's. */
#include "order/retail.h"

#include "base/clock.h"

static const struct of_text methods[] = {
    {"Bank Transfer", 13}, {"Credit Card", 11}, {"Digital Wallet", 14}};
static const uint32_t method_weights[OF_COUNT(methods)] = {57, 24, 19};

#define PAID_AT_ONCE_PERCENT 63
#define PAYMENT_DELAY_MAX_HOURS (2 * 24 + 23)
#define EXPRESS_PERCENT 40
#define FACTOR_ONE 10000 /* of the execution price */
#define FACTOR_LOW 11000
#define FACTOR_HIGH 20000

bool of_retail_is_date(int64_t date)
{
    return date >= INT64_C(-2208988800000) && date < INT64_C(253370764800000);
}

struct of_random of_retail_random(uint64_t seed, enum of_draw purpose, int64_t order_id)
{
    return of_random_make(seed, purpose, (uint64_t)order_id);
}

bool of_retail_express(uint64_t seed, int64_t order_id)
{
    struct of_random random = of_retail_random(seed, OF_DRAW_EXPRESS, order_id);
    return of_random_chance(&random, EXPRESS_PERCENT, 100);
}

int64_t of_retail_hours_from(struct of_random *random, int64_t from, int64_t low, int64_t high)
{
    return from + OF_SECOND * of_random_between(random, low * 3600, high * 3600);
}

void of_retail_pay(struct of_order *order, uint64_t seed)
{
    struct of_random method = of_retail_random(seed, OF_DRAW_METHOD, order->order_id);
    struct of_random date = of_retail_random(seed, OF_DRAW_PAYMENT_DATE, order->order_id);
    struct of_payment_info *payment = &order->payment_info;
    payment->payment_status = true;
    payment->has_payment_method = true;
    payment->payment_method =
        methods[of_random_weighted(&method, method_weights, OF_COUNT(methods))];
    payment->has_payment_date = true;
    payment->payment_date =
        of_random_chance(&date, PAID_AT_ONCE_PERCENT, 100)
            ? order->order_date
            : of_retail_hours_from(&date, order->order_date, 0, PAYMENT_DELAY_MAX_HOURS);
}

void of_retail_promise(struct of_order *order, uint64_t seed)
{
    struct of_random random = of_retail_random(seed, OF_DRAW_ETA, order->order_id);
    int64_t days = order->shipping_info.express_shipping ? of_random_between(&random, 3, 5)
                                                         : of_random_between(&random, 5, 10);
    int64_t rest = OF_SECOND * of_random_between(&random, 0, 24 * 3600 - 1);
    order->shipping_info.has_eta = true;
    order->shipping_info.eta = order->payment_info.payment_date + days * OF_DAY + rest;
}

void of_retail_ship(struct of_order *order, uint64_t seed)
{
    struct of_random random = of_retail_random(seed, OF_DRAW_SHIPPED_DATE, order->order_id);
    int64_t paid = order->payment_info.payment_date;
    order->shipping_info.has_shipped_date = true;
    order->shipping_info.shipped_date = order->shipping_info.express_shipping
                                            ? of_retail_hours_from(&random, paid, 12, 36)
                                            : of_retail_hours_from(&random, paid, 24, 60);
}

void of_retail_execute(struct of_order *order, uint64_t seed)
{
    struct of_random random = of_retail_random(seed, OF_DRAW_EXECUTION_PRICE, order->order_id);
    int64_t factor = of_random_between(&random, FACTOR_LOW, FACTOR_HIGH), pieces = 0;
    /* At most 64 lines of 32 bits: neither the sum nor its product can overflow. */
    for (size_t i = 0; i < order->item_info_count; i++)
        if (order->item_info[i].quantity > 0)
            pieces += order->item_info[i].quantity;
    int64_t price = (pieces * factor + FACTOR_ONE / 200) / (FACTOR_ONE / 100);
    order->has_execution_price = true;
    order->execution_price = price < OF_ORDER_AMOUNT_MAX ? price : OF_ORDER_AMOUNT_MAX;
}

void of_retail_set_status(struct of_order *order, enum of_status status)
{
    order->shipping_info.order_status = of_status_text(status);
}

void of_retail_finish(struct of_order *order, enum of_status status, int64_t finished_date)
{
    of_retail_set_status(order, status);
    order->shipping_info.has_finished_date = true;
    order->shipping_info.finished_date = finished_date;
}
