/* The life of a query's thread. SQL is ksql_run's, transactions are the stage loop's. */
#include "ksqld/server/task.h"

#include "ksqld/server/headers.h"
#include "ksqld/server/subject.h"
#include "ksqld/server/task_errors.h"
#include "ksqld/server/task_log.h"
#include "ksqld/server/task_store.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/signals.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

#define STOP_SLICE_MS 100
#define MERGE_WAIT_MS "100"
/* Queries with a state spend their time there; more at once would only take memory. */
#define QUEUED_MESSAGES "2500"
#define FETCH_BYTES "262144"
#define STATE_BATCH_RECORDS 2500
#define START_WAIT_MS "5000" /* of one attempt; the thread tries for ever */

struct ksql_task {
    const struct ksql_task_world *world;
    struct of_config *config;
    char *id, *group, *sink_topic;
    char *schemas[2], *formats[2];            /* of the sink's values and keys; no schema: NULL */
    char *topics[KSQL_QUERY_SOURCES_MAX + 1]; /* source topics; index = input of the query */
    const char *inputs[KSQL_QUERY_SOURCES_MAX + 1]; /* each topic once, NULL-ended */
    bool from_start[KSQL_QUERY_SOURCES_MAX];        /* one of `inputs` each */
    size_t topic_count;
    pthread_t thread;
    pthread_mutex_t lock; /* of `stage` */
    struct of_stage *stage;
    atomic_bool stop, fenced;
    atomic_int state;
    char *statement;             /* NULL: the query keeps no state */
    struct ksql_run *run;        /* of the attempt at hand, like the next ones */
    struct ksql_headers headers; /* of the record at hand */
    struct ksql_task_log log;
    struct ksql_task_errors errors;
    struct ksql_store *store; /* NULL: none */
    bool offered;             /* its table can be read */
    bool settled;             /* the last attempt left the state as it is committed */
    struct of_counter *expression_errors;
    uint64_t errors_before; /* of earlier attempts */
};

char *ksql_task_group(const struct ksql_task_world *world, const char *query_id)
{
    OF_FREE char *base = of_asprintf("orderflow-ksqld-%s-%s", world->service, query_id);
    return of_config_topic(world->config, base);
}

enum ksql_query_state ksql_task_state(const struct ksql_task *task)
{
    return (enum ksql_query_state)atomic_load(&((struct ksql_task *)task)->state);
}

json_t *ksql_task_errors(const struct ksql_task *task)
{
    return ksql_task_errors_json(&((struct ksql_task *)task)->errors);
}

bool ksql_task_fenced(const struct ksql_task *task)
{
    return atomic_load(&((struct ksql_task *)task)->fenced);
}

static bool stopping(struct ksql_task *task)
{
    return atomic_load(&task->stop) || of_signals_stopping();
}

/* ---- records ---- */

struct emission {
    struct ksql_task *task;
    struct of_stage *stage;
};

static int emit(void *context, const struct ksql_record_out *record, struct of_error *error)
{
    const struct emission *emission = context;
    const struct of_message message = {.topic = emission->task->sink_topic,
        .partition = RD_KAFKA_PARTITION_UA,
        .timestamp = record->timestamp,
        .key = record->key,
        .value = record->value,
        .key_size = record->key_size,
        .value_size = record->value_size,
        .headers = record->headerless ? NULL : ksql_headers_forward(&emission->task->headers)};
    return of_stage_emit(emission->stage, &message, error);
}

static int process(struct ksql_task *task, struct ksql_record_in *in, struct emission *emission,
    struct of_error *error)
{
    task->log.entries.record = in;
    int result = ksql_run_process(task->run, in, emit, emission, error);
    in->again = true;
    if (task->log.entries.count) {
        struct of_error failure;
        int sent = ksql_task_log_send(&task->log, emission->stage, &failure);
        if (sent < 0) /* the transaction is over, whatever came of the record */
            *error = failure;
        result = sent < 0 ? sent : result;
    }
    if (task->store && ksql_store_uncommitted(task->store) > KSQL_STORE_BATCH_BYTES)
        of_stage_end_batch(emission->stage);
    return result;
}

/* A topic that two sources of the query read is one input of the stage. */
static int transform(
    void *context, struct of_stage *stage, const struct of_record *record, struct of_error *error)
{
    struct ksql_task *task = context;
    struct emission emission = {task, stage};
    struct ksql_record_in in = {.partition = record->partition,
        .offset = record->offset,
        .timestamp = record->timestamp,
        .key = record->key,
        .value = record->value,
        .key_size = record->key_size,
        .value_size = record->value_size};
    int result = OF_OK;
    ksql_headers_read(&task->headers, record->message, &in);
    task->log.entries.topic = record->topic;
    for (in.input = 0; in.input < task->topic_count && result == OF_OK; in.input++)
        if (strcmp(task->topics[in.input], record->topic) == 0)
            result = process(task, &in, &emission, error);
    if (result == OF_INPUT && !error->kind) /* for the dead letter's header */
        of_error_kind(error, "decode");
    return result;
}

