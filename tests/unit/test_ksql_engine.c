/* Statements against the metastore: what a real ksqlDB answered to the same ones, what a replay
 * gives, and what is refused. */
#include "unit/ksql_golden.h"

#include "ksqld/lang/lexer.h"

/* ---- the recorded talk ---- */

static void check_answer(struct ksql_engine *engine, const json_t *answer,
    struct ksql_statement *statement, const char *text)
{
    struct of_error error;
    if (strcmp(json_string_value(json_object_get(answer, "@type")), "warning_entity") == 0) {
        assert_int_equal(statement->effect, KSQL_EFFECT_NONE);
        assert_true(statement->warning);
        assert_member(answer, "message", statement->message);
        assert_member(answer, "statementText", text);
        return;
    }
    assert_member(answer, "statementText", statement->text);
    assert_member(answer, "commandId", statement->command_id);
    const json_t *status = json_object_get(answer, "commandStatus");
    assert_member(status, "message", statement->message);
    assert_member(status, "queryId", statement->query ? statement->query->id : NULL);
    json_int_t sequence = json_integer_value(json_object_get(answer, "commandSequenceNumber"));
    assert_int_equal(ksql_engine_apply(engine, statement, sequence, &error), 0);
}

static void check_refusal(const json_t *answer, const struct ksql_failure *failure)
{
    assert_int_equal(failure->status, 400);
    assert_member(answer, "@type", failure->type);
    assert_int_equal(
        failure->error_code, json_integer_value(json_object_get(answer, "error_code")));
    assert_member(answer, "message", failure->message);
    assert_member(answer, "statementText", failure->statement);
}

static void test_recorded_talk(void **state)
{
    (void)state;
    struct golden golden GOLDEN_OWNER;
    golden_load(&golden);
    struct ksql_engine *engine OF_CLEANUP(of_cleanup_ksql_engine) = golden_engine(&golden);
    size_t index;
    json_t *talk;
    json_array_foreach(json_object_get(golden.json, "talk"), index, talk)
    {
        struct ksql_failure failure OF_CLEANUP(ksql_failure_release) = {0};
        struct ksql_statement *statement OF_CLEANUP(of_cleanup_ksql_statement) = NULL;
        struct ksql_prepare_options options = {0};
        const char *text = json_string_value(json_object_get(talk, "statement"));
        const json_t *answer = json_object_get(talk, "answer");
        int status =
            ksql_engine_prepare(engine, text, strlen(text), &options, &statement, &failure);
        if (json_integer_value(json_object_get(talk, "status")) == 200) {
            if (status)
                fail_msg("%s\n%s", text, failure.message);
            check_answer(engine, answer, statement, text);
        } else {
            assert_int_equal(status, OF_INPUT);
            check_refusal(answer, &failure);
        }
    }
    assert_int_equal(ksql_engine_source_count(engine), 8);
    assert_int_equal(ksql_engine_query_count(engine), 7);
}

/* ---- a small world ---- */

struct world {
    struct ksql_topic topic;
    bool down; /* nobody answers */
};

static int ask_topic(
    void *context, const char *topic, struct ksql_topic *answer, struct of_error *error)
{
    const struct world *world = context;
    if (world->down)
        return of_fail(error, OF_RETRY, "no broker for %s", topic);
    *answer = world->topic;
    return 0;
}

static int ask_schema(void *context, const char *topic, bool key, int32_t id,
    struct of_schema *schema, struct of_error *error)
{
    (void)key;
    (void)id;
    const struct world *world = context;
    if (world->down)
        return of_fail(error, OF_RETRY, "no registry for %s", topic);
    schema->text = NULL;
    schema->size = 0;
    return 0;
}

static struct ksql_engine *small_engine(struct world *world)
{
    struct ksql_engine *engine = ksql_engine_new(
        &(struct ksql_callbacks){.context = world, .topic = ask_topic, .schema = ask_schema});
    run_statement(engine,
        "CREATE STREAM a (k STRING KEY, v INT) WITH (KAFKA_TOPIC='a', VALUE_FORMAT='AVRO');", 0,
        true);
    run_statement(engine,
        "CREATE TABLE t (k STRING PRIMARY KEY, v INT) WITH (KAFKA_TOPIC='t', VALUE_FORMAT='JSON');",
        2, true);
    run_statement(engine, "CREATE STREAM b AS SELECT * FROM a;", 4, true);
    run_statement(engine,
        "CREATE STREAM c (k STRING KEY, v INT) WITH (KAFKA_TOPIC='c', VALUE_FORMAT='AVRO');", 6,
        true);
    run_statement(engine, "INSERT INTO c SELECT * FROM a;", 8, true);
    return engine;
}

