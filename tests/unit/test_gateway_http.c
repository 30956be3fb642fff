/* The rim of the gateway over real sockets, without Kafka and PostgreSQL: what a stream of events
 * sends to a client that comes back, what the rate counts, limits one past, the end. */
#include "gateway/embedded.h"
#include "gateway/events.h"
#include "gateway/gateway.h"
#include "gateway/http.h"
#include "gateway/read.h"
#include "gateway/route.h"
#include "gateway/sent.h"

#include "base/clock.h"
#include "support.h"

#include <arpa/inet.h>
#include <sys/socket.h>

#define WAIT_MS 30000
#define SETTLE_MS 500 /* until requests are where they are to wait, on a busy machine, too */
#define TEXT_MAX (1024 * 1024)
#define ENDS 100 /* in a row */
#define ID 1000000000007

/* ---- the set of statuses ---- */

static void a_set_is_read_as_it_was_printed(void **state)
{
    (void)state;
    struct sent sent = {.other_count = 0}, read;
    char text[SENT_TEXT_SIZE];
    assert_true(sent_add(&sent, "Generated"));
    assert_false(sent_add(&sent, "Generated"));
    assert_true(sent_add(&sent, "Exported"));
    sent_print(&sent, text);
    assert_string_equal(text, "801");
    assert_true(sent_parse(&read, text));
    assert_false(sent_add(&read, "Exported"));
    assert_true(sent_add(&read, "Paid"));
    /* Statuses that we don't know are told apart, too; one more than an order may have is not
     * kept. */
    for (size_t i = 0; i <= SENT_OTHERS_MAX; i++) {
        char status[16];
        snprintf(status, sizeof(status), "Other %zu", i);
        assert_true(sent_add(&sent, status));
        assert_int_equal(sent_add(&sent, status), i == SENT_OTHERS_MAX);
    }
    sent_print(&sent, text);
    assert_int_equal(strlen(text), SENT_TEXT_SIZE - 1);
    assert_true(sent_parse(&read, text));
    assert_int_equal(read.other_count, SENT_OTHERS_MAX);
    assert_false(sent_add(&read, "Other 3"));
}

static void other_texts_are_no_sets(void **state)
{
    (void)state;
    static const char *const bad[] = {"", "g", "-1", "+1", " 1", "1 ", "0x1", "1000", "00001", "A",
        "1+", "1+1234567", "1+123456789", "1+1234567g", "1+12345678+", "1,2"};
    struct sent sent;
    char long_one[SENT_TEXT_SIZE + 9] = "fff";
    for (size_t i = 0; i < OF_COUNT(bad); i++)
        if (sent_parse(&sent, bad[i]))
            fail_msg("'%s' was read", bad[i]);
    for (size_t i = 0; i < SENT_OTHERS_MAX; i++)
        strncat(long_one, "+89abcdef", sizeof(long_one) - strlen(long_one) - 1);
    assert_true(sent_parse(&sent, long_one));
    strncat(long_one, "+01234567", sizeof(long_one) - strlen(long_one) - 1);
    assert_false(sent_parse(&sent, long_one));
}

/* ---- a gateway ---- */

struct fixture {
    char postgresql[96]; /* where it is */
    struct gateway gateway;
    struct http *http;
    uint16_t port;
};

static uint16_t free_port(void)
{
    OF_CLEANUP(of_cleanup_fd) int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof(address);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, size), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &size), 0);
    return ntohs(address.sin_port);
}

static void open_gateway(struct fixture *fixture, double rate)
{
    struct gateway *gateway = &fixture->gateway;
    struct of_error error;
    gateway->metrics = of_metrics_new();
    gateway->health = of_health_new(60000);
    for (size_t i = 0; i < OF_COUNT(gateway->requests); i++)
        gateway->requests[i] = of_metrics_counter(gateway->metrics, "requests", "", NULL);
    gateway->rate_limit = rate;
    gateway->buckets = buckets_new(rate);
    gateway->view = view_new(100);
    gateway->waits = waits_new(gateway->view);
    fixture->port = free_port();
    if (http_start("127.0.0.1", fixture->port, gateway, &fixture->http, &error) < 0)
        fail_msg("%s", error.message);
}

