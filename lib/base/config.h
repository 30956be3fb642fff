/* Configuration: a properties file in librdkafka's names, taken as Confluent Cloud hands it out,
 * then the environment (ORDERFLOW_BOOTSTRAP_SERVERS -> bootstrap.servers), then -X name=value.
 * Later ones win. Names:
 *   - librdkafka's own (asked of librdkafka itself, global properties only),
 *   - the Schema Registry client's: schema.registry.url, basic.auth.credentials.source,
 *     basic.auth.user.info, bearer.auth.token, schema.registry.ssl.*, auto.register.schemas,
 *     use.latest.version, ... (the table in config.c is the list and the documentation),
 *   - Orderflow's: topic.prefix, topic.partitions, topic.replication.factor, ...
 *   - those of Java clients that have a plain counterpart here (sasl.mechanism,
 *     sasl.jaas.config for PLAIN and SCRAM, ...); those without one (ssl.truststore.location,
 *     client.dns.lookup...) are accepted and ignored with a debug line or refused by a message
 *     that names the librdkafka property to use instead.
 * An unknown name is an INPUT error naming it and its place ("client.properties:7: ..."). */
#ifndef OF_BASE_CONFIG_H
#define OF_BASE_CONFIG_H

#include "base/error.h"
#include "base/log.h"
#include "base/options.h"

#include <stdbool.h>
#include <stdint.h>

struct of_config;

/* `file` may be NULL. `overrides` is what -X collected. */
int of_config_load(const char *file, const struct of_option_list *overrides,
    struct of_config **config, struct of_error *error) OF_NODISCARD;
void of_config_free(struct of_config *config);
OF_DEFINE_CLEANUP(of_cleanup_config, struct of_config *, of_config_free)

/* The same properties, to be changed on their own. */
struct of_config *of_config_copy(const struct of_config *config);

/* NULL when not set and without default. Borrowed until the next set or free. */
const char *of_config_get(const struct of_config *config, const char *name);
/* `name` must be an integer or boolean property of the table: values were checked on load. */
int64_t of_config_int(const struct of_config *config, const char *name);
bool of_config_bool(const struct of_config *config, const char *name);

/* Sets from the program ("program" is shown as origin). INPUT when name or value is bad. */
int of_config_set(struct of_config *config, const char *name, const char *value,
    struct of_error *error) OF_NODISCARD;

/* Calls back for every librdkafka property that is set, in name order. */
void of_config_each_kafka(const struct of_config *config,
    void (*visit)(void *context, const char *name, const char *value), void *context);

/* "name = value  # origin" a line on stdout; secrets print as ********. For --dump-config. */
void of_config_print(const struct of_config *config);
bool of_config_is_secret(const char *name);

/* A topic's full name: topic.prefix + base, in a new string (OF_FREE). */
char *of_config_topic(const struct of_config *config, const char *base);

/* The options that every Kafka program shares, to be placed at the end of its table:
 * --config FILE (-F), -X NAME=VALUE, --dump-config, --topic-prefix, --instance NAME, --log-level,
 * --log-format, --telemetry-port N, --telemetry-address A (default 127.0.0.1). */
struct of_common_options {
    const char *config_file;
    struct of_option_list overrides;
    bool dump_config;
    const char *topic_prefix; /* NULL: topic.prefix of the configuration */
    const char *instance;     /* "1" unless set */
    int log_level, log_format;
    int64_t telemetry_port; /* 0 = off */
    const char *telemetry_address;
};
/* Initializer list, first its target object: {.name..}, ..., OF_COMMON_OPTIONS(&common), {0}}; */
#define OF_COMMON_OPTIONS(target) OF_COMMON_OPTIONS_TABLE_(target)
#define OF_COMMON_DEFAULTS                                                                         \
    {                                                                                              \
        .instance = "1", .log_level = 1, .telemetry_address = "127.0.0.1"                          \
    }

#define OF_COMMON_OPTIONS_TABLE_(t)                                                                \
    {.name = "config",                                                                             \
        .letter = 'F',                                                                             \
        .type = OF_OPTION_TEXT,                                                                    \
        .target = &(t)->config_file,                                                               \
        .argument = "FILE",                                                                        \
        .section = "Connection and configuration",                                                 \
        .help = "properties file in librdkafka's names; a Confluent Cloud client.properties is "   \
                "taken as it is"},                                                                 \
        {.name = "set",                                                                            \
            .letter = 'X',                                                                         \
            .type = OF_OPTION_LIST,                                                                \
            .target = &(t)->overrides,                                                             \
            .argument = "NAME=VALUE",                                                              \
            .help = "set one property; wins over file and environment (ORDERFLOW_NAME)"},          \
        {.name = "dump-config",                                                                    \
            .type = OF_OPTION_FLAG,                                                                \
            .target = &(t)->dump_config,                                                           \
            .help = "print the configuration with the origin of each value, secrets masked, "      \
                    "and exit"},                                                                   \
        {.name = "topic-prefix",                                                                   \
            .type = OF_OPTION_TEXT,                                                                \
            .target = &(t)->topic_prefix,                                                          \
            .argument = "TEXT",                                                                    \
            .help = "put before the name of every topic and subject"},                             \
        {.name = "instance",                                                                       \
            .type = OF_OPTION_TEXT,                                                                \
            .target = &(t)->instance,                                                              \
            .argument = "NAME",                                                                    \
            .default_text = "1",                                                                   \
            .help = "name of this process among its equals; gives transactional.id and "           \
                    "group.instance.id, and a second process of the same name takes over"},        \
        {.name = "log-level",                                                                      \
            .type = OF_OPTION_CHOICE,                                                              \
            .target = &(t)->log_level,                                                             \
            .choices = of_log_level_words,                                                         \
            .argument = "LEVEL",                                                                   \
            .default_text = "info",                                                                \
            .section = "Operation",                                                                \
            .help = "debug, info, warning or error"},                                              \
        {.name = "log-format",                                                                     \
            .type = OF_OPTION_CHOICE,                                                              \
            .target = &(t)->log_format,                                                            \
            .choices = of_log_format_words,                                                        \
            .argument = "FORMAT",                                                                  \
            .default_text = "text",                                                                \
            .help = "text or json, one line an event on standard error"},                          \
        {.name = "telemetry-port",                                                                 \
            .type = OF_OPTION_INT,                                                                 \
            .target = &(t)->telemetry_port,                                                        \
            .argument = "PORT",                                                                    \
            .minimum = 0,                                                                          \
            .maximum = 65535,                                                                      \
            .default_text = "0, off",                                                              \
            .help = "serve /metrics, /healthz and /readyz on this port"},                          \
    {                                                                                              \
        .name = "telemetry-address", .type = OF_OPTION_TEXT, .target = &(t)->telemetry_address,    \
        .argument = "ADDRESS", .default_text = "127.0.0.1",                                        \
        .help = "address of the telemetry port"                                                    \
    }

/* What every main does after of_options_parse: starts logging, loads the configuration (with
 * topic prefix), answers --dump-config. 0; 1: dumped, exit with 0; or OF_INPUT (exit
 * OF_EXIT_CONFIG). */
int of_common_start(const struct of_program *program, const struct of_common_options *common,
    struct of_config **config, struct of_error *error) OF_NODISCARD;

#endif
