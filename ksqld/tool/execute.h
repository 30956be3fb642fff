/* Statements whose answers the user wants to see: -e, -f and the prompt. */
#ifndef KSQLD_TOOL_EXECUTE_H
#define KSQLD_TOOL_EXECUTE_H

#include "ksqld/tool/remote.h"
#include "ksqld/tool/trouble.h"

#define KSQL_SCRIPT_DEPTH_MAX 8 /* scripts that run one another by RUN SCRIPT */

struct ksql_executor {
    struct ksql_remote *remote;
    struct ksql_session *session;
    struct ksql_show show;
    of_http_ending *ending; /* whether the query at hand should end */
    bool talks;             /* says what SET and DEFINE did, and how a query ended */
    int depth;
};

/* Carries the statements out one after the other, the tool's own among them (SET, UNSET, DEFINE,
 * UNDEFINE, RUN SCRIPT 'FILE'), until one fails. A last statement may do without its semicolon. The
 * error names line and column and shows the text. INPUT: a statement is malformed or refused;
 * RETRY: the server does not answer. */
int ksql_execute(struct ksql_executor *executor, const struct ksql_script *script,
    struct of_error *error) OF_NODISCARD;
int ksql_execute_file(
    struct ksql_executor *executor, const char *file, struct of_error *error) OF_NODISCARD;

#endif
