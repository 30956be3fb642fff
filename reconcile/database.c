/* Rows by COPY: a million of them in a second or so. Reads, and changes nothing. */
#include "database.h"

#include "base/clock.h"
#include "base/memory.h"

#include <libpq-fe.h>
#include <stdlib.h>
#include <string.h>

#define CONNECT_SECONDS "10" /* unless the connection string says otherwise */
#define FIELDS_MAX 4

OF_DEFINE_CLEANUP(cleanup_connection, PGconn *, PQfinish)
OF_DEFINE_CLEANUP(cleanup_result, PGresult *, PQclear)
OF_DEFINE_CLEANUP(cleanup_options, PQconninfoOption *, PQconninfoFree)
OF_DEFINE_CLEANUP(cleanup_line, char *, PQfreemem)

/* libpq quotes a string that it cannot read, password and all: its words are not passed on. */
static int parse(const char *text, PQconninfoOption **options, struct of_error *error)
{
    char *reason = NULL;
    *options = PQconninfoParse(text, &reason);
    if (reason)
        PQfreemem(reason);
    return *options
               ? OF_OK
               : of_fail(error, OF_INPUT, "libpq cannot read the database's connection string");
}

int database_check_public(const char *text, struct of_error *error)
{
    OF_CLEANUP(cleanup_options) PQconninfoOption *options = NULL;
    if (parse(text, &options, error) < 0)
        return OF_INPUT;
    for (const PQconninfoOption *option = options; option->keyword; option++)
        if (option->val && (strcmp(option->keyword, "password") == 0 ||
                               strcmp(option->keyword, "sslpassword") == 0))
            return of_fail(error, OF_INPUT,
                "a password on the command line can be read by everybody: put it into "
                "DATABASE_URL, PGPASSWORD or ~/.pgpass");
    return OF_OK;
}

static int fail(struct of_error *error, enum of_error_class class, PGconn *connection)
{
    const char *text = PQerrorMessage(connection);
    size_t length = strcspn(text, "\n"); /* the rest is detail and position */
    return of_fail(error, class, "database: %.*s", (int)length, text);
}

static int connect_to(const char *text, PGconn **connection, struct of_error *error)
{
    OF_CLEANUP(cleanup_options) PQconninfoOption *options = NULL;
    const char *const names[] = {"connect_timeout", "fallback_application_name", "dbname", NULL};
    const char *const values[] = {CONNECT_SECONDS, "orderflow-reconcile", text, NULL};
    int result = parse(text, &options, error);
    if (result < 0)
        return result;
    *connection = PQconnectdbParams(names, values, 1);
    return PQstatus(*connection) == CONNECTION_OK ? OF_OK : fail(error, OF_RETRY, *connection);
}

static int query(PGconn *connection, const char *text, PGresult **answer, struct of_error *error)
{
    *answer = PQexec(connection, text);
    ExecStatusType status = PQresultStatus(*answer);
    if (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK || status == PGRES_COPY_OUT)
        return OF_OK;
    return fail(error, PQstatus(connection) == CONNECTION_OK ? OF_INPUT : OF_RETRY, connection);
}

static int run(PGconn *connection, const char *text, struct of_error *error)
{
    OF_CLEANUP(cleanup_result) PGresult *answer = NULL;
    return query(connection, text, &answer, error);
}

static int ask_number(PGconn *connection, const char *text, int64_t *number, struct of_error *error)
{
    OF_CLEANUP(cleanup_result) PGresult *answer = NULL;
    int result = query(connection, text, &answer, error);
    if (result == OF_OK)
        *number = strtoll(PQgetvalue(answer, 0, 0), NULL, 10);
    return result;
}

/* ---- rows ---- */

/* A row's fields, NULL where the database has null; without escapes, which no status has. */
typedef int take_row(void *context, char *const fields[FIELDS_MAX], struct of_error *error);

