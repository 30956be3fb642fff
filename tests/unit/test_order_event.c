/* Status events out of orders, and that PostgreSQL's table of steps is the same as ours. */
#include "order/event.h"
#include "registry/wire.h"

#include "support.h"

#define DAY INT64_C(86400000)

static const char *const names[OF_EVENT_COUNT] = {"Generated", "Validated", "Rejected", "Paid",
    "Timed Out", "Shipped", "Delivered", "Cancelled", "Returned", "Enriched", "Routed", "Exported"};

static bool is_text(struct of_text text, const char *expected)
{
    return text.length == strlen(expected) && memcmp(text.data, expected, text.length) == 0;
}

static void every_status_has_its_name(void **state)
{
    (void)state;
    for (int i = 0; i < OF_EVENT_COUNT; i++) {
        struct of_error error;
        enum of_event back = OF_EVENT_COUNT;
        assert_true(is_text(of_event_text((enum of_event)i), names[i]));
        assert_int_equal(of_event_parse(of_event_text((enum of_event)i), &back, &error), OF_OK);
        assert_int_equal(back, i);
    }
}

static void other_names_are_refused(void **state)
{
    (void)state;
    static const char long_name[] = "a status far longer than any message ever wants to quote it";
    struct of_text texts[] = {OF_TEXT(""), {NULL, 0}, OF_TEXT("paid"), OF_TEXT("Processing"),
        OF_TEXT("Paid "), OF_TEXT("Timed"), OF_TEXT(long_name)};
    struct of_error error;
    for (size_t i = 0; i < OF_COUNT(texts); i++) {
        enum of_event event = OF_EVENT_COUNT;
        assert_int_equal(of_event_parse(texts[i], &event, &error), OF_INPUT);
        assert_int_equal(event, OF_EVENT_COUNT); /* untouched */
    }
    assert_string_equal(error.message,
        "there is no status 'a status far longer than any message eve'; there are Generated, "
        "Validated, Rejected, Paid, Timed Out, Shipped, Delivered, Cancelled, Returned, Enriched, "
        "Routed, Exported");
}

static void each_state_has_an_event(void **state)
{
    (void)state;
    assert_int_equal(of_event_of(OF_STATUS_PROCESSING, false), OF_EVENT_GENERATED);
    assert_int_equal(of_event_of(OF_STATUS_PROCESSING, true), OF_EVENT_PAID);
    assert_int_equal(of_event_of(OF_STATUS_VALIDATED, false), OF_EVENT_VALIDATED);
    assert_int_equal(of_event_of(OF_STATUS_REJECTED, false), OF_EVENT_REJECTED);
    for (int paid = 0; paid < 2; paid++) {
        assert_int_equal(of_event_of(OF_STATUS_TIMED_OUT, paid), OF_EVENT_TIMED_OUT);
        assert_int_equal(of_event_of(OF_STATUS_SHIPPED, paid), OF_EVENT_SHIPPED);
        assert_int_equal(of_event_of(OF_STATUS_DELIVERED, paid), OF_EVENT_DELIVERED);
        assert_int_equal(of_event_of(OF_STATUS_CANCELLED, paid), OF_EVENT_CANCELLED);
        assert_int_equal(of_event_of(OF_STATUS_RETURNED, paid), OF_EVENT_RETURNED);
    }
}

static void steps_come_from_the_table_of_transitions(void **state)
{
    (void)state;
    static const enum of_event steps[][2] = {{OF_EVENT_GENERATED, OF_EVENT_PAID},
        {OF_EVENT_GENERATED, OF_EVENT_VALIDATED}, {OF_EVENT_GENERATED, OF_EVENT_REJECTED},
        {OF_EVENT_VALIDATED, OF_EVENT_PAID}, {OF_EVENT_VALIDATED, OF_EVENT_TIMED_OUT},
        {OF_EVENT_GENERATED, OF_EVENT_CANCELLED}, {OF_EVENT_VALIDATED, OF_EVENT_CANCELLED},
        {OF_EVENT_GENERATED, OF_EVENT_TIMED_OUT}, {OF_EVENT_PAID, OF_EVENT_SHIPPED},
        {OF_EVENT_PAID, OF_EVENT_CANCELLED}, {OF_EVENT_SHIPPED, OF_EVENT_DELIVERED},
        {OF_EVENT_SHIPPED, OF_EVENT_CANCELLED}, {OF_EVENT_SHIPPED, OF_EVENT_RETURNED},
        {OF_EVENT_PAID, OF_EVENT_ENRICHED}, {OF_EVENT_ENRICHED, OF_EVENT_ROUTED},
        {OF_EVENT_ROUTED, OF_EVENT_SHIPPED}, {OF_EVENT_ROUTED, OF_EVENT_CANCELLED}};
    size_t legal = 0;
    for (int before = 0; before < OF_EVENT_COUNT; before++)
        for (int after = 0; after < OF_EVENT_COUNT; after++)
            legal += of_event_leads_to((enum of_event)before, (enum of_event)after);
    assert_int_equal(legal, OF_COUNT(steps));
    for (size_t i = 0; i < OF_COUNT(steps); i++)
        assert_true(of_event_leads_to(steps[i][0], steps[i][1]));
}

