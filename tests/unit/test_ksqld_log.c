/* What the processing log says of records: which step failed, why, in ksqlDB's shapes, and never
 * more than its limits. */
#include "unit/ksql_table.h"

#include "base/memory.h"
#include "ksqld/server/processing_log.h"
#include "ksqld/server/task_errors.h"

#include <jansson.h>

OF_DEFINE_CLEANUP(cleanup_json, json_t *, json_decref)
#define JSON OF_CLEANUP(cleanup_json) json_t

struct bench {
    struct ksql_engine *engine;
    struct ksql_run *run;
    struct ksql_processing_log log;
};

static void open_engine(struct bench *bench, const char *const *statements, bool rows)
{
    struct of_error error;
    bench->engine = table_engine(statements);
    const struct ksql_query *found = ksql_engine_query(bench->engine, 0);
    ksql_processing_log_init(&bench->log, "Q", rows);
    bench->log.topic = "in";
    const struct ksql_run_callbacks callbacks = {
        .trouble = ksql_processing_log_tell, .trouble_context = &bench->log, .trouble_rows = rows};
    assert_int_equal(ksql_run_new(found, &callbacks, 0, 1, &bench->run, &error), 0);
}

static void open_bench(struct bench *bench, const char *create, const char *query, bool rows)
{
    const char *const statements[] = {create, query, NULL};
    open_engine(bench, statements, rows);
}

static void close_bench(struct bench *bench)
{
    ksql_run_free(bench->run);
    ksql_engine_free(bench->engine);
    ksql_processing_log_release(&bench->log);
}
#define BENCH OF_CLEANUP(close_bench) struct bench

static int refuse(void *context, const struct ksql_record_out *record, struct of_error *error)
{
    (void)context;
    (void)record;
    return of_fail(error, OF_INPUT, "too large for the broker");
}

static int give_input_to(
    struct bench *bench, size_t input, const char *key, const char *value, ksql_emit *emit)
{
    struct of_error error;
    const struct ksql_record_in in = {.input = input,
        .offset = 7,
        .key = key,
        .key_size = strlen(key),
        .value = value,
        .value_size = strlen(value)};
    bench->log.record = &in;
    ksql_processing_log_clear(&bench->log);
    return ksql_run_process(bench->run, &in, emit, NULL, &error);
}

static int give_to(struct bench *bench, const char *key, const char *value, ksql_emit *emit)
{
    return give_input_to(bench, 0, key, value, emit);
}

static int give(struct bench *bench, const char *key, const char *value)
{
    return give_to(bench, key, value, emit_text);
}

/* The entry without its time, which is now. */
static json_t *entry(const struct bench *bench, size_t index)
{
    struct of_text bytes = ksql_processing_log_entry(&bench->log, index);
    json_t *json = json_loadb(bytes.data, bytes.length, JSON_REJECT_DUPLICATES, NULL);
    assert_non_null(json);
    assert_true(json_integer_value(json_object_get(json, "time")) > 1600000000000);
    json_object_del(json, "time");
    return json;
}

static void expect(const struct bench *bench, size_t index, const char *logger, int type,
    const char *member, const char *error)
{
    JSON *found = entry(bench, index);
    JSON *wanted = json_pack("{s:s, s:s, s:{s:i, s:n, s:n, s:n, s:n, s:n}}", "level", "ERROR",
        "logger", logger, "message", "type", type, "deserializationError", "recordProcessingError",
        "productionError", "serializationError", "kafkaStreamsThreadError");
    json_t *body = json_loads(error, 0, NULL);
    assert_non_null(body);
    json_object_set_new(json_object_get(wanted, "message"), member, body);
    OF_FREE char *text = json_dumps(found, JSON_SORT_KEYS);
    OF_FREE char *as_wanted = json_dumps(wanted, JSON_SORT_KEYS);
    assert_string_equal(text, as_wanted);
}

static const char stream[] = "CREATE STREAM s (k STRING KEY, v INT, b BOOLEAN, a ARRAY<STRING>) "
                             "WITH (KAFKA_TOPIC='in', VALUE_FORMAT='JSON', PARTITIONS=1);";

