/* Configuration from file, environment and command line. librdkafka judges its own properties; the
 * table below holds the others. */
#include "base/config.h"

#include "base/buffer.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/properties.h"

#include <assert.h>
#include <ctype.h>
#include <errno.h>
#include <librdkafka/rdkafka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ENVIRONMENT_PREFIX "ORDERFLOW_"
#define MASK "********"
#define CREDENTIALS_SOURCES "URL, USER_INFO, SASL_INHERIT"
#define COMPATIBILITY_LEVELS                                                                       \
    "NONE, BACKWARD, BACKWARD_TRANSITIVE, FORWARD, FORWARD_TRANSITIVE, FULL, FULL_TRANSITIVE"
#define SUGGESTION_DISTANCE_MAX 3 /* edits between what was typed and what is suggested */

extern char **environ;

enum kind { TEXT, INTEGER, BOOLEAN, CHOICE, SECRET, IGNORED, REFUSED };

struct property {
    const char *name;
    enum kind kind;
    const char *initial; /* default; for REFUSED what to use instead */
    int64_t minimum, maximum;
    const char *words; /* of a CHOICE */
};

/* All names that librdkafka does not know. */
static const struct property properties[] = {
    {"auto.register.schemas", BOOLEAN, "true", 0, 0},
    {"basic.auth.credentials.source", CHOICE, "URL", 0, 0, CREDENTIALS_SOURCES},
    {"basic.auth.user.info", SECRET, NULL, 0, 0},
    {"bearer.auth.credentials.source", CHOICE, NULL, 0, 0, "STATIC_TOKEN"},
    {"bearer.auth.token", SECRET, NULL, 0, 0},
    {"committed.offsets.doubt.ms", INTEGER, "60000", 0, 3600000},
    {"export.partner.bearer.token", SECRET, NULL, 0, 0},
    {"export.partner.request.timeout.ms", INTEGER, "2000", 1, 600000},
    {"export.partner.retries", INTEGER, "5", 0, 1000},
    {"export.partner.retries.max.wait.ms", INTEGER, "2000", 1, 600000},
    {"export.partner.retries.wait.ms", INTEGER, "200", 1, 600000},
    {"export.partner.ssl.ca.location", TEXT, NULL, 0, 0},
    {"export.partner.url", TEXT, "", 0, 0}, /* empty: nothing is sent */
    {"ksql.basic.auth.user.info", SECRET, NULL, 0, 0},
    {"ksql.logging.processing.rows.include", BOOLEAN, "false", 0, 0},
    {"ksql.logging.processing.topic.auto.create", BOOLEAN, "true", 0, 0}, /* false: no such log */
    {"ksql.ssl.ca.location", TEXT, NULL, 0, 0},
    {"ksql.ssl.certificate.location", TEXT, NULL, 0, 0},
    {"ksql.ssl.key.location", TEXT, NULL, 0, 0},
    {"ksql.ssl.key.password", SECRET, NULL, 0, 0},
    {"ksql.ssl.verify", BOOLEAN, "true", 0, 0},
    {"ksql.url", TEXT, "http://127.0.0.1:8088", 0, 0},
    {"ksqld.basic.auth.user.info", SECRET, NULL, 0, 0},
    {"ksqld.state.dir", TEXT, "", 0, 0}, /* empty: see orderflow-ksqld --help */
    {"ksqld.state.max.bytes", INTEGER, "10737418240", 1048576, INT64_MAX / 4},
    {"ksqld.state.min.free.bytes", INTEGER, "536870912", 0, INT64_MAX / 4},
    {"order.cancel.topic", TEXT, "", 0, 0}, /* without the prefix; empty: none can be asked for */
    {"order.status.topic", TEXT, "", 0, 0}, /* without the prefix; empty: no events */
    {"payment.input.topic", CHOICE, "unpaid_orders", 0, 0, "unpaid_orders, valid_orders"},
    {"schema.registry.basic.auth.credentials.source", CHOICE, NULL, 0, 0, CREDENTIALS_SOURCES},
    {"schema.registry.basic.auth.user.info", SECRET, NULL, 0, 0},
    {"schema.registry.bearer.auth.token", SECRET, NULL, 0, 0},
    {"schema.registry.compatibility", CHOICE, "BACKWARD", 0, 0, COMPATIBILITY_LEVELS},
    {"schema.registry.connection.timeout.ms", INTEGER, "5000", 1, 600000},
    {"schema.registry.max.retries", INTEGER, "3", 0, 1000},
    {"schema.registry.request.timeout.ms", INTEGER, "10000", 1, 600000},
    {"schema.registry.retries.max.wait.ms", INTEGER, "5000", 1, 600000},
    {"schema.registry.retries.wait.ms", INTEGER, "200", 1, 600000},
    {"schema.registry.ssl.ca.location", TEXT, NULL, 0, 0},
    {"schema.registry.ssl.certificate.location", TEXT, NULL, 0, 0},
    {"schema.registry.ssl.key.location", TEXT, NULL, 0, 0},
    {"schema.registry.ssl.key.password", SECRET, NULL, 0, 0},
    {"schema.registry.ssl.verify", BOOLEAN, "true", 0, 0},
    {"schema.registry.url", TEXT, "http://127.0.0.1:8081/apis/ccompat/v7", 0, 0},
    {"startup.timeout.ms", INTEGER, "60000", 0, 86400000},
    {"topic.partitions", INTEGER, "4", 1, 10000},
    {"topic.prefix", TEXT, "", 0, 0},
    {"topic.replication.factor", INTEGER, "-1", -1, 100},
    {"use.latest.version", BOOLEAN, "false", 0, 0},
    /* What Java clients' files hold and needs no counterpart here. */
    {"client.dns.lookup", IGNORED, NULL, 0, 0},
    {"key.deserializer", IGNORED, NULL, 0, 0},
    {"key.serializer", IGNORED, NULL, 0, 0},
    {"value.deserializer", IGNORED, NULL, 0, 0},
    {"value.serializer", IGNORED, NULL, 0, 0},
    /* What has another form here. */
    {"ssl.truststore.location", REFUSED, "ssl.ca.location (a PEM file)", 0, 0},
    {"ssl.truststore.password", REFUSED, "ssl.ca.location (a PEM file)", 0, 0},
    {"ssl.truststore.type", REFUSED, "ssl.ca.location (a PEM file)", 0, 0},
    {"schema.registry.ssl.truststore.location", REFUSED,
        "schema.registry.ssl.ca.location (a PEM file)", 0, 0},
};

