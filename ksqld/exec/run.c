/* One query on one record after the other: its steps, put together. */
#include "ksqld/exec/expiry.h"
#include "ksqld/exec/join.h"
#include "ksqld/exec/sink.h"
#include "ksqld/exec/trouble.h"

#include "base/memory.h"

#include <stdlib.h>

struct ksql_run {
    struct ksql_flow flow;
    struct ksql_plan *plan;
    struct ksql_step *last; /* all steps, from the writer backwards */
    struct ksql_step **steps;
    size_t step_count;
    struct ksql_reader **readers; /* one an input */
    struct ksql_undo undo;
    struct ksql_expiry expiry;
};

/* Puts a step before those that there are. */
static void prepend(struct ksql_run *run, struct ksql_step *step)
{
    step->next = run->last;
    run->last = step;
    *ksql_arena_append(&run->flow.setup, run->steps, run->step_count) = step;
}

static void build(struct ksql_run *run, const struct ksql_run_callbacks *callbacks, int32_t key_id,
    int32_t value_id)
{
    struct ksql_flow *flow = &run->flow;
    const struct ksql_pipeline *pipeline = &run->plan->pipeline;
    const struct ksql_grouping *grouping = pipeline->grouping;
    prepend(run,
        run->plan->ephemeral ? ksql_answer_new(flow) : ksql_project_new(flow, key_id, value_id));
    if (grouping && grouping->having)
        prepend(run, ksql_filter_new(flow, grouping->having, true));
    if (grouping)
        prepend(run, grouping->window ? ksql_windows_new(flow) : ksql_group_new(flow));
    if (pipeline->table_count)
        prepend(run, ksql_explode_new(flow));
    if (pipeline->where)
        prepend(run, ksql_filter_new(flow, pipeline->where, pipeline->table));
    run->readers = ksql_arena_new_array(&flow->setup, pipeline->feed_count, sizeof(*run->readers));
    struct ksql_join_step *join = pipeline->joint_count ? ksql_join_new(flow, run->last) : NULL;
    for (size_t i = 0; i < pipeline->feed_count; i++) {
        run->readers[i] = ksql_reader_new(flow, i, callbacks, run->last);
        if (join)
            ksql_reader_set_next(run->readers[i],
                ksql_join_entry(join, flow, i, ksql_reader_table(run->readers[i])));
    }
}

int ksql_run_new(const struct ksql_query *query, const struct ksql_run_callbacks *callbacks,
    int32_t key_id, int32_t value_id, struct ksql_run **run, struct of_error *error)
{
    (void)error;
    struct ksql_run *made = of_alloc(sizeof(*made));
    ksql_undo_init(&made->undo);
    ksql_expiry_init(&made->expiry);
    made->plan = ksql_plan_hold(ksql_plan_of_query(query));
    made->flow.plan = made->plan;
    made->flow.record.limit = KSQL_RECORD_MEMORY_MAX;
    made->flow.frame.arena = &made->flow.record;
    made->flow.key_id = key_id;
    made->flow.lanes.partitions = callbacks->partitions;
    if (callbacks->state)
        made->flow.state = callbacks->state;
    else if (ksql_query_keeps_state(query))
        made->flow.state = ksql_state_memory(KSQL_STATE_MEMORY_MAX);
    ksql_trouble_init(&made->flow, callbacks);
    if (made->flow.state)
        made->flow.state->undo = &made->undo;
    build(made, callbacks, key_id, value_id);
    *run = made;
    return 0;
}

void ksql_run_free(struct ksql_run *run)
{
    if (!run)
        return;
    for (size_t i = 0; i < run->plan->pipeline.feed_count; i++)
        ksql_reader_release(run->readers[i]);
    for (size_t i = 0; i < run->step_count; i++) {
        if (run->steps[i]->free)
            run->steps[i]->free(run->steps[i]);
    }
    ksql_state_free(run->flow.state);
    ksql_lanes_release(&run->flow.lanes);
    ksql_undo_release(&run->undo);
    ksql_expiry_release(&run->expiry);
    ksql_arena_release(&run->flow.record);
    ksql_arena_release(&run->flow.setup);
    ksql_plan_release(run->plan);
    free(run);
}

uint64_t ksql_run_expression_errors(const struct ksql_run *run)
{
    return run->flow.frame.errors;
}

