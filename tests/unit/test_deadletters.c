/* Dead letters without a broker: positions, headers, choice, and what has been handled. */
#include "deadletters/handled.h"
#include "deadletters/letter.h"
#include "deadletters/select.h"
#include "kafka/deadletter.h"
#include "kafka/stage.h"

#include "support.h"

/* A consumed record as librdkafka hands it out, made by its own mock: headers hang on the message
 * behind the public struct, so only librdkafka can make one. */
#include "mock_kafka.h"

#define TOPIC "orders_dlq"

/* ---- positions ---- */

static void a_position_is_read_in_each_of_its_forms(void **state)
{
    (void)state;
    static const char *const texts[] = {"orders_dlq[3]@42", "[3]@42", "3@42"};
    for (size_t i = 0; i < OF_COUNT(texts); i++) {
        struct letter_position position;
        struct of_error error;
        assert_int_equal(letter_position_parse(texts[i], TOPIC, &position, &error), OF_OK);
        assert_int_equal(position.partition, 3);
        assert_int_equal(position.offset, 42);
    }
    struct letter_position most;
    struct of_error error;
    assert_int_equal(
        letter_position_parse("2147483647@9223372036854775807", TOPIC, &most, &error), OF_OK);
    char text[LETTER_POSITION_SIZE];
    assert_string_equal(letter_position_print(&most, text), "[2147483647]@9223372036854775807");
}

static void what_is_no_position_is_refused(void **state)
{
    (void)state;
    static const char *const texts[] = {"", "3", "@", "3@", "@42", "3@42x", "x3@42", "[3@42",
        "3]@42", "[3]42", "-1@2", "3@-2", " 3@42", "2147483648@1", "1@9223372036854775808",
        "other[3]@42", "orders_dlq3@42", "orders_dlq[3]"};
    for (size_t i = 0; i < OF_COUNT(texts); i++) {
        struct letter_position position = {7, 7};
        struct of_error error;
        assert_int_equal(letter_position_parse(texts[i], TOPIC, &position, &error), OF_INPUT);
        assert_contains(error.message, "PARTITION@OFFSET");
        assert_int_equal(position.offset, 7);
    }
}

/* ---- headers ---- */

struct record {
    struct mock_kafka mock;
    rd_kafka_t *consumer;
    rd_kafka_message_t *message;
};

static rd_kafka_message_t *consume(rd_kafka_t *consumer)
{
    OF_CLEANUP(of_cleanup_rd_kafka_partitions)
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(list, TOPIC, 0)->offset = 0;
    assert_int_equal(rd_kafka_assign(consumer, list), 0);
    for (int i = 0; i < 100; i++) {
        rd_kafka_message_t *message = rd_kafka_consumer_poll(consumer, 100);
        if (message && !message->err)
            return message;
        if (message)
            rd_kafka_message_destroy(message);
    }
    fail_msg("nothing consumed");
    return NULL;
}

/* Sends the headers to a mock broker and reads them back; takes them. */
static void record_make(struct record *record, rd_kafka_headers_t *headers)
{
    struct of_error error;
    rd_kafka_conf_t *conf;
    mock_kafka_start(&record->mock);
    rd_kafka_mock_topic_create(record->mock.cluster, TOPIC, 1, 1);
    assert_int_equal(
        of_kafka_conf(record->mock.config, RD_KAFKA_PRODUCER, NULL, &conf, &error), OF_OK);
    OF_CLEANUP(of_cleanup_rd_kafka) rd_kafka_t *producer = NULL;
    assert_int_equal(of_kafka_new(RD_KAFKA_PRODUCER, conf, &producer, &error), OF_OK);
    assert_int_equal(rd_kafka_producev(producer, RD_KAFKA_V_TOPIC(TOPIC), RD_KAFKA_V_PARTITION(0),
                         RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_KEY("17", 2),
                         RD_KAFKA_V_VALUE((void *)"raw", 3), RD_KAFKA_V_TIMESTAMP(1700000000123),
                         RD_KAFKA_V_HEADERS(headers), RD_KAFKA_V_END),
        0);
    assert_int_equal(rd_kafka_flush(producer, 5000), 0);
    static const char *const pairs[] = {"group.id", "g", NULL};
    assert_int_equal(
        of_kafka_conf(record->mock.config, RD_KAFKA_CONSUMER, pairs, &conf, &error), OF_OK);
    assert_int_equal(of_kafka_new(RD_KAFKA_CONSUMER, conf, &record->consumer, &error), OF_OK);
    record->message = consume(record->consumer);
}

