/* Expressions without operators: literals, names, calls, CASE, CAST, and what may follow them. */
#include "ksqld/lang/cursor.h"

#include "base/memory.h"
#include "ksqld/lang/node.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

static int parse_number(struct ksql_cursor *cursor, bool negative, struct ksql_node **node)
{
    const struct ksql_token *token = &cursor->token;
    struct ksql_place place = token->place;
    const char *text = ksql_arena_printf(
        cursor->arena, "%s%.*s", negative ? "-" : "", (int)token->length, token->text);
    struct ksql_node *number = ksql_node_new(cursor->arena, KSQL_NODE_DECIMAL, &place);
    number->text = text;
    number->text_length = strlen(text);
    if (token->kind == KSQL_TOKEN_INTEGER) {
        errno = 0;
        number->number = strtoll(text, NULL, 10);
        if (errno == ERANGE)
            return ksql_problem_set(cursor->problem, &place,
                "line %d:%d: Invalid numeric literal: %s", place.line, place.column, text);
        bool small = number->number >= INT32_MIN && number->number <= INT32_MAX;
        number->kind = small ? KSQL_NODE_INTEGER : KSQL_NODE_BIGINT;
    } else if (token->kind == KSQL_TOKEN_FLOAT) {
        number->kind = KSQL_NODE_DOUBLE;
        if (isinf(strtod(text, NULL)))
            return ksql_problem_set(cursor->problem, &place,
                "line %d:%d: Number overflows DOUBLE: %s", place.line, place.column, text);
    }
    ksql_cursor_next(cursor);
    *node = number;
    return 0;
}

static bool is_number(const struct ksql_token *token)
{
    return token->kind == KSQL_TOKEN_INTEGER || token->kind == KSQL_TOKEN_DECIMAL ||
           token->kind == KSQL_TOKEN_FLOAT;
}

static struct ksql_node *parse_string(struct ksql_cursor *cursor)
{
    struct ksql_node *node = ksql_node_new(cursor->arena, KSQL_NODE_STRING, &cursor->token.place);
    char *text OF_FREE = ksql_token_name(&cursor->token);
    node->text = ksql_arena_strdup(cursor->arena, text);
    node->text_length = strlen(text);
    ksql_cursor_next(cursor);
    return node;
}

static int fail_variable(struct ksql_cursor *cursor)
{
    const struct ksql_token *token = &cursor->token;
    return ksql_problem_set(cursor->problem, &token->place,
        "Illegal argument at Line: %d, Col: %d. Got: '%.*s'", token->place.line,
        token->place.column, (int)token->length, token->text);
}

static struct ksql_node *parse_word_literal(struct ksql_cursor *cursor)
{
    enum ksql_node_kind kind =
        ksql_cursor_is_word(cursor, "NULL") ? KSQL_NODE_NULL : KSQL_NODE_BOOLEAN;
    struct ksql_node *node = ksql_node_new(cursor->arena, kind, &cursor->token.place);
    node->number = ksql_cursor_is_word(cursor, "TRUE");
    ksql_cursor_next(cursor);
    return node;
}

static bool is_word_literal(const struct ksql_cursor *cursor)
{
    return ksql_cursor_is_word(cursor, "NULL") || ksql_cursor_is_word(cursor, "TRUE") ||
           ksql_cursor_is_word(cursor, "FALSE");
}

int ksql_parse_literal(struct ksql_cursor *cursor, struct ksql_node **node)
{
    struct ksql_token ahead = ksql_cursor_peek(cursor);
    if (ksql_cursor_settle_literal(cursor))
        return OF_INPUT;
    if (is_number(&cursor->token))
        return parse_number(cursor, false, node);
    if (ksql_cursor_is_symbol(cursor, "-") && is_number(&ahead)) {
        struct ksql_place place = cursor->token.place;
        ksql_cursor_next(cursor);
        int status = parse_number(cursor, true, node);
        if (!status)
            (*node)->place = place;
        return status;
    }
    if (cursor->token.kind == KSQL_TOKEN_STRING)
        *node = parse_string(cursor);
    else if (is_word_literal(cursor))
        *node = parse_word_literal(cursor);
    else if (cursor->token.kind == KSQL_TOKEN_VARIABLE)
        return fail_variable(cursor);
    else
        return ksql_cursor_fail_value(cursor);
    return 0;
}

