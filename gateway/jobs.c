/* A queue and its threads, each with a connection that is made anew after it was lost. */
#include "gateway/jobs.h"

#include "base/clock.h"
#include "base/memory.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#define CLOSE_AGAIN_MS 10

struct entry {
    struct exchange *exchange;
    job *work;
};

struct jobs {
    pthread_mutex_t lock;
    pthread_cond_t wake;
    pthread_t threads[JOBS_THREADS];
    size_t thread_count;
    const char *connection;
    struct entry ring[JOBS_QUEUE_MAX];
    size_t first, count, working; /* the last: that the threads have taken */
    bool stopping;
};

int jobs_connect(const char *connection, struct of_database **out, struct of_error *error)
{
    OF_CLEANUP(of_cleanup_database) struct of_database *database = NULL;
    OF_FREE char *limits =
        of_asprintf("SET statement_timeout = %d; SET timezone = 'UTC'; "
                    "SET idle_in_transaction_session_timeout = %d; SET jit = off",
            JOBS_STATEMENT_MS, 2 * JOBS_STATEMENT_MS);
    int result = of_database_open(connection, "orderflow-gateway", &database, error);
    if (result == OF_OK)
        result = of_database_run(database, limits, error);
    if (result == OF_OK)
        *out = OF_TAKE(database);
    return result;
}

bool jobs_add(struct jobs *jobs, struct exchange *exchange, job *work)
{
    pthread_mutex_lock(&jobs->lock);
    bool room = jobs->count < JOBS_QUEUE_MAX && !jobs->stopping;
    if (room) {
        exchange_hold(exchange);
        jobs->ring[(jobs->first + jobs->count++) % JOBS_QUEUE_MAX] = (struct entry){exchange, work};
        pthread_cond_signal(&jobs->wake);
    }
    pthread_mutex_unlock(&jobs->lock);
    if (!room)
        answer_problem(&exchange->answer, MHD_HTTP_SERVICE_UNAVAILABLE, "busy",
            "%d requests wait for PostgreSQL already; try again.", JOBS_QUEUE_MAX);
    return !room;
}

/* With the lock. */
static struct entry pop(struct jobs *jobs)
{
    struct entry entry = jobs->ring[jobs->first];
    jobs->first = (jobs->first + 1) % JOBS_QUEUE_MAX;
    jobs->count--;
    return entry;
}

static bool take(struct jobs *jobs, struct entry *entry)
{
    pthread_mutex_lock(&jobs->lock);
    while (jobs->count == 0 && !jobs->stopping)
        pthread_cond_wait(&jobs->wake, &jobs->lock);
    bool some = jobs->count > 0;
    if (some) {
        *entry = pop(jobs);
        jobs->working++;
    }
    pthread_mutex_unlock(&jobs->lock);
    return some;
}

static void put_down(struct jobs *jobs)
{
    pthread_mutex_lock(&jobs->lock);
    jobs->working--;
    pthread_mutex_unlock(&jobs->lock);
}

/* A connection that was lost since it was last used fails at once: then a second one is tried. */
static int work_off(struct jobs *jobs, const struct entry *entry, struct of_database **database,
    bool *handed_on, struct of_error *error)
{
    int result = OF_RETRY;
    for (int attempt = 0; attempt < 2 && result == OF_RETRY; attempt++) {
        bool fresh = !*database;
        result = fresh ? jobs_connect(jobs->connection, database, error) : OF_OK;
        if (result == OF_OK)
            result = entry->work(entry->exchange, *database, handed_on, error);
        if (result == OF_RETRY && *database) {
            of_database_free(*database);
            *database = NULL;
        }
        if (fresh)
            break;
    }
    return result;
}

static void *run(void *context)
{
    struct jobs *jobs = context;
    struct of_database *database = NULL;
    struct entry entry;
    while (take(jobs, &entry)) {
        struct of_error error;
        bool handed_on = false;
        if (work_off(jobs, &entry, &database, &handed_on, &error) < 0)
            answer_error(&entry.exchange->answer, "PostgreSQL", &error);
        if (!handed_on)
            exchange_let_go(entry.exchange);
        put_down(jobs);
    }
    if (database)
        of_database_free(database);
    return NULL;
}

OF_DEFINE_CLEANUP(cleanup_jobs, struct jobs *, jobs_free)

int jobs_new(const char *connection, struct jobs **out, struct of_error *error)
{
    OF_CLEANUP(cleanup_jobs) struct jobs *jobs = of_alloc(sizeof(*jobs));
    pthread_mutex_init(&jobs->lock, NULL);
    pthread_cond_init(&jobs->wake, NULL);
    jobs->connection = connection;
    for (; jobs->thread_count < JOBS_THREADS; jobs->thread_count++)
        if (pthread_create(&jobs->threads[jobs->thread_count], NULL, run, jobs) != 0)
            return of_fail(error, OF_FATAL, "no thread can be made");
    *out = OF_TAKE(jobs);
    return OF_OK;
}

static size_t unanswered(struct jobs *jobs)
{
    pthread_mutex_lock(&jobs->lock);
    size_t count = jobs->count + jobs->working;
    pthread_mutex_unlock(&jobs->lock);
    return count;
}

/* What no thread has taken. */
static size_t refuse_rest(struct jobs *jobs)
{
    size_t count = 0;
    pthread_mutex_lock(&jobs->lock);
    for (; jobs->count > 0; count++) {
        struct exchange *exchange = pop(jobs).exchange;
        answer_problem(&exchange->answer, MHD_HTTP_SERVICE_UNAVAILABLE, "leaving",
            "The gateway ends, and PostgreSQL has not answered yet.");
        exchange_let_go(exchange);
    }
    count += jobs->working;
    pthread_mutex_unlock(&jobs->lock);
    return count;
}

size_t jobs_close(struct jobs *jobs, int64_t patience_ms)
{
    int64_t deadline = of_clock_monotonic() + patience_ms;
    pthread_mutex_lock(&jobs->lock);
    jobs->stopping = true;
    pthread_cond_broadcast(&jobs->wake);
    pthread_mutex_unlock(&jobs->lock);
    while (unanswered(jobs) > 0 && of_clock_monotonic() < deadline)
        of_sleep(CLOSE_AGAIN_MS);
    return refuse_rest(jobs);
}

void jobs_join(struct jobs *jobs)
{
    for (size_t i = 0; i < jobs->thread_count; i++)
        pthread_join(jobs->threads[i], NULL);
    jobs->thread_count = 0;
}

void jobs_free(struct jobs *jobs)
{
    jobs_close(jobs, 0);
    jobs_join(jobs);
    pthread_cond_destroy(&jobs->wake);
    pthread_mutex_destroy(&jobs->lock);
    free(jobs);
}