static void record_release(struct record *record)
{
    rd_kafka_message_destroy(record->message);
    rd_kafka_consumer_close(record->consumer);
    rd_kafka_destroy(record->consumer);
    mock_kafka_stop(&record->mock);
}

static void put(rd_kafka_headers_t *headers, const char *name, const char *value)
{
    rd_kafka_header_add(headers, name, -1, value, value ? (ssize_t)strlen(value) : 0);
}

/* What a stage makes of a record with these headers: the real writer's order. */
static void put_ours(rd_kafka_headers_t *headers)
{
    struct of_error cause;
    of_fail(&cause, OF_INPUT, "cut off\nhere");
    of_error_kind(&cause, "decode");
    const struct of_record dead = {.topic = "unpaid_orders", .partition = 2, .offset = 99};
    OF_CLEANUP(of_cleanup_rd_kafka_headers)
    rd_kafka_headers_t *ours = of_deadletter_headers(&dead, "payment", "1", &cause);
    assert_int_equal(rd_kafka_header_cnt(ours), OF_DEADLETTER_HEADERS);
    for (size_t i = 0; i < rd_kafka_header_cnt(ours); i++) {
        const char *name;
        const void *value;
        size_t size;
        rd_kafka_header_get_all(ours, i, &name, &value, &size);
        rd_kafka_header_add(headers, name, -1, value, (ssize_t)size);
    }
}

static void assert_text(struct of_text text, const char *expected)
{
    assert_int_equal(text.length, strlen(expected));
    assert_memory_equal(text.data, expected, text.length);
}

static void assert_header(
    const rd_kafka_headers_t *headers, size_t index, const char *name, const char *value)
{
    const char *found;
    const void *bytes;
    size_t size;
    assert_int_equal(rd_kafka_header_get_all(headers, index, &found, &bytes, &size), 0);
    assert_string_equal(found, name);
    if (value)
        assert_text((struct of_text){bytes, size}, value);
    else
        assert_null(bytes);
}

static void a_stage_s_letter_is_understood_and_put_back(void **state)
{
    (void)state;
    OF_CLEANUP(record_release) struct record record;
    rd_kafka_headers_t *headers = rd_kafka_headers_new(16);
    put(headers, "traceparent", "00-1");
    put(headers, "orderflow.stage", "of the record itself"); /* not at the end of a run: kept */
    put(headers, "empty", NULL);
    put(headers, "orderflow.attempts", "4");
    put_ours(headers);
    record_make(&record, headers);
    struct letter letter;
    letter_read(&letter, record.message);
    assert_int_equal(letter.timestamp, 1700000000123);
    assert_text(letter.source_topic, "unpaid_orders");
    assert_int_equal(letter.source_partition, 2);
    assert_int_equal(letter.source_offset, 99);
    assert_text(letter.stage, "payment");
    assert_text(letter.class, "decode");
    assert_text(letter.message, "cut off\nhere");
    assert_int_equal(letter.attempts, 4);
    struct of_error error;
    OF_CLEANUP(of_cleanup_rd_kafka_headers) rd_kafka_headers_t *back = NULL;
    assert_int_equal(letter_replay_headers(&letter, &back, &error), OF_OK);
    assert_int_equal(rd_kafka_header_cnt(back), 4);
    assert_header(back, 0, "traceparent", "00-1");
    assert_header(back, 1, "orderflow.stage", "of the record itself");
    assert_header(back, 2, "empty", NULL);
    assert_header(back, 3, "orderflow.attempts", "5");
}

