/* Functions of the language: one row of one table each, which says all there is to know.
 *
 * Overloads are rows of the same name, one behind the other. Rows stand beside their evaluators, in
 * a section of the table for each subject. Names are looked up in any case. */
#ifndef KSQLD_FUNCTIONS_FUNCTIONS_H
#define KSQLD_FUNCTIONS_FUNCTIONS_H

#include "ksqld/lang/arena.h"
#include "ksqld/plan/type.h"
#include "ksqld/plan/value.h"

struct ksql_expression;
struct ksql_frame;

struct ksql_call {
    const struct ksql_value *arguments;   /* a lambda: not set; a unit of time: number, its ms */
    const struct ksql_type *const *types; /* of the arguments; kind KSQL_NULL for the literal */
    size_t count;
    const struct ksql_type *type; /* of the result; a table function: of one row */
    struct ksql_arena *arena;     /* for the result, until the record is done */
    const void *prepared;         /* what `prepare` made, or NULL */
    struct ksql_frame *frame;     /* for lambdas */
    const struct ksql_expression *expression;
};

/* 0 and *result, or -1: the expression failed (ksqlDB logs it, the column becomes NULL). A table
 * function yields a list, one item a row. */
typedef int ksql_function_run(const struct ksql_call *call, struct ksql_value *result);

/* The type of the result where the signature can't say it (DECIMAL); NULL: none. */
typedef const struct ksql_type *ksql_function_result(
    struct ksql_arena *arena, const struct ksql_type *const *types, size_t count);

/* What can be done once for all records when an argument is a literal (NULL: it is none), such as
 * compiling a pattern. NULL: nothing; `run` then does it each time. *refusal: what about the
 * literals this runner can't do as ksqlDB does. */
typedef const void *ksql_function_prepare(struct ksql_arena *arena,
    const struct ksql_value *const *literals, size_t count, const char **refusal);

enum ksql_function_kind {
    KSQL_SCALAR,   /* NULL in any argument gives NULL without asking `run` */
    KSQL_NULLABLE, /* scalar; `run` sees NULL arguments */
    KSQL_TABLE,    /* yields rows; sees NULL arguments */
};

struct ksql_function {
    /* "ABS(INT val) INT": the name as ksqlDB shows it, parameters with names, the result. Types as
     * functions/signature.h has them. */
    const char *signature;
    ksql_function_run *run;
    const char *help;
    enum ksql_function_kind kind;
    ksql_function_result *result;   /* or NULL */
    ksql_function_prepare *prepare; /* or NULL */
};

/* Yields -1: what these arguments ask for is right for ksqlDB, but not done here. The whole record
 * is then refused with this message. */
int ksql_call_refuse(const struct ksql_call *call, const char *what);

/* The first row of that name, its overloads behind it; NULL: no such function here. */
const struct ksql_function *ksql_function_find(const char *name, size_t *overloads);
/* A function of ksqlDB that is not in the table. */
bool ksql_function_is_known(const char *name);
#define KSQL_FUNCTION_NAME_MAX 64
/* "ABS", upper-case, in the buffer. */
const char *ksql_function_name(const struct ksql_function *function, char *buffer, size_t size);

/* Each function once: its first row. */
size_t ksql_function_count(void);
const struct ksql_function *ksql_function_at(size_t index);

/* A section of the table. */
struct ksql_function_section {
    const char *title;
    const struct ksql_function *rows;
    size_t count;
};
size_t ksql_function_section_count(void);
const struct ksql_function_section *ksql_function_section_at(size_t index);

#endif
