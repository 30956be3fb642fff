/* From an order to its lines: what is copied, named and counted, where each goes, what is refused.
 */
#include "base/clock.h"
#include "order/retail.h"
#include "routing/lines.h"

#include "support.h"

#define DATE INT64_C(1795251600000) /* 2026-11-21T09:00:00Z */
#define INTERNAL_SKU 1
#define EXTERNAL_SKU 24

struct fixture {
    struct routing_tables tables;
    struct of_order order;
    struct routed_lines lines;
};

static void add_item(struct of_order *order, int32_t sku, int64_t subtotal)
{
    struct of_item *item = of_order_add_item_info(order);
    assert_non_null(item);
    item->sku = sku;
    item->quantity = 2;
    item->unit_price = subtotal / 2;
    item->subtotal = subtotal;
    item->from_location = 10;
    item->to_location = 50;
    item->unit_of_measures = OF_TEXT("dozen");
    item->uom_type = OF_TEXT("F");
}

static int set_up(void **state)
{
    struct fixture *fixture = of_alloc(sizeof(*fixture));
    struct of_error error;
    if (routing_tables_load(&fixture->tables, PRODUCER_DATA, NULL, &error) < 0)
        fail_msg("%s", error.message);
    struct of_order *order = &fixture->order;
    of_order_init(order);
    order->order_id = 7;
    order->order_date = DATE;
    order->customer_info.customer_id = 12;
    order->customer_info.customer_name = OF_TEXT("Ana");
    order->customer_info.provincial_code = OF_TEXT("PH-00");
    order->payment_info.payment_status = true;
    order->payment_info.has_payment_date = true;
    order->payment_info.payment_date = DATE + 5;
    order->shipping_info.express_shipping = true;
    of_retail_set_status(order, OF_STATUS_PROCESSING);
    add_item(order, INTERNAL_SKU, 10000);
    add_item(order, EXTERNAL_SKU, 20000);
    add_item(order, EXTERNAL_SKU + 3, 30000);
    order->item_variety = 3;
    order->order_total = 60000;
    *state = fixture;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;
    of_order_release(&fixture->order);
    routing_tables_release(&fixture->tables);
    free(fixture);
    return 0;
}

static void make(struct fixture *fixture)
{
    struct of_error error;
    if (routing_make_lines(&fixture->order, &fixture->tables, &fixture->lines, &error) < 0)
        fail_msg("%s", error.message);
}

static void assert_text(struct of_text text, const char *expected)
{
    assert_int_equal(text.length, strlen(expected));
    assert_memory_equal(text.data, expected, text.length);
}

static void each_line_says_all(void **state)
{
    struct fixture *fixture = *state;
    make(fixture);
    assert_int_equal(fixture->lines.count, 3);
    const struct of_order_line *line = &fixture->lines.items[1];
    assert_int_equal(line->order_id, 7);
    assert_int_equal(line->line, 2);
    assert_int_equal(line->order_lines, 3);
    assert_int_equal(line->route_lines, 2);
    assert_int_equal(line->rule, 0);
    assert_int_equal(line->order_date, DATE);
    assert_true(line->has_payment_date && line->payment_date == DATE + 5);
    assert_false(line->has_eta);
    assert_true(line->express_shipping);
    assert_int_equal(line->customer_id, 12);
    assert_text(line->customer_name, "Ana");
    assert_text(line->product_name, "Office Chair");
    assert_text(line->category, "Furniture");
    assert_text(line->route, "external");
    assert_true(line->from_location_name.length > 0 && line->to_location_name.length > 0);
    assert_text(line->unit_of_measures, "dozen"); /* as ordered, not as the catalogue says now */
    assert_text(line->uom_type, "F");
    assert_int_equal(line->quantity, 2);
    assert_int_equal(line->subtotal, 20000);
    assert_int_equal(line->order_total, 60000);
    assert_int_equal(fixture->lines.items[0].route_lines, 1);
    assert_text(fixture->lines.items[0].route, "internal");
    assert_int_equal(fixture->lines.routes[0], ROUTE_INTERNAL);
    assert_int_equal(fixture->lines.routes[2], ROUTE_EXTERNAL);
}

static void an_order_older_than_locations(void **state)
{
    struct fixture *fixture = *state;
    struct of_item *item = &fixture->order.item_info[0];
    item->from_location = item->to_location = 0;
    item->unit_of_measures = item->uom_type = (struct of_text){NULL, 0};
    make(fixture);
    assert_text(fixture->lines.items[0].from_location_name, "");
    assert_text(fixture->lines.items[0].unit_of_measures, "each"); /* the catalogue's */
    assert_text(fixture->lines.items[0].uom_type, "E");
}

static void an_order_without_lines(void **state)
{
    struct fixture *fixture = *state;
    fixture->order.item_info_count = 0;
    make(fixture);
    assert_int_equal(fixture->lines.count, 0);
}

static void as_many_lines_as_can_be(void **state)
{
    struct fixture *fixture = *state;
    while (fixture->order.item_info_count < OF_ORDER_ITEM_INFO_MAX)
        add_item(&fixture->order, EXTERNAL_SKU, 100);
    make(fixture);
    assert_int_equal(fixture->lines.count, OF_ORDER_ITEM_INFO_MAX);
    assert_int_equal(fixture->lines.items[63].line, 64);
    assert_int_equal(fixture->lines.items[63].route_lines, 63);
    assert_null(of_order_add_item_info(&fixture->order)); /* one past */
}

