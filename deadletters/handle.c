/* replay and drop: what takes letters off the list. handled.h tells why each is handled once. */
#include "base/buffer.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/signals.h"
#include "dlq.h"
#include "kafka/producer.h"
#include "kafka/topics.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define REPORT_MAX (16u * 1024 * 1024) /* lines of one transaction */
#define TRANSACTION_MS 2000            /* far below transaction.timeout.ms */
#define PAUSE_MS 500                   /* before a failed transaction is begun again */
#define TOPICS_MAX 60                  /* different source topics of one run */

struct handling {
    struct dlq *dlq;
    enum handled_as as;
    struct of_producer *producer; /* NULL: --dry-run */
    struct of_buffer report;      /* what the transaction at hand will have done */
    int64_t pending, began;       /* letters of the transaction at hand; its first one's time */
    int64_t done, before;         /* letters by us; already handled when we came */
    char *topics[TOPICS_MAX];     /* sources that are known to exist */
    size_t topic_count;
};

static void cleanup_handling(struct handling *handling)
{
    if (handling->producer)
        of_producer_free(handling->producer);
    of_buffer_release(&handling->report);
    for (size_t i = 0; i < handling->topic_count; i++)
        of_cleanup_free(&handling->topics[i]);
}

/* ---- where a record goes back to ---- */

static bool is_known(const struct handling *handling, const char *topic)
{
    for (size_t i = 0; i < handling->topic_count; i++)
        if (strcmp(handling->topics[i], topic) == 0)
            return true;
    return false;
}

/* A header says where to, and headers can say anything: the topic must exist, and must not be one
 * that this very command reads. */
static int find_source(struct handling *handling, const struct letter *letter, const char **topic,
    struct of_error *error)
{
    const struct dlq *dlq = handling->dlq;
    OF_CLEANUP(of_scan_ranges_release) struct of_scan_ranges ranges = {NULL, 0, 0};
    bool exists;
    if (letter->source_topic.length == 0)
        return of_fail(error, OF_INPUT, "no header names its source topic");
    OF_FREE char *name = of_strndup(letter->source_topic.data, letter->source_topic.length);
    if (!is_known(handling, name)) {
        if (strcmp(name, dlq->topic) == 0 || strcmp(name, dlq->handled_topic) == 0)
            return of_fail(error, OF_INPUT, "its source is %s itself", name);
        if (handling->topic_count == TOPICS_MAX)
            return of_fail(error, OF_INPUT, "more than %d source topics at once", TOPICS_MAX);
        int result = of_scan_topic(dlq->scan, name, 0, OF_SCAN_COMMITTED, &ranges, &exists, error);
        if (result < 0)
            return result;
        if (!exists)
            return of_fail(error, OF_INPUT, "its source topic %s does not exist", name);
        handling->topics[handling->topic_count++] = OF_TAKE(name);
        *topic = handling->topics[handling->topic_count - 1];
        return OF_OK;
    }
    for (size_t i = 0; i < handling->topic_count; i++)
        if (strcmp(handling->topics[i], name) == 0)
            *topic = handling->topics[i];
    return OF_OK;
}

/* ---- one letter ---- */

static int send_back(struct handling *handling, const struct letter *letter, struct of_error *error)
{
    OF_CLEANUP(of_cleanup_rd_kafka_headers) rd_kafka_headers_t *headers = NULL;
    const rd_kafka_message_t *record = letter->record;
    const char *topic = NULL;
    int result = find_source(handling, letter, &topic, error);
    if (result == OF_OK)
        result = letter_replay_headers(letter, &headers, error);
    if (result < 0 || !handling->producer)
        return result;
    const struct of_message message = {.topic = topic,
        .partition = RD_KAFKA_PARTITION_UA,
        .key = record->key,
        .key_size = record->key_len,
        .value = record->payload,
        .value_size = record->len,
        .headers = headers};
    return of_producer_send(handling->producer, &message, error);
}

