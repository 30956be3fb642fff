/* Runs against an output that breaks: whatever happens, the committed orders are those of an
 * undisturbed run, none missing, none doubled. And the options, and what contradicts a state. */
#include "base/memory.h"
#include "base/signals.h"
#include "producer/progress.h"
#include "producer/run.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#define UNTIL INT64_C(1633046400000) /* 2021-10-01 */
#define IDS_MAX 20000

/* Stands in for Kafka: holds back what is not committed, and fails when told to. */
struct store {
    int64_t pending[IDS_MAX], committed[IDS_MAX];
    size_t pending_count, committed_count, commits;
    struct of_generator_state state;
    bool found;
    int64_t calls_left;     /* until one fails; negative: none will */
    bool commit_then_fails; /* the commit happens, its answer is lost */
};

static bool fails(struct store *store)
{
    return store->calls_left >= 0 && store->calls_left-- == 0;
}

static int send_order(
    void *context, const struct of_order *order, enum of_order_topic topic, struct of_error *error)
{
    struct store *store = context;
    if (of_order_check(order, topic, error) < 0)
        return OF_FATAL;
    if (fails(store))
        return of_fail(error, OF_RETRY, "a broken wire");
    assert_true(store->pending_count < IDS_MAX);
    store->pending[store->pending_count++] = order->order_id;
    return OF_OK;
}

static int commit(void *context, const struct of_generator_state *state, struct of_error *error)
{
    struct store *store = context;
    bool failing = fails(store);
    if (!failing || store->commit_then_fails) {
        assert_true(store->committed_count + store->pending_count <= IDS_MAX);
        memcpy(store->committed + store->committed_count, store->pending,
            store->pending_count * sizeof(*store->pending));
        store->committed_count += store->pending_count;
        store->state = *state;
        store->found = true;
        store->commits++;
    }
    store->pending_count = 0;
    return failing ? of_fail(error, OF_RETRY, "a broken wire") : OF_OK;
}

/* One process: reads the state, goes on from it. */
static int run_once(
    struct store *store, const struct of_producer_options *options, struct of_error *error)
{
    OF_CLEANUP(of_cleanup_generator) struct of_generator *generator = NULL;
    struct of_generator_settings settings = of_run_choose(options, UNTIL);
    struct of_run run = {.options = options,
        .output = {store, send_order, commit},
        .state = store->found ? store->state : of_run_first_state(&settings),
        .first_id = store->found ? store->state.last_order_id : 0,
        .quiet = true};
    store->pending_count = 0;
    if (store->found)
        assert_int_equal(of_run_check(options, &run.state, error), 0);
    assert_int_equal(of_run_resume(&run.state, &generator, error), 0);
    run.generator = generator;
    return of_run(&run, error);
}

static struct of_producer_options parse(const char *const *words)
{
    struct of_error error;
    struct of_producer_options options;
    char *argv[32] = {(char *)"orderflow-producer"};
    int argc = 1;
    while (words[argc - 1]) {
        argv[argc] = (char *)words[argc - 1];
        argc++;
    }
    assert_int_equal(of_producer_options_parse(&options, argc, argv, &error), 0);
    return options;
}

#define OPTIONS(...) parse((const char *const[]){__VA_ARGS__ __VA_OPT__(, ) NULL})

static void assert_ids(const struct store *store, int64_t last)
{
    assert_int_equal(store->committed_count, last);
    for (int64_t i = 0; i < last; i++)
        assert_int_equal(store->committed[i], i + 1);
}

static void break_and_go_on(bool commit_then_fails)
{
    struct of_producer_options options = OPTIONS("--mode", "both", "--until", "2021-10-01",
        "--live-orders", "300", "--rate", "0", "--transaction-records", "100");
    OF_FREE struct store *whole = of_alloc(sizeof(*whole));
    struct of_error error;
    whole->calls_left = -1;
    assert_int_equal(run_once(whole, &options, &error), 0);
    int64_t total = whole->state.last_order_id;
    assert_int_equal(whole->state.history_orders, total - 300);
    assert_true(total > 1500);
    assert_ids(whole, total);

    OF_FREE struct store *store = of_alloc(sizeof(*store));
    store->commit_then_fails = commit_then_fails;
    int breaks = 0, result;
    do {
        store->calls_left = 100 + breaks * 7; /* another place each time, at times a commit */
        result = run_once(store, &options, &error);
        breaks += result < 0;
        assert_true(result == OF_OK || result == OF_RETRY);
        assert_true(breaks < 1000);
    } while (result < 0);
    assert_true(breaks > 3);
    assert_ids(store, total);
    assert_int_equal(store->state.history_orders, whole->state.history_orders);

    size_t commits = store->commits; /* a repeat makes nothing and commits nothing */
    store->calls_left = -1;
    assert_int_equal(run_once(store, &options, &error), 0);
    assert_int_equal(store->commits, commits);
}

