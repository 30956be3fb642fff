/* What a row's signature says, and which row a call means: ksqlDB's rules for overloads.
 *
 * Types in signatures: BOOLEAN INT BIGINT DOUBLE DECIMAL VARCHAR BYTES TIMESTAMP DATE TIME,
 * ARRAY<type>, MAP<type, type>, STRUCT<NAME type, ...> (results only), a single letter for any type
 * that is the same throughout the call, ANY, INTERVALUNIT, and LAMBDA (type, ...) => type. Three
 * dots behind a type make the parameter variadic: none or more of it. */
#ifndef KSQLD_FUNCTIONS_SIGNATURE_H
#define KSQLD_FUNCTIONS_SIGNATURE_H

#include "ksqld/functions/functions.h"

#define KSQL_PARAMETERS_MAX 8u
#define KSQL_GENERICS 26u

enum ksql_parameter_kind {
    KSQL_PARAMETER_TYPE,
    KSQL_PARAMETER_GENERIC,
    KSQL_PARAMETER_ANY,
    KSQL_PARAMETER_UNIT,
    KSQL_PARAMETER_LAMBDA, /* items: inputs, then the result */
};

struct ksql_parameter {
    enum ksql_parameter_kind kind;
    enum ksql_type_kind type;
    char letter;                                             /* GENERIC */
    bool generic;                                            /* one of it, or something in it, is */
    const char *names[KSQL_PARAMETERS_MAX];                  /* STRUCT */
    const struct ksql_parameter *items[KSQL_PARAMETERS_MAX]; /* ARRAY, MAP, STRUCT, LAMBDA */
    size_t count;
};

struct ksql_signature {
    const struct ksql_function *function;
    const struct ksql_parameter *parameters[KSQL_PARAMETERS_MAX];
    size_t count;
    size_t variadic; /* which one is; SIZE_MAX: none */
    const struct ksql_parameter *result;
};

/* What stands for letters so far. */
struct ksql_generics {
    const struct ksql_type *types[KSQL_GENERICS];
};

/* An argument of a call, as far as it is known before a row is chosen. */
struct ksql_argument {
    const struct ksql_type *type; /* kind KSQL_NULL for the literal; NULL for the two below */
    size_t lambda;                /* how many variables the lambda has; 0: it is none */
    bool unit;
};

enum ksql_match { KSQL_MATCH_ONE, KSQL_MATCH_NONE, KSQL_MATCH_SEVERAL };

/* The table is right: false is a bug in the row. */
bool ksql_signature_parse(struct ksql_arena *arena, const struct ksql_function *function,
    struct ksql_signature *signature);

/* The parameter that the argument at `index` of `count` goes to. */
const struct ksql_parameter *ksql_signature_parameter(
    const struct ksql_signature *signature, size_t count, size_t index);

/* First without, then with implicit casts. */
enum ksql_match ksql_signature_choose(struct ksql_arena *arena,
    const struct ksql_function *functions, size_t overloads, const struct ksql_argument *arguments,
    size_t count, struct ksql_signature *chosen);

/* Notes what the letters of the parameter stand for. False: another type than before. */
bool ksql_generics_bind(struct ksql_generics *generics, const struct ksql_parameter *parameter,
    const struct ksql_type *type);
/* NULL: a letter is not known (its argument was NULL), or a DECIMAL without digits. */
const struct ksql_type *ksql_generics_apply(struct ksql_arena *arena,
    const struct ksql_generics *generics, const struct ksql_parameter *parameter);

/* ksqlDB's implicit casts. */
bool ksql_type_casts_to(enum ksql_type_kind from, enum ksql_type_kind to);

#endif
