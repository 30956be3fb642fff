/* The body of POST /ksql, as ksqlDB's REST API has it. */
#ifndef KSQLD_SERVER_REQUEST_H
#define KSQLD_SERVER_REQUEST_H

#include "ksqld/engine.h"
#include "ksqld/server/properties.h"

#include <stdint.h>

#define KSQL_REQUEST_MAX (2u * 1024 * 1024) /* bytes: KSQL_TEXT_MAX of text and its JSON around */

struct ksql_request {
    char *text; /* "ksql": statements, NUL-terminated */
    size_t length;
    struct ksql_properties properties; /* "streamsProperties" */
    struct ksql_properties variables;  /* "sessionVariables" */
    int64_t sequence;                  /* "commandSequenceNumber", -1: none */
};

void ksql_request_release(struct ksql_request *request); /* also for OF_CLEANUP */

/* INPUT: no JSON object, no "ksql", a member of the wrong kind. Unknown members are left alone. */
int ksql_request_parse(const void *body, size_t size, struct ksql_request *request,
    struct of_error *error) OF_NODISCARD;

/* The same of POST /query-stream: "sql", "properties", "sessionVariables". */
int ksql_request_parse_query(const void *body, size_t size, struct ksql_request *request,
    struct of_error *error) OF_NODISCARD;

/* Adds the properties and variables of another request of the same limits. */
void ksql_request_copy_settings(struct ksql_request *to, const struct ksql_request *from);

/* What SET, UNSET, DEFINE and UNDEFINE do to the rest of their request. INPUT: too many, or a
 * property that can't be set so. */
int ksql_request_change(struct ksql_request *request, const struct ksql_statement *statement,
    struct of_error *error) OF_NODISCARD;

/* A failure that is the world's (RETRY, FATAL: 500) or the statement's (INPUT: 400). Yields the
 * error's class. */
int ksql_request_fail(
    struct ksql_failure *failure, const char *statement, const struct of_error *error);

/* Whether a Content-Type is one that JSON may have; NULL (none) is, and so is what curl sends when
 * it isn't told. */
bool ksql_request_takes(const char *content_type);

/* The first of the client's types that is one of ours, by its order; ours[0] where it takes
 * anything or says nothing. NULL: none. Weights (q=) are not read. */
const char *ksql_request_choose_type(const char *accept, const char *const *ours, size_t count);

#endif
