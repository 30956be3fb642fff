/* The table that a query writes, kept in its state so that it can be read: each row under its key
 * and window, with its timestamp and columns as the sink's topic has them. */
#ifndef KSQLD_EXEC_SINK_H
#define KSQLD_EXEC_SINK_H

#include "ksqld/exec/flow.h"

struct ksql_sink;

/* NULL: what the query writes is no table, or it keeps no state. */
struct ksql_sink *ksql_sink_new(struct ksql_flow *flow);
void ksql_sink_release(struct ksql_sink *sink);
bool ksql_sink_is_kept(const struct ksql_plan *plan, const struct ksql_state *state);

/* The row that goes to the sink, or, where the change has no row, the end of the one before. */
int ksql_sink_keep(struct ksql_sink *sink, struct ksql_flow *flow, const struct ksql_change *change,
    const struct ksql_value *outputs, struct of_error *error) OF_NODISCARD;

/* Whether an entry of the state that is a row of the sink is of a window that is over. */
bool ksql_sink_row_is_over(const struct ksql_window_clause *clause, const struct ksql_lanes *lanes,
    const struct ksql_state_bytes *key, const struct ksql_state_bytes *value);

/* See ksql_run_read. The view is borrowed. */
int ksql_sink_read(const struct ksql_plan *plan, struct ksql_state *view,
    const struct ksql_read *read, ksql_read_visit *visit, void *context,
    struct of_error *error) OF_NODISCARD;

#endif
