/* The registry client against a scripted server: paths and bodies, caches, errors by status, and
 * the wire reader on top of it. The real registry is asked in tests/integration. */
#include "http_server.h"

#include "registry/wire.h"
#include "schemas/order.h"

#include <jansson.h>

static struct of_error error;

static struct of_registry *client_of(const char *url, const char *const *pairs)
{
    OF_CLEANUP(of_cleanup_config) struct of_config *config = NULL;
    struct of_registry *registry = NULL;
    assert_int_equal(of_config_load(NULL, NULL, &config, &error), OF_OK);
    assert_int_equal(of_config_set(config, "schema.registry.url", url, &error), OF_OK);
    assert_int_equal(of_config_set(config, "schema.registry.retries.wait.ms", "1", &error), OF_OK);
    for (; pairs && pairs[0]; pairs += 2)
        if (of_config_set(config, pairs[0], pairs[1], &error) < 0)
            fail_msg("%s", error.message);
    if (of_registry_new(config, &registry, &error) < 0)
        fail_msg("%s", error.message);
    return registry;
}

#define CLIENT OF_CLEANUP(of_cleanup_registry) struct of_registry *
#define PAIRS(...) ((const char *const[]){__VA_ARGS__, NULL})

static void assert_request(
    const struct http_server *server, size_t which, const char *method, const char *url)
{
    assert_true(which < server->count);
    assert_string_equal(server->requests[which].method, method);
    assert_string_equal(server->requests[which].url, url);
    assert_string_equal(
        server->requests[which].accept, "application/vnd.schemaregistry.v1+json, application/json");
    assert_string_equal(
        server->requests[which].content_type, "application/vnd.schemaregistry.v1+json");
}

/* The text that a request's body registers. */
static char *schema_sent(const struct http_request *request)
{
    json_t *body = json_loadb(request->body, request->body_size, 0, NULL);
    const char *text = json_string_value(json_object_get(body, "schema"));
    assert_non_null(text);
    char *copy = of_strdup(text);
    json_decref(body);
    return copy;
}

static void test_schema_by_id(void **state)
{
    (void)state;
    static const struct http_answer answers[] = {
        {200, "{\"schema\": \"\\\"int\\\"\"}", NULL, NULL, 0}, {0}};
    SERVER server = http_server_start(answers);
    CLIENT registry = client_of(server->url, NULL);
    for (int i = 0; i < 3; i++) {
        const char *text;
        size_t size;
        assert_int_equal(of_registry_schema(registry, 7, &text, &size, &error), OF_OK);
        assert_string_equal(text, "\"int\"");
        assert_int_equal(size, 5);
    }
    assert_int_equal(server->count, 1); /* an id's schema never changes */
    assert_request(server, 0, "GET", "/schemas/ids/7");
}

static void assert_no_schema(
    struct of_registry *registry, int32_t id, int class, const char *message)
{
    const char *text = NULL;
    size_t size = 77;
    assert_int_equal(of_registry_schema(registry, id, &text, &size, &error), class);
    assert_string_equal(error.message, message);
    assert_null(text);
}

static void test_unknown_id(void **state)
{
    (void)state;
    static const struct http_answer answers[] = {
        {404, "{\"error_code\":40403,\"message\":\"Schema 7 not found\"}", NULL, NULL, 0}, {0}};
    SERVER server = http_server_start(answers);
    CLIENT registry = client_of(server->url, NULL);
    for (int i = 0; i < 3; i++) {
        assert_no_schema(registry, 7, OF_INPUT, "the registry does not know schema id 7");
        assert_true(of_registry_is_missing(&error));
    }
    assert_int_equal(server->count, 1); /* remembered for a while */
    assert_no_schema(registry, 8, OF_INPUT, "the registry does not know schema id 8");
    assert_int_equal(server->count, 2);
}

