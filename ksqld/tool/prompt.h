/* The interactive prompt: lines from a terminal to statements. */
#ifndef KSQLD_TOOL_PROMPT_H
#define KSQLD_TOOL_PROMPT_H

#include "ksqld/tool/execute.h"

#define KSQL_HISTORY_MAX 1000 /* statements kept */

/* Whether the user pressed Ctrl-C since the last statement began (or the program is to leave); an
 * of_http_ending. Ctrl-C itself is caught by ksql_prompt. */
bool ksql_prompt_interrupted(void *context);

/* Reads statements from standard input, which is a terminal, until its end, EXIT or a signal, and
 * shows what they answer. A statement may have several lines; Ctrl-C drops what was typed, or ends
 * the query that is running. Errors are shown and end nothing. `history`: file of the statements
 * typed, made with mode 600; NULL: none is kept. */
void ksql_prompt(struct ksql_executor *executor, const char *history);

/* $ORDERFLOW_KSQL_HISTORY, else a file in the home folder, to be freed; NULL: there is neither. */
char *ksql_prompt_history(void);

#endif
