/* The last step of a query whose rows go to who asked. */
#include "ksqld/exec/flow.h"
#include "ksqld/serde/api_writer.h"

struct answer {
    struct ksql_step step;
    struct of_buffer row;
    bool table; /* else rows that are gone, or never came, are nothing to tell of */
};

static void write_columns(
    struct answer *answer, struct ksql_flow *flow, const struct ksql_change *change)
{
    const struct ksql_pipeline *pipeline = &flow->plan->pipeline;
    flow->frame.row = change->now.slots;
    of_buffer_clear(&answer->row);
    of_buffer_append_byte(&answer->row, '[');
    for (size_t i = 0; i < pipeline->output.count; i++) {
        struct ksql_value value = KSQL_VALUE_NULL;
        if (change->now.present || pipeline->outputs[i].on_key)
            ksql_evaluate_or_null(&flow->frame, pipeline->outputs[i].expression, &value);
        if (i)
            of_buffer_append_byte(&answer->row, ',');
        ksql_api_write(pipeline->output.columns[i].type, &value, &answer->row);
    }
    of_buffer_append_byte(&answer->row, ']');
}

static int tell(struct ksql_step *step, struct ksql_flow *flow, const struct ksql_change *change,
    struct of_error *error)
{
    struct answer *answer = (struct answer *)step;
    struct ksql_record_out out = {.timestamp = change->timestamp};
    if (!change->now.present && !answer->table)
        return 0;
    write_columns(answer, flow, change);
    int status = ksql_flow_check(flow, error);
    if (!status)
        status = of_buffer_check(&answer->row, "a row", error);
    if (status)
        return status;
    *(change->now.present ? &out.value : &out.key) = answer->row.data;
    *(change->now.present ? &out.value_size : &out.key_size) = answer->row.length;
    return flow->emit(flow->emit_context, &out, error);
}

static void release(struct ksql_step *step)
{
    of_buffer_release(&((struct answer *)step)->row);
}

struct ksql_step *ksql_answer_new(struct ksql_flow *flow)
{
    const struct ksql_pipeline *pipeline = &flow->plan->pipeline;
    struct answer *answer = ksql_arena_new(&flow->setup, sizeof(*answer));
    answer->step = (struct ksql_step){.process = tell, .free = release};
    answer->table = pipeline->table || pipeline->grouping;
    of_buffer_init(&answer->row, KSQL_ANSWER_ROW_MAX);
    return &answer->step;
}