static void test_schemas_not_for_us(void **state)
{
    (void)state;
    static const struct http_answer answers[] = {
        {200, "{\"schemaType\":\"PROTOBUF\",\"schema\":\"syntax\"}", NULL, NULL, 0},
        {200, "{\"schema\":\"\\\"int\\\"\",\"references\":[{\"name\":\"x\"}]}", NULL, NULL, 0},
        {200, "{\"no\":\"schema\"}", NULL, NULL, 0}, {0}};
    SERVER server = http_server_start(answers);
    CLIENT registry = client_of(server->url, NULL);
    for (int i = 0; i < 2; i++) {
        assert_no_schema(registry, 1, OF_INPUT, "schema id 1 is PROTOBUF, which is not supported");
        assert_false(of_registry_is_missing(&error));
        assert_no_schema(
            registry, 2, OF_INPUT, "schema id 2 has references, which are not supported");
        assert_no_schema(
            registry, 3, OF_INPUT, "schema id 3 has no text or one longer than 1048576 bytes");
    }
    assert_int_equal(server->count, 3);
}

/* The type comes with the id, and each asks for the one it can read. */
static void test_schema_types(void **state)
{
    (void)state;
    static const struct http_answer answers[] = {
        {200, "{\"schemaType\":\"JSON\",\"schema\":\"{}\"}", NULL, NULL, 0},
        {200, "{\"schema\":\"\\\"int\\\"\"}", NULL, NULL, 0}, /* no type: Avro */
        {200, "{\"schemaType\":\"JSON\",\"schema\":\"{}\",\"references\":[{\"name\":\"x\"}]}", NULL,
            NULL, 0},
        {0}};
    SERVER server = http_server_start(answers);
    CLIENT registry = client_of(server->url, NULL);
    struct of_schema schema;
    const char *text;
    size_t size;
    for (int i = 0; i < 2; i++) {
        assert_int_equal(of_registry_find(registry, 1, &schema, &error), OF_OK);
        assert_int_equal(schema.type, OF_SCHEMA_JSON);
        assert_string_equal(schema.text, "{}");
        assert_int_equal(schema.size, 2);
        assert_int_equal(of_registry_find(registry, 2, &schema, &error), OF_OK);
        assert_int_equal(schema.type, OF_SCHEMA_AVRO);
        assert_int_equal(
            of_registry_find_typed(registry, 1, OF_SCHEMA_JSON, &text, &size, &error), OF_OK);
        assert_string_equal(text, "{}");
        assert_no_schema(registry, 1, OF_INPUT, "schema id 1 is JSON, not AVRO");
        assert_int_equal(
            of_registry_find_typed(registry, 2, OF_SCHEMA_JSON, &text, &size, &error), OF_INPUT);
        assert_string_equal(error.message, "schema id 2 is AVRO, not JSON");
        assert_int_equal(of_registry_find(registry, 3, &schema, &error), OF_INPUT);
        assert_string_equal(error.message, "schema id 3 has references, which are not supported");
    }
    assert_int_equal(server->count, 3);
}

static char *text_answer(size_t size)
{
    OF_FREE char *schema = of_alloc(size + 1);
    memset(schema, ' ', size);
    return of_asprintf("{\"schemaType\":\"JSON\",\"schema\":\"%s\"}", schema);
}

static void test_text_limit(void **state)
{
    (void)state;
    OF_FREE char *longest = text_answer(OF_SCHEMA_TEXT_MAX);
    OF_FREE char *longer = text_answer(OF_SCHEMA_TEXT_MAX + 1);
    const struct http_answer answers[] = {
        {200, longest, NULL, NULL, 0}, {200, longer, NULL, NULL, 0}, {0}};
    SERVER server = http_server_start(answers);
    CLIENT registry = client_of(server->url, NULL);
    struct of_schema schema;
    if (of_registry_find(registry, 1, &schema, &error) < 0)
        fail_msg("%s", error.message);
    assert_int_equal(schema.size, OF_SCHEMA_TEXT_MAX);
    assert_int_equal(of_registry_find(registry, 2, &schema, &error), OF_INPUT);
    assert_string_equal(error.message, "schema id 2 has no text or one longer than 1048576 bytes");
}

static void test_type_names(void **state)
{
    (void)state;
    enum of_schema_type type = OF_SCHEMA_JSON;
    assert_true(of_schema_type_find(NULL, &type));
    assert_int_equal(type, OF_SCHEMA_AVRO);
    for (size_t i = 0; i < OF_SCHEMA_TYPES; i++) {
        assert_true(of_schema_type_find(of_schema_type_name((enum of_schema_type)i), &type));
        assert_int_equal(type, i);
    }
    assert_false(of_schema_type_find("PROTOBUF", &type));
    assert_false(of_schema_type_find("json", &type)); /* the API's names are upper-case */
    assert_false(of_schema_type_find("", &type));
}

