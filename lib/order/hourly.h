/* How much one customer orders within an hour: a list of what was accepted, which is all that a
 * decision on the next order needs.
 *
 * The hour slides: an order is within the limit when no hour that holds it holds accepted orders,
 * itself included, for more. Rejected orders do not count. Times are the orders' own dates, so that
 * a decision depends on the orders before it and on nothing else; they may come in any order, but
 * one more than an hour older than the customer's newest is judged by what is still known.
 *
 * The state is bytes: to be kept under the customer's number. Pure, thread-safe. */
#ifndef OF_ORDER_HOURLY_H
#define OF_ORDER_HOURLY_H

#include "base/buffer.h"

#include <stdbool.h>
#include <stdint.h>

#define OF_HOURLY_WINDOW_MS INT64_C(3600000)
#define OF_HOURLY_ORDERS_MAX 1000 /* accepted of one customer within two hours */
#define OF_HOURLY_ENTRY_SIZE 24
#define OF_HOURLY_STATE_MAX (OF_HOURLY_ORDERS_MAX * OF_HOURLY_ENTRY_SIZE)

struct of_hourly_order {
    int64_t id, date; /* date: milliseconds */
    int64_t amount;   /* centavos, not negative */
};

struct of_hourly_verdict {
    bool accepted;
    bool full;       /* not accepted because of OF_HOURLY_ORDERS_MAX */
    int64_t ordered; /* in the fullest hour that holds the order, itself included */
};

/* Decides on an order after the state in `bytes` (none: the customer's first), and replaces what is
 * in `state` with the state behind it. An order that is in the state already was accepted, and
 * changes nothing. INPUT: `bytes` is no state, or a date or amount is out of range. */
int of_hourly_decide(const void *bytes, size_t size, const struct of_hourly_order *order,
    int64_t limit, struct of_buffer *state, struct of_hourly_verdict *verdict,
    struct of_error *error) OF_NODISCARD;

#endif
