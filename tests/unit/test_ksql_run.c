/* Queries on records: byte for byte what a real ksqlDB wrote for the same input, and what is made
 * of bad records. */
#include "unit/ksql_golden.h"

#include "ksqld/serde/avro_reader.h"

#include <stdint.h>

/* ---- records ---- */

struct record {
    char *topic;
    uint8_t *key, *value; /* NULL: null */
    size_t key_size, value_size;
    int64_t timestamp;
};

struct records {
    struct record *items;
    size_t count;
};

static void free_record(struct record *record)
{
    free(record->topic);
    free(record->key);
    free(record->value);
}

static void release_records(struct records *records)
{
    for (size_t i = 0; i < records->count; i++) {
        free_record(&records->items[i]);
    }
    free(records->items);
}
#define RECORDS OF_CLEANUP(release_records)

static uint8_t *copy(const void *bytes, size_t size)
{
    return bytes ? memcpy(of_alloc(size + 1), bytes, size) : NULL;
}

static void add_record(
    struct records *records, const char *topic, const struct ksql_record_out *record)
{
    records->items = of_realloc_array(records->items, records->count + 1, sizeof(*records->items));
    records->items[records->count++] = (struct record){of_strdup(topic),
        copy(record->key, record->key_size), copy(record->value, record->value_size),
        record->key_size, record->value_size, record->timestamp};
}

static uint8_t *decode_base64(const json_t *json, size_t *size)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    *size = 0;
    if (!json_is_string(json))
        return NULL;
    const char *text = json_string_value(json);
    uint8_t *bytes = of_alloc(strlen(text) + 1);
    uint32_t bits = 0;
    for (size_t i = 0; text[i] && text[i] != '='; i++) {
        bits = bits << 6 | (uint32_t)(strchr(digits, text[i]) - digits);
        if (i % 4)
            bytes[(*size)++] = (uint8_t)(bits >> (6 - 2 * (i % 4)));
    }
    return bytes;
}

static void load_records(const struct golden *golden, const char *name, struct records *records)
{
    size_t index;
    json_t *json;
    json_array_foreach(json_object_get(golden->json, name), index, json)
    {
        struct ksql_record_out out = {
            .timestamp = json_integer_value(json_object_get(json, "timestamp"))};
        uint8_t *key OF_FREE = decode_base64(json_object_get(json, "key"), &out.key_size);
        uint8_t *value OF_FREE = decode_base64(json_object_get(json, "value"), &out.value_size);
        out.key = key;
        out.value = value;
        add_record(records, json_string_value(json_object_get(json, "topic")), &out);
    }
}

/* ---- running ---- */

struct sink {
    struct records *records;
    const char *topic;
};

static int collect(void *context, const struct ksql_record_out *record, struct of_error *error)
{
    (void)error;
    struct sink *sink = context;
    add_record(sink->records, sink->topic, record);
    return 0;
}

static int schema_by_id(void *context, int32_t id, enum of_schema_type type, const char **text,
    size_t *size, struct of_error *error)
{
    (void)type;
    const struct golden *golden = context;
    const char *name;
    json_t *subject;
    json_object_foreach(json_object_get(golden->json, "subjects"), name, subject)
    {
        if (json_integer_value(json_object_get(subject, "id")) != id)
            continue;
        *text = json_string_value(json_object_get(subject, "schema"));
        *size = strlen(*text);
        return 0;
    }
    return of_fail(error, OF_INPUT, "unknown schema id %d", id);
}

static int32_t subject_id(const struct golden *golden, const char *topic)
{
    char *subject OF_FREE = of_asprintf("%s-value", topic);
    json_t *entry = json_object_get(json_object_get(golden->json, "subjects"), subject);
    return (int32_t)json_integer_value(json_object_get(entry, "id"));
}

static struct ksql_run *start(
    struct golden *golden, const struct ksql_query *query, int32_t value_id)
{
    struct ksql_run *run = NULL;
    struct ksql_run_callbacks callbacks = {golden, schema_by_id};
    struct of_error error;
    assert_int_equal(ksql_run_new(query, &callbacks, 0, value_id, &run, &error), 0);
    return run;
}

static int process(struct ksql_run *run, const struct record *record, struct records *out,
    const char *topic, struct of_error *error)
{
    struct ksql_record_in in = {.timestamp = record->timestamp,
        .key = record->key,
        .key_size = record->key_size,
        .value = record->value,
        .value_size = record->value_size};
    struct sink sink = {out, topic};
    return ksql_run_process(run, &in, collect, &sink, error);
}

