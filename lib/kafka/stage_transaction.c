/* A stage's transactions: what is committed together, and what becomes of it otherwise. */
#include "kafka/stage_state.h"

#include "base/clock.h"
#include "base/log.h"
#include "kafka/consumer.h"

void of_stage_publish_counts(struct of_stage *stage)
{
    struct of_producer_counts counts;
    of_producer_counts(stage->producer, &counts);
    of_counter_set(stage->meters.produced, counts.sent);
    of_counter_set(stage->meters.commits, counts.commits);
    of_counter_set(stage->meters.aborts, counts.aborts);
    of_counter_set(stage->meters.rebuilds, counts.rebuilds);
}

int of_stage_begin(struct of_stage *stage, struct of_error *error)
{
    if (of_producer_in_transaction(stage->producer))
        return OF_OK;
    stage->began = of_clock_monotonic();
    return of_producer_begin(stage->producer, error);
}

/* What is only in memory must be read again by whoever reads next. */
static void hold_back(const struct of_stage *stage, rd_kafka_topic_partition_list_t *offsets)
{
    if (!stage->spec.hooks.needed)
        return;
    for (int i = 0; i < offsets->cnt; i++) {
        rd_kafka_topic_partition_t *offset = &offsets->elems[i];
        int64_t needed =
            stage->spec.hooks.needed(stage->spec.context, offset->topic, offset->partition);
        if (needed >= 0 && needed < offset->offset)
            offset->offset = needed;
    }
}

/* Outputs and offsets, together. */
int of_stage_commit(struct of_stage *stage, struct of_error *error)
{
    int64_t start = of_clock_monotonic_ns();
    int result = of_stage_begin(stage, error);
    if (result == OF_OK && stage->spec.hooks.before_commit)
        result = stage->spec.hooks.before_commit(stage->spec.context, stage, error);
    if (result == OF_OK)
        result = of_outbox_flush(&stage->outbox, stage->producer, error);
    if (result < 0)
        return result;
    OF_CLEANUP(of_cleanup_rd_kafka_partitions)
    rd_kafka_topic_partition_list_t *offsets = of_positions_uncommitted(&stage->positions);
    hold_back(stage, offsets);
    if (stage->spec.hooks.committing)
        result = stage->spec.hooks.committing(stage->spec.context, offsets, error);
    if (result < 0)
        return result;
    rd_kafka_consumer_group_metadata_t *group = rd_kafka_consumer_group_metadata(stage->consumer);
    result = of_producer_commit(stage->producer, offsets, group, error);
    rd_kafka_consumer_group_metadata_destroy(group);
    of_stage_publish_counts(stage);
    if (result < 0)
        return result;
    of_counter_add(stage->meters.dead, stage->dead);
    stage->records = stage->dead = 0;
    if (stage->spec.health && stage->failures > 0)
        of_health_set_ready(stage->spec.health, true);
    stage->end_batch = false;
    stage->header_bytes = 0;
    stage->failures = 0;
    of_positions_committed(&stage->positions);
    of_floors_raise(&stage->floors, offsets);
    of_histogram_observe(
        stage->meters.commit_seconds, (double)(of_clock_monotonic_ns() - start) / 1e9);
    if (stage->spec.hooks.committed)
        return stage->spec.hooks.committed(stage->spec.context, offsets, error);
    return OF_OK;
}

/* How much waits. Between the commits of a busy stage, because it keeps the fetching awake. */
void of_stage_measure_lag(struct of_stage *stage)
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
int of_stage_abandon(struct of_stage *stage, struct of_error *error)
{
    of_outbox_clear(&stage->outbox);
    int result = of_producer_abort(stage->producer, error);
    stage->records = stage->dead = 0;
    stage->end_batch = false;
    stage->header_bytes = 0;
    of_positions_reset(&stage->positions);
    if (stage->spec.hooks.aborted)
        stage->spec.hooks.aborted(stage->spec.context);
    of_stage_publish_counts(stage);
    return result == OF_FATAL ? result : OF_OK;
}

bool of_stage_holds_work(const struct of_stage *stage)
{
    return of_producer_in_transaction(stage->producer) || stage->positions.uncommitted;
}
