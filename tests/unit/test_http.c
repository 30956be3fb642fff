/* The HTTP client against a server of our own: what is sent, failover, retries and their pauses,
 * time limits, limits of answers, and secrets that no message shows. TLS is in test_http_tls.c. */
#include "http_server.h"

#include "net/http.h"

static struct of_error error;

struct result {
    int code;
    long status;
    struct of_buffer answer;
};

static void result_release(struct result *result)
{
    of_buffer_release(&result->answer);
}

#define RESULT OF_CLEANUP(result_release) struct result

static struct of_http_settings settings_of(const char *urls)
{
    return (struct of_http_settings){
        .urls = urls, .verify = true, .request_ms = 10000, .retry_ms = 1, .retry_max_ms = 4};
}

static struct of_http *client_of(const struct of_http_settings *settings)
{
    struct of_http *http = NULL;
    error.message[0] = '\0';
    if (of_http_new(settings, &http, &error) < 0)
        fail_msg("%s", error.message);
    return http;
}

static struct result ask(
    struct of_http *http, const char *method, const char *path, const char *body, size_t limit)
{
    struct result result = {.status = -1};
    of_buffer_init(&result.answer, limit);
    result.code = of_http_request(
        http, method, path, body, body ? strlen(body) : 0, &result.status, &result.answer, &error);
    return result;
}

#define CLIENT OF_CLEANUP(of_cleanup_http) struct of_http *

static void test_requests(void **state)
{
    (void)state;
    static const struct http_answer answers[] = {
        {200, "one", NULL, NULL, 0}, {404, "two", NULL, NULL, 0}, {204, "", NULL, NULL, 0}, {0}};
    SERVER server = http_server_start(answers);
    OF_FREE char *url = of_asprintf(" ,%s/base/ ", server->url);
    struct of_http_settings settings = settings_of(url);
    settings.accept = "application/x";
    settings.content_type = "text/y";
    CLIENT http = client_of(&settings);
    RESULT one = ask(http, "GET", "/a%20b", NULL, 100);
    assert_int_equal(one.code, OF_OK);
    assert_int_equal(one.status, 200);
    assert_string_equal(of_buffer_text(&one.answer), "one");
    RESULT two = ask(http, "POST", "/p", "body", 100);
    assert_int_equal(two.code, OF_OK); /* a status is an answer, whatever it is */
    assert_int_equal(two.status, 404);
    assert_string_equal(of_buffer_text(&two.answer), "two");
    RESULT three = ask(http, "PUT", "/q", "", 100);
    RESULT four = ask(http, "DELETE", "/r", NULL, 100);
    RESULT five = ask(http, "POST", "/s", NULL, 100);
    assert_int_equal(three.status + four.status + five.status, 3 * 204);
    assert_int_equal(server->count, 5);
    static const char *const methods[] = {"GET", "POST", "PUT", "DELETE", "POST"};
    static const char *const urls[] = {"/base/a b", "/base/p", "/base/q", "/base/r", "/base/s"};
    static const char *const lengths[] = {"", "4", "0", "", "0"};
    for (size_t i = 0; i < server->count; i++) {
        assert_string_equal(server->requests[i].method, methods[i]);
        assert_string_equal(server->requests[i].url, urls[i]);
        assert_string_equal(server->requests[i].accept, "application/x");
        assert_string_equal(server->requests[i].content_type, "text/y");
        assert_string_equal(server->requests[i].length, lengths[i]);
        assert_string_equal(server->requests[i].authorization, "");
    }
    assert_string_equal(server->requests[1].body, "body");
}

static void test_answers_replace_content(void **state)
{
    (void)state;
    static const struct http_answer answers[] = {{200, "short", NULL, NULL, 0}, {0}};
    SERVER server = http_server_start(answers);
    struct of_http_settings settings = settings_of(server->url);
    CLIENT http = client_of(&settings);
    OF_CLEANUP(of_buffer_release) struct of_buffer answer;
    of_buffer_init(&answer, 100);
    of_buffer_append_text(&answer, "what was there before");
    long status;
    assert_int_equal(of_http_request(http, "GET", "/", NULL, 0, &status, &answer, &error), OF_OK);
    assert_string_equal(of_buffer_text(&answer), "short");
}

