/* Answers of the SQL server: byte for byte what a ksqlDB 8.3.1 was recorded to answer (its lists
 * in our order, since its own is that of a hash). */
#include "base/memory.h"
#include "ksqld/server/entity.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

/* Takes the entity. */
static void expect(json_t *entity, const char *wanted)
{
    assert_non_null(entity);
    OF_FREE char *text = json_dumps(entity, JSON_COMPACT);
    json_decref(entity);
    assert_string_equal(text, wanted);
}

static const struct ksql_type string_type = {.kind = KSQL_STRING};
static const struct ksql_type integer_type = {.kind = KSQL_INTEGER};
static const struct ksql_type price_type = {.kind = KSQL_DECIMAL, .precision = 12, .scale = 2};
static const struct ksql_field item_fields[] = {{"SKU", &integer_type}, {"PRICE", &price_type}};
static const struct ksql_type item_type = {
    .kind = KSQL_STRUCT, .fields = item_fields, .field_count = 2};
static const struct ksql_type items_type = {.kind = KSQL_ARRAY, .element = &item_type};
static struct ksql_column columns[] = {
    {"ORDER_KEY", &string_type, true}, {"ITEM_INFO", &items_type, false}};

static const struct ksql_source finished = {.name = "FINISHED",
    .topic = "rec_finished_orders",
    .key_format = "KAFKA",
    .value_format = "AVRO",
    .schema = {columns, 2},
    .statement = "CREATE STREAM FINISHED ...;",
    .timestamp_column = ""};
static const struct ksql_source order_price = {.name = "ORDER_PRICE",
    .table = true,
    .topic = "rec_order_price",
    .key_format = "KAFKA",
    .value_format = "AVRO",
    .statement = "CREATE TABLE ORDER_PRICE ...;"};

static const struct ksql_query closed = {.id = "CSAS_CLOSED_3",
    .statement = "CREATE STREAM CLOSED ...;",
    .sources = {"FINISHED"},
    .source_topics = {"rec_finished_orders"},
    .source_count = 1,
    .sink = "CLOSED",
    .sink_topic = "CLOSED"};

#define CLOSED_JSON(state)                                                                         \
    "{\"queryString\":\"CREATE STREAM CLOSED ...;\",\"sinks\":[\"CLOSED\"],\"sinkKafkaTopics\":["  \
    "\"CLOSED\"],\"id\":\"CSAS_CLOSED_3\",\"statusCount\":{\"" state                               \
    "\":1},\"queryType\":\"PERSISTENT\",\"state\":\"" state "\"}"

static void commands_are_answered_with_their_status(void **state)
{
    (void)state;
    expect(ksql_entity_status(
               "CREATE STREAM x;", "stream/`FINISHED`/create", "Stream created", NULL, 0),
        "{\"@type\":\"currentStatus\",\"statementText\":\"CREATE STREAM x;\",\"commandId\":"
        "\"stream/`FINISHED`/create\",\"commandStatus\":{\"status\":\"SUCCESS\",\"message\":"
        "\"Stream created\",\"queryId\":null},\"commandSequenceNumber\":0,\"warnings\":[]}");
    expect(ksql_entity_status("x", "c", "Created query with ID CSAS_CLOSED_3", "CSAS_CLOSED_3", 4),
        "{\"@type\":\"currentStatus\",\"statementText\":\"x\",\"commandId\":\"c\","
        "\"commandStatus\":{\"status\":\"SUCCESS\",\"message\":\"Created query with ID "
        "CSAS_CLOSED_3\",\"queryId\":\"CSAS_CLOSED_3\"},\"commandSequenceNumber\":4,\"warnings\":"
        "[]}");
    expect(ksql_entity_warning("CREATE STREAM IF NOT EXISTS x;", "It is there."),
        "{\"@type\":\"warning_entity\",\"statementText\":\"CREATE STREAM IF NOT EXISTS x;\","
        "\"message\":\"It is there.\",\"warnings\":[]}");
}

static void sources_are_listed_by_kind(void **state)
{
    (void)state;
    const struct ksql_source *const sources[] = {&finished, &order_price};
    expect(ksql_entity_sources("SHOW STREAMS;", false, sources, 2),
        "{\"@type\":\"streams\",\"statementText\":\"SHOW STREAMS;\",\"streams\":[{\"type\":"
        "\"STREAM\",\"name\":\"FINISHED\",\"topic\":\"rec_finished_orders\",\"keyFormat\":"
        "\"KAFKA\",\"valueFormat\":\"AVRO\",\"isWindowed\":false}],\"warnings\":[]}");
    expect(ksql_entity_sources("SHOW TABLES;", true, sources, 2),
        "{\"@type\":\"tables\",\"statementText\":\"SHOW TABLES;\",\"tables\":[{\"type\":\"TABLE\","
        "\"name\":\"ORDER_PRICE\",\"topic\":\"rec_order_price\",\"keyFormat\":\"KAFKA\","
        "\"valueFormat\":\"AVRO\",\"isWindowed\":false}],\"warnings\":[]}");
    expect(ksql_entity_sources("SHOW TABLES;", true, sources, 1),
        "{\"@type\":\"tables\",\"statementText\":\"SHOW TABLES;\",\"tables\":[],\"warnings\":[]}");
}

