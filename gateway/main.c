/* orderflow-gateway: options, order of starting and stopping, exit codes. */
#include "base/clock.h"
#include "base/leave.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/signals.h"
#include "gateway/embedded.h"
#include "gateway/follow.h"
#include "gateway/gateway.h"
#include "gateway/http.h"
#include "gateway/truncate.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TICK_MS 50
#define STALL_MS 30000
#define LEAVE_MS 6000        /* for the end, in all */
#define LEAVE_WRITER_MS 3000 /* of it for requests that wait for Kafka; then they are answered */
#define LEAVE_JOBS_MS 2000   /* of it for those that wait for PostgreSQL */
#define LEAVE_DRAIN_MS 500   /* of it for answers to be sent */
#define TOKEN_LEAST 16
#define TOKEN_MOST 512
#define TOKEN_VARIABLE "ORDERFLOW_GATEWAY_TOKEN"

static int64_t port = 8091;
static const char *address = "127.0.0.1", *database, *token_file, *producer, *part;
static double rate_limit = 2000;
static struct of_common_options common = OF_COMMON_DEFAULTS;

static const struct of_option options[] = {{.name = "port",
                                               .letter = 'p',
                                               .type = OF_OPTION_INT,
                                               .target = &port,
                                               .argument = "PORT",
                                               .minimum = 1,
                                               .maximum = 65535,
                                               .default_text = "8091",
                                               .section = "Server",
                                               .help = "port of the API and the page"},
    {.name = "listen",
        .letter = 'l',
        .type = OF_OPTION_TEXT,
        .target = &address,
        .argument = "ADDRESS",
        .default_text = "127.0.0.1",
        .help = "IPv4 address to listen on; any but 127.x.x.x wants a token"},
    {.name = "token-file",
        .type = OF_OPTION_TEXT,
        .target = &token_file,
        .argument = "FILE",
        .default_text = "the variable " TOKEN_VARIABLE,
        .help = "file that holds the bearer token, 16 letters at least, which every request must "
                "bring then"},
    {.name = "rate-limit",
        .type = OF_OPTION_REAL,
        .target = &rate_limit,
        .argument = "N",
        .minimum = 0,
        .maximum = 1e6,
        .default_text = "2000",
        .help = "requests a second of one address, twice as many at once; 0: no limit"},
    OF_DATABASE_OPTION(&database, .section = "Parts"),
    {.name = "producer",
        .type = OF_OPTION_TEXT,
        .target = &producer,
        .argument = "FILE",
        .default_text = "beside this program",
        .help = "orderflow-producer, which POST /generator/start runs"},
    {.name = "part",
        .type = OF_OPTION_TEXT,
        .target = &part,
        .argument = "FILE",
        .help = "pid file of the generator that ./orderflow up --live runs: while that process is "
                "there, the switch starts none beside it"},
    OF_COMMON_OPTIONS(&common), {.name = NULL}};

static const struct of_program program = {
    .name = "orderflow-gateway",
    .synopsis = "[OPTION...]",
    .summary = "take orders over HTTP, and tell what became of them",
    .description =
        "An HTTP/JSON API, described by /openapi.json, and a page at / that shows the flow. "
        "POST /orders places an order in unpaid_orders, in a Kafka transaction; GET /orders/ID "
        "tells its statuses, with ?wait=paid&timeout=5s once it has got there; "
        "POST /orders/ID/cancel asks the stage that holds the order to cancel it. Order ids count "
        "from 10^12, and neither they nor an Idempotency-Key are given out twice, whatever is "
        "killed.\n"
        "One order is read from the topic order_status, which the gateway follows, so that who has "
        "just written reads it; lists, rows and sums are PostgreSQL's, which is seconds behind.\n"
        "POST /generator/start runs orderflow-producer as a child until POST /generator/stop.\n"
        "One gateway serves a set of topics: a second one takes over from the first, and "
        "--instance changes nothing here.",
    .epilogue =
        "LIMITS\n"
        "    65536 bytes a body, 1024 connections (512 of one address), 4096 requests that wait\n"
        "    for Kafka and 256 for PostgreSQL (503), 512 waiting requests and streams, and\n"
        "    --rate-limit (429). Every error is a problem document (RFC 9457).\n"
        "\nENDING\n"
        "    SIGTERM ends it within six seconds, whether Kafka and PostgreSQL answer or not.\n"
        "    Requests that Kafka has not taken within three, or PostgreSQL within two more, are\n"
        "    answered 503 or cut off; then the exit status is 5.\n"
        "\nENVIRONMENT\n" OF_DATABASE_ENVIRONMENT "    " TOKEN_VARIABLE "\n"
        "                    the bearer token, if no --token-file is given\n"
        "\nEXAMPLES\n"
        "    orderflow-gateway -F client.properties --port 8091\n"
        "    curl -d @order.json -H 'Content-Type: application/json' 127.0.0.1:8091/orders\n"
        "    curl '127.0.0.1:8091/orders/1000000000000?wait=paid&timeout=5s'\n",
    .options = options,
};

