/* Requests of several statements, tried out: later ones see what earlier ones would make, and the
 * engine stays as it was. */
#include "unit/ksql_golden.h"

#include "ksqld/server/command.h"
#include "ksqld/server/rehearsal.h"

/* A broker with the topic "there", and a registry without a schema. */
static int ask_topic(
    void *context, const char *topic, struct ksql_topic *answer, struct of_error *error)
{
    (void)error;
    ++*(size_t *)context;
    *answer =
        (struct ksql_topic){.exists = strcmp(topic, "there") == 0, .partitions = 2, .replicas = 1};
    return 0;
}

static int ask_schema(void *context, const char *topic, bool key, int32_t id,
    struct of_schema *schema, struct of_error *error)
{
    (void)context, (void)topic, (void)key, (void)id, (void)error;
    schema->text = NULL;
    schema->size = 0;
    return 0;
}

struct stage {
    size_t asked;
    struct ksql_callbacks world;
    struct ksql_engine *engine;
};

static void set_up(struct stage *stage)
{
    *stage = (struct stage){.asked = 0};
    stage->world = (struct ksql_callbacks){&stage->asked, ask_topic, ask_schema};
    stage->engine = ksql_engine_new(&stage->world);
    run_statement(stage->engine,
        "CREATE STREAM s (k STRING KEY, v INT) WITH (KAFKA_TOPIC='there', VALUE_FORMAT='AVRO');", 0,
        false);
    run_statement(stage->engine, "CREATE STREAM t AS SELECT * FROM s;", 2, false);
}

static void tear_down(struct stage *stage)
{
    ksql_engine_free(stage->engine);
}
#define STAGE OF_CLEANUP(tear_down) struct stage

static int rehearse_with(struct stage *stage, const struct ksql_request *request, const char *text,
    struct ksql_failure *failure)
{
    OF_CLEANUP(ksql_pieces_release) struct ksql_pieces pieces = {.items = NULL};
    struct of_error error;
    assert_int_equal(ksql_split(text, strlen(text), &pieces, &error), 0);
    int result = ksql_rehearse(stage->engine, &stage->world, 2, request, &pieces, failure);
    assert_int_equal(ksql_engine_source_count(stage->engine), 2);
    assert_int_equal(ksql_engine_query_count(stage->engine), 1);
    assert_false(ksql_engine_query(stage->engine, 0)->paused);
    return result;
}

static void assert_good(struct stage *stage, const char *text)
{
    OF_CLEANUP(ksql_failure_release) struct ksql_failure failure = {.message = NULL};
    const struct ksql_request request = {.sequence = -1};
    if (rehearse_with(stage, &request, text, &failure) < 0)
        fail_msg("%s\n%s", text, failure.message);
}

static void assert_bad(struct stage *stage, const char *text, const char *statement)
{
    OF_CLEANUP(ksql_failure_release) struct ksql_failure failure = {.message = NULL};
    const struct ksql_request request = {.sequence = -1};
    assert_int_equal(rehearse_with(stage, &request, text, &failure), OF_INPUT);
    assert_int_equal(failure.status, 400);
    if (statement)
        assert_string_equal(failure.statement, statement);
}

