/* Where a consumer stands in each assigned partition: what is read, what is committed, and whether
 * the end was reached. No Kafka calls. */
#ifndef OF_KAFKA_POSITIONS_H
#define OF_KAFKA_POSITIONS_H

#include "kafka/client.h"

#include <stdbool.h>
#include <stdint.h>

struct of_position {
    char *topic;
    int32_t partition;
    int64_t start;     /* where reading began without a committed offset */
    int64_t next;      /* offset to read next; -1: nothing read since the last reset */
    int64_t committed; /* last committed by us; -1: none */
    bool at_end;       /* no further record was there when last asked */
};

struct of_positions {
    struct of_position *items;
    size_t count;
    size_t last;      /* index of the last hit */
    size_t ends;      /* how many are at their end */
    bool uncommitted; /* some `next` differs from `committed` */
};

void of_positions_release(struct of_positions *positions); /* also for OF_CLEANUP */

/* Replaces all by these partitions, whose offsets are where reading starts. */
void of_positions_assign(
    struct of_positions *positions, const rd_kafka_topic_partition_list_t *partitions);

/* NULL: not assigned (any longer). */
struct of_position *of_positions_find(
    struct of_positions *positions, const char *topic, int32_t partition);

/* A record at `offset` was read. */
void of_positions_advance(
    struct of_positions *positions, struct of_position *position, int64_t offset);
/* The end was reached; `offset` lies behind transaction markers. */
void of_positions_end(struct of_positions *positions, struct of_position *position, int64_t offset);
bool of_positions_all_at_end(const struct of_positions *positions);

/* A new list of all partitions, in the order of `items`; to be destroyed. */
rd_kafka_topic_partition_list_t *of_positions_list(const struct of_positions *positions);

/* A new list of what is read but not committed, for the transaction; to be destroyed. */
rd_kafka_topic_partition_list_t *of_positions_uncommitted(const struct of_positions *positions);
void of_positions_committed(struct of_positions *positions);

/* Forgets what was read since the last commit. */
void of_positions_reset(struct of_positions *positions);

#endif
