/* The tables that queries keep, as others read them. */
#include "unit/ksql_table.h"

#include "ksqld/server/tables.h"

#include <pthread.h>

static const char *const counts[] = {
    "CREATE STREAM S (K STRING KEY, V BIGINT) WITH (KAFKA_TOPIC='s', FORMAT='DELIMITED');",
    "CREATE TABLE T AS SELECT K, SUM(V) AS N FROM S GROUP BY K HAVING SUM(V) < 100;", NULL};
static const char *const windows[] = {
    "CREATE STREAM S (K STRING KEY, V BIGINT) WITH (KAFKA_TOPIC='s', FORMAT='DELIMITED');",
    "CREATE TABLE T AS SELECT K, SUM(V) AS N FROM S WINDOW TUMBLING (SIZE 10 MILLISECONDS) "
    "GROUP BY K;",
    NULL};

static const struct ksql_read all = {
    .start = {INT64_MIN, INT64_MAX}, .end = {INT64_MIN, INT64_MAX}};

/* "V K W@5;" */
static int show_last(void *context, const struct ksql_read_row *row, struct of_error *error)
{
    (void)error;
    char text[256];
    const struct ksql_value *values = row->values;
    snprintf(text, sizeof(text), "%" PRId64 " %.*s %" PRId64 "@%" PRId64 ";", values[0].number,
        (int)values[1].text.length, values[1].text.data, values[2].number, row->timestamp);
    add_text(context, text, strlen(text));
    return 0;
}

static struct ksql_run *make_run(struct ksql_engine *engine)
{
    static const struct ksql_run_callbacks callbacks = {0};
    struct ksql_run *run = NULL;
    struct of_error error;
    assert_int_equal(
        ksql_run_new(ksql_engine_query(engine, 0), &callbacks, -1, -1, &run, &error), 0);
    return run;
}

static void test_rows(void **unused)
{
    (void)unused;
    struct ksql_engine *engine OF_CLEANUP(of_cleanup_ksql_engine) = table_engine(counts);
    struct ksql_run *run OF_CLEANUP(of_cleanup_ksql_run) = make_run(engine);
    assert_true(ksql_run_is_readable(run));
    assert_rows(run, &all, "");
    feed(run, "b", "1", 1, NULL);
    feed(run, "a", "2", 2, NULL);
    feed(run, "ab", "4", 3, NULL);
    feed(run, "a", "5", 4, NULL);
    assert_rows(run, &all, "a 7@4;b 1@1;ab 4@3;");
    struct ksql_read read = all;
    const struct ksql_value a = {.text = {"a", 1}}, none = {.text = {"", 0}};
    read.keys = &a;
    assert_rows(run, &read, "a 7@4;");
    read.keys = &none;
    assert_rows(run, &read, "");
    /* HAVING takes it out, and lets it in again. */
    feed(run, "a", "100", 5, NULL);
    assert_rows(run, &all, "b 1@1;ab 4@3;");
    feed(run, "a", "-100", 6, NULL);
    assert_rows(run, &all, "a 7@6;b 1@1;ab 4@3;");
}

static void test_windows(void **unused)
{
    (void)unused;
    struct ksql_engine *engine OF_CLEANUP(of_cleanup_ksql_engine) = table_engine(windows);
    struct ksql_run *run OF_CLEANUP(of_cleanup_ksql_run) = make_run(engine);
    static const char *const times[] = {"1", "11", "21", "31"};
    for (size_t i = 0; i < OF_COUNT(times); i++) {
        int64_t time = strtol(times[i], NULL, 10);
        feed(run, "a", times[i], time, NULL);
        feed(run, "b", "1", time, NULL);
    }
    const struct ksql_value a = {.text = {"a", 1}};
    struct ksql_read read = {.keys = &a, .start = KSQL_READ_ANY, .end = KSQL_READ_ANY};
    assert_rows(run, &read, "a[0,10] 1@1;a[10,20] 11@11;a[20,30] 21@21;a[30,40] 31@31;");
    read.start = (struct ksql_read_bounds){10, 20};
    assert_rows(run, &read, "a[10,20] 11@11;a[20,30] 21@21;");
    read.end = (struct ksql_read_bounds){21, 30};
    assert_rows(run, &read, "a[20,30] 21@21;");
    read.keys = NULL;
    assert_rows(run, &read, "a[20,30] 21@21;b[20,30] 1@21;");
}

