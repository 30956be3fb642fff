/* Every request of a transaction fails in every way that needs its own answer: tried again, given
 * up, made anew, or the end. A table; test_kafka_producer.c has the rest of the producer. */
#include "support.h"

#include "base/clock.h"
#include "kafka/producer.h"

#include "mock_kafka.h"

#define ERROR(name) RD_KAFKA_RESP_ERR_##name
#define ADDED_MS                                                                                   \
    300 /* the partition joins the transaction by then: an empty one needs no abort                \
         */
#define AT_A_TIME 4
#define ATTEMPTS_MAX 4 /* 2.0.2 sees a gap in its own sequence numbers a transaction late */

struct fault {
    const char *what;
    enum mock_request request;
    rd_kafka_resp_err_t code;
    int result;   /* of the transaction */
    int rebuilds; /* until the next one works */
    bool fenced;
};

static const struct fault faults[] = {
    /* Retried within librdkafka: nobody notices. */
    {"partitions, loading", MOCK_ADD_PARTITIONS, ERROR(COORDINATOR_LOAD_IN_PROGRESS), OF_OK, 0,
        false},
    {"partitions, busy", MOCK_ADD_PARTITIONS, ERROR(CONCURRENT_TRANSACTIONS), OF_OK, 0, false},
    {"offsets, loading", MOCK_ADD_OFFSETS, ERROR(COORDINATOR_LOAD_IN_PROGRESS), OF_OK, 0, false},
    {"offsets, busy", MOCK_ADD_OFFSETS, ERROR(CONCURRENT_TRANSACTIONS), OF_OK, 0, false},
    {"offset commit, moved", MOCK_TXN_OFFSET_COMMIT, ERROR(NOT_COORDINATOR), OF_OK, 0, false},
    {"end, busy", MOCK_END_TXN, ERROR(CONCURRENT_TRANSACTIONS), OF_OK, 0, false},
    {"produce, moved", MOCK_PRODUCE, ERROR(NOT_LEADER_FOR_PARTITION), OF_OK, 0, false},
    /* Abortable: given up, and the next one works on the same handle. */
    {"offset commit, rebalanced", MOCK_TXN_OFFSET_COMMIT, ERROR(ILLEGAL_GENERATION), OF_RETRY, 0,
        false},
    {"offset commit, unknown member", MOCK_TXN_OFFSET_COMMIT, ERROR(UNKNOWN_MEMBER_ID), OF_RETRY, 0,
        false},
    {"offset commit, same name", MOCK_TXN_OFFSET_COMMIT, ERROR(FENCED_INSTANCE_ID), OF_RETRY, 0,
        false},
    /* to librdkafka too; a real broker says it again to the abort, which ends it */
    {"offsets, fenced", MOCK_ADD_OFFSETS, ERROR(PRODUCER_FENCED), OF_RETRY, 0, false},
    {"produce, refused", MOCK_PRODUCE, ERROR(INVALID_MSG), OF_RETRY, 0, false},
    {"partitions, id expired", MOCK_ADD_PARTITIONS, ERROR(INVALID_PRODUCER_ID_MAPPING), OF_RETRY, 0,
        false},
    {"end, id expired", MOCK_END_TXN, ERROR(INVALID_PRODUCER_ID_MAPPING), OF_RETRY, 0, false},
    /* Fatal to the handle: made anew with the next epoch. */
    {"partitions, wrong state", MOCK_ADD_PARTITIONS, ERROR(INVALID_TXN_STATE), OF_RETRY, 1, false},
    {"offsets, wrong state", MOCK_ADD_OFFSETS, ERROR(INVALID_TXN_STATE), OF_RETRY, 1, false},
    {"end, wrong state", MOCK_END_TXN, ERROR(INVALID_TXN_STATE), OF_RETRY, 1, false},
    /* The same, and starting anew will tell that it is not allowed. */
    {"offsets, not allowed", MOCK_ADD_OFFSETS, ERROR(TRANSACTIONAL_ID_AUTHORIZATION_FAILED),
        OF_RETRY, 1, false},
    /* Another process of our name. */
    {"partitions, fenced", MOCK_ADD_PARTITIONS, ERROR(PRODUCER_FENCED), OF_FATAL, 0, true},
    {"end, old epoch", MOCK_END_TXN, ERROR(INVALID_PRODUCER_EPOCH), OF_FATAL, 0, true},
    /* No second attempt will change these. */
    {"offset commit, not allowed", MOCK_TXN_OFFSET_COMMIT, ERROR(GROUP_AUTHORIZATION_FAILED),
        OF_FATAL, 0, false},
};

