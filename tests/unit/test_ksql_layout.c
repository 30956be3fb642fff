/* How records of a source are laid out: delimiters, Avro's schemas of keys, maps and single values,
 * columns inferred from them. */
#include "support.h"

#include "ksqld/engine.h"
#include "ksqld/plan/plan.h"
#include "ksqld/serde/window.h"

struct world {
    const char *schemas[2]; /* registered for every topic: value and key */
    enum of_schema_type type;
    bool declares_protobuf;
};

static int ask_topic(
    void *context, const char *name, struct ksql_topic *answer, struct of_error *error)
{
    (void)context, (void)name, (void)error;
    *answer = (struct ksql_topic){.exists = true, .partitions = 1, .replicas = 1};
    return 0;
}

static int ask_schema(void *context, const char *topic, bool key, int32_t id,
    struct of_schema *schema, struct of_error *error)
{
    (void)topic, (void)id, (void)error;
    const struct world *world = context;
    schema->text = world->schemas[key];
    schema->type = world->type;
    schema->size = schema->text ? strlen(schema->text) : 0;
    return 0;
}

/* The last statement, prepared; those before it are applied. NULL: refused with *message. */
static struct ksql_statement *run(
    struct world *world, const char *const *texts, size_t count, char **message)
{
    struct ksql_engine *engine OF_CLEANUP(of_cleanup_ksql_engine) =
        ksql_engine_new(&(struct ksql_callbacks){.context = world,
            .topic = ask_topic,
            .schema = ask_schema,
            .declares_protobuf = world->declares_protobuf});
    struct ksql_statement *statement = NULL;
    for (size_t i = 0; i < count; i++) {
        struct ksql_failure failure OF_CLEANUP(ksql_failure_release) = {0};
        struct of_error error;
        if (statement && ksql_engine_apply(engine, statement, (int64_t)i, &error))
            fail_msg("%s", error.message);
        if (statement)
            ksql_statement_free(OF_TAKE(statement));
        if (ksql_engine_prepare(engine, texts[i], strlen(texts[i]),
                &(struct ksql_prepare_options){0}, &statement, &failure)) {
            *message = OF_TAKE(failure.message);
            return NULL;
        }
    }
    return statement;
}

#define S "CREATE STREAM S (K INT KEY, M MAP<STRING, ARRAY<STRUCT<A INT>>>) WITH "

static void schemas_of_avro(void **state)
{
    (void)state;
    static const struct {
        const char *texts[2], *value, *key;
    } cases[] = {
        {{S "(KAFKA_TOPIC='s', FORMAT='AVRO');", "CREATE STREAM MY_SINK AS SELECT * FROM S;"},
            "{\"type\":\"record\",\"name\":\"KsqlDataSourceSchema\",\"namespace\":"
            "\"io.confluent.ksql.avro_schemas\",\"fields\":[{\"name\":\"M\",\"type\":[\"null\",{"
            "\"type\":\"array\",\"items\":{\"type\":\"record\",\"name\":\"KsqlDataSourceSchema_M\","
            "\"fields\":[{\"name\":\"key\",\"type\":[\"null\",\"string\"],\"default\":null},{"
            "\"name\":\"value\",\"type\":[\"null\",{\"type\":\"array\",\"items\":[\"null\",{"
            "\"type\":\"record\",\"name\":\"KsqlDataSourceSchema_M_MapValue\",\"fields\":[{"
            "\"name\":\"A\",\"type\":[\"null\",\"int\"],\"default\":null}],\"connect.name\":"
            "\"io.confluent.ksql.avro_schemas.KsqlDataSourceSchema_M_MapValue\"}]}],\"default\":"
            "null}],\"connect.internal.type\":\"MapEntry\"},\"connect.name\":"
            "\"io.confluent.ksql.avro_schemas.KsqlDataSourceSchema_M\"}],\"default\":null}],"
            "\"connect.name\":\"io.confluent.ksql.avro_schemas.KsqlDataSourceSchema\"}",
            "\"int\""},
        {{"CREATE STREAM S (A STRING KEY, B INT KEY, V INT) WITH (KAFKA_TOPIC='s', FORMAT='AVRO');",
             "CREATE STREAM MY_SINK WITH (VALUE_SCHEMA_FULL_NAME='com.x.Y', "
             "WRAP_SINGLE_VALUE=true) AS SELECT * FROM S;"},
            "{\"type\":\"record\",\"name\":\"Y\",\"namespace\":\"com.x\",\"fields\":[{\"name\":"
            "\"V\",\"type\":[\"null\",\"int\"],\"default\":null}],\"connect.name\":\"com.x.Y\"}",
            "{\"type\":\"record\",\"name\":\"MySinkKey\",\"namespace\":"
            "\"io.confluent.ksql.avro_schemas\",\"fields\":[{\"name\":\"A\",\"type\":[\"null\","
            "\"string\"],\"default\":null},{\"name\":\"B\",\"type\":[\"null\",\"int\"],"
            "\"default\":null}],\"connect.name\":\"io.confluent.ksql.avro_schemas.MySinkKey\"}"},
        {{"CREATE STREAM S (V STRUCT<A INT>) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='AVRO');",
             "CREATE STREAM T WITH (WRAP_SINGLE_VALUE=false, VALUE_SCHEMA_FULL_NAME='Bare') AS "
             "SELECT * FROM S;"},
            "{\"type\":\"record\",\"name\":\"Bare\",\"fields\":[{\"name\":\"A\",\"type\":[\"null\","
            "\"int\"],\"default\":null}],\"connect.name\":\"Bare\"}",
            NULL},
    };
    for (size_t i = 0; i < OF_COUNT(cases); i++) {
        char *message OF_FREE = NULL;
        struct world world = {0};
        struct ksql_statement *statement OF_CLEANUP(of_cleanup_ksql_statement) =
            run(&world, cases[i].texts, 2, &message);
        if (!statement)
            fail_msg("%s", message);
        assert_string_equal(statement->query->sink_value_schema, cases[i].value);
        if (cases[i].key)
            assert_string_equal(statement->query->sink_key_schema, cases[i].key);
        else
            assert_null(statement->query->sink_key_schema);
    }
}