static void queries_are_listed_with_their_state(void **state)
{
    (void)state;
    const struct ksql_query_view views[] = {
        {&closed, KSQL_STATE_RUNNING}, {&closed, KSQL_STATE_ERROR}};
    expect(ksql_entity_queries("SHOW QUERIES;", views, 2),
        "{\"@type\":\"queries\",\"statementText\":\"SHOW QUERIES;\",\"queries\":[" CLOSED_JSON(
            "RUNNING") "," CLOSED_JSON("ERROR") "],\"warnings\":[]}");
    struct ksql_query given = closed;
    given.id = "CST_T_1";
    given.statement = "CREATE";
    given.sink = given.sink_topic = "";
    const struct ksql_query_view alone = {&given, KSQL_STATE_RUNNING};
    expect(ksql_entity_queries("SHOW QUERIES;", &alone, 1),
        "{\"@type\":\"queries\",\"statementText\":\"SHOW QUERIES;\",\"queries\":[{\"queryString\":"
        "\"CREATE\",\"sinks\":[],\"sinkKafkaTopics\":[],\"id\":\"CST_T_1\",\"statusCount\":{"
        "\"RUNNING\":1},\"queryType\":\"PERSISTENT\",\"state\":\"RUNNING\"}],\"warnings\":[]}");
    assert_string_equal(ksql_state_name(KSQL_STATE_UNRESPONSIVE), "UNRESPONSIVE");
    assert_string_equal(ksql_state_name(KSQL_STATE_PAUSED), "PAUSED");
}

static void topics_show_a_replica_count_a_partition(void **state)
{
    (void)state;
    const struct ksql_topic_view topics[] = {{"a", 2, 1}, {"b", 1, 3}};
    expect(ksql_entity_topics("SHOW TOPICS;", topics, 2),
        "{\"@type\":\"kafka_topics\",\"statementText\":\"SHOW TOPICS;\",\"topics\":[{\"name\":"
        "\"a\",\"replicaInfo\":[1,1]},{\"name\":\"b\",\"replicaInfo\":[3]}],\"warnings\":[]}");
}

static void functions_are_listed_by_name(void **state)
{
    (void)state;
    const struct ksql_function_view functions[] = {{"UCASE", "SCALAR"}, {"EXPLODE", "TABLE"}};
    expect(ksql_entity_functions("SHOW FUNCTIONS;", functions, 2),
        "{\"@type\":\"function_names\",\"statementText\":\"SHOW FUNCTIONS;\",\"functions\":[{"
        "\"name\":\"UCASE\",\"type\":\"SCALAR\",\"category\":\"OTHER\"},{\"name\":\"EXPLODE\","
        "\"type\":\"TABLE\",\"category\":\"OTHER\"}],\"warnings\":[]}");
}

static void properties_tell_whose_they_are(void **state)
{
    (void)state;
    char name[] = "ksql.service.id", value[] = "s", set[] = "auto.offset.reset", to[] = "earliest";
    const struct ksql_property server = {name, value, true}, request = {set, to, true};
    expect(ksql_entity_properties("SHOW PROPERTIES;", &server, 1, &request, 1),
        "{\"@type\":\"properties\",\"statementText\":\"SHOW PROPERTIES;\",\"properties\":[{"
        "\"name\":\"ksql.service.id\",\"scope\":\"KSQL\",\"value\":\"s\",\"editable\":false,"
        "\"level\":\"SERVER\"},{\"name\":\"auto.offset.reset\",\"scope\":\"KSQL\",\"value\":"
        "\"earliest\",\"editable\":true,\"level\":\"QUERY\"}],\"overwrittenProperties\":["
        "\"auto.offset.reset\"],\"defaultProperties\":[\"ksql.service.id\"],\"warnings\":[]}");
    expect(ksql_entity_variables("SHOW VARIABLES;", &request, 1),
        "{\"@type\":\"variables\",\"statementText\":\"SHOW VARIABLES;\",\"variables\":[{\"name\":"
        "\"auto.offset.reset\",\"value\":\"earliest\"}],\"warnings\":[]}");
}