/* Of the leak sanitizer, for this program alone: a handle that is destroyed right after a fault can
 * leave one of librdkafka 2.0.2's own operations behind. */
__attribute__((visibility("default"))) const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
    return "leak:librdkafka.so\n";
}

#define die(...)                                                                                   \
    do {                                                                                           \
        print_error(__VA_ARGS__);                                                                  \
        print_error("\n");                                                                         \
        exit(EXIT_FAILURE);                                                                        \
    } while (0)

static int transact(struct of_producer *producer, struct of_error *error)
{
    const struct of_message message = {.topic = "out",
        .partition = RD_KAFKA_PARTITION_UA,
        .key = "1",
        .key_size = 1,
        .value = "value",
        .value_size = 5};
    OF_CLEANUP(of_cleanup_rd_kafka_partitions)
    rd_kafka_topic_partition_list_t *offsets = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(offsets, "out", 0)->offset = 1;
    int result = of_producer_begin(producer, error);
    if (result == OF_OK)
        result = of_producer_send(producer, &message, error);
    if (result < 0)
        return result;
    rd_kafka_consumer_group_metadata_t *group = rd_kafka_consumer_group_metadata_new("group");
    result = of_producer_commit(producer, offsets, group, error);
    rd_kafka_consumer_group_metadata_destroy(group);
    return result;
}

static struct of_producer_counts counts_of(struct of_producer *producer)
{
    struct of_producer_counts counts;
    of_producer_counts(producer, &counts);
    return counts;
}

static void recover(const struct fault *fault, struct of_producer *producer)
{
    struct of_error error;
    int result = OF_RETRY;
    for (int i = 0; i < ATTEMPTS_MAX && result == OF_RETRY; i++)
        result = transact(producer, &error);
    if (result < 0)
        die("%s: never works again: %s", fault->what, error.message);
    if (counts_of(producer).rebuilds != fault->rebuilds)
        die("%s: made anew %d times, not %d", fault->what, (int)counts_of(producer).rebuilds,
            fault->rebuilds);
}

/* Ends the process when something is wrong. */
static void try_fault(const struct fault *fault)
{
    struct mock_kafka mock;
    struct of_error error = {.message = ""};
    OF_CLEANUP(of_cleanup_producer) struct of_producer *producer = NULL;
    mock_kafka_start(&mock);
    rd_kafka_mock_topic_create(mock.cluster, "out", 1, 1);
    /* So long that no machine is slow enough for it to count. */
    if (of_config_set(mock.config, "transaction.timeout.ms", "60000", &error) < 0 ||
        of_producer_new(mock.config, "test-1", &producer, &error) < 0 ||
        transact(producer, &error) < 0)
        die("%s: at the start: %s", fault->what, error.message);
    rd_kafka_mock_push_request_errors(mock.cluster, fault->request, 1, fault->code);
    int result = transact(producer, &error);
    if (result != fault->result)
        die("%s: %s, wanted %s: %s", fault->what, of_error_class_name(result),
            of_error_class_name(fault->result), error.message);
    if (of_producer_in_transaction(producer) || of_producer_fenced(producer) != fault->fenced)
        die("%s: fenced %d", fault->what, of_producer_fenced(producer));
    if (counts_of(producer).commits != (result == OF_OK ? 2 : 1))
        die("%s: %d commits", fault->what, (int)counts_of(producer).commits);
    if (result != OF_FATAL)
        recover(fault, producer);
    of_producer_free(OF_TAKE(producer));
    mock_kafka_stop(&mock);
}

/* Each in a process of its own, since trouble with a broker is remembered for a minute by all of a
 * process; several at a time, since they mostly wait. */
