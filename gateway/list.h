/* GET /orders as SQL. Pure: nothing of what users type goes into a statement but numbers and the
 * names of the table of statuses. */
#ifndef GATEWAY_LIST_H
#define GATEWAY_LIST_H

#include <stdint.h>

#define LIST_ANY INT64_MIN
#define LIST_LIMIT 50
#define LIST_LIMIT_MAX 200

struct list_choice {
    const char *status;             /* as status_find has it; NULL: any */
    int64_t customer, since, until; /* LIST_ANY; ms */
    int64_t before;                 /* order ids below this one; LIST_ANY */
    int64_t limit;
};

/* In a new string (OF_FREE): a row an order with its current status, by falling order id, one more
 * than the limit if there are more. Columns: order_id, customer_id, status, stage, at (ms),
 * reason. */
char *list_query(const struct list_choice *choice);

#endif
