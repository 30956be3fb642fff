/* SELECT as a statement: what is asked, the rows that come of records and of tables, which keys a
 * pull query looks up, and what is refused in ksqlDB's words. */
#include "ksqld/engine.h"
#include "ksqld/plan/value.h"

#include "base/memory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static const char *const sources[] = {
    "CREATE STREAM s (k STRING KEY, v INT, m DECIMAL(6, 2), t TIMESTAMP, d DATE, h TIME, a "
    "ARRAY<INT>) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');",
    "CREATE TABLE p (k STRING PRIMARY KEY, v INT) WITH (KAFKA_TOPIC='p', VALUE_FORMAT='JSON');",
    "CREATE TABLE n WITH (KEY_FORMAT='JSON') AS SELECT k, v, COUNT(*) AS c FROM s GROUP BY k, v;",
    "CREATE TABLE w AS SELECT v, COUNT(*) AS c FROM s WINDOW TUMBLING (SIZE 1 SECOND) GROUP BY v;",
    "CREATE TABLE copied AS SELECT * FROM p;",
    "CREATE SOURCE TABLE given (k STRING PRIMARY KEY, v INT) WITH (KAFKA_TOPIC='p', "
    "VALUE_FORMAT='JSON');",
    "CREATE TABLE dropped AS SELECT * FROM p;",
    "TERMINATE CTAS_DROPPED_6;",
    "CREATE SOURCE TABLE spans (k STRING PRIMARY KEY, v INT) WITH (KAFKA_TOPIC='x', "
    "VALUE_FORMAT='JSON', WINDOW_TYPE='TUMBLING', WINDOW_SIZE='1 SECOND');",
};

static struct ksql_engine *make_engine(void)
{
    struct ksql_engine *engine = ksql_engine_new(&(struct ksql_callbacks){.keeps_state = true});
    for (size_t i = 0; i < OF_COUNT(sources); i++) {
        struct ksql_failure failure OF_CLEANUP(ksql_failure_release) = {0};
        struct ksql_statement *statement OF_CLEANUP(of_cleanup_ksql_statement) = NULL;
        struct ksql_prepare_options options = {0};
        struct of_error error;
        if (ksql_engine_prepare(
                engine, sources[i], strlen(sources[i]), &options, &statement, &failure))
            fail_msg("%s\n%s", sources[i], failure.message);
        assert_int_equal(ksql_engine_apply(engine, statement, (int64_t)i, &error), 0);
    }
    return engine;
}
#define ENGINE OF_CLEANUP(of_cleanup_ksql_engine) struct ksql_engine
#define STATEMENT OF_CLEANUP(of_cleanup_ksql_statement) struct ksql_statement

static struct ksql_statement *prepare(struct ksql_engine *engine, const char *text)
{
    struct ksql_failure failure OF_CLEANUP(ksql_failure_release) = {0};
    struct ksql_statement *statement = NULL;
    struct ksql_prepare_options options = {.queries = true};
    if (ksql_engine_prepare(engine, text, strlen(text), &options, &statement, &failure))
        fail_msg("%s\n%s", text, failure.message);
    return statement;
}

static void refuses_with(
    struct ksql_engine *engine, const char *property, const char *text, const char *message)
{
    struct ksql_failure failure OF_CLEANUP(ksql_failure_release) = {0};
    STATEMENT *statement = NULL;
    const struct ksql_property off = {.name = (char *)property, .value = (char *)"false"};
    struct ksql_prepare_options options = {
        .queries = true, .properties = &off, .property_count = property ? 1 : 0};
    if (!ksql_engine_prepare(engine, text, strlen(text), &options, &statement, &failure))
        fail_msg("it passed: %s", text);
    if (!strstr(failure.message, message))
        fail_msg("%s\nwanted: %s", failure.message, message);
}

/* ---- rows ---- */

static int append_row(void *context, const struct ksql_record_out *record, struct of_error *error)
{
    struct of_buffer *out = context;
    (void)error;
    of_buffer_append_text(out, record->value ? "" : "gone ");
    of_buffer_append(out, record->value ? record->value : record->key,
        record->value ? record->value_size : record->key_size);
    of_buffer_append_byte(out, ' ');
    return 0;
}

