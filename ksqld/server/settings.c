/* The names that there are, and the kinds of their values. What a property does is the business of
 * who reads it. */
#include "ksqld/server/settings.h"

#include "base/macros.h"

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define STREAMS_PREFIX "ksql.streams."
#define FUNCTIONS_PREFIX "ksql.functions."

enum kind { TEXT, BOOLEAN, INT, LONG, WORD, FIXED };

#define WORDS_MAX 6

struct setting {
    const char *name;
    enum kind kind; /* FIXED: not by a request */
    const char *words[WORDS_MAX];
};

static const struct setting of_ksql[] = {
    {"ksql.output.topic.name.prefix", TEXT},
    {"ksql.persistence.default.format.key", TEXT},
    {"ksql.persistence.default.format.value", TEXT},
    {"ksql.error.classifier.regex", TEXT},
    {"ksql.transient.prefix", TEXT},
    {"ksql.persistent.prefix", TEXT},
    {"ksql.schema.registry.url", TEXT},
    {"ksql.connect.url", TEXT},
    {"ksql.hidden.topics", TEXT},
    {"ksql.readonly.topics", TEXT},
    {"ksql.metastore.backup.location", TEXT},
    {"ksql.query.pull.table.scan.enabled", BOOLEAN},
    {"ksql.query.pull.range.scan.enabled", BOOLEAN},
    {"ksql.query.pull.limit.clause.enabled", BOOLEAN},
    {"ksql.query.pull.stream.enabled", BOOLEAN},
    {"ksql.query.pull.interpreter.enabled", BOOLEAN},
    {"ksql.query.pull.enable.standby.reads", BOOLEAN},
    {"ksql.query.pull.consistency.token.enabled", BOOLEAN},
    {"ksql.query.push.v2.enabled", BOOLEAN},
    {"ksql.query.push.v2.continuation.tokens.enabled", BOOLEAN},
    {"ksql.pull.queries.enable", BOOLEAN},
    {"ksql.insert.into.values.enabled", BOOLEAN},
    {"ksql.suppress.enabled", BOOLEAN},
    {"ksql.timestamp.throw.on.invalid", BOOLEAN},
    {"ksql.create.or.replace.enabled", BOOLEAN},
    {"ksql.lambdas.enabled", BOOLEAN},
    {"ksql.rowpartition.rowoffset.enabled", BOOLEAN},
    {"ksql.headers.columns.enabled", BOOLEAN},
    {"ksql.source.table.materialization.enabled", BOOLEAN},
    {"ksql.udfs.enabled", BOOLEAN},
    {"ksql.udf.collect.metrics", BOOLEAN},
    {"ksql.variable.substitution.enable", BOOLEAN},
    {"ksql.nested.error.set.null", BOOLEAN},
    {"ksql.json_sr.converter.deserializer.enabled", BOOLEAN},
    {"ksql.functions.collect_list.limit", INT},
    {"ksql.functions.collect_set.limit", INT},
    {"ksql.query.pull.max.qps", INT},
    {"ksql.query.pull.max.concurrent.requests", INT},
    {"ksql.query.pull.thread.pool.size", INT},
    {"ksql.query.error.max.queue.size", INT},
    {"ksql.query.pull.max.allowed.offset.lag", LONG},
    {"ksql.query.status.running.threshold.seconds", LONG},
    {"ksql.query.retry.backoff.initial.ms", LONG},
    {"ksql.query.retry.backoff.max.ms", LONG},
    {"ksql.query.cleanup.shutdown.timeout.ms", LONG},
    {"ksql.query.transient.max.bytes.buffering.total", LONG},
    {"ksql.query.persistent.max.bytes.buffering.total", LONG},
    {"ksql.suppress.buffer.size.bytes", LONG},
    {"ksql.internal.topic.replicas", TEXT},
    {"ksql.internal.topic.min.insync.replicas", TEXT},
    {"ksql.query.pull.metrics.enabled", BOOLEAN},
    {"ksql.query.push.v2.interpreter.enabled", BOOLEAN},
    {"ksql.query.push.v2.registry.installed", BOOLEAN},
    {"ksql.runtime.feature.shared.enabled", BOOLEAN},
    {"ksql.endpoint.migrate.query", BOOLEAN},
    {"ksql.queryanonymizer.logs_enabled", BOOLEAN},
    {"ksql.new.query.planner.enabled", BOOLEAN},
    {"ksql.any.key.name.enabled", BOOLEAN},
    {"ksql.multicol.key.format.enabled", BOOLEAN},
    {"ksql.query.pull.max.hourly.bandwidth.megabytes", INT},
    {"ksql.query.push.v2.max.hourly.bandwidth.megabytes", INT},
    {"ksql.query.push.v2.max.catchup.consumers", INT},
    {"ksql.assert.topic.default.timeout.ms", INT},
    {"ksql.assert.schema.default.timeout.ms", INT},
    {"ksql.query.push.v2.new.latest.delay.ms", LONG},
    {"ksql.query.push.v2.latest.reset.age.ms", LONG},
    {"ksql.query.pull.forwarding.timeout.ms", LONG},
    {"ksql.fetch.remote.hosts.max.timeout.seconds", LONG},
    {"ksql.websocket.connection.max.timeout.ms", LONG},
    {"ksql.connect.request.timeout.ms", LONG},
    {"ksql.extension.dir", FIXED},
    {"ksql.query.persistent.active.limit", FIXED},
};

