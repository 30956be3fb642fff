/* A thread that waits for the end. It looks after nothing but the time. */
#include "base/leave.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/options.h"
#include "base/signals.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

#define LOOK_MS 50

struct of_leave {
    pthread_t thread;
    int64_t limit;
    atomic_bool begun, done;
    atomic_int code;
};

static void *run(void *context)
{
    struct of_leave *leave = context;
    int64_t since = -1;
    while (!atomic_load(&leave->done)) {
        int64_t now = of_clock_monotonic();
        if (since < 0 && (of_signals_stopping() || atomic_load(&leave->begun)))
            since = now;
        if (since >= 0 && now - since >= leave->limit) {
            int code = atomic_load(&leave->code);
            of_log(OF_LOG_WARNING, "leaving at once: a server that is away holds the end up",
                OF_F_INT("waited_ms", now - since), OF_F_INT("exit_code", code));
            _exit(code);
        }
        of_sleep(LOOK_MS);
    }
    return NULL;
}

int of_leave_new(int64_t limit_ms, struct of_leave **out, struct of_error *error)
{
    OF_FREE struct of_leave *leave = of_alloc(sizeof(*leave));
    leave->limit = limit_ms;
    atomic_store(&leave->code, OF_EXIT_OK);
    if (pthread_create(&leave->thread, NULL, run, leave) != 0)
        return of_fail(error, OF_FATAL, "no thread can be made");
    *out = OF_TAKE(leave);
    return OF_OK;
}

void of_leave_free(struct of_leave *leave)
{
    if (!leave)
        return;
    atomic_store(&leave->done, true);
    pthread_join(leave->thread, NULL);
    free(leave);
}

void of_leave_begin(struct of_leave *leave)
{
    atomic_store(&leave->begun, true);
}

void of_leave_with(struct of_leave *leave, int code)
{
    atomic_store(&leave->code, code);
}
