/* Walks a typed expression. ksqlDB compiles to Java, whose rules show: NULL in arithmetic or logic
 * throws, a comparison with NULL is false, AND and OR stop early. */
#include "ksqld/exec/evaluate.h"

#include "ksqld/exec/collection.h"

#define ARGUMENTS_ON_STACK 8

static int evaluate(
    struct ksql_frame *frame, const struct ksql_expression *expression, struct ksql_value *result);

static int evaluate_two(
    struct ksql_frame *frame, const struct ksql_expression *expression, struct ksql_value values[2])
{
    if (ksql_evaluate(frame, expression->items[0], &values[0]))
        return -1;
    return ksql_evaluate(frame, expression->items[1], &values[1]);
}

static int evaluate_field(
    struct ksql_frame *frame, const struct ksql_expression *expression, struct ksql_value *result)
{
    struct ksql_value base;
    if (ksql_evaluate(frame, expression->items[0], &base))
        return -1;
    *result = base.null ? KSQL_VALUE_NULL : base.fields[expression->index];
    return 0;
}

/* AND ends at the first false, OR at the first true. */
static int evaluate_logic(
    struct ksql_frame *frame, const struct ksql_expression *expression, struct ksql_value *result)
{
    bool end = expression->kind == KSQL_NODE_OR;
    for (size_t i = 0; i < expression->count; i++) {
        if (ksql_evaluate(frame, expression->items[i], result) || result->null)
            return -1;
        if (result->number == end)
            return 0;
    }
    return 0;
}

static int evaluate_not(
    struct ksql_frame *frame, const struct ksql_expression *expression, struct ksql_value *result)
{
    if (ksql_evaluate(frame, expression->items[0], result) || result->null)
        return -1;
    result->number = !result->number;
    return 0;
}

static int evaluate_null_test(
    struct ksql_frame *frame, const struct ksql_expression *expression, struct ksql_value *result)
{
    struct ksql_value value;
    if (ksql_evaluate(frame, expression->items[0], &value))
        return -1;
    bool wanted = expression->kind == KSQL_NODE_IS_NULL;
    *result = (struct ksql_value){.number = value.null == wanted};
    return 0;
}

/* What may take much of it is not begun once the record has had its share. The record is refused
 * in the end, so that it doesn't matter what comes of it here. */
static bool has_memory(const struct ksql_frame *frame)
{
    return !frame->arena->full;
}

static int evaluate_case(
    struct ksql_frame *frame, const struct ksql_expression *expression, struct ksql_value *result)
{
    for (size_t i = 0; i + 1 < expression->count; i += 2) {
        struct ksql_value condition;
        if (ksql_evaluate(frame, expression->items[i], &condition) || condition.null)
            return -1;
        if (condition.number)
            return ksql_evaluate(frame, expression->items[i + 1], result);
    }
    if (expression->count % 2)
        return ksql_evaluate(frame, expression->items[expression->count - 1], result);
    *result = KSQL_VALUE_NULL;
    return 0;
}

static int evaluate_call(
    struct ksql_frame *frame, const struct ksql_expression *expression, struct ksql_value *result)
{
    struct ksql_value few[ARGUMENTS_ON_STACK], *arguments = few;
    if (expression->count > ARGUMENTS_ON_STACK)
        arguments = ksql_arena_take(frame->arena, expression->count * sizeof(*arguments));
    bool null = false;
    for (size_t i = 0; i < expression->count; i++) {
        if (expression->items[i]->kind == KSQL_NODE_LAMBDA)
            continue;
        if (ksql_evaluate(frame, expression->items[i], &arguments[i]))
            return -1;
        null = null || arguments[i].null;
    }
    if (null && expression->function->kind == KSQL_SCALAR) {
        *result = KSQL_VALUE_NULL;
        return 0;
    }
    struct ksql_call call = {.arguments = arguments,
        .types = expression->types,
        .count = expression->count,
        .type = expression->type,
        .arena = frame->arena,
        .prepared = expression->prepared,
        .frame = frame,
        .expression = expression};
    return has_memory(frame) ? expression->function->run(&call, result) : -1;
}

int ksql_call_refuse(const struct ksql_call *call, const char *what)
{
    call->frame->refusal = what;
    return -1;
}

