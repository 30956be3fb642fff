/* What every stage's program has around its transform: configuration, metrics, health, telemetry,
 * the Schema Registry, topics with the ids of their schemas, and an exit code. One thread. */
#ifndef OF_KAFKA_SERVICE_H
#define OF_KAFKA_SERVICE_H

#include "base/leave.h"
#include "kafka/stage.h"
#include "registry/wire.h"

/* A stage's options for its transactions, to be placed before OF_COMMON_OPTIONS. */
struct of_batch_options {
    int64_t records, ms;
};
#define OF_BATCH_DEFAULTS                                                                          \
    {                                                                                              \
        .records = 10000, .ms = 100                                                                \
    }
#define OF_BATCH_OPTIONS(t)                                                                        \
    {.name = "batch-records",                                                                      \
        .type = OF_OPTION_INT,                                                                     \
        .target = &(t)->records,                                                                   \
        .argument = "N",                                                                           \
        .minimum = 1,                                                                              \
        .maximum = 100000,                                                                         \
        .default_text = "10000",                                                                   \
        .help = "most input records in one transaction"},                                          \
    {                                                                                              \
        .name = "batch-ms", .type = OF_OPTION_INT, .target = &(t)->ms, .argument = "N",            \
        .minimum = 1, .maximum = 5000, .default_text = "100",                                      \
        .help = "longest time between two commits while records keep coming; without waiting "     \
                "records a transaction ends at once"                                               \
    }

struct of_service {
    struct of_leave *leave;
    struct of_config *config;
    struct of_metrics *metrics;
    struct of_health *health;
    struct of_telemetry *telemetry;
    struct of_registry *registry;
    char *dead_letter_topic; /* full name */
};

/* Parses options, loads the configuration, handles signals, starts telemetry and makes the
 * registry's client. From then on the process ends within OF_LEAVE_MS of SIGTERM. 0; or the process
 * is to end with the exit code in *code: help was printed, or an error, which has been told.
 * `common` is a target of the program's table. No operands. */
int of_service_start(struct of_service *service, const struct of_program *program,
    const struct of_common_options *common, int argc, char **argv, int *code) OF_NODISCARD;
void of_service_release(struct of_service *service); /* also for OF_CLEANUP */

/* A topic to write to, and the id of its schema (0: none was asked for). */
struct of_service_output {
    char *topic; /* full name; NULL: there is none */
    int32_t schema_id;
};
void of_service_output_release(struct of_service_output *output);

/* Takes the topic, a full name, and finds its schema's id; waits for the registry up to
 * startup.timeout.ms. */
int of_service_find(struct of_service *service, char *topic, const char *schema, size_t size,
    struct of_service_output *output, struct of_error *error) OF_NODISCARD;

/* A message of these bytes. */
struct of_message of_service_message(const struct of_service_output *output, const void *key,
    size_t key_size, const struct of_buffer *value);

/* Runs the stage to its end; metrics, health and dead letters' topic are filled in. Yields the exit
 * code, and tells of an error. `result` is what preparing it gave, with its error. */
int of_service_run(struct of_service *service, const struct of_stage_spec *spec, int result,
    struct of_error *error) OF_NODISCARD;

#endif
