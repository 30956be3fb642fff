/* What goes wrong with records, told to whoever keeps the processing log. Costs nothing where
 * nothing does: places and texts are found when something has failed. */
#ifndef KSQLD_EXEC_TROUBLE_H
#define KSQLD_EXEC_TROUBLE_H

#include "ksqld/exec/flow.h"

/* Which part of a record failed it; what isn't said is its processing. */
enum ksql_fault {
    KSQL_FAULT_PROCESSING,
    KSQL_FAULT_READING,
    KSQL_FAULT_WRITING,
    KSQL_FAULT_SENDING
};

void ksql_trouble_init(struct ksql_flow *flow, const struct ksql_run_callbacks *callbacks);

/* What is about to fail the record at hand; `key`: by its key's side. */
void ksql_trouble_note(struct ksql_flow *flow, enum ksql_fault fault, bool key);
/* A row is not written for want of a time, which is counted too. */
void ksql_trouble_tell_time(struct ksql_flow *flow);
/* The record is given up, for this error. */
void ksql_trouble_tell_record(
    struct ksql_flow *flow, const struct ksql_record_in *record, const struct of_error *error);
/* No more is told of the record at hand: says how much was left out. */
void ksql_trouble_end_record(struct ksql_flow *flow);

#endif