/* A record that had been a dead letter of Connect's before it became one of ours. */
static void another_writer_s_headers_stay(void **state)
{
    (void)state;
    OF_CLEANUP(record_release) struct record record;
    rd_kafka_headers_t *headers = rd_kafka_headers_new(16);
    put(headers, "__connect.errors.topic", "elsewhere");
    put_ours(headers);
    record_make(&record, headers);
    struct letter letter;
    struct of_error error;
    letter_read(&letter, record.message);
    assert_text(letter.source_topic, "unpaid_orders");
    OF_CLEANUP(of_cleanup_rd_kafka_headers) rd_kafka_headers_t *back = NULL;
    assert_int_equal(letter_replay_headers(&letter, &back, &error), OF_OK);
    assert_int_equal(rd_kafka_header_cnt(back), 2);
    assert_header(back, 0, "__connect.errors.topic", "elsewhere");
    assert_header(back, 1, "orderflow.attempts", "1");
}

/* The order went its way: what is put back is for routing alone. */
static void a_letter_of_a_stage_beside_is_put_back_for_it_alone(void **state)
{
    (void)state;
    OF_CLEANUP(record_release) struct record record;
    rd_kafka_headers_t *headers = rd_kafka_headers_new(16);
    put(headers, "orderflow.attempts", "1");
    put(headers, "orderflow.only", "routing");
    put_ours(headers);
    rd_kafka_header_remove(headers, "orderflow.stage");
    put(headers, "orderflow.stage", "routing");
    record_make(&record, headers);
    struct letter letter;
    struct of_error error;
    letter_read(&letter, record.message);
    assert_true(letter_is_beside(&letter));
    OF_CLEANUP(of_cleanup_rd_kafka_headers) rd_kafka_headers_t *back = NULL;
    assert_int_equal(letter_replay_headers(&letter, &back, &error), OF_OK);
    assert_int_equal(rd_kafka_header_cnt(back), 2);
    assert_header(back, 0, "orderflow.attempts", "2");
    assert_header(back, 1, "orderflow.only", "routing");
    letter.stage.length--;
    assert_false(letter_is_beside(&letter));
}

static void a_sink_s_letter_is_understood(void **state)
{
    (void)state;
    OF_CLEANUP(record_release) struct record record;
    rd_kafka_headers_t *headers = rd_kafka_headers_new(8);
    put(headers, "__connect.errors.topic", "order_info");
    put(headers, "__connect.errors.partition", "1");
    put(headers, "__connect.errors.offset", "7");
    put(headers, "__connect.errors.connector.name", "orders");
    put(headers, "__connect.errors.exception.class.name", "DataException");
    put(headers, "orderflow.attempts", "-3"); /* no number of ours */
    record_make(&record, headers);
    struct letter letter;
    letter_read(&letter, record.message);
    assert_text(letter.source_topic, "order_info");
    assert_int_equal(letter.source_offset, 7);
    assert_text(letter.stage, "orders");
    assert_text(letter.class, "DataException");
    assert_int_equal(letter.message.length, 0);
    assert_int_equal(letter.attempts, 0);
}

/* ---- choice ---- */

static struct letter letter_of(
    int32_t partition, int64_t offset, const char *stage, const char *class, int64_t timestamp)
{
    return (struct letter){.position = {partition, offset},
        .stage = {stage, strlen(stage)},
        .class = {class, strlen(class)},
        .timestamp = timestamp};
}

