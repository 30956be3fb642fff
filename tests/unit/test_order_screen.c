/* The fraud list; every reason for which an order is rejected, and the
 * amounts just within and just past what adds up. */
#include "order/screen.h"

#include "support.h"

#include <inttypes.h>

static struct of_frauds *load(const char *file)
{
    struct of_error error;
    struct of_frauds *frauds = NULL;
    if (of_frauds_load(file, &frauds, &error) < 0)
        fail_msg("%s", error.message);
    return frauds;
}

/* The addresses that the generator gives to honest customers. */
static void nobody_honest_is_on_our_list(void **state)
{
    (void)state;
    OF_CLEANUP(of_cleanup_frauds) struct of_frauds *frauds = load(PRODUCER_DATA "/fraud_ips.csv");
    static const char *const ranges[] = {"192.0.2", "198.51.100", "203.0.113"};
    assert_int_equal(of_frauds_count(frauds), 500);
    for (size_t i = 0; i < OF_COUNT(ranges); i++)
        for (int host = 0; host < 256; host++) {
            char text[32];
            int size = snprintf(text, sizeof(text), "%s.%d", ranges[i], host);
            assert_false(of_frauds_has(frauds, (struct of_text){text, (size_t)size}));
        }
}

static void addresses_count_by_value(void **state)
{
    (void)state;
    static const char list[] = "ip_address,since\n198.18.0.30,2020\n2001:db8::1,2021\n";
    OF_CLEANUP(temporary_remove) struct temporary file;
    temporary_make(&file, list, strlen(list));
    OF_CLEANUP(of_cleanup_frauds) struct of_frauds *frauds = load(file.path);
    static const char *const listed[] = {
        "198.18.0.30", "::ffff:198.18.0.30", "2001:db8::1", "2001:0DB8:0:0:0:0:0:1"};
    for (size_t i = 0; i < OF_COUNT(listed); i++)
        assert_true(of_frauds_has(frauds, (struct of_text){listed[i], strlen(listed[i])}));
    static const char *const others[] = {"198.18.0.3", "198.18.0.31", "198.18.0.300",
        " 198.18.0.30", "198.18.0.30 ", "198.18.0.030", "", "2001:db8::2", "nobody",
        "00000000000000000000000000000000000000198.18.0.30"};
    for (size_t i = 0; i < OF_COUNT(others); i++)
        assert_false(of_frauds_has(frauds, (struct of_text){others[i], strlen(others[i])}));
    assert_false(of_frauds_has(frauds, (struct of_text){"198.18.0.30\0", 12}));
}

static void bad_lists_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *text, *message;
    } cases[] = {
        {"", ": the column names are missing"},
        {"address\n", "there is no column ip_address"},
        {"ip_address\n1.2.3.4\n1.2.3\n", ":3: '1.2.3' is no IP address"},
        {"ip_address\n\"\"\n", ":2: '' is no IP address"},
        {"ip_address\n1.2.3.4,5\n", ":2"},
    };
    struct of_error error;
    struct of_frauds *frauds = NULL;
    for (size_t i = 0; i < OF_COUNT(cases); i++) {
        OF_CLEANUP(temporary_remove) struct temporary file;
        temporary_make(&file, cases[i].text, strlen(cases[i].text));
        assert_int_equal(of_frauds_load(file.path, &frauds, &error), OF_INPUT);
        assert_contains(error.message, cases[i].message);
        assert_contains(error.message, file.path);
    }
    assert_int_equal(of_frauds_load("/nowhere/fraud.csv", &frauds, &error), OF_INPUT);
    assert_contains(error.message, "/nowhere/fraud.csv: ");
    assert_null(frauds);
}

static void an_empty_list_lists_nobody(void **state)
{
    (void)state;
    static const char list[] = "ip_address\n";
    OF_CLEANUP(temporary_remove) struct temporary file;
    temporary_make(&file, list, strlen(list));
    OF_CLEANUP(of_cleanup_frauds) struct of_frauds *frauds = load(file.path);
    assert_int_equal(of_frauds_count(frauds), 0);
    assert_false(of_frauds_has(frauds, OF_TEXT("198.18.0.30")));
}

/* ---- orders ---- */

struct world {
    struct of_catalogue *catalogue;
    struct of_frauds *frauds;
    struct of_item items[OF_ORDER_ITEM_INFO_MAX];
    struct of_order order;
};

/* 3 * 8.50 less 5 percent = 24.225, 1 * 10.00 */
static void fill(struct world *world)
{
    world->items[0] = (struct of_item){
        .sku = 1, .unit_price = 850, .quantity = 3, .discount_percent = 5, .subtotal = 2423};
    world->items[1] =
        (struct of_item){.sku = 55, .unit_price = 1000, .quantity = 1, .subtotal = 1000};
    world->order = (struct of_order){.order_id = 7,
        .order_date = 1700000000000,
        .item_info = world->items,
        .item_info_count = 2,
        .item_variety = 2,
        .order_total = 3423};
    world->order.customer_info.provincial_code = OF_TEXT("PH-CEB");
    world->order.customer_info.ip_address = OF_TEXT("192.0.2.1");
    world->order.shipping_info.order_status = OF_TEXT("Processing");
}

