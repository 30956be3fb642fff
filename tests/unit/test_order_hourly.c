/* The sliding hour: its two ends, late orders, repetitions, limits, and a plain count as judge. */
#include "order/hourly.h"

#include "base/random.h"

#include "support.h"

#define HOUR OF_HOURLY_WINDOW_MS
#define NOW INT64_C(1700000000000)

struct customer {
    struct of_buffer state;
    int64_t next_id;
};

static void begin(struct customer *customer)
{
    of_buffer_init(&customer->state, OF_HOURLY_STATE_MAX);
    customer->next_id = 1;
}

static void end(struct customer *customer)
{
    of_buffer_release(&customer->state);
}

static struct of_hourly_verdict decide(
    struct customer *customer, int64_t id, int64_t date, int64_t amount, int64_t limit)
{
    OF_CLEANUP(of_buffer_release) struct of_buffer after;
    struct of_hourly_order order = {id, date, amount};
    struct of_hourly_verdict verdict = {.ordered = -1};
    struct of_error error;
    of_buffer_init(&after, OF_HOURLY_STATE_MAX);
    if (of_hourly_decide(customer->state.data, customer->state.length, &order, limit, &after,
            &verdict, &error) < 0)
        fail_msg("%s", error.message);
    of_buffer_clear(&customer->state);
    of_buffer_append(&customer->state, after.data, after.length);
    return verdict;
}

static bool accepts(struct customer *customer, int64_t date, int64_t amount, int64_t limit)
{
    return decide(customer, customer->next_id++, date, amount, limit).accepted;
}

static void the_limit_itself_is_within(void **state)
{
    (void)state;
    OF_CLEANUP(end) struct customer customer;
    begin(&customer);
    assert_false(accepts(&customer, NOW, 101, 100));
    assert_true(accepts(&customer, NOW, 100, 100));
    assert_false(accepts(&customer, NOW + 1, 1, 100));
    assert_true(accepts(&customer, NOW + 1, 0, 100)); /* nothing is not too much */
    struct of_hourly_verdict verdict = decide(&customer, 99, NOW + 2, 7, 100);
    assert_false(verdict.accepted || verdict.full);
    assert_int_equal(verdict.ordered, 107);
}

static void an_hour_later_it_is_forgotten(void **state)
{
    (void)state;
    OF_CLEANUP(end) struct customer customer;
    begin(&customer);
    assert_true(accepts(&customer, NOW, 100, 100));
    assert_false(accepts(&customer, NOW + HOUR - 1, 1, 100));
    assert_true(accepts(&customer, NOW + HOUR, 100, 100));
    assert_false(accepts(&customer, NOW + 2 * HOUR - 1, 1, 100));
}

/* 60 at 0:00 and 60 at 0:50: at 0:30 each hour that holds both would be too full. */
static void late_orders_look_both_ways(void **state)
{
    (void)state;
    OF_CLEANUP(end) struct customer customer;
    begin(&customer);
    assert_true(accepts(&customer, NOW, 60, 160));
    assert_true(accepts(&customer, NOW + 5 * HOUR / 6, 60, 160));
    struct of_hourly_verdict verdict = decide(&customer, 50, NOW + HOUR / 2, 41, 160);
    assert_false(verdict.accepted);
    assert_int_equal(verdict.ordered, 161);
    assert_true(decide(&customer, 51, NOW + HOUR / 2, 40, 160).accepted);
    /* Behind it, too: 40 and 60 are within the hour that ends at 1:20. */
    verdict = decide(&customer, 52, NOW + 4 * HOUR / 3, 61, 160);
    assert_int_equal(verdict.ordered, 161);
    /* At 0:00 and at 1:00 lie a whole hour apart: no hour holds both. */
    OF_CLEANUP(end) struct customer other;
    begin(&other);
    assert_true(accepts(&other, NOW + HOUR, 100, 100));
    assert_true(accepts(&other, NOW, 100, 100));
    assert_false(accepts(&other, NOW + HOUR / 2, 1, 100));
}

static void told_twice_counts_once(void **state)
{
    (void)state;
    OF_CLEANUP(end) struct customer customer;
    begin(&customer);
    assert_true(decide(&customer, 7, NOW, 80, 100).accepted);
    size_t size = customer.state.length;
    assert_true(decide(&customer, 7, NOW, 80, 100).accepted);
    assert_int_equal(customer.state.length, size);
    assert_false(decide(&customer, 8, NOW, 30, 100).accepted);
    assert_false(decide(&customer, 8, NOW, 30, 100).accepted); /* rejected ones leave no trace */
    assert_int_equal(customer.state.length, size);
}

