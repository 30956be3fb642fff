/* The rows of a query as the bodies of answers: three forms, as ksqlDB has them for its two
 * endpoints. Pure: text in, text out. */
#ifndef KSQLD_SERVER_TELLING_H
#define KSQLD_SERVER_TELLING_H

#include "base/buffer.h"
#include "ksqld/plan/type.h"

enum ksql_telling_form {
    KSQL_TELL_LINES, /* application/vnd.ksqlapi.delimited.v1: a header, then an array a line */
    KSQL_TELL_ARRAY, /* application/json: the same as items of one array */
    KSQL_TELL_ROWS,  /* application/vnd.ksql.v1+json: objects with "header", "row", ... */
};

struct ksql_telling {
    enum ksql_telling_form form;
    bool pull; /* keys are told as such, and nothing is said at the end */
};

/* The start of the answer. */
void ksql_tell_header(struct ksql_telling *telling, const char *query_id,
    const struct ksql_schema *columns, struct of_buffer *out);
/* One row, a JSON array. A `gone` one is told only by ROWS. */
void ksql_tell_row(
    struct ksql_telling *telling, const void *row, size_t size, bool gone, struct of_buffer *out);
void ksql_tell_error(
    struct ksql_telling *telling, int code, const char *message, struct of_buffer *out);
/* The end: `message` ("Limit Reached", "Query Completed"), or NULL behind an error. */
void ksql_tell_end(struct ksql_telling *telling, const char *message, struct of_buffer *out);

#endif
