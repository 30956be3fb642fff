/* The generator as a whole: the same bytes for ever, skipping, live orders, limits. */
#include "avro/resolve.h"
#include "base/clock.h"
#include "base/memory.h"
#include "producer/generator.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define UNTIL INT64_C(1795219200000) /* 2026-11-21T00:00:00Z */
#define BYTES_LIMIT (8u * 1024 * 1024)

/* Seed 1, its first 1000 orders, FNV-1a of their Avro bytes. A change here is a change of every
 * stream ever generated: topics that hold a part of one could not be continued. */
#define GOLDEN_HASH UINT64_C(0x2834e55436e496ed)
/* The same orders as a reader of the schema's first version sees them: new fields move no draw. */
#define GOLDEN_HASH_V1 UINT64_C(0xe7dbfd3a76a46e64)

static const struct of_generator_settings defaults = {
    .seed = 1, .start = OF_GENERATOR_START, .until = UNTIL, .volume_millis = 1000};

static struct of_generator *new_generator(const struct of_generator_settings *settings)
{
    struct of_error error;
    struct of_generator *generator = NULL;
    assert_int_equal(of_generator_new(settings, &generator, &error), 0);
    return generator;
}

static void append(struct of_buffer *bytes, const struct of_order *order)
{
    struct of_error error;
    assert_non_null(order);
    assert_int_equal(of_order_encode(order, bytes, &error), 0);
}

static void append_past(struct of_buffer *bytes, struct of_generator *generator, int count)
{
    enum of_order_topic topic;
    for (int i = 0; i < count; i++)
        append(bytes, of_generator_past(generator, &topic));
}

static uint64_t hash(const struct of_buffer *bytes)
{
    uint64_t value = UINT64_C(0xcbf29ce484222325);
    for (size_t i = 0; i < bytes->length; i++)
        value = (value ^ bytes->data[i]) * UINT64_C(0x100000001b3);
    return value;
}

static void test_golden(void **state)
{
    (void)state;
    OF_CLEANUP(of_cleanup_generator) struct of_generator *generator = new_generator(&defaults);
    OF_CLEANUP(of_buffer_release) struct of_buffer bytes;
    of_buffer_init(&bytes, BYTES_LIMIT);
    append_past(&bytes, generator, 1000);
    assert_int_equal(hash(&bytes), GOLDEN_HASH);
}

static struct of_avro_schema *load_v1(void)
{
    struct of_error error;
    struct of_avro_schema *schema = NULL;
    char text[16384];
    FILE *file OF_CLEANUP(of_cleanup_file) = fopen(GOLDEN "/order-v1.avsc", "r");
    assert_non_null(file);
    size_t size = fread(text, 1, sizeof(text), file);
    assert_in_range(size, 1, sizeof(text) - 1);
    assert_int_equal(of_avro_schema_parse(text, size, &schema, &error), 0);
    return schema;
}

static void test_golden_v1(void **state)
{
    (void)state;
    struct of_error error;
    OF_CLEANUP(of_cleanup_generator) struct of_generator *generator = new_generator(&defaults);
    OF_CLEANUP(of_cleanup_avro_schema) struct of_avro_schema *writer = NULL, *reader = load_v1();
    OF_CLEANUP(of_cleanup_avro_plan) struct of_avro_plan *plan = NULL;
    OF_CLEANUP(of_buffer_release) struct of_buffer bytes, order;
    of_buffer_init(&bytes, BYTES_LIMIT);
    of_buffer_init(&order, BYTES_LIMIT);
    assert_int_equal(
        of_avro_schema_parse(of_order_schema, of_order_schema_size, &writer, &error), 0);
    assert_int_equal(of_avro_plan_new(writer, reader, &plan, &error), 0);
    for (int i = 0; i < 1000; i++) {
        of_buffer_clear(&order);
        append_past(&order, generator, 1);
        assert_int_equal(of_avro_plan_run(plan, order.data, order.length, &bytes, &error), 0);
    }
    assert_int_equal(hash(&bytes), GOLDEN_HASH_V1);
}