static void schemas_of_json(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "CREATE STREAM S (K INT KEY, A BIGINT, B ARRAY<STRUCT<D DATE>>, C DECIMAL(4, 2)) WITH "
        "(KAFKA_TOPIC='s', FORMAT='JSON_SR');",
        "CREATE STREAM T AS SELECT * FROM S;"};
    char *message OF_FREE = NULL;
    struct world world = {.type = OF_SCHEMA_JSON};
    struct ksql_statement *statement OF_CLEANUP(of_cleanup_ksql_statement) =
        run(&world, texts, 2, &message);
    if (!statement)
        fail_msg("%s", message);
    assert_string_equal(statement->query->sink_key_schema,
        "{\"oneOf\":[{\"type\":\"null\"},{\"type\":\"integer\",\"connect.type\":\"int32\"}]}");
    assert_string_equal(statement->query->sink_value_schema,
        "{\"type\":\"object\",\"properties\":{\"A\":{\"oneOf\":[{\"type\":\"null\"},{\"type\":"
        "\"integer\",\"connect.type\":\"int64\"}],\"connect.index\":0},\"B\":{\"oneOf\":[{\"type\":"
        "\"null\"},{\"type\":\"array\",\"items\":{\"oneOf\":[{\"type\":\"null\"},{\"type\":"
        "\"object\","
        "\"properties\":{\"D\":{\"oneOf\":[{\"type\":\"null\"},{\"type\":\"integer\",\"title\":"
        "\"org.apache.kafka.connect.data.Date\",\"connect.version\":1,\"connect.type\":\"int32\"}],"
        "\"connect.index\":0}}}]}}],\"connect.index\":1},\"C\":{\"oneOf\":[{\"type\":\"null\"},{"
        "\"type\":\"number\",\"title\":\"org.apache.kafka.connect.data.Decimal\",\"connect."
        "version\":"
        "1,\"connect.type\":\"bytes\",\"connect.parameters\":{\"scale\":\"2\","
        "\"connect.decimal.precision\":\"4\"}}],\"connect.index\":2}}}");
    /* They are read as they are written. */
    struct world registered = {
        {statement->query->sink_value_schema, statement->query->sink_key_schema}, OF_SCHEMA_JSON};
    const char *inferring = "CREATE STREAM S WITH (KAFKA_TOPIC='s', FORMAT='JSON_SR');";
    struct of_buffer shown OF_CLEANUP(of_buffer_release);
    of_buffer_init(&shown, 4096);
    struct ksql_statement *inferred OF_CLEANUP(of_cleanup_ksql_statement) =
        run(&registered, &inferring, 1, &message);
    if (!inferred)
        fail_msg("%s", message);
    ksql_schema_format(&inferred->source->schema, &shown);
    assert_string_equal(of_buffer_text(&shown),
        "`ROWKEY` INTEGER KEY, `A` BIGINT, `B` ARRAY<STRUCT<`D` DATE>>, `C` DECIMAL(4, 2)");
}