static void rules_go_before_the_product(void **state)
{
    struct fixture *fixture = *state;
    struct of_error error;
    static const char text[] = "\ninternal when category = Furniture and amount < 250 and "
                               "province = PH-00\nexternal when route = internal\n";
    TEMPORARY file;
    temporary_make(&file, text, strlen(text));
    routing_tables_release(&fixture->tables);
    assert_int_equal(
        routing_tables_load(&fixture->tables, PRODUCER_DATA, file.path, &error), OF_OK);
    make(fixture);
    static const int rules[] = {3, 2, 0};
    static const enum route routes[] = {ROUTE_EXTERNAL, ROUTE_INTERNAL, ROUTE_EXTERNAL};
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(fixture->lines.items[i].rule, rules[i]);
        assert_int_equal(fixture->lines.routes[i], routes[i]);
        assert_int_equal(fixture->lines.items[i].route_lines, routes[i] == ROUTE_EXTERNAL ? 2 : 1);
    }
    fixture->order.customer_info.provincial_code = OF_TEXT("PH-XX"); /* none that is known */
    make(fixture);
    assert_int_equal(fixture->lines.items[1].rule, 0);
}

static void our_own_rules_are_good(void **state)
{
    struct fixture *fixture = *state;
    struct of_error error;
    routing_tables_release(&fixture->tables);
    if (routing_tables_load(&fixture->tables, PRODUCER_DATA, RULES, &error) < 0)
        fail_msg("%s", error.message);
    make(fixture);
}

static void bad_tables_leave_nothing(void **state)
{
    struct fixture *fixture = *state;
    struct of_error error;
    struct routing_tables tables = {.catalogue = NULL};
    (void)fixture;
    assert_int_equal(routing_tables_load(&tables, "/nowhere", NULL, &error), OF_INPUT);
    assert_int_equal(routing_tables_load(&tables, PRODUCER_DATA, "/nowhere", &error), OF_INPUT);
    assert_null(tables.catalogue);
}

static void refused(struct fixture *fixture, const char *kind, const char *message)
{
    struct of_error error;
    fixture->lines.count = 99;
    assert_int_equal(
        routing_make_lines(&fixture->order, &fixture->tables, &fixture->lines, &error), OF_INPUT);
    assert_string_equal(error.kind, kind);
    assert_contains(error.message, message);
    assert_int_equal(fixture->lines.count, 99);
}

static void unknown_things_are_refused(void **state)
{
    struct fixture *fixture = *state;
    struct of_item *item = &fixture->order.item_info[2];
    item->to_location = 9999;
    refused(fixture, "reference", "order 7, line 3: there is no location 9999");
    item->to_location = 50;
    item->sku = 56;
    refused(fixture, "reference", "order 7, line 3: there is no SKU 56");
    item->sku = 1;
    of_retail_set_status(&fixture->order, OF_STATUS_SHIPPED);
    refused(fixture, "state", "is not legal in paid_orders");
    of_retail_set_status(&fixture->order, OF_STATUS_PROCESSING);
    fixture->order.payment_info.payment_status = false;
    refused(fixture, "state", "is not legal in paid_orders");
}

/* Rules that are read again: good ones take the place of those before, bad ones change nothing. */
static void tables_are_replaced_or_stay(void **state)
{
    struct fixture *fixture = *state;
    static const char first[] = "internal\n", second[] = "\nexternal when amount >= 300\n",
                      bad[] = "internal\n  external when amount < 1\n";
    struct of_error error;
    TEMPORARY good, better, broken;
    temporary_make(&good, first, strlen(first));
    temporary_make(&better, second, strlen(second));
    temporary_make(&broken, bad, strlen(bad));
    struct routing_tables *tables = &fixture->tables;
    assert_int_equal(routing_tables_load(tables, PRODUCER_DATA, good.path, &error), OF_OK);
    const struct of_catalogue *before = tables->catalogue;
    assert_int_equal(tables->rules.items[0].line, 1);
    assert_int_equal(routing_tables_load(tables, PRODUCER_DATA, broken.path, &error), OF_INPUT);
    OF_FREE char *place = of_asprintf("%s:2:3: the rule can match nothing", broken.path);
    assert_contains(error.message, place);
    assert_int_equal(routing_tables_load(tables, "/nowhere", better.path, &error), OF_INPUT);
    assert_ptr_equal(tables->catalogue, before);
    assert_int_equal(tables->rules.items[0].line, 1);
    assert_int_equal(routing_tables_load(tables, PRODUCER_DATA, better.path, &error), OF_OK);
    assert_int_equal(tables->rules.count, 1);
    assert_int_equal(tables->rules.items[0].line, 2);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(each_line_says_all),
        TEST(an_order_older_than_locations),
        TEST(an_order_without_lines),
        TEST(as_many_lines_as_can_be),
        TEST(rules_go_before_the_product),
        TEST(our_own_rules_are_good),
        TEST(bad_tables_leave_nothing),
        TEST(tables_are_replaced_or_stay),
        TEST(unknown_things_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
