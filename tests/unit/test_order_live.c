/* The three steps of a live order: every branch, its share, its dates, and what is refused. */
#include "base/clock.h"
#include "order/cancels.h"
#include "order/live.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#define ORDERED INT64_C(1795237200000) /* 2026-11-21T09:00:00Z */
#define TRIALS 20000

static struct of_order new_order(int64_t id)
{
    struct of_order order = {.order_id = id, .order_date = ORDERED};
    order.shipping_info.express_shipping = of_retail_express(1, id);
    of_retail_set_status(&order, OF_STATUS_PROCESSING);
    return order;
}

static bool has_status(const struct of_order *order, enum of_status status)
{
    struct of_text text = of_status_text(status);
    return order->shipping_info.order_status.length == text.length &&
           memcmp(order->shipping_info.order_status.data, text.data, text.length) == 0;
}

/* Within 4.5 standard deviations of the share, squared to do without libm. */
static void assert_share(int64_t count, int64_t trials, double share)
{
    double off = (double)count - share * (double)trials;
    assert_true(off * off <= 4.5 * 4.5 * share * (1 - share) * (double)trials);
}

static void assert_hours(int64_t date, int64_t from, int64_t low, int64_t high)
{
    assert_true(date >= from + low * OF_HOUR);
    assert_true(date <= from + high * OF_HOUR);
    assert_int_equal((date - from) % OF_SECOND, 0);
}

static void test_payment(void **state)
{
    (void)state;
    struct of_error error;
    int64_t paid = 0, at_once = 0, transfer = 0, express = 0;
    for (int64_t id = 1; id <= TRIALS; id++) {
        struct of_order order = new_order(id);
        assert_int_equal(of_live_payment(&order, 1, &error), 0);
        if (!order.payment_info.payment_status) {
            assert_true(has_status(&order, OF_STATUS_TIMED_OUT));
            assert_int_equal(order.shipping_info.finished_date, ORDERED + 7 * OF_DAY);
            assert_true(order.shipping_info.has_finished_date);
            assert_false(order.payment_info.has_payment_method);
            assert_false(order.shipping_info.has_eta);
            continue;
        }
        int64_t date = order.payment_info.payment_date;
        assert_true(has_status(&order, OF_STATUS_PROCESSING));
        assert_true(order.payment_info.has_payment_method);
        assert_hours(date, ORDERED, 0, 71);
        assert_false(order.shipping_info.has_finished_date);
        bool is_express = order.shipping_info.express_shipping;
        assert_hours(order.shipping_info.eta, date, is_express ? 72 : 120, is_express ? 144 : 264);
        paid++;
        express += is_express;
        at_once += date == ORDERED;
        transfer += order.payment_info.payment_method.data[0] == 'B';
    }
    assert_share(paid, TRIALS, .77);
    assert_share(express, paid, .4);
    assert_share(at_once, paid, .63);
    assert_share(transfer, paid, .57);
}

static void test_shipping(void **state)
{
    (void)state;
    struct of_error error;
    int64_t shipped = 0;
    for (int64_t id = 1; id <= TRIALS; id++) {
        struct of_order order = new_order(id);
        of_retail_pay(&order, 1);
        of_retail_promise(&order, 1);
        int64_t date = order.payment_info.payment_date;
        assert_int_equal(of_live_shipping(&order, 1, &error), 0);
        if (has_status(&order, OF_STATUS_SHIPPED)) {
            bool express = order.shipping_info.express_shipping;
            assert_hours(
                order.shipping_info.shipped_date, date, express ? 12 : 24, express ? 36 : 60);
            assert_false(order.shipping_info.has_finished_date);
            shipped++;
        } else {
            assert_true(has_status(&order, OF_STATUS_CANCELLED));
            assert_hours(order.shipping_info.finished_date, date, 6, 54);
            assert_false(order.shipping_info.has_shipped_date);
        }
    }
    assert_share(shipped, TRIALS, .95);
}

static void test_delivery(void **state)
{
    (void)state;
    struct of_error error;
    int64_t delivered = 0, cancelled = 0, returned = 0;
    for (int64_t id = 1; id <= TRIALS; id++) {
        struct of_order order = new_order(id);
        of_retail_pay(&order, 1);
        of_retail_promise(&order, 1);
        of_retail_ship(&order, 1);
        of_retail_set_status(&order, OF_STATUS_SHIPPED);
        assert_false(order.has_execution_price);
        assert_int_equal(of_live_delivery(&order, 1, &error), 0);
        assert_true(order.has_execution_price);
        assert_true(order.shipping_info.has_finished_date);
        assert_true(order.shipping_info.finished_date >= order.shipping_info.shipped_date);
        assert_hours(order.shipping_info.finished_date, order.shipping_info.eta, -48, 36);
        delivered += has_status(&order, OF_STATUS_DELIVERED);
        cancelled += has_status(&order, OF_STATUS_CANCELLED);
        returned += has_status(&order, OF_STATUS_RETURNED);
    }
    assert_int_equal(delivered + cancelled + returned, TRIALS);
    assert_share(delivered, TRIALS, .95);
    assert_share(cancelled, TRIALS, .035);
    assert_share(returned, TRIALS, .015);
}