static void protobuf_is_refused(void **state)
{
    (void)state;
    static const char *const formats[] = {
        "FORMAT='PROTOBUF'", "KEY_FORMAT='protobuf_nosr', VALUE_FORMAT='JSON'"};
    static const char *const names[] = {"PROTOBUF", "PROTOBUF_NOSR"};
    for (size_t i = 0; i < OF_COUNT(formats); i++) {
        struct world world = {{NULL}, OF_SCHEMA_AVRO};
        char *text OF_FREE = of_asprintf(
            "CREATE STREAM S (K STRING KEY, A INT) WITH (KAFKA_TOPIC='s', %s);", formats[i]);
        char *said OF_FREE = NULL;
        struct ksql_statement *refused OF_CLEANUP(of_cleanup_ksql_statement) =
            run(&world, (const char *const *)&text, 1, &said);
        assert_null(refused);
        char *wanted OF_FREE = of_asprintf("The format %s is not supported", names[i]);
        assert_contains(said, wanted);
    }
}

static void schemas_of_another_type(void **state)
{
    (void)state;
    static const struct {
        const char *statement, *message;
        enum of_schema_type type;
    } cases[] = {
        {"CREATE STREAM S WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON_SR');",
            "Value schema is not in the expected format. You may want to set VALUE_FORMAT to "
            "'AVRO'.\ntopic: s\nexpected format: JSON\nactual format from Schema Registry: AVRO",
            OF_SCHEMA_AVRO},
        {"CREATE STREAM S (V INT) WITH (KAFKA_TOPIC='s', KEY_FORMAT='AVRO', KEY_SCHEMA_ID=7, "
         "VALUE_FORMAT='JSON');",
            "Key schema is not in the expected format. You may want to set KEY_FORMAT to "
            "'JSON'.\ntopic: s, schema id: 7\nexpected format: AVRO\nactual format from Schema "
            "Registry: JSON",
            OF_SCHEMA_JSON},
    };
    for (size_t i = 0; i < OF_COUNT(cases); i++) {
        struct world world = {{"\"int\"", "\"int\""}, cases[i].type};
        char *said OF_FREE = NULL;
        struct ksql_statement *refused OF_CLEANUP(of_cleanup_ksql_statement) =
            run(&world, &cases[i].statement, 1, &said);
        assert_null(refused);
        assert_string_equal(said, cases[i].message);
    }
}

static void odd_json_schemas_are_refused(void **state)
{
    (void)state;
    static const char *const schemas[] = {"1", "{}", "{\"type\":\"null\"}", "{\"type\":\"object\"}",
        "{\"type\":\"string\"}", "{\"oneOf\":[]}", "{\"oneOf\":1}",
        "{\"type\":\"object\",\"properties\":{\"a\":{\"type\":\"string\"},\"b\":{\"type\":"
        "\"string\",\"connect.index\":0}}}",
        "{\"type\":\"object\",\"properties\":{\"a\":{\"type\":\"string\",\"connect.index\":1}}}",
        "{\"type\":\"object\",\"properties\":{\"a\":{\"type\":\"array\"}}}",
        "{\"type\":\"object\",\"properties\":{\"a\":{\"type\":\"number\",\"connect.type\":"
        "\"bytes\"}}}",
        "{\"type\":\"object\",\"properties\":{\"a\":{\"oneOf\":[{\"type\":\"string\"},{\"type\":"
        "\"integer\"}]}}}",
        "{\"type\":\"object\",\"properties\":{\"a\":{\"$ref\":\"#\"}}}", "{"};
    for (size_t i = 0; i < OF_COUNT(schemas); i++) {
        char *message OF_FREE = NULL;
        struct world world = {{schemas[i], NULL}, OF_SCHEMA_JSON};
        const char *text = "CREATE STREAM S WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON_SR');";
        struct ksql_statement *statement OF_CLEANUP(of_cleanup_ksql_statement) =
            run(&world, &text, 1, &message);
        if (statement)
            fail_msg("%s was taken", schemas[i]);
        assert_contains(message, "JSON schema");
    }
}