/* librdkafka's second names, which are kept under the first ones here: or an override by one name
 * would lose against the other. */
static const struct {
    const char *alias, *name;
} aliases[] = {
    {"compression.codec", "compression.type"},
    {"max.in.flight", "max.in.flight.requests.per.connection"},
    {"max.partition.fetch.bytes", "fetch.message.max.bytes"},
    {"message.send.max.retries", "retries"},
    {"message.timeout.ms", "delivery.timeout.ms"},
    {"metadata.broker.list", "bootstrap.servers"},
    {"queue.buffering.max.ms", "linger.ms"},
    {"request.required.acks", "acks"},
    {"sasl.mechanism", "sasl.mechanisms"},
};

/* ORDERFLOW_ variables that belong to the script, to the tests and to the gateway's rim, not to the
 * configuration. */
static const char *const foreign_variables[] = {"BUILD", "CONFIG", "DATA", "FAULT_",
    "GATEWAY_TOKEN", "INSTANCE", "PORT_", "TEST_", "BENCH_", "SCRIPT_"};

struct entry {
    char *name;
    char *value;
    char *origin;
};

struct of_config {
    struct entry *entries; /* by name */
    size_t count;
    rd_kafka_conf_t *scratch; /* judges librdkafka's properties */
};

static const char *first_name(const char *name)
{
    for (size_t i = 0; i < OF_COUNT(aliases); i++)
        if (strcmp(aliases[i].alias, name) == 0)
            return aliases[i].name;
    return name;
}

static const struct property *find_property(const char *name)
{
    for (size_t i = 0; i < OF_COUNT(properties); i++)
        if (strcmp(properties[i].name, name) == 0)
            return &properties[i];
    return NULL;
}

bool of_config_is_secret(const char *name)
{
    static const char *const words[] = {"password", "secret", "user.info", "token", "jaas.config",
        "ssl.key.pem", "oauthbearer.config", "credential.value"};
    for (size_t i = 0; i < OF_COUNT(words); i++)
        if (strstr(name, words[i]))
            return true;
    return false;
}

static struct entry *find_entry(const struct of_config *config, const char *name)
{
    for (size_t i = 0; i < config->count; i++)
        if (strcmp(config->entries[i].name, name) == 0)
            return &config->entries[i];
    return NULL;
}

