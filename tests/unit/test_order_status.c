/* Statuses and legal steps: every state of every topic, and every pair of steps. */
#include "order/status.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void test_names(void **state)
{
    (void)state;
    static const char *const names[OF_STATUS_COUNT] = {"Processing", "Shipped", "Delivered",
        "Timed Out", "Cancelled", "Returned", "Validated", "Rejected"};
    struct of_error error;
    for (int i = 0; i < OF_STATUS_COUNT; i++) {
        struct of_text text = of_status_text((enum of_status)i);
        assert_int_equal(text.length, strlen(names[i]));
        assert_memory_equal(text.data, names[i], text.length);
        enum of_status back = OF_STATUS_COUNT;
        assert_int_equal(of_status_parse(text, &back, &error), 0);
        assert_int_equal(back, i);
    }
    assert_string_equal(of_order_topic_name(OF_TOPIC_UNPAID), "unpaid_orders");
    assert_string_equal(of_order_topic_name(OF_TOPIC_FAILED), "failed_orders");
}

static void test_unknown_names(void **state)
{
    (void)state;
    static const char long_name[] = "an order status far longer than any message wants to quote it";
    struct of_text texts[] = {OF_TEXT(""), OF_TEXT("processing"), OF_TEXT("Shippe"),
        OF_TEXT("Shipped "), OF_TEXT("Reject"), {NULL, 0}, OF_TEXT(long_name)};
    struct of_error error;
    for (size_t i = 0; i < OF_COUNT(texts); i++) {
        enum of_status status = OF_STATUS_RETURNED;
        assert_int_equal(of_status_parse(texts[i], &status, &error), OF_INPUT);
        assert_int_equal(status, OF_STATUS_RETURNED); /* untouched */
    }
    assert_string_equal(
        error.message, "unknown status \"an order status far longer than any mess\"");
}

static void test_steps(void **state)
{
    (void)state;
    size_t legal = 0;
    for (int from = 0; from < OF_ORDER_TOPIC_COUNT; from++)
        for (int before = 0; before < OF_STATUS_COUNT; before++)
            for (int to = 0; to < OF_ORDER_TOPIC_COUNT; to++)
                for (int after = 0; after < OF_STATUS_COUNT; after++)
                    legal += of_transition_is_legal((enum of_order_topic)from,
                        (enum of_status)before, (enum of_order_topic)to, (enum of_status)after);
    assert_int_equal(legal, of_transition_count);
    assert_int_equal(legal, 13);
    assert_true(of_transition_is_legal(
        OF_TOPIC_UNPAID, OF_STATUS_PROCESSING, OF_TOPIC_PAID, OF_STATUS_PROCESSING));
    assert_true(of_transition_is_legal(
        OF_TOPIC_SHIPPED, OF_STATUS_SHIPPED, OF_TOPIC_FAILED, OF_STATUS_RETURNED));
    assert_true(of_transition_is_legal(
        OF_TOPIC_VALID, OF_STATUS_VALIDATED, OF_TOPIC_PAID, OF_STATUS_PROCESSING));
    assert_false(of_transition_is_legal(
        OF_TOPIC_VALID, OF_STATUS_VALIDATED, OF_TOPIC_FAILED, OF_STATUS_REJECTED));
    assert_false(of_transition_is_legal(
        OF_TOPIC_PAID, OF_STATUS_PROCESSING, OF_TOPIC_FINISHED, OF_STATUS_DELIVERED));
    assert_true(of_transition_is_legal(
        OF_TOPIC_UNPAID, OF_STATUS_PROCESSING, OF_TOPIC_FAILED, OF_STATUS_CANCELLED));
    assert_false(of_transition_is_legal(
        OF_TOPIC_UNPAID, OF_STATUS_PROCESSING, OF_TOPIC_FAILED, OF_STATUS_RETURNED));
}

/* Every step leads from a state that may stand in its topic to one that may stand in the next. */
static void test_steps_join_states(void **state)
{
    (void)state;
    struct of_error error;
    for (size_t i = 0; i < of_transition_count; i++) {
        const struct of_transition *step = &of_transitions[i];
        struct of_order order = {0};
        order.shipping_info.order_status = of_status_text(step->before);
        order.payment_info.payment_status = of_order_topic_is_paid(step->from);
        assert_int_equal(of_order_check(&order, step->from, &error), 0);
        order.shipping_info.order_status = of_status_text(step->after);
        order.payment_info.payment_status = step->after != OF_STATUS_TIMED_OUT &&
                                            step->after != OF_STATUS_REJECTED &&
                                            step->after != OF_STATUS_VALIDATED;
        assert_int_equal(of_order_check(&order, step->to, &error), 0);
        enum of_order_topic topic;
        assert_int_equal(of_order_topic(&order, &topic, &error), 0);
        assert_int_equal(topic, step->to);
    }
}

static void test_check(void **state)
{
    (void)state;
    struct of_error error;
    int legal = 0;
    for (int topic = 0; topic < OF_ORDER_TOPIC_COUNT; topic++)
        for (int status = 0; status < OF_STATUS_COUNT; status++)
            for (int paid = 0; paid < 2; paid++) {
                struct of_order order = {.payment_info.payment_status = paid};
                order.shipping_info.order_status = of_status_text((enum of_status)status);
                legal += of_order_check(&order, (enum of_order_topic)topic, &error) == 0;
            }
    assert_int_equal(legal, 10); /* two sorts of Processing and of Cancelled, six other statuses */

    struct of_order order = {.order_id = 7, .payment_info.payment_status = true};
    order.shipping_info.order_status = OF_TEXT("Shipped");
    assert_int_equal(of_order_check(&order, OF_TOPIC_UNPAID, &error), OF_INPUT);
    assert_string_equal(
        error.message, "order 7: status Shipped, paid, is not legal in unpaid_orders");
    order.shipping_info.order_status = OF_TEXT("Lost");
    assert_int_equal(of_order_check(&order, OF_TOPIC_UNPAID, &error), OF_INPUT);
    assert_string_equal(error.message, "order 7: unknown status \"Lost\"");
    enum of_order_topic topic;
    assert_int_equal(of_order_topic(&order, &topic, &error), OF_INPUT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_unknown_names),
        cmocka_unit_test(test_steps),
        cmocka_unit_test(test_steps_join_states),
        cmocka_unit_test(test_check),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