static int parse_case(struct ksql_cursor *cursor, struct ksql_node **node)
{
    struct ksql_node *found = ksql_node_new(cursor->arena, KSQL_NODE_CASE, &cursor->token.place);
    ksql_cursor_next(cursor);
    if (!ksql_cursor_is_word(cursor, "WHEN"))
        return ksql_cursor_unsupported(cursor, "CASE with an operand");
    while (ksql_cursor_take_word(cursor, "WHEN")) {
        struct ksql_node *condition, *result;
        if (ksql_parse_expression(cursor, &condition) || ksql_cursor_expect_word(cursor, "THEN") ||
            ksql_parse_expression(cursor, &result))
            return OF_INPUT;
        ksql_node_add(cursor->arena, found, condition);
        ksql_node_add(cursor->arena, found, result);
    }
    if (ksql_cursor_take_word(cursor, "ELSE")) {
        struct ksql_node *otherwise;
        if (ksql_parse_expression(cursor, &otherwise))
            return OF_INPUT;
        ksql_node_add(cursor->arena, found, otherwise);
    }
    *node = found;
    return ksql_cursor_expect_word(cursor, "END");
}

static int parse_cast(struct ksql_cursor *cursor, struct ksql_node **node)
{
    struct ksql_node *cast = ksql_node_new(cursor->arena, KSQL_NODE_CAST, &cursor->token.place);
    struct ksql_node *value;
    ksql_cursor_next(cursor);
    if (ksql_cursor_expect_symbol(cursor, "(") || ksql_parse_expression(cursor, &value) ||
        ksql_cursor_expect_word(cursor, "AS") || ksql_parse_type(cursor, &cast->type) ||
        ksql_cursor_expect_symbol(cursor, ")"))
        return OF_INPUT;
    ksql_node_add(cursor->arena, cast, value);
    *node = cast;
    return 0;
}

static int parse_argument(struct ksql_cursor *cursor, struct ksql_node *call)
{
    struct ksql_node *argument;
    if (ksql_parse_argument(cursor, &argument))
        return OF_INPUT;
    if (call->count == KSQL_COLUMNS_MAX)
        return ksql_problem_set(cursor->problem, &argument->place,
            "a call has more than %d arguments", KSQL_COLUMNS_MAX);
    ksql_node_add(cursor->arena, call, argument);
    return 0;
}

static int parse_call(struct ksql_cursor *cursor, struct ksql_node **node)
{
    struct ksql_node *call = ksql_node_new(cursor->arena, KSQL_NODE_CALL, &cursor->token.place);
    if (ksql_cursor_name(cursor, &call->name) || ksql_cursor_expect_symbol(cursor, "("))
        return OF_INPUT;
    *node = call;
    if (ksql_cursor_take_symbol(cursor, "*")) { /* COUNT(*) */
        call->number = 1;
        return ksql_cursor_expect_symbol(cursor, ")");
    }
    if (ksql_cursor_take_symbol(cursor, ")"))
        return 0;
    do {
        if (parse_argument(cursor, call))
            return OF_INPUT;
    } while (ksql_cursor_take_symbol(cursor, ","));
    return ksql_cursor_expect_symbol(cursor, ")");
}

static int parse_column(struct ksql_cursor *cursor, struct ksql_node **node)
{
    struct ksql_node *column = ksql_node_new(cursor->arena, KSQL_NODE_COLUMN, &cursor->token.place);
    if (ksql_cursor_name(cursor, &column->name))
        return OF_INPUT;
    struct ksql_token ahead = ksql_cursor_peek(cursor);
    if (ksql_cursor_is_symbol(cursor, ".") && !ksql_token_is_symbol(&ahead, "*")) {
        ksql_cursor_next(cursor);
        column->source = column->name;
        if (ksql_cursor_name(cursor, &column->name))
            return OF_INPUT;
    }
    *node = column;
    return 0;
}

