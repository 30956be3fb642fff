/* Reading a topic for PRINT, and the lines of its records. */
#include "ksqld/server/print.h"

#include "base/memory.h"
#include "kafka/topics.h"
#include "ksqld/server/print_format.h"

#include <inttypes.h>
#include <stdlib.h>
#include <time.h>

#define ASK_MS 10000
#define LINE_MAX (64u * 1024 * 1024)

struct ksql_topic_print {
    rd_kafka_t *consumer;
    struct ksql_print_side key, value;
    struct of_buffer line, formats[2], now[2]; /* of key and value: what was told, what is known */
    bool limited;
    int64_t interval, limit, read, written;
};

/* ---- the topic ---- */

static int assign(
    struct ksql_topic_print *print, const struct ksql_printing *printing, struct of_error *error)
{
    int partitions;
    int result = of_kafka_partitions(print->consumer, printing->topic, &partitions, error);
    if (result < 0)
        return result;
    if (!partitions)
        return of_fail(error, OF_INPUT,
            "Could not find topic '%s', or the KSQL user does not have permissions to list the "
            "topic. Topic names are case-sensitive.",
            printing->topic);
    OF_CLEANUP(of_cleanup_rd_kafka_partitions)
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(partitions);
    for (int32_t partition = 0; partition < partitions; partition++) {
        int64_t low = 0, high = RD_KAFKA_OFFSET_BEGINNING;
        rd_kafka_resp_err_t code = RD_KAFKA_RESP_ERR_NO_ERROR;
        if (!printing->from_beginning)
            code = of_kafka_watermarks(
                print->consumer, printing->topic, partition, ASK_MS, &low, &high);
        if (code)
            return of_kafka_fail_code(error, code, "asking where a topic ends");
        rd_kafka_topic_partition_list_add(list, printing->topic, partition)->offset = high;
    }
    rd_kafka_resp_err_t code = rd_kafka_assign(print->consumer, list);
    return code ? of_kafka_fail_code(error, code, "reading a topic") : OF_OK;
}

static int open_consumer(
    struct ksql_topic_print *print, const struct of_config *config, struct of_error *error)
{
    static const char *const pairs[] = {"group.id", "orderflow-ksqld-print", "enable.auto.commit",
        "false", "isolation.level", "read_committed", "auto.offset.reset", "earliest",
        "fetch.wait.max.ms", "100", NULL};
    OF_CLEANUP(of_cleanup_rd_kafka_conf) rd_kafka_conf_t *conf = NULL;
    int result = of_kafka_conf(config, RD_KAFKA_CONSUMER, pairs, &conf, error);
    if (result == OF_OK)
        result = of_kafka_new(RD_KAFKA_CONSUMER, OF_TAKE(conf), &print->consumer, error);
    if (result == OF_OK)
        rd_kafka_poll_set_consumer(print->consumer);
    return result;
}

OF_DEFINE_CLEANUP(cleanup_print, struct ksql_topic_print *, ksql_topic_print_free)

int ksql_topic_print_new(const struct of_config *config, struct of_registry *registry,
    const struct ksql_printing *printing, struct ksql_topic_print **out, struct of_error *error)
{
    OF_CLEANUP(cleanup_print) struct ksql_topic_print *print = of_alloc(sizeof(*print));
    print->key = (struct ksql_print_side){.registry = registry, .key = true};
    print->value = (struct ksql_print_side){.registry = registry};
    print->limited = printing->limited;
    print->interval = printing->interval > 0 ? printing->interval : 1;
    print->limit = printing->limit;
    of_buffer_init(&print->line, LINE_MAX);
    for (int side = 0; side < 2; side++) {
        of_buffer_init(&print->formats[side], LINE_MAX);
        of_buffer_init(&print->now[side], LINE_MAX);
    }
    int result = open_consumer(print, config, error);
    if (result == OF_OK)
        result = assign(print, printing, error);
    if (result < 0)
        return result;
    *out = OF_TAKE(print);
    return OF_OK;
}

void ksql_topic_print_free(struct ksql_topic_print *print)
{
    if (!print)
        return;
    if (print->consumer) {
        rd_kafka_consumer_close(print->consumer);
        rd_kafka_destroy(print->consumer);
    }
    of_buffer_release(&print->line);
    for (int side = 0; side < 2; side++) {
        of_buffer_release(&print->formats[side]);
        of_buffer_release(&print->now[side]);
    }
    free(print);
}

/* ---- lines ---- */

/* "2020/01/01 00:00:00.000 Z" */
static void append_time(int64_t ms, struct of_buffer *out)
{
    time_t seconds = (time_t)(ms / 1000);
    struct tm parts;
    if (ms < 0 || !gmtime_r(&seconds, &parts)) {
        of_buffer_append_text(out, "N/A");
        return;
    }
    of_buffer_appendf(out, "%04d/%02d/%02d %02d:%02d:%02d.%03d Z", parts.tm_year + 1900,
        parts.tm_mon + 1, parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec,
        (int)(ms % 1000));
}

static void write_line(struct ksql_topic_print *print, const rd_kafka_message_t *message)
{
    struct of_buffer *line = &print->line;
    of_buffer_clear(line);
    of_buffer_append_text(line, "rowtime: ");
    append_time(rd_kafka_message_timestamp(message, NULL), line);
    of_buffer_append_text(line, ", key: ");
    ksql_print_side_show(&print->key, message->key, message->key_len, line);
    of_buffer_append_text(line, ", value: ");
    ksql_print_side_show(&print->value, message->payload, message->len, line);
    of_buffer_appendf(line, ", partition: %" PRId32 "\n", message->partition);
}

/* A format is told once it is known, and again when it turns out to be another. */
static void tell_formats(struct ksql_topic_print *print, struct of_buffer *out)
{
    static const char *const names[] = {"Key", "Value"};
    const struct ksql_print_side *sides[] = {&print->key, &print->value};
    for (int side = 0; side < 2; side++) {
        struct of_buffer *told = &print->formats[side], *now = &print->now[side];
        of_buffer_clear(now);
        ksql_print_side_formats(sides[side], now);
        if (strcmp(of_buffer_text(told), of_buffer_text(now)) == 0)
            continue;
        of_buffer_appendf(out, "%s format: %s\n", names[side], of_buffer_text(now));
        of_buffer_clear(told);
        of_buffer_append(told, now->data, now->length);
    }
}

bool ksql_topic_print_step(struct ksql_topic_print *print, int wait_ms, struct of_buffer *out)
{
    if (print->limited && print->written >= print->limit)
        return false;
    rd_kafka_message_t *message = rd_kafka_consumer_poll(print->consumer, wait_ms);
    if (message && !message->err) {
        write_line(print, message);
        if (print->read++ % print->interval == 0) {
            tell_formats(print, out);
            of_buffer_append(out, print->line.data, print->line.length);
            print->written++;
        }
    }
    if (message)
        rd_kafka_message_destroy(message);
    return !print->limited || print->written < print->limit;
}