static const struct world two_partitions = {
    .topic = {.exists = true, .partitions = 2, .replicas = 1}};

static int prepare_text(struct ksql_engine *engine, const char *text,
    struct ksql_statement **statement, struct ksql_failure *failure)
{
    struct ksql_prepare_options options = {0};
    return ksql_engine_prepare(engine, text, strlen(text), &options, statement, failure);
}

static void assert_refused(
    struct ksql_engine *engine, const char *text, const char *message, int code)
{
    struct ksql_failure failure OF_CLEANUP(ksql_failure_release) = {0};
    struct ksql_statement *statement OF_CLEANUP(of_cleanup_ksql_statement) = NULL;
    assert_int_equal(prepare_text(engine, text, &statement, &failure), OF_INPUT);
    assert_string_equal(failure.message, message);
    assert_int_equal(failure.error_code, code);
}

static void test_refusals(void **state)
{
    (void)state;
    struct world world = two_partitions;
    struct ksql_engine *engine OF_CLEANUP(of_cleanup_ksql_engine) = small_engine(&world);
    static const struct {
        const char *text, *message;
    } cases[] = {
        {"INSERT INTO nope SELECT * FROM a;",
            "Exception while preparing statement: Line: 1, Col: 12: Source `NOPE` does not exist."},
        {"INSERT INTO t SELECT * FROM a;",
            "Exception while preparing statement: INSERT INTO can only be used to insert into a "
            "stream. T is a table."},
        {"CREATE STREAM x AS SELECT * FROM nope;",
            "Exception while preparing statement: NOPE does not exist."},
        {"CREATE STREAM x AS SELECT y.v FROM a;",
            "Failed to prepare statement: 'Y' is not a valid stream/table name or alias."},
        {"INSERT INTO c SELECT k, v AS w FROM a;",
            "Incompatible schema between results and sink.\nResult schema is `K` STRING KEY, `W` "
            "INTEGER\nSink schema is `K` STRING KEY, `V` INTEGER"},
        {"INSERT INTO c WITH (QUERY_ID='csas_x') SELECT * FROM a;",
            "Query IDs must not start with a reserved query ID prefix (INSERTQUERY_, CTAS_, CSAS_, "
            "CST_). Got 'CSAS_X'."},
        {"INSERT INTO c WITH (QUERY_ID='a-b') SELECT * FROM a;",
            "Query IDs may contain only alphanumeric characters and '_'. Got: 'A-B'"},
        {"CREATE STREAM x AS SELECT v FROM a;",
            "Could not determine output schema for query due to error: Key missing from projection "
            "(ie, SELECT). \nThe query used to build `X` must include the key column K in its "
            "projection (eg, SELECT K...)."},
        {"CREATE STREAM x AS SELECT k, k AS l, v FROM a;",
            "Could not determine output schema for query due to error: The projection contains a "
            "key column (`K`) more than once, aliased as: K and L.\nEach key column must only be "
            "in the projection once. If you intended to copy the key into the value, then consider "
            "using the AS_VALUE function to indicate which key reference should be copied."},
        {"CREATE STREAM x AS SELECT k FROM a;",
            "Could not determine output schema for query due to error: The projection contains no "
            "value columns."},
        {"CREATE STREAM x AS SELECT k, v FROM a PARTITION BY v + 1;",
            "Could not determine output schema for query due to error: Key missing from projection "
            "(ie, SELECT). \nThe query used to build `X` must include the partitioning expression "
            "(A.V + 1) in its projection (eg, SELECT (A.V + 1)...)."},
        {"CREATE OR REPLACE SOURCE STREAM x (v INT) WITH (KAFKA_TOPIC='x', VALUE_FORMAT='JSON');",
            "Cannot add stream 'X': CREATE OR REPLACE is not supported on source streams."},
        {"CREATE STREAM x AS SELECT v + 1, v, 1 AS z FROM a PARTITION BY v + 1, v, k;",
            "Could not determine output schema for query due to error: Keys missing from "
            "projection "
            "(ie, SELECT). \nThe query used to build `X` must include the partitioning expressions "
            "(A.V + 1), A.V and A.K in its projection (eg, SELECT (A.V + 1), A.V, A.K...)."},
        {"CREATE TABLE x (v INT) WITH (KAFKA_TOPIC='x', VALUE_FORMAT='JSON');",
            "Tables require a PRIMARY KEY. Please define the PRIMARY KEY."},
        {"CREATE STREAM x (v INT, v INT) WITH (KAFKA_TOPIC='x', VALUE_FORMAT='JSON');",
            "Failed to prepare statement: Duplicate column names: `V`"},
        {"CREATE STREAM x (v INT) WITH (VALUE_FORMAT='JSON');",
            "Failed to prepare statement: Missing required property \"KAFKA_TOPIC\" which has no "
            "default value."},
        {"CREATE STREAM x (v INT) WITH (KAFKA_TOPIC='x', WIBBLE=1, VALUE_FORMAT='JSON');",
            "Failed to prepare statement: Invalid config variable(s) in the WITH clause: WIBBLE"},
        {"CREATE STREAM x (v INT) WITH (KAFKA_TOPIC='x');",
            "Statement is missing the 'VALUE_FORMAT' property from the WITH clause. Either provide "
            "one or set a default via the 'ksql.persistence.default.format.value' config."},
        {"CREATE STREAM x (ROWTIME BIGINT) WITH (KAFKA_TOPIC='x', VALUE_FORMAT='JSON');",
            "'ROWTIME' is a reserved column name. You cannot use it as a name for a column."},
        {"CREATE STREAM x (k BOOLEAN KEY, v INT) WITH (KAFKA_TOPIC='x', VALUE_FORMAT='JSON');",
            "Key format does not support schema.\nformat: KAFKA\nschema: Persistence{columns=[`K` "
            "BOOLEAN KEY], features=[]}\nreason: The 'KAFKA' format does not support type "
            "'BOOLEAN'"},
        {"CREATE STREAM x WITH (KAFKA_TOPIC='x', VALUE_FORMAT='AVRO');",
            "Schema for message values on topic 'x' does not exist in the Schema Registry.\n"
            "Subject: x-value\nPossible causes include:\n- The topic itself does not exist\n\t-> "
            "Use SHOW TOPICS; to check\n- Messages on the topic are not serialized using a format "
            "Schema Registry supports\n\t-> Use PRINT 'x' FROM BEGINNING; to verify"},
        {"DROP TABLE a;", "Incompatible data source type is stream, but statement was DROP table"},
        {"DROP STREAM a;", "Cannot drop A.\nThe following queries read from this source: "
                           "[INSERTQUERY_7].\nThe following queries write into this source: "
                           "[].\nYou need to terminate them before dropping A."},
        {"DROP STREAM c;", "Cannot drop C.\nThe following queries read from this source: [].\nThe "
                           "following queries write into this source: [INSERTQUERY_7].\nYou need "
                           "to terminate them before dropping C."},
        {"PAUSE nope;", "Unknown queryId: NOPE"},
        {"DESCRIBE nope;", "Could not find STREAM/TABLE 'NOPE' in the Metastore"},
    };
    for (size_t i = 0; i < OF_COUNT(cases); i++)
        assert_refused(engine, cases[i].text, cases[i].message, 40001);
    assert_refused(engine,
        "CREATE STREAM x (v INT) WITH (KAFKA_TOPIC='x', PARTITIONS=3, VALUE_FORMAT='JSON');",
        "A Kafka topic with the name 'x' already exists, with different partition/replica "
        "configuration than required. KSQL expects 3 partitions (topic has 2), 1 replication "
        "factor (topic has 1).",
        40000);
    assert_int_equal(ksql_engine_source_count(engine), 4);
}