static void steps_are_named(void **state)
{
    (void)state;
    static const struct {
        const char *query, *value, *logger, *message, *cause;
    } cases[] = {
        {"CREATE STREAM o AS SELECT k, v, 10 / (v - 1) AS q FROM s;", "{\"V\":1}", "Project",
            "Error computing expression (10 / (V - 1)) for column Q with index 1",
            "/ by zero: (10 / (V - 1))"},
        {"CREATE STREAM o AS SELECT k, v + 1 AS q FROM s;", "{}", "Project",
            "Error computing expression (V + 1) for column Q with index 0",
            "an operand is NULL: (V + 1)"},
        {"CREATE STREAM o AS SELECT k, v FROM s WHERE NOT b;", "{}", "WhereFilter",
            "Error evaluating predicate (NOT B)", "a condition is NULL: (NOT B)"},
        {"CREATE STREAM o AS SELECT 7 / v AS w, v FROM s PARTITION BY 7 / v;", "{\"V\":0}",
            "PartitionBy", "Error computing new key from expression (7 / V)", "/ by zero: (7 / V)"},
        {"CREATE STREAM o AS SELECT k, EXPLODE(ARRAY[1 / v]) AS x FROM s;", "{\"V\":0}", "FlatMap",
            "Error computing expression (1 / V)", "/ by zero: (1 / V)"},
        {"CREATE TABLE o AS SELECT 1 / v AS w, COUNT(*) AS n FROM s GROUP BY 1 / v;", "{\"V\":0}",
            "Aggregate.GroupBy", "Error calculating group-by column with index 0: (1 / V)",
            "/ by zero: (1 / V)"},
        {"CREATE TABLE o AS SELECT k, COUNT(*) / SUM(v) AS w FROM s GROUP BY k;", "{\"V\":0}",
            "Aggregate.Project", NULL, NULL},
        {"CREATE STREAM o AS SELECT k, CAST(a[1] AS INT) AS q FROM s;", "{\"A\":[\"x\"]}",
            "Project", "Error computing expression CAST(A[1] AS INTEGER) for column Q with index 0",
            "the value cannot be cast: CAST(A[1] AS INTEGER)"},
    };
    for (size_t i = 0; i < OF_COUNT(cases); i++) {
        BENCH bench;
        open_bench(&bench, stream, cases[i].query, false);
        assert_int_equal(give(&bench, "a", cases[i].value), 0);
        if (bench.log.count != 1)
            fail_msg("%s: %zu entries", cases[i].query, bench.log.count);
        OF_FREE char *logger = of_asprintf("processing.Q.%s", cases[i].logger);
        JSON *found = entry(&bench, 0);
        assert_string_equal(json_string_value(json_object_get(found, "logger")), logger);
        if (!cases[i].message)
            continue;
        OF_FREE char *body = of_asprintf("{\"errorMessage\":\"%s\",\"record\":null,\"cause\":"
                                         "[\"%s\",\"in[0]@7\"]}",
            cases[i].message, cases[i].cause);
        expect(&bench, 0, logger, 1, "recordProcessingError", body);
        assert_int_equal(give(&bench, "a", "{\"V\":5,\"B\":true,\"A\":[\"1\"]}"), 0);
        assert_int_equal(bench.log.count, 0); /* nothing comes of good records */
    }
}

static void records_that_fail_are_told(void **state)
{
    (void)state;
    BENCH bench;
    open_bench(&bench, stream, "CREATE STREAM o AS SELECT k, v, 1 / v AS q FROM s;", true);
    assert_int_equal(give(&bench, "a", "bad"), OF_INPUT);
    assert_int_equal(bench.log.count, 1);
    JSON *bad = entry(&bench, 0);
    json_t *error = json_object_get(json_object_get(bad, "message"), "deserializationError");
    assert_string_equal(json_string_value(json_object_get(error, "target")), "value");
    assert_string_equal(json_string_value(json_object_get(error, "recordB64")), "YmFk");
    assert_string_equal(json_string_value(json_object_get(error, "topic")), "in");
    assert_string_equal(json_string_value(json_object_get(bad, "logger")),
        "processing.Q.KsqlTopic.Source.deserializer");
    assert_int_equal(give_to(&bench, "a", "{\"V\":2}", refuse), OF_INPUT);
    assert_int_equal(bench.log.count, 1);
    expect(&bench, 0, "processing.Q.O", 2, "productionError",
        "{\"errorMessage\":\"too large for the broker\"}");
    assert_int_equal(give_to(&bench, "a", "{\"V\":0}", refuse), OF_INPUT);
    assert_int_equal(bench.log.count, 2); /* the column, and the record */
    expect(&bench, 0, "processing.Q.Project", 1, "recordProcessingError",
        "{\"errorMessage\":\"Error computing expression (1 / V) for column Q with index 1\","
        "\"record\":\"[\\\"a\\\",0,null,null]\",\"cause\":[\"/ by zero: (1 / V)\",\"in[0]@7\"]}");
}

static int give_input(struct bench *bench, size_t input, const char *key, const char *value)
{
    return give_input_to(bench, input, key, value, emit_text);
}

