/* What the owner of a stage sees: hooks in their order, commits that fail half-way, dead letters to
 * the last header. test_kafka_stage.c has the loop, test_kafka_group.c several instances. */
#include "support.h"

#include "mock_stage.h"

#include <stdatomic.h>

struct fixture {
    struct mock_kafka mock;
    struct of_buffer story; /* what the hooks were called for, one letter each */
    int records;            /* that the transform saw */
    atomic_int between;     /* calls */
    int64_t committed;      /* sum of the offsets that the hook got */
    bool fail_fatally;
};

static void tell(struct fixture *fixture, const char *letter)
{
    of_buffer_append_text(&fixture->story, letter);
}

static void on_between(void *context)
{
    struct fixture *fixture = context;
    atomic_fetch_add(&fixture->between, 1);
}

static int on_assigned(
    void *context, const rd_kafka_topic_partition_list_t *partitions, struct of_error *error)
{
    (void)error;
    if (partitions->cnt > 0)
        tell(context, "+");
    return OF_OK;
}

static void on_revoked(void *context, const rd_kafka_topic_partition_list_t *partitions)
{
    (void)partitions;
    tell(context, "-");
}

static int before_commit(void *context, struct of_stage *stage, struct of_error *error)
{
    const struct of_message message = {
        .topic = "out", .partition = RD_KAFKA_PARTITION_UA, .value = "state", .value_size = 5};
    tell(context, "b");
    return of_stage_emit(stage, &message, error);
}

static int on_committed(
    void *context, const rd_kafka_topic_partition_list_t *offsets, struct of_error *error)
{
    struct fixture *fixture = context;
    (void)error;
    tell(fixture, "c");
    fixture->committed = 0;
    for (int i = 0; i < offsets->cnt; i++)
        fixture->committed += offsets->elems[i].offset;
    return OF_OK;
}

static void on_aborted(void *context)
{
    tell(context, "a");
}

static int transform(
    void *context, struct of_stage *stage, const struct of_record *record, struct of_error *error)
{
    struct fixture *fixture = context;
    __atomic_add_fetch(&fixture->records, 1, __ATOMIC_SEQ_CST);
    if (fixture->fail_fatally)
        return of_fail(error, OF_FATAL, "no way on");
    if (!record->value || (record->value_size >= 3 && memcmp(record->value, "bad", 3) == 0)) {
        of_fail(error, OF_INPUT, "it is bad");
        return of_error_kind(error, "decode");
    }
    const struct of_message message = {.topic = "out",
        .partition = RD_KAFKA_PARTITION_UA,
        .value = record->value,
        .value_size = record->value_size};
    return of_stage_emit(stage, &message, error);
}

static struct of_stage_spec spec_of(struct fixture *fixture, const char *instance)
{
    return (struct of_stage_spec){.instance = instance, .transform = transform, .context = fixture};
}

static struct of_stage_spec spec_with_hooks(struct fixture *fixture)
{
    struct of_stage_spec spec = spec_of(fixture, "a");
    spec.hooks = (struct of_stage_hooks){.assigned = on_assigned,
        .revoked = on_revoked,
        .before_commit = before_commit,
        .committed = on_committed,
        .aborted = on_aborted};
    return spec;
}

static int set_up(void **state)
{
    struct fixture *fixture = of_alloc(sizeof(*fixture));
    mock_kafka_start(&fixture->mock);
    rd_kafka_mock_topic_create(fixture->mock.cluster, "in", MOCK_PARTITIONS, 1);
    rd_kafka_mock_topic_create(fixture->mock.cluster, "out", 1, 1);
    rd_kafka_mock_topic_create(fixture->mock.cluster, "dead", 1, 1);
    of_buffer_init(&fixture->story, 4096);
    *state = fixture;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;
    mock_kafka_stop(&fixture->mock);
    of_buffer_release(&fixture->story);
    free(fixture);
    return 0;
}

/* Key, value, the record's own headers first, then ours. */
static void assert_dead_letters(struct fixture *fixture)
{
    mock_feed(&fixture->mock, "bad one", 1);
    struct mock_reading dead = mock_read(&fixture->mock, "dead", 1, 1);
    assert_int_equal(dead.records, 1);
    assert_string_equal(dead.key, "key");
    assert_string_equal(dead.value, "bad one");
    assert_string_equal(dead.headers[0].name, "trace");
    assert_string_equal(dead.headers[0].value, "t1");
    assert_string_equal(mock_header(&dead, "__streams.errors.exception"), "input");
    assert_string_equal(mock_header(&dead, "__streams.errors.message"), "it is bad");
    assert_string_equal(mock_header(&dead, "__streams.errors.topic"), "in");
    assert_string_equal(mock_header(&dead, "__streams.errors.partition"), "0");
    assert_string_equal(mock_header(&dead, "__streams.errors.offset"), "3");
    assert_string_equal(mock_header(&dead, "orderflow.stage"), "test");
    assert_string_equal(mock_header(&dead, "orderflow.instance"), "a");
    assert_string_equal(mock_header(&dead, "orderflow.error.class"), "decode");
    const char *time = mock_header(&dead, "orderflow.timestamp");
    assert_int_equal(strspn(time, "0123456789-T:.Z"), strlen(time));
    mock_feed(&fixture->mock, NULL, 1); /* a tombstone stays one */
    dead = mock_read(&fixture->mock, "dead", 1, 2);
    assert_int_equal(dead.records, 2);
    assert_true(dead.null_value);
}

