/* lag: how many committed records groups have before them.
 *
 * Offsets alone do not tell: the markers of transactions take some, and a sink of Connect commits
 * its last record's place, before the markers behind it, for ever. So what lies between is read. */
#include "admin.h"

#include "base/memory.h"
#include "kafka/client.h"
#include "kafka/groups.h"
#include "kafka/topics.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LAG_READ_MAX 10000 /* of one group and topic; behind them offsets stand for records */
#define ENOUGH (-1000)     /* the reading ends by this answer, which no error has */

OF_DEFINE_CLEANUP(cleanup_queue, rd_kafka_queue_t *, rd_kafka_queue_destroy)
OF_DEFINE_CLEANUP(cleanup_event, rd_kafka_event_t *, rd_kafka_event_destroy)

/* A topic's partitions without a committed offset count from their beginning. */
static int add_whole(rd_kafka_t *client, const char *topic,
    rd_kafka_topic_partition_list_t *offsets, struct of_error *error)
{
    int partitions;
    if (of_kafka_partitions(client, topic, &partitions, error) < 0)
        return error->class;
    for (int p = 0; p < partitions; p++)
        if (!rd_kafka_topic_partition_list_find(offsets, topic, p))
            rd_kafka_topic_partition_list_add(offsets, topic, p)->offset = RD_KAFKA_OFFSET_INVALID;
    return OF_OK;
}

/* A stage's input counts while the group has not committed there. */
static int add_stage_input(const struct of_config *config, rd_kafka_t *client, const char *group,
    rd_kafka_topic_partition_list_t *offsets, struct of_error *error)
{
    int result = OF_OK;
    for (const struct admin_stage *stage = admin_stages; stage->group && result == OF_OK; stage++) {
        OF_FREE char *stage_group = of_config_topic(config, stage->group); /* prefixed, too */
        if (strcmp(stage_group, group) != 0)
            continue;
        const char *input = stage->setting ? of_config_get(config, stage->setting) : stage->topic;
        OF_FREE char *topic = of_config_topic(config, input);
        result = add_whole(client, topic, offsets, error);
    }
    return result;
}

/* Appends what the group has before it of one partition, if there is anything. */
static int add_range(rd_kafka_t *client, const rd_kafka_topic_partition_t *partition,
    struct of_scan_range *ranges, size_t *count, struct of_error *error)
{
    int64_t low, high; /* the client reads committed, so `high` is the last stable offset */
    rd_kafka_resp_err_t code = of_kafka_watermarks(
        client, partition->topic, partition->partition, ADMIN_TIMEOUT_MS, &low, &high);
    if (code == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART ||
        code == RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC || code == RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION)
        return OF_OK; /* the topic was deleted, the group's memory of it was not */
    if (code)
        return of_kafka_fail_code(error, code, partition->topic);
    int64_t from = partition->offset < low ? low : partition->offset;
    if (high > from)
        ranges[(*count)++] =
            (struct of_scan_range){.partition = partition->partition, .start = from, .end = high};
    return OF_OK;
}

struct counting {
    struct of_scan_range *ranges;
    const struct of_scan_range *read; /* the same, as they were */
    int64_t records;
};

static int on_record(void *context, const struct of_scan_range *range,
    const rd_kafka_message_t *message, struct of_error *error)
{
    (void)error;
    struct counting *counting = context;
    counting->ranges[range - counting->read].start = message->offset + 1;
    return ++counting->records < LAG_READ_MAX ? OF_OK : ENOUGH;
}

/* Records of the ranges, by offsets behind the first LAG_READ_MAX. */
static int count_records(struct of_scan *scan, const char *topic, struct of_scan_range *ranges,
    size_t count, int64_t *lag, struct of_error *error)
{
    const char *const names[] = {topic};
    OF_FREE struct of_scan_range *read = of_alloc((count + 1) * sizeof(*read));
    memcpy(read, ranges, count * sizeof(*read));
    struct counting counting = {.ranges = ranges, .read = read};
    int result = of_scan_read(scan, names, read, count, on_record, &counting, error);
    if (result < 0 && result != ENOUGH)
        return result;
    *lag = counting.records;
    for (size_t i = 0; i < count && result == ENOUGH; i++)
        *lag += ranges[i].end - ranges[i].start;
    return OF_OK;
}

