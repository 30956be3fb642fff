/* Group consumers: creation, offsets, leaving. The loop is stage.c's. */
#include "kafka/consumer.h"

#include "base/clock.h"
#include "base/log.h"
#include "kafka/topics.h"

#include <inttypes.h>
#include <string.h>

#define LEAVE_SLICE_MS 50

OF_DEFINE_CLEANUP(cleanup_queue, rd_kafka_queue_t *, rd_kafka_queue_destroy)

/* Partitions move all at once here: whoever takes one back has committed first. */
static int check_strategy(const struct of_config *config, struct of_error *error)
{
    const char *strategy = of_config_get(config, "partition.assignment.strategy");
    if (strategy && strstr(strategy, "cooperative"))
        return of_fail(error, OF_INPUT,
            "partition.assignment.strategy: '%s' is not supported, only range and roundrobin",
            strategy);
    return OF_OK;
}

int of_consumer_new(const struct of_config *config, const char *group, const char *instance,
    of_rebalance *rebalance, void *opaque, rd_kafka_t **consumer, struct of_error *error)
{
    /* "error": an offset that is gone must not become the oldest or newest one in silence. */
    const char *const pairs[] = {"group.id", group, "group.instance.id", instance,
        "enable.auto.commit", "false", "enable.auto.offset.store", "false", "enable.partition.eof",
        "true", "isolation.level", "read_committed", "auto.offset.reset", "error", NULL};
    rd_kafka_conf_t *conf;
    if (check_strategy(config, error) < 0)
        return OF_INPUT;
    if (of_kafka_conf(config, RD_KAFKA_CONSUMER, pairs, &conf, error) < 0)
        return OF_INPUT;
    rd_kafka_conf_set_rebalance_cb(conf, rebalance);
    rd_kafka_conf_set_opaque(conf, opaque);
    int result = of_kafka_new(RD_KAFKA_CONSUMER, conf, consumer, error);
    if (result == OF_OK)
        rd_kafka_poll_set_consumer(*consumer);
    return result;
}

int of_consumer_follow(const struct of_config *config, const char *group, const char *reset,
    rd_kafka_t **consumer, struct of_error *error)
{
    const char *const pairs[] = {"group.id", group, "isolation.level", "read_committed",
        "enable.auto.commit", "false", "auto.offset.reset", reset, "fetch.wait.max.ms", "50",
        "enable.partition.eof", "false", "allow.auto.create.topics", "false", NULL};
    rd_kafka_conf_t *conf;
    int result = of_kafka_conf(config, RD_KAFKA_CONSUMER, pairs, &conf, error);
    if (result == OF_OK)
        result = of_kafka_new(RD_KAFKA_CONSUMER, conf, consumer, error);
    if (result == OF_OK)
        rd_kafka_poll_set_consumer(*consumer);
    return result;
}

static bool starts_at_end(const struct of_config *config)
{
    const char *reset = of_config_get(config, "auto.offset.reset");
    return reset && (strcmp(reset, "latest") == 0 || strcmp(reset, "largest") == 0 ||
                        strcmp(reset, "end") == 0);
}

/* A definite number, so that a rewind before the first commit comes back to the same place. */
static int resolve_start(rd_kafka_t *consumer, rd_kafka_topic_partition_t *partition, bool at_end,
    struct of_error *error)
{
    int64_t low, high;
    rd_kafka_resp_err_t code = of_kafka_watermarks(
        consumer, partition->topic, partition->partition, OF_CONSUMER_ASK_MS, &low, &high);
    if (code)
        return of_kafka_fail_code(error, code, "asking for a partition's offsets");
    if (partition->offset < 0) {
        bool first = partition->offset == RD_KAFKA_OFFSET_BEGINNING || !at_end;
        partition->offset = first ? low : high;
        return OF_OK;
    }
    if (partition->offset < low || partition->offset > high)
        return of_fail(error, OF_FATAL,
            "%s[%d]: the committed offset %" PRId64 " is not in the topic any more (%" PRId64
            " to %" PRId64 "): records were deleted before they were read; set the group's "
            "offsets by hand to go on without them",
            partition->topic, partition->partition, partition->offset, low, high);
    return OF_OK;
}

