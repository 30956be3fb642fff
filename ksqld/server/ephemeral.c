/* Partitions, the order of their records, and the run that takes them. */
#include "ksqld/server/ephemeral.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/memory.h"
#include "kafka/client.h"
#include "kafka/topics.h"
#include "ksqld/server/headers.h"
#include "ksqld/server/properties.h"
#include "state/state.h"

#include <stdlib.h>
#include <strings.h>

#define ASK_MS 10000

/* One partition, and what was read of it that waits for its turn. */
struct lane {
    const char *topic;
    int32_t partition;
    int64_t start, end; /* end: of a query that ends, else -1 */
    bool at_end;        /* nothing more is there by now */
    bool paused;
    rd_kafka_message_t **waiting;
    size_t first, count; /* a ring of KSQL_EPHEMERAL_QUEUE_MAX */
};

struct ksql_ephemeral {
    rd_kafka_t *consumer;
    struct ksql_run *run;
    char *topics[KSQL_QUERY_SOURCES_MAX]; /* index = input of the query */
    bool tables[KSQL_QUERY_SOURCES_MAX];
    size_t topic_count;
    struct lane *lanes;
    size_t lane_count;
    bool told;          /* that an expression failed */
    bool ends, ordered; /* ordered: there are several topics */
    uint64_t bad_records;
    struct ksql_headers headers; /* of the record at hand */
    int64_t retry_at;            /* of a record that could not be read yet; 0: none */
};

/* ---- where to read ---- */

static int64_t start_of(
    const struct ksql_ephemeral *ephemeral, const struct ksql_ephemeral_spec *spec, size_t input)
{
    const char *reset = ksql_properties_reset(spec->properties, spec->property_count);
    if (!reset)
        reset = of_config_get(spec->config, "auto.offset.reset");
    bool earliest = reset ? strcasecmp(reset, "earliest") == 0 : ephemeral->tables[input];
    return earliest || ephemeral->ends ? RD_KAFKA_OFFSET_BEGINNING : RD_KAFKA_OFFSET_END;
}

static int add_lane(struct ksql_ephemeral *ephemeral, const struct ksql_ephemeral_spec *spec,
    size_t input, int32_t partition, struct of_error *error)
{
    struct lane lane = {.topic = ephemeral->topics[input],
        .partition = partition,
        .start = start_of(ephemeral, spec, input),
        .end = -1};
    int64_t low, high;
    /* A start at the end is one now, not when the first fetch goes out. */
    if (lane.start == RD_KAFKA_OFFSET_END || ephemeral->ends) {
        rd_kafka_resp_err_t code =
            of_kafka_watermarks(ephemeral->consumer, lane.topic, partition, ASK_MS, &low, &high);
        if (code)
            return of_kafka_fail_code(error, code, "asking where a topic ends");
        if (ephemeral->ends)
            lane.end = high;
        else
            lane.start = high;
        lane.at_end = ephemeral->ends && low >= high;
    }
    lane.waiting = of_alloc(KSQL_EPHEMERAL_QUEUE_MAX * sizeof(rd_kafka_message_t *));
    ephemeral->lanes =
        of_realloc_array(ephemeral->lanes, ephemeral->lane_count + 1, sizeof(*ephemeral->lanes));
    ephemeral->lanes[ephemeral->lane_count++] = lane;
    return OF_OK;
}

