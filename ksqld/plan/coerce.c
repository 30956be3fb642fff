/* Lists that users write, as in IN (...) or ARRAY[...]: their common type, and each item brought to
 * it. Rules as in ksqlDB's coercer: literals are read as text or number at once, other expressions
 * get a CAST. */
#include "ksqld/exec/cast.h"
#include "ksqld/exec/evaluate.h"
#include "ksqld/plan/typing.h"

#define MISMATCH 1 /* types that don't go together: named where the list is, not inside of it */

static bool is_literal(const struct ksql_node *node)
{
    return node->kind <= KSQL_NODE_STRING;
}

static int fail(const struct ksql_scope *scope, const struct ksql_node *node,
    const struct ksql_type *from, const struct ksql_type *to)
{
    return ksql_problem_set(scope->problem, &node->place,
        "operator does not exist: %s = %s (%s)\nHint: You might need to add explicit type casts.",
        ksql_show_type(scope, to), ksql_show_type(scope, from), ksql_show_node(scope, node));
}

static int fail_syntax(
    const struct ksql_scope *scope, const struct ksql_node *node, const struct ksql_type *to)
{
    return ksql_problem_set(scope->problem, &node->place,
        "invalid input syntax for type %s: \"%s\".", ksql_type_kind_name(to->kind), node->text);
}

/* ---- simple types ---- */

static const struct ksql_type *widen(
    const struct ksql_scope *scope, const struct ksql_type *a, const struct ksql_type *b)
{
    struct ksql_type x = ksql_as_decimal(a), y = ksql_as_decimal(b);
    int whole_x = x.precision - x.scale, whole_y = y.precision - y.scale;
    int scale = x.scale > y.scale ? x.scale : y.scale;
    int precision = (whole_x > whole_y ? whole_x : whole_y) + scale;
    return precision > KSQL_DECIMAL_PRECISION_MAX
               ? NULL
               : ksql_decimal_type(scope->arena, precision, scale);
}

static bool is_time(enum ksql_type_kind kind)
{
    return kind == KSQL_TIMESTAMP || kind == KSQL_DATE || kind == KSQL_TIME;
}

static const struct ksql_type *can_coerce(const struct ksql_scope *scope,
    const struct ksql_type *from, const struct ksql_type *to, bool lax);

static const struct ksql_type *can_coerce_number(
    const struct ksql_scope *scope, const struct ksql_type *from, const struct ksql_type *to)
{
    if (from->kind == KSQL_DOUBLE || to->kind == KSQL_DOUBLE)
        return to->kind == KSQL_DOUBLE ? to : NULL;
    if (to->kind == KSQL_DECIMAL)
        return widen(scope, from, to);
    if (from->kind == KSQL_DECIMAL)
        return NULL;
    return from->kind == KSQL_INTEGER || to->kind == KSQL_BIGINT ? to : NULL;
}

static size_t field_index(const struct ksql_type *type, const char *name)
{
    size_t i = 0;
    while (i < type->field_count && strcmp(type->fields[i].name, name) != 0)
        i++;
    return i;
}

/* Fields of either; those of both as one. */
static const struct ksql_type *can_coerce_fields(const struct ksql_scope *scope,
    const struct ksql_type *from, const struct ksql_type *to, bool lax)
{
    struct ksql_type *merged = ksql_arena_new(scope->arena, sizeof(*merged));
    struct ksql_field *fields = NULL;
    merged->kind = KSQL_STRUCT;
    for (size_t i = 0; i < from->field_count; i++) {
        struct ksql_field field = from->fields[i];
        size_t j = field_index(to, field.name);
        if (j < to->field_count)
            field.type = can_coerce(scope, field.type, to->fields[j].type, lax);
        if (!field.type)
            return NULL;
        *ksql_arena_append(scope->arena, fields, merged->field_count) = field;
    }
    for (size_t j = 0; j < to->field_count; j++) {
        if (field_index(from, to->fields[j].name) == from->field_count)
            *ksql_arena_append(scope->arena, fields, merged->field_count) = to->fields[j];
    }
    merged->fields = fields;
    return merged;
}

