/* Answers and paths of the gateway, without a server: problem documents (RFC 9457), and that the
 * table of paths and the OpenAPI document say the same. */
#include "gateway/answer.h"
#include "gateway/embedded.h"
#include "gateway/route.h"
#include "gateway/truncate.h"

#include "support.h"

static json_t *parse(struct answer *answer)
{
    json_t *body = json_loadb((const char *)answer->body.data, answer->body.length, 0, NULL);
    assert_non_null(body);
    return body;
}

static void problems_have_their_members(void **state)
{
    (void)state;
    OF_CLEANUP(answer_release) struct answer answer;
    answer_init(&answer);
    answer_problem(&answer, 409, "final", "Order %d has come to its end: %s.", 7, "Paid \"x\"");
    assert_int_equal(answer.status, 409);
    assert_string_equal(answer.type, "application/problem+json");
    assert_string_equal(of_buffer_text(&answer.body),
        "{\"type\":\"about:blank\",\"title\":\"Conflict\",\"status\":409,\"code\":\"final\","
        "\"detail\":\"Order 7 has come to its end: Paid \\\"x\\\".\"}");
    assert_int_equal(answer.retry_after, 0);
    /* Whoever is told to come again is told when. */
    answer_problem(&answer, 503, "busy", "later");
    assert_true(answer.retry_after > 0);
    /* What a client sent is no UTF-8: no half a document. */
    answer_problem(&answer, 404, "no-path", "%s", "\xff\xfe");
    json_t *body = parse(&answer);
    assert_string_equal(json_string_value(json_object_get(body, "title")), "Not Found");
    json_decref(body);
    /* A detail longer than the limit is cut. */
    char long_one[2000];
    memset(long_one, 'x', sizeof(long_one));
    long_one[sizeof(long_one) - 1] = '\0';
    answer_problem(&answer, 400, "bad", "%s", long_one);
    body = parse(&answer);
    assert_int_equal(json_string_length(json_object_get(body, "detail")), 511);
    json_decref(body);
}

static void faults_are_listed_with_their_paths(void **state)
{
    (void)state;
    OF_CLEANUP(answer_release) struct answer answer;
    struct faults faults = {.count = 0};
    answer_init(&answer);
    faults_add(&faults, "$.item_info[0].sku", "is required");
    faults_add(&faults, "$['\xc3", "is not known"); /* a path that was cut amid a letter */
    answer_faults(&answer, 400, "bad-order", "No order.", &faults);
    json_t *body = parse(&answer), *list = json_object_get(body, "errors");
    assert_int_equal(json_array_size(list), 2);
    assert_string_equal(
        json_string_value(json_object_get(json_array_get(list, 0), "path")), "$.item_info[0].sku");
    assert_string_equal(json_string_value(json_object_get(json_array_get(list, 1), "path")), "$");
    json_decref(body);
    /* One past the limit is not told. */
    for (size_t i = 0; i < CHECK_FAULTS_MAX; i++)
        faults_add(&faults, "$", "more");
    assert_int_equal(faults.count, CHECK_FAULTS_MAX);
}

static void causes_are_not_told(void **state)
{
    (void)state;
    OF_CLEANUP(answer_release) struct answer answer;
    struct of_error error;
    answer_init(&answer);
    of_fail(&error, OF_RETRY, "connection to 10.0.0.7 as boss failed");
    answer_error(&answer, "PostgreSQL", &error);
    assert_int_equal(answer.status, 503);
    assert_lacks(of_buffer_text(&answer.body), "boss");
    of_fail(&error, OF_INPUT, "relation secret does not exist");
    answer_error(&answer, "PostgreSQL", &error);
    assert_int_equal(answer.status, 500);
    assert_lacks(of_buffer_text(&answer.body), "secret");
}

static void an_answer_past_the_limit_is_a_problem(void **state)
{
    (void)state;
    OF_CLEANUP(answer_release) struct answer answer;
    answer_init(&answer);
    char *text = of_alloc(ANSWER_BYTES_MAX + 1);
    memset(text, 'x', ANSWER_BYTES_MAX);
    answer_json(&answer, 200, json_pack("[s%]", text, (size_t)ANSWER_BYTES_MAX - 4));
    assert_int_equal(answer.status, 200);
    assert_int_equal(answer.body.length, ANSWER_BYTES_MAX);
    answer_json(&answer, 200, json_pack("[s%]", text, (size_t)ANSWER_BYTES_MAX - 3));
    assert_int_equal(answer.status, 500);
    free(text);
}

