/* Metadata and administration. Records are read and written elsewhere. */
#include "ksqld/server/cluster.h"

#include "base/log.h"
#include "base/memory.h"
#include "kafka/groups.h"

#include <stdlib.h>

OF_DEFINE_CLEANUP(cleanup_queue, rd_kafka_queue_t *, rd_kafka_queue_destroy)
OF_DEFINE_CLEANUP(cleanup_event, rd_kafka_event_t *, rd_kafka_event_destroy)
OF_DEFINE_CLEANUP(cleanup_metadata, const rd_kafka_metadata_t *, rd_kafka_metadata_destroy)
OF_DEFINE_CLEANUP(cleanup_resource, rd_kafka_ConfigResource_t *, rd_kafka_ConfigResource_destroy)
OF_DEFINE_CLEANUP(cleanup_topic, rd_kafka_topic_t *, rd_kafka_topic_destroy)

struct ksql_cluster {
    const struct of_config *config;
    struct of_registry *registry;
    rd_kafka_t *client;
    char *id;
};

int ksql_cluster_new(const struct of_config *config, struct of_registry *registry,
    struct ksql_cluster **out, struct of_error *error)
{
    OF_CLEANUP(of_cleanup_ksql_cluster) struct ksql_cluster *cluster = of_alloc(sizeof(*cluster));
    cluster->config = config;
    cluster->registry = registry;
    /* A consumer: its questions about a topic never create one. */
    rd_kafka_conf_t *conf;
    if (of_kafka_conf(config, RD_KAFKA_CONSUMER, NULL, &conf, error) < 0)
        return OF_INPUT;
    int result = of_kafka_new(RD_KAFKA_CONSUMER, conf, &cluster->client, error);
    if (result < 0)
        return result;
    *out = OF_TAKE(cluster);
    return OF_OK;
}

void ksql_cluster_free(struct ksql_cluster *cluster)
{
    if (cluster->client)
        rd_kafka_destroy(cluster->client);
    free(cluster->id);
    free(cluster);
}

rd_kafka_t *ksql_cluster_client(struct ksql_cluster *cluster)
{
    return cluster->client;
}

void ksql_cluster_learn_id(struct ksql_cluster *cluster)
{
    char *id = rd_kafka_clusterid(cluster->client, KSQL_CLUSTER_ASK_MS);
    if (id && !cluster->id)
        cluster->id = of_strdup(id);
    rd_kafka_mem_free(cluster->client, id);
}

const char *ksql_cluster_id(const struct ksql_cluster *cluster)
{
    return cluster->id ? cluster->id : "";
}

bool ksql_cluster_ping(struct ksql_cluster *cluster)
{
    OF_CLEANUP(cleanup_metadata) const rd_kafka_metadata_t *metadata = NULL;
    return rd_kafka_metadata(cluster->client, 0, NULL, &metadata, KSQL_CLUSTER_PING_MS) ==
           RD_KAFKA_RESP_ERR_NO_ERROR;
}

/* ---- topics ---- */

static int replicas_of(const rd_kafka_metadata_topic_t *topic)
{
    return topic->partition_cnt > 0 ? topic->partitions[0].replica_cnt : 0;
}

int ksql_cluster_topic(struct ksql_cluster *cluster, const char *name, struct ksql_topic *topic,
    struct of_error *error)
{
    OF_CLEANUP(cleanup_metadata) const rd_kafka_metadata_t *metadata = NULL;
    OF_CLEANUP(cleanup_topic)
    rd_kafka_topic_t *handle = rd_kafka_topic_new(cluster->client, name, NULL);
    if (!handle)
        return of_fail(error, OF_INPUT, "'%s' is no topic's name", name);
    rd_kafka_resp_err_t code =
        rd_kafka_metadata(cluster->client, 0, handle, &metadata, KSQL_CLUSTER_ASK_MS);
    if (code)
        return of_kafka_fail_code(error, code, name);
    code = metadata->topic_cnt == 1 ? metadata->topics[0].err
                                    : RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART;
    if (code == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART ||
        code == RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION) {
        *topic = (struct ksql_topic){.exists = false};
        return OF_OK;
    }
    if (code)
        return of_kafka_fail_code(error, code, name);
    *topic = (struct ksql_topic){.exists = true,
        .partitions = metadata->topics[0].partition_cnt,
        .replicas = replicas_of(&metadata->topics[0])};
    return OF_OK;
}