static int send_mark(struct handling *handling, const struct letter *letter, struct of_error *error)
{
    char position[LETTER_POSITION_SIZE], value[HANDLED_VALUE_SIZE];
    if (!handling->producer)
        return OF_OK;
    letter_position_print(&letter->position, position);
    OF_FREE char *key = of_asprintf("%s%s", handling->dlq->topic, position);
    handled_print(letter->timestamp, handling->as, value);
    const struct of_message message = {.topic = handling->dlq->handled_topic,
        .partition = RD_KAFKA_PARTITION_UA,
        .key = key,
        .key_size = strlen(key),
        .value = value,
        .value_size = strlen(value)};
    return of_producer_send(handling->producer, &message, error);
}

static void report(struct handling *handling, const struct letter *letter)
{
    const struct dlq *dlq = handling->dlq;
    struct of_buffer *out = &handling->report;
    char position[LETTER_POSITION_SIZE];
    const char *word = handled_name(handling->as);
    letter_position_print(&letter->position, position);
    if (dlq->json) {
        of_buffer_appendf(out, "{\"action\":\"%s\",\"dry_run\":%s,\"letter\":\"%s%s\"", word,
            dlq->dry_run ? "true" : "false", dlq->topic, position);
        if (handling->as == HANDLED_REPLAYED) {
            of_buffer_append_text(out, ",\"topic\":");
            of_buffer_append_json_string(
                out, letter->source_topic.data, letter->source_topic.length);
            of_buffer_appendf(out, ",\"attempts\":%" PRId64, letter->attempts + 1);
        }
        of_buffer_append_text(out, "}\n");
        return;
    }
    of_buffer_appendf(
        out, "%s%s %s%s", dlq->dry_run ? "would be " : "", word, dlq->topic, position);
    if (handling->as == HANDLED_REPLAYED) /* the topic exists: its name is harmless */
        of_buffer_appendf(out, " to %.*s, attempt %" PRId64, (int)letter->source_topic.length,
            letter->source_topic.data, letter->attempts + 1);
    of_buffer_append_text(out, "\n");
}

/* What is printed has happened. */
static int commit(struct handling *handling, struct of_error *error)
{
    int result = OF_OK;
    if (handling->producer)
        result = of_producer_commit(handling->producer, NULL, NULL, error);
    if (result < 0)
        return result;
    fwrite(handling->report.data, 1, handling->report.length, stdout);
    fflush(stdout);
    of_buffer_clear(&handling->report);
    handling->done += handling->pending;
    handling->pending = 0;
    return OF_OK;
}

static int commit_when_due(struct handling *handling, struct of_error *error)
{
    if (handling->pending == 0 ||
        (handling->pending < handling->dlq->batch && handling->report.length < REPORT_MAX / 2 &&
            of_clock_monotonic() - handling->began < TRANSACTION_MS))
        return OF_OK;
    int result = commit(handling, error);
    if (result == OF_OK && handling->producer)
        result = of_producer_begin(handling->producer, error);
    return result;
}

static int on_letter(void *context, const struct letter *letter, struct of_error *error)
{
    struct handling *handling = context;
    struct dlq *dlq = handling->dlq;
    char position[LETTER_POSITION_SIZE];
    int result = commit_when_due(handling, error);
    if (result < 0 || !letter)
        return result;
    if (of_signals_stopping())
        return 1;
    if (handled_find(&dlq->handled, &letter->position, letter->timestamp) != HANDLED_NOT) {
        handling->before++;
        return OF_OK;
    }
    if (handling->as == HANDLED_REPLAYED)
        result = send_back(handling, letter, error);
    if (result == OF_OK)
        result = send_mark(handling, letter, error);
    if (result < 0)
        return of_error_context(
            error, "%s%s", dlq->topic, letter_position_print(&letter->position, position));
    if (handling->pending++ == 0)
        handling->began = of_clock_monotonic();
    report(handling, letter);
    return OF_OK;
}

/* ---- the whole ---- */

/* Only where it is missing: not everybody may create topics. */
static int make_handled_topic(struct dlq *dlq, struct of_error *error)
{
    OF_CLEANUP(of_scan_ranges_release) struct of_scan_ranges ranges = {NULL, 0, 0};
    bool exists;
    int result =
        of_scan_topic(dlq->scan, dlq->handled_topic, 0, OF_SCAN_COMMITTED, &ranges, &exists, error);
    if (result < 0 || exists)
        return result;
    const struct of_topic_spec spec = {.name = dlq->handled_topic,
        .partitions = 1, /* one order of records */
        .cleanup_policy = "compact",
        .retention_ms = -1};
    return of_kafka_create_topics(dlq->config, &spec, 1, error);
}

