/* Cells: made, kept in the state, updated by rows, and turned to the rows that go on. */
#include "ksqld/exec/group.h"
#include "ksqld/exec/rows.h"

#include "registry/wire.h"

#define LANE_BYTES 4

/* Whether the rows come by the keys that they are grouped by, from the one topic that is read. */
static bool comes_by_key(const struct ksql_pipeline *pipeline)
{
    const struct ksql_grouping *grouping = pipeline->grouping;
    size_t at = 0;
    for (size_t i = 0; i < pipeline->input.count; i++) {
        if (!pipeline->input.columns[i].key)
            continue;
        if (at == grouping->key_count || grouping->keys[at]->kind != KSQL_NODE_COLUMN ||
            grouping->keys[at]->index != i)
            return false;
        at++;
    }
    return at == grouping->key_count && pipeline->feed_count == 1 && !pipeline->table;
}

/* The key as the sink has it. */
static void init_new_key(struct ksql_group *group, struct ksql_flow *flow)
{
    const struct ksql_pipeline *pipeline = &flow->plan->pipeline;
    const struct ksql_grouping *grouping = group->grouping;
    char delimiter = pipeline->output_delimiters[1];
    group->rekeyed = !comes_by_key(pipeline);
    for (size_t i = 0; i < grouping->key_count; i++)
        ksql_schema_add(&flow->setup, &group->new_key, grouping->row.columns[i].name,
            grouping->keys[i]->type, true);
    ksql_side_init(&group->side, flow->plan->query.sink_key_format, &group->new_key, true, true);
    group->side.delimiter = delimiter ? delimiter : KSQL_DELIMITER_DEFAULT;
    of_buffer_init(&group->key_bytes, KSQL_STATE_KEY_MAX);
}

void ksql_group_init(struct ksql_group *group, struct ksql_flow *flow)
{
    const struct ksql_grouping *grouping = flow->plan->pipeline.grouping;
    size_t slots = grouping->row.count + KSQL_PSEUDO_COUNT;
    group->grouping = grouping;
    group->stream_time = -1;
    init_new_key(group, flow);
    group->step.free = ksql_group_free;
    group->keys = ksql_arena_new_array(&flow->setup, grouping->key_count, sizeof(*group->keys));
    group->arguments =
        ksql_arena_new_array(&flow->setup, KSQL_AGGREGATE_ARGUMENTS_MAX, sizeof(*group->arguments));
    group->now.slots = ksql_arena_new_array(&flow->setup, slots, sizeof(*group->now.slots));
    group->before.slots = ksql_arena_new_array(&flow->setup, slots, sizeof(*group->before.slots));
    of_buffer_init(&group->key, KSQL_STATE_KEY_MAX);
    of_buffer_init(&group->value, KSQL_ROW_BYTES_MAX);
}

void ksql_group_free(struct ksql_step *step)
{
    struct ksql_group *group = (struct ksql_group *)step;
    of_buffer_release(&group->key);
    of_buffer_release(&group->value);
    of_buffer_release(&group->key_bytes);
}

bool ksql_group_keys(struct ksql_group *group, struct ksql_flow *flow, const struct ksql_row *row)
{
    flow->frame.row = row->slots;
    for (size_t i = 0; i < group->grouping->key_count; i++) {
        ksql_evaluate_or_null(&flow->frame, group->grouping->keys[i], &group->keys[i]);
        if (group->keys[i].null)
            return false;
    }
    return true;
}

void ksql_group_find_lane(
    struct ksql_group *group, const struct ksql_flow *flow, const struct ksql_change *change)
{
    if (!group->rekeyed) {
        group->lane = change->lane;
        return;
    }
    if (flow->lanes.partitions <= 1 || !group->grouping->window)
        return; /* the lane 0 */
    of_buffer_clear(&group->key_bytes);
    if (ksql_side_has_id(&group->side))
        (void)!of_wire_begin(&group->key_bytes, flow->key_id);
    ksql_side_write(&group->side, group->keys, &group->key_bytes);
    group->lane = ksql_lane_of_key(&flow->lanes, group->key_bytes.data, group->key_bytes.length);
}