/* Feeds all records of the query's topic; yields how many could not be read. */
static size_t run_query(struct golden *golden, const struct ksql_query *query,
    const struct records *in, struct records *out)
{
    struct ksql_run *run OF_CLEANUP(of_cleanup_ksql_run) =
        start(golden, query, subject_id(golden, query->sink_topic));
    size_t bad = 0;
    for (size_t i = 0; i < in->count; i++) {
        struct of_error error;
        if (strcmp(in->items[i].topic, query->source_topics[0]) == 0)
            bad += process(run, &in->items[i], out, query->sink_topic, &error) != 0;
    }
    assert_int_equal(ksql_run_expression_errors(run), 0);
    return bad;
}

/* ---- the recording ---- */

static int compare_bytes(const uint8_t *a, size_t a_size, const uint8_t *b, size_t b_size)
{
    if (!a || !b)
        return (a != NULL) - (b != NULL);
    int order = memcmp(a, b, a_size < b_size ? a_size : b_size);
    return order ? order : (a_size > b_size) - (a_size < b_size);
}

static int compare_records(const void *left, const void *right)
{
    const struct record *a = left, *b = right;
    int order = strcmp(a->topic, b->topic);
    if (!order)
        order = (a->timestamp > b->timestamp) - (a->timestamp < b->timestamp);
    if (!order)
        order = compare_bytes(a->key, a->key_size, b->key, b->key_size);
    return order ? order : compare_bytes(a->value, a->value_size, b->value, b->value_size);
}

static void assert_same_records(struct records *found, struct records *expected)
{
    qsort(found->items, found->count, sizeof(*found->items), compare_records);
    qsort(expected->items, expected->count, sizeof(*expected->items), compare_records);
    for (size_t i = 0; i < found->count && i < expected->count; i++) {
        if (compare_records(&found->items[i], &expected->items[i]) != 0)
            fail_msg("record %zu: %s at %lld, expected %s at %lld", i, found->items[i].topic,
                (long long)found->items[i].timestamp, expected->items[i].topic,
                (long long)expected->items[i].timestamp);
    }
    assert_int_equal(found->count, expected->count);
}

/* The last record of each key: the table. */
static void keep_last(struct records *records)
{
    size_t kept = 0;
    for (size_t i = 0; i < records->count; i++) {
        struct record *record = &records->items[i];
        bool later = false;
        for (size_t j = i + 1; j < records->count && !later; j++)
            later = compare_bytes(record->key, record->key_size, records->items[j].key,
                        records->items[j].key_size) == 0;
        if (later)
            free_record(record);
        else
            records->items[kept++] = *record;
    }
    records->count = kept;
}

static struct ksql_engine *recorded_engine(struct golden *golden)
{
    struct ksql_engine *engine = golden_engine(golden);
    size_t index;
    json_t *talk;
    json_array_foreach(json_object_get(golden->json, "talk"), index, talk)
    {
        const json_t *answer = json_object_get(talk, "answer");
        const char *text = json_string_value(json_object_get(talk, "statement"));
        json_t *sequence = json_object_get(answer, "commandSequenceNumber");
        if (sequence)
            run_statement(engine, text, json_integer_value(sequence), false);
    }
    return engine;
}

static void test_recorded_outputs(void **state)
{
    (void)state;
    struct golden golden GOLDEN_OWNER;
    golden_load(&golden);
    struct ksql_engine *engine OF_CLEANUP(of_cleanup_ksql_engine) = recorded_engine(&golden);
    struct records in RECORDS = {0}, out RECORDS = {0};
    struct records expected RECORDS = {0}, rows RECORDS = {0}, expected_rows RECORDS = {0};
    load_records(&golden, "inputs", &in);
    load_records(&golden, "outputs", &expected);
    load_records(&golden, "table_outputs", &expected_rows);
    size_t bad = 0;
    for (size_t i = 0; i < ksql_engine_query_count(engine); i++) {
        const struct ksql_query *query = ksql_engine_query(engine, i);
        bool second = strcmp(query->source_topics[0], "rec_item_exploded") == 0;
        bool table = strncmp(query->id, "CTAS", 4) == 0;
        bad += run_query(&golden, query, second ? &out : &in, table ? &rows : &out);
    }
    assert_same_records(&out, &expected);
    keep_last(&rows); /* what comes between depends on caches */
    keep_last(&expected_rows);
    assert_int_equal(expected_rows.count, 17);
    assert_same_records(&rows, &expected_rows);
    assert_int_equal(bad, 8); /* two undecodable values, four queries over their topic */
}

