/* The stage loop: what to do next, and what to do when it fails. One record is stage_record.c's,
 * committing and aborting stage_transaction.c's, the group stage_group.c's. */
#include "kafka/stage_state.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/signals.h"

#include <stdlib.h>
#include <string.h>

#define BATCH_RECORDS_DEFAULT 10000
#define BATCH_MS_DEFAULT 100
#define IDLE_POLL_MS 200 /* how soon a stop is seen */
#define SETTLE_MS 500    /* idle that long: commit what lies behind the markers */
/* The broker tells that a partition has ended only when it has waited in vain for
 * fetch.wait.max.ms. A small transaction does not wait for that: silence of QUIET_MS ends it. */
#define QUIET_MS 10
#define QUIET_RECORDS 1000
#define BACKOFF_FIRST_MS 100
#define BACKOFF_MAX_MS 5000
#define CLOCK_EVERY 64  /* records between two looks at the clock */
#define UNREADY_AFTER 3 /* failures in a row, as when a topic is missing or the broker is away */

/* ---- making and freeing ---- */

static struct of_counter *counter(struct of_stage *stage, const char *name, const char *help)
{
    OF_FREE char *labels = of_asprintf("stage=\"%s\"", stage->spec.name);
    return of_metrics_counter(stage->spec.metrics, name, help, labels);
}

static void make_meters(struct of_stage *stage)
{
    struct of_stage_meters *meters = &stage->meters;
    OF_FREE char *labels = of_asprintf("stage=\"%s\"", stage->spec.name);
    meters->consumed =
        counter(stage, "orderflow_records_consumed_total", "Input records, replays included.");
    meters->produced = counter(stage, "orderflow_records_produced_total", "Output records sent.");
    meters->dead = counter(stage, "orderflow_dead_letters_total", "Records dead-lettered.");
    meters->commits = counter(stage, "orderflow_transactions_committed_total", "Transactions.");
    meters->aborts =
        counter(stage, "orderflow_transactions_aborted_total", "Transactions given up.");
    meters->rebuilds =
        counter(stage, "orderflow_producer_rebuilds_total", "Producers made anew after an error.");
    meters->rebalances =
        counter(stage, "orderflow_rebalances_total", "Assignments given or taken.");
    meters->assigned = of_metrics_gauge(stage->spec.metrics, "orderflow_assigned_partitions",
        "Input partitions that this process reads.", labels);
    meters->lag = of_metrics_gauge(stage->spec.metrics, "orderflow_consumer_lag",
        "Committed input records that this process has yet to read.", labels);
    meters->commit_seconds = of_metrics_histogram(stage->spec.metrics, "orderflow_commit_seconds",
        "Time that committing a transaction took.", labels);
}

int of_stage_new(const struct of_config *config, const struct of_stage_spec *spec,
    struct of_stage **out, struct of_error *error)
{
    OF_CLEANUP(of_cleanup_stage) struct of_stage *stage = of_alloc(sizeof(*stage));
    stage->config = config;
    stage->spec = *spec;
    if (stage->spec.batch_records == 0)
        stage->spec.batch_records = BATCH_RECORDS_DEFAULT;
    if (stage->spec.batch_ms == 0)
        stage->spec.batch_ms = BATCH_MS_DEFAULT;
    OF_FREE char *group = of_asprintf("orderflow-%s", spec->name);
    stage->group = spec->group ? of_strdup(spec->group) : of_config_topic(config, group);
    stage->transactional_id = of_asprintf("%s-%s", stage->group, spec->instance);
    stage->floors.doubt_ms = of_config_int(config, "committed.offsets.doubt.ms");
    make_meters(stage);
    if (spec->by_time)
        stage->merge = of_merge_new(spec->time, spec->context);
    int result = of_producer_new(config, stage->transactional_id, &stage->producer, error);
    if (result == OF_OK)
        result = of_stage_join(stage, error);
    if (result < 0)
        return result;
    /* The other half is for dead letters: an input larger than outputs, and its headers. */
    of_outbox_init(&stage->outbox, OF_STAGE_OUTPUT_MAX, OF_STAGE_OUTPUTS_MAX,
        of_producer_message_max(stage->producer) / 2);
    *out = OF_TAKE(stage);
    return OF_OK;
}