static void descriptions_show_types_and_queries(void **state)
{
    (void)state;
    static const char *const constraints[] = {"CLOSED"};
    const struct ksql_query_view reader = {&closed, KSQL_STATE_RUNNING};
    const struct ksql_description description = {.source = &finished,
        .readers = &reader,
        .reader_count = 1,
        .constraints = constraints,
        .constraint_count = 1,
        .partitions = 2,
        .replicas = 1};
    expect(ksql_entity_description("DESCRIBE finished;", ksql_entity_described(&description)),
        "{\"@type\":\"sourceDescription\",\"statementText\":\"DESCRIBE finished;\","
        "\"sourceDescription\":{\"name\":\"FINISHED\",\"windowType\":null,\"readQueries\":"
        "[" CLOSED_JSON("RUNNING") "],\"writeQueries\":[],\"fields\":[{\"name\":\"ORDER_KEY\","
                                   "\"schema\":{\"type\":\"STRING\",\"fields\":null,"
                                   "\"memberSchema\":null},\"type\":\"KEY\"},"
                                   "{\"name\":\"ITEM_INFO\",\"schema\":{\"type\":\"ARRAY\","
                                   "\"fields\":null,\"memberSchema\":{"
                                   "\"type\":\"STRUCT\",\"fields\":[{\"name\":\"SKU\",\"schema\":{"
                                   "\"type\":\"INTEGER\","
                                   "\"fields\":null,\"memberSchema\":null}},{\"name\":\"PRICE\","
                                   "\"schema\":{\"type\":"
                                   "\"DECIMAL\",\"fields\":null,\"memberSchema\":null,"
                                   "\"parameters\":{\"precision\":12,"
                                   "\"scale\":2}}}],\"memberSchema\":null}}}],\"type\":\"STREAM\","
                                   "\"timestamp\":\"\","
                                   "\"statistics\":\"\",\"errorStats\":\"\",\"extended\":false,"
                                   "\"keyFormat\":\"KAFKA\","
                                   "\"valueFormat\":\"AVRO\",\"topic\":\"rec_finished_orders\","
                                   "\"partitions\":2,"
                                   "\"replication\":1,\"statement\":\"CREATE STREAM FINISHED "
                                   "...;\",\"queryOffsetSummaries\":"
                                   "[],\"sourceConstraints\":[\"CLOSED\"],\"clusterStatistics\":[],"
                                   "\"clusterErrorStats\":[]},"
                                   "\"warnings\":[]}");
}

/* Takes the entity. */
static json_t *member(json_t *entity, const char *name)
{
    json_t *value = json_object_get(entity, name);
    assert_non_null(value);
    json_incref(value);
    json_decref(entity);
    return value;
}

static void extended_descriptions_tell_how_far_queries_have_read(void **state)
{
    (void)state;
    char group[] = "g", in[] = "in", other[] = "other", empty[] = "none";
    struct ksql_partition_view partitions[] = {
        {in, 0, 1, 9, 7}, {in, 1, 0, 3, 3}, {other, 0, 0, 0, 0}};
    const struct ksql_group_view groups[] = {{group, partitions, 3}, {empty, NULL, 0}};
    const struct ksql_description description = {
        .source = &finished, .extended = true, .groups = groups, .group_count = 2};
    expect(member(ksql_entity_described(&description), "queryOffsetSummaries"),
        "[{\"groupId\":\"g\",\"topicSummaries\":[{\"kafkaTopic\":\"in\",\"offsets\":[{"
        "\"partition\":0,\"logStartOffset\":1,\"logEndOffset\":9,\"consumerOffset\":7},{"
        "\"partition\":1,\"logStartOffset\":0,\"logEndOffset\":3,\"consumerOffset\":3}]},{"
        "\"kafkaTopic\":\"other\",\"offsets\":[{\"partition\":0,\"logStartOffset\":0,"
        "\"logEndOffset\":0,\"consumerOffset\":0}]}]},{\"groupId\":\"none\","
        "\"topicSummaries\":[]}]");
}