static void test_faults(void **state)
{
    (void)state;
    int failures = 0;
    for (size_t first = 0; first < OF_COUNT(faults); first += AT_A_TIME) {
        pid_t children[AT_A_TIME] = {0};
        for (size_t i = 0; i < AT_A_TIME && first + i < OF_COUNT(faults); i++) {
            fflush(NULL);
            children[i] = fork();
            assert_true(children[i] >= 0);
            if (children[i] == 0) {
                try_fault(&faults[first + i]);
                exit(EXIT_SUCCESS);
            }
        }
        for (size_t i = 0; i < AT_A_TIME && children[i]; i++) {
            int status = 0;
            assert_int_equal(waitpid(children[i], &status, 0), children[i]);
            if (status)
                print_error("%s: failed\n", faults[first + i].what);
            failures += status != 0;
        }
    }
    assert_int_equal(failures, 0);
}

/* An abort that is not answered leaves no handle behind that anybody could go on with. */
static void test_timed_out_abort(void **state)
{
    (void)state;
    struct mock_kafka mock;
    struct of_error error;
    OF_CLEANUP(of_cleanup_producer) struct of_producer *producer = NULL;
    rd_kafka_resp_err_t busy[64];
    for (size_t i = 0; i < OF_COUNT(busy); i++)
        busy[i] = ERROR(COORDINATOR_NOT_AVAILABLE);
    mock_kafka_start(&mock);
    rd_kafka_mock_topic_create(mock.cluster, "out", 1, 1);
    assert_int_equal(of_producer_new(mock.config, "test-1", &producer, &error), OF_OK);
    const struct of_message message = {
        .topic = "out", .partition = RD_KAFKA_PARTITION_UA, .value = "v", .value_size = 1};
    assert_int_equal(of_producer_begin(producer, &error), OF_OK);
    assert_int_equal(of_producer_send(producer, &message, &error), OF_OK);
    of_sleep(ADDED_MS);
    rd_kafka_mock_push_request_errors_array(mock.cluster, MOCK_END_TXN, OF_COUNT(busy), busy);
    assert_int_equal(of_producer_abort(producer, &error), OF_RETRY);
    assert_false(of_producer_in_transaction(producer));
    rd_kafka_mock_clear_request_errors(mock.cluster, MOCK_END_TXN);
    assert_int_equal(transact(producer, &error), OF_OK);
    assert_int_equal(counts_of(producer).rebuilds, 1);
    of_producer_free(OF_TAKE(producer));
    mock_kafka_stop(&mock);
}

static void test_start(void **state)
{
    (void)state;
    struct mock_kafka mock;
    struct of_error error;
    OF_CLEANUP(of_cleanup_producer) struct of_producer *producer = NULL;
    mock_kafka_start(&mock);
    rd_kafka_mock_push_request_errors(mock.cluster, MOCK_INIT_PRODUCER_ID, 2,
        ERROR(COORDINATOR_LOAD_IN_PROGRESS), ERROR(COORDINATOR_NOT_AVAILABLE));
    assert_int_equal(of_producer_new(mock.config, "test-1", &producer, &error), OF_OK);
    struct of_producer *none = NULL;
    rd_kafka_mock_push_request_errors(
        mock.cluster, MOCK_INIT_PRODUCER_ID, 1, ERROR(TRANSACTIONAL_ID_AUTHORIZATION_FAILED));
    assert_int_equal(of_producer_new(mock.config, "test-2", &none, &error), OF_FATAL);
    assert_null(none);
    of_producer_free(OF_TAKE(producer));
    mock_kafka_stop(&mock);
}

/* Settings of the user that a transactional producer cannot have: said at the start, by name. */
static void test_conflicts(void **state)
{
    (void)state;
    static const struct {
        const char *setting, *message;
    } cases[] = {
        {"acks=1", "acks"},
        {"max.in.flight=7", "max.in.flight"},
        {"delivery.timeout.ms=30000", "message.timeout.ms"},
    };
    for (size_t i = 0; i < OF_COUNT(cases); i++) {
        struct of_option_list list = {
            .values = {"transaction.timeout.ms=5000", cases[i].setting}, .count = 2};
        OF_CLEANUP(of_cleanup_config) struct of_config *config = NULL;
        struct of_producer *producer = NULL;
        struct of_error error;
        assert_int_equal(of_config_load(NULL, &list, &config, &error), OF_OK);
        assert_int_equal(of_producer_new(config, "test-1", &producer, &error), OF_INPUT);
        assert_contains(error.message, "configuration: ");
        assert_contains(error.message, cases[i].message);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_faults),
        cmocka_unit_test(test_timed_out_abort),
        cmocka_unit_test(test_start),
        cmocka_unit_test(test_conflicts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
