/* A reconciliation as a page or as one JSON object. */
#ifndef ORDERFLOW_RECONCILE_REPORT_H
#define ORDERFLOW_RECONCILE_REPORT_H

#include "database.h"
#include "gather.h"
#include "ledger.h"

#include <stdio.h>

struct report {
    const struct ledger *ledger;
    const struct gathered *gathered;
    const struct balance *balance;
    const struct database_counts *counts; /* meaningless without ledger->has_rows */
};

/* Rows that belong to no order: customers without orders are none while orders are under way. */
int64_t report_stray_rows(const struct report *report);
bool report_is_clean(const struct report *report);
void report_print(const struct report *report, FILE *out); /* ids as "3, 7-9" */
void report_print_json(const struct report *report, FILE *out);

#endif