static void test_breaks(void **state)
{
    (void)state;
    break_and_go_on(false);
}

static void test_lost_answers(void **state)
{
    (void)state;
    break_and_go_on(true);
}

/* Each single call fails once. */
static void test_every_call_fails(void **state)
{
    (void)state;
    struct of_error error;
    struct of_producer_options options = OPTIONS("--mode", "both", "--orders", "20",
        "--live-orders", "10", "--rate", "0", "--transaction-records", "6");
    OF_FREE struct store *store = of_alloc(sizeof(*store));
    int64_t call = 0;
    for (bool broke = true; broke; call++) {
        for (int lost = 0; lost < 2; lost++) {
            *store = (struct store){.calls_left = call, .commit_then_fails = lost};
            broke = run_once(store, &options, &error) < 0;
            store->calls_left = -1;
            assert_int_equal(run_once(store, &options, &error), 0);
            assert_ids(store, 30);
        }
    }
    assert_in_range(call, 35, 40); /* 30 orders and their commits */
}

static void test_modes(void **state)
{
    (void)state;
    struct of_error error;
    OF_FREE struct store *store = of_alloc(sizeof(*store));
    store->calls_left = -1;
    struct of_producer_options options = OPTIONS("--orders", "50");
    assert_int_equal(run_once(store, &options, &error), 0);
    assert_ids(store, 50);
    assert_int_equal(store->state.history_orders, 50);
    options = OPTIONS("--mode", "live", "--live-orders", "5", "--rate", "1000");
    assert_int_equal(run_once(store, &options, &error), 0);
    assert_ids(store, 55);
    options = OPTIONS("--mode", "both", "--live-orders", "8", "--rate", "0");
    assert_int_equal(run_once(store, &options, &error), 0);
    assert_ids(store, 58);                 /* 8 in all */
    options = OPTIONS("--orders", "1000"); /* too late: live orders are behind it */
    assert_int_equal(run_once(store, &options, &error), 0);
    assert_ids(store, 58);

    options = OPTIONS("--mode", "live", "--orders", "2", "--rate", "0"); /* of this run */
    assert_int_equal(run_once(store, &options, &error), 0);
    assert_ids(store, 60);
    options = OPTIONS(
        "--mode", "live", "--orders", "9", "--live-orders", "11", "--rate", "0"); /* the nearer */
    assert_int_equal(run_once(store, &options, &error), 0);
    assert_ids(store, 61);

    *store = (struct store){.calls_left = -1};
    options = OPTIONS("--mode", "live", "--orders", "3", "--rate", "0");
    assert_int_equal(run_once(store, &options, &error), 0);
    assert_ids(store, 3);
    assert_int_equal(store->state.history_orders, 0);
}

static void test_contradictions(void **state)
{
    (void)state;
    struct of_error error;
    struct of_generator_state stored = {.seed = 7,
        .start = OF_GENERATOR_START,
        .until = UNTIL,
        .volume_millis = 2500,
        .last_order_id = 10,
        .history_orders = -1};
    struct of_producer_options good[] = {OPTIONS(), OPTIONS("--mode", "both"),
        OPTIONS("--seed", "7", "--volume", "2.5", "--until", "2021-10-01T00:00:00Z", "--start",
            "2021-03-14 09:00")};
    for (size_t i = 0; i < OF_COUNT(good); i++)
        assert_int_equal(of_run_check(&good[i], &stored, &error), 0);
    struct of_producer_options bad[] = {OPTIONS("--seed", "1"), OPTIONS("--volume", "1"),
        OPTIONS("--until", "2021-10-02"), OPTIONS("--start", "2021-03-14"),
        OPTIONS("--mode", "live")};
    static const char *const words[] = {"--seed 1 contradicts", "made with 2.500",
        "made with 2021-10-01T00:00:00Z", "--start 2021-03-14T00:00:00Z", "broke off at order 10"};
    for (size_t i = 0; i < OF_COUNT(bad); i++) {
        assert_int_equal(of_run_check(&bad[i], &stored, &error), OF_INPUT);
        assert_non_null(strstr(error.message, words[i]));
    }
}