static int add_topic(struct ksql_ephemeral *ephemeral, const struct ksql_ephemeral_spec *spec,
    size_t input, struct of_error *error)
{
    const struct rd_kafka_metadata *metadata = NULL;
    for (size_t i = 0; i < input; i++) { /* one that two sources read is read once */
        if (strcmp(ephemeral->topics[i], ephemeral->topics[input]) == 0)
            return OF_OK;
    }
    rd_kafka_topic_t *topic =
        rd_kafka_topic_new(ephemeral->consumer, ephemeral->topics[input], NULL);
    rd_kafka_resp_err_t code = rd_kafka_metadata(ephemeral->consumer, 0, topic, &metadata, ASK_MS);
    rd_kafka_topic_destroy(topic);
    if (code)
        return of_kafka_fail_code(error, code, "asking for a topic");
    int count = metadata->topic_cnt ? metadata->topics[0].partition_cnt : 0;
    rd_kafka_metadata_destroy(metadata);
    if (count <= 0)
        return of_fail(error, OF_INPUT, "the topic %s does not exist", ephemeral->topics[input]);
    ephemeral->ordered = ephemeral->ordered || input > 0;
    int result = OF_OK;
    for (int32_t partition = 0; partition < count && result == OF_OK; partition++)
        result = add_lane(ephemeral, spec, input, partition, error);
    return result;
}

static int assign(struct ksql_ephemeral *ephemeral, struct of_error *error)
{
    OF_CLEANUP(of_cleanup_rd_kafka_partitions)
    rd_kafka_topic_partition_list_t *list =
        rd_kafka_topic_partition_list_new((int)ephemeral->lane_count);
    for (size_t i = 0; i < ephemeral->lane_count; i++) {
        const struct lane *lane = &ephemeral->lanes[i];
        rd_kafka_topic_partition_list_add(list, lane->topic, lane->partition)->offset = lane->start;
    }
    rd_kafka_resp_err_t code = rd_kafka_assign(ephemeral->consumer, list);
    return code ? of_kafka_fail_code(error, code, "reading topics") : OF_OK;
}

static int open_consumer(struct ksql_ephemeral *ephemeral, const struct ksql_ephemeral_spec *spec,
    struct of_error *error)
{
    /* The group is a name that librdkafka wants: nobody joins it, nothing is committed. */
    static const char *const pairs[] = {"group.id", "orderflow-ksqld-ephemeral",
        "enable.auto.commit", "false", "enable.auto.offset.store", "false", "enable.partition.eof",
        "true", "isolation.level", "read_committed", "auto.offset.reset", "earliest",
        "fetch.wait.max.ms", "100", "queued.max.messages.kbytes", "16384", NULL};
    OF_CLEANUP(of_cleanup_rd_kafka_conf) rd_kafka_conf_t *conf = NULL;
    int result = of_kafka_conf(spec->config, RD_KAFKA_CONSUMER, pairs, &conf, error);
    if (result == OF_OK)
        result = of_kafka_new(RD_KAFKA_CONSUMER, OF_TAKE(conf), &ephemeral->consumer, error);
    if (result < 0)
        return result;
    rd_kafka_poll_set_consumer(ephemeral->consumer);
    return OF_OK;
}

/* Records that are skipped have a line of their own. */
void ksql_ephemeral_note(void *told, const struct ksql_trouble *trouble)
{
    bool *before = told;
    if (trouble->type != KSQL_TROUBLE_PROCESSING || *before)
        return;
    *before = true;
    of_log(OF_LOG_WARNING, "an expression of a query failed; more are not told",
        OF_F_TEXT("message", trouble->message), OF_F_TEXT("cause", trouble->cause));
}

int ksql_ephemeral_new(
    const struct ksql_ephemeral_spec *spec, struct ksql_ephemeral **out, struct of_error *error)
{
    OF_CLEANUP(of_cleanup_ksql_ephemeral)
    struct ksql_ephemeral *ephemeral = of_alloc(sizeof(*ephemeral));
    const struct ksql_query *query = spec->statement->query;
    ephemeral->ends = spec->statement->asked->ends;
    for (size_t i = 0; i < query->source_count; i++) {
        ephemeral->topics[ephemeral->topic_count++] = of_strdup(query->source_topics[i]);
        ephemeral->tables[i] = spec->statement->asked->tables[i];
    }
    struct ksql_run_callbacks callbacks = spec->callbacks;
    callbacks.trouble = ksql_ephemeral_note;
    callbacks.trouble_context = &ephemeral->told;
    int result = open_consumer(ephemeral, spec, error);
    for (size_t i = 0; i < ephemeral->topic_count && result == OF_OK; i++) {
        result = add_topic(ephemeral, spec, i, error);
        if (i == 0)
            callbacks.partitions = (int)ephemeral->lane_count;
    }
    if (result == OF_OK && ksql_query_keeps_state(query))
        callbacks.state =
            ksql_state_memory(spec->state_max ? spec->state_max : KSQL_EPHEMERAL_STATE_MAX);
    if (result == OF_OK)
        result = ksql_run_new(query, &callbacks, -1, -1, &ephemeral->run, error);
    if (result == OF_OK)
        result = assign(ephemeral, error);
    if (result < 0)
        return result;
    *out = OF_TAKE(ephemeral);
    return OF_OK;
}

