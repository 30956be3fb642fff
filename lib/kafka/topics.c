/* Creating topics, and seeing that those which exist are fit. */
#include "kafka/topics.h"

#include "base/clock.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define ADMIN_TIMEOUT_MS 30000
#define SIGHT_PAUSE_MS 20
#define ASK_AGAIN_MS 50

OF_DEFINE_CLEANUP(cleanup_queue, rd_kafka_queue_t *, rd_kafka_queue_destroy)
OF_DEFINE_CLEANUP(cleanup_event, rd_kafka_event_t *, rd_kafka_event_destroy)
OF_DEFINE_CLEANUP(cleanup_admin_options, rd_kafka_AdminOptions_t *, rd_kafka_AdminOptions_destroy)
OF_DEFINE_CLEANUP(cleanup_metadata, const rd_kafka_metadata_t *, rd_kafka_metadata_destroy)

struct new_topics {
    rd_kafka_NewTopic_t *items[OF_TOPICS_MAX];
    size_t count;
};

static void cleanup_new_topics(struct new_topics *topics)
{
    rd_kafka_NewTopic_destroy_array(topics->items, topics->count);
}

static int admin_client(const struct of_config *config, rd_kafka_t **client, struct of_error *error)
{
    rd_kafka_conf_t *conf;
    if (of_kafka_conf(config, RD_KAFKA_PRODUCER, NULL, &conf, error) < 0)
        return OF_INPUT;
    return of_kafka_new(RD_KAFKA_PRODUCER, conf, client, error);
}

static int set_topic_config(
    rd_kafka_NewTopic_t *topic, const char *name, const char *value, struct of_error *error)
{
    rd_kafka_resp_err_t code = rd_kafka_NewTopic_set_config(topic, name, value);
    return code ? of_kafka_fail_code(error, code, name) : OF_OK;
}

static int set_topic_number(
    rd_kafka_NewTopic_t *topic, const char *name, int64_t value, struct of_error *error)
{
    char text[24];
    snprintf(text, sizeof(text), "%" PRId64, value);
    return set_topic_config(topic, name, text, error);
}

static int describe(const struct of_config *config, const struct of_topic_spec *spec,
    struct new_topics *topics, struct of_error *error)
{
    int partitions =
        spec->partitions ? spec->partitions : (int)of_config_int(config, "topic.partitions");
    int factor = spec->replication_factor ? spec->replication_factor
                                          : (int)of_config_int(config, "topic.replication.factor");
    char reason[256];
    rd_kafka_NewTopic_t *topic =
        rd_kafka_NewTopic_new(spec->name, partitions, factor, reason, sizeof(reason));
    if (!topic)
        return of_fail(error, OF_INPUT, "topic %s: %s", spec->name, reason);
    topics->items[topics->count++] = topic;
    if (set_topic_config(topic, "cleanup.policy",
            spec->cleanup_policy ? spec->cleanup_policy : "delete", error) < 0)
        return error->class;
    if (spec->retention_ms != OF_RETENTION_DEFAULT &&
        set_topic_number(topic, "retention.ms", spec->retention_ms, error) < 0)
        return error->class;
    return spec->max_message_bytes
               ? set_topic_number(topic, "max.message.bytes", spec->max_message_bytes, error)
               : OF_OK;
}

/* One that is there already must have the partitions asked for: fewer would spread keys anew. */
static int check_existing(rd_kafka_t *client, const struct of_config *config,
    const struct of_topic_spec *spec, struct of_error *error)
{
    int wanted =
        spec->partitions ? spec->partitions : (int)of_config_int(config, "topic.partitions");
    int found;
    int result = of_kafka_partitions(client, spec->name, &found, error);
    if (result == OF_OK && found < wanted && found > 0)
        return of_fail(error, OF_INPUT,
            "topic %s exists with %d partitions, %d are wanted (topic.partitions)", spec->name,
            found, wanted);
    return result;
}

/* A broker names a topic a moment after the controller has made it: whoever uses it at once would
 * be told that there is none. */
static int await_sight(rd_kafka_t *client, const char *topic, struct of_error *error)
{
    int64_t deadline = of_clock_monotonic() + ADMIN_TIMEOUT_MS;
    for (;;) {
        int found;
        int result = of_kafka_partitions(client, topic, &found, error);
        if (result < 0 || found > 0)
            return result;
        if (of_clock_monotonic() >= deadline)
            return of_fail(error, OF_RETRY, "topic %s was created and is not to be seen", topic);
        of_sleep(SIGHT_PAUSE_MS);
    }
}

static int create(
    rd_kafka_t *client, struct new_topics *topics, rd_kafka_event_t **event, struct of_error *error)
{
    OF_CLEANUP(cleanup_queue) rd_kafka_queue_t *queue = rd_kafka_queue_new(client);
    OF_CLEANUP(cleanup_admin_options)
    rd_kafka_AdminOptions_t *options =
        rd_kafka_AdminOptions_new(client, RD_KAFKA_ADMIN_OP_CREATETOPICS);
    char reason[256];
    rd_kafka_resp_err_t code = rd_kafka_AdminOptions_set_request_timeout(
        options, ADMIN_TIMEOUT_MS, reason, sizeof(reason));
    if (!code)
        code = rd_kafka_AdminOptions_set_operation_timeout(
            options, ADMIN_TIMEOUT_MS, reason, sizeof(reason));
    if (code)
        return of_fail(error, OF_FATAL, "creating topics: %s", reason);
    rd_kafka_CreateTopics(client, topics->items, topics->count, options, queue);
    *event = rd_kafka_queue_poll(queue, 2 * ADMIN_TIMEOUT_MS);
    if (!*event)
        return of_fail(error, OF_RETRY, "creating topics: no answer from the broker");
    if (rd_kafka_event_error(*event)) {
        of_kafka_fail_code(error, rd_kafka_event_error(*event), "creating topics");
        return of_fail(
            error, error->class, "creating topics: %s", rd_kafka_event_error_string(*event));
    }
    return OF_OK;
}

