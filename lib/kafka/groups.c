/* Asking for what groups have committed. How far behind that leaves them is the caller's. */
#include "kafka/groups.h"

OF_DEFINE_CLEANUP(cleanup_queue, rd_kafka_queue_t *, rd_kafka_queue_destroy)
OF_DEFINE_CLEANUP(cleanup_event, rd_kafka_event_t *, rd_kafka_event_destroy)
OF_DEFINE_CLEANUP(cleanup_request, rd_kafka_ListConsumerGroupOffsets_t *,
    rd_kafka_ListConsumerGroupOffsets_destroy)

int of_group_offsets(rd_kafka_t *client, const char *group, int timeout_ms,
    rd_kafka_topic_partition_list_t **offsets, struct of_error *error)
{
    OF_CLEANUP(cleanup_queue) rd_kafka_queue_t *queue = rd_kafka_queue_new(client);
    OF_CLEANUP(cleanup_event) rd_kafka_event_t *event = NULL;
    OF_CLEANUP(cleanup_request)
    rd_kafka_ListConsumerGroupOffsets_t *request =
        rd_kafka_ListConsumerGroupOffsets_new(group, NULL);
    size_t count = 0;
    rd_kafka_ListConsumerGroupOffsets(client, &request, 1, NULL, queue);
    event = rd_kafka_queue_poll(queue, timeout_ms);
    if (!event)
        return of_fail(error, OF_RETRY, "%s: no answer from the broker", group);
    if (rd_kafka_event_error(event))
        return of_kafka_fail_code(error, rd_kafka_event_error(event), group);
    const rd_kafka_group_result_t **groups = rd_kafka_ListConsumerGroupOffsets_result_groups(
        rd_kafka_event_ListConsumerGroupOffsets_result(event), &count);
    if (count != 1)
        return of_fail(error, OF_RETRY, "%s: no offsets in the answer", group);
    if (rd_kafka_group_result_error(groups[0]))
        return of_kafka_fail(error, rd_kafka_group_result_error(groups[0]), group);
    *offsets = rd_kafka_topic_partition_list_copy(rd_kafka_group_result_partitions(groups[0]));
    return OF_OK;
}