static void columns_are_inferred(void **state)
{
    (void)state;
    static const struct {
        const char *text, *value, *key, *columns;
    } cases[] = {
        {"CREATE STREAM S WITH (KAFKA_TOPIC='s', FORMAT='AVRO');",
            "{\"type\":\"record\",\"name\":\"R\",\"fields\":[{\"name\":\"m\",\"type\":{\"type\":"
            "\"map\",\"values\":\"long\"}}]}",
            "\"string\"", "`ROWKEY` STRING KEY, `M` MAP<STRING, BIGINT>"},
        {"CREATE STREAM S (V INT) WITH (KAFKA_TOPIC='s', FORMAT='AVRO');", NULL,
            "{\"type\":\"record\",\"name\":\"R\",\"fields\":[{\"name\":\"a\",\"type\":\"int\"}]}",
            "`ROWKEY` STRUCT<`A` INTEGER> KEY, `V` INTEGER"},
        {"CREATE TABLE S (K INT PRIMARY KEY) WITH (KAFKA_TOPIC='s', FORMAT='AVRO', "
         "WRAP_SINGLE_VALUE=false);",
            "{\"type\":\"array\",\"items\":\"int\"}", NULL,
            "`K` INTEGER KEY, `ROWVAL` ARRAY<INTEGER>"},
        {"CREATE STREAM S WITH (KAFKA_TOPIC='s', FORMAT='AVRO', KEY_SCHEMA_ID=2, "
         "VALUE_SCHEMA_ID=1);",
            "{\"type\":\"record\",\"name\":\"R\",\"fields\":[{\"name\":\"aB\",\"type\":\"int\"}]}",
            "\"long\"", "`ROWKEY` BIGINT KEY, `aB` INTEGER"},
        {"CREATE STREAM S WITH (KAFKA_TOPIC='s', VALUE_FORMAT='AVRO');",
            "{\"type\":\"record\",\"name\":\"R\",\"fields\":[{\"name\":\"m\",\"type\":{\"type\":"
            "\"array\",\"items\":{\"type\":\"record\",\"name\":\"MapEntry\",\"fields\":[{\"name\":"
            "\"key\",\"type\":\"string\"},{\"name\":\"value\",\"type\":\"int\"}]}}}]}",
            NULL, "`M` MAP<STRING, INTEGER>"},
    };
    for (size_t i = 0; i < OF_COUNT(cases); i++) {
        char *message OF_FREE = NULL;
        struct world world = {{cases[i].value, cases[i].key}};
        struct of_buffer shown OF_CLEANUP(of_buffer_release);
        of_buffer_init(&shown, 4096);
        struct ksql_statement *statement OF_CLEANUP(of_cleanup_ksql_statement) =
            run(&world, &cases[i].text, 1, &message);
        if (!statement)
            fail_msg("%s", message);
        ksql_schema_format(&statement->source->schema, &shown);
        assert_string_equal(of_buffer_text(&shown), cases[i].columns);
    }
}

