/* A stage that holds records in memory: what it commits, what it dead-letters later, and how it
 * ends a transaction early. */
#include "kafka/stage.h"

#include "base/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "mock_stage.h"

struct fixture {
    struct mock_kafka mock;
    struct mock_stage running;
    _Atomic int64_t needed;  /* of partition 0 */
    _Atomic int64_t highest; /* offset of partition 0 that was committed */
    _Atomic int commits;
    bool end_batches, give_up, beside;
    _Atomic int seen;
};

static int transform(
    void *context, struct of_stage *stage, const struct of_record *record, struct of_error *error)
{
    struct fixture *fixture = context;
    fixture->seen++;
    if (fixture->end_batches)
        of_stage_end_batch(stage);
    if (!fixture->give_up || record->partition != 0)
        return OF_OK;
    fixture->give_up = false;
    struct of_record earlier = *record;
    struct of_error why;
    OF_CLEANUP(of_cleanup_rd_kafka_headers)
    rd_kafka_headers_t *headers = rd_kafka_headers_copy(of_record_headers(record));
    earlier.message = NULL;
    earlier.headers = headers;
    earlier.offset = 77;
    of_fail(&why, OF_INPUT, "it waited too long");
    of_error_kind(&why, "incomplete");
    return of_stage_dead_letter(stage, &earlier, &why) < 0 ? of_fail(error, OF_FATAL, "refused")
                                                           : OF_OK;
}

static int64_t needed(void *context, const char *topic, int32_t partition)
{
    struct fixture *fixture = context;
    assert_string_equal(topic, "in");
    return partition == 0 ? fixture->needed : -1;
}

static int committed(
    void *context, const rd_kafka_topic_partition_list_t *offsets, struct of_error *error)
{
    (void)error;
    struct fixture *fixture = context;
    for (int i = 0; i < offsets->cnt; i++)
        if (offsets->elems[i].partition == 0)
            fixture->highest = offsets->elems[i].offset;
    fixture->commits++;
    return OF_OK;
}

static int set_up(void **state)
{
    struct fixture *fixture = of_alloc(sizeof(*fixture));
    fixture->needed = fixture->highest = -1;
    mock_kafka_start(&fixture->mock);
    rd_kafka_mock_topic_create(fixture->mock.cluster, "in", MOCK_PARTITIONS, 1);
    rd_kafka_mock_topic_create(fixture->mock.cluster, "dead", 1, 1);
    *state = fixture;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;
    mock_stage_free(&fixture->running);
    mock_kafka_stop(&fixture->mock);
    free(fixture);
    return 0;
}

static void start(struct fixture *fixture)
{
    const struct of_stage_spec spec = {.instance = "a",
        .transform = transform,
        .context = fixture,
        .beside = fixture->beside,
        .hooks = {.needed = needed, .committed = committed}};
    mock_stage_start(&fixture->running, &fixture->mock, &spec);
}

/* Until all that was read is committed, but for what is needed. */
static void await_offset(struct fixture *fixture, int64_t wanted)
{
    int64_t deadline = of_clock_monotonic() + MOCK_WAIT_MS;
    while (fixture->highest != wanted && of_clock_monotonic() < deadline)
        of_sleep(10);
    if (fixture->highest != wanted)
        fail_msg("%lld is committed, not %lld", (long long)fixture->highest, (long long)wanted);
}

static void commits_no_further_than_needed(void **state)
{
    struct fixture *fixture = *state;
    fixture->needed = 3;
    mock_feed(&fixture->mock, "x", 20); /* 10 a partition */
    start(fixture);
    mock_stage_await(&fixture->running, "orderflow_records_consumed_total", 20);
    await_offset(fixture, 3);
    fixture->needed = 50; /* beyond what was read */
    mock_feed(&fixture->mock, "x", 2);
    await_offset(fixture, 11);
    fixture->needed = -1;
    mock_feed(&fixture->mock, "x", 2);
    await_offset(fixture, 12);
    mock_stage_stop(&fixture->running);
    assert_int_equal(fixture->running.result, OF_OK);
}

