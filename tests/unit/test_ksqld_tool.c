/* The tool's pure parts: the session, the comparison of statements, the reading of answers (in the
 * shapes that a ksqlDB 8.3.1 was seen to send). */
#include "base/memory.h"
#include "ksqld/tool/answer.h"
#include "ksqld/tool/compare.h"
#include "ksqld/tool/session.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

/* ---- session ---- */

static const char *property(const struct ksql_session *session, const char *name)
{
    return json_string_value(json_object_get(session->properties, name));
}

static const char *variable(const struct ksql_session *session, const char *name)
{
    return json_string_value(json_object_get(session->variables, name));
}

static int take(struct ksql_session *session, const char *text, struct ksql_place *place)
{
    struct of_error error;
    char *what = NULL;
    int result = ksql_session_take(session, text, strlen(text), &what, place, &error);
    assert_true((result == 1) == (what != NULL));
    of_cleanup_free(&what);
    return result;
}

static void session_keeps_what_is_set(void **state)
{
    (void)state;
    OF_CLEANUP(ksql_session_release) struct ksql_session session;
    struct ksql_place place;
    ksql_session_init(&session);
    assert_int_equal(take(&session, "SET 'auto.offset.reset'='earliest';", &place), 1);
    assert_int_equal(take(&session, "set /* ; */ 'a' = 'it''s; -- so' ;", &place), 1);
    assert_int_equal(take(&session, "DEFINE topic = 'orders';", &place), 1);
    assert_int_equal(take(&session, "DEFINE Topic = '${topic}_2';", &place), 1);
    assert_string_equal(property(&session, "auto.offset.reset"), "earliest");
    assert_string_equal(property(&session, "a"), "it's; -- so");
    assert_string_equal(variable(&session, "topic"), "orders");
    assert_string_equal(variable(&session, "Topic"), "orders_2");
    assert_int_equal(take(&session, "UNSET 'a';", &place), 1);
    assert_int_equal(take(&session, "UNDEFINE topic;", &place), 1);
    assert_int_equal(take(&session, "UNDEFINE topic;", &place), 1); /* harmless */
    assert_null(property(&session, "a"));
    assert_null(variable(&session, "topic"));
}

static void session_leaves_the_rest_to_the_server(void **state)
{
    (void)state;
    OF_CLEANUP(ksql_session_release) struct ksql_session session;
    struct ksql_place place;
    ksql_session_init(&session);
    assert_int_equal(take(&session, "SHOW QUERIES;", &place), 0);
    assert_int_equal(take(&session, "SETTLE;", &place), 0);
    assert_int_equal(take(&session, "'SET' 'a'='b';", &place), 0);
    assert_int_equal(take(&session, "", &place), 0);
}

static void session_refuses_what_is_malformed(void **state)
{
    (void)state;
    OF_CLEANUP(ksql_session_release) struct ksql_session session;
    struct ksql_place place;
    ksql_session_init(&session);
    assert_int_equal(take(&session, "SET 'a'\n  'b';", &place), OF_INPUT);
    assert_int_equal(place.line, 2);
    assert_int_equal(place.column, 3);
    assert_int_equal(take(&session, "SET a='b';", &place), OF_INPUT);
    assert_int_equal(place.column, 5);
    assert_int_equal(take(&session, "SET 'a'='b'", &place), OF_INPUT);
    assert_int_equal(take(&session, "DEFINE 'a'='b';", &place), OF_INPUT);
    assert_int_equal(take(&session, "UNSET 'a' now;", &place), OF_INPUT);
    assert_int_equal(take(&session, "UNDEFINE;", &place), OF_INPUT);
    assert_int_equal(json_object_size(session.properties), 0);
    assert_int_equal(json_object_size(session.variables), 0);
}

static void session_has_a_limit(void **state)
{
    (void)state;
    OF_CLEANUP(ksql_session_release) struct ksql_session session;
    struct of_error error;
    ksql_session_init(&session);
    for (unsigned i = 0; i < KSQL_SESSION_ENTRIES_MAX; i++) {
        OF_FREE char *assignment = of_asprintf("v%u=1", i);
        assert_int_equal(ksql_session_define(&session, assignment, &error), 0);
    }
    assert_int_equal(ksql_session_define(&session, "v0=2", &error), 0);
    assert_int_equal(ksql_session_define(&session, "one_more=1", &error), OF_INPUT);
}

static void define_takes_name_and_value(void **state)
{
    (void)state;
    OF_CLEANUP(ksql_session_release) struct ksql_session session;
    struct of_error error;
    ksql_session_init(&session);
    assert_int_equal(ksql_session_define(&session, "partitions=4", &error), 0);
    assert_int_equal(ksql_session_define(&session, "quoted='a=b'", &error), 0);
    assert_int_equal(ksql_session_define(&session, "empty=", &error), 0);
    assert_string_equal(variable(&session, "partitions"), "4");
    assert_string_equal(variable(&session, "quoted"), "a=b");
    assert_string_equal(variable(&session, "empty"), "");
    assert_int_equal(ksql_session_define(&session, "=4", &error), OF_INPUT);
    assert_int_equal(ksql_session_define(&session, "partitions", &error), OF_INPUT);
    assert_int_equal(ksql_session_define(&session, "4x=1", &error), OF_INPUT);
    assert_int_equal(ksql_session_define(&session, "a-b=1", &error), OF_INPUT);
}

