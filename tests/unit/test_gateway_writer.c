/* What the gateway writes, against a mock cluster: a request that can be no record takes no other
 * with it, and the end does not wait for a broker that is away. That nothing is lost or doubled is
 * judged on real brokers. */
#include "gateway/batch.h"
#include "gateway/placed.h"
#include "gateway/writer.h"

#include "base/signals.h"
#include "order/retail.h"

#include "http_server.h"
#include "mock_stage.h"

#define ANSWERS_MAX 8
#define BROKER 1
#define SETTLE_MS 300

struct fixture {
    struct mock_kafka mock;
    struct http_server *registry;
    struct of_config *config;
    struct of_metrics *metrics;
    struct view *view;
    struct writer *writer;
    pthread_mutex_t lock;
    size_t count; /* answers; the first of them in the order of coming */
    struct answered {
        int64_t order_id;
        enum outcome outcome;
        char why[256];
    } answers[ANSWERS_MAX];
};

static void on_answer(void *context, const struct submission *submission, enum outcome outcome)
{
    struct fixture *fixture = context;
    pthread_mutex_lock(&fixture->lock);
    if (fixture->count < ANSWERS_MAX) {
        struct answered *answer = &fixture->answers[fixture->count];
        *answer = (struct answered){.order_id = submission->order_id, .outcome = outcome};
        snprintf(answer->why, sizeof(answer->why), "%s", submission->why ? submission->why : "");
    }
    fixture->count++;
    pthread_mutex_unlock(&fixture->lock);
}

static size_t answered(struct fixture *fixture)
{
    pthread_mutex_lock(&fixture->lock);
    size_t count = fixture->count;
    pthread_mutex_unlock(&fixture->lock);
    return count;
}

static void await(struct fixture *fixture, size_t wanted)
{
    int64_t deadline = of_clock_monotonic() + MOCK_WAIT_MS;
    while (answered(fixture) < wanted && of_clock_monotonic() < deadline)
        of_sleep(5);
    assert_int_equal(answered(fixture), wanted);
}

/* As write.c makes it; `name` is what no check would let through when it is longer than a string
 * may be. */
static struct submission *make(struct fixture *fixture, const char *name, uint8_t key)
{
    struct submission *submission = submission_new(SUBMIT_ORDER);
    submission->answer = on_answer;
    submission->context = fixture;
    submission->order.order_date = submission->at;
    submission->order.customer_info.customer_id = 7;
    submission->order.customer_info.customer_name = (struct of_text){name, strlen(name)};
    of_retail_set_status(&submission->order, OF_STATUS_PROCESSING);
    struct of_item *item = of_order_add_item_info(&submission->order);
    *item = (struct of_item){.sku = 1, .unit_price = 100, .quantity = 1, .subtotal = 100};
    submission->order.order_total = 100;
    submission->order.item_variety = 1;
    submission->has_key = key != 0;
    submission->name[0] = key;
    return submission;
}

static void submit(struct fixture *fixture, struct submission *submission)
{
    assert_true(writer_submit(fixture->writer, submission));
}

static int set_up(void **state)
{
    static const struct http_answer ids[] = {{.status = 200, .body = "{\"id\":1}"}, {0}};
    static const char *const topics[] = {
        "unpaid_orders", "order_status", "cancel_requests", WRITER_STATE_TOPIC};
    struct fixture *fixture = of_alloc(sizeof(*fixture));
    struct of_error error;
    struct of_option_list overrides = {.count = 0};
    pthread_mutex_init(&fixture->lock, NULL);
    mock_kafka_start(&fixture->mock);
    for (size_t i = 0; i < OF_COUNT(topics); i++)
        rd_kafka_mock_topic_create(fixture->mock.cluster, topics[i], 1, 1);
    fixture->registry = http_server_start(ids);
    OF_FREE char *servers = of_asprintf(
        "bootstrap.servers=%s", rd_kafka_mock_cluster_bootstraps(fixture->mock.cluster));
    OF_FREE char *registry = of_asprintf("schema.registry.url=%s", fixture->registry->url);
    overrides.values[overrides.count++] = servers;
    overrides.values[overrides.count++] = registry;
    overrides.values[overrides.count++] = "order.status.topic=order_status";
    overrides.values[overrides.count++] = "order.cancel.topic=cancel_requests";
    overrides.values[overrides.count++] = "transaction.timeout.ms=2000";
    assert_int_equal(of_config_load(NULL, &overrides, &fixture->config, &error), OF_OK);
    fixture->metrics = of_metrics_new();
    fixture->view = view_new(100);
    if (writer_new(fixture->config, fixture->view, fixture->metrics, &fixture->writer, &error) < 0)
        fail_msg("%s", error.message);
    *state = fixture;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;
    writer_free(fixture->writer);
    view_free(fixture->view);
    of_metrics_free(fixture->metrics);
    of_config_free(fixture->config);
    http_server_stop(&fixture->registry);
    mock_kafka_stop(&fixture->mock);
    pthread_mutex_destroy(&fixture->lock);
    free(fixture);
    return 0;
}

