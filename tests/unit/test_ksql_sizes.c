/* Limits that records meet, each with the largest that passes and one past it: texts, rows, JSON,
 * steps of a regular expression. None is a wrong result: the record is refused. */
#include "unit/ksql_table.h"

#include "ksqld/exec/cast.h"
#include "ksqld/exec/flow.h"
#include "ksqld/exec/record.h"
#include "ksqld/exec/rows.h"
#include "ksqld/functions/pattern.h"
#include "ksqld/plan/metastore.h"
#include "ksqld/serde/input.h"
#include "ksqld/serde/json.h"

#include "state/state.h"

#define MIB (1024u * 1024)
#define RUN OF_CLEANUP(of_cleanup_ksql_run) struct ksql_run
#define ENGINE OF_CLEANUP(of_cleanup_ksql_engine) struct ksql_engine

/* What one record gave. */
struct given {
    size_t rows, value_size;
    char start[64]; /* of the value */
};

static int take_record(void *context, const struct ksql_record_out *record, struct of_error *error)
{
    (void)error;
    struct given *given = context;
    given->rows++;
    given->value_size = record->value_size;
    snprintf(given->start, sizeof(given->start), "%.*s",
        (int)(record->value_size < 60 ? record->value_size : 60), (const char *)record->value);
    return 0;
}

static struct ksql_run *start(
    struct ksql_engine *engine, const struct ksql_run_callbacks *callbacks)
{
    struct ksql_run *run = NULL;
    struct of_error error;
    assert_int_equal(
        ksql_run_new(ksql_engine_query(engine, 0), callbacks, -1, -1, &run, &error), 0);
    return run;
}

static int put(struct ksql_run *run, const char *value, size_t size, struct given *given,
    struct of_error *error)
{
    const struct ksql_record_in in = {
        .key = "k", .key_size = 1, .value = value, .value_size = size};
    *given = (struct given){.rows = 0};
    return ksql_run_process(run, &in, take_record, given, error);
}

/* A value that passes, and one past it, which `why` refuses. */
static void limit(
    struct ksql_run *run, const char *most, const char *more, size_t size, const char *why)
{
    struct given given;
    struct of_error error;
    if (put(run, most, size, &given, &error))
        fail_msg("%s", error.message);
    assert_int_equal(given.rows, 1);
    assert_int_equal(put(run, more, size + 1, &given, &error), OF_INPUT);
    assert_int_equal(given.rows, 0);
    if (!strstr(error.message, why))
        fail_msg("%s\nwanted: %s", error.message, why);
}

#define TEXTS "CREATE STREAM S (V STRING) WITH (KAFKA_TOPIC='s', FORMAT='KAFKA');"

/* ---- texts ---- */

static char *fill(size_t size)
{
    char *text = of_alloc(size + 1);
    memset(text, 'a', size);
    return text;
}

/* A text twice, but for one byte or none. */
static void texts_are_so_long(void **state)
{
    (void)state;
    static const char *const doublings[] = {
        "REPLACE(V, '#', V)", "REGEXP_REPLACE(V, '#', V)", "ARRAY_JOIN(ARRAY[V, V], '')", NULL};
    OF_FREE char *text = fill(KSQL_VALUE_TEXT_MAX / 2 + 1);
    text[0] = '#';
    for (size_t i = 0; doublings[i]; i++) {
        OF_FREE char *query = of_asprintf(
            "CREATE STREAM O WITH (VALUE_FORMAT='DELIMITED') AS SELECT LEN(%s) AS N FROM S;",
            doublings[i]);
        const char *const statements[] = {TEXTS, query, NULL};
        ENGINE *engine = table_engine(statements);
        RUN *run = start(engine, &(struct ksql_run_callbacks){.context = NULL});
        limit(run, text, text, KSQL_VALUE_TEXT_MAX / 2, "A text of more than 16 MiB");
    }
}

