/* Changes as they happen, out of the topic itself: no sink stands between. Joins no group. */
#include "status.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/signals.h"
#include "kafka/consumer.h"
#include "kafka/topics.h"
#include "registry/wire.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define BATCH_RECORDS 1000
#define POLL_MS 50   /* a batch that is not full waits this long */
#define ASK_MS 10000 /* one question to a broker */

OF_DEFINE_CLEANUP(cleanup_queue, rd_kafka_queue_t *, rd_kafka_queue_destroy)

struct following {
    const struct choice *choice;
    bool json;
    char *topic;
    rd_kafka_t *consumer;
    struct of_registry *registry;
    struct of_wire_reader *reader;
    struct of_order_status event;
    struct of_buffer line;
};

static void cleanup_following(struct following *following)
{
    if (following->reader)
        of_wire_reader_free(following->reader);
    if (following->registry)
        of_registry_free(following->registry);
    if (following->consumer) {
        rd_kafka_consumer_close(following->consumer);
        rd_kafka_destroy(following->consumer);
    }
    free(following->topic);
    of_order_status_release(&following->event);
    of_buffer_release(&following->line);
}

static int prepare(
    struct following *following, const struct of_config *config, struct of_error *error)
{
    following->topic = of_event_topic(config);
    if (!following->topic)
        return of_fail(
            error, OF_INPUT, "order.status.topic is not set: nobody writes what could be followed");
    int result =
        of_consumer_follow(config, "orderflow-status", "latest", &following->consumer, error);
    if (result == OF_OK)
        result = of_registry_new(config, &following->registry, error);
    if (result == OF_OK)
        result = of_wire_reader_new(following->registry, of_order_status_schema,
            of_order_status_schema_size, OF_ORDER_STATUS_BYTES_MAX, &following->reader, error);
    return result;
}

/* Where the records since that time begin. A record is not written before what it tells of has
 * happened: earlier ones are no changes since. Where there is none yet, the end stays. */
static int find_since(
    struct following *following, rd_kafka_topic_partition_list_t *ends, struct of_error *error)
{
    OF_CLEANUP(of_cleanup_rd_kafka_partitions)
    rd_kafka_topic_partition_list_t *found = rd_kafka_topic_partition_list_copy(ends);
    int64_t since = following->choice->since;
    for (int i = 0; i < found->cnt; i++)
        found->elems[i].offset = since < 0 ? 0 : since;
    rd_kafka_resp_err_t code = rd_kafka_offsets_for_times(following->consumer, found, ASK_MS);
    if (code)
        return of_kafka_fail_code(error, code, following->topic);
    for (int i = 0; i < found->cnt; i++)
        if (found->elems[i].offset >= 0 && found->elems[i].offset < ends->elems[i].offset)
            ends->elems[i].offset = found->elems[i].offset;
    return OF_OK;
}

/* From the ends as they are now: asked for before anything else, so that nothing falls between. */
static int assign(struct following *following, struct of_error *error)
{
    int partitions = 0;
    int result = of_kafka_partitions(following->consumer, following->topic, &partitions, error);
    if (result < 0)
        return result;
    if (partitions == 0)
        return of_fail(error, OF_INPUT, "there is no topic %s", following->topic);
    OF_CLEANUP(of_cleanup_rd_kafka_partitions)
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(partitions);
    for (int i = 0; i < partitions; i++)
        rd_kafka_topic_partition_list_add(list, following->topic, i);
    result = of_consumer_ends(following->consumer, list, error);
    if (result == OF_OK && following->choice->since != CHOICE_ANY)
        result = find_since(following, list, error);
    if (result < 0)
        return result;
    rd_kafka_resp_err_t code = rd_kafka_assign(following->consumer, list);
    return code ? of_kafka_fail_code(error, code, following->topic) : OF_OK;
}

static void print_event(struct following *following)
{
    const struct of_order_status *event = &following->event;
    char time[OF_ISO8601_SIZE];
    if (following->json) {
        of_buffer_clear(&following->line);
        if (of_order_status_print_json(event, &following->line) == OF_OK) {
            fwrite(following->line.data, 1, following->line.length, stdout);
            putchar('\n');
        }
        return;
    }
    printf("%-24s order %-10" PRId64 " ", of_iso8601_print(event->at, time), event->order_id);
    status_print_text(event->status.data, event->status.length, 10);
    putchar(' ');
    status_print_text(event->stage.data, event->stage.length, 0);
    if (event->has_reason) {
        fputs(": ", stdout);
        status_print_text(event->reason.data, event->reason.length, 0);
    }
    putchar('\n');
}

/* What is no event is passed over: others may write here, too. */
static int take(
    struct following *following, const rd_kafka_message_t *message, struct of_error *error)
{
    const uint8_t *body;
    size_t size;
    if (message->err)
        return of_kafka_fail_code(error, message->err, rd_kafka_message_errstr(message));
    int result =
        of_wire_reader_body(following->reader, message->payload, message->len, &body, &size, error);
    if (result == OF_OK)
        result = of_order_status_decode(&following->event, body, size, error);
    if (result == OF_OK && choice_takes(following->choice, &following->event))
        print_event(following);
    return result < 0 ? of_error_context(error, "%s[%d]@%" PRId64, following->topic,
                            (int)message->partition, message->offset)
                      : OF_OK;
}

static int run(struct following *following, struct of_error *error)
{
    OF_CLEANUP(cleanup_queue)
    rd_kafka_queue_t *queue = rd_kafka_queue_get_consumer(following->consumer);
    rd_kafka_message_t *batch[BATCH_RECORDS];
    int result = OF_OK;
    while (!of_signals_stopping() && result != OF_FATAL) {
        ssize_t got = rd_kafka_consume_batch_queue(queue, POLL_MS, batch, BATCH_RECORDS);
        for (ssize_t i = 0; i < got; i++) {
            if (result != OF_FATAL && take(following, batch[i], error) < 0) {
                result = error->class;
                of_log_error(OF_LOG_WARNING, "passed over", error);
            }
            rd_kafka_message_destroy(batch[i]);
        }
        if (fflush(stdout) != 0) /* nobody reads any more */
            break;
    }
    return result == OF_FATAL ? result : OF_OK;
}

int status_follow(
    const struct of_config *config, const struct choice *choice, bool json, struct of_error *error)
{
    OF_CLEANUP(cleanup_following)
    struct following following = {.choice = choice, .json = json};
    of_order_status_init(&following.event);
    of_buffer_init(&following.line, LINE_BYTES_MAX);
    int result = prepare(&following, config, error);
    if (result == OF_OK)
        result = assign(&following, error);
    if (result < 0)
        return result;
    of_log(OF_LOG_DEBUG, "following", OF_F_TEXT("topic", following.topic));
    return run(&following, error);
}