void of_stage_free(struct of_stage *stage)
{
    of_stage_leave(stage);
    if (stage->merge)
        of_merge_free(stage->merge);
    if (stage->producer)
        of_producer_free(stage->producer);
    of_positions_release(&stage->positions);
    of_floors_release(&stage->floors);
    of_outbox_release(&stage->outbox);
    free(stage->group);
    free(stage->transactional_id);
    free(stage);
}

void of_stage_stop(struct of_stage *stage)
{
    atomic_store(&stage->stop, true);
}

bool of_stage_fenced(const struct of_stage *stage)
{
    return stage->fenced;
}

static bool stopping(struct of_stage *stage)
{
    return atomic_load_explicit(&stage->stop, memory_order_relaxed) || of_signals_stopping();
}

/* ---- what the consumer hands out ---- */

static int consumer_event(
    struct of_stage *stage, const rd_kafka_message_t *message, struct of_error *error)
{
    switch (message->err) {
    case RD_KAFKA_RESP_ERR__PARTITION_EOF: {
        struct of_position *position = of_positions_find(
            &stage->positions, rd_kafka_topic_name(message->rkt), message->partition);
        if (position)
            of_positions_end(&stage->positions, position, message->offset);
        return OF_OK;
    }
    case RD_KAFKA_RESP_ERR__FATAL:
        return of_stage_consumer_fatal(stage, error);
    case RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET:
        /* Resolving the offsets tells whether it is the topic's loss or was a passing answer. */
        return of_fail(error, OF_RETRY, "%s", rd_kafka_message_errstr(message));
    default:
        break;
    }
    if (of_kafka_fail_code(error, message->err, "consumer") == OF_FATAL)
        return of_fail(error, OF_FATAL, "consumer: %s", rd_kafka_message_errstr(message));
    of_log(OF_LOG_WARNING, "consumer", OF_F_TEXT("stage", stage->spec.name),
        OF_F_TEXT("code", rd_kafka_err2name(message->err)),
        OF_F_TEXT("message", rd_kafka_message_errstr(message)));
    return OF_OK;
}

static int take(struct of_stage *stage, const rd_kafka_message_t *message, struct of_error *error)
{
    if (message->err)
        return consumer_event(stage, message, error);
    struct of_position *position =
        of_positions_find(&stage->positions, rd_kafka_topic_name(message->rkt), message->partition);
    if (!position) /* a late one of a partition that was given back: its new owner reads it */
        return OF_OK;
    return of_stage_process(stage, message, position, error);
}

/* ---- the loop ---- */

static int poll_ms(const struct of_stage *stage, int64_t now)
{
    if (!of_producer_in_transaction(stage->producer))
        return IDLE_POLL_MS;
    if (of_positions_all_at_end(&stage->positions))
        return 0;
    int64_t left = stage->began + stage->spec.batch_ms - now;
    if (left > QUIET_MS && stage->records < QUIET_RECORDS)
        return QUIET_MS;
    return left > 0 ? (int)left : 0;
}

/* No record waits. */
static int idle(struct of_stage *stage, int64_t now, struct of_error *error)
{
    bool ended = of_positions_all_at_end(&stage->positions);
    bool quiet = stage->records < QUIET_RECORDS && now - stage->touched >= QUIET_MS;
    if (stage->records > 0 && (ended || quiet || now - stage->began >= stage->spec.batch_ms))
        return of_stage_commit(stage, error);
    if (stage->positions.uncommitted && ended && now - stage->touched >= SETTLE_MS)
        return of_stage_commit(stage, error);
    return OF_OK;
}

/* More records wait. */
static int commit_busy(struct of_stage *stage, struct of_error *error)
{
    int result = of_stage_commit(stage, error);
    if (result == OF_OK)
        of_stage_measure_lag(stage);
    return result;
}

