/* The stage loop against a mock cluster: what it sends on, dead-letters, repeats and leaves. */
#include "support.h"

#include "kafka/stage_state.h"

#include "mock_echo.h"

static void sends_on_and_dead_letters(void **state)
{
    struct echo *echo = *state;
    echo_feed(echo, "good", 10);
    echo_feed(echo, "bad one", 3);
    echo_start(echo);
    assert_int_equal(echo_read(echo, 10), 10);
    struct mock_reading dead = mock_read(&echo->mock, "dead", 1, 3);
    assert_int_equal(dead.records, 3);
    assert_string_equal(dead.value, "bad one");
    assert_string_equal(mock_header(&dead, "orderflow.error.class"), "state");
    assert_string_equal(mock_header(&dead, "trace"), "t1"); /* the original headers are kept */
    echo_stop(echo);
    assert_int_equal(echo->running.result, OF_OK);
    assert_int_equal(echo_count(echo, "orderflow_dead_letters_total"), 3);
    assert_int_equal(echo_count(echo, "orderflow_records_consumed_total"), 13);
    /* The poison's own output, emitted before it failed, must not have been sent. */
    assert_int_equal(echo_count(echo, "orderflow_records_produced_total"), 13);
}

/* Long before the transaction is full, or the broker says that the partitions have ended. */
static void commits_when_it_gets_quiet(void **state)
{
    struct echo *echo = *state;
    struct of_error error;
    assert_int_equal(of_config_set(echo->mock.config, "fetch.wait.max.ms", "30000", &error), OF_OK);
    echo_feed(echo, "good", 1);
    echo_start_with(echo, 30000);
    mock_stage_await(&echo->running, "orderflow_records_consumed_total", 1);
    int64_t asked = of_clock_monotonic();
    mock_stage_await(&echo->running, "orderflow_transactions_committed_total", 1);
    int64_t waited = of_clock_monotonic() - asked;
    echo_stop(echo);
    assert_int_equal(echo->running.result, OF_OK);
    assert_true(waited < 15000);
}

static void rewinds_when_the_world_is_not_ready(void **state)
{
    struct echo *echo = *state;
    echo->retries = 3;
    echo_feed(echo, "good", 6);
    echo_start(echo);
    mock_stage_await(&echo->running, "orderflow_transactions_aborted_total", 2);
    assert_true(of_health_is_ready(echo->health)); /* what passes soon is nobody's concern */
    mock_stage_await(&echo->running, "orderflow_transactions_aborted_total", 3);
    of_sleep(100);
    assert_false(of_health_is_ready(echo->health));
    assert_int_equal(echo_read(echo, 6), 6);
    mock_stage_await(&echo->running, "orderflow_transactions_committed_total", 1);
    of_sleep(100);
    assert_true(of_health_is_ready(echo->health));
    echo_stop(echo);
    assert_int_equal(echo->running.result, OF_OK);
    assert_int_equal(echo->asked, 9);
    assert_int_equal(echo_count(echo, "orderflow_transactions_aborted_total"), 3);
}

struct filled {
    size_t header_bytes; /* that went before */
    bool ended;          /* the last transaction was to end early */
};

static int send_with_headers(
    void *context, struct of_stage *stage, const struct of_record *record, struct of_error *error)
{
    const struct filled *filled = context;
    struct of_message message = {
        .topic = "out", .partition = RD_KAFKA_PARTITION_UA, .value = "good", .value_size = 4};
    stage->header_bytes = filled->header_bytes;
    rd_kafka_message_headers(record->message, &message.headers);
    return of_stage_emit(stage, &message, error);
}

static int note_end(void *context, struct of_stage *stage, struct of_error *error)
{
    (void)error;
    struct filled *filled = context;
    filled->ended = stage->end_batch;
    return OF_OK;
}

/* librdkafka's queue is bounded by keys and values alone. */
static void commits_when_headers_fill_it(void **state)
{
    struct echo *echo = *state;
    struct filled filled = {0};
    const struct of_stage_spec spec = {.instance = "a",
        .transform = send_with_headers,
        .context = &filled,
        .hooks = {.before_commit = note_end}};
    const size_t one = strlen("trace") + strlen("t1") + 10; /* 10: see outbox.c */
    mock_stage_start(&echo->running, &echo->mock, &spec);
    for (int more = 0; more < 2; more++) {
        filled.header_bytes = OF_STAGE_OUTPUT_MAX - one + (size_t)more;
        echo_feed(echo, "good", 1);
        mock_stage_await(&echo->running, "orderflow_transactions_committed_total", more + 1);
        assert_int_equal(filled.ended, more == 1);
    }
    struct mock_reading out = mock_read(&echo->mock, "out", MOCK_PARTITIONS, 2);
    assert_string_equal(mock_header(&out, "trace"), "t1");
    echo_stop(echo);
    assert_int_equal(echo->running.result, OF_OK);
    assert_int_equal(echo->running.stage->header_bytes, 0);
}

static void survives_a_lost_commit(void **state)
{
    struct echo *echo = *state;
    rd_kafka_resp_err_t busy[64];
    for (size_t i = 0; i < OF_COUNT(busy); i++)
        busy[i] = RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE;
    rd_kafka_mock_push_request_errors_array(echo->mock.cluster, MOCK_END_TXN, OF_COUNT(busy), busy);
    echo_feed(echo, "good", 2);
    echo_start(echo);
    mock_stage_await(&echo->running, "orderflow_transactions_aborted_total", 1);
    rd_kafka_mock_clear_request_errors(echo->mock.cluster, MOCK_END_TXN);
    mock_stage_await(&echo->running, "orderflow_transactions_committed_total", 1);
    echo_stop(echo);
    assert_int_equal(echo->running.result, OF_OK);
    assert_int_equal(echo_count(echo, "orderflow_producer_rebuilds_total"), 1);
}

static void leaves_when_fenced(void **state)
{
    struct echo *echo = *state;
    rd_kafka_mock_push_request_errors(
        echo->mock.cluster, MOCK_END_TXN, 1, RD_KAFKA_RESP_ERR_PRODUCER_FENCED);
    echo_feed(echo, "good", 1);
    echo_start(echo);
    mock_stage_join(&echo->running);
    assert_int_equal(echo->running.result, OF_FATAL);
    assert_true(of_stage_fenced(echo->running.stage));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(sends_on_and_dead_letters, echo_set_up, echo_tear_down),
        cmocka_unit_test_setup_teardown(commits_when_it_gets_quiet, echo_set_up, echo_tear_down),
        cmocka_unit_test_setup_teardown(commits_when_headers_fill_it, echo_set_up, echo_tear_down),
        cmocka_unit_test_setup_teardown(
            rewinds_when_the_world_is_not_ready, echo_set_up, echo_tear_down),
        cmocka_unit_test_setup_teardown(survives_a_lost_commit, echo_set_up, echo_tear_down),
        cmocka_unit_test_setup_teardown(leaves_when_fenced, echo_set_up, echo_tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
