/* SELECT, and the record of the sink that comes of it. */
#include "ksqld/exec/flow.h"
#include "ksqld/exec/record.h"
#include "ksqld/exec/sink.h"
#include "ksqld/exec/trouble.h"
#include "ksqld/serde/side.h"

#include "registry/wire.h"

enum { VALUE, KEY }; /* sides of a record */

struct project {
    struct ksql_step step;
    struct ksql_side sides[2];
    enum ksql_window_kind windows;
    int32_t ids[2]; /* of the schemas */
    struct of_buffer bytes[2];
    struct ksql_value *outputs;
    bool headerless;
    struct ksql_sink *kept; /* or NULL */
};

/* Kafka Streams hands a record's headers on through every step, repartitions included: a row that
 * an aggregate or a join of tables writes has those of the record that changed it, one of a
 * stream-table join has the stream's. Only its session windows (KStreamSessionWindowAggregate) make
 * their changes as new records, which have none. So it is with caches off, which is how this runner
 * sends changes; what a cache holds back gets the headers of the record that wrote it last, in
 * sessions too. */
static bool loses_headers(const struct ksql_pipeline *pipeline)
{
    const struct ksql_grouping *grouping = pipeline->grouping;
    return grouping && grouping->window && grouping->window->session;
}

static void evaluate(
    struct project *project, struct ksql_flow *flow, const struct ksql_change *change)
{
    const struct ksql_pipeline *pipeline = &flow->plan->pipeline;
    flow->frame.row = change->now.slots;
    for (size_t i = 0; i < pipeline->output.count; i++) {
        project->outputs[i] = KSQL_VALUE_NULL;
        if (change->now.present || pipeline->outputs[i].on_key)
            ksql_evaluate_or_null(
                &flow->frame, pipeline->outputs[i].expression, &project->outputs[i]);
    }
}

/* *bytes stays NULL where the side as a whole is null. */
static int write_side(struct project *project, int side, const struct ksql_window *window,
    const void **bytes, size_t *size, struct of_error *error)
{
    const char *name = side == KEY ? "the key" : "the value";
    struct of_buffer *out = &project->bytes[side];
    of_buffer_clear(out);
    if (ksql_side_has_id(&project->sides[side]) && of_wire_begin(out, project->ids[side]))
        return of_buffer_check(out, name, error);
    if (!ksql_side_write(&project->sides[side], project->outputs, out))
        return 0;
    if (side == KEY)
        ksql_window_append(project->windows, window, out);
    *bytes = out->length ? (const void *)out->data : "";
    *size = out->length;
    return of_buffer_check(out, name, error);
}

/* A row whose time can't be told is not written. */
static int set_time(struct project *project, struct ksql_flow *flow,
    const struct ksql_change *change, int64_t *time, bool *dropped, struct of_error *error)
{
    const struct ksql_timing *timing = &flow->plan->pipeline.timing;
    const char *refusal = "The time of a deletion, by TIMESTAMP of CREATE TABLE AS SELECT,";
    int status = change->now.present
                     ? ksql_flow_time(flow, timing, &project->outputs[timing->slot], time, &refusal)
                     : 1; /* ksqlDB has the time of its task, which depends on the partitions */
    *dropped = status < 0;
    if (*dropped)
        ksql_trouble_tell_time(flow);
    return status > 0 ? of_fail(error, OF_INPUT, "%s is not supported by this runner", refusal) : 0;
}

static int write_sides(struct project *project, struct ksql_flow *flow,
    const struct ksql_change *change, struct ksql_record_out *out, struct of_error *error)
{
    int status = 0, side = KEY;
    if (change->keyed || flow->plan->pipeline.partitioned) /* else the output has no key, too */
        status = write_side(project, KEY, &change->window, &out->key, &out->key_size, error);
    if (!status && change->now.present) {
        side = VALUE;
        status = write_side(project, VALUE, &change->window, &out->value, &out->value_size, error);
    }
    if (status)
        ksql_trouble_note(flow, KSQL_FAULT_WRITING, side == KEY);
    return status;
}

static int write_row(struct ksql_step *step, struct ksql_flow *flow,
    const struct ksql_change *change, struct of_error *error)
{
    struct project *project = (struct project *)step;
    struct ksql_record_out out = {
        .timestamp = change->timestamp, .headerless = project->headerless};
    bool dropped = false;
    evaluate(project, flow, change);
    int status = ksql_flow_check(flow, error);
    if (!status && flow->plan->pipeline.timing.any)
        status = set_time(project, flow, change, &out.timestamp, &dropped, error);
    if (!status)
        status = write_sides(project, flow, change, &out, error);
    if (!status)
        status = ksql_flow_check(flow, error);
    if (!status && project->kept)
        status = ksql_sink_keep(project->kept, flow, change, project->outputs, error);
    if (status || dropped)
        return status;
    status = flow->emit(flow->emit_context, &out, error);
    if (status)
        ksql_trouble_note(flow, KSQL_FAULT_SENDING, false);
    return status;
}

static void release(struct ksql_step *step)
{
    struct project *project = (struct project *)step;
    of_buffer_release(&project->bytes[VALUE]);
    of_buffer_release(&project->bytes[KEY]);
    ksql_sink_release(project->kept);
}

/* Without a sink the row is kept, and that is all. */
static int keep_row(struct ksql_step *step, struct ksql_flow *flow,
    const struct ksql_change *change, struct of_error *error)
{
    struct project *project = (struct project *)step;
    evaluate(project, flow, change);
    int status = ksql_flow_check(flow, error);
    return status ? status : ksql_sink_keep(project->kept, flow, change, project->outputs, error);
}

struct ksql_step *ksql_project_new(struct ksql_flow *flow, int32_t key_id, int32_t value_id)
{
    const struct ksql_pipeline *pipeline = &flow->plan->pipeline;
    const struct ksql_query *query = &flow->plan->query;
    struct project *project = ksql_arena_new(&flow->setup, sizeof(*project));
    project->step =
        (struct ksql_step){.process = *query->sink ? write_row : keep_row, .free = release};
    ksql_side_init(&project->sides[VALUE], query->sink_value_format, &pipeline->output, false,
        pipeline->output_unwrapped);
    ksql_side_init(&project->sides[KEY], query->sink_key_format, &pipeline->output, true, true);
    project->windows = pipeline->windows.kind;
    project->ids[VALUE] = value_id;
    project->ids[KEY] = key_id;
    for (int side = VALUE; side <= KEY; side++) {
        char delimiter = pipeline->output_delimiters[side];
        project->sides[side].delimiter = delimiter ? delimiter : KSQL_DELIMITER_DEFAULT;
        of_buffer_init(&project->bytes[side], KSQL_RECORD_BYTES_MAX);
    }
    project->outputs =
        ksql_arena_new_array(&flow->setup, pipeline->output.count, sizeof(*project->outputs));
    project->headerless = loses_headers(pipeline);
    project->kept = ksql_sink_new(flow);
    return &project->step;
}