void ksql_group_begin_key(struct ksql_group *group)
{
    of_buffer_clear(&group->key);
    of_buffer_append_byte(&group->key, KSQL_STATE_GROUPS);
    for (int shift = 8 * (LANE_BYTES - 1); shift >= 0; shift -= 8)
        of_buffer_append_byte(&group->key, (uint8_t)(group->lane >> shift));
    for (size_t i = 0; i < group->grouping->key_count; i++)
        ksql_value_write(group->grouping->keys[i]->type, &group->keys[i], &group->key);
}

/* ---- cells ---- */

static struct ksql_aggregate_step make_step(
    const struct ksql_aggregate_call *call, struct ksql_flow *flow)
{
    return (struct ksql_aggregate_step){
        .site = &call->site, .arena = &flow->record, .sequence = flow->records};
}

static struct ksql_value *new_states(const struct ksql_group *group, struct ksql_flow *flow)
{
    return ksql_arena_take(&flow->record, group->grouping->call_count * sizeof(struct ksql_value));
}

void ksql_cell_init(const struct ksql_group *group, struct ksql_flow *flow, struct ksql_cell *cell)
{
    *cell = (struct ksql_cell){.exists = true, .states = new_states(group, flow)};
    for (size_t i = 0; i < group->grouping->call_count; i++) {
        const struct ksql_aggregate_call *call = &group->grouping->calls[i];
        struct ksql_aggregate_step step = make_step(call, flow);
        call->function->init(&step, &cell->states[i]);
    }
}

void ksql_cell_write(
    const struct ksql_group *group, const struct ksql_cell *cell, struct of_buffer *out)
{
    of_buffer_append(out, &cell->timestamp, sizeof(cell->timestamp));
    for (size_t i = 0; i < group->grouping->call_count; i++)
        ksql_value_write(group->grouping->calls[i].site.state, &cell->states[i], out);
}

bool ksql_cell_read(const struct ksql_group *group, struct ksql_flow *flow, struct of_text *bytes,
    struct ksql_cell *cell)
{
    *cell = (struct ksql_cell){.exists = true, .states = new_states(group, flow)};
    if (!of_text_take(bytes, &cell->timestamp, sizeof(cell->timestamp)))
        return false;
    for (size_t i = 0; i < group->grouping->call_count; i++) {
        if (ksql_value_read(
                group->grouping->calls[i].site.state, bytes, &flow->record, &cell->states[i]))
            return false;
    }
    return true;
}

int ksql_group_load(
    struct ksql_group *group, struct ksql_flow *flow, struct of_text *bytes, struct of_error *error)
{
    const struct ksql_state_bytes key = {group->key.data, group->key.length};
    struct ksql_state_bytes found;
    *bytes = (struct of_text){NULL, 0};
    if (of_buffer_check(&group->key, "the key of a group", error))
        return OF_INPUT;
    if (!ksql_state_get(flow->state, &key, &found))
        return 0;
    char *copy = ksql_arena_take(&flow->record, found.size + 1);
    memcpy(copy, found.data, found.size);
    *bytes = (struct of_text){copy, found.size};
    return 0;
}

int ksql_cell_get(struct ksql_group *group, struct ksql_flow *flow, struct ksql_cell *cell,
    struct of_error *error)
{
    struct of_text bytes;
    *cell = (struct ksql_cell){0};
    if (ksql_group_load(group, flow, &bytes, error))
        return OF_INPUT;
    if (!bytes.data || ksql_cell_read(group, flow, &bytes, cell))
        return 0;
    return of_fail(error, OF_INPUT, "a group of the state can't be read");
}

int ksql_cell_put(struct ksql_group *group, struct ksql_flow *flow, const struct ksql_cell *cell,
    struct of_error *error)
{
    of_buffer_clear(&group->value);
    ksql_cell_write(group, cell, &group->value);
    if (of_buffer_check(&group->value, "what is kept of a group", error))
        return OF_INPUT;
    const struct ksql_state_bytes key = {group->key.data, group->key.length};
    const struct ksql_state_bytes value = {group->value.data, group->value.length};
    return ksql_state_put(flow->state, &key, &value, error);
}

