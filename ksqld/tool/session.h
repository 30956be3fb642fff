/* What a script says for the statements after it: SET and UNSET, DEFINE and UNDEFINE.
 *
 * A ksqlDB server forgets a SET that comes alone in a request, so the tool keeps these statements
 * to itself and sends their sum along: properties as streamsProperties, variables as
 * sessionVariables. Variable names are told apart by case, as ksqlDB does. */
#ifndef KSQLD_TOOL_SESSION_H
#define KSQLD_TOOL_SESSION_H

#include "base/buffer.h"
#include "ksqld/lang/lexer.h"

#include <jansson.h>

#define KSQL_SESSION_ENTRIES_MAX 1024u /* properties, and as many variables */

struct ksql_session {
    json_t *properties; /* {"auto.offset.reset": "earliest"} */
    json_t *variables;  /* {"partitions": "4"} */
};

void ksql_session_init(struct ksql_session *session);
void ksql_session_release(struct ksql_session *session); /* also for OF_CLEANUP */

/* A variable as --define has it: "NAME=VALUE"; a value in single quotes loses them. */
int ksql_session_define(
    struct ksql_session *session, const char *assignment, struct of_error *error) OF_NODISCARD;

/* 1: the statement was one of the four and is done; *what says so in a line, to be freed. 0: it is
 * another one, for the server. INPUT: one of the four, but malformed; *place is where. */
int ksql_session_take(struct ksql_session *session, const char *text, size_t length, char **what,
    struct ksql_place *place, struct of_error *error) OF_NODISCARD;

/* Appends the text with every ${name} replaced; names that are not defined stay as they are. */
int ksql_session_substitute(const struct ksql_session *session, const char *text, size_t length,
    struct of_buffer *out, struct of_error *error) OF_NODISCARD;

#endif