/* A stream's row whose key of the table fails has nothing of the table, also where one before it
 * did. */
static void rows_of_a_join_have_what_is_found(void **state)
{
    (void)state;
    BENCH bench;
    const char *const statements[] = {"CREATE STREAM s (k STRING KEY, a STRING) "
                                      "WITH (KAFKA_TOPIC='in', VALUE_FORMAT='JSON', PARTITIONS=1);",
        "CREATE TABLE t (id STRING PRIMARY KEY, x STRUCT<p STRING, q ARRAY<STRING>>) "
        "WITH (KAFKA_TOPIC='t', VALUE_FORMAT='JSON', PARTITIONS=1);",
        "CREATE STREAM o AS SELECT t.id, s.a, t.x->p AS p FROM s LEFT JOIN t "
        "ON ARRAY['x', 'y'][CAST(s.a AS INT)] = t.id;",
        NULL};
    open_engine(&bench, statements, true);
    const char *const row = "{\"X\":{\"P\":\"a long text of the table\",\"Q\":[\"u\",\"v\"]}}";
    assert_int_equal(give_input(&bench, 0, "a", "{\"A\":\"bad\"}"), 0); /* nothing was ever found */
    assert_true(bench.log.count > 0);
    assert_int_equal(give_input(&bench, 1, "x", row), 0);
    assert_int_equal(give_input(&bench, 0, "a", "{\"A\":\"1\"}"), 0);
    assert_int_equal(bench.log.count, 0);
    assert_int_equal(give_input(&bench, 0, "a", "{\"A\":\"bad\"}"), 0);
    assert_true(bench.log.count > 0);
    JSON *found = entry(&bench, 0);
    json_t *error = json_object_get(json_object_get(found, "message"), "recordProcessingError");
    const char *told = json_string_value(json_object_get(error, "record"));
    assert_non_null(told);
    assert_null(strstr(told, "table"));
    assert_non_null(strstr(told, "\"bad\""));
    assert_string_equal(json_string_value(json_object_get(found, "logger")), "processing.Q.Join");
}

static void limits_hold(void **state)
{
    (void)state;
    BENCH bench;
    open_bench(
        &bench, stream, "CREATE STREAM o AS SELECT k, EXPLODE(a) AS x, 1 / v AS q FROM s;", true);
    struct of_buffer value OF_CLEANUP(of_buffer_release);
    of_buffer_init(&value, 1u << 20);
    for (size_t more = 0; more < 2; more++) { /* as many as are told, and one more */
        of_buffer_clear(&value);
        of_buffer_append_text(&value, "{\"V\":0,\"A\":[null");
        for (size_t i = 1; i < KSQL_TROUBLES_MAX + more; i++)
            of_buffer_append_text(&value, ",null");
        of_buffer_append_text(&value, "]}");
        assert_int_equal(give(&bench, "a", of_buffer_text(&value)), 0);
        assert_int_equal(bench.log.count, KSQL_TROUBLES_MAX + more);
    }
    expect(&bench, KSQL_TROUBLES_MAX, "processing.Q.Project", 1, "recordProcessingError",
        "{\"errorMessage\":\"1 more errors of this record are left out\",\"record\":null,"
        "\"cause\":[\"too many errors of one record\",\"in[0]@7\"]}");
    /* The row [KEY,0,null,["x"]] at its limit, and one byte past it. */
    for (size_t more = 0; more < 2; more++) {
        size_t text = KSQL_TROUBLE_ROW_MAX - strlen("[\"a\",0,null,[\"\"]]") + more;
        of_buffer_clear(&value);
        of_buffer_append_text(&value, "{\"V\":0,\"A\":[\"");
        for (size_t i = 0; i < text; i++)
            of_buffer_append_byte(&value, 'x');
        of_buffer_append_text(&value, "\"]}");
        assert_int_equal(give(&bench, "a", of_buffer_text(&value)), 0);
        JSON *found = entry(&bench, 0);
        json_t *error = json_object_get(json_object_get(found, "message"), "recordProcessingError");
        assert_int_equal(json_is_null(json_object_get(error, "record")), more);
        const char *place = json_string_value(json_array_get(json_object_get(error, "cause"), 1));
        assert_int_equal(strstr(place, "too large") != NULL, more);
    }
    /* Bytes of records that could not be read. */
    for (size_t more = 0; more < 2; more++) {
        of_buffer_clear(&value);
        for (size_t i = 0; i < KSQL_TROUBLE_ROW_MAX + more; i++)
            of_buffer_append_byte(&value, 'x');
        assert_int_equal(give(&bench, "a", of_buffer_text(&value)), OF_INPUT);
        JSON *found = entry(&bench, 0);
        json_t *error = json_object_get(json_object_get(found, "message"), "deserializationError");
        assert_int_equal(json_is_null(json_object_get(error, "recordB64")), more);
        const char *place = json_string_value(json_array_get(json_object_get(error, "cause"), 1));
        assert_int_equal(strstr(place, "too large") != NULL, more);
    }
}

