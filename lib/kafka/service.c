/* The program around a stage. What it does with records is the transform's. */
#include "kafka/service.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/signals.h"
#include "registry/registry.h"

#include <stdlib.h>

#define STALL_MS (5 * OF_MINUTE) /* max.poll.interval.ms of librdkafka */
#define REGISTRY_PAUSE_MS 500

void of_service_release(struct of_service *service)
{
    of_telemetry_free(service->telemetry);
    if (service->registry)
        of_registry_free(service->registry);
    if (service->health)
        of_health_free(service->health);
    if (service->metrics)
        of_metrics_free(service->metrics);
    if (service->config)
        of_config_free(service->config);
    free(service->dead_letter_topic);
    of_leave_free(service->leave);
    *service = (struct of_service){.config = NULL};
}

static int open_service(
    struct of_service *service, const struct of_common_options *common, struct of_error *error)
{
    service->metrics = of_metrics_new();
    service->health = of_health_new(STALL_MS);
    service->dead_letter_topic = of_config_topic(service->config, "orders_dlq");
    int result = of_leave_new(OF_LEAVE_MS, &service->leave, error);
    if (result == OF_OK)
        result = of_telemetry_start(common->telemetry_address, (uint16_t)common->telemetry_port,
            service->metrics, service->health, &service->telemetry, error);
    return result < 0 ? result : of_registry_new(service->config, &service->registry, error);
}

static int exit_code(int result)
{
    if (result == OF_RETRY && of_signals_stopping())
        return OF_EXIT_OK; /* asked to leave while it waited for a server */
    return of_exit_code(result, OF_EXIT_CONFIG, OF_EXIT_FAILURE);
}

static int end(int code, const struct of_error *error)
{
    if (code != OF_EXIT_OK && !of_signals_stopping())
        of_log_error(OF_LOG_ERROR, "stopped", error);
    return code;
}

int of_service_start(struct of_service *service, const struct of_program *program,
    const struct of_common_options *common, int argc, char **argv, int *code)
{
    struct of_error error;
    int operands = argc;
    int result = of_options_parse(program, argc, argv, &operands, &error);
    if (result == OF_OK && operands < argc)
        result = of_fail(&error, OF_INPUT, "unexpected operand '%s'", argv[operands]);
    if (result != OF_OK) {
        *code = result > 0 ? OF_EXIT_OK : of_program_complain(program, &error, OF_EXIT_USAGE);
        return 1;
    }
    of_signals_init();
    result = of_common_start(program, common, &service->config, &error);
    if (result == OF_OK)
        result = open_service(service, common, &error);
    if (result == OF_OK)
        return OF_OK;
    *code = result > 0 ? OF_EXIT_OK : end(exit_code(result), &error);
    return 1;
}

/* ---- outputs ---- */

void of_service_output_release(struct of_service_output *output)
{
    free(output->topic);
    output->topic = NULL;
}

/* The registry may come up after us. */
int of_service_find(struct of_service *service, char *topic, const char *schema, size_t size,
    struct of_service_output *output, struct of_error *error)
{
    OF_FREE char *subject = of_asprintf("%s-value", topic);
    int64_t deadline = of_clock_monotonic() + of_config_int(service->config, "startup.timeout.ms");
    output->topic = topic;
    for (;;) {
        int result = of_registry_id_for_subject(
            service->registry, subject, schema, size, &output->schema_id, error);
        if (result != OF_RETRY || of_signals_stopping() || of_clock_monotonic() >= deadline)
            return result;
        of_log_error(OF_LOG_WARNING, "waiting for the schema registry", error);
        of_sleep(REGISTRY_PAUSE_MS);
    }
}

struct of_message of_service_message(const struct of_service_output *output, const void *key,
    size_t key_size, const struct of_buffer *value)
{
    return (struct of_message){.topic = output->topic,
        .partition = RD_KAFKA_PARTITION_UA,
        .key = key,
        .key_size = key_size,
        .value = value->data,
        .value_size = value->length};
}

/* ---- running ---- */

static int run(struct of_service *service, const struct of_stage_spec *spec, struct of_error *error)
{
    OF_CLEANUP(of_cleanup_stage) struct of_stage *stage = NULL;
    int result = of_stage_new(service->config, spec, &stage, error);
    if (result < 0)
        return exit_code(result);
    of_log(OF_LOG_INFO, "started", OF_F_TEXT("input", spec->inputs[0]),
        OF_F_TEXT("instance", spec->instance));
    result = of_stage_run(stage, error);
    int code = of_stage_fenced(stage) ? OF_EXIT_FENCED : exit_code(result);
    of_leave_with(service->leave, code);
    of_leave_begin(service->leave);
    return code;
}

int of_service_run(struct of_service *service, const struct of_stage_spec *wanted, int result,
    struct of_error *error)
{
    struct of_stage_spec spec = *wanted;
    spec.metrics = service->metrics;
    spec.health = service->health;
    spec.dead_letter_topic = service->dead_letter_topic;
    return end(result < 0 ? exit_code(result) : run(service, &spec, error), error);
}