static const struct setting of_kafka[] = {
    {"auto.offset.reset", WORD, {"earliest", "latest"}},
    {"processing.guarantee", WORD, {"at_least_once", "exactly_once_v2"}},
    {"isolation.level", WORD, {"read_committed", "read_uncommitted"}},
    {"topology.optimization", TEXT},
    {"default.timestamp.extractor", TEXT},
    {"default.deserialization.exception.handler", TEXT},
    {"deserialization.exception.handler", TEXT},
    {"default.production.exception.handler", TEXT},
    {"production.exception.handler", TEXT},
    {"processing.exception.handler", TEXT},
    {"default.key.serde", TEXT},
    {"default.value.serde", TEXT},
    {"client.id", TEXT},
    {"application.id", TEXT},
    {"application.server", TEXT},
    {"state.dir", TEXT},
    {"security.protocol", TEXT},
    {"rocksdb.config.setter", TEXT},
    {"group.id", TEXT},
    {"group.instance.id", TEXT},
    {"partition.assignment.strategy", TEXT},
    {"client.rack", TEXT},
    {"client.dns.lookup", TEXT},
    {"interceptor.classes", TEXT},
    {"metric.reporters", TEXT},
    {"metrics.recording.level", TEXT},
    {"acks", TEXT},
    {"compression.type", TEXT},
    {"transactional.id", TEXT},
    {"partitioner.class", TEXT},
    {"key.serializer", TEXT},
    {"value.serializer", TEXT},
    {"key.deserializer", TEXT},
    {"value.deserializer", TEXT},
    {"group.protocol", TEXT},
    {"group.remote.assignor", TEXT},
    {"built.in.metrics.version", TEXT},
    {"upgrade.from", TEXT},
    {"task.assignor.class", TEXT},
    {"dsl.store.suppliers.class", TEXT},
    {"default.dsl.store", TEXT},
    {"default.client.supplier", TEXT},
    {"rack.aware.assignment.tags", TEXT},
    {"rack.aware.assignment.strategy", TEXT},
    {"enable.auto.commit", BOOLEAN},
    {"check.crcs", BOOLEAN},
    {"exclude.internal.topics", BOOLEAN},
    {"allow.auto.create.topics", BOOLEAN},
    {"enable.idempotence", BOOLEAN},
    {"auto.include.jmx.reporter", BOOLEAN},
    {"enable.metrics.push", BOOLEAN},
    {"partitioner.adaptive.partitioning.enable", BOOLEAN},
    {"partitioner.ignore.keys", BOOLEAN},
    {"num.stream.threads", INT},
    {"num.standby.replicas", INT},
    {"buffered.records.per.partition", INT},
    {"max.warmup.replicas", INT},
    {"replication.factor", INT},
    {"request.timeout.ms", INT},
    {"metrics.num.samples", INT},
    {"send.buffer.bytes", INT},
    {"receive.buffer.bytes", INT},
    {"max.poll.records", INT},
    {"max.poll.interval.ms", INT},
    {"session.timeout.ms", INT},
    {"heartbeat.interval.ms", INT},
    {"fetch.min.bytes", INT},
    {"fetch.max.bytes", INT},
    {"fetch.max.wait.ms", INT},
    {"max.partition.fetch.bytes", INT},
    {"auto.commit.interval.ms", INT},
    {"default.api.timeout.ms", INT},
    {"batch.size", INT},
    {"max.request.size", INT},
    {"retries", INT},
    {"delivery.timeout.ms", INT},
    {"transaction.timeout.ms", INT},
    {"max.in.flight.requests.per.connection", INT},
    {"commit.interval.ms", LONG},
    {"cache.max.bytes.buffering", LONG},
    {"statestore.cache.max.bytes", LONG},
    {"max.task.idle.ms", LONG},
    {"task.timeout.ms", LONG},
    {"acceptable.recovery.lag", LONG},
    {"probing.rebalance.interval.ms", LONG},
    {"retry.backoff.ms", LONG},
    {"retry.backoff.max.ms", LONG},
    {"poll.ms", LONG},
    {"reconnect.backoff.ms", LONG},
    {"reconnect.backoff.max.ms", LONG},
    {"metadata.max.age.ms", LONG},
    {"metadata.max.idle.ms", LONG},
    {"metadata.recovery.rebootstrap.trigger.ms", LONG},
    {"metrics.sample.window.ms", LONG},
    {"state.cleanup.delay.ms", LONG},
    {"connections.max.idle.ms", LONG},
    {"socket.connection.setup.timeout.ms", LONG},
    {"socket.connection.setup.timeout.max.ms", LONG},
    {"windowstore.changelog.additional.retention.ms", LONG},
    {"window.size.ms", LONG},
    {"linger.ms", LONG},
    {"buffer.memory", LONG},
    {"max.block.ms", LONG},
    {"repartition.purge.interval.ms", LONG},
    {"log.summary.interval.ms", LONG},
    {"bootstrap.servers", FIXED},
};