/* Which of the records that wait comes first. */
static int64_t time_of(void *context, const rd_kafka_message_t *message)
{
    struct ksql_task *task = context;
    const char *topic = rd_kafka_topic_name(message->rkt);
    struct ksql_record_in in = ksql_record_of(message);
    while (in.input < task->topic_count && strcmp(task->topics[in.input], topic) != 0)
        in.input++;
    return in.input < task->topic_count ? ksql_run_time(task->run, &in) : in.timestamp;
}

/* ---- transactions ---- */

/* The query runs once it is known that its state fits what is committed. */
static int on_assigned(
    void *context, const rd_kafka_topic_partition_list_t *partitions, struct of_error *error)
{
    struct ksql_task *task = context;
    if (task->store && partitions->cnt == 0)
        return OF_OK;
    int result = task->store ? ksql_task_store_settle(task->store, partitions, error) : OF_OK;
    if (result == OF_OK)
        result = ksql_run_load(task->run, error);
    if (result < 0)
        return result;
    atomic_store(&task->state, KSQL_STATE_RUNNING);
    if (!task->offered && ksql_run_is_readable(task->run)) {
        ksql_tables_offer(task->world->tables, task->id, task->run);
        task->offered = true;
    }
    return OF_OK;
}

static int before_commit(
    void *context, rd_kafka_topic_partition_list_t *offsets, struct of_error *error)
{
    struct ksql_task *task = context;
    if (!task->store)
        return OF_OK;
    int result = ksql_run_save(task->run, error);
    if (result == OF_INPUT) /* no record's fault */
        return of_error_set(error, OF_FATAL, error->origin, "%s", error->message);
    return result < 0 ? result : ksql_task_store_prepare(task->store, offsets, error);
}

static int after_commit(
    void *context, const rd_kafka_topic_partition_list_t *offsets, struct of_error *error)
{
    (void)offsets;
    struct ksql_task *task = context;
    ksql_task_log_end(&task->log, true, false);
    of_counter_set(task->expression_errors,
        (int64_t)(task->errors_before + ksql_run_expression_errors(task->run)));
    return task->store ? ksql_store_commit(task->store, error) : OF_OK;
}

/* What the run remembers comes back when the state is settled. */
static void after_abort(void *context)
{
    struct ksql_task *task = context;
    const char *topic = task->log.topic;
    ksql_task_log_end(
        &task->log, false, topic && task->stage && of_stage_refused(task->stage, topic));
    if (task->store)
        ksql_store_abort(task->store);
}

/* ---- one attempt ---- */

static int register_schema(struct ksql_task *task, bool key, int32_t *id, struct of_error *error)
{
    const struct ksql_subject subject = {task->sink_topic, key, task->formats[key]};
    return ksql_subject_register(task->world->registry, &subject, task->schemas[key], id, error);
}

/* The stage can be stopped from elsewhere only between these two. */
static void set_stage(struct ksql_task *task, struct of_stage *stage)
{
    pthread_mutex_lock(&task->lock);
    task->stage = stage;
    if (stage && atomic_load(&task->stop))
        of_stage_stop(stage);
    pthread_mutex_unlock(&task->lock);
}

static int run_stage(struct ksql_task *task, struct of_error *error)
{
    const struct of_stage_spec spec = {.name = task->id,
        .group = task->group,
        .instance = task->id,
        .inputs = task->inputs,
        .from_start = task->from_start,
        .dead_letter_topic = task->world->dead_letter_topic,
        .transform = transform,
        .hooks = {.assigned = on_assigned,
            .committing = before_commit,
            .committed = after_commit,
            .aborted = after_abort},
        .context = task,
        .metrics = task->world->metrics,
        .batch_records = task->store ? STATE_BATCH_RECORDS : 0,
        .by_time = task->store,
        .time = time_of};
    OF_CLEANUP(of_cleanup_stage) struct of_stage *stage = NULL;
    int result = of_stage_new(task->config, &spec, &stage, error);
    if (result < 0)
        return result;
    set_stage(task, stage);
    if (!task->store) /* it has nothing that may be wrong */
        atomic_store(&task->state, KSQL_STATE_RUNNING);
    result = of_stage_run(stage, error);
    set_stage(task, NULL);
    if (of_stage_fenced(stage))
        atomic_store(&task->fenced, true);
    return result;
}

