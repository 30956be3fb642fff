/* Reading one order: out of the view if that holds its beginning, else out of PostgreSQL and the
 * view together. */
#ifndef GATEWAY_READ_H
#define GATEWAY_READ_H

#include "gateway/jobs.h"

/* Fills exchange->order with what both know; no events: nobody knows the order. */
int read_order(
    struct exchange *exchange, struct of_database *database, struct of_error *error) OF_NODISCARD;
/* True: the view alone had it all. */
bool read_view(struct exchange *exchange);

void read_answer_unknown(struct exchange *exchange);

#define READ_WAIT_MS 5000 /* if nothing is said */
#define READ_WAIT_MS_MAX 60000

/* "5s" or "500ms", of four digits at the most, as a time to wait; longer ones are shortened. */
bool read_parse_timeout(const char *text, int64_t *millis);

#endif
