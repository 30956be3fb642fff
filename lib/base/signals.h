/* SIGTERM and SIGINT ask a program to finish what it holds and leave; a second one is not needed.
 * SIGPIPE is ignored. SIGHUP ends a program, as always, unless it watches for it: then it asks to
 * read files again. */
#ifndef OF_BASE_SIGNALS_H
#define OF_BASE_SIGNALS_H

#include <stdbool.h>

void of_signals_init(void);     /* once, in main, before threads */
bool of_signals_stopping(void); /* async-signal-safe flag, cheap */
void of_signals_stop(void);     /* as if SIGTERM had come */

void of_signals_watch_hangup(void); /* once, in main, before threads */
bool of_signals_take_hangup(void);  /* whether SIGHUP came since it was last asked; cheap */

#endif
