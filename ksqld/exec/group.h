/* What the steps that group share: the cells of the state, each with what the aggregates have kept
 * of a group's rows. */
#ifndef KSQLD_EXEC_GROUP_H
#define KSQLD_EXEC_GROUP_H

#include "ksqld/exec/lanes.h"
#include "ksqld/serde/side.h"

/* What is kept of one group, or of one of its windows. */
struct ksql_cell {
    bool exists;
    int64_t timestamp;
    struct ksql_value *states; /* one an aggregate */
};

struct ksql_group {
    struct ksql_step step;
    const struct ksql_grouping *grouping;
    struct of_buffer key, value;
    struct ksql_value *keys;      /* of the row at hand */
    struct ksql_value *arguments; /* of the aggregate at hand */
    struct ksql_row now, before;  /* what goes on */
    int32_t lane;                 /* of the row at hand */
    int64_t stream_time;          /* its lane's; windows */
    /* Where ksqlDB would write the row to a topic by its new key first: that key. */
    bool rekeyed;
    struct ksql_schema new_key;
    struct ksql_side side;
    struct of_buffer key_bytes;
};

struct ksql_step *ksql_group_new(struct ksql_flow *flow);
/* The step for the query's windows. */
struct ksql_step *ksql_windows_new(struct ksql_flow *flow);

void ksql_group_init(struct ksql_group *group, struct ksql_flow *flow);
void ksql_group_free(struct ksql_step *step);

/* The values of GROUP BY for a row, into group->keys. False: one is NULL, the row doesn't count. */
bool ksql_group_keys(struct ksql_group *group, struct ksql_flow *flow, const struct ksql_row *row);
/* Finds group->lane for the row of the change, whose group->keys are at hand. */
void ksql_group_find_lane(
    struct ksql_group *group, const struct ksql_flow *flow, const struct ksql_change *change);
/* The start of the state's key of the group at hand; more may follow. */
void ksql_group_begin_key(struct ksql_group *group);

void ksql_cell_init(const struct ksql_group *group, struct ksql_flow *flow, struct ksql_cell *cell);
/* From the state, under group->key; cell->exists tells. */
int ksql_cell_get(struct ksql_group *group, struct ksql_flow *flow, struct ksql_cell *cell,
    struct of_error *error) OF_NODISCARD;
int ksql_cell_put(struct ksql_group *group, struct ksql_flow *flow, const struct ksql_cell *cell,
    struct of_error *error) OF_NODISCARD;
/* What the state keeps under group->key, copied to the record's arena; no data: nothing. */
int ksql_group_load(struct ksql_group *group, struct ksql_flow *flow, struct of_text *bytes,
    struct of_error *error) OF_NODISCARD;
/* Behind what is in the buffer, and from the front of the bytes. */
void ksql_cell_write(
    const struct ksql_group *group, const struct ksql_cell *cell, struct of_buffer *out);
bool ksql_cell_read(const struct ksql_group *group, struct ksql_flow *flow, struct of_text *bytes,
    struct ksql_cell *cell);

/* A cell of its own with the row added, or taken away. */
int ksql_cell_update(struct ksql_group *group, struct ksql_flow *flow, const struct ksql_cell *cell,
    const struct ksql_row *row, bool undo, struct ksql_cell *updated,
    struct of_error *error) OF_NODISCARD;

/* Hands the results on under group->keys. NULL for `now`: a tombstone; for `before`: there was no
 * row. `fresh`: what was before is the empty group, whose columns are all NULL. */
struct ksql_result {
    const struct ksql_cell *now, *before;
    bool fresh;
    int64_t timestamp;
    struct ksql_window window;
};
int ksql_group_forward(struct ksql_group *group, struct ksql_flow *flow,
    const struct ksql_result *result, struct of_error *error) OF_NODISCARD;

/* ---- windows that are over ---- */

/* How long after its end a window takes late rows, and how long after its start it is kept. */
int64_t ksql_window_grace(const struct ksql_window_clause *window);
int64_t ksql_window_retention(const struct ksql_window_clause *window);
/* Whether a window of the lane is kept no longer. */
bool ksql_window_is_over(const struct ksql_window_clause *clause, const struct ksql_lanes *lanes,
    int32_t lane, const struct ksql_window *window);

/* Adds a stream's row to the cell under group->key, and hands on what becomes of it. What was there
 * before the first row is the empty group, not nothing: HAVING sees it so. */
int ksql_group_add(struct ksql_group *group, struct ksql_flow *flow,
    const struct ksql_change *change, const struct ksql_window *window,
    struct of_error *error) OF_NODISCARD;

#endif