/* The first answers 503 and the second nothing: the third is taken, and is the first next time. */
static void test_failover(void **state)
{
    (void)state;
    static const struct http_answer busy[] = {{503, "busy", NULL, NULL, 0}, {0}};
    static const struct http_answer good[] = {{200, "good", NULL, NULL, 0}, {0}};
    SERVER first = http_server_start(busy);
    SERVER third = http_server_start(good);
    OF_FREE char *nobody = http_nobody();
    OF_FREE char *urls = of_asprintf("%s,%s, %s", first->url, nobody, third->url);
    struct of_http_settings settings = settings_of(urls);
    CLIENT http = client_of(&settings);
    for (int i = 0; i < 3; i++) {
        RESULT result = ask(http, "GET", "/x", NULL, 100);
        assert_int_equal(result.code, OF_OK);
        assert_int_equal(result.status, 200);
        assert_string_equal(of_buffer_text(&result.answer), "good");
    }
    assert_int_equal(first->count, 1);
    assert_int_equal(third->count, 3);
}

static void test_retries(void **state)
{
    (void)state;
    static const struct http_answer answers[] = {{429, "", NULL, NULL, 0}, {500, "", NULL, NULL, 0},
        {502, "", NULL, NULL, 0}, {200, "at last", NULL, NULL, 0}, {0}};
    SERVER server = http_server_start(answers);
    struct of_http_settings settings = settings_of(server->url);
    settings.retries = 3;
    CLIENT http = client_of(&settings);
    RESULT result = ask(http, "POST", "/x", "again", 100);
    assert_int_equal(result.code, OF_OK);
    assert_int_equal(result.status, 200);
    assert_string_equal(of_buffer_text(&result.answer), "at last");
    assert_int_equal(server->count, 4);
    for (size_t i = 0; i < 4; i++)
        assert_string_equal(server->requests[i].body, "again");
}

static void test_retries_end(void **state)
{
    (void)state;
    static const struct http_answer answers[] = {{503, "still busy", NULL, NULL, 0}, {0}};
    SERVER server = http_server_start(answers);
    struct of_http_settings settings = settings_of(server->url);
    settings.retries = 2;
    CLIENT http = client_of(&settings);
    RESULT result = ask(http, "GET", "/x", NULL, 100);
    assert_int_equal(result.code, OF_OK); /* the last answer is handed on */
    assert_int_equal(result.status, 503);
    assert_string_equal(of_buffer_text(&result.answer), "still busy");
    assert_int_equal(server->count, 3);
    OF_FREE char *nobody = http_nobody();
    settings.urls = nobody;
    CLIENT deaf = client_of(&settings);
    RESULT none = ask(deaf, "GET", "/x", NULL, 100);
    assert_int_equal(none.code, OF_RETRY);
    assert_contains(error.message, nobody);
    assert_contains(error.message, "/x: ");
}

/* 4xx but 429 is final. */
static void test_no_retry(void **state)
{
    (void)state;
    static const unsigned statuses[] = {301, 400, 401, 403, 404, 409, 422};
    for (size_t i = 0; i < OF_COUNT(statuses); i++) {
        const struct http_answer answers[] = {{statuses[i], "", "Location", "http://x/", 0}, {0}};
        SERVER server = http_server_start(answers);
        struct of_http_settings settings = settings_of(server->url);
        settings.retries = 5;
        CLIENT http = client_of(&settings);
        RESULT result = ask(http, "GET", "/x", NULL, 100);
        assert_int_equal(result.code, OF_OK);
        assert_int_equal(result.status, statuses[i]);
        assert_int_equal(server->count, 1);
    }
}

