/* A queue a partition, and the oldest of their heads. What is consumed, committed, or sought is the
 * stage's. */
#include "kafka/merge.h"

#include "base/clock.h"
#include "base/memory.h"

#include <poll.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define BATCH 256    /* records taken from a partition's queue at once */
#define SLICE_MS 100 /* should a wake-up be lost */

struct source {
    rd_kafka_queue_t *queue;
    rd_kafka_message_t *messages[BATCH];
    size_t next, count;
    int64_t time; /* of the next message, once it has been looked at */
    bool timed;
    bool ended; /* nothing was left when last heard of */
};

struct of_merge {
    of_merge_time *time;
    void *context;
    struct source *sources;
    size_t count;
    int wake; /* eventfd: something came into an empty queue */
};

static int64_t timestamp(void *context, const rd_kafka_message_t *message)
{
    (void)context;
    return rd_kafka_message_timestamp(message, NULL);
}

struct of_merge *of_merge_new(of_merge_time *time, void *context)
{
    struct of_merge *merge = of_alloc(sizeof(*merge));
    merge->time = time ? time : timestamp;
    merge->context = context;
    merge->wake = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    return merge;
}

static void forget(struct source *source)
{
    while (source->next < source->count)
        rd_kafka_message_destroy(source->messages[source->next++]);
    source->next = source->count = 0;
    source->timed = source->ended = false;
}

static void release_sources(struct of_merge *merge)
{
    for (size_t i = 0; i < merge->count; i++) {
        forget(&merge->sources[i]);
        rd_kafka_queue_io_event_enable(merge->sources[i].queue, -1, NULL, 0);
        rd_kafka_queue_destroy(merge->sources[i].queue);
    }
    free(merge->sources);
    merge->sources = NULL;
    merge->count = 0;
}

void of_merge_free(struct of_merge *merge)
{
    release_sources(merge);
    if (merge->wake >= 0)
        close(merge->wake);
    free(merge);
}

static void wake_by(struct of_merge *merge, rd_kafka_queue_t *queue)
{
    static const uint64_t one = 1;
    if (merge->wake >= 0)
        rd_kafka_queue_io_event_enable(queue, merge->wake, &one, sizeof(one));
}

/* That a queue is not forwarded stays so when its partition is assigned. */
void of_merge_assign(
    struct of_merge *merge, rd_kafka_t *consumer, const rd_kafka_topic_partition_list_t *partitions)
{
    release_sources(merge);
    if (!partitions || partitions->cnt == 0)
        return;
    rd_kafka_queue_t *events = rd_kafka_queue_get_consumer(consumer);
    wake_by(merge, events);
    rd_kafka_queue_destroy(events);
    merge->count = (size_t)partitions->cnt;
    merge->sources = of_alloc(merge->count * sizeof(*merge->sources));
    for (size_t i = 0; i < merge->count; i++) {
        const rd_kafka_topic_partition_t *partition = &partitions->elems[i];
        merge->sources[i].queue =
            rd_kafka_queue_get_partition(consumer, partition->topic, partition->partition);
        rd_kafka_queue_forward(merge->sources[i].queue, NULL);
        wake_by(merge, merge->sources[i].queue);
    }
}

void of_merge_clear(struct of_merge *merge)
{
    for (size_t i = 0; i < merge->count; i++)
        forget(&merge->sources[i]);
}

/* ---- taking ---- */

static void fill(struct source *source)
{
    if (source->next < source->count)
        return;
    ssize_t taken = rd_kafka_consume_batch_queue(source->queue, 0, source->messages, BATCH);
    source->next = 0;
    source->count = taken > 0 ? (size_t)taken : 0;
}

static rd_kafka_message_t *pop(struct source *source)
{
    source->timed = false;
    return source->messages[source->next++];
}

/* What is no record comes before all records. NULL: nothing, or a partition is not known. */
static rd_kafka_message_t *take(struct of_merge *merge)
{
    struct source *oldest = NULL;
    bool unknown = false;
    for (size_t i = 0; i < merge->count; i++) {
        struct source *source = &merge->sources[i];
        fill(source);
        if (source->next == source->count) {
            unknown |= !source->ended;
            continue;
        }
        const rd_kafka_message_t *message = source->messages[source->next];
        source->ended = message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF;
        if (message->err)
            return pop(source);
        if (!source->timed)
            source->time = merge->time(merge->context, message);
        source->timed = true;
        if (!oldest || source->time < oldest->time)
            oldest = source;
    }
    return oldest && !unknown ? pop(oldest) : NULL;
}

static void wait_for_more(struct of_merge *merge, int64_t milliseconds)
{
    struct pollfd wake = {.fd = merge->wake, .events = POLLIN};
    poll(&wake, 1, milliseconds < SLICE_MS ? (int)milliseconds : SLICE_MS);
}

rd_kafka_message_t *of_merge_poll(
    struct of_merge *merge, rd_kafka_t *consumer, int timeout_ms, bool events)
{
    int64_t deadline = of_clock_monotonic() + timeout_ms;
    for (;;) {
        uint64_t ignored;
        if (events && merge->wake >= 0)
            (void)!read(merge->wake, &ignored, sizeof(ignored));
        rd_kafka_message_t *message = events ? rd_kafka_consumer_poll(consumer, 0) : NULL;
        if (!message)
            message = take(merge);
        int64_t left = message || !events ? 0 : deadline - of_clock_monotonic();
        if (left <= 0)
            return message;
        wait_for_more(merge, left);
    }
}