static void test_no_text(void **state)
{
    (void)state;
    struct world world = two_partitions;
    struct ksql_engine *engine OF_CLEANUP(of_cleanup_ksql_engine) = small_engine(&world);
    static const char *const texts[] = {"SHOW\0STREAMS;", "SHOW \xc3 STREAMS;"};
    for (size_t i = 0; i < OF_COUNT(texts); i++) {
        struct ksql_failure failure OF_CLEANUP(ksql_failure_release) = {0};
        struct ksql_statement *statement OF_CLEANUP(of_cleanup_ksql_statement) = NULL;
        struct ksql_prepare_options options = {0};
        assert_int_equal(
            ksql_engine_prepare(engine, texts[i], 13, &options, &statement, &failure), OF_INPUT);
        assert_string_equal(failure.message, "the statement is no text (UTF-8 without NUL bytes)");
    }
}

/* The world is down: nobody's fault, so to be tried again. */
static void test_retry(void **state)
{
    (void)state;
    struct world world = two_partitions;
    struct ksql_engine *engine OF_CLEANUP(of_cleanup_ksql_engine) = small_engine(&world);
    world.down = true;
    static const char *const texts[] = {
        "CREATE STREAM x (v INT) WITH (KAFKA_TOPIC='x', VALUE_FORMAT='AVRO');",
        "CREATE STREAM x WITH (KAFKA_TOPIC='x', VALUE_FORMAT='AVRO');",
        "CREATE STREAM x AS SELECT * FROM a;"};
    for (size_t i = 0; i < OF_COUNT(texts); i++) {
        struct ksql_failure failure OF_CLEANUP(ksql_failure_release) = {0};
        struct ksql_statement *statement OF_CLEANUP(of_cleanup_ksql_statement) = NULL;
        assert_int_equal(prepare_text(engine, texts[i], &statement, &failure), OF_RETRY);
        assert_int_equal(failure.status, 500);
        assert_int_equal(failure.error_code, 50000);
        assert_non_null(strstr(failure.message, "no "));
    }
}

