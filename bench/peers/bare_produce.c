/* bare-produce: the history producer's peer. A loop around rd_kafka_produce that sends the same
 * bytes again and again under the keys 1, 2, 3..., in transactions; it makes no order and encodes
 * nothing. */
#include "client.h"

#include "base/clock.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define TIMEOUT_MS 60000
#define BYTES_MAX 65536

int main(int argc, char **argv)
{
    int64_t records = 100000, bytes = 256, transaction_records = 10000;
    const char *topic_name = "bench", *transactional_id = "bench-bare-produce";
    struct of_option_list settings = {0};
    struct of_option options[] = {
        {.name = "topic",
            .type = OF_OPTION_TEXT,
            .target = &topic_name,
            .argument = "NAME",
            .help = "where to"},
        {.name = "records",
            .type = OF_OPTION_INT,
            .target = &records,
            .argument = "N",
            .help = "how many",
            .minimum = 1,
            .maximum = 1e9},
        {.name = "bytes",
            .type = OF_OPTION_INT,
            .target = &bytes,
            .argument = "N",
            .help = "size of a value",
            .minimum = 1,
            .maximum = BYTES_MAX},
        {.name = "transaction-records",
            .type = OF_OPTION_INT,
            .target = &transaction_records,
            .argument = "N",
            .help = "records of one transaction",
            .minimum = 1,
            .maximum = 1e6},
        {.name = "transactional-id",
            .type = OF_OPTION_TEXT,
            .target = &transactional_id,
            .argument = "ID",
            .help = "of the producer"},
        {.name = NULL},
    };
    client_options(
        "bare-produce", "send equal bytes with librdkafka alone", options, &settings, argc, argv);
    const char *const pairs[] = {"transactional.id", transactional_id, NULL};
    rd_kafka_t *client = client_new(RD_KAFKA_PRODUCER, &settings, pairs);
    client_check(rd_kafka_init_transactions(client, TIMEOUT_MS), "init_transactions");
    rd_kafka_topic_t *topic = rd_kafka_topic_new(client, topic_name, NULL);
    char value[BYTES_MAX], key[24];
    memset(value, 'x', sizeof(value));

    int64_t began = of_clock_monotonic_ns();
    for (int64_t sent = 0; sent < records;) {
        client_check(rd_kafka_begin_transaction(client), "begin_transaction");
        for (int64_t i = 0; i < transaction_records && sent < records; i++) {
            int key_size = snprintf(key, sizeof(key), "%" PRId64, ++sent);
            client_send(client, topic, key, (size_t)key_size, value, (size_t)bytes);
        }
        client_check(rd_kafka_commit_transaction(client, TIMEOUT_MS), "commit_transaction");
    }
    client_report(records, began);
    rd_kafka_topic_destroy(topic);
    rd_kafka_destroy(client);
    return OF_EXIT_OK;
}