/* Quantities times 1.1 to 2.0, uniform; the seed and the order decide. */
static void test_execution_price(void **state)
{
    (void)state;
    struct of_item items[OF_ORDER_ITEM_INFO_MAX] = {{.quantity = 3}, {.quantity = 4}};
    int64_t sum = 0, least = INT64_MAX, most = 0;
    for (int64_t id = 1; id <= TRIALS; id++) {
        struct of_order order = {.order_id = id, .item_info = items, .item_info_count = 2};
        of_retail_execute(&order, 1);
        int64_t price = order.execution_price;
        assert_in_range(price, 770, 1400); /* 7 pieces */
        sum += price;
        least = price < least ? price : least;
        most = price > most ? price : most;
        of_retail_execute(&order, 1);
        assert_int_equal(order.execution_price, price);
    }
    assert_in_range(sum / TRIALS, 1078, 1092); /* 7 * 1.55 */
    assert_true(least <= 772 && most >= 1398);
    struct of_order order = {.order_id = 1};
    of_retail_execute(&order, 1);
    assert_true(order.has_execution_price && order.execution_price == 0);
    /* Orders that are not ours: negative quantities count for nothing, and the field's digits end.
     */
    items[0].quantity = -5;
    items[1].quantity = 1;
    order = (struct of_order){.order_id = 1, .item_info = items, .item_info_count = 2};
    of_retail_execute(&order, 1);
    assert_in_range(order.execution_price, 110, 200);
    for (size_t i = 0; i < OF_COUNT(items); i++)
        items[i].quantity = INT32_MAX;
    order.item_info_count = OF_COUNT(items);
    of_retail_execute(&order, 1);
    assert_true(order.execution_price <= OF_ORDER_AMOUNT_MAX && order.execution_price > 0);
}

/* Whatever the eta says, nothing is finished before it was shipped. */
static void test_delivery_after_shipping(void **state)
{
    (void)state;
    struct of_error error;
    struct of_order order = new_order(5);
    order.payment_info = (struct of_payment_info){
        .payment_status = true, .has_payment_date = true, .payment_date = ORDERED};
    order.shipping_info.has_shipped_date = order.shipping_info.has_eta = true;
    order.shipping_info.eta = ORDERED;
    order.shipping_info.shipped_date = ORDERED + 36 * OF_HOUR + 1;
    of_retail_set_status(&order, OF_STATUS_SHIPPED);
    assert_int_equal(of_live_delivery(&order, 1, &error), 0);
    assert_int_equal(order.shipping_info.finished_date, order.shipping_info.shipped_date);
}

static void test_same_again(void **state)
{
    (void)state;
    struct of_error error;
    bool differs = false;
    for (int64_t id = 1; id <= 50; id++) {
        struct of_order a = new_order(id), b = new_order(id), c = new_order(id);
        assert_int_equal(of_live_payment(&a, 3, &error), 0);
        assert_int_equal(of_live_payment(&b, 3, &error), 0);
        assert_int_equal(of_live_payment(&c, 4, &error), 0);
        assert_memory_equal(&a, &b, sizeof(a));
        differs |= a.shipping_info.eta != c.shipping_info.eta;
    }
    assert_true(differs);
}

typedef int live_step(struct of_order *order, uint64_t seed, struct of_error *error);

static void test_illegal_states(void **state)
{
    (void)state;
    static live_step *const steps[] = {of_live_payment, of_live_shipping, of_live_delivery};
    struct of_error error;
    for (size_t step = 0; step < OF_COUNT(steps); step++)
        for (int status = 0; status < OF_STATUS_COUNT; status++)
            for (int paid = 0; paid < 2; paid++) {
                struct of_order order = new_order(9);
                of_retail_pay(&order, 1);
                of_retail_promise(&order, 1);
                of_retail_ship(&order, 1);
                order.payment_info.payment_status = paid;
                of_retail_set_status(&order, (enum of_status)status);
                struct of_order before = order;
                bool legal = (step == 0 && status == OF_STATUS_PROCESSING && !paid) ||
                             (step == 0 && status == OF_STATUS_VALIDATED && !paid) ||
                             (step == 1 && status == OF_STATUS_PROCESSING && paid) ||
                             (step == 2 && status == OF_STATUS_SHIPPED && paid);
                assert_int_equal(steps[step](&order, 1, &error), legal ? 0 : OF_INPUT);
                if (legal)
                    continue;
                assert_memory_equal(&order, &before, sizeof(order));
                assert_non_null(strstr(error.message, of_status_text((enum of_status)status).data));
            }
}