static int begin(void **state)
{
    struct world *world = of_alloc(sizeof(*world));
    struct of_error error;
    assert_int_equal(of_catalogue_load(PRODUCER_DATA, &world->catalogue, &error), OF_OK);
    world->frauds = load(PRODUCER_DATA "/fraud_ips.csv");
    fill(world);
    *state = world;
    return 0;
}

static int end(void **state)
{
    struct world *world = *state;
    of_catalogue_free(world->catalogue);
    of_frauds_free(world->frauds);
    free(world);
    return 0;
}

static void expect(struct world *world, enum of_rejection rejection, const char *reason)
{
    char text[OF_REJECTION_TEXT_MAX] = "untouched";
    assert_int_equal(of_screen(&world->order, world->catalogue, world->frauds, text), rejection);
    assert_string_equal(text, rejection == OF_REJECTION_NONE ? "untouched" : reason);
    fill(world);
}

static void accept(struct world *world)
{
    expect(world, OF_REJECTION_NONE, NULL);
}

static void a_sound_order_passes(void **state)
{
    struct world *world = *state;
    accept(world);
    world->order.item_info_count = 0; /* nothing adds up to nothing */
    world->order.item_variety = 0;
    world->order.order_total = 0;
    accept(world);
    world->order.customer_info.ip_address = OF_TEXT(""); /* as version 1 may have it */
    accept(world);
}

static void addresses_of_the_fraud_list(void **state)
{
    struct world *world = *state;
    world->order.customer_info.ip_address = OF_TEXT("198.18.0.30");
    world->order.order_total = -1; /* told first, whatever else is wrong */
    world->order.customer_info.provincial_code = OF_TEXT("nowhere");
    expect(world, OF_REJECTION_FRAUD, "ip_address 198.18.0.30 is on the fraud list");
}

static void names_that_nobody_knows(void **state)
{
    struct world *world = *state;
    world->order.customer_info.provincial_code = OF_TEXT("PH-QQQ");
    expect(world, OF_REJECTION_PROVINCE, "province 'PH-QQQ' is not known");
    world->order.customer_info.provincial_code = (struct of_text){NULL, 0};
    expect(world, OF_REJECTION_PROVINCE, "province '' is not known");
    world->order.customer_info.provincial_code =
        OF_TEXT("a province whose name is longer than what is quoted");
    expect(world, OF_REJECTION_PROVINCE,
        "province 'a province whose name is longer than wha' is not known");
    world->items[1].sku = 56;
    expect(world, OF_REJECTION_SKU, "SKU 56 is not known");
    world->items[0].sku = INT32_MIN;
    expect(world, OF_REJECTION_SKU, "SKU -2147483648 is not known");
}

static void totals_and_variety(void **state)
{
    struct world *world = *state;
    world->order.order_total++;
    expect(world, OF_REJECTION_AMOUNT, "order_total is 34.24, but the subtotals make 34.23");
    world->order.order_total = -5;
    expect(world, OF_REJECTION_AMOUNT, "order_total is -0.05, but the subtotals make 34.23");
    world->order.item_variety = 3;
    expect(world, OF_REJECTION_AMOUNT, "item_variety is 3, but there are 2 lines");
    world->order.item_variety = -2;
    expect(world, OF_REJECTION_AMOUNT, "item_variety is -2, but there are 2 lines");
}

/* 24.225 may be written 24.22 or 24.23, whoever rounds: 24.21 and 24.25 are one past what is. */
static void subtotals(void **state)
{
    struct world *world = *state;
    static const struct {
        int64_t subtotal;
        bool good;
    } cases[] = {{2421, false}, {2422, true}, {2423, true}, {2424, true}, {2425, false}};
    for (size_t i = 0; i < OF_COUNT(cases); i++) {
        world->items[0].subtotal = cases[i].subtotal;
        world->order.order_total = cases[i].subtotal + 1000;
        if (cases[i].good) {
            accept(world);
            continue;
        }
        OF_FREE char *reason = of_asprintf(
            "SKU 1: subtotal 24.%02d, it should be 24.23", (int)(cases[i].subtotal % 100));
        expect(world, OF_REJECTION_AMOUNT, reason);
    }
    world->items[0].discount_percent = 12.5F; /* 25.50 less 12.5 percent = 22.3125 */
    world->items[0].subtotal = 2231;
    world->order.order_total = 3231;
    accept(world);
    world->items[0].discount_percent = 100;
    world->items[0].subtotal = 0;
    world->order.order_total = 1000;
    accept(world);
}

