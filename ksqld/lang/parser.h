/* Tokens to a tree, by hand-written descent: ksqlDB 8.x's grammar. What is right there but beyond
 * this runner is refused with the feature's name and place. */
#ifndef KSQLD_LANG_PARSER_H
#define KSQLD_LANG_PARSER_H

#include "ksqld/lang/ast.h"
#include "ksqld/lang/problem.h"
#include "ksqld/lang/variables.h"

#define KSQL_NESTING_MAX 128u          /* brackets, calls, signs inside one another */
#define KSQL_EXPRESSION_DEPTH_MAX 512u /* of the tree: a chain of operators counts in full */

/* One statement with its semicolon. INPUT: *problem, with its place in the text. The tree is the
 * arena's; the text is not kept. */
int ksql_parse(struct ksql_arena *arena, const char *text, size_t length,
    struct ksql_parsed *parsed, struct ksql_problem *problem) OF_NODISCARD;

/* Types that CREATE TYPE has given names. */
struct ksql_type_names {
    const void *context;
    /* The type, copied into the arena; NULL: no such name. */
    const struct ksql_type *(*find)(
        const void *context, const char *name, struct ksql_arena *arena);
};
/* The same, with such types (or NULL). */
int ksql_parse_typed(struct ksql_arena *arena, const char *text, size_t length,
    const struct ksql_type_names *types, struct ksql_parsed *parsed,
    struct ksql_problem *problem) OF_NODISCARD;

/* A statement as it was sent, before its variables are replaced. ksqlDB takes one in the place of
 * a name or of a literal, and there alone, and its value must be what stands there: a name, or a
 * quoted text, a number, TRUE or FALSE; a column is no such value. INPUT: one that is not, or is
 * somewhere else; all else that is wrong is left to ksql_parse. */
struct ksql_variable_values {
    ksql_variable_lookup *lookup;
    const void *context;
};
int ksql_parse_variables(const char *text, size_t length, const struct ksql_type_names *types,
    const struct ksql_variable_values *variables, struct ksql_problem *problem) OF_NODISCARD;

#endif
