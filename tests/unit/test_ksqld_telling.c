/* The three forms of answers, byte by byte, and the list of push queries with its limit. */
#include "ksqld/server/intake.h"
#include "ksqld/server/pushes.h"
#include "ksqld/server/query.h"
#include "ksqld/server/telling.h"

#include "base/memory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static void check(
    enum ksql_telling_form form, bool pull, bool failed, const char *end, const char *wanted)
{
    const struct ksql_type bigint = {.kind = KSQL_BIGINT},
                           decimal = {.kind = KSQL_DECIMAL, .precision = 12, .scale = 2};
    struct ksql_column columns[] = {
        {.name = "K", .type = &bigint, .key = true}, {.name = "TOTAL", .type = &decimal}};
    const struct ksql_schema schema = {.columns = columns, .count = 2};
    struct ksql_telling telling = {.form = form, .pull = pull};
    struct of_buffer out OF_CLEANUP(of_buffer_release);
    of_buffer_init(&out, 65536);
    ksql_tell_header(&telling, "q\"1", &schema, &out);
    ksql_tell_row(&telling, "[4,43665.30]", 12, false, &out);
    ksql_tell_row(&telling, "[5,null]", 8, true, &out);
    if (failed)
        ksql_tell_error(&telling, 50000, "no\nmore", &out);
    ksql_tell_end(&telling, failed ? NULL : end, &out);
    assert_string_equal(of_buffer_text(&out), wanted);
}

#define HEADER                                                                                     \
    "{\"queryId\":\"q\\\"1\",\"columnNames\":[\"K\",\"TOTAL\"],\"columnTypes\":[\"BIGINT\","       \
    "\"DECIMAL(12, 2)\"]}"

static void forms_are_ksqldb_s(void **state)
{
    (void)state;
    check(KSQL_TELL_LINES, true, false, NULL, HEADER "\n[4,43665.30]\n");
    check(KSQL_TELL_LINES, false, true, NULL,
        HEADER "\n[4,43665.30]\n{\"@type\":\"generic_error\",\"error_code\":50000,\"message\":"
               "\"no\\nmore\"}\n");
    check(KSQL_TELL_ARRAY, false, false, "Limit Reached", "[" HEADER ",[4,43665.30]]");
    check(KSQL_TELL_ROWS, false, false, "Limit Reached",
        "[{\"header\":{\"queryId\":\"q\\\"1\",\"schema\":\"`K` BIGINT, `TOTAL` DECIMAL(12, 2)\"}},"
        "\n{\"row\":{\"columns\":[4,43665.30]}},\n{\"row\":{\"columns\":[5,null],\"tombstone\":"
        "true}},\n{\"finalMessage\":\"Limit Reached\"}]\n");
    check(KSQL_TELL_ROWS, false, true, NULL,
        "[{\"header\":{\"queryId\":\"q\\\"1\",\"schema\":\"`K` BIGINT, `TOTAL` DECIMAL(12, 2)\"}},"
        "\n{\"row\":{\"columns\":[4,43665.30]}},\n{\"row\":{\"columns\":[5,null],\"tombstone\":"
        "true}},\n{\"errorMessage\":{\"@type\":\"generic_error\",\"error_code\":50000,\"message\":"
        "\"no\\nmore\"}}]\n");
    check(KSQL_TELL_ROWS, true, false, NULL,
        "[{\"header\":{\"queryId\":\"q\\\"1\",\"schema\":\"`K` BIGINT KEY, `TOTAL` DECIMAL(12, 2)\""
        "}},\n{\"row\":{\"columns\":[4,43665.30]}},\n{\"row\":{\"columns\":[5,null],\"tombstone\":"
        "true}}]\n");
}

#define MEBIBYTE ((size_t)1 << 20)