/* ---- what statements change ---- */

static void test_drop_and_terminate(void **state)
{
    (void)state;
    struct world world = two_partitions;
    struct ksql_engine *engine OF_CLEANUP(of_cleanup_ksql_engine) = small_engine(&world);
    const char *names[2];
    assert_int_equal(ksql_engine_constraints(engine, "A", names, 2), 1);
    assert_string_equal(names[0], "B");
    run_statement(engine, "PAUSE csas_b_3;", 10, false);
    assert_true(ksql_engine_query_find(engine, "CSAS_B_3")->paused);
    run_statement(engine, "RESUME ALL;", 12, false);
    assert_false(ksql_engine_query_find(engine, "CSAS_B_3")->paused);
    run_statement(engine, "TERMINATE insertquery_7;", 14, false);
    assert_refused(engine, "DROP STREAM a;",
        "Cannot drop A.\nThe following streams and/or tables read from this source: [B].\nYou need "
        "to drop them before dropping A.",
        40001);

    struct ksql_failure failure OF_CLEANUP(ksql_failure_release) = {0};
    struct ksql_statement *statement OF_CLEANUP(of_cleanup_ksql_statement) = NULL;
    struct of_error error;
    const char *drop = "DROP STREAM IF EXISTS b DELETE TOPIC;";
    assert_int_equal(prepare_text(engine, drop, &statement, &failure), 0);
    assert_string_equal(statement->text, "DROP STREAM IF EXISTS B;");
    assert_string_equal(statement->message, "Source `B` (topic: B) was dropped.");
    assert_string_equal(statement->command_id, "stream/`B`/drop");
    assert_true(statement->delete_topic);
    assert_int_equal(statement->stop_count, 1);
    assert_string_equal(statement->stops[0], "CSAS_B_3");
    assert_int_equal(ksql_engine_apply(engine, statement, 16, &error), 0);
    assert_int_equal(ksql_engine_query_count(engine), 0);
    run_statement(engine, "DROP STREAM a;", 18, false);
    run_statement(engine, "DROP STREAM IF EXISTS a;", 20, false);
    assert_null(ksql_engine_source_find(engine, "A"));
    assert_int_equal(ksql_engine_source_count(engine), 2);
}

