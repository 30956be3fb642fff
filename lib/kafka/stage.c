/* The stage loop. Transactions are producer.c's, offsets positions.c's, the group consumer.c's;
 * here stands what to do next, and what to do when it fails. */
#include "kafka/stage.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/signals.h"
#include "kafka/consumer.h"
#include "kafka/deadletter.h"
#include "kafka/outbox.h"
#include "kafka/positions.h"

#include <inttypes.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#define BATCH_RECORDS_DEFAULT 10000
#define BATCH_MS_DEFAULT 100
#define IDLE_POLL_MS 200 /* how soon a stop is seen */
#define SETTLE_MS 500    /* idle that long: commit what lies behind the markers */
#define BACKOFF_FIRST_MS 100
#define BACKOFF_MAX_MS 5000
#define CLOCK_EVERY 64 /* records between two looks at the clock */

struct of_stage_meters {
    struct of_counter *consumed, *produced, *dead, *commits, *aborts, *rebuilds, *rebalances,
        *assigned, *lag;
    struct of_histogram *commit_seconds;
};

struct of_stage {
    const struct of_config *config;
    struct of_stage_spec spec;
    char *group, *transactional_id;
    rd_kafka_t *consumer;
    struct of_producer *producer;
    struct of_positions positions;
    struct of_outbox outbox;
    struct of_stage_meters meters;
    int64_t records;        /* in the transaction at hand */
    int64_t began, touched; /* monotonic: the transaction began; the last record came */
    int failures;           /* in a row */
    bool rewind;            /* before anything else is read */
    int pending;            /* class of an error inside of the rebalance callback */
    struct of_error pending_error;
    atomic_bool stop;
    bool consumer_failed; /* a new one is needed */
    bool fenced;
};

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

static void on_rebalance(rd_kafka_t *consumer, rd_kafka_resp_err_t code,
    rd_kafka_topic_partition_list_t *partitions, void *opaque);

static int join(struct of_stage *stage, struct of_error *error)
{
    OF_CLEANUP(of_cleanup_rd_kafka_partitions)
    rd_kafka_topic_partition_list_t *topics = rd_kafka_topic_partition_list_new(4);
    for (int i = 0; stage->spec.inputs[i]; i++)
        rd_kafka_topic_partition_list_add(topics, stage->spec.inputs[i], RD_KAFKA_PARTITION_UA);
    int result = of_consumer_new(stage->config, stage->group, stage->spec.instance, on_rebalance,
        stage, &stage->consumer, error);
    if (result < 0)
        return result;
    rd_kafka_resp_err_t code = rd_kafka_subscribe(stage->consumer, topics);
    return code ? of_kafka_fail_code(error, code, "subscribing") : OF_OK;
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
    make_meters(stage);
    int result = of_producer_new(config, stage->transactional_id, &stage->producer, error);
    if (result == OF_OK)
        result = join(stage, error);
    if (result < 0)
        return result;
    of_outbox_init(&stage->outbox, OF_STAGE_OUTPUT_MAX, OF_STAGE_OUTPUTS_MAX,
        of_producer_message_max(stage->producer));
    *out = OF_TAKE(stage);
    return OF_OK;
}

/* The rebalance callback still needs the handle while it leaves. */
static void leave(struct of_stage *stage)
{
    if (stage->consumer)
        of_consumer_leave(stage->consumer);
    stage->consumer = NULL;
}