static void split(char *line, size_t length, char *fields[FIELDS_MAX])
{
    if (length > 0 && line[length - 1] == '\n')
        line[length - 1] = '\0';
    for (size_t i = 0; i < FIELDS_MAX; i++) {
        char *tab = line ? strchr(line, '\t') : NULL;
        if (tab)
            *tab = '\0';
        fields[i] = line && strcmp(line, "\\N") == 0 ? NULL : line;
        line = tab ? tab + 1 : NULL;
    }
}

static int copy(
    PGconn *connection, const char *text, take_row *take, void *context, struct of_error *error)
{
    int result = run(connection, text, error);
    if (result < 0)
        return result;
    for (;;) {
        OF_CLEANUP(cleanup_line) char *line = NULL;
        char *fields[FIELDS_MAX];
        int length = PQgetCopyData(connection, &line, 0);
        if (length == -1)
            break;
        if (length < 0)
            return fail(error, OF_RETRY, connection);
        split(line, (size_t)length, fields);
        if (result == OF_OK) /* the rest is read all the same: the connection goes on */
            result = take(context, fields, error);
    }
    OF_CLEANUP(cleanup_result) PGresult *end = PQgetResult(connection);
    if (result == OF_OK && PQresultStatus(end) != PGRES_COMMAND_OK)
        return fail(error, OF_RETRY, connection);
    for (PGresult *rest; (rest = PQgetResult(connection));)
        PQclear(rest);
    return result;
}

static int64_t number(const char *field, int64_t otherwise)
{
    return field ? strtoll(field, NULL, 10) : otherwise;
}

static int on_order(void *context, char *const fields[FIELDS_MAX], struct of_error *error)
{
    struct of_text status = {fields[2] ? fields[2] : "", fields[2] ? strlen(fields[2]) : 0};
    return ledger_add_row(context, number(fields[0], -1), number(fields[1], -1), status, error);
}

static int on_items(void *context, char *const fields[FIELDS_MAX], struct of_error *error)
{
    if (!fields[0])
        return OF_OK;
    return ledger_add_item_rows(context, number(fields[0], -1), number(fields[1], 0), error);
}

static int on_missing_customer(
    void *context, char *const fields[FIELDS_MAX], struct of_error *error)
{
    return ledger_add_missing_customer(context, number(fields[0], -1), error);
}

static int read_tables(PGconn *connection, struct ledger *ledger, struct database_counts *counts,
    struct of_error *error)
{
    int result = copy(connection,
        "COPY (SELECT order_id, item_variety, order_status FROM order_info) TO STDOUT", on_order,
        ledger, error);
    if (result == OF_OK)
        result = copy(connection,
            "COPY (SELECT order_id, count(*) FROM item_info GROUP BY order_id) TO STDOUT", on_items,
            ledger, error);
    if (result == OF_OK)
        result = copy(connection,
            "COPY (SELECT order_id FROM order_info LEFT JOIN customer_info USING (customer_id) "
            "WHERE customer_info.customer_id IS NULL) TO STDOUT",
            on_missing_customer, ledger, error);
    if (result == OF_OK)
        result =
            ask_number(connection, "SELECT count(*) FROM customer_info", &counts->customers, error);
    if (result == OF_OK)
        result = ask_number(connection,
            "SELECT count(*) FROM customer_info WHERE NOT EXISTS (SELECT FROM order_info WHERE "
            "order_info.customer_id = customer_info.customer_id)",
            &counts->customers_of_no_order, error);
    if (result == OF_OK)
        result = ask_number(connection, "SELECT count(*) FROM item_info WHERE order_id IS NULL",
            &counts->items_of_no_order, error);
    ledger->has_rows = result == OF_OK;
    return result;
}

int database_read(const char *text, struct ledger *ledger, struct database_counts *counts,
    int64_t *moment, struct of_error *error)
{
    OF_CLEANUP(cleanup_connection) PGconn *connection = NULL;
    int result = connect_to(text, &connection, error);
    if (result < 0)
        return result;
    /* The moment before the first query, which takes the snapshot. */
    result = run(connection, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", error);
    *moment = of_clock_now();
    if (result == OF_OK)
        result = read_tables(connection, ledger, counts, error);
    return result;
}
