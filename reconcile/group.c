/* Asking a broker for a group's offsets, without joining it. */
#include "group.h"

#include "kafka/topics.h"

#define ASK_MS 10000 /* one question to a broker */

static int open_reader(
    const struct of_config *config, const char *group, rd_kafka_t **client, struct of_error *error)
{
    const char *const pairs[] = {"group.id", group, "enable.auto.commit", "false",
        "isolation.level", "read_committed", "allow.auto.create.topics", "false", NULL};
    rd_kafka_conf_t *conf;
    int result = of_kafka_conf(config, RD_KAFKA_CONSUMER, pairs, &conf, error);
    return result < 0 ? result : of_kafka_new(RD_KAFKA_CONSUMER, conf, client, error);
}

int group_read(const struct of_config *config, const char *group, const char *topic,
    struct group_offsets *offsets, struct of_error *error)
{
    OF_CLEANUP(of_cleanup_rd_kafka) rd_kafka_t *client = NULL;
    int partitions = 0;
    int result = open_reader(config, group, &client, error);
    if (result == OF_OK)
        result = of_kafka_partitions(client, topic, &partitions, error);
    if (result < 0)
        return result;
    OF_CLEANUP(of_cleanup_rd_kafka_partitions)
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(partitions);
    for (int i = 0; i < partitions; i++)
        rd_kafka_topic_partition_list_add(list, topic, i);
    rd_kafka_resp_err_t code =
        partitions > 0 ? rd_kafka_committed(client, list, ASK_MS) : RD_KAFKA_RESP_ERR_NO_ERROR;
    if (code)
        return of_kafka_fail_code(error, code, group);
    offsets->list = OF_TAKE(list);
    return OF_OK;
}

void group_release(struct group_offsets *offsets)
{
    if (offsets->list)
        rd_kafka_topic_partition_list_destroy(offsets->list);
    offsets->list = NULL;
}

bool group_has_read(const struct group_offsets *offsets)
{
    for (int i = 0; offsets->list && i < offsets->list->cnt; i++)
        if (offsets->list->elems[i].offset >= 0)
            return true;
    return false;
}

bool group_awaits(const struct group_offsets *offsets, int32_t partition, int64_t offset)
{
    for (int i = 0; offsets->list && i < offsets->list->cnt; i++)
        if (offsets->list->elems[i].partition == partition)
            return offset >= offsets->list->elems[i].offset;
    return true;
}