static int check_named(void *context, const struct letter *letter, struct of_error *error)
{
    (void)context;
    (void)letter;
    (void)error;
    return OF_OK;
}

/* The transaction's handle first: taking it over settles what a predecessor left behind. What is
 * handled is read anew each time, because after a failed commit nobody else knows. */
static int attempt(
    struct handling *handling, const struct of_scan_ranges *ranges, struct of_error *error)
{
    handling->pending = handling->before = 0;
    of_buffer_clear(&handling->report);
    int result = OF_OK;
    if (handling->producer)
        result = of_producer_begin(handling->producer, error);
    if (result == OF_OK)
        result = dlq_load_handled(handling->dlq, error);
    if (result == OF_OK)
        result = dlq_each(handling->dlq, ranges, on_letter, handling, error);
    return result == OF_OK ? commit(handling, error) : result;
}

static int abandon(struct handling *handling, int result)
{
    struct of_error ignored;
    if (handling->producer && of_producer_in_transaction(handling->producer) &&
        of_producer_abort(handling->producer, &ignored) < 0)
        of_log_error(OF_LOG_DEBUG, "abandoned", &ignored);
    return result;
}

static int attempt_until_done(
    struct handling *handling, const struct of_scan_ranges *ranges, struct of_error *error)
{
    int64_t wait = of_config_int(handling->dlq->config, "startup.timeout.ms");
    int64_t deadline = of_clock_monotonic() + wait, done = 0;
    for (;;) {
        int result = abandon(handling, attempt(handling, ranges, error));
        if (result != OF_RETRY || of_signals_stopping() || of_clock_monotonic() >= deadline)
            return result;
        if (handling->done > done) /* it moves */
            deadline = of_clock_monotonic() + wait;
        done = handling->done;
        of_log_error(OF_LOG_WARNING, "trying again", error);
        of_sleep(PAUSE_MS);
    }
}

static int prepare(struct handling *handling, struct of_scan_ranges *ranges, struct of_error *error)
{
    struct dlq *dlq = handling->dlq;
    int result = dlq_ranges(dlq, ranges, error);
    if (result == OF_OK && dlq->selection.named) /* all of them, before the first is touched */
        result = dlq_each(dlq, ranges, check_named, NULL, error);
    if (result == OF_OK)
        result = selection_check_found(&dlq->selection, dlq->topic, error);
    if (result < 0 || dlq->dry_run)
        return result;
    result = make_handled_topic(dlq, error);
    OF_FREE char *transactional_id = of_asprintf("%s-handling", dlq->topic);
    return result < 0 ? result
                      : of_producer_new(dlq->config, transactional_id, &handling->producer, error);
}

static int handle(struct dlq *dlq, enum handled_as as, struct of_error *error)
{
    OF_CLEANUP(of_scan_ranges_release) struct of_scan_ranges ranges = {NULL, 0, 0};
    OF_CLEANUP(cleanup_handling) struct handling handling = {.dlq = dlq, .as = as};
    of_buffer_init(&handling.report, REPORT_MAX);
    int result = prepare(&handling, &ranges, error);
    if (result == OF_OK)
        result = attempt_until_done(&handling, &ranges, error);
    if (handling.producer)
        dlq->fenced = of_producer_fenced(handling.producer);
    /* What has been committed stays so, whatever stopped us. */
    if (!dlq->json && (result == OF_OK || handling.done > 0)) {
        printf(
            "%" PRId64 " %s%s", handling.done, dlq->dry_run ? "would be " : "", handled_name(as));
        if (handling.before > 0)
            printf(", %" PRId64 " had been handled before", handling.before);
        putchar('\n');
    }
    return result;
}

int dlq_replay(struct dlq *dlq, struct of_error *error)
{
    return handle(dlq, HANDLED_REPLAYED, error);
}

int dlq_drop(struct dlq *dlq, struct of_error *error)
{
    return handle(dlq, HANDLED_DROPPED, error);
}
