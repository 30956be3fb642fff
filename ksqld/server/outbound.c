/* The producer's life: it is shared until it fails for good, and then made anew. */
#include "ksqld/server/outbound.h"

#include "base/clock.h"
#include "base/memory.h"
#include "kafka/client.h"

#include <pthread.h>
#include <stdlib.h>

#define POLL_MS 50
#define FULL_MS 10000 /* for room in the producer's queue */

struct ksql_outbound {
    const struct of_config *config;
    pthread_mutex_t lock; /* of what follows; never held while somebody waits */
    pthread_cond_t left;
    rd_kafka_t *client;
    size_t users;
};

struct ksql_outbound *ksql_outbound_new(const struct of_config *config)
{
    struct ksql_outbound *outbound = of_alloc(sizeof(*outbound));
    outbound->config = config;
    pthread_mutex_init(&outbound->lock, NULL);
    pthread_cond_init(&outbound->left, NULL);
    return outbound;
}

void ksql_outbound_free(struct ksql_outbound *outbound)
{
    if (!outbound)
        return;
    if (outbound->client)
        rd_kafka_destroy(outbound->client);
    pthread_cond_destroy(&outbound->left);
    pthread_mutex_destroy(&outbound->lock);
    free(outbound);
}

static void delivered(rd_kafka_t *client, const rd_kafka_message_t *message, void *opaque)
{
    (void)client, (void)opaque;
    struct ksql_ack *ack = message->_private;
    ack->code = message->err;
    atomic_store(&ack->done, true);
}

static int make_client(struct ksql_outbound *outbound, struct of_error *error)
{
    OF_CLEANUP(of_cleanup_rd_kafka_conf) rd_kafka_conf_t *conf = NULL;
    OF_FREE char *wait = of_asprintf("%d", KSQL_OUTBOUND_WAIT_MS);
    const char *const pairs[] = {
        "enable.idempotence", "true", "message.timeout.ms", wait, "linger.ms", "0", NULL};
    int result = of_kafka_conf(outbound->config, RD_KAFKA_PRODUCER, pairs, &conf, error);
    if (result < 0)
        return result;
    rd_kafka_conf_set_dr_msg_cb(conf, delivered);
    return of_kafka_new(RD_KAFKA_PRODUCER, OF_TAKE(conf), &outbound->client, error);
}

/* One that failed for good goes with its last user. */
static int enter(struct ksql_outbound *outbound, rd_kafka_t **client, struct of_error *error)
{
    char text[256];
    int result = OF_OK;
    pthread_mutex_lock(&outbound->lock);
    while (outbound->client && rd_kafka_fatal_error(outbound->client, text, sizeof(text))) {
        if (outbound->users > 0) {
            pthread_cond_wait(&outbound->left, &outbound->lock);
            continue;
        }
        rd_kafka_destroy(OF_TAKE(outbound->client));
    }
    if (!outbound->client)
        result = make_client(outbound, error);
    if (result == OF_OK)
        outbound->users++;
    *client = outbound->client;
    pthread_mutex_unlock(&outbound->lock);
    return result;
}

static void leave(struct ksql_outbound *outbound)
{
    pthread_mutex_lock(&outbound->lock);
    outbound->users--;
    pthread_cond_broadcast(&outbound->left);
    pthread_mutex_unlock(&outbound->lock);
}

static rd_kafka_resp_err_t produce(rd_kafka_t *client, const char *topic,
    const struct ksql_record_out *record, struct ksql_ack *ack)
{
    return rd_kafka_producev(client, RD_KAFKA_V_TOPIC(topic),
        RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
        RD_KAFKA_V_KEY((void *)record->key, record->key_size),
        RD_KAFKA_V_VALUE((void *)record->value, record->value_size),
        RD_KAFKA_V_TIMESTAMP(record->timestamp < 0 ? of_clock_now() : record->timestamp),
        RD_KAFKA_V_OPAQUE(ack), RD_KAFKA_V_END);
}

/* A sent record's user leaves when it is done. */
int ksql_outbound_send(struct ksql_outbound *outbound, const char *topic,
    const struct ksql_record_out *record, struct ksql_ack *ack, struct of_error *error)
{
    rd_kafka_t *client;
    *ack = (struct ksql_ack){.code = RD_KAFKA_RESP_ERR_NO_ERROR};
    int result = enter(outbound, &client, error);
    if (result < 0)
        return result;
    int64_t deadline = of_clock_monotonic() + FULL_MS;
    rd_kafka_resp_err_t code = produce(client, topic, record, ack);
    while (code == RD_KAFKA_RESP_ERR__QUEUE_FULL && of_clock_monotonic() < deadline) {
        rd_kafka_poll(client, POLL_MS);
        code = produce(client, topic, record, ack);
    }
    if (!code)
        return OF_OK;
    leave(outbound);
    if (code == RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE)
        return of_fail(error, OF_INPUT, "the record is larger than message.max.bytes");
    return of_fail(error, OF_RETRY, "%s: %s", topic, rd_kafka_err2str(code));
}

int ksql_outbound_wait(struct ksql_outbound *outbound, struct ksql_ack *ack, struct of_error *error)
{
    rd_kafka_t *client = outbound->client; /* stays while this record's user has not left */
    while (!atomic_load(&ack->done))
        rd_kafka_poll(client, POLL_MS);
    leave(outbound);
    if (!ack->code)
        return OF_OK;
    bool refused = ack->code == RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE ||
                   ack->code == RD_KAFKA_RESP_ERR_INVALID_RECORD ||
                   ack->code == RD_KAFKA_RESP_ERR_INVALID_TIMESTAMP;
    return of_fail(error, refused ? OF_INPUT : OF_RETRY, "the record was not acknowledged: %s",
        rd_kafka_err2str((rd_kafka_resp_err_t)ack->code));
}
