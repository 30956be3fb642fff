/* Transactional producer: state of one transaction, the answer to every error, rebuilding.
 * Reads no input and knows no offsets but those it is given. */
#include "kafka/producer.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/signals.h"
#include "kafka/topics.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define INIT_SLICE_MS 1000 /* how soon a stop is seen while the broker does not answer */
#define QUEUE_FULL_WAIT_MS 20
#define FLUSH_SLICE_MS 1
#define FLUSH_CLOSELY_MS 200
#define REBUILD_MS 10000 /* one attempt; the caller backs off and tries again */
#define TOPICS_MAX 64    /* different topics of one producer */

struct known_topic {
    char *name;
    rd_kafka_topic_t *handle;
    bool sent;    /* in the transaction at hand, like the next ones: something was sent to it */
    bool missed;  /* not all of that arrived */
    bool failed;  /* not for the transaction's end alone */
    bool refused; /* and never will */
};

struct of_producer {
    const struct of_config *config;
    char *transactional_id;
    rd_kafka_t *client; /* NULL: to be rebuilt */
    struct known_topic topics[TOPICS_MAX];
    size_t topic_count;
    size_t message_max;
    int timeout_ms; /* transaction.timeout.ms */
    int64_t began;  /* monotonic: when the transaction at hand did */
    bool in_transaction, fenced;
    rd_kafka_resp_err_t failure; /* of the transaction that was given up */
    struct of_producer_counts counts;
};

/* ---- what became of records ---- */

/* What no second attempt changes. A topic that is not there may be made again. */
static bool is_final(rd_kafka_resp_err_t code)
{
    switch (code) {
    case RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE:
    case RD_KAFKA_RESP_ERR_RECORD_LIST_TOO_LARGE:
    case RD_KAFKA_RESP_ERR_INVALID_MSG_SIZE:
    case RD_KAFKA_RESP_ERR_INVALID_MSG:
    case RD_KAFKA_RESP_ERR_INVALID_RECORD:
    case RD_KAFKA_RESP_ERR_INVALID_TIMESTAMP:
    case RD_KAFKA_RESP_ERR_POLICY_VIOLATION:
    case RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION:
    case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
        return true;
    default:
        return false;
    }
}

static bool is_missing(rd_kafka_resp_err_t code)
{
    return code == RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC ||
           code == RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION ||
           code == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART;
}

/* Of records that failed alone: see delivery.report.only.error. */
static void on_delivery(rd_kafka_t *client, const rd_kafka_message_t *message, void *opaque)
{
    (void)client;
    struct of_producer *producer = opaque;
    bool purged = message->err == RD_KAFKA_RESP_ERR__PURGE_QUEUE ||
                  message->err == RD_KAFKA_RESP_ERR__PURGE_INFLIGHT;
    for (size_t i = 0; message->err && i < producer->topic_count; i++) {
        struct known_topic *topic = &producer->topics[i];
        if (strcmp(topic->name, rd_kafka_topic_name(message->rkt)) != 0)
            continue;
        topic->missed = true;
        topic->failed = topic->failed || (!purged && !is_missing(message->err));
        topic->refused = topic->refused || is_final(message->err);
    }
}

static void forget_deliveries(struct of_producer *producer)
{
    producer->failure = RD_KAFKA_RESP_ERR_NO_ERROR;
    for (size_t i = 0; i < producer->topic_count; i++) {
        struct known_topic *topic = &producer->topics[i];
        topic->sent = topic->missed = topic->failed = topic->refused = false;
    }
}

bool of_producer_refused(const struct of_producer *producer, const char *name)
{
    const struct known_topic *found = NULL;
    bool others = false; /* took what they were sent */
    for (size_t i = 0; i < producer->topic_count; i++) {
        const struct known_topic *topic = &producer->topics[i];
        if (strcmp(topic->name, name) == 0)
            found = topic;
        else
            others = others || (topic->sent && !topic->missed);
    }
    if (!found || !found->sent)
        return false;
    bool hung = found->missed && producer->failure == RD_KAFKA_RESP_ERR__TIMED_OUT;
    return found->refused || ((found->failed || hung) && others) ||
           producer->failure == RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED;
}

/* ---- the handle ---- */