/* Its query is the table's: it comes and goes with it. */
static void test_source_table(void **state)
{
    (void)state;
    struct world world = two_partitions;
    struct ksql_engine *engine OF_CLEANUP(of_cleanup_ksql_engine) =
        ksql_engine_new(&(struct ksql_callbacks){
            .context = &world, .topic = ask_topic, .schema = ask_schema, .keeps_state = true});
    struct ksql_failure failure OF_CLEANUP(ksql_failure_release) = {0};
    struct ksql_statement *statement OF_CLEANUP(of_cleanup_ksql_statement) = NULL;
    struct of_error error;
    const char *names[2];
    const char *create = "CREATE SOURCE TABLE g (v INT, k STRING PRIMARY KEY) WITH "
                         "(KAFKA_TOPIC='g', VALUE_FORMAT='JSON');";
    assert_int_equal(prepare_text(engine, create, &statement, &failure), 0);
    assert_int_equal(statement->effect, KSQL_EFFECT_CREATE_SOURCE);
    assert_string_equal(statement->message, "Created query with ID CST_G_0");
    assert_string_equal(statement->command_id, "table/`G`/create");
    assert_int_equal(ksql_engine_apply(engine, statement, 0, &error), 0);
    ksql_statement_free(OF_TAKE(statement));
    assert_string_equal(ksql_engine_query(engine, 0)->source_topics[0], "g");
    assert_int_equal(ksql_engine_constraints(engine, "G", names, 2), 0);
    static const char *const verbs[] = {"TERMINATE", "PAUSE", "RESUME"};
    static const char *const said[] = {"terminate", "pause", "resume"};
    for (size_t i = 0; i < OF_COUNT(verbs); i++) {
        char text[64], message[128];
        snprintf(text, sizeof(text), "%s CST_G_0;", verbs[i]);
        snprintf(message, sizeof(message),
            "Cannot %s query 'CST_G_0' because it is linked to a source table.", said[i]);
        assert_refused(engine, text, message, 40001);
    }
    run_statement(engine, "CREATE TABLE o AS SELECT * FROM g;", 2, false);
    assert_refused(engine, "DROP TABLE g;",
        "Cannot drop G.\nThe following streams and/or tables read from this source: [O].\nYou need "
        "to drop them before dropping G.",
        40001);
    run_statement(engine, "DROP TABLE o;", 4, false);
    assert_int_equal(prepare_text(engine, "DROP TABLE g;", &statement, &failure), 0);
    assert_int_equal(statement->stop_count, 1);
    assert_string_equal(statement->stops[0], "CST_G_0");
    assert_int_equal(ksql_engine_apply(engine, statement, 6, &error), 0);
    assert_int_equal(ksql_engine_query_count(engine), 0);
}

/* A run goes on with what it was made of, whatever becomes of the query. */
static int no_schema(void *context, int32_t id, enum of_schema_type type, const char **text,
    size_t *size, struct of_error *error)
{
    (void)type;
    (void)context;
    (void)text;
    (void)size;
    return of_fail(error, OF_INPUT, "schema id %d is unknown", id);
}

static int count_rows(void *context, const struct ksql_record_out *record, struct of_error *error)
{
    (void)error;
    assert_null(record->value);
    assert_int_equal(record->key_size, 1);
    ++*(int *)context;
    return 0;
}

static void test_run_outlives(void **state)
{
    (void)state;
    struct world world = two_partitions;
    struct ksql_engine *engine = small_engine(&world);
    struct ksql_run *run OF_CLEANUP(of_cleanup_ksql_run) = NULL;
    struct ksql_run_callbacks callbacks = {.schema = no_schema};
    struct of_error error;
    int rows = 0;
    assert_int_equal(
        ksql_run_new(ksql_engine_query_find(engine, "CSAS_B_3"), &callbacks, 0, 1, &run, &error),
        0);
    run_statement(engine, "TERMINATE ALL;", 10, false);
    run_statement(engine, "DROP STREAM b;", 12, false);
    ksql_engine_free(engine);
    struct ksql_record_in record = {.key = "k", .key_size = 1};
    assert_int_equal(ksql_run_process(run, &record, count_rows, &rows, &error), 0);
    assert_int_equal(rows, 1);
    record.value = "\0\0\0\0\1x";
    record.value_size = 6;
    assert_int_equal(ksql_run_process(run, &record, count_rows, &rows, &error), OF_INPUT);
    assert_string_equal(error.message, "schema id 1 is unknown");
}

