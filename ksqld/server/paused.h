/* The table of a query that is paused, for whoever reads it: as ksqlDB, whose PAUSE leaves the
 * state open, answers pull queries from it. */
#ifndef KSQLD_SERVER_PAUSED_H
#define KSQLD_SERVER_PAUSED_H

#include "ksqld/server/task.h"

struct ksql_paused;
/* Opens the state and offers the table until free. `settled`: the query's task has just left it as
 * its group has committed; else the broker is asked whether it is. NULL: there is no table, or it
 * cannot be read, which the log tells: then nobody reads it until the query goes on. */
struct ksql_paused *ksql_paused_new(
    const struct ksql_task_world *world, const struct ksql_query *query, bool settled);
void ksql_paused_free(struct ksql_paused *paused); /* waits for those who read */
OF_DEFINE_CLEANUP(of_cleanup_ksql_paused, struct ksql_paused *, ksql_paused_free)

#endif
