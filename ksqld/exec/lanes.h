/* Lanes: what Kafka Streams gives a task each. Rows of one lane share a clock, by which windows
 * close and are forgotten, and the groups of one lane are apart from those of another. A row is in
 * the lane of its partition, or, where ksqlDB would write it to a topic by its new key first, in
 * that of the partition where it would find itself.
 *
 * The clocks are part of the state, with the number that each record has in the order of all. */
#ifndef KSQLD_EXEC_LANES_H
#define KSQLD_EXEC_LANES_H

#include "ksqld/exec/flow.h"

#define KSQL_LANES_MAX 65536

void ksql_lanes_release(struct ksql_lanes *lanes);
/* -1: no row yet. */
int64_t ksql_lane_time(const struct ksql_lanes *lanes, int32_t lane);
/* INPUT: more than KSQL_LANES_MAX. */
int ksql_lane_advance(
    struct ksql_lanes *lanes, int32_t lane, int64_t time, struct of_error *error) OF_NODISCARD;
/* As Kafka's default partitioner: the partition of a key. */
int32_t ksql_lane_of_key(const struct ksql_lanes *lanes, const void *key, size_t size);

/* To and from an entry of the state. Without one, all is as in a new run. */
int ksql_lanes_save(const struct ksql_lanes *lanes, int64_t records, struct ksql_state *state,
    struct of_error *error) OF_NODISCARD;
int ksql_lanes_load(struct ksql_lanes *lanes, int64_t *records, struct ksql_state *state,
    struct of_error *error) OF_NODISCARD;

#endif
