/* WHERE and HAVING. */
#include "ksqld/exec/flow.h"

struct filter {
    struct ksql_step step;
    const struct ksql_expression *condition;
};

/* A record without a value never passes. */
static int filter_stream(struct ksql_step *step, struct ksql_flow *flow,
    const struct ksql_change *change, struct of_error *error)
{
    const struct filter *filter = (const struct filter *)step;
    if (!change->now.present || !ksql_flow_holds(flow, filter->condition, change->now.slots))
        return 0;
    return ksql_forward(step, flow, change, error);
}

/* What did not pass before and doesn't now needs no tombstone. */
static int filter_table(struct ksql_step *step, struct ksql_flow *flow,
    const struct ksql_change *change, struct of_error *error)
{
    const struct filter *filter = (const struct filter *)step;
    struct ksql_change passed = *change;
    passed.now.present =
        change->now.present && ksql_flow_holds(flow, filter->condition, change->now.slots);
    passed.before.present =
        change->before.present && ksql_flow_holds(flow, filter->condition, change->before.slots);
    if (!passed.now.present && !passed.before.present)
        return 0;
    return ksql_forward(step, flow, &passed, error);
}

struct ksql_step *ksql_filter_new(
    struct ksql_flow *flow, const struct ksql_expression *condition, bool table)
{
    struct filter *filter = ksql_arena_new(&flow->setup, sizeof(*filter));
    filter->step.process = table ? filter_table : filter_stream;
    filter->condition = condition;
    return &filter->step;
}
