/* Reading topics from here to there. Keeps nothing of what it reads. */
#include "kafka/scan.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/memory.h"
#include "kafka/consumer.h"
#include "kafka/topics.h"

#include <stdlib.h>
#include <string.h>

#define BATCH_RECORDS 2000
#define POLL_MS 20 /* a batch that is not full waits this long */

OF_DEFINE_CLEANUP(cleanup_queue, rd_kafka_queue_t *, rd_kafka_queue_destroy)
OF_DEFINE_CLEANUP(cleanup_metadata, const rd_kafka_metadata_t *, rd_kafka_metadata_destroy)

struct of_scan {
    rd_kafka_t *reader; /* of committed records */
    rd_kafka_t *asker;  /* sees what is written: its ends are the partitions' own */
};

/* The reading at hand. */
struct reading {
    const char *const *names;
    const struct of_scan_range *ranges;
    bool *done;
    size_t range_count, waiting;
    rd_kafka_topic_t *last_topic; /* of the last record, and its range */
    size_t last;
    of_scan_visit *visit;
    void *context;
};

static int open_client(const struct of_config *config, const char *isolation, rd_kafka_t **client,
    struct of_error *error)
{
    /* Short waits: at a partition's end nothing more comes, and the answer should not either. Large
     * queues: librdkafka 2.0.2 sleeps for a second when one is full (see of_consumer_ends). */
    const char *const pairs[] = {"group.id", "orderflow-scan", "isolation.level", isolation,
        "enable.partition.eof", "true", "enable.auto.commit", "false", "auto.offset.reset", "error",
        "fetch.wait.max.ms", "10", "queued.min.messages", "200000", "queued.max.messages.kbytes",
        "65536", "allow.auto.create.topics", "false", NULL};
    rd_kafka_conf_t *conf;
    int result = of_kafka_conf(config, RD_KAFKA_CONSUMER, pairs, &conf, error);
    return result < 0 ? result : of_kafka_new(RD_KAFKA_CONSUMER, conf, client, error);
}

int of_scan_new(const struct of_config *config, struct of_scan **out, struct of_error *error)
{
    OF_CLEANUP(of_cleanup_scan) struct of_scan *scan = of_alloc(sizeof(*scan));
    int result = open_client(config, "read_committed", &scan->reader, error);
    if (result == OF_OK)
        result = open_client(config, "read_uncommitted", &scan->asker, error);
    if (result < 0)
        return result;
    rd_kafka_poll_set_consumer(scan->reader);
    *out = OF_TAKE(scan);
    return OF_OK;
}

void of_scan_free(struct of_scan *scan)
{
    if (scan->reader) {
        rd_kafka_consumer_close(scan->reader);
        rd_kafka_destroy(scan->reader);
    }
    if (scan->asker)
        rd_kafka_destroy(scan->asker);
    free(scan);
}

/* ---- what there is ---- */

void of_scan_ranges_release(struct of_scan_ranges *ranges)
{
    free(ranges->items);
    *ranges = (struct of_scan_ranges){NULL, 0, 0};
}

static void append(struct of_scan_ranges *ranges, const struct of_scan_range *range)
{
    if (ranges->count == ranges->capacity) {
        ranges->capacity = ranges->capacity ? 2 * ranges->capacity : 16;
        ranges->items = of_realloc_array(ranges->items, ranges->capacity, sizeof(*ranges->items));
    }
    ranges->items[ranges->count++] = *range;
}

/* Not of_kafka_partitions: a broker may make a topic that is asked for by name. */
static int count_partitions(
    struct of_scan *scan, const char *name, int *partitions, struct of_error *error)
{
    OF_CLEANUP(cleanup_metadata) const rd_kafka_metadata_t *metadata = NULL;
    rd_kafka_resp_err_t code =
        rd_kafka_metadata(scan->asker, 1, NULL, &metadata, OF_SCAN_ANSWER_MS);
    if (code)
        return of_kafka_fail_code(error, code, "asking for the topics");
    *partitions = 0;
    for (int i = 0; i < metadata->topic_cnt; i++)
        if (strcmp(metadata->topics[i].topic, name) == 0)
            *partitions = metadata->topics[i].partition_cnt;
    return OF_OK;
}

int of_scan_topic(struct of_scan *scan, const char *name, size_t topic, enum of_scan_end end,
    struct of_scan_ranges *ranges, bool *exists, struct of_error *error)
{
    int partitions = 0;
    size_t before = ranges->count;
    int result = count_partitions(scan, name, &partitions, error);
    if (result == OF_OK && ranges->count + (size_t)partitions > OF_SCAN_RANGES_MAX)
        result = of_fail(error, OF_INPUT, "more than %d partitions", OF_SCAN_RANGES_MAX);
    for (int i = 0; i < partitions && result == OF_OK; i++) {
        struct of_scan_range range = {.topic = topic, .partition = i};
        rd_kafka_resp_err_t code =
            of_kafka_watermarks(end == OF_SCAN_WRITTEN ? scan->asker : scan->reader, name, i,
                OF_SCAN_ANSWER_MS, &range.start, &range.end);
        if (code)
            result = of_kafka_fail_code(error, code, name);
        else
            append(ranges, &range);
    }
    if (result < 0) {
        ranges->count = before;
        return result;
    }
    *exists = partitions > 0;
    return OF_OK;
}

