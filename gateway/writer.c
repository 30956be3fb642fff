/* The queue, the thread, and what is done when a transaction fails. The records of one transaction
 * are batch.c's. */
#include "gateway/writer.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/signals.h"
#include "gateway/batch.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define BACK_OFF_MS 100
#define BACK_OFF_MAX_MS 2000
#define CLOSE_AGAIN_MS 5

struct writer {
    pthread_mutex_t lock;
    pthread_cond_t wake;
    pthread_t thread;
    bool started;
    struct batch *batch; /* the thread's alone */
    struct view *view;
    /* Under the lock. */
    struct submission *first, **last;
    size_t queued;
    struct submission *working; /* of the transaction at hand; answered under the lock only */
    struct generator_wish wish;
    int64_t busy_since; /* monotonic: a transaction, or a question to Kafka; 0: neither */
    int64_t heard;      /* monotonic: the end of the last of them */
    bool probing;       /* an idle thread is to ask */
    bool stopping, ready, failed, fenced;
    bool done; /* the thread takes nothing any more */
    struct of_error error;
    struct of_counter *orders, *cancels, *commits;
    struct of_histogram *seconds;
};

/* ---- submissions ---- */

struct submission *submission_new(enum submission_kind kind)
{
    struct submission *submission = of_alloc(sizeof(*submission));
    submission->kind = kind;
    submission->at = of_clock_now();
    submission->deadline = of_clock_monotonic() + WRITER_PATIENCE_MS;
    of_order_init(&submission->order);
    return submission;
}

void submission_free(struct submission *submission)
{
    of_order_release(&submission->order);
    json_decref(submission->body);
    free(submission->why);
    free(submission);
}

static void answer(struct submission *submission, enum outcome outcome)
{
    if (submission->answered)
        return;
    submission->answered = true;
    submission->answer(submission->context, submission, outcome);
}

bool writer_submit(struct writer *writer, struct submission *submission)
{
    pthread_mutex_lock(&writer->lock);
    bool taken = writer->queued < WRITER_QUEUE_MAX && !writer->stopping && !writer->failed;
    if (taken) {
        submission->next = NULL;
        *writer->last = submission;
        writer->last = &submission->next;
        writer->queued++;
        pthread_cond_signal(&writer->wake);
    }
    pthread_mutex_unlock(&writer->lock);
    return taken;
}

/* Those of the queue are freed: nothing of them was written. Under the lock. How many. */
static size_t expire_queue(struct writer *writer, int64_t now)
{
    size_t expired = 0;
    struct submission **link = &writer->first;
    while (*link) {
        struct submission *submission = *link;
        if (now < submission->deadline) {
            link = &submission->next;
            continue;
        }
        answer(submission, writer->fenced ? OUTCOME_REPLACED : OUTCOME_LATE);
        *link = submission->next;
        writer->queued--;
        submission_free(submission);
        expired++;
    }
    writer->last = link;
    return expired;
}

/* Under the lock. How many. */
static size_t expire(struct writer *writer, int64_t now)
{
    size_t expired = expire_queue(writer, now);
    for (struct submission *at = writer->working; at; at = at->next) {
        if (at->answered || now < at->deadline)
            continue;
        answer(at, OUTCOME_LATE);
        expired++;
    }
    return expired;
}

/* Nobody who orders finds out for us whether Kafka is there. Under the lock. */
static void watch_readiness(struct writer *writer, int64_t now)
{
    if (writer->busy_since) {
        if (now - writer->busy_since >= WRITER_SLOW_MS)
            writer->ready = false;
    } else if (now - writer->heard >= WRITER_PROBE_MS) {
        writer->probing = true;
        pthread_cond_signal(&writer->wake);
    }
}

void writer_tick(struct writer *writer, int64_t now)
{
    pthread_mutex_lock(&writer->lock);
    expire(writer, now);
    watch_readiness(writer, now);
    pthread_mutex_unlock(&writer->lock);
}

struct generator_wish writer_wish(struct writer *writer)
{
    pthread_mutex_lock(&writer->lock);
    struct generator_wish wish = writer->wish;
    pthread_mutex_unlock(&writer->lock);
    return wish;
}

bool writer_is_ready(struct writer *writer)
{
    pthread_mutex_lock(&writer->lock);
    bool ready = writer->ready && !writer->failed;
    pthread_mutex_unlock(&writer->lock);
    return ready;
}

