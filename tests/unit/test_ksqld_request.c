/* Requests, properties and command records of the SQL server: what comes in and what is kept. */
#include "base/memory.h"
#include "ksqld/server/command.h"
#include "ksqld/server/request.h"
#include "ksqld/server/settings.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static int parse(const char *body, struct ksql_request *request)
{
    struct of_error error;
    return ksql_request_parse(body, strlen(body), request, &error);
}

static void request_is_read_whole(void **state)
{
    (void)state;
    OF_CLEANUP(ksql_request_release) struct ksql_request request;
    assert_int_equal(
        parse(
            "{\"ksql\":\"SHOW STREAMS;\",\"streamsProperties\":{\"auto.offset.reset\":\"earliest\","
            "\"n\":4,\"b\":true,\"r\":0.1},\"sessionVariables\":{\"partitions\":\"4\"},"
            "\"commandSequenceNumber\":12,\"requestProperties\":{}}",
            &request),
        0);
    const struct ksql_properties *properties = &request.properties;
    assert_string_equal(request.text, "SHOW STREAMS;");
    assert_int_equal(request.length, 13);
    assert_int_equal(request.sequence, 12);
    assert_int_equal(properties->count, 4);
    assert_string_equal(ksql_properties_get(properties->items, 4, "auto.offset.reset"), "earliest");
    assert_string_equal(ksql_properties_get(properties->items, 4, "n"), "4");
    assert_string_equal(ksql_properties_get(properties->items, 4, "b"), "true");
    assert_null(ksql_properties_get(properties->items, 4, "x"));
    assert_true(properties->items[0].quoted);
    assert_false(properties->items[1].quoted);
    assert_int_equal(request.variables.count, 1);
}

static void request_needs_only_its_text(void **state)
{
    (void)state;
    OF_CLEANUP(ksql_request_release) struct ksql_request request;
    assert_int_equal(
        parse(
            "{\"ksql\":\"\",\"streamsProperties\":null,\"commandSequenceNumber\":null}", &request),
        0);
    assert_int_equal(request.sequence, -1);
    assert_int_equal(request.properties.count, 0);
}

static void malformed_requests_are_refused(void **state)
{
    (void)state;
    struct ksql_request request;
    static const char *const bodies[] = {"", "{", "[]", "\"x\"", "{}", "{\"ksql\":4}",
        "{\"ksql\":\"a\\u0000b\"}", "{\"ksql\":\"x\",\"streamsProperties\":[]}",
        "{\"ksql\":\"x\",\"streamsProperties\":{\"a\":{}}}",
        "{\"ksql\":\"x\",\"sessionVariables\":{\"a\":null}}",
        "{\"ksql\":\"x\",\"commandSequenceNumber\":\"1\"}", "{\"ksql\":\"\xff\"}"};
    for (size_t i = 0; i < OF_COUNT(bodies); i++)
        assert_int_equal(parse(bodies[i], &request), OF_INPUT);
}

/* {"ksql":"<size times x>"} */
static char *long_body(size_t size)
{
    OF_FREE char *text = of_alloc(size + 1);
    memset(text, 'x', size);
    return of_asprintf("{\"ksql\":\"%s\"}", text);
}

static void text_has_a_limit(void **state)
{
    (void)state;
    OF_CLEANUP(ksql_request_release) struct ksql_request request;
    OF_FREE char *fits = long_body(1024 * 1024), *over = long_body(1024 * 1024 + 1);
    assert_int_equal(parse(fits, &request), 0);
    struct ksql_request none;
    assert_int_equal(parse(over, &none), OF_INPUT);
}

static void content_types_are_ksqldb_s(void **state)
{
    (void)state;
    assert_true(ksql_request_takes(NULL));
    assert_true(ksql_request_takes("application/json"));
    assert_true(ksql_request_takes("application/vnd.ksql.v1+json; charset=utf-8"));
    assert_true(ksql_request_takes("Application/JSON ;charset=UTF-8"));
    assert_false(ksql_request_takes("text/plain"));
    assert_false(ksql_request_takes("application/jsonp"));
    assert_true(ksql_request_takes("application/x-www-form-urlencoded")); /* curl -d */
    static const char *const ours[] = {"application/json", "application/vnd.ksql.v1+json"};
    assert_ptr_equal(ksql_request_choose_type(NULL, ours, 2), ours[0]);
    assert_ptr_equal(ksql_request_choose_type("*/*", ours, 2), ours[0]);
    assert_ptr_equal(
        ksql_request_choose_type("text/html, application/vnd.ksql.v1+json;q=0.9", ours, 2),
        ours[1]);
    assert_null(ksql_request_choose_type("text/html", ours, 2));
    assert_null(ksql_request_choose_type("application/vnd.ksql.v1+json", ours, 1));
    assert_null(ksql_request_choose_type(",", ours, 2));
}

