/* What routing goes by: the catalogue, and the rules judged against it. */
#ifndef ROUTING_TABLES_H
#define ROUTING_TABLES_H

#include "order/catalogue.h"
#include "rules.h"

struct routing_tables {
    struct of_catalogue *catalogue;
    struct rules rules; /* none: every line goes by its product's own route */
};

/* In place of what is there; zeroed before the first time. `rules_file` may be NULL. INPUT: a bad
 * table, or a bad rule by FILE:LINE:COLUMN; all stays as it was. */
int routing_tables_load(struct routing_tables *tables, const char *folder, const char *rules_file,
    struct of_error *error) OF_NODISCARD;
void routing_tables_release(struct routing_tables *tables); /* also for OF_CLEANUP */

#endif
