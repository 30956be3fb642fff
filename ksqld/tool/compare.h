/* What the tool has to understand of statements to tell whether one is done already. */
#ifndef KSQLD_TOOL_COMPARE_H
#define KSQLD_TOOL_COMPARE_H

#include "ksqld/lang/lexer.h"

/* The query id that INSERT INTO ... WITH (QUERY_ID='...') asks for, upper-cased as ksqlDB shows it,
 * to be freed; NULL for every other statement. */
char *ksql_compare_query_id(const char *text, size_t length);

/* Whether two texts are one statement: the same tokens; white space, comments, the case of unquoted
 * words and a missing last semicolon aside. */
bool ksql_compare_same(const char *a, size_t a_length, const char *b, size_t b_length);

#endif
