/* bare-transform: the processors' peer. Takes records and sends each on as it is, key and value,
 * offsets in the transaction; it decodes nothing, checks nothing and has one output. Ends after
 * --records. */
#include "client.h"

#include "base/clock.h"

#include <string.h>

#define TIMEOUT_MS 60000
#define POLL_MS 100
#define PARTITIONS_MAX 64

static rd_kafka_topic_partition_list_t *next_offsets(const char *topic, const int64_t *next)
{
    rd_kafka_topic_partition_list_t *offsets = rd_kafka_topic_partition_list_new(PARTITIONS_MAX);
    for (int32_t i = 0; i < PARTITIONS_MAX; i++)
        if (next[i] > 0)
            rd_kafka_topic_partition_list_add(offsets, topic, i)->offset = next[i];
    return offsets;
}

static void commit(
    rd_kafka_t *consumer, rd_kafka_t *producer, const char *topic, const int64_t *next)
{
    rd_kafka_topic_partition_list_t *offsets = next_offsets(topic, next);
    rd_kafka_consumer_group_metadata_t *group = rd_kafka_consumer_group_metadata(consumer);
    client_check(rd_kafka_send_offsets_to_transaction(producer, offsets, group, TIMEOUT_MS),
        "send_offsets_to_transaction");
    client_check(rd_kafka_commit_transaction(producer, TIMEOUT_MS), "commit_transaction");
    rd_kafka_consumer_group_metadata_destroy(group);
    rd_kafka_topic_partition_list_destroy(offsets);
}

/* The position behind each partition's newest record in `next`. */
static int64_t run(rd_kafka_t *consumer, rd_kafka_t *producer, rd_kafka_topic_t *output,
    const char *input, int64_t records, int64_t transaction_records)
{
    int64_t next[PARTITIONS_MAX] = {0}, done = 0, open = 0, began = 0;
    while (done < records) {
        rd_kafka_message_t *message = rd_kafka_consumer_poll(consumer, POLL_MS);
        if (!message)
            continue;
        if (message->err)
            client_die("consumer", rd_kafka_message_errstr(message));
        if (began == 0)
            began = of_clock_monotonic_ns();
        if (open == 0)
            client_check(rd_kafka_begin_transaction(producer), "begin_transaction");
        client_send(
            producer, output, message->key, message->key_len, message->payload, message->len);
        if (message->partition >= PARTITIONS_MAX)
            client_die(input, "has too many partitions");
        next[message->partition] = message->offset + 1;
        rd_kafka_message_destroy(message);
        done++;
        if (++open == transaction_records || done == records) {
            commit(consumer, producer, input, next);
            memset(next, 0, sizeof(next));
            open = 0;
        }
    }
    return began;
}

int main(int argc, char **argv)
{
    int64_t records = 100000, transaction_records = 10000;
    const char *input = "bench", *output_name = "bench-out", *group = "bench-bare-transform";
    struct of_option_list settings = {0};
    struct of_option options[] = {
        {.name = "input",
            .type = OF_OPTION_TEXT,
            .target = &input,
            .argument = "NAME",
            .help = "topic to read"},
        {.name = "output",
            .type = OF_OPTION_TEXT,
            .target = &output_name,
            .argument = "NAME",
            .help = "topic to write"},
        {.name = "group",
            .type = OF_OPTION_TEXT,
            .target = &group,
            .argument = "ID",
            .help = "consumer group and transactional id"},
        {.name = "records",
            .type = OF_OPTION_INT,
            .target = &records,
            .argument = "N",
            .help = "how many",
            .minimum = 1,
            .maximum = 1e9},
        {.name = "transaction-records",
            .type = OF_OPTION_INT,
            .target = &transaction_records,
            .argument = "N",
            .help = "records of one transaction",
            .minimum = 1,
            .maximum = 1e6},
        {.name = NULL},
    };
    client_options(
        "bare-transform", "consume and send with librdkafka alone", options, &settings, argc, argv);
    const char *const producer_pairs[] = {"transactional.id", group, NULL};
    const char *const consumer_pairs[] = {"group.id", group, "enable.auto.commit", "false",
        "auto.offset.reset", "earliest", "isolation.level", "read_committed", NULL};
    rd_kafka_t *producer = client_new(RD_KAFKA_PRODUCER, &settings, producer_pairs);
    rd_kafka_t *consumer = client_new(RD_KAFKA_CONSUMER, &settings, consumer_pairs);
    rd_kafka_poll_set_consumer(consumer);
    client_check(rd_kafka_init_transactions(producer, TIMEOUT_MS), "init_transactions");
    rd_kafka_topic_t *topic = rd_kafka_topic_new(producer, output_name, NULL);
    rd_kafka_topic_partition_list_t *topics = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(topics, input, RD_KAFKA_PARTITION_UA);
    rd_kafka_resp_err_t code = rd_kafka_subscribe(consumer, topics);
    if (code)
        client_die("subscribe", rd_kafka_err2str(code));

    int64_t began = run(consumer, producer, topic, input, records, transaction_records);
    client_report(records, began);
    rd_kafka_topic_partition_list_destroy(topics);
    rd_kafka_topic_destroy(topic);
    rd_kafka_consumer_close(consumer);
    rd_kafka_destroy(consumer);
    rd_kafka_destroy(producer);
    return OF_EXIT_OK;
}
