/* A stage among others of its group: partitions given, taken and lost. */
#include "support.h"

#include "mock_echo.h"

static struct of_stage_spec spec_of(struct echo *echo, const char *instance)
{
    return (struct of_stage_spec){
        .instance = instance, .transform = echo_transform, .context = echo};
}

static void await_assigned(struct mock_stage *stage, int64_t wanted)
{
    int64_t deadline = of_clock_monotonic() + MOCK_WAIT_MS;
    struct of_counter *gauge =
        of_metrics_gauge(stage->metrics, "orderflow_assigned_partitions", "", "stage=\"test\"");
    while (of_counter_get(gauge) != wanted && of_clock_monotonic() < deadline)
        of_sleep(10);
    assert_int_equal(of_counter_get(gauge), wanted);
}

/* A second instance takes half and gives it back: no record is left. (The mock keeps no offsets of
 * transactions, so that records are read again here; the tests on real brokers count them.) */
static void test_second_instance(void **state)
{
    struct echo *echo = *state;
    struct mock_stage first, second;
    struct of_stage_spec one = spec_of(echo, "a"), two = spec_of(echo, "b");
    mock_feed(&echo->mock, "good", 10);
    mock_stage_start(&first, &echo->mock, &one);
    await_assigned(&first, 2);
    mock_stage_await(&first, "orderflow_records_consumed_total", 10);
    mock_stage_start(&second, &echo->mock, &two);
    await_assigned(&second, 1);
    await_assigned(&first, 1);
    mock_feed(&echo->mock, "good", 10);
    mock_stage_await(&second, "orderflow_records_consumed_total", 5);
    mock_stage_await(&first, "orderflow_records_consumed_total", 15);
    mock_stage_stop(&second);
    assert_int_equal(second.result, OF_OK);
    await_assigned(&first, 2);
    mock_feed(&echo->mock, "good", 10);
    mock_stage_await(&first, "orderflow_records_consumed_total", 25);
    mock_stage_stop(&first);
    assert_int_equal(first.result, OF_OK);
    assert_true(echo->asked >= 30);
    assert_int_equal(mock_stage_count(&first, "orderflow_transactions_aborted_total"), 0);
    mock_stage_free(&second);
    mock_stage_free(&first);
}

/* No broker for longer than the session: the assignment is lost, nothing of it may be committed,
 * and the stage comes back by itself. */
static void test_lost_assignment(void **state)
{
    struct echo *echo = *state;
    struct mock_stage stage;
    struct of_stage_spec spec = spec_of(echo, "a");
    mock_feed(&echo->mock, "good", 2);
    mock_stage_start(&stage, &echo->mock, &spec);
    mock_stage_await(&stage, "orderflow_records_consumed_total", 2);
    rd_kafka_mock_broker_set_down(echo->mock.cluster, 1);
    of_sleep(MOCK_SESSION_MS + 500);
    rd_kafka_mock_broker_set_up(echo->mock.cluster, 1);
    mock_feed(&echo->mock, "good", 4);
    int64_t deadline = of_clock_monotonic() + MOCK_WAIT_MS;
    while (__atomic_load_n(&echo->asked, __ATOMIC_SEQ_CST) < 6 && of_clock_monotonic() < deadline)
        of_sleep(10);
    mock_stage_stop(&stage);
    assert_int_equal(stage.result, OF_OK);
    assert_true(echo->asked >= 6);
    assert_false(of_stage_fenced(stage.stage));
    mock_stage_free(&stage);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_second_instance, echo_set_up, echo_tear_down),
        cmocka_unit_test_setup_teardown(test_lost_assignment, echo_set_up, echo_tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
