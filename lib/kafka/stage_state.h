/* The inside of a stage, shared by the files stage*.c only. */
#ifndef OF_KAFKA_STAGE_STATE_H
#define OF_KAFKA_STAGE_STATE_H

#include "kafka/floors.h"
#include "kafka/outbox.h"
#include "kafka/positions.h"
#include "kafka/stage.h"

#include <stdatomic.h>

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
    struct of_merge *merge; /* NULL: records come as they are fetched */
    struct of_producer *producer;
    struct of_positions positions;
    struct of_floors floors;
    struct of_outbox outbox;
    struct of_stage_meters meters;
    int64_t records, dead;  /* taken and dead-lettered in the transaction at hand */
    int64_t began, touched; /* monotonic: the transaction began; the last record came */
    int failures;           /* in a row */
    bool end_batch;         /* the transform asks for a commit */
    size_t header_bytes;    /* of outputs of the transaction; not in librdkafka's own limits */
    bool rewind;            /* before anything else is read */
    int pending;            /* class of an error inside of the rebalance callback */
    struct of_error pending_error;
    atomic_bool stop;
    int failed_rewinds;   /* in a row */
    bool consumer_failed; /* a new one is needed */
    bool fenced;
};

/* ---- stage_transaction.c ---- */

int of_stage_begin(
    struct of_stage *stage, struct of_error *error) OF_NODISCARD; /* if none is open */
/* Outputs and offsets, together. */
int of_stage_commit(struct of_stage *stage, struct of_error *error) OF_NODISCARD;
/* Nothing since the last commit has happened. 0 or FATAL. */
int of_stage_abandon(struct of_stage *stage, struct of_error *error) OF_NODISCARD;
bool of_stage_holds_work(const struct of_stage *stage);
void of_stage_measure_lag(struct of_stage *stage);
void of_stage_publish_counts(struct of_stage *stage);

/* ---- stage_group.c ---- */

int of_stage_join(struct of_stage *stage, struct of_error *error) OF_NODISCARD;
void of_stage_leave(struct of_stage *stage);
/* Every partition back to what is committed. */
int of_stage_go_back(struct of_stage *stage, struct of_error *error) OF_NODISCARD;
int of_stage_take_pending(struct of_stage *stage, struct of_error *error) OF_NODISCARD;
/* The consumer's fatal error: RETRY when a new one will do, else FATAL. */
int of_stage_consumer_fatal(struct of_stage *stage, struct of_error *error) OF_NODISCARD;

/* ---- stage_record.c ---- */

int of_stage_input(const struct of_stage *stage, const char *topic); /* its index; -1: none */
int of_stage_process(struct of_stage *stage, const rd_kafka_message_t *message,
    struct of_position *position, struct of_error *error) OF_NODISCARD;

#endif