/* Prepared against one state, applied to another. */
static void test_stale(void **state)
{
    (void)state;
    struct world world = two_partitions;
    struct ksql_engine *engine OF_CLEANUP(of_cleanup_ksql_engine) = small_engine(&world);
    struct ksql_failure failure OF_CLEANUP(ksql_failure_release) = {0};
    struct ksql_statement *statement OF_CLEANUP(of_cleanup_ksql_statement) = NULL;
    struct of_error error;
    const char *text = "CREATE STREAM x AS SELECT * FROM a;";
    assert_int_equal(prepare_text(engine, text, &statement, &failure), 0);
    assert_string_equal(statement->query->id, "CSAS_X_9");
    run_statement(engine, "TERMINATE insertquery_7;", 10, false);
    assert_int_equal(ksql_engine_apply(engine, statement, 12, &error), OF_INPUT);
    assert_null(ksql_engine_source_find(engine, "X"));
}

static void test_replace(void **state)
{
    (void)state;
    struct world world = two_partitions;
    struct ksql_engine *engine OF_CLEANUP(of_cleanup_ksql_engine) = small_engine(&world);
    run_statement(engine,
        "CREATE OR REPLACE STREAM a (k STRING KEY, v INT, w INT) WITH (KAFKA_TOPIC='a', "
        "VALUE_FORMAT='AVRO');",
        10, false);
    assert_int_equal(ksql_engine_source_count(engine), 4);
    assert_int_equal(ksql_engine_source_find(engine, "A")->schema.count, 3);
    assert_refused(engine,
        "CREATE OR REPLACE STREAM a (k STRING KEY, v BIGINT) WITH (KAFKA_TOPIC='a', "
        "VALUE_FORMAT='AVRO');",
        "Cannot upgrade data source: DataSource '`A`' has schema = `K` STRING KEY, `V` INTEGER, "
        "`W` "
        "INTEGER which is not upgradeable to `K` STRING KEY, `V` BIGINT. (The following columns "
        "are "
        "changed, missing or reordered: [`V` INTEGER, `W` INTEGER])",
        40001);
}

/* IF NOT EXISTS of a query's stream is a warning, until a second query writes there as well. */
static void test_second_writer(void **state)
{
    (void)state;
    struct world world = two_partitions;
    struct ksql_engine *engine OF_CLEANUP(of_cleanup_ksql_engine) = small_engine(&world);
    struct ksql_failure failure OF_CLEANUP(ksql_failure_release) = {0};
    struct ksql_statement *statement OF_CLEANUP(of_cleanup_ksql_statement) = NULL;
    const char *text = "CREATE STREAM IF NOT EXISTS b AS SELECT * FROM a;";
    assert_int_equal(prepare_text(engine, text, &statement, &failure), 0);
    assert_true(statement->warning);
    run_statement(engine, "INSERT INTO b SELECT * FROM c;", 10, false);
    assert_refused(engine, text,
        "Could not determine output schema for query due to error: REPLACE for sink `B` is not "
        "supported because there are multiple queries writing into it: [CSAS_B_3, INSERTQUERY_9]",
        40001);
}

/* ---- topics ---- */

static void test_topic_shape(void **state)
{
    (void)state;
    struct world world = {.topic = {.partitions = 6, .replicas = 3}};
    struct ksql_engine *engine OF_CLEANUP(of_cleanup_ksql_engine) = small_engine(&world);
    struct ksql_failure failure OF_CLEANUP(ksql_failure_release) = {0};
    struct ksql_statement *statement OF_CLEANUP(of_cleanup_ksql_statement) = NULL;
    world.topic.has_retention = true;
    world.topic.retention_ms = 5;
    assert_int_equal(
        prepare_text(engine, "CREATE STREAM x AS SELECT * FROM a;", &statement, &failure), 0);
    assert_string_equal(statement->text,
        "CREATE STREAM X WITH (CLEANUP_POLICY='delete', KAFKA_TOPIC='X', PARTITIONS=6, REPLICAS=3, "
        "RETENTION_MS=5) AS SELECT *\nFROM A A\nEMIT CHANGES;");
    assert_true(statement->create_topic);
    assert_int_equal(statement->topic.partitions, 6);
    assert_int_equal(statement->topic.replicas, 3);
    assert_int_equal(statement->topic.retention_ms, 5);
    assert_string_equal(statement->topic.cleanup_policy, "delete");
    ksql_statement_free(OF_TAKE(statement));

    const char *table = "CREATE TABLE x (k INT PRIMARY KEY, v INT) WITH (KAFKA_TOPIC='y', "
                        "PARTITIONS=2, REPLICAS=-1, VALUE_FORMAT='JSON');";
    assert_int_equal(prepare_text(engine, table, &statement, &failure), 0);
    assert_int_equal(statement->topic.replicas, -1);
    assert_int_equal(statement->topic.retention_ms, INT64_MIN);
    assert_string_equal(statement->topic.cleanup_policy, "compact");
}