int ksql_cell_update(struct ksql_group *group, struct ksql_flow *flow, const struct ksql_cell *cell,
    const struct ksql_row *row, bool undo, struct ksql_cell *updated, struct of_error *error)
{
    struct ksql_value *states = new_states(group, flow);
    flow->frame.row = row->slots;
    for (size_t i = 0; i < group->grouping->call_count; i++) {
        const struct ksql_aggregate_call *call = &group->grouping->calls[i];
        struct ksql_aggregate_step step = make_step(call, flow);
        for (size_t j = 0; j < call->site.count; j++)
            ksql_evaluate_or_null(&flow->frame, call->arguments[j], &group->arguments[j]);
        states[i] = cell->states[i];
        int status = undo ? call->function->undo(&step, &states[i], group->arguments)
                          : call->function->add(&step, &states[i], group->arguments);
        if (status) /* ksqlDB's query ends here, or writes what this runner can't */
            return of_fail(error, OF_INPUT, "%s of this value is not supported by this runner",
                call->function->name);
    }
    *updated = (struct ksql_cell){.exists = true, .timestamp = cell->timestamp, .states = states};
    return 0;
}

/* ---- results ---- */

static void fill_row(struct ksql_group *group, struct ksql_flow *flow, struct ksql_row *row,
    const struct ksql_cell *cell, bool fresh, const struct ksql_window *window)
{
    const struct ksql_grouping *grouping = group->grouping;
    struct ksql_value *results = row->slots + grouping->key_count;
    struct ksql_value *pseudo = row->slots + grouping->row.count;
    row->present = cell;
    for (size_t i = 0; i < grouping->key_count; i++)
        row->slots[i] = fresh ? KSQL_VALUE_NULL : group->keys[i];
    pseudo[KSQL_WINDOWSTART] = (struct ksql_value){.number = window->start};
    pseudo[KSQL_WINDOWEND] = (struct ksql_value){.number = window->end};
    for (size_t i = 0; i < grouping->call_count; i++) {
        const struct ksql_aggregate_call *call = &grouping->calls[i];
        struct ksql_aggregate_step step = make_step(call, flow);
        if (!cell)
            results[i] = KSQL_VALUE_NULL;
        else if (call->function->result)
            call->function->result(&step, &cell->states[i], &results[i]);
        else
            results[i] = cell->states[i];
    }
}

int ksql_group_forward(struct ksql_group *group, struct ksql_flow *flow,
    const struct ksql_result *result, struct of_error *error)
{
    struct ksql_change change = {.keyed = true,
        .timestamp = result->timestamp,
        .lane = group->lane,
        .window = result->window};
    fill_row(group, flow, &group->now, result->now, false, &result->window);
    if (group->grouping->having) /* nobody else asks for what was before */
        fill_row(group, flow, &group->before, result->before, result->fresh, &result->window);
    change.now = group->now;
    change.before = group->before;
    return ksql_forward(&group->step, flow, &change, error);
}

int ksql_group_add(struct ksql_group *group, struct ksql_flow *flow,
    const struct ksql_change *change, const struct ksql_window *window, struct of_error *error)
{
    struct ksql_cell before, now;
    if (ksql_cell_get(group, flow, &before, error))
        return OF_INPUT;
    bool fresh = !before.exists;
    if (fresh) {
        ksql_cell_init(group, flow, &before);
        before.timestamp = change->timestamp;
    }
    if (ksql_cell_update(group, flow, &before, &change->now, false, &now, error))
        return OF_INPUT;
    if (now.timestamp < change->timestamp)
        now.timestamp = change->timestamp;
    if (ksql_cell_put(group, flow, &now, error))
        return OF_INPUT;
    const struct ksql_result result = {.now = &now,
        .before = &before,
        .fresh = fresh,
        .timestamp = now.timestamp,
        .window = *window};
    return ksql_group_forward(group, flow, &result, error);
}
