/* The telemetry port, asked over a real connection: paths, health, methods, a port in use. */
#include "support.h"

#include "base/clock.h"
#include "telemetry/server.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <sys/socket.h>

static struct {
    struct of_metrics *metrics;
    struct of_health *health;
    struct of_telemetry *telemetry;
    uint16_t port;
} server;

/* A port that was free a moment ago; `listener` keeps it when not NULL. */
static uint16_t free_port(int *listener)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof(address);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, size), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &size), 0);
    if (listener) {
        assert_int_equal(listen(fd, 1), 0);
        *listener = fd;
    } else {
        close(fd);
    }
    return ntohs(address.sin_port);
}

static int start(void **state)
{
    (void)state;
    struct of_error error;
    server.metrics = of_metrics_new();
    server.health = of_health_new(60000);
    for (int attempt = 0; attempt < 10; attempt++) {
        server.port = free_port(NULL);
        if (of_telemetry_start("127.0.0.1", server.port, server.metrics, server.health,
                &server.telemetry, &error) == OF_OK)
            return 0;
    }
    return -1;
}

static int stop(void **state)
{
    (void)state;
    of_telemetry_free(server.telemetry);
    of_health_free(server.health);
    of_metrics_free(server.metrics);
    curl_global_cleanup();
    return 0;
}

static size_t receive(char *bytes, size_t size, size_t count, void *context)
{
    of_buffer_append(context, bytes, size * count);
    return size * count;
}

/* Yields the status; the headers stand before the body. */
static long ask(const char *method, const char *path, struct of_buffer *answer)
{
    CURL *curl = curl_easy_init();
    OF_FREE char *url = of_asprintf("http://127.0.0.1:%u%s", server.port, path);
    long status = 0;
    of_buffer_clear(answer);
    curl_easy_setopt(curl, CURLOPT_URL, url);
    curl_easy_setopt(curl, CURLOPT_NOPROXY, "*");
    curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, 10000L);
    curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, receive);
    curl_easy_setopt(curl, CURLOPT_HEADERDATA, answer);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, receive);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, answer);
    if (strcmp(method, "HEAD") == 0)
        curl_easy_setopt(curl, CURLOPT_NOBODY, 1L);
    else if (strcmp(method, "POST") == 0)
        curl_easy_setopt(curl, CURLOPT_POSTFIELDS, "x=1");
    else
        curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, method);
    CURLcode code = curl_easy_perform(curl);
    if (code != CURLE_OK)
        fail_msg("%s %s: %s", method, path, curl_easy_strerror(code));
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
    curl_easy_cleanup(curl);
    return status;
}

static void assert_answer(
    const char *method, const char *path, long status, const char *header, const char *body)
{
    OF_CLEANUP(of_buffer_release) struct of_buffer answer;
    of_buffer_init(&answer, 1 << 20);
    assert_int_equal(ask(method, path, &answer), status);
    const char *text = of_buffer_text(&answer), *end = strstr(text, "\r\n\r\n");
    assert_non_null(end);
    assert_contains(text, header);
    if (body)
        assert_string_equal(end + 4, body);
}

static void test_health(void **state)
{
    (void)state;
    static const char type[] = "Content-Type: text/plain; charset=utf-8\r\n";
    assert_answer("GET", "/healthz", 200, type, "ok\n");
    assert_answer("GET", "/readyz", 503, type, "not ready\n");
    of_health_set_ready(server.health, true);
    assert_answer("GET", "/readyz", 200, type, "ready\n");
    assert_answer("HEAD", "/readyz", 200, type, "");
    of_health_set_ready(server.health, false);
    assert_answer("GET", "/readyz", 503, type, "not ready\n");
}

static void test_metrics(void **state)
{
    (void)state;
    of_counter_add(of_metrics_counter(server.metrics, "asked_total", "Asked.", NULL), 5);
    OF_CLEANUP(of_buffer_release) struct of_buffer answer;
    of_buffer_init(&answer, 1 << 20);
    assert_int_equal(ask("GET", "/metrics", &answer), 200);
    const char *text = of_buffer_text(&answer);
    assert_contains(text, "Content-Type: text/plain; version=0.0.4; charset=utf-8\r\n");
    assert_contains(text, "\r\n\r\n# HELP asked_total Asked.\n# TYPE asked_total counter\n"
                          "asked_total 5\n");
    assert_int_equal(ask("GET", "/metrics?x=y", &answer), 200);
}

static void test_refusals(void **state)
{
    (void)state;
    assert_answer("GET", "/", 404, "text/plain", "there are /metrics, /healthz and /readyz\n");
    assert_answer("GET", "/metrics/x", 404, "text/plain", NULL);
    assert_answer("POST", "/metrics", 405, "Allow: GET, HEAD\r\n", "GET only\n");
    assert_answer("DELETE", "/healthz", 405, "Allow: GET, HEAD\r\n", "GET only\n");
}

static void test_stalled(void **state)
{
    (void)state;
    struct of_health *health = of_health_new(30);
    of_health_set_ready(health, true);
    of_health_beat(health);
    assert_true(of_health_is_live(health) && of_health_is_ready(health));
    of_sleep(40);
    assert_false(of_health_is_live(health));
    assert_false(of_health_is_ready(health)); /* who stands still is not ready either */
    of_health_beat(health);
    assert_true(of_health_is_live(health) && of_health_is_ready(health));
    of_health_free(health);
}

static void test_start_errors(void **state)
{
    (void)state;
    struct of_error error;
    int listener;
    struct of_telemetry *telemetry = server.telemetry;
    assert_int_equal(
        of_telemetry_start("127.0.0.1", 0, server.metrics, server.health, &telemetry, &error),
        OF_OK);
    assert_null(telemetry);
    of_telemetry_free(telemetry);
    uint16_t port = free_port(&listener);
    OF_FREE char *wanted =
        of_asprintf("cannot serve telemetry on 127.0.0.1:%u: Address already in use", port);
    assert_int_equal(
        of_telemetry_start("127.0.0.1", port, server.metrics, server.health, &telemetry, &error),
        OF_FATAL);
    assert_string_equal(error.message, wanted);
    close(listener);
    assert_int_equal(
        of_telemetry_start("localhost", port, server.metrics, server.health, &telemetry, &error),
        OF_INPUT);
    assert_string_equal(error.message, "--telemetry-address: 'localhost' is no IPv4 address");
    assert_null(telemetry);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_health),
        cmocka_unit_test(test_metrics),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_stalled),
        cmocka_unit_test(test_start_errors),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