static void an_order_that_is_no_record_takes_no_other_along(void **state)
{
    struct fixture *fixture = *state;
    OF_FREE char *endless = of_alloc(OF_ORDER_STRING_MAX + 2);
    memset(endless, 'x', OF_ORDER_STRING_MAX + 1);
    submit(fixture, make(fixture, "Ana", 1));
    submit(fixture, make(fixture, endless, 2));
    submit(fixture, make(fixture, "Ben", 3));
    await(fixture, 3);
    assert_int_equal(fixture->answers[0].outcome, OUTCOME_DONE);
    assert_int_equal(fixture->answers[1].outcome, OUTCOME_REFUSED);
    assert_contains(fixture->answers[1].why, "customer_name");
    assert_int_equal(fixture->answers[2].outcome, OUTCOME_DONE);
    /* It took no number, wrote nothing of itself, and its key is free. */
    assert_int_equal(fixture->answers[0].order_id, OF_ORDER_GATEWAY_FIRST);
    assert_int_equal(fixture->answers[2].order_id, OF_ORDER_GATEWAY_FIRST + 1);
    submit(fixture, make(fixture, "Cid", 2));
    await(fixture, 4);
    assert_int_equal(fixture->answers[3].outcome, OUTCOME_DONE);
    assert_int_equal(fixture->answers[3].order_id, OF_ORDER_GATEWAY_FIRST + 2);
    struct mock_reading orders = mock_read(&fixture->mock, "unpaid_orders", 1, 3);
    struct mock_reading events = mock_read(&fixture->mock, "order_status", 1, 3);
    assert_int_equal(orders.records, 3);
    assert_string_equal(orders.key, "1000000000002");
    assert_int_equal(events.records, 3);
    bool fenced;
    struct of_error error;
    assert_int_equal(writer_check(fixture->writer, &fenced, &error), OF_OK);
    assert_true(writer_is_ready(fixture->writer));
}

/* The broker is away: what waits is told so, and closing takes no longer than it may. */
static void the_end_does_not_wait_for_kafka(void **state)
{
    struct fixture *fixture = *state;
    submit(fixture, make(fixture, "Ana", 0));
    await(fixture, 1);
    rd_kafka_mock_broker_set_down(fixture->mock.cluster, BROKER);
    submit(fixture, make(fixture, "Ben", 0));
    of_sleep(SETTLE_MS); /* until it is taken into a transaction */
    submit(fixture, make(fixture, "Cid", 0));
    int64_t began = of_clock_monotonic();
    assert_int_equal(writer_close(fixture->writer, 100), 2);
    assert_in_range(of_clock_monotonic() - began, 100, 5000);
    assert_int_equal(fixture->count, 3);
    assert_int_equal(fixture->answers[0].outcome, OUTCOME_DONE);
    assert_int_equal(fixture->answers[1].outcome, OUTCOME_LATE);
    assert_int_equal(fixture->answers[2].outcome, OUTCOME_LATE);
    struct submission *more = make(fixture, "Dan", 0);
    assert_false(writer_submit(fixture->writer, more));
    submission_free(more);
    rd_kafka_mock_broker_set_up(fixture->mock.cluster, BROKER);
}

static void the_end_waits_for_what_kafka_takes(void **state)
{
    struct fixture *fixture = *state;
    submit(fixture, make(fixture, "Ana", 0));
    submit(fixture, make(fixture, "Ben", 0));
    assert_int_equal(writer_close(fixture->writer, MOCK_WAIT_MS), 0);
    assert_int_equal(fixture->count, 2);
    assert_int_equal(fixture->answers[1].outcome, OUTCOME_DONE);
}

/* ---- readiness ---- */

static void await_readiness(struct fixture *fixture, bool wanted, int64_t ahead)
{
    int64_t deadline = of_clock_monotonic() + MOCK_WAIT_MS;
    while (writer_is_ready(fixture->writer) != wanted && of_clock_monotonic() < deadline) {
        writer_tick(fixture->writer, of_clock_monotonic() + ahead);
        of_sleep(10);
    }
    assert_int_equal(writer_is_ready(fixture->writer), wanted);
}

/* Nobody orders: the broker is asked by and by. */
static void an_idle_writer_sees_that_kafka_is_away(void **state)
{
    struct fixture *fixture = *state;
    assert_true(writer_is_ready(fixture->writer));
    rd_kafka_mock_broker_set_down(fixture->mock.cluster, BROKER);
    writer_tick(fixture->writer, of_clock_monotonic()); /* not yet */
    assert_true(writer_is_ready(fixture->writer));
    await_readiness(fixture, false, WRITER_PROBE_MS);
    rd_kafka_mock_broker_set_up(fixture->mock.cluster, BROKER);
    await_readiness(fixture, true, WRITER_PROBE_MS);
}

