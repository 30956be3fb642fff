/* A task's state on disk, in Kafka's terms. */
#ifndef KSQLD_SERVER_TASK_STORE_H
#define KSQLD_SERVER_TASK_STORE_H

#include "base/config.h"
#include "kafka/client.h"
#include "state/store.h"

/* The folder of a query, by its consumer group; to be freed. Under ksqld.state.dir, else
 * $STATE_DIRECTORY (systemd), else orderflow-ksqld in $XDG_STATE_HOME or ~/.local/state. */
char *ksql_task_folder(const struct of_config *config, const char *group);

/* With the limits of the configuration. */
int ksql_task_store_open(const struct of_config *config, const char *group, const char *statement,
    struct ksql_store **store, struct of_error *error) OF_NODISCARD;
/* Before the folder of a state is made: FATAL where the group has committed offsets without one, as
 * an older server did for queries that it kept nothing of. */
int ksql_task_store_check_new(
    const rd_kafka_topic_partition_list_t *committed, struct of_error *error) OF_NODISCARD;
/* Settles by where reading goes on; see of_stage_hooks.assigned. */
int ksql_task_store_settle(struct ksql_store *store,
    const rd_kafka_topic_partition_list_t *partitions, struct of_error *error) OF_NODISCARD;
/* Prepares for these offsets, and puts the state's id beside each. */
int ksql_task_store_prepare(struct ksql_store *store, rd_kafka_topic_partition_list_t *offsets,
    struct of_error *error) OF_NODISCARD;

/* As ksql_store_check, by what a group has committed. NULL: of no partition. */
int ksql_task_store_check(struct ksql_store *store,
    const rd_kafka_topic_partition_list_t *committed, struct of_error *error) OF_NODISCARD;

#endif
