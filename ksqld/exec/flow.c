/* What the steps of a flow share. Times are timing.c's. */
#include "ksqld/exec/flow.h"

int ksql_flow_check(const struct ksql_flow *flow, struct of_error *error)
{
    const char *refusal = flow->frame.refusal;
    if (refusal)
        return of_fail(error, OF_INPUT, "%s is not supported by this runner", refusal);
    if (flow->record.full)
        return of_fail(error, OF_INPUT,
            "the record's rows take more than %u bytes of memory, which is not supported by this "
            "runner",
            KSQL_RECORD_MEMORY_MAX);
    return 0;
}

bool ksql_flow_holds(
    struct ksql_flow *flow, const struct ksql_expression *condition, const struct ksql_value *slots)
{
    struct ksql_value result;
    flow->frame.row = slots;
    ksql_evaluate_or_null(&flow->frame, condition, &result);
    return !result.null && result.number;
}
