/* Signals set flags; nothing else happens in the handlers. */
#include "base/signals.h"

#include <signal.h>
#include <string.h>

static volatile sig_atomic_t stopping, hung_up;

static void on_signal(int number)
{
    (void)number;
    stopping = 1;
}

static void on_hangup(int number)
{
    (void)number;
    hung_up = 1;
}

void of_signals_init(void)
{
    /* Without SA_RESTART, so that a sleep or a read ends at once. */
    struct sigaction action = {.sa_handler = on_signal};
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGINT, &action, NULL);
    action.sa_handler = SIG_IGN;
    sigaction(SIGPIPE, &action, NULL);
}

bool of_signals_stopping(void)
{
    return stopping != 0;
}

void of_signals_stop(void)
{
    stopping = 1;
}

void of_signals_watch_hangup(void)
{
    struct sigaction action = {.sa_handler = on_hangup};
    sigaction(SIGHUP, &action, NULL);
}

bool of_signals_take_hangup(void)
{
    if (!hung_up)
        return false;
    hung_up = 0; /* before the files are read, so that none is missed */
    return true;
}
