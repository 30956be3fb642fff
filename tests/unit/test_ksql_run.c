/* Queries on records: byte for byte what a real ksqlDB wrote for the same input, and what is made
 * of bad records. */
#include "unit/ksql_golden.h"

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

static void release_records(struct records *records)
{
    for (size_t i = 0; i < records->count; i++) {
        free(records->items[i].topic);
        free(records->items[i].key);
        free(records->items[i].value);
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

static int schema_by_id(
    void *context, int32_t id, const char **text, size_t *size, struct of_error *error)
{
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
        if (sequence && !strstr(text, "GROUP BY"))
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
    struct records expected RECORDS = {0};
    load_records(&golden, "inputs", &in);
    load_records(&golden, "outputs", &expected);
    size_t bad = 0;
    for (size_t i = 0; i < ksql_engine_query_count(engine); i++) {
        const struct ksql_query *query = ksql_engine_query(engine, i);
        bool second = strcmp(query->source_topics[0], "rec_item_exploded") == 0;
        bad += run_query(&golden, query, second ? &out : &in, &out);
    }
    assert_same_records(&out, &expected);
    assert_int_equal(bad, 8); /* two undecodable values, four queries over their topic */
}

static void test_recorded_schemas(void **state)
{
    (void)state;
    struct golden golden GOLDEN_OWNER;
    golden_load(&golden);
    struct ksql_engine *engine OF_CLEANUP(of_cleanup_ksql_engine) = recorded_engine(&golden);
    assert_int_equal(ksql_engine_query_count(engine), 6);
    for (size_t i = 0; i < ksql_engine_query_count(engine); i++) {
        const struct ksql_query *query = ksql_engine_query(engine, i);
        assert_string_equal(query->sink_value_schema, golden_schema(&golden, query->sink_topic));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_recorded_outputs),
        cmocka_unit_test(test_recorded_schemas),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
