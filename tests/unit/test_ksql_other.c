/* CREATE TYPE and its like: types with names in statements, EXPLAIN, ASSERT, DESCRIBE FUNCTION; and
 * the answers to them. */
#include "ksqld/lang/ast.h"
#include "ksqld/server/entity.h"

#include "base/memory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#define ENGINE OF_CLEANUP(of_cleanup_ksql_engine) struct ksql_engine
#define STATEMENT OF_CLEANUP(of_cleanup_ksql_statement) struct ksql_statement

static struct ksql_engine *make_engine(void)
{
    return ksql_engine_new(&(struct ksql_callbacks){.keeps_state = true});
}

static struct ksql_statement *prepare(struct ksql_engine *engine, const char *text)
{
    struct ksql_failure failure OF_CLEANUP(ksql_failure_release) = {0};
    struct ksql_statement *statement = NULL;
    struct ksql_prepare_options options = {0};
    if (ksql_engine_prepare(engine, text, strlen(text), &options, &statement, &failure))
        fail_msg("%s\n%s", text, failure.message);
    return statement;
}

static void apply(struct ksql_engine *engine, const char *text, const char *message)
{
    struct of_error error;
    STATEMENT *statement = prepare(engine, text);
    assert_int_equal(ksql_engine_apply(engine, statement, 1, &error), 0);
    if (message)
        assert_string_equal(statement->message, message);
}

static void refuses(struct ksql_engine *engine, const char *text, const char *message)
{
    struct ksql_failure failure OF_CLEANUP(ksql_failure_release) = {0};
    STATEMENT *statement = NULL;
    struct ksql_prepare_options options = {0};
    if (!ksql_engine_prepare(engine, text, strlen(text), &options, &statement, &failure))
        fail_msg("it passed: %s", text);
    if (!strstr(failure.message, message))
        fail_msg("%s\nwanted: %s", failure.message, message);
}

static void types_have_names(void **state)
{
    (void)state;
    ENGINE *engine = make_engine();
    apply(engine, "CREATE TYPE address AS STRUCT<street STRING, zip INT>;",
        "Registered custom type with name 'ADDRESS' and SQL type STRUCT<`STREET` STRING, `ZIP` "
        "INTEGER>");
    apply(engine, "CREATE TYPE person AS STRUCT<name STRING, homes ARRAY<address>>;", NULL);
    STATEMENT *made = prepare(engine,
        "CREATE STREAM s (p person, CASTED address) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');");
    assert_non_null(strstr(
        made->text, "P STRUCT<NAME STRING, HOMES ARRAY<STRUCT<STREET STRING, ZIP INTEGER>>>"));
    refuses(engine, "CREATE TYPE address AS INT;",
        "Cannot register custom type 'ADDRESS' since it is already registered with type: STRUCT<");
    apply(engine, "CREATE TYPE IF NOT EXISTS address AS INT;",
        "ADDRESS is already registered with type STRUCT<`STREET` STRING, `ZIP` INTEGER>");
    assert_int_equal(ksql_engine_type_count(engine), 2);
    const char *name;
    assert_int_equal(ksql_engine_type(engine, 0, &name)->kind, KSQL_STRUCT);
    assert_string_equal(name, "ADDRESS");
    OF_CLEANUP(of_cleanup_ksql_engine)
    struct ksql_engine *copy =
        ksql_engine_copy(engine, &(struct ksql_callbacks){.keeps_state = true});
    apply(engine, "DROP TYPE address;", "Dropped type 'ADDRESS'");
    assert_int_equal(ksql_engine_type_count(copy), 2);
    refuses(engine, "DROP TYPE address;", "Type ADDRESS does not exist.");
    apply(engine, "DROP TYPE IF EXISTS address;", "Type 'ADDRESS' does not exist");
    refuses(engine, "CREATE STREAM t (a address) WITH (KAFKA_TOPIC='t', VALUE_FORMAT='JSON');",
        "Cannot resolve unknown type: ADDRESS");
    /* The one that was made of it stands by itself. */
    apply(engine, "CREATE STREAM t (p person) WITH (KAFKA_TOPIC='t', VALUE_FORMAT='JSON');", NULL);
}