/* The topic's retention.ms, its own or the broker's default. False: not told (no right to ask). */
static bool ask_retention(struct ksql_cluster *cluster, const char *name, int64_t *retention)
{
    OF_CLEANUP(cleanup_queue) rd_kafka_queue_t *queue = rd_kafka_queue_new(cluster->client);
    OF_CLEANUP(cleanup_resource)
    rd_kafka_ConfigResource_t *request = rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, name);
    rd_kafka_DescribeConfigs(cluster->client, &request, 1, NULL, queue);
    OF_CLEANUP(cleanup_event)
    rd_kafka_event_t *event = rd_kafka_queue_poll(queue, KSQL_CLUSTER_ASK_MS);
    if (!event || rd_kafka_event_error(event))
        return false;
    size_t count, entries = 0;
    const rd_kafka_ConfigResource_t **answers = rd_kafka_DescribeConfigs_result_resources(
        rd_kafka_event_DescribeConfigs_result(event), &count);
    const rd_kafka_ConfigEntry_t **list =
        count == 1 ? rd_kafka_ConfigResource_configs(answers[0], &entries) : NULL;
    for (size_t i = 0; i < entries; i++) {
        const char *value = rd_kafka_ConfigEntry_value(list[i]);
        if (strcmp(rd_kafka_ConfigEntry_name(list[i]), "retention.ms") == 0 && value) {
            *retention = strtoll(value, NULL, 10);
            return true;
        }
    }
    return false;
}

int ksql_cluster_ensure_topic(
    struct ksql_cluster *cluster, const struct of_topic_spec *wanted, struct of_error *error)
{
    struct ksql_topic topic;
    int result = ksql_cluster_topic(cluster, wanted->name, &topic, error);
    if (result == OF_OK && !topic.exists)
        result = of_kafka_create_topics(cluster->config, wanted, 1, error);
    return result;
}

int ksql_cluster_create_topic(
    struct ksql_cluster *cluster, const struct ksql_new_topic *topic, struct of_error *error)
{
    const struct of_topic_spec spec = {.name = topic->name,
        .partitions = topic->partitions,
        .replication_factor = topic->replicas,
        .cleanup_policy = topic->cleanup_policy,
        .retention_ms = topic->retention_ms};
    int result = of_kafka_create_topics(cluster->config, &spec, 1, error);
    if (result == OF_OK)
        of_log(OF_LOG_INFO, "topic created", OF_F_TEXT("topic", topic->name),
            OF_F_INT("partitions", topic->partitions));
    return result;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(
        ((const struct ksql_topic_view *)a)->name, ((const struct ksql_topic_view *)b)->name);
}

static bool is_internal(const char *name)
{
    return strncmp(name, "_confluent", 10) == 0 || strncmp(name, "__", 2) == 0;
}

void ksql_topic_views_release(struct ksql_topic_views *views)
{
    for (size_t i = 0; i < views->count; i++)
        of_cleanup_free(&views->items[i].name);
    free(views->items);
    *views = (struct ksql_topic_views){.items = NULL};
}

int ksql_cluster_topics(
    struct ksql_cluster *cluster, struct ksql_topic_views *views, struct of_error *error)
{
    OF_CLEANUP(cleanup_metadata) const rd_kafka_metadata_t *metadata = NULL;
    rd_kafka_resp_err_t code =
        rd_kafka_metadata(cluster->client, 1, NULL, &metadata, KSQL_CLUSTER_ASK_MS);
    if (code)
        return of_kafka_fail_code(error, code, "listing topics");
    struct ksql_topic_views found = {.items = NULL};
    found.items = of_alloc(((size_t)metadata->topic_cnt + 1) * sizeof(*found.items));
    for (int i = 0; i < metadata->topic_cnt; i++) {
        const rd_kafka_metadata_topic_t *topic = &metadata->topics[i];
        if (!is_internal(topic->topic))
            found.items[found.count++] = (struct ksql_topic_view){
                of_strdup(topic->topic), topic->partition_cnt, replicas_of(topic)};
    }
    qsort(found.items, found.count, sizeof(*found.items), by_name);
    *views = found;
    return OF_OK;
}

/* ---- deleting ---- */