static char *read_file(const char *path)
{
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    char *text = of_alloc(65536);
    size_t size = fread(text, 1, 65535, file);
    assert_true(size > 0 && size < 65535);
    fclose(file);
    return text;
}

static void postgresql_has_the_same_steps(void **state)
{
    (void)state;
    OF_FREE char *sql = read_file(POSTGRES "/03_status.sql");
    char *begin = strstr(sql, "INSERT INTO order_status_step");
    assert_non_null(begin);
    *strchr(begin, ';') = '\0';
    size_t rows = 0;
    for (const char *row = begin; (row = strstr(row, "('")); row++)
        rows++;
    size_t steps = 0;
    for (int before = 0; before < OF_EVENT_COUNT; before++)
        for (int after = 0; after < OF_EVENT_COUNT; after++) {
            if (!of_event_leads_to((enum of_event)before, (enum of_event)after))
                continue;
            OF_FREE char *row = of_asprintf("('%s', '%s')", names[before], names[after]);
            assert_contains(begin, row);
            steps++;
        }
    assert_int_equal(rows, steps);
}

/* ---- events of orders ---- */

static struct of_order make_order(const char *status, bool paid)
{
    struct of_order order;
    of_order_init(&order);
    order.order_id = 42;
    order.order_date = 1 * DAY;
    order.customer_info.customer_id = 7;
    order.payment_info.payment_status = paid;
    order.payment_info.has_payment_date = paid;
    order.payment_info.payment_date = paid ? 2 * DAY : 0;
    order.shipping_info.order_status = (struct of_text){status, strlen(status)};
    return order;
}

static void ship(struct of_order *order)
{
    order->shipping_info.has_shipped_date = true;
    order->shipping_info.shipped_date = 3 * DAY;
}

static void finish(struct of_order *order)
{
    order->shipping_info.has_finished_date = true;
    order->shipping_info.finished_date = 4 * DAY;
}

/* "Generated 1, Paid 2": names and days. */
static void check_history(const struct of_order *order, const char *expected)
{
    struct of_order_status events[OF_EVENTS_MAX];
    struct of_error error;
    size_t count = 0;
    assert_int_equal(of_event_history(order, "producer", events, &count, &error), OF_OK);
    OF_FREE char *text = of_strdup("");
    for (size_t i = 0; i < count; i++) {
        OF_FREE char *before = text;
        text = of_asprintf("%s%s%.*s %d", before, i > 0 ? ", " : "", (int)events[i].status.length,
            events[i].status.data, (int)(events[i].at / DAY));
        assert_int_equal(events[i].order_id, 42);
        assert_true(events[i].has_customer_id && events[i].customer_id == 7);
        assert_true(is_text(events[i].stage, "producer"));
        assert_int_equal(events[i].has_reason, is_text(events[i].status, "Timed Out"));
        if (i > 0) { /* each may follow the one before */
            enum of_event earlier, later;
            assert_int_equal(of_event_parse(events[i - 1].status, &earlier, &error), OF_OK);
            assert_int_equal(of_event_parse(events[i].status, &later, &error), OF_OK);
            assert_true(of_event_leads_to(earlier, later));
        }
    }
    assert_string_equal(text, expected);
}

