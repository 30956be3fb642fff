/* The time of a record by a column of it (TIMESTAMP in a WITH clause). */
#include "ksqld/exec/flow.h"

int ksql_flow_time(struct ksql_flow *flow, const struct ksql_timing *timing,
    const struct ksql_value *value, int64_t *ms, const char **refusal)
{
    int64_t time = value->number;
    int status = value->null ? -1 : 0;
    if (!status && timing->format)
        status = ksql_format_moment(&flow->record, timing->format, value->text, &time, refusal);
    if (!status && time < 0)
        status = -1;
    if (!status)
        *ms = time;
    return status;
}