static const struct ksql_type *can_coerce_nested(const struct ksql_scope *scope,
    const struct ksql_type *from, const struct ksql_type *to, bool lax)
{
    if (from->kind == KSQL_STRUCT)
        return can_coerce_fields(scope, from, to, lax);
    struct ksql_type *type = ksql_arena_new(scope->arena, sizeof(*type));
    type->kind = from->kind;
    type->element = can_coerce(scope, from->element, to->element, lax);
    if (from->kind == KSQL_MAP)
        type->key = can_coerce(scope, from->key, to->key, lax);
    return type->element && (type->key || from->kind == KSQL_ARRAY) ? type : NULL;
}

/* The type that both have then; NULL: none. `lax`: literals, which text and numbers may be. */
static const struct ksql_type *can_coerce(const struct ksql_scope *scope,
    const struct ksql_type *from, const struct ksql_type *to, bool lax)
{
    enum ksql_type_kind a = from->kind, b = to->kind;
    bool numbers = ksql_type_is_number(from) && ksql_type_is_number(to);
    if (numbers)
        return can_coerce_number(scope, from, to);
    if (a == b)
        return a >= KSQL_ARRAY ? can_coerce_nested(scope, from, to, lax) : to;
    if (a == KSQL_STRING && (is_time(b) || b == KSQL_BYTES))
        return to;
    if (!lax)
        return NULL;
    bool simple = ksql_type_is_number(from) || a == KSQL_BOOLEAN || is_time(a);
    if (b == KSQL_STRING && simple)
        return to;
    return a == KSQL_STRING && (ksql_type_is_number(to) || b == KSQL_BOOLEAN) ? to : NULL;
}

/* ---- the common type ---- */

/* 0, MISMATCH, or OF_INPUT with *scope->problem. */
static int join(const struct ksql_scope *scope, const struct ksql_node *node,
    const struct ksql_type *type, const struct ksql_type **common);

/* The number that text of a literal is by itself. */
static int join_number_text(
    const struct ksql_scope *scope, const struct ksql_node *node, const struct ksql_type **common)
{
    struct of_text text = {node->text, node->text_length};
    const struct ksql_type *own = ksql_number_type(scope->arena, text);
    if (!own)
        return fail_syntax(scope, node, *common);
    if ((*common)->kind == KSQL_DOUBLE)
        return 0;
    if (own->kind == KSQL_DECIMAL || (*common)->kind == KSQL_DECIMAL)
        *common = widen(scope, own, *common);
    else if (own->kind == KSQL_BIGINT)
        *common = own;
    if (*common)
        return 0;
    return ksql_problem_unsupported(scope->problem, &node->place,
        "A decimal of more than %d digits", KSQL_DECIMAL_PRECISION_MAX);
}

static int join_text(const struct ksql_scope *scope, const struct ksql_node *node,
    const struct ksql_type **common, bool *done)
{
    bool truth;
    *done = true;
    if (ksql_type_is_number(*common))
        return join_number_text(scope, node, common);
    if ((*common)->kind == KSQL_BOOLEAN)
        return ksql_boolean_parse((struct of_text){node->text, node->text_length}, &truth)
                   ? 0
                   : fail_syntax(scope, node, *common);
    *done = false;
    return 0;
}

/* Items of a constructor join one by one, so that literals in it may become other types. */
static int join_items(const struct ksql_scope *scope, const struct ksql_node *node, size_t first,
    size_t step, const struct ksql_type **common)
{
    for (size_t i = first; i < node->count; i += step) {
        struct ksql_expression *item;
        int status = ksql_type_expression(scope, node->items[i], &item);
        if (!status)
            status = join(scope, node->items[i], item->type, common);
        if (status)
            return status;
    }
    return 0;
}