static void a_list_has_an_end(void **state)
{
    (void)state;
    OF_CLEANUP(end) struct customer customer;
    begin(&customer);
    for (int i = 0; i < OF_HOURLY_ORDERS_MAX; i++)
        assert_true(accepts(&customer, NOW + i, 1, INT64_MAX));
    assert_int_equal(customer.state.length, OF_HOURLY_STATE_MAX);
    struct of_hourly_verdict verdict = decide(&customer, 5000, NOW + 5000, 1, INT64_MAX);
    assert_true(!verdict.accepted && verdict.full);
    assert_int_equal(customer.state.length, OF_HOURLY_STATE_MAX);
    assert_true(accepts(&customer, NOW + 4 * HOUR, 1, INT64_MAX)); /* all are forgotten by then */
    assert_int_equal(customer.state.length, OF_HOURLY_ENTRY_SIZE);
}

static void bad_states_and_orders_are_refused(void **state)
{
    (void)state;
    static const struct of_hourly_order good = {1, NOW, 1};
    OF_CLEANUP(of_buffer_release) struct of_buffer after;
    struct of_hourly_verdict verdict = {.ordered = -1};
    struct of_error error;
    OF_FREE char *bytes = of_alloc(OF_HOURLY_STATE_MAX + OF_HOURLY_ENTRY_SIZE);
    of_buffer_init(&after, OF_HOURLY_STATE_MAX);
    assert_int_equal(of_hourly_decide(bytes, 25, &good, 1, &after, &verdict, &error), OF_INPUT);
    assert_string_equal(error.message, "25 bytes are no list of orders");
    assert_int_equal(of_hourly_decide(bytes, OF_HOURLY_STATE_MAX + OF_HOURLY_ENTRY_SIZE, &good, 1,
                         &after, &verdict, &error),
        OF_INPUT);
    static const struct of_hourly_order bad[] = {
        {1, INT64_MIN, 1}, {1, INT64_MAX, 1}, {1, NOW, -1}, {1, NOW, 1000000000000}};
    for (size_t i = 0; i < OF_COUNT(bad); i++) {
        assert_int_equal(of_hourly_decide(NULL, 0, &bad[i], 1, &after, &verdict, &error), OF_INPUT);
        assert_contains(error.message, "order 1: date ");
    }
    assert_int_equal(verdict.ordered, -1); /* untouched */
}

/* Every order against every hour, the slow way: each millisecond at which one could end. */
static bool judge(const struct of_hourly_order *orders, size_t count, int64_t limit)
{
    for (size_t end = 0; end < count; end++) {
        int64_t sum = 0;
        for (size_t i = 0; i < count; i++)
            if (orders[i].date <= orders[end].date && orders[i].date > orders[end].date - HOUR)
                sum += orders[i].amount;
        if (sum > limit)
            return false;
    }
    return true;
}

static void a_plain_count_says_the_same(void **state)
{
    (void)state;
    for (uint64_t run = 0; run < 200; run++) {
        struct of_random random = of_random_make(run, 1, 1);
        struct of_hourly_order accepted[64];
        size_t count = 0;
        int64_t date = NOW;
        OF_CLEANUP(end) struct customer customer;
        begin(&customer);
        for (int64_t id = 1; id <= 60; id++) {
            date += of_random_between(&random, 0, HOUR / 3);
            int64_t late =
                of_random_chance(&random, 1, 3) ? of_random_between(&random, 0, HOUR) : 0;
            accepted[count] =
                (struct of_hourly_order){id, date - late, of_random_between(&random, 0, 60)};
            bool wanted = judge(accepted, count + 1, 100);
            struct of_hourly_verdict verdict =
                decide(&customer, id, date - late, accepted[count].amount, 100);
            assert_int_equal(verdict.accepted, wanted);
            count += wanted;
        }
        assert_true(count > 5 && count < 60);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_limit_itself_is_within),
        cmocka_unit_test(an_hour_later_it_is_forgotten),
        cmocka_unit_test(late_orders_look_both_ways),
        cmocka_unit_test(told_twice_counts_once),
        cmocka_unit_test(a_list_has_an_end),
        cmocka_unit_test(bad_states_and_orders_are_refused),
        cmocka_unit_test(a_plain_count_says_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
