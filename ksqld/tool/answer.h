/* Answers of a ksqlDB server's /ksql and /status, read. No HTTP here. */
#ifndef KSQLD_TOOL_ANSWER_H
#define KSQLD_TOOL_ANSWER_H

#include "base/buffer.h"

#include <jansson.h>

#define KSQL_ANSWER_NAMES_MAX 20 /* names of a list shown in its line */

struct ksql_answer {
    bool refused;     /* the server said no: `message` has its text, which may have lines */
    bool pending;     /* accepted, but not yet carried out: ask for `command_id`'s status */
    char *message;    /* of a refusal */
    char *line;       /* what was answered, in a line; "" for an empty answer */
    char *command_id; /* "stream/`CLOSED`/create", or NULL */
    int64_t sequence; /* commandSequenceNumber, -1: none */
    json_t *entities; /* the whole answer; NULL for a refusal */
};

void ksql_answer_release(struct ksql_answer *answer); /* also for OF_CLEANUP */

/* The answer of POST /ksql to one statement. INPUT: this is no ksqlDB server's answer. */
int ksql_answer_read(long status, const void *body, size_t size, struct ksql_answer *answer,
    struct of_error *error) OF_NODISCARD;

/* The answer of GET /status/...; as above, with pending, refused and line. */
int ksql_answer_read_status(long status, const void *body, size_t size, struct ksql_answer *answer,
    struct of_error *error) OF_NODISCARD;

/* The text of the query with this id in an answer to SHOW QUERIES, to be freed; NULL: it is not
 * among them. INPUT: this is no such answer. */
int ksql_answer_find_query(const void *body, size_t size, const char *id, char **text,
    struct of_error *error) OF_NODISCARD;

/* Where the server's message says the trouble is ("line 1:8: ...", "... Line: 1, Col: 28: ..."),
 * counted from 1 within the statement. False: it does not say. */
bool ksql_answer_place(const char *message, int *line, int *column);

#endif