/* What is no answer of a registry says nothing about the id: good records wait for a good answer
 * instead of going to the dead letters. */
static void test_answers_of_others(void **state)
{
    (void)state;
    static const struct http_answer answers[] = {{404, "<html>no such page</html>", NULL, NULL, 0},
        {302, "", "Location", "http://x/", 0}, {400, "{\"message\":\"what?\"}", NULL, NULL, 0},
        {200, "<html>", NULL, NULL, 0},
        {200, "{\"schemaType\":\"AVRO\",\"schema\":\"\\\"int\\\"\"}", NULL, NULL, 0}, {0}};
    SERVER server = http_server_start(answers);
    CLIENT registry = client_of(server->url, NULL);
    assert_no_schema(
        registry, 7, OF_RETRY, "schema id 7: the registry answered 404 (error code 0)");
    assert_no_schema(
        registry, 7, OF_RETRY, "schema id 7: the registry answered 302 (error code 0)");
    assert_no_schema(
        registry, 7, OF_RETRY, "schema id 7: the registry answered 400: what? (error code 0)");
    assert_no_schema(
        registry, 7, OF_RETRY, "schema registry: the answer to GET /schemas/ids/7 is no JSON");
    const char *text;
    size_t size;
    assert_int_equal(of_registry_schema(registry, 7, &text, &size, &error), OF_OK);
}

static void test_out_of_reach(void **state)
{
    (void)state;
    OF_FREE char *nobody = http_nobody();
    CLIENT registry = client_of(nobody, NULL);
    const char *text;
    size_t size;
    assert_int_equal(of_registry_schema(registry, 7, &text, &size, &error), OF_RETRY);
    assert_contains(error.message, "schema registry: ");
    assert_contains(error.message, nobody);
    assert_int_equal(of_registry_ping(registry, &error), OF_RETRY);
    static const struct http_answer busy[] = {
        {503, "{\"message\":\"starting\"}", NULL, NULL, 0}, {0}};
    SERVER server = http_server_start(busy);
    CLIENT other = client_of(server->url, PAIRS("schema.registry.max.retries", "0"));
    assert_no_schema(other, 7, OF_RETRY, "the registry answered 503: starting (error code 0)");
    assert_int_equal(server->count, 1);
}

static void test_credentials(void **state)
{
    (void)state;
    static const struct http_answer answers[] = {{200, "[]", NULL, NULL, 0},
        {200, "[]", NULL, NULL, 0}, {200, "[]", NULL, NULL, 0}, {401, "", NULL, NULL, 0}, {0}};
    SERVER server = http_server_start(answers);
    CLIENT basic = client_of(server->url,
        PAIRS("basic.auth.credentials.source", "USER_INFO", "basic.auth.user.info", "u:p"));
    assert_int_equal(of_registry_ping(basic, &error), OF_OK);
    assert_request(server, 0, "GET", "/subjects");
    assert_string_equal(server->requests[0].authorization, "Basic dTpw");
    CLIENT inherited = client_of(server->url, PAIRS("basic.auth.credentials.source", "SASL_INHERIT",
                                                  "sasl.username", "u", "sasl.password", "p"));
    assert_int_equal(of_registry_ping(inherited, &error), OF_OK);
    assert_string_equal(server->requests[1].authorization, "Basic dTpw");
    CLIENT bearer = client_of(server->url, PAIRS("bearer.auth.token", "t"));
    assert_int_equal(of_registry_ping(bearer, &error), OF_OK);
    assert_string_equal(server->requests[2].authorization, "Bearer t");
    assert_int_equal(of_registry_ping(bearer, &error), OF_FATAL);
    assert_string_equal(error.message,
        "the registry refuses our credentials (401): see basic.auth.user.info and "
        "bearer.auth.token");
}

static int32_t id_of(struct of_registry *registry, const char *subject)
{
    int32_t id = -1;
    if (of_registry_id_for_subject(
            registry, subject, of_order_schema, of_order_schema_size, &id, &error) < 0)
        fail_msg("%s", error.message);
    return id;
}

