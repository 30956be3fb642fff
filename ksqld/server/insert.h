/* Rows into streams and tables: INSERT INTO ... VALUES, and POST /inserts-stream. */
#ifndef KSQLD_SERVER_INSERT_H
#define KSQLD_SERVER_INSERT_H

#include "ksqld/server/request.h"

struct ksql_server;

/* Sends what the statement inserts, and waits for its acknowledgement. Yields the error's class. */
int ksql_insert_values(struct ksql_server *server, const struct ksql_statement *statement,
    struct ksql_failure *failure) OF_NODISCARD;

/* ---- POST /inserts-stream ---- */

#define KSQL_INSERTS_PATH "/inserts-stream"
#define KSQL_INSERTS_LINE_MAX (2u * 1024 * 1024) /* bytes of one row */
#define KSQL_INSERTS_ROWS_MAX 1000000u           /* of one request */

/* The body of one request as it comes in: a line with the target, then a row a line. Rows are sent
 * as they come; the first that fails is the last one that is looked at. One thread. */
struct ksql_inserts;
/* Takes `rows_max` rows at most: KSQL_INSERTS_ROWS_MAX. */
struct ksql_inserts *ksql_inserts_new(struct ksql_server *server, size_t rows_max);
void ksql_inserts_free(struct ksql_inserts *inserts); /* waits for what was sent */
OF_DEFINE_CLEANUP(of_cleanup_ksql_inserts, struct ksql_inserts *, ksql_inserts_free)

void ksql_inserts_take(struct ksql_inserts *inserts, const char *bytes, size_t size);

/* The answer once the body is complete: acknowledgements in the rows' order, one a line, or as a
 * JSON array. NULL: the target was refused, and *failure says why. */
char *ksql_inserts_answer(struct ksql_inserts *inserts, bool array, struct ksql_failure *failure);

#endif
