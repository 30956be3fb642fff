/* Consumer groups as DESCRIBE and SHOW TOPICS tell of them: how far they have read, who reads what.
 * Groups of queries are deleted elsewhere. */
#include "kafka/groups.h"
#include "kafka/topics.h"

#include "base/memory.h"
#include "ksqld/server/cluster.h"

#include <stdlib.h>

OF_DEFINE_CLEANUP(cleanup_queue, rd_kafka_queue_t *, rd_kafka_queue_destroy)
OF_DEFINE_CLEANUP(cleanup_event, rd_kafka_event_t *, rd_kafka_event_destroy)

/* ---- how far one has read ---- */

void ksql_group_view_release(struct ksql_group_view *view)
{
    for (size_t i = 0; i < view->count; i++)
        free(view->partitions[i].topic);
    free(view->partitions);
    free(view->group);
    *view = (struct ksql_group_view){.group = NULL};
}

/* Where nothing is committed, and of a topic that was deleted, nothing is said, as in ksqlDB. */
static int add_partition(rd_kafka_t *client, const rd_kafka_topic_partition_t *offset,
    struct ksql_group_view *view, struct of_error *error)
{
    int64_t start, end;
    if (offset->offset < 0)
        return OF_OK;
    rd_kafka_resp_err_t code = of_kafka_watermarks(
        client, offset->topic, offset->partition, KSQL_CLUSTER_ASK_MS, &start, &end);
    if (code == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART ||
        code == RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC || code == RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION)
        return OF_OK;
    if (code)
        return of_kafka_fail_code(error, code, offset->topic);
    view->partitions[view->count++] = (struct ksql_partition_view){
        of_strdup(offset->topic), offset->partition, start, end, offset->offset};
    return OF_OK;
}

int ksql_cluster_group(
    struct ksql_cluster *cluster, struct ksql_group_view *view, struct of_error *error)
{
    rd_kafka_t *client = ksql_cluster_client(cluster);
    OF_CLEANUP(of_cleanup_rd_kafka_partitions) rd_kafka_topic_partition_list_t *offsets = NULL;
    int result = of_group_offsets(client, view->group, KSQL_CLUSTER_ASK_MS, &offsets, error);
    if (result < 0)
        return result;
    rd_kafka_topic_partition_list_sort(offsets, NULL, NULL);
    view->partitions = of_alloc(((size_t)offsets->cnt + 1) * sizeof(*view->partitions));
    for (int i = 0; i < offsets->cnt && result == OF_OK; i++)
        result = add_partition(client, &offsets->elems[i], view, error);
    return result;
}

/* ---- who reads a topic ---- */

/* The group's answer or NULL, *error then. */
static rd_kafka_event_t *ask(rd_kafka_t *client, const char **groups, size_t count,
    rd_kafka_queue_t *queue, struct of_error *error)
{
    if (groups)
        rd_kafka_DescribeConsumerGroups(client, groups, count, NULL, queue);
    else
        rd_kafka_ListConsumerGroups(client, NULL, queue);
    OF_CLEANUP(cleanup_event)
    rd_kafka_event_t *event = rd_kafka_queue_poll(queue, KSQL_CLUSTER_ASK_MS);
    rd_kafka_resp_err_t code = event ? rd_kafka_event_error(event) : RD_KAFKA_RESP_ERR__TIMED_OUT;
    if (!code)
        return OF_TAKE(event);
    of_kafka_fail_code(error, code, "asking for consumer groups");
    return NULL;
}

static struct ksql_topic_view *find(struct ksql_topic_views *views, const char *name)
{
    for (size_t i = 0; i < views->count; i++)
        if (strcmp(views->items[i].name, name) == 0)
            return &views->items[i];
    return NULL;
}

static void count_group(
    const rd_kafka_ConsumerGroupDescription_t *group, struct ksql_topic_views *views)
{
    OF_FREE bool *counted = of_alloc((views->count + 1) * sizeof(*counted));
    for (size_t i = 0; i < rd_kafka_ConsumerGroupDescription_member_count(group); i++) {
        const rd_kafka_MemberAssignment_t *assigned = rd_kafka_MemberDescription_assignment(
            rd_kafka_ConsumerGroupDescription_member(group, i));
        const rd_kafka_topic_partition_list_t *list =
            assigned ? rd_kafka_MemberAssignment_partitions(assigned) : NULL;
        for (int p = 0; list && p < list->cnt; p++) {
            struct ksql_topic_view *topic = find(views, list->elems[p].topic);
            if (!topic)
                continue;
            topic->consumers++;
            topic->groups += !counted[topic - views->items];
            counted[topic - views->items] = true;
        }
    }
}

int ksql_cluster_count_consumers(
    struct ksql_cluster *cluster, struct ksql_topic_views *views, struct of_error *error)
{
    rd_kafka_t *client = ksql_cluster_client(cluster);
    OF_CLEANUP(cleanup_queue) rd_kafka_queue_t *queue = rd_kafka_queue_new(client);
    OF_CLEANUP(cleanup_event) rd_kafka_event_t *listed = ask(client, NULL, 0, queue, error);
    if (!listed)
        return error->class;
    size_t count;
    const rd_kafka_ConsumerGroupListing_t **list = rd_kafka_ListConsumerGroups_result_valid(
        rd_kafka_event_ListConsumerGroups_result(listed), &count);
    if (count == 0)
        return OF_OK;
    OF_FREE const char **names = of_alloc(count * sizeof(*names));
    for (size_t i = 0; i < count; i++)
        names[i] = rd_kafka_ConsumerGroupListing_group_id(list[i]);
    OF_CLEANUP(cleanup_event) rd_kafka_event_t *told = ask(client, names, count, queue, error);
    if (!told)
        return error->class;
    const rd_kafka_ConsumerGroupDescription_t **groups =
        rd_kafka_DescribeConsumerGroups_result_groups(
            rd_kafka_event_DescribeConsumerGroups_result(told), &count);
    for (size_t i = 0; i < count; i++)
        count_group(groups[i], views);
    return OF_OK;
}
