/* The names that there are. What a property does is the business of who reads it. */
#include "ksqld/server/settings.h"

#include "base/macros.h"

#include <stdbool.h>
#include <string.h>

#define STREAMS_PREFIX "ksql.streams."

static const char *const of_ksql[] = {"ksql.output.topic.name.prefix",
    "ksql.persistence.default.format.key", "ksql.persistence.default.format.value",
    "ksql.functions.collect_list.limit", "ksql.functions.collect_set.limit",
    "ksql.query.pull.table.scan.enabled", "ksql.query.pull.range.scan.enabled",
    "ksql.query.pull.limit.clause.enabled", "ksql.query.pull.stream.enabled",
    "ksql.query.pull.interpreter.enabled", "ksql.query.pull.enable.standby.reads",
    "ksql.query.pull.max.allowed.offset.lag", "ksql.query.pull.consistency.token.enabled",
    "ksql.query.pull.max.qps", "ksql.query.pull.max.concurrent.requests",
    "ksql.query.pull.thread.pool.size", "ksql.query.push.v2.enabled",
    "ksql.query.push.v2.continuation.tokens.enabled", "ksql.query.status.running.threshold.seconds",
    "ksql.query.error.max.queue.size", "ksql.query.retry.backoff.initial.ms",
    "ksql.query.retry.backoff.max.ms", "ksql.query.cleanup.shutdown.timeout.ms",
    "ksql.query.transient.max.bytes.buffering.total",
    "ksql.query.persistent.max.bytes.buffering.total", "ksql.query.persistent.active.limit",
    "ksql.pull.queries.enable", "ksql.insert.into.values.enabled", "ksql.suppress.enabled",
    "ksql.suppress.buffer.size.bytes", "ksql.timestamp.throw.on.invalid",
    "ksql.error.classifier.regex", "ksql.create.or.replace.enabled", "ksql.lambdas.enabled",
    "ksql.rowpartition.rowoffset.enabled", "ksql.headers.columns.enabled",
    "ksql.source.table.materialization.enabled", "ksql.internal.topic.replicas",
    "ksql.internal.topic.min.insync.replicas", "ksql.transient.prefix", "ksql.persistent.prefix",
    "ksql.schema.registry.url", "ksql.connect.url", "ksql.extension.dir", "ksql.udfs.enabled",
    "ksql.udf.collect.metrics", "ksql.hidden.topics", "ksql.readonly.topics",
    "ksql.variable.substitution.enable", "ksql.metastore.backup.location",
    "ksql.nested.error.set.null", "ksql.json_sr.converter.deserializer.enabled"};

static const char *const of_kafka[] = {"auto.offset.reset", "processing.guarantee",
    "commit.interval.ms", "cache.max.bytes.buffering", "statestore.cache.max.bytes",
    "max.task.idle.ms", "num.stream.threads", "num.standby.replicas", "topology.optimization",
    "default.timestamp.extractor", "default.deserialization.exception.handler",
    "default.production.exception.handler", "buffered.records.per.partition",
    "acceptable.recovery.lag", "max.warmup.replicas", "probing.rebalance.interval.ms",
    "replication.factor", "retry.backoff.ms", "poll.ms", "request.timeout.ms",
    "reconnect.backoff.ms", "reconnect.backoff.max.ms", "metadata.max.age.ms",
    "metrics.num.samples", "metrics.recording.level", "metrics.sample.window.ms", "client.id",
    "application.id", "bootstrap.servers", "state.dir", "state.cleanup.delay.ms",
    "security.protocol", "send.buffer.bytes", "receive.buffer.bytes", "connections.max.idle.ms",
    "windowstore.changelog.additional.retention.ms", "rocksdb.config.setter",
    /* consumers */
    "max.poll.records", "max.poll.interval.ms", "session.timeout.ms", "heartbeat.interval.ms",
    "fetch.min.bytes", "fetch.max.bytes", "fetch.max.wait.ms", "max.partition.fetch.bytes",
    "isolation.level", "group.id", "group.instance.id", "enable.auto.commit",
    "auto.commit.interval.ms", "check.crcs", "partition.assignment.strategy", "client.rack",
    "exclude.internal.topics", "allow.auto.create.topics", "default.api.timeout.ms",
    "interceptor.classes",
    /* producers */
    "acks", "batch.size", "linger.ms", "buffer.memory", "compression.type", "max.request.size",
    "max.block.ms", "retries", "delivery.timeout.ms", "enable.idempotence", "transactional.id",
    "transaction.timeout.ms", "max.in.flight.requests.per.connection", "partitioner.class"};

static bool is_one(const char *name, const char *const *names, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(name, names[i]) == 0)
            return true;
    }
    return false;
}

/* Kafka's names may stand behind ksql.streams., and behind consumer. or producer. after that. */
static const char *kafka_name(const char *name)
{
    static const char *const clients[] = {"consumer.", "producer.", "main.consumer.",
        "restore.consumer.", "global.consumer.", "admin."};
    if (strncmp(name, STREAMS_PREFIX, strlen(STREAMS_PREFIX)) == 0)
        name += strlen(STREAMS_PREFIX);
    for (size_t i = 0; i < OF_COUNT(clients); i++) {
        if (strncmp(name, clients[i], strlen(clients[i])) == 0)
            return name + strlen(clients[i]);
    }
    return name;
}

int ksql_settings_check(const char *name, struct of_error *error)
{
    if (strcmp(name, "ksql.service.id") == 0)
        return of_fail(error, OF_INPUT,
            "One or more properties overrides set locally are prohibited by the KSQL server "
            "denylist (use UNSET to reset their default value): [%s]",
            name);
    if (is_one(name, of_ksql, OF_COUNT(of_ksql)) ||
        is_one(kafka_name(name), of_kafka, OF_COUNT(of_kafka)))
        return OF_OK;
    return of_fail(error, OF_INPUT,
        "Not recognizable as ksql, streams, consumer, or producer property: '%s'", name);
}