void of_stage_free(struct of_stage *stage)
{
    leave(stage);
    if (stage->producer)
        of_producer_free(stage->producer);
    of_positions_release(&stage->positions);
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

/* ---- transactions ---- */

static void publish_counts(struct of_stage *stage)
{
    struct of_producer_counts counts;
    of_producer_counts(stage->producer, &counts);
    of_counter_set(stage->meters.produced, counts.sent);
    of_counter_set(stage->meters.commits, counts.commits);
    of_counter_set(stage->meters.aborts, counts.aborts);
    of_counter_set(stage->meters.rebuilds, counts.rebuilds);
}

static int begin(struct of_stage *stage, struct of_error *error)
{
    if (of_producer_in_transaction(stage->producer))
        return OF_OK;
    stage->began = of_clock_monotonic();
    return of_producer_begin(stage->producer, error);
}

/* Outputs and offsets, together. */
static int commit(struct of_stage *stage, struct of_error *error)
{
    int64_t start = of_clock_monotonic_ns();
    int result = begin(stage, error);
    if (result == OF_OK && stage->spec.hooks.before_commit)
        result = stage->spec.hooks.before_commit(stage->spec.context, stage, error);
    if (result == OF_OK)
        result = of_outbox_flush(&stage->outbox, stage->producer, error);
    if (result < 0)
        return result;
    OF_CLEANUP(of_cleanup_rd_kafka_partitions)
    rd_kafka_topic_partition_list_t *offsets = of_positions_uncommitted(&stage->positions);
    rd_kafka_consumer_group_metadata_t *group = rd_kafka_consumer_group_metadata(stage->consumer);
    result = of_producer_commit(stage->producer, offsets, group, error);
    rd_kafka_consumer_group_metadata_destroy(group);
    publish_counts(stage);
    if (result < 0)
        return result;
    stage->records = 0;
    stage->failures = 0;
    of_positions_committed(&stage->positions);
    of_histogram_observe(
        stage->meters.commit_seconds, (double)(of_clock_monotonic_ns() - start) / 1e9);
    if (stage->spec.hooks.committed)
        return stage->spec.hooks.committed(stage->spec.context, offsets, error);
    return OF_OK;
}

/* How much waits. Between the commits of a busy stage, because it keeps the fetching awake. */
static void measure_lag(struct of_stage *stage)
{
    struct of_error error;
    int64_t lag = 0;
    OF_CLEANUP(of_cleanup_rd_kafka_partitions)
    rd_kafka_topic_partition_list_t *ends = of_positions_list(&stage->positions);
    if (of_consumer_ends(stage->consumer, ends, &error) < 0) {
        of_log_error(OF_LOG_DEBUG, "lag unknown", &error);
        return;
    }
    for (size_t i = 0; i < stage->positions.count; i++)
        if (ends->elems[i].offset > stage->positions.items[i].next)
            lag += ends->elems[i].offset - stage->positions.items[i].next;
    of_counter_set(stage->meters.lag, lag);
}

/* Nothing since the last commit has happened. */
static int abandon(struct of_stage *stage, struct of_error *error)
{
    of_outbox_clear(&stage->outbox);
    int result = of_producer_abort(stage->producer, error);
    stage->records = 0;
    of_positions_reset(&stage->positions);
    if (stage->spec.hooks.aborted)
        stage->spec.hooks.aborted(stage->spec.context);
    publish_counts(stage);
    return result == OF_FATAL ? result : OF_OK;
}

static bool holds_work(const struct of_stage *stage)
{
    return of_producer_in_transaction(stage->producer) || stage->positions.uncommitted;
}

/* ---- partitions come and go ---- */

static void remember(struct of_stage *stage, int result, const struct of_error *error)
{
    if (result < 0 && stage->pending == 0) {
        stage->pending = result;
        stage->pending_error = *error;
    }
}

static void on_assigned(struct of_stage *stage, rd_kafka_topic_partition_list_t *partitions)
{
    struct of_error error;
    int result = of_consumer_resolve(stage->config, stage->consumer, partitions, &error);
    if (result == OF_RETRY) {
        of_log_error(OF_LOG_WARNING, "offsets are asked for again", &error);
        stage->rewind = true;
        for (int i = 0; i < partitions->cnt; i++)
            partitions->elems[i].offset = RD_KAFKA_OFFSET_INVALID;
    } else {
        remember(stage, result, &error);
    }
    if (result == OF_OK && stage->spec.hooks.assigned)
        remember(
            stage, stage->spec.hooks.assigned(stage->spec.context, partitions, &error), &error);
    rd_kafka_assign(stage->consumer, partitions);
    of_positions_assign(&stage->positions, partitions);
    if (stage->spec.health)
        of_health_set_ready(stage->spec.health, true);
}

/* The new owner starts at what is committed: commit what is done, if it is still ours to commit. */
static void on_revoked(struct of_stage *stage, rd_kafka_topic_partition_list_t *partitions)
{
    struct of_error error;
    bool lost = rd_kafka_assignment_lost(stage->consumer);
    int result = OF_OK;
    if (holds_work(stage)) {
        if (!lost)
            result = commit(stage, &error);
        if (result == OF_RETRY)
            of_log_error(OF_LOG_WARNING, "aborted while giving partitions back", &error);
        if (lost || result == OF_RETRY)
            result = abandon(stage, &error);
        remember(stage, result, &error);
    }
    if (stage->spec.hooks.revoked)
        stage->spec.hooks.revoked(stage->spec.context, partitions);
    rd_kafka_assign(stage->consumer, NULL);
    of_positions_assign(&stage->positions, NULL);
    stage->rewind = false;
    if (stage->spec.health)
        of_health_set_ready(stage->spec.health, false);
}

static void on_rebalance(rd_kafka_t *consumer, rd_kafka_resp_err_t code,
    rd_kafka_topic_partition_list_t *partitions, void *opaque)
{
    struct of_stage *stage = opaque;
    bool given = code == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS;
    of_log(OF_LOG_INFO, given ? "partitions assigned" : "partitions revoked",
        OF_F_TEXT("stage", stage->spec.name), OF_F_INT("partitions", partitions->cnt),
        OF_F_TEXT("lost", !given && rd_kafka_assignment_lost(consumer) ? "yes" : "no"));
    of_counter_add(stage->meters.rebalances, 1);
    of_counter_set(stage->meters.assigned, given ? partitions->cnt : 0);
    if (given)
        on_assigned(stage, partitions);
    else
        on_revoked(stage, partitions);
}

/* Every partition back to what is committed. */
static int rewind_all(struct of_stage *stage, struct of_error *error)
{
    OF_CLEANUP(of_cleanup_rd_kafka_partitions) rd_kafka_topic_partition_list_t *list = NULL;
    rd_kafka_resp_err_t code = rd_kafka_assignment(stage->consumer, &list);
    if (code)
        return of_kafka_fail_code(error, code, "rewinding");
    if (list->cnt > 0) {
        for (int i = 0; i < list->cnt; i++) {
            const struct of_position *position = of_positions_find(
                &stage->positions, list->elems[i].topic, list->elems[i].partition);
            list->elems[i].offset = position ? position->start : RD_KAFKA_OFFSET_INVALID;
        }
        int result = of_consumer_resolve(stage->config, stage->consumer, list, error);
        if (result == OF_OK)
            result = of_consumer_seek(stage->consumer, list, error);
        if (result < 0)
            return result;
        of_positions_assign(&stage->positions, list);
    }
    stage->rewind = false;
    return OF_OK;
}

/* ---- one record ---- */

int of_stage_emit(struct of_stage *stage, const struct of_message *message, struct of_error *error)
{
    return of_outbox_add(&stage->outbox, message, error);
}

static int input_index(const struct of_stage *stage, const char *topic)
{
    for (int i = 0; stage->spec.inputs[i]; i++)
        if (strcmp(stage->spec.inputs[i], topic) == 0)
            return i;
    return -1;
}

static int dead_letter(
    struct of_stage *stage, const struct of_record *record, struct of_error *error)
{
    of_log(OF_LOG_WARNING, "dead letter", OF_F_TEXT("stage", stage->spec.name),
        OF_F_TEXT("topic", record->topic), OF_F_INT("partition", record->partition),
        OF_F_INT("offset", record->offset), OF_F_TEXT("class", error->kind),
        OF_F_TEXT("message", error->message));
    OF_CLEANUP(of_cleanup_rd_kafka_headers)
    rd_kafka_headers_t *headers =
        of_deadletter_headers(record, stage->spec.name, stage->spec.instance, error);
    const struct of_message message = {.topic = stage->spec.dead_letter_topic,
        .partition = RD_KAFKA_PARTITION_UA,
        .key = record->key,
        .key_size = record->key_size,
        .value = record->value,
        .value_size = record->value_size,
        .headers = headers};
    of_counter_add(stage->meters.dead, 1);
    int result = of_producer_send(stage->producer, &message, error);
    if (result == OF_INPUT) /* nowhere to put it: stop rather than lose it */
        return of_fail(error, OF_FATAL, "%s[%d]@%" PRId64 ": cannot be dead-lettered: %s",
            record->topic, record->partition, record->offset, error->message);
    return result;
}

static int process(struct of_stage *stage, const rd_kafka_message_t *message,
    struct of_position *position, struct of_error *error)
{
    struct of_record record = {.topic = position->topic,
        .input = input_index(stage, position->topic),
        .partition = message->partition,
        .offset = message->offset,
        .timestamp = rd_kafka_message_timestamp(message, NULL),
        .key = message->key,
        .key_size = message->key_len,
        .value = message->payload,
        .value_size = message->len,
        .message = message};
    int result = begin(stage, error);
    if (result < 0)
        return result;
    result = stage->spec.transform(stage->spec.context, stage, &record, error);
    if (result == OF_OK) {
        result = of_outbox_flush(&stage->outbox, stage->producer, error);
    } else if (result == OF_INPUT) {
        of_outbox_clear(&stage->outbox);
        result = dead_letter(stage, &record, error);
    }
    if (result < 0)
        return of_error_context(
            error, "%s[%d]@%" PRId64, record.topic, record.partition, record.offset);
    of_positions_advance(&stage->positions, position, message->offset);
    of_counter_add(stage->meters.consumed, 1);
    stage->records++;
    return OF_OK;
}

/* ---- what the consumer hands out ---- */

static int consumer_is_fatal(struct of_stage *stage, struct of_error *error)
{
    char reason[512] = "";
    rd_kafka_resp_err_t code = rd_kafka_fatal_error(stage->consumer, reason, sizeof(reason));
    bool fenced = code == RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID;
    if (fenced && of_kafka_had_trouble()) {
        stage->consumer_failed = true;
        return of_fail(error, OF_RETRY, "consumer: %s", reason);
    }
    stage->fenced = fenced;
    if (fenced)
        return of_fail(error, OF_FATAL,
            "another process with the instance name '%s' has joined the group '%s' and taken over",
            stage->spec.instance, stage->group);
    return of_fail(error, OF_FATAL, "consumer: %s", reason);
}

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
        return consumer_is_fatal(stage, error);
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
    return process(stage, message, position, error);
}

