/* The gateway without servers: its document as a judge of bodies, and bodies as orders. */
#include "gateway/embedded.h"
#include "gateway/list.h"
#include "gateway/placed.h"
#include "order/status.h"

#include "support.h"

#define CUSTOMER                                                                                   \
    "\"customer_info\":{\"customer_id\":77,\"customer_name\":\"Ana\",\"email\":\"a@b\","           \
    "\"street_address\":\"1\",\"lgu\":\"Cebu City\",\"provincial_code\":\"PH-CEB\"}"

struct judge {
    json_t *document;
    struct check *check;
};

static int make_judge(void **state)
{
    static struct judge judge;
    struct of_error error;
    judge.document = json_loadb(embedded_openapi_json, embedded_openapi_json_size, 0, NULL);
    assert_non_null(judge.document);
    assert_int_equal(check_new(judge.document, "NewOrder", &judge.check, &error), OF_OK);
    *state = &judge;
    return 0;
}

static int free_judge(void **state)
{
    struct judge *judge = *state;
    check_free(judge->check);
    json_decref(judge->document);
    return 0;
}

/* What is wrong, a line each. */
static char *faults_of(const struct judge *judge, const char *body)
{
    struct faults faults = {.count = 0};
    json_t *value = json_loads(body, JSON_DECODE_ANY, NULL);
    assert_non_null(value);
    bool good = check_value(judge->check, value, &faults);
    assert_int_equal(good, faults.count == 0);
    char *text = of_strdup("");
    for (size_t i = 0; i < faults.count; i++) {
        char *more = of_asprintf("%s%s %s\n", text, faults.items[i].path, faults.items[i].text);
        free(text);
        text = more;
    }
    json_decref(value);
    return text;
}

static void expect(const struct judge *judge, const char *body, const char *wanted)
{
    OF_FREE char *found = faults_of(judge, body);
    assert_string_equal(found, wanted);
}

static void faults_name_their_place(void **state)
{
    static const struct {
        const char *body, *wanted;
    } cases[] = {
        {"{" CUSTOMER ",\"item_info\":[{\"sku\":1,\"quantity\":2,\"unit_price\":\"8.00\"}]}", ""},
        /* A whole number may be written with a point. */
        {"{" CUSTOMER ",\"item_info\":[{\"sku\":1.0,\"quantity\":2e0,\"unit_price\":\"8.00\"}]}",
            ""},
        {"[]", "$ is no object\n"},
        {"null", "$ is no object\n"},
        {"{" CUSTOMER ",\"item_info\":[]}", "$.item_info has 0 members, wanted at least 1\n"},
        {"{" CUSTOMER "}", "$.item_info is required\n"},
        {"{" CUSTOMER ",\"item_info\":[{\"sku\":0,\"quantity\":1001,\"unit_price\":\"8.0\"}]}",
            "$.item_info[0].sku is not within 1 and 2147483647\n"
            "$.item_info[0].quantity is not within 1 and 1000\n"
            "$.item_info[0].unit_price does not match ^[0-9]{1,6}[.][0-9]{2}$\n"},
        {"{" CUSTOMER ",\"item_info\":[{\"sku\":1.5,\"quantity\":1000,\"unit_price\":8}]}",
            "$.item_info[0].sku is no integer\n$.item_info[0].unit_price is no string\n"},
        {"{" CUSTOMER ",\"item_info\":[{\"sku\":2147483648,\"quantity\":1,\"unit_price\":"
         "\"1000000.00\"}],\"extra\":1}",
            "$.item_info[0].sku is not within 1 and 2147483647\n"
            "$.item_info[0].unit_price has 10 characters, wanted at most 9\n"
            "$.item_info[0].unit_price does not match ^[0-9]{1,6}[.][0-9]{2}$\n"
            "$['extra'] is not known\n"},
        {"{\"customer_info\":{\"customer_id\":9007199254740992,\"customer_name\":\"\",\"email\":"
         "\"ab\",\"street_address\":\"x\",\"lgu\":7,\"provincial_code\":\"12345678901234567\"},"
         "\"item_info\":{}}",
            "$.customer_info.customer_id is not within 1 and 9007199254740991\n"
            "$.customer_info.customer_name has 0 characters, wanted at least 1\n"
            "$.customer_info.email has 2 characters, wanted at least 3\n"
            "$.customer_info.lgu is no string\n"
            "$.customer_info.provincial_code has 17 characters, wanted at most 16\n"
            "$.item_info is no array\n"},
    };
    for (size_t i = 0; i < OF_COUNT(cases); i++)
        expect(*state, cases[i].body, cases[i].wanted);
}

