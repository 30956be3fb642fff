/* ${variable} in statements. */
#ifndef KSQLD_LANG_VARIABLES_H
#define KSQLD_LANG_VARIABLES_H

#include "ksqld/lang/problem.h"

/* The value of a variable, or NULL. */
typedef const char *ksql_variable_lookup(const void *context, const char *name, size_t length);

/* Appends the text with its variables replaced: as a whole word (the value must then be a name, a
 * number, a boolean or a quoted string; which one it must be, the parser tells, see
 * ksql_parse_variables) and inside 'strings' (quotes in the value are doubled, but for those around
 * all of it). Unknown variables stay as they are; the parser refuses them where they matter. In
 * strings there are, as in the StringSubstitutor behind ksqlDB, also `${name:-default}` and
 * `$${name}`, which loses its first character and is left alone. INPUT: a value that would be more
 * than one word, or has a variable in it; the text grew past KSQL_STATEMENT_MAX. */
int ksql_substitute(const char *text, size_t length, ksql_variable_lookup *lookup,
    const void *context, struct of_buffer *out, struct ksql_problem *problem) OF_NODISCARD;

/* Whether ksqlDB takes the value for a name, or for a literal. */
bool ksql_variable_is_name(const char *value);
bool ksql_variable_is_literal(const char *value);

#endif
