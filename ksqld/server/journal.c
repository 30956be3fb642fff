/* The command topic's consumer and producer. What commands do is not known here. */
#include "ksqld/server/journal.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/signals.h"
#include "kafka/producer.h"
#include "kafka/topics.h"

#include <inttypes.h>
#include <stdlib.h>

#define POLL_MS 200
#define BROKER_SLICE_MS 1000

struct ksql_journal {
    char *topic;
    struct of_producer *producer;
    rd_kafka_t *consumer;
    int64_t next;     /* offset to read from */
    int64_t sequence; /* of the newest command */
};

/* In slices, so that a stop is seen. */
static int wait_for_broker(
    struct ksql_journal *journal, const struct of_config *config, struct of_error *error)
{
    int64_t deadline = of_clock_monotonic() + of_config_int(config, "startup.timeout.ms");
    bool said = false;
    for (;;) {
        const struct rd_kafka_metadata *metadata;
        rd_kafka_resp_err_t code =
            rd_kafka_metadata(journal->consumer, 0, NULL, &metadata, BROKER_SLICE_MS);
        if (!code) {
            rd_kafka_metadata_destroy(metadata);
            return OF_OK;
        }
        of_kafka_fail_code(error, code, "waiting for the broker");
        if (error->class != OF_RETRY || of_clock_monotonic() >= deadline || of_signals_stopping())
            return error->class;
        if (!said)
            of_log(OF_LOG_INFO, "waiting for the broker",
                OF_F_TEXT("servers", of_config_get(config, "bootstrap.servers")));
        said = true;
    }
}

static int create_topic(const struct of_config *config, const char *topic, struct of_error *error)
{
    const struct of_topic_spec spec = {.name = topic,
        .partitions = 1,
        .replication_factor = 0,
        .cleanup_policy = "delete",
        .retention_ms = -1,
        .max_message_bytes = KSQL_COMMAND_RECORD_MAX};
    return of_kafka_create_topics(config, &spec, 1, error);
}

/* One that is there may be all that we have a right to. */
static int check_topic(
    struct ksql_journal *journal, const struct of_config *config, struct of_error *error)
{
    int partitions = 0;
    int result = of_kafka_partitions(journal->consumer, journal->topic, &partitions, error);
    if (result == OF_OK && partitions == 0)
        return create_topic(config, journal->topic, error);
    if (result == OF_OK && partitions > 1)
        return of_fail(error, OF_FATAL, "the command topic %s has %d partitions instead of one",
            journal->topic, partitions);
    return result;
}

int ksql_journal_open(const struct of_config *config, const char *topic,
    const char *transactional_id, struct ksql_journal **out, struct of_error *error)
{
    OF_CLEANUP(of_cleanup_ksql_journal) struct ksql_journal *journal = of_alloc(sizeof(*journal));
    journal->topic = of_strdup(topic);
    journal->sequence = -1;
    /* The end is reported once the broker has waited for more: let that not be half a second. */
    const char *const pairs[] = {"fetch.wait.max.ms", "10", "group.id", transactional_id,
        "enable.auto.commit", "false", "enable.auto.offset.store", "false", "enable.partition.eof",
        "true", "isolation.level", "read_committed", "auto.offset.reset", "earliest", NULL};
    rd_kafka_conf_t *conf;
    int result = of_kafka_conf(config, RD_KAFKA_CONSUMER, pairs, &conf, error);
    if (result == OF_OK)
        result = of_kafka_new(RD_KAFKA_CONSUMER, conf, &journal->consumer, error);
    if (result < 0)
        return result;
    rd_kafka_poll_set_consumer(journal->consumer);
    result = wait_for_broker(journal, config, error);
    if (result == OF_OK)
        result = check_topic(journal, config, error);
    if (result == OF_OK)
        result = of_producer_new(config, transactional_id, &journal->producer, error);
    if (result < 0)
        return of_error_context(error, "command topic");
    *out = OF_TAKE(journal);
    return OF_OK;
}

void ksql_journal_free(struct ksql_journal *journal)
{
    if (journal->consumer)
        rd_kafka_destroy(journal->consumer);
    if (journal->producer)
        of_producer_free(journal->producer);
    free(journal->topic);
    free(journal);
}

bool ksql_journal_fenced(const struct ksql_journal *journal)
{
    return of_producer_fenced(journal->producer);
}

int64_t ksql_journal_sequence(const struct ksql_journal *journal)
{
    return journal->sequence;
}

/* ---- reading ---- */

/* Anew each time, so that the end is reported again even if nothing new has come. */
static int start_reading(struct ksql_journal *journal, struct of_error *error)
{
    OF_CLEANUP(of_cleanup_rd_kafka_partitions)
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(list, journal->topic, 0)->offset = journal->next;
    rd_kafka_resp_err_t code = rd_kafka_assign(journal->consumer, list);
    return code ? of_kafka_fail_code(error, code, "reading the command topic") : OF_OK;
}

static int take(struct ksql_journal *journal, const rd_kafka_message_t *message,
    ksql_journal_visit *visit, void *context, struct of_error *error)
{
    OF_CLEANUP(ksql_command_release) struct ksql_command command = {.id = NULL};
    journal->next = message->offset + 1;
    if (ksql_command_read(
            message->key, message->key_len, message->payload, message->len, &command, error) < 0) {
        of_error_context(error, "%s[0]@%" PRId64, journal->topic, message->offset);
        of_log_error(OF_LOG_ERROR, "a record of the command topic is left out", error);
        return OF_OK;
    }
    journal->sequence = message->offset;
    return visit(context, message->offset, &command, error);
}