int of_consumer_resolve(const struct of_config *config, rd_kafka_t *consumer,
    rd_kafka_topic_partition_list_t *partitions, struct of_error *error)
{
    bool at_end = starts_at_end(config);
    OF_CLEANUP(of_cleanup_rd_kafka_partitions)
    rd_kafka_topic_partition_list_t *starts = rd_kafka_topic_partition_list_copy(partitions);
    rd_kafka_resp_err_t code = rd_kafka_committed(consumer, partitions, OF_CONSUMER_ASK_MS);
    if (code)
        return of_kafka_fail_code(error, code, "asking for the committed offsets");
    for (int i = 0; i < partitions->cnt; i++) {
        if (partitions->elems[i].err)
            return of_kafka_fail_code(
                error, partitions->elems[i].err, "asking for the committed offsets");
        if (partitions->elems[i].offset < 0)
            partitions->elems[i].offset = starts->elems[i].offset;
        int result = resolve_start(consumer, &partitions->elems[i], at_end, error);
        if (result < 0)
            return result;
    }
    return OF_OK;
}

int of_consumer_seek(
    rd_kafka_t *consumer, rd_kafka_topic_partition_list_t *partitions, struct of_error *error)
{
    /* No time limit: librdkafka 2.0.2 takes the milliseconds for microseconds. It asks no broker.
     */
    OF_CLEANUP(of_cleanup_rd_kafka_error)
    rd_kafka_error_t *failure = rd_kafka_seek_partitions(consumer, partitions, -1);
    if (failure)
        return of_kafka_fail(error, failure, "rewinding");
    for (int i = 0; i < partitions->cnt; i++)
        if (partitions->elems[i].err)
            return of_kafka_fail_code(error, partitions->elems[i].err, "rewinding");
    return OF_OK;
}

int of_consumer_ends(
    rd_kafka_t *consumer, rd_kafka_topic_partition_list_t *partitions, struct of_error *error)
{
    for (int i = 0; i < partitions->cnt; i++)
        partitions->elems[i].offset = RD_KAFKA_OFFSET_END;
    rd_kafka_resp_err_t code = rd_kafka_offsets_for_times(consumer, partitions, OF_CONSUMER_ASK_MS);
    return code ? of_kafka_fail_code(error, code, "asking for the ends of the partitions") : OF_OK;
}

static bool has_assignment(rd_kafka_t *consumer)
{
    OF_CLEANUP(of_cleanup_rd_kafka_partitions) rd_kafka_topic_partition_list_t *list = NULL;
    return rd_kafka_assignment(consumer, &list) == RD_KAFKA_RESP_ERR_NO_ERROR && list->cnt > 0;
}

/* unsubscribe makes librdkafka send the LeaveGroup that close does not send for static members. */
static void give_back_partitions(rd_kafka_t *consumer, int64_t deadline)
{
    rd_kafka_unsubscribe(consumer);
    while (has_assignment(consumer) && of_clock_monotonic() < deadline) {
        rd_kafka_message_t *message = rd_kafka_consumer_poll(consumer, LEAVE_SLICE_MS);
        if (message)
            rd_kafka_message_destroy(message);
    }
}

/* False: it hangs, or has failed for good. */
static bool close_in_time(rd_kafka_t *consumer, int64_t deadline)
{
    OF_CLEANUP(cleanup_queue) rd_kafka_queue_t *queue = rd_kafka_queue_new(consumer);
    OF_CLEANUP(of_cleanup_rd_kafka_error)
    rd_kafka_error_t *failure = rd_kafka_consumer_close_queue(consumer, queue);
    while (!failure && !rd_kafka_consumer_closed(consumer) && of_clock_monotonic() < deadline)
        rd_kafka_queue_poll_callback(queue, LEAVE_SLICE_MS);
    return rd_kafka_consumer_closed(consumer);
}

void of_consumer_leave(rd_kafka_t *consumer)
{
    char reason[64];
    int64_t deadline = of_clock_monotonic() + OF_CONSUMER_LEAVE_MS;
    bool failed = rd_kafka_fatal_error(consumer, reason, sizeof(reason)) != 0;
    give_back_partitions(consumer, deadline);
    if (failed)
        rd_kafka_destroy_flags(consumer, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
    else if (close_in_time(consumer, deadline))
        rd_kafka_destroy(consumer);
    else /* destroy would hang as the close does: rather lose its memory */
        of_log(OF_LOG_WARNING, "the consumer did not close in time",
            OF_F_INT("milliseconds", OF_CONSUMER_LEAVE_MS));
}