static int set_up(void **state)
{
    *state = of_alloc(sizeof(struct fixture));
    return 0;
}

static void close_gateway(struct fixture *fixture)
{
    struct gateway *gateway = &fixture->gateway;
    http_quiesce(fixture->http);
    waits_close(gateway->waits);
    http_stop(fixture->http);
    waits_free(gateway->waits);
    view_free(gateway->view);
    buckets_free(gateway->buckets);
    of_health_free(gateway->health);
    of_metrics_free(gateway->metrics);
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;
    close_gateway(fixture);
    free(fixture);
    return 0;
}

static void happen(struct fixture *fixture, const char *status, int64_t at)
{
    const struct of_order_status event = {
        .order_id = ID, .status = {status, strlen(status)}, .stage = OF_TEXT("test"), .at = at};
    assert_true(view_add(fixture->gateway.view, &event, 1000));
    waits_notify(fixture->gateway.waits, ID);
}

/* ---- clients ---- */

/* From an address of this machine, 127.0.0.`host`. */
static int connect_from(struct fixture *fixture, uint8_t host)
{
    struct sockaddr_in own = {
        .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK - 1 + host)};
    struct sockaddr_in address = {.sin_family = AF_INET,
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
        .sin_port = htons(fixture->port)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct timeval patience = {.tv_sec = WAIT_MS / 1000};
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    assert_int_equal(bind(fd, (struct sockaddr *)&own, sizeof(own)), 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    return fd;
}

static void say(int fd, const char *method, const char *path, const char *headers)
{
    char request[1024];
    int size = snprintf(request, sizeof(request), "%s %s HTTP/1.1\r\nHost: 127.0.0.1\r\n%s\r\n",
        method, path, headers ? headers : "");
    assert_int_equal(send(fd, request, (size_t)size, MSG_NOSIGNAL), size);
}

static int ask(struct fixture *fixture, const char *method, const char *path, const char *headers)
{
    int fd = connect_from(fixture, 1);
    say(fd, method, path, headers);
    return fd;
}

/* What comes until there is `wanted` (or, NULL: the end) in it. */
static char *hear(int fd, const char *wanted)
{
    char *text = of_alloc(TEXT_MAX);
    size_t length = 0;
    while (!wanted || !strstr(text, wanted)) {
        ssize_t got = recv(fd, text + length, TEXT_MAX - 1 - length, 0);
        if (got < 0)
            fail_msg("nothing more came after '%s'", text);
        if (got == 0)
            break;
        length += (size_t)got;
    }
    return text;
}

static unsigned status_of(
    struct fixture *fixture, const char *method, const char *path, const char *headers)
{
    OF_CLEANUP(of_cleanup_fd) int fd = ask(fixture, method, path, headers);
    OF_FREE char *text = hear(fd, "\r\n\r\n");
    return (unsigned)strtoul(text + strlen("HTTP/1.1 "), NULL, 10);
}

/* The last id that stands in a stream, as the header that brings it back. */
static void last_id(const char *text, char *header, size_t size)
{
    const char *found = NULL;
    for (const char *at = text; (at = strstr(at, "\nid: ")); at++)
        found = at + strlen("\nid: ");
    assert_non_null(found);
    snprintf(header, size, "Last-Event-ID: %.*s\r\n", (int)strcspn(found, "\r\n"), found);
}

#define assert_once(text, status)                                                                  \
    do {                                                                                           \
        const char *first_ = strstr(text, "\"status\":\"" status "\"");                            \
        assert_non_null(first_);                                                                   \
        assert_null(strstr(first_ + 1, "\"status\":\"" status "\""));                              \
    } while (0)

/* ---- streams ---- */

/* Enriched is told after Shipped, which another stage told meanwhile: by rank it stands before, and
 * a count would skip it. */
static void who_comes_back_gets_what_came_late(void **state)
{
    struct fixture *fixture = *state;
    char header[256];
    open_gateway(fixture, 0);
    happen(fixture, "Generated", 1);
    happen(fixture, "Paid", 2);
    happen(fixture, "Shipped", 5);
    int fd = ask(fixture, "GET", "/orders/1000000000007/events", NULL);
    OF_FREE char *first = hear(fd, "\"status\":\"Shipped\"");
    close(fd);
    last_id(first, header, sizeof(header));
    assert_string_equal(header, "Last-Event-ID: 29\r\n");
    happen(fixture, "Enriched", 3);
    happen(fixture, "Routed", 4);
    happen(fixture, "A status that we don't know", 4);
    fd = ask(fixture, "GET", "/orders/1000000000007/events", header);
    OF_FREE char *second = hear(fd, "\"status\":\"Routed\"");
    assert_once(second, "Enriched");
    assert_once(second, "Routed");
    assert_lacks(second, "Generated");
    assert_lacks(second, "\"Paid\"");
    assert_lacks(second, "Shipped");
    close(fd);
    last_id(second, header, sizeof(header));
    fd = ask(fixture, "GET", "/orders/1000000000007/events", header);
    OF_FREE char *begun = hear(fd, "retry: ");
    happen(fixture, "Exported", 6); /* while it listens: a side branch, late, once */
    happen(fixture, "Delivered", 7);
    OF_FREE char *third = hear(fd, "\"status\":\"Delivered\"");
    assert_once(third, "Exported");
    assert_once(third, "Delivered");
    for (const char *const *had =
             (const char *const[]){"Generated", "Enriched", "Routed", "A status", NULL};
         *had; had++) {
        assert_lacks(begun, *had);
        assert_lacks(third, *had);
    }
    close(fd);
    last_id(third, header, sizeof(header));
    fd = ask(fixture, "GET", "/orders/1000000000007/events", header);
    OF_FREE char *fourth = hear(fd, "0\r\n\r\n"); /* all is told */
    assert_lacks(fourth, "id: ");
    close(fd);
    assert_int_equal(
        status_of(fixture, "GET", "/orders/1000000000007/events", "Last-Event-ID: 1000\r\n"), 400);
}

/* ---- parameters ---- */

#define ORDER "/orders/1000000000007"

/* A mistyped filter would give everything. */
static void parameters_that_mean_nothing_are_refused(void **state)
{
    static const struct {
        const char *path, *told; /* NULL: 200 */
    } cases[] = {{ORDER, NULL}, {ORDER "?wait=generated", NULL},
        {ORDER "?wait=generated&timeout=5s", NULL}, {ORDER "?wiat=generated", "\"path\":\"wiat\""},
        {ORDER "?wait=generated&x=1", "\"path\":\"x\""}, {ORDER "?wait", "\"path\":\"wait\""},
        {ORDER "?wait=generated&wait=paid", "\"path\":\"wait\""},
        {ORDER "?w%ffit=1", "\"path\":\"query\""}, {ORDER "?timeout=5s", "\"path\":\"timeout\""},
        {ORDER "?wait=generated&timeout=99h", "60 s at most"},
        {ORDER "/events?wait=paid", "\"path\":\"wait\""}, {"/healthz?x=1", NULL}};
    struct fixture *fixture = *state;
    open_gateway(fixture, 0);
    happen(fixture, "Generated", 1);
    for (size_t i = 0; i < OF_COUNT(cases); i++) {
        OF_CLEANUP(of_cleanup_fd) int fd = ask(fixture, "GET", cases[i].path, NULL);
        OF_FREE char *text = hear(fd, cases[i].told ? "}]}" : "\r\n\r\n");
        if (!strstr(text, cases[i].told ? cases[i].told : "HTTP/1.1 200 ") ||
            (cases[i].told && !strstr(text, "HTTP/1.1 4")))
            fail_msg("%s: %s", cases[i].path, text);
    }
}

/* What the document says of a route's query, and what the route takes. */
static void the_document_names_every_parameter(void **state)
{
    (void)state;
    json_t *document = json_loadb(embedded_openapi_json, embedded_openapi_json_size, 0, NULL);
    json_t *paths = json_object_get(document, "paths");
    for (size_t i = 0; i < route_count; i++) {
        const struct route *route = &routes[i];
        size_t named = 0, index, taken = 0;
        json_t *operation = json_object_get(json_object_get(paths, route->path),
                   strcmp(route->method, "GET") == 0 ? "get" : "post"),
               *each;
        json_array_foreach(json_object_get(operation, "parameters"), index, each)
        {
            const char *in = json_string_value(json_object_get(each, "in"));
            if (!in || strcmp(in, "query") != 0)
                continue;
            named++;
            if (!route_takes(route, json_string_value(json_object_get(each, "name"))))
                fail_msg("%s: %s", route->path, json_string_value(json_object_get(each, "name")));
        }
        for (const char *at = route->parameters; at && *at; at++)
            taken += at == route->parameters || at[-1] == ' ';
        if (taken != named)
            fail_msg("%s takes %zu parameters", route->path, taken);
    }
    json_decref(document);
}

/* ---- the rate ---- */

static void what_leads_nowhere_takes_a_token_too(void **state)
{
    static const struct {
        const char *method, *path;
        unsigned status;
    } ways[] = {{"GET", "/nowhere", 404}, {"DELETE", "/orders", 405}, {"GET", "/orders/x", 400},
        {"GET", "/page.css", 200}};
    struct fixture *fixture = *state;
    open_gateway(fixture, .01);
    for (size_t i = 0; i < OF_COUNT(ways); i++) {
        /* Full again: one at once, and the next long after this test. */
        buckets_free(fixture->gateway.buckets);
        fixture->gateway.buckets = buckets_new(.01);
        assert_int_equal(status_of(fixture, ways[i].method, ways[i].path, NULL), ways[i].status);
        assert_int_equal(status_of(fixture, ways[i].method, ways[i].path, NULL), 429);
        /* Whoever watches is never refused. */
        assert_int_equal(status_of(fixture, "GET", "/healthz", NULL), 200);
    }
}

/* ---- limits one past ---- */

/* The status that a body of that size gets; 0: the connection is cut. In chunks nobody says
 * beforehand how much it will be. */
static unsigned send_body(struct fixture *fixture, size_t size, bool chunked)
{
    char headers[256], chunk[32], block[65536], answer[64] = "";
    memset(block, ' ', sizeof(block));
    size_t length =
        (size_t)snprintf(headers, sizeof(headers), "Content-Type: application/json\r\n");
    snprintf(headers + length, sizeof(headers) - length,
        chunked ? "Transfer-Encoding: chunked\r\n" : "Content-Length: %zu\r\n", size);
    OF_CLEANUP(of_cleanup_fd) int fd = ask(fixture, "POST", "/orders", headers);
    for (size_t left = size, part; left > 0; left -= part) {
        part = left < sizeof(block) ? left : sizeof(block);
        snprintf(chunk, sizeof(chunk), "%zx\r\n", part);
        if ((chunked && send(fd, chunk, strlen(chunk), MSG_NOSIGNAL) < 0) ||
            send(fd, block, part, MSG_NOSIGNAL) < 0 ||
            (chunked && send(fd, "\r\n", 2, MSG_NOSIGNAL) < 0))
            break;
    }
    if (chunked)
        send(fd, "0\r\n\r\n", 5, MSG_NOSIGNAL);
    return recv(fd, answer, sizeof(answer) - 1, 0) > 0
               ? (unsigned)strtoul(answer + strlen("HTTP/1.1 "), NULL, 10)
               : 0;
}

static void bodies_and_headers_past_the_limit_are_refused(void **state)
{
    static const char start[] = "GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nX: ";
    struct fixture *fixture = *state;
    open_gateway(fixture, 0);
    for (int chunked = 0; chunked < 2; chunked++) {
        assert_int_equal(send_body(fixture, HTTP_BODY_MAX, chunked), 400); /* no JSON */
        assert_int_equal(send_body(fixture, HTTP_BODY_MAX + 1, chunked), 413);
    }
    assert_int_equal(send_body(fixture, HTTP_DISCARD_MAX, false), 413);
    assert_int_equal(send_body(fixture, HTTP_DISCARD_MAX + 1, false), 0);
    OF_CLEANUP(of_cleanup_fd) int fd = connect_from(fixture, 1);
    OF_FREE char *header = of_alloc(40000);
    memset(header, 'x', 39999);
    memcpy(header, start, strlen(start));
    assert_int_equal(send(fd, header, 39999, MSG_NOSIGNAL), 39999);
    OF_FREE char *text = hear(fd, "\r\n\r\n");
    assert_contains(text, "HTTP/1.1 431 ");
    assert_int_equal(status_of(fixture, "GET", "/healthz", NULL), 200);
}

static void times_to_wait_are_bounded(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t millis; /* 0: none */
    } cases[] = {{"1ms", 1}, {"9999ms", 9999}, {"60s", 60000}, {"61s", 60000}, {"9999s", 60000},
        {"10000ms", 0}, {"10000s", 0}, {"0s", 0}, {"05s", 0}, {"-5s", 0}, {" 5s", 0}, {"5", 0},
        {"5m", 0}, {"5s ", 0}, {"", 0}, {"s", 0}, {"99999999999999999999s", 0}};
    for (size_t i = 0; i < OF_COUNT(cases); i++) {
        int64_t millis = 0;
        assert_int_equal(read_parse_timeout(cases[i].text, &millis), cases[i].millis > 0);
        assert_int_equal(millis, cases[i].millis);
    }
}

