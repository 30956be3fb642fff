/* What is told of records becomes records of the log's topic. A log that can't be written stops
 * nobody; the dead letters have the records themselves. */
#include "ksqld/server/task_log.h"

#include "base/clock.h"
#include "base/log.h"
#include "kafka/topics.h"

int ksql_task_log_make_topic(struct ksql_cluster *cluster, const char *name, struct of_error *error)
{
    const struct of_topic_spec wanted = {
        .name = name, .partitions = 1, .retention_ms = OF_RETENTION_DEFAULT};
    return ksql_cluster_ensure_topic(cluster, &wanted, error);
}

/* A record that is given up has its own line: "dead letter". */
void ksql_task_log_tell(void *context, const struct ksql_trouble *trouble)
{
    struct ksql_task_log *log = context;
    if (trouble->type == KSQL_TROUBLE_PROCESSING && !log->told)
        of_log(OF_LOG_WARNING, "an expression of a query failed; more are only counted",
            OF_F_TEXT("query", log->entries.query_id), OF_F_TEXT("message", trouble->message),
            OF_F_TEXT("cause", trouble->cause));
    log->told = log->told || trouble->type == KSQL_TROUBLE_PROCESSING;
    if (log->topic)
        ksql_processing_log_tell(&log->entries, trouble);
}

/* Its transactions would fail again and again, or each bad record wait for the broker. */
static void mute(struct ksql_task_log *log)
{
    log->muted_until = of_clock_monotonic() + KSQL_LOG_MUTE_MS;
}

/* Someone may have deleted the topic, or its broker may be away: each transaction would fail.
 * RETRY: nobody answers, and whether it is the log's fault will be seen. */
static int look(struct ksql_task_log *log, struct of_error *error)
{
    struct of_error why;
    rd_kafka_resp_err_t obstacle;
    int result = of_kafka_topic_obstacle(
        ksql_cluster_client(log->cluster), log->topic, KSQL_CLUSTER_ASK_MS, &obstacle, error);
    if (result < 0)
        return result;
    if (obstacle == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART)
        result = ksql_task_log_make_topic(log->cluster, log->topic, &why);
    else if (obstacle)
        result = of_kafka_fail_code(&why, obstacle, log->topic);
    log->there = result == OF_OK;
    if (!log->there) {
        of_log_error(OF_LOG_WARNING, "the processing log is not written for a minute", &why);
        mute(log);
    }
    return OF_OK;
}

static int send_one(
    struct ksql_task_log *log, struct of_stage *stage, struct of_text entry, struct of_error *error)
{
    const struct of_message message = {.topic = log->topic,
        .partition = RD_KAFKA_PARTITION_UA,
        .value = entry.data,
        .value_size = entry.length};
    int result = of_stage_send(stage, &message, error);
    if (result != OF_INPUT)
        return result;
    of_log_error(OF_LOG_WARNING, "an entry of the processing log is left out", error);
    return OF_OK;
}

int ksql_task_log_send(struct ksql_task_log *log, struct of_stage *stage, struct of_error *error)
{
    bool muted = of_clock_monotonic() < log->muted_until;
    int result = muted || log->there ? OF_OK : look(log, error);
    bool written = !muted && log->there;
    if (written)
        log->bytes += log->entries.bytes.length;
    for (size_t i = 0; i < log->entries.count && written && result == OF_OK; i++)
        result = send_one(log, stage, ksql_processing_log_entry(&log->entries, i), error);
    if (log->bytes > KSQL_LOG_BATCH_BYTES)
        of_stage_end_batch(stage);
    ksql_processing_log_clear(&log->entries);
    return result;
}

void ksql_task_log_end(struct ksql_task_log *log, bool committed, bool refused)
{
    if (!committed && refused && log->bytes > 0) {
        of_log(OF_LOG_WARNING,
            "a transaction failed for its entries of the processing log, which is not written for "
            "a minute",
            OF_F_TEXT("query", log->entries.query_id), OF_F_TEXT("topic", log->topic));
        mute(log);
    }
    log->bytes = 0;
    log->there = log->there && committed;
    ksql_processing_log_clear(&log->entries);
}