static void test_auto_register(void **state)
{
    (void)state;
    static const struct http_answer answers[] = {
        {200, "{\"id\":11}", NULL, NULL, 0}, {200, "{\"id\":12}", NULL, NULL, 0}, {0}};
    SERVER server = http_server_start(answers);
    CLIENT registry = client_of(server->url, NULL);
    assert_int_equal(id_of(registry, "a/b-value"), 11);
    assert_int_equal(id_of(registry, "a/b-value"), 11);
    assert_int_equal(id_of(registry, "c-value"), 12);
    assert_int_equal(id_of(registry, "a/b-value"), 11);
    assert_int_equal(server->count, 2);
    assert_request(server, 0, "POST", "/subjects/a/b-value/versions"); /* decoded by the server */
    assert_request(server, 1, "POST", "/subjects/c-value/versions");
    OF_FREE char *sent = schema_sent(&server->requests[0]);
    assert_string_equal(sent, of_order_schema); /* the raw file, logical types and all */
}

static void test_without_auto_register(void **state)
{
    (void)state;
    static const struct http_answer answers[] = {
        {404, "{\"error_code\":40403,\"message\":\"Schema not found\"}", NULL, NULL, 0},
        {200, "{\"subject\":\"c-value\",\"id\":5,\"version\":2}", NULL, NULL, 0}, {0}};
    SERVER server = http_server_start(answers);
    CLIENT registry = client_of(server->url, PAIRS("auto.register.schemas", "false"));
    int32_t id = 77;
    assert_int_equal(of_registry_id_for_subject(
                         registry, "c-value", of_order_schema, of_order_schema_size, &id, &error),
        OF_FATAL);
    assert_string_equal(error.message, "subject c-value: the registry answered 404: Schema not "
                                       "found (error code 40403)");
    assert_int_equal(id, 77);
    assert_int_equal(id_of(registry, "c-value"), 5); /* a refusal is not kept */
    assert_request(server, 1, "POST", "/subjects/c-value");
}

static void test_refusals(void **state)
{
    (void)state;
    static const struct http_answer answers[] = {
        {409, "{\"error_code\":409,\"message\":\"incompatible: reader field x\"}", NULL, NULL, 0},
        {200, "{\"id\":9,\"version\":1,\"schema\":\"\\\"long\\\"\"}", NULL, NULL,
            0}, /* Avro, too */
        {422, "{\"error_code\":42201,\"message\":\"Invalid schema\"}", NULL, NULL, 0},
        {404, "{\"error_code\":40401,\"message\":\"none yet\"}", NULL, NULL, 0},
        {500, "{\"error_code\":50001,\"message\":\"store\"}", NULL, NULL, 0}, {0}};
    SERVER server = http_server_start(answers);
    CLIENT registry = client_of(server->url, PAIRS("schema.registry.max.retries", "0"));
    int32_t id = 77;
    assert_int_equal(of_registry_register(registry, "s", "\"int\"", 5, &id, &error), OF_FATAL);
    assert_string_equal(error.message,
        "subject s: the registry answered 409: incompatible: reader field x (error code 409)");
    assert_int_equal(of_registry_register(registry, "s", "\"int\"", 5, &id, &error), OF_FATAL);
    assert_string_equal(
        error.message, "subject s: the registry answered 422: Invalid schema (error code 42201)");
    assert_int_equal(of_registry_register(registry, "s", "\"int\"", 5, &id, &error), OF_RETRY);
    assert_string_equal(
        error.message, "subject s: the registry answered 500: store (error code 50001)");
    /* A text that no JSON can carry. */
    assert_int_equal(of_registry_register(registry, "s", "\"\xff\"", 3, &id, &error), OF_INPUT);
    assert_string_equal(error.message, "subject s: the schema is not UTF-8");
    assert_int_equal(server->count, 6);
    assert_int_equal(id, 77);
}

