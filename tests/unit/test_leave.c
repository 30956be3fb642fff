/* The end of a process that is held up, by a signal and without one, and of one that is not. */
#include "support.h"

#include "base/clock.h"
#include "base/leave.h"
#include "base/signals.h"

static int leave_in_child(bool in_time, bool by_signal)
{
    pid_t pid = fork();
    if (pid == 0) {
        struct of_leave *leave;
        struct of_error error;
        if (of_leave_new(in_time ? 60000 : 100, &leave, &error) < 0)
            _exit(99);
        of_leave_with(leave, 5);
        if (by_signal)
            of_signals_stop();
        else
            of_leave_begin(leave);
        of_sleep(in_time ? 1 : 10000);
        of_leave_free(leave);
        _exit(42);
    }
    int status = 0;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static void whoever_is_held_up_leaves(void **state)
{
    (void)state;
    struct capture capture = capture_begin(STDERR_FILENO);
    int held_up = leave_in_child(false, true), without_signal = leave_in_child(false, false);
    OF_FREE char *text = capture_end(&capture);
    assert_int_equal(held_up, 5);
    assert_int_equal(without_signal, 5);
    assert_contains(text, "leaving at once");
    assert_int_equal(leave_in_child(true, true), 42);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whoever_is_held_up_leaves),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
