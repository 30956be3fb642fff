/* INSERT INTO ... VALUES and rows of the REST API: which values the columns get, what is refused in
 * ksqlDB's words, and the bytes that are sent. */
#include "ksqld/exec/record.h"
#include "ksqld/serde/api_row.h"

#include "base/memory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static const char *const sources[] = {
    "CREATE STREAM s (k STRING KEY, i INT, b BIGINT, d DOUBLE, m DECIMAL(4, 2), t TIMESTAMP, "
    "y BYTES, a ARRAY<BIGINT>, r STRUCT<x BIGINT, y STRING>) WITH (KAFKA_TOPIC='s', "
    "VALUE_FORMAT='JSON');",
    "CREATE TABLE p (k BIGINT PRIMARY KEY, l INT PRIMARY KEY, v STRING) WITH (KAFKA_TOPIC='p', "
    "KEY_FORMAT='JSON', VALUE_FORMAT='DELIMITED', VALUE_DELIMITER=';');",
    "CREATE STREAM w (k STRING KEY, v INT) WITH (KAFKA_TOPIC='w', VALUE_FORMAT='JSON', "
    "WINDOW_TYPE='SESSION');",
    "CREATE SOURCE STREAM o (k STRING KEY, v INT) WITH (KAFKA_TOPIC='o', VALUE_FORMAT='JSON');",
    "CREATE STREAM c (v INT) WITH (KAFKA_TOPIC='_confluent-x', VALUE_FORMAT='JSON');",
    "CREATE STREAM h (k INT KEY, v INT, x BYTES HEADER('x')) WITH (KAFKA_TOPIC='h', "
    "VALUE_FORMAT='JSON');",
    "CREATE STREAM e (k INT KEY, v STRING) WITH (KAFKA_TOPIC='e', FORMAT='AVRO');",
};