static void assert_same(const struct of_buffer *a, const struct of_buffer *b)
{
    assert_int_equal(a->length, b->length);
    assert_memory_equal(a->data, b->data, a->length);
}

static void test_same_again(void **state)
{
    (void)state;
    OF_CLEANUP(of_cleanup_generator) struct of_generator *one = new_generator(&defaults);
    OF_CLEANUP(of_cleanup_generator) struct of_generator *two = new_generator(&defaults);
    struct of_generator_settings other = defaults;
    other.seed = 2;
    OF_CLEANUP(of_cleanup_generator) struct of_generator *three = new_generator(&other);
    OF_CLEANUP(of_buffer_release) struct of_buffer a, b, c;
    of_buffer_init(&a, BYTES_LIMIT);
    of_buffer_init(&b, BYTES_LIMIT);
    of_buffer_init(&c, BYTES_LIMIT);
    append_past(&a, one, 2000);
    append_past(&b, two, 2000);
    append_past(&c, three, 2000);
    assert_same(&a, &b);
    assert_true(hash(&a) != hash(&c));
}

/* Wherever a run breaks off, the next goes on as if it had not. */
static void test_skip_past(void **state)
{
    (void)state;
    static const int cuts[] = {0, 1, 99, 100, 101, 399, 400, 1234};
    OF_CLEANUP(of_buffer_release) struct of_buffer whole, rest;
    of_buffer_init(&whole, BYTES_LIMIT);
    of_buffer_init(&rest, BYTES_LIMIT);
    for (size_t i = 0; i < OF_COUNT(cuts); i++) {
        OF_CLEANUP(of_cleanup_generator) struct of_generator *one = new_generator(&defaults);
        OF_CLEANUP(of_cleanup_generator) struct of_generator *two = new_generator(&defaults);
        of_buffer_clear(&whole);
        append_past(&whole, one, cuts[i]);
        assert_int_equal(of_generator_last_id(one), cuts[i]);
        of_generator_skip_past(two, cuts[i]);
        assert_int_equal(of_generator_last_id(two), cuts[i]);
        assert_int_equal(of_generator_last_date(two), of_generator_last_date(one));
        of_buffer_clear(&whole);
        of_buffer_clear(&rest);
        append_past(&whole, one, 300);
        append_past(&rest, two, 300);
        assert_same(&whole, &rest);
    }
}

static void test_skip_live(void **state)
{
    (void)state;
    OF_CLEANUP(of_cleanup_generator) struct of_generator *one = new_generator(&defaults);
    OF_CLEANUP(of_cleanup_generator) struct of_generator *two = new_generator(&defaults);
    OF_CLEANUP(of_buffer_release) struct of_buffer a, b;
    of_buffer_init(&a, BYTES_LIMIT);
    of_buffer_init(&b, BYTES_LIMIT);
    append_past(&a, one, 500);
    for (int i = 0; i < 700; i++)
        append(&a, of_generator_live(one, UNTIL + i * OF_MINUTE));
    of_generator_skip_past(two, 500);
    of_generator_skip_live(two, 1200, of_generator_last_date(one));
    assert_int_equal(of_generator_last_id(two), 1200);
    of_buffer_clear(&a);
    for (int i = 0; i < 300; i++) {
        append(&a, of_generator_live(one, UNTIL + OF_DAY + i));
        append(&b, of_generator_live(two, UNTIL + OF_DAY + i));
    }
    assert_same(&a, &b);
}

static void test_live_orders(void **state)
{
    (void)state;
    struct of_error error;
    OF_CLEANUP(of_cleanup_generator) struct of_generator *generator = new_generator(&defaults);
    enum of_order_topic topic;
    assert_non_null(of_generator_past(generator, &topic));
    const struct of_order *order = of_generator_live(generator, UNTIL);
    assert_int_equal(order->order_id, 2);
    assert_int_equal(order->order_date, UNTIL);
    assert_int_equal(of_order_check(order, OF_TOPIC_UNPAID, &error), 0);
    assert_false(order->payment_info.has_payment_method);
    assert_false(order->shipping_info.has_eta);
    /* A clock that is set back does not make orders go back. */
    order = of_generator_live(generator, UNTIL - OF_DAY);
    assert_int_equal(order->order_date, UNTIL);
    assert_null(of_generator_past(generator, &topic));
}

