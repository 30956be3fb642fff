/* The command topic and the server on a mock broker: what does not fit is refused and nobody else
 * notices, a request is carried out whole or not at all, and a stop in mid-replay ends it. */
#include "ksqld/server/insert.h"
#include "ksqld/server/journal.h"
#include "ksqld/server/server.h"

#include "base/signals.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "mock_kafka.h"

#define SERVICE "s"
#define COMMANDS "_confluent-ksql-" SERVICE "_command_topic"
#define RECORD_MAX 100000 /* message.max.bytes of the mock's clients */

static int set_up(void **state)
{
    struct mock_kafka *mock = of_alloc(sizeof(*mock));
    mock_kafka_start(mock);
    rd_kafka_mock_topic_create(mock->cluster, COMMANDS, 1, 1);
    rd_kafka_mock_topic_create(mock->cluster, "orders_dlq", 1, 1);
    rd_kafka_mock_topic_create(mock->cluster, "in", 1, 1);
    *state = mock;
    return 0;
}

static int tear_down(void **state)
{
    mock_kafka_stop(*state);
    free(*state);
    return 0;
}

static char *text_of(size_t size)
{
    char *text = of_alloc(size + 1);
    memset(text, 'x', size);
    return text;
}

/* ---- the journal ---- */

static struct ksql_journal *open_journal(struct mock_kafka *mock)
{
    struct ksql_journal *journal = NULL;
    struct of_error error;
    if (ksql_journal_open(mock->config, COMMANDS, "test-commands", &journal, &error) < 0)
        fail_msg("%s", error.message);
    return journal;
}
#define JOURNAL OF_CLEANUP(of_cleanup_ksql_journal) struct ksql_journal

static int append(struct ksql_journal *journal, const char *id, const char *text, int64_t *sequence,
    struct of_error *error)
{
    return ksql_journal_append(journal, id, text, NULL, 0, sequence, error);
}

static int count_commands(
    void *context, int64_t sequence, const struct ksql_command *command, struct of_error *error)
{
    (void)sequence, (void)command, (void)error;
    ++*(size_t *)context;
    return OF_OK;
}

static void commands_that_do_not_fit(void **state)
{
    JOURNAL *journal = open_journal(*state);
    struct of_error error;
    int64_t sequence = -1;
    OF_FREE char *large = text_of(RECORD_MAX), *larger = text_of(KSQL_COMMAND_MAX);
    assert_int_equal(append(journal, "a", "one;", &sequence, &error), OF_OK);
    int64_t first = sequence;
    assert_int_equal(append(journal, "b", large, &sequence, &error), OF_INPUT);
    assert_int_equal(append(journal, "b", larger, &sequence, &error), OF_INPUT);
    assert_string_equal(error.message, "the statement is longer than 900000 bytes");
    assert_int_equal(sequence, first);
    assert_int_equal(append(journal, "c", "two;", &sequence, &error), OF_OK);
    assert_true(sequence > first);
    size_t count = 0;
    JOURNAL *successor = open_journal(*state);
    assert_int_equal(ksql_journal_read(successor, count_commands, &count, &error), OF_OK);
    assert_int_equal(count, 2);
    assert_int_equal(ksql_journal_sequence(successor), sequence);
}

/* A topic of somebody else's making may take less than the client. */
static void commands_that_the_broker_refuses(void **state)
{
    struct mock_kafka *mock = *state;
    JOURNAL *journal = open_journal(mock);
    struct of_error error;
    int64_t sequence = -1;
    rd_kafka_mock_push_request_errors(
        mock->cluster, MOCK_PRODUCE, 1, RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE);
    assert_int_equal(append(journal, "a", "one;", &sequence, &error), OF_RETRY);
    assert_int_equal(error.class, OF_RETRY);
    int result = append(journal, "a", "one;", &sequence, &error);
    if (result == OF_RETRY) /* librdkafka sees a gap in its own numbers, once */
        result = append(journal, "a", "one;", &sequence, &error);
    assert_int_equal(result, OF_OK);
}