static void substitute_replaces_what_is_defined(void **state)
{
    (void)state;
    static const char text[] = "WITH (PARTITIONS=${n}, KAFKA_TOPIC='${t}_x', A=${no}, B=$n ${";
    OF_CLEANUP(ksql_session_release) struct ksql_session session;
    OF_CLEANUP(of_buffer_release) struct of_buffer out;
    struct of_error error;
    ksql_session_init(&session);
    of_buffer_init(&out, 1024);
    assert_int_equal(ksql_session_define(&session, "n=4", &error), 0);
    assert_int_equal(ksql_session_define(&session, "t=orders", &error), 0);
    assert_int_equal(ksql_session_substitute(&session, text, strlen(text), &out, &error), 0);
    assert_string_equal(
        of_buffer_text(&out), "WITH (PARTITIONS=4, KAFKA_TOPIC='orders_x', A=${no}, B=$n ${");
    OF_CLEANUP(of_buffer_release) struct of_buffer narrow;
    of_buffer_init(&narrow, 8);
    assert_int_equal(
        ksql_session_substitute(&session, text, strlen(text), &narrow, &error), OF_INPUT);
}

/* ---- comparison ---- */

static void expect_id(const char *text, const char *id)
{
    OF_FREE char *found = ksql_compare_query_id(text, strlen(text));
    if (id)
        assert_string_equal(found, id);
    else
        assert_null(found);
}

static void query_ids_are_found(void **state)
{
    (void)state;
    expect_id(
        "INSERT INTO a WITH (QUERY_ID='order_info_failed') SELECT * FROM b;", "ORDER_INFO_FAILED");
    expect_id("insert into `a` with (X='1', query_id = 'q') select 1;", "Q");
    expect_id("INSERT INTO a SELECT * FROM b;", NULL);
    expect_id("INSERT INTO a WITH () SELECT * FROM b;", NULL);
    expect_id("INSERT INTO a WITH (QUERY_ID", NULL);
    expect_id("CREATE STREAM a WITH (QUERY_ID='q') AS SELECT * FROM b;", NULL);
    expect_id("", NULL);
}

static bool same(const char *a, const char *b)
{
    return ksql_compare_same(a, strlen(a), b, strlen(b));
}

static void statements_are_compared_by_tokens(void **state)
{
    (void)state;
    assert_true(same("SELECT a FROM b;", "select  A -- first\nfrom /* x */ b"));
    assert_false(same("SELECT a FROM b;", "SELECT a FROM c;"));
    assert_false(same("SELECT a FROM b;", "SELECT a FROM b WHERE c;"));
    assert_false(same("SELECT a, b;", "SELECT a;"));
    assert_false(same("SELECT 'a';", "SELECT 'A';"));
    assert_false(same("SELECT `a`;", "SELECT `A`;"));
    assert_false(same("SELECT a b;", "SELECT ab;"));
    assert_false(same("SELECT 1;", "SELECT '1';"));
    assert_true(same("", ""));
}

/* ---- answers ---- */

static struct ksql_answer read_answer(long status, const char *body)
{
    struct ksql_answer answer;
    struct of_error error;
    assert_int_equal(ksql_answer_read(status, body, strlen(body), &answer, &error), 0);
    return answer;
}

static void answers_become_lines(void **state)
{
    (void)state;
    struct ksql_answer answer = read_answer(200,
        "[{\"@type\":\"currentStatus\",\"statementText\":\"x\",\"commandId\":\"stream/`A`/create\","
        "\"commandStatus\":{\"status\":\"SUCCESS\",\"message\":\"Created query with ID CSAS_A_3\","
        "\"queryId\":\"CSAS_A_3\"},\"commandSequenceNumber\":4,\"warnings\":[]}]");
    assert_string_equal(answer.line, "Created query with ID CSAS_A_3");
    assert_string_equal(answer.command_id, "stream/`A`/create");
    assert_int_equal(answer.sequence, 4);
    assert_false(answer.pending);
    assert_false(answer.refused);
    ksql_answer_release(&answer);
    answer = read_answer(200, "[{\"@type\":\"queries\",\"queries\":[{\"id\":\"A\",\"state\":"
                              "\"RUNNING\"},{\"id\":\"B\",\"state\":\"ERROR\"}],\"warnings\":[]}]");
    assert_string_equal(answer.line, "2 queries: A (RUNNING), B (ERROR)");
    assert_int_equal(answer.sequence, -1);
    ksql_answer_release(&answer);
    answer = read_answer(200, "[{\"@type\":\"warning_entity\",\"message\":\"two\\nlines\","
                              "\"warnings\":[{\"message\":\"w\"}]}]");
    assert_string_equal(answer.line, "two lines; warning: w");
    ksql_answer_release(&answer);
    answer = read_answer(200, "[]");
    assert_string_equal(answer.line, "");
    ksql_answer_release(&answer);
}