static void test_recorded_schemas(void **state)
{
    (void)state;
    struct golden golden GOLDEN_OWNER;
    golden_load(&golden);
    struct ksql_engine *engine OF_CLEANUP(of_cleanup_ksql_engine) = recorded_engine(&golden);
    assert_int_equal(ksql_engine_query_count(engine), 7);
    for (size_t i = 0; i < ksql_engine_query_count(engine); i++) {
        const struct ksql_query *query = ksql_engine_query(engine, i);
        assert_string_equal(query->sink_value_schema, golden_schema(&golden, query->sink_topic));
    }
}

/* ---- bad records ---- */

static const char *const all[] = {"CSAS_CLOSED_3", "CSAS_ITEM_EXPLODED_13", "ORDER_INFO_FINISHED"};

/* The first order with lines, cut at every byte: never more than an INPUT error. What a query does
 * not read it skips, but it still has to be there. */
static void test_truncated(void **state)
{
    (void)state;
    struct golden golden GOLDEN_OWNER;
    golden_load(&golden);
    struct ksql_engine *engine OF_CLEANUP(of_cleanup_ksql_engine) = recorded_engine(&golden);
    struct records in RECORDS = {0}, out RECORDS = {0};
    load_records(&golden, "inputs", &in);
    const struct record *record = NULL;
    for (size_t i = 0; i < in.count; i++) {
        if (!record || in.items[i].value_size > record->value_size)
            record = &in.items[i];
    }
    for (size_t q = 0; q < OF_COUNT(all); q++) {
        struct ksql_run *run OF_CLEANUP(of_cleanup_ksql_run) =
            start(&golden, ksql_engine_query_find(engine, all[q]), 1);
        for (size_t size = 0; size < record->value_size; size++) {
            struct of_error error;
            struct record cut = *record;
            uint8_t *exact OF_FREE = of_alloc(size ? size : 1); /* so that valgrind sees the end */
            memcpy(exact, record->value, size);
            cut.value = exact;
            cut.value_size = size;
            assert_int_equal(process(run, &cut, &out, "x", &error), OF_INPUT);
        }
    }
    assert_int_equal(out.count, 0);
}

static void set_bytes(struct record *record, const void *bytes, size_t size)
{
    free(record->value);
    record->value = copy(bytes, size);
    record->value_size = size;
}

static void test_bad_framing(void **state)
{
    (void)state;
    struct golden golden GOLDEN_OWNER;
    golden_load(&golden);
    struct ksql_engine *engine OF_CLEANUP(of_cleanup_ksql_engine) = recorded_engine(&golden);
    struct records in RECORDS = {0}, out RECORDS = {0};
    struct ksql_record_out empty = {.key = "1", .key_size = 1};
    add_record(&in, "x", &empty);
    struct ksql_run *run OF_CLEANUP(of_cleanup_ksql_run) =
        start(&golden, ksql_engine_query_find(engine, all[0]), 1);
    static const struct {
        const char *bytes;
        size_t size;
    } cases[] = {{"", 0}, {"\0\0\0\0", 4}, {"\1\0\0\0\6x", 6}, {"\0\0\0\0\7\0", 6}, {"{}", 2},
        {"\0\0\0\0\x17\0", 6}};
    for (size_t i = 0; i < OF_COUNT(cases); i++) {
        struct of_error error;
        set_bytes(&in.items[0], cases[i].bytes, cases[i].size);
        assert_int_equal(process(run, &in.items[0], &out, "x", &error), OF_INPUT);
    }
    assert_int_equal(out.count, 0);
}

/* ---- writers of other schemas ---- */

struct writer_case {
    const char *schema, *bytes;
    size_t size;
    const char *expected; /* the value written, behind its frame; NULL: INPUT */
    size_t expected_size;
    const char *message;
};

static int writer_schema(void *context, int32_t id, enum of_schema_type type, const char **text,
    size_t *size, struct of_error *error)
{
    (void)type;
    (void)id;
    (void)error;
    *text = context;
    *size = strlen(context);
    return 0;
}

