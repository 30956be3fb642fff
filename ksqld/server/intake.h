/* The rows of one query on their way into its answer, with the limits that they have there. */
#ifndef KSQLD_SERVER_INTAKE_H
#define KSQLD_SERVER_INTAKE_H

#include "ksqld/engine.h"
#include "ksqld/server/telling.h"

struct ksql_intake {
    struct ksql_telling telling;
    struct of_buffer answer; /* what is there and not yet read */
    bool limited;            /* LIMIT: */
    int64_t limit, rows;
    bool limit_reached; /* no more rows are taken */
};

/* A ksql_emit; the context is the intake. FATAL: the answer passes its buffer's limit. */
int ksql_intake_row(void *context, const struct ksql_record_out *record, struct of_error *error);

/* FATAL: it is later than the deadline of a query that may take `limit_ms`. */
int ksql_intake_check_time(
    int64_t now, int64_t deadline, int limit_ms, struct of_error *error) OF_NODISCARD;

#endif