static int join_struct(const struct ksql_scope *scope, const struct ksql_node *node,
    const struct ksql_type *type, const struct ksql_type **common)
{
    struct ksql_type *merged = ksql_arena_new(scope->arena, sizeof(*merged));
    struct ksql_field *fields = NULL;
    merged->kind = KSQL_STRUCT;
    for (size_t i = 0; i < type->field_count; i++) {
        struct ksql_field field = type->fields[i];
        size_t j = field_index(*common, field.name);
        const struct ksql_type *joined = field.type;
        if (j < (*common)->field_count) {
            joined = (*common)->fields[j].type;
            int status = join(scope, node->items[i], field.type, &joined);
            if (status)
                return status;
        }
        field.type = joined;
        *ksql_arena_append(scope->arena, fields, merged->field_count) = field;
    }
    for (size_t j = 0; j < (*common)->field_count; j++) {
        if (field_index(type, (*common)->fields[j].name) == type->field_count)
            *ksql_arena_append(scope->arena, fields, merged->field_count) = (*common)->fields[j];
    }
    merged->fields = fields;
    *common = merged;
    return 0;
}

static int join_constructor(const struct ksql_scope *scope, const struct ksql_node *node,
    const struct ksql_type *type, const struct ksql_type **common)
{
    if ((*common)->kind != type->kind)
        return MISMATCH;
    if (type->kind == KSQL_STRUCT)
        return join_struct(scope, node, type, common);
    struct ksql_type *joined = ksql_arena_new(scope->arena, sizeof(*joined));
    *joined = **common;
    bool map = type->kind == KSQL_MAP;
    int status = map ? join_items(scope, node, 0, 2, &joined->key) : 0;
    if (!status)
        status = join_items(scope, node, map, 1 + (size_t)map, &joined->element);
    if (!status)
        *common = joined;
    return status;
}

static int join(const struct ksql_scope *scope, const struct ksql_node *node,
    const struct ksql_type *type, const struct ksql_type **common)
{
    bool done = false, literal = is_literal(node);
    if (type->kind == KSQL_NULL)
        return 0;
    if (!*common) {
        *common = type;
        return 0;
    }
    if (node->kind == KSQL_NODE_ARRAY || node->kind == KSQL_NODE_MAP ||
        node->kind == KSQL_NODE_STRUCT)
        return join_constructor(scope, node, type, common);
    if (node->kind == KSQL_NODE_STRING && join_text(scope, node, common, &done))
        return OF_INPUT;
    if (done)
        return 0;
    const struct ksql_type *joined = can_coerce(scope, type, *common, literal);
    if (!joined)
        joined = can_coerce(scope, *common, type, literal);
    if (!joined)
        return MISMATCH;
    *common = joined;
    return 0;
}

/* ---- conversion ---- */

/* A literal becomes another one at once. */
static int convert_literal(const struct ksql_scope *scope, const struct ksql_node *node,
    const struct ksql_type *to, struct ksql_expression **expression)
{
    struct ksql_frame frame = {.arena = scope->arena};
    struct ksql_value value = (*expression)->literal;
    struct ksql_expression *made = ksql_expression_new(scope, node, to);
    if (ksql_cast_value(&frame, (*expression)->type, &value, to, &made->literal))
        return fail(scope, node, (*expression)->type, to);
    *expression = made;
    return 0;
}

int ksql_coerce(const struct ksql_scope *scope, struct ksql_node *const *nodes,
    struct ksql_expression **expressions, size_t count, const struct ksql_type **common)
{
    *common = NULL;
    for (size_t i = 0; i < count; i++) {
        int status = join(scope, nodes[i], expressions[i]->type, common);
        if (status)
            return status == MISMATCH ? fail(scope, nodes[i], expressions[i]->type, *common)
                                      : status;
    }
    for (size_t i = 0; *common && i < count; i++) {
        const struct ksql_type *type = expressions[i]->type;
        if (type->kind == KSQL_NULL || ksql_type_equal(type, *common))
            continue;
        if (is_literal(nodes[i])) {
            if (convert_literal(scope, nodes[i], *common, &expressions[i]))
                return OF_INPUT;
            continue;
        }
        if (!ksql_cast_exists(type, *common))
            return ksql_problem_set(scope->problem, &nodes[i]->place,
                "Invalid %s: Cast of %s to %s is not supported. expression:%s", scope->clause,
                ksql_show_type(scope, type), ksql_show_type(scope, *common),
                ksql_show_node(scope, nodes[i]));
        if (ksql_cast_to(scope, nodes[i], *common, &expressions[i]))
            return OF_INPUT;
    }
    return 0;
}
