/* Committed offsets that go back are doubted, for a while. */
#include "kafka/floors.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define DOUBT_MS 500

static rd_kafka_topic_partition_list_t *offsets_of(int64_t first, int64_t second)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(2);
    rd_kafka_topic_partition_list_add(list, "in", 0)->offset = first;
    rd_kafka_topic_partition_list_add(list, "in", 1)->offset = second;
    return list;
}

static void raise_to(struct of_floors *floors, int64_t first, int64_t second)
{
    rd_kafka_topic_partition_list_t *list = offsets_of(first, second);
    of_floors_raise(floors, list);
    rd_kafka_topic_partition_list_destroy(list);
}

static int check(
    struct of_floors *floors, int64_t first, int64_t second, int64_t now, struct of_error *error)
{
    rd_kafka_topic_partition_list_t *list = offsets_of(first, second);
    int result = of_floors_check(floors, list, now, error);
    rd_kafka_topic_partition_list_destroy(list);
    return result;
}

static void test_old_answers(void **state)
{
    (void)state;
    struct of_floors floors = {.doubt_ms = DOUBT_MS};
    struct of_error error;
    assert_int_equal(check(&floors, 0, 0, 1000, &error), OF_OK); /* nothing is known */
    raise_to(&floors, 10, 20);
    assert_int_equal(check(&floors, 10, 20, 1000, &error), OF_OK);
    assert_int_equal(check(&floors, 15, 20, 1000, &error), OF_OK); /* another's commit */
    assert_int_equal(check(&floors, 10, 19, 1000, &error), OF_RETRY);
    assert_string_equal(
        error.message, "in[1]: the broker says that 19 is committed, but it was 20");
    raise_to(&floors, 30, 40);
    assert_int_equal(check(&floors, 29, 40, 1000, &error), OF_RETRY);
    of_floors_release(&floors);
}

static void test_the_broker_insists(void **state)
{
    (void)state;
    struct of_floors floors = {.doubt_ms = DOUBT_MS};
    struct of_error error;
    raise_to(&floors, 10, 20);
    assert_int_equal(check(&floors, 0, 20, 1000, &error), OF_RETRY);
    assert_int_equal(check(&floors, 0, 20, 1000 + DOUBT_MS - 1, &error), OF_RETRY);
    assert_int_equal(check(&floors, 0, 20, 1000 + DOUBT_MS, &error), OF_OK);
    assert_int_equal(check(&floors, 0, 20, 1000 + DOUBT_MS, &error), OF_OK);
    of_floors_release(&floors);
}

/* An answer as it should be ends a doubt: the next one is doubted as long. */
static void test_a_doubt_ends(void **state)
{
    (void)state;
    struct of_floors floors = {.doubt_ms = DOUBT_MS};
    struct of_error error;
    raise_to(&floors, 10, 20);
    assert_int_equal(check(&floors, 0, 20, 1000, &error), OF_RETRY);
    assert_int_equal(check(&floors, 10, 20, 2000, &error), OF_OK);
    assert_int_equal(check(&floors, 0, 20, 1000 + DOUBT_MS, &error), OF_RETRY);
    of_floors_release(&floors);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_old_answers),
        cmocka_unit_test(test_the_broker_insists),
        cmocka_unit_test(test_a_doubt_ends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