static void check_writer(const struct ksql_query *query, const struct writer_case *writer)
{
    struct records out RECORDS = {0};
    struct ksql_run *run OF_CLEANUP(of_cleanup_ksql_run) = NULL;
    char *schema OF_FREE =
        of_asprintf("{\"type\":\"record\",\"name\":\"R\",\"fields\":[%s]}", writer->schema);
    struct ksql_run_callbacks callbacks = {schema, writer_schema};
    struct of_error error;
    uint8_t bytes[64] = {0, 0, 0, 0, 1};
    memcpy(bytes + 5, writer->bytes, writer->size);
    struct record record = {.value = bytes, .value_size = 5 + writer->size};
    assert_int_equal(ksql_run_new(query, &callbacks, 0, 1, &run, &error), 0);
    int status = process(run, &record, &out, "x", &error);
    if (!writer->expected) {
        assert_int_equal(status, OF_INPUT);
        assert_string_equal(error.message, writer->message);
        assert_int_equal(process(run, &record, &out, "x", &error), OF_INPUT); /* remembered */
        return;
    }
    if (status)
        fail_msg("%s: %s", writer->schema, error.message);
    assert_int_equal(out.items[0].value_size, writer->expected_size + 5);
    assert_memory_equal(out.items[0].value + 5, writer->expected, writer->expected_size);
}

/* Fields are found by name; missing ones are NULL, whatever default the schema has. */
static void test_writers(void **state)
{
    (void)state;
    static const struct writer_case cases[] = {
        {"{\"name\":\"a\",\"type\":\"long\"},{\"name\":\"b\",\"type\":\"string\"}", "\2\2x", 3,
            "\2\2\2\2x", 5, NULL},
        {"{\"name\":\"B\",\"type\":\"string\"},{\"name\":\"x\",\"type\":{\"type\":\"array\","
         "\"items\":{\"type\":\"map\",\"values\":[\"null\",\"double\"]}}},{\"name\":\"A\","
         "\"type\":\"int\"}",
            "\2x\1\26\2\2k\0\0\0\4", 11, "\2\4\2\2x", 5, NULL},
        {"{\"name\":\"a\",\"type\":[\"string\",\"null\"]}", "", 0, NULL, 0,
            "schema id 1: Cannot deserialize type string as type BIGINT for path: a"},
        {"{\"name\":\"a\",\"type\":[\"long\",\"null\"]}", "\2", 1, "\0\0", 2, NULL},
        {"{\"name\":\"b\",\"type\":[\"int\",\"string\"]}", "\0\2", 2, NULL, 0,
            "schema id 1: Field b of the Avro schema: a union of several types is not supported by "
            "this runner."},
        {"{\"name\":\"b\",\"type\":\"float\"}", "\0\0\xc0\x3f", 4,
            "\0\2\6"
            "1.5",
            6, NULL},
        {"{\"name\":\"b\",\"type\":{\"type\":\"enum\",\"name\":\"E\",\"symbols\":[\"P\",\"QQ\"]}}",
            "\2", 1, "\0\2\4QQ", 5, NULL},
        {"{\"name\":\"b\",\"type\":\"int\"}", "\3", 1, "\0\2\4-2", 5, NULL},
        {"{\"name\":\"b\",\"type\":\"boolean\"}", "\1", 1, "\0\2\10true", 7, NULL},
        {"{\"name\":\"b\",\"type\":\"string\"}", "\2\xff", 2, NULL, 0,
            "value: b: a string that is not UTF-8 at byte 2"},
        {"{\"name\":\"a\",\"type\":\"long\"}", "\2trailing", 9, "\2\2\0", 3, NULL},
        {"{\"name\":\"b\",\"type\":\"string\",\"default\":\"d\"}", "\0", 1, "\0\2\0", 3, NULL},
        {"{\"name\":\"x\",\"type\":[\"null\",\"R\"]}", "\2\2\0", 3, "\0\0", 2, NULL},
        {"{\"name\":\"a\",\"type\":\"nowhere\"}", "\2", 1, NULL, 0,
            "schema id 1: schema: nowhere: an unknown type"},
    };
    struct ksql_engine *engine OF_CLEANUP(of_cleanup_ksql_engine) =
        ksql_engine_new(&(struct ksql_callbacks){0});
    run_statement(engine,
        "CREATE STREAM s (a BIGINT, b STRING) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='AVRO');", 0,
        false);
    run_statement(engine, "CREATE STREAM o AS SELECT * FROM s;", 2, false);
    for (size_t i = 0; i < OF_COUNT(cases); i++)
        check_writer(ksql_engine_query_find(engine, "CSAS_O_1"), &cases[i]);
}