static void tells(struct ksql_engine *engine, const char *text, const char *const values[][2],
    size_t count, const char *wanted)
{
    STATEMENT *statement = prepare(engine, text);
    assert_int_equal(statement->effect, KSQL_EFFECT_PUSH);
    const struct ksql_run_callbacks none = {.context = NULL};
    struct of_buffer out OF_CLEANUP(of_buffer_release);
    struct of_error error;
    of_buffer_init(&out, 65536);
    OF_CLEANUP(of_cleanup_ksql_run) struct ksql_run *run = NULL;
    assert_int_equal(ksql_run_new(statement->query, &none, -1, -1, &run, &error), 0);
    for (size_t i = 0; i < count; i++) {
        const struct ksql_record_in in = {.timestamp = 1000 * (int64_t)i,
            .offset = (int64_t)i,
            .key = values[i][0],
            .key_size = strlen(values[i][0]),
            .value = values[i][1],
            .value_size = values[i][1] ? strlen(values[i][1]) : 0};
        assert_int_equal(ksql_run_process(run, &in, append_row, &out, &error), 0);
    }
    assert_string_equal(of_buffer_text(&out), wanted);
}

static void records_become_rows(void **state)
{
    (void)state;
    ENGINE *engine = make_engine();
    static const char *const values[][2] = {
        {"a", "{\"V\":1,\"M\":12.5,\"T\":1577836801000,\"D\":1,\"H\":3600000,\"A\":[1,null]}"},
        {"b", NULL}, {"a", "{\"V\":2}"}};
    tells(engine, "SELECT v, k, ROWTIME, m FROM s EMIT CHANGES;", values, 3,
        "[1,\"a\",0,12.50] [2,\"a\",2000,null] ");
    tells(engine, "SELECT * FROM s EMIT CHANGES LIMIT 1;", values, 1,
        "[\"a\",1,12.50,\"2020-01-01T00:00:01.000\",\"1970-01-02\",\"01:00\",[1,null]] ");
    tells(engine, "SELECT EXPLODE(a) AS e FROM s;", values, 1, "[1] [null] ");
    tells(engine, "SELECT v FROM s WHERE v > 1 EMIT CHANGES;", values, 3, "[2] ");
    tells(engine, "SELECT COUNT(*) AS c FROM s GROUP BY k EMIT CHANGES;", values, 3, "[1] [2] ");
    tells(engine, "SELECT SUM(v), k, k AS again FROM s GROUP BY k EMIT CHANGES;", values, 3,
        "[1,\"a\",\"a\"] [3,\"a\",\"a\"] ");
    tells(engine,
        "SELECT k, WINDOWSTART, COUNT(*) FROM s WINDOW TUMBLING (SIZE 2 SECONDS) GROUP BY k EMIT "
        "CHANGES;",
        values, 3, "[\"a\",0,1] [\"a\",2000,1] ");
}

/* What is left of a row that is gone: the columns that have the key's own name. */
static void tables_tell_of_rows_that_go(void **state)
{
    (void)state;
    ENGINE *engine = make_engine();
    static const char *const values[][2] = {
        {"a", "{\"V\":1}"}, {"a", "{\"V\":-1}"}, {"b", "{\"V\":2}"}, {"b", NULL}};
    tells(engine, "SELECT * FROM p EMIT CHANGES;", values, 4,
        "[\"a\",1] [\"a\",-1] [\"b\",2] gone [\"b\",null] ");
    tells(engine, "SELECT v, k FROM p WHERE v > 0 EMIT CHANGES;", values, 4,
        "[1,\"a\"] gone [null,\"a\"] [2,\"b\"] gone [null,\"b\"] ");
    tells(engine, "SELECT k AS x, v FROM p WHERE v > 0 EMIT CHANGES;", values, 2,
        "[\"a\",1] gone [null,null] ");
}

/* ---- pull queries ---- */

