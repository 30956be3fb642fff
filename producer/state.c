/* Reads the end of the state topic's one partition. Writing is the sender's, in its transactions.
 */
#include "state.h"

#include "base/clock.h"
#include "kafka/client.h"
#include "kafka/topics.h"

#include <inttypes.h>

#define ASK_MS 10000
#define POLL_MS 100
#define SILENCE_MS 10000 /* a broker that sends nothing for that long is away */
#define FIRST_TAIL 64    /* offsets: some commits, each with its marker */
#define TAIL_GROWTH 64

static int new_reader(const struct of_config *config, rd_kafka_t **client, struct of_error *error)
{
    /* No group is joined; the consumer only wants a name for one. */
    static const char *const pairs[] = {"group.id", "orderflow-producer", "isolation.level",
        "read_committed", "enable.partition.eof", "true", "enable.auto.commit", "false",
        "fetch.wait.max.ms", "10", "auto.offset.reset", "error", NULL};
    rd_kafka_conf_t *conf;
    int result = of_kafka_conf(config, RD_KAFKA_CONSUMER, pairs, &conf, error);
    if (result < 0)
        return result;
    return of_kafka_new(RD_KAFKA_CONSUMER, conf, client, error);
}

OF_DEFINE_CLEANUP(cleanup_message, rd_kafka_message_t *, rd_kafka_message_destroy)

static int decode(const rd_kafka_message_t *message, const char *topic,
    struct of_wire_reader *reader, struct of_generator_state *state, struct of_error *error)
{
    const uint8_t *body;
    size_t size;
    struct of_generator_state read;
    of_generator_state_init(&read);
    int result = of_wire_reader_body(reader, message->payload, message->len, &body, &size, error);
    if (result == OF_OK)
        result = of_generator_state_decode(&read, body, size, error);
    if (result < 0)
        return of_error_context(
            error, "%s[%d]@%" PRId64, topic, (int)message->partition, message->offset);
    *state = read;
    return OF_OK;
}

/* From `offset` to the end; the last record that is a generator's wins. */
static int read_on(rd_kafka_t *client, const char *topic, struct of_wire_reader *reader,
    bool *found, struct of_generator_state *state, struct of_error *error)
{
    int64_t heard = of_clock_monotonic();
    while (of_clock_monotonic() - heard < SILENCE_MS) {
        OF_CLEANUP(cleanup_message)
        rd_kafka_message_t *message = rd_kafka_consumer_poll(client, POLL_MS);
        if (!message)
            continue;
        if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF)
            return OF_OK;
        if (message->err)
            return of_kafka_fail_code(error, message->err, topic);
        heard = of_clock_monotonic();
        if (!message->payload || message->key_len != strlen(OF_STATE_KEY) ||
            memcmp(message->key, OF_STATE_KEY, message->key_len) != 0)
            continue;
        int result = decode(message, topic, reader, state, error);
        if (result < 0)
            return result;
        *found = true;
    }
    return of_fail(
        error, OF_RETRY, "%s: the broker sent nothing for %d s", topic, SILENCE_MS / 1000);
}

static int read_from(rd_kafka_t *client, const char *topic, int64_t offset,
    struct of_wire_reader *reader, bool *found, struct of_generator_state *state,
    struct of_error *error)
{
    OF_CLEANUP(of_cleanup_rd_kafka_partitions)
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(list, topic, 0)->offset = offset;
    rd_kafka_resp_err_t code = rd_kafka_assign(client, list);
    if (code)
        return of_kafka_fail_code(error, code, topic);
    return read_on(client, topic, reader, found, state, error);
}

/* Backwards in growing steps: behind the newest state there are hardly ever more than markers. */
static int read_tail(rd_kafka_t *client, const char *topic, struct of_wire_reader *reader,
    bool *found, struct of_generator_state *state, struct of_error *error)
{
    int64_t low, high;
    rd_kafka_resp_err_t code = of_kafka_watermarks(client, topic, 0, ASK_MS, &low, &high);
    if (code == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART ||
        code == RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC || code == RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION)
        return of_fail(error, OF_INPUT,
            "there is no topic %s; orderflow-admin setup makes what is missing", topic);
    if (code)
        return of_kafka_fail_code(error, code, topic);
    for (int64_t tail = FIRST_TAIL;; tail *= TAIL_GROWTH) {
        int64_t from = high - tail > low ? high - tail : low;
        int result = read_from(client, topic, from, reader, found, state, error);
        if (result < 0 || *found || from == low)
            return result;
    }
}

int of_state_read(const struct of_config *config, const char *topic, struct of_wire_reader *reader,
    bool *found, struct of_generator_state *state, struct of_error *error)
{
    OF_CLEANUP(of_cleanup_rd_kafka) rd_kafka_t *client = NULL;
    bool found_one = false;
    int result = new_reader(config, &client, error);
    if (result < 0)
        return result;
    rd_kafka_poll_set_consumer(client);
    result = read_tail(client, topic, reader, &found_one, state, error);
    rd_kafka_consumer_close(client);
    if (result == OF_OK)
        *found = found_one;
    return result;
}
