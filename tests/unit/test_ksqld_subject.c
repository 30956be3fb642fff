/* What is registered under a topic's subjects, against a scripted registry. */
#include "http_server.h"

#include "ksqld/server/subject.h"

#include <jansson.h>

static struct of_error error;

static struct of_registry *client_of(const char *url)
{
    OF_CLEANUP(of_cleanup_config) struct of_config *config = NULL;
    struct of_registry *registry = NULL;
    assert_int_equal(of_config_load(NULL, NULL, &config, &error), OF_OK);
    assert_int_equal(of_config_set(config, "schema.registry.url", url, &error), OF_OK);
    assert_int_equal(of_config_set(config, "schema.registry.max.retries", "0", &error), OF_OK);
    assert_int_equal(of_registry_new(config, &registry, &error), OF_OK);
    return registry;
}

#define CLIENT OF_CLEANUP(of_cleanup_registry) struct of_registry *
#define SCHEMA "{\"oneOf\":[{\"type\":\"null\"},{\"type\":\"string\"}]}"
#define MISSING                                                                                    \
    {                                                                                              \
        404, "{\"error_code\":40401,\"message\":\"none\"}", NULL, NULL, 0                          \
    }
#define NEWEST(type, text)                                                                         \
    {                                                                                              \
        200, "{\"id\":5,\"version\":1,\"schemaType\":\"" type "\",\"schema\":\"" text "\"}", NULL, \
            NULL, 0                                                                                \
    }

static const struct ksql_subject key = {"t", true, "JSON_SR"}, value = {"t", false, "AVRO"};

static void assert_sent(
    const struct http_request *request, const char *url, const char *type, const char *schema)
{
    json_t *body = json_loadb(request->body, request->body_size, 0, NULL);
    const char *sent = json_string_value(json_object_get(body, "schemaType"));
    assert_string_equal(request->url, url);
    assert_string_equal(json_string_value(json_object_get(body, "schema")), schema);
    if (type)
        assert_string_equal(sent, type);
    else
        assert_null(sent);
    json_decref(body);
}

static void formats_choose_the_type(void **state)
{
    (void)state;
    static const struct http_answer answers[] = {
        {200, "{\"id\":1}", NULL, NULL, 0}, {200, "{\"id\":2}", NULL, NULL, 0}, {0}};
    SERVER server = http_server_start(answers);
    CLIENT registry = client_of(server->url);
    int32_t id;
    assert_int_equal(ksql_subject_register(registry, &key, SCHEMA, &id, &error), OF_OK);
    assert_int_equal(id, 1);
    assert_sent(&server->requests[0], "/subjects/t-key/versions", "JSON", SCHEMA);
    assert_int_equal(ksql_subject_register(registry, &value, "\"int\"", &id, &error), OF_OK);
    assert_sent(&server->requests[1], "/subjects/t-value/versions", NULL, "\"int\"");
    assert_int_equal(ksql_subject_register(registry, &value, NULL, &id, &error), OF_OK);
    assert_int_equal(id, -1);
    assert_int_equal(server->count, 2);
}

/* A registry that knows JSON schemas by their draft only. */
static void a_draft_is_named_where_it_must_be(void **state)
{
    (void)state;
    static const struct http_answer answers[] = {{422, "{\"message\":\"what?\"}", NULL, NULL, 0},
        MISSING, {200, "{\"id\":3}", NULL, NULL, 0}, {409, "{\"message\":\"no\"}", NULL, NULL, 0},
        MISSING, {422, "{\"message\":\"what?\"}", NULL, NULL, 0}, MISSING, {0}};
    SERVER server = http_server_start(answers);
    CLIENT registry = client_of(server->url);
    int32_t id;
    assert_int_equal(ksql_subject_register(registry, &key, SCHEMA, &id, &error), OF_OK);
    assert_int_equal(id, 3);
    assert_sent(&server->requests[2], "/subjects/t-key/versions", "JSON",
        "{\"$schema\":\"http://json-schema.org/draft-07/schema#\",\"oneOf\":[{\"type\":\"null\"},"
        "{\"type\":\"string\"}]}");
    /* Refused both times: the first word stands. */
    assert_int_equal(ksql_subject_register(registry, &key, SCHEMA, &id, &error), OF_FATAL);
    assert_string_equal(
        error.message, "subject t-key: the registry answered 409: no (error code 0)");
    assert_int_equal(server->count, 7);
}

static void types_are_not_mixed(void **state)
{
    (void)state;
    static const struct http_answer answers[] = {MISSING, NEWEST("JSON", "{}"),
        NEWEST("AVRO", "\\\"int\\\""), NEWEST("PROTOBUF", "x"),
        {500, "{\"message\":\"down\"}", NULL, NULL, 0}, {0}};
    SERVER server = http_server_start(answers);
    CLIENT registry = client_of(server->url);
    assert_int_equal(ksql_subject_check(registry, &key, &error), OF_OK);
    assert_int_equal(ksql_subject_check(registry, &key, &error), OF_OK);
    assert_int_equal(ksql_subject_check(registry, &key, &error), OF_INPUT);
    assert_string_equal(error.message, "subject t-key has schemas of the type AVRO, not JSON");
    assert_int_equal(ksql_subject_check(registry, &key, &error), OF_INPUT);
    assert_string_equal(
        error.message, "subject t-key: schema id 5 is PROTOBUF, which is not supported");
    assert_int_equal(ksql_subject_check(registry, &key, &error), OF_RETRY);
}

static void values_are_inserted_by_ours(void **state)
{
    (void)state;
    static const struct http_answer answers[] = {
        NEWEST("JSON",
            "{\\\"$schema\\\":\\\"http://json-schema.org/draft-07/schema#\\\","
            "\\\"oneOf\\\":[{\\\"type\\\":\\\"null\\\"},{\\\"type\\\":\\\"string\\\"}]}"),
        NEWEST(
            "JSON", "{\\\"oneOf\\\":[{\\\"type\\\":\\\"null\\\"},{\\\"type\\\":\\\"integer\\\"}]}"),
        NEWEST("AVRO", "\\\"int\\\""), MISSING, {200, "{\"id\":9}", NULL, NULL, 0}, {0}};
    SERVER server = http_server_start(answers);
    CLIENT registry = client_of(server->url);
    int32_t id;
    assert_int_equal(ksql_subject_newest(registry, &key, SCHEMA, &id, &error), OF_OK);
    assert_int_equal(id, 5);
    assert_int_equal(ksql_subject_newest(registry, &key, SCHEMA, &id, &error), OF_INPUT);
    assert_string_equal(error.message,
        "INSERT ... VALUES with a schema of t-key that is not ksqlDB's own is not supported by "
        "this runner.");
    assert_int_equal(ksql_subject_newest(registry, &key, SCHEMA, &id, &error), OF_INPUT);
    assert_string_equal(error.message, "subject t-key: schema id 5 is AVRO, not JSON");
    assert_int_equal(ksql_subject_newest(registry, &key, SCHEMA, &id, &error), OF_OK);
    assert_int_equal(id, 9);
    assert_int_equal(server->count, 5);
    assert_int_equal(ksql_subject_newest(registry, &key, NULL, &id, &error), OF_OK);
    assert_int_equal(id, -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(formats_choose_the_type),
        cmocka_unit_test(a_draft_is_named_where_it_must_be),
        cmocka_unit_test(types_are_not_mixed),
        cmocka_unit_test(values_are_inserted_by_ours),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