static void property_names_are_known(void **state)
{
    (void)state;
    struct of_error error;
    assert_int_equal(ksql_settings_check("auto.offset.reset", &error), OF_OK);
    assert_int_equal(ksql_settings_check("ksql.streams.consumer.max.poll.records", &error), OF_OK);
    assert_int_equal(ksql_settings_check("ksql.query.pull.table.scan.enabled", &error), OF_OK);
    assert_int_equal(ksql_settings_check("ksql.service.id", &error), OF_INPUT);
    assert_int_equal(ksql_settings_check("nope", &error), OF_INPUT);
    assert_string_equal(
        error.message, "Not recognizable as ksql, streams, consumer, or producer property: 'nope'");
    assert_int_equal(ksql_settings_check("", &error), OF_INPUT);
}

static void property_values_are_of_their_kind(void **state)
{
    (void)state;
    static const struct {
        const char *name, *value, *message;
    } all[] = {
        {"auto.offset.reset", "earliest", NULL},
        {"ksql.streams.auto.offset.reset", "latest", NULL},
        {"auto.offset.reset", "bogus",
            "Invalid value bogus for configuration auto.offset.reset: String must be one of: "
            "earliest, latest"},
        {"ksql.streams.auto.offset.reset", "",
            "Invalid value  for configuration ksql.streams.auto.offset.reset: String must be one "
            "of: earliest, latest"},
        {"commit.interval.ms", "-1", NULL},
        {"commit.interval.ms", "9223372036854775807", NULL},
        {"commit.interval.ms", "9223372036854775808",
            "Invalid value 9223372036854775808 for configuration commit.interval.ms: Not a number "
            "of type LONG"},
        {"max.poll.records", "2147483647", NULL},
        {"max.poll.records", "2147483648",
            "Invalid value 2147483648 for configuration max.poll.records: Not a number of type "
            "INT"},
        {"max.poll.records", "1x",
            "Invalid value 1x for configuration max.poll.records: Not a number of type INT"},
        {"max.poll.records", "",
            "Invalid value  for configuration max.poll.records: Not a number of type INT"},
        {"max.poll.records", " 500\n", NULL},
        {"max.poll.records", "5 0",
            "Invalid value 5 0 for configuration max.poll.records: Not a number of type INT"},
        {"max.poll.records", "0000000000000000000000000000000000000000000000000000000000000001",
            "Invalid value 0000000000000000000000000000000000000000000000000000000000000001 for "
            "configuration max.poll.records: Not a number of type INT"},
        {"ksql.query.pull.table.scan.enabled", " true ", NULL},
        {"ksql.query.pull.table.scan.enabled", "TRUE", NULL},
        {"ksql.query.pull.table.scan.enabled", "yes",
            "Invalid value yes for configuration ksql.query.pull.table.scan.enabled: Expected "
            "value to be either true or false"},
        {"client.id", "anything", NULL},
        {"ksql.functions.mine.limit", "x", NULL},
        {"bootstrap.servers", "x", "Cannot override property 'bootstrap.servers'"},
        {"foo", "bar", "Not recognizable as ksql, streams, consumer, or producer property: 'foo'"},
    };
    for (size_t i = 0; i < OF_COUNT(all); i++) {
        struct of_error error = {.message = ""};
        int result = ksql_settings_check_value(all[i].name, all[i].value, &error);
        assert_int_equal(result, all[i].message ? OF_INPUT : OF_OK);
        assert_string_equal(error.message, all[i].message ? all[i].message : "");
    }
}

static void settings_of_a_request_are_checked(void **state)
{
    (void)state;
    OF_CLEANUP(ksql_request_release) struct ksql_request request = {.sequence = -1};
    struct of_error error;
    char name[] = "auto.offset.reset", good[] = "earliest", bad[] = "bogus", foo[] = "foo";
    struct ksql_statement statement = {.effect = KSQL_EFFECT_SET, .name = name, .value = bad};
    assert_int_equal(ksql_request_change(&request, &statement, &error), OF_INPUT);
    statement.value = good;
    assert_int_equal(ksql_request_change(&request, &statement, &error), OF_OK);
    assert_int_equal(request.properties.count, 1);
    statement.name = foo;
    assert_int_equal(ksql_request_change(&request, &statement, &error), OF_INPUT);
    statement.effect = KSQL_EFFECT_UNSET;
    assert_int_equal(ksql_request_change(&request, &statement, &error), OF_INPUT);
    const struct ksql_property both[] = {{name, good, true}, {foo, bad, true}};
    assert_int_equal(ksql_settings_check_all(both, 1, &error), OF_OK);
    assert_int_equal(ksql_settings_check_all(both, 2, &error), OF_INPUT);
}