/* A state that does not follow from its seed is of another model: nothing may go on behind it. */
static void test_foreign_state(void **state)
{
    (void)state;
    struct of_error error;
    OF_CLEANUP(of_cleanup_generator) struct of_generator *generator = NULL;
    struct of_generator_state stored = {.seed = 7,
        .start = OF_GENERATOR_START,
        .until = UNTIL,
        .volume_millis = 1000,
        .last_order_id = 10,
        .last_order_date = OF_GENERATOR_START,
        .history_orders = -1};
    assert_int_equal(of_run_resume(&stored, &generator, &error), OF_FATAL);
    stored.history_orders = INT64_C(1000000); /* more than there are until then */
    stored.last_order_id = stored.history_orders + 1;
    assert_int_equal(of_run_resume(&stored, &generator, &error), OF_FATAL);
    stored.volume_millis = 0;
    assert_int_equal(of_run_resume(&stored, &generator, &error), OF_INPUT);
    assert_null(generator);
}

static void test_options(void **state)
{
    (void)state;
    struct of_error error;
    struct of_producer_options options = OPTIONS();
    assert_int_equal(options.mode, OF_MODE_HISTORY);
    struct of_generator_settings settings = of_run_choose(&options, UNTIL);
    assert_int_equal(settings.seed, 1);
    assert_int_equal(settings.start, OF_GENERATOR_START);
    assert_int_equal(settings.until, UNTIL);
    assert_int_equal(settings.volume_millis, 1000);
    options = OPTIONS("--volume", "0.0104", "--seed", "0");
    assert_int_equal(options.volume_millis, 10);
    assert_int_equal(options.seed, 0);
    static const char *const bad[][3] = {{"--seed", "-1"}, {"--volume", "0.009"},
        {"--volume", "10001"}, {"--rate", "-1"}, {"--rate", "1e-7"}, {"--orders", "-1"},
        {"--mode", "past"}, {"--transaction-records", "0"}, {"--transaction-records", "1000001"},
        {"--live-orders", "5"}, {"--until", "yesterday"}, {"operand", NULL},
        {"--start=2022-01-01", "--until=2021-01-01"}};
    for (size_t i = 0; i < OF_COUNT(bad); i++) {
        char *argv[] = {(char *)"orderflow-producer", (char *)bad[i][0], (char *)bad[i][1], NULL};
        assert_int_equal(
            of_producer_options_parse(&options, bad[i][1] ? 3 : 2, argv, &error), OF_INPUT);
    }
    assert_int_equal(options.seed, 0); /* untouched */
}

static void test_spans(void **state)
{
    (void)state;
    char text[OF_SPAN_MAX];
    assert_string_equal(of_span_print(-1, text), "0 s");
    assert_string_equal(of_span_print(59, text), "59 s");
    assert_string_equal(of_span_print(60, text), "1 min 00 s");
    assert_string_equal(of_span_print(3599, text), "59 min 59 s");
    assert_string_equal(of_span_print(3600, text), "1 h 00 min");
    assert_string_equal(of_span_print(INT64_MAX / 1000, text), "2562047788015 h 12 min");
}

/* A signal ends a run with everything committed. Last: the flag stays. */
static void test_stop(void **state)
{
    (void)state;
    struct of_error error;
    struct of_producer_options options = OPTIONS("--mode", "both", "--rate", "0");
    OF_FREE struct store *store = of_alloc(sizeof(*store));
    store->calls_left = -1;
    of_signals_stop();
    assert_int_equal(run_once(store, &options, &error), 0);
    assert_int_equal(store->state.history_orders, -1);
    assert_int_equal(store->pending_count, 0);
    assert_ids(store, store->state.last_order_id);
    assert_in_range(store->state.last_order_id, 1, 64);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_breaks),
        cmocka_unit_test(test_lost_answers),
        cmocka_unit_test(test_every_call_fails),
        cmocka_unit_test(test_modes),
        cmocka_unit_test(test_contradictions),
        cmocka_unit_test(test_foreign_state),
        cmocka_unit_test(test_options),
        cmocka_unit_test(test_spans),
        cmocka_unit_test(test_stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