static void filters_are_all_to_be_passed(void **state)
{
    (void)state;
    struct selection selection = {.since = 100, .until = 200};
    selection.stages.values[selection.stages.count++] = "payment";
    selection.stages.values[selection.stages.count++] = "shipping";
    selection.classes.values[selection.classes.count++] = "decode";
    assert_true(selection_filters(&selection));
    static const struct {
        const char *stage, *class;
        int64_t timestamp;
        bool wanted;
    } cases[] = {
        {"payment", "decode", 100, true},
        {"shipping", "decode", 199, true},
        {"shipping", "decode", 99, false},
        {"shipping", "decode", 200, false},
        {"shipping", "decode", -1, false},
        {"delivery", "decode", 150, false},
        {"pay", "decode", 150, false},
        {"", "decode", 150, false},
        {"payment", "schema", 150, false},
    };
    for (size_t i = 0; i < OF_COUNT(cases); i++) {
        struct letter letter = letter_of(0, 1, cases[i].stage, cases[i].class, cases[i].timestamp);
        assert_int_equal(selection_wants(&selection, &letter), cases[i].wanted);
    }
    struct selection none = {.since = SELECT_NO_SINCE, .until = SELECT_NO_UNTIL};
    struct letter timeless = letter_of(0, 1, "", "", -1);
    assert_false(selection_filters(&none));
    assert_true(selection_wants(&none, &timeless));
}

static void named_letters_must_be_there(void **state)
{
    (void)state;
    char *words[] = {(char *)"1@5", (char *)"0@9", (char *)"orders_dlq[1]@5", (char *)"1@2"};
    OF_CLEANUP(selection_release)
    struct selection selection = {.since = SELECT_NO_SINCE, .until = SELECT_NO_UNTIL};
    struct of_error error;
    assert_int_equal(selection_name(&selection, TOPIC, 4, words, &error), OF_OK);
    assert_int_equal(selection.named_count, 3);
    int64_t start, end;
    assert_true(selection_bounds(&selection, 1, &start, &end));
    assert_int_equal(start, 2);
    assert_int_equal(end, 6);
    assert_true(selection_bounds(&selection, 0, &start, &end));
    assert_false(selection_bounds(&selection, 2, &start, &end));
    struct letter letters[] = {letter_of(1, 2, "", "", 1), letter_of(1, 3, "", "", 1),
        letter_of(0, 9, "", "", 1), letter_of(1, 5, "", "", 1)};
    assert_true(selection_wants(&selection, &letters[0]));
    assert_false(selection_wants(&selection, &letters[1]));
    assert_true(selection_wants(&selection, &letters[2]));
    assert_int_equal(selection_check_found(&selection, TOPIC, &error), OF_INPUT);
    assert_string_equal(error.message, "there is no letter orders_dlq[1]@5");
    assert_true(selection_wants(&selection, &letters[3]));
    assert_int_equal(selection_check_found(&selection, TOPIC, &error), OF_OK);
}

static void too_many_names_are_refused(void **state)
{
    (void)state;
    char *words[SELECT_NAMED_MAX + 1];
    for (size_t i = 0; i < OF_COUNT(words); i++)
        words[i] = (char *)"0@1";
    OF_CLEANUP(selection_release) struct selection selection = {.since = SELECT_NO_SINCE};
    struct of_error error;
    assert_int_equal(
        selection_name(&selection, TOPIC, SELECT_NAMED_MAX + 1, words, &error), OF_INPUT);
    assert_int_equal(selection_name(&selection, TOPIC, SELECT_NAMED_MAX, words, &error), OF_OK);
    assert_int_equal(selection.named_count, 1);
}

/* ---- handled ---- */

static int take(struct handled *handled, const char *key, const char *value)
{
    struct of_error error;
    return handled_take(
        handled, TOPIC, key, key ? strlen(key) : 0, value, value ? strlen(value) : 0, &error);
}