static void test_bad_dates(void **state)
{
    (void)state;
    struct of_error error;
    struct of_order order = new_order(9);
    order.order_date = INT64_MAX;
    assert_int_equal(of_live_payment(&order, 1, &error), OF_INPUT);
    assert_string_equal(error.message, "order 9: order_date 9223372036854775807 is out of range");
    order.order_date = INT64_MIN;
    assert_int_equal(of_live_payment(&order, 1, &error), OF_INPUT);

    order = new_order(9);
    order.payment_info.payment_status = true;
    assert_int_equal(of_live_shipping(&order, 1, &error), OF_INPUT);
    assert_string_equal(error.message, "order 9: Processing without payment_date");

    of_retail_set_status(&order, OF_STATUS_SHIPPED);
    assert_int_equal(of_live_delivery(&order, 1, &error), OF_INPUT);
    assert_string_equal(error.message, "order 9: Shipped without shipped_date");
    order.shipping_info.has_shipped_date = true;
    order.shipping_info.shipped_date = ORDERED;
    assert_int_equal(of_live_delivery(&order, 1, &error), OF_INPUT);
    assert_string_equal(error.message, "order 9: Shipped without eta");

    assert_true(of_retail_is_date(0));
    assert_true(of_retail_is_date(INT64_C(-2208988800000)));
    assert_false(of_retail_is_date(INT64_C(-2208988800001)));
    assert_true(of_retail_is_date(INT64_C(253370764799999)));
    assert_false(of_retail_is_date(INT64_C(253370764800000)));
}

static void test_cancel_on_request(void **state)
{
    (void)state;
    struct of_error error;
    struct of_order order = new_order(7), before;
    assert_int_equal(of_live_cancel(&order, OF_TOPIC_UNPAID, 1, ORDERED + 5000, &error), OF_OK);
    assert_true(has_status(&order, OF_STATUS_CANCELLED));
    assert_false(order.has_execution_price);
    assert_int_equal(order.shipping_info.finished_date, ORDERED + 5000);
    /* What is final stays as it is. */
    before = order;
    assert_int_equal(of_live_cancel(&order, OF_TOPIC_UNPAID, 1, ORDERED + 6000, &error), OF_INPUT);
    assert_memory_equal(&order, &before, sizeof(order));
    /* Never before what has happened, which may lie ahead of the clock. */
    order = new_order(8);
    of_retail_pay(&order, 1);
    of_retail_promise(&order, 1);
    of_retail_ship(&order, 1);
    of_retail_set_status(&order, OF_STATUS_SHIPPED);
    struct of_item item = {.sku = 1, .quantity = 100};
    order.item_info = &item; /* of the test's own: not to be released */
    order.item_info_count = 1;
    int64_t shipped = order.shipping_info.shipped_date;
    assert_int_equal(of_live_cancel(&order, OF_TOPIC_PAID, 1, ORDERED, &error), OF_INPUT);
    assert_int_equal(of_live_cancel(&order, OF_TOPIC_SHIPPED, 1, INT64_MAX, &error), OF_INPUT);
    assert_int_equal(of_live_cancel(&order, OF_TOPIC_SHIPPED, 1, ORDERED, &error), OF_OK);
    assert_int_equal(order.shipping_info.finished_date, shipped);
    assert_int_equal(of_order_check(&order, OF_TOPIC_FAILED, &error), OF_OK);
    /* It was carried out, as far as it went: the price is the one that delivery would have made. */
    struct of_order priced = order;
    of_retail_execute(&priced, 1);
    assert_true(order.has_execution_price);
    assert_int_equal(order.execution_price, priced.execution_price);
    assert_in_range(order.execution_price, 11000, 20000);
}

static void test_requests_are_kept_up_to_a_limit(void **state)
{
    (void)state;
    OF_CLEANUP(of_cancel_set_release) struct of_cancel_set set;
    int64_t at = 0;
    of_cancel_set_init(&set, 1000);
    for (int64_t id = 1; id <= 1001; id++) {
        of_cancel_set_add(&set, id, id * 10);
        of_cancel_set_add(&set, id, 7); /* the first one counts */
    }
    assert_int_equal(set.count, 1000);
    assert_false(of_cancel_set_find(&set, 1, &at)); /* the one past the limit took its place */
    for (int64_t id = 2; id <= 1001; id++) {
        assert_true(of_cancel_set_find(&set, id, &at));
        assert_int_equal(at, id * 10);
    }
    of_cancel_set_expire(&set, 9000);
    assert_false(of_cancel_set_find(&set, 899, &at));
    assert_true(of_cancel_set_find(&set, 900, &at));
    for (int64_t id = 5000; id < 9000; id++) /* round and round */
        of_cancel_set_add(&set, id, id);
    assert_int_equal(set.count, 1000);
    assert_false(of_cancel_set_find(&set, 7999, &at));
    assert_true(of_cancel_set_find(&set, 8000, &at));
    of_cancel_set_expire(&set, INT64_MAX);
    assert_int_equal(set.count, 0);
    assert_false(of_cancel_set_find(&set, 8999, &at));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_payment),
        cmocka_unit_test(test_cancel_on_request),
        cmocka_unit_test(test_requests_are_kept_up_to_a_limit),
        cmocka_unit_test(test_shipping),
        cmocka_unit_test(test_delivery),
        cmocka_unit_test(test_delivery_after_shipping),
        cmocka_unit_test(test_execution_price),
        cmocka_unit_test(test_same_again),
        cmocka_unit_test(test_illegal_states),
        cmocka_unit_test(test_bad_dates),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
