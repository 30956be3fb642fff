/* Asking and keeping. */
#include "gateway/figures.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/memory.h"
#include "gateway/jobs.h"
#include "gateway/print.h"
#include "kafka/consumer.h"
#include "kafka/groups.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define POLL_MS 100
#define ASK_MS 5000

/* In the order of an order's way. One that does not run has committed nothing, and is left out. */
static const char *const stages[] = {
    "validation", "payment", "routing", "export", "shipping", "delivery"};

struct state {
    char status[VIEW_WORD_SIZE];
    int64_t orders;
};

struct snapshot {
    struct state states[FIGURES_STATES_MAX];
    size_t state_count;
    int64_t lag[OF_COUNT(stages)]; /* -1: not known */
    int64_t at;                    /* INT64_MIN: never */
};

struct figures {
    const struct of_config *config;
    const char *connection;
    rd_kafka_t *client;
    struct of_database *database; /* the thread's alone */
    pthread_t thread;
    bool started;
    pthread_mutex_t lock;
    struct snapshot last;
    int64_t looked; /* monotonic */
    bool stopping;
};

/* ---- PostgreSQL ---- */

static int on_state(
    void *context, char *const fields[OF_DATABASE_FIELDS_MAX], struct of_error *error)
{
    (void)error;
    struct snapshot *snapshot = context;
    if (snapshot->state_count == FIGURES_STATES_MAX || !fields[0])
        return OF_OK;
    struct state *state = &snapshot->states[snapshot->state_count++];
    strncpy(state->status, fields[0], sizeof(state->status) - 1);
    state->orders = of_database_int(fields[1], 0);
    return OF_OK;
}

static int ask_database(struct figures *figures, struct snapshot *snapshot, struct of_error *error)
{
    int result = OF_OK;
    if (!figures->database)
        result = jobs_connect(figures->connection, &figures->database, error);
    if (result == OF_OK)
        result = of_database_read(figures->database,
            "SELECT status, count(*) FROM order_status GROUP BY 1 ORDER BY 1", on_state, snapshot,
            error);
    if (result == OF_RETRY && figures->database) {
        of_database_free(figures->database);
        figures->database = NULL;
    }
    return result;
}

/* ---- Kafka ---- */

static int committed_offsets(struct figures *figures, const char *stage,
    rd_kafka_topic_partition_list_t **offsets, struct of_error *error)
{
    OF_FREE char *name = of_asprintf("orderflow-%s", stage);
    OF_FREE char *group = of_config_topic(figures->config, name);
    return of_group_offsets(figures->client, group, ASK_MS, offsets, error);
}

/* -1: the group has committed nothing. */
static int stage_lag(
    struct figures *figures, const char *stage, int64_t *lag, struct of_error *error)
{
    OF_CLEANUP(of_cleanup_rd_kafka_partitions) rd_kafka_topic_partition_list_t *offsets = NULL;
    int result = committed_offsets(figures, stage, &offsets, error);
    if (result < 0)
        return result;
    OF_CLEANUP(of_cleanup_rd_kafka_partitions)
    rd_kafka_topic_partition_list_t *ends = rd_kafka_topic_partition_list_new(offsets->cnt);
    for (int i = 0; i < offsets->cnt; i++)
        if (offsets->elems[i].offset >= 0)
            rd_kafka_topic_partition_list_add(
                ends, offsets->elems[i].topic, offsets->elems[i].partition);
    *lag = -1;
    if (ends->cnt == 0)
        return OF_OK;
    result = of_consumer_ends(figures->client, ends, error);
    if (result < 0)
        return result;
    *lag = 0;
    for (int i = 0; i < ends->cnt; i++) {
        const rd_kafka_topic_partition_t *end = &ends->elems[i];
        int64_t from =
            rd_kafka_topic_partition_list_find(offsets, end->topic, end->partition)->offset;
        *lag += end->offset > from ? end->offset - from : 0;
    }
    return OF_OK;
}

/* ---- the thread ---- */

static bool is_stopping(struct figures *figures)
{
    pthread_mutex_lock(&figures->lock);
    bool stopping = figures->stopping;
    pthread_mutex_unlock(&figures->lock);
    return stopping;
}

