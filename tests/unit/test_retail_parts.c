/* The generator's parts one by one: days and intervals, customers, items, status by age. */
#include "base/clock.h"
#include "order/retail.h"
#include "producer/customers.h"
#include "producer/items.h"
#include "producer/past.h"
#include "producer/timeline.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static int64_t at(const char *text)
{
    struct of_error error;
    int64_t millis = 0;
    assert_int_equal(of_iso8601_parse(text, &millis, &error), 0);
    return millis;
}

static void test_days(void **state)
{
    (void)state;
    static const struct {
        const char *date;
        enum of_pace pace;
        int low, high; /* events */
    } cases[] = {
        {"2021-03-13T23:59:59", OF_PACE_ORDINARY, 0, 0},
        {"2021-03-14", OF_PACE_MIDDLE, 1, 2},
        {"2021-03-15T23:59:59.999", OF_PACE_MIDDLE, 1, 2},
        {"2021-03-16", OF_PACE_ORDINARY, 0, 0},
        {"2021-03-29", OF_PACE_ORDINARY, 0, 0},
        {"2021-03-30", OF_PACE_END, 2, 3},
        {"2021-03-31", OF_PACE_END, 2, 3},
        {"2021-04-28", OF_PACE_ORDINARY, 0, 0},
        {"2021-04-29", OF_PACE_END, 0, 0}, /* orders come fast, but no sale yet */
        {"2021-04-30", OF_PACE_END, 2, 3},
        {"2021-02-26", OF_PACE_ORDINARY, 0, 0},
        {"2021-02-27", OF_PACE_END, 2, 3},
        {"2021-02-28", OF_PACE_END, 2, 3},
        {"2024-02-27", OF_PACE_END, 2, 3},
        {"2024-02-29", OF_PACE_END, 2, 3},
        {"2024-03-01", OF_PACE_ORDINARY, 0, 0},
        {"1969-12-31T23:59:59", OF_PACE_END, 2, 3},
        {"1969-12-29T23:59:59", OF_PACE_ORDINARY, 0, 0},
    };
    for (uint64_t seed = 0; seed < 20; seed++) {
        struct of_day day = {.number = INT64_MIN};
        for (size_t i = 0; i < OF_COUNT(cases); i++) {
            of_day_set(&day, seed, at(cases[i].date));
            assert_int_equal(day.pace, cases[i].pace);
            assert_in_range(day.event, cases[i].low, cases[i].high);
        }
    }
}

/* One draw holds for all days of a sale, and each month draws anew. */
static void test_events(void **state)
{
    (void)state;
    int first[4] = {0};
    for (uint64_t seed = 0; seed < 2000; seed++) {
        struct of_day a = {.number = INT64_MIN}, b = a, c = a;
        of_day_set(&a, seed, at("2022-05-14"));
        of_day_set(&b, seed, at("2022-05-15"));
        assert_int_equal(a.event, b.event);
        of_day_set(&a, seed, at("2022-05-30"));
        of_day_set(&b, seed, at("2022-05-31"));
        assert_int_equal(a.event, b.event);
        of_day_set(&c, seed, at("2022-06-30"));
        first[0] += a.event != c.event;
        first[a.event]++;
    }
    assert_in_range(first[2], 1200, 1400); /* .65 */
    assert_int_equal(first[2] + first[3], 2000);
    assert_in_range(first[0], 800, 1020); /* 2 * .65 * .35 */
}

static void test_intervals(void **state)
{
    (void)state;
    struct of_timeline timeline;
    int64_t ordinary = 0, count = 0;
    for (uint64_t seed = 0; seed < 50; seed++) {
        of_timeline_init(&timeline, seed, at("2021-03-14T09:00"), 1000);
        for (int64_t id = 1; id < 400; id++) {
            struct of_day day = timeline.day;
            int64_t before = timeline.date;
            of_timeline_advance(&timeline, id);
            int64_t seconds = (timeline.date - before) / OF_SECOND;
            assert_int_equal((timeline.date - before) % OF_SECOND, 0);
            if (day.pace == OF_PACE_ORDINARY) {
                assert_in_range(seconds, 29 * 60, 5 * 3600 - 1);
                ordinary += seconds;
                count++;
            } else {
                assert_in_range(seconds, 34 * 60, (day.pace == OF_PACE_MIDDLE ? 120 : 60) * 60 - 1);
            }
            assert_int_equal(timeline.shifts, 0);
        }
        of_timeline_advance(&timeline, 400);
        assert_int_equal(timeline.shifts, 1);
    }
    assert_in_range(ordinary / count, 157 * 60, 162 * 60);
}

/* However far the shifts go, an interval of under ten minutes becomes one of 6 min 30 s to 12 min
 * 59 s; the volume divides what comes out. */
