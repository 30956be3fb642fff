/* Runs on a state that outlives them: they go on as if nothing had been in between, keep apart what
 * ksqlDB's tasks keep apart, and forget windows that are over. */
#include "unit/ksql_table.h"

#include "ksqld/exec/expiry.h"
#include "state/store.h"

#include <unistd.h>

#define SOURCE                                                                                     \
    "CREATE STREAM S (K STRING KEY, V BIGINT) WITH (KAFKA_TOPIC='s', FORMAT='DELIMITED');"
#define WINDOWED(what, by)                                                                         \
    "CREATE TABLE T AS SELECT " by ", COUNT(*) AS N FROM S WINDOW " what " GROUP BY " by ";"

static const struct ksql_read all = {
    .start = {INT64_MIN, INT64_MAX}, .end = {INT64_MIN, INT64_MAX}};

static struct ksql_run *make_run(
    struct ksql_engine *engine, struct ksql_state *state, int partitions)
{
    const struct ksql_run_callbacks callbacks = {.state = state, .partitions = partitions};
    struct ksql_run *run = NULL;
    struct of_error error;
    assert_int_equal(
        ksql_run_new(ksql_engine_query(engine, 0), &callbacks, -1, -1, &run, &error), 0);
    return run;
}

/* ---- on disk ---- */

struct home {
    char folder[64];
    struct ksql_engine *engine;
    struct ksql_store *store;
    struct ksql_run *run;
    int64_t offset;
};

static void settle(struct home *home, int64_t offset)
{
    struct of_error error;
    const struct ksql_store_position position = {.topic = "s",
        .offset = offset,
        .id = offset < 0 ? NULL : ksql_store_id(home->store),
        .id_size = offset < 0 ? 0 : KSQL_STORE_ID_SIZE};
    if (ksql_store_settle(home->store, &position, 1, &error) || ksql_run_load(home->run, &error))
        fail_msg("%s", error.message);
}

static void begin(struct home *home)
{
    struct of_error error;
    const struct ksql_store_options options = {
        .folder = home->folder, .maker = "m", .disk_max = KSQL_STORE_DISK_MAX};
    if (ksql_store_open(&options, &home->store, &error))
        fail_msg("%s", error.message);
    home->run = make_run(home->engine, ksql_store_state(home->store), 1);
}

static void end(struct home *home)
{
    ksql_run_free(home->run);
    ksql_store_close(home->store);
}

static void start(struct home *home, const char *const *statements)
{
    snprintf(home->folder, sizeof(home->folder), "/tmp/ksqld-runs-XXXXXX");
    assert_non_null(mkdtemp(home->folder));
    home->engine = table_engine(statements);
    begin(home);
    settle(home, -1);
}

static void finish(struct home *home)
{
    struct of_error error;
    end(home);
    ksql_engine_free(home->engine);
    assert_int_equal(ksql_store_remove(home->folder, &error), 0);
}

static void prepare(struct home *home)
{
    struct of_error error;
    const struct ksql_store_position position = {.topic = "s", .offset = ++home->offset};
    assert_int_equal(ksql_run_save(home->run, &error), 0);
    assert_int_equal(ksql_store_prepare(home->store, &position, 1, &error), 0);
}

static void commit(struct home *home)
{
    struct of_error error;
    prepare(home);
    assert_int_equal(ksql_store_commit(home->store, &error), 0);
}

/* Of a transaction that is cut off, nothing or all remains, as is committed; what comes next is the
 * same as without. LATEST_BY_OFFSET and the list need the order of all records. */