static void texts_of_values_are_so_long(void **state)
{
    (void)state;
    static const struct {
        const char *expression;
        size_t around; /* bytes */
    } cases[] = {{"CAST(ARRAY[V] AS STRING)", 2}, {"TO_JSON_STRING(V)", 2}};
    OF_FREE char *text = fill(KSQL_VALUE_TEXT_MAX);
    for (size_t i = 0; i < OF_COUNT(cases); i++) {
        OF_FREE char *query = of_asprintf(
            "CREATE STREAM O WITH (VALUE_FORMAT='DELIMITED') AS SELECT LEN(%s) AS N FROM S;",
            cases[i].expression);
        const char *const statements[] = {TEXTS, query, NULL};
        ENGINE *engine = table_engine(statements);
        RUN *run = start(engine, &(struct ksql_run_callbacks){.context = NULL});
        limit(run, text, text, KSQL_VALUE_TEXT_MAX - cases[i].around, "A text of more than 16 MiB");
    }
}

#define NUMBERS "CREATE STREAM S (V INT) WITH (KAFKA_TOPIC='s', FORMAT='DELIMITED');"

static void padding_and_series_are_so_long(void **state)
{
    (void)state;
    static const struct {
        const char *expression, *most, *more, *why;
    } cases[] = {
        {"LEN(LPAD('', V, 'ab'))", "16777216", "16777217", "So long a padded text"},
        {"ARRAY_LENGTH(GENERATE_SERIES(1, V))", "1048576", "1048577", "series"},
    };
    for (size_t i = 0; i < OF_COUNT(cases); i++) {
        OF_FREE char *query =
            of_asprintf("CREATE STREAM O WITH (VALUE_FORMAT='DELIMITED') AS SELECT %s AS N FROM S;",
                cases[i].expression);
        const char *const statements[] = {NUMBERS, query, NULL};
        ENGINE *engine = table_engine(statements);
        RUN *run = start(engine, &(struct ksql_run_callbacks){.context = NULL});
        struct given given;
        struct of_error error;
        if (put(run, cases[i].most, strlen(cases[i].most), &given, &error))
            fail_msg("%s", error.message);
        assert_string_equal(given.start, cases[i].most);
        assert_int_equal(put(run, cases[i].more, strlen(cases[i].more), &given, &error), OF_INPUT);
        assert_non_null(strstr(error.message, cases[i].why));
    }
}

/* What one expression makes without end, or many do, ends the record and not the process. */
static void values_take_so_much_memory(void **state)
{
    (void)state;
    static const char *const expressions[] = {
        "ARRAY_LENGTH(TRANSFORM(GENERATE_SERIES(1, V), X => LPAD('', 16000000, 'ab')))",
        "ARRAY_LENGTH(TRANSFORM(GENERATE_SERIES(1, V), X => GENERATE_SERIES(1, 100000)))",
        "ARRAY_LENGTH(TRANSFORM(GENERATE_SERIES(1, V), X => "
        "CAST(GENERATE_SERIES(1, 100000) AS STRING)))",
        "ARRAY_LENGTH(TRANSFORM(GENERATE_SERIES(1, V * 10000), X => ARRAY[X, X, X, X, X, X]))",
    };
    for (size_t i = 0; i <= OF_COUNT(expressions); i++) { /* the first one in WHERE, too */
        bool where = i == OF_COUNT(expressions);
        const char *expression = expressions[where ? 0 : i];
        OF_FREE char *query = of_asprintf(where ? "CREATE STREAM O AS SELECT V FROM S WHERE %s = 0;"
                                                : "CREATE STREAM O AS SELECT %s AS N FROM S;",
            expression);
        const char *const statements[] = {NUMBERS, query, NULL};
        ENGINE *engine = table_engine(statements);
        RUN *run = start(engine, &(struct ksql_run_callbacks){.context = NULL});
        struct given given;
        struct of_error error;
        assert_int_equal(put(run, "2", 1, &given, &error), 0);
        assert_int_equal(put(run, "50", 2, &given, &error), OF_INPUT);
        assert_int_equal(given.rows, 0);
        assert_non_null(strstr(error.message, "134217728 bytes of memory"));
        assert_int_equal(put(run, "2", 1, &given, &error), 0);
    }
}

