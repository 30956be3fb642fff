/* The server behind the REST API: metastore, command topic, running queries. All functions may be
 * called from any thread; one lock lets one of them in at a time. */
#ifndef KSQLD_SERVER_SERVER_H
#define KSQLD_SERVER_SERVER_H

#include "base/config.h"
#include "ksqld/server/request.h"
#include "telemetry/metrics.h"

struct ksql_server;
/* Replays the command topic and starts its queries. Waits for the broker up to startup.timeout.ms
 * (RETRY after that); queries wait for the registry by themselves. Borrowed until free. */
int ksql_server_new(const struct of_config *config, const char *service, struct of_metrics *metrics,
    struct ksql_server **server, struct of_error *error) OF_NODISCARD;
/* Stops every query: its transaction is finished and its group left. */
void ksql_server_free(struct ksql_server *server);
OF_DEFINE_CLEANUP(of_cleanup_ksql_server, struct ksql_server *, ksql_server_free)

/* Bodies of answers, new references. */
json_t *ksql_server_execute(
    struct ksql_server *server, const struct ksql_request *request, int *status);
json_t *ksql_server_info(struct ksql_server *server);
json_t *ksql_server_health(struct ksql_server *server);
json_t *ksql_server_cluster_status(struct ksql_server *server, const char *address);

/* Ends a push query; false: there is none of that id. */
bool ksql_server_close_query(struct ksql_server *server, const char *id);
/* Ends all push queries, so that nobody waits for them. */
void ksql_server_stop_queries(struct ksql_server *server);

/* Whether the process should end: 0, or FATAL (fenced: another server of this service took over;
 * or the command topic cannot be trusted any more). */
int ksql_server_check(
    struct ksql_server *server, bool *fenced, struct of_error *error) OF_NODISCARD;
/* No query failed or waits. */
bool ksql_server_ready(struct ksql_server *server);

#endif