static void test_shortest_interval(void **state)
{
    (void)state;
    int64_t shortest = INT64_MAX, longest = 0;
    for (int64_t volume = 1000; volume <= 4000; volume += 3000) {
        struct of_timeline timeline;
        of_timeline_init(&timeline, 1, at("2022-01-01"), volume);
        timeline.shift = -100 * 3600;
        for (int64_t id = 1; id < 400; id++) {
            int64_t before = timeline.date;
            of_timeline_advance(&timeline, id);
            int64_t whole = (timeline.date - before) * volume / 1000;
            shortest = whole < shortest ? whole : shortest;
            longest = whole > longest ? whole : longest;
        }
    }
    assert_in_range(shortest, 390 * OF_SECOND, 395 * OF_SECOND);
    assert_in_range(longest, 770 * OF_SECOND, 779 * OF_SECOND);
}

/* Four times the volume shifts after four times the orders. */
static void test_shifts(void **state)
{
    (void)state;
    static const int64_t volumes[] = {1000, 4000, 500, OF_VOLUME_MILLIS_MIN};
    for (size_t i = 0; i < OF_COUNT(volumes); i++) {
        struct of_timeline timeline;
        of_timeline_init(&timeline, 9, at("2022-01-01"), volumes[i]);
        for (int64_t id = 1; id <= 4000; id++)
            of_timeline_advance(&timeline, id);
        assert_int_equal(timeline.shifts, 4000 * 1000 / (400 * volumes[i]));
    }
}

static void test_pools(void **state)
{
    (void)state;
    OF_CLEANUP(of_customers_release) struct of_customers customers;
    of_customers_init(&customers, 1);
    uint32_t newest = 0;
    for (int64_t id = 1; id <= 5000; id++) {
        uint32_t customer = of_customers_choose(&customers, id);
        assert_in_range(customer, 1, newest + 1); /* numbered without a gap */
        newest = customer > newest ? customer : newest;
        assert_in_range(customers.top.count, 0, 25 + id / 100);
        assert_in_range(customers.repeat.count, 0, 75 + id / 100 * 16);
    }
    assert_int_equal(customers.count, newest);
    assert_in_range(customers.top.count, 74, 75);
    assert_in_range(customers.repeat.count, 75 + 48 * 16, 75 + 50 * 16);
}

static bool is_plain(struct of_text text)
{
    for (size_t i = 0; i < text.length; i++)
        if (!strchr("abcdefghijklmnopqrstuvwxyz0123456789.@", text.data[i]))
            return false;
    return true;
}

static void test_persons(void **state)
{
    (void)state;
    size_t longest = 0;
    for (uint32_t customer = 1; customer <= 20000; customer++) {
        char text[OF_CUSTOMER_TEXT_MAX], again_text[OF_CUSTOMER_TEXT_MAX];
        struct of_customer_info info = {0}, again = {0};
        of_customer_describe(&info, 5, customer, text);
        assert_int_equal(info.customer_id, customer);
        const struct of_text *texts[] = {&info.customer_name, &info.company, &info.email,
            &info.street_address, &info.contact_number, &info.lgu, &info.provincial_code};
        for (size_t i = 0; i < OF_COUNT(texts); i++) {
            assert_in_range(texts[i]->length, 3, 120);
            assert_true(of_avro_is_utf8(texts[i]->data, texts[i]->length));
        }
        assert_true(is_plain(info.email));
        assert_non_null(memmem(info.email.data, info.email.length, "@example.", 9));
        assert_int_equal(info.contact_number.length, strlen("+63 912 555 1234"));
        size_t used = (size_t)(info.street_address.data + info.street_address.length - text);
        longest = used > longest ? used : longest;
        if (customer % 1000 == 0) {
            of_customer_describe(&again, 5, customer, again_text);
            assert_memory_equal(again_text, text, used);
        }
    }
    assert_in_range(longest, 100, OF_CUSTOMER_TEXT_MAX / 2);
}

static void test_addresses(void **state)
{
    (void)state;
    char text[OF_IP_ADDRESS_MAX];
    for (int64_t id = 1; id < 3000; id++) {
        struct of_text address = of_order_address(1, id, text);
        const char *dot = memrchr(address.data, '.', address.length);
        struct of_text net = {address.data, (size_t)(dot - address.data)};
        assert_true((net.length == 7 && memcmp(net.data, "192.0.2", 7) == 0) ||
                    (net.length == 10 && memcmp(net.data, "198.51.100", 10) == 0) ||
                    (net.length == 9 && memcmp(net.data, "203.0.113", 9) == 0));
        int host = 0;
        for (const char *c = dot + 1; c < address.data + address.length; c++)
            host = host * 10 + *c - '0';
        assert_in_range(host, 1, 254);
    }
}

