/* What the gateway remembers: keys, tokens of clients, recent orders; and SHA-256. */
#include "gateway/bucket.h"
#include "gateway/digest.h"
#include "gateway/keys.h"
#include "gateway/print.h"
#include "gateway/view.h"

#include "base/random.h"
#include "support.h"

/* ---- SHA-256: FIPS 180-4's examples and lengths around a block ---- */

static void digests_are_those_of_the_standard(void **state)
{
    (void)state;
    static const struct {
        const char *text, *hex;
    } cases[] = {
        {"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
        {"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
        {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
        {"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", /* 55: the last that fits */
            "9f4390f8d30c2dd92ec9f095b65e2b9ae9b0a925a5258e241c9f1e910f734318"},
        {"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", /* 64 */
            "ffe054fe7ae0cb6dc65c3af9b61d5209f439851db43d0ba5997337df154668eb"},
    };
    for (size_t i = 0; i < OF_COUNT(cases); i++) {
        uint8_t digest[DIGEST_SIZE];
        char hex[2 * DIGEST_SIZE + 1];
        digest_sha256(cases[i].text, strlen(cases[i].text), digest);
        for (size_t j = 0; j < DIGEST_SIZE; j++)
            snprintf(hex + 2 * j, 3, "%02x", digest[j]);
        assert_string_equal(hex, cases[i].hex);
    }
    assert_true(digest_same_secret("a secret", "a secret"));
    assert_false(digest_same_secret("a secre", "a secret"));
    assert_false(digest_same_secret("a secret ", "a secret"));
    assert_false(digest_same_secret("", "a secret"));
}

/* ---- keys ---- */

static struct key_entry make_key(int64_t number, int64_t at)
{
    struct key_entry entry = {.order_id = number, .at = at};
    char text[32];
    uint8_t digest[DIGEST_SIZE];
    snprintf(text, sizeof(text), "%lld", (long long)number);
    digest_sha256(text, strlen(text), digest);
    memcpy(entry.name, digest, KEYS_NAME_SIZE);
    return entry;
}

static void keys_are_kept_for_their_time(void **state)
{
    (void)state;
    OF_CLEANUP(keys_release) struct keys keys;
    struct key_entry old;
    keys_init(&keys);
    for (int64_t i = 0; i < 5000; i++) {
        struct key_entry entry = make_key(i, i);
        assert_true(keys_add(&keys, &entry));
    }
    /* At its full age one is there; a millisecond later it is not. */
    assert_false(keys_expire(&keys, KEYS_KEEP_MS, &old));
    for (int64_t i = 0; i < 5000; i++) {
        struct key_entry entry = make_key(i, i);
        assert_non_null(keys_find(&keys, entry.name));
        assert_true(keys_expire(&keys, KEYS_KEEP_MS + i + 1, &old));
        assert_int_equal(old.order_id, i);
        assert_null(keys_find(&keys, entry.name));
        struct key_entry next = make_key(i + 1, i + 1);
        assert_int_equal(keys_find(&keys, next.name) != NULL, i + 1 < 5000);
    }
    assert_int_equal(keys.count, 0);
}

static void keys_past_the_limit_are_refused(void **state)
{
    (void)state;
    OF_CLEANUP(keys_release) struct keys keys;
    keys_init(&keys);
    keys.limit = 3;
    for (int64_t i = 0; i < 3; i++) {
        struct key_entry entry = make_key(i, 0);
        assert_true(keys_add(&keys, &entry));
    }
    struct key_entry fourth = make_key(3, 0), again = make_key(1, 7);
    assert_false(keys_add(&keys, &fourth));
    assert_true(keys_add(&keys, &again)); /* takes the place of the one it replaces */
    assert_int_equal(keys_find(&keys, again.name)->at, 7);
    struct key_entry first = make_key(0, 0);
    keys_forget(&keys, again.name); /* is not the oldest */
    assert_int_equal(keys.count, 3);
    keys_forget(&keys, first.name);
    assert_int_equal(keys.count, 2);
    assert_true(keys_add(&keys, &fourth));
}

/* ---- rate ---- */

#define SECOND_NS INT64_C(1000000000)

static void a_client_gets_its_rate_and_no_more(void **state)
{
    (void)state;
    struct buckets *buckets = buckets_new(10);
    for (int i = 0; i < 20; i++)
        assert_int_equal(buckets_take(buckets, 1, 0), 0);
    assert_int_equal(buckets_take(buckets, 1, 0), 1);
    assert_int_equal(buckets_take(buckets, 2, 0), 0); /* another one has its own */
    assert_int_equal(buckets_take(buckets, 1, SECOND_NS / 10), 0);
    assert_int_equal(buckets_take(buckets, 1, SECOND_NS / 10), 1);
    int taken = 0;
    for (int64_t ms = 1000; ms < 11000; ms++)
        taken += buckets_take(buckets, 1, ms * 1000000) == 0;
    assert_in_range(taken, 99 + 8, 100 + 10);
    buckets_free(buckets);
    buckets = buckets_new(.1);
    assert_int_equal(buckets_take(buckets, 1, 0), 0);
    assert_int_equal(buckets_take(buckets, 1, 0), 10);
    buckets_free(buckets);
    buckets = buckets_new(0);
    for (int i = 0; i < 10000; i++)
        assert_int_equal(buckets_take(buckets, 1, 0), 0);
    buckets_free(buckets);
}

static void more_clients_than_buckets_do_no_harm(void **state)
{
    (void)state;
    struct buckets *buckets = buckets_new(1);
    for (uint32_t client = 0; client < 4 * BUCKET_CLIENTS_MAX; client++)
        assert_int_equal(buckets_take(buckets, client, client), 0);
    /* The newest is still known. */
    uint32_t last = 4 * BUCKET_CLIENTS_MAX - 1;
    assert_int_equal(buckets_take(buckets, last, last), 0);
    assert_int_equal(buckets_take(buckets, last, last), 1);
    buckets_free(buckets);
}

/* ---- the view ---- */

static struct of_order_status make_event(int64_t order, const char *status, int64_t at)
{
    return (struct of_order_status){.order_id = order,
        .status = {status, strlen(status)},
        .stage = OF_TEXT("test"),
        .at = at,
        .has_customer_id = true,
        .customer_id = order % 7};
}

static void the_current_status_follows_the_steps(void **state)
{
    (void)state;
    static const char *const way[] = {"Generated", "Paid", "Shipped", "Delivered"};
    struct of_random random = of_random_make(7, 1, 1);
    for (int round = 0; round < 200; round++) {
        OF_CLEANUP(order_view_release) struct order_view order = {.count = 0};
        size_t count = 1 + (size_t)round % 4, order_of[4] = {0, 1, 2, 3};
        for (size_t i = count; i-- > 1;) {
            size_t j = of_random_below(&random, i + 1), kept = order_of[i];
            order_of[i] = order_of[j];
            order_of[j] = kept;
        }
        for (size_t i = 0; i < count; i++) {
            struct of_order_status event =
                make_event(5, way[order_of[i]], (int64_t)of_random_below(&random, 100));
            order_view_add(&order, &event);
            order_view_add(&order, &event); /* a replay is harmless */
        }
        assert_int_equal(order.count, count);
        assert_string_equal(order_view_current(&order)->status, way[count - 1]);
        assert_int_equal(order_view_is_final(&order), count == 4);
        assert_true(order_view_is_whole(&order));
        assert_true(order_view_has(&order, "generated"));
    }
    assert_string_equal(status_find("tImEd oUt"), "Timed Out");
    assert_null(status_find("Timed"));
    assert_null(status_find(""));
}

static void what_came_in_late_is_not_whole(void **state)
{
    (void)state;
    OF_CLEANUP(order_view_release) struct order_view order = {.count = 0}, more = {.count = 0};
    struct of_order_status paid = make_event(5, "Paid", 2), first = make_event(5, "Generated", 1),
                           odd = make_event(5, "A status that nobody has heard of", 3);
    order_view_add(&order, &paid);
    assert_false(order_view_is_whole(&order));
    order_view_add(&more, &first);
    order_view_add(&more, &odd); /* cut, and never the current one */
    order_view_merge(&order, &more);
    assert_int_equal(order.count, 3);
    assert_string_equal(order_view_current(&order)->status, "Paid");
    assert_true(order_view_is_whole(&order));
}

static void what_is_beside_the_way_is_shown_apart(void **state)
{
    (void)state;
    OF_CLEANUP(order_view_release) struct order_view order = {.count = 0};
    struct of_order_status events[] = {make_event(5, "Exported", 9), make_event(5, "Routed", 3),
        make_event(5, "Generated", 1), make_event(5, "Paid", 2)};
    for (size_t i = 0; i < OF_COUNT(events); i++)
        order_view_add(&order, &events[i]);
    json_t *shown = print_order(&order, true);
    json_t *history = json_object_get(shown, "history"), *beside = json_object_get(shown, "beside");
    assert_int_equal(json_array_size(history), 3);
    assert_string_equal(
        json_string_value(json_object_get(json_array_get(history, 0), "status")), "Generated");
    assert_int_equal(json_array_size(beside), 1);
    assert_string_equal(
        json_string_value(json_object_get(json_array_get(beside, 0), "status")), "Exported");
    json_decref(shown);
    shown = print_order(&order, false);
    assert_null(json_object_get(shown, "beside"));
    json_decref(shown);
}

static void an_order_keeps_so_many_events_and_so_much_of_a_reason(void **state)
{
    (void)state;
    OF_CLEANUP(order_view_release) struct order_view order = {.count = 0};
    char reason[2 * VIEW_REASON_SIZE];
    memset(reason, 'x', sizeof(reason));
    for (size_t i = 0; i <= VIEW_EVENTS_MAX; i++) {
        char status[16];
        snprintf(status, sizeof(status), "Other %zu", i);
        struct of_order_status event = make_event(5, status, (int64_t)i);
        event.has_reason = true;
        event.reason = (struct of_text){reason, VIEW_REASON_SIZE - 1 + i % 2};
        order_view_add(&order, &event);
    }
    assert_int_equal(order.count, VIEW_EVENTS_MAX);
    for (size_t i = 0; i < VIEW_EVENTS_MAX; i++)
        assert_int_equal(strlen(order.events[i].reason), VIEW_REASON_SIZE - 1);
}

static void the_view_keeps_the_newest_orders(void **state)
{
    (void)state;
    struct view *view = view_new(100);
    struct order_view order;
    for (int64_t id = 1; id <= 101; id++) {
        struct of_order_status event = make_event(id, "Generated", id);
        assert_true(view_add(view, &event, 1000));
        assert_false(view_add(view, &event, 1000));
    }
    assert_false(view_get(view, 1, &order)); /* the 101st took its place */
    order_view_release(&order);
    for (int64_t id = 2; id <= 101; id++) {
        assert_true(view_get(view, id, &order));
        order_view_release(&order);
    }
    struct order_view latest[VIEW_LATEST_MAX];
    struct of_order_status paid = make_event(50, "Paid", 5);
    assert_true(view_add(view, &paid, 1500));
    assert_int_equal(view_latest(view, latest), VIEW_LATEST_MAX);
    assert_int_equal(latest[0].order_id, 50);
    assert_int_equal(latest[1].order_id, 101);
    for (size_t i = 0; i < VIEW_LATEST_MAX; i++)
        order_view_release(&latest[i]);
    double in, out;
    view_rates(view, 2000, &in, &out);
    assert_true(in > 10.09 && in < 10.11 && out == 0);
    view_rates(view, 11000, &in, &out);
    assert_true(in > 10.09);
    view_rates(view, 12000, &in, &out); /* 10 s later they no longer count */
    assert_true(in == 0);
    view_forget_figures(view);
    assert_int_equal(view_latest(view, latest), 0);
    view_free(view);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(digests_are_those_of_the_standard),
        cmocka_unit_test(keys_are_kept_for_their_time),
        cmocka_unit_test(keys_past_the_limit_are_refused),
        cmocka_unit_test(a_client_gets_its_rate_and_no_more),
        cmocka_unit_test(more_clients_than_buckets_do_no_harm),
        cmocka_unit_test(the_current_status_follows_the_steps),
        cmocka_unit_test(what_came_in_late_is_not_whole),
        cmocka_unit_test(what_is_beside_the_way_is_shown_apart),
        cmocka_unit_test(an_order_keeps_so_many_events_and_so_much_of_a_reason),
        cmocka_unit_test(the_view_keeps_the_newest_orders),
    };
    return cmocka_run_group_tests_name("gateway_memory", tests, NULL, NULL);
}
