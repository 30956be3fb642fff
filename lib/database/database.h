/* PostgreSQL, read by tools: one connection, and rows by COPY, a million of them in a second or so.
 *
 * No message holds anything of the connection string: libpq quotes what it cannot read, password
 * and all. One thread a connection. */
#ifndef OF_DATABASE_DATABASE_H
#define OF_DATABASE_DATABASE_H

#include "base/error.h"

#include <stdint.h>

/* Where the database is: the option's value, which must not hold a password, as everybody can read
 * a command line; or else the variable DATABASE_URL. A URI or libpq's own form; what it leaves out
 * comes from the PG... variables and ~/.pgpass. INPUT: neither is there, or a password is. */
int of_database_find(
    const char *option, const char **connection, struct of_error *error) OF_NODISCARD;
/* The row of that option; further fields of the row, as its section, go behind the target. */
#define OF_DATABASE_OPTION(t, ...)                                                                 \
    {                                                                                              \
        .name = "database", .type = OF_OPTION_TEXT, .target = (t), .argument = "CONNECTION",       \
        .default_text = "the variable DATABASE_URL", .help = OF_DATABASE_HELP, __VA_ARGS__         \
    }
#define OF_DATABASE_HELP                                                                           \
    "PostgreSQL, as a URI or in libpq's form, without a password: that is taken from "             \
    "DATABASE_URL, PGPASSWORD or ~/.pgpass alone"
#define OF_DATABASE_ENVIRONMENT                                                                    \
    "    DATABASE_URL    where PostgreSQL is; libpq's own variables (PGHOST, PGPASSWORD,\n"        \
    "                    PGSSLMODE...) fill in what it leaves out\n"

struct of_database;
/* `program` is the name that the server shows. INPUT: the string cannot be read; RETRY: the server
 * is out of reach, or does not let us in. */
int of_database_open(const char *connection, const char *program, struct of_database **database,
    struct of_error *error) OF_NODISCARD;
void of_database_free(struct of_database *database);
OF_DEFINE_CLEANUP(of_cleanup_database, struct of_database *, of_database_free)

/* Of each of these: INPUT: the server refuses the statement; RETRY: the connection is gone. */
int of_database_run(
    struct of_database *database, const char *statement, struct of_error *error) OF_NODISCARD;
int of_database_number(struct of_database *database, const char *query, int64_t *number,
    struct of_error *error) OF_NODISCARD;

/* One row, borrowed for the call; a field is NULL where the database has null. A negative answer
 * ends the reading and is handed on. */
#define OF_DATABASE_FIELDS_MAX 8
typedef int of_database_row(
    void *context, char *const fields[OF_DATABASE_FIELDS_MAX], struct of_error *error);

/* Every row of a query of at most OF_DATABASE_FIELDS_MAX columns, as text. */
int of_database_read(struct of_database *database, const char *query, of_database_row *take,
    void *context, struct of_error *error) OF_NODISCARD;

/* A field as a whole number; `otherwise` for NULL. */
int64_t of_database_int(const char *field, int64_t otherwise);

/* Takes one line of COPY's text format apart, in place: for of_database_read, and for tests.
 * Yields the number of its fields. */
size_t of_database_split(char *line, size_t length, char *fields[OF_DATABASE_FIELDS_MAX]);

#endif