void ksql_ephemeral_free(struct ksql_ephemeral *ephemeral)
{
    for (size_t i = 0; i < ephemeral->lane_count; i++) {
        struct lane *lane = &ephemeral->lanes[i];
        for (size_t j = 0; j < lane->count; j++)
            rd_kafka_message_destroy(lane->waiting[(lane->first + j) % KSQL_EPHEMERAL_QUEUE_MAX]);
        free(lane->waiting);
    }
    free(ephemeral->lanes);
    if (ephemeral->consumer) {
        rd_kafka_consumer_close(ephemeral->consumer);
        rd_kafka_destroy(ephemeral->consumer);
    }
    ksql_headers_release(&ephemeral->headers);
    if (ephemeral->run)
        ksql_run_free(ephemeral->run);
    for (size_t i = 0; i < ephemeral->topic_count; i++)
        free(ephemeral->topics[i]);
    free(ephemeral);
}

/* ---- records come in ---- */

static struct lane *lane_of(struct ksql_ephemeral *ephemeral, const rd_kafka_message_t *message)
{
    const char *topic = message->rkt ? rd_kafka_topic_name(message->rkt) : "";
    for (size_t i = 0; i < ephemeral->lane_count; i++) {
        struct lane *lane = &ephemeral->lanes[i];
        if (lane->partition == message->partition && strcmp(lane->topic, topic) == 0)
            return lane;
    }
    return NULL;
}

/* One that is full is not read for a while. */
static void pause_lane(struct ksql_ephemeral *ephemeral, struct lane *lane, bool pause)
{
    if (lane->paused == pause)
        return;
    OF_CLEANUP(of_cleanup_rd_kafka_partitions)
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(list, lane->topic, lane->partition);
    (pause ? rd_kafka_pause_partitions : rd_kafka_resume_partitions)(ephemeral->consumer, list);
    lane->paused = pause;
}

static int queue(struct ksql_ephemeral *ephemeral, struct lane *lane, rd_kafka_message_t *message,
    struct of_error *error)
{
    bool behind = lane->end >= 0 && message->offset >= lane->end;
    lane->at_end = lane->end >= 0 && message->offset + 1 >= lane->end;
    if (behind || lane->count == KSQL_EPHEMERAL_QUEUE_MAX) {
        rd_kafka_message_destroy(message);
        return behind ? OF_OK : of_fail(error, OF_FATAL, "a partition that was paused is read on");
    }
    lane->waiting[(lane->first + lane->count++) % KSQL_EPHEMERAL_QUEUE_MAX] = message;
    if (lane->count == KSQL_EPHEMERAL_QUEUE_MAX)
        pause_lane(ephemeral, lane, true);
    return OF_OK;
}

static int take_event(
    struct ksql_ephemeral *ephemeral, rd_kafka_message_t *message, struct of_error *error)
{
    struct lane *lane = lane_of(ephemeral, message);
    rd_kafka_resp_err_t code = message->err;
    if (!code && lane)
        return queue(ephemeral, lane, message, error);
    if (code == RD_KAFKA_RESP_ERR__PARTITION_EOF && lane)
        lane->at_end = true;
    bool gone = code == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART ||
                code == RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION;
    rd_kafka_message_destroy(message);
    if (gone)
        return of_fail(error, OF_FATAL, "a topic of the query is gone");
    return OF_OK; /* others pass by themselves */
}