static void test_pauses(void **state)
{
    (void)state;
    static const struct http_answer asks[] = {
        {429, "", "Retry-After", "1", 0}, {200, "", NULL, NULL, 0}, {0}};
    SERVER server = http_server_start(asks);
    struct of_http_settings settings = settings_of(server->url);
    settings.retries = 1;
    CLIENT http = client_of(&settings);
    int64_t start = of_clock_monotonic();
    RESULT result = ask(http, "GET", "/x", NULL, 100);
    assert_int_equal(result.status, 200);
    assert_in_range(of_clock_monotonic() - start, 1000, 8000);
    /* Back-off: half of 40, 80, 100 and 100 ms at least. */
    static const struct http_answer busy[] = {{500, "", NULL, NULL, 0}, {0}};
    SERVER other = http_server_start(busy);
    settings.urls = other->url;
    settings.retries = 4;
    settings.retry_ms = 40;
    settings.retry_max_ms = 100;
    CLIENT patient = client_of(&settings);
    start = of_clock_monotonic();
    RESULT last = ask(patient, "GET", "/x", NULL, 100);
    assert_int_equal(last.status, 500);
    assert_in_range(of_clock_monotonic() - start, 20 + 40 + 50 + 50, 5000);
}

static void test_time_limits(void **state)
{
    (void)state;
    static const struct http_answer slow[] = {{200, "late", NULL, NULL, 400}, {0}};
    SERVER server = http_server_start(slow);
    struct of_http_settings settings = settings_of(server->url);
    settings.request_ms = 100;
    CLIENT http = client_of(&settings);
    int64_t start = of_clock_monotonic();
    RESULT result = ask(http, "GET", "/x", NULL, 100);
    assert_int_equal(result.code, OF_RETRY);
    assert_in_range(of_clock_monotonic() - start, 100, 390);
    assert_contains(error.message, "Timeout was reached");
}

static void test_answer_limit(void **state)
{
    (void)state;
    static const struct http_answer answers[] = {{200, "12345678", NULL, NULL, 0}, {0}};
    SERVER server = http_server_start(answers);
    struct of_http_settings settings = settings_of(server->url);
    CLIENT http = client_of(&settings);
    RESULT whole = ask(http, "GET", "/x", NULL, 8);
    assert_int_equal(whole.code, OF_OK);
    RESULT longer = ask(http, "GET", "/x", NULL, 7);
    assert_int_equal(longer.code, OF_INPUT);
    assert_contains(error.message, "/x: the answer is longer than 7 bytes");
}

/* What a server is sent for user information of the settings or of the URL. */
static void assert_authorization(
    const struct of_http_settings *settings, struct http_server *server, const char *wanted)
{
    CLIENT http = client_of(settings);
    RESULT result = ask(http, "GET", "/x", NULL, 100);
    assert_int_equal(result.code, OF_OK);
    assert_string_equal(server->requests[server->count - 1].authorization, wanted);
}

static void test_authorization(void **state)
{
    (void)state;
    static const struct http_answer answers[] = {{200, "", NULL, NULL, 0}, {0}};
    SERVER server = http_server_start(answers);
    struct of_http_settings settings = settings_of(server->url);
    settings.user_info = "key:se:cret"; /* a colon belongs to the password */
    assert_authorization(&settings, server, "Basic a2V5OnNlOmNyZXQ=");
    settings.bearer_token = "abc.def";
    assert_authorization(&settings, server, "Bearer abc.def");
    settings.bearer_token = NULL;
    OF_FREE char *url = of_asprintf("http://u:p@%s/", server->url + 7);
    settings.urls = url;
    assert_authorization(&settings, server, "Basic dTpw"); /* nearer than the settings' */
    settings.user_info = NULL;
    OF_FREE char *escaped = of_asprintf("http://u%%40x:p%%2Fq%%25@%s", server->url + 7);
    settings.urls = escaped;
    assert_authorization(&settings, server, "Basic dUB4OnAvcSU=");
}

/* The credentials stay with the server that they were meant for. */
static void test_redirects_are_not_followed(void **state)
{
    (void)state;
    static const struct http_answer good[] = {{200, "", NULL, NULL, 0}, {0}};
    SERVER other = http_server_start(good);
    const struct http_answer moved[] = {{302, "", "Location", other->url, 0}, {0}};
    SERVER server = http_server_start(moved);
    struct of_http_settings settings = settings_of(server->url);
    settings.user_info = "u:p";
    CLIENT http = client_of(&settings);
    RESULT result = ask(http, "GET", "/x", NULL, 100);
    assert_int_equal(result.status, 302);
    assert_int_equal(other->count, 0);
}