/* Avro goes without a type, as registries of old have it; others name theirs. */
static void test_types_sent(void **state)
{
    (void)state;
    static const struct http_answer answers[] = {{200, "{\"id\":1}", NULL, NULL, 0},
        {200, "{\"id\":2}", NULL, NULL, 0}, {200, "{\"id\":3,\"version\":1}", NULL, NULL, 0},
        {404, "{\"error_code\":40403,\"message\":\"Schema not found\"}", NULL, NULL, 0},
        {409, "{\"error_code\":409,\"message\":\"incompatible\"}", NULL, NULL, 0},
        {200, "{\"id\":9,\"version\":1,\"schemaType\":\"JSON\",\"schema\":\"{}\"}", NULL, NULL, 0},
        {500, "{\"error_code\":0,\"message\":\"Unknown schema\"}", NULL, NULL, 0},
        {200, "{\"id\":8,\"version\":1,\"schema\":\"\\\"int\\\"\"}", NULL, NULL, 0}, {0}};
    SERVER server = http_server_start(answers);
    CLIENT registry = client_of(server->url, PAIRS("schema.registry.max.retries", "0"));
    const struct of_schema avro = {OF_SCHEMA_AVRO, "\"int\"", 5}, json = {OF_SCHEMA_JSON, "{}", 2};
    int32_t id = 77;
    assert_int_equal(of_registry_add(registry, "a b", &avro, &id, &error), OF_OK);
    assert_int_equal(id, 1);
    assert_string_equal(server->requests[0].body, "{\"schema\":\"\\\"int\\\"\"}");
    assert_int_equal(of_registry_add(registry, "a b", &json, &id, &error), OF_OK);
    assert_int_equal(id, 2);
    assert_string_equal(server->requests[1].body, "{\"schema\":\"{}\",\"schemaType\":\"JSON\"}");
    assert_request(server, 1, "POST", "/subjects/a b/versions");
    assert_int_equal(of_registry_lookup(registry, "s", &json, &id, &error), OF_OK);
    assert_int_equal(id, 3);
    assert_request(server, 2, "POST", "/subjects/s");
    assert_string_equal(server->requests[2].body, "{\"schema\":\"{}\",\"schemaType\":\"JSON\"}");
    assert_int_equal(of_registry_lookup(registry, "s", &json, &id, &error), OF_INPUT);
    assert_true(of_registry_is_missing(&error));
    assert_string_equal(
        error.message, "subject s: the registry answered 404: Schema not found (error code 40403)");
    assert_int_equal(of_registry_add(registry, "s", &json, &id, &error), OF_FATAL);
    assert_string_equal(
        error.message, "subject s: the registry answered 409: incompatible (error code 409)");
    /* Another type is no reason to try again, whatever the status. */
    assert_int_equal(of_registry_add(registry, "s", &json, &id, &error), OF_FATAL);
    assert_string_equal(error.message, "subject s has schemas of the type AVRO, not JSON");
    assert_request(server, 7, "GET", "/subjects/s/versions/latest");
    const struct of_schema broken = {OF_SCHEMA_JSON, "\"\xff\"", 3};
    assert_int_equal(of_registry_add(registry, "s", &broken, &id, &error), OF_INPUT);
    assert_string_equal(error.message, "subject s: the schema is not UTF-8");
    assert_int_equal(server->count, 8);
    assert_int_equal(id, 3);
}

static char *version_answer(int id, int version, const char *schema)
{
    json_t *json = json_pack(
        "{s:s,s:i,s:i,s:s}", "subject", "s", "id", id, "version", version, "schema", schema);
    char *text = json_dumps(json, 0);
    json_decref(json);
    return text;
}

static void test_latest(void **state)
{
    (void)state;
    OF_FREE char *one = version_answer(31, 4, "\"int\"");
    const struct http_answer answers[] = {{200, one, NULL, NULL, 0},
        {404, "{\"error_code\":40401,\"message\":\"Subject 's' not found.\"}", NULL, NULL, 0}, {0}};
    SERVER server = http_server_start(answers);
    CLIENT registry = client_of(server->url, NULL);
    struct of_registry_version newest;
    assert_int_equal(
        of_registry_newest_typed(registry, "s", OF_SCHEMA_AVRO, &newest, &error), OF_OK);
    assert_int_equal(newest.id, 31);
    assert_int_equal(newest.version, 4);
    assert_string_equal(newest.schema.text, "\"int\"");
    assert_request(server, 0, "GET", "/subjects/s/versions/latest");
    assert_int_equal(
        of_registry_newest_typed(registry, "s", OF_SCHEMA_AVRO, &newest, &error), OF_INPUT);
    assert_string_equal(error.message,
        "subject s: the registry answered 404: Subject 's' not found. (error code 40401)");
    assert_true(of_registry_is_missing(&error));
}

