/* The generator as a part of ./orderflow (up --live, start producer), as its pid file tells: a line
 * "PID START", START in clock ticks since boot, so that a pid used again is nobody's. */
#ifndef GATEWAY_PART_H
#define GATEWAY_PART_H

#include <stdbool.h>

/* Whether the process is there. NULL, a file that is missing or of another form: no. */
bool part_runs(const char *pid_file);

#endif