static void lines_out_of_range(void **state)
{
    struct world *world = *state;
    world->items[0].quantity = 0;
    expect(world, OF_REJECTION_AMOUNT, "SKU 1: 0 pieces at 8.50");
    world->items[0].quantity = -3;
    world->items[0].subtotal = -2423;
    world->order.order_total = 1000 - 2423;
    expect(world, OF_REJECTION_AMOUNT, "SKU 1: -3 pieces at 8.50");
    world->items[0].unit_price = -1;
    expect(world, OF_REJECTION_AMOUNT, "SKU 1: 3 pieces at -0.01");
    world->items[0].discount_percent = -0.5F;
    expect(world, OF_REJECTION_AMOUNT, "SKU 1: a discount of -0.5 percent");
    world->items[0].discount_percent = 100.5F;
    expect(world, OF_REJECTION_AMOUNT, "SKU 1: a discount of 100.5 percent");
    world->items[0].discount_percent = 0.0F / 0.0F;
    expect(world, OF_REJECTION_AMOUNT, "SKU 1: a discount of -nan percent");
}

/* The largest amount that the field holds, and one piece more. */
static void amounts_at_the_end_of_their_digits(void **state)
{
    struct world *world = *state;
    struct of_item *item = &world->items[0];
    *item = (struct of_item){
        .sku = 1, .unit_price = 999999999999, .quantity = 1, .subtotal = 999999999999};
    world->order.item_info_count = 1;
    world->order.item_variety = 1;
    world->order.order_total = 999999999999;
    accept(world);
    *item = (struct of_item){.sku = 1, .unit_price = 999999999999, .quantity = 2};
    expect(world, OF_REJECTION_AMOUNT, "SKU 1: 2 pieces at 9999999999.99");
    *item = (struct of_item){.sku = 1, .unit_price = INT64_MAX, .quantity = INT32_MAX};
    expect(world, OF_REJECTION_AMOUNT, "SKU 1: 2147483647 pieces at 92233720368547758.07");
    for (size_t i = 0; i < OF_ORDER_ITEM_INFO_MAX; i++)
        world->items[i] = (struct of_item){
            .sku = 1, .unit_price = 999999999999, .quantity = 1, .subtotal = 999999999999};
    world->order.item_info_count = OF_ORDER_ITEM_INFO_MAX;
    world->order.item_variety = OF_ORDER_ITEM_INFO_MAX;
    world->order.order_total = 999999999999;
    expect(world, OF_REJECTION_AMOUNT,
        "order_total is 9999999999.99, but the subtotals make 639999999999.36");
}

static void the_steps(void **state)
{
    struct world *world = *state;
    struct of_error error;
    assert_int_equal(of_screen_pass(&world->order, &error), OF_OK);
    assert_memory_equal(world->order.shipping_info.order_status.data, "Validated", 9);
    assert_int_equal(of_order_check(&world->order, OF_TOPIC_VALID, &error), OF_OK);
    assert_false(world->order.shipping_info.has_finished_date);
    assert_int_equal(of_screen_pass(&world->order, &error), OF_INPUT); /* not twice */
    assert_int_equal(of_screen_reject(&world->order, &error), OF_INPUT);
    assert_string_equal(
        error.message, "order 7: status Validated, unpaid, is not legal in unpaid_orders");
    fill(world);
    assert_int_equal(of_screen_reject(&world->order, &error), OF_OK);
    assert_int_equal(of_order_check(&world->order, OF_TOPIC_FAILED, &error), OF_OK);
    assert_int_equal(world->order.shipping_info.finished_date, world->order.order_date);
    fill(world);
    world->order.payment_info.payment_status = true;
    assert_int_equal(of_screen_reject(&world->order, &error), OF_INPUT);
}

static void every_rejection_has_a_name(void **state)
{
    (void)state;
    for (int i = 0; i < OF_REJECTION_COUNT; i++)
        for (int j = 0; j < i; j++)
            assert_string_not_equal(
                of_rejection_name((enum of_rejection)i), of_rejection_name((enum of_rejection)j));
}

#define WITH_WORLD(test) cmocka_unit_test_setup_teardown(test, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nobody_honest_is_on_our_list),
        cmocka_unit_test(addresses_count_by_value),
        cmocka_unit_test(bad_lists_are_refused),
        cmocka_unit_test(an_empty_list_lists_nobody),
        WITH_WORLD(a_sound_order_passes),
        WITH_WORLD(addresses_of_the_fraud_list),
        WITH_WORLD(names_that_nobody_knows),
        WITH_WORLD(totals_and_variety),
        WITH_WORLD(subtotals),
        WITH_WORLD(lines_out_of_range),
        WITH_WORLD(amounts_at_the_end_of_their_digits),
        WITH_WORLD(the_steps),
        cmocka_unit_test(every_rejection_has_a_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
