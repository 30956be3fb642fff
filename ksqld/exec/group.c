/* GROUP BY without windows, over streams and tables, as Kafka Streams aggregates. */
#include "ksqld/exec/group.h"

static int add_row(struct ksql_step *step, struct ksql_flow *flow, const struct ksql_change *change,
    struct of_error *error)
{
    struct ksql_group *group = (struct ksql_group *)step;
    const struct ksql_window none = {0};
    if (!change->now.present || !ksql_group_keys(group, flow, &change->now))
        return 0;
    ksql_group_find_lane(group, flow, change);
    ksql_group_begin_key(group);
    return ksql_group_add(group, flow, change, &none, error);
}

/* One group of a table: a row leaves it, or comes to it, or changes within. group->keys are its. */
static int exchange(struct ksql_group *group, struct ksql_flow *flow,
    const struct ksql_change *change, bool leaves, bool comes, struct of_error *error)
{
    struct ksql_cell before, now;
    ksql_group_begin_key(group);
    if (ksql_cell_get(group, flow, &before, error))
        return OF_INPUT;
    now = before;
    if (leaves && before.exists &&
        ksql_cell_update(group, flow, &before, &change->before, true, &now, error))
        return OF_INPUT;
    if (comes && !now.exists)
        ksql_cell_init(group, flow, &now);
    if (comes && ksql_cell_update(group, flow, &now, &change->now, false, &now, error))
        return OF_INPUT;
    if (now.timestamp < change->timestamp || !before.exists)
        now.timestamp = change->timestamp;
    if (now.exists && ksql_cell_put(group, flow, &now, error))
        return OF_INPUT;
    const struct ksql_result result = {.now = now.exists ? &now : NULL,
        .before = before.exists ? &before : NULL,
        .timestamp = now.timestamp};
    return ksql_group_forward(group, flow, &result, error);
}

static bool same_keys(struct ksql_group *group, const struct of_buffer *key)
{
    ksql_group_begin_key(group);
    return key->length == group->key.length && memcmp(key->data, group->key.data, key->length) == 0;
}

/* The group that the row was in comes first, then the one that it is in now; if they are the same,
 * it changes once. */
static int change_row(struct ksql_step *step, struct ksql_flow *flow,
    const struct ksql_change *change, struct of_error *error)
{
    struct ksql_group *group = (struct ksql_group *)step;
    struct of_buffer left OF_CLEANUP(of_buffer_release);
    of_buffer_init(&left, KSQL_STATE_KEY_MAX);
    bool leaves = change->before.present && ksql_group_keys(group, flow, &change->before);
    if (leaves) {
        ksql_group_begin_key(group);
        of_buffer_append(&left, group->key.data, group->key.length);
    }
    bool comes = change->now.present && ksql_group_keys(group, flow, &change->now);
    if (leaves && comes && same_keys(group, &left))
        return exchange(group, flow, change, true, true, error);
    if (leaves) {
        ksql_group_keys(group, flow, &change->before);
        if (exchange(group, flow, change, true, false, error))
            return OF_INPUT;
    }
    if (!comes)
        return 0;
    ksql_group_keys(group, flow, &change->now);
    return exchange(group, flow, change, false, true, error);
}

struct ksql_step *ksql_group_new(struct ksql_flow *flow)
{
    struct ksql_group *group = ksql_arena_new(&flow->setup, sizeof(*group));
    ksql_group_init(group, flow);
    group->step.process = flow->plan->pipeline.table ? change_row : add_row;
    return &group->step;
}
