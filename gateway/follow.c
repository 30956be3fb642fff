/* Reading on. What the events mean is the view's. */
#include "gateway/follow.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/memory.h"
#include "deadletters/handled.h"
#include "kafka/consumer.h"
#include "kafka/topics.h"
#include "registry/wire.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#define BATCH_RECORDS 1000
#define POLL_MS 50
#define ASK_MS 10000
#define PAUSE_MS 2000

OF_DEFINE_CLEANUP(cleanup_queue, rd_kafka_queue_t *, rd_kafka_queue_destroy)

/* Of one partition's letters: which have come, and the least of their times. */
struct arrived {
    int64_t next, oldest;
};

struct follower {
    const struct of_config *config;
    struct view *view;
    struct waits *waits;
    pthread_t thread;
    bool started;
    atomic_bool stopping;
    _Atomic int64_t dead_letters;
    char *events, *letters, *handled_letters;
    struct arrived *arrived; /* by partition of the letters */
    int letter_partitions;
    struct handled handled;
    rd_kafka_t *consumer;
    struct of_registry *registry;
    struct of_wire_reader *reader;
    struct of_order_status event;
    struct of_counter *seen, *dead;
};

/* ---- one record ---- */

static int take_event(
    struct follower *follower, const rd_kafka_message_t *message, struct of_error *error)
{
    const uint8_t *body;
    size_t size;
    int result =
        of_wire_reader_body(follower->reader, message->payload, message->len, &body, &size, error);
    if (result == OF_OK)
        result = of_order_status_decode(&follower->event, body, size, error);
    if (result < 0)
        return of_error_context(
            error, "%s[%d]@%" PRId64, follower->events, (int)message->partition, message->offset);
    of_counter_add(follower->seen, 1);
    if (view_add(follower->view, &follower->event, of_clock_monotonic()))
        waits_notify(follower->waits, follower->event.order_id);
    return OF_OK;
}

static void count_letters(struct follower *follower, int64_t more)
{
    int64_t before = atomic_fetch_add(&follower->dead_letters, more);
    of_counter_set(follower->dead, before + more);
}

/* A letter and what became of it come from two topics, in any order. */
static void take_letter(struct follower *follower, const rd_kafka_message_t *message)
{
    struct letter letter;
    letter_read(&letter, message);
    if (handled_find(&follower->handled, &letter.position, letter.timestamp) == HANDLED_NOT)
        count_letters(follower, 1);
    if (letter.position.partition >= follower->letter_partitions)
        return;
    struct arrived *arrived = &follower->arrived[letter.position.partition];
    arrived->next = letter.position.offset + 1;
    if (letter.timestamp < arrived->oldest)
        arrived->oldest = letter.timestamp;
}

/* What is older than all that have come is a letter of a topic that was deleted and made anew. */
static bool has_come(
    const struct follower *follower, const struct letter_position *position, int64_t timestamp)
{
    if (position->partition < 0 || position->partition >= follower->letter_partitions)
        return false;
    const struct arrived *arrived = &follower->arrived[position->partition];
    return position->offset < arrived->next && timestamp >= arrived->oldest;
}

static int take_handled(
    struct follower *follower, const rd_kafka_message_t *message, struct of_error *error)
{
    struct letter_position position;
    int64_t timestamp;
    if (handled_parse(follower->letters, message->key, message->key_len, message->payload,
            message->len, &position, &timestamp) == HANDLED_NOT)
        return OF_OK;
    if (has_come(follower, &position, timestamp) &&
        handled_find(&follower->handled, &position, timestamp) == HANDLED_NOT)
        count_letters(follower, -1);
    return handled_add(&follower->handled, &position, timestamp, HANDLED_DROPPED, error);
}

/* RETRY: the registry is away; the record is read again. What is no event is passed over. */
static int take(
    struct follower *follower, const rd_kafka_message_t *message, struct of_error *error)
{
    if (message->err)
        return of_kafka_fail_code(error, message->err, rd_kafka_message_errstr(message));
    if (strcmp(rd_kafka_topic_name(message->rkt), follower->letters) == 0) {
        take_letter(follower, message);
        return OF_OK;
    }
    if (strcmp(rd_kafka_topic_name(message->rkt), follower->handled_letters) == 0)
        return take_handled(follower, message, error);
    int result = take_event(follower, message, error);
    while (result == OF_RETRY && !atomic_load(&follower->stopping)) {
        of_log_error(OF_LOG_WARNING, "waiting for the schema registry", error);
        of_sleep(PAUSE_MS);
        result = take_event(follower, message, error);
    }
    return result;
}

static void take_batch(struct follower *follower, rd_kafka_message_t **batch, ssize_t count)
{
    struct of_error error;
    for (ssize_t i = 0; i < count; i++) {
        if (take(follower, batch[i], &error) < 0)
            of_log_error(OF_LOG_WARNING, "passed over", &error);
        rd_kafka_message_destroy(batch[i]);
    }
}

/* ---- where to begin ---- */

/* A topic that is not there has none. */
static int add_some(struct follower *follower, const char *topic, int64_t offset,
    rd_kafka_topic_partition_list_t *list, int *partitions, struct of_error *error)
{
    *partitions = 0;
    int result = of_kafka_partitions(follower->consumer, topic, partitions, error);
    for (int i = 0; i < *partitions && result == OF_OK; i++)
        rd_kafka_topic_partition_list_add(list, topic, i)->offset = offset;
    return result;
}

static int add_partitions(struct follower *follower, const char *topic, int64_t offset,
    rd_kafka_topic_partition_list_t *list, int *partitions, struct of_error *error)
{
    int result = add_some(follower, topic, offset, list, partitions, error);
    return result == OF_OK && *partitions == 0
               ? of_fail(error, OF_RETRY, "there is no topic %s", topic)
               : result;
}