/* Rows that were read before there was a state are in none. */
static int check_begun(struct ksql_task *task, struct of_error *error)
{
    OF_CLEANUP(of_cleanup_rd_kafka_partitions) rd_kafka_topic_partition_list_t *offsets = NULL;
    OF_FREE char *folder = ksql_task_folder(task->config, task->group);
    if (access(folder, F_OK) == 0)
        return OF_OK;
    int result = ksql_cluster_offsets(task->world->cluster, task->group, &offsets, error);
    return result < 0 ? result : ksql_task_store_check_new(offsets, error);
}

/* The state is there before the run, and remains until after it. */
static int open_state(
    struct ksql_task *task, struct ksql_task_making *making, struct of_error *error)
{
    struct ksql_topic topic;
    if (!task->statement)
        return OF_OK;
    int result = ksql_cluster_topic(task->world->cluster, task->topics[0], &topic, error);
    if (result == OF_OK)
        result = check_begun(task, error);
    if (result == OF_OK)
        result =
            ksql_task_store_open(task->config, task->group, task->statement, &task->store, error);
    if (result < 0)
        return result;
    making->state = ksql_store_state(task->store);
    making->partitions = topic.partitions;
    return OF_OK;
}

static void close_attempt(struct ksql_task *task)
{
    if (task->offered)
        ksql_tables_withdraw(task->world->tables, task->id);
    task->offered = false;
    if (task->run)
        task->errors_before += ksql_run_expression_errors(task->run);
    ksql_run_free(OF_TAKE(task->run));
    ksql_store_close(OF_TAKE(task->store));
}

static int attempt(struct ksql_task *task, struct of_error *error)
{
    struct ksql_task_making making = {.trouble = ksql_task_log_tell,
        .trouble_context = &task->log,
        .trouble_rows = task->world->log_rows};
    ksql_task_log_end(&task->log, false, false);
    int result = register_schema(task, true, &making.key_id, error);
    if (result == OF_OK)
        result = register_schema(task, false, &making.value_id, error);
    if (result == OF_OK)
        result = open_state(task, &making, error);
    if (result == OF_OK)
        result = task->world->make_run(task->world->context, task->id, &making, &task->run, error);
    if (result == OF_OK)
        result = run_stage(task, error);
    task->settled = result == OF_OK && task->offered;
    close_attempt(task);
    return result;
}

static void pause_before_next(struct ksql_task *task, int failures)
{
    int64_t wait = KSQL_TASK_BACKOFF_MS;
    for (int i = 1; i < failures && wait < KSQL_TASK_BACKOFF_MAX_MS; i++)
        wait *= 2;
    if (wait > KSQL_TASK_BACKOFF_MAX_MS)
        wait = KSQL_TASK_BACKOFF_MAX_MS;
    int64_t deadline = of_clock_monotonic() + wait;
    while (!stopping(task) && of_clock_monotonic() < deadline)
        of_sleep(STOP_SLICE_MS);
}

static void report(struct ksql_task *task, int result, const struct of_error *error)
{
    ksql_task_errors_add(&task->errors, error);
    atomic_store(&task->state, result == OF_RETRY ? KSQL_STATE_UNRESPONSIVE : KSQL_STATE_ERROR);
    of_log(result == OF_RETRY ? OF_LOG_WARNING : OF_LOG_ERROR,
        result == OF_RETRY ? "the query waits" : "the query failed", OF_F_TEXT("query", task->id),
        OF_F_TEXT("class", of_error_class_name(error->class)), OF_F_TEXT("message", error->message),
        OF_F_TEXT("origin", error->origin));
}

static void *live(void *context)
{
    struct ksql_task *task = context;
    struct of_error error;
    int failures = 0;
    of_log(OF_LOG_INFO, "query started", OF_F_TEXT("query", task->id),
        OF_F_TEXT("sink", task->sink_topic));
    while (!stopping(task)) {
        int64_t began = of_clock_monotonic();
        int result = attempt(task, &error);
        if (result == OF_OK || stopping(task))
            break;
        report(task, result, &error);
        if (atomic_load(&task->fenced))
            break;
        /* One that had run for a while starts anew at once. */
        failures = of_clock_monotonic() - began > KSQL_TASK_BACKOFF_MAX_MS ? 1 : failures + 1;
        pause_before_next(task, failures);
    }
    of_log(OF_LOG_INFO, "query stopped", OF_F_TEXT("query", task->id));
    return NULL;
}

/* ---- making and ending ---- */

/* The statement's auto.offset.reset, else the server's; NULL: ksqlDB's defaults, which are the end
 * of a stream and the beginning of a table. */
static const char *reset_of(const struct ksql_task_world *world, const struct ksql_query *query)
{
    const char *asked = ksql_properties_reset(query->properties, query->property_count);
    return asked ? asked : of_config_get(world->config, "auto.offset.reset");
}