static void wrong_layouts_are_named(void **state)
{
    (void)state;
    static const struct {
        const char *with, *message;
    } cases[] = {
        {"VALUE_FORMAT='DELIMITED', VALUE_DELIMITER='<>'",
            "Configuration VALUE_DELIMITER is invalid: Invalid delimiter value: '<>'."},
        {"VALUE_FORMAT='DELIMITED', VALUE_DELIMITER=' '", "Delimiter cannot be empty"},
        {"VALUE_FORMAT='DELIMITED', VALUE_DELIMITER='\xc3\xb1'", "no ASCII character"},
        {"VALUE_FORMAT='JSON', VALUE_DELIMITER='|'",
            "JSON does not support the following configs: [delimiter]"},
        {"VALUE_FORMAT='JSON', VALUE_SCHEMA_FULL_NAME='x'",
            "JSON does not support the following configs: [fullSchemaName]"},
        {"VALUE_FORMAT='AVRO', VALUE_AVRO_SCHEMA_FULL_NAME=' '", "fullSchemaName cannot be empty"},
        {"VALUE_FORMAT='DELIMITED', WRAP_SINGLE_VALUE=true",
            "Format 'DELIMITED' does not support 'WRAP_SINGLE_VALUE' set to 'true'."},
        {"FORMAT='AVRO'", "Schema for message keys on topic 's' does not exist"},
        {"VALUE_FORMAT='AVRO', VALUE_SCHEMA_ID=1",
            "Table elements and VALUE_SCHEMA_ID cannot both exist for create statement."},
        {"VALUE_FORMAT='JSON', KEY_SCHEMA_ID=1",
            "KEY_FORMAT should support schema inference when KEY_SCHEMA_ID is provided. Current "
            "format is KAFKA."},
        {"VALUE_FORMAT='JSON', TIMESTAMP='w'",
            "The TIMESTAMP column set in the WITH clause does not exist in the schema: 'W'"},
        {"VALUE_FORMAT='JSON', TIMESTAMP='v'", "Timestamp column, `V`, should be LONG(INT64)"},
        {"VALUE_FORMAT='JSON', WINDOW_TYPE='SESSION'", "Windowed sources require a key column."},
        {"VALUE_FORMAT='JSON', WINDOW_TYPE='SESSION', WINDOW_SIZE='1 DAY'",
            "'WINDOW_SIZE' should not be set for SESSION windows."},
        {"VALUE_FORMAT='JSON', WINDOW_TYPE='HOPPING'", "HOPPING windows require 'WINDOW_SIZE'"},
        {"VALUE_FORMAT='JSON', WINDOW_TYPE='OPEN'",
            "Invalid value OPEN for property WINDOW_TYPE: String must be one of"},
        {"VALUE_FORMAT='JSON', WINDOW_TYPE='TUMBLING', WINDOW_SIZE='3 bobs'",
            "Configuration WINDOW_SIZE is invalid: Invalid duration: '3 bobs'. Unknown time unit: "
            "'BOBS'\nSupported time units are: NANOSECONDS, MICROSECONDS, MILLISECONDS, SECONDS, "
            "MINUTES, HOURS, DAYS"},
        {"VALUE_FORMAT='JSON', WINDOW_TYPE='TUMBLING', WINDOW_SIZE='SECOND'",
            "Invalid duration: 'SECOND'. Expected 2 tokens, got: 1"},
        {"VALUE_FORMAT='JSON', WINDOW_TYPE='TUMBLING', WINDOW_SIZE='  '",
            "Invalid duration: '  '. Expected 2 tokens, got: 0"},
        {"VALUE_FORMAT='JSON', WINDOW_TYPE='TUMBLING', WINDOW_SIZE='1.5 SECOND'",
            "Invalid duration: '1.5 SECOND'. Not numeric: '1.5'"},
        {"VALUE_FORMAT='JSON', WINDOW_TYPE='TUMBLING', WINDOW_SIZE='0 SECONDS'",
            "Size must be positive"},
        {"VALUE_FORMAT='JSON', WINDOW_TYPE='HOPPING', WINDOW_SIZE='-5 SECONDS'",
            "Size must be positive"},
    };
    for (size_t i = 0; i < OF_COUNT(cases); i++) {
        char *message OF_FREE = NULL;
        struct world world = {0};
        char *text OF_FREE =
            of_asprintf("CREATE STREAM S (V INT) WITH (KAFKA_TOPIC='s', %s);", cases[i].with);
        const char *texts[] = {text};
        struct ksql_statement *statement OF_CLEANUP(of_cleanup_ksql_statement) =
            run(&world, texts, 1, &message);
        assert_null(statement);
        assert_contains(message, cases[i].message);
    }
}

static void keys_of_maps_are_strings(void **state)
{
    (void)state;
    static const struct {
        const char *format, *message;
    } cases[] = {{"JSON", "JSON only supports MAP types with STRING keys"},
        {"AVRO", "Avro only supports MAPs with STRING keys"},
        {"PROTOBUF_NOSR", "PROTOBUF format only supports MAP types with STRING keys"}};
    for (size_t i = 0; i < OF_COUNT(cases); i++) {
        char *message OF_FREE = NULL;
        struct world world = {.declares_protobuf = true};
        char *text OF_FREE = of_asprintf("CREATE STREAM S (V ARRAY<MAP<INT, INT>>) WITH "
                                         "(KAFKA_TOPIC='s', VALUE_FORMAT='%s');",
            cases[i].format);
        const char *texts[] = {text};
        struct ksql_statement *statement OF_CLEANUP(of_cleanup_ksql_statement) =
            run(&world, texts, 1, &message);
        assert_null(statement);
        assert_contains(message, cases[i].message);
    }
}

