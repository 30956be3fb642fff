/* The tables that the server's queries keep, for whoever reads them (pull queries, and what push
 * queries begin with).
 *
 * Any thread may read at any time, several at once, with or without the server's locks: reading
 * takes a moment's picture of what is committed, and holds up no query. While somebody reads, a
 * query that is to stop waits before its state is closed; so a visit must not wait for a statement,
 * and should hand long answers on in slices or stop early. */
#ifndef KSQLD_SERVER_TABLES_H
#define KSQLD_SERVER_TABLES_H

#include "ksqld/engine.h"

struct ksql_tables;
struct ksql_tables *ksql_tables_new(void);
void ksql_tables_free(struct ksql_tables *tables); /* no query and no reader is left */
OF_DEFINE_CLEANUP(of_cleanup_ksql_tables, struct ksql_tables *, ksql_tables_free)

/* For the query's task, or who keeps its place while it is paused: its run can be read from now on,
 * until it is withdrawn, which waits for those who read. */
void ksql_tables_offer(struct ksql_tables *tables, const char *query_id, struct ksql_run *run);
void ksql_tables_withdraw(struct ksql_tables *tables, const char *query_id);

/* As ksql_run_read, of the query that writes the table. RETRY: the query does not run (it is
 * starting, or has failed). INPUT: as there. */
int ksql_tables_read(struct ksql_tables *tables, const char *query_id, const struct ksql_read *read,
    ksql_read_visit *visit, void *context, struct of_error *error) OF_NODISCARD;

#endif