static void put(struct of_config *config, const char *name, const char *value, const char *origin)
{
    struct entry *entry = find_entry(config, name);
    if (entry) {
        free(entry->value);
        free(entry->origin);
    } else {
        config->entries = of_realloc_array(config->entries, config->count + 1, sizeof(*entry));
        size_t at = config->count++;
        while (at > 0 && strcmp(config->entries[at - 1].name, name) > 0) {
            config->entries[at] = config->entries[at - 1];
            at--;
        }
        entry = &config->entries[at];
        entry->name = of_strdup(name);
    }
    entry->value = of_strdup(value);
    entry->origin = of_strdup(origin);
}

static size_t edit_distance(const char *a, const char *b)
{
    size_t row[80], length = strlen(b);
    if (strlen(a) >= OF_COUNT(row) || length >= OF_COUNT(row))
        return SIZE_MAX;
    for (size_t j = 0; j <= length; j++)
        row[j] = j;
    for (size_t i = 1; a[i - 1]; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= length; j++) {
            size_t change = diagonal + (a[i - 1] != b[j - 1]);
            diagonal = row[j];
            size_t least = row[j] < row[j - 1] ? row[j] + 1 : row[j - 1] + 1;
            row[j] = change < least ? change : least;
        }
    }
    return row[length];
}

struct suggestion {
    const char *typed, *nearest;
    size_t distance;
};

static void consider(struct suggestion *suggestion, const char *name)
{
    size_t distance = edit_distance(suggestion->typed, name);
    if (distance >= suggestion->distance)
        return;
    suggestion->distance = distance;
    suggestion->nearest = name;
}

static int refuse_unknown(
    struct of_config *config, const char *name, const char *origin, struct of_error *error)
{
    struct suggestion suggestion = {name, NULL, SUGGESTION_DISTANCE_MAX + 1};
    size_t count = 0;
    const char **known = rd_kafka_conf_dump(config->scratch, &count); /* name, value, name... */
    for (size_t i = 0; i < OF_COUNT(properties); i++)
        if (properties[i].kind != REFUSED)
            consider(&suggestion, properties[i].name);
    for (size_t i = 0; i < OF_COUNT(aliases); i++)
        consider(&suggestion, aliases[i].name);
    for (size_t i = 0; i < count; i += 2)
        consider(&suggestion, known[i]);
    if (suggestion.nearest)
        of_fail(error, OF_INPUT, "%s: unknown property '%s'; did you mean '%s'?", origin, name,
            suggestion.nearest);
    else
        of_fail(error, OF_INPUT, "%s: unknown property '%s'", origin, name);
    rd_kafka_conf_dump_free(known, count);
    return OF_INPUT;
}

/* librdkafka quotes the value in its messages: those of secrets are replaced. */
static int set_kafka(struct of_config *config, const char *name, const char *value,
    const char *origin, struct of_error *error)
{
    char text[512];
    rd_kafka_conf_res_t result =
        rd_kafka_conf_set(config->scratch, name, value, text, sizeof(text));
    if (result == RD_KAFKA_CONF_UNKNOWN)
        return refuse_unknown(config, name, origin, error);
    if (result != RD_KAFKA_CONF_OK)
        return of_fail(error, OF_INPUT, "%s: %s: %s", origin, name,
            of_config_is_secret(name) ? "the value is refused" : text);
    put(config, first_name(name), value, origin);
    return OF_OK;
}

/* username='x' of a JAAS line, in a new string; NULL when it has none. */
static char *jaas_value(const char *line, const char *name)
{
    for (const char *at = strstr(line, name); at; at = strstr(at + 1, name)) {
        const char *next = at + strlen(name);
        next += strspn(next, " \t");
        if ((at > line && (isalnum((unsigned char)at[-1]) || at[-1] == '_')) || *next != '=')
            continue;
        next += 1 + strspn(next + 1, " \t");
        if (*next != '"' && *next != '\'')
            return of_strndup(next, strcspn(next, " \t;"));
        const char *end = strchr(next + 1, *next);
        return end ? of_strndup(next + 1, (size_t)(end - next - 1)) : NULL;
    }
    return NULL;
}