/* ---- rows ---- */

#define COLUMNS "A STRING, B STRING, C STRING, D STRING, E STRING"

/* Five cells with four commas. */
static char *make_row(size_t size)
{
    char *row = fill(size);
    for (size_t i = 1; i < 5; i++)
        row[i * (size / 5)] = ',';
    return row;
}

static void written_rows_are_so_large(void **state)
{
    (void)state;
    static const char *const statements[] = {"CREATE STREAM S (" COLUMNS
                                             ") WITH (KAFKA_TOPIC='s', FORMAT='DELIMITED');",
        "CREATE STREAM O WITH (VALUE_FORMAT='DELIMITED') AS SELECT * FROM S;", NULL};
    OF_FREE char *row = make_row(KSQL_RECORD_BYTES_MAX + 1);
    ENGINE *engine = table_engine(statements);
    RUN *run = start(engine, &(struct ksql_run_callbacks){.context = NULL});
    limit(run, row, row, KSQL_RECORD_BYTES_MAX, "the value is longer than 67108864 bytes");
}

/* As INSERT INTO ... VALUES and /inserts-stream write them. */
static void inserted_rows_are_so_large(void **state)
{
    (void)state;
    static const char *const statements[] = {
        "CREATE STREAM S (" COLUMNS ") WITH (KAFKA_TOPIC='s', FORMAT='DELIMITED');", NULL};
    static const int32_t ids[2] = {-1, -1};
    ENGINE *engine = table_engine(statements);
    OF_FREE char *text = fill(KSQL_RECORD_BYTES_MAX);
    OF_CLEANUP(ksql_record_writer_release) struct ksql_record_writer writer;
    ksql_record_writer_init(&writer, ksql_engine_source_find(engine, "S"), ids);
    for (size_t more = 0; more < 2; more++) {
        const struct ksql_value values[5] = {{.text = {text, KSQL_RECORD_BYTES_MAX - 4 - 4 + more}},
            {.text = {"a", 1}}, {.text = {"a", 1}}, {.text = {"a", 1}}, {.text = {"a", 1}}};
        struct ksql_record_out record = {.timestamp = 0};
        struct of_error error;
        assert_int_equal(
            ksql_record_write(&writer, values, &record, &error), more ? OF_INPUT : OF_OK);
        if (more)
            assert_non_null(strstr(error.message, "the value is longer than 67108864 bytes"));
        else
            assert_int_equal(record.value_size, KSQL_RECORD_BYTES_MAX);
    }
}

/* What a table keeps of a row: its time, each column with its length, the pseudo columns. */
static void kept_rows_are_so_large(void **state)
{
    (void)state;
    static const char *const statements[] = {"CREATE TABLE S (K STRING PRIMARY KEY, " COLUMNS
                                             ") WITH (KAFKA_TOPIC='s', "
                                             "FORMAT='DELIMITED');",
        "CREATE TABLE O AS SELECT K, LEN(A) AS N FROM S WHERE E <> '';", NULL};
    const size_t around = 8 + 6 * (1 + 4) + 1 + 8 * KSQL_PSEUDO_COUNT;
    const size_t size = KSQL_ROW_BYTES_MAX - around + 4; /* the commas are not kept */
    OF_FREE char *row = make_row(size + 1);
    ENGINE *engine = table_engine(statements);
    RUN *run = start(engine, &(struct ksql_run_callbacks){.context = NULL});
    limit(run, row, row, size, "the row is longer than 67108864 bytes");
}

/* {"V":"aaa..."} with so many bytes of text, in the room for as many. */
static int put_text(
    struct ksql_run *run, char *room, size_t size, struct given *given, struct of_error *error)
{
    size_t head = strlen("{\"V\":\"");
    memcpy(room + head + size, "\"}", 2);
    int result = put(run, room, head + size + 2, given, error);
    memset(room + head + size, 'a', 2);
    return result;
}

