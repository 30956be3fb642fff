/* Whether the process of a pid file is there. */
#include "gateway/part.h"

#include "base/memory.h"
#include "support.h"

#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static unsigned long long start_of(pid_t pid)
{
    char path[64], line[1024];
    unsigned long long start = 0;
    snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    assert_non_null(fgets(line, sizeof(line), file));
    fclose(file);
    char *field = strrchr(line, ')');
    for (int number = 2; number < 22; number++)
        field = strchr(field + 1, ' ');
    assert_int_equal(sscanf(field, " %llu", &start), 1);
    return start;
}

static bool runs(const char *text)
{
    char path[] = "/tmp/orderflow-part-XXXXXX";
    int file = mkstemp(path);
    assert_true(file >= 0);
    assert_int_equal(write(file, text, strlen(text)), strlen(text));
    close(file);
    bool answer = part_runs(path);
    unlink(path);
    return answer;
}

static void a_process_is_its_pid_and_its_start(void **state)
{
    (void)state;
    char text[64];
    unsigned long long start = start_of(getpid());
    snprintf(text, sizeof(text), "%d %llu\n", (int)getpid(), start);
    assert_true(runs(text));
    snprintf(text, sizeof(text), "%d %llu\n", (int)getpid(), start + 1);
    assert_false(runs(text));
    static const char *const others[] = {"", "\n", "x", "1", "-1 5", "0 5", "4194304 5"};
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
        assert_false(runs(others[i]));
    assert_false(part_runs(NULL));
    assert_false(part_runs("/nonexistent/producer.pid"));
}

static void one_that_waits_to_be_reaped_is_dead(void **state)
{
    (void)state;
    char text[64];
    pid_t pid = fork();
    if (pid == 0)
        _exit(0);
    siginfo_t info;
    assert_int_equal(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT), 0);
    snprintf(text, sizeof(text), "%d %llu\n", (int)pid, start_of(pid));
    assert_false(runs(text));
    waitpid(pid, NULL, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_process_is_its_pid_and_its_start),
        cmocka_unit_test(one_that_waits_to_be_reaped_is_dead),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