/* Of a table that nothing is made of but another: what its topic has, and a tombstone takes out. */
static void test_copies(void **unused)
{
    (void)unused;
    static const char *const copied[] = {
        "CREATE TABLE S (K STRING PRIMARY KEY, V BIGINT) WITH (KAFKA_TOPIC='s', "
        "FORMAT='DELIMITED');",
        "CREATE TABLE T AS SELECT K, V * 2 AS N FROM S;", NULL};
    struct ksql_engine *engine OF_CLEANUP(of_cleanup_ksql_engine) = table_engine(copied);
    struct ksql_run *run OF_CLEANUP(of_cleanup_ksql_run) = make_run(engine);
    struct emitted out = {""};
    assert_true(ksql_run_is_readable(run));
    feed(run, "a", "1", 1, &out);
    feed(run, "b", "2", 2, &out);
    feed(run, "a", "3", 3, &out);
    assert_rows(run, &all, "a 6@3;b 4@2;");
    feed(run, "b", NULL, 4, &out);
    feed(run, "c", NULL, 5, &out);
    assert_rows(run, &all, "a 6@3;");
    assert_string_equal(out.text, "a=2;b=4;a=6;b;c;");
}

/* Nothing is written; columns are where they were declared. */
static void test_source_tables(void **unused)
{
    (void)unused;
    static const char *const given[] = {
        "CREATE SOURCE TABLE T (V BIGINT, K STRING PRIMARY KEY, W BIGINT) WITH (KAFKA_TOPIC='t', "
        "FORMAT='DELIMITED');",
        NULL};
    struct ksql_engine *engine OF_CLEANUP(of_cleanup_ksql_engine) = table_engine(given);
    const struct ksql_query *query = ksql_engine_query(engine, 0);
    assert_string_equal(query->id, "CST_T_0");
    assert_string_equal(query->sink, "");
    struct ksql_run *run OF_CLEANUP(of_cleanup_ksql_run) = make_run(engine);
    struct emitted out = {""};
    feed(run, "a", "1,2", 1, &out);
    feed(run, "b", "3,4", 2, &out);
    feed(run, NULL, "5,6", 3, &out); /* no row of a table is without a key */
    assert_int_equal(feed(run, "a", "x,6", 4, &out), OF_INPUT);
    struct emitted rows = {""};
    struct of_error error;
    assert_int_equal(ksql_run_read(run, &all, show_last, &rows, &error), 0);
    assert_string_equal(rows.text, "1 a 2@1;3 b 4@2;");
    const struct ksql_value b = {.text = {"b", 1}};
    const struct ksql_read read = {.keys = &b, .start = KSQL_READ_ANY, .end = KSQL_READ_ANY};
    rows.text[0] = '\0';
    assert_int_equal(ksql_run_read(run, &read, show_last, &rows, &error), 0);
    assert_string_equal(rows.text, "3 b 4@2;");
    feed(run, "b", NULL, 5, &out);
    rows.text[0] = '\0';
    assert_int_equal(ksql_run_read(run, &all, show_last, &rows, &error), 0);
    assert_string_equal(rows.text, "1 a 2@1;");
    assert_string_equal(out.text, "");
}

/* What a visit answers ends the reading. */
static int stop(void *context, const struct ksql_read_row *row, struct of_error *error)
{
    (void)row;
    int *answer = context;
    return *answer < 0 ? of_fail(error, *answer, "enough") : *answer;
}

static void test_answers(void **unused)
{
    (void)unused;
    struct ksql_engine *engine OF_CLEANUP(of_cleanup_ksql_engine) = table_engine(counts);
    struct ksql_run *run OF_CLEANUP(of_cleanup_ksql_run) = make_run(engine);
    struct of_error error;
    feed(run, "a", "1", 1, NULL);
    int answer = 1;
    assert_int_equal(ksql_run_read(run, &all, stop, &answer, &error), 0);
    answer = OF_RETRY;
    assert_int_equal(ksql_run_read(run, &all, stop, &answer, &error), OF_RETRY);
    assert_string_equal(error.message, "enough");
}

