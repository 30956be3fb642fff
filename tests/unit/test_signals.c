/* SIGTERM and SIGINT set the flag and end a sleep; SIGPIPE is ignored; SIGHUP is told once. Each
 * case has a process of its own, since the flag stays set. */
#include "support.h"

#include "base/clock.h"
#include "base/signals.h"

static int in_child(int (*function)(void))
{
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0)
        _exit(function());
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static int on_term(void)
{
    of_signals_init();
    if (of_signals_stopping())
        return 1;
    raise(SIGTERM);
    return of_signals_stopping() ? 0 : 2;
}

static int on_interrupt(void)
{
    of_signals_init();
    raise(SIGINT);
    return of_signals_stopping() ? 0 : 2;
}

static int on_broken_pipe(void)
{
    int ends[2];
    of_signals_init();
    if (pipe(ends) < 0 || close(ends[0]) < 0)
        return 1;
    if (write(ends[1], "x", 1) != -1)
        return 2;
    return of_signals_stopping() ? 3 : 0;
}

static int on_hangup(void)
{
    of_signals_init();
    of_signals_watch_hangup();
    if (of_signals_take_hangup())
        return 1;
    raise(SIGHUP);
    raise(SIGHUP);
    if (!of_signals_take_hangup() || of_signals_take_hangup()) /* both at once, and once only */
        return 2;
    return of_signals_stopping() ? 3 : 0;
}

/* Who does not watch for it ends, as ever. */
static int on_hangup_unwatched(void)
{
    pid_t child = fork();
    if (child == 0) {
        signal(SIGHUP, SIG_DFL); /* under nohup it is ignored */
        of_signals_init();
        raise(SIGHUP);
        _exit(0);
    }
    int status = 0;
    waitpid(child, &status, 0);
    return WIFSIGNALED(status) && WTERMSIG(status) == SIGHUP ? 0 : 2;
}

static int on_stop(void)
{
    of_signals_init();
    of_signals_stop();
    return of_signals_stopping() ? 0 : 2;
}

/* The child stands for a SIGTERM from outside while the process sleeps. */
static int wakes_sleeper(void)
{
    of_signals_init();
    pid_t parent = getpid(), child = fork();
    if (child == 0) {
        of_sleep(50);
        kill(parent, SIGTERM);
        _exit(0);
    }
    int64_t start = of_clock_monotonic();
    of_sleep(20000);
    waitpid(child, NULL, 0);
    return of_signals_stopping() && of_clock_monotonic() - start < 10000 ? 0 : 2;
}

static void test_signals(void **state)
{
    (void)state;
    assert_int_equal(in_child(on_term), 0);
    assert_int_equal(in_child(on_interrupt), 0);
    assert_int_equal(in_child(on_broken_pipe), 0);
    assert_int_equal(in_child(on_hangup), 0);
    assert_int_equal(in_child(on_hangup_unwatched), 0);
    assert_int_equal(in_child(on_stop), 0);
    assert_int_equal(in_child(wakes_sleeper), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_signals)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
