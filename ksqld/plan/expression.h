/* Expressions with every name resolved and every type known: what execution walks through. */
#ifndef KSQLD_PLAN_EXPRESSION_H
#define KSQLD_PLAN_EXPRESSION_H

#include "ksqld/functions/functions.h"
#include "ksqld/lang/ast.h"
#include "ksqld/lang/problem.h"

/* A row while a query works on it: the columns of the source as declared, the pseudo columns, and
 * one slot for each table function. */
enum ksql_pseudo_column {
    KSQL_ROWTIME,
    KSQL_ROWPARTITION,
    KSQL_ROWOFFSET,
    KSQL_WINDOWSTART, /* only where the key has a window, like the next */
    KSQL_WINDOWEND,
    KSQL_PSEUDO_COUNT
};

struct ksql_expression {
    enum ksql_node_kind kind; /* KSQL_NODE_COLUMN: the slot `index` of the row */
    enum ksql_operator op;
    /* For messages on what fails; NULL: part of what the one around it says. */
    const struct ksql_node *node;
    const struct ksql_type *type; /* kind KSQL_NULL for the literal NULL */
    size_t index;                 /* slot, variable, or field of a STRUCT */
    struct ksql_value literal;
    const struct ksql_function *function;
    const void *prepared;           /* CALL: see ksql_function.prepare */
    const struct ksql_type **types; /* CALL: of the items */
    size_t arity;                   /* LAMBDA: its variables, from `index` on */
    struct ksql_expression **items;
    size_t count;
    /* Where ksqlDB catches an error and goes on with NULL, not failing the whole expression. */
    bool guarded;
};

#define KSQL_VARIABLES_MAX 64u /* of lambdas inside one another */

/* The variables of one lambda and of those around it. */
struct ksql_variables {
    const struct ksql_variables *outer;
    const char *const *names;
    const struct ksql_type **types;
    size_t count, first; /* the slot of the first one */
};

struct ksql_pipeline;

struct ksql_scope {
    const struct ksql_schema *schema;
    struct ksql_arena *arena;
    struct ksql_problem *problem;
    const char *clause; /* "Select", "Predicate" or "SelectKey", for messages */
    /* Takes the table functions of what is typed; NULL: none may stand there. */
    struct ksql_pipeline *tables;
    const struct ksql_variables *variables;
};

/* The slot of a name (pseudo columns included); SIZE_MAX: no such column. */
size_t ksql_scope_slot(const struct ksql_scope *scope, const char *name);
const struct ksql_type *ksql_scope_slot_type(const struct ksql_scope *scope, size_t slot);

/* Types a tree. INPUT: *scope->problem in ksqlDB's words. */
int ksql_type_expression(const struct ksql_scope *scope, const struct ksql_node *node,
    struct ksql_expression **expression) OF_NODISCARD;

/* A decimal literal: the digits without the point, and how many stand behind it. False: more than
 * 38 digits. */
bool ksql_decimal_parse(const char *text, __int128 *units, int *precision, int *scale);

#endif