/* Rows of a MiB each, as many as fit; the last one may be a byte too long. */
static void answer_up_to(size_t limit, size_t over)
{
    char *bytes OF_FREE = of_alloc(MEBIBYTE + 1);
    struct ksql_intake intake = {.telling.form = KSQL_TELL_LINES};
    struct of_error error;
    memset(bytes, ' ', MEBIBYTE);
    of_buffer_init(&intake.answer, limit);
    for (size_t used = 0; used < limit; used += MEBIBYTE) {
        bool last = used + MEBIBYTE == limit;
        const struct ksql_record_out row = {
            .value = bytes, .value_size = MEBIBYTE - 1 + (last ? over : 0)};
        assert_int_equal(ksql_intake_row(&intake, &row, &error), last && over ? OF_FATAL : OF_OK);
    }
    if (over) {
        char message[64];
        snprintf(message, sizeof(message), "the answer is longer than %zu bytes", limit);
        assert_string_equal(error.message, message);
    }
    of_buffer_release(&intake.answer);
}

static void answers_have_a_limit(void **state)
{
    (void)state;
    for (size_t over = 0; over < 2; over++) {
        answer_up_to(KSQL_PUSH_BYTES_MAX, over);
        answer_up_to(KSQL_PULL_BYTES_MAX, over);
    }
}

static void rows_end_with_limit(void **state)
{
    (void)state;
    const struct ksql_record_out row = {.value = "[1]", .value_size = 3};
    struct ksql_intake intake = {.telling.form = KSQL_TELL_LINES, .limited = true, .limit = 2};
    struct of_error error;
    of_buffer_init(&intake.answer, 65536);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(ksql_intake_row(&intake, &row, &error), OF_OK);
        assert_int_equal(intake.limit_reached, i >= 1);
    }
    assert_string_equal(of_buffer_text(&intake.answer), "[1]\n[1]\n");
    of_buffer_release(&intake.answer);
}

static void pull_queries_have_a_time(void **state)
{
    (void)state;
    struct of_error error;
    assert_int_equal(ksql_intake_check_time(1000, 1000, KSQL_PULL_MS, &error), OF_OK);
    assert_int_equal(ksql_intake_check_time(1001, 1000, KSQL_PULL_MS, &error), OF_FATAL);
    assert_string_equal(error.message, "the pull query takes longer than 30000 ms");
}

OF_DEFINE_CLEANUP(cleanup_pushes, struct ksql_pushes *, ksql_pushes_free)

static void pushes_have_a_limit(void **state)
{
    (void)state;
    OF_CLEANUP(cleanup_pushes) struct ksql_pushes *pushes = ksql_pushes_new();
    struct ksql_push items[KSQL_PUSH_QUERIES_MAX + 1];
    char ids[KSQL_PUSH_QUERIES_MAX + 1][16];
    for (int i = 0; i <= KSQL_PUSH_QUERIES_MAX; i++) {
        snprintf(ids[i], sizeof(ids[i]), "q%d", i);
        items[i] = (struct ksql_push){.id = ids[i]};
        assert_int_equal(ksql_pushes_add(pushes, &items[i]), i < KSQL_PUSH_QUERIES_MAX);
    }
    assert_int_equal(ksql_pushes_count(pushes), KSQL_PUSH_QUERIES_MAX);
    assert_true(ksql_pushes_close(pushes, "q7"));
    assert_true(items[7].stop);
    assert_false(items[8].stop);
    assert_false(ksql_pushes_close(pushes, "nobody"));
    ksql_pushes_remove(pushes, &items[7]);
    assert_false(ksql_pushes_close(pushes, "q7"));
    ksql_pushes_stop(pushes);
    assert_true(items[8].stop);
    assert_true(ksql_pushes_add(pushes, &items[KSQL_PUSH_QUERIES_MAX]));
    assert_true(items[KSQL_PUSH_QUERIES_MAX].stop); /* it comes too late */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(forms_are_ksqldb_s),
        cmocka_unit_test(answers_have_a_limit),
        cmocka_unit_test(rows_end_with_limit),
        cmocka_unit_test(pull_queries_have_a_time),
        cmocka_unit_test(pushes_have_a_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
