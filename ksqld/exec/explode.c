/* Table functions: several go side by side, the shorter ones filled up with NULL. */
#include "ksqld/exec/flow.h"

struct explode {
    struct ksql_step step;
    struct ksql_list lists[]; /* one a table function */
};

/* A record without a value gives no rows. */
static int explode_row(struct ksql_step *step, struct ksql_flow *flow,
    const struct ksql_change *change, struct of_error *error)
{
    struct explode *explode = (struct explode *)step;
    const struct ksql_pipeline *pipeline = &flow->plan->pipeline;
    struct ksql_value *slots = change->now.slots + pipeline->input.count + KSQL_PSEUDO_COUNT;
    size_t rows = 0;
    if (!change->now.present)
        return 0;
    flow->frame.row = change->now.slots;
    for (size_t i = 0; i < pipeline->table_count; i++) {
        struct ksql_value array;
        ksql_evaluate_or_null(&flow->frame, pipeline->tables[i], &array);
        explode->lists[i] = array.null ? (struct ksql_list){0} : array.list;
        if (explode->lists[i].count > rows)
            rows = explode->lists[i].count;
    }
    for (size_t row = 0; row < rows; row++) {
        for (size_t i = 0; i < pipeline->table_count; i++) {
            const struct ksql_list *list = &explode->lists[i];
            slots[i] = row < list->count ? list->items[row] : KSQL_VALUE_NULL;
        }
        int status = ksql_forward(step, flow, change, error);
        if (status)
            return status;
    }
    return 0;
}

struct ksql_step *ksql_explode_new(struct ksql_flow *flow)
{
    size_t count = flow->plan->pipeline.table_count;
    struct explode *explode =
        ksql_arena_new(&flow->setup, sizeof(*explode) + count * sizeof(explode->lists[0]));
    explode->step.process = explode_row;
    return &explode->step;
}
