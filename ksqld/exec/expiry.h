/* Windows that are over are forgotten, a few with each call, in turns through all that is kept. */
#ifndef KSQLD_EXEC_EXPIRY_H
#define KSQLD_EXEC_EXPIRY_H

#include "ksqld/exec/group.h"

#define KSQL_EXPIRY_RECORDS 1024  /* between two calls */
#define KSQL_EXPIRY_ENTRIES 8192u /* looked at in one call */

struct ksql_expiry {
    struct of_buffer next; /* the key to go on from; empty: from the first */
};

void ksql_expiry_init(struct ksql_expiry *expiry);
void ksql_expiry_release(struct ksql_expiry *expiry);
/* What it finds is deleted. Uses the record's arena. */
int ksql_expiry_go_on(
    struct ksql_expiry *expiry, struct ksql_flow *flow, struct of_error *error) OF_NODISCARD;

#endif
