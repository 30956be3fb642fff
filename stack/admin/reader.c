/* Reading topics whole, as committed. Offsets cannot be subtracted: transaction markers take some,
 * and aborted records take others. */
#include "admin.h"

#include "kafka/client.h"

#include <string.h>

#define BATCH_RECORDS 2000
#define POLL_MS 50 /* a batch that is not full waits this long */

OF_DEFINE_CLEANUP(cleanup_queue, rd_kafka_queue_t *, rd_kafka_queue_destroy)
OF_DEFINE_CLEANUP(cleanup_metadata, const rd_kafka_metadata_t *, rd_kafka_metadata_destroy)

struct reading {
    const char *const *topics;
    size_t topic_count;
    admin_visit *visit;
    void *context;
    int64_t *counts;
    int waiting; /* partitions whose end is ahead */
};

int admin_reader(const struct of_config *config, rd_kafka_t **client, struct of_error *error)
{
    /* Short waits: at a partition's end nothing more comes, and the answer should not either. */
    static const char *const pairs[] = {"group.id", ADMIN_GROUP, "isolation.level",
        "read_committed", "enable.partition.eof", "true", "enable.auto.commit", "false",
        "fetch.wait.max.ms", "10", "auto.offset.reset", "error", NULL};
    rd_kafka_conf_t *conf;
    int result = of_kafka_conf(config, RD_KAFKA_CONSUMER, pairs, &conf, error);
    if (result < 0)
        return result;
    return of_kafka_new(RD_KAFKA_CONSUMER, conf, client, error);
}

static const rd_kafka_metadata_topic_t *find_topic(
    const rd_kafka_metadata_t *metadata, const char *name)
{
    for (int i = 0; i < metadata->topic_cnt; i++)
        if (strcmp(metadata->topics[i].topic, name) == 0)
            return &metadata->topics[i];
    return NULL;
}

static int assign_all(rd_kafka_t *client, struct reading *reading, struct of_error *error)
{
    OF_CLEANUP(cleanup_metadata) const rd_kafka_metadata_t *metadata = NULL;
    OF_CLEANUP(of_cleanup_rd_kafka_partitions)
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(64);
    rd_kafka_resp_err_t code = rd_kafka_metadata(client, 1, NULL, &metadata, ADMIN_TIMEOUT_MS);
    if (code)
        return of_kafka_fail_code(error, code, "asking for the topics");
    for (size_t i = 0; i < reading->topic_count; i++) {
        const rd_kafka_metadata_topic_t *topic = find_topic(metadata, reading->topics[i]);
        reading->counts[i] = topic && topic->partition_cnt > 0 ? 0 : -1;
        for (int p = 0; topic && p < topic->partition_cnt; p++)
            rd_kafka_topic_partition_list_add(list, topic->topic, topic->partitions[p].id)->offset =
                RD_KAFKA_OFFSET_BEGINNING;
    }
    reading->waiting = list->cnt;
    code = rd_kafka_assign(client, list);
    return code ? of_kafka_fail_code(error, code, "reading") : OF_OK;
}

static int take(struct reading *reading, const rd_kafka_message_t *message, struct of_error *error)
{
    if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
        reading->waiting--;
        return OF_OK;
    }
    if (message->err)
        return of_kafka_fail_code(error, message->err, "reading");
    const char *name = rd_kafka_topic_name(message->rkt);
    for (size_t i = 0; i < reading->topic_count; i++) {
        if (strcmp(reading->topics[i], name) == 0) {
            reading->counts[i]++;
            if (reading->visit)
                reading->visit(reading->context, i, message);
        }
    }
    return OF_OK;
}

static int read_to_the_ends(rd_kafka_t *client, struct reading *reading, struct of_error *error)
{
    OF_CLEANUP(cleanup_queue) rd_kafka_queue_t *queue = rd_kafka_queue_get_consumer(client);
    rd_kafka_message_t *batch[BATCH_RECORDS];
    int silence_ms = 0, result = OF_OK;
    while (reading->waiting > 0 && result == OF_OK) {
        ssize_t got = rd_kafka_consume_batch_queue(queue, POLL_MS, batch, BATCH_RECORDS);
        silence_ms = got > 0 ? 0 : silence_ms + POLL_MS;
        for (ssize_t i = 0; i < got; i++) {
            if (result == OF_OK)
                result = take(reading, batch[i], error);
            rd_kafka_message_destroy(batch[i]);
        }
        if (silence_ms >= ADMIN_TIMEOUT_MS)
            return of_fail(error, OF_RETRY, "the broker sent nothing for %d s, %d partitions to go",
                ADMIN_TIMEOUT_MS / 1000, reading->waiting);
    }
    return result;
}

int admin_read(const struct of_config *config, const char *const *topics, size_t topic_count,
    admin_visit *visit, void *context, int64_t *counts, struct of_error *error)
{
    OF_CLEANUP(of_cleanup_rd_kafka) rd_kafka_t *client = NULL;
    struct reading reading = {.topics = topics,
        .topic_count = topic_count,
        .visit = visit,
        .context = context,
        .counts = counts};
    int result = admin_reader(config, &client, error);
    if (result < 0)
        return result;
    rd_kafka_poll_set_consumer(client);
    result = assign_all(client, &reading, error);
    if (result == OF_OK && reading.waiting > 0)
        result = read_to_the_ends(client, &reading, error);
    rd_kafka_consumer_close(client);
    return result;
}
