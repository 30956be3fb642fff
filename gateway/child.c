/* fork, exec, wait. */
#include "gateway/child.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/options.h"
#include "gateway/part.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define ARGUMENTS_MAX (16 + 2 * OF_OPTION_LIST_MAX)
#define RATE_SIZE 32
#define POLL_MS 20

struct child {
    const char *program, *part;
    const struct of_common_options *common;
    pthread_mutex_t lock;
    pid_t pid;           /* 0: none */
    int64_t rate_millis; /* of the one that runs */
    int64_t asked;       /* monotonic: SIGTERM was sent; 0: not */
    int64_t not_before;
    bool given_up;
    const char *note; /* a literal; NULL: nothing is wrong */
};

struct child *child_new(
    const char *program, const char *part, const struct of_common_options *common)
{
    struct child *child = of_alloc(sizeof(*child));
    pthread_mutex_init(&child->lock, NULL);
    child->program = program;
    child->part = part;
    child->common = common;
    return child;
}

/* ---- one process ---- */

static void fill_arguments(
    const struct child *child, const char *rate, const char *arguments[ARGUMENTS_MAX])
{
    const struct of_common_options *common = child->common;
    size_t count = 0;
    arguments[count++] = child->program;
    arguments[count++] = "--mode";
    arguments[count++] = "live";
    arguments[count++] = "--rate";
    arguments[count++] = rate;
    arguments[count++] = "--log-format";
    arguments[count++] = of_log_format_words[common->log_format];
    if (common->config_file) {
        arguments[count++] = "--config";
        arguments[count++] = common->config_file;
    }
    if (common->topic_prefix) {
        arguments[count++] = "--topic-prefix";
        arguments[count++] = common->topic_prefix;
    }
    for (size_t i = 0; i < common->overrides.count; i++) {
        arguments[count++] = "--set";
        arguments[count++] = common->overrides.values[i];
    }
    arguments[count] = NULL;
}

/* Between fork and exec of a process with threads: only what is safe in a signal handler. */
static void become(const char *const arguments[], pid_t parent)
{
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (getppid() != parent)
        _exit(OF_EXIT_FAILURE);
    close_range(STDERR_FILENO + 1, ~0U, 0);
    execv(arguments[0], (char *const *)arguments);
    _exit(OF_EXIT_FAILURE);
}

static void start(struct child *child, const struct generator_wish *wish, int64_t now)
{
    const char *arguments[ARGUMENTS_MAX];
    char rate[RATE_SIZE];
    snprintf(rate, sizeof(rate), "%.3f", (double)wish->rate_millis / 1000);
    fill_arguments(child, rate, arguments);
    pid_t parent = getpid(), pid = fork();
    if (pid == 0)
        become(arguments, parent);
    child->not_before = now + CHILD_PAUSE_MS;
    if (pid < 0) {
        child->note = "no process can be made";
        return;
    }
    child->pid = pid;
    child->rate_millis = wish->rate_millis;
    child->asked = 0;
    of_log(OF_LOG_INFO, "generator started", OF_F_INT("pid", pid), OF_F_TEXT("rate", rate));
}

static void take_end(struct child *child, int status, int64_t now)
{
    int code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    bool wanted = child->asked == 0; /* it ended by itself */
    of_log(wanted ? OF_LOG_WARNING : OF_LOG_INFO, "generator ended", OF_F_INT("pid", child->pid),
        OF_F_INT("code", code));
    child->pid = 0;
    child->not_before = wanted ? now + CHILD_PAUSE_MS : now;
    if (!wanted)
        return;
    child->given_up = code == OF_EXIT_FENCED;
    child->note = code == OF_EXIT_FENCED ? "another generator has taken over"
                  : code == OF_EXIT_OK   ? "it came to its end"
                  : code == OF_EXIT_INPUT || code == OF_EXIT_CONFIG || code == OF_EXIT_USAGE
                      ? "it refuses; the log tells why"
                      : "it ended; the log tells why";
}

static void reap(struct child *child, int64_t now)
{
    int status;
    if (child->pid && waitpid(child->pid, &status, WNOHANG) == child->pid)
        take_end(child, status, now);
}

static void ask_to_end(struct child *child, int64_t now, int64_t patience_ms)
{
    if (child->asked == 0) {
        child->asked = now;
        kill(child->pid, SIGTERM);
    } else if (now - child->asked >= patience_ms) {
        kill(child->pid, SIGKILL);
    }
}

/* ---- what is wanted ---- */

void child_tick(struct child *child, const struct generator_wish *wish, int64_t now)
{
    pthread_mutex_lock(&child->lock);
    reap(child, now);
    if (child->pid && (!wish->running || wish->rate_millis != child->rate_millis))
        ask_to_end(child, now, CHILD_STOP_MS);
    else if (!child->pid && wish->running && !child->given_up && now >= child->not_before &&
             !part_runs(child->part)) /* the wish outlives restarts: the part may be there by now */
        start(child, wish, now);
    /* One that lives for longer than it takes to fail is well. */
    if (child->pid && now >= child->not_before + CHILD_PAUSE_MS)
        child->note = NULL;
    pthread_mutex_unlock(&child->lock);
}

void child_renew(struct child *child)
{
    pthread_mutex_lock(&child->lock);
    child->given_up = false;
    child->note = NULL;
    pthread_mutex_unlock(&child->lock);
}

bool child_is_elsewhere(const struct child *child)
{
    return part_runs(child->part);
}

json_t *child_print(struct child *child, const struct generator_wish *wish)
{
    bool elsewhere = child_is_elsewhere(child);
    pthread_mutex_lock(&child->lock);
    json_t *object = json_pack("{s:b, s:b, s:f}", "wanted", wish->running, "running",
        elsewhere || (child->pid != 0 && child->asked == 0), "rate",
        (double)wish->rate_millis / 1000);
    if (elsewhere)
        json_object_set_new(object, "elsewhere", json_true());
    if (child->note && wish->running)
        json_object_set_new(object, "note", json_string(child->note));
    pthread_mutex_unlock(&child->lock);
    return object;
}

void child_close(struct child *child)
{
    pthread_mutex_lock(&child->lock);
    if (child->pid)
        ask_to_end(child, of_clock_monotonic(), CHILD_LEAVE_MS);
    pthread_mutex_unlock(&child->lock);
}

void child_free(struct child *child)
{
    while (child->pid) {
        int64_t now = of_clock_monotonic();
        reap(child, now);
        if (child->pid) {
            ask_to_end(child, now, CHILD_LEAVE_MS);
            of_sleep(POLL_MS);
        }
    }
    pthread_mutex_destroy(&child->lock);
    free(child);
}
