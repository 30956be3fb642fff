/* Reading by libpq. Writes nothing but what of_database_run is given. */
#include "database/database.h"

#include "base/memory.h"

#include <libpq-fe.h>
#include <stdlib.h>
#include <string.h>

#define CONNECT_SECONDS "10" /* unless the connection string says otherwise */

OF_DEFINE_CLEANUP(cleanup_result, PGresult *, PQclear)
OF_DEFINE_CLEANUP(cleanup_options, PQconninfoOption *, PQconninfoFree)
OF_DEFINE_CLEANUP(cleanup_line, char *, PQfreemem)

struct of_database {
    PGconn *connection;
};

/* ---- connection strings ---- */

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

static int check_public(const char *text, struct of_error *error)
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

int of_database_find(const char *option, const char **connection, struct of_error *error)
{
    const char *found = option ? option : getenv("DATABASE_URL");
    if (!found || !*found)
        return of_fail(error, OF_INPUT, "DATABASE_URL is not set, and --database is not given");
    if (option && check_public(option, error) < 0)
        return OF_INPUT;
    *connection = found;
    return OF_OK;
}

/* ---- statements ---- */

static int fail(struct of_error *error, enum of_error_class class, PGconn *connection)
{
    const char *text = PQerrorMessage(connection);
    size_t length = strcspn(text, "\n"); /* the rest is detail and position */
    return of_fail(error, class, "database: %.*s", (int)length, text);
}

int of_database_open(
    const char *connection, const char *program, struct of_database **out, struct of_error *error)
{
    OF_CLEANUP(cleanup_options) PQconninfoOption *options = NULL;
    const char *const names[] = {"connect_timeout", "fallback_application_name", "dbname", NULL};
    const char *const values[] = {CONNECT_SECONDS, program, connection, NULL};
    int result = parse(connection, &options, error);
    if (result < 0)
        return result;
    OF_CLEANUP(of_cleanup_database) struct of_database *database = of_alloc(sizeof(*database));
    database->connection = PQconnectdbParams(names, values, 1);
    if (PQstatus(database->connection) != CONNECTION_OK)
        return fail(error, OF_RETRY, database->connection);
    *out = OF_TAKE(database);
    return OF_OK;
}

void of_database_free(struct of_database *database)
{
    PQfinish(database->connection);
    free(database);
}

static int query(PGconn *connection, const char *text, PGresult **answer, struct of_error *error)
{
    *answer = PQexec(connection, text);
    ExecStatusType status = PQresultStatus(*answer);
    if (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK || status == PGRES_COPY_OUT)
        return OF_OK;
    return fail(error, PQstatus(connection) == CONNECTION_OK ? OF_INPUT : OF_RETRY, connection);
}

int of_database_run(struct of_database *database, const char *statement, struct of_error *error)
{
    OF_CLEANUP(cleanup_result) PGresult *answer = NULL;
    return query(database->connection, statement, &answer, error);
}

int of_database_number(
    struct of_database *database, const char *text, int64_t *number, struct of_error *error)
{
    OF_CLEANUP(cleanup_result) PGresult *answer = NULL;
    int result = query(database->connection, text, &answer, error);
    if (result == OF_OK)
        *number = strtoll(PQgetvalue(answer, 0, 0), NULL, 10);
    return result;
}

/* ---- rows ---- */

/* PostgreSQL's manual, COPY, "Text Format"; it writes no octal or hexadecimal ones. */
static char escaped(char letter)
{
    static const char letters[] = "bfnrtv", meant[] = "\b\f\n\r\t\v";
    const char *found = letter ? strchr(letters, letter) : NULL;
    return found ? meant[found - letters] : letter;
}

static void unescape(char *field)
{
    char *to = strchr(field, '\\');
    for (char *from = to; from && *from; from++) {
        if (*from == '\\' && from[1])
            *to++ = escaped(*++from);
        else
            *to++ = *from;
    }
    if (to)
        *to = '\0';
}

size_t of_database_split(char *line, size_t length, char *fields[OF_DATABASE_FIELDS_MAX])
{
    size_t count = 0;
    if (length > 0 && line[length - 1] == '\n')
        line[length - 1] = '\0';
    for (size_t i = 0; i < OF_DATABASE_FIELDS_MAX; i++) {
        char *tab = line ? strchr(line, '\t') : NULL;
        if (tab)
            *tab = '\0';
        count += line != NULL;
        fields[i] = line && strcmp(line, "\\N") == 0 ? NULL : line;
        if (fields[i])
            unescape(fields[i]);
        line = tab ? tab + 1 : NULL;
    }
    return count;
}

int64_t of_database_int(const char *field, int64_t otherwise)
{
    return field ? strtoll(field, NULL, 10) : otherwise;
}

static int read_rows(
    PGconn *connection, of_database_row *take, void *context, struct of_error *error)
{
    int result = OF_OK;
    for (;;) {
        OF_CLEANUP(cleanup_line) char *line = NULL;
        char *fields[OF_DATABASE_FIELDS_MAX];
        int length = PQgetCopyData(connection, &line, 0);
        if (length == -1)
            return result;
        if (length < 0)
            return fail(error, OF_RETRY, connection);
        of_database_split(line, (size_t)length, fields);
        if (result == OF_OK) /* the rest is read all the same: the connection goes on */
            result = take(context, fields, error);
    }
}

int of_database_read(struct of_database *database, const char *text, of_database_row *take,
    void *context, struct of_error *error)
{
    OF_FREE char *statement = of_asprintf("COPY (%s) TO STDOUT", text);
    PGconn *connection = database->connection;
    int result = of_database_run(database, statement, error);
    if (result == OF_OK)
        result = read_rows(connection, take, context, error);
    if (result < 0)
        return result;
    OF_CLEANUP(cleanup_result) PGresult *end = PQgetResult(connection);
    if (PQresultStatus(end) != PGRES_COMMAND_OK)
        return fail(error, OF_RETRY, connection);
    for (PGresult *rest; (rest = PQgetResult(connection));)
        PQclear(rest);
    return OF_OK;
}