static void properties_are_set_and_unset(void **state)
{
    (void)state;
    OF_CLEANUP(ksql_properties_release) struct ksql_properties properties = {.items = NULL};
    struct of_error error;
    for (unsigned i = 0; i < KSQL_PROPERTIES_MAX; i++) {
        OF_FREE char *name = of_asprintf("p%u", i);
        assert_int_equal(ksql_properties_set(&properties, name, "1", true, &error), 0);
    }
    assert_int_equal(ksql_properties_set(&properties, "more", "1", true, &error), OF_INPUT);
    assert_int_equal(ksql_properties_set(&properties, "p5", "2", true, &error), 0);
    ksql_properties_unset(&properties, "p4");
    ksql_properties_unset(&properties, "p4");
    assert_int_equal(properties.count, KSQL_PROPERTIES_MAX - 1);
    assert_string_equal(ksql_properties_get(properties.items, properties.count, "p5"), "2");
    assert_null(ksql_properties_get(properties.items, properties.count, "p4"));
}

static void commands_come_back_as_written(void **state)
{
    (void)state;
    static const char id[] = "stream/`A\"B`/create", text[] = "CREATE STREAM x\nAS 'ñ';";
    OF_CLEANUP(ksql_properties_release) struct ksql_properties properties = {.items = NULL};
    OF_CLEANUP(of_buffer_release) struct of_buffer key, value;
    OF_CLEANUP(ksql_command_release) struct ksql_command command = {.id = NULL};
    struct of_error error;
    of_buffer_init(&key, 1024);
    of_buffer_init(&value, 1024);
    assert_int_equal(ksql_properties_set(&properties, "a", "4", false, &error), 0);
    assert_int_equal(ksql_properties_set(&properties, "b", "4", true, &error), 0);
    assert_int_equal(
        ksql_command_write(id, text, properties.items, properties.count, &key, &value, &error), 0);
    assert_string_equal(of_buffer_text(&key), "\"stream/`A\\\"B`/create\"");
    assert_string_equal(of_buffer_text(&value),
        "{\"statement\":\"CREATE STREAM x\\nAS 'ñ';\",\"streamsProperties\":{\"a\":4,\"b\":\"4\"},"
        "\"originalProperties\":{},\"plan\":null,\"version\":1}");
    assert_int_equal(
        ksql_command_read(key.data, key.length, value.data, value.length, &command, &error), 0);
    assert_string_equal(command.id, id);
    assert_string_equal(command.text, text);
    assert_int_equal(command.properties.count, 2);
    assert_false(command.properties.items[0].quoted);
    assert_true(command.properties.items[1].quoted);
}

static int read_command(const char *key, const char *value)
{
    struct ksql_command command;
    struct of_error error;
    return ksql_command_read(key, strlen(key), value, strlen(value), &command, &error);
}

static void foreign_records_are_refused(void **state)
{
    (void)state;
    struct ksql_command command;
    struct of_error error;
    assert_int_equal(ksql_command_read(NULL, 0, NULL, 0, &command, &error), OF_INPUT);
    assert_int_equal(read_command("\"a\"", "{}"), OF_INPUT);
    assert_int_equal(read_command("a", "{\"statement\":\"x\",\"version\":1}"), OF_INPUT);
    assert_int_equal(read_command("\"a\"", "{\"statement\":\"x\",\"version\":2}"), OF_INPUT);
    assert_int_equal(read_command("\"a\"", "{\"statement\":\"x\"}"), OF_INPUT);
    OF_CLEANUP(of_buffer_release) struct of_buffer key, value;
    of_buffer_init(&key, 1024);
    of_buffer_init(&value, 16);
    assert_int_equal(
        ksql_command_write("a", "a statement", NULL, 0, &key, &value, &error), OF_INPUT);
    assert_int_equal(ksql_command_write("a", "\xff", NULL, 0, &key, &value, &error), OF_INPUT);
}

/* To the byte. */
static void commands_have_a_limit(void **state)
{
    (void)state;
    OF_CLEANUP(of_buffer_release) struct of_buffer key, value;
    struct of_error error;
    of_buffer_init(&key, KSQL_COMMAND_MAX);
    of_buffer_init(&value, KSQL_COMMAND_MAX);
    assert_int_equal(ksql_command_write("a", "", NULL, 0, &key, &value, &error), 0);
    size_t most = KSQL_COMMAND_MAX - value.length;
    OF_FREE char *text = of_alloc(most + 2);
    memset(text, 'x', most);
    assert_int_equal(ksql_command_check("a", text, NULL, 0, &error), 0);
    text[most] = 'x';
    assert_int_equal(ksql_command_check("a", text, NULL, 0, &error), OF_INPUT);
    assert_string_equal(error.message, "the statement is longer than 900000 bytes");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(request_is_read_whole),
        cmocka_unit_test(request_needs_only_its_text),
        cmocka_unit_test(malformed_requests_are_refused),
        cmocka_unit_test(text_has_a_limit),
        cmocka_unit_test(content_types_are_ksqldb_s),
        cmocka_unit_test(property_names_are_known),
        cmocka_unit_test(property_values_are_of_their_kind),
        cmocka_unit_test(settings_of_a_request_are_checked),
        cmocka_unit_test(properties_are_set_and_unset),
        cmocka_unit_test(commands_come_back_as_written),
        cmocka_unit_test(foreign_records_are_refused),
        cmocka_unit_test(commands_have_a_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
