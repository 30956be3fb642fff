/* orderflow-ksqld: options, order of starting and stopping, exit codes. */
#include "base/clock.h"
#include "base/config.h"
#include "base/leave.h"
#include "base/log.h"
#include "base/signals.h"
#include "ksqld/server/http.h"
#include "telemetry/server.h"

#include <ctype.h>
#include <malloc.h>
#include <stdio.h>
#include <string.h>

#define LOOP_MS 200
#define STALL_MS 60000 /* a statement may hold the server for that long */
#define SERVICE_MAX 64
/* glibc keeps what is freed in a heap of each thread's, and librdkafka has many threads: 2 MB less
 * at full speed, at the same speed. */
#define ARENAS_MAX 2

static int64_t port = 8088;
static const char *address = "127.0.0.1";
static const char *service = "default_";
static const char *state_dir;
static struct of_common_options common = OF_COMMON_DEFAULTS;

static const struct of_option options[] = {{.name = "port",
                                               .letter = 'p',
                                               .type = OF_OPTION_INT,
                                               .target = &port,
                                               .argument = "PORT",
                                               .minimum = 1,
                                               .maximum = 65535,
                                               .default_text = "8088",
                                               .section = "Server",
                                               .help = "port of the REST API"},
    {.name = "listen",
        .letter = 'l',
        .type = OF_OPTION_TEXT,
        .target = &address,
        .argument = "ADDRESS",
        .default_text = "127.0.0.1",
        .help = "IPv4 address to listen on; 0.0.0.0 is every one of this machine"},
    {.name = "service-id",
        .letter = 's',
        .type = OF_OPTION_TEXT,
        .target = &service,
        .argument = "NAME",
        .default_text = "default_",
        .help = "names the command topic and the consumer groups; servers of different names keep "
                "apart, a second one of the same name takes over"},
    {.name = "state-dir",
        .type = OF_OPTION_TEXT,
        .target = &state_dir,
        .argument = "FOLDER",
        .help = "where tables, groups and joins keep what they know, a folder a query; also the "
                "property ksqld.state.dir. Default: orderflow-ksqld in $XDG_STATE_HOME or "
                "~/.local/state"},
    OF_COMMON_OPTIONS(&common), {.name = NULL}};

static const struct of_program program = {
    .name = "orderflow-ksqld",
    .synopsis = "[OPTION...]",
    .summary = "run ksqlDB's SQL scripts without a JVM",
    .description =
        "Takes ksqlDB's statements at POST /ksql, in ksqlDB's JSON, and runs their persistent "
        "queries: one thread each, reading and writing in Kafka transactions, exactly once. "
        "Records that a query cannot read go to the topic orders_dlq.\n"
        "\n"
        "Statements are kept in the topic _confluent-ksql-SERVICE_command_topic and brought back "
        "by every start. Queries are answered at POST /query and /query-stream, rows inserted at "
        "/inserts-stream; GET /info, /healthcheck and /clusterStatus answer as ksqlDB does. "
        "SIGTERM lets every query finish its transaction, and ends within seconds.\n"
        "\n"
        "Topics are taken as statements name them: --topic-prefix is put before the command "
        "topic, the dead-letter topic, the consumer groups and the transactional ids only. A query "
        "goes by its own id in its group, so --instance changes nothing here.\n"
        "\n"
        "A property ksqld.basic.auth.user.info=USER:PASSWORD makes the REST API ask for it.",
    .epilogue = "EXAMPLES\n"
                "    orderflow-ksqld -F client.properties --port 8088\n"
                "    orderflow-ksql apply --server http://127.0.0.1:8088 ksql/*.sql\n",
    .options = options,
};

static int complain(const struct of_error *error, int code)
{
    of_log_error(OF_LOG_ERROR, "leaving", error);
    return code;
}

/* Topics' and groups' names allow no more. */
static int check_service(struct of_error *error)
{
    bool good = *service && strlen(service) <= SERVICE_MAX;
    for (const char *c = service; *c && good; c++)
        good = isalnum((unsigned char)*c) || strchr("._-", *c);
    return good
               ? OF_OK
               : of_fail(error, OF_INPUT,
                     "--service-id: wanted 1 to %d letters, digits, '.', '_' and '-'", SERVICE_MAX);
}