static char *body_of(size_t items, const char *lgu)
{
    char *text = of_asprintf("{\"customer_info\":{\"customer_id\":1,\"customer_name\":\"A\","
                             "\"email\":\"a@b\",\"street_address\":\"1\",\"lgu\":\"%s\","
                             "\"provincial_code\":\"PH\"},\"item_info\":[",
        lgu);
    for (size_t i = 0; i < items; i++) {
        char *more = of_asprintf("%s%s{\"sku\":%zu,\"quantity\":1000,\"unit_price\":\"999999.99\"}",
            text, i ? "," : "", i + 1);
        free(text);
        text = more;
    }
    char *whole = of_asprintf("%s]}", text);
    free(text);
    return whole;
}

static void limits_hold_and_one_past_them_does_not(void **state)
{
    OF_FREE char *most = body_of(64, "x"), *past = body_of(65, "x");
    expect(*state, most, "");
    expect(*state, past, "$.item_info has 65 members, wanted at most 64\n");
    /* Code points count, not bytes. */
    char letters[2 * 201 + 1];
    for (size_t i = 0; i < 201; i++)
        memcpy(letters + 2 * i, "\xc3\xb1", 3);
    letters[400] = '\0';
    OF_FREE char *long_one = body_of(1, letters);
    expect(*state, long_one, "");
    letters[400] = '\xc3';
    OF_FREE char *longer = body_of(1, letters);
    expect(*state, longer, "$.customer_info.lgu has 201 characters, wanted at most 200\n");
    /* More faults than are told. */
    char *many = of_strdup("{" CUSTOMER ",\"item_info\":[");
    for (size_t i = 0; i < 40; i++) {
        char *more = of_asprintf("%s%s1", many, i ? "," : "");
        free(many);
        many = more;
    }
    OF_FREE char *all = of_asprintf("%s]}", many);
    free(many);
    struct faults faults = {.count = 0};
    json_t *value = json_loads(all, 0, NULL);
    assert_false(check_value(((struct judge *)*state)->check, value, &faults));
    assert_int_equal(faults.count, CHECK_FAULTS_MAX);
    json_decref(value);
}

static void a_schema_that_cannot_be_judged_is_an_error(void **state)
{
    (void)state;
    static const char *const schemas[] = {"{\"type\":\"tuple\"}", "{\"multipleOf\":2}",
        "{\"pattern\":\"(\"}", "{\"$ref\":\"#/x\"}",
        "{\"type\":\"array\",\"items\":{\"$ref\":\"#/components/schemas/A\"}}", "7"};
    for (size_t i = 0; i < OF_COUNT(schemas); i++) {
        OF_FREE char *text = of_asprintf("{\"components\":{\"schemas\":{\"A\":%s}}}", schemas[i]);
        json_t *document = json_loads(text, 0, NULL);
        struct check *check = NULL;
        struct of_error error;
        if (check_new(document, "A", &check, &error) != OF_INPUT)
            fail_msg("schema %zu", i);
        assert_null(check);
        json_decref(document);
    }
}

static void amounts_are_counted_here(void **state)
{
    (void)state;
    struct of_order order;
    struct faults faults = {.count = 0};
    of_order_init(&order);
    json_t *body =
        json_loads("{" CUSTOMER ",\"express_shipping\":true,\"item_info\":["
                   "{\"sku\":7,\"quantity\":3,\"unit_price\":\"0.33\",\"discount_percent\":50},"
                   "{\"sku\":8,\"quantity\":1,\"unit_price\":\"999999.99\",\"from_location\":12,"
                   "\"to_location\":77},"
                   "{\"sku\":9,\"quantity\":2,\"unit_price\":\"5.00\",\"discount_percent\":100}]}",
            0, NULL);
    assert_true(placed_read(body, "127.0.0.1", 1000, &order, &faults));
    placed_number(&order, OF_ORDER_GATEWAY_FIRST);
    assert_int_equal(order.item_info[0].subtotal, 50); /* 49.5, rounded as the generator does */
    assert_int_equal(order.item_info[1].subtotal, 99999999);
    assert_int_equal(order.item_info[2].subtotal, 0);
    assert_int_equal(order.order_total, 100000049);
    assert_int_equal(order.item_variety, 3);
    assert_int_equal(order.item_info[0].from_location, 0);
    assert_int_equal(order.item_info[1].from_location, 12);
    assert_int_equal(order.item_info[1].to_location, 77);
    assert_true(order.shipping_info.express_shipping);
    assert_int_equal(order.order_id, INT64_C(1000000000000));
    assert_memory_equal(order.customer_info.ip_address.data, "127.0.0.1", 9);
    struct of_error error;
    assert_int_equal(of_order_check(&order, OF_TOPIC_UNPAID, &error), OF_OK);
    of_order_release(&order);
    json_decref(body);
}