static struct ksql_engine *make_engine(void)
{
    struct ksql_engine *engine = ksql_engine_new(&(struct ksql_callbacks){.context = NULL});
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

static void refuses(
    struct ksql_engine *engine, const char *text, const char *message, int error_code)
{
    struct ksql_failure failure OF_CLEANUP(ksql_failure_release) = {0};
    struct ksql_statement *statement OF_CLEANUP(of_cleanup_ksql_statement) = NULL;
    struct ksql_prepare_options options = {0};
    if (!ksql_engine_prepare(engine, text, strlen(text), &options, &statement, &failure))
        fail_msg("it passed: %s", text);
    if (!strstr(failure.message, message))
        fail_msg("%s\nwanted: %s", failure.message, message);
    assert_int_equal(failure.error_code, error_code);
}

static void writes(
    struct ksql_engine *engine, const char *text, const char *key, const char *value, int64_t time)
{
    struct ksql_failure failure OF_CLEANUP(ksql_failure_release) = {0};
    struct ksql_statement *statement OF_CLEANUP(of_cleanup_ksql_statement) = NULL;
    struct ksql_prepare_options options = {0};
    const int32_t ids[2] = {7, 9};
    struct of_error error;
    if (ksql_engine_prepare(engine, text, strlen(text), &options, &statement, &failure))
        fail_msg("%s\n%s", text, failure.message);
    assert_int_equal(statement->effect, KSQL_EFFECT_INSERT_VALUES);
    assert_null(statement->command_id); /* nothing to log */
    OF_CLEANUP(ksql_record_writer_release) struct ksql_record_writer writer;
    ksql_record_writer_init(&writer, &statement->insertion->target, ids);
    struct ksql_record_out record = {.timestamp = 0};
    assert_int_equal(ksql_record_write(&writer, statement->insertion->values, &record, &error), 0);
    assert_int_equal(record.key != NULL, key != NULL);
    if (key) {
        assert_int_equal(record.key_size, strlen(key));
        assert_memory_equal(record.key, key, strlen(key));
    }
    if (record.value_size != strlen(value) || memcmp(record.value, value, strlen(value)) != 0)
        fail_msg("%.*s\nwanted: %s", (int)record.value_size, (const char *)record.value, value);
    assert_int_equal(statement->insertion->timed, time >= 0);
    if (time >= 0)
        assert_int_equal(statement->insertion->timestamp, time);
}

static void values_become_what_columns_are(void **state)
{
    (void)state;
    ENGINE *engine = make_engine();
    writes(engine,
        "INSERT INTO s VALUES ('a', 1, 2, 3, 4.5, '2020-01-01T00:00:01', 'AQI=', ARRAY[1, 2], "
        "STRUCT(x := 1, z := 2));",
        "a",
        "{\"I\":1,\"B\":2,\"D\":3.0,\"M\":4.50,\"T\":1577836801000,\"Y\":\"AQI=\",\"A\":[1,2],"
        "\"R\":{\"X\":1,\"Y\":null}}",
        -1);
    writes(engine, "INSERT INTO s (rowtime, b, k) VALUES (1234, 5 + 6, CONCAT('x', 'y'));", "xy",
        "{\"I\":null,\"B\":11,\"D\":null,\"M\":null,\"T\":null,\"Y\":null,\"A\":null,\"R\":null}",
        1234);
    writes(engine, "INSERT INTO s (i) VALUES (-3);", NULL,
        "{\"I\":-3,\"B\":null,\"D\":null,\"M\":null,\"T\":null,\"Y\":null,\"A\":null,\"R\":null}",
        -1);
    writes(engine, "INSERT INTO h (v) VALUES (1);", NULL, "{\"V\":1}", -1);
    writes(engine, "INSERT INTO p VALUES (1, 2, 'x;y');", "{\"K\":1,\"L\":2}", "\"x;y\"", -1);
}

static void avro_names_its_schemas(void **state)
{
    (void)state;
    ENGINE *engine = make_engine();
    struct ksql_failure failure OF_CLEANUP(ksql_failure_release) = {0};
    struct ksql_statement *statement OF_CLEANUP(of_cleanup_ksql_statement) = NULL;
    struct ksql_prepare_options options = {0};
    const char *text = "INSERT INTO e VALUES (3, 'a');";
    const int32_t ids[2] = {7, 9};
    struct of_error error;
    assert_int_equal(
        ksql_engine_prepare(engine, text, strlen(text), &options, &statement, &failure), 0);
    assert_string_equal(statement->insertion->schemas[1], "\"int\"");
    assert_non_null(strstr(statement->insertion->schemas[0], "KsqlDataSourceSchema"));
    OF_CLEANUP(ksql_record_writer_release) struct ksql_record_writer writer;
    ksql_record_writer_init(&writer, &statement->insertion->target, ids);
    struct ksql_record_out record = {.timestamp = 0};
    assert_int_equal(ksql_record_write(&writer, statement->insertion->values, &record, &error), 0);
    assert_int_equal(record.key_size, 6);
    assert_memory_equal(record.key, "\0\0\0\0\x09\x06", 6);
    assert_int_equal(record.value_size, 8);
    assert_memory_equal(record.value,
        "\0\0\0\0\x07\x02\x02"
        "a",
        8);
}

static void what_does_not_fit_is_refused(void **state)
{
    (void)state;
    ENGINE *engine = make_engine();
    static const struct {
        const char *text, *message;
        int code;
    } cases[] = {
        {"INSERT INTO s (i) VALUES (2147483648);",
            "Failed to insert values into 'S'. Expected type INTEGER for field `I` but got "
            "BIGINT(2147483648)",
            40001},
        {"INSERT INTO s (i) VALUES ('3');", "Expected type INTEGER for field `I` but got STRING(3)",
            40001},
        {"INSERT INTO s (k) VALUES (3);", "Expected type STRING for field `K` but got INTEGER(3)",
            40001},
        {"INSERT INTO s (m) VALUES (1.234);",
            "Expected type DECIMAL(4, 2) for field `M` but got DECIMAL(1.234)", 40001},
        {"INSERT INTO s (m) VALUES (123.4);",
            "Expected type DECIMAL(4, 2) for field `M` but got DECIMAL(123.4)", 40001},
        {"INSERT INTO s (t) VALUES ('soon');",
            "Expected type TIMESTAMP for field `T` but got STRING(soon). Timestamp format must be "
            "yyyy-mm-ddThh:mm:ss[.S]",
            40001},
        {"INSERT INTO s (i) VALUES (b);", "Unsupported column reference in insert value: B", 40001},
        {"INSERT INTO s (i, b) VALUES (1);",
            "Failed to prepare statement: Expected number columns and values to match: 2, 1",
            40001},
        {"INSERT INTO s VALUES (1);",
            "Expected a value for each column. Expected Columns: []. Got [1]", 40001},
        {"INSERT INTO s (x) VALUES (1);", "Column name `X` does not exist.", 40001},
        {"INSERT INTO s (rowoffset) VALUES (1);",
            "Inserting into column `ROWOFFSET` is not allowed.", 40001},
        {"INSERT INTO s (rowtime) VALUES (-1);", "Invalid timestamp: -1.", 40001},
        {"INSERT INTO p (k, v) VALUES (1, 'a');",
            "Failed to insert values into 'P'. Value for primary key column(s) L is required for "
            "tables",
            40001},
        {"INSERT INTO h VALUES (1, 2);", "Cannot insert into HEADER columns: X", 40000},
        {"INSERT INTO h (x) VALUES ('AA==');", "Cannot insert into HEADER columns: X", 40000},
        {"INSERT INTO nobody VALUES (1);",
            "Cannot insert values into an unknown stream/table: `NOBODY`", 40000},
        {"INSERT INTO `s` VALUES (1);",
            "`s`\nDid you mean S? Hint: try removing double quotes from the source name.", 40000},
        {"INSERT INTO w VALUES ('a', 1);", "Cannot insert values into windowed stream/table!",
            40000},
        {"INSERT INTO o VALUES ('a', 1);", "Cannot insert values into read-only stream: O", 40000},
        {"INSERT INTO c VALUES (1);", "Cannot insert values into read-only topic: _confluent-x",
            40000},
    };
    for (size_t i = 0; i < OF_COUNT(cases); i++)
        refuses(engine, cases[i].text, cases[i].message, cases[i].code);
}

/* ---- rows of the REST API ---- */

static int read_row(struct ksql_engine *engine, const char *source, const char *text,
    const char *value, struct of_error *error)
{
    struct ksql_arena arena OF_CLEANUP(ksql_arena_release) = {0};
    struct ksql_failure failure OF_CLEANUP(ksql_failure_release) = {0};
    struct ksql_statement *statement OF_CLEANUP(of_cleanup_ksql_statement) = NULL;
    const struct ksql_json *json;
    const int32_t ids[2] = {0};
    struct ksql_value values[16];
    assert_int_equal(ksql_engine_prepare_target(engine, source, &statement, &failure), 0);
    const struct ksql_source *target = &statement->insertion->target;
    assert_int_equal(ksql_json_parse(&arena, text, strlen(text), &json, error), 0);
    int status = ksql_api_row_read(&arena, &target->schema, json, values, error);
    if (status)
        return status;
    OF_CLEANUP(ksql_record_writer_release) struct ksql_record_writer writer;
    ksql_record_writer_init(&writer, target, ids);
    struct ksql_record_out record = {.timestamp = 0};
    assert_int_equal(ksql_record_write(&writer, values, &record, error), 0);
    if (record.value_size != strlen(value) || memcmp(record.value, value, strlen(value)) != 0)
        fail_msg("%.*s\nwanted: %s", (int)record.value_size, (const char *)record.value, value);
    return 0;
}

static void rows_of_json(void **state)
{
    (void)state;
    ENGINE *engine = make_engine();
    struct of_error error;
    assert_int_equal(
        read_row(engine, "S",
            "{\"k\":\"a\",\"I\":1,\"`B`\":2,\"d\":1,\"m\":\"1.005\",\"t\":\"2020-01-01\","
            "\"y\":\"AQI=\",\"a\":[1,null],\"r\":{\"x\":5,\"q\":1},\"unknown\":1}",
            "{\"I\":1,\"B\":2,\"D\":1.0,\"M\":1.01,\"T\":1577836800000,\"Y\":\"AQI=\","
            "\"A\":[1,null],\"R\":{\"X\":5,\"Y\":null}}",
            &error),
        0);
}

static void rows_that_do_not_fit(void **state)
{
    (void)state;
    ENGINE *engine = make_engine();
    static const struct {
        const char *text, *message, *kind;
    } cases[] = {
        {"{\"i\":1}", "Key field must be specified: K", "row"},
        {"{\"k\":null}", "Key field must be specified: K", "row"},
        {"{\"k\":1}", "Can't coerce a field of type class java.lang.Integer into type STRING",
            "row"},
        {"{\"k\":\"a\",\"i\":3000000000}",
            "Can't coerce a field of type class java.lang.Long into type INTEGER", "row"},
        {"{\"k\":\"a\",\"i\":1.0}",
            "Can't coerce a field of type class java.lang.Double into type INTEGER", "row"},
        {"{\"k\":\"a\",\"r\":[]}",
            "Can't coerce a field of type class io.vertx.core.json.JsonArray into type "
            "STRUCT<`X` BIGINT, `Y` STRING>",
            "row"},
        {"{\"k\":\"a\",\"i\":1,\"I\":2}", "Found duplicate column / struct field name: I", "row"},
        {"{\"k\":\"a\",\"`i\":1}",
            "Invalid column / struct field name. Name: `i. Reason: Expected matching quote at end "
            "of value.",
            "row"},
        {"{\"k\":\"a\",\"m\":\"x\"}", "Error in processing inserts. Check server logs for details.",
            "server"},
        {"{\"k\":\"a\",\"y\":\"?\"}", "Error in processing inserts. Check server logs for details.",
            "server"},
        {"{\"k\":\"a\",\"y\":1}", "Error in processing inserts. Check server logs for details.",
            "server"},
    };
    for (size_t i = 0; i < OF_COUNT(cases); i++) {
        struct of_error error;
        assert_int_equal(read_row(engine, "S", cases[i].text, "", &error), OF_INPUT);
        assert_string_equal(error.message, cases[i].message);
        assert_string_equal(error.kind, cases[i].kind);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_become_what_columns_are),
        cmocka_unit_test(avro_names_its_schemas),
        cmocka_unit_test(what_does_not_fit_is_refused),
        cmocka_unit_test(rows_of_json),
        cmocka_unit_test(rows_that_do_not_fit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