/* Long before the request is answered that Kafka has not. */
static void a_transaction_that_does_not_end_is_no_readiness(void **state)
{
    struct fixture *fixture = *state;
    rd_kafka_mock_broker_set_down(fixture->mock.cluster, BROKER);
    submit(fixture, make(fixture, "Ana", 0));
    of_sleep(SETTLE_MS); /* until it is taken into a transaction */
    writer_tick(fixture->writer, of_clock_monotonic());
    assert_true(writer_is_ready(fixture->writer));
    writer_tick(fixture->writer, of_clock_monotonic() + WRITER_SLOW_MS);
    assert_false(writer_is_ready(fixture->writer));
    assert_int_equal(answered(fixture), 0);
    rd_kafka_mock_broker_set_up(fixture->mock.cluster, BROKER);
    await(fixture, 1);
    assert_int_equal(fixture->answers[0].outcome, OUTCOME_DONE);
    await_readiness(fixture, true, 0);
}

/* A second gateway has taken over: not Kafka is to blame. */
static void who_is_fenced_says_so(void **state)
{
    struct fixture *fixture = *state;
    struct of_error error;
    bool fenced = false;
    rd_kafka_mock_push_request_errors(
        fixture->mock.cluster, MOCK_ADD_PARTITIONS, 1, RD_KAFKA_RESP_ERR_PRODUCER_FENCED);
    submit(fixture, make(fixture, "Ana", 0));
    await(fixture, 1);
    assert_int_equal(fixture->answers[0].outcome, OUTCOME_REPLACED);
    assert_int_equal(writer_check(fixture->writer, &fenced, &error), OF_FATAL);
    assert_true(fenced);
}

/* ---- limits one past ---- */

static void more_requests_than_wait_are_not_taken(void **state)
{
    struct fixture *fixture = *state;
    rd_kafka_mock_broker_set_down(fixture->mock.cluster, BROKER);
    submit(fixture, make(fixture, "Ana", 0));
    of_sleep(SETTLE_MS); /* likewise */
    for (int i = 0; i < WRITER_QUEUE_MAX; i++)
        submit(fixture, make(fixture, "Ben", 0));
    struct submission *more = make(fixture, "Cid", 0);
    assert_false(writer_submit(fixture->writer, more));
    submission_free(more);
    /* Those whose time is up make room. */
    writer_tick(fixture->writer, of_clock_monotonic() + WRITER_PATIENCE_MS - 1000);
    assert_int_equal(answered(fixture), 0);
    writer_tick(fixture->writer, of_clock_monotonic() + WRITER_PATIENCE_MS);
    assert_int_equal(answered(fixture), WRITER_QUEUE_MAX + 1);
    submit(fixture, make(fixture, "Dan", 0));
    assert_int_equal(writer_close(fixture->writer, 0), 1);
    rd_kafka_mock_broker_set_up(fixture->mock.cluster, BROKER);
}

static void more_keys_than_are_kept_are_refused(void **state)
{
    struct fixture *fixture = *state;
    struct batch *batch;
    struct of_error error;
    struct generator_wish wish;
    struct submission *all[4];
    assert_int_equal(batch_new(fixture->config, &batch, &error), OF_OK);
    assert_int_equal(batch_load(batch, &wish, &error), OF_OK);
    batch_limit_keys(batch, 2);
    static const uint8_t keys[] = {1, 2, 3, 1};
    for (size_t i = 0; i < OF_COUNT(all); i++)
        all[i] = make(fixture, "Ana", keys[i]);
    for (size_t i = 1; i < OF_COUNT(all); i++)
        all[i - 1]->next = all[i];
    assert_int_equal(batch_write(batch, all[0], &error), OF_OK);
    assert_int_equal(all[0]->outcome, OUTCOME_DONE);
    assert_int_equal(all[1]->outcome, OUTCOME_DONE);
    assert_int_equal(all[2]->outcome, OUTCOME_TOO_MANY_KEYS);
    assert_int_equal(all[3]->outcome, OUTCOME_DONE); /* the first one again */
    assert_int_equal(all[3]->order_id, all[0]->order_id);
    for (size_t i = 0; i < OF_COUNT(all); i++)
        submission_free(all[i]);
    batch_free(batch);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        /* First: trouble with a broker is remembered, and then who is fenced tries once more. */
        cmocka_unit_test_setup_teardown(who_is_fenced_says_so, set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            an_order_that_is_no_record_takes_no_other_along, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_end_does_not_wait_for_kafka, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_end_waits_for_what_kafka_takes, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_idle_writer_sees_that_kafka_is_away, set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            a_transaction_that_does_not_end_is_no_readiness, set_up, tear_down),
        cmocka_unit_test_setup_teardown(more_requests_than_wait_are_not_taken, set_up, tear_down),
        cmocka_unit_test_setup_teardown(more_keys_than_are_kept_are_refused, set_up, tear_down),
    };
    return cmocka_run_group_tests_name("gateway_writer", tests, NULL, NULL);
}