static void one_sku_twice_is_a_fault(void **state)
{
    (void)state;
    struct of_order order;
    struct faults faults = {.count = 0};
    of_order_init(&order);
    json_t *body = json_loads("{" CUSTOMER ",\"item_info\":["
                              "{\"sku\":7,\"quantity\":1,\"unit_price\":\"1.00\"},"
                              "{\"sku\":8,\"quantity\":1,\"unit_price\":\"1.00\"},"
                              "{\"sku\":7,\"quantity\":1,\"unit_price\":\"1.00\"}]}",
        0, NULL);
    assert_false(placed_read(body, "", 0, &order, &faults));
    assert_int_equal(faults.count, 1);
    assert_string_equal(faults.items[0].path, "$.item_info[2].sku");
    of_order_release(&order);
    json_decref(body);
}

/* The largest order that can be encoded, and one past it: an order that cannot be would end the
 * gateway. */
static void an_order_has_a_largest_total(void **state)
{
    (void)state;
    static const struct {
        const char *first; /* price of the first line, 1000 times, beside ten others */
        int quantity;
        size_t faults;
    } cases[] = {{"0.09", 1000, 0}, {"0.01", 1000, 0}, {"99.99", 1, 0}, {"100.00", 1, 1},
        {"999999.99", 1000, 1}};
    for (size_t i = 0; i < OF_COUNT(cases); i++) {
        struct of_order order;
        struct of_error error;
        struct faults faults = {.count = 0};
        OF_CLEANUP(of_buffer_release) struct of_buffer out;
        of_buffer_init(&out, OF_ORDER_BYTES_MAX);
        of_order_init(&order);
        OF_FREE char *ten = body_of(10, "x"); /* 9999999900.00 */
        ten[strlen(ten) - 2] = '\0';
        OF_FREE char *text = of_asprintf("%s,{\"sku\":11,\"quantity\":%d,\"unit_price\":\"%s\"}]}",
            ten, cases[i].quantity, cases[i].first);
        json_t *body = json_loads(text, 0, NULL);
        assert_non_null(body);
        assert_int_equal(placed_read(body, "", 0, &order, &faults), cases[i].faults == 0);
        assert_int_equal(faults.count, cases[i].faults);
        placed_number(&order, OF_ORDER_GATEWAY_FIRST);
        assert_int_equal(of_order_encode(&order, &out, &error) == OF_OK, cases[i].faults == 0);
        if (faults.count > 0)
            assert_string_equal(faults.items[0].path, "$.item_info");
        of_order_release(&order);
        json_decref(body);
    }
}

static void lists_hold_nothing_but_numbers_and_known_words(void **state)
{
    (void)state;
    const struct list_choice all = {NULL, LIST_ANY, LIST_ANY, LIST_ANY, LIST_ANY, 50};
    OF_FREE char *every = list_query(&all);
    assert_contains(every, "ORDER BY h.order_id DESC LIMIT 51");
    assert_contains(every, "WHEN 'Generated' THEN 0");
    assert_lacks(every, "h.order_id <");
    const struct list_choice some = {"Timed Out", 9, -1, 2, 1000, 1};
    OF_FREE char *chosen = list_query(&some);
    assert_contains(chosen, " AND h.status = 'Timed Out' AND h.customer_id = 9 AND h.at >= "
                            "timestamp '1970-01-01' + -1 * interval '1 ms' AND h.at < timestamp "
                            "'1970-01-01' + 2 * interval '1 ms' AND h.order_id < 1000 ORDER BY "
                            "h.order_id DESC LIMIT 2");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(faults_name_their_place),
        cmocka_unit_test(limits_hold_and_one_past_them_does_not),
        cmocka_unit_test(a_schema_that_cannot_be_judged_is_an_error),
        cmocka_unit_test(amounts_are_counted_here),
        cmocka_unit_test(one_sku_twice_is_a_fault),
        cmocka_unit_test(an_order_has_a_largest_total),
        cmocka_unit_test(lists_hold_nothing_but_numbers_and_known_words),
    };
    return cmocka_run_group_tests_name("gateway_order", tests, make_judge, free_judge);
}
