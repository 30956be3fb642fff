/* What is committed stays committed: doubts about offsets that have gone back. */
#include "kafka/floors.h"

#include "base/log.h"

#include <inttypes.h>

void of_floors_release(struct of_floors *floors)
{
    if (floors->offsets)
        rd_kafka_topic_partition_list_destroy(floors->offsets);
    floors->offsets = NULL;
}

static rd_kafka_topic_partition_t *find(
    const struct of_floors *floors, const rd_kafka_topic_partition_t *wanted)
{
    return floors->offsets ? rd_kafka_topic_partition_list_find(
                                 floors->offsets, wanted->topic, wanted->partition)
                           : NULL;
}

void of_floors_raise(struct of_floors *floors, const rd_kafka_topic_partition_list_t *committed)
{
    if (!floors->offsets)
        floors->offsets = rd_kafka_topic_partition_list_new(committed->cnt);
    for (int i = 0; i < committed->cnt; i++) {
        rd_kafka_topic_partition_t *floor = find(floors, &committed->elems[i]);
        if (!floor)
            floor = rd_kafka_topic_partition_list_add(
                floors->offsets, committed->elems[i].topic, committed->elems[i].partition);
        floor->offset = committed->elems[i].offset;
    }
}

static void believe(struct of_floors *floors, const rd_kafka_topic_partition_list_t *answered)
{
    of_log(OF_LOG_WARNING, "committed offsets have gone back",
        OF_F_INT("doubted_ms", floors->doubt_ms));
    of_floors_raise(floors, answered);
    floors->since = 0;
}

int of_floors_check(struct of_floors *floors, const rd_kafka_topic_partition_list_t *answered,
    int64_t now, struct of_error *error)
{
    for (int i = 0; i < answered->cnt; i++) {
        const rd_kafka_topic_partition_t *answer = &answered->elems[i],
                                         *floor = find(floors, answer);
        if (!floor || answer->offset >= floor->offset)
            continue;
        if (floors->since == 0)
            floors->since = now;
        if (now - floors->since < floors->doubt_ms)
            return of_fail(error, OF_RETRY,
                "%s[%d]: the broker says that %" PRId64 " is committed, but it was %" PRId64,
                answer->topic, answer->partition, answer->offset, floor->offset);
        believe(floors, answered);
        return OF_OK;
    }
    floors->since = 0;
    return OF_OK;
}
