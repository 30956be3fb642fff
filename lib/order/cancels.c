/* Reading the requests. What becomes of an order is the stage's. */
#include "order/cancels.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/signals.h"
#include "kafka/consumer.h"
#include "kafka/topics.h"
#include "registry/wire.h"
#include "schemas/cancel_request.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#define BATCH_RECORDS 256
#define POLL_MS 50
#define ASK_MS 10000
#define PAUSE_MS 500
#define SWEEP_MS 60000

struct of_cancels {
    char *topic;
    rd_kafka_t *consumer;
    rd_kafka_queue_t *queue;
    struct of_wire_reader *reader; /* the thread's, once it runs */
    struct of_cancel_request request;
    pthread_mutex_t lock;
    struct of_cancel_set set;
    _Atomic size_t count; /* of the set, to be looked at without the lock */
    pthread_t thread;
    bool started;
    atomic_bool stopping;
    /* Until all that was there at the start is read. */
    rd_kafka_topic_partition_list_t *ends;
    int waiting;
};

/* ---- records ---- */

static int take(
    struct of_cancels *cancels, const rd_kafka_message_t *message, struct of_error *error)
{
    const uint8_t *body;
    size_t size;
    int result =
        of_wire_reader_body(cancels->reader, message->payload, message->len, &body, &size, error);
    if (result == OF_OK)
        result = of_cancel_request_decode(&cancels->request, body, size, error);
    if (result < 0)
        return of_error_context(
            error, "%s[%d]@%" PRId64, cancels->topic, (int)message->partition, message->offset);
    pthread_mutex_lock(&cancels->lock);
    of_cancel_set_add(&cancels->set, cancels->request.order_id, cancels->request.at);
    atomic_store(&cancels->count, cancels->set.count);
    pthread_mutex_unlock(&cancels->lock);
    return OF_OK;
}

/* One that cannot be read asks for nothing; a registry that is away is waited for. */
static void take_patiently(struct of_cancels *cancels, const rd_kafka_message_t *message)
{
    struct of_error error;
    int result;
    while ((result = take(cancels, message, &error)) == OF_RETRY &&
           !atomic_load(&cancels->stopping) && !of_signals_stopping()) {
        of_log_error(OF_LOG_WARNING, "waiting for the schema registry", &error);
        of_sleep(PAUSE_MS);
    }
    if (result < 0)
        of_log_error(OF_LOG_WARNING, "passed over", &error);
}

static void note_end(struct of_cancels *cancels, const rd_kafka_message_t *message)
{
    rd_kafka_topic_partition_t *end = rd_kafka_topic_partition_list_find(
        cancels->ends, cancels->topic, (int32_t)message->partition);
    if (end && end->offset >= 0 && message->offset >= end->offset) {
        end->offset = -1;
        cancels->waiting--;
    }
}

static void take_some(struct of_cancels *cancels)
{
    rd_kafka_message_t *batch[BATCH_RECORDS];
    ssize_t got = rd_kafka_consume_batch_queue(cancels->queue, POLL_MS, batch, BATCH_RECORDS);
    for (ssize_t i = 0; i < got; i++) {
        if (!batch[i]->err)
            take_patiently(cancels, batch[i]);
        else if (batch[i]->err == RD_KAFKA_RESP_ERR__PARTITION_EOF)
            note_end(cancels, batch[i]);
        else
            of_log(OF_LOG_WARNING, "requests to cancel",
                OF_F_TEXT("message", rd_kafka_message_errstr(batch[i])));
        rd_kafka_message_destroy(batch[i]);
    }
}

static void *run(void *context)
{
    struct of_cancels *cancels = context;
    int64_t swept = of_clock_monotonic();
    while (!atomic_load(&cancels->stopping)) {
        take_some(cancels);
        int64_t now = of_clock_monotonic();
        if (now - swept < SWEEP_MS)
            continue;
        swept = now;
        pthread_mutex_lock(&cancels->lock);
        of_cancel_set_expire(&cancels->set, of_clock_now() - OF_CANCELS_KEEP_MS);
        atomic_store(&cancels->count, cancels->set.count);
        pthread_mutex_unlock(&cancels->lock);
    }
    return NULL;
}

/* ---- starting ---- */

static int open_consumer(
    const struct of_config *config, struct of_cancels *cancels, struct of_error *error)
{
    static const char *const pairs[] = {"group.id", "orderflow-cancels", "isolation.level",
        "read_committed", "enable.auto.commit", "false", "auto.offset.reset", "earliest",
        "fetch.wait.max.ms", "50", "enable.partition.eof", "true", "allow.auto.create.topics",
        "false", NULL};
    rd_kafka_conf_t *conf;
    int result = of_kafka_conf(config, RD_KAFKA_CONSUMER, pairs, &conf, error);
    if (result == OF_OK)
        result = of_kafka_new(RD_KAFKA_CONSUMER, conf, &cancels->consumer, error);
    if (result < 0)
        return result;
    rd_kafka_poll_set_consumer(cancels->consumer);
    cancels->queue = rd_kafka_queue_get_consumer(cancels->consumer);
    return OF_OK;
}