#define HELD_MAX (HTTP_CONNECTIONS_MAX + 1)
#define SHORT_MS 200

struct crowd {
    int connections[HELD_MAX];
    size_t count;
};

static void disperse(struct crowd *crowd)
{
    for (size_t i = 0; i < crowd->count; i++)
        close(crowd->connections[i]);
}

static int join(struct crowd *crowd, struct fixture *fixture)
{
    assert_true(crowd->count < HELD_MAX);
    int fd = connect_from(fixture, (uint8_t)(1 + crowd->count % 3));
    return crowd->connections[crowd->count++] = fd;
}

/* Within the limit connections are taken and served, half requests and all; one more is not, until
 * another one goes. */
static void connections_past_the_limit_wait(void **state)
{
    struct fixture *fixture = *state;
    OF_CLEANUP(disperse) struct crowd crowd = {.count = 0};
    struct rlimit limit;
    struct timeval patience = {.tv_usec = SHORT_MS * 1000};
    char byte;
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = 64; /* too few: it asks for more */
    setrlimit(RLIMIT_NOFILE, &limit);
    open_gateway(fixture, 0);
    getrlimit(RLIMIT_NOFILE, &limit);
    if (limit.rlim_max < 2 * HTTP_DESCRIPTORS)
        skip();
    assert_int_equal(limit.rlim_cur, HTTP_DESCRIPTORS);
    limit.rlim_cur = 2 * HTTP_DESCRIPTORS; /* for our own ends */
    setrlimit(RLIMIT_NOFILE, &limit);
    for (size_t i = 0; i < HTTP_CONNECTIONS_MAX; i++)
        assert_int_equal(send(join(&crowd, fixture), "GET /hea", 8, MSG_NOSIGNAL), 8);
    of_sleep(SETTLE_MS);
    OF_CLEANUP(of_cleanup_fd) int more = connect_from(fixture, 4);
    setsockopt(more, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    say(more, "GET", "/healthz", NULL);
    assert_int_equal(recv(more, &byte, 1, 0), -1);
    for (size_t i = 0; i < crowd.count; i += 2) {
        say(crowd.connections[i], "GET", "/healthz", NULL); /* the rest of a strange request */
        assert_int_equal(recv(crowd.connections[i], &byte, 1, 0), 1);
    }
    disperse(&crowd);
    crowd.count = 0;
    patience.tv_sec = WAIT_MS / 1000;
    setsockopt(more, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    assert_int_equal(recv(more, &byte, 1, 0), 1);
}

static void more_than_may_wait_are_refused(void **state)
{
    struct fixture *fixture = *state;
    OF_CLEANUP(disperse) struct crowd crowd = {.count = 0};
    open_gateway(fixture, 0);
    happen(fixture, "Generated", 1);
    for (size_t i = 0; i < WAITS_MAX; i++)
        say(join(&crowd, fixture), "GET", "/orders/1000000000007?wait=paid&timeout=60s", NULL);
    of_sleep(SETTLE_MS);
    int fd = join(&crowd, fixture);
    say(fd, "GET", "/orders/1000000000007?wait=paid&timeout=60s", NULL);
    OF_FREE char *text = hear(fd, "}");
    assert_contains(text, "HTTP/1.1 503 ");
    assert_contains(text, "too-many-wait");
    int stream = join(&crowd, fixture); /* they count together */
    say(stream, "GET", "/orders/1000000000007/events", NULL);
    OF_FREE char *refused = hear(stream, "}");
    assert_contains(refused, "HTTP/1.1 503 ");
    happen(fixture, "Paid", 2); /* then all are answered, and there is room */
    for (size_t i = 0; i < WAITS_MAX; i++) {
        OF_FREE char *answer = hear(crowd.connections[i], "\"reached\":true");
        assert_contains(answer, "HTTP/1.1 200 ");
    }
    int next = join(&crowd, fixture);
    say(next, "GET", "/orders/1000000000007/events", NULL);
    OF_FREE char *begun = hear(next, "id: 9\n");
    assert_contains(begun, "HTTP/1.1 200 ");
}

/* A PostgreSQL that takes connections, and says nothing. */
static int open_silent_postgresql(struct fixture *fixture)
{
    struct of_error error;
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof(address);
    int silent = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(silent, (struct sockaddr *)&address, size), 0);
    assert_int_equal(listen(silent, 16), 0);
    assert_int_equal(getsockname(silent, (struct sockaddr *)&address, &size), 0);
    snprintf(fixture->postgresql, sizeof(fixture->postgresql),
        "host=127.0.0.1 port=%u sslmode=disable gssencmode=disable", ntohs(address.sin_port));
    assert_int_equal(jobs_new(fixture->postgresql, &fixture->gateway.jobs, &error), OF_OK);
    return silent;
}

static void more_than_wait_for_postgresql_are_refused(void **state)
{
    struct fixture *fixture = *state;
    OF_CLEANUP(disperse) struct crowd crowd = {.count = 0};
    char byte;
    int silent = open_silent_postgresql(fixture);
    open_gateway(fixture, 0);
    for (size_t i = 0; i < JOBS_THREADS; i++)
        say(join(&crowd, fixture), "GET", "/orders/5", NULL);
    of_sleep(SETTLE_MS);
    for (size_t i = 0; i < JOBS_QUEUE_MAX; i++)
        say(join(&crowd, fixture), "GET", "/orders/5", NULL);
    of_sleep(SETTLE_MS);
    for (size_t i = 0; i < crowd.count; i++)
        assert_int_equal(recv(crowd.connections[i], &byte, 1, MSG_DONTWAIT), -1);
    int fd = join(&crowd, fixture);
    say(fd, "GET", "/orders/5", NULL);
    OF_FREE char *text = hear(fd, "}");
    assert_contains(text, "HTTP/1.1 503 ");
    assert_contains(text, "256 requests wait for PostgreSQL already");
    close(silent); /* now nobody listens: all are told */
    for (size_t i = 0; i + 1 < crowd.count; i++) {
        OF_FREE char *answer = hear(crowd.connections[i], "}");
        assert_contains(answer, "HTTP/1.1 503 ");
    }
    assert_int_equal(jobs_close(fixture->gateway.jobs, WAIT_MS), 0);
    jobs_free(fixture->gateway.jobs);
}

/* ---- the end ---- */

static void who_waits_is_answered_before_the_end(void **state)
{
    struct fixture *fixture = *state;
    open_gateway(fixture, 0);
    happen(fixture, "Generated", 1);
    OF_CLEANUP(of_cleanup_fd)
    int waiting = ask(fixture, "GET", "/orders/1000000000007?wait=paid&timeout=60s", NULL);
    OF_CLEANUP(of_cleanup_fd) int idle = ask(fixture, "GET", "/page.css", NULL);
    OF_FREE char *page = hear(idle, "\r\n\r\n");
    assert_lacks(page, "Connection: close");
    of_sleep(SETTLE_MS);
    http_quiesce(fixture->http);
    waits_close(fixture->gateway.waits);
    int64_t began = of_clock_monotonic();
    http_drain(fixture->http, WAIT_MS);
    assert_in_range(of_clock_monotonic() - began, 0, WAIT_MS / 2);
    OF_FREE char *text = hear(waiting, NULL); /* the connection ends with it */
    assert_contains(text, "HTTP/1.1 200 OK");
    assert_contains(text, "Connection: close");
    assert_contains(text, "\"reached\":false");
}

/* Whatever the threads are about to do with the listening socket. */
static void who_comes_late_is_sent_away(void **state)
{
    struct fixture *fixture = *state;
    for (int i = 0; i < ENDS; i++) {
        open_gateway(fixture, 0);
        assert_int_equal(status_of(fixture, "GET", "/page.css", NULL), 200);
        http_quiesce(fixture->http);
        OF_CLEANUP(of_cleanup_fd) int late = connect_from(fixture, 1);
        OF_FREE char *text = hear(late, NULL);
        assert_string_equal(text, "");
        if (i + 1 < ENDS)
            close_gateway(fixture);
    }
}

/* What no thread has taken is told so in time; what one has, when its statement ends. */
static void postgresql_does_not_hold_the_end_up(void **state)
{
    struct fixture *fixture = *state;
    OF_CLEANUP(disperse) struct crowd crowd = {.count = 0};
    int silent = open_silent_postgresql(fixture);
    open_gateway(fixture, 0);
    for (size_t i = 0; i < JOBS_THREADS; i++)
        say(join(&crowd, fixture), "GET", "/orders/5", NULL);
    of_sleep(SETTLE_MS);
    int queued = join(&crowd, fixture);
    say(queued, "GET", "/orders/5", NULL);
    of_sleep(SETTLE_MS);
    http_quiesce(fixture->http);
    int64_t began = of_clock_monotonic();
    assert_int_equal(jobs_close(fixture->gateway.jobs, 100), JOBS_THREADS + 1);
    assert_in_range(of_clock_monotonic() - began, 100, 5000);
    OF_FREE char *text = hear(queued, "}");
    assert_contains(text, "HTTP/1.1 503 ");
    assert_contains(text, "\"leaving\"");
    close(silent);
    jobs_free(fixture->gateway.jobs);
    for (size_t i = 0; i < JOBS_THREADS; i++) {
        OF_FREE char *answer = hear(crowd.connections[i], "}");
        assert_contains(answer, "HTTP/1.1 503 ");
    }
}

/* A client that sends half a request holds nobody up for longer than is granted. */
static void half_a_request_does_not_hold_the_end_up(void **state)
{
    struct fixture *fixture = *state;
    open_gateway(fixture, 0);
    OF_CLEANUP(of_cleanup_fd)
    int half = ask(fixture, "POST", "/orders",
        "Content-Type: application/json\r\nContent-Length: 100\r\nExpect: 100-continue\r\n");
    OF_FREE char *text = hear(half, "100 Continue");
    http_quiesce(fixture->http);
    int64_t began = of_clock_monotonic();
    http_drain(fixture->http, 100);
    assert_in_range(of_clock_monotonic() - began, 100, 5000);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_set_is_read_as_it_was_printed),
        cmocka_unit_test(other_texts_are_no_sets),
        TEST(who_comes_back_gets_what_came_late),
        TEST(parameters_that_mean_nothing_are_refused),
        cmocka_unit_test(the_document_names_every_parameter),
        TEST(what_leads_nowhere_takes_a_token_too),
        TEST(bodies_and_headers_past_the_limit_are_refused),
        cmocka_unit_test(times_to_wait_are_bounded),
        TEST(connections_past_the_limit_wait),
        TEST(more_than_may_wait_are_refused),
        TEST(more_than_wait_for_postgresql_are_refused),
        TEST(who_waits_is_answered_before_the_end),
        TEST(who_comes_late_is_sent_away),
        TEST(postgresql_does_not_hold_the_end_up),
        TEST(half_a_request_does_not_hold_the_end_up),
    };
    return cmocka_run_group_tests_name("gateway_http", tests, NULL, NULL);
}
