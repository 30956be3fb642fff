/* A processing log that fails its transactions is left alone for a while. Without a broker: what
 * would be sent has nowhere to go. */
#include "unit/support.h"

#include "base/clock.h"
#include "ksqld/server/task_log.h"

static void close_log(struct ksql_task_log *log)
{
    ksql_processing_log_release(&log->entries);
}

static void tell(struct ksql_task_log *log)
{
    static const struct ksql_record_in in = {.offset = 7};
    const struct ksql_trouble trouble = {
        .type = KSQL_TROUBLE_PRODUCTION, .step = "O", .message = "m", .cause = "c"};
    log->entries.topic = "in";
    log->entries.record = &in;
    ksql_task_log_tell(log, &trouble);
    assert_int_equal(log->entries.count, 1);
}

static void a_log_that_fails_is_muted(void **state)
{
    (void)state;
    struct ksql_task_log log OF_CLEANUP(close_log) = {.topic = "log", .there = true};
    struct of_error error;
    ksql_processing_log_init(&log.entries, "Q", false);
    ksql_task_log_end(&log, false); /* nothing of the log was in it */
    assert_true(log.muted_until <= of_clock_monotonic());
    assert_false(log.there);
    log.bytes = 1;
    ksql_task_log_end(&log, true);
    assert_true(log.muted_until <= of_clock_monotonic());
    log.bytes = 1;
    int64_t before = of_clock_monotonic();
    ksql_task_log_end(&log, false);
    assert_true(log.muted_until >= before + KSQL_LOG_MUTE_MS);
    for (size_t i = 0; i < 2; i++) { /* neither a stage nor a cluster is there to be used */
        tell(&log);
        assert_int_equal(ksql_task_log_send(&log, NULL, &error), OF_OK);
        assert_int_equal(log.entries.count, 0);
        assert_int_equal(log.bytes, 0);
    }
    int64_t until = log.muted_until;
    ksql_task_log_end(&log, false); /* what was not sent is not at fault */
    assert_int_equal(log.muted_until, until);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_log_that_fails_is_muted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