/* The error of the only result of an administrative request, what is missing being fine. */
static int check_deleted(
    rd_kafka_event_t *event, const char *what, const char *name, struct of_error *error)
{
    rd_kafka_resp_err_t code = RD_KAFKA_RESP_ERR__TIMED_OUT;
    size_t count;
    if (event)
        code = rd_kafka_event_error(event);
    if (event && !code && rd_kafka_event_type(event) == RD_KAFKA_EVENT_DELETETOPICS_RESULT) {
        const rd_kafka_topic_result_t **results =
            rd_kafka_DeleteTopics_result_topics(rd_kafka_event_DeleteTopics_result(event), &count);
        code = count ? rd_kafka_topic_result_error(results[0]) : RD_KAFKA_RESP_ERR_NO_ERROR;
    } else if (event && !code) {
        const rd_kafka_group_result_t **results =
            rd_kafka_DeleteGroups_result_groups(rd_kafka_event_DeleteGroups_result(event), &count);
        const rd_kafka_error_t *cause = count ? rd_kafka_group_result_error(results[0]) : NULL;
        code = cause ? rd_kafka_error_code(cause) : RD_KAFKA_RESP_ERR_NO_ERROR;
    }
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR || code == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART ||
        code == RD_KAFKA_RESP_ERR_GROUP_ID_NOT_FOUND)
        return OF_OK;
    of_kafka_fail_code(error, code, name);
    return of_error_context(error, "deleting %s", what);
}

int ksql_cluster_offsets(struct ksql_cluster *cluster, const char *group,
    rd_kafka_topic_partition_list_t **offsets, struct of_error *error)
{
    return of_group_offsets(cluster->client, group, KSQL_CLUSTER_ASK_MS, offsets, error);
}

int ksql_cluster_delete_group(
    struct ksql_cluster *cluster, const char *group, struct of_error *error)
{
    OF_CLEANUP(cleanup_queue) rd_kafka_queue_t *queue = rd_kafka_queue_new(cluster->client);
    rd_kafka_DeleteGroup_t *request = rd_kafka_DeleteGroup_new(group);
    rd_kafka_DeleteGroups(cluster->client, &request, 1, NULL, queue);
    rd_kafka_DeleteGroup_destroy(request);
    OF_CLEANUP(cleanup_event)
    rd_kafka_event_t *event = rd_kafka_queue_poll(queue, KSQL_CLUSTER_ASK_MS);
    return check_deleted(event, "a consumer group", group, error);
}

static int delete_subjects(struct ksql_cluster *cluster, const char *name, struct of_error *error)
{
    OF_FREE char *value = of_asprintf("%s-value", name), *key = of_asprintf("%s-key", name);
    int result = of_registry_delete(cluster->registry, value, error);
    return result < 0 ? result : of_registry_delete(cluster->registry, key, error);
}

int ksql_cluster_delete_topic(
    struct ksql_cluster *cluster, const char *name, struct of_error *error)
{
    OF_CLEANUP(cleanup_queue) rd_kafka_queue_t *queue = rd_kafka_queue_new(cluster->client);
    rd_kafka_DeleteTopic_t *request = rd_kafka_DeleteTopic_new(name);
    rd_kafka_DeleteTopics(cluster->client, &request, 1, NULL, queue);
    rd_kafka_DeleteTopic_destroy(request);
    OF_CLEANUP(cleanup_event)
    rd_kafka_event_t *event = rd_kafka_queue_poll(queue, KSQL_CLUSTER_ASK_MS);
    int result = check_deleted(event, "a topic", name, error);
    return result < 0 ? result : delete_subjects(cluster, name, error);
}

/* ---- for the engine ---- */

static int ask_topic(
    void *context, const char *topic, struct ksql_topic *answer, struct of_error *error)
{
    int result = ksql_cluster_topic(context, topic, answer, error);
    if (result == OF_OK && answer->exists)
        answer->has_retention = ask_retention(context, topic, &answer->retention_ms);
    return result;
}

static int ask_schema(void *context, const char *topic, bool key, int32_t id,
    struct of_schema *schema, struct of_error *error)
{
    const struct ksql_cluster *cluster = context;
    if (id >= 0)
        return of_registry_find(cluster->registry, id, schema, error);
    OF_FREE char *subject = of_asprintf("%s-%s", topic, key ? "key" : "value");
    struct of_registry_version newest = {.schema = {.text = NULL}};
    int result = of_registry_newest(cluster->registry, subject, &newest, error);
    if (result < 0 && !of_registry_is_missing(error))
        return result;
    *schema = newest.schema;
    return OF_OK;
}

struct ksql_callbacks ksql_cluster_callbacks(struct ksql_cluster *cluster)
{
    return (struct ksql_callbacks){
        .context = cluster, .topic = ask_topic, .schema = ask_schema, .keeps_state = true};
}

static int ask_writer_schema(void *context, int32_t id, enum of_schema_type type, const char **text,
    size_t *size, struct of_error *error)
{
    const struct ksql_cluster *cluster = context;
    return of_registry_find_typed(cluster->registry, id, type, text, size, error);
}

struct ksql_run_callbacks ksql_cluster_run_callbacks(struct ksql_cluster *cluster)
{
    return (struct ksql_run_callbacks){.context = cluster, .schema = ask_writer_schema};
}