/* ---- reading ---- */

static rd_kafka_topic_partition_list_t *list_of(struct reading *reading)
{
    rd_kafka_topic_partition_list_t *list =
        rd_kafka_topic_partition_list_new((int)reading->range_count);
    for (size_t i = 0; i < reading->range_count; i++) {
        const struct of_scan_range *range = &reading->ranges[i];
        reading->done[i] = range->start >= range->end;
        if (reading->done[i])
            continue;
        rd_kafka_topic_partition_list_add(list, reading->names[range->topic], range->partition)
            ->offset = range->start;
        reading->waiting++;
    }
    return list;
}

/* The range that a record belongs to; neighbours belong together nearly always. */
static size_t find(struct reading *reading, const rd_kafka_message_t *message)
{
    const struct of_scan_range *range = &reading->ranges[reading->last];
    if (reading->last_topic == message->rkt && range->partition == message->partition)
        return reading->last;
    const char *name = rd_kafka_topic_name(message->rkt);
    for (size_t i = 0; i < reading->range_count; i++) {
        range = &reading->ranges[i];
        if (range->partition == message->partition &&
            strcmp(reading->names[range->topic], name) == 0) {
            reading->last = i;
            reading->last_topic = message->rkt;
            return i;
        }
    }
    return reading->range_count;
}

static int take(struct reading *reading, const rd_kafka_message_t *message, struct of_error *error)
{
    bool at_end = message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF;
    if (message->err && !at_end)
        return of_kafka_fail_code(
            error, message->err, message->rkt ? rd_kafka_topic_name(message->rkt) : "reading");
    size_t index = find(reading, message);
    if (index == reading->range_count || reading->done[index])
        return OF_OK;
    const struct of_scan_range *range = &reading->ranges[index];
    int result = OF_OK;
    if (!at_end && message->offset < range->end)
        result = reading->visit(reading->context, range, message, error);
    /* An end before ours is that of what is committed so far: more will come. */
    if (message->offset >= range->end || (!at_end && message->offset == range->end - 1)) {
        reading->done[index] = true;
        reading->waiting--;
    }
    return result;
}

/* The question wakes a thread that found its queue full; the answer does not matter. */
static void wake(struct of_scan *scan, rd_kafka_topic_partition_list_t *list)
{
    struct of_error ignored;
    if (of_consumer_ends(scan->reader, list, &ignored) < 0)
        of_log_error(OF_LOG_DEBUG, "waiting for records", &ignored);
}

static int read_on(struct of_scan *scan, struct reading *reading,
    rd_kafka_topic_partition_list_t *list, struct of_error *error)
{
    OF_CLEANUP(cleanup_queue)
    rd_kafka_queue_t *queue = rd_kafka_queue_get_consumer(scan->reader);
    rd_kafka_message_t *batch[BATCH_RECORDS];
    int64_t heard = of_clock_monotonic();
    int result = OF_OK;
    while (reading->waiting > 0 && result == OF_OK) {
        ssize_t got = rd_kafka_consume_batch_queue(queue, POLL_MS, batch, BATCH_RECORDS);
        int64_t now = of_clock_monotonic();
        for (ssize_t i = 0; i < got; i++) {
            if (result == OF_OK)
                result = take(reading, batch[i], error);
            rd_kafka_message_destroy(batch[i]);
        }
        if (got > 0)
            heard = now;
        else if (now - heard >= OF_SCAN_SILENCE_MS)
            return of_fail(error, OF_RETRY,
                "the broker sent nothing for %d s with %zu partitions to go: it is away, or a "
                "transaction stays open",
                OF_SCAN_SILENCE_MS / 1000, reading->waiting);
        else
            wake(scan, list);
    }
    return result;
}

int of_scan_read(struct of_scan *scan, const char *const *names, const struct of_scan_range *ranges,
    size_t range_count, of_scan_visit *visit, void *context, struct of_error *error)
{
    OF_FREE bool *done = of_alloc(range_count + 1);
    struct reading reading = {.names = names,
        .ranges = ranges,
        .done = done,
        .range_count = range_count,
        .visit = visit,
        .context = context};
    OF_CLEANUP(of_cleanup_rd_kafka_partitions)
    rd_kafka_topic_partition_list_t *list = list_of(&reading);
    if (reading.waiting == 0)
        return OF_OK;
    rd_kafka_resp_err_t code = rd_kafka_assign(scan->reader, list);
    if (code)
        return of_kafka_fail_code(error, code, "reading");
    int result = read_on(scan, &reading, list, error);
    rd_kafka_assign(scan->reader, NULL);
    return result;
}