static void a_past_order_has_passed_each_state_at_its_date(void **state)
{
    (void)state;
    struct of_order order = make_order("Processing", false);
    check_history(&order, "Generated 1");
    order = make_order("Processing", true);
    check_history(&order, "Generated 1, Paid 2");
    ship(&order);
    order.shipping_info.order_status = OF_TEXT("Shipped");
    check_history(&order, "Generated 1, Paid 2, Shipped 3");
    finish(&order);
    order.shipping_info.order_status = OF_TEXT("Delivered");
    check_history(&order, "Generated 1, Paid 2, Shipped 3, Delivered 4");
    order.shipping_info.order_status = OF_TEXT("Returned");
    check_history(&order, "Generated 1, Paid 2, Shipped 3, Returned 4");
    order.shipping_info.order_status = OF_TEXT("Cancelled");
    check_history(&order, "Generated 1, Paid 2, Shipped 3, Cancelled 4");
    order = make_order("Cancelled", true);
    finish(&order);
    check_history(&order, "Generated 1, Paid 2, Cancelled 4");
    order = make_order("Timed Out", false);
    finish(&order);
    check_history(&order, "Generated 1, Timed Out 4");
}

static void an_unknown_status_is_refused(void **state)
{
    (void)state;
    struct of_order order = make_order("Lost", false);
    struct of_order_status event = {.order_id = -1}, events[OF_EVENTS_MAX];
    struct of_error error;
    size_t count = 99;
    assert_int_equal(of_event_history(&order, "producer", events, &count, &error), OF_INPUT);
    assert_int_equal(count, 99);
    assert_int_equal(of_event_make(&order, "payment", 1, &event, &error), OF_INPUT);
    assert_string_equal(error.message, "order 42: unknown status \"Lost\"");
    assert_int_equal(event.order_id, -1);
}

static void an_event_survives_the_wire(void **state)
{
    (void)state;
    struct of_order order = make_order("Timed Out", false);
    struct of_order_status event, back;
    struct of_error error;
    OF_CLEANUP(of_buffer_release) struct of_buffer bytes;
    of_buffer_init(&bytes, OF_ORDER_STATUS_BYTES_MAX);
    assert_int_equal(of_buffer_append_text(&bytes, "left over"), OF_OK);
    assert_int_equal(of_event_make(&order, "payment", 1234567890123, &event, &error), OF_OK);
    assert_int_equal(of_event_encode(&event, 258, &bytes, &error), OF_OK);
    const uint8_t *body;
    size_t size;
    int32_t id;
    assert_int_equal(of_wire_split(bytes.data, bytes.length, &id, &body, &size, &error), OF_OK);
    assert_int_equal(id, 258);
    of_order_status_init(&back);
    assert_int_equal(of_order_status_decode(&back, body, size, &error), OF_OK);
    assert_true(is_text(back.status, "Timed Out") && is_text(back.stage, "payment"));
    assert_true(back.has_reason && is_text(back.reason, "not paid within 7 days"));
    assert_true(back.at == 1234567890123 && back.order_id == 42 && back.customer_id == 7);
    of_order_status_release(&back);

    OF_CLEANUP(of_buffer_release) struct of_buffer small;
    of_buffer_init(&small, bytes.length - 1); /* one byte too few */
    assert_int_equal(of_event_encode(&event, 258, &small, &error), OF_INPUT);
}

static void the_topic_is_what_the_configuration_names(void **state)
{
    (void)state;
    OF_CLEANUP(of_cleanup_config) struct of_config *config = NULL;
    struct of_error error;
    assert_int_equal(
        of_config_load(NULL, &(struct of_option_list){.count = 0}, &config, &error), 0);
    assert_null(of_event_topic(config)); /* unless asked for */
    assert_int_equal(of_config_set(config, "topic.prefix", "my_", &error), OF_OK);
    assert_null(of_event_topic(config));
    assert_int_equal(of_config_set(config, "order.status.topic", "order_status", &error), OF_OK);
    OF_FREE char *name = of_event_topic(config);
    assert_string_equal(name, "my_order_status");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_status_has_its_name),
        cmocka_unit_test(other_names_are_refused),
        cmocka_unit_test(each_state_has_an_event),
        cmocka_unit_test(steps_come_from_the_table_of_transitions),
        cmocka_unit_test(postgresql_has_the_same_steps),
        cmocka_unit_test(a_past_order_has_passed_each_state_at_its_date),
        cmocka_unit_test(an_unknown_status_is_refused),
        cmocka_unit_test(an_event_survives_the_wire),
        cmocka_unit_test(the_topic_is_what_the_configuration_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