static void test_crashes(void **unused)
{
    (void)unused;
    static const char *const statements[] = {
        "CREATE STREAM S (K STRING KEY, V BIGINT) WITH (KAFKA_TOPIC='s', KEY_FORMAT='KAFKA', "
        "VALUE_FORMAT='JSON', WRAP_SINGLE_VALUE=false);",
        "CREATE TABLE T AS SELECT K, SUM(V) AS N, LATEST_BY_OFFSET(V) AS L, "
        "COLLECT_LIST(V) AS A FROM S GROUP BY K;",
        NULL};
    struct home home = {.offset = 0};
    struct emitted out = {""};
    start(&home, statements);
    feed(home.run, "a", "1", 1, &out);
    feed(home.run, "b", "2", 2, &out);
    commit(&home);
    feed(home.run, "a", "3", 3, &out);
    prepare(&home);
    end(&home);
    begin(&home);
    settle(&home, 2); /* it was committed */
    feed(home.run, "a", "4", 4, &out);
    prepare(&home);
    end(&home);
    begin(&home);
    settle(&home, 2); /* it was not: the record comes again */
    assert_rows(home.run, &all, "a 4@3;b 2@2;");
    home.offset = 2;
    out.text[0] = '\0';
    feed(home.run, "a", "4", 4, &out);
    assert_rows(home.run, &all, "a 4@3;b 2@2;"); /* not yet */
    commit(&home);
    assert_rows(home.run, &all, "a 8@4;b 2@2;");
    assert_string_equal(out.text, "a={\"N\":8,\"L\":4,\"A\":[1,3,4]};");
    finish(&home);
}

/* An abort: what the run remembers is as it was, too. */
static void test_abort(void **unused)
{
    (void)unused;
    static const char *const statements[] = {
        SOURCE, WINDOWED("TUMBLING (SIZE 10 MILLISECONDS, GRACE PERIOD 0 SECONDS)", "K"), NULL};
    struct home home = {.offset = 0};
    struct emitted out = {""};
    start(&home, statements);
    feed(home.run, "a", "1", 5, &out);
    commit(&home);
    feed(home.run, "a", "1", 500, &out); /* closes the window, but for good */
    ksql_store_abort(home.store);
    settle(&home, 1);
    feed(home.run, "a", "1", 6, &out);
    commit(&home);
    assert_rows(home.run, &all, "a[0,10] 2@6;");
    finish(&home);
}

/* ---- records that fail ---- */

/* A row leaves one group, and does not fit into the other. */
static void test_half_a_record(void **unused)
{
    (void)unused;
    static const char *const statements[] = {
        "CREATE TABLE S (K STRING PRIMARY KEY, G STRING, D DECIMAL(38, 0)) WITH (KAFKA_TOPIC='s', "
        "FORMAT='DELIMITED');",
        "CREATE TABLE T AS SELECT G, COUNT(*) AS N, SUM(D) AS T FROM S GROUP BY G;", NULL};
    struct ksql_engine *engine OF_CLEANUP(of_cleanup_ksql_engine) = table_engine(statements);
    struct ksql_run *run OF_CLEANUP(of_cleanup_ksql_run) = make_run(engine, NULL, 1);
    assert_int_equal(feed(run, "1", "a,90000000000000000000000000000000000000", 1, NULL), 0);
    assert_int_equal(feed(run, "2", "b,90000000000000000000000000000000000000", 2, NULL), 0);
    assert_int_equal(feed(run, "1", "b,90000000000000000000000000000000000000", 3, NULL), OF_INPUT);
    assert_rows(run, &all, "a 1@1;b 1@2;");
    assert_int_equal(feed(run, "1", "b,1", 4, NULL), 0);
    assert_rows(run, &all, "a 0@4;b 2@4;");
}

