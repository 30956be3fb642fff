/* What the server asks and makes in Kafka and in the Schema Registry: topics, subjects, groups.
 * Thread-safe. */
#ifndef KSQLD_SERVER_CLUSTER_H
#define KSQLD_SERVER_CLUSTER_H

#include "base/config.h"
#include "kafka/client.h"
#include "kafka/topics.h"
#include "ksqld/engine.h"
#include "ksqld/server/entity.h"
#include "registry/registry.h"

#define KSQL_CLUSTER_ASK_MS 10000
#define KSQL_CLUSTER_PING_MS 2000

struct ksql_cluster;
/* `config` and `registry` are borrowed until free. */
int ksql_cluster_new(const struct of_config *config, struct of_registry *registry,
    struct ksql_cluster **cluster, struct of_error *error) OF_NODISCARD;
void ksql_cluster_free(struct ksql_cluster *cluster);
OF_DEFINE_CLEANUP(of_cleanup_ksql_cluster, struct ksql_cluster *, ksql_cluster_free)

/* Borrowed until free. */
rd_kafka_t *ksql_cluster_client(struct ksql_cluster *cluster);

/* As the engine asks; context is the cluster. */
struct ksql_callbacks ksql_cluster_callbacks(struct ksql_cluster *cluster);
struct ksql_run_callbacks ksql_cluster_run_callbacks(struct ksql_cluster *cluster);

int ksql_cluster_topic(struct ksql_cluster *cluster, const char *name, struct ksql_topic *topic,
    struct of_error *error) OF_NODISCARD;
/* Creates it, if it is not there. */
int ksql_cluster_ensure_topic(struct ksql_cluster *cluster, const struct of_topic_spec *wanted,
    struct of_error *error) OF_NODISCARD;
int ksql_cluster_create_topic(struct ksql_cluster *cluster, const struct ksql_new_topic *topic,
    struct of_error *error) OF_NODISCARD;
/* Deletes a topic and its subjects; what is not there is fine. */
int ksql_cluster_delete_topic(
    struct ksql_cluster *cluster, const char *name, struct of_error *error) OF_NODISCARD;
/* What a group has committed; the caller's. RETRY: no answer. */
int ksql_cluster_offsets(struct ksql_cluster *cluster, const char *group,
    rd_kafka_topic_partition_list_t **offsets, struct of_error *error) OF_NODISCARD;
/* Forgets the offsets of a query that ended, so that another one of its name starts anew. */
int ksql_cluster_delete_group(
    struct ksql_cluster *cluster, const char *group, struct of_error *error) OF_NODISCARD;

/* All topics but internal ones, by name. */
struct ksql_topic_views {
    struct ksql_topic_view *items;
    size_t count;
};
void ksql_topic_views_release(struct ksql_topic_views *views); /* also for OF_CLEANUP */
int ksql_cluster_topics(struct ksql_cluster *cluster, struct ksql_topic_views *views,
    struct of_error *error) OF_NODISCARD;

/* Adds who is assigned partitions of them. */
int ksql_cluster_count_consumers(struct ksql_cluster *cluster, struct ksql_topic_views *views,
    struct of_error *error) OF_NODISCARD;
/* Fills in how far the group whose name stands in the view has read; release it in any case. */
int ksql_cluster_group(struct ksql_cluster *cluster, struct ksql_group_view *view,
    struct of_error *error) OF_NODISCARD;
void ksql_group_view_release(struct ksql_group_view *view);

/* Asks the cluster for its id, once, before other threads come in. */
void ksql_cluster_learn_id(struct ksql_cluster *cluster);
/* Borrowed until free; "": not learnt. */
const char *ksql_cluster_id(const struct ksql_cluster *cluster);
/* Whether a broker answers within KSQL_CLUSTER_PING_MS. */
bool ksql_cluster_ping(struct ksql_cluster *cluster);

#endif