/* One poll: 1 at the end of the topic, else 0. */
static int read_one(struct ksql_journal *journal, ksql_journal_visit *visit, void *context,
    int64_t *deadline, struct of_error *error)
{
    rd_kafka_message_t *message = rd_kafka_consumer_poll(journal->consumer, POLL_MS);
    if (!message)
        return of_clock_monotonic() < *deadline
                   ? OF_OK
                   : of_fail(error, OF_RETRY, "the command topic does not answer");
    int result = OF_OK;
    if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
        journal->next = message->offset; /* behind the markers */
        result = 1;
    } else if (message->err) {
        /* Connections come back by themselves until the deadline; what is hopeless does not. */
        result = of_kafka_fail_code(error, message->err, "reading the command topic");
        result = result == OF_RETRY ? OF_OK : result;
    } else {
        result = take(journal, message, visit, context, error);
        *deadline = of_clock_monotonic() + KSQL_JOURNAL_WAIT_MS;
    }
    rd_kafka_message_destroy(message);
    return result;
}

int ksql_journal_read(
    struct ksql_journal *journal, ksql_journal_visit *visit, void *context, struct of_error *error)
{
    int64_t deadline = of_clock_monotonic() + KSQL_JOURNAL_WAIT_MS;
    int result = start_reading(journal, error);
    while (result == OF_OK && !of_signals_stopping())
        result = read_one(journal, visit, context, &deadline, error);
    /* A part of the commands is no state to act on: what one ended, a later one brings back. */
    if (result == OF_OK)
        result = of_fail(error, OF_RETRY, "asked to stop while reading the command topic");
    rd_kafka_assign(journal->consumer, NULL);
    return result < 0 ? result : OF_OK;
}

/* ---- writing ---- */

struct expected {
    const char *id, *text;
    int64_t sequence; /* where it was found, -1: not yet */
};

static int look_for(
    void *context, int64_t sequence, const struct ksql_command *command, struct of_error *error)
{
    struct expected *expected = context;
    if (expected->sequence < 0 && strcmp(command->id, expected->id) == 0 &&
        strcmp(command->text, expected->text) == 0) {
        expected->sequence = sequence;
        return OF_OK;
    }
    return of_fail(error, OF_FATAL,
        "the command topic has a command of another server at offset %" PRId64, sequence);
}

/* `sent`: it may be there although this fails. */
static int write_command(struct ksql_journal *journal, const struct of_buffer *key,
    const struct of_buffer *value, bool *sent, struct of_error *error)
{
    const struct of_message message = {.topic = journal->topic,
        .partition = 0,
        .key = key->data,
        .key_size = key->length,
        .value = value->data,
        .value_size = value->length};
    int result = of_producer_begin(journal->producer, error);
    if (result == OF_OK)
        result = of_producer_send(journal->producer, &message, error);
    *sent = result == OF_OK;
    if (result == OF_OK)
        return of_producer_commit(journal->producer, NULL, NULL, error);
    struct of_error ignored;
    if (of_producer_in_transaction(journal->producer))
        (void)!of_producer_abort(journal->producer, &ignored);
    return result;
}

/* After a commit whose outcome is unknown: a new transaction's start waits for it to be decided. */
static int settle(struct ksql_journal *journal, struct of_error *error)
{
    int result = of_producer_begin(journal->producer, error);
    return result < 0 ? result : of_producer_abort(journal->producer, error);
}

/* The commit's marker may come a moment after its answer. */
static int read_back(
    struct ksql_journal *journal, struct expected *expected, bool must_come, struct of_error *error)
{
    int64_t deadline = of_clock_monotonic() + KSQL_JOURNAL_WAIT_MS;
    int result = OF_OK;
    while (result == OF_OK && expected->sequence < 0) {
        result = ksql_journal_read(journal, look_for, expected, error);
        if (!must_come || of_clock_monotonic() >= deadline || of_signals_stopping())
            break;
    }
    return result;
}

int ksql_journal_append(struct ksql_journal *journal, const char *id, const char *text,
    const struct ksql_property *properties, size_t property_count, int64_t *sequence,
    struct of_error *error)
{
    OF_CLEANUP(of_buffer_release) struct of_buffer key, value;
    of_buffer_init(&key, KSQL_COMMAND_MAX);
    of_buffer_init(&value, KSQL_COMMAND_MAX);
    int written = ksql_command_write(id, text, properties, property_count, &key, &value, error);
    if (written < 0)
        return written;
    bool sent = false;
    written = write_command(journal, &key, &value, &sent, error);
    if (written < 0 && (!sent || ksql_journal_fenced(journal)))
        return written;
    struct expected expected = {id, text, -1};
    struct of_error trouble;
    int result = written < 0 ? settle(journal, &trouble) : OF_OK;
    if (result == OF_OK)
        result = read_back(journal, &expected, written == OF_OK, &trouble);
    if (expected.sequence >= 0) {
        *sequence = expected.sequence;
        return OF_OK;
    }
    if (written < 0 && result == OF_OK) /* not there: the error is the commit's */
        return error->class = written == OF_FATAL ? OF_RETRY : written;
    if (result < 0)
        *error = trouble;
    return of_error_set(error, OF_FATAL, error->origin,
        "the command may have been written, but "
        "cannot be read back: %s",
        result < 0 ? trouble.message : "it does not come");
}