static void test_secrets(void **state)
{
    (void)state;
    OF_FREE char *nobody = http_nobody();
    OF_FREE char *url = of_asprintf("http://u:SECRET@%s", nobody + 7);
    struct of_http_settings settings = settings_of(url);
    settings.bearer_token = "SECRET";
    settings.user_info = "SECRET:SECRET";
    CLIENT http = client_of(&settings);
    RESULT result = ask(http, "GET", "/x", NULL, 100);
    assert_int_equal(result.code, OF_RETRY);
    assert_contains(error.message, nobody);
    assert_lacks(error.message, "SECRET");
    struct of_http *none = NULL;
    settings.urls = "ftp://u:SECRET@h";
    assert_int_equal(of_http_new(&settings, &none, &error), OF_INPUT);
    assert_lacks(error.message, "SECRET");
}

static void assert_bad_urls(const char *urls, const char *message)
{
    struct of_http_settings settings = settings_of(urls);
    struct of_http *http = NULL;
    assert_int_equal(of_http_new(&settings, &http, &error), OF_INPUT);
    assert_null(http);
    assert_string_equal(error.message, message);
}

static void test_bad_urls(void **state)
{
    (void)state;
    assert_bad_urls("", "no URL is given");
    assert_bad_urls(" , ,", "no URL is given");
    assert_bad_urls("127.0.0.1:8081", "an URL must start with http:// or https://");
    assert_bad_urls("http://a,file:///etc/passwd", "an URL must start with http:// or https://");
    OF_CLEANUP(of_buffer_release) struct of_buffer urls;
    of_buffer_init(&urls, 1000);
    for (int i = 0; i < OF_HTTP_URLS_MAX; i++)
        of_buffer_append_text(&urls, "http://a,");
    struct of_http_settings settings = settings_of(of_buffer_text(&urls));
    CLIENT http = client_of(&settings);
    of_buffer_append_text(&urls, "http://a");
    assert_bad_urls(of_buffer_text(&urls), "more than 16 URLs");
    settings.urls = "http://:/";
    CLIENT bad = client_of(&settings);
    RESULT result = ask(bad, "GET", "/x", NULL, 100);
    assert_int_equal(result.code, OF_INPUT);
}

static void test_header_of_a_request(void **state)
{
    (void)state;
    static const struct http_answer answers[] = {{.status = 200}, {0}};
    SERVER server = http_server_start(answers);
    struct of_http_settings settings = settings_of(server->url);
    settings.accept = "application/x";
    CLIENT http = client_of(&settings);
    static const char *const values[] = {NULL, "a-1", "b\r\nAccept: evil", NULL};
    static const char *const seen[] = {"", "a-1", "bAccept: evil", ""};
    for (size_t i = 0; i < OF_COUNT(values); i++) {
        of_http_set_header(http, "Idempotency-Key", values[i]);
        RESULT result = ask(http, "POST", "/", "x", 100);
        assert_int_equal(result.code, OF_OK);
        assert_string_equal(server->requests[i].idempotency_key, seen[i]);
        assert_string_equal(server->requests[i].accept, "application/x");
    }
    of_http_set_header(http, "Idempotency-Key", "left to be freed");
}

/* Retries end when their time is over, however many are left. */
static void test_total_time(void **state)
{
    (void)state;
    static const struct http_answer answers[] = {{.status = 503}, {0}};
    SERVER server = http_server_start(answers);
    struct of_http_settings settings = settings_of(server->url);
    settings.retries = 1000;
    settings.retry_ms = settings.retry_max_ms = 20;
    settings.total_ms = 100;
    CLIENT http = client_of(&settings);
    RESULT result = ask(http, "GET", "/", NULL, 100);
    assert_int_equal(result.code, OF_OK);
    assert_int_equal(result.status, 503);
    assert_in_range(server->count, 2, 12);
}

