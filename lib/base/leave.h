/* The end of the process by a deadline. librdkafka's calls wait for a broker that is away for up to
 * a minute, and nothing makes them come back; whoever asked for the end waits for seconds. What a
 * process that goes in the midst of a transaction leaves behind, its successor aborts, as after a
 * kill -9.
 *
 * The time counts from SIGTERM, whatever the program is doing then, or from of_leave_begin. */
#ifndef OF_BASE_LEAVE_H
#define OF_BASE_LEAVE_H

#include "base/error.h"

#include <stdint.h>

#define OF_LEAVE_MS 15000 /* more than a transaction takes while Kafka answers */

struct of_leave;
/* FATAL: no thread. */
int of_leave_new(int64_t limit_ms, struct of_leave **leave, struct of_error *error) OF_NODISCARD;
/* All is done in time; NULL does nothing. */
void of_leave_free(struct of_leave *leave);

/* The end has come without a signal, too. */
void of_leave_begin(struct of_leave *leave);
/* What the process ends with if its time is over: OF_EXIT_OK at first. */
void of_leave_with(struct of_leave *leave, int code);

#endif