static int watch(struct ksql_server *server, struct of_health *health)
{
    struct of_error error;
    bool fenced = false;
    while (!of_signals_stopping()) {
        if (ksql_server_check(server, &fenced, &error) < 0) {
            of_signals_stop();
            return complain(&error, fenced ? OF_EXIT_FENCED : OF_EXIT_FAILURE);
        }
        of_health_set_ready(health, ksql_server_ready(server));
        of_health_beat(health);
        of_sleep(LOOP_MS);
    }
    of_log(OF_LOG_INFO, "stopping");
    return OF_EXIT_OK;
}

OF_DEFINE_CLEANUP(cleanup_leave, struct of_leave *, of_leave_free)
OF_DEFINE_CLEANUP(cleanup_metrics, struct of_metrics *, of_metrics_free)
OF_DEFINE_CLEANUP(cleanup_health, struct of_health *, of_health_free)
OF_DEFINE_CLEANUP(cleanup_telemetry, struct of_telemetry *, of_telemetry_free)

/* Freed in the reverse order: first nobody asks any more, then the queries end. */
static int serve(const struct of_config *config)
{
    struct of_error error;
    OF_CLEANUP(cleanup_leave) struct of_leave *leave = NULL;
    OF_CLEANUP(cleanup_metrics) struct of_metrics *metrics = of_metrics_new();
    OF_CLEANUP(cleanup_health) struct of_health *health = of_health_new(STALL_MS);
    OF_CLEANUP(cleanup_telemetry) struct of_telemetry *telemetry = NULL;
    OF_CLEANUP(of_cleanup_ksql_server) struct ksql_server *server = NULL;
    OF_CLEANUP(of_cleanup_ksql_http) struct ksql_http *http = NULL;
    int result = of_leave_new(OF_LEAVE_MS, &leave, &error);
    if (result == OF_OK)
        result = of_telemetry_start(common.telemetry_address, (uint16_t)common.telemetry_port,
            metrics, health, &telemetry, &error);
    if (result == OF_OK)
        result = ksql_http_start(address, (uint16_t)port,
            of_config_get(config, "ksqld.basic.auth.user.info"), &http, &error);
    if (result == OF_OK)
        result = ksql_server_new(config, service, metrics, &server, &error);
    if (result < 0)
        return of_signals_stopping()
                   ? OF_EXIT_OK
                   : complain(&error, of_exit_code(result, OF_EXIT_CONFIG, OF_EXIT_FAILURE));
    ksql_http_serve(http, server);
    of_log(OF_LOG_INFO, "serving", OF_F_TEXT("address", address), OF_F_INT("port", port),
        OF_F_TEXT("service", service));
    int code = watch(server, health);
    of_leave_with(leave, code);
    return code;
}

int main(int argc, char **argv)
{
    struct of_error error;
    int first;
    mallopt(M_ARENA_MAX, ARENAS_MAX);
    int result = of_options_parse(&program, argc, argv, &first, &error);
    if (result == 1)
        return OF_EXIT_OK;
    if (result == OF_OK && first < argc)
        result = of_fail(
            &error, OF_INPUT, "unknown operand %s; see %s --help", argv[first], program.name);
    if (result == OF_OK)
        result = check_service(&error);
    if (result < 0) {
        fprintf(stderr, "%s: %s\n", program.name, error.message);
        return OF_EXIT_USAGE;
    }
    OF_CLEANUP(of_cleanup_config) struct of_config *config = NULL;
    result = of_common_start(&program, &common, &config, &error);
    if (result == 1)
        return OF_EXIT_OK;
    if (result < 0) {
        fprintf(stderr, "%s: %s\n", program.name, error.message);
        return OF_EXIT_CONFIG;
    }
    if (state_dir && of_config_set(config, "ksqld.state.dir", state_dir, &error) < 0) {
        fprintf(stderr, "%s: %s\n", program.name, error.message);
        return OF_EXIT_CONFIG;
    }
    of_signals_init();
    return serve(config);
}
