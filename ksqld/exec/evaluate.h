/* Typed expressions on a row. */
#ifndef KSQLD_EXEC_EVALUATE_H
#define KSQLD_EXEC_EVALUATE_H

#include "ksqld/plan/expression.h"

struct ksql_frame {
    const struct ksql_value *row;
    struct ksql_arena *arena; /* for values, until the record is done */
    uint64_t errors;          /* where an expression, or a guarded part of one, failed */
    /* Told of each failure that is counted; NULL: nobody wants to know. */
    void (*tell)(struct ksql_frame *frame, const struct ksql_expression *expression);
    const struct ksql_expression *failed; /* the innermost part, while a failure is on its way */
    const char *cause;                    /* why, a literal; NULL: it can be told by its kind */
    const char *refusal;                  /* what makes this runner refuse the record, or NULL */
    struct ksql_value variables[KSQL_VARIABLES_MAX]; /* of lambdas at work */
};

/* 0, or -1: ksqlDB's generated code would have thrown (NULL in arithmetic or logic, division by
 * zero, an unreadable number, a decimal too large). Guarded parts become NULL and are counted; what
 * the whole becomes is the caller's business. */
int ksql_evaluate(
    struct ksql_frame *frame, const struct ksql_expression *expression, struct ksql_value *result);

/* The same; a failure is counted and gives NULL. */
void ksql_evaluate_or_null(
    struct ksql_frame *frame, const struct ksql_expression *expression, struct ksql_value *result);

/* A call's lambda (the argument at `index`) on its inputs. */
int ksql_call_lambda(const struct ksql_call *call, size_t index, const struct ksql_value *inputs,
    struct ksql_value *result);

int ksql_evaluate_cast(struct ksql_frame *frame, const struct ksql_expression *cast,
    const struct ksql_value *value, struct ksql_value *result);
int ksql_evaluate_arithmetic(struct ksql_frame *frame, const struct ksql_expression *expression,
    const struct ksql_value *left, const struct ksql_value *right, struct ksql_value *result);
int ksql_evaluate_comparison(const struct ksql_expression *expression,
    const struct ksql_value *left, const struct ksql_value *right, struct ksql_value *result);

#endif