static const struct setting *find(const char *name, const struct setting *settings, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(name, settings[i].name) == 0)
            return &settings[i];
    }
    return NULL;
}

static bool begins(const char *name, const char *prefix)
{
    return strncmp(name, prefix, strlen(prefix)) == 0;
}

/* Kafka's names may stand behind ksql.streams., and behind consumer. or producer. after that. */
static const char *kafka_name(const char *name)
{
    static const char *const clients[] = {"consumer.", "producer.", "main.consumer.",
        "restore.consumer.", "global.consumer.", "admin."};
    if (begins(name, STREAMS_PREFIX))
        name += strlen(STREAMS_PREFIX);
    for (size_t i = 0; i < OF_COUNT(clients); i++) {
        if (begins(name, clients[i]))
            return name + strlen(clients[i]);
    }
    return name;
}

/* What functions of ksqlDB's users are told is nobody else's to judge. */
static const struct setting *find_any(const char *name)
{
    static const struct setting of_functions = {FUNCTIONS_PREFIX, TEXT};
    const struct setting *found = find(name, of_ksql, OF_COUNT(of_ksql));
    if (!found)
        found = find(kafka_name(name), of_kafka, OF_COUNT(of_kafka));
    return found || !begins(name, FUNCTIONS_PREFIX) ? found : &of_functions;
}

int ksql_settings_check(const char *name, struct of_error *error)
{
    const struct setting *setting = find_any(name);
    if (strcmp(name, "ksql.service.id") == 0)
        return of_fail(error, OF_INPUT,
            "One or more properties overrides set locally are prohibited by the KSQL server "
            "denylist (use UNSET to reset their default value): [%s]",
            name);
    if (!setting)
        return of_fail(error, OF_INPUT,
            "Not recognizable as ksql, streams, consumer, or producer property: '%s'", name);
    if (setting->kind == FIXED)
        return of_fail(error, OF_INPUT, "Cannot override property '%s'", name);
    return OF_OK;
}

/* ---- values ---- */

static bool is_whole(const char *text, int64_t low, int64_t high)
{
    char *end;
    errno = 0;
    long long number = strtoll(text, &end, 10);
    return *text && !strchr(" \t\r\n", *text) && !*end && !errno && number >= low && number <= high;
}

static int check_word(
    const struct setting *setting, const char *name, const char *value, struct of_error *error)
{
    char known[128] = "";
    for (size_t i = 0; i < WORDS_MAX && setting->words[i]; i++) {
        if (strcmp(value, setting->words[i]) == 0)
            return OF_OK;
        size_t length = strlen(known);
        snprintf(known + length, sizeof(known) - length, "%s%s", i ? ", " : "", setting->words[i]);
    }
    return of_fail(error, OF_INPUT,
        "Invalid value %s for configuration %s: String must be one of: %s", value, name, known);
}

/* As Kafka's and ksqlDB's definitions take numbers and booleans: without blanks around them. Too
 * long to be one: nothing. */
static const char *trim(const char *value, char *out, size_t size)
{
    while (*value && (uint8_t)*value <= ' ')
        value++;
    size_t length = strlen(value);
    while (length && (uint8_t)value[length - 1] <= ' ')
        length--;
    snprintf(out, size, "%.*s", length < size ? (int)length : 0, value);
    return out;
}

int ksql_settings_check_value(const char *name, const char *value, struct of_error *error)
{
    const struct setting *setting = find_any(name);
    char trimmed[64];
    if (ksql_settings_check(name, error) < 0)
        return OF_INPUT;
    trim(value, trimmed, sizeof(trimmed));
    switch (setting->kind) {
    case WORD:
        return check_word(setting, name, value, error);
    case BOOLEAN:
        return strcasecmp(trimmed, "true") == 0 || strcasecmp(trimmed, "false") == 0
                   ? OF_OK
                   : of_fail(error, OF_INPUT,
                         "Invalid value %s for configuration %s: Expected value to be either true "
                         "or false",
                         value, name);
    case INT:
    case LONG: {
        bool small = setting->kind == INT;
        return is_whole(trimmed, small ? INT_MIN : INT64_MIN, small ? INT_MAX : INT64_MAX)
                   ? OF_OK
                   : of_fail(error, OF_INPUT,
                         "Invalid value %s for configuration %s: Not a number of type %s", value,
                         name, small ? "INT" : "LONG");
    }
    default:
        return OF_OK;
    }
}

int ksql_settings_check_all(
    const struct ksql_property *properties, size_t count, struct of_error *error)
{
    for (size_t i = 0; i < count; i++) {
        if (ksql_settings_check_value(properties[i].name, properties[i].value, error) < 0)
            return OF_INPUT;
    }
    return OF_OK;
}