/* ---- the token ---- */

static int check_token(char *token, struct of_error *error)
{
    size_t length = strlen(token);
    while (length > 0 && isspace((unsigned char)token[length - 1]))
        token[--length] = '\0';
    if (length < TOKEN_LEAST || length > TOKEN_MOST)
        return of_fail(
            error, OF_INPUT, "the token must have %d to %d letters", TOKEN_LEAST, TOKEN_MOST);
    for (size_t i = 0; i < length; i++)
        if (!isgraph((unsigned char)token[i]))
            return of_fail(error, OF_INPUT, "the token must have visible ASCII letters only");
    return OF_OK;
}

static int read_token(char **token, struct of_error *error)
{
    const char *given = getenv(TOKEN_VARIABLE);
    char text[TOKEN_MOST + 3] = "";
    *token = NULL;
    if (token_file) {
        OF_CLEANUP(of_cleanup_file) FILE *file = fopen(token_file, "re");
        if (!file || !fgets(text, sizeof(text), file))
            return of_fail(error, OF_INPUT, "--token-file: %s cannot be read", token_file);
        given = text;
    }
    if (!given || !*given)
        return strncmp(address, "127.", 4) == 0
                   ? OF_OK
                   : of_fail(error, OF_INPUT,
                         "--listen %s: a gateway that others can reach wants a token", address);
    *token = of_strdup(given);
    unsetenv(TOKEN_VARIABLE); /* no child needs it */
    return check_token(*token, error);
}

/* ---- the parts ---- */

static void count_requests(struct gateway *gateway)
{
    for (int class = 0; class <= 5; class ++) {
        OF_FREE char *labels = of_asprintf("class=\"%dxx\"", class);
        gateway->requests[class] = of_metrics_counter(
            gateway->metrics, "orderflow_gateway_requests_total", "Answers by status.", labels);
    }
}

static int make_checks(struct gateway *gateway, struct of_error *error)
{
    json_t *document = json_loadb(embedded_openapi_json, embedded_openapi_json_size, 0, NULL);
    int result = check_new(document, "NewOrder", &gateway->order_check, error);
    if (result == OF_OK)
        result = check_new(document, "Truncation", &gateway->truncation_check, error);
    json_decref(document);
    return result;
}

static int make_parts(struct gateway *gateway, const char *connection, struct of_error *error)
{
    gateway->metrics = of_metrics_new();
    gateway->health = of_health_new(STALL_MS);
    gateway->rate_limit = rate_limit;
    gateway->buckets = buckets_new(rate_limit);
    gateway->view = view_new(VIEW_ORDERS_MAX);
    gateway->waits = waits_new(gateway->view);
    gateway->truncation = truncation_new(gateway->config);
    gateway->child = child_new(producer, part, &common);
    count_requests(gateway);
    int result = make_checks(gateway, error);
    if (result == OF_OK)
        result = follower_new(gateway->config, gateway->view, gateway->waits, gateway->metrics,
            &gateway->follower, error);
    if (result == OF_OK)
        result =
            writer_new(gateway->config, gateway->view, gateway->metrics, &gateway->writer, error);
    if (result == OF_OK)
        result = jobs_new(connection, &gateway->jobs, error);
    if (result == OF_OK)
        result = figures_new(gateway->config, connection, &gateway->figures, error);
    return result;
}

/* A request that was cut off makes this end no good one, even if the time runs out from here on. */
static void note_late(size_t late, const char *message, struct of_leave *leave, int *code)
{
    if (late == 0)
        return;
    of_log(OF_LOG_ERROR, message, OF_F_INT("requests", (int64_t)late));
    if (*code == OF_EXIT_OK)
        *code = OF_EXIT_UNAVAILABLE;
    of_leave_with(leave, *code);
}

/* Whatever holds exchanges answers them. */
static void answer_all(
    struct gateway *gateway, struct http *http, struct of_leave *leave, int *code)
{
    if (http)
        http_quiesce(http);
    if (gateway->child)
        child_close(gateway->child);
    if (gateway->waits)
        waits_close(gateway->waits);
    if (gateway->writer)
        note_late(writer_close(gateway->writer, LEAVE_WRITER_MS),
            "leaving without an answer from Kafka", leave, code);
    if (gateway->jobs)
        note_late(jobs_close(gateway->jobs, LEAVE_JOBS_MS),
            "leaving without an answer from PostgreSQL", leave, code);
    if (http)
        http_drain(http, LEAVE_DRAIN_MS);
    /* Nothing may hold a connection when the server stops. */
    if (gateway->jobs)
        jobs_join(gateway->jobs);
}