static void begin_letters(struct follower *follower, int partitions)
{
    free(follower->arrived);
    follower->arrived = of_alloc((size_t)partitions * sizeof(*follower->arrived));
    follower->letter_partitions = partitions;
    for (int i = 0; i < partitions; i++)
        follower->arrived[i] = (struct arrived){.next = 0, .oldest = INT64_MAX};
    atomic_store(&follower->dead_letters, 0);
}

/* Offsets of the records since then; where there are none, the end as it is now. */
static int find_since(
    struct follower *follower, rd_kafka_topic_partition_list_t *list, struct of_error *error)
{
    OF_CLEANUP(of_cleanup_rd_kafka_partitions)
    rd_kafka_topic_partition_list_t *found = rd_kafka_topic_partition_list_copy(list);
    int result = of_consumer_ends(follower->consumer, list, error);
    if (result < 0)
        return result;
    rd_kafka_resp_err_t code = rd_kafka_offsets_for_times(follower->consumer, found, ASK_MS);
    if (code)
        return of_kafka_fail_code(error, code, follower->events);
    for (int i = 0; i < list->cnt; i++)
        if (found->elems[i].offset >= 0 && found->elems[i].offset < list->elems[i].offset)
            list->elems[i].offset = found->elems[i].offset;
    return OF_OK;
}

static int assign(struct follower *follower, struct of_error *error)
{
    OF_CLEANUP(of_cleanup_rd_kafka_partitions)
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(8);
    int64_t since = of_clock_now() - FOLLOW_BACK_MS;
    int events, letters, handled;
    int result = add_partitions(follower, follower->events, since, list, &events, error);
    if (result == OF_OK)
        result = find_since(follower, list, error);
    if (result == OF_OK)
        result = add_partitions(
            follower, follower->letters, RD_KAFKA_OFFSET_BEGINNING, list, &letters, error);
    if (result == OF_OK)
        result = add_some(
            follower, follower->handled_letters, RD_KAFKA_OFFSET_BEGINNING, list, &handled, error);
    if (result < 0)
        return result;
    /* An older set-up has it not. Then no letter has been handled, or some count on. */
    if (handled == 0)
        of_log(OF_LOG_INFO, "dead letters count for ever",
            OF_F_TEXT("missing", follower->handled_letters));
    begin_letters(follower, letters);
    rd_kafka_resp_err_t code = rd_kafka_assign(follower->consumer, list);
    return code ? of_kafka_fail_code(error, code, follower->events) : OF_OK;
}

static void *run(void *context)
{
    struct follower *follower = context;
    struct of_error error;
    rd_kafka_message_t *batch[BATCH_RECORDS];
    OF_CLEANUP(cleanup_queue)
    rd_kafka_queue_t *queue = rd_kafka_queue_get_consumer(follower->consumer);
    while (!atomic_load(&follower->stopping) && assign(follower, &error) < 0) {
        of_log_error(OF_LOG_WARNING, "waiting for the status events", &error);
        of_sleep(PAUSE_MS);
    }
    while (!atomic_load(&follower->stopping)) {
        ssize_t got = rd_kafka_consume_batch_queue(queue, POLL_MS, batch, BATCH_RECORDS);
        take_batch(follower, batch, got);
    }
    return NULL;
}

/* ---- making and freeing ---- */

OF_DEFINE_CLEANUP(cleanup_follower, struct follower *, follower_free)

int follower_new(const struct of_config *config, struct view *view, struct waits *waits,
    struct of_metrics *metrics, struct follower **out, struct of_error *error)
{
    OF_CLEANUP(cleanup_follower) struct follower *follower = of_alloc(sizeof(*follower));
    follower->config = config;
    follower->view = view;
    follower->waits = waits;
    of_order_status_init(&follower->event);
    follower->seen =
        of_metrics_counter(metrics, "orderflow_gateway_events_total", "Status events read.", NULL);
    follower->dead = of_metrics_gauge(
        metrics, "orderflow_gateway_dead_letters", "Open letters in orders_dlq.", NULL);
    follower->letters = of_config_topic(config, "orders_dlq");
    follower->handled_letters = of_config_topic(config, "orders_dlq_handled");
    follower->events = of_event_topic(config);
    if (!follower->events)
        return of_fail(error, OF_INPUT, "order.status.topic is not set");
    int result =
        of_consumer_follow(config, "orderflow-gateway", "earliest", &follower->consumer, error);
    if (result == OF_OK)
        result = of_registry_new(config, &follower->registry, error);
    if (result == OF_OK)
        result = of_wire_reader_new(follower->registry, of_order_status_schema,
            of_order_status_schema_size, OF_ORDER_STATUS_BYTES_MAX, &follower->reader, error);
    if (result < 0)
        return result;
    follower->started = pthread_create(&follower->thread, NULL, run, follower) == 0;
    if (!follower->started)
        return of_fail(error, OF_FATAL, "no thread can be made");
    *out = OF_TAKE(follower);
    return OF_OK;
}

void follower_free(struct follower *follower)
{
    atomic_store(&follower->stopping, true);
    if (follower->started)
        pthread_join(follower->thread, NULL);
    if (follower->reader)
        of_wire_reader_free(follower->reader);
    if (follower->registry)
        of_registry_free(follower->registry);
    if (follower->consumer) {
        rd_kafka_consumer_close(follower->consumer);
        rd_kafka_destroy(follower->consumer);
    }
    of_order_status_release(&follower->event);
    free(follower->events);
    free(follower->letters);
    free(follower->handled_letters);
    free(follower->arrived);
    handled_release(&follower->handled);
    free(follower);
}

int64_t follower_dead_letters(struct follower *follower)
{
    return atomic_load(&follower->dead_letters);
}
