/* The stage loop against a mock cluster: what it sends on, dead-letters, repeats and leaves. */
#include "kafka/stage.h"

#include "base/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "kafka/stage_state.h"

#include "mock_stage.h"

struct fixture {
    struct mock_kafka mock;
    struct mock_stage running;
    int asked, retries;  /* records that the transform saw; RETRYs it still gives */
    size_t header_bytes; /* not 0: headers go on, and so many bytes of them went before */
    bool ended;          /* the last transaction was to end early */
    struct of_health *health;
};

/* "bad..." is poison; all else goes on in upper case. */
static int transform(
    void *context, struct of_stage *stage, const struct of_record *record, struct of_error *error)
{
    struct fixture *fixture = context;
    fixture->asked++;
    if (fixture->retries > 0) {
        fixture->retries--;
        return of_fail(error, OF_RETRY, "not yet");
    }
    struct of_message message = {.topic = "out",
        .partition = RD_KAFKA_PARTITION_UA,
        .key = record->key,
        .key_size = record->key_size,
        .value = record->value,
        .value_size = record->value_size};
    if (fixture->header_bytes) {
        stage->header_bytes = fixture->header_bytes;
        rd_kafka_message_headers(record->message, &message.headers);
    }
    int result = of_stage_emit(stage, &message, error);
    if (result == OF_OK && record->value_size >= 3 && memcmp(record->value, "bad", 3) == 0) {
        of_fail(error, OF_INPUT, "it is bad");
        return of_error_kind(error, "state");
    }
    return result;
}

static int set_up(void **state)
{
    struct fixture *fixture = of_alloc(sizeof(*fixture));
    fixture->health = of_health_new(60000);
    mock_kafka_start(&fixture->mock);
    rd_kafka_mock_topic_create(fixture->mock.cluster, "in", MOCK_PARTITIONS, 1);
    rd_kafka_mock_topic_create(fixture->mock.cluster, "out", MOCK_PARTITIONS, 1);
    rd_kafka_mock_topic_create(fixture->mock.cluster, "dead", 1, 1);
    *state = fixture;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;
    mock_stage_free(&fixture->running);
    mock_kafka_stop(&fixture->mock);
    of_health_free(fixture->health);
    free(fixture);
    return 0;
}

static void start_with(struct fixture *fixture, int64_t batch_ms)
{
    const struct of_stage_spec spec = {.instance = "a",
        .transform = transform,
        .context = fixture,
        .batch_ms = batch_ms,
        .health = fixture->health};
    mock_stage_start(&fixture->running, &fixture->mock, &spec);
}

static void start(struct fixture *fixture)
{
    start_with(fixture, 0);
}

static void stop(struct fixture *fixture)
{
    mock_stage_stop(&fixture->running);
}

static void feed(struct fixture *fixture, const char *value, int count)
{
    mock_feed(&fixture->mock, value, count);
}

static int read_out(struct fixture *fixture, int wanted)
{
    return mock_read(&fixture->mock, "out", MOCK_PARTITIONS, wanted).records;
}

static int64_t counted(struct fixture *fixture, const char *name)
{
    return mock_stage_count(&fixture->running, name);
}

static void sends_on_and_dead_letters(void **state)
{
    struct fixture *fixture = *state;
    feed(fixture, "good", 10);
    feed(fixture, "bad one", 3);
    start(fixture);
    assert_int_equal(read_out(fixture, 10), 10);
    struct mock_reading dead = mock_read(&fixture->mock, "dead", 1, 3);
    assert_int_equal(dead.records, 3);
    assert_string_equal(dead.value, "bad one");
    assert_string_equal(mock_header(&dead, "orderflow.error.class"), "state");
    assert_string_equal(mock_header(&dead, "trace"), "t1"); /* the original headers are kept */
    stop(fixture);
    assert_int_equal(fixture->running.result, OF_OK);
    assert_int_equal(counted(fixture, "orderflow_dead_letters_total"), 3);
    assert_int_equal(counted(fixture, "orderflow_records_consumed_total"), 13);
    /* The poison's own output, emitted before it failed, must not have been sent. */
    assert_int_equal(counted(fixture, "orderflow_records_produced_total"), 13);
}

