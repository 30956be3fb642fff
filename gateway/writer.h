/* What the gateway writes to Kafka: orders, requests to cancel, and what it must not forget.
 *
 * One thread, one transactional producer, many requests a transaction. With the orders of a
 * transaction goes its progress: the number of the transaction and the last order id given out. So
 * after an error that leaves open whether a transaction was committed, and after a kill -9, the
 * state topic tells: no id is given out twice, no order sent twice, no key forgotten. A second
 * gateway on the same topics takes over from the first, which ends. */
#ifndef GATEWAY_WRITER_H
#define GATEWAY_WRITER_H

#include "base/config.h"
#include "gateway/keys.h"
#include "gateway/view.h"
#include "telemetry/metrics.h"

#include <jansson.h>

#define WRITER_QUEUE_MAX 4096    /* requests that wait for their transaction */
#define WRITER_BATCH_MAX 1000    /* in one transaction */
#define WRITER_PATIENCE_MS 10000 /* then a request is answered: not known whether it is done */
#define WRITER_SLOW_MS 3000      /* a transaction that takes longer: not ready */
#define WRITER_PROBE_MS 3000  /* without a transaction: then Kafka is asked whether it is there */
#define WRITER_ANSWER_MS 2000 /* for its answer */
#define WRITER_STATE_TOPIC "gateway_state"

enum outcome {
    OUTCOME_DONE,
    OUTCOME_OTHER_BODY, /* the key came with another body before */
    OUTCOME_TOO_MANY_KEYS,
    OUTCOME_REFUSED,  /* it can be no record: `why`; the others of its transaction were written */
    OUTCOME_FAILED,   /* likewise, and by no fault of the request */
    OUTCOME_LATE,     /* it may still come to be written */
    OUTCOME_REPLACED, /* likewise; another gateway has taken over, and this one ends */
};

enum submission_kind { SUBMIT_ORDER, SUBMIT_CANCEL, SUBMIT_GENERATOR };

struct generator_wish {
    bool running;
    int64_t rate_millis; /* orders in 1000 s */
};

struct submission {
    enum submission_kind kind;
    int64_t order_id;      /* of a cancel; of an order: the one it got */
    json_t *body;          /* what the order's texts borrow; a reference of its own */
    char address[16];      /* so do they from this */
    struct of_order order; /* SUBMIT_ORDER */
    bool has_key;
    uint8_t name[KEYS_NAME_SIZE], digest[KEYS_NAME_SIZE];
    struct generator_wish wish; /* SUBMIT_GENERATOR */
    int64_t at, deadline;       /* wall clock; monotonic: then OUTCOME_LATE */
    /* Called once, on any thread, with a lock held: it must not block nor submit. */
    void (*answer)(void *context, const struct submission *submission, enum outcome outcome);
    void *context;
    bool answered;
    enum outcome outcome;
    char *why; /* of OUTCOME_REFUSED and OUTCOME_FAILED */
    struct submission *next;
};
struct submission *submission_new(enum submission_kind kind);
void submission_free(struct submission *submission);

struct writer;
/* Takes over from a predecessor, and reads what it left; waits for the servers up to
 * startup.timeout.ms. All is borrowed until free. */
int writer_new(const struct of_config *config, struct view *view, struct of_metrics *metrics,
    struct writer **writer, struct of_error *error) OF_NODISCARD;
/* No more is taken. What has been submitted is written, or answered OUTCOME_LATE once Kafka has not
 * taken it for `patience_ms`. Yields how many were. */
size_t writer_close(struct writer *writer, int64_t patience_ms);
/* When nobody can call any more. Waits for a call of Kafka's that has not come back. */
void writer_free(struct writer *writer);

/* Takes the submission. False: the queue is full, and it stays the caller's. */
bool writer_submit(struct writer *writer, struct submission *submission);
/* Answers those whose time is up, and sees to it that readiness is true to Kafka. */
void writer_tick(struct writer *writer, int64_t now);

/* What was last asked of the generator, by whatever process. */
struct generator_wish writer_wish(struct writer *writer);

/* Whether transactions succeed, or would: an idle writer asks; and whether the process should end:
 * FATAL, `fenced` by another. */
bool writer_is_ready(struct writer *writer);
int writer_check(struct writer *writer, bool *fenced, struct of_error *error) OF_NODISCARD;

#endif