static void a_record_hides_its_own_letter_alone(void **state)
{
    (void)state;
    OF_CLEANUP(handled_release) struct handled handled = {NULL, 0, 0};
    const struct letter_position position = {1, 42}, next = {1, 43}, other = {2, 42};
    assert_int_equal(handled_find(&handled, &position, 5), HANDLED_NOT);
    assert_int_equal(take(&handled, "orders_dlq[1]@42", "replayed 5"), OF_OK);
    assert_int_equal(handled_find(&handled, &position, 5), HANDLED_REPLAYED);
    assert_int_equal(handled_find(&handled, &position, 6), HANDLED_NOT); /* the topic was remade */
    assert_int_equal(handled_find(&handled, &next, 5), HANDLED_NOT);
    assert_int_equal(handled_find(&handled, &other, 5), HANDLED_NOT);
    assert_int_equal(take(&handled, "orders_dlq[1]@42", "dropped -1"), OF_OK);
    assert_int_equal(handled_find(&handled, &position, -1), HANDLED_DROPPED);
    assert_int_equal(handled.count, 1);
}

static void records_of_another_form_are_passed_over(void **state)
{
    (void)state;
    OF_CLEANUP(handled_release) struct handled handled = {NULL, 0, 0};
    assert_int_equal(take(&handled, NULL, "replayed 5"), OF_OK);
    assert_int_equal(take(&handled, "orders_dlq[1]@42", NULL), OF_OK);
    assert_int_equal(take(&handled, "orders_dlq[1]@42", ""), OF_OK);
    assert_int_equal(take(&handled, "orders_dlq[1]@42", "replayed"), OF_OK);
    assert_int_equal(take(&handled, "orders_dlq[1]@42", "open 5"), OF_OK);
    assert_int_equal(take(&handled, "orders_dlq[1]@42", "replayed 5 more"), OF_OK);
    assert_int_equal(take(&handled, "other[1]@42", "replayed 5"), OF_OK);
    assert_int_equal(
        take(&handled, "orders_dlq[1]@42", "replayed 5                                        "),
        OF_OK);
    assert_int_equal(handled.count, 0);
}

static void many_are_kept_apart(void **state)
{
    (void)state;
    OF_CLEANUP(handled_release) struct handled handled = {NULL, 0, 0};
    struct of_error error;
    for (int i = 0; i < 10000; i++) {
        const struct letter_position position = {i % 4, i};
        assert_int_equal(handled_add(&handled, &position, 1000 + i,
                             i % 2 ? HANDLED_DROPPED : HANDLED_REPLAYED, &error),
            OF_OK);
    }
    assert_int_equal(handled.count, 10000);
    for (int i = 0; i < 10000; i++) {
        const struct letter_position position = {i % 4, i};
        assert_int_equal(handled_find(&handled, &position, 1000 + i),
            i % 2 ? HANDLED_DROPPED : HANDLED_REPLAYED);
    }
}

static void what_is_written_can_be_read(void **state)
{
    (void)state;
    OF_CLEANUP(handled_release) struct handled handled = {NULL, 0, 0};
    const struct letter_position position = {0, INT64_MAX};
    char key[64], at[LETTER_POSITION_SIZE], value[HANDLED_VALUE_SIZE];
    snprintf(key, sizeof(key), TOPIC "%s", letter_position_print(&position, at));
    assert_int_equal(take(&handled, key, handled_print(INT64_MAX, HANDLED_DROPPED, value)), OF_OK);
    assert_int_equal(handled_find(&handled, &position, INT64_MAX), HANDLED_DROPPED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_position_is_read_in_each_of_its_forms),
        cmocka_unit_test(what_is_no_position_is_refused),
        cmocka_unit_test(a_stage_s_letter_is_understood_and_put_back),
        cmocka_unit_test(another_writer_s_headers_stay),
        cmocka_unit_test(a_letter_of_a_stage_beside_is_put_back_for_it_alone),
        cmocka_unit_test(a_sink_s_letter_is_understood),
        cmocka_unit_test(filters_are_all_to_be_passed),
        cmocka_unit_test(named_letters_must_be_there),
        cmocka_unit_test(too_many_names_are_refused),
        cmocka_unit_test(a_record_hides_its_own_letter_alone),
        cmocka_unit_test(records_of_another_form_are_passed_over),
        cmocka_unit_test(many_are_kept_apart),
        cmocka_unit_test(what_is_written_can_be_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