/* A server that asks for months keeps one text an id, not one an answer. */
static void test_latest_texts(void **state)
{
    (void)state;
    OF_FREE char *one = version_answer(31, 4, "\"int\"");
    OF_FREE char *renewed = version_answer(31, 1, "\"string\"");
    const struct http_answer answers[] = {{200, one, NULL, NULL, 0}, {200, one, NULL, NULL, 0},
        {200, renewed, NULL, NULL, 0}, {200, "{\"schema\":\"\\\"int\\\"\"}", NULL, NULL, 0},
        {200, "{\"id\":32,\"version\":1,\"schemaType\":\"JSON\",\"schema\":\"{}\"}", NULL, NULL, 0},
        {0}};
    SERVER server = http_server_start(answers);
    CLIENT registry = client_of(server->url, NULL);
    struct of_registry_version newest[3];
    const char *by_id;
    size_t size;
    for (size_t i = 0; i < OF_COUNT(newest); i++)
        assert_int_equal(
            of_registry_newest_typed(registry, "s", OF_SCHEMA_AVRO, &newest[i], &error), OF_OK);
    assert_ptr_equal(newest[0].schema.text, newest[1].schema.text);
    assert_string_equal(newest[0].schema.text, "\"int\"");
    assert_string_equal(newest[2].schema.text, "\"string\"");
    assert_int_equal(of_registry_schema(registry, 31, &by_id, &size, &error), OF_OK);
    assert_ptr_equal(by_id, newest[2].schema.text);
    assert_int_equal(server->count, 3);
    assert_int_equal(
        of_registry_newest_typed(registry, "s", OF_SCHEMA_AVRO, &newest[0], &error), OF_INPUT);
    assert_int_equal(
        of_registry_newest_typed(registry, "s", OF_SCHEMA_AVRO, &newest[0], &error), OF_INPUT);
    assert_string_equal(error.message, "subject s: schema id 32 is JSON, not AVRO");
}

static void test_newest_of_types(void **state)
{
    (void)state;
    static const struct http_answer answers[] = {
        {200, "{\"id\":32,\"version\":3,\"schemaType\":\"JSON\",\"schema\":\"{}\"}", NULL, NULL, 0},
        {200, "{\"id\":32,\"version\":3,\"schemaType\":\"JSON\",\"schema\":\"{}\"}", NULL, NULL, 0},
        {200, "{\"id\":33,\"version\":4,\"schema\":\"\\\"int\\\"\"}", NULL, NULL, 0},
        {200, "{\"id\":34,\"version\":5,\"schemaType\":\"PROTOBUF\",\"schema\":\"x\"}", NULL, NULL,
            0},
        {200, "{\"id\":32,\"version\":1,\"schema\":\"{}\"}", NULL, NULL, 0}, {0}};
    SERVER server = http_server_start(answers);
    CLIENT registry = client_of(server->url, NULL);
    struct of_registry_version newest;
    assert_int_equal(of_registry_newest(registry, "s", &newest, &error), OF_OK);
    assert_int_equal(newest.id, 32);
    assert_int_equal(newest.version, 3);
    assert_int_equal(newest.schema.type, OF_SCHEMA_JSON);
    assert_string_equal(newest.schema.text, "{}");
    const char *first = newest.schema.text;
    assert_int_equal(
        of_registry_newest_typed(registry, "s", OF_SCHEMA_JSON, &newest, &error), OF_OK);
    assert_ptr_equal(newest.schema.text, first); /* kept once an id */
    assert_int_equal(
        of_registry_newest_typed(registry, "s", OF_SCHEMA_JSON, &newest, &error), OF_INPUT);
    assert_string_equal(error.message, "subject s: schema id 33 is AVRO, not JSON");
    assert_int_equal(newest.id, 32);
    assert_int_equal(of_registry_newest(registry, "s", &newest, &error), OF_INPUT);
    assert_string_equal(
        error.message, "subject s: schema id 34 is PROTOBUF, which is not supported");
    assert_false(of_registry_is_missing(&error)); /* it is there */
    /* A registry made anew has another schema under the id. */
    assert_int_equal(of_registry_newest(registry, "s", &newest, &error), OF_OK);
    assert_int_equal(newest.schema.type, OF_SCHEMA_AVRO);
    assert_ptr_not_equal(newest.schema.text, first);
    assert_string_equal(first, "{}");
}