static struct of_config *task_config(
    const struct ksql_task_world *world, const struct ksql_query *query)
{
    struct of_error ignored;
    struct of_config *config = of_config_copy(world->config);
    const char *reset = reset_of(world, query);
    if (of_config_set(config, "auto.offset.reset", reset ? reset : "latest", &ignored) < 0)
        of_log_error(OF_LOG_WARNING, "auto.offset.reset is left as it is", &ignored);
    (void)!of_config_set(config, "startup.timeout.ms", START_WAIT_MS, &ignored);
    if (!ksql_query_keeps_state(query))
        return config;
    /* How long the records of one partition wait for another to say that it has none. */
    if (!of_config_get(config, "fetch.wait.max.ms"))
        (void)!of_config_set(config, "fetch.wait.max.ms", MERGE_WAIT_MS, &ignored);
    if (!of_config_get(config, "queued.min.messages"))
        (void)!of_config_set(config, "queued.min.messages", QUEUED_MESSAGES, &ignored);
    if (!of_config_get(config, "fetch.message.max.bytes"))
        (void)!of_config_set(config, "fetch.message.max.bytes", FETCH_BYTES, &ignored);
    return config;
}

static void copy_topics(struct ksql_task *task, const struct ksql_query *query)
{
    size_t inputs = 0;
    bool by_kind = !reset_of(task->world, query);
    task->topic_count = query->source_count;
    for (size_t i = 0; i < query->source_count; i++) {
        size_t at = 0;
        task->topics[i] = of_strdup(query->source_topics[i]);
        while (at < inputs && strcmp(task->inputs[at], task->topics[i]) != 0)
            at++;
        if (at == inputs)
            task->inputs[inputs++] = task->topics[i];
        task->from_start[at] |= by_kind && ksql_query_reads_table(query, i);
    }
}

static char *copy_or_null(const char *text)
{
    return text ? of_strdup(text) : NULL;
}

struct ksql_task *ksql_task_start(
    const struct ksql_task_world *world, const struct ksql_query *query)
{
    struct ksql_task *task = of_alloc(sizeof(*task));
    task->world = world;
    task->config = task_config(world, query);
    task->id = of_strdup(query->id);
    task->group = ksql_task_group(world, query->id);
    task->sink_topic = of_strdup(query->sink_topic);
    task->schemas[false] = copy_or_null(query->sink_value_schema);
    task->schemas[true] = copy_or_null(query->sink_key_schema);
    task->formats[false] = of_strdup(query->sink_value_format);
    task->formats[true] = of_strdup(query->sink_key_format);
    task->statement = ksql_query_keeps_state(query) ? of_strdup(query->statement) : NULL;
    copy_topics(task, query);
    ksql_task_errors_init(&task->errors);
    ksql_processing_log_init(&task->log.entries, task->id, world->log_rows);
    task->log.cluster = world->cluster;
    task->log.topic = world->log_topic;
    OF_FREE char *labels = of_asprintf("query=\"%s\"", query->id);
    task->expression_errors =
        of_metrics_counter(world->metrics, "orderflow_ksql_expression_errors_total",
            "Rows where an expression failed: its column became NULL.", labels);
    pthread_mutex_init(&task->lock, NULL);
    atomic_init(&task->state, KSQL_STATE_RUNNING);
    int code = pthread_create(&task->thread, NULL, live, task);
    if (code) { /* as when memory runs out */
        of_log(OF_LOG_ERROR, "no thread for a query", OF_F_TEXT("message", strerror(code)));
        abort();
    }
    return task;
}

void ksql_task_stop(struct ksql_task *task)
{
    pthread_mutex_lock(&task->lock);
    atomic_store(&task->stop, true);
    if (task->stage)
        of_stage_stop(task->stage);
    pthread_mutex_unlock(&task->lock);
}

bool ksql_task_free(struct ksql_task *task)
{
    pthread_join(task->thread, NULL);
    bool settled = task->settled;
    pthread_mutex_destroy(&task->lock);
    for (size_t i = 0; i < task->topic_count; i++)
        free(task->topics[i]);
    free(task->id);
    free(task->group);
    free(task->sink_topic);
    for (int key = 0; key < 2; key++) {
        free(task->schemas[key]);
        free(task->formats[key]);
    }
    free(task->statement);
    of_config_free(task->config);
    ksql_headers_release(&task->headers);
    ksql_task_errors_release(&task->errors);
    ksql_processing_log_release(&task->log.entries);
    free(task);
    return settled;
}

int ksql_task_forget(
    const struct ksql_task_world *world, const char *query_id, struct of_error *error)
{
    OF_FREE char *group = ksql_task_group(world, query_id);
    OF_FREE char *folder = ksql_task_folder(world->config, group);
    return ksql_store_remove(folder, error);
}
