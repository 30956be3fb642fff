/* A stage that takes the records of its partitions in the order of their time. */
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

#define MANY 700 /* more than one partition's batch */

struct fixture {
    struct mock_kafka mock;
    struct mock_stage running;
    int64_t times[2 * MANY + 16];
    _Atomic size_t count;
    size_t retry_at; /* the record that fails once; 0: none */
    _Atomic int assigned;
    bool reversed;
};

static int transform(
    void *context, struct of_stage *stage, const struct of_record *record, struct of_error *error)
{
    (void)stage;
    struct fixture *fixture = context;
    if (fixture->retry_at && fixture->count == fixture->retry_at) {
        fixture->retry_at = 0;
        fixture->count = 0; /* all comes again */
        return of_fail(error, OF_RETRY, "again");
    }
    if (fixture->count < sizeof(fixture->times) / sizeof(fixture->times[0]))
        fixture->times[fixture->count++] = record->timestamp;
    return OF_OK;
}

static int on_assigned(
    void *context, const rd_kafka_topic_partition_list_t *partitions, struct of_error *error)
{
    (void)partitions;
    (void)error;
    ((struct fixture *)context)->assigned++;
    return OF_OK;
}

static int64_t backwards(void *context, const rd_kafka_message_t *message)
{
    assert_true(((struct fixture *)context)->reversed);
    return -rd_kafka_message_timestamp(message, NULL);
}

static int set_up(void **state)
{
    struct fixture *fixture = of_alloc(sizeof(*fixture));
    mock_kafka_start(&fixture->mock);
    rd_kafka_mock_topic_create(fixture->mock.cluster, "in", MOCK_PARTITIONS, 1);
    rd_kafka_mock_topic_create(fixture->mock.cluster, "dead", 1, 1);
    *state = fixture;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;
    mock_stage_stop(&fixture->running);
    mock_stage_free(&fixture->running);
    mock_kafka_stop(&fixture->mock);
    free(fixture);
    return 0;
}

static void start(struct fixture *fixture, of_merge_time *time)
{
    const struct of_stage_spec spec = {.instance = "1",
        .transform = transform,
        .hooks.assigned = on_assigned,
        .context = fixture,
        .by_time = true,
        .time = time};
    mock_stage_start(&fixture->running, &fixture->mock, &spec);
}

/* One partition alone: times first, first + step... */
static void feed(struct fixture *fixture, int32_t partition, int64_t first, int64_t step, int count)
{
    struct of_error error;
    rd_kafka_conf_t *conf;
    rd_kafka_t *producer;
    assert_int_equal(
        of_kafka_conf(fixture->mock.config, RD_KAFKA_PRODUCER, NULL, &conf, &error), OF_OK);
    assert_int_equal(of_kafka_new(RD_KAFKA_PRODUCER, conf, &producer, &error), OF_OK);
    for (int i = 0; i < count; i++)
        assert_int_equal(
            rd_kafka_producev(producer, RD_KAFKA_V_TOPIC("in"), RD_KAFKA_V_PARTITION(partition),
                RD_KAFKA_V_VALUE((char[]){"v"}, 1), RD_KAFKA_V_TIMESTAMP(first + i * step),
                RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_END),
            0);
    assert_int_equal(rd_kafka_flush(producer, MOCK_WAIT_MS), 0);
    rd_kafka_destroy(producer);
}

static void await(struct fixture *fixture, size_t count)
{
    int64_t deadline = of_clock_monotonic() + MOCK_WAIT_MS;
    while (fixture->count < count && of_clock_monotonic() < deadline)
        of_sleep(10);
    assert_int_equal(fixture->count, count);
}

static void assert_ascending(const struct fixture *fixture, size_t from, size_t to, int64_t step)
{
    for (size_t i = from + 1; i < to; i++)
        assert_int_equal(fixture->times[i] - fixture->times[i - 1], step);
}

static void test_by_timestamp(void **state)
{
    struct fixture *fixture = *state;
    feed(fixture, 0, 1000, 2, MANY);
    feed(fixture, 1, 1001, 2, MANY);
    start(fixture, NULL);
    await(fixture, 2 * MANY);
    assert_ascending(fixture, 0, 2 * MANY, 1);
    /* What comes later, into one of them, is not held up by the other, which is at its end. */
    feed(fixture, 1, 9000, 1, 3);
    await(fixture, 2 * MANY + 3);
    feed(fixture, 0, 8000, 1, 2);
    await(fixture, 2 * MANY + 5);
    assert_int_equal(fixture->times[2 * MANY + 4], 8001);
}

/* What is waiting when all goes back comes again, in order. */
static void test_after_an_abort(void **state)
{
    struct fixture *fixture = *state;
    feed(fixture, 0, 1000, 2, MANY);
    feed(fixture, 1, 1001, 2, MANY);
    fixture->retry_at = MANY / 2;
    start(fixture, NULL);
    await(fixture, 2 * MANY);
    assert_ascending(fixture, 0, 2 * MANY, 1);
    assert_true(fixture->assigned > 1); /* it is told where reading goes on */
}

/* The stage's own idea of time; within a partition the order stays. */
static void test_by_another_time(void **state)
{
    struct fixture *fixture = *state;
    fixture->reversed = true;
    feed(fixture, 0, 1000, 1, 3);
    feed(fixture, 1, 2000, 1, 3);
    start(fixture, backwards);
    await(fixture, 6);
    assert_int_equal(fixture->times[0], 2000);
    assert_ascending(fixture, 0, 3, 1);
    assert_int_equal(fixture->times[3], 1000);
    assert_ascending(fixture, 3, 6, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_by_timestamp, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_after_an_abort, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_by_another_time, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
