/* Queries on a mock broker, from the request to the bytes of the answer: push queries to their
 * limit, their end or /close-query, streams pulled to their present end,
 * PRINT. */
#include "ksqld/server/journal.h"
#include "ksqld/server/query.h"
#include "ksqld/server/server.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "mock_kafka.h"

#define SERVICE "s"
#define COMMANDS "_confluent-ksql-" SERVICE "_command_topic"
#define WAIT_MS 20000

static const char *const topics[] = {"s", "p"};
static const char *const statements[] = {
    "CREATE STREAM S (K STRING KEY, V INTEGER) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');",
    "CREATE TABLE P (K STRING PRIMARY KEY, N STRING) WITH (KAFKA_TOPIC='p', VALUE_FORMAT='JSON');",
};

OF_DEFINE_CLEANUP(cleanup_metrics, struct of_metrics *, of_metrics_free)

struct world {
    struct mock_kafka mock;
    struct of_metrics *metrics;
    struct ksql_server *server;
};

static void run(struct ksql_server *server, const char *text)
{
    OF_FREE char *body = of_asprintf("{\"ksql\":\"%s\"}", text);
    OF_CLEANUP(ksql_request_release) struct ksql_request request = {.sequence = -1};
    struct of_error error;
    int status = 0;
    assert_int_equal(ksql_request_parse(body, strlen(body), &request, &error), OF_OK);
    OF_CLEANUP(of_cleanup_json) json_t *answer = ksql_server_execute(server, &request, &status);
    if (status != 200)
        fail_msg("%s: %s", text, json_dumps(answer, JSON_COMPACT));
}

static void fill_journal(struct mock_kafka *mock)
{
    OF_CLEANUP(of_cleanup_ksql_journal) struct ksql_journal *journal = NULL;
    struct of_error error;
    int64_t sequence;
    assert_int_equal(
        ksql_journal_open(mock->config, COMMANDS, "test-commands", &journal, &error), OF_OK);
    for (size_t i = 0; i < OF_COUNT(statements); i++)
        assert_int_equal(ksql_journal_append(journal, "stream/`S`/create", statements[i], NULL, 0,
                             &sequence, &error),
            OF_OK);
}

static int set_up(void **state)
{
    struct world *world = of_alloc(sizeof(*world));
    struct of_error error;
    mock_kafka_start(&world->mock);
    rd_kafka_mock_topic_create(world->mock.cluster, COMMANDS, 1, 1);
    rd_kafka_mock_topic_create(world->mock.cluster, "orders_dlq", 1, 1);
    for (size_t i = 0; i < OF_COUNT(topics); i++)
        rd_kafka_mock_topic_create(world->mock.cluster, topics[i], 2, 1);
    fill_journal(&world->mock);
    world->metrics = of_metrics_new();
    if (ksql_server_new(world->mock.config, SERVICE, world->metrics, &world->server, &error) < 0)
        fail_msg("%s", error.message);
    for (int i = 0; i < 4; i++) {
        OF_FREE char *text = of_asprintf(
            "INSERT INTO s (ROWTIME, k, v) VALUES (%d, 'k%d', %d);", 1000 * (i + 1), i % 2, i);
        run(world->server, text);
    }
    run(world->server, "INSERT INTO p (ROWTIME, k, n) VALUES (500, 'k0', 'old');");
    *state = world;
    return 0;
}

static int tear_down(void **state)
{
    struct world *world = *state;
    ksql_server_free(world->server);
    of_metrics_free(world->metrics);
    mock_kafka_stop(&world->mock);
    free(world);
    return 0;
}

static struct ksql_querying *ask(struct ksql_server *server, const char *sql, const char *reset)
{
    OF_FREE char *body =
        of_asprintf("{\"sql\":\"%s\",\"properties\":{\"auto.offset.reset\":\"%s\"}}", sql, reset);
    OF_CLEANUP(ksql_request_release) struct ksql_request request = {.sequence = -1};
    OF_CLEANUP(ksql_failure_release) struct ksql_failure failure = {.message = NULL};
    struct ksql_querying *querying = NULL;
    struct of_error error;
    assert_int_equal(ksql_request_parse_query(body, strlen(body), &request, &error), OF_OK);
    if (ksql_querying_new(server, &request, KSQL_TELL_LINES, &querying, &failure) < 0)
        fail_msg("%s: %s", sql, failure.message);
    return querying;
}
#define QUERYING OF_CLEANUP(of_cleanup_ksql_querying) struct ksql_querying

/* The whole answer behind its first line; it must end by itself. */
static char *rest(struct ksql_querying *querying)
{
    struct of_buffer out OF_CLEANUP(of_buffer_release);
    of_buffer_init(&out, 1u << 20);
    int64_t waited = 0;
    while (ksql_querying_read(querying, 100, &out))
        assert_true((waited += 100) < WAIT_MS);
    char *line = strchr(of_buffer_text(&out), '\n');
    return of_strdup(line ? line + 1 : "");
}

static void answers(struct ksql_server *server, const char *sql, const char *wanted)
{
    QUERYING *querying = ask(server, sql, "earliest");
    OF_FREE char *found = rest(querying);
    assert_string_equal(found, wanted);
}

static void rows_come_to_an_end(void **state)
{
    struct ksql_server *server = ((struct world *)*state)->server;
    answers(server, "SELECT v, k FROM s WHERE v > 1 AND k = 'k0' EMIT CHANGES LIMIT 1;",
        "[2,\"k0\"]\n");
    answers(server, "SELECT v FROM s EMIT CHANGES LIMIT 0;", "");
    answers(server, "SELECT v FROM s WHERE k = 'k1';", "[1]\n[3]\n");
    answers(server,
        "SELECT k, COUNT(*) AS n FROM s WHERE k = 'k0' GROUP BY k EMIT CHANGES LIMIT 2;",
        "[\"k0\",1]\n[\"k0\",2]\n");
}

static void queries_are_closed(void **state)
{
    struct ksql_server *server = ((struct world *)*state)->server;
    QUERYING *querying = ask(server, "SELECT v FROM s EMIT CHANGES;", "latest");
    struct of_buffer out OF_CLEANUP(of_buffer_release);
    of_buffer_init(&out, 65536);
    assert_true(ksql_querying_read(querying, 300, &out)); /* the header */
    run(server, "INSERT INTO s (k, v) VALUES ('x', 77);");
    of_buffer_clear(&out);
    for (int i = 0; i < 100 && !out.length; i++)
        assert_true(ksql_querying_read(querying, 100, &out));
    assert_string_equal(of_buffer_text(&out), "[77]\n");
    OF_FREE char *id = of_strdup(ksql_querying_id(querying));
    assert_true(ksql_server_close_query(server, id));
    OF_FREE char *end = rest(querying);
    assert_string_equal(end, "");
    of_cleanup_ksql_querying(&querying);
    querying = NULL;
    assert_false(ksql_server_close_query(server, id));
}

static void topics_are_printed(void **state)
{
    struct ksql_server *server = ((struct world *)*state)->server;
    QUERYING *querying = ask(server, "PRINT p FROM BEGINNING LIMIT 1;", "earliest");
    OF_FREE char *found = rest(querying); /* behind the format of the key */
    assert_string_equal(found,
        "Value format: JSON or KAFKA_STRING\n"
        "rowtime: 1970/01/01 00:00:00.500 Z, key: k0, value: {\"N\":\"old\"}, partition: 1\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_come_to_an_end),
        cmocka_unit_test(topics_are_printed),
        cmocka_unit_test(queries_are_closed),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
