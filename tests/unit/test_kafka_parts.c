/* Positions, outbox and dead-letter headers: the parts of the stage loop that need no broker. */
#include "kafka/deadletter.h"
#include "kafka/outbox.h"
#include "kafka/positions.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void assign(struct of_positions *positions, int partitions)
{
    OF_CLEANUP(of_cleanup_rd_kafka_partitions)
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
    for (int i = 0; i < partitions; i++)
        rd_kafka_topic_partition_list_add(list, "in", i)->offset = 10;
    of_positions_assign(positions, list);
}

static void positions_know_what_is_uncommitted(void **state)
{
    (void)state;
    OF_CLEANUP(of_positions_release) struct of_positions positions = {.count = 0};
    assign(&positions, 2);
    assert_false(positions.uncommitted);
    assert_null(of_positions_find(&positions, "in", 2));
    assert_null(of_positions_find(&positions, "out", 0));
    of_positions_advance(&positions, of_positions_find(&positions, "in", 1), 10);
    assert_true(positions.uncommitted);
    OF_CLEANUP(of_cleanup_rd_kafka_partitions)
    rd_kafka_topic_partition_list_t *offsets = of_positions_uncommitted(&positions);
    assert_int_equal(offsets->cnt, 1);
    assert_int_equal(offsets->elems[0].partition, 1);
    assert_int_equal(offsets->elems[0].offset, 11);
    of_positions_committed(&positions);
    assert_false(positions.uncommitted);
}

/* Behind the last record stands a transaction's marker: the lag reaches 0 only past it. */
static void the_end_counts_markers(void **state)
{
    (void)state;
    OF_CLEANUP(of_positions_release) struct of_positions positions = {.count = 0};
    assign(&positions, 1);
    struct of_position *position = of_positions_find(&positions, "in", 0);
    of_positions_advance(&positions, position, 10);
    of_positions_committed(&positions);
    assert_false(of_positions_all_at_end(&positions));
    of_positions_end(&positions, position, 12);
    assert_true(of_positions_all_at_end(&positions));
    assert_true(positions.uncommitted);
    assert_int_equal(position->next, 12);
    of_positions_committed(&positions);
    of_positions_end(&positions, position, 12);
    assert_false(positions.uncommitted);
    of_positions_advance(&positions, position, 12);
    assert_false(of_positions_all_at_end(&positions));
}

static void a_reset_forgets(void **state)
{
    (void)state;
    OF_CLEANUP(of_positions_release) struct of_positions positions = {.count = 0};
    assign(&positions, 1);
    of_positions_advance(&positions, of_positions_find(&positions, "in", 0), 10);
    of_positions_reset(&positions);
    assert_false(positions.uncommitted);
    OF_CLEANUP(of_cleanup_rd_kafka_partitions)
    rd_kafka_topic_partition_list_t *offsets = of_positions_uncommitted(&positions);
    assert_int_equal(offsets->cnt, 0);
}

static int add(struct of_outbox *outbox, size_t size, struct of_error *error)
{
    char *value = calloc(1, size + 1);
    const struct of_message message = {.topic = "out", .value = value, .value_size = size};
    int result = of_outbox_add(outbox, &message, error);
    free(value);
    return result;
}

static void the_outbox_keeps_its_limits(void **state)
{
    (void)state;
    struct of_error error;
    OF_CLEANUP(of_outbox_release) struct of_outbox outbox;
    of_outbox_init(&outbox, 1000, 3, 728);
    assert_int_equal(add(&outbox, 600, &error), OF_OK);
    assert_int_equal(add(&outbox, 601, &error), OF_INPUT); /* 128 bytes are Kafka's */
    assert_non_null(strstr(error.message, "message.max.bytes"));
    assert_int_equal(add(&outbox, 400, &error), OF_OK);
    assert_int_equal(add(&outbox, 1, &error), OF_INPUT); /* 1001 bytes */
    of_outbox_clear(&outbox);
    for (int i = 0; i < 3; i++)
        assert_int_equal(add(&outbox, 0, &error), OF_OK);
    assert_int_equal(add(&outbox, 0, &error), OF_INPUT);
}

