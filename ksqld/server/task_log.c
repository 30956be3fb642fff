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

/* Someone may have deleted it: without it each transaction would fail. */
static bool is_there(struct ksql_task_log *log)
{
    struct of_error error;
    if (!log->there) {
        log->there = ksql_task_log_make_topic(log->cluster, log->topic, &error) == 0;
        if (!log->there) {
            of_log_error(OF_LOG_WARNING, "the processing log is not written for a minute", &error);
            mute(log);
        }
    }
    return log->there;
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
    int result = OF_OK;
    bool written = of_clock_monotonic() >= log->muted_until && is_there(log);
    if (written)
        log->bytes += log->entries.bytes.length;
    for (size_t i = 0; i < log->entries.count && written && result == OF_OK; i++)
        result = send_one(log, stage, ksql_processing_log_entry(&log->entries, i), error);
    if (log->bytes > KSQL_LOG_BATCH_BYTES)
        of_stage_end_batch(stage);
    ksql_processing_log_clear(&log->entries);
    return result;
}

void ksql_task_log_end(struct ksql_task_log *log, bool committed)
{
    if (!committed && log->bytes > 0) {
        of_log(OF_LOG_WARNING,
            "a transaction with entries of the processing log failed: it is not written for a "
            "minute",
            OF_F_TEXT("query", log->entries.query_id));
        mute(log);
    }
    log->bytes = 0;
    log->there = log->there && committed;
    ksql_processing_log_clear(&log->entries);
}
