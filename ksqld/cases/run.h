/* One case from its statements to its verdict. */
#ifndef KSQLD_CASES_RUN_H
#define KSQLD_CASES_RUN_H

#include "ksqld/cases/state.h"

/* `reason`: why it isn't passed, lines with expected and actual; empty when it is. */
enum ksql_verdict ksql_case_run(const struct ksql_case *test, struct of_buffer *reason);

#endif