/* Of what is forgotten nothing comes back with a record that fails. */
static int begin_record(
    struct ksql_run *run, const struct ksql_record_in *record, struct of_error *error)
{
    struct ksql_flow *flow = &run->flow;
    ksql_arena_reset(&flow->record);
    flow->records++;
    flow->told = 0;
    flow->fault = KSQL_FAULT_PROCESSING;
    if (!flow->state || record->again)
        return 0;
    int status = 0;
    if (flow->records % KSQL_EXPIRY_RECORDS == 0) {
        status = ksql_expiry_go_on(&run->expiry, flow, error);
        ksql_arena_reset(&flow->record);
    }
    ksql_undo_clear(&run->undo);
    return status;
}

static int check_record(struct ksql_flow *flow, struct of_error *error)
{
    if (ksql_flow_check(flow, error))
        return OF_INPUT;
    return flow->state ? ksql_state_check(flow->state, error) : 0;
}

int ksql_run_process(struct ksql_run *run, const struct ksql_record_in *record, ksql_emit *emit,
    void *emit_context, struct of_error *error)
{
    struct ksql_flow *flow = &run->flow;
    flow->emit = emit;
    flow->emit_context = emit_context;
    flow->frame.refusal = NULL;
    int status = begin_record(run, record, error);
    if (!status)
        status = ksql_reader_process(run->readers[record->input], flow, record, error);
    if (!status)
        status = check_record(flow, error);
    if (status && flow->state)
        ksql_undo_apply(&run->undo, flow->state);
    if (flow->told > KSQL_TROUBLES_MAX)
        ksql_trouble_end_record(flow);
    if (status == OF_INPUT)
        ksql_trouble_tell_record(flow, record, error);
    return status;
}

int ksql_run_save(struct ksql_run *run, struct of_error *error)
{
    ksql_undo_clear(&run->undo);
    if (!run->flow.state)
        return 0;
    return ksql_lanes_save(&run->flow.lanes, run->flow.records, run->flow.state, error);
}

int ksql_run_load(struct ksql_run *run, struct of_error *error)
{
    ksql_undo_clear(&run->undo);
    if (!run->flow.state)
        return 0;
    return ksql_lanes_load(&run->flow.lanes, &run->flow.records, run->flow.state, error);
}

int64_t ksql_run_time(struct ksql_run *run, const struct ksql_record_in *record)
{
    return ksql_reader_time(run->readers[record->input], &run->flow, record);
}

bool ksql_query_reads_table(const struct ksql_query *query, size_t input)
{
    return ksql_plan_of_query(query)->pipeline.feeds[input].table;
}

bool ksql_query_keeps_state(const struct ksql_query *query)
{
    return ksql_pipeline_keeps_state(&ksql_plan_of_query(query)->pipeline);
}

/* The row stands where a reader's would. */
int ksql_run_answer(struct ksql_run *run, const struct ksql_read_row *row, ksql_emit *emit,
    void *emit_context, struct of_error *error)
{
    struct ksql_flow *flow = &run->flow;
    size_t count = run->plan->pipeline.input.count;
    ksql_arena_reset(&flow->record);
    flow->emit = emit;
    flow->emit_context = emit_context;
    flow->frame.refusal = NULL;
    struct ksql_value *slots =
        ksql_arena_new_array(&flow->record, count + KSQL_PSEUDO_COUNT, sizeof(*slots));
    memcpy(slots, row->values, count * sizeof(*slots));
    slots[count + KSQL_ROWTIME].number = row->timestamp;
    slots[count + KSQL_ROWPARTITION] = slots[count + KSQL_ROWOFFSET] = KSQL_VALUE_NULL;
    slots[count + KSQL_WINDOWSTART].number = row->window_start;
    slots[count + KSQL_WINDOWEND].number = row->window_end;
    const struct ksql_change change = {.now = {.slots = slots, .present = true},
        .keyed = true,
        .timestamp = row->timestamp,
        .window = {row->window_start, row->window_end}};
    int status = run->last->process(run->last, flow, &change, error);
    return status ? status : ksql_flow_check(flow, error);
}

bool ksql_run_is_readable(const struct ksql_run *run)
{
    return ksql_sink_is_kept(run->plan, run->flow.state);
}

int ksql_run_read(const struct ksql_run *run, const struct ksql_read *read, ksql_read_visit *visit,
    void *context, struct of_error *error)
{
    if (!ksql_run_is_readable(run))
        return of_fail(error, OF_INPUT, "the query %s keeps no table", run->plan->query.id);
    struct ksql_state *view OF_CLEANUP(of_cleanup_ksql_state) = ksql_state_view(run->flow.state);
    return ksql_sink_read(run->plan, view, read, visit, context, error);
}