/* A type within a type, within a type: each is as deep as all of it. */
static void named_types_are_as_deep_as_others(void **state)
{
    (void)state;
    ENGINE *engine = make_engine();
    apply(engine, "CREATE TYPE t0 AS ARRAY<INT>;", NULL);
    for (int i = 1; i < KSQL_TYPE_DEPTH_MAX - 1; i++) {
        OF_FREE char *text = of_asprintf("CREATE TYPE t%d AS ARRAY<t%d>;", i, i - 1);
        apply(engine, text, NULL);
    }
    OF_FREE char *text = of_asprintf("CREATE TYPE over AS ARRAY<t%d>;", KSQL_TYPE_DEPTH_MAX - 2);
    refuses(engine, text, "a type is nested deeper than");
}

static void plans_are_explained(void **state)
{
    (void)state;
    ENGINE *engine = make_engine();
    apply(engine, "CREATE STREAM s (k INT KEY, v INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');",
        NULL);
    apply(engine, "CREATE STREAM c AS SELECT k, v + 1 AS w FROM s;", NULL);
    STATEMENT *running = prepare(engine, "EXPLAIN CSAS_C_2;");
    assert_int_equal(running->effect, KSQL_EFFECT_EXPLAIN);
    assert_string_equal(running->query->id, "CSAS_C_2");
    assert_int_equal(running->columns->count, 2);
    STATEMENT *select = prepare(engine, "EXPLAIN SELECT v FROM s EMIT CHANGES;");
    assert_null(select->name);
    assert_string_equal(select->text, "EXPLAIN SELECT v FROM s EMIT CHANGES;");
    STATEMENT *create = prepare(engine, "EXPLAIN CREATE STREAM d AS SELECT * FROM s;");
    assert_null(create->command_id);
    assert_false(create->create_topic);
    OF_CLEANUP(of_cleanup_json)
    json_t *entity = ksql_entity_explanation(create->text,
        ksql_entity_explained(create->text,
            &(struct ksql_explanation){.query = create->query, .columns = create->columns}));
    const json_t *body = json_object_get(entity, "queryDescription");
    assert_string_equal(json_string_value(json_array_get(json_object_get(body, "sinks"), 0)), "D");
    assert_int_equal(json_array_size(json_object_get(body, "fields")), 2);
    STATEMENT *hopping = prepare(engine, "EXPLAIN CREATE TABLE h AS SELECT k, COUNT(*) AS n FROM s "
                                         "WINDOW HOPPING (SIZE 4 SECONDS, ADVANCE BY 1 SECOND) "
                                         "GROUP BY k;");
    assert_int_equal(hopping->windows.kind, KSQL_WINDOW_TIME);
    assert_true(hopping->windows.hopping);
    refuses(engine, "EXPLAIN nobody;", "Query with id:NOBODY does not exist");
    refuses(engine, "EXPLAIN SHOW STREAMS;", "The provided statement does not run a ksql query");
    refuses(engine, "EXPLAIN EXPLAIN SELECT v FROM s;", "Syntax Error");
    refuses(engine, "EXPLAIN SELECT x FROM s;", "cannot be resolved");
}

static int no_topic(
    void *context, const char *topic, struct ksql_topic *answer, struct of_error *error)
{
    (void)context, (void)error;
    *answer = (struct ksql_topic){.exists = strcmp(topic, "s") == 0, .partitions = 1};
    return 0;
}

static void topics_have_names_that_kafka_takes(void **state)
{
    (void)state;
    struct ksql_engine *engine OF_CLEANUP(of_cleanup_ksql_engine) =
        ksql_engine_new(&(struct ksql_callbacks){.topic = no_topic});
    char name[251];
    memset(name, 'x', sizeof(name));
    for (size_t length = 249; length <= 250; length++) {
        char *text OF_FREE = of_asprintf("CREATE STREAM t (a INT) WITH (KAFKA_TOPIC='%.*s', "
                                         "VALUE_FORMAT='JSON', PARTITIONS=1);",
            (int)length, name);
        if (length == 249)
            ksql_statement_free(prepare(engine, text));
        else
            refuses(engine, text, "is longer than the max allowed length 249");
    }
    /* The name of a sink is that of its topic. */
    apply(engine, "CREATE STREAM s (a INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');", NULL);
    char *sink OF_FREE = of_asprintf("CREATE STREAM %.*s AS SELECT * FROM s;", 249, name);
    ksql_statement_free(prepare(engine, sink));
    char *longer OF_FREE = of_asprintf("CREATE STREAM %.*s AS SELECT * FROM s;", 250, name);
    refuses(engine, longer, "is longer than the max allowed length 249");
    static const char *const names[] = {"${zz}", "a b", "\xc3\xa9", "a/b"};
    for (size_t i = 0; i < OF_COUNT(names); i++) {
        char *text OF_FREE = of_asprintf("CREATE STREAM t (a INT) WITH (KAFKA_TOPIC='%s', "
                                         "VALUE_FORMAT='JSON', PARTITIONS=1);",
            names[i]);
        refuses(engine, text, "contains one or more characters other than ASCII alphanumerics");
    }
    refuses(engine, "CREATE STREAM t (a INT) WITH (KAFKA_TOPIC='..', VALUE_FORMAT='JSON');",
        "a topic's name cannot be");
    refuses(engine, "CREATE STREAM t (a INT) WITH (KAFKA_TOPIC='', VALUE_FORMAT='JSON');",
        "String must be non-empty");
}