static void kept_groups_are_so_large(void **state)
{
    (void)state;
    static const char *const statements[] = {
        "CREATE STREAM S (K STRING KEY, V STRING) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');",
        "CREATE TABLE O AS SELECT K, LATEST_BY_OFFSET(V) AS L FROM S GROUP BY K "
        "HAVING LEN(LATEST_BY_OFFSET(V)) < 0;",
        NULL};
    OF_FREE char *room = fill(KSQL_ROW_BYTES_MAX + 16);
    struct given given;
    struct of_error error;
    /* Its time, and what the function keeps: the text, its length and where the row came. */
    const size_t low = KSQL_ROW_BYTES_MAX - (8 + 1 + (1 + 8) + (1 + 4));
    ENGINE *engine = table_engine(statements);
    RUN *run = start(engine, &(struct ksql_run_callbacks){.context = NULL});
    memcpy(room, "{\"V\":\"", strlen("{\"V\":\""));
    assert_int_equal(put_text(run, room, low, &given, &error), 0);
    assert_int_equal(put_text(run, room, low + 1, &given, &error), OF_INPUT);
    assert_non_null(strstr(error.message, "what is kept of a group is longer than 67108864 bytes"));
}

/* A row of a push query, as a JSON array. */
static void told_rows_are_so_large(void **state)
{
    (void)state;
    static const char *const statements[] = {TEXTS, NULL};
    static const char query[] = "SELECT V FROM S EMIT CHANGES;";
    const struct ksql_prepare_options options = {.queries = true};
    struct ksql_failure failure OF_CLEANUP(ksql_failure_release) = {0};
    struct ksql_statement *statement OF_CLEANUP(of_cleanup_ksql_statement) = NULL;
    struct of_error error;
    ENGINE *engine = table_engine(statements);
    assert_int_equal(
        ksql_engine_prepare(engine, query, strlen(query), &options, &statement, &failure), 0);
    RUN *run = NULL;
    assert_int_equal(ksql_run_new(statement->query, &(struct ksql_run_callbacks){.context = NULL},
                         -1, -1, &run, &error),
        0);
    OF_FREE char *text = fill(KSQL_ANSWER_ROW_MAX);
    limit(run, text, text, KSQL_ANSWER_ROW_MAX - 4, "a row is longer than 67108864 bytes");
}

/* What one record changes can be taken back: up to a limit, which is that of a buffer. */
static void changes_are_so_many(void **state)
{
    (void)state;
    OF_CLEANUP(of_cleanup_ksql_state) struct ksql_state *memory = ksql_state_memory(10000);
    OF_CLEANUP(ksql_undo_release) struct ksql_undo undo;
    const struct ksql_state_bytes key = {"k", 1}, old = {"old", 3}, new = {"new", 3};
    struct ksql_state_bytes found;
    struct of_error error;
    ksql_undo_init(&undo);
    assert_int_equal(undo.bytes.limit, KSQL_UNDO_MAX);
    memory->undo = &undo;
    assert_int_equal(ksql_state_put(memory, &key, &old, &error), 0);
    size_t one = undo.bytes.length + old.size; /* of an entry that was there */
    ksql_undo_clear(&undo);
    undo.bytes.limit = 2 * one;
    assert_int_equal(ksql_state_put(memory, &key, &new, &error), 0);
    assert_int_equal(ksql_state_put(memory, &key, &new, &error), 0);
    assert_int_equal(ksql_state_put(memory, &key, &new, &error), OF_INPUT);
    assert_non_null(strstr(error.message, "what one record changes"));
    ksql_undo_apply(&undo, memory);
    assert_true(ksql_state_get(memory, &key, &found));
    assert_memory_equal(found.data, "old", 3);
    memory->undo = NULL;
}

/* ---- JSON ---- */

/* An array of so many values, itself included. */
static char *make_array(size_t values)
{
    size_t size = 2 * values - 1;
    char *text = of_alloc(size + 1);
    memset(text, ',', size);
    for (size_t i = 1; i < size; i += 2)
        text[i] = '0';
    text[0] = '[';
    text[size - 1] = ']';
    return text;
}