static void test_use_latest_version(void **state)
{
    (void)state;
    /* The same on the wire, written otherwise; then one that is not. */
    OF_FREE char *same = version_answer(31, 4, "{ \"type\":\"int\", \"doc\":\"d\" }");
    OF_FREE char *other = version_answer(32, 5, "\"long\"");
    const struct http_answer answers[] = {
        {200, same, NULL, NULL, 0}, {200, other, NULL, NULL, 0}, {0}};
    SERVER server = http_server_start(answers);
    CLIENT registry = client_of(server->url, PAIRS("use.latest.version", "true"));
    int32_t id;
    assert_int_equal(of_registry_id_for_subject(registry, "s", "\"int\"", 5, &id, &error), OF_OK);
    assert_int_equal(id, 31);
    assert_int_equal(of_registry_id_for_subject(registry, "s", "\"int\"", 5, &id, &error), OF_OK);
    assert_int_equal(server->count, 1);
    assert_int_equal(
        of_registry_id_for_subject(registry, "t", "\"int\"", 5, &id, &error), OF_FATAL);
    assert_contains(error.message, "subject t: version 5 differs from the schema of this program");
}

static void test_compatibility(void **state)
{
    (void)state;
    static const struct http_answer answers[] = {
        {200, "{\"compatibility\":\"BACKWARD\"}", NULL, NULL, 0},
        {422, "{\"error_code\":42203,\"message\":\"Invalid level\"}", NULL, NULL, 0}, {0}};
    SERVER server = http_server_start(answers);
    CLIENT registry = client_of(server->url, NULL);
    assert_int_equal(of_registry_set_compatibility(registry, "s", "BACKWARD", &error), OF_OK);
    assert_request(server, 0, "PUT", "/config/s");
    assert_string_equal(server->requests[0].body, "{\"compatibility\":\"BACKWARD\"}");
    assert_int_equal(of_registry_set_compatibility(registry, "s", "SIDEWAYS", &error), OF_FATAL);
    assert_contains(error.message, "compatibility of subject s: the registry answered 422: "
                                   "Invalid level (error code 42203)");
}

/* A wire reader meets writers of the same schema, of an older one, of one that cannot be resolved,
 * of one that is no schema, and ids that nobody knows. */
static void test_wire_reader(void **state)
{
    (void)state;
    static const char ours[] = "{\"type\":\"record\",\"name\":\"R\",\"fields\":["
                               "{\"name\":\"a\",\"type\":\"long\"},"
                               "{\"name\":\"b\",\"type\":\"int\",\"default\":5}]}";
    static const struct http_answer answers[] = {
        {200,
            "{\"schema\":\"{\\\"type\\\":\\\"record\\\",\\\"name\\\":\\\"R\\\",\\\"fields\\\":["
            "{\\\"name\\\":\\\"a\\\",\\\"type\\\":\\\"long\\\",\\\"doc\\\":\\\"d\\\"},"
            "{\\\"name\\\":\\\"b\\\",\\\"type\\\":\\\"int\\\"}]}\"}",
            NULL, NULL, 0},
        {200,
            "{\"schema\":\"{\\\"type\\\":\\\"record\\\",\\\"name\\\":\\\"R\\\",\\\"fields\\\":["
            "{\\\"name\\\":\\\"a\\\",\\\"type\\\":\\\"int\\\"}]}\"}",
            NULL, NULL, 0},
        {200,
            "{\"schema\":\"{\\\"type\\\":\\\"record\\\",\\\"name\\\":\\\"R\\\",\\\"fields\\\":["
            "{\\\"name\\\":\\\"a\\\",\\\"type\\\":\\\"string\\\"}]}\"}",
            NULL, NULL, 0},
        {200, "{\"schema\":\"{\"}", NULL, NULL, 0},
        {404, "{\"error_code\":40403,\"message\":\"no\"}", NULL, NULL, 0}, {0}};
    SERVER server = http_server_start(answers);
    CLIENT registry = client_of(server->url, NULL);
    OF_CLEANUP(of_cleanup_wire_reader) struct of_wire_reader *reader = NULL;
    assert_int_equal(
        of_wire_reader_new(registry, ours, sizeof(ours) - 1, 0, &reader, &error), OF_OK);
    for (int round = 0; round < 2; round++) {
        const uint8_t *body;
        size_t size;
        static const uint8_t same[] = {0, 0, 0, 0, 1, 2, 4};
        assert_int_equal(
            of_wire_reader_body(reader, same, sizeof(same), &body, &size, &error), OF_OK);
        assert_ptr_equal(body, same + OF_WIRE_HEADER_SIZE); /* in place */
        assert_int_equal(size, 2);
        static const uint8_t older[] = {0, 0, 0, 0, 2, 2};
        assert_int_equal(
            of_wire_reader_body(reader, older, sizeof(older), &body, &size, &error), OF_OK);
        assert_int_equal(size, 2);
        assert_memory_equal(body, "\x02\x0a", 2);
        assert_int_equal(of_wire_reader_body(reader, older, 5, &body, &size, &error), OF_INPUT);
        assert_string_equal(error.message, "R: a: truncated at byte 0");
        assert_string_equal(error.kind, "decode");
        static const uint8_t other[] = {0, 0, 0, 0, 3, 2, 'x'};
        assert_int_equal(
            of_wire_reader_body(reader, other, sizeof(other), &body, &size, &error), OF_INPUT);
        assert_contains(error.message, "a: written as string, wanted as long");
        assert_string_equal(error.kind, "schema");
        static const uint8_t broken[] = {0, 0, 0, 0, 4};
        assert_int_equal(
            of_wire_reader_body(reader, broken, sizeof(broken), &body, &size, &error), OF_INPUT);
        assert_string_equal(error.kind, "schema");
        static const uint8_t unknown[] = {0, 0, 0, 0, 9};
        assert_int_equal(
            of_wire_reader_body(reader, unknown, sizeof(unknown), &body, &size, &error), OF_INPUT);
        assert_contains(error.message, "the registry does not know schema id 9");
        assert_string_equal(error.kind, "schema");
        assert_int_equal(of_wire_reader_body(reader, "x", 1, &body, &size, &error), OF_INPUT);
        assert_string_equal(error.kind, "framing");
    }
    assert_int_equal(server->count, 5);
}