static int set_jaas(
    struct of_config *config, const char *value, const char *origin, struct of_error *error)
{
    OF_FREE char *user = jaas_value(value, "username");
    OF_FREE char *password = jaas_value(value, "password");
    if (!user || !password)
        return of_fail(error, OF_INPUT,
            "%s: sasl.jaas.config: only login modules with username and password are taken; set "
            "librdkafka's sasl.* properties instead",
            origin);
    if (set_kafka(config, "sasl.username", user, origin, error) < 0)
        return OF_INPUT;
    return set_kafka(config, "sasl.password", password, origin, error);
}

static bool is_boolean(const char *value)
{
    return strcmp(value, "true") == 0 || strcmp(value, "false") == 0;
}

/* `words` is a list with ", " between. */
static bool is_word_of(const char *value, const char *words)
{
    size_t length = strlen(value);
    for (; *words; words += strspn(words, ", ")) {
        size_t word = strcspn(words, ",");
        if (word == length && memcmp(words, value, length) == 0)
            return true;
        words += word;
    }
    return false;
}

static int check_own(
    const struct property *property, const char *value, const char *origin, struct of_error *error)
{
    if (property->kind == BOOLEAN && !is_boolean(value))
        return of_fail(error, OF_INPUT, "%s: %s: '%s' is neither true nor false", origin,
            property->name, value);
    if (property->kind == CHOICE && !is_word_of(value, property->words))
        return of_fail(error, OF_INPUT, "%s: %s: '%s' is none of %s", origin, property->name, value,
            property->words);
    if (property->kind != INTEGER)
        return OF_OK;
    char *end;
    errno = 0;
    long long number = strtoll(value, &end, 10);
    if (end == value || *end || errno || number < property->minimum || number > property->maximum)
        return of_fail(error, OF_INPUT, "%s: %s: '%s' is no whole number within %lld to %lld",
            origin, property->name, value, (long long)property->minimum,
            (long long)property->maximum);
    return OF_OK;
}

static int set(struct of_config *config, const char *name, const char *value, const char *origin,
    struct of_error *error)
{
    if (strcmp(name, "sasl.jaas.config") == 0)
        return set_jaas(config, value, origin, error);
    const struct property *property = find_property(name);
    if (!property)
        return set_kafka(config, name, value, origin, error);
    if (property->kind == REFUSED)
        return of_fail(error, OF_INPUT, "%s: '%s' belongs to Java clients; set %s instead", origin,
            name, property->initial);
    if (property->kind == IGNORED) {
        of_log(
            OF_LOG_DEBUG, "property ignored", OF_F_TEXT("name", name), OF_F_TEXT("origin", origin));
        return OF_OK;
    }
    if (check_own(property, value, origin, error) < 0)
        return OF_INPUT;
    put(config, name, value, origin);
    return OF_OK;
}

struct file_context {
    struct of_config *config;
    const char *file;
};

static int visit_file(
    void *context, const char *name, const char *value, int line, struct of_error *error)
{
    struct file_context *file = context;
    OF_FREE char *origin = of_asprintf("%s:%d", file->file, line);
    return set(file->config, name, value, origin, error);
}

static bool is_foreign(const char *variable)
{
    for (size_t i = 0; i < OF_COUNT(foreign_variables); i++)
        if (strncmp(variable, foreign_variables[i], strlen(foreign_variables[i])) == 0)
            return true;
    return false;
}

static int read_environment(struct of_config *config, struct of_error *error)
{
    const size_t prefix = strlen(ENVIRONMENT_PREFIX);
    for (char **variable = environ; *variable; variable++) {
        const char *equals = strchr(*variable, '=');
        if (!equals || strncmp(*variable, ENVIRONMENT_PREFIX, prefix) != 0 ||
            is_foreign(*variable + prefix))
            continue;
        OF_FREE char *origin = of_strndup(*variable, (size_t)(equals - *variable));
        OF_FREE char *name = of_strdup(origin + prefix);
        for (char *c = name; *c; c++)
            *c = *c == '_' ? '.' : (char)tolower((unsigned char)*c);
        if (set(config, name, equals + 1, origin, error) < 0)
            return OF_INPUT;
    }
    return OF_OK;
}

static int read_overrides(
    struct of_config *config, const struct of_option_list *overrides, struct of_error *error)
{
    for (size_t i = 0; overrides && i < overrides->count; i++) {
        const char *text = overrides->values[i], *equals = strchr(text, '=');
        if (!equals || equals == text)
            return of_fail(error, OF_INPUT, "-X: wanted NAME=VALUE");
        OF_FREE char *name = of_strndup(text, (size_t)(equals - text));
        if (set(config, name, equals + 1, "-X", error) < 0)
            return OF_INPUT;
    }
    return OF_OK;
}

