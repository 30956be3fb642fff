/* Records into and out of a mock cluster, and a stage that runs on a thread of its own. */
#ifndef TESTS_UNIT_MOCK_STAGE_H
#define TESTS_UNIT_MOCK_STAGE_H

#include "mock_kafka.h"

#include "base/clock.h"
#include "kafka/stage.h"

#include <pthread.h>

#define MOCK_PARTITIONS 2
#define MOCK_WAIT_MS 60000

struct mock_stage {
    struct mock_kafka *mock;
    struct of_metrics *metrics;
    struct of_stage *stage;
    pthread_t thread;
    int result;
    struct of_error error;
};

static void *mock_stage_run(void *context)
{
    struct mock_stage *running = context;
    running->result = of_stage_run(running->stage, &running->error);
    return NULL;
}

/* Reads "in", dead-letters to "dead"; the transform, its context, hooks and instance are the
 * caller's. */
OF_UNUSED static void mock_stage_start(
    struct mock_stage *running, struct mock_kafka *mock, const struct of_stage_spec *wanted)
{
    static const char *const inputs[] = {"in", NULL};
    struct of_stage_spec spec = *wanted;
    running->mock = mock;
    running->metrics = of_metrics_new();
    spec.name = "test";
    spec.inputs = inputs;
    spec.dead_letter_topic = "dead";
    spec.metrics = running->metrics;
    if (of_stage_new(mock->config, &spec, &running->stage, &running->error) < 0)
        fail_msg("%s", running->error.message);
    assert_int_equal(pthread_create(&running->thread, NULL, mock_stage_run, running), 0);
}

/* Waits for the thread without asking it to end. */
OF_UNUSED static void mock_stage_join(struct mock_stage *running)
{
    pthread_join(running->thread, NULL);
}

OF_UNUSED static void mock_stage_stop(struct mock_stage *running)
{
    of_stage_stop(running->stage);
    pthread_join(running->thread, NULL);
}

OF_UNUSED static void mock_stage_free(struct mock_stage *running)
{
    of_stage_free(running->stage);
    of_metrics_free(running->metrics);
}

static int64_t mock_stage_count(struct mock_stage *running, const char *name)
{
    return of_counter_get(of_metrics_counter(running->metrics, name, "", "stage=\"test\""));
}

/* Until the counter has reached the number. */
OF_UNUSED static void mock_stage_await(struct mock_stage *running, const char *name, int64_t wanted)
{
    int64_t deadline = of_clock_monotonic() + MOCK_WAIT_MS;
    while (mock_stage_count(running, name) < wanted && of_clock_monotonic() < deadline)
        of_sleep(10);
    if (mock_stage_count(running, name) < wanted)
        fail_msg("%s stays at %lld, not %lld", name, (long long)mock_stage_count(running, name),
            (long long)wanted);
}

/* `count` records with a key and a header "trace", evenly over the partitions of "in". */
OF_UNUSED static void mock_feed(struct mock_kafka *mock, const char *value, int count)
{
    struct of_error error;
    rd_kafka_conf_t *conf;
    rd_kafka_t *producer;
    assert_int_equal(of_kafka_conf(mock->config, RD_KAFKA_PRODUCER, NULL, &conf, &error), OF_OK);
    assert_int_equal(of_kafka_new(RD_KAFKA_PRODUCER, conf, &producer, &error), OF_OK);
    for (int i = 0; i < count; i++)
        assert_int_equal(
            rd_kafka_producev(producer, RD_KAFKA_V_TOPIC("in"), RD_KAFKA_V_KEY("key", 3),
                RD_KAFKA_V_VALUE((void *)value, value ? strlen(value) : 0),
                RD_KAFKA_V_PARTITION(i % MOCK_PARTITIONS), RD_KAFKA_V_HEADER("trace", "t1", 2),
                RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_END),
            0);
    assert_int_equal(rd_kafka_flush(producer, MOCK_WAIT_MS), 0);
    rd_kafka_destroy(producer);
}

/* What stands in a topic; the last record in full. */
struct mock_reading {
    int records;
    bool null_value;
    char key[64], value[64];
    struct {
        char name[64], value[128];
    } headers[24];
    size_t header_count;
};

OF_UNUSED static const char *mock_header(const struct mock_reading *reading, const char *name)
{
    const char *value = NULL;
    for (size_t i = 0; i < reading->header_count; i++)
        if (strcmp(reading->headers[i].name, name) == 0)
            value = reading->headers[i].value;
    return value ? value : "(none)";
}

static void mock_note(struct mock_reading *reading, rd_kafka_message_t *message)
{
    rd_kafka_headers_t *headers;
    const char *name;
    const void *value;
    size_t size;
    reading->records++;
    reading->null_value = !message->payload;
    reading->header_count = 0;
    snprintf(reading->key, sizeof(reading->key), "%.*s", (int)message->key_len,
        message->key ? (const char *)message->key : "");
    snprintf(reading->value, sizeof(reading->value), "%.*s", (int)message->len,
        message->payload ? (const char *)message->payload : "");
    if (rd_kafka_message_headers(message, &headers))
        return;
    while (reading->header_count < OF_COUNT(reading->headers) &&
           !rd_kafka_header_get_all(headers, reading->header_count, &name, &value, &size)) {
        snprintf(reading->headers[reading->header_count].name, 64, "%s", name);
        snprintf(reading->headers[reading->header_count++].value, 128, "%.*s", (int)size,
            (const char *)value);
    }
}

/* All of a topic's partitions from their beginnings until `wanted` records came. */
OF_UNUSED static struct mock_reading mock_read(
    struct mock_kafka *mock, const char *topic, int partitions, int wanted)
{
    struct mock_reading reading = {.records = 0};
    struct of_error error;
    rd_kafka_conf_t *conf;
    rd_kafka_t *consumer;
    const char *const pairs[] = {"group.id", "reader", NULL};
    assert_int_equal(of_kafka_conf(mock->config, RD_KAFKA_CONSUMER, pairs, &conf, &error), OF_OK);
    assert_int_equal(of_kafka_new(RD_KAFKA_CONSUMER, conf, &consumer, &error), OF_OK);
    OF_CLEANUP(of_cleanup_rd_kafka_partitions)
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
    for (int i = 0; i < partitions; i++)
        rd_kafka_topic_partition_list_add(list, topic, i)->offset = RD_KAFKA_OFFSET_BEGINNING;
    rd_kafka_assign(consumer, list);
    int64_t deadline = of_clock_monotonic() + MOCK_WAIT_MS;
    while (reading.records < wanted && of_clock_monotonic() < deadline) {
        rd_kafka_message_t *message = rd_kafka_consumer_poll(consumer, 100);
        if (message && !message->err)
            mock_note(&reading, message);
        if (message)
            rd_kafka_message_destroy(message);
    }
    rd_kafka_consumer_close(consumer);
    rd_kafka_destroy(consumer);
    return reading;
}

#endif