/* From the requests of the last day on; where there are none, from the end. */
static int assign(struct of_cancels *cancels, struct of_error *error)
{
    int partitions = 0;
    int result = of_kafka_partitions(cancels->consumer, cancels->topic, &partitions, error);
    if (result == OF_OK && partitions == 0)
        result = of_fail(error, OF_RETRY, "there is no topic %s", cancels->topic);
    if (result < 0)
        return result;
    OF_CLEANUP(of_cleanup_rd_kafka_partitions)
    rd_kafka_topic_partition_list_t *starts = rd_kafka_topic_partition_list_new(partitions);
    for (int i = 0; i < partitions; i++)
        rd_kafka_topic_partition_list_add(starts, cancels->topic, i)->offset =
            of_clock_now() - OF_CANCELS_KEEP_MS;
    if (cancels->ends)
        rd_kafka_topic_partition_list_destroy(cancels->ends);
    cancels->ends = rd_kafka_topic_partition_list_copy(starts);
    result = of_consumer_ends(cancels->consumer, cancels->ends, error);
    if (result < 0)
        return result;
    rd_kafka_resp_err_t code = rd_kafka_offsets_for_times(cancels->consumer, starts, ASK_MS);
    if (code)
        return of_kafka_fail_code(error, code, cancels->topic);
    for (int i = 0; i < partitions; i++)
        if (starts->elems[i].offset < 0)
            starts->elems[i].offset = cancels->ends->elems[i].offset;
    cancels->waiting = partitions;
    code = rd_kafka_assign(cancels->consumer, starts);
    return code ? of_kafka_fail_code(error, code, cancels->topic) : OF_OK;
}

static int catch_up(
    const struct of_config *config, struct of_cancels *cancels, struct of_error *error)
{
    int64_t deadline = of_clock_monotonic() + of_config_int(config, "startup.timeout.ms");
    int result;
    while ((result = assign(cancels, error)) == OF_RETRY && !of_signals_stopping() &&
           of_clock_monotonic() < deadline)
        of_sleep(PAUSE_MS);
    while (result == OF_OK && cancels->waiting > 0 && !of_signals_stopping()) {
        if (of_clock_monotonic() >= deadline)
            return of_fail(error, OF_RETRY, "%s: the broker does not send its end", cancels->topic);
        take_some(cancels);
    }
    return result;
}

OF_DEFINE_CLEANUP(cleanup_cancels, struct of_cancels *, of_cancels_free)

int of_cancels_new(const struct of_config *config, struct of_registry *registry,
    struct of_cancels **out, struct of_error *error)
{
    const char *base = of_config_get(config, "order.cancel.topic");
    *out = NULL;
    if (!base || !*base)
        return OF_OK;
    OF_CLEANUP(cleanup_cancels) struct of_cancels *cancels = of_alloc(sizeof(*cancels));
    pthread_mutex_init(&cancels->lock, NULL);
    of_cancel_set_init(&cancels->set, OF_CANCELS_MAX);
    of_cancel_request_init(&cancels->request);
    cancels->topic = of_config_topic(config, base);
    int result = of_wire_reader_new(registry, of_cancel_request_schema,
        of_cancel_request_schema_size, OF_CANCEL_REQUEST_BYTES_MAX, &cancels->reader, error);
    if (result == OF_OK)
        result = open_consumer(config, cancels, error);
    if (result == OF_OK)
        result = catch_up(config, cancels, error);
    if (result < 0)
        return result;
    cancels->started = pthread_create(&cancels->thread, NULL, run, cancels) == 0;
    if (!cancels->started)
        return of_fail(error, OF_FATAL, "no thread can be made");
    *out = OF_TAKE(cancels);
    return OF_OK;
}

void of_cancels_free(struct of_cancels *cancels)
{
    if (!cancels)
        return;
    atomic_store(&cancels->stopping, true);
    if (cancels->started)
        pthread_join(cancels->thread, NULL);
    if (cancels->queue)
        rd_kafka_queue_destroy(cancels->queue);
    if (cancels->consumer) {
        rd_kafka_consumer_close(cancels->consumer);
        rd_kafka_destroy(cancels->consumer);
    }
    if (cancels->ends)
        rd_kafka_topic_partition_list_destroy(cancels->ends);
    if (cancels->reader)
        of_wire_reader_free(cancels->reader);
    of_cancel_request_release(&cancels->request);
    of_cancel_set_release(&cancels->set);
    pthread_mutex_destroy(&cancels->lock);
    free(cancels->topic);
    free(cancels);
}

bool of_cancels_find(struct of_cancels *cancels, int64_t order_id, int64_t *at)
{
    if (!cancels || atomic_load_explicit(&cancels->count, memory_order_acquire) == 0)
        return false;
    pthread_mutex_lock(&cancels->lock);
    bool found = of_cancel_set_find(&cancels->set, order_id, at);
    pthread_mutex_unlock(&cancels->lock);
    return found;
}