int ksql_call_lambda(const struct ksql_call *call, size_t index, const struct ksql_value *inputs,
    struct ksql_value *result)
{
    const struct ksql_expression *lambda = call->expression->items[index];
    for (size_t i = 0; i < lambda->arity; i++)
        call->frame->variables[lambda->index + i] = inputs[i];
    return has_memory(call->frame) ? ksql_evaluate(call->frame, lambda->items[0], result) : -1;
}

static int evaluate_sign(
    struct ksql_frame *frame, const struct ksql_expression *expression, struct ksql_value *result)
{
    if (ksql_evaluate(frame, expression->items[0], result) || result->null)
        return -1;
    if (expression->op == KSQL_ADD)
        return 0;
    switch (expression->type->kind) {
    case KSQL_INTEGER:
        result->number = (int32_t) - (uint32_t)result->number; /* wraps, as Java's int does */
        return 0;
    case KSQL_BIGINT:
        result->number = (int64_t) - (uint64_t)result->number;
        return 0;
    case KSQL_DOUBLE:
        result->real = -result->real;
        return 0;
    default:
        result->decimal = -result->decimal;
        return 0;
    }
}

static int evaluate(
    struct ksql_frame *frame, const struct ksql_expression *expression, struct ksql_value *result)
{
    struct ksql_value values[2];
    switch (expression->kind) {
    case KSQL_NODE_COLUMN:
        *result = frame->row[expression->index];
        return 0;
    case KSQL_NODE_FIELD:
        return evaluate_field(frame, expression, result);
    case KSQL_NODE_SIGN:
        return evaluate_sign(frame, expression, result);
    case KSQL_NODE_ARITHMETIC:
        if (evaluate_two(frame, expression, values))
            return -1;
        return ksql_evaluate_arithmetic(frame, expression, &values[0], &values[1], result);
    case KSQL_NODE_COMPARISON:
        if (evaluate_two(frame, expression, values))
            return -1;
        return ksql_evaluate_comparison(expression, &values[0], &values[1], result);
    case KSQL_NODE_AND:
    case KSQL_NODE_OR:
        return evaluate_logic(frame, expression, result);
    case KSQL_NODE_NOT:
        return evaluate_not(frame, expression, result);
    case KSQL_NODE_IS_NULL:
    case KSQL_NODE_IS_NOT_NULL:
        return evaluate_null_test(frame, expression, result);
    case KSQL_NODE_CASE:
        return evaluate_case(frame, expression, result);
    case KSQL_NODE_CAST:
        if (ksql_evaluate(frame, expression->items[0], &values[0]) || !has_memory(frame))
            return -1;
        return ksql_evaluate_cast(frame, expression, &values[0], result);
    case KSQL_NODE_CALL:
        return evaluate_call(frame, expression, result);
    case KSQL_NODE_SUBSCRIPT:
        return ksql_evaluate_subscript(frame, expression, result);
    case KSQL_NODE_ARRAY:
    case KSQL_NODE_MAP:
    case KSQL_NODE_STRUCT:
        return ksql_evaluate_constructor(frame, expression, result);
    case KSQL_NODE_IN:
        return ksql_evaluate_in(frame, expression, result);
    case KSQL_NODE_LIKE:
        return ksql_evaluate_like(frame, expression, result);
    case KSQL_NODE_VARIABLE:
        *result = frame->variables[expression->index];
        return 0;
    default:
        *result = expression->literal;
        return 0;
    }
}

/* Failures are rare: out of line, what doesn't fail stays short. */
__attribute__((noinline, cold)) static void fail(
    struct ksql_frame *frame, const struct ksql_expression *expression)
{
    frame->errors++;
    if (frame->tell)
        frame->tell(frame, expression);
    frame->failed = NULL;
    frame->cause = NULL;
}

__attribute__((noinline, cold)) static int catch_failure(
    struct ksql_frame *frame, const struct ksql_expression *expression, struct ksql_value *result)
{
    if (!frame->failed)
        frame->failed = expression;
    if (!expression->guarded)
        return -1;
    fail(frame, expression);
    *result = KSQL_VALUE_NULL;
    return 0;
}

int ksql_evaluate(
    struct ksql_frame *frame, const struct ksql_expression *expression, struct ksql_value *result)
{
    return evaluate(frame, expression, result) ? catch_failure(frame, expression, result) : 0;
}

void ksql_evaluate_or_null(
    struct ksql_frame *frame, const struct ksql_expression *expression, struct ksql_value *result)
{
    if (!ksql_evaluate(frame, expression, result))
        return;
    fail(frame, expression);
    *result = KSQL_VALUE_NULL;
}