/* ---- the loop ---- */

static int poll_ms(const struct of_stage *stage, int64_t now)
{
    if (!of_producer_in_transaction(stage->producer))
        return IDLE_POLL_MS;
    if (of_positions_all_at_end(&stage->positions))
        return 0;
    int64_t left = stage->began + stage->spec.batch_ms - now;
    return left > 0 ? (int)left : 0;
}

/* No record waits. */
static int idle(struct of_stage *stage, int64_t now, struct of_error *error)
{
    bool ended = of_positions_all_at_end(&stage->positions);
    if (stage->records > 0 && (ended || now - stage->began >= stage->spec.batch_ms))
        return commit(stage, error);
    if (stage->positions.uncommitted && ended && now - stage->touched >= SETTLE_MS)
        return commit(stage, error);
    return OF_OK;
}

/* More records wait. */
static int commit_busy(struct of_stage *stage, struct of_error *error)
{
    int result = commit(stage, error);
    if (result == OF_OK)
        measure_lag(stage);
    return result;
}

static int step(struct of_stage *stage, struct of_error *error)
{
    if (stage->rewind) {
        int result = rewind_all(stage, error);
        if (result < 0)
            return result;
    }
    int64_t now = of_clock_monotonic();
    if (stage->spec.health)
        of_health_beat(stage->spec.health);
    for (int i = 0; i < CLOCK_EVERY; i++) {
        rd_kafka_message_t *message =
            rd_kafka_consumer_poll(stage->consumer, i == 0 ? poll_ms(stage, now) : 0);
        int result = OF_OK;
        if (stage->pending < 0) {
            *error = stage->pending_error;
            result = stage->pending;
            stage->pending = 0;
        } else if (message) {
            result = take(stage, message, error);
        }
        if (message && !message->err)
            stage->touched = now;
        if (message)
            rd_kafka_message_destroy(message);
        if (result < 0 || stage->rewind)
            return result;
        if (!message)
            return idle(stage, of_clock_monotonic(), error);
        if (stage->records >= stage->spec.batch_records)
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
    int result = abandon(stage, error);
    stage->rewind = true;
    back_off(stage);
    if (result == OF_OK && stage->consumer_failed) {
        leave(stage);
        stage->consumer_failed = false;
        result = join(stage, error);
    }
    return result;
}

/* Finishes what is held; failing that, nothing of it has happened. */
static int finish(struct of_stage *stage, struct of_error *error)
{
    int result = holds_work(stage) && !stage->rewind ? commit(stage, error) : OF_OK;
    if (result == OF_RETRY) {
        of_log_error(OF_LOG_WARNING, "the last transaction was aborted", error);
        result = abandon(stage, error);
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
        (void)!abandon(stage, &ignored);
    stage->fenced |= of_producer_fenced(stage->producer);
    leave(stage);
    publish_counts(stage);
    return result < 0 ? of_error_set(error, OF_FATAL, error->origin, "%s", error->message) : OF_OK;
}