/* A client as it is configured by default takes every command, and so does the topic. */
static void limits_fit_into_each_other(void **state)
{
    (void)state;
    struct of_error error;
    char text[32];
    size_t size = sizeof(text);
    OF_CLEANUP(of_cleanup_config) struct of_config *config = NULL;
    OF_CLEANUP(of_cleanup_rd_kafka_conf) rd_kafka_conf_t *conf = NULL;
    assert_int_equal(
        of_config_load(NULL, &(struct of_option_list){.count = 0}, &config, &error), OF_OK);
    assert_int_equal(of_kafka_conf(config, RD_KAFKA_PRODUCER, NULL, &conf, &error), OF_OK);
    assert_int_equal(rd_kafka_conf_get(conf, "message.max.bytes", text, &size), RD_KAFKA_CONF_OK);
    assert_true(KSQL_COMMAND_RECORD_MAX < strtol(text, NULL, 10));
    assert_true(KSQL_COMMAND_MAX + 6 * 2 * KSQL_IDENTIFIER_MAX < KSQL_COMMAND_RECORD_MAX);
}

/* ---- the server ---- */

OF_DEFINE_CLEANUP(cleanup_metrics, struct of_metrics *, of_metrics_free)

static json_t *post(struct ksql_server *server, const char *body, int status_wanted)
{
    OF_CLEANUP(ksql_request_release) struct ksql_request request = {.sequence = -1};
    struct of_error error;
    int status = 0;
    assert_int_equal(ksql_request_parse(body, strlen(body), &request, &error), OF_OK);
    json_t *answer = ksql_server_execute(server, &request, &status);
    if (status != status_wanted)
        fail_msg("%s: %d %s", body, status, json_dumps(answer, JSON_COMPACT));
    return answer;
}

static size_t streams(struct ksql_server *server)
{
    OF_CLEANUP(of_cleanup_json) json_t *answer = post(server, "{\"ksql\":\"SHOW STREAMS;\"}", 200);
    return json_array_size(json_object_get(json_array_get(answer, 0), "streams"));
}

/* Replayed statements ask nobody for topics, and the mock would not answer all questions. */
static void write_streams(struct mock_kafka *mock)
{
    JOURNAL *journal = open_journal(mock);
    struct of_error error;
    int64_t sequence;
    for (char name = 'A'; name <= 'C'; name++) {
        OF_FREE char *id = of_asprintf("stream/`%c`/create", name);
        OF_FREE char *text = of_asprintf(
            "CREATE STREAM %c (V INTEGER) WITH (KAFKA_TOPIC='in', VALUE_FORMAT='KAFKA');", name);
        assert_int_equal(append(journal, id, text, &sequence, &error), OF_OK);
    }
}

static void requests_are_carried_out_whole(void **state)
{
    struct mock_kafka *mock = *state;
    struct of_error error;
    bool fenced;
    OF_CLEANUP(cleanup_metrics) struct of_metrics *metrics = of_metrics_new();
    OF_CLEANUP(of_cleanup_ksql_server) struct ksql_server *server = NULL;
    write_streams(mock);
    if (ksql_server_new(mock->config, SERVICE, metrics, &server, &error) < 0)
        fail_msg("%s", error.message);
    OF_CLEANUP(of_cleanup_json)
    json_t *refused =
        post(server, "{\"ksql\":\"SHOW STREAMS; DROP STREAM a; DROP STREAM nobody;\"}", 400);
    assert_string_equal(
        json_string_value(json_object_get(refused, "statementText")), "DROP STREAM nobody;");
    assert_int_equal(json_array_size(json_object_get(refused, "entities")), 0);
    assert_int_equal(streams(server), 3);
    OF_FREE char *padding = text_of(RECORD_MAX);
    OF_FREE char *large = of_asprintf(
        "{\"ksql\":\"DROP STREAM a;\",\"streamsProperties\":{\"client.id\":\"%s\"}}", padding);
    OF_CLEANUP(of_cleanup_json) json_t *too_large = post(server, large, 400);
    assert_int_equal(json_integer_value(json_object_get(too_large, "error_code")), 40001);
    assert_int_equal(streams(server), 3);
    OF_CLEANUP(of_cleanup_json)
    json_t *good = post(server, "{\"ksql\":\"DROP STREAM a; SHOW STREAMS; DROP STREAM b;\"}", 200);
    assert_int_equal(json_array_size(good), 3);
    assert_int_equal(streams(server), 1);
    assert_int_equal(ksql_server_check(server, &fenced, &error), OF_OK);
}