int writer_check(struct writer *writer, bool *fenced, struct of_error *error)
{
    pthread_mutex_lock(&writer->lock);
    bool failed = writer->failed;
    if (failed) {
        *error = writer->error;
        *fenced = writer->fenced;
    }
    pthread_mutex_unlock(&writer->lock);
    return failed ? OF_FATAL : OF_OK;
}

/* ---- the thread ---- */

enum turn { TURN_WORK, TURN_PROBE, TURN_END };

static enum turn take_turn(struct writer *writer)
{
    pthread_mutex_lock(&writer->lock);
    while (!writer->first && !writer->stopping && !writer->probing)
        pthread_cond_wait(&writer->wake, &writer->lock);
    struct submission **end = &writer->first;
    for (size_t taken = 0; *end && taken < WRITER_BATCH_MAX; taken++) {
        end = &(*end)->next;
        writer->queued--;
    }
    struct submission *rest = *end;
    *end = NULL;
    writer->working = writer->first;
    writer->first = rest;
    if (!rest)
        writer->last = &writer->first;
    enum turn turn = writer->working ? TURN_WORK : writer->stopping ? TURN_END : TURN_PROBE;
    writer->probing = false;
    writer->busy_since = turn == TURN_END ? 0 : of_clock_monotonic();
    pthread_mutex_unlock(&writer->lock);
    return turn;
}

/* Under the lock. */
static void come_back(struct writer *writer, bool ready)
{
    writer->ready = ready;
    writer->busy_since = 0;
    writer->heard = of_clock_monotonic();
}

static void probe(struct writer *writer)
{
    struct of_error error;
    bool there = batch_probe(writer->batch, &error) == OF_OK;
    pthread_mutex_lock(&writer->lock);
    if (!there && writer->ready)
        of_log_error(OF_LOG_WARNING, "not ready", &error);
    else if (there && !writer->ready)
        of_log(OF_LOG_INFO, "ready again");
    come_back(writer, there);
    pthread_mutex_unlock(&writer->lock);
}

/* Not one that a repeated key was answered with. */
static bool is_new_order(const struct submission *submission)
{
    return submission->kind == SUBMIT_ORDER && submission->outcome == OUTCOME_DONE &&
           submission->order.order_id == submission->order_id;
}

/* Before anybody hears that an order was taken, it can be asked for. */
static void show(struct writer *writer, const struct submission *submission)
{
    struct of_order_status event;
    struct of_error ignored;
    if (is_new_order(submission) &&
        of_event_make(&submission->order, BATCH_STAGE, submission->at, &event, &ignored) == OF_OK)
        view_add(writer->view, &event, of_clock_monotonic());
}

static void finish(struct writer *writer, bool committed)
{
    for (const struct submission *at = writer->working; at && committed; at = at->next)
        show(writer, at);
    pthread_mutex_lock(&writer->lock);
    enum outcome uncommitted = writer->fenced ? OUTCOME_REPLACED : OUTCOME_LATE;
    while (writer->working) {
        struct submission *submission = writer->working;
        writer->working = submission->next;
        if (committed && submission->outcome == OUTCOME_DONE) {
            if (submission->kind == SUBMIT_GENERATOR)
                writer->wish = submission->wish;
            of_counter_add(writer->orders, is_new_order(submission));
            of_counter_add(writer->cancels, submission->kind == SUBMIT_CANCEL);
        }
        answer(submission, committed ? submission->outcome : uncommitted);
        submission_free(submission);
    }
    come_back(writer, committed);
    pthread_mutex_unlock(&writer->lock);
    of_counter_add(writer->commits, committed);
}

static void fail(struct writer *writer, const struct of_error *error)
{
    pthread_mutex_lock(&writer->lock);
    writer->failed = true;
    writer->fenced = batch_fenced(writer->batch);
    writer->error = *error;
    pthread_mutex_unlock(&writer->lock);
}

static bool all_answered(struct writer *writer)
{
    bool all = true;
    pthread_mutex_lock(&writer->lock);
    for (const struct submission *at = writer->working; at; at = at->next)
        all = all && at->answered;
    bool stopping = writer->stopping;
    pthread_mutex_unlock(&writer->lock);
    return all && stopping;
}