/* A schema that refers to itself: skipping stops before the stack does. */
static void test_deep_skip(void **state)
{
    (void)state;
    char bytes[200];
    memset(bytes, 2, sizeof(bytes));
    struct ksql_engine *engine OF_CLEANUP(of_cleanup_ksql_engine) =
        ksql_engine_new(&(struct ksql_callbacks){0});
    run_statement(engine, "CREATE STREAM s (a BIGINT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='AVRO');",
        0, false);
    run_statement(engine, "CREATE STREAM o AS SELECT * FROM s;", 2, false);
    char schema[] = "{\"type\":\"record\",\"name\":\"R\",\"fields\":[{\"name\":\"x\",\"type\":["
                    "\"null\",\"R\"]}]}";
    struct ksql_run_callbacks callbacks = {schema, writer_schema};
    struct ksql_run *run OF_CLEANUP(of_cleanup_ksql_run) = NULL;
    struct records out RECORDS = {0};
    struct of_error error;
    memcpy(bytes, "\0\0\0\0\1", 5);
    struct record record = {.value = (uint8_t *)bytes, .value_size = sizeof(bytes)};
    const struct ksql_query *query = ksql_engine_query_find(engine, "CSAS_O_1");
    assert_int_equal(ksql_run_new(query, &callbacks, 0, 1, &run, &error), 0);
    assert_int_equal(process(run, &record, &out, "x", &error), OF_INPUT);
    assert_non_null(strstr(error.message, "nested too deeply"));
}

static int count_emits(void *context, const struct ksql_record_out *record, struct of_error *error)
{
    (void)record;
    (void)error;
    ++*(size_t *)context;
    return 0;
}

/* An array of items that take no byte, in blocks of `block` items: only limits hold a count back.
 * `fields` are the STRUCT's. */
static int process_items(const char *fields, uint64_t count, uint64_t block, struct of_error *error)
{
    struct ksql_engine *engine OF_CLEANUP(of_cleanup_ksql_engine) =
        ksql_engine_new(&(struct ksql_callbacks){0});
    char *create OF_FREE = of_asprintf(
        "CREATE STREAM s (a ARRAY<STRUCT<%s>>) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='AVRO');",
        fields);
    run_statement(engine, create, 0, false);
    run_statement(engine, "CREATE STREAM o AS SELECT ARRAY_LENGTH(a) AS n FROM s;", 2, false);
    char schema[] = "{\"type\":\"record\",\"name\":\"R\",\"fields\":[{\"name\":\"a\",\"type\":{"
                    "\"type\":\"array\",\"items\":{\"type\":\"record\",\"name\":\"E\",\"fields\":["
                    "{\"name\":\"y\",\"type\":\"null\"}]}}}]}";
    struct ksql_run_callbacks callbacks = {schema, writer_schema};
    struct ksql_run *run OF_CLEANUP(of_cleanup_ksql_run) = NULL;
    struct records out RECORDS = {0};
    uint8_t *bytes OF_FREE = of_alloc(32 + (size_t)(count / block) * 10);
    bytes[4] = 1;
    uint8_t *end = bytes + 5;
    for (uint64_t left = count; left; left -= left < block ? left : block)
        end = of_avro_write_long(end, (int64_t)(left < block ? left : block));
    *end++ = 0;
    struct record record = {.value = bytes, .value_size = (size_t)(end - bytes)};
    assert_int_equal(
        ksql_run_new(ksql_engine_query_find(engine, "CSAS_O_1"), &callbacks, 0, 1, &run, error), 0);
    return process(run, &record, &out, "x", error);
}

static void test_list_limit(void **state)
{
    (void)state;
    struct of_error error;
    assert_int_equal(process_items("x INT", KSQL_LIST_MAX, KSQL_LIST_MAX, &error), 0);
    assert_int_equal(
        process_items("x INT", KSQL_LIST_MAX + 1, KSQL_LIST_MAX + 1, &error), OF_INPUT);
    assert_int_equal(process_items("x INT", SIZE_MAX / 4, SIZE_MAX / 4, &error), OF_INPUT);
}

/* What an array leaves behind while it grows is as much as itself, not its square. */
static void test_many_blocks(void **state)
{
    (void)state;
    struct of_error error;
    assert_int_equal(process_items("x INT", 100000, 1, &error), 0);
    assert_int_equal(process_items("x INT", 100000, 3, &error), 0);
}

