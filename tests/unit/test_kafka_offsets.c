/* Committed offsets that come late or go back: a stage doubles nothing. test_kafka_floors.c has the
 * rule alone. */
#include "support.h"

#include "kafka/stage_state.h"

#include "mock_echo.h"

/* What the mock answers from now on: it keeps no offsets of transactions. */
static void commit_offset(rd_kafka_t *consumer, int64_t offset)
{
    OF_CLEANUP(of_cleanup_rd_kafka_partitions)
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
    for (int i = 0; i < MOCK_PARTITIONS; i++)
        rd_kafka_topic_partition_list_add(list, "in", i)->offset = offset;
    assert_int_equal(rd_kafka_commit(consumer, list, 0), 0);
}

/* As a group that has been here before. */
static void commit_offset_0(struct echo *echo)
{
    struct of_error error;
    rd_kafka_conf_t *conf;
    rd_kafka_t *consumer;
    const char *const pairs[] = {"group.id", "orderflow-test", NULL};
    assert_int_equal(
        of_kafka_conf(echo->mock.config, RD_KAFKA_CONSUMER, pairs, &conf, &error), OF_OK);
    assert_int_equal(of_kafka_new(RD_KAFKA_CONSUMER, conf, &consumer, &error), OF_OK);
    commit_offset(consumer, 0);
    rd_kafka_consumer_close(consumer);
    rd_kafka_destroy(consumer);
}

/* librdkafka then finds the offsets by itself and hands out records before the rewind. */
static void doubles_nothing_when_offsets_are_late(void **state)
{
    struct echo *echo = *state;
    echo_feed(echo, "good", 2000);
    commit_offset_0(echo);
    rd_kafka_mock_push_request_errors(
        echo->mock.cluster, MOCK_OFFSET_FETCH, 1, RD_KAFKA_RESP_ERR_UNKNOWN);
    echo_start(echo);
    assert_int_equal(echo_read(echo, 2000), 2000);
    of_sleep(500);
    echo_stop(echo);
    assert_int_equal(echo_count(echo, "orderflow_records_produced_total"), 2000);
}

/* As after a crash of a broker that has yet to read what was committed. */
static void doubles_nothing_when_offsets_go_back(void **state)
{
    struct echo *echo = *state;
    struct of_error error;
    assert_int_equal(
        of_config_set(echo->mock.config, "committed.offsets.doubt.ms", "60000", &error), OF_OK);
    commit_offset_0(echo);
    echo_feed(echo, "good", 6);
    echo_start(echo);
    assert_int_equal(echo_read(echo, 6), 6);
    of_sleep(500); /* they are committed */
    int64_t commits = echo_count(echo, "orderflow_transactions_committed_total");
    echo->retries = 1;
    echo_feed(echo, "good", 2);
    mock_stage_await(&echo->running, "orderflow_transactions_aborted_total", 1);
    of_sleep(3000); /* rewinds, one after the other, are answered with 0 */
    assert_int_equal(echo->asked, 7);
    commit_offset(echo->running.stage->consumer, 3);
    mock_stage_await(&echo->running, "orderflow_transactions_committed_total", commits + 1);
    assert_int_equal(echo_read(echo, 8), 8);
    echo_stop(echo);
    assert_int_equal(echo->asked, 9);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            doubles_nothing_when_offsets_are_late, echo_set_up, echo_tear_down),
        cmocka_unit_test_setup_teardown(
            doubles_nothing_when_offsets_go_back, echo_set_up, echo_tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