static void looks_up(struct ksql_engine *engine, const char *where, size_t count, bool all)
{
    OF_FREE char *text = of_asprintf("SELECT * FROM n WHERE %s;", where);
    STATEMENT *statement = prepare(engine, text);
    assert_int_equal(statement->effect, KSQL_EFFECT_PULL);
    assert_string_equal(statement->asked->writer, "CTAS_N_2");
    assert_int_equal(statement->asked->read_count, count);
    assert_int_equal(statement->asked->reads[0].keys == NULL, all);
}

static void keys_are_looked_up(void **state)
{
    (void)state;
    ENGINE *engine = make_engine();
    looks_up(engine, "k = 'a' AND v = 1", 1, false);
    looks_up(engine, "1 = v AND 'a' = k AND c > 2", 1, false);
    looks_up(engine, "k IN ('a', 'b', 'a') AND v IN (1, 2)", 4, false);
    looks_up(engine, "(k = 'a' AND v = 1) OR (k = 'b' AND v = 1)", 2, false);
    looks_up(engine, "(k = 'a' AND v = 1) OR (k = 'a' AND v = 1 AND c = 1)", 1, false);
    looks_up(engine, "k = 'a'", 1, true); /* half a key */
    looks_up(engine, "(k = 'a' AND v = 1) OR c = 3", 1, true);
    looks_up(engine, "k > 'a' AND v = 1", 1, true);
    looks_up(engine, "NOT (k = 'a' AND v = 1)", 1, true);
}

/* One more than can be looked up reads all. */
static void lookups_have_a_limit(void **state)
{
    (void)state;
    ENGINE *engine = make_engine();
    for (unsigned over = 0; over < 2; over++) {
        struct of_buffer text OF_CLEANUP(of_buffer_release);
        of_buffer_init(&text, 65536);
        of_buffer_append_text(&text, "k = 'a' AND v IN (0");
        for (unsigned i = 1; i < KSQL_LOOKUPS_MAX + over; i++)
            of_buffer_appendf(&text, ",%u", i);
        of_buffer_append_text(&text, ")");
        looks_up(engine, of_buffer_text(&text), over ? 1 : KSQL_LOOKUPS_MAX, over);
    }
}

static void windows_are_bounded(void **state)
{
    (void)state;
    ENGINE *engine = make_engine();
    STATEMENT *statement = prepare(engine,
        "SELECT * FROM w WHERE v = 3 AND WINDOWSTART >= 1000 AND WINDOWSTART < 3000 AND 9 > "
        "WINDOWEND;");
    const struct ksql_read *read = statement->asked->reads;
    assert_int_equal(read->start.first, 1000);
    assert_int_equal(read->start.last, 2999);
    assert_int_equal(read->end.last, 8);
    assert_int_equal(read->keys[0].number, 3);
    const struct ksql_schema *columns = statement->asked->columns;
    assert_int_equal(columns->count, 4);
    assert_string_equal(columns->columns[1].name, "WINDOWSTART");
    assert_true(columns->columns[1].key);
    assert_false(columns->columns[3].key);
}

static void table_rows_become_rows(void **state)
{
    (void)state;
    ENGINE *engine = make_engine();
    STATEMENT *statement =
        prepare(engine, "SELECT c * 2 AS twice, v, ROWTIME, WINDOWEND FROM w WHERE c > 1;");
    const struct ksql_run_callbacks none = {.context = NULL};
    struct of_buffer out OF_CLEANUP(of_buffer_release);
    struct of_error error;
    of_buffer_init(&out, 65536);
    OF_CLEANUP(of_cleanup_ksql_run) struct ksql_run *run = NULL;
    assert_int_equal(ksql_run_new(statement->query, &none, -1, -1, &run, &error), 0);
    for (int64_t count = 1; count < 3; count++) {
        const struct ksql_value values[] = {{.number = 3}, {.number = count}};
        const struct ksql_read_row row = {
            .values = values, .timestamp = 7, .window_start = 1000, .window_end = 2000};
        assert_int_equal(ksql_run_answer(run, &row, append_row, &out, &error), 0);
    }
    assert_string_equal(of_buffer_text(&out), "[4,3,7,2000] ");
}

