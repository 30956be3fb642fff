/* The generated codec: round trips, golden bytes, limits, truncation at every byte. */
#include "schemas/order.h"

#include "base/memory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static void fill(struct of_order *order)
{
    of_order_init(order);
    order->order_id = 42;
    order->order_date = 1615712400000;
    order->customer_info = (struct of_customer_info){7, OF_TEXT("Ma. Ni\xc3\xb1o"), OF_TEXT("Acme"),
        OF_TEXT("a@example.com"), OF_TEXT("1 Street"), OF_TEXT("Manila"), OF_TEXT("PH-00"),
        OF_TEXT("0917"), OF_TEXT("192.0.2.1")};
    order->payment_info = (struct of_payment_info){
        .payment_status = true,
        .has_payment_method = true,
        .payment_method = OF_TEXT("Credit Card"),
        .has_payment_date = true,
        .payment_date = 1615712400001,
    };
    order->shipping_info = (struct of_shipping_info){
        .shipping_id = 99, .express_shipping = true, .order_status = OF_TEXT("Processing")};
    for (int i = 0; i < 3; i++) {
        struct of_item *item = of_order_add_item_info(order);
        *item = (struct of_item){
            i + 1, 85000, 2, 5.0f, 161500 - i, 10 + i, 52, OF_TEXT("each"), OF_TEXT("E")};
    }
    order->item_variety = 3;
    order->order_total = 484497;
    order->has_execution_price = true;
    order->execution_price = 1105;
}

static void assert_same_json(const struct of_order *a, const struct of_order *b)
{
    OF_CLEANUP(of_buffer_release) struct of_buffer x, y;
    of_buffer_init(&x, 65536);
    of_buffer_init(&y, 65536);
    assert_int_equal(of_order_print_json(a, &x), 0);
    assert_int_equal(of_order_print_json(b, &y), 0);
    assert_string_equal(of_buffer_text(&x), of_buffer_text(&y));
}

static void test_round_trip(void **state)
{
    (void)state;
    struct of_error error;
    OF_CLEANUP(of_order_release) struct of_order order, back;
    OF_CLEANUP(of_buffer_release) struct of_buffer bytes;
    fill(&order);
    of_order_init(&back);
    of_buffer_init(&bytes, 65536);
    assert_int_equal(of_order_encode(&order, &bytes, &error), 0);
    assert_int_equal(of_order_decode(&back, bytes.data, bytes.length, &error), 0);
    assert_same_json(&order, &back);
    assert_int_equal(back.item_info_count, 3);
    assert_false(back.shipping_info.has_eta);
}

static void test_json(void **state)
{
    (void)state;
    OF_CLEANUP(of_order_release) struct of_order order;
    OF_CLEANUP(of_buffer_release) struct of_buffer text;
    fill(&order);
    of_buffer_init(&text, 65536);
    assert_int_equal(of_order_print_json(&order, &text), 0);
    assert_string_equal(of_buffer_text(&text),
        "{\"order_id\":42,\"order_date\":\"2021-03-14T09:00:00Z\",\"customer_info\":{"
        "\"customer_id\":7,\"customer_name\":\"Ma. Ni\xc3\xb1o\",\"company\":\"Acme\","
        "\"email\":\"a@example.com\",\"street_address\":\"1 Street\",\"lgu\":\"Manila\","
        "\"provincial_code\":\"PH-00\",\"contact_number\":\"0917\",\"ip_address\":\"192.0.2.1\"},"
        "\"payment_info\":{\"payment_status\":true,\"payment_method\":\"Credit Card\","
        "\"payment_date\":\"2021-03-14T09:00:00.001Z\"},\"shipping_info\":{\"shipping_id\":99,"
        "\"express_shipping\":true,\"order_status\":\"Processing\",\"shipped_date\":null,"
        "\"eta\":null,\"finished_date\":null},\"item_info\":[{\"sku\":1,\"unit_price\":850.00,"
        "\"quantity\":2,\"discount_percent\":5,\"subtotal\":1615.00,\"from_location\":10,"
        "\"to_location\":52,\"unit_of_measures\":\"each\",\"uom_type\":\"E\"},{\"sku\":2,"
        "\"unit_price\":850.00,\"quantity\":2,\"discount_percent\":5,\"subtotal\":1614.99,"
        "\"from_location\":11,\"to_location\":52,\"unit_of_measures\":\"each\","
        "\"uom_type\":\"E\"},{\"sku\":3,\"unit_price\":850.00,\"quantity\":2,"
        "\"discount_percent\":5,\"subtotal\":1614.98,\"from_location\":12,\"to_location\":52,"
        "\"unit_of_measures\":\"each\",\"uom_type\":\"E\"}],\"item_variety\":3,"
        "\"order_total\":4844.97,\"execution_price\":11.05}");
}

