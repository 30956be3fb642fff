/* status: topics with their records, groups with their lag, open dead letters by stage and class.
 * Those that orderflow-dlq replayed or dropped are dealt with, and only counted. */
#include "admin.h"

#include "base/memory.h"
#include "deadletters/handled.h"
#include "kafka/client.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define KINDS_MAX 32 /* different (topic, stage, class) of dead letters that are told apart */
#define WORD_MAX 48

struct kind {
    size_t topic;
    char stage[WORD_MAX], class[WORD_MAX];
    int64_t count;
};

struct table {
    const char *names[ADMIN_TOPICS_MAX];
    bool is_dead_letters[ADMIN_TOPICS_MAX];
    int64_t counts[ADMIN_TOPICS_MAX];
    size_t topic_count;
    struct handled handled[ADMIN_TOPICS_MAX]; /* of the dead letters of each */
    int64_t handled_count;
    struct of_error *error;
    int result;
    struct kind kinds[KINDS_MAX];
    size_t kind_count;
    int64_t other; /* dead letters past KINDS_MAX */
};

static void cleanup_table(struct table *table)
{
    for (size_t i = 0; i < table->topic_count; i++) {
        free((char *)table->names[i]);
        handled_release(&table->handled[i]);
    }
}

/* The last header of one of the names, which come in the order of preference. */
static void header_text(
    const rd_kafka_message_t *message, const char *const *names, char text[WORD_MAX])
{
    rd_kafka_headers_t *headers;
    const void *value;
    size_t size;
    snprintf(text, WORD_MAX, "-");
    if (rd_kafka_message_headers(message, &headers) != RD_KAFKA_RESP_ERR_NO_ERROR)
        return;
    for (; *names; names++)
        if (rd_kafka_header_get_last(headers, *names, &value, &size) ==
                RD_KAFKA_RESP_ERR_NO_ERROR &&
            value && size > 0) {
            snprintf(text, WORD_MAX, "%.*s", (int)(size < WORD_MAX ? size : WORD_MAX),
                (const char *)value);
            return;
        }
}

static bool is_handled(const struct table *table, size_t topic, const rd_kafka_message_t *message)
{
    struct letter letter;
    letter_read(&letter, message);
    return handled_find(&table->handled[topic], &letter.position, letter.timestamp) != HANDLED_NOT;
}

static void on_record(void *context, size_t topic, const rd_kafka_message_t *message)
{
    static const char *const stages[] = {
        "orderflow.stage", "__connect.errors.connector.name", NULL};
    static const char *const classes[] = {
        "orderflow.error.class", "__connect.errors.exception.class.name", NULL};
    struct table *table = context;
    struct kind kind = {.topic = topic, .count = 1};
    if (!table->is_dead_letters[topic])
        return;
    if (is_handled(table, topic, message)) {
        table->handled_count++;
        return;
    }
    header_text(message, stages, kind.stage);
    header_text(message, classes, kind.class);
    for (size_t i = 0; i < table->kind_count; i++) {
        struct kind *known = &table->kinds[i];
        if (known->topic == topic && strcmp(known->stage, kind.stage) == 0 &&
            strcmp(known->class, kind.class) == 0) {
            known->count++;
            return;
        }
    }
    if (table->kind_count == KINDS_MAX)
        table->other++;
    else
        table->kinds[table->kind_count++] = kind;
}

static void print_topics(const struct table *table)
{
    printf("%-28s %12s\n", "topic", "records");
    for (size_t i = 0; i < table->topic_count; i++) {
        if (table->counts[i] < 0)
            printf("%-28s %12s\n", table->names[i], "absent");
        else
            printf("%-28s %12" PRId64 "\n", table->names[i], table->counts[i]);
    }
}

static void print_dead_letters(const struct table *table)
{
    int64_t sum = table->other;
    for (size_t i = 0; i < table->kind_count; i++)
        sum += table->kinds[i].count;
    printf("\n%-28s %12" PRId64, "dead letters", sum);
    if (table->handled_count)
        printf("  (%" PRId64 " handled)", table->handled_count);
    putchar('\n');
    for (size_t i = 0; i < table->kind_count; i++) {
        const struct kind *kind = &table->kinds[i];
        printf("    %-16s %-16s %-20s %8" PRId64 "\n", table->names[kind->topic], kind->stage,
            kind->class, kind->count);
    }
    if (table->other)
        printf("    %-54s %8" PRId64 "\n", "others", table->other);
}

/* What orderflow-dlq wrote of the letters of one topic. */
struct handled_of {
    struct table *table;
    size_t letters;
};

static void on_handled(void *context, size_t topic, const rd_kafka_message_t *message)
{
    (void)topic;
    struct handled_of *of = context;
    struct table *table = of->table;
    if (table->result == OF_OK)
        table->result = handled_take(&table->handled[of->letters], table->names[of->letters],
            message->key, message->key_len, message->payload, message->len, table->error);
}

/* First of all: a letter must not be told open because what became of it is read later. */
static int read_handled(const struct of_config *config, struct table *table)
{
    int result = OF_OK;
    for (size_t i = 0; i < table->topic_count && result == OF_OK; i++) {
        if (!table->is_dead_letters[i])
            continue;
        OF_FREE char *name = of_asprintf("%s_handled", table->names[i]);
        const char *const names[] = {name};
        struct handled_of of = {table, i};
        int64_t count; /* -1: nobody has handled any */
        result = admin_read(config, names, 1, on_handled, &of, &count, table->error);
        if (result == OF_OK)
            result = table->result;
    }
    return result;
}

static int print_groups(const struct of_config *config, struct of_error *error)
{
    OF_CLEANUP(admin_asker_release) struct admin_asker asker = {NULL, NULL};
    OF_CLEANUP(admin_names_release)
    struct admin_names groups = {NULL, 0};
    int result = admin_asker_open(config, &asker, error);
    if (result == OF_OK)
        result = admin_groups(asker.client, &groups, error);
    if (result == OF_OK)
        printf("\n%-28s %-18s %10s %12s\n", "group", "topic", "partitions", "lag");
    for (size_t i = 0; i < groups.count && result == OF_OK; i++)
        result = admin_print_lag(config, &asker, groups.items[i], NULL, true, error);
    return result;
}

int admin_status(
    const struct of_config *config, int word_count, char **words, struct of_error *error)
{
    (void)words;
    OF_CLEANUP(cleanup_table)
    struct table table = {.error = error};
    if (word_count > 0)
        return of_fail(error, OF_INPUT, "status takes no operand");
    for (const struct admin_topic *topic = admin_topics; topic->name; topic++) {
        char *name = admin_topic_name(config, topic);
        if (!name)
            continue;
        table.is_dead_letters[table.topic_count] = topic->role == ROLE_DEAD_LETTERS;
        table.names[table.topic_count++] = name;
    }
    int result = read_handled(config, &table);
    if (result == OF_OK)
        result = admin_read(
            config, table.names, table.topic_count, on_record, &table, table.counts, error);
    if (result < 0)
        return result;
    print_topics(&table);
    result = print_groups(config, error);
    if (result == OF_OK)
        print_dead_letters(&table);
    return result;
}