/* An item and its four fields: as many as there is memory for, and one more. */
static void test_memory_limit(void **state)
{
    (void)state;
    struct of_error error;
    static const char fields[] = "p INT, q INT, r INT, s INT";
    const size_t items = KSQL_RECORD_MEMORY_MAX / (5 * sizeof(struct ksql_value));
    assert_int_equal(process_items(fields, items, items, &error), 0);
    assert_int_equal(process_items(fields, items + 1, items + 1, &error), OF_INPUT);
    assert_string_equal(
        error.message, "value: a->ARRAY: the record's values take too much memory at byte 3");
}

/* A short text for a wide STRUCT. */
static void test_json_memory_limit(void **state)
{
    (void)state;
    enum { FIELDS = 1000 };
    struct of_buffer create OF_CLEANUP(of_buffer_release), value OF_CLEANUP(of_buffer_release);
    of_buffer_init(&create, KSQL_STATEMENT_MAX);
    of_buffer_init(&value, KSQL_STATEMENT_MAX);
    of_buffer_append_text(&create, "CREATE STREAM s (a ARRAY<STRUCT<c0 INT");
    for (int i = 1; i < FIELDS; i++)
        of_buffer_appendf(&create, ", c%d INT", i);
    of_buffer_append_text(&create, ">>) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');");
    struct ksql_engine *engine OF_CLEANUP(of_cleanup_ksql_engine) =
        ksql_engine_new(&(struct ksql_callbacks){0});
    run_statement(engine, of_buffer_text(&create), 0, false);
    run_statement(engine, "CREATE STREAM o AS SELECT ARRAY_LENGTH(a) AS n FROM s;", 2, false);
    of_buffer_append_text(&value, "{\"A\":[{}");
    for (size_t i = 0; i < KSQL_RECORD_MEMORY_MAX / sizeof(struct ksql_value) / FIELDS; i++)
        of_buffer_append_text(&value, ",{}");
    of_buffer_append_text(&value, "]}");
    struct golden none = {0};
    struct records out RECORDS = {0};
    struct of_error error;
    struct ksql_run *run OF_CLEANUP(of_cleanup_ksql_run) =
        start(&none, ksql_engine_query_find(engine, "CSAS_O_1"), 1);
    struct record record = {.value = value.data, .value_size = value.length};
    assert_int_equal(process(run, &record, &out, "x", &error), OF_INPUT);
    assert_non_null(strstr(error.message, "the record's values take too much memory"));
    record.value = (uint8_t *)"{\"A\":[{},{}]}";
    record.value_size = strlen((const char *)record.value);
    assert_int_equal(process(run, &record, &out, "x", &error), 0);
}

/* Rows are made of memory too: each of them takes a copy of a long text. */
static void test_rows_memory_limit(void **state)
{
    (void)state;
    struct ksql_engine *engine OF_CLEANUP(of_cleanup_ksql_engine) =
        ksql_engine_new(&(struct ksql_callbacks){0});
    run_statement(engine,
        "CREATE STREAM s (a ARRAY<INT>, t STRING) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='AVRO');", 0,
        false);
    run_statement(
        engine, "CREATE STREAM o AS SELECT EXPLODE(a) AS x, t + 'x' AS t FROM s;", 2, false);
    char schema[] = "{\"type\":\"record\",\"name\":\"R\",\"fields\":[{\"name\":\"a\",\"type\":{"
                    "\"type\":\"array\",\"items\":\"int\"}},{\"name\":\"t\",\"type\":\"string\"}]}";
    enum { TEXT = 1024 * 1024 };
    const size_t rows = KSQL_RECORD_MEMORY_MAX / TEXT;
    struct ksql_run_callbacks callbacks = {schema, writer_schema};
    struct ksql_run *run OF_CLEANUP(of_cleanup_ksql_run) = NULL;
    struct of_error error;
    uint8_t *bytes OF_FREE = of_alloc(TEXT + 1024);
    assert_int_equal(
        ksql_run_new(ksql_engine_query_find(engine, "CSAS_O_1"), &callbacks, 0, 1, &run, &error),
        0);
    for (size_t more = 0; more < 2; more++) {
        size_t emitted = 0;
        memset(bytes, 0, TEXT + 1024);
        bytes[4] = 1;
        uint8_t *end = of_avro_write_long(bytes + 5, (int64_t)(rows - 1 + more)) + rows - 1 + more;
        *end++ = 0;
        end = of_avro_write_long(end, TEXT);
        memset(end, 'x', TEXT);
        end += TEXT;
        struct ksql_record_in in = {.value = bytes, .value_size = (size_t)(end - bytes)};
        assert_int_equal(
            ksql_run_process(run, &in, count_emits, &emitted, &error), more ? OF_INPUT : 0);
        assert_int_equal(emitted, rows - 1);
    }
    assert_string_equal(error.message,
        "the record's rows take more than 134217728 bytes of memory, which is not supported "
        "by this runner");
}