static void json_has_so_many_values(void **state)
{
    (void)state;
    static const char *const statements[] = {TEXTS,
        "CREATE STREAM O WITH (VALUE_FORMAT='DELIMITED') AS SELECT JSON_ARRAY_LENGTH(V) AS N FROM "
        "S;",
        NULL};
    ENGINE *engine = table_engine(statements);
    RUN *run = start(engine, &(struct ksql_run_callbacks){.context = NULL});
    for (size_t values = KSQL_JSON_NODES_MAX; values <= KSQL_JSON_NODES_MAX + 1; values++) {
        OF_FREE char *text = make_array(values);
        OF_CLEANUP(ksql_arena_release) struct ksql_arena arena = {.chunk = NULL};
        const struct ksql_json *json;
        struct given given;
        struct of_error error;
        bool more = values > KSQL_JSON_NODES_MAX;
        assert_int_equal(
            ksql_json_parse(&arena, text, strlen(text), &json, &error), more ? OF_INPUT : OF_OK);
        assert_int_equal(put(run, text, strlen(text), &given, &error), more ? OF_INPUT : OF_OK);
        if (more)
            assert_non_null(strstr(error.message, "JSON of so many values"));
        else
            assert_string_equal(given.start, "1048575");
    }
}

/* Jackson reads deeper: no answer is better than a wrong one. */
static void json_in_texts_is_so_deep(void **state)
{
    (void)state;
    static const char *const statements[] = {TEXTS,
        "CREATE STREAM O WITH (VALUE_FORMAT='DELIMITED') AS SELECT IS_JSON_STRING(V) AS N FROM S;",
        NULL};
    char most[2 * KSQL_JSON_DEPTH_MAX + 1], more[2 * KSQL_JSON_DEPTH_MAX + 3];
    struct given given;
    struct of_error error;
    ENGINE *engine = table_engine(statements);
    RUN *run = start(engine, &(struct ksql_run_callbacks){.context = NULL});
    memset(most, '[', KSQL_JSON_DEPTH_MAX);
    memset(most + KSQL_JSON_DEPTH_MAX, ']', KSQL_JSON_DEPTH_MAX);
    memset(more, '[', KSQL_JSON_DEPTH_MAX + 1);
    memset(more + KSQL_JSON_DEPTH_MAX + 1, ']', KSQL_JSON_DEPTH_MAX + 1);
    assert_int_equal(put(run, most, sizeof(most) - 1, &given, &error), 0);
    assert_string_equal(given.start, "true");
    assert_int_equal(put(run, more, sizeof(more) - 1, &given, &error), OF_INPUT);
    assert_int_equal(put(run, "[", 1, &given, &error), 0);
    assert_string_equal(given.start, "false");
}

/* ---- regular expressions ---- */

/* A step a character; how many there are besides is PCRE2's business. */
static void searches_have_so_many_steps(void **state)
{
    (void)state;
    static const char *const statements[] = {TEXTS,
        "CREATE STREAM O WITH (VALUE_FORMAT='DELIMITED') AS SELECT REGEXP_EXTRACT('^.*?[0-9]', V) "
        "IS NULL AS N FROM S;",
        NULL};
    OF_FREE char *text = fill(KSQL_PATTERN_STEPS_MAX + 1);
    size_t low = KSQL_PATTERN_STEPS_MAX - 100, high = KSQL_PATTERN_STEPS_MAX + 1;
    struct given given;
    struct of_error error;
    ENGINE *engine = table_engine(statements);
    RUN *run = start(engine, &(struct ksql_run_callbacks){.context = NULL});
    while (high - low > 1) {
        size_t middle = (low + high) / 2;
        *(put(run, text, middle, &given, &error) ? &high : &low) = middle;
    }
    limit(run, text, text, low, "A regular expression that takes so many steps");
    assert_int_equal(put(run, text, low, &given, &error), 0); /* it was no failure of the run */
    assert_string_equal(given.start, "true");
}