/* Until it is written, or known to have been. 0 or FATAL. */
static int write_work(struct writer *writer, struct of_error *error)
{
    int64_t pause = BACK_OFF_MS;
    for (;;) {
        int64_t began = of_clock_monotonic_ns();
        int result = batch_write(writer->batch, writer->working, error);
        if (result == OF_OK)
            of_histogram_observe(writer->seconds, (double)(of_clock_monotonic_ns() - began) / 1e9);
        if (result != OF_RETRY)
            return result == OF_INPUT ? OF_FATAL : result;
        of_log_error(OF_LOG_WARNING, "going on from what is committed", error);
        pthread_mutex_lock(&writer->lock);
        writer->ready = false;
        pthread_mutex_unlock(&writer->lock);
        if (!all_answered(writer))
            of_sleep(pause);
        if (all_answered(writer)) /* asked to leave, and nobody waits any more */
            return OF_FATAL;
        pause = pause * 2 < BACK_OFF_MAX_MS ? pause * 2 : BACK_OFF_MAX_MS;
    }
}

static void *run(void *context)
{
    struct writer *writer = context;
    for (enum turn turn; (turn = take_turn(writer)) != TURN_END;) {
        struct of_error error;
        if (turn == TURN_PROBE) {
            probe(writer);
            continue;
        }
        int result = write_work(writer, &error);
        if (result < 0)
            fail(writer, &error);
        finish(writer, result == OF_OK);
        if (result < 0)
            break;
    }
    /* Nothing is taken any more once it failed; what came before is not left without an answer. */
    pthread_mutex_lock(&writer->lock);
    expire_queue(writer, INT64_MAX);
    writer->done = true;
    pthread_mutex_unlock(&writer->lock);
    return NULL;
}

/* ---- making and freeing ---- */

static int load(struct writer *writer, const struct of_config *config, struct of_error *error)
{
    int64_t deadline = of_clock_monotonic() + of_config_int(config, "startup.timeout.ms");
    for (;;) {
        int result = batch_load(writer->batch, &writer->wish, error);
        if (result != OF_RETRY || of_clock_monotonic() >= deadline || of_signals_stopping())
            return result;
        of_log_error(OF_LOG_WARNING, "waiting for the servers", error);
        of_sleep(BACK_OFF_MAX_MS);
    }
}

OF_DEFINE_CLEANUP(cleanup_writer, struct writer *, writer_free)

int writer_new(const struct of_config *config, struct view *view, struct of_metrics *metrics,
    struct writer **out, struct of_error *error)
{
    OF_CLEANUP(cleanup_writer) struct writer *writer = of_alloc(sizeof(*writer));
    pthread_mutex_init(&writer->lock, NULL);
    pthread_cond_init(&writer->wake, NULL);
    writer->last = &writer->first;
    writer->view = view;
    writer->wish.rate_millis = 500;
    writer->orders = of_metrics_counter(
        metrics, "orderflow_gateway_orders_total", "Orders taken and committed.", NULL);
    writer->cancels = of_metrics_counter(
        metrics, "orderflow_gateway_cancels_total", "Requests to cancel, committed.", NULL);
    writer->commits = of_metrics_counter(
        metrics, "orderflow_transactions_committed_total", "Transactions.", NULL);
    writer->seconds = of_metrics_histogram(
        metrics, "orderflow_commit_seconds", "Time that a transaction took.", NULL);
    int result = batch_new(config, &writer->batch, error);
    if (result == OF_OK)
        result = load(writer, config, error);
    if (result < 0)
        return result;
    come_back(writer, true);
    writer->started = pthread_create(&writer->thread, NULL, run, writer) == 0;
    if (!writer->started)
        return of_fail(error, OF_FATAL, "no thread can be made");
    *out = OF_TAKE(writer);
    return OF_OK;
}

static bool is_done(struct writer *writer)
{
    pthread_mutex_lock(&writer->lock);
    bool done = writer->done || !writer->started;
    pthread_mutex_unlock(&writer->lock);
    return done;
}

size_t writer_close(struct writer *writer, int64_t patience_ms)
{
    int64_t deadline = of_clock_monotonic() + patience_ms;
    pthread_mutex_lock(&writer->lock);
    writer->stopping = true;
    pthread_cond_signal(&writer->wake);
    pthread_mutex_unlock(&writer->lock);
    while (!is_done(writer) && of_clock_monotonic() < deadline)
        of_sleep(CLOSE_AGAIN_MS);
    pthread_mutex_lock(&writer->lock);
    size_t late = expire(writer, INT64_MAX);
    pthread_mutex_unlock(&writer->lock);
    return late;
}

void writer_free(struct writer *writer)
{
    writer_close(writer, 0);
    if (writer->started)
        pthread_join(writer->thread, NULL);
    assert(!writer->first);
    if (writer->batch)
        batch_free(writer->batch);
    pthread_cond_destroy(&writer->wake);
    pthread_mutex_destroy(&writer->lock);
    free(writer);
}