/* ---- keys ---- */

/* A key that isn't of its type can't be read; one that is goes on as it came. */
static void test_keys(void **state)
{
    (void)state;
    struct ksql_engine *engine OF_CLEANUP(of_cleanup_ksql_engine) =
        ksql_engine_new(&(struct ksql_callbacks){0});
    run_statement(engine,
        "CREATE STREAM s (k BIGINT KEY, v INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='KAFKA');", 0,
        false);
    run_statement(engine, "CREATE STREAM o AS SELECT k, v + 1 AS v FROM s;", 2, false);
    run_statement(engine,
        "CREATE STREAM p AS SELECT k, v + CAST(k AS INT) AS n FROM s PARTITION BY v + CAST(k AS "
        "INT);",
        4, false);
    run_statement(engine, "CREATE STREAM q AS SELECT v FROM s PARTITION BY NULL;", 6, false);
    static const struct {
        const char *query, *key, *value, *expected_key, *expected_value;
        size_t key_size, expected_key_size, expected_size;
    } cases[] = {
        {"CSAS_O_1", "\0\0\0\0\0\0\0\7", "\0\0\0\1", "\0\0\0\0\0\0\0\7", "\0\0\0\2", 8, 8, 4},
        {"CSAS_O_1", NULL, "\0\0\0\1", NULL, "\0\0\0\2", 0, 0, 4},
        {"CSAS_O_1", "\0\0\0\0\0\0\0\7", NULL, "\0\0\0\0\0\0\0\7", NULL, 8, 8, 0},
        {"CSAS_P_3", "\0\0\0\0\0\0\0\7", "\0\0\0\1", "\0\0\0\10", "\0\0\0\0\0\0\0\7", 8, 4, 8},
        {"CSAS_P_3", NULL, "\0\0\0\1", NULL, NULL, 0, 0, 0}, /* a KAFKA value of NULL is none */
    };
    for (size_t i = 0; i < OF_COUNT(cases); i++) {
        struct golden none = {0};
        struct records out RECORDS = {0};
        struct of_error error;
        struct ksql_run *run OF_CLEANUP(of_cleanup_ksql_run) =
            start(&none, ksql_engine_query_find(engine, cases[i].query), 1);
        struct record record = {.key = (uint8_t *)cases[i].key,
            .key_size = cases[i].key_size,
            .value = (uint8_t *)cases[i].value,
            .value_size = 4};
        assert_int_equal(process(run, &record, &out, "x", &error), 0);
        assert_int_equal(compare_bytes(out.items[0].key, out.items[0].key_size,
                             (const uint8_t *)cases[i].expected_key, cases[i].expected_key_size),
            0);
        assert_int_equal(compare_bytes(out.items[0].value, out.items[0].value_size,
                             (const uint8_t *)cases[i].expected_value, cases[i].expected_size),
            0);
        record.key = (uint8_t *)"seven!!";
        record.key_size = 7;
        assert_int_equal(process(run, &record, &out, "x", &error), OF_INPUT);
        assert_string_equal(error.message, "key: 7 bytes are no BIGINT, which has 8");
    }
    assert_string_equal(ksql_engine_source_find(engine, "Q")->key_format, "NONE");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_recorded_outputs),
        cmocka_unit_test(test_recorded_schemas),
        cmocka_unit_test(test_truncated),
        cmocka_unit_test(test_bad_framing),
        cmocka_unit_test(test_writers),
        cmocka_unit_test(test_deep_skip),
        cmocka_unit_test(test_list_limit),
        cmocka_unit_test(test_many_blocks),
        cmocka_unit_test(test_memory_limit),
        cmocka_unit_test(test_json_memory_limit),
        cmocka_unit_test(test_rows_memory_limit),
        cmocka_unit_test(test_keys),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