static rd_kafka_message_t *next_message(struct of_stage *stage, int timeout_ms, bool events)
{
    if (stage->merge)
        return of_merge_poll(stage->merge, stage->consumer, timeout_ms, events);
    return rd_kafka_consumer_poll(stage->consumer, timeout_ms);
}

static int step(struct of_stage *stage, struct of_error *error)
{
    if (stage->rewind) {
        int result = of_stage_go_back(stage, error);
        if (result < 0)
            return result;
    }
    if (stage->spec.hooks.between)
        stage->spec.hooks.between(stage->spec.context);
    int64_t now = of_clock_monotonic();
    if (stage->spec.health)
        of_health_beat(stage->spec.health);
    for (int i = 0; i < CLOCK_EVERY; i++) {
        rd_kafka_message_t *message = next_message(stage, i == 0 ? poll_ms(stage, now) : 0, i == 0);
        int result = OF_OK;
        if (i == 0)
            now = of_clock_monotonic(); /* it may have waited */
        if (stage->pending < 0)
            result = of_stage_take_pending(stage, error);
        else if (message && !stage->rewind) /* else it will be read again */
            result = take(stage, message, error);
        if (message && !message->err)
            stage->touched = now;
        if (message)
            rd_kafka_message_destroy(message);
        if (result < 0 || stage->rewind)
            return result;
        if (!message)
            return idle(stage, of_clock_monotonic(), error);
        if (stage->records >= stage->spec.batch_records || stage->end_batch)
            return commit_busy(stage, error);
    }
    if (stage->records > 0 && of_clock_monotonic() - stage->began >= stage->spec.batch_ms)
        return commit_busy(stage, error);
    return OF_OK;
}

static void back_off(struct of_stage *stage)
{
    int shift = stage->failures < 6 ? stage->failures : 6;
    int64_t wait = (int64_t)BACKOFF_FIRST_MS << shift;
    int64_t deadline = of_clock_monotonic() + (wait < BACKOFF_MAX_MS ? wait : BACKOFF_MAX_MS);
    stage->failures++;
    if (stage->spec.health && stage->failures >= UNREADY_AFTER)
        of_health_set_ready(stage->spec.health, false);
    while (!stopping(stage) && of_clock_monotonic() < deadline) {
        of_sleep(BACKOFF_FIRST_MS);
        if (stage->spec.health)
            of_health_beat(stage->spec.health);
    }
}

/* After OF_RETRY: everything since the last commit is undone and will be read again. */
static int recover(struct of_stage *stage, struct of_error *error)
{
    of_log_error(OF_LOG_WARNING, "transaction given up, rewinding", error);
    int result = of_stage_abandon(stage, error);
    stage->rewind = true;
    back_off(stage);
    if (result == OF_OK && stage->consumer_failed) {
        of_stage_leave(stage);
        stage->consumer_failed = stage->rewind = false;
        stage->failed_rewinds = 0;
        result = of_stage_join(stage, error);
    }
    return result;
}

/* Finishes what is held; failing that, nothing of it has happened. */
static int finish(struct of_stage *stage, struct of_error *error)
{
    int result =
        of_stage_holds_work(stage) && !stage->rewind ? of_stage_commit(stage, error) : OF_OK;
    if (result == OF_RETRY) {
        of_log_error(OF_LOG_WARNING, "the last transaction was aborted", error);
        result = of_stage_abandon(stage, error);
    }
    return result;
}

int of_stage_run(struct of_stage *stage, struct of_error *error)
{
    int result = OF_OK;
    while (result == OF_OK && !stopping(stage)) {
        result = step(stage, error);
        if (result == OF_RETRY)
            result = recover(stage, error);
    }
    if (result == OF_OK)
        result = finish(stage, error);
    struct of_error ignored;
    if (result < 0)
        (void)!of_stage_abandon(stage, &ignored);
    stage->fenced |= of_producer_fenced(stage->producer);
    of_stage_leave(stage);
    of_stage_publish_counts(stage);
    return result < 0 ? of_error_set(error, OF_FATAL, error->origin, "%s", error->message) : OF_OK;
}
