/* Functions of the language: one row of one table each.
 *
 * The type of a call comes from the types of its arguments; a row accepts them or not. Names are
 * looked up in any case. */
#ifndef KSQLD_FUNCTIONS_FUNCTIONS_H
#define KSQLD_FUNCTIONS_FUNCTIONS_H

#include "ksqld/lang/arena.h"
#include "ksqld/plan/type.h"
#include "ksqld/plan/value.h"

#define KSQL_SIGNATURE_MAX 4

struct ksql_call {
    const struct ksql_value *arguments;
    size_t count;
    struct ksql_arena *arena; /* for the result, until the record is done */
};

/* 0 and *result, or -1: the expression failed (ksqlDB logs it, the column becomes NULL). */
typedef int ksql_function_run(const struct ksql_call *call, struct ksql_value *result);

/* The type of the result, or NULL when the function does not take these arguments. */
typedef const struct ksql_type *ksql_function_accept(
    const struct ksql_type *const *arguments, size_t count);

struct ksql_function {
    const char *name; /* upper-case */
    const char *help;
    const char *signatures[KSQL_SIGNATURE_MAX]; /* as ksqlDB lists the alternatives */
    ksql_function_accept *accept;
    ksql_function_run *run; /* NULL: a table function, that the query itself carries out */
};

/* NULL: no such function here. */
const struct ksql_function *ksql_function_find(const char *name);
/* A function of ksqlDB that is not in the table. */
bool ksql_function_is_known(const char *name);

size_t ksql_function_count(void);
const struct ksql_function *ksql_function_at(size_t index);

/* Java's String.toUpperCase in the root locale. */
struct of_text ksql_text_upper(struct ksql_arena *arena, struct of_text text);

#endif
