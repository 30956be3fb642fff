/* What is wrong with a statement, as its author should read it. */
#ifndef KSQLD_LANG_PROBLEM_H
#define KSQLD_LANG_PROBLEM_H

#include "ksqld/lang/lexer.h"

#define KSQL_PROBLEM_MAX 65536u /* bytes of a message */

/* Zero-initialised: none. Only the first one is kept. */
struct ksql_problem {
    enum of_error_class class; /* OF_OK: none; OF_RETRY: the world could not be asked */
    char *message;
    struct ksql_place place; /* line 0: unknown */
    bool not_supported;      /* right for ksqlDB, refused by us */
    bool generic;            /* ksqlDB answers it without the statement (40000) */
    bool select;             /* belongs to the query endpoint (40002) */
};

void ksql_problem_release(struct ksql_problem *problem); /* also for OF_CLEANUP */

/* Both yield OF_INPUT. `place` may be NULL. */
int ksql_problem_set(struct ksql_problem *problem, const struct ksql_place *place,
    const char *format, ...) OF_PRINTF(3, 4);
/* Puts text before the message; a refusal of this runner's own stays as it is. */
int ksql_problem_prefix(struct ksql_problem *problem, const char *text);
/* "Line: 1, Col: 8: FEATURE is not supported by this runner." */
int ksql_problem_unsupported(struct ksql_problem *problem, const struct ksql_place *place,
    const char *feature, ...) OF_PRINTF(3, 4);

#endif