static void assertions_have_their_parts(void **state)
{
    (void)state;
    ENGINE *engine = make_engine();
    STATEMENT *topic =
        prepare(engine, "ASSERT TOPIC Foo WITH (PARTITIONS=3, REPLICAS=1) TIMEOUT 2 SECONDS;");
    assert_string_equal(topic->asserted->topic, "Foo");
    assert_int_equal(topic->asserted->partitions, 3);
    assert_int_equal(topic->asserted->timeout_ms, 2000);
    STATEMENT *schema = prepare(engine, "ASSERT NOT EXISTS SCHEMA SUBJECT 'a-value' ID 7;");
    assert_true(schema->asserted->absent);
    assert_int_equal(schema->asserted->id, 7);
    OF_CLEANUP(of_cleanup_json)
    json_t *entity = ksql_entity_assert(schema->text, schema->asserted);
    assert_string_equal(json_string_value(json_object_get(entity, "subject")), "a-value");
    assert_true(json_is_false(json_object_get(entity, "exists")));
    STATEMENT *longest = prepare(engine, "ASSERT TOPIC t TIMEOUT 30 SECONDS;");
    assert_int_equal(longest->asserted->timeout_ms, KSQL_ASSERT_TIMEOUT_MAX_MS);
    refuses(engine, "ASSERT TOPIC t TIMEOUT 31 SECONDS;", "A TIMEOUT of more than 30 s");
    refuses(engine, "ASSERT TOPIC t WITH (x=1);", "Cannot assert unknown topic property: X");
    refuses(
        engine, "ASSERT SCHEMA;", "ASSERT SCHEMA statements much include a subject name or an id");
    refuses(engine, "ASSERT STREAM s;", "ASSERT of anything but TOPIC and SCHEMA");
}

static void functions_are_described(void **state)
{
    (void)state;
    ENGINE *engine = make_engine();
    STATEMENT *statement = prepare(engine, "DESCRIBE FUNCTION concat_ws;");
    assert_int_equal(statement->effect, KSQL_EFFECT_DESCRIBE_FUNCTION);
    OF_CLEANUP(of_cleanup_json) json_t *scalar = ksql_entity_function("x", "concat_ws");
    assert_string_equal(json_string_value(json_object_get(scalar, "name")), "CONCAT_WS");
    assert_string_equal(json_string_value(json_object_get(scalar, "type")), "SCALAR");
    const json_t *row = json_array_get(json_object_get(scalar, "functions"), 0);
    const json_t *arguments = json_object_get(row, "arguments");
    const json_t *last = json_array_get(arguments, json_array_size(arguments) - 1);
    assert_true(json_is_true(json_object_get(last, "isVariadic")));
    OF_CLEANUP(of_cleanup_json) json_t *lambda = ksql_entity_function("x", "TRANSFORM");
    row = json_array_get(json_object_get(lambda, "functions"), 0);
    assert_int_equal(json_array_size(json_object_get(row, "arguments")), 2);
    OF_CLEANUP(of_cleanup_json) json_t *aggregate = ksql_entity_function("x", "topk");
    assert_string_equal(json_string_value(json_object_get(aggregate, "type")), "AGGREGATE");
    assert_true(json_array_size(json_object_get(aggregate, "functions")) > 0);
    OF_CLEANUP(of_cleanup_json) json_t *table = ksql_entity_function("x", "Explode");
    assert_string_equal(json_string_value(json_object_get(table, "type")), "TABLE");
    refuses(engine, "DESCRIBE FUNCTION nobody;", "Can't find any functions with the name 'NOBODY'");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(types_have_names),
        cmocka_unit_test(named_types_are_as_deep_as_others),
        cmocka_unit_test(plans_are_explained),
        cmocka_unit_test(topics_have_names_that_kafka_takes),
        cmocka_unit_test(assertions_have_their_parts),
        cmocka_unit_test(functions_are_described),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