/* ---- rows into topics ---- */

static struct ksql_server *new_server(struct mock_kafka *mock, struct of_metrics *metrics)
{
    struct ksql_server *server = NULL;
    struct of_error error;
    write_streams(mock);
    if (ksql_server_new(mock->config, SERVICE, metrics, &server, &error) < 0)
        fail_msg("%s", error.message);
    return server;
}

static void values_are_sent_and_acknowledged(void **state)
{
    OF_CLEANUP(cleanup_metrics) struct of_metrics *metrics = of_metrics_new();
    OF_CLEANUP(of_cleanup_ksql_server)
    struct ksql_server *server = new_server(*state, metrics);
    OF_CLEANUP(of_cleanup_json)
    json_t *answer =
        post(server, "{\"ksql\":\"INSERT INTO a VALUES (1); INSERT INTO a (v) VALUES (2);\"}", 200);
    assert_int_equal(json_array_size(answer), 0); /* ksqlDB says nothing either */
    OF_CLEANUP(of_cleanup_json)
    json_t *refused =
        post(server, "{\"ksql\":\"INSERT INTO a VALUES (1); INSERT INTO a VALUES ('x');\"}", 400);
    assert_string_equal(json_string_value(json_object_get(refused, "message")),
        "Failed to insert values into 'A'. Expected type INTEGER for field `V` but got STRING(x)");
}

static char *insert(struct ksql_server *server, const char *body, bool array, int status)
{
    OF_CLEANUP(of_cleanup_ksql_inserts)
    struct ksql_inserts *inserts = ksql_inserts_new(server, KSQL_INSERTS_ROWS_MAX);
    OF_CLEANUP(ksql_failure_release) struct ksql_failure failure = {.message = NULL};
    for (const char *c = body; *c; c++) /* as slowly as a network can */
        ksql_inserts_take(inserts, c, 1);
    char *answer = ksql_inserts_answer(inserts, array, &failure);
    assert_int_equal(answer ? 200 : failure.status, status);
    return answer ? answer : of_strdup(failure.message);
}

static void rows_are_acknowledged_in_their_order(void **state)
{
    static const struct {
        const char *body, *answer;
        bool array;
        int status;
    } cases[] = {
        {"{\"target\":\"a\"}\n{\"v\":1}\n\n{\"V\":2}\r\n",
            "{\"status\":\"ok\",\"seq\":0}\n{\"status\":\"ok\",\"seq\":1}\n", false, 200},
        {"{\"target\":\"a\",\"properties\":{}}\n{\"v\":1}", "[{\"status\":\"ok\",\"seq\":0}]", true,
            200},
        {"{\"target\":\"a\"}", "[]", true, 200},
        {"{\"target\":\"a\"}\n{\"v\":1}\n{\"v\":true}\n{\"v\":3}\n",
            "{\"status\":\"ok\",\"seq\":0}\n{\"status\":\"error\",\"seq\":1,"
            "\"error_code\":40000,\"message\":\"Can't coerce a field of type class "
            "java.lang.Boolean into type INTEGER\"}\n",
            false, 200},
        {"{\"target\":\"a\"}\n[]\n",
            "[{\"status\":\"error\",\"seq\":0,\"error_code\":40000,\"message\":\"Invalid JSON in "
            "inserts stream\"}]",
            true, 200},
        {"{\"target\":\"z\"}\n{\"v\":1}\n",
            "Cannot insert values into an unknown stream/table: `Z`", false, 400},
        {"", "Invalid JSON in request: there is none", false, 400},
        {"{\"v\":1}", "Invalid JSON in request: it has no text \"target\"", false, 400},
        {"{\"target\":\"`a\"}", "Invalid target name: Expected matching quote at end of value",
            false, 400},
    };
    OF_CLEANUP(cleanup_metrics) struct of_metrics *metrics = of_metrics_new();
    OF_CLEANUP(of_cleanup_ksql_server)
    struct ksql_server *server = new_server(*state, metrics);
    for (size_t i = 0; i < OF_COUNT(cases); i++) {
        OF_FREE char *answer = insert(server, cases[i].body, cases[i].array, cases[i].status);
        assert_string_equal(answer, cases[i].answer);
    }
}