static void test_escape(void **state)
{
    (void)state;
    OF_FREE char *plain = of_http_escape("Az09-._~"), *odd = of_http_escape("a b/c?%\xc3\xb1");
    OF_FREE char *empty = of_http_escape("");
    assert_string_equal(plain, "Az09-._~");
    assert_string_equal(odd, "a%20b%2Fc%3F%25%C3%B1");
    assert_string_equal(empty, "");
}

/* ---- answers that are streamed ---- */

struct pieces {
    struct of_buffer bytes;
    long status;
    size_t enough; /* bytes to take */
    bool ending;
};

static bool take_piece(void *context, long status, const void *bytes, size_t size)
{
    struct pieces *pieces = context;
    pieces->status = status;
    of_buffer_append(&pieces->bytes, bytes, size);
    return pieces->bytes.length < pieces->enough;
}

static bool is_ending(void *context)
{
    struct pieces *pieces = context;
    return pieces->ending;
}

static int stream(const char *url, struct pieces *pieces, long *status)
{
    struct of_http_settings settings = settings_of(url);
    settings.accept = "application/x";
    CLIENT http = client_of(&settings);
    of_http_set_header(http, "Idempotency-Key", "s-1"); /* goes along, and is freed once */
    of_buffer_init(&pieces->bytes, 1000);
    return of_http_stream(
        http, "POST", "/q", "text/rows", "body", 4, status, take_piece, is_ending, pieces, &error);
}

static void test_streams(void **state)
{
    (void)state;
    static const struct http_answer answers[] = {{200, "rows", NULL, NULL, 0},
        {400, "no", NULL, NULL, 0}, {200, "late", NULL, NULL, 400}, {0}};
    SERVER server = http_server_start(answers);
    OF_FREE char *nobody = http_nobody();
    OF_FREE char *urls = of_asprintf("%s,%s", nobody, server->url);
    long status = 0;
    struct pieces all = {.enough = 1000};
    assert_int_equal(stream(urls, &all, &status), OF_OK); /* by the second URL */
    assert_int_equal(status, 200);
    assert_string_equal(of_buffer_text(&all.bytes), "rows");
    assert_string_equal(server->requests[0].accept, "text/rows"); /* in place of the client's */
    assert_string_equal(server->requests[0].body, "body");
    assert_string_equal(server->requests[0].idempotency_key, "s-1");
    struct pieces refused = {.enough = 1};
    assert_int_equal(stream(server->url, &refused, &status), OF_OK); /* left after a byte */
    assert_int_equal(refused.status, 400);
    struct pieces left = {.enough = 1000, .ending = true};
    int64_t began = of_clock_monotonic();
    assert_int_equal(stream(server->url, &left, &status), OF_OK); /* left before a byte */
    assert_in_range(of_clock_monotonic() - began, 0, 350);
    assert_int_equal(left.bytes.length, 0);
    struct pieces none = {.enough = 1000};
    assert_int_equal(stream(nobody, &none, &status), OF_RETRY);
    assert_non_null(strstr(error.message, "/q"));
    of_buffer_release(&all.bytes);
    of_buffer_release(&refused.bytes);
    of_buffer_release(&left.bytes);
    of_buffer_release(&none.bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_requests),
        cmocka_unit_test(test_streams),
        cmocka_unit_test(test_answers_replace_content),
        cmocka_unit_test(test_failover),
        cmocka_unit_test(test_retries),
        cmocka_unit_test(test_retries_end),
        cmocka_unit_test(test_no_retry),
        cmocka_unit_test(test_pauses),
        cmocka_unit_test(test_time_limits),
        cmocka_unit_test(test_answer_limit),
        cmocka_unit_test(test_authorization),
        cmocka_unit_test(test_redirects_are_not_followed),
        cmocka_unit_test(test_secrets),
        cmocka_unit_test(test_bad_urls),
        cmocka_unit_test(test_header_of_a_request),
        cmocka_unit_test(test_total_time),
        cmocka_unit_test(test_escape),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
