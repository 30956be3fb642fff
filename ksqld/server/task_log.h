/* The processing log of one query's thread, sent in the query's transactions. */
#ifndef KSQLD_SERVER_TASK_LOG_H
#define KSQLD_SERVER_TASK_LOG_H

#include "kafka/stage.h"
#include "ksqld/server/cluster.h"
#include "ksqld/server/processing_log.h"

#define KSQL_LOG_BATCH_BYTES (4u * 1024 * 1024) /* with more a transaction ends early */
#define KSQL_LOG_MUTE_MS 60000 /* nothing is written so long after the topic took no entries */

struct ksql_task_log {
    struct ksql_processing_log entries;
    struct ksql_cluster *cluster;
    const char *topic; /* full name, borrowed; NULL: there is no log */
    bool there;        /* the topic was seen since something went wrong last */
    bool told;         /* of an expression, in the server's log */
    size_t bytes;      /* in the transaction at hand */
    int64_t muted_until;
};

/* Creates the topic, if it is not there. */
int ksql_task_log_make_topic(
    struct ksql_cluster *cluster, const char *topic, struct of_error *error) OF_NODISCARD;

/* For ksql_run_callbacks.trouble; the context is the log. */
void ksql_task_log_tell(void *context, const struct ksql_trouble *trouble);

/* Sends what was told of the record at hand. What the topic can't take is left out; what the
 * transaction can't is an error. RETRY: the broker can't be asked for the topic. */
int ksql_task_log_send(
    struct ksql_task_log *log, struct of_stage *stage, struct of_error *error) OF_NODISCARD;

/* The transaction is over, and what was told of it with it: of one that failed all records are
 * read, and told of, again. `refused`: it failed for its entries, which are left out for a while.
 */
void ksql_task_log_end(struct ksql_task_log *log, bool committed, bool refused);

#endif