/* What one input of a record did goes with what the other one could not do. */
static void test_again(void **unused)
{
    (void)unused;
    static const char *const statements[] = {SOURCE,
        "CREATE TABLE T AS SELECT K, COUNT(*) AS N "
        "FROM S GROUP BY K;",
        NULL};
    struct ksql_engine *engine OF_CLEANUP(of_cleanup_ksql_engine) = table_engine(statements);
    struct ksql_run *run OF_CLEANUP(of_cleanup_ksql_run) = make_run(engine, NULL, 1);
    struct of_error error;
    struct ksql_record_in in = {.key = "a", .key_size = 1, .value = "1", .value_size = 1};
    assert_int_equal(ksql_run_process(run, &in, emit_text, NULL, &error), 0);
    assert_int_equal(ksql_run_process(run, &in, emit_text, NULL, &error), 0);
    in.again = true;
    in.value = "x";
    assert_int_equal(ksql_run_process(run, &in, emit_text, NULL, &error), OF_INPUT);
    assert_rows(run, &all, "a 1@0;");
}

/* ---- lanes ---- */

static void test_lanes_by_key(void **unused)
{
    (void)unused;
    static const char *const statements[] = {
        SOURCE, WINDOWED("TUMBLING (SIZE 10 MILLISECONDS, GRACE PERIOD 0 SECONDS)", "K"), NULL};
    struct ksql_engine *engine OF_CLEANUP(of_cleanup_ksql_engine) = table_engine(statements);
    struct ksql_run *run OF_CLEANUP(of_cleanup_ksql_run) = make_run(engine, NULL, 4);
    feed_partition(run, 0, "a", "1", 1000, NULL);
    feed_partition(run, 0, "b", "1", 1, NULL); /* late */
    feed_partition(run, 1, "c", "1", 1, NULL);
    assert_rows(run, &all, "a[1000,1010] 1@1000;c[0,10] 1@1;");
    struct of_error error;
    struct ksql_record_in in = {
        .partition = KSQL_LANES_MAX, .key = "a", .key_size = 1, .value = "1", .value_size = 1};
    assert_int_equal(ksql_run_process(run, &in, emit_text, NULL, &error), OF_INPUT);
    in.partition--;
    assert_int_equal(ksql_run_process(run, &in, emit_text, NULL, &error), 0);
}