/* When no connection can ask any more. */
static void free_parts(struct gateway *gateway)
{
    if (gateway->jobs)
        jobs_free(gateway->jobs);
    if (gateway->writer)
        writer_free(gateway->writer);
    if (gateway->follower)
        follower_free(gateway->follower);
    if (gateway->figures)
        figures_free(gateway->figures);
    if (gateway->child)
        child_free(gateway->child);
    if (gateway->truncation)
        truncation_free(gateway->truncation);
    if (gateway->waits)
        waits_free(gateway->waits);
    if (gateway->view)
        view_free(gateway->view);
    if (gateway->buckets)
        buckets_free(gateway->buckets);
    if (gateway->order_check)
        check_free(gateway->order_check);
    if (gateway->truncation_check)
        check_free(gateway->truncation_check);
    if (gateway->health)
        of_health_free(gateway->health);
    if (gateway->metrics)
        of_metrics_free(gateway->metrics);
}

/* ---- running ---- */

static int watch(struct gateway *gateway)
{
    struct of_error error;
    bool fenced = false;
    while (!of_signals_stopping()) {
        int64_t now = of_clock_monotonic();
        struct generator_wish wish = writer_wish(gateway->writer);
        if (writer_check(gateway->writer, &fenced, &error) < 0) {
            of_log_error(OF_LOG_ERROR, "leaving", &error);
            return fenced ? OF_EXIT_FENCED : OF_EXIT_FAILURE;
        }
        writer_tick(gateway->writer, now);
        waits_tick(gateway->waits, now);
        child_tick(gateway->child, &wish, now);
        of_health_set_ready(gateway->health, writer_is_ready(gateway->writer));
        of_health_beat(gateway->health);
        of_sleep(TICK_MS);
    }
    of_log(OF_LOG_INFO, "stopping");
    return OF_EXIT_OK;
}

static int serve(const struct of_config *config, const char *token, const char *connection)
{
    struct gateway gateway = {.config = config, .token = token};
    struct http *http = NULL;
    struct of_telemetry *telemetry = NULL;
    struct of_leave *leave = NULL;
    struct of_error error;
    int code = OF_EXIT_OK;
    if (of_leave_new(LEAVE_MS, &leave, &error) < 0)
        return of_program_complain(&program, &error, OF_EXIT_FAILURE);
    int result = make_parts(&gateway, connection, &error);
    if (result == OF_OK)
        result = of_telemetry_start(common.telemetry_address, (uint16_t)common.telemetry_port,
            gateway.metrics, gateway.health, &telemetry, &error);
    if (result == OF_OK)
        result = http_start(address, (uint16_t)port, &gateway, &http, &error);
    if (result == OF_OK) {
        of_log(OF_LOG_INFO, "serving", OF_F_TEXT("address", address), OF_F_INT("port", port),
            OF_F_TEXT("token", token ? "wanted" : "none"));
        code = watch(&gateway);
    } else if (!of_signals_stopping()) {
        of_log_error(OF_LOG_ERROR, "leaving", &error);
        code = of_exit_code(result, OF_EXIT_CONFIG, OF_EXIT_FAILURE);
    }
    of_telemetry_free(telemetry);
    of_leave_with(leave, code);
    of_leave_begin(leave);
    answer_all(&gateway, http, leave, &code);
    if (http)
        http_stop(http);
    free_parts(&gateway);
    of_leave_free(leave);
    return code;
}

/* As the build places it, or as it is installed. */
static char *find_producer(void)
{
    char path[4096];
    ssize_t length = readlink("/proc/self/exe", path, sizeof(path) - 1);
    path[length < 0 ? 0 : length] = '\0';
    char *slash = strrchr(path, '/');
    *(slash ? slash : path) = '\0';
    char *found = of_asprintf("%s/../producer/orderflow-producer", path);
    if (access(found, X_OK) == 0)
        return found;
    free(found);
    return of_asprintf("%s/orderflow-producer", path);
}

int main(int argc, char **argv)
{
    struct of_error error = {.class = OF_OK};
    OF_CLEANUP(of_cleanup_config) struct of_config *config = NULL;
    OF_FREE char *token = NULL;
    OF_FREE char *found = find_producer();
    const char *connection = NULL;
    int operands = argc;
    int result = of_options_parse(&program, argc, argv, &operands, &error);
    if (result > 0)
        return OF_EXIT_OK;
    if (result == OF_OK && operands < argc)
        result = of_fail(&error, OF_INPUT, "unexpected operand '%s'", argv[operands]);
    if (result == OF_OK && !common.dump_config)
        result = read_token(&token, &error);
    if (result == OF_OK && !common.dump_config)
        result = of_database_find(database, &connection, &error);
    if (result < 0)
        return of_program_complain(&program, &error, OF_EXIT_USAGE);
    if (!producer)
        producer = found;
    of_signals_init();
    result = of_common_start(&program, &common, &config, &error);
    if (result != 0)
        return result > 0 ? OF_EXIT_OK : of_program_complain(&program, &error, OF_EXIT_CONFIG);
    return serve(config, token, connection);
}
