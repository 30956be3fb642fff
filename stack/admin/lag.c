/* lag: how far groups are behind what is committed, from their committed offsets. */
#include "admin.h"

#include "base/memory.h"
#include "kafka/client.h"
#include "kafka/groups.h"
#include "kafka/topics.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

OF_DEFINE_CLEANUP(cleanup_queue, rd_kafka_queue_t *, rd_kafka_queue_destroy)
OF_DEFINE_CLEANUP(cleanup_event, rd_kafka_event_t *, rd_kafka_event_destroy)

/* A stage's input counts from its beginning while the group has not committed there. */
static int add_stage_input(const struct of_config *config, rd_kafka_t *client, const char *group,
    rd_kafka_topic_partition_list_t *offsets, struct of_error *error)
{
    for (const struct admin_stage *stage = admin_stages; stage->group; stage++) {
        OF_FREE char *stage_group = of_config_topic(config, stage->group); /* prefixed, too */
        if (strcmp(stage_group, group) != 0)
            continue;
        const char *input = stage->setting ? of_config_get(config, stage->setting) : stage->topic;
        OF_FREE char *topic = of_config_topic(config, input);
        int partitions;
        if (of_kafka_partitions(client, topic, &partitions, error) < 0)
            return error->class;
        for (int p = 0; p < partitions; p++)
            if (!rd_kafka_topic_partition_list_find(offsets, topic, p))
                rd_kafka_topic_partition_list_add(offsets, topic, p)->offset =
                    RD_KAFKA_OFFSET_INVALID;
    }
    return OF_OK;
}

static int partition_lag(rd_kafka_t *client, const rd_kafka_topic_partition_t *partition,
    int64_t *lag, struct of_error *error)
{
    int64_t low, high; /* the client reads committed, so `high` is the last stable offset */
    rd_kafka_resp_err_t code = rd_kafka_query_watermark_offsets(
        client, partition->topic, partition->partition, &low, &high, ADMIN_TIMEOUT_MS);
    if (code == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART ||
        code == RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC || code == RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION) {
        *lag = 0; /* the topic was deleted, the group's memory of it was not */
        return OF_OK;
    }
    if (code)
        return of_kafka_fail_code(error, code, partition->topic);
    int64_t from = partition->offset < low ? low : partition->offset;
    *lag = high > from ? high - from : 0;
    return OF_OK;
}

static bool is_our_topic(const struct of_config *config, const char *name)
{
    for (const struct admin_topic *topic = admin_topics; topic->name; topic++) {
        OF_FREE char *full = admin_topic_name(config, topic);
        if (full && strcmp(full, name) == 0)
            return true;
    }
    return false;
}

int admin_print_lag(const struct of_config *config, rd_kafka_t *client, const char *group,
    bool only_ours, struct of_error *error)
{
    OF_CLEANUP(of_cleanup_rd_kafka_partitions) rd_kafka_topic_partition_list_t *offsets = NULL;
    int result = of_group_offsets(client, group, 2 * ADMIN_TIMEOUT_MS, &offsets, error);
    if (result == OF_OK)
        result = add_stage_input(config, client, group, offsets, error);
    if (result < 0)
        return result;
    rd_kafka_topic_partition_list_sort(offsets, NULL, NULL);
    for (int i = 0; i < offsets->cnt;) {
        const char *topic = offsets->elems[i].topic;
        int64_t sum = 0, lag = 0;
        int partitions = 0;
        bool wanted = !only_ours || is_our_topic(config, topic);
        for (; i < offsets->cnt && strcmp(offsets->elems[i].topic, topic) == 0; i++) {
            if (!wanted)
                continue;
            result = partition_lag(client, &offsets->elems[i], &lag, error);
            if (result < 0)
                return result;
            sum += lag;
            partitions++;
        }
        if (wanted)
            printf("%-28s %-18s %10d %12" PRId64 "\n", group, topic, partitions, sum);
    }
    return OF_OK;
}

void admin_names_release(struct admin_names *names)
{
    for (size_t i = 0; i < names->count; i++)
        free(names->items[i]);
    free(names->items);
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

int admin_groups(rd_kafka_t *client, struct admin_names *groups, struct of_error *error)
{
    OF_CLEANUP(cleanup_queue) rd_kafka_queue_t *queue = rd_kafka_queue_new(client);
    OF_CLEANUP(cleanup_event) rd_kafka_event_t *event = NULL;
    rd_kafka_ListConsumerGroups(client, NULL, queue);
    event = rd_kafka_queue_poll(queue, 2 * ADMIN_TIMEOUT_MS);
    if (!event)
        return of_fail(error, OF_RETRY, "listing groups: no answer from the broker");
    if (rd_kafka_event_error(event))
        return of_kafka_fail_code(error, rd_kafka_event_error(event), "listing groups");
    size_t count;
    const rd_kafka_ConsumerGroupListing_t **found = rd_kafka_ListConsumerGroups_result_valid(
        rd_kafka_event_ListConsumerGroups_result(event), &count);
    groups->items = count ? of_realloc_array(NULL, count, sizeof(*groups->items)) : NULL;
    for (size_t i = 0; i < count; i++)
        groups->items[i] = of_strdup(rd_kafka_ConsumerGroupListing_group_id(found[i]));
    groups->count = count;
    if (count)
        qsort(groups->items, count, sizeof(*groups->items), compare_names);
    return OF_OK;
}

int admin_lag(const struct of_config *config, int word_count, char **words, struct of_error *error)
{
    OF_CLEANUP(of_cleanup_rd_kafka) rd_kafka_t *client = NULL;
    if (word_count < 1)
        return of_fail(error, OF_INPUT, "lag takes the names of groups");
    int result = admin_reader(config, &client, error);
    for (int i = 0; i < word_count && result == OF_OK; i++)
        result = admin_print_lag(config, client, words[i], false, error);
    return result;
}
