/* Kafka client creation, error classes and topics. Knows no transactions and no loop. */
#include "kafka/client.h"

#include "base/clock.h"
#include "base/log.h"

#include <string.h>

/* What Orderflow wants unless the user's configuration says otherwise. */
static const char *const house_settings[][2] = {
    {"client.id", "orderflow"},
    {"topic.metadata.refresh.interval.ms", "10000"},
    {"topic.metadata.propagation.max.ms", "5000"},
    {"reconnect.backoff.max.ms", "1000"},
    {"socket.keepalive.enable", "true"},
};

static const char *const house_consumer_settings[][2] = {
    {"enable.auto.commit", "false"},
    {"enable.auto.offset.store", "false"},
    {"enable.partition.eof", "true"},
    {"isolation.level", "read_committed"},
    {"partition.assignment.strategy", "range"}, /* cooperative-sticky crashes in 2.0.2 */
    {"session.timeout.ms", "10000"},
    /* Few records in memory, fetched in large bites: see of_consumer_ends. */
    {"queued.min.messages", "10000"},
    {"fetch.message.max.bytes", "2097152"},
    {"heartbeat.interval.ms", "2000"},
};

static const char *const house_producer_settings[][2] = {
    {"partitioner", "murmur2_random"}, /* Java's and ksqlDB's: equal keys meet in one partition */
    {"transaction.timeout.ms", "10000"},
    {"message.max.bytes", "2000000"}, /* outputs: half of it; see of_stage_emit */
    {"queue.buffering.max.messages", "200000"},
    {"linger.ms", "5"},
};

/* Properties of one kind of client only; the other kind would warn about them. */
static const char *const consumer_only[] = {"auto.offset.reset", "enable.auto.commit",
    "enable.auto.offset.store", "enable.partition.eof", "fetch.", "group.", "heartbeat.interval.ms",
    "isolation.level", "max.poll.interval.ms", "partition.assignment.strategy", "queued.",
    "session.timeout.ms", "check.crcs", "auto.commit.", "coordinator.query.interval.ms", NULL};
static const char *const producer_only[] = {"acks", "batch.", "compression.", "delivery.",
    "enable.idempotence", "linger.ms", "max.in.flight", "message.send.max.retries",
    "message.timeout.ms", "partitioner", "queue.buffering.", "request.required.acks",
    "request.timeout.ms", "retries", "retry.backoff.ms", "sticky.partitioning.", "transaction",
    "enable.gapless.guarantee", NULL};

struct builder {
    rd_kafka_conf_t *conf;
    rd_kafka_type_t type;
    struct of_error *error;
    int result;
};

static bool starts_with_any(const char *name, const char *const *prefixes)
{
    for (; *prefixes; prefixes++)
        if (strncmp(name, *prefixes, strlen(*prefixes)) == 0)
            return true;
    return false;
}

static void set(struct builder *builder, const char *name, const char *value)
{
    char reason[256];
    if (builder->result < 0)
        return;
    if (rd_kafka_conf_set(builder->conf, name, value, reason, sizeof(reason)) != RD_KAFKA_CONF_OK)
        builder->result = of_fail(builder->error, OF_INPUT, "%s: %s", name,
            of_config_is_secret(name) ? "librdkafka refuses the value" : reason);
}

static void set_from_user(void *context, const char *name, const char *value)
{
    struct builder *builder = context;
    const char *const *foreign = builder->type == RD_KAFKA_PRODUCER ? consumer_only : producer_only;
    if (!starts_with_any(name, foreign))
        set(builder, name, value);
}

static void set_all(struct builder *builder, const char *const (*pairs)[2], size_t count)
{
    for (size_t i = 0; i < count; i++)
        set(builder, pairs[i][0], pairs[i][1]);
}

static void on_log(const rd_kafka_t *client, int level, const char *facility, const char *text)
{
    (void)client;
    /* syslog's levels: 0-3 errors, 4 warning, 5 and 6 notices, 7 debug. */
    enum of_log_level ours = level <= 3 ? OF_LOG_WARNING : level <= 4 ? OF_LOG_INFO : OF_LOG_DEBUG;
    of_log(ours, "librdkafka", OF_F_TEXT("facility", facility), OF_F_TEXT("text", text));
}

