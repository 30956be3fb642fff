/* Positions of the assigned partitions. */
#include "kafka/positions.h"

#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

void of_positions_release(struct of_positions *positions)
{
    for (size_t i = 0; i < positions->count; i++)
        free(positions->items[i].topic);
    free(positions->items);
    *positions = (struct of_positions){.items = NULL};
}

void of_positions_assign(
    struct of_positions *positions, const rd_kafka_topic_partition_list_t *partitions)
{
    of_positions_release(positions);
    if (!partitions || partitions->cnt == 0)
        return;
    positions->count = (size_t)partitions->cnt;
    positions->items = of_alloc(positions->count * sizeof(*positions->items));
    for (size_t i = 0; i < positions->count; i++) {
        const rd_kafka_topic_partition_t *from = &partitions->elems[i];
        positions->items[i] = (struct of_position){.topic = of_strdup(from->topic),
            .partition = from->partition,
            .start = from->offset,
            .next = -1,
            .committed = -1};
    }
}

static bool is_it(const struct of_position *position, const char *topic, int32_t partition)
{
    return position->partition == partition && strcmp(position->topic, topic) == 0;
}

struct of_position *of_positions_find(
    struct of_positions *positions, const char *topic, int32_t partition)
{
    if (positions->last < positions->count &&
        is_it(&positions->items[positions->last], topic, partition))
        return &positions->items[positions->last];
    for (size_t i = 0; i < positions->count; i++)
        if (is_it(&positions->items[i], topic, partition)) {
            positions->last = i;
            return &positions->items[i];
        }
    return NULL;
}

static void set_at_end(struct of_positions *positions, struct of_position *position, bool at_end)
{
    if (position->at_end == at_end)
        return;
    position->at_end = at_end;
    if (at_end)
        positions->ends++;
    else
        positions->ends--;
}

void of_positions_advance(
    struct of_positions *positions, struct of_position *position, int64_t offset)
{
    position->next = offset + 1;
    positions->uncommitted = true;
    set_at_end(positions, position, false);
}

void of_positions_end(struct of_positions *positions, struct of_position *position, int64_t offset)
{
    set_at_end(positions, position, true);
    /* An empty partition has nothing to commit. */
    if (offset > 0 && offset > position->committed && offset > position->next) {
        position->next = offset;
        positions->uncommitted = true;
    }
}

bool of_positions_all_at_end(const struct of_positions *positions)
{
    return positions->ends == positions->count;
}

rd_kafka_topic_partition_list_t *of_positions_list(const struct of_positions *positions)
{
    rd_kafka_topic_partition_list_t *list =
        rd_kafka_topic_partition_list_new((int)positions->count);
    for (size_t i = 0; i < positions->count; i++)
        rd_kafka_topic_partition_list_add(
            list, positions->items[i].topic, positions->items[i].partition);
    return list;
}

rd_kafka_topic_partition_list_t *of_positions_uncommitted(const struct of_positions *positions)
{
    rd_kafka_topic_partition_list_t *list =
        rd_kafka_topic_partition_list_new((int)positions->count);
    for (size_t i = 0; i < positions->count; i++) {
        const struct of_position *position = &positions->items[i];
        if (position->next >= 0 && position->next != position->committed)
            rd_kafka_topic_partition_list_add(list, position->topic, position->partition)->offset =
                position->next;
    }
    return list;
}

void of_positions_committed(struct of_positions *positions)
{
    for (size_t i = 0; i < positions->count; i++)
        if (positions->items[i].next >= 0)
            positions->items[i].committed = positions->items[i].next;
    positions->uncommitted = false;
}

void of_positions_reset(struct of_positions *positions)
{
    for (size_t i = 0; i < positions->count; i++) {
        positions->items[i].next = -1;
        positions->items[i].at_end = false;
    }
    positions->ends = 0;
    positions->uncommitted = false;
}