/* ---- settings and lists ---- */

static void test_settings(void **state)
{
    (void)state;
    struct world world = two_partitions;
    struct ksql_engine *engine OF_CLEANUP(of_cleanup_ksql_engine) = small_engine(&world);
    static const struct {
        const char *text, *name, *value;
        enum ksql_effect effect;
    } cases[] = {
        {"SET 'auto.offset.reset'='earliest';", "auto.offset.reset", "earliest", KSQL_EFFECT_SET},
        {"UNSET 'a';", "a", NULL, KSQL_EFFECT_UNSET},
        {"DEFINE Size = 'it''s';", "Size", "it's", KSQL_EFFECT_DEFINE},
        {"UNDEFINE size;", "size", NULL, KSQL_EFFECT_UNDEFINE},
        {"DESCRIBE a EXTENDED;", "A", NULL, KSQL_EFFECT_DESCRIBE},
        {"LIST STREAMS;", NULL, NULL, KSQL_EFFECT_LIST_STREAMS},
        {"SHOW TABLES EXTENDED;", NULL, NULL, KSQL_EFFECT_LIST_TABLES},
        {"SHOW ALL TOPICS;", NULL, NULL, KSQL_EFFECT_LIST_TOPICS},
        {"show queries;", NULL, NULL, KSQL_EFFECT_LIST_QUERIES},
        {"SHOW PROPERTIES;", NULL, NULL, KSQL_EFFECT_LIST_PROPERTIES},
        {"SHOW FUNCTIONS;", NULL, NULL, KSQL_EFFECT_LIST_FUNCTIONS},
        {"SHOW VARIABLES;", NULL, NULL, KSQL_EFFECT_LIST_VARIABLES},
    };
    for (size_t i = 0; i < OF_COUNT(cases); i++) {
        struct ksql_failure failure OF_CLEANUP(ksql_failure_release) = {0};
        struct ksql_statement *statement OF_CLEANUP(of_cleanup_ksql_statement) = NULL;
        if (prepare_text(engine, cases[i].text, &statement, &failure))
            fail_msg("%s: %s", cases[i].text, failure.message);
        assert_int_equal(statement->effect, cases[i].effect);
        assert_null(statement->command_id);
        assert_string_equal(statement->text, cases[i].text);
        if (cases[i].name)
            assert_string_equal(statement->name, cases[i].name);
        if (cases[i].value)
            assert_string_equal(statement->value, cases[i].value);
        assert_int_equal(statement->extended, strstr(cases[i].text, "EXTENDED") != NULL);
    }
}

/* Properties that change what a statement means. */
static void test_properties(void **state)
{
    (void)state;
    struct world world = two_partitions;
    struct ksql_engine *engine OF_CLEANUP(of_cleanup_ksql_engine) = small_engine(&world);
    static char names[][48] = {
        "ksql.output.topic.name.prefix", "ksql.persistence.wrap.single.values"};
    static char values[][8] = {"p_", "FALSE"};
    struct ksql_property properties[] = {{names[0], values[0], true}, {names[1], values[1], false}};
    struct ksql_prepare_options options = {.properties = properties, .property_count = 1};
    struct ksql_failure failure OF_CLEANUP(ksql_failure_release) = {0};
    struct ksql_statement *statement OF_CLEANUP(of_cleanup_ksql_statement) = NULL;
    const char *text = "CREATE STREAM x AS SELECT * FROM a;";
    assert_int_equal(
        ksql_engine_prepare(engine, text, strlen(text), &options, &statement, &failure), 0);
    assert_string_equal(statement->source->topic, "p_X");
    ksql_statement_free(OF_TAKE(statement));
    options.property_count = 2;
    assert_int_equal(
        ksql_engine_prepare(engine, text, strlen(text), &options, &statement, &failure), 0);
    assert_false(statement->source->wrap_single_value);
    assert_string_equal(statement->query->sink_value_schema, "\"int\"");
}