static void test_every_order_fits_its_topic(void **state)
{
    (void)state;
    struct of_error error;
    OF_CLEANUP(of_cleanup_generator) struct of_generator *generator = new_generator(&defaults);
    enum of_order_topic topic;
    int64_t last_date = 0, count = 0, topics[OF_ORDER_TOPIC_COUNT] = {0};
    for (const struct of_order *order; (order = of_generator_past(generator, &topic)); count++) {
        assert_int_equal(of_order_check(order, topic, &error), 0);
        assert_int_equal(order->order_id, count + 1);
        assert_true(order->order_date >= last_date && order->order_date <= UNTIL);
        last_date = order->order_date;
        topics[topic]++;
    }
    assert_in_range(count, 20000, 50000);
    for (size_t i = 0; i < OF_ORDER_TOPIC_COUNT; i++)
        assert_int_equal(topics[i] > 0, i != OF_TOPIC_VALID); /* that one is the screening's */
    assert_null(of_generator_past(generator, &topic));        /* and it stays ended */
}

static void test_ends(void **state)
{
    (void)state;
    enum of_order_topic topic;
    struct of_generator_settings settings = defaults;
    settings.until = settings.start; /* an order on the very end belongs to it */
    OF_CLEANUP(of_cleanup_generator) struct of_generator *one = new_generator(&settings);
    assert_int_equal(of_generator_past(one, &topic)->order_date, settings.start);
    assert_null(of_generator_past(one, &topic));

    OF_CLEANUP(of_cleanup_generator) struct of_generator *all = new_generator(&defaults);
    of_generator_skip_past(all, 2);
    settings.until = of_generator_last_date(all);
    OF_CLEANUP(of_cleanup_generator) struct of_generator *two = new_generator(&settings);
    of_generator_skip_past(two, INT64_MAX);
    assert_int_equal(of_generator_last_id(two), 2);
    settings.until--;
    OF_CLEANUP(of_cleanup_generator) struct of_generator *less = new_generator(&settings);
    of_generator_skip_past(less, INT64_MAX);
    assert_int_equal(of_generator_last_id(less), 1);
}

static void test_volume(void **state)
{
    (void)state;
    struct of_generator_settings settings = defaults;
    OF_CLEANUP(of_cleanup_generator) struct of_generator *one = new_generator(&settings);
    settings.volume_millis = 10000;
    OF_CLEANUP(of_cleanup_generator) struct of_generator *ten = new_generator(&settings);
    of_generator_skip_past(one, INT64_MAX);
    of_generator_skip_past(ten, INT64_MAX);
    int64_t single = of_generator_last_id(one), tenfold = of_generator_last_id(ten);
    assert_in_range(tenfold, single * 93 / 10, single * 107 / 10);
}

static void test_settings(void **state)
{
    (void)state;
    struct of_error error;
    static const struct {
        struct of_generator_settings settings;
        bool good;
    } cases[] = {
        {{0, 0, 0, 1000}, true},
        {{-1, 0, 0, 1000}, false},
        {{OF_GENERATOR_SEED_MAX, 0, 0, 1000}, true},
        {{OF_GENERATOR_SEED_MAX + 1, 0, 0, 1000}, false},
        {{1, 1, 0, 1000}, false},
        {{1, 0, 0, OF_VOLUME_MILLIS_MIN}, true},
        {{1, 0, 0, OF_VOLUME_MILLIS_MIN - 1}, false},
        {{1, 0, 0, OF_VOLUME_MILLIS_MAX}, true},
        {{1, 0, 0, OF_VOLUME_MILLIS_MAX + 1}, false},
        {{1, INT64_MIN, 0, 1000}, false},
        {{1, 0, INT64_MAX, 1000}, false},
    };
    for (size_t i = 0; i < OF_COUNT(cases); i++) {
        OF_CLEANUP(of_cleanup_generator) struct of_generator *generator = NULL;
        assert_int_equal(
            of_generator_new(&cases[i].settings, &generator, &error), cases[i].good ? 0 : OF_INPUT);
        assert_int_equal(generator != NULL, cases[i].good);
    }
}

