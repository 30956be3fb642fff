/* A stage in its group: partitions come and go, the way back to what is committed, and a new
 * consumer when the old one has failed. */
#include "kafka/stage_state.h"

#include "base/clock.h"
#include "base/log.h"
#include "kafka/consumer.h"

#include <assert.h>

#define DRAIN_MS 500         /* what was fetched before a rewind is thrown away that long */
#define FAILED_REWINDS_MAX 6 /* then the consumer is made anew */

static void remember(struct of_stage *stage, int result, const struct of_error *error)
{
    if (result < 0 && stage->pending == 0) {
        stage->pending = result;
        stage->pending_error = *error;
    }
}

static void begin_at_start(
    const struct of_stage *stage, const rd_kafka_topic_partition_list_t *partitions)
{
    for (int i = 0; stage->spec.from_start && i < partitions->cnt; i++) {
        int input = of_stage_input(stage, partitions->elems[i].topic);
        if (partitions->elems[i].offset < 0 && input >= 0 && stage->spec.from_start[input])
            partitions->elems[i].offset = RD_KAFKA_OFFSET_BEGINNING;
    }
}

/* Where reading starts. */
static int resolve(
    struct of_stage *stage, rd_kafka_topic_partition_list_t *partitions, struct of_error *error)
{
    begin_at_start(stage, partitions);
    int result = of_consumer_resolve(stage->config, stage->consumer, partitions, error);
    return result < 0 ? result
                      : of_floors_check(&stage->floors, partitions, of_clock_monotonic(), error);
}

static void on_assigned(struct of_stage *stage, rd_kafka_topic_partition_list_t *partitions)
{
    struct of_error error;
    int result = resolve(stage, partitions, &error);
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
    if (stage->merge)
        of_merge_assign(stage->merge, stage->consumer, partitions);
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
    if (of_stage_holds_work(stage)) {
        if (!lost)
            result = of_stage_commit(stage, &error);
        if (result == OF_RETRY)
            of_log_error(OF_LOG_WARNING, "aborted while giving partitions back", &error);
        if (lost || result == OF_RETRY)
            result = of_stage_abandon(stage, &error);
        remember(stage, result, &error);
    }
    if (stage->spec.hooks.revoked)
        stage->spec.hooks.revoked(stage->spec.context, partitions);
    if (stage->merge)
        of_merge_assign(stage->merge, stage->consumer, NULL);
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
    assert(!of_stage_holds_work(stage));
    if (list->cnt > 0) {
        for (int i = 0; i < list->cnt; i++) {
            const struct of_position *position = of_positions_find(
                &stage->positions, list->elems[i].topic, list->elems[i].partition);
            list->elems[i].offset = position ? position->start : RD_KAFKA_OFFSET_INVALID;
        }
        int result = resolve(stage, list, error);
        if (result == OF_OK && stage->spec.hooks.assigned)
            result = stage->spec.hooks.assigned(stage->spec.context, list, error);
        if (result == OF_OK)
            result = of_consumer_seek(stage->consumer, list, error);
        if (result < 0)
            return result;
        if (stage->merge)
            of_merge_clear(stage->merge);
        of_positions_assign(&stage->positions, list);
    }
    stage->rewind = false;
    return OF_OK;
}

int of_stage_consumer_fatal(struct of_stage *stage, struct of_error *error)
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

/* An error inside of the rebalance callback. */
int of_stage_take_pending(struct of_stage *stage, struct of_error *error)
{
    int result = stage->pending;
    *error = stage->pending_error;
    stage->pending = 0;
    return result;
}

/* Rewinds, while partitions may come and go: a consumer that is not polled could neither rejoin
 * its group nor say what is committed. The records that it hands out will be read again. */
int of_stage_go_back(struct of_stage *stage, struct of_error *error)
{
    int64_t deadline = of_clock_monotonic() + DRAIN_MS;
    rd_kafka_message_t *message;
    while (stage->rewind && of_clock_monotonic() < deadline &&
           (message = rd_kafka_consumer_poll(stage->consumer, 0)) != NULL) {
        int result =
            message->err == RD_KAFKA_RESP_ERR__FATAL ? of_stage_consumer_fatal(stage, error) : 0;
        rd_kafka_message_destroy(message);
        if (result < 0)
            return result;
    }
    if (stage->pending < 0)
        return of_stage_take_pending(stage, error);
    if (!stage->rewind)
        return OF_OK;
    int result = rewind_all(stage, error);
    if (result == OF_OK)
        stage->failed_rewinds = 0;
    else if (++stage->failed_rewinds == FAILED_REWINDS_MAX)
        stage->consumer_failed = true;
    return result;
}

int of_stage_join(struct of_stage *stage, struct of_error *error)
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

/* The rebalance callback still needs the handle while it leaves. */
void of_stage_leave(struct of_stage *stage)
{
    if (stage->merge)
        of_merge_assign(stage->merge, stage->consumer, NULL);
    if (stage->consumer)
        of_consumer_leave(stage->consumer);
    stage->consumer = NULL;
}