/* Of the list's elements from `first` on that are of the same topic. */
static int topic_lag(const struct admin_asker *asker,
    const rd_kafka_topic_partition_list_t *offsets, int first, int partitions, int64_t *lag,
    struct of_error *error)
{
    OF_FREE
    struct of_scan_range *ranges = of_alloc(((size_t)partitions + 1) * sizeof(*ranges));
    size_t count = 0;
    int result = OF_OK;
    for (int i = 0; i < partitions && result == OF_OK; i++)
        result = add_range(asker->client, &offsets->elems[first + i], ranges, &count, error);
    return result < 0
               ? result
               : count_records(asker->scan, offsets->elems[first].topic, ranges, count, lag, error);
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

int admin_print_lag(const struct of_config *config, const struct admin_asker *asker,
    const char *group, const char *reads, bool only_ours, struct of_error *error)
{
    OF_CLEANUP(of_cleanup_rd_kafka_partitions) rd_kafka_topic_partition_list_t *offsets = NULL;
    int result = of_group_offsets(asker->client, group, 2 * ADMIN_TIMEOUT_MS, &offsets, error);
    if (result == OF_OK)
        result = add_stage_input(config, asker->client, group, offsets, error);
    if (result == OF_OK && reads)
        result = add_whole(asker->client, reads, offsets, error);
    if (result < 0)
        return result;
    rd_kafka_topic_partition_list_sort(offsets, NULL, NULL);
    for (int first = 0, next; first < offsets->cnt; first = next) {
        const char *topic = offsets->elems[first].topic;
        int64_t lag = 0;
        for (next = first; next < offsets->cnt && strcmp(offsets->elems[next].topic, topic) == 0;)
            next++;
        if (only_ours && !is_our_topic(config, topic))
            continue;
        result = topic_lag(asker, offsets, first, next - first, &lag, error);
        if (result < 0)
            return result;
        printf("%-28s %-18s %10d %12" PRId64 "\n", group, topic, next - first, lag);
    }
    return OF_OK;
}

void admin_asker_release(struct admin_asker *asker)
{
    if (asker->scan)
        of_scan_free(asker->scan);
    if (asker->client)
        rd_kafka_destroy(asker->client);
}

int admin_asker_open(
    const struct of_config *config, struct admin_asker *asker, struct of_error *error)
{
    int result = admin_reader(config, &asker->client, error);
    return result < 0 ? result : of_scan_new(config, &asker->scan, error);
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

/* "GROUP", "GROUP=TOPIC", or "BEGINNING*" for all groups that exist of these. */
static int lag_of_word(const struct of_config *config, const struct admin_asker *asker,
    const struct admin_names *groups, const char *word, struct of_error *error)
{
    OF_FREE char *group = of_strdup(word);
    size_t length = strlen(group);
    char *topic = strchr(group, '=');
    if (topic)
        *topic++ = '\0';
    if (topic || length == 0 || group[length - 1] != '*')
        return admin_print_lag(config, asker, group, topic, false, error);
    int result = OF_OK;
    for (size_t i = 0; i < groups->count && result == OF_OK; i++)
        if (strncmp(groups->items[i], group, length - 1) == 0)
            result = admin_print_lag(config, asker, groups->items[i], NULL, false, error);
    return result;
}

int admin_lag(const struct of_config *config, int word_count, char **words, struct of_error *error)
{
    OF_CLEANUP(admin_asker_release) struct admin_asker asker = {NULL, NULL};
    OF_CLEANUP(admin_names_release)
    struct admin_names groups = {NULL, 0};
    if (word_count < 1)
        return of_fail(error, OF_INPUT, "lag takes the names of groups");
    int result = admin_asker_open(config, &asker, error);
    if (result == OF_OK)
        result = admin_groups(asker.client, &groups, error);
    for (int i = 0; i < word_count && result == OF_OK; i++)
        result = lag_of_word(config, &asker, &groups, words[i], error);
    return result;
}