static void windows_are_named(void **state)
{
    (void)state;
    static const struct {
        struct ksql_windows windows;
        const char *name;
    } all[] = {{{KSQL_WINDOW_NONE}, "null"}, {{KSQL_WINDOW_TIME, 5}, "\"TUMBLING\""},
        {{KSQL_WINDOW_TIME, 5, true}, "\"HOPPING\""}, {{KSQL_WINDOW_SESSION}, "\"SESSION\""}};
    for (size_t i = 0; i < OF_COUNT(all); i++) {
        struct ksql_source source = finished;
        source.windows = all[i].windows;
        const struct ksql_description description = {.source = &source};
        json_t *described = member(ksql_entity_described(&description), "windowType");
        OF_FREE char *text = json_dumps(described, JSON_ENCODE_ANY);
        json_decref(described);
        assert_string_equal(text, all[i].name);
        const struct ksql_explanation explanation = {
            .query = &closed, .columns = &finished.schema, .windows = all[i].windows};
        json_t *explained = member(ksql_entity_explained("x", &explanation), "windowType");
        OF_FREE char *again = json_dumps(explained, JSON_ENCODE_ANY);
        json_decref(explained);
        assert_string_equal(again, all[i].name);
    }
}

static void extended_lists_hold_descriptions(void **state)
{
    (void)state;
    const struct ksql_description description = {.source = &finished, .extended = true};
    json_t *one = json_array(), *two = json_array();
    json_array_append_new(one, ksql_entity_described(&description));
    json_t *sources = ksql_entity_descriptions("SHOW STREAMS EXTENDED;", false, one);
    assert_string_equal(
        json_string_value(json_object_get(sources, "@type")), "source_descriptions");
    const json_t *list = json_object_get(sources, "sourceDescriptions");
    assert_int_equal(json_array_size(list), 1);
    assert_string_equal(
        json_string_value(json_object_get(json_array_get(list, 0), "name")), "FINISHED");
    assert_true(json_is_array(json_object_get(sources, "warnings")));
    json_decref(sources);
    const struct ksql_explanation explanation = {.query = &closed, .columns = &finished.schema};
    json_array_append_new(two, ksql_entity_explained("", &explanation));
    json_t *queries = ksql_entity_descriptions("SHOW QUERIES EXTENDED;", true, two);
    assert_string_equal(json_string_value(json_object_get(queries, "@type")), "queryDescriptions");
    list = json_object_get(queries, "queryDescriptions");
    assert_string_equal(
        json_string_value(json_object_get(json_array_get(list, 0), "id")), "CSAS_CLOSED_3");
    json_decref(queries);
    const struct ksql_topic_view topics[] = {{"a", 2, 1, .consumers = 3, .groups = 2}};
    expect(ksql_entity_topics_extended("SHOW TOPICS EXTENDED;", topics, 1),
        "{\"@type\":\"kafka_topics_extended\",\"statementText\":\"SHOW TOPICS EXTENDED;\","
        "\"topics\":[{\"name\":\"a\",\"replicaInfo\":[1,1],\"consumerCount\":3,"
        "\"consumerGroupCount\":2}],\"warnings\":[]}");
}

static void refusals_have_a_body(void **state)
{
    (void)state;
    char message[] = "Stream NO_SUCH does not exist.", statement[] = "DROP STREAM no_such;";
    const struct ksql_failure failure = {
        .status = 400, .error_code = 40001, .message = message, .statement = statement};
    expect(ksql_entity_failure(&failure, NULL),
        "{\"@type\":\"statement_error\",\"error_code\":40001,\"message\":\"Stream NO_SUCH does not "
        "exist.\",\"statementText\":\"DROP STREAM no_such;\",\"entities\":[]}");
    expect(ksql_entity_failure(&failure, json_pack("[{}]")),
        "{\"@type\":\"statement_error\",\"error_code\":40001,\"message\":\"Stream NO_SUCH does not "
        "exist.\",\"statementText\":\"DROP STREAM no_such;\",\"entities\":[{}]}");
    const struct ksql_failure generic = {.status = 400, .error_code = 40000, .message = message};
    expect(ksql_entity_failure(&generic, json_array()),
        "{\"@type\":\"generic_error\",\"error_code\":40000,\"message\":\"Stream NO_SUCH does not "
        "exist.\"}");
    expect(ksql_entity_error(40000, "\xff"),
        "{\"@type\":\"generic_error\",\"error_code\":40000,\"message\":\"(a message that is no "
        "UTF-8)\"}");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(commands_are_answered_with_their_status),
        cmocka_unit_test(sources_are_listed_by_kind),
        cmocka_unit_test(queries_are_listed_with_their_state),
        cmocka_unit_test(topics_show_a_replica_count_a_partition),
        cmocka_unit_test(functions_are_listed_by_name),
        cmocka_unit_test(properties_tell_whose_they_are),
        cmocka_unit_test(descriptions_show_types_and_queries),
        cmocka_unit_test(extended_descriptions_tell_how_far_queries_have_read),
        cmocka_unit_test(windows_are_named),
        cmocka_unit_test(extended_lists_hold_descriptions),
        cmocka_unit_test(refusals_have_a_body),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
