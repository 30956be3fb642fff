/* Asking where a partition begins and ends, of a broker that does not know its leader yet. */
#include "kafka/topics.h"

#include "base/clock.h"
#include "support.h"

#include "mock_kafka.h"

#define WAIT_MS 20000
#define PAST_WAIT 100 /* more failures than fit into the wait that is cut short */

struct fixture {
    struct mock_kafka mock;
    rd_kafka_t *client;
};

static int set_up(void **state)
{
    struct fixture *fixture = of_alloc(sizeof(*fixture));
    struct of_error error;
    rd_kafka_conf_t *conf;
    mock_kafka_start(&fixture->mock);
    rd_kafka_mock_topic_create(fixture->mock.cluster, "in", 1, 1);
    assert_int_equal(
        of_kafka_conf(fixture->mock.config, RD_KAFKA_PRODUCER, NULL, &conf, &error), OF_OK);
    assert_int_equal(of_kafka_new(RD_KAFKA_PRODUCER, conf, &fixture->client, &error), OF_OK);
    *state = fixture;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;
    rd_kafka_destroy(fixture->client);
    mock_kafka_stop(&fixture->mock);
    free(fixture);
    return 0;
}

static void fail_next(struct fixture *fixture, rd_kafka_resp_err_t code, size_t times)
{
    rd_kafka_resp_err_t codes[PAST_WAIT];
    assert_true(times <= PAST_WAIT);
    for (size_t i = 0; i < times; i++)
        codes[i] = code;
    rd_kafka_mock_push_request_errors_array(fixture->mock.cluster, MOCK_LIST_OFFSETS, times, codes);
}

static void a_leader_is_waited_for(void **state)
{
    struct fixture *fixture = *state;
    static const rd_kafka_resp_err_t codes[] = {RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION,
        RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE, RD_KAFKA_RESP_ERR_OFFSET_NOT_AVAILABLE,
        RD_KAFKA_RESP_ERR_FENCED_LEADER_EPOCH, RD_KAFKA_RESP_ERR_UNKNOWN_LEADER_EPOCH};
    for (size_t i = 0; i < OF_COUNT(codes); i++) {
        int64_t low = -1, high = -1;
        fail_next(fixture, codes[i], 3);
        rd_kafka_resp_err_t code =
            of_kafka_watermarks(fixture->client, "in", 0, WAIT_MS, &low, &high);
        if (code)
            fail_msg(
                "%s is not waited for: %s", rd_kafka_err2name(codes[i]), rd_kafka_err2str(code));
        assert_int_equal(low, 0);
        assert_int_equal(high, 0);
    }
}

static void but_not_for_good(void **state)
{
    struct fixture *fixture = *state;
    int64_t low, high, began = of_clock_monotonic();
    fail_next(fixture, RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION, PAST_WAIT);
    assert_int_equal(of_kafka_watermarks(fixture->client, "in", 0, 500, &low, &high),
        RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION);
    assert_in_range(of_clock_monotonic() - began, 100, 5000);
}

static void what_is_not_there_is_told_at_once(void **state)
{
    struct fixture *fixture = *state;
    int64_t low, high, began = of_clock_monotonic();
    fail_next(fixture, RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART, PAST_WAIT);
    assert_int_equal(of_kafka_watermarks(fixture->client, "in", 0, WAIT_MS, &low, &high),
        RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART);
    assert_in_range(of_clock_monotonic() - began, 0, WAIT_MS / 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_leader_is_waited_for, set_up, tear_down),
        cmocka_unit_test_setup_teardown(but_not_for_good, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_not_there_is_told_at_once, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
