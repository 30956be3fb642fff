/* A stage on a mock cluster that sends on what it reads and dead-letters what begins with "bad". */
#ifndef TESTS_UNIT_MOCK_ECHO_H
#define TESTS_UNIT_MOCK_ECHO_H

#include "mock_stage.h"

struct echo {
    struct mock_kafka mock;
    struct mock_stage running;
    int asked, retries; /* records that the transform saw; RETRYs it still gives */
    struct of_health *health;
};

/* "bad..." is poison; all else goes on as it is. */
static int echo_transform(
    void *context, struct of_stage *stage, const struct of_record *record, struct of_error *error)
{
    struct echo *echo = context;
    __atomic_add_fetch(&echo->asked, 1, __ATOMIC_SEQ_CST);
    if (echo->retries > 0) {
        echo->retries--;
        return of_fail(error, OF_RETRY, "not yet");
    }
    const struct of_message message = {.topic = "out",
        .partition = RD_KAFKA_PARTITION_UA,
        .key = record->key,
        .key_size = record->key_size,
        .value = record->value,
        .value_size = record->value_size};
    int result = of_stage_emit(stage, &message, error);
    if (result == OF_OK && record->value_size >= 3 && memcmp(record->value, "bad", 3) == 0) {
        of_fail(error, OF_INPUT, "it is bad");
        return of_error_kind(error, "state");
    }
    return result;
}

OF_UNUSED static int echo_set_up(void **state)
{
    struct echo *echo = of_alloc(sizeof(*echo));
    echo->health = of_health_new(60000);
    mock_kafka_start(&echo->mock);
    rd_kafka_mock_topic_create(echo->mock.cluster, "in", MOCK_PARTITIONS, 1);
    rd_kafka_mock_topic_create(echo->mock.cluster, "out", MOCK_PARTITIONS, 1);
    rd_kafka_mock_topic_create(echo->mock.cluster, "dead", 1, 1);
    *state = echo;
    return 0;
}

OF_UNUSED static int echo_tear_down(void **state)
{
    struct echo *echo = *state;
    if (echo->running.stage)
        mock_stage_free(&echo->running);
    mock_kafka_stop(&echo->mock);
    of_health_free(echo->health);
    free(echo);
    return 0;
}

OF_UNUSED static void echo_start_with(struct echo *echo, int64_t batch_ms)
{
    const struct of_stage_spec spec = {.instance = "a",
        .transform = echo_transform,
        .context = echo,
        .batch_ms = batch_ms,
        .health = echo->health};
    mock_stage_start(&echo->running, &echo->mock, &spec);
}

OF_UNUSED static void echo_start(struct echo *echo)
{
    echo_start_with(echo, 0);
}

OF_UNUSED static void echo_stop(struct echo *echo)
{
    mock_stage_stop(&echo->running);
}

OF_UNUSED static void echo_feed(struct echo *echo, const char *value, int count)
{
    mock_feed(&echo->mock, value, count);
}

OF_UNUSED static int echo_read(struct echo *echo, int wanted)
{
    return mock_read(&echo->mock, "out", MOCK_PARTITIONS, wanted).records;
}

OF_UNUSED static int64_t echo_count(struct echo *echo, const char *name)
{
    return mock_stage_count(&echo->running, name);
}

#endif
