/* Errors with their place: line, column, and the text with a caret below. */
#ifndef KSQLD_TOOL_TROUBLE_H
#define KSQLD_TOOL_TROUBLE_H

#include "ksqld/tool/session.h"

/* A text with statements, and what it is called in messages ("FILE"; NULL: not at all). */
struct ksql_script {
    const char *name;
    const char *text;
    size_t length;
};

/* A place within the piece to one of its script. */
struct ksql_place ksql_trouble_place(const struct ksql_piece *piece, int line, int column);

/* Makes of the error's message "NAME:LINE:COLUMN: MESSAGE" and, where they fit, the line and its
 * caret. `place` is in the script. Yields the class. */
int ksql_trouble_at(
    const struct ksql_script *script, struct ksql_place place, int class, struct of_error *error);

/* The same for a refusal by a server that counts lines and columns within the statement after its
 * variables were replaced. */
int ksql_trouble_refused(const struct ksql_script *script, const struct ksql_session *session,
    const struct ksql_piece *piece, const char *message, struct of_error *error);

#endif