/* What became of records is still asked for. */
static void drop_client(struct of_producer *producer)
{
    for (size_t i = 0; i < producer->topic_count; i++) {
        if (producer->topics[i].handle)
            rd_kafka_topic_destroy(producer->topics[i].handle);
        producer->topics[i].handle = NULL;
    }
    if (producer->client) {
        /* What is still queued belongs to a transaction that will never be committed. */
        rd_kafka_purge(producer->client, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
        while (rd_kafka_poll(producer->client, 0) > 0) /* whose that is */
            ;
        rd_kafka_destroy(OF_TAKE(producer->client));
    }
    producer->in_transaction = false;
}

static int conf_int(const rd_kafka_conf_t *conf, const char *name)
{
    char text[32];
    size_t size = sizeof(text);
    if (rd_kafka_conf_get(conf, name, text, &size) != RD_KAFKA_CONF_OK)
        return 0;
    return (int)strtol(text, NULL, 10); /* librdkafka printed an int */
}

static int init_transactions(rd_kafka_t *client, int64_t wait_ms, struct of_error *error)
{
    int64_t deadline = of_clock_monotonic() + wait_ms;
    for (;;) {
        OF_CLEANUP(of_cleanup_rd_kafka_error)
        rd_kafka_error_t *failure = rd_kafka_init_transactions(client, INIT_SLICE_MS);
        if (!failure)
            return OF_OK;
        if (of_kafka_fail(error, failure, "starting transactions") == OF_FATAL)
            return OF_FATAL;
        if (!rd_kafka_error_is_retriable(failure) || of_clock_monotonic() >= deadline ||
            of_signals_stopping())
            return error->class;
        rd_kafka_poll(client, 0);
    }
}

static int build_client(struct of_producer *producer, int64_t wait_ms, struct of_error *error)
{
    const char *const pairs[] = {"transactional.id", producer->transactional_id,
        "enable.idempotence", "true", "delivery.report.only.error", "true", NULL};
    rd_kafka_conf_t *conf;
    OF_CLEANUP(of_cleanup_rd_kafka) rd_kafka_t *client = NULL;
    if (of_kafka_conf(producer->config, RD_KAFKA_PRODUCER, pairs, &conf, error) < 0)
        return OF_INPUT;
    producer->timeout_ms = conf_int(conf, "transaction.timeout.ms");
    producer->message_max = (size_t)conf_int(conf, "message.max.bytes");
    rd_kafka_conf_set_dr_msg_cb(conf, on_delivery);
    rd_kafka_conf_set_opaque(conf, producer);
    int result = of_kafka_new(RD_KAFKA_PRODUCER, conf, &client, error);
    if (result == OF_OK)
        result = init_transactions(client, wait_ms, error);
    if (result == OF_OK)
        producer->client = OF_TAKE(client);
    return result;
}

int of_producer_new(const struct of_config *config, const char *transactional_id,
    struct of_producer **out, struct of_error *error)
{
    OF_CLEANUP(of_cleanup_producer) struct of_producer *producer = of_alloc(sizeof(*producer));
    producer->config = config;
    producer->transactional_id = of_strdup(transactional_id);
    int result = build_client(producer, of_config_int(config, "startup.timeout.ms"), error);
    if (result < 0)
        return result;
    *out = OF_TAKE(producer);
    return OF_OK;
}

void of_producer_free(struct of_producer *producer)
{
    struct of_error ignored;
    if (producer->in_transaction && of_producer_abort(producer, &ignored) < 0)
        of_log_error(OF_LOG_WARNING, "the broker will abort the open transaction", &ignored);
    drop_client(producer);
    for (size_t i = 0; i < producer->topic_count; i++)
        free(producer->topics[i].name);
    free(producer->transactional_id);
    free(producer);
}

/* The broker also says "fenced" to a producer whose transaction it timed out, or whose answers got
 * lost. It was another process if the transaction is younger than its timeout and no broker was
 * out of reach. If there is another process after all, our successor fences it in turn. */
static bool fenced_by_another(const struct of_producer *producer, rd_kafka_resp_err_t code)
{
    return (code == RD_KAFKA_RESP_ERR__FENCED || code == RD_KAFKA_RESP_ERR_PRODUCER_FENCED ||
               code == RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH) &&
           of_clock_monotonic() - producer->began < producer->timeout_ms && !of_kafka_had_trouble();
}

/* After a fatal error: the handle is of no more use. */
static int give_up_client(
    struct of_producer *producer, rd_kafka_resp_err_t code, struct of_error *error)
{
    bool fenced = fenced_by_another(producer, code);
    drop_client(producer);
    producer->counts.aborts++;
    if (fenced) {
        producer->fenced = true;
        return of_fail(error, OF_FATAL,
            "another process with the transactional.id '%s' has taken over (%s)",
            producer->transactional_id, rd_kafka_err2name(code));
    }
    error->class = OF_RETRY;
    return OF_RETRY;
}

static rd_kafka_resp_err_t fatal_code(struct of_producer *producer)
{
    char text[256];
    return rd_kafka_fatal_error(producer->client, text, sizeof(text));
}

/* The answer to a failed transactional call; afterwards no transaction is open. */
static int fail_transaction(struct of_producer *producer, const rd_kafka_error_t *failure,
    const char *what, struct of_error *error)
{
    of_kafka_fail(error, failure, what);
    producer->failure = rd_kafka_error_code(failure);
    struct of_error cause = *error;
    if (rd_kafka_error_is_fatal(failure) || fatal_code(producer)) {
        rd_kafka_resp_err_t code = fatal_code(producer);
        return give_up_client(producer, code ? code : rd_kafka_error_code(failure), error);
    }
    if (rd_kafka_error_txn_requires_abort(failure)) {
        int result = of_producer_abort(producer, error);
        if (result == OF_FATAL)
            return result;
        *error = cause;
        return error->class;
    }
    /* Timed out, or worse: nobody knows how it ended. The successor's epoch makes it definite. */
    if (rd_kafka_error_is_retriable(failure))
        error->class = OF_RETRY;
    if (error->class != OF_RETRY)
        of_log_error(OF_LOG_ERROR, "transaction", error);
    drop_client(producer);
    producer->counts.aborts++;
    return error->class;
}

int of_producer_begin(struct of_producer *producer, struct of_error *error)
{
    assert(!producer->in_transaction);
    if (!producer->client) {
        int result = build_client(producer, REBUILD_MS, error);
        if (result < 0)
            return result;
        producer->counts.rebuilds++;
        of_log(OF_LOG_INFO, "producer rebuilt",
            OF_F_TEXT("transactional_id", producer->transactional_id));
    }
    rd_kafka_poll(producer->client, 0);
    forget_deliveries(producer);
    producer->began = of_clock_monotonic();
    OF_CLEANUP(of_cleanup_rd_kafka_error)
    rd_kafka_error_t *failure = rd_kafka_begin_transaction(producer->client);
    if (failure)
        return fail_transaction(producer, failure, "beginning a transaction", error);
    producer->in_transaction = true;
    return OF_OK;
}

static struct known_topic *find_topic(
    struct of_producer *producer, const char *name, struct of_error *error)
{
    size_t i = 0;
    while (i < producer->topic_count && strcmp(producer->topics[i].name, name) != 0)
        i++;
    if (i < producer->topic_count && producer->topics[i].handle)
        return &producer->topics[i];
    if (i == TOPICS_MAX) {
        of_fail(error, OF_FATAL, "a producer writes to %d topics at most", TOPICS_MAX);
        return NULL;
    }
    rd_kafka_topic_t *handle = rd_kafka_topic_new(producer->client, name, NULL);
    if (!handle) {
        of_fail(error, OF_FATAL, "'%s' is no topic's name", name);
        return NULL;
    }
    if (i == producer->topic_count)
        producer->topics[producer->topic_count++] = (struct known_topic){.name = of_strdup(name)};
    producer->topics[i].handle = handle;
    return &producer->topics[i];
}

/* The general form; rd_kafka_produce knows neither headers nor timestamps. On failure librdkafka
 * leaves the headers with us, but 2.0.2 frees them itself when the partition does not exist:
 * messages with headers therefore leave the choice of partition to the partitioner. */
static rd_kafka_resp_err_t produce_with_headers(
    rd_kafka_t *client, rd_kafka_topic_t *topic, const struct of_message *message)
{
    rd_kafka_headers_t *headers = message->headers ? rd_kafka_headers_copy(message->headers) : NULL;
    assert(!message->headers || message->partition == RD_KAFKA_PARTITION_UA);
    rd_kafka_resp_err_t code = rd_kafka_producev(client, RD_KAFKA_V_RKT(topic),
        RD_KAFKA_V_PARTITION(message->partition), RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
        RD_KAFKA_V_KEY(message->key, message->key_size),
        RD_KAFKA_V_VALUE((void *)message->value, message->value_size),
        RD_KAFKA_V_TIMESTAMP(message->timestamp), RD_KAFKA_V_HEADERS(headers), RD_KAFKA_V_END);
    if (code && headers)
        rd_kafka_headers_destroy(headers);
    return code;
}

static rd_kafka_resp_err_t produce(
    rd_kafka_t *client, rd_kafka_topic_t *topic, const struct of_message *message)
{
    if (message->headers || message->timestamp)
        return produce_with_headers(client, topic, message);
    if (rd_kafka_produce(topic, message->partition, RD_KAFKA_MSG_F_COPY, (void *)message->value,
            message->value_size, message->key, message->key_size, NULL) == 0)
        return RD_KAFKA_RESP_ERR_NO_ERROR;
    return rd_kafka_last_error();
}

int of_producer_send(
    struct of_producer *producer, const struct of_message *message, struct of_error *error)
{
    assert(producer->in_transaction);
    struct known_topic *topic = find_topic(producer, message->topic, error);
    if (!topic)
        return OF_FATAL;
    rd_kafka_resp_err_t code;
    while (
        (code = produce(producer->client, topic->handle, message)) == RD_KAFKA_RESP_ERR__QUEUE_FULL)
        rd_kafka_poll(producer->client, QUEUE_FULL_WAIT_MS);
    if (!code) {
        topic->sent = true;
        producer->counts.sent++;
        return OF_OK;
    }
    if (code == RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE)
        return of_fail(error, OF_INPUT, "a record of %zu bytes for %s passes message.max.bytes",
            message->key_size + message->value_size, message->topic);
    of_kafka_fail_code(error, code, message->topic);
    producer->failure = code;
    if (fatal_code(producer))
        return give_up_client(producer, fatal_code(producer), error);
    struct of_error cause = *error;
    int result = of_producer_abort(producer, error);
    if (result == OF_FATAL)
        return result;
    *error = cause;
    return cause.class;
}

static int send_offsets(struct of_producer *producer,
    const rd_kafka_topic_partition_list_t *offsets, const rd_kafka_consumer_group_metadata_t *group,
    struct of_error *error)
{
    int64_t deadline = of_clock_monotonic() + producer->timeout_ms;
    for (;;) {
        OF_CLEANUP(of_cleanup_rd_kafka_error)
        rd_kafka_error_t *failure = rd_kafka_send_offsets_to_transaction(
            producer->client, offsets, group, producer->timeout_ms);
        if (!failure)
            return OF_OK;
        /* CONCURRENT_TRANSACTIONS comes here: the same call again, nothing else. */
        if (!rd_kafka_error_is_retriable(failure) || of_clock_monotonic() >= deadline)
            return fail_transaction(producer, failure, "adding offsets to the transaction", error);
        of_sleep(QUEUE_FULL_WAIT_MS);
    }
}

/* The commit flushes too, but looks only every 10 ms whether all has been delivered: half of that
 * is slept away in each transaction. What fails here, or takes longer, is the commit's to report.
 */
static void flush_closely(struct of_producer *producer)
{
    int64_t deadline = of_clock_monotonic() + FLUSH_CLOSELY_MS;
    while (rd_kafka_flush(producer->client, FLUSH_SLICE_MS) == RD_KAFKA_RESP_ERR__TIMED_OUT)
        if (of_clock_monotonic() >= deadline)
            return;
}

int of_producer_commit(struct of_producer *producer, const rd_kafka_topic_partition_list_t *offsets,
    const rd_kafka_consumer_group_metadata_t *group, struct of_error *error)
{
    assert(producer->in_transaction);
    rd_kafka_flush(producer->client, 0); /* nothing lingers while the offsets go */
    if (offsets && offsets->cnt > 0) {
        int result = send_offsets(producer, offsets, group, error);
        if (result < 0)
            return result;
    }
    flush_closely(producer);
    OF_CLEANUP(of_cleanup_rd_kafka_error)
    rd_kafka_error_t *failure = rd_kafka_commit_transaction(producer->client, producer->timeout_ms);
    if (failure)
        return fail_transaction(producer, failure, "committing a transaction", error);
    producer->in_transaction = false;
    producer->counts.commits++;
    return OF_OK;
}

int of_producer_abort(struct of_producer *producer, struct of_error *error)
{
    if (!producer->in_transaction)
        return OF_OK;
    OF_CLEANUP(of_cleanup_rd_kafka_error)
    rd_kafka_error_t *failure = rd_kafka_abort_transaction(producer->client, producer->timeout_ms);
    producer->in_transaction = false;
    if (!failure) {
        producer->counts.aborts++;
        return OF_OK;
    }
    of_kafka_fail(error, failure, "aborting a transaction");
    rd_kafka_resp_err_t code = fatal_code(producer);
    return give_up_client(producer, code ? code : rd_kafka_error_code(failure), error);
}

int of_producer_ask(
    struct of_producer *producer, const char *topic, int wait_ms, struct of_error *error)
{
    if (!producer->client)
        return of_fail(error, OF_RETRY, "%s: not connected", topic);
    rd_kafka_resp_err_t obstacle;
    int result = of_kafka_topic_obstacle(producer->client, topic, wait_ms, &obstacle, error);
    if (result < 0)
        return result;
    return obstacle ? of_kafka_fail_code(error, obstacle, topic) : OF_OK;
}

bool of_producer_in_transaction(const struct of_producer *producer)
{
    return producer->in_transaction;
}

bool of_producer_fenced(const struct of_producer *producer)
{
    return producer->fenced;
}

size_t of_producer_message_max(const struct of_producer *producer)
{
    return producer->message_max;
}

void of_producer_counts(const struct of_producer *producer, struct of_producer_counts *counts)
{
    *counts = producer->counts;
}
