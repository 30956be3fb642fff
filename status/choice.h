/* Which orders orderflow-status is about, and how PostgreSQL is asked for them. Pure. */
#ifndef ORDERFLOW_STATUS_CHOICE_H
#define ORDERFLOW_STATUS_CHOICE_H

#include "order/event.h"

#include <stdbool.h>
#include <stdint.h>

#define CHOICE_ANY INT64_MIN

struct choice {
    int64_t order, customer; /* CHOICE_ANY */
    int64_t since;           /* ms, CHOICE_ANY */
    int state;               /* enum of_event; -1: any */
};
#define CHOICE_NONE                                                                                \
    {                                                                                              \
        CHOICE_ANY, CHOICE_ANY, CHOICE_ANY, -1                                                     \
    }

/* Whether a change is one of those asked for. An event without a customer is nobody's. */
bool choice_takes(const struct choice *choice, const struct of_order_status *event);

/* The columns of both queries. */
enum {
    COLUMN_ORDER,
    COLUMN_CUSTOMER, /* may be null */
    COLUMN_STATUS,
    COLUMN_STAGE,
    COLUMN_AT, /* ms */
    COLUMN_REASON,
    COLUMN_FINAL, /* "t" or "f" */
    COLUMN_WAY,   /* likewise: not beside the order's way, as Exported is */
    COLUMNS
};

/* SQL in a new string (OF_FREE): a row an order with its current status, by order; or every status
 * of those orders, by order and, within it, by the transition table, the current one last; then
 * what is beside its way, by time. An order of which nothing else is known is in the last of it. */
char *choice_query(const struct choice *choice, bool history);

#endif