static int parse_parentheses(struct ksql_cursor *cursor, struct ksql_node **node)
{
    ksql_cursor_next(cursor);
    if (ksql_parse_expression(cursor, node))
        return OF_INPUT;
    return ksql_cursor_expect_symbol(cursor, ")");
}

/* DATE '2026-11-21': the grammar has it for any name, but only a quoted `DECIMAL` means anything.
 */
static int fail_constructor(struct ksql_cursor *cursor)
{
    const struct ksql_place place = cursor->token.place;
    const char *name;
    if (ksql_cursor_name(cursor, &name))
        return OF_INPUT;
    if (strcmp(name, "DECIMAL") == 0)
        return ksql_problem_unsupported(cursor->problem, &place, "A constructor of DECIMAL");
    return ksql_problem_set(cursor->problem, &place,
        "Failed to prepare statement: Unknown type: %s, location:Optional[Line: %d, Col: %d]", name,
        place.line, place.column);
}

static int parse_atom(struct ksql_cursor *cursor, struct ksql_node **node)
{
    struct ksql_token ahead = ksql_cursor_peek(cursor);
    if (ksql_cursor_is_symbol(cursor, "("))
        return parse_parentheses(cursor, node);
    if (ksql_cursor_is_word(cursor, "CASE"))
        return parse_case(cursor, node);
    if (ksql_cursor_is_word(cursor, "CAST"))
        return parse_cast(cursor, node);
    if (ksql_cursor_is_word(cursor, "ARRAY") && ksql_token_is_symbol(&ahead, "["))
        return ksql_parse_array(cursor, node);
    if (ksql_cursor_is_word(cursor, "MAP") && ksql_token_is_symbol(&ahead, "("))
        return ksql_parse_map(cursor, node);
    if (ksql_cursor_is_word(cursor, "STRUCT") && ksql_token_is_symbol(&ahead, "("))
        return ksql_parse_struct(cursor, node);
    if (ksql_cursor_is_name(cursor) && ahead.kind == KSQL_TOKEN_STRING)
        return fail_constructor(cursor);
    /* A variable alone is a value, not a column. */
    bool variable = cursor->token.kind == KSQL_TOKEN_VARIABLE;
    bool names = ksql_token_is_symbol(&ahead, "(") || ksql_token_is_symbol(&ahead, ".");
    if (ksql_cursor_is_name(cursor) && (!variable || names))
        return ksql_token_is_symbol(&ahead, "(") ? parse_call(cursor, node)
                                                 : parse_column(cursor, node);
    return ksql_parse_literal(cursor, node);
}

int ksql_parse_primary(struct ksql_cursor *cursor, struct ksql_node **node)
{
    struct ksql_node *base;
    if (ksql_cursor_enter(cursor) || parse_atom(cursor, &base))
        return OF_INPUT;
    for (;;) {
        struct ksql_token ahead = ksql_cursor_peek(cursor);
        struct ksql_node *outer;
        if (ksql_cursor_is_symbol(cursor, "->") && !ksql_token_is_symbol(&ahead, "*")) {
            ksql_cursor_next(cursor);
            outer = ksql_node_new(cursor->arena, KSQL_NODE_FIELD, &base->place);
            if (ksql_cursor_name(cursor, &outer->name))
                return OF_INPUT;
            ksql_node_add(cursor->arena, outer, base);
        } else if (ksql_cursor_is_symbol(cursor, "[")) {
            struct ksql_node *index;
            ksql_cursor_next(cursor);
            outer = ksql_node_new(cursor->arena, KSQL_NODE_SUBSCRIPT, &base->place);
            if (ksql_parse_value_expression(cursor, &index) ||
                ksql_cursor_expect_symbol(cursor, "]"))
                return OF_INPUT;
            ksql_node_add(cursor->arena, outer, base);
            ksql_node_add(cursor->arena, outer, index);
        } else {
            break;
        }
        if (base->depth >= KSQL_EXPRESSION_DEPTH_MAX)
            return ksql_cursor_too_deep(cursor);
        base = outer;
    }
    ksql_cursor_leave(cursor);
    *node = base;
    return 0;
}
