/* What asks PostgreSQL: on threads of its own, as its answers take their time. */
#ifndef GATEWAY_JOBS_H
#define GATEWAY_JOBS_H

#include "database/database.h"
#include "gateway/exchange.h"

#define JOBS_THREADS 2
#define JOBS_QUEUE_MAX 256 /* exchanges that wait for a thread; then 503 */
#define JOBS_STATEMENT_MS 10000

struct jobs;
/* Fills the answer, after which the exchange is let go; or sets *handed_on, and has left the
 * exchange to somebody else. Errors are answered by the caller. */
typedef int job(struct exchange *exchange, struct of_database *database, bool *handed_on,
    struct of_error *error);

/* Connects when there is work. `connection` is borrowed until free. FATAL: no threads. */
int jobs_new(const char *connection, struct jobs **jobs, struct of_error *error) OF_NODISCARD;
/* Takes no more and works off what waits, for so long; then what no thread has taken is answered
 * with 503. Yields how many got no answer from PostgreSQL: the threads still hold some of them. */
size_t jobs_close(struct jobs *jobs, int64_t patience_ms);
/* After close: the threads end with the statements that they are in. */
void jobs_join(struct jobs *jobs);
/* When nobody can call any more. */
void jobs_free(struct jobs *jobs);

/* On the exchange's own thread: holds it and queues the job. What a handler returns: false, or true
 * when the queue is full and that was answered. */
bool jobs_add(struct jobs *jobs, struct exchange *exchange, job *work);

/* A connection with the limits of the gateway's. */
int jobs_connect(
    const char *connection, struct of_database **database, struct of_error *error) OF_NODISCARD;

#endif