static void tables_of_tables_are_pulled(void **state)
{
    (void)state;
    ENGINE *engine = make_engine();
    static const char *const names[][2] = {{"copied", "CTAS_COPIED_4"}, {"given", "CST_GIVEN_5"}};
    for (size_t i = 0; i < OF_COUNT(names); i++) {
        char text[128];
        snprintf(text, sizeof(text), "SELECT v, k FROM %s WHERE k = 'a';", names[i][0]);
        STATEMENT *statement = prepare(engine, text);
        assert_int_equal(statement->effect, KSQL_EFFECT_PULL);
        assert_string_equal(statement->asked->writer, names[i][1]);
        assert_int_equal(statement->asked->read_count, 1);
        assert_string_equal(statement->asked->reads[0].keys[0].text.data, "a");
    }
}

/* ---- refusals ---- */

static void what_is_refused(void **state)
{
    (void)state;
    ENGINE *engine = make_engine();
    static const struct {
        const char *text, *message;
    } cases[] = {
        {"SELECT * FROM nobody;", "Exception while preparing statement: NOBODY does not exist."},
        {"SELECT x FROM s EMIT CHANGES;", "SELECT column 'X' cannot be resolved."},
        {"SELECT v, v FROM s EMIT CHANGES;",
            "Duplicate value columns found in schema: `V` INTEGER"},
        {"SELECT * FROM p;",
            "The `P` table isn't queryable. To derive a queryable table, you can do 'CREATE TABLE "
            "QUERYABLE_P AS SELECT * FROM P'. See https://cnfl.io/queries for more info.\nAdd EMIT "
            "CHANGES if you intended to issue a push query."},
        {"SELECT * FROM dropped;", "The `DROPPED` table isn't queryable. To derive a queryable "},
        {"SELECT * FROM spans;", "Line: 1, Col: 15: A pull query on a SOURCE TABLE with windowed "
                                 "keys is not supported by this runner."},
        {"SELECT k FROM n GROUP BY k;", "Pull queries don't support GROUP BY clauses. See"},
        {"SELECT n.k FROM n JOIN p ON n.k = p.k;", "Pull queries don't support JOIN clauses. See"},
        {"SELECT * FROM n LIMIT -1;",
            "Pull queries don't support negative integers in the LIMIT clause."},
        {"SELECT k, ROWOFFSET FROM n;",
            "Pull queries don't support the following columns in SELECT clauses: `ROWOFFSET`\n"},
        {"SELECT *, c FROM n;",
            "Pull queries only support wildcards in the projects if they are the only expression"},
        {"SELECT * FROM w WHERE v = 3000000000;",
            "can not be converted to the type of the key column: V INTEGER KEY"},
        {"SELECT * FROM s LIMIT 1.5;", "Syntax Error"},
        {"SELECT * FROM s LIMIT 3000000000;", "Value must be integer for command: LIMIT"},
        {"SHOW STREAMS;", "Neither a query nor a print statement"},
    };
    for (size_t i = 0; i < OF_COUNT(cases); i++)
        refuses_with(engine, NULL, cases[i].text, cases[i].message);
    const char *scan = "ksql.query.pull.table.scan.enabled";
    refuses_with(engine, scan, "SELECT * FROM n;", "Missing WHERE clause. ");
    refuses_with(engine, scan, "SELECT * FROM n WHERE c = 1;", "WHERE clause missing key column");
    refuses_with(engine, "ksql.query.pull.limit.clause.enabled", "SELECT * FROM n LIMIT 1;",
        "LIMIT clause in pull queries is currently disabled.");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(records_become_rows),
        cmocka_unit_test(tables_tell_of_rows_that_go),
        cmocka_unit_test(keys_are_looked_up),
        cmocka_unit_test(lookups_have_a_limit),
        cmocka_unit_test(windows_are_bounded),
        cmocka_unit_test(table_rows_become_rows),
        cmocka_unit_test(tables_of_tables_are_pulled),
        cmocka_unit_test(what_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