int of_config_load(const char *file, const struct of_option_list *overrides, struct of_config **out,
    struct of_error *error)
{
    OF_CLEANUP(of_cleanup_config) struct of_config *config = of_alloc(sizeof(*config));
    config->scratch = rd_kafka_conf_new();
    for (size_t i = 0; i < OF_COUNT(properties); i++)
        if (properties[i].kind < IGNORED && properties[i].initial)
            put(config, properties[i].name, properties[i].initial, "default");
    put(config, "bootstrap.servers", "127.0.0.1:9092", "default");
    struct file_context context = {config, file};
    if (file && of_properties_read(file, visit_file, &context, error) < 0)
        return OF_INPUT;
    if (read_environment(config, error) < 0 || read_overrides(config, overrides, error) < 0)
        return OF_INPUT;
    *out = OF_TAKE(config);
    return OF_OK;
}

void of_config_free(struct of_config *config)
{
    for (size_t i = 0; i < config->count; i++) {
        free(config->entries[i].name);
        free(config->entries[i].value);
        free(config->entries[i].origin);
    }
    free(config->entries);
    rd_kafka_conf_destroy(config->scratch);
    free(config);
}

struct of_config *of_config_copy(const struct of_config *config)
{
    struct of_config *copy = of_alloc(sizeof(*copy));
    copy->scratch = rd_kafka_conf_dup(config->scratch);
    for (size_t i = 0; i < config->count; i++)
        put(copy, config->entries[i].name, config->entries[i].value, config->entries[i].origin);
    return copy;
}

const char *of_config_get(const struct of_config *config, const char *name)
{
    const struct entry *entry = find_entry(config, first_name(name));
    return entry ? entry->value : NULL;
}

int64_t of_config_int(const struct of_config *config, const char *name)
{
    const char *value = of_config_get(config, name);
    assert(value);
    return strtoll(value, NULL, 10);
}

bool of_config_bool(const struct of_config *config, const char *name)
{
    const char *value = of_config_get(config, name);
    assert(value);
    return strcmp(value, "true") == 0;
}

int of_config_set(
    struct of_config *config, const char *name, const char *value, struct of_error *error)
{
    return set(config, name, value, "program", error);
}

void of_config_each_kafka(const struct of_config *config,
    void (*visit)(void *context, const char *name, const char *value), void *context)
{
    for (size_t i = 0; i < config->count; i++)
        if (!find_property(config->entries[i].name))
            visit(context, config->entries[i].name, config->entries[i].value);
}

/* user:password@ inside URLs is a secret too. */
static void print_value(const struct entry *entry)
{
    const char *scheme = strstr(entry->value, "://"), *at = strrchr(entry->value, '@');
    if (of_config_is_secret(entry->name))
        printf("%s", MASK);
    else if (scheme && at && at > scheme)
        printf("%.*s://%s%s", (int)(scheme - entry->value), entry->value, MASK, at);
    else
        printf("%s", entry->value);
}

void of_config_print(const struct of_config *config)
{
    for (size_t i = 0; i < config->count; i++) {
        printf("%s = ", config->entries[i].name);
        print_value(&config->entries[i]);
        printf("  # %s\n", config->entries[i].origin);
    }
}

char *of_config_topic(const struct of_config *config, const char *base)
{
    return of_asprintf("%s%s", of_config_get(config, "topic.prefix"), base);
}

int of_common_start(const struct of_program *program, const struct of_common_options *common,
    struct of_config **out, struct of_error *error)
{
    of_log_init(program->name, (enum of_log_level)common->log_level,
        (enum of_log_format)common->log_format);
    const char *file = common->config_file ? common->config_file : getenv("ORDERFLOW_CONFIG");
    OF_CLEANUP(of_cleanup_config) struct of_config *config = NULL;
    if (of_config_load(file, &common->overrides, &config, error) < 0)
        return OF_INPUT;
    if (common->topic_prefix &&
        set(config, "topic.prefix", common->topic_prefix, "--topic-prefix", error) < 0)
        return OF_INPUT;
    if (common->dump_config) {
        of_config_print(config);
        return 1;
    }
    *out = OF_TAKE(config);
    return OF_OK;
}