static int add_with(struct of_outbox *outbox, rd_kafka_headers_t *headers, struct of_error *error)
{
    const struct of_message message = {.topic = "out", .headers = headers};
    return of_outbox_add(outbox, &message, error);
}

/* Each output is sent with its own copy of them. */
static void the_outbox_counts_headers(void **state)
{
    (void)state;
    struct of_error error;
    static const char bytes[600];
    OF_CLEANUP(of_cleanup_rd_kafka_headers) rd_kafka_headers_t *half = rd_kafka_headers_new(2);
    OF_CLEANUP(of_cleanup_rd_kafka_headers) rd_kafka_headers_t *most = rd_kafka_headers_new(1);
    OF_CLEANUP(of_cleanup_rd_kafka_headers) rd_kafka_headers_t *more = rd_kafka_headers_new(1);
    OF_CLEANUP(of_outbox_release) struct of_outbox outbox;
    rd_kafka_header_add(half, "a", -1, bytes, 239); /* and 10 of Kafka's each */
    rd_kafka_header_add(half, "b", -1, bytes, 239);
    rd_kafka_header_add(most, "a", -1, bytes, 589);
    rd_kafka_header_add(more, "a", -1, bytes, 590);
    of_outbox_init(&outbox, 1000, 10, 728);
    assert_int_equal(add_with(&outbox, more, &error), OF_INPUT);
    assert_non_null(strstr(error.message, "message.max.bytes"));
    assert_int_equal(add_with(&outbox, most, &error), OF_OK);
    assert_int_equal(add_with(&outbox, half, &error), OF_INPUT); /* 1100 in all */
    assert_non_null(strstr(error.message, "the headers of the outputs of one record"));
    of_outbox_clear(&outbox);
    assert_int_equal(add_with(&outbox, half, &error), OF_OK);
    assert_int_equal(add_with(&outbox, half, &error), OF_OK); /* 1000 */
    assert_int_equal(add_with(&outbox, NULL, &error), OF_OK);
    assert_int_equal(outbox.header_bytes, 1000);
}

static const char *header(rd_kafka_headers_t *headers, const char *name)
{
    const void *value = NULL;
    size_t size;
    if (rd_kafka_header_get_last(headers, name, &value, &size))
        return NULL;
    return value;
}

static void dead_letters_say_where_and_why(void **state)
{
    (void)state;
    const struct of_record record = {.topic = "in", .partition = 3, .offset = 7};
    struct of_error error;
    of_fail(&error, OF_INPUT, "magic byte 0x07 is not 0");
    of_error_kind(&error, "framing");
    OF_CLEANUP(of_cleanup_rd_kafka_headers)
    rd_kafka_headers_t *headers = of_deadletter_headers(&record, "payment", "a", &error);
    assert_int_equal(rd_kafka_header_cnt(headers), OF_DEADLETTER_HEADERS);
    assert_string_equal(header(headers, "__streams.errors.topic"), "in");
    assert_string_equal(header(headers, "__streams.errors.partition"), "3");
    assert_string_equal(header(headers, "__streams.errors.offset"), "7");
    assert_string_equal(header(headers, "__streams.errors.exception"), "input");
    assert_string_equal(header(headers, "__streams.errors.message"), "magic byte 0x07 is not 0");
    assert_string_equal(header(headers, "orderflow.stage"), "payment");
    assert_string_equal(header(headers, "orderflow.instance"), "a");
    assert_string_equal(header(headers, "orderflow.error.class"), "framing");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(positions_know_what_is_uncommitted),
        cmocka_unit_test(the_end_counts_markers),
        cmocka_unit_test(a_reset_forgets),
        cmocka_unit_test(the_outbox_keeps_its_limits),
        cmocka_unit_test(the_outbox_counts_headers),
        cmocka_unit_test(dead_letters_say_where_and_why),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
