/* The tables as one snapshot. Reads, and changes nothing. */
#include "database.h"

#include "base/clock.h"
#include "database/database.h"

#include <string.h>

static int on_order(
    void *context, char *const fields[OF_DATABASE_FIELDS_MAX], struct of_error *error)
{
    struct of_text status = {fields[2] ? fields[2] : "", fields[2] ? strlen(fields[2]) : 0};
    return ledger_add_row(
        context, of_database_int(fields[0], -1), of_database_int(fields[1], -1), status, error);
}

static int on_items(
    void *context, char *const fields[OF_DATABASE_FIELDS_MAX], struct of_error *error)
{
    if (!fields[0])
        return OF_OK;
    return ledger_add_item_rows(
        context, of_database_int(fields[0], -1), of_database_int(fields[1], 0), error);
}

static int on_missing_customer(
    void *context, char *const fields[OF_DATABASE_FIELDS_MAX], struct of_error *error)
{
    return ledger_add_missing_customer(context, of_database_int(fields[0], -1), error);
}

static int on_start(
    void *context, char *const fields[OF_DATABASE_FIELDS_MAX], struct of_error *error)
{
    (void)error;
    ledger_add_start(context, fields[0] ? fields[0] : "", (int32_t)of_database_int(fields[1], -1),
        of_database_int(fields[2], 0));
    return OF_OK;
}

/* A database without a gateway need not have that table. */
static int read_starts(struct of_database *database, struct ledger *ledger, struct of_error *error)
{
    int64_t there = 0;
    int result = of_database_number(database,
        "SELECT count(*) FROM pg_class WHERE oid = to_regclass('reconcile_start')", &there, error);
    if (result < 0 || there == 0)
        return result;
    return of_database_read(database, "SELECT topic, partition, position FROM reconcile_start",
        on_start, ledger, error);
}

static int read_tables(struct of_database *database, struct ledger *ledger,
    struct database_counts *counts, struct of_error *error)
{
    int result = read_starts(database, ledger, error);
    if (result == OF_OK)
        result = of_database_read(database,
            "SELECT order_id, item_variety, order_status FROM order_info", on_order, ledger, error);
    if (result == OF_OK)
        result = of_database_read(database,
            "SELECT order_id, count(*) FROM item_info GROUP BY order_id", on_items, ledger, error);
    if (result == OF_OK)
        result = of_database_read(database,
            "SELECT order_id FROM order_info LEFT JOIN customer_info USING (customer_id) "
            "WHERE customer_info.customer_id IS NULL",
            on_missing_customer, ledger, error);
    if (result == OF_OK)
        result = of_database_number(
            database, "SELECT count(*) FROM customer_info", &counts->customers, error);
    if (result == OF_OK)
        result = of_database_number(database,
            "SELECT count(*) FROM customer_info WHERE NOT EXISTS (SELECT FROM order_info WHERE "
            "order_info.customer_id = customer_info.customer_id)",
            &counts->customers_of_no_order, error);
    if (result == OF_OK)
        result =
            of_database_number(database, "SELECT count(*) FROM item_info WHERE order_id IS NULL",
                &counts->items_of_no_order, error);
    if (ledger->start_count > 0) /* a customer's row may have come of an order that is forgotten */
        counts->customers_of_no_order = 0;
    ledger->has_rows = result == OF_OK;
    return result;
}

int database_read(const char *connection, struct ledger *ledger, struct database_counts *counts,
    int64_t *moment, struct of_error *error)
{
    OF_CLEANUP(of_cleanup_database) struct of_database *database = NULL;
    int result = of_database_open(connection, "orderflow-reconcile", &database, error);
    if (result < 0)
        return result;
    /* The moment before the first query, which takes the snapshot. */
    result = of_database_run(database, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", error);
    *moment = of_clock_now();
    if (result == OF_OK)
        result = read_tables(database, ledger, counts, error);
    return result;
}