/* Long before the transaction is full, or the broker says that the partitions have ended. */
static void commits_when_it_gets_quiet(void **state)
{
    struct fixture *fixture = *state;
    struct of_error error;
    assert_int_equal(
        of_config_set(fixture->mock.config, "fetch.wait.max.ms", "30000", &error), OF_OK);
    feed(fixture, "good", 1);
    start_with(fixture, 30000);
    mock_stage_await(&fixture->running, "orderflow_records_consumed_total", 1);
    int64_t asked = of_clock_monotonic();
    mock_stage_await(&fixture->running, "orderflow_transactions_committed_total", 1);
    int64_t waited = of_clock_monotonic() - asked;
    stop(fixture);
    assert_int_equal(fixture->running.result, OF_OK);
    assert_true(waited < 15000);
}

static void rewinds_when_the_world_is_not_ready(void **state)
{
    struct fixture *fixture = *state;
    fixture->retries = 3;
    feed(fixture, "good", 6);
    start(fixture);
    mock_stage_await(&fixture->running, "orderflow_transactions_aborted_total", 2);
    assert_true(of_health_is_ready(fixture->health)); /* what passes soon is nobody's concern */
    mock_stage_await(&fixture->running, "orderflow_transactions_aborted_total", 3);
    of_sleep(100);
    assert_false(of_health_is_ready(fixture->health));
    assert_int_equal(read_out(fixture, 6), 6);
    mock_stage_await(&fixture->running, "orderflow_transactions_committed_total", 1);
    of_sleep(100);
    assert_true(of_health_is_ready(fixture->health));
    stop(fixture);
    assert_int_equal(fixture->running.result, OF_OK);
    assert_int_equal(fixture->asked, 9);
    assert_int_equal(counted(fixture, "orderflow_transactions_aborted_total"), 3);
}

static int note_end(void *context, struct of_stage *stage, struct of_error *error)
{
    (void)error;
    struct fixture *fixture = context;
    fixture->ended = stage->end_batch;
    return OF_OK;
}

/* librdkafka's queue is bounded by keys and values alone. */
static void commits_when_headers_fill_it(void **state)
{
    struct fixture *fixture = *state;
    const struct of_stage_spec spec = {.instance = "a",
        .transform = transform,
        .context = fixture,
        .hooks = {.before_commit = note_end}};
    const size_t one = strlen("trace") + strlen("t1") + 10; /* 10: see outbox.c */
    mock_stage_start(&fixture->running, &fixture->mock, &spec);
    for (int more = 0; more < 2; more++) {
        fixture->header_bytes = OF_STAGE_OUTPUT_MAX - one + (size_t)more;
        feed(fixture, "good", 1);
        mock_stage_await(&fixture->running, "orderflow_transactions_committed_total", more + 1);
        assert_int_equal(fixture->ended, more == 1);
    }
    struct mock_reading out = mock_read(&fixture->mock, "out", MOCK_PARTITIONS, 2);
    assert_string_equal(mock_header(&out, "trace"), "t1");
    stop(fixture);
    assert_int_equal(fixture->running.result, OF_OK);
    assert_int_equal(fixture->running.stage->header_bytes, 0);
}

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
static void commit_offset_0(struct fixture *fixture)
{
    struct of_error error;
    rd_kafka_conf_t *conf;
    rd_kafka_t *consumer;
    const char *const pairs[] = {"group.id", "orderflow-test", NULL};
    assert_int_equal(
        of_kafka_conf(fixture->mock.config, RD_KAFKA_CONSUMER, pairs, &conf, &error), OF_OK);
    assert_int_equal(of_kafka_new(RD_KAFKA_CONSUMER, conf, &consumer, &error), OF_OK);
    commit_offset(consumer, 0);
    rd_kafka_consumer_close(consumer);
    rd_kafka_destroy(consumer);
}

