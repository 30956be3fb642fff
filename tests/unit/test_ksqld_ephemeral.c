/* The limits of a push query: what it remembers, and what waits for the records of other topics. */
#include "ksqld/server/ephemeral.h"

#include "base/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "mock_kafka.h"
#include "state/state.h"
#include "unit/ksql_table.h"

#define WAIT_MS 60000
#define STEP_MS 50
#define RECORDS (2 * KSQL_EPHEMERAL_QUEUE_MAX + KSQL_EPHEMERAL_QUEUE_MAX / 2)

static const char *const statements[] = {
    "CREATE STREAM S (K STRING KEY, V INTEGER) WITH (KAFKA_TOPIC='s', FORMAT='DELIMITED');",
    "CREATE TABLE P (K STRING PRIMARY KEY, N STRING) WITH (KAFKA_TOPIC='p', FORMAT='DELIMITED');",
    NULL,
};

struct world {
    struct mock_kafka mock;
    struct ksql_engine *engine;
    size_t rows;
};

static int set_up(void **state)
{
    struct world *world = of_alloc(sizeof(*world));
    struct of_error error;
    mock_kafka_start(&world->mock);
    struct of_config *config = world->mock.config;
    assert_int_equal(of_config_set(config, "auto.offset.reset", "earliest", &error), OF_OK);
    rd_kafka_mock_topic_create(world->mock.cluster, "s", 1, 1);
    rd_kafka_mock_topic_create(world->mock.cluster, "p", 1, 1);
    world->engine = table_engine(statements);
    *state = world;
    return 0;
}

static int tear_down(void **state)
{
    struct world *world = *state;
    ksql_engine_free(world->engine);
    mock_kafka_stop(&world->mock);
    free(world);
    return 0;
}

/* Keys k0, k1, ... */
static void produce(struct world *world, unsigned count)
{
    struct of_error error;
    rd_kafka_conf_t *conf;
    rd_kafka_t *producer;
    assert_int_equal(
        of_kafka_conf(world->mock.config, RD_KAFKA_PRODUCER, NULL, &conf, &error), OF_OK);
    assert_int_equal(of_kafka_new(RD_KAFKA_PRODUCER, conf, &producer, &error), OF_OK);
    for (unsigned i = 0; i < count; i++) {
        char key[16];
        int length = snprintf(key, sizeof(key), "k%u", i);
        assert_int_equal(rd_kafka_producev(producer, RD_KAFKA_V_TOPIC("s"), RD_KAFKA_V_PARTITION(0),
                             RD_KAFKA_V_KEY(key, (size_t)length), RD_KAFKA_V_VALUE((char *)"1", 1),
                             RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_END),
            0);
    }
    assert_int_equal(rd_kafka_flush(producer, WAIT_MS), 0);
    rd_kafka_destroy(producer);
}

static struct ksql_ephemeral *start(struct world *world, const char *text, size_t state_max)
{
    OF_CLEANUP(of_cleanup_ksql_statement) struct ksql_statement *statement = NULL;
    OF_CLEANUP(ksql_failure_release) struct ksql_failure failure = {.message = NULL};
    const struct ksql_prepare_options options = {.queries = true};
    struct ksql_ephemeral *ephemeral = NULL;
    struct of_error error;
    if (ksql_engine_prepare(world->engine, text, strlen(text), &options, &statement, &failure) < 0)
        fail_msg("%s", failure.message);
    const struct ksql_ephemeral_spec spec = {
        .config = world->mock.config, .statement = statement, .state_max = state_max};
    if (ksql_ephemeral_new(&spec, &ephemeral, &error) < 0)
        fail_msg("%s", error.message);
    return ephemeral;
}

static int count_row(void *context, const struct ksql_record_out *record, struct of_error *error)
{
    (void)record;
    (void)error;
    ((struct world *)context)->rows++;
    return 0;
}

/* Until so many rows came, the time is over or it fails. */
static int step(struct world *world, struct ksql_ephemeral *ephemeral, size_t rows, int64_t ms,
    struct of_error *error)
{
    int64_t deadline = of_clock_monotonic() + ms;
    int result = OF_OK;
    while (!result && world->rows < rows && of_clock_monotonic() < deadline)
        result = ksql_ephemeral_step(ephemeral, STEP_MS, count_row, world, error);
    return result;
}

static void it_remembers_so_much(void **state)
{
    struct world *world = *state;
    struct of_error error;
    produce(world, 100);
    OF_CLEANUP(of_cleanup_ksql_ephemeral)
    struct ksql_ephemeral *ephemeral =
        start(world, "SELECT K, COUNT(*) FROM S GROUP BY K EMIT CHANGES;", 1000);
    assert_int_equal(step(world, ephemeral, 100, WAIT_MS, &error), OF_FATAL);
    assert_in_range(world->rows, 1, 99);
    assert_non_null(strstr(error.message, "1000 bytes"));
}

/* The table's partition has no leader: nobody knows what comes first. What is read until then is
 * not more than the queue holds (else the step fails), and nothing of it gets lost. */
static void so_many_records_wait_for_a_table(void **state)
{
    struct world *world = *state;
    struct of_error error;
    produce(world, RECORDS);
    rd_kafka_mock_partition_set_leader(world->mock.cluster, "p", 0, -1);
    OF_CLEANUP(of_cleanup_ksql_ephemeral)
    struct ksql_ephemeral *ephemeral =
        start(world, "SELECT S.K, V, N FROM S LEFT JOIN P ON S.K = P.K EMIT CHANGES;", 0);
    assert_int_equal(step(world, ephemeral, 1, 500, &error), OF_OK);
    assert_int_equal(world->rows, 0);
    rd_kafka_mock_partition_set_leader(world->mock.cluster, "p", 0, 1);
    if (step(world, ephemeral, RECORDS, WAIT_MS, &error))
        fail_msg("%s", error.message);
    assert_int_equal(world->rows, RECORDS);
    assert_int_equal(step(world, ephemeral, RECORDS + 1, 300, &error), OF_OK);
    assert_int_equal(world->rows, RECORDS); /* none came twice */
}

/* As much as a push query may remember, where nobody says less. */
static void a_state_takes_so_much(void **unused)
{
    (void)unused;
    struct ksql_state *state OF_CLEANUP(of_cleanup_ksql_state) =
        ksql_state_memory(KSQL_EPHEMERAL_STATE_MAX);
    size_t size = (size_t)1 << 20, used = 0;
    char *bytes OF_FREE = of_alloc(size);
    const struct ksql_state_bytes value = {bytes, size};
    struct of_error error;
    for (uint32_t i = 0;; i++, used += size) {
        const struct ksql_state_bytes key = {&i, sizeof(i)};
        if (ksql_state_put(state, &key, &value, &error))
            break;
    }
    assert_in_range(used, KSQL_EPHEMERAL_STATE_MAX - 2 * size, KSQL_EPHEMERAL_STATE_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_state_takes_so_much),
        cmocka_unit_test_setup_teardown(it_remembers_so_much, set_up, tear_down),
        cmocka_unit_test_setup_teardown(so_many_records_wait_for_a_table, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
