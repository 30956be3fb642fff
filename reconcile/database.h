/* The tables of the pipeline, read into a ledger as they stood at one moment. */
#ifndef ORDERFLOW_RECONCILE_DATABASE_H
#define ORDERFLOW_RECONCILE_DATABASE_H

#include "ledger.h"

struct database_counts {
    int64_t customers;             /* rows of customer_info */
    int64_t customers_of_no_order; /* those without a row in order_info */
    int64_t items_of_no_order;     /* rows of item_info without an order's number */
};

/* Reads order_info, item_info and customer_info in one snapshot. `moment` becomes the time just
 * before it (ms). RETRY: the server is out of reach; INPUT: it refuses. */
int database_read(const char *connection, struct ledger *ledger, struct database_counts *counts,
    int64_t *moment, struct of_error *error) OF_NODISCARD;

#endif