static void test_locations(void **state)
{
    (void)state;
    OF_CLEANUP(of_cleanup_generator) struct of_generator *generator = new_generator(&defaults);
    static int32_t destinations[20001];
    bool warehouses[50] = {false};
    enum of_order_topic topic;
    for (int i = 0; i < 20000; i++) {
        const struct of_order *order = of_generator_past(generator, &topic);
        int32_t *to = &destinations[order->customer_info.customer_id];
        for (size_t line = 0; line < order->item_info_count; line++) {
            const struct of_item *item = &order->item_info[line];
            assert_in_range(item->from_location, 10, 49);
            warehouses[item->from_location] = true;
            assert_in_range(item->to_location, 50, 509);
            assert_true(*to == 0 || *to == item->to_location); /* a customer does not move */
            *to = item->to_location;
            assert_true(item->unit_of_measures.length > 0);
            assert_int_equal(item->uom_type.length, 1);
            assert_non_null(strchr("EMF", item->uom_type.data[0]));
        }
        assert_false(order->has_execution_price);
    }
    for (int id = 10; id < 50; id++)
        assert_true(warehouses[id]);
}

static bool is_fraud(const struct of_order *order)
{
    struct of_text address = order->customer_info.ip_address;
    return address.length > 7 &&
           (memcmp(address.data, "198.18.", 7) == 0 || memcmp(address.data, "198.19.", 7) == 0);
}

static int count_frauds(int64_t parts, int orders)
{
    OF_CLEANUP(of_cleanup_generator) struct of_generator *generator = new_generator(&defaults);
    int frauds = 0;
    if (parts >= 0)
        of_generator_set_fraud(generator, parts);
    for (int i = 0; i < orders; i++)
        frauds += is_fraud(of_generator_live(generator, UNTIL));
    return frauds;
}

/* Live orders by the share, past ones never, and nothing else of an order changes. */
static void test_fraud(void **state)
{
    (void)state;
    assert_in_range(count_frauds(-1, 40000), 320, 480); /* .01: four standard errors */
    assert_int_equal(count_frauds(0, 2000), 0);
    assert_int_equal(count_frauds(OF_FRAUD_WHOLE, 2000), 2000);
    assert_in_range(count_frauds(OF_FRAUD_WHOLE / 2, 2000), 900, 1100);
    OF_CLEANUP(of_cleanup_generator) struct of_generator *one = new_generator(&defaults);
    OF_CLEANUP(of_cleanup_generator) struct of_generator *two = new_generator(&defaults);
    of_generator_set_fraud(one, OF_FRAUD_WHOLE);
    of_generator_set_fraud(two, 0);
    enum of_order_topic topic;
    for (int i = 0; i < 1000; i++)
        assert_false(is_fraud(of_generator_past(one, &topic)));
    of_generator_skip_past(two, 1000);
    OF_CLEANUP(of_buffer_release) struct of_buffer a, b;
    of_buffer_init(&a, BYTES_LIMIT);
    of_buffer_init(&b, BYTES_LIMIT);
    for (int i = 0; i < 100; i++) {
        struct of_order fraud = *of_generator_live(one, UNTIL);
        struct of_order other = *of_generator_live(two, UNTIL);
        assert_true(is_fraud(&fraud) && !is_fraud(&other));
        fraud.customer_info.ip_address = other.customer_info.ip_address;
        append(&a, &fraud);
        append(&b, &other);
    }
    assert_same(&a, &b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_golden),
        cmocka_unit_test(test_golden_v1),
        cmocka_unit_test(test_locations),
        cmocka_unit_test(test_fraud),
        cmocka_unit_test(test_same_again),
        cmocka_unit_test(test_skip_past),
        cmocka_unit_test(test_skip_live),
        cmocka_unit_test(test_live_orders),
        cmocka_unit_test(test_every_order_fits_its_topic),
        cmocka_unit_test(test_ends),
        cmocka_unit_test(test_volume),
        cmocka_unit_test(test_settings),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