static void test_wire_reader_limits(void **state)
{
    (void)state;
    static const struct http_answer answers[] = {
        {200, "{\"schema\":\"{\\\"type\\\":\\\"string\\\"}\"}", NULL, NULL, 0}, {0}};
    SERVER server = http_server_start(answers);
    CLIENT registry = client_of(server->url, NULL);
    OF_CLEANUP(of_cleanup_wire_reader) struct of_wire_reader *reader = NULL;
    assert_int_equal(of_wire_reader_new(registry, "\"bytes\"", 7, 3, &reader, &error), OF_OK);
    const uint8_t *body;
    size_t size;
    assert_int_equal(of_wire_reader_body(reader, "\0\0\0\0\1\4ab", 8, &body, &size, &error), OF_OK);
    assert_int_equal(
        of_wire_reader_body(reader, "\0\0\0\0\1\6abc", 9, &body, &size, &error), OF_INPUT);
    assert_contains(error.message, "longer than 3 bytes");
    struct of_wire_reader *none = NULL;
    assert_int_equal(of_wire_reader_new(registry, "{", 1, 0, &none, &error), OF_INPUT);
    assert_null(none);
}

static void test_bad_url(void **state)
{
    (void)state;
    OF_CLEANUP(of_cleanup_config) struct of_config *config = NULL;
    struct of_registry *registry = NULL;
    assert_int_equal(of_config_load(NULL, NULL, &config, &error), OF_OK);
    assert_int_equal(of_config_set(config, "schema.registry.url", "host:8081", &error), OF_OK);
    assert_int_equal(of_registry_new(config, &registry, &error), OF_INPUT);
    assert_string_equal(
        error.message, "schema.registry.url: an URL must start with http:// or https://");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_schema_by_id),
        cmocka_unit_test(test_unknown_id),
        cmocka_unit_test(test_schemas_not_for_us),
        cmocka_unit_test(test_schema_types),
        cmocka_unit_test(test_text_limit),
        cmocka_unit_test(test_type_names),
        cmocka_unit_test(test_answers_of_others),
        cmocka_unit_test(test_out_of_reach),
        cmocka_unit_test(test_credentials),
        cmocka_unit_test(test_auto_register),
        cmocka_unit_test(test_without_auto_register),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_types_sent),
        cmocka_unit_test(test_newest_of_types),
        cmocka_unit_test(test_latest),
        cmocka_unit_test(test_latest_texts),
        cmocka_unit_test(test_use_latest_version),
        cmocka_unit_test(test_compatibility),
        cmocka_unit_test(test_wire_reader),
        cmocka_unit_test(test_wire_reader_limits),
        cmocka_unit_test(test_bad_url),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
