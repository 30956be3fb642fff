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

#endif