int of_kafka_create_topics(const struct of_config *config, const struct of_topic_spec *specs,
    size_t count, struct of_error *error)
{
    OF_CLEANUP(of_cleanup_rd_kafka) rd_kafka_t *client = NULL;
    OF_CLEANUP(cleanup_new_topics) struct new_topics topics = {.count = 0};
    OF_CLEANUP(cleanup_event) rd_kafka_event_t *event = NULL;
    if (count > OF_TOPICS_MAX)
        return of_fail(error, OF_INPUT, "more than %d topics at once", OF_TOPICS_MAX);
    int result = admin_client(config, &client, error);
    for (size_t i = 0; i < count && result == OF_OK; i++)
        result = describe(config, &specs[i], &topics, error);
    if (result == OF_OK)
        result = create(client, &topics, &event, error);
    if (result < 0)
        return result;
    size_t answers;
    const rd_kafka_topic_result_t **results =
        rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(event), &answers);
    for (size_t i = 0; i < answers && result == OF_OK; i++) {
        rd_kafka_resp_err_t code = rd_kafka_topic_result_error(results[i]);
        if (code == RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS) {
            result = check_existing(client, config, &specs[i], error);
        } else if (!code) {
            result = await_sight(client, specs[i].name, error);
        } else {
            of_kafka_fail_code(error, code, "topic");
            const char *text = rd_kafka_topic_result_error_string(results[i]);
            result = of_fail(error, error->class, "creating topic %s: %s", specs[i].name,
                text ? text : rd_kafka_err2str(code));
        }
    }
    return result;
}

static int ask_metadata(rd_kafka_t *client, const char *topic, int wait_ms,
    const rd_kafka_metadata_t **metadata, struct of_error *error)
{
    rd_kafka_topic_t *handle = rd_kafka_topic_new(client, topic, NULL);
    if (!handle)
        return of_fail(error, OF_INPUT, "'%s' is no topic's name", topic);
    rd_kafka_resp_err_t code = rd_kafka_metadata(client, 0, handle, metadata, wait_ms);
    rd_kafka_topic_destroy(handle);
    return code ? of_kafka_fail_code(error, code, topic) : OF_OK;
}

static rd_kafka_resp_err_t state_of(const rd_kafka_metadata_t *metadata)
{
    return metadata->topic_cnt == 1 ? metadata->topics[0].err
                                    : RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART;
}

int of_kafka_partitions(
    rd_kafka_t *client, const char *topic, int *partitions, struct of_error *error)
{
    OF_CLEANUP(cleanup_metadata) const rd_kafka_metadata_t *metadata = NULL;
    int result = ask_metadata(client, topic, ADMIN_TIMEOUT_MS, &metadata, error);
    if (result < 0)
        return result;
    rd_kafka_resp_err_t code = state_of(metadata);
    if (code && code != RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART)
        return of_kafka_fail_code(error, code, topic);
    *partitions = code ? 0 : metadata->topics[0].partition_cnt;
    return OF_OK;
}

int of_kafka_topic_obstacle(rd_kafka_t *client, const char *topic, int wait_ms,
    rd_kafka_resp_err_t *obstacle, struct of_error *error)
{
    OF_CLEANUP(cleanup_metadata) const rd_kafka_metadata_t *metadata = NULL;
    int result = ask_metadata(client, topic, wait_ms, &metadata, error);
    if (result < 0)
        return result;
    *obstacle = state_of(metadata);
    for (int i = 0; !*obstacle && i < metadata->topics[0].partition_cnt; i++)
        if (metadata->topics[0].partitions[i].leader < 0)
            *obstacle = RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE;
    return OF_OK;
}

static bool is_between_leaders(rd_kafka_resp_err_t code)
{
    return code == RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION ||
           code == RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE ||
           code == RD_KAFKA_RESP_ERR_OFFSET_NOT_AVAILABLE ||
           code == RD_KAFKA_RESP_ERR_FENCED_LEADER_EPOCH ||
           code == RD_KAFKA_RESP_ERR_UNKNOWN_LEADER_EPOCH;
}

rd_kafka_resp_err_t of_kafka_watermarks(rd_kafka_t *client, const char *topic, int32_t partition,
    int wait_ms, int64_t *low, int64_t *high)
{
    int64_t deadline = of_clock_monotonic() + wait_ms, left = wait_ms;
    for (;;) {
        rd_kafka_resp_err_t code =
            rd_kafka_query_watermark_offsets(client, topic, partition, low, high, (int)left);
        left = deadline - of_clock_monotonic() - ASK_AGAIN_MS;
        if (!is_between_leaders(code) || left <= 0)
            return code;
        of_sleep(ASK_AGAIN_MS);
    }
}
