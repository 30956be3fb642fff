/* Scripts, statement by statement, to a ksqlDB server. */
#ifndef KSQLD_TOOL_APPLY_H
#define KSQLD_TOOL_APPLY_H

#include "ksqld/tool/remote.h"

#include <stdio.h>

/* Appends a file's text ("-": standard input). INPUT: it can't be read, or is too long. */
int ksql_read_file(const char *file, struct of_buffer *text, struct of_error *error) OF_NODISCARD;

/* Applies one script ("-": standard input) and prints a line a statement to `out`:
 * FILE:LINE: RESULT. The session goes on from file to file. On failure the error begins with
 * FILE:LINE:COLUMN; INPUT: a statement is malformed or refused; RETRY: the server does not answer.
 * What came before the failure stays done. */
int ksql_apply_file(struct ksql_remote *remote, struct ksql_session *session, const char *file,
    FILE *out, struct of_error *error) OF_NODISCARD;

#endif
