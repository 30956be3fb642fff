/* bench-fill: fills a topic with lifelike orders, the input of a processor and of its peers. No
 * transactions: what is measured is read, not this. */
#include "../peers/client.h"
#include "orders.h"

#include "registry/wire.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define FLUSH_MS 60000

static const char *const states[] = {"unpaid", "paid", "shipped", NULL};
static const enum of_order_topic topics[] = {OF_TOPIC_UNPAID, OF_TOPIC_PAID, OF_TOPIC_SHIPPED};

int main(int argc, char **argv)
{
    int64_t records = 100000, seed = 1, schema_id = 0;
    int state = 0;
    const char *topic_name = "bench";
    struct of_option_list settings = {0};
    struct of_option options[] = {
        {.name = "topic",
            .type = OF_OPTION_TEXT,
            .target = &topic_name,
            .argument = "NAME",
            .help = "where to"},
        {.name = "state",
            .type = OF_OPTION_CHOICE,
            .target = &state,
            .choices = states,
            .argument = "STATE",
            .help = "unpaid, paid or shipped",
            .default_text = "unpaid"},
        {.name = "records",
            .type = OF_OPTION_INT,
            .target = &records,
            .argument = "N",
            .help = "how many",
            .minimum = 1,
            .maximum = 1e9},
        {.name = "seed",
            .type = OF_OPTION_INT,
            .target = &seed,
            .argument = "S",
            .help = "of the orders"},
        {.name = "schema-id",
            .type = OF_OPTION_INT,
            .target = &schema_id,
            .argument = "ID",
            .help = "of the order schema in the registry",
            .minimum = 0,
            .maximum = INT32_MAX},
        {.name = NULL},
    };
    client_options(
        "bench-fill", "fill a topic with lifelike orders", options, &settings, argc, argv);
    const char *const pairs[] = {NULL};
    rd_kafka_t *client = client_new(RD_KAFKA_PRODUCER, &settings, pairs);
    rd_kafka_topic_t *topic = rd_kafka_topic_new(client, topic_name, NULL);
    struct bench_order slot;
    struct of_buffer value;
    struct of_error error;
    bench_order_init(&slot);
    of_buffer_init(&value, OF_ORDER_BYTES_MAX + OF_WIRE_HEADER_SIZE);
    int64_t bytes = 0;
    for (int64_t id = 1; id <= records; id++) {
        char key[24];
        int key_size = snprintf(key, sizeof(key), "%" PRId64, id);
        of_buffer_clear(&value);
        if (bench_order_draw(&slot, id, (uint64_t)seed, topics[state], &error) < 0 ||
            of_wire_begin(&value, (int32_t)schema_id) < 0 ||
            of_order_encode(&slot.order, &value, &error) < 0)
            client_die("order", error.message);
        client_send(client, topic, key, (size_t)key_size, value.data, value.length);
        rd_kafka_poll(client, 0);
        bytes += (int64_t)value.length;
    }
    if (rd_kafka_flush(client, FLUSH_MS))
        client_die("flush", "timed out");
    printf("{\"records\":%" PRId64 ",\"bytes\":%.1f}\n", records, (double)bytes / (double)records);
    rd_kafka_topic_destroy(topic);
    rd_kafka_destroy(client);
    bench_order_release(&slot);
    of_buffer_release(&value);
    return OF_EXIT_OK;
}