static void dead_letters_an_earlier_record(void **state)
{
    struct fixture *fixture = *state;
    fixture->give_up = true;
    mock_feed(&fixture->mock, "held", 2);
    start(fixture);
    struct mock_reading dead = mock_read(&fixture->mock, "dead", 1, 1);
    assert_int_equal(dead.records, 1);
    assert_string_equal(dead.key, "key");
    assert_string_equal(dead.value, "held");
    assert_string_equal(mock_header(&dead, "__streams.errors.offset"), "77");
    assert_string_equal(mock_header(&dead, "__streams.errors.message"), "it waited too long");
    assert_string_equal(mock_header(&dead, "orderflow.error.class"), "incomplete");
    assert_string_equal(mock_header(&dead, "trace"), "t1");
    mock_stage_stop(&fixture->running);
    assert_int_equal(mock_stage_count(&fixture->running, "orderflow_dead_letters_total"), 1);
}

static void ends_a_transaction_early(void **state)
{
    struct fixture *fixture = *state;
    fixture->end_batches = true;
    mock_feed(&fixture->mock, "x", 6);
    start(fixture);
    mock_stage_await(&fixture->running, "orderflow_records_consumed_total", 6);
    mock_stage_stop(&fixture->running);
    assert_true(fixture->commits >= 6); /* one a record */
}

/* Records with two headers, either of which may be missing. */
static void feed_replays(struct fixture *fixture, const char *attempts, const char *only, int count)
{
    struct of_error error;
    rd_kafka_conf_t *conf;
    rd_kafka_t *producer;
    assert_int_equal(
        of_kafka_conf(fixture->mock.config, RD_KAFKA_PRODUCER, NULL, &conf, &error), OF_OK);
    assert_int_equal(of_kafka_new(RD_KAFKA_PRODUCER, conf, &producer, &error), OF_OK);
    for (int i = 0; i < count; i++) {
        rd_kafka_headers_t *headers = rd_kafka_headers_new(2);
        if (attempts)
            rd_kafka_header_add(headers, "orderflow.attempts", -1, attempts, -1);
        if (only)
            rd_kafka_header_add(headers, "orderflow.only", -1, only, -1);
        assert_int_equal(rd_kafka_producev(producer, RD_KAFKA_V_TOPIC("in"),
                             RD_KAFKA_V_VALUE((void *)"x", 1), RD_KAFKA_V_HEADERS(headers),
                             RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_END),
            0);
    }
    assert_int_equal(rd_kafka_flush(producer, MOCK_WAIT_MS), 0);
    rd_kafka_destroy(producer);
}

static void takes_replays(struct fixture *fixture, int expected)
{
    feed_replays(fixture, NULL, NULL, 1);
    feed_replays(fixture, "1", NULL, 2);
    feed_replays(fixture, "1", "test", 4);
    feed_replays(fixture, "1", "tes", 8);
    feed_replays(fixture, "1", "testing", 16);
    start(fixture);
    mock_stage_await(&fixture->running, "orderflow_records_consumed_total", 31);
    mock_stage_stop(&fixture->running);
    assert_int_equal(fixture->seen, expected);
}

static void a_main_reader_leaves_replays_for_others(void **state)
{
    takes_replays(*state, 1 + 2 + 4);
}

static void a_reader_beside_takes_only_its_own_replays(void **state)
{
    struct fixture *fixture = *state;
    fixture->beside = true;
    takes_replays(fixture, 1 + 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(commits_no_further_than_needed, set_up, tear_down),
        cmocka_unit_test_setup_teardown(dead_letters_an_earlier_record, set_up, tear_down),
        cmocka_unit_test_setup_teardown(ends_a_transaction_early, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_main_reader_leaves_replays_for_others, set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            a_reader_beside_takes_only_its_own_replays, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
