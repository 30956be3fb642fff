/* Partitions and offsets between Kafka and a state. What a committed offset belongs to is told by
 * the id that is committed with it; where nothing is committed, there is none. */
#include "ksqld/server/task_store.h"

#include "base/memory.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

char *ksql_task_folder(const struct of_config *config, const char *group)
{
    const char *given = of_config_get(config, "ksqld.state.dir");
    const char *service = getenv("STATE_DIRECTORY"), *states = getenv("XDG_STATE_HOME");
    const char *home = getenv("HOME");
    if (given && *given)
        return of_asprintf("%s/%s", given, group);
    if (service && *service)
        return of_asprintf("%s/%s", service, group);
    if (states && *states)
        return of_asprintf("%s/orderflow-ksqld/%s", states, group);
    return of_asprintf("%s/.local/state/orderflow-ksqld/%s", home ? home : "", group);
}

int ksql_task_store_open(const struct of_config *config, const char *group, const char *statement,
    struct ksql_store **store, struct of_error *error)
{
    OF_FREE char *folder = ksql_task_folder(config, group);
    const struct ksql_store_options options = {.folder = folder,
        .maker = statement,
        .disk_max = (uint64_t)of_config_int(config, "ksqld.state.max.bytes"),
        .disk_free = (uint64_t)of_config_int(config, "ksqld.state.min.free.bytes")};
    return ksql_store_open(&options, store, error);
}

int ksql_task_store_check_new(
    const rd_kafka_topic_partition_list_t *committed, struct of_error *error)
{
    for (int i = 0; i < committed->cnt; i++) {
        const rd_kafka_topic_partition_t *one = &committed->elems[i];
        if (one->offset >= 0 && !one->metadata_size) /* of others settle tells more */
            return of_fail(error, OF_FATAL,
                "%s[%d]: offset %" PRId64 " was committed by a server that kept no rows of this "
                "table: terminate the query, drop its table, and create it anew",
                one->topic, one->partition, one->offset);
    }
    return OF_OK;
}

/* To be freed. */
static struct ksql_store_position *positions_of(const rd_kafka_topic_partition_list_t *list)
{
    struct ksql_store_position *positions = of_alloc(((size_t)list->cnt + 1) * sizeof(*positions));
    for (int i = 0; i < list->cnt; i++) {
        const rd_kafka_topic_partition_t *from = &list->elems[i];
        positions[i] = (struct ksql_store_position){.topic = from->topic,
            .partition = from->partition,
            .offset = from->offset,
            .id = from->metadata,
            .id_size = from->metadata_size};
    }
    return positions;
}

int ksql_task_store_settle(struct ksql_store *store,
    const rd_kafka_topic_partition_list_t *partitions, struct of_error *error)
{
    OF_FREE struct ksql_store_position *positions = positions_of(partitions);
    for (int i = 0; i < partitions->cnt; i++) {
        if (!partitions->elems[i].metadata_size) /* where to start, for nothing is committed */
            positions[i].offset = -1;
    }
    return ksql_store_settle(store, positions, (size_t)partitions->cnt, error);
}

int ksql_task_store_prepare(
    struct ksql_store *store, rd_kafka_topic_partition_list_t *offsets, struct of_error *error)
{
    OF_FREE struct ksql_store_position *positions = positions_of(offsets);
    for (int i = 0; i < offsets->cnt; i++) {
        rd_kafka_topic_partition_t *one = &offsets->elems[i];
        one->metadata = of_strndup(ksql_store_id(store), KSQL_STORE_ID_SIZE);
        one->metadata_size = KSQL_STORE_ID_SIZE;
    }
    return ksql_store_prepare(store, positions, (size_t)offsets->cnt, error);
}

int ksql_task_store_check(struct ksql_store *store,
    const rd_kafka_topic_partition_list_t *committed, struct of_error *error)
{
    if (!committed)
        return ksql_store_check(store, NULL, 0, error);
    if (committed->cnt == 0)
        return of_fail(error, OF_FATAL, "no offset is committed");
    OF_FREE struct ksql_store_position *positions = positions_of(committed);
    return ksql_store_check(store, positions, (size_t)committed->cnt, error);
}
