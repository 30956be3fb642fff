/* A mock cluster of librdkafka for fault injection: brokers that fail as they are told to. It
 * keeps no transactions (what is produced is seen at once), so it judges what we do about errors,
 * not what a broker does. */
#ifndef TESTS_UNIT_MOCK_KAFKA_H
#define TESTS_UNIT_MOCK_KAFKA_H

#include "base/config.h"
#include "base/memory.h"
#include "kafka/client.h"

#include <librdkafka/rdkafka_mock.h>

/* Beyond the 3 s for which a mock group waits for its first members: a session of the same length
 * can end while its member waits, which then waits for good. */
#define MOCK_SESSION_MS 5000

struct mock_kafka {
    rd_kafka_t *owner; /* the handle that the mock lives in */
    rd_kafka_mock_cluster_t *cluster;
    struct of_config *config; /* with its bootstrap.servers */
};

/* Kafka protocol's numbers of the requests that tests make fail. */
enum mock_request {
    MOCK_PRODUCE = 0,
    MOCK_LIST_OFFSETS = 2,
    MOCK_OFFSET_FETCH = 9,
    MOCK_INIT_PRODUCER_ID = 22,
    MOCK_ADD_PARTITIONS = 24,
    MOCK_ADD_OFFSETS = 25,
    MOCK_END_TXN = 26,
    MOCK_TXN_OFFSET_COMMIT = 28,
};

static void mock_kafka_start(struct mock_kafka *mock)
{
    struct of_error error;
    struct of_option_list overrides = {.count = 0};
    char reason[256];
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    rd_kafka_conf_set(conf, "log_level", "0", NULL, 0);
    mock->owner = rd_kafka_new(RD_KAFKA_PRODUCER, conf, reason, sizeof(reason));
    mock->cluster = rd_kafka_mock_cluster_new(mock->owner, 1);
    OF_FREE char *servers =
        of_asprintf("bootstrap.servers=%s", rd_kafka_mock_cluster_bootstraps(mock->cluster));
    overrides.values[overrides.count++] = servers;
    overrides.values[overrides.count++] = "transaction.timeout.ms=2000";
    overrides.values[overrides.count++] = "startup.timeout.ms=10000";
    OF_FREE char *session = of_asprintf("session.timeout.ms=%d", MOCK_SESSION_MS);
    overrides.values[overrides.count++] = session;
    overrides.values[overrides.count++] = "heartbeat.interval.ms=200";
    overrides.values[overrides.count++] = "committed.offsets.doubt.ms=0"; /* the mock has none */
    overrides.values[overrides.count++] = "message.max.bytes=100000";
    if (of_config_load(NULL, &overrides, &mock->config, &error) < 0) {
        print_error("%s\n", error.message);
        abort();
    }
}

static void mock_kafka_stop(struct mock_kafka *mock)
{
    of_config_free(mock->config);
    rd_kafka_mock_cluster_destroy(mock->cluster);
    rd_kafka_destroy(mock->owner);
}

#endif