/* What gives the record up is told behind whatever its columns told before. */
static void the_record_is_told_last(void **state)
{
    (void)state;
    struct of_buffer query OF_CLEANUP(of_buffer_release);
    of_buffer_init(&query, 1u << 16);
    of_buffer_append_text(&query, "CREATE STREAM o AS SELECT k");
    for (size_t i = 0; i <= KSQL_TROUBLES_MAX; i++)
        of_buffer_appendf(&query, ", %zu / v AS q%zu", i, i);
    of_buffer_append_text(&query, " FROM s;");
    BENCH bench;
    open_bench(&bench, stream, of_buffer_text(&query), false);
    assert_int_equal(give_to(&bench, "a", "{\"V\":0}", refuse), OF_INPUT);
    assert_int_equal(bench.log.count, KSQL_LOG_ENTRIES_MAX);
    expect(&bench, KSQL_TROUBLES_MAX, "processing.Q.Project", 1, "recordProcessingError",
        "{\"errorMessage\":\"1 more errors of this record are left out\",\"record\":null,"
        "\"cause\":[\"too many errors of one record\",\"in[0]@7\"]}");
    expect(&bench, KSQL_TROUBLES_MAX + 1, "processing.Q.O", 2, "productionError",
        "{\"errorMessage\":\"too large for the broker\"}");
}

static int give_schema(void *context, int32_t id, enum of_schema_type type, const char **text,
    size_t *size, struct of_error *error)
{
    (void)type;
    (void)context;
    (void)id;
    (void)error;
    *text = "{\"type\":\"record\",\"name\":\"r\",\"fields\":[{\"name\":\"T\",\"type\":\"string\"},"
            "{\"name\":\"V\",\"type\":\"int\"}]}";
    *size = strlen(*text);
    return 0;
}

/* Columns that the query has no use for are in it all the same. */
static void rows_of_avro_are_whole(void **state)
{
    (void)state;
    static const char bytes[] = "\0\0\0\0\1\4hi\0"; /* schema 1, "hi", 0 */
    const char *const statements[] = {"CREATE STREAM s (k STRING KEY, t STRING, v INT) "
                                      "WITH (KAFKA_TOPIC='in', VALUE_FORMAT='AVRO', PARTITIONS=1);",
        "CREATE STREAM o WITH (VALUE_FORMAT='JSON') AS SELECT k, 1 / v AS q FROM s;", NULL};
    BENCH bench;
    bench.engine = table_engine(statements);
    ksql_processing_log_init(&bench.log, "Q", true);
    bench.log.topic = "in";
    struct of_error error;
    const struct ksql_run_callbacks callbacks = {.schema = give_schema,
        .trouble = ksql_processing_log_tell,
        .trouble_context = &bench.log,
        .trouble_rows = true};
    const struct ksql_query *found = ksql_engine_query(bench.engine, 0);
    assert_int_equal(ksql_run_new(found, &callbacks, 0, 1, &bench.run, &error), 0);
    const struct ksql_record_in in = {
        .offset = 7, .key = "a", .key_size = 1, .value = bytes, .value_size = sizeof(bytes) - 1};
    bench.log.record = &in;
    assert_int_equal(ksql_run_process(bench.run, &in, emit_text, NULL, &error), 0);
    assert_int_equal(bench.log.count, 1);
    expect(&bench, 0, "processing.Q.Project", 1, "recordProcessingError",
        "{\"errorMessage\":\"Error computing expression (1 / V) for column Q with index 0\","
        "\"record\":\"[\\\"a\\\",\\\"hi\\\",0]\",\"cause\":[\"/ by zero: (1 / V)\",\"in[0]@7\"]}");
}

/* An entry that would be too large goes without its row; and there are never more than there is
 * room for. */