/* By the partition that the new key would have. */
static void test_lanes_by_new_key(void **unused)
{
    (void)unused;
    /* Kafka's UtilsTest: these are its hashes. */
    static const struct {
        const char *key;
        int32_t hash;
    } known[] = {{"21", -973932308}, {"foobar", -790332482},
        {"a-little-bit-long-string", -985981536}, {"a-little-bit-longer-string", -1486304829},
        {"lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58897971}, {"abc", 479470107}};
    struct ksql_lanes lanes = {.partitions = 7};
    for (size_t i = 0; i < OF_COUNT(known); i++)
        assert_int_equal(ksql_lane_of_key(&lanes, known[i].key, strlen(known[i].key)),
            (known[i].hash & 0x7fffffff) % 7);
    static const char *const statements[] = {SOURCE,
        WINDOWED("TUMBLING (SIZE 10 MILLISECONDS, GRACE PERIOD 0 SECONDS)", "UCASE(K)"), NULL};
    struct ksql_engine *engine OF_CLEANUP(of_cleanup_ksql_engine) = table_engine(statements);
    struct ksql_run *run OF_CLEANUP(of_cleanup_ksql_run) = make_run(engine, NULL, 4);
    lanes.partitions = 4;
    const char *first = "A", *same = NULL, *other = NULL;
    static const char *const letters[] = {"B", "C", "D", "E", "F", "G", "H", "I"};
    for (size_t i = 0; i < OF_COUNT(letters); i++) {
        bool together =
            ksql_lane_of_key(&lanes, letters[i], 1) == ksql_lane_of_key(&lanes, first, 1);
        if (together && !same)
            same = letters[i];
        if (!together && !other)
            other = letters[i];
    }
    assert_non_null(same);
    assert_non_null(other);
    struct emitted out = {""};
    feed_partition(run, 0, "a", "1", 1000, NULL);
    feed_partition(run, 1, same, "1", 1, &out);
    assert_string_equal(out.text, "");
    feed_partition(run, 0, other, "1", 1, &out);
    assert_true(strlen(out.text) > 0);
}

/* ---- windows that are over ---- */

static void assert_bounded(const char *windows)
{
    const char *const statements[] = {SOURCE, windows, NULL};
    struct ksql_engine *engine OF_CLEANUP(of_cleanup_ksql_engine) = table_engine(statements);
    struct ksql_state *state = ksql_state_memory(KSQL_STATE_MEMORY_MAX);
    struct ksql_run *run OF_CLEANUP(of_cleanup_ksql_run) = make_run(engine, state, 1);
    size_t most = 0;
    for (int i = 0; i < 40 * KSQL_EXPIRY_RECORDS; i++) {
        char key[16];
        snprintf(key, sizeof(key), "%d", i); /* each comes once */
        feed(run, key, "1", i, NULL);
        if (i == 10 * KSQL_EXPIRY_RECORDS)
            most = ksql_state_memory_used(state);
    }
    assert_true(ksql_state_memory_used(state) < 2 * most);
    struct emitted rows = {""};
    struct of_error error;
    struct ksql_read read = all;
    const struct ksql_value old = {.text = {"7", 1}};
    read.keys = &old;
    assert_int_equal(ksql_run_read(run, &read, show_row, &rows, &error), 0);
    assert_string_equal(rows.text, "");
}

static void test_expiry(void **unused)
{
    (void)unused;
    assert_bounded(WINDOWED("TUMBLING (SIZE 1 SECOND, GRACE PERIOD 1 SECOND)", "K"));
    assert_bounded(
        WINDOWED("HOPPING (SIZE 1 SECOND, ADVANCE BY 500 MILLISECONDS, RETENTION 3 SECONDS, "
                 "GRACE PERIOD 1 SECOND)",
            "K"));
    assert_bounded(WINDOWED("SESSION (1 SECOND, GRACE PERIOD 1 SECOND)", "K"));
}

/* Without windows there is nothing to look for, and nothing to lose. */
static void test_no_expiry(void **unused)
{
    (void)unused;
    static const char *const statements[] = {
        SOURCE, "CREATE TABLE T AS SELECT K, COUNT(*) AS N FROM S GROUP BY K;", NULL};
    struct ksql_engine *engine OF_CLEANUP(of_cleanup_ksql_engine) = table_engine(statements);
    struct ksql_run *run OF_CLEANUP(of_cleanup_ksql_run) = make_run(engine, NULL, 1);
    for (int i = 0; i < 3 * KSQL_EXPIRY_RECORDS; i++)
        assert_int_equal(feed(run, "a", "1", i, NULL), 0);
    assert_rows(run, &all, "a 3072@3071;");
}

/* A window stays as long as it says, to the millisecond, and can be read that long. */
static void test_retention(void **unused)
{
    (void)unused;
    static const char *const statements[] = {SOURCE,
        WINDOWED(
            "TUMBLING (SIZE 10 MILLISECONDS, RETENTION 1 SECOND, GRACE PERIOD 0 SECONDS)", "K"),
        NULL};
    struct home home = {.offset = 0};
    start(&home, statements);
    feed(home.run, "a", "1", 5, NULL);
    feed(home.run, "a", "1", 999, NULL);
    commit(&home);
    assert_rows(home.run, &all, "a[0,10] 1@5;a[990,1000] 1@999;");
    feed(home.run, "b", "1", 1000, NULL);
    commit(&home);
    assert_rows(home.run, &all, "a[990,1000] 1@999;b[1000,1010] 1@1000;");
    finish(&home);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_crashes),
        cmocka_unit_test(test_abort),
        cmocka_unit_test(test_half_a_record),
        cmocka_unit_test(test_again),
        cmocka_unit_test(test_lanes_by_key),
        cmocka_unit_test(test_lanes_by_new_key),
        cmocka_unit_test(test_expiry),
        cmocka_unit_test(test_no_expiry),
        cmocka_unit_test(test_retention),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