static void ask(struct figures *figures)
{
    struct snapshot snapshot = {.at = of_clock_now()};
    struct of_error error;
    if (ask_database(figures, &snapshot, &error) < 0) {
        of_log_error(OF_LOG_WARNING, "no figures from PostgreSQL", &error);
        snapshot.at = INT64_MIN;
    }
    for (size_t i = 0; i < OF_COUNT(stages); i++) {
        snapshot.lag[i] = -1;
        if (!is_stopping(figures) && stage_lag(figures, stages[i], &snapshot.lag[i], &error) < 0)
            of_log_error(OF_LOG_DEBUG, "no lag from Kafka", &error);
    }
    pthread_mutex_lock(&figures->lock);
    figures->last = snapshot;
    pthread_mutex_unlock(&figures->lock);
}

static bool is_watched(struct figures *figures, bool *stopping)
{
    pthread_mutex_lock(&figures->lock);
    bool watched = of_clock_monotonic() - figures->looked < FIGURES_WATCHED_MS;
    *stopping = figures->stopping;
    pthread_mutex_unlock(&figures->lock);
    return watched;
}

static void *run(void *context)
{
    struct figures *figures = context;
    int64_t next = 0;
    bool stopping = false;
    for (;;) {
        bool watched = is_watched(figures, &stopping);
        int64_t now = of_clock_monotonic();
        if (stopping)
            return NULL;
        if (watched && now >= next) {
            ask(figures);
            int64_t took = of_clock_monotonic() - now;
            next =
                now + took + (took * FIGURES_BUSY > FIGURES_MS ? took * FIGURES_BUSY : FIGURES_MS);
        }
        of_sleep(POLL_MS);
    }
}

/* ---- making, freeing, looking ---- */

OF_DEFINE_CLEANUP(cleanup_figures, struct figures *, figures_free)

int figures_new(const struct of_config *config, const char *connection, struct figures **out,
    struct of_error *error)
{
    static const char *const pairs[] = {"group.id", "orderflow-gateway", "isolation.level",
        "read_committed", "enable.auto.commit", "false", NULL};
    OF_CLEANUP(cleanup_figures) struct figures *figures = of_alloc(sizeof(*figures));
    rd_kafka_conf_t *conf;
    pthread_mutex_init(&figures->lock, NULL);
    figures->config = config;
    figures->connection = connection;
    figures->last.at = INT64_MIN;
    figures->looked = INT64_MIN / 2;
    int result = of_kafka_conf(config, RD_KAFKA_CONSUMER, pairs, &conf, error);
    if (result == OF_OK)
        result = of_kafka_new(RD_KAFKA_CONSUMER, conf, &figures->client, error);
    if (result < 0)
        return result;
    for (size_t i = 0; i < OF_COUNT(stages); i++)
        figures->last.lag[i] = -1;
    figures->started = pthread_create(&figures->thread, NULL, run, figures) == 0;
    if (!figures->started)
        return of_fail(error, OF_FATAL, "no thread can be made");
    *out = OF_TAKE(figures);
    return OF_OK;
}

void figures_free(struct figures *figures)
{
    pthread_mutex_lock(&figures->lock);
    figures->stopping = true;
    pthread_mutex_unlock(&figures->lock);
    if (figures->started)
        pthread_join(figures->thread, NULL);
    if (figures->client) {
        rd_kafka_consumer_close(figures->client);
        rd_kafka_destroy(figures->client);
    }
    if (figures->database)
        of_database_free(figures->database);
    pthread_mutex_destroy(&figures->lock);
    free(figures);
}

void figures_add(struct figures *figures, json_t *object)
{
    json_t *states = json_array(), *lag = json_array();
    pthread_mutex_lock(&figures->lock);
    figures->looked = of_clock_monotonic();
    const struct snapshot *last = &figures->last;
    for (size_t i = 0; i < last->state_count; i++)
        json_array_append_new(states, json_pack("{s:s, s:I}", "status", last->states[i].status,
                                          "orders", (json_int_t)last->states[i].orders));
    for (size_t i = 0; i < OF_COUNT(stages); i++)
        if (last->lag[i] >= 0)
            json_array_append_new(lag,
                json_pack("{s:s, s:I}", "stage", stages[i], "records", (json_int_t)last->lag[i]));
    json_object_set_new(object, "as_of", print_time(last->at));
    pthread_mutex_unlock(&figures->lock);
    json_object_set_new(object, "states", states);
    json_object_set_new(object, "lag", lag);
}

void figures_forget(struct figures *figures)
{
    pthread_mutex_lock(&figures->lock);
    figures->last.state_count = 0;
    figures->last.at = INT64_MIN;
    pthread_mutex_unlock(&figures->lock);
}