static void set(struct fixture *fixture, const char *name, const char *value)
{
    struct of_error error;
    if (of_config_set(fixture->mock.config, name, value, &error) < 0)
        fail_msg("%s", error.message);
}

/* With settings of the user's that a stage must not heed. */
static void test_hooks(void **state)
{
    struct fixture *fixture = *state;
    struct mock_stage stage;
    struct of_stage_spec spec = spec_with_hooks(fixture);
    set(fixture, "enable.auto.commit", "true");
    set(fixture, "isolation.level", "read_uncommitted");
    set(fixture, "group.id", "other");
    mock_feed(&fixture->mock, "good", 6);
    mock_stage_start(&stage, &fixture->mock, &spec);
    mock_stage_await(&stage, "orderflow_records_consumed_total", 6);
    /* What before_commit emits goes into the same transaction. */
    struct mock_reading out = mock_read(&fixture->mock, "out", 1, 7);
    assert_true(out.records >= 7);
    assert_dead_letters(fixture);
    mock_stage_stop(&stage);
    assert_int_equal(stage.result, OF_OK);
    assert_int_equal(mock_stage_count(&stage, "orderflow_dead_letters_total"), 2);
    const char *story = of_buffer_text(&fixture->story);
    assert_int_equal(story[0], '+');
    assert_non_null(strstr(story, "bc"));
    assert_null(strstr(story, "bb"));
    assert_null(strchr(story, 'a'));
    assert_int_equal(story[strlen(story) - 1], '-');
    assert_int_equal(fixture->records, 8);
    mock_stage_free(&stage);
}

/* Who is asked something meanwhile, by a signal, hears it though no record comes. */
static void test_between_without_records(void **state)
{
    struct fixture *fixture = *state;
    struct mock_stage stage;
    struct of_stage_spec spec = spec_of(fixture, "a");
    spec.hooks.between = on_between;
    mock_stage_start(&stage, &fixture->mock, &spec);
    int64_t deadline = of_clock_monotonic() + MOCK_WAIT_MS / 4;
    while (atomic_load(&fixture->between) < 3 && of_clock_monotonic() < deadline)
        of_sleep(10);
    assert_true(atomic_load(&fixture->between) >= 3);
    assert_int_equal(fixture->records, 0);
    mock_stage_stop(&stage);
    mock_stage_free(&stage);
}

/* The group rebalanced between the outputs and the offsets: everything is given up and read again
 * from what is committed. */
static void test_offsets_refused(void **state)
{
    struct fixture *fixture = *state;
    struct mock_stage stage;
    struct of_stage_spec spec = spec_with_hooks(fixture);
    rd_kafka_mock_push_request_errors(
        fixture->mock.cluster, MOCK_TXN_OFFSET_COMMIT, 1, RD_KAFKA_RESP_ERR_ILLEGAL_GENERATION);
    mock_feed(&fixture->mock, "good", 4);
    mock_stage_start(&stage, &fixture->mock, &spec);
    mock_stage_await(&stage, "orderflow_transactions_aborted_total", 1);
    mock_stage_await(&stage, "orderflow_transactions_committed_total", 1);
    mock_stage_stop(&stage);
    assert_int_equal(stage.result, OF_OK);
    assert_true(fixture->records >= 5); /* some of them twice */
    const char *story = of_buffer_text(&fixture->story), *aborted = strchr(story, 'a');
    assert_non_null(aborted);
    assert_non_null(strchr(aborted, 'c'));
    assert_int_equal(mock_stage_count(&stage, "orderflow_producer_rebuilds_total"), 0);
    mock_stage_free(&stage);
}

static void test_fatal_transform(void **state)
{
    struct fixture *fixture = *state;
    struct mock_stage stage;
    struct of_stage_spec spec = spec_with_hooks(fixture);
    fixture->fail_fatally = true;
    mock_feed(&fixture->mock, "good", 1);
    mock_stage_start(&stage, &fixture->mock, &spec);
    mock_stage_join(&stage);
    assert_int_equal(stage.result, OF_FATAL);
    assert_string_equal(stage.error.message, "in[0]@0: no way on");
    assert_int_equal(mock_stage_count(&stage, "orderflow_transactions_committed_total"), 0);
    mock_stage_free(&stage);
}

static void test_refused_strategy(void **state)
{
    struct fixture *fixture = *state;
    static const char *const inputs[] = {"in", NULL};
    struct of_stage_spec spec = spec_of(fixture, "a");
    struct of_metrics *metrics = of_metrics_new();
    struct of_stage *none = NULL;
    struct of_error error;
    set(fixture, "partition.assignment.strategy", "cooperative-sticky");
    spec.name = "test";
    spec.inputs = inputs;
    spec.dead_letter_topic = "dead";
    spec.metrics = metrics;
    assert_int_equal(of_stage_new(fixture->mock.config, &spec, &none, &error), OF_INPUT);
    assert_contains(error.message, "partition.assignment.strategy");
    assert_null(none);
    of_metrics_free(metrics);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_hooks, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_between_without_records, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_offsets_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_fatal_transform, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_refused_strategy, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