/* Each of the matches once took memory of its own. */
static void matches_may_be_many(void **state)
{
    (void)state;
    static const char *const statements[] = {TEXTS,
        "CREATE STREAM O WITH (VALUE_FORMAT='DELIMITED') AS SELECT "
        "ARRAY_LENGTH(REGEXP_EXTRACT_ALL('a', V)) AS N, "
        "ARRAY_LENGTH(REGEXP_SPLIT_TO_ARRAY(V, 'a')) AS M FROM S;",
        NULL};
    OF_FREE char *text = fill(MIB / 2);
    struct given given;
    struct of_error error;
    ENGINE *engine = table_engine(statements);
    RUN *run = start(engine, &(struct ksql_run_callbacks){.context = NULL});
    if (put(run, text, MIB / 2, &given, &error))
        fail_msg("%s", error.message);
    assert_string_equal(given.start, "524288,524289");
}

/* ---- schemas ---- */

static int any_schema(void *context, int32_t id, enum of_schema_type type, const char **text,
    size_t *size, struct of_error *error)
{
    (void)type;
    (void)context;
    (void)id;
    (void)error;
    *text = "{\"type\":\"record\",\"name\":\"R\",\"fields\":[{\"name\":\"V\",\"type\":\"int\"}]}";
    *size = strlen(*text);
    return 0;
}

static void a_topic_has_so_many_schemas(void **state)
{
    (void)state;
    static const char *const statements[] = {
        "CREATE STREAM S (V INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='AVRO');",
        "CREATE STREAM O WITH (VALUE_FORMAT='DELIMITED') AS SELECT V FROM S;", NULL};
    struct given given;
    struct of_error error;
    ENGINE *engine = table_engine(statements);
    RUN *run = start(engine, &(struct ksql_run_callbacks){.schema = any_schema});
    for (int32_t id = 1; id <= (int32_t)KSQL_WRITERS_MAX + 1; id++) {
        const char bytes[6] = {0, 0, 0, (char)(id >> 8), (char)id, 2};
        bool more = id > (int32_t)KSQL_WRITERS_MAX;
        assert_int_equal(put(run, bytes, sizeof(bytes), &given, &error), more ? OF_INPUT : OF_OK);
        if (more)
            assert_non_null(strstr(error.message, "more than 1024 schema ids"));
        else
            assert_string_equal(given.start, "1");
    }
}

static void there_are_so_many_types(void **state)
{
    (void)state;
    static const char *const none[] = {NULL};
    ENGINE *engine = table_engine(none);
    for (unsigned i = 0; i <= KSQL_TYPES_MAX; i++) {
        struct ksql_failure failure OF_CLEANUP(ksql_failure_release) = {0};
        struct ksql_statement *statement OF_CLEANUP(of_cleanup_ksql_statement) = NULL;
        const struct ksql_prepare_options options = {0};
        struct of_error error;
        OF_FREE char *text = of_asprintf("CREATE TYPE T%u AS INTEGER;", i);
        int result =
            ksql_engine_prepare(engine, text, strlen(text), &options, &statement, &failure);
        assert_int_equal(result, i < KSQL_TYPES_MAX ? OF_OK : OF_INPUT);
        if (result)
            assert_non_null(strstr(failure.message, "more than 4096 types"));
        else
            assert_int_equal(ksql_engine_apply(engine, statement, i, &error), 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts_are_so_long),
        cmocka_unit_test(texts_of_values_are_so_long),
        cmocka_unit_test(padding_and_series_are_so_long),
        cmocka_unit_test(values_take_so_much_memory),
        cmocka_unit_test(written_rows_are_so_large),
        cmocka_unit_test(inserted_rows_are_so_large),
        cmocka_unit_test(kept_rows_are_so_large),
        cmocka_unit_test(kept_groups_are_so_large),
        cmocka_unit_test(told_rows_are_so_large),
        cmocka_unit_test(changes_are_so_many),
        cmocka_unit_test(json_has_so_many_values),
        cmocka_unit_test(json_in_texts_is_so_deep),
        cmocka_unit_test(searches_have_so_many_steps),
        cmocka_unit_test(matches_may_be_many),
        cmocka_unit_test(a_topic_has_so_many_schemas),
        cmocka_unit_test(there_are_so_many_types),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