static void delimiters_are_inherited(void **state)
{
    (void)state;
    static const struct {
        const char *with;
        char value, key;
    } cases[] = {
        {"", '|', '\t'},
        {"WITH (VALUE_DELIMITER='SPACE')", ' ', '\t'},
        {"WITH (VALUE_FORMAT='JSON')", 0, '\t'},
        {"WITH (KEY_FORMAT='KAFKA')", '|', 0},
    };
    for (size_t i = 0; i < OF_COUNT(cases); i++) {
        char *message OF_FREE = NULL;
        struct world world = {0};
        char *text OF_FREE = of_asprintf("CREATE STREAM T %s AS SELECT * FROM S;", cases[i].with);
        const char *texts[] = {
            "CREATE STREAM S (K INT KEY, V INT) WITH (KAFKA_TOPIC='s', FORMAT='DELIMITED', "
            "VALUE_DELIMITER='|', KEY_DELIMITER='TAB');",
            text};
        struct ksql_statement *statement OF_CLEANUP(of_cleanup_ksql_statement) =
            run(&world, texts, 2, &message);
        if (!statement)
            fail_msg("%s", message);
        assert_int_equal(statement->source->delimiters[0], cases[i].value);
        assert_int_equal(statement->source->delimiters[1], cases[i].key);
    }
}

static void durations_have_units(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t milliseconds; /* -1: refused */
    } cases[] = {{"30 seconds", 30000}, {"1\tDAY ", 86400000}, {" 1 DAY", -1}, {"1  DAY", -1},
        {"+2 HOURS", 7200000}, {"1 NANOSECOND", -1}, {"2 MILLISECONDS", 2}, {"5 minutes", 300000},
        {"1 hour", 3600000}, {"0 days", 0}, {"", -1}, {"5", -1}, {"5 minutes more", -1},
        {"- minutes", -1}, {"5.5 minutes", -1}, {"x minutes", -1}, {"5 minutess", -1},
        {"999999999999999 days", -1}, {"9999999999999999 days", -1},
        {"5 aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", -1}};
    for (size_t i = 0; i < OF_COUNT(cases); i++) {
        struct ksql_problem problem OF_CLEANUP(ksql_problem_release) = {0};
        int64_t milliseconds = -1;
        int status = ksql_duration_parse(cases[i].text, &milliseconds, &problem);
        assert_int_equal(status, cases[i].milliseconds < 0 ? OF_INPUT : 0);
        assert_int_equal(milliseconds, cases[i].milliseconds);
    }
}

/* Bytes of Kafka Streams' own serializers. */
static void windows_stand_behind_keys(void **state)
{
    (void)state;
    static const char time[] = "k\0\0\0\0\0\0\0\x0a",
                      session[] = "k\0\0\0\0\0\0\0\x14\0\0\0\0\0\0\0\x0a";
    static const struct {
        struct ksql_windows windows;
        const char *bytes;
        size_t size;
    } cases[] = {{{KSQL_WINDOW_TIME, 10}, time, 9}, {{KSQL_WINDOW_SESSION, 0}, session, 17},
        {{KSQL_WINDOW_NONE, 0}, "k", 1}};
    for (size_t i = 0; i < OF_COUNT(cases); i++) {
        struct of_buffer out OF_CLEANUP(of_buffer_release);
        of_buffer_init(&out, 64);
        struct ksql_window window = {10, 20};
        of_buffer_append(&out, "k", 1);
        ksql_window_append(cases[i].windows.kind, &window, &out);
        assert_int_equal(out.length, cases[i].size);
        assert_memory_equal(out.data, cases[i].bytes, cases[i].size);
        struct of_error error;
        size_t size = cases[i].size;
        assert_int_equal(
            ksql_window_split(&cases[i].windows, &size, cases[i].bytes, &window, &error), 0);
        assert_int_equal(size, 1);
        assert_int_equal(window.end, cases[i].windows.kind == KSQL_WINDOW_NONE ? 0 : 20);
        size = 7; /* no room for any window */
        assert_int_equal(
            ksql_window_split(&cases[i].windows, &size, cases[i].bytes, &window, &error),
            cases[i].windows.kind == KSQL_WINDOW_NONE ? 0 : OF_INPUT);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(schemas_of_avro),
        cmocka_unit_test(schemas_of_json),
        cmocka_unit_test(protobuf_is_refused),
        cmocka_unit_test(schemas_of_another_type),
        cmocka_unit_test(odd_json_schemas_are_refused),
        cmocka_unit_test(columns_are_inferred),
        cmocka_unit_test(wrong_layouts_are_named),
        cmocka_unit_test(keys_of_maps_are_strings),
        cmocka_unit_test(delimiters_are_inherited),
        cmocka_unit_test(durations_have_units),
        cmocka_unit_test(windows_stand_behind_keys),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