/* ---- and are processed ---- */

/* Whose turn it is: the oldest record, once every partition has one or has none for now. NULL: a
 * record must come first. */
static struct lane *next_lane(struct ksql_ephemeral *ephemeral)
{
    struct lane *next = NULL;
    int64_t time = 0;
    for (size_t i = 0; i < ephemeral->lane_count; i++) {
        struct lane *lane = &ephemeral->lanes[i];
        if (!lane->count) {
            if (ephemeral->ordered && !lane->at_end)
                return NULL;
            continue;
        }
        int64_t own = rd_kafka_message_timestamp(lane->waiting[lane->first], NULL);
        if (!next || (ephemeral->ordered && own < time)) {
            next = lane;
            time = own;
        }
    }
    return next;
}

static bool is_over(const struct ksql_ephemeral *ephemeral)
{
    for (size_t i = 0; i < ephemeral->lane_count; i++) {
        if (!ephemeral->ends || !ephemeral->lanes[i].at_end || ephemeral->lanes[i].count)
            return false;
    }
    return true;
}

static void note_bad(struct ksql_ephemeral *ephemeral, const struct ksql_record_in *in,
    const char *topic, const struct of_error *error)
{
    if (ephemeral->bad_records++ == 0)
        of_log(OF_LOG_WARNING, "a push query skips records that it cannot read",
            OF_F_TEXT("topic", topic), OF_F_INT("partition", in->partition),
            OF_F_INT("offset", in->offset), OF_F_TEXT("message", error->message));
}

static int process(struct ksql_ephemeral *ephemeral, const rd_kafka_message_t *message,
    ksql_emit *emit, void *context, struct of_error *error)
{
    struct ksql_record_in in = ksql_record_of(message);
    const char *topic = rd_kafka_topic_name(message->rkt);
    int result = OF_OK;
    ksql_headers_read(&ephemeral->headers, message, &in);
    for (in.input = 0; in.input < ephemeral->topic_count && result == OF_OK; in.input++) {
        if (strcmp(ephemeral->topics[in.input], topic) != 0)
            continue;
        result = ksql_run_process(ephemeral->run, &in, emit, context, error);
        in.again = true;
    }
    if (result != OF_INPUT)
        return result;
    if (error->kind && strcmp(error->kind, "state") == 0)
        return of_error_set(error, OF_FATAL, error->origin, "%s", error->message);
    note_bad(ephemeral, &in, topic, error);
    return OF_OK;
}

static int process_next(struct ksql_ephemeral *ephemeral, struct lane *lane, ksql_emit *emit,
    void *context, struct of_error *error)
{
    int result = process(ephemeral, lane->waiting[lane->first], emit, context, error);
    if (result == OF_RETRY) { /* the same one again, after a while */
        ephemeral->retry_at = of_clock_monotonic() + KSQL_EPHEMERAL_RETRY_MS;
        return OF_OK;
    }
    rd_kafka_message_destroy(lane->waiting[lane->first]);
    lane->first = (lane->first + 1) % KSQL_EPHEMERAL_QUEUE_MAX;
    if (--lane->count == KSQL_EPHEMERAL_QUEUE_MAX / 2)
        pause_lane(ephemeral, lane, false);
    return result;
}

int ksql_ephemeral_step(struct ksql_ephemeral *ephemeral, int wait_ms, ksql_emit *emit,
    void *emit_context, struct of_error *error)
{
    if (is_over(ephemeral))
        return 1;
    bool held = ephemeral->retry_at > of_clock_monotonic();
    struct lane *lane = held ? NULL : next_lane(ephemeral);
    if (lane)
        return process_next(ephemeral, lane, emit, emit_context, error);
    rd_kafka_message_t *message = rd_kafka_consumer_poll(ephemeral->consumer, wait_ms);
    return message ? take_event(ephemeral, message, error) : OF_OK;
}