static void entries_are_bounded(void **state)
{
    (void)state;
    struct ksql_processing_log log OF_CLEANUP(ksql_processing_log_release);
    ksql_processing_log_init(&log, "Q", true);
    const struct ksql_record_in in = {.offset = 7};
    OF_FREE char *row = of_alloc(KSQL_LOG_ENTRY_MAX);
    memset(row, 'x', KSQL_LOG_ENTRY_MAX);
    struct ksql_trouble trouble = {.type = KSQL_TROUBLE_PROCESSING,
        .step = "Project",
        .message = "m",
        .cause = "c",
        .row = row,
        .row_size = 1};
    log.topic = "in";
    log.record = &in;
    ksql_processing_log_tell(&log, &trouble);
    size_t rest = ksql_processing_log_entry(&log, 0).length - 1;
    trouble.row_size = KSQL_LOG_ENTRY_MAX - rest;
    ksql_processing_log_tell(&log, &trouble);
    assert_int_equal(ksql_processing_log_entry(&log, 1).length, KSQL_LOG_ENTRY_MAX);
    trouble.row_size++;
    ksql_processing_log_tell(&log, &trouble);
    assert_true(ksql_processing_log_entry(&log, 2).length < rest + 100);
    for (size_t i = 3; i < KSQL_LOG_ENTRIES_MAX + 1; i++) /* one too many */
        ksql_processing_log_tell(&log, &trouble);
    assert_int_equal(log.count, KSQL_LOG_ENTRIES_MAX);
    struct of_text last = ksql_processing_log_entry(&log, KSQL_LOG_ENTRIES_MAX - 1);
    JSON *json = json_loadb(last.data, last.length, 0, NULL);
    assert_non_null(json);
}

/* Long expressions and bytes that are no text do not break an entry. */
static void texts_are_cut(void **state)
{
    (void)state;
    struct of_buffer query OF_CLEANUP(of_buffer_release);
    of_buffer_init(&query, 1u << 16);
    of_buffer_append_text(&query, "CREATE STREAM o AS SELECT k, 1 / v");
    for (size_t i = 0; i < 300; i++)
        of_buffer_append_text(&query, " + v");
    of_buffer_append_text(&query, " AS q FROM s;");
    BENCH bench;
    open_bench(&bench, stream, of_buffer_text(&query), false);
    assert_int_equal(give(&bench, "a", "{\"V\":0}"), 0);
    JSON *found = entry(&bench, 0);
    json_t *error = json_object_get(json_object_get(found, "message"), "recordProcessingError");
    assert_true(
        json_string_length(json_object_get(error, "errorMessage")) <= KSQL_TROUBLE_TEXT_MAX);
    assert_int_equal(give(&bench, "a", "{\"V\": \"\xff\xfe\"}"), OF_INPUT);
    JSON *broken = entry(&bench, 0);
    assert_non_null(broken);
}

/* Of a query's errors the last ones are kept. */
static void errors_are_the_last_ones(void **state)
{
    (void)state;
    struct ksql_task_errors errors OF_CLEANUP(ksql_task_errors_release);
    struct of_error error;
    ksql_task_errors_init(&errors);
    for (unsigned i = 0; i <= KSQL_TASK_ERRORS_MAX; i++) { /* one too many */
        of_fail(&error, i % 2 ? OF_RETRY : OF_FATAL, "number %u", i);
        ksql_task_errors_add(&errors, &error);
    }
    JSON *list = ksql_task_errors_json(&errors);
    assert_int_equal(json_array_size(list), KSQL_TASK_ERRORS_MAX);
    json_t *first = json_array_get(list, 0), *last = json_array_get(list, KSQL_TASK_ERRORS_MAX - 1);
    assert_string_equal(json_string_value(json_object_get(first, "errorMessage")), "number 1");
    assert_string_equal(json_string_value(json_object_get(first, "type")), "SYSTEM");
    assert_string_equal(json_string_value(json_object_get(last, "errorMessage")), "number 10");
    assert_string_equal(json_string_value(json_object_get(last, "type")), "UNKNOWN");
    assert_true(json_integer_value(json_object_get(last, "timestamp")) > 1600000000000);
    of_fail(&error, OF_INPUT, "\xff");
    ksql_task_errors_add(&errors, &error);
    JSON *again = ksql_task_errors_json(&errors);
    assert_int_equal(json_array_size(again), KSQL_TASK_ERRORS_MAX);
    json_t *user = json_array_get(again, KSQL_TASK_ERRORS_MAX - 1);
    assert_string_equal(json_string_value(json_object_get(user, "type")), "USER");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(steps_are_named),
        cmocka_unit_test(records_that_fail_are_told),
        cmocka_unit_test(rows_of_a_join_have_what_is_found),
        cmocka_unit_test(limits_hold),
        cmocka_unit_test(the_record_is_told_last),
        cmocka_unit_test(rows_of_avro_are_whole),
        cmocka_unit_test(entries_are_bounded),
        cmocka_unit_test(texts_are_cut),
        cmocka_unit_test(errors_are_the_last_ones),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