/* Every prefix is refused with the name of a field, and nothing is read past its end (the copy has
 * the exact size, so that sanitizers and valgrind see it). */
static void test_truncation(void **state)
{
    (void)state;
    struct of_error error;
    OF_CLEANUP(of_order_release) struct of_order order, back;
    OF_CLEANUP(of_buffer_release) struct of_buffer bytes;
    fill(&order);
    of_order_init(&back);
    of_buffer_init(&bytes, 65536);
    assert_int_equal(of_order_encode(&order, &bytes, &error), 0);
    for (size_t size = 0; size < bytes.length; size++) {
        OF_FREE uint8_t *copy = of_alloc(size);
        memcpy(copy, bytes.data, size);
        assert_int_equal(of_order_decode(&back, copy, size, &error), OF_INPUT);
        assert_non_null(strstr(error.message, "truncated"));
    }
    of_buffer_append_byte(&bytes, 0);
    assert_int_equal(of_order_decode(&back, bytes.data, bytes.length, &error), OF_INPUT);
    assert_non_null(strstr(error.message, "bytes behind the record"));
}

static void test_error_names_the_item(void **state)
{
    (void)state;
    struct of_error error;
    OF_CLEANUP(of_order_release) struct of_order order, back;
    OF_CLEANUP(of_buffer_release) struct of_buffer bytes;
    fill(&order);
    of_order_init(&back);
    of_buffer_init(&bytes, 65536);
    assert_int_equal(of_order_encode(&order, &bytes, &error), 0);
    /* execution_price (4), item_variety (1), order_total (4), end of array (1), then half of the
     * last item */
    assert_int_equal(of_order_decode(&back, bytes.data, bytes.length - 10 - 5, &error), OF_INPUT);
    assert_non_null(strstr(error.message, "Order: item_info[2]."));
}

static void test_limits(void **state)
{
    (void)state;
    struct of_error error;
    OF_CLEANUP(of_order_release) struct of_order order, back;
    OF_CLEANUP(of_buffer_release) struct of_buffer bytes;
    fill(&order);
    of_order_init(&back);
    of_buffer_init(&bytes, OF_ORDER_BYTES_MAX);
    OF_FREE char *longest = of_alloc(OF_ORDER_STRING_MAX + 1);
    memset(longest, 'x', OF_ORDER_STRING_MAX + 1);
    order.customer_info.company = (struct of_text){longest, OF_ORDER_STRING_MAX};
    while (order.item_info_count < OF_ORDER_ITEM_INFO_MAX)
        assert_non_null(of_order_add_item_info(&order));
    assert_null(of_order_add_item_info(&order));
    assert_int_equal(of_order_encode(&order, &bytes, &error), 0);
    assert_int_equal(of_order_decode(&back, bytes.data, bytes.length, &error), 0);
    order.customer_info.company.length++;
    assert_int_equal(of_order_encode(&order, &bytes, &error), OF_INPUT);
    assert_non_null(strstr(error.message, "customer_info.company is longer"));
    order.customer_info.company.length--;
    order.order_total = 999999999999;
    assert_int_equal(of_order_encode(&order, &bytes, &error), 0);
    order.order_total++;
    assert_int_equal(of_order_encode(&order, &bytes, &error), OF_INPUT);
}

static void test_decimals(void **state)
{
    (void)state;
    static const struct {
        int64_t value;
        const char *bytes;
        size_t size;
    } cases[] = {
        {0, "\x02\x00", 2},
        {127, "\x02\x7f", 2},
        {128, "\x04\x00\x80", 3},
        {-128, "\x02\x80", 2},
        {-129, "\x04\xff\x7f", 3},
        {32768, "\x06\x00\x80\x00", 4},
        {999999999999, "\x0c\x00\xe8\xd4\xa5\x0f\xff", 7},
        {INT64_MIN, "\x10\x80\x00\x00\x00\x00\x00\x00\x00", 9},
    };
    for (size_t i = 0; i < OF_COUNT(cases); i++) {
        uint8_t bytes[16];
        assert_int_equal(of_avro_write_decimal(bytes, cases[i].value) - bytes, cases[i].size);
        assert_memory_equal(bytes, cases[i].bytes, cases[i].size);
        if (!of_avro_decimal_fits(cases[i].value, 18))
            continue;
        struct of_avro_reader reader;
        of_avro_reader_init(&reader, bytes, cases[i].size);
        assert_int_equal(of_avro_read_decimal(&reader, 18, "x"), cases[i].value);
        assert_null(reader.failure);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trip),
        cmocka_unit_test(test_json),
        cmocka_unit_test(test_truncation),
        cmocka_unit_test(test_error_names_the_item),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_decimals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