static void test_variables(void **state)
{
    (void)state;
    struct world world = two_partitions;
    struct ksql_engine *engine OF_CLEANUP(of_cleanup_ksql_engine) = small_engine(&world);
    char name[] = "n", value[] = "2", property_name[] = "x", property_value[] = "y";
    struct ksql_property variable = {name, value, false};
    struct ksql_property property = {property_name, property_value, true};
    struct ksql_prepare_options options = {
        .variables = &variable, .variable_count = 1, .properties = &property, .property_count = 1};
    struct ksql_failure failure OF_CLEANUP(ksql_failure_release) = {0};
    struct ksql_statement *statement OF_CLEANUP(of_cleanup_ksql_statement) = NULL;
    const char *text =
        "CREATE STREAM x WITH (KAFKA_TOPIC='x${n}', PARTITIONS=${n}) AS SELECT k, v + ${n} AS w "
        "FROM a;";
    assert_int_equal(
        ksql_engine_prepare(engine, text, strlen(text), &options, &statement, &failure), 0);
    assert_string_equal(statement->topic.name, "x2");
    assert_non_null(strstr(statement->text, "(A.V + 2) W"));
    assert_int_equal(statement->query->property_count, 1);
    assert_string_equal(statement->query->properties[0].value, "y");
    assert_true(statement->query->properties[0].quoted);
    assert_refused(engine, text, "Illegal argument at Line: 1, Col: 55. Got: '${n}'", 40001);
}

/* Without a state that outlives the process, what needs one is refused; what doesn't runs. */
static void test_state_refused(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool refused;
    } cases[] = {
        {"CREATE TABLE o AS SELECT * FROM t;", false},
        {"CREATE TABLE o AS SELECT * FROM t WHERE v > 1;", true},
        {"CREATE TABLE o AS SELECT v, COUNT(*) AS n FROM s GROUP BY v;", true},
        {"CREATE STREAM o AS SELECT s.k, t.v FROM s JOIN t ON s.k = t.k;", true},
        {"CREATE STREAM o AS SELECT k, v FROM s WHERE v > 1;", false},
    };
    struct ksql_engine *engine OF_CLEANUP(of_cleanup_ksql_engine) =
        ksql_engine_new(&(struct ksql_callbacks){0});
    static const char *const sources[] = {
        "CREATE STREAM s (k INT KEY, v INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');",
        "CREATE TABLE t (k INT PRIMARY KEY, v INT) WITH (KAFKA_TOPIC='t', VALUE_FORMAT='JSON');"};
    struct ksql_prepare_options options = {0};
    for (size_t i = 0; i < OF_COUNT(sources) + OF_COUNT(cases); i++) {
        struct ksql_failure failure OF_CLEANUP(ksql_failure_release) = {0};
        struct ksql_statement *statement OF_CLEANUP(of_cleanup_ksql_statement) = NULL;
        struct of_error error;
        bool source = i < OF_COUNT(sources);
        const char *text = source ? sources[i] : cases[i - OF_COUNT(sources)].text;
        int status =
            ksql_engine_prepare(engine, text, strlen(text), &options, &statement, &failure);
        if (source) {
            assert_int_equal(status, 0);
            assert_int_equal(ksql_engine_apply(engine, statement, (int64_t)i, &error), 0);
        } else if (cases[i - OF_COUNT(sources)].refused) {
            assert_int_equal(status, OF_INPUT);
            assert_true(failure.not_supported);
            assert_non_null(strstr(failure.message, "needs state"));
        } else {
            assert_int_equal(status, 0);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_recorded_talk),
        cmocka_unit_test(test_state_refused),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_no_text),
        cmocka_unit_test(test_retry),
        cmocka_unit_test(test_drop_and_terminate),
        cmocka_unit_test(test_source_table),
        cmocka_unit_test(test_run_outlives),
        cmocka_unit_test(test_stale),
        cmocka_unit_test(test_replace),
        cmocka_unit_test(test_second_writer),
        cmocka_unit_test(test_topic_shape),
        cmocka_unit_test(test_settings),
        cmocka_unit_test(test_properties),
        cmocka_unit_test(test_variables),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
