/* The stage loop: consume, transform, produce in Kafka transactions, exactly once.
 *
 * Outputs and input offsets commit together. A record for which the transform returns OF_INPUT
 * goes raw, with key and headers, to the dead-letter topic inside the same transaction, its own
 * outputs dropped. OF_RETRY aborts, rewinds every partition to the committed offsets, backs off
 * and goes on. OF_FATAL aborts and leaves. A transaction ends after `batch_records` records,
 * `batch_ms` milliseconds, or at once when no further record is waiting. Revocation commits what
 * is done unless the assignment was lost; then it aborts.
 *
 * One stage a thread; several stages may run in one process. */
#ifndef OF_KAFKA_STAGE_H
#define OF_KAFKA_STAGE_H

#include "base/config.h"
#include "kafka/merge.h"
#include "kafka/producer.h"
#include "telemetry/metrics.h"
#include "telemetry/server.h"

struct of_stage;

/* One input record, borrowed for the call of the transform. */
struct of_record {
    const char *topic;
    int input; /* index into the spec's inputs */
    int32_t partition;
    int64_t offset;
    int64_t timestamp;       /* milliseconds, -1: none */
    const void *key, *value; /* NULL: null */
    size_t key_size, value_size;
    const rd_kafka_message_t *message; /* for headers; NULL: none */
    const rd_kafka_headers_t *headers; /* without a message: those of a record read earlier */
};

/* The record's headers, borrowed; NULL: it has none. */
const rd_kafka_headers_t *of_record_headers(const struct of_record *record);

/* Queues one output of the record at hand; nothing is sent unless the transform returns 0. The
 * bytes are copied, headers must last as long as the record. OF_INPUT when one is larger than half
 * of message.max.bytes, or when the record's outputs pass OF_STAGE_OUTPUT_MAX bytes, their headers
 * as many more, or OF_STAGE_OUTPUTS_MAX records. A transaction ends early with headers of more than
 * OF_STAGE_OUTPUT_MAX in all. */
#define OF_STAGE_OUTPUT_MAX (64u * 1024 * 1024)
#define OF_STAGE_OUTPUTS_MAX 65536u
int of_stage_emit(
    struct of_stage *stage, const struct of_message *message, struct of_error *error) OF_NODISCARD;

/* Dead-letters a record that was read earlier, for the reason in `why`, inside the transaction at
 * hand; for the transform and before_commit. `record` keeps its headers. */
int of_stage_dead_letter(
    struct of_stage *stage, const struct of_record *record, struct of_error *why) OF_NODISCARD;

/* Sends a record beside the outputs, in the transaction at hand: it stays there when the record at
 * hand becomes a dead letter. For the transform. INPUT: it is too large; all else is for the
 * transform to hand on. */
int of_stage_send(
    struct of_stage *stage, const struct of_message *message, struct of_error *error) OF_NODISCARD;

/* The transaction ends behind the record at hand: it took long. For the transform. */
void of_stage_end_batch(struct of_stage *stage);
/* See of_producer_refused. */
bool of_stage_refused(const struct of_stage *stage, const char *topic);

typedef int of_stage_transform(
    void *context, struct of_stage *stage, const struct of_record *record, struct of_error *error);

/* What a stage with local state hooks into (all may be NULL). */
struct of_stage_hooks {
    /* Between two records, and within a second also while none comes. Emits nothing. */
    void (*between)(void *context);
    /* Assigned, or gone back after an abort: reading goes on from these offsets. With those that
     * are committed stands the metadata that they were committed with. May run while assignment is
     * pending. */
    int (*assigned)(
        void *context, const rd_kafka_topic_partition_list_t *partitions, struct of_error *error);
    void (*revoked)(void *context, const rd_kafka_topic_partition_list_t *partitions);
    int (*before_commit)(void *context, struct of_stage *stage, struct of_error *error);
    /* The last step before Kafka's commit: these offsets will be committed, with the metadata (from
     * malloc) that is set here. */
    int (*committing)(
        void *context, rd_kafka_topic_partition_list_t *offsets, struct of_error *error);
    /* Only after Kafka's commit succeeded; `offsets` are those committed. */
    int (*committed)(
        void *context, const rd_kafka_topic_partition_list_t *offsets, struct of_error *error);
    /* Forget everything since the last commit. Of the transaction that is over,
     * of_stage_refused can be asked here. */
    void (*aborted)(void *context);
    /* The first offset of a partition that is still needed, because what was read from there on is
     * only in memory; -1: none is. No offset behind it is committed, so that whoever reads the
     * partition next, this process after an abort included, begins there: `aborted` and `revoked`
     * forget all that is held. It must not go back. */
    int64_t (*needed)(void *context, const char *topic, int32_t partition);
};

struct of_stage_spec {
    const char *name;          /* "payment": group = topic.prefix "orderflow-payment" unless set */
    const char *group;         /* consumer group id, or NULL */
    const char *instance;      /* transactional.id = GROUP-INSTANCE, group.instance.id = INSTANCE */
    const char *const *inputs; /* full topic names, NULL-ended */
    /* One an input: begins at its first record, whatever auto.offset.reset says, where its group
     * has committed nothing. NULL: none does. */
    const bool *from_start;
    const char *dead_letter_topic; /* full name */
    of_stage_transform *transform;
    struct of_stage_hooks hooks;
    void *context;
    int64_t batch_records, batch_ms; /* 0: 10000 and 100 */
    /* Records come in the order of their time; see merge.h. fetch.wait.max.ms says how long those
     * of other partitions may wait for a partition that has nothing more. */
    bool by_time;
    of_merge_time *time; /* NULL: the record's timestamp; gets `context` */
    /* It reads its inputs beside the stages that they are for. Of the records that were put back
     * from dead letters it takes those of its own letters, which no other stage takes. */
    bool beside;
    struct of_metrics *metrics; /* borrowed */
    struct of_health *health;   /* borrowed, may be NULL */
};

/* All of the spec is borrowed until free. */
int of_stage_new(const struct of_config *config, const struct of_stage_spec *spec,
    struct of_stage **stage, struct of_error *error) OF_NODISCARD;
void of_stage_free(struct of_stage *stage);
OF_DEFINE_CLEANUP(of_cleanup_stage, struct of_stage *, of_stage_free)

/* Runs until of_stage_stop or SIGTERM (base/signals.h): then the transaction is finished, the
 * group left, and 0 returned. FATAL otherwise. */
int of_stage_run(struct of_stage *stage, struct of_error *error) OF_NODISCARD;
void of_stage_stop(struct of_stage *stage); /* from any thread */
bool of_stage_fenced(const struct of_stage *stage);

#endif