/* A line of the limit is looked at; one byte more is not. */
static void rows_have_a_limit(void **state)
{
    OF_CLEANUP(cleanup_metrics) struct of_metrics *metrics = of_metrics_new();
    OF_CLEANUP(of_cleanup_ksql_server)
    struct ksql_server *server = new_server(*state, metrics);
    for (size_t over = 0; over < 2; over++) {
        OF_CLEANUP(of_cleanup_ksql_inserts)
        struct ksql_inserts *inserts = ksql_inserts_new(server, KSQL_INSERTS_ROWS_MAX);
        OF_CLEANUP(ksql_failure_release) struct ksql_failure failure = {.message = NULL};
        OF_FREE char *row = text_of(KSQL_INSERTS_LINE_MAX + over);
        memset(row, ' ', KSQL_INSERTS_LINE_MAX + over);
        memcpy(row, "{\"v\":1}", 7);
        ksql_inserts_take(inserts, "{\"target\":\"a\"}\n", 15);
        ksql_inserts_take(inserts, row, KSQL_INSERTS_LINE_MAX + over);
        OF_FREE char *answer = ksql_inserts_answer(inserts, false, &failure);
        assert_int_equal(strstr(answer, "a row is longer than") != NULL, over);
    }
}

static void requests_have_so_many_rows(void **state)
{
    OF_CLEANUP(cleanup_metrics) struct of_metrics *metrics = of_metrics_new();
    OF_CLEANUP(of_cleanup_ksql_server)
    struct ksql_server *server = new_server(*state, metrics);
    OF_CLEANUP(of_cleanup_ksql_inserts)
    struct ksql_inserts *inserts = ksql_inserts_new(server, 2);
    OF_CLEANUP(ksql_failure_release) struct ksql_failure failure = {.message = NULL};
    static const char body[] = "{\"target\":\"a\"}\n{\"v\":1}\n{\"v\":2}\n\n{\"v\":3}\n{\"v\":4}\n";
    ksql_inserts_take(inserts, body, strlen(body));
    OF_FREE char *answer = ksql_inserts_answer(inserts, false, &failure);
    assert_string_equal(answer, "{\"status\":\"ok\",\"seq\":0}\n{\"status\":\"ok\",\"seq\":1}\n"
                                "{\"status\":\"error\",\"seq\":2,\"error_code\":40000,"
                                "\"message\":\"one request inserts at most 2 rows\"}\n");
}

/* ---- last: nothing takes a stop back ---- */

static int stop_at_once(
    void *context, int64_t sequence, const struct ksql_command *command, struct of_error *error)
{
    of_signals_stop();
    return count_commands(context, sequence, command, error);
}

/* What was read until then must not be taken for all that there is. */
static void a_stop_ends_the_reading(void **state)
{
    struct of_error error;
    int64_t sequence;
    size_t count = 0;
    JOURNAL *journal = open_journal(*state);
    assert_int_equal(append(journal, "a", "one;", &sequence, &error), OF_OK);
    assert_int_equal(append(journal, "b", "two;", &sequence, &error), OF_OK);
    JOURNAL *successor = open_journal(*state);
    assert_int_equal(ksql_journal_read(successor, stop_at_once, &count, &error), OF_RETRY);
    assert_int_equal(count, 1);
    assert_string_equal(error.message, "asked to stop while reading the command topic");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(commands_that_do_not_fit, set_up, tear_down),
        cmocka_unit_test_setup_teardown(commands_that_the_broker_refuses, set_up, tear_down),
        cmocka_unit_test(limits_fit_into_each_other),
        cmocka_unit_test_setup_teardown(requests_are_carried_out_whole, set_up, tear_down),
        cmocka_unit_test_setup_teardown(values_are_sent_and_acknowledged, set_up, tear_down),
        cmocka_unit_test_setup_teardown(rows_are_acknowledged_in_their_order, set_up, tear_down),
        cmocka_unit_test_setup_teardown(rows_have_a_limit, set_up, tear_down),
        cmocka_unit_test_setup_teardown(requests_have_so_many_rows, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_stop_ends_the_reading, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
