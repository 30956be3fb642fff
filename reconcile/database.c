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

static int read_tables(struct of_database *database, struct ledger *ledger,
    struct database_counts *counts, struct of_error *error)
{
    int result = of_database_read(database,
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
