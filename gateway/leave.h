/* The end of the process by a deadline. librdkafka's calls wait for a broker that is away for up to
 * a minute, and nothing makes them come back; whoever asked for the end waits for seconds. What a
 * process that goes in the midst of a transaction leaves behind, its successor aborts, as after a
 * kill -9.
 *
 * The time counts from SIGTERM, whatever the program is doing then, or from leave_begin. */
#ifndef GATEWAY_LEAVE_H
#define GATEWAY_LEAVE_H

#include "base/error.h"

#include <stdint.h>

#define LEAVE_MS 6000        /* in all */
#define LEAVE_WRITER_MS 3000 /* of it for requests that wait for Kafka; then they are answered */
#define LEAVE_DRAIN_MS 500   /* of it for answers to be sent */

struct leave;
/* FATAL: no thread. */
int leave_new(int64_t limit_ms, struct leave **leave, struct of_error *error) OF_NODISCARD;
/* All is done in time. */
void leave_free(struct leave *leave);

/* The end has come without a signal, too. */
void leave_begin(struct leave *leave);
/* What the process ends with if its time is over: OF_EXIT_OK at first. */
void leave_with(struct leave *leave, int code);

#endif
