/* Headers of a record as Kafka has them: as columns get them, and as outputs do. */
#include "ksqld/server/headers.h"

#include "base/clock.h"
#include "kafka/deadletter.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "mock_kafka.h"

#define WAIT_MS 60000

struct fixture {
    struct mock_kafka mock;
    rd_kafka_t *producer, *consumer;
    rd_kafka_message_t *message; /* the one read last */
    struct ksql_headers headers;
};

static int set_up(void **state)
{
    struct fixture *fixture = of_alloc(sizeof(*fixture));
    struct of_error error;
    rd_kafka_conf_t *conf;
    const char *const pairs[] = {"group.id", "reader", NULL};
    mock_kafka_start(&fixture->mock);
    struct of_config *config = fixture->mock.config;
    /* The mock answers a waiting fetch when its time is over, whatever comes in the meantime. */
    assert_int_equal(of_config_set(config, "fetch.wait.max.ms", "10", &error), OF_OK);
    rd_kafka_mock_topic_create(fixture->mock.cluster, "in", 1, 1);
    assert_int_equal(of_kafka_conf(config, RD_KAFKA_PRODUCER, NULL, &conf, &error), OF_OK);
    assert_int_equal(of_kafka_new(RD_KAFKA_PRODUCER, conf, &fixture->producer, &error), OF_OK);
    assert_int_equal(of_kafka_conf(config, RD_KAFKA_CONSUMER, pairs, &conf, &error), OF_OK);
    assert_int_equal(of_kafka_new(RD_KAFKA_CONSUMER, conf, &fixture->consumer, &error), OF_OK);
    OF_CLEANUP(of_cleanup_rd_kafka_partitions)
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(list, "in", 0)->offset = RD_KAFKA_OFFSET_BEGINNING;
    rd_kafka_assign(fixture->consumer, list);
    *state = fixture;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;
    ksql_headers_release(&fixture->headers);
    if (fixture->message)
        rd_kafka_message_destroy(fixture->message);
    rd_kafka_consumer_close(fixture->consumer);
    rd_kafka_destroy(fixture->consumer);
    rd_kafka_destroy(fixture->producer);
    mock_kafka_stop(&fixture->mock);
    free(fixture);
    return 0;
}

/* Through the broker and back. The headers (NULL: none) are taken. */
static struct ksql_record_in pass(struct fixture *fixture, rd_kafka_headers_t *headers)
{
    rd_kafka_vu_t parts[] = {{.vtype = RD_KAFKA_VTYPE_TOPIC, .u.cstr = "in"},
        {.vtype = RD_KAFKA_VTYPE_PARTITION, .u.i32 = 0},
        {.vtype = RD_KAFKA_VTYPE_VALUE, .u.mem = {(char *)"v", 1}},
        {.vtype = RD_KAFKA_VTYPE_MSGFLAGS, .u.i = RD_KAFKA_MSG_F_COPY},
        {.vtype = RD_KAFKA_VTYPE_HEADERS, .u.headers = headers}};
    assert_null(rd_kafka_produceva(
        fixture->producer, parts, headers ? OF_COUNT(parts) : OF_COUNT(parts) - 1));
    assert_int_equal(rd_kafka_flush(fixture->producer, WAIT_MS), 0);
    if (fixture->message)
        rd_kafka_message_destroy(OF_TAKE(fixture->message));
    int64_t deadline = of_clock_monotonic() + WAIT_MS;
    while (!fixture->message && of_clock_monotonic() < deadline) {
        rd_kafka_message_t *message = rd_kafka_consumer_poll(fixture->consumer, 100);
        if (message && !message->err)
            fixture->message = message;
        else if (message)
            rd_kafka_message_destroy(message);
    }
    assert_non_null(fixture->message);
    struct ksql_record_in record = ksql_record_of(fixture->message);
    ksql_headers_read(&fixture->headers, fixture->message, &record);
    return record;
}

static void assert_header(const rd_kafka_headers_t *list, size_t index, const char *name,
    const char *value, size_t wanted)
{
    const char *found;
    const void *bytes;
    size_t size;
    assert_int_equal(rd_kafka_header_get_all(list, index, &found, &bytes, &size), 0);
    assert_string_equal(found, name);
    assert_int_equal(!bytes, !value);
    assert_int_equal(size, wanted);
    if (value)
        assert_memory_equal(bytes, value, wanted);
}

static void without_any_nothing_goes_on(void **state)
{
    struct fixture *fixture = *state;
    struct ksql_record_in record = pass(fixture, NULL);
    assert_int_equal(record.header_count, 0);
    assert_null(ksql_headers_forward(&fixture->headers));
    assert_null(fixture->headers.items); /* no memory was taken */
}

static void they_go_on_as_they_came(void **state)
{
    struct fixture *fixture = *state;
    rd_kafka_headers_t *sent = rd_kafka_headers_new(4);
    rd_kafka_header_add(sent, "a", -1, "1\0002", 3);
    rd_kafka_header_add(sent, "a", -1, NULL, 0);
    rd_kafka_header_add(sent, "", -1, "", 0);
    rd_kafka_header_add(sent, "orderflow.onlyness", -1, "x", 1);
    struct ksql_record_in record = pass(fixture, sent);
    assert_int_equal(record.header_count, 4);
    rd_kafka_headers_t *list = ksql_headers_forward(&fixture->headers);
    assert_ptr_equal(list, fixture->headers.list); /* no copy */
    assert_int_equal(rd_kafka_header_cnt(list), 4);
    assert_header(list, 0, "a", "1\0002", 3);
    assert_header(list, 1, "a", NULL, 0);
    assert_header(list, 2, "", "", 0);
    assert_header(list, 3, "orderflow.onlyness", "x", 1);
    /* Those of one record are not the next one's. */
    assert_int_equal(pass(fixture, NULL).header_count, 0);
    assert_null(ksql_headers_forward(&fixture->headers));
}

/* Else the readers of the output would take it for another's. */
static void what_marks_a_letter_stays_behind(void **state)
{
    struct fixture *fixture = *state;
    rd_kafka_headers_t *sent = rd_kafka_headers_new(4);
    rd_kafka_header_add(sent, OF_ONLY_HEADER, -1, "CSAS_A_1", -1);
    rd_kafka_header_add(sent, "a", -1, "1", 1);
    rd_kafka_header_add(sent, OF_ATTEMPTS_HEADER, -1, "1", 1);
    rd_kafka_header_add(sent, OF_ATTEMPTS_HEADER, -1, "2", 1);
    struct ksql_record_in record = pass(fixture, sent);
    assert_int_equal(record.header_count, 4); /* columns show all */
    rd_kafka_headers_t *list = ksql_headers_forward(&fixture->headers);
    assert_int_equal(rd_kafka_header_cnt(list), 1);
    assert_header(list, 0, "a", "1", 1);
    assert_ptr_equal(ksql_headers_forward(&fixture->headers), list);
    rd_kafka_headers_t *only = rd_kafka_headers_new(1);
    rd_kafka_header_add(only, OF_ATTEMPTS_HEADER, -1, "1", 1);
    pass(fixture, only);
    assert_int_equal(rd_kafka_header_cnt(ksql_headers_forward(&fixture->headers)), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_any_nothing_goes_on),
        cmocka_unit_test(they_go_on_as_they_came),
        cmocka_unit_test(what_marks_a_letter_stays_behind),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