static void later_statements_see_earlier_ones(void **state)
{
    (void)state;
    STAGE stage;
    set_up(&stage);
    /* A topic that the request makes, and the schema of one that its query would register. */
    assert_good(&stage,
        "CREATE STREAM a (k STRING KEY, v INT) WITH (KAFKA_TOPIC='new', VALUE_FORMAT='AVRO', "
        "PARTITIONS=2); CREATE STREAM b (k STRING KEY, v INT) WITH (KAFKA_TOPIC='new', "
        "VALUE_FORMAT='AVRO'); CREATE STREAM c AS SELECT k, v + 1 AS w FROM a; CREATE STREAM d (k "
        "STRING KEY) WITH (KAFKA_TOPIC='C', VALUE_FORMAT='AVRO'); CREATE STREAM e AS SELECT k, w "
        "FROM "
        "d; DESCRIBE e;");
    assert_bad(&stage,
        "CREATE STREAM a (k STRING KEY, v INT) WITH (KAFKA_TOPIC='new', VALUE_FORMAT='AVRO');",
        NULL);
    /* The id of a query depends on its place. */
    assert_good(&stage,
        "CREATE STREAM u AS SELECT * FROM t; TERMINATE CSAS_U_3; CREATE STREAM w AS "
        "SELECT * FROM u; PAUSE CSAS_W_7;");
    assert_good(
        &stage, "TERMINATE CSAS_T_1; DROP STREAM t; CREATE STREAM t AS SELECT k, v FROM s;");
    assert_good(&stage, "DEFINE name = 's'; DESCRIBE ${name}; SHOW STREAMS;");
    /* What the server can do, the trial can. */
    static const char counts[] = "SHOW STREAMS; CREATE TABLE n AS SELECT k, COUNT(*) AS c FROM s "
                                 "GROUP BY k;";
    assert_bad(&stage, counts, NULL);
    stage.world.keeps_state = true;
    assert_good(&stage, counts);
    assert_bad(&stage, "DEFINE name = 's'; UNDEFINE name; DESCRIBE ${name};", NULL);
}

static void deleted_topics_are_gone(void **state)
{
    (void)state;
    STAGE stage;
    set_up(&stage);
    static const char drops[] = "DROP STREAM t DELETE TOPIC; DROP STREAM s DELETE TOPIC;";
    static const char again[] = "CREATE STREAM s (k STRING KEY, v INT) WITH (KAFKA_TOPIC='there', "
                                "VALUE_FORMAT='AVRO'";
    OF_FREE char *bare = of_asprintf("%s %s);", drops, again);
    OF_FREE char *full = of_asprintf("%s %s, PARTITIONS=3);", drops, again);
    assert_bad(&stage, bare, NULL);
    assert_good(&stage, full);
    /* What "T" was registered with is gone with it. */
    OF_FREE char *inferred = of_asprintf("%s CREATE STREAM t (k STRING KEY) WITH (KAFKA_TOPIC='T', "
                                         "VALUE_FORMAT='AVRO', PARTITIONS=1);",
        drops);
    assert_bad(&stage, inferred, NULL);
}

static void one_bad_statement_refuses_all(void **state)
{
    (void)state;
    STAGE stage;
    set_up(&stage);
    assert_bad(&stage, "PAUSE CSAS_T_1; DROP STREAM nobody;", "DROP STREAM nobody;");
    assert_bad(&stage, "TERMINATE CSAS_T_1; TERMINATE CSAS_T_1;", "TERMINATE CSAS_T_1;");
    assert_bad(&stage, "CREATE STREAM u AS SELECT * FROM s; CREATE STREM x;", "CREATE STREM x;");
    assert_bad(&stage, "SHOW STREAMS; SELECT * FROM s;", "SELECT * FROM s;");
    assert_bad(&stage, "DROP STREAM t; DROP STREAM s; DESCRIBE s;", "DESCRIBE s;");
}

static void statements_must_fit_into_records(void **state)
{
    (void)state;
    STAGE stage;
    set_up(&stage);
    struct of_error error;
    OF_CLEANUP(ksql_request_release) struct ksql_request request = {.sequence = -1};
    OF_FREE char *value = of_alloc(KSQL_COMMAND_MAX + 1);
    memset(value, 'x', KSQL_COMMAND_MAX);
    assert_int_equal(ksql_properties_set(&request.properties, "a", value, true, &error), 0);
    OF_CLEANUP(ksql_failure_release) struct ksql_failure failure = {.message = NULL};
    assert_int_equal(
        rehearse_with(&stage, &request, "SHOW STREAMS; DROP STREAM t;", &failure), OF_INPUT);
    assert_int_equal(failure.error_code, 40001);
    assert_string_equal(failure.message, "the statement is longer than 900000 bytes");
    assert_string_equal(failure.statement, "DROP STREAM t;");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(later_statements_see_earlier_ones),
        cmocka_unit_test(deleted_topics_are_gone),
        cmocka_unit_test(one_bad_statement_refuses_all),
        cmocka_unit_test(statements_must_fit_into_records),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