static void test_items(void **state)
{
    (void)state;
    static const int largest[] = {9, 12, 15, 15};
    for (int event = 0; event < 4; event++) {
        int most = 0;
        for (int64_t id = 1; id <= 20000; id++) {
            struct of_order order = {.order_id = id};
            struct of_item items[OF_GENERATED_ITEMS_MAX];
            of_items_fill(&order, items, 1, event);
            assert_in_range(order.item_variety, 1, OF_GENERATED_ITEMS_MAX);
            assert_int_equal(order.item_info_count, order.item_variety);
            int64_t total = 0;
            uint64_t seen = 0;
            for (int i = 0; i < order.item_variety; i++) {
                const struct of_item *item = &items[i];
                assert_in_range(item->quantity, 1, largest[event] + 2);
                most = item->quantity > most ? item->quantity : most;
                assert_false(seen >> item->sku & 1);
                seen |= UINT64_C(1) << item->sku;
                int64_t percent = (int64_t)item->discount_percent;
                assert_true((float)percent == item->discount_percent && percent <= 65);
                assert_int_equal(item->subtotal,
                    (item->unit_price * item->quantity * (100 - percent) + 50) / 100);
                total += item->subtotal;
            }
            assert_int_equal(order.order_total, total);
        }
        assert_in_range(most, largest[event], largest[event] + 2);
    }
}

static struct of_order past_order(int64_t id)
{
    struct of_order order = {.order_id = id, .order_date = at("2026-01-10T12:00")};
    order.shipping_info.express_shipping = of_retail_express(1, id);
    return order;
}

static enum of_order_topic topic_at(int64_t id, int64_t until, struct of_order *order)
{
    struct of_error error;
    *order = past_order(id);
    enum of_order_topic topic = of_past_fill(order, 1, until);
    assert_int_equal(of_order_check(order, topic, &error), 0);
    return topic;
}

/* The life of each order, looked at from later and later. */
static void test_ages(void **state)
{
    (void)state;
    int64_t timed_out = 0, finished = 0, failed = 0;
    for (int64_t id = 1; id <= 2000; id++) {
        struct of_order order, full;
        int64_t ordered = past_order(id).order_date;
        enum of_order_topic final = topic_at(id, ordered + 30 * OF_DAY, &full);
        if (!full.payment_info.payment_status) {
            assert_int_equal(final, OF_TOPIC_FAILED);
            assert_int_equal(topic_at(id, ordered + 7 * OF_DAY, &order), OF_TOPIC_UNPAID);
            assert_int_equal(topic_at(id, ordered + 7 * OF_DAY + 1, &order), OF_TOPIC_FAILED);
            timed_out++;
            continue;
        }
        int64_t paid = full.payment_info.payment_date, eta = full.shipping_info.eta;
        if (paid > ordered)
            assert_int_equal(topic_at(id, paid - 1, &order), OF_TOPIC_UNPAID);
        assert_int_equal(topic_at(id, paid, &order), OF_TOPIC_PAID);
        assert_int_equal(topic_at(id, paid + 72 * OF_HOUR, &order), OF_TOPIC_PAID);
        enum of_order_topic next = topic_at(id, paid + 72 * OF_HOUR + 1, &order);
        if (eta - OF_DAY > paid + 72 * OF_HOUR + 1) {
            assert_int_equal(next, OF_TOPIC_SHIPPED);
            assert_int_equal(topic_at(id, eta - OF_DAY - 1, &order), OF_TOPIC_SHIPPED);
            assert_int_equal(topic_at(id, eta - OF_DAY, &order), final);
        }
        /* Never in the future, and never before it was shipped. */
        next = topic_at(id, eta - OF_HOUR, &order);
        if (order.shipping_info.has_finished_date)
            assert_true(order.shipping_info.finished_date <= eta - OF_HOUR);
        assert_true(full.shipping_info.finished_date >= full.shipping_info.shipped_date);
        finished += final == OF_TOPIC_FINISHED;
        failed += final == OF_TOPIC_FAILED;
    }
    assert_in_range(timed_out, 60, 140);
    assert_in_range(failed, 30, 85);
    assert_int_equal(timed_out + finished + failed, 2000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_days),
        cmocka_unit_test(test_events),
        cmocka_unit_test(test_intervals),
        cmocka_unit_test(test_shortest_interval),
        cmocka_unit_test(test_shifts),
        cmocka_unit_test(test_pools),
        cmocka_unit_test(test_persons),
        cmocka_unit_test(test_addresses),
        cmocka_unit_test(test_items),
        cmocka_unit_test(test_ages),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
