/* The body of POST /orders as an order. Pure. */
#ifndef GATEWAY_PLACED_H
#define GATEWAY_PLACED_H

#include "gateway/check.h"
#include "order/status.h"

/* Fills an unpaid order, without its number, from a body that fits the schema NewOrder: amounts are
 * counted here, never taken. Texts borrow `body` and `address` (that of the connection). False and
 * `faults`: what no schema can say is wrong. */
bool placed_read(const json_t *body, const char *address, int64_t now, struct of_order *order,
    struct faults *faults);

/* Sets the number, and what hangs on it. */
void placed_number(struct of_order *order, int64_t order_id);

#endif
