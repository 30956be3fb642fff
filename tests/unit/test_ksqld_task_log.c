/* The entries of the processing log in transactions that fail: for another reason they come again
 * with their records, and nothing is left out; for their own topic they are left out for a while.
 * The flow is a real stage on a mock cluster, whose requests fail as they are told to. */
#include "unit/support.h"

#include "unit/mock_stage.h"

#include "base/clock.h"
#include "ksqld/server/task_log.h"

#include <stdlib.h>

static void close_log(struct ksql_task_log *log)
{
    ksql_processing_log_release(&log->entries);
}

static void tell(struct ksql_task_log *log)
{
    static const struct ksql_record_in in = {.offset = 7};
    const struct ksql_trouble trouble = {
        .type = KSQL_TROUBLE_PRODUCTION, .step = "O", .message = "m", .cause = "c"};
    log->entries.topic = "in";
    log->entries.record = &in;
    ksql_task_log_tell(log, &trouble);
    assert_int_equal(log->entries.count, 1);
}

static bool is_muted(const struct ksql_task_log *log)
{
    return log->muted_until > of_clock_monotonic();
}

static void only_its_own_fault_mutes_it(void **state)
{
    (void)state;
    struct ksql_task_log log OF_CLEANUP(close_log) = {.topic = "log", .there = true};
    struct of_error error;
    ksql_processing_log_init(&log.entries, "Q", false);
    ksql_task_log_end(&log, false, true); /* nothing of the log was in it */
    assert_false(is_muted(&log));
    assert_false(log.there);
    log.bytes = 1;
    ksql_task_log_end(&log, true, false);
    assert_false(is_muted(&log));
    log.bytes = 1;
    ksql_task_log_end(&log, false, false); /* something else failed */
    assert_false(is_muted(&log));
    log.bytes = 1;
    int64_t before = of_clock_monotonic();
    ksql_task_log_end(&log, false, true);
    assert_true(log.muted_until >= before + KSQL_LOG_MUTE_MS);
    for (size_t i = 0; i < 2; i++) { /* neither a stage nor a cluster is there to be used */
        tell(&log);
        assert_int_equal(ksql_task_log_send(&log, NULL, &error), OF_OK);
        assert_int_equal(log.entries.count, 0);
        assert_int_equal(log.bytes, 0);
    }
    int64_t until = log.muted_until;
    ksql_task_log_end(&log, false, true); /* what was not sent is not at fault */
    assert_int_equal(log.muted_until, until);
}

/* ---- the flow ---- */

struct flow {
    struct mock_kafka mock;
    struct ksql_cluster *cluster;
    struct ksql_task_log log;
    struct mock_stage running;
    bool silent; /* entries are all that is sent */
    size_t aborted_with, aborted_without, committed_with, committed_without; /* entries */
};

static int set_up(void **state)
{
    static const char *const topics[] = {"in", "out", "dead", "log"};
    struct of_error error;
    struct flow *flow = of_alloc(sizeof(*flow));
    mock_kafka_start(&flow->mock);
    for (size_t i = 0; i < OF_COUNT(topics); i++)
        rd_kafka_mock_topic_create(flow->mock.cluster, topics[i], i ? 1 : MOCK_PARTITIONS, 1);
    assert_int_equal(ksql_cluster_new(flow->mock.config, NULL, &flow->cluster, &error), OF_OK);
    flow->log = (struct ksql_task_log){.topic = "log", .cluster = flow->cluster};
    ksql_processing_log_init(&flow->log.entries, "Q", false);
    *state = flow;
    return 0;
}

static int tear_down(void **state)
{
    struct flow *flow = *state;
    ksql_processing_log_release(&flow->log.entries);
    ksql_cluster_free(flow->cluster);
    mock_kafka_stop(&flow->mock);
    free(flow);
    return 0;
}

static int transform(
    void *context, struct of_stage *stage, const struct of_record *record, struct of_error *error)
{
    struct flow *flow = context;
    const struct of_message out = {.topic = "out",
        .partition = RD_KAFKA_PARTITION_UA,
        .value = record->value,
        .value_size = record->value_size};
    tell(&flow->log);
    int result = ksql_task_log_send(&flow->log, stage, error);
    return result < 0 || flow->silent ? result : of_stage_emit(stage, &out, error);
}

static int on_commit(
    void *context, const rd_kafka_topic_partition_list_t *offsets, struct of_error *error)
{
    struct flow *flow = context;
    (void)error;
    if (offsets->cnt > 0)
        (*(flow->log.bytes ? &flow->committed_with : &flow->committed_without))++;
    ksql_task_log_end(&flow->log, true, false);
    return OF_OK;
}

static void on_abort(void *context)
{
    struct flow *flow = context;
    bool refused = of_stage_refused(flow->running.stage, "log");
    (*(flow->log.bytes ? &flow->aborted_with : &flow->aborted_without))++;
    ksql_task_log_end(&flow->log, false, refused);
}

/* One record, until it is through; the first such request fails. */
static void run(struct flow *flow, enum mock_request request, rd_kafka_resp_err_t code)
{
    const struct of_stage_spec spec = {.transform = transform,
        .hooks = {.committed = on_commit, .aborted = on_abort},
        .instance = "1",
        .context = flow};
    mock_feed(&flow->mock, "value", 1);
    if (code)
        rd_kafka_mock_push_request_errors(flow->mock.cluster, (int16_t)request, 1, code);
    mock_stage_start(&flow->running, &flow->mock, &spec);
    mock_stage_await(&flow->running, "orderflow_transactions_committed_total", 1);
    mock_stage_stop(&flow->running);
    assert_int_equal(flow->running.result, OF_OK);
    mock_stage_free(&flow->running);
}

/* The transaction that goes through has the entries, and is the only one that does. */
static void entries_come_again_with_their_records(void **state)
{
    struct flow *flow = *state;
    run(flow, MOCK_TXN_OFFSET_COMMIT, RD_KAFKA_RESP_ERR_ILLEGAL_GENERATION);
    assert_int_equal(flow->aborted_with, 1);
    assert_int_equal(flow->committed_with, 1);
    assert_int_equal(flow->committed_without, 0);
    assert_false(is_muted(&flow->log));
}

/* What Kafka does not take for the log stops nobody. */
static void a_log_that_is_refused_is_left_out(void **state)
{
    struct flow *flow = *state;
    flow->log.there = true;
    rd_kafka_mock_topic_set_error(
        flow->mock.cluster, "log", RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED);
    run(flow, MOCK_PRODUCE, RD_KAFKA_RESP_ERR_NO_ERROR);
    assert_int_equal(flow->aborted_with, 1);
    assert_int_equal(flow->committed_with, 0);
    assert_int_equal(flow->committed_without, 1);
    assert_true(is_muted(&flow->log));
}

/* So is one whose records it refuses. */
static void entries_that_are_refused_are_left_out(void **state)
{
    struct flow *flow = *state;
    flow->silent = true;
    run(flow, MOCK_PRODUCE, RD_KAFKA_RESP_ERR_INVALID_RECORD);
    assert_int_equal(flow->aborted_with, 1);
    assert_int_equal(flow->committed_with, 0);
    assert_int_equal(flow->committed_without, 1);
    assert_true(is_muted(&flow->log));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_its_own_fault_mutes_it),
        cmocka_unit_test_setup_teardown(entries_come_again_with_their_records, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_log_that_is_refused_is_left_out, set_up, tear_down),
        cmocka_unit_test_setup_teardown(entries_that_are_refused_are_left_out, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