/* Monotonic milliseconds; 0: never. */
static _Atomic int64_t last_trouble;

bool of_kafka_had_trouble(void)
{
    int64_t last = last_trouble;
    return last > 0 && of_clock_monotonic() - last < OF_KAFKA_TROUBLE_MS;
}

static void on_error(rd_kafka_t *client, int code, const char *reason, void *opaque)
{
    (void)client;
    (void)opaque;
    if (code != RD_KAFKA_RESP_ERR__FATAL) /* that is the handle's own end, by fencing perhaps */
        last_trouble = of_clock_monotonic();
    of_log(OF_LOG_WARNING, "kafka error", OF_F_TEXT("code", rd_kafka_err2name(code)),
        OF_F_TEXT("reason", reason));
}

int of_kafka_conf(const struct of_config *config, rd_kafka_type_t type, const char *const *pairs,
    rd_kafka_conf_t **out, struct of_error *error)
{
    OF_CLEANUP(of_cleanup_rd_kafka_conf) rd_kafka_conf_t *conf = rd_kafka_conf_new();
    struct builder builder = {.conf = conf, .type = type, .error = error};
    set_all(&builder, house_settings, OF_COUNT(house_settings));
    if (type == RD_KAFKA_CONSUMER)
        set_all(&builder, house_consumer_settings, OF_COUNT(house_consumer_settings));
    else
        set_all(&builder, house_producer_settings, OF_COUNT(house_producer_settings));
    of_config_each_kafka(config, set_from_user, &builder);
    for (; pairs && pairs[0]; pairs += 2)
        set(&builder, pairs[0], pairs[1]);
    if (builder.result < 0)
        return builder.result;
    rd_kafka_conf_set_log_cb(conf, on_log);
    rd_kafka_conf_set_error_cb(conf, on_error);
    *out = OF_TAKE(conf);
    return OF_OK;
}

int of_kafka_new(
    rd_kafka_type_t type, rd_kafka_conf_t *conf, rd_kafka_t **client, struct of_error *error)
{
    char reason[512];
    rd_kafka_t *handle = rd_kafka_new(type, conf, reason, sizeof(reason));
    if (!handle) {
        rd_kafka_conf_destroy(conf);
        return of_fail(error, OF_INPUT, "configuration: %s", reason);
    }
    *client = handle;
    return OF_OK;
}

/* What no second attempt will change. */
static bool is_hopeless(rd_kafka_resp_err_t code)
{
    switch (code) {
    case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_SASL_AUTHENTICATION_FAILED:
    case RD_KAFKA_RESP_ERR__AUTHENTICATION:
    case RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE: /* the topic's max.message.bytes */
    case RD_KAFKA_RESP_ERR_UNSUPPORTED_VERSION:
    case RD_KAFKA_RESP_ERR__UNSUPPORTED_FEATURE:
    case RD_KAFKA_RESP_ERR__INVALID_ARG:
    case RD_KAFKA_RESP_ERR__FATAL:
        return true;
    default:
        return false;
    }
}

int of_kafka_fail_code(struct of_error *error, rd_kafka_resp_err_t code, const char *what)
{
    return of_fail(
        error, is_hopeless(code) ? OF_FATAL : OF_RETRY, "%s: %s", what, rd_kafka_err2str(code));
}

int of_kafka_fail(struct of_error *error, const rd_kafka_error_t *cause, const char *what)
{
    bool hopeless =
        rd_kafka_error_is_fatal(cause) || is_hopeless(rd_kafka_error_code(cause)) ||
        (rd_kafka_error_code(cause) == RD_KAFKA_RESP_ERR__STATE &&
            !rd_kafka_error_is_retriable(cause) && !rd_kafka_error_txn_requires_abort(cause));
    return of_fail(
        error, hopeless ? OF_FATAL : OF_RETRY, "%s: %s", what, rd_kafka_error_string(cause));
}

size_t of_kafka_headers_size(const rd_kafka_headers_t *headers, size_t overhead)
{
    size_t all = 0, size;
    const char *name;
    const void *value;
    for (size_t i = 0; headers && !rd_kafka_header_get_all(headers, i, &name, &value, &size); i++)
        all += strlen(name) + size + overhead;
    return all;
}