static void test_no_table(void **unused)
{
    (void)unused;
    static const char *const statements[] = {
        "CREATE STREAM S (K STRING KEY, V BIGINT) WITH (KAFKA_TOPIC='s', FORMAT='DELIMITED');",
        "CREATE STREAM U AS SELECT * FROM S;", NULL};
    struct ksql_engine *engine OF_CLEANUP(of_cleanup_ksql_engine) = table_engine(statements);
    struct ksql_run *run OF_CLEANUP(of_cleanup_ksql_run) = make_run(engine);
    struct of_error error;
    assert_false(ksql_run_is_readable(run));
    assert_int_equal(ksql_run_read(run, &all, show_row, NULL, &error), OF_INPUT);
}

struct slow {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct ksql_tables *tables;
    bool inside, may_leave, withdrawn;
};

static int dawdle(void *context, const struct ksql_read_row *row, struct of_error *error)
{
    (void)row;
    (void)error;
    struct slow *slow = context;
    pthread_mutex_lock(&slow->lock);
    slow->inside = true;
    pthread_cond_broadcast(&slow->changed);
    while (!slow->may_leave)
        pthread_cond_wait(&slow->changed, &slow->lock);
    assert_false(slow->withdrawn);
    pthread_mutex_unlock(&slow->lock);
    return 0;
}

static void *read_slowly(void *context)
{
    struct slow *slow = context;
    struct of_error error;
    assert_int_equal(ksql_tables_read(slow->tables, "Q", &all, dawdle, slow, &error), 0);
    return NULL;
}

static void *withdraw(void *context)
{
    struct slow *slow = context;
    ksql_tables_withdraw(slow->tables, "Q");
    pthread_mutex_lock(&slow->lock);
    slow->withdrawn = true;
    pthread_mutex_unlock(&slow->lock);
    return NULL;
}

/* Who withdraws a table waits for those who read it. */
static void test_readers(void **unused)
{
    (void)unused;
    struct ksql_engine *engine OF_CLEANUP(of_cleanup_ksql_engine) = table_engine(counts);
    struct ksql_run *run OF_CLEANUP(of_cleanup_ksql_run) = make_run(engine);
    struct ksql_tables *tables OF_CLEANUP(of_cleanup_ksql_tables) = ksql_tables_new();
    struct slow slow = {.tables = tables};
    struct of_error error;
    pthread_t reader, closer;
    pthread_mutex_init(&slow.lock, NULL);
    pthread_cond_init(&slow.changed, NULL);
    feed(run, "a", "1", 1, NULL);
    assert_int_equal(ksql_tables_read(tables, "Q", &all, show_row, NULL, &error), OF_RETRY);
    ksql_tables_withdraw(tables, "Q"); /* one that is not there */
    ksql_tables_offer(tables, "Q", run);
    pthread_create(&reader, NULL, read_slowly, &slow);
    pthread_mutex_lock(&slow.lock);
    while (!slow.inside)
        pthread_cond_wait(&slow.changed, &slow.lock);
    pthread_mutex_unlock(&slow.lock);
    pthread_create(&closer, NULL, withdraw, &slow);
    int beside = 1; /* others come in until it is withdrawn */
    while (ksql_tables_read(tables, "Q", &all, stop, &beside, &error) == 0)
        ;
    pthread_mutex_lock(&slow.lock);
    slow.may_leave = true;
    pthread_cond_broadcast(&slow.changed);
    pthread_mutex_unlock(&slow.lock);
    pthread_join(reader, NULL);
    pthread_join(closer, NULL);
    assert_true(slow.withdrawn);
    pthread_cond_destroy(&slow.changed);
    pthread_mutex_destroy(&slow.lock);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_windows),
        cmocka_unit_test(test_copies),
        cmocka_unit_test(test_source_tables),
        cmocka_unit_test(test_answers),
        cmocka_unit_test(test_no_table),
        cmocka_unit_test(test_readers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