static void paths_are_found(void **state)
{
    (void)state;
    static const struct {
        const char *method, *path;
        enum route_result result;
        int64_t id;
        const char *allow;
    } cases[] = {
        {"GET", "/", ROUTE_FOUND, 0, NULL},
        {"HEAD", "/orders", ROUTE_FOUND, 0, NULL},
        {"POST", "/orders", ROUTE_FOUND, 0, NULL},
        {"GET", "/orders/7", ROUTE_FOUND, 7, NULL},
        {"GET", "/orders/999999999999999999", ROUTE_FOUND, 999999999999999999, NULL},
        {"GET", "/orders/9223372036854775808", ROUTE_BAD_ID, 0, NULL},
        {"GET", "/orders/0", ROUTE_BAD_ID, 0, NULL},
        {"GET", "/orders/07", ROUTE_BAD_ID, 0, NULL},
        {"GET", "/orders/-7", ROUTE_BAD_ID, 0, NULL},
        {"GET", "/orders/", ROUTE_BAD_ID, 0, NULL},
        {"GET", "/orders/x/events", ROUTE_BAD_ID, 0, NULL},
        {"GET", "/orders/8/events", ROUTE_FOUND, 8, NULL},
        {"POST", "/orders/9/cancel", ROUTE_FOUND, 9, NULL},
        {"GET", "/orders/9/cancel", ROUTE_NO_METHOD, 0, "POST"},
        {"PUT", "/orders", ROUTE_NO_METHOD, 0, "GET, HEAD, POST"},
        {"POST", "/flow", ROUTE_NO_METHOD, 0, "GET, HEAD"},
        {"GET", "/orders/9/other", ROUTE_NO_PATH, 0, NULL},
        {"GET", "/orders/9/events/", ROUTE_NO_PATH, 0, NULL},
        {"GET", "", ROUTE_NO_PATH, 0, NULL},
        {"GET", "//orders", ROUTE_NO_PATH, 0, NULL},
    };
    for (size_t i = 0; i < OF_COUNT(cases); i++) {
        const struct route *route = NULL;
        const char *allow = NULL;
        int64_t id = 0;
        enum route_result result = route_find(cases[i].method, cases[i].path, &route, &id, &allow);
        if (result != cases[i].result)
            fail_msg("%s %s: %d", cases[i].method, cases[i].path, (int)result);
        if (result == ROUTE_FOUND)
            assert_int_equal(id, cases[i].id);
        if (cases[i].allow)
            assert_string_equal(allow, cases[i].allow);
    }
}

/* The page and what it loads are no part of the API. */
static bool is_of_the_page(const char *path)
{
    return strcmp(path, "/") == 0 || strncmp(path, "/page.", 6) == 0;
}

static void the_document_has_every_path(void **state)
{
    (void)state;
    json_t *document = json_loadb(embedded_openapi_json, embedded_openapi_json_size, 0, NULL);
    json_t *paths = json_object_get(document, "paths"), *methods;
    const char *path;
    size_t documented = 0, served = 0;
    json_object_foreach(paths, path, methods) documented += json_object_size(methods);
    for (size_t i = 0; i < route_count; i++) {
        const struct route *route = &routes[i];
        if (is_of_the_page(route->path))
            continue;
        json_t *operation = json_object_get(json_object_get(paths, route->path),
            strcmp(route->method, "GET") == 0 ? "get" : "post");
        if (!operation)
            fail_msg("%s %s is not in the document", route->method, route->path);
        /* A body where one is taken, and no token where none is wanted. */
        assert_int_equal(json_object_get(operation, "requestBody") != NULL,
            (route->flags & ROUTE_TAKES_JSON) != 0);
        json_t *security = json_object_get(operation, "security");
        assert_int_equal(security != NULL, (route->flags & ROUTE_OPEN) != 0);
        served++;
    }
    assert_int_equal(served, documented);
    json_decref(document);
}

static void a_confirmation_holds_once_and_for_a_minute(void **state)
{
    (void)state;
    struct truncation *truncation = truncation_new(NULL);
    char first[TRUNCATE_TOKEN_SIZE], second[TRUNCATE_TOKEN_SIZE];
    struct of_error error;
    assert_false(truncation_confirm(truncation, 0, ""));
    assert_int_equal(truncation_ask(truncation, 1000, first, &error), OF_OK);
    assert_int_equal(truncation_ask(truncation, 1000, second, &error), OF_OK);
    assert_int_equal(strlen(first), 32);
    assert_string_not_equal(first, second);
    assert_false(truncation_confirm(truncation, 1000, first)); /* the later one took its place */
    assert_false(truncation_confirm(truncation, 1000 + TRUNCATE_CONFIRM_MS, second));
    assert_true(truncation_confirm(truncation, 999 + TRUNCATE_CONFIRM_MS, second));
    assert_false(truncation_confirm(truncation, 1000, second));
    truncation_free(truncation);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(problems_have_their_members),
        cmocka_unit_test(faults_are_listed_with_their_paths),
        cmocka_unit_test(causes_are_not_told),
        cmocka_unit_test(an_answer_past_the_limit_is_a_problem),
        cmocka_unit_test(paths_are_found),
        cmocka_unit_test(the_document_has_every_path),
        cmocka_unit_test(a_confirmation_holds_once_and_for_a_minute),
    };
    return cmocka_run_group_tests_name("gateway_answer", tests, NULL, NULL);
}