static void lines_name_so_many(void **state)
{
    (void)state;
    for (size_t over = 0; over < 2; over++) {
        char body[4096] = "[{\"@type\":\"queries\",\"queries\":[", name[64];
        for (size_t i = 0; i < KSQL_ANSWER_NAMES_MAX + over; i++) {
            snprintf(name, sizeof(name), "%s{\"id\":\"Q%zu\"}", i ? "," : "", i);
            strncat(body, name, sizeof(body) - strlen(body) - 1);
        }
        strncat(body, "],\"warnings\":[]}]", sizeof(body) - strlen(body) - 1);
        struct ksql_answer answer = read_answer(200, body);
        const char *end = over ? "Q19, ..." : "Q19";
        assert_string_equal(answer.line + strlen(answer.line) - strlen(end), end);
        ksql_answer_release(&answer);
    }
}

static void refusals_keep_the_message(void **state)
{
    (void)state;
    struct ksql_answer answer = read_answer(400,
        "{\"@type\":\"statement_error\",\"error_code\":40001,\"message\":\"line 1:8: Syntax "
        "Error\\n"
        "Syntax error at or near 'STREM' at line 1:8\",\"statementText\":\"x\",\"entities\":[]}");
    int line, column;
    assert_true(answer.refused);
    assert_true(ksql_answer_place(answer.message, &line, &column));
    assert_int_equal(line, 1);
    assert_int_equal(column, 8);
    ksql_answer_release(&answer);
    answer = read_answer(401, "<html>no</html>");
    assert_true(answer.refused);
    assert_string_equal(answer.message, "the server answered with HTTP 401");
    ksql_answer_release(&answer);
    answer = read_answer(200, "[{\"@type\":\"currentStatus\",\"commandStatus\":{\"status\":"
                              "\"ERROR\",\"message\":\"no\"}}]");
    assert_true(answer.refused);
    assert_string_equal(answer.message, "no");
    ksql_answer_release(&answer);
    struct of_error error;
    assert_int_equal(ksql_answer_read(200, "{}", 2, &answer, &error), OF_INPUT);
    assert_int_equal(ksql_answer_read(200, "<p>", 3, &answer, &error), OF_INPUT);
}

static void places_are_found_in_messages(void **state)
{
    (void)state;
    int line = 0, column = 0;
    assert_true(ksql_answer_place(
        "Could not determine output schema for query due to error: Line: 2, Col: 28: SELECT column "
        "'NOPE' cannot be resolved.",
        &line, &column));
    assert_int_equal(line, 2);
    assert_int_equal(column, 28);
    assert_false(ksql_answer_place("Stream NO_SUCH does not exist.", &line, &column));
    assert_false(ksql_answer_place("line 0:0: x", &line, &column));
    assert_false(ksql_answer_place("", &line, &column));
}

static void commands_are_followed(void **state)
{
    (void)state;
    struct ksql_answer answer = read_answer(200,
        "[{\"@type\":\"currentStatus\",\"commandId\":\"a/b/c\",\"commandStatus\":{\"status\":"
        "\"QUEUED\",\"message\":\"Statement written to command topic\"}}]");
    assert_true(answer.pending);
    ksql_answer_release(&answer);
    static const char done[] = "{\"status\":\"SUCCESS\",\"message\":\"Stream created\"}";
    struct of_error error;
    assert_int_equal(ksql_answer_read_status(200, done, strlen(done), &answer, &error), 0);
    assert_false(answer.pending || answer.refused);
    assert_string_equal(answer.line, "Stream created");
    ksql_answer_release(&answer);
}

static void running_queries_are_found(void **state)
{
    (void)state;
    static const char body[] = "[{\"@type\":\"queries\",\"queries\":[{\"id\":\"A\",\"queryString\":"
                               "\"one\"},{\"id\":\"B\",\"queryString\":\"two\"}]}]";
    struct of_error error;
    char *text = NULL;
    assert_int_equal(ksql_answer_find_query(body, strlen(body), "B", &text, &error), 0);
    assert_string_equal(text, "two");
    of_cleanup_free(&text);
    assert_int_equal(ksql_answer_find_query(body, strlen(body), "C", &text, &error), 0);
    assert_null(text);
    assert_int_equal(ksql_answer_find_query("[]", 2, "C", &text, &error), OF_INPUT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(session_keeps_what_is_set),
        cmocka_unit_test(session_leaves_the_rest_to_the_server),
        cmocka_unit_test(session_refuses_what_is_malformed),
        cmocka_unit_test(session_has_a_limit),
        cmocka_unit_test(define_takes_name_and_value),
        cmocka_unit_test(substitute_replaces_what_is_defined),
        cmocka_unit_test(query_ids_are_found),
        cmocka_unit_test(statements_are_compared_by_tokens),
        cmocka_unit_test(answers_become_lines),
        cmocka_unit_test(lines_name_so_many),
        cmocka_unit_test(refusals_keep_the_message),
        cmocka_unit_test(places_are_found_in_messages),
        cmocka_unit_test(commands_are_followed),
        cmocka_unit_test(running_queries_are_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