/* librdkafka then finds the offsets by itself and hands out records before the rewind. */
static void doubles_nothing_when_offsets_are_late(void **state)
{
    struct fixture *fixture = *state;
    feed(fixture, "good", 2000);
    commit_offset_0(fixture);
    rd_kafka_mock_push_request_errors(
        fixture->mock.cluster, MOCK_OFFSET_FETCH, 1, RD_KAFKA_RESP_ERR_UNKNOWN);
    start(fixture);
    assert_int_equal(read_out(fixture, 2000), 2000);
    of_sleep(500);
    stop(fixture);
    assert_int_equal(counted(fixture, "orderflow_records_produced_total"), 2000);
}

/* As after a crash of a broker that has yet to read what was committed. */
static void doubles_nothing_when_offsets_go_back(void **state)
{
    struct fixture *fixture = *state;
    struct of_error error;
    assert_int_equal(
        of_config_set(fixture->mock.config, "committed.offsets.doubt.ms", "60000", &error), OF_OK);
    commit_offset_0(fixture);
    feed(fixture, "good", 6);
    start(fixture);
    assert_int_equal(read_out(fixture, 6), 6);
    of_sleep(500); /* they are committed */
    int64_t commits = counted(fixture, "orderflow_transactions_committed_total");
    fixture->retries = 1;
    feed(fixture, "good", 2);
    mock_stage_await(&fixture->running, "orderflow_transactions_aborted_total", 1);
    of_sleep(3000); /* rewinds, one after the other, are answered with 0 */
    assert_int_equal(fixture->asked, 7);
    commit_offset(fixture->running.stage->consumer, 3);
    mock_stage_await(&fixture->running, "orderflow_transactions_committed_total", commits + 1);
    assert_int_equal(read_out(fixture, 8), 8);
    stop(fixture);
    assert_int_equal(fixture->asked, 9);
}

static void survives_a_lost_commit(void **state)
{
    struct fixture *fixture = *state;
    rd_kafka_resp_err_t busy[64];
    for (size_t i = 0; i < OF_COUNT(busy); i++)
        busy[i] = RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE;
    rd_kafka_mock_push_request_errors_array(
        fixture->mock.cluster, MOCK_END_TXN, OF_COUNT(busy), busy);
    feed(fixture, "good", 2);
    start(fixture);
    mock_stage_await(&fixture->running, "orderflow_transactions_aborted_total", 1);
    rd_kafka_mock_clear_request_errors(fixture->mock.cluster, MOCK_END_TXN);
    mock_stage_await(&fixture->running, "orderflow_transactions_committed_total", 1);
    stop(fixture);
    assert_int_equal(fixture->running.result, OF_OK);
    assert_int_equal(counted(fixture, "orderflow_producer_rebuilds_total"), 1);
}

static void leaves_when_fenced(void **state)
{
    struct fixture *fixture = *state;
    rd_kafka_mock_push_request_errors(
        fixture->mock.cluster, MOCK_END_TXN, 1, RD_KAFKA_RESP_ERR_PRODUCER_FENCED);
    feed(fixture, "good", 1);
    start(fixture);
    mock_stage_join(&fixture->running);
    assert_int_equal(fixture->running.result, OF_FATAL);
    assert_true(of_stage_fenced(fixture->running.stage));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(sends_on_and_dead_letters, set_up, tear_down),
        cmocka_unit_test_setup_teardown(commits_when_it_gets_quiet, set_up, tear_down),
        cmocka_unit_test_setup_teardown(commits_when_headers_fill_it, set_up, tear_down),
        cmocka_unit_test_setup_teardown(rewinds_when_the_world_is_not_ready, set_up, tear_down),
        cmocka_unit_test_setup_teardown(doubles_nothing_when_offsets_are_late, set_up, tear_down),
        cmocka_unit_test_setup_teardown(doubles_nothing_when_offsets_go_back, set_up, tear_down),
        cmocka_unit_test_setup_teardown(survives_a_lost_commit, set_up, tear_down),
        cmocka_unit_test_setup_teardown(leaves_when_fenced, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
