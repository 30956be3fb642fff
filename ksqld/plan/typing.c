/* Types of expressions: literals, columns, fields, logic and CASE. Operators, casts, collections
 * and calls have files of their own. */
#include "ksqld/plan/typing.h"

#include "ksqld/lang/node.h"

#include <stdlib.h>

#define SHOWN_MAX (1024u * 1024)

const struct ksql_type *ksql_basic_type(enum ksql_type_kind kind)
{
    static const struct ksql_type types[] = {
        [KSQL_NULL] = {.kind = KSQL_NULL},
        [KSQL_BOOLEAN] = {.kind = KSQL_BOOLEAN},
        [KSQL_INTEGER] = {.kind = KSQL_INTEGER},
        [KSQL_BIGINT] = {.kind = KSQL_BIGINT},
        [KSQL_DOUBLE] = {.kind = KSQL_DOUBLE},
        [KSQL_STRING] = {.kind = KSQL_STRING},
        [KSQL_BYTES] = {.kind = KSQL_BYTES},
        [KSQL_TIMESTAMP] = {.kind = KSQL_TIMESTAMP},
        [KSQL_DATE] = {.kind = KSQL_DATE},
        [KSQL_TIME] = {.kind = KSQL_TIME},
    };
    return &types[kind];
}

struct ksql_type *ksql_decimal_type(struct ksql_arena *arena, int precision, int scale)
{
    struct ksql_type *type = ksql_arena_new(arena, sizeof(*type));
    *type = (struct ksql_type){.kind = KSQL_DECIMAL, .precision = precision, .scale = scale};
    return type;
}

struct ksql_expression *ksql_expression_new(
    const struct ksql_scope *scope, const struct ksql_node *node, const struct ksql_type *type)
{
    struct ksql_expression *expression = ksql_arena_new(scope->arena, sizeof(*expression));
    expression->kind = node->kind;
    expression->op = node->op;
    expression->type = type;
    return expression;
}

void ksql_expression_add(const struct ksql_scope *scope, struct ksql_expression *expression,
    struct ksql_expression *item)
{
    *ksql_arena_append(scope->arena, expression->items, expression->count) = item;
}

static const char *keep_shown(const struct ksql_scope *scope, struct of_buffer *text)
{
    return ksql_arena_strndup(scope->arena, (const char *)text->data, text->length);
}

const char *ksql_show_node(const struct ksql_scope *scope, const struct ksql_node *node)
{
    struct of_buffer text OF_CLEANUP(of_buffer_release);
    of_buffer_init(&text, SHOWN_MAX);
    ksql_node_format(node, false, false, &text);
    return keep_shown(scope, &text);
}

const char *ksql_show_type(const struct ksql_scope *scope, const struct ksql_type *type)
{
    struct of_buffer text OF_CLEANUP(of_buffer_release);
    of_buffer_init(&text, SHOWN_MAX);
    ksql_type_format(type, true, &text);
    return keep_shown(scope, &text);
}

bool ksql_type_is_number(const struct ksql_type *type)
{
    return type->kind == KSQL_INTEGER || type->kind == KSQL_BIGINT || type->kind == KSQL_DECIMAL ||
           type->kind == KSQL_DOUBLE;
}

/* ---- literals ---- */

bool ksql_decimal_parse(const char *text, __int128 *units, int *precision, int *scale)
{
    bool negative = *text == '-', point = false;
    __int128 value = 0;
    int digits = 0, behind = 0;
    for (text += negative; *text; text++) {
        if (*text == '.') {
            point = true;
            continue;
        }
        if (behind == KSQL_DECIMAL_PRECISION_MAX || digits > KSQL_DECIMAL_PRECISION_MAX)
            return false;
        value = value * 10 + (*text - '0');
        digits += value != 0; /* leading zeros are no digits */
        behind += point;
    }
    if (digits > KSQL_DECIMAL_PRECISION_MAX)
        return false;
    *units = negative ? -value : value;
    *scale = behind;
    /* Java counts 0.005 as one digit; SQL wants those behind the point and one before it. */
    *precision = digits <= behind ? behind + 1 : digits;
    return *precision <= KSQL_DECIMAL_PRECISION_MAX;
}

static int type_decimal(const struct ksql_scope *scope, const struct ksql_node *node,
    struct ksql_expression **expression)
{
    __int128 units;
    int precision, scale;
    if (!ksql_decimal_parse(node->text, &units, &precision, &scale))
        return ksql_problem_unsupported(scope->problem, &node->place,
            "A decimal of more than %d digits", KSQL_DECIMAL_PRECISION_MAX);
    *expression =
        ksql_expression_new(scope, node, ksql_decimal_type(scope->arena, precision, scale));
    (*expression)->literal.decimal = units;
    return 0;
}

static int type_literal(const struct ksql_scope *scope, const struct ksql_node *node,
    struct ksql_expression **expression)
{
    static const enum ksql_type_kind kinds[] = {[KSQL_NODE_NULL] = KSQL_NULL,
        [KSQL_NODE_BOOLEAN] = KSQL_BOOLEAN,
        [KSQL_NODE_INTEGER] = KSQL_INTEGER,
        [KSQL_NODE_BIGINT] = KSQL_BIGINT,
        [KSQL_NODE_DECIMAL] = KSQL_DECIMAL,
        [KSQL_NODE_DOUBLE] = KSQL_DOUBLE,
        [KSQL_NODE_STRING] = KSQL_STRING};
    if (node->kind == KSQL_NODE_DECIMAL)
        return type_decimal(scope, node, expression);
    struct ksql_expression *literal =
        ksql_expression_new(scope, node, ksql_basic_type(kinds[node->kind]));
    if (node->kind == KSQL_NODE_NULL)
        literal->literal = KSQL_VALUE_NULL;
    else if (node->kind == KSQL_NODE_STRING)
        literal->literal.text = (struct of_text){
            ksql_arena_strndup(scope->arena, node->text, node->text_length), node->text_length};
    else if (node->kind == KSQL_NODE_DOUBLE)
        literal->literal.real = strtod(node->text, NULL);
    else
        literal->literal.number = node->number;
    *expression = literal;
    return 0;
}

/* ---- columns and fields ---- */

static int type_column(const struct ksql_scope *scope, const struct ksql_node *node,
    struct ksql_expression **expression)
{
    size_t slot = ksql_scope_slot(scope, node->name);
    if (slot == SIZE_MAX)
        return ksql_problem_set(scope->problem, &node->place, "Unknown column %s.", node->name);
    *expression = ksql_expression_new(scope, node, ksql_scope_slot_type(scope, slot));
    (*expression)->index = slot;
    return 0;
}

/* The innermost lambda that has the name. */
static int type_variable(const struct ksql_scope *scope, const struct ksql_node *node,
    struct ksql_expression **expression)
{
    for (const struct ksql_variables *own = scope->variables; own; own = own->outer) {
        for (size_t i = 0; i < own->count; i++) {
            if (strcmp(own->names[i], node->name) != 0)
                continue;
            *expression = ksql_expression_new(scope, node, own->types[i]);
            (*expression)->index = own->first + i;
            return 0;
        }
    }
    return ksql_problem_set(
        scope->problem, &node->place, "Unknown lambda variable %s.", node->name);
}

static int type_field(const struct ksql_scope *scope, const struct ksql_node *node,
    struct ksql_expression **expression)
{
    struct ksql_expression *base;
    if (ksql_type_expression(scope, node->items[0], &base))
        return OF_INPUT;
    if (base->type->kind != KSQL_STRUCT)
        return ksql_problem_set(scope->problem, &node->place, "Expected STRUCT type, got: %s",
            ksql_show_type(scope, base->type));
    for (size_t i = 0; i < base->type->field_count; i++) {
        if (strcmp(base->type->fields[i].name, node->name) != 0)
            continue;
        *expression = ksql_expression_new(scope, node, base->type->fields[i].type);
        (*expression)->index = i;
        ksql_expression_add(scope, *expression, base);
        return 0;
    }
    return ksql_problem_set(scope->problem, &node->place, "Could not find field '%s' in '%s'.",
        node->name, ksql_show_node(scope, node->items[0]));
}

/* ---- logic ---- */

/* ksqlDB compiles these to Java, which then fails. */
static int type_condition(const struct ksql_scope *scope, const struct ksql_node *node,
    struct ksql_expression **expression)
{
    if (ksql_type_expression(scope, node, expression))
        return OF_INPUT;
    if ((*expression)->type->kind == KSQL_BOOLEAN)
        return 0;
    return ksql_problem_unsupported(scope->problem, &node->place,
        "%s as a condition, which is no boolean,", ksql_show_node(scope, node));
}

static int type_logic(const struct ksql_scope *scope, const struct ksql_node *node,
    struct ksql_expression **expression)
{
    struct ksql_expression *logic = ksql_expression_new(scope, node, ksql_basic_type(KSQL_BOOLEAN));
    for (size_t i = 0; i < node->count; i++) {
        struct ksql_expression *item;
        if (type_condition(scope, node->items[i], &item))
            return OF_INPUT;
        ksql_expression_add(scope, logic, item);
    }
    *expression = logic;
    return 0;
}

static int type_null_test(const struct ksql_scope *scope, const struct ksql_node *node,
    struct ksql_expression **expression)
{
    struct ksql_expression *item;
    if (ksql_type_expression(scope, node->items[0], &item))
        return OF_INPUT;
    *expression = ksql_expression_new(scope, node, ksql_basic_type(KSQL_BOOLEAN));
    ksql_expression_add(scope, *expression, item);
    return 0;
}

/* ---- CASE ---- */

/* Takes the result of a branch into the type so far; NULL fits to everything. */
static int join_result(const struct ksql_scope *scope, const struct ksql_node *node, bool last,
    const struct ksql_type *type, const struct ksql_type **joined)
{
    if (type->kind == KSQL_NULL || (*joined && ksql_type_equal(type, *joined)))
        return 0;
    if (!*joined) {
        *joined = type;
        return 0;
    }
    if (last)
        return ksql_problem_set(scope->problem, &node->place,
            "Invalid Case expression. Type for the default clause should be the same as for "
            "'THEN' clauses.\nTHEN type: %s.\nDEFAULT type: %s.",
            ksql_show_type(scope, *joined), ksql_show_type(scope, type));
    return ksql_problem_set(scope->problem, &node->place,
        "Invalid Case expression. Type for all 'THEN' clauses should be the same.\nTHEN expression "
        "'%s' has type: %s.\nPrevious THEN expression(s) type: %s.",
        ksql_show_node(scope, node), ksql_show_type(scope, type), ksql_show_type(scope, *joined));
}

static int type_when(const struct ksql_scope *scope, const struct ksql_node *node,
    struct ksql_expression **expression)
{
    if (ksql_type_expression(scope, node, expression))
        return OF_INPUT;
    const struct ksql_type *type = (*expression)->type;
    if (type->kind == KSQL_NULL)
        return ksql_problem_unsupported(scope->problem, &node->place, "WHEN NULL");
    if (type->kind == KSQL_BOOLEAN)
        return 0;
    return ksql_problem_set(scope->problem, &node->place,
        "WHEN operand type should be boolean.\nType for '%s' is %s", ksql_show_node(scope, node),
        ksql_show_type(scope, type));
}

static int type_case(const struct ksql_scope *scope, const struct ksql_node *node,
    struct ksql_expression **expression)
{
    struct ksql_expression *found = ksql_expression_new(scope, node, NULL);
    const struct ksql_type *joined = NULL;
    for (size_t i = 0; i < node->count; i++) {
        bool otherwise = i + 1 == node->count && node->count % 2;
        struct ksql_expression *item;
        if (i % 2 == 0 && !otherwise) {
            if (type_when(scope, node->items[i], &item))
                return OF_INPUT;
        } else {
            if (ksql_type_expression(scope, node->items[i], &item) ||
                join_result(scope, node->items[i], otherwise, item->type, &joined))
                return OF_INPUT;
        }
        ksql_expression_add(scope, found, item);
    }
    if (!joined)
        return ksql_problem_set(scope->problem, &node->place,
            "Invalid Case expression. All case branches have NULL type");
    found->type = joined;
    *expression = found;
    return 0;
}

static int type_node(const struct ksql_scope *scope, const struct ksql_node *node,
    struct ksql_expression **expression)
{
    switch (node->kind) {
    case KSQL_NODE_NULL:
    case KSQL_NODE_BOOLEAN:
    case KSQL_NODE_INTEGER:
    case KSQL_NODE_BIGINT:
    case KSQL_NODE_DECIMAL:
    case KSQL_NODE_DOUBLE:
    case KSQL_NODE_STRING:
        return type_literal(scope, node, expression);
    case KSQL_NODE_COLUMN:
        return type_column(scope, node, expression);
    case KSQL_NODE_FIELD:
        return type_field(scope, node, expression);
    case KSQL_NODE_SIGN:
    case KSQL_NODE_ARITHMETIC:
        return ksql_type_arithmetic(scope, node, expression);
    case KSQL_NODE_COMPARISON:
        return ksql_type_comparison(scope, node, expression);
    case KSQL_NODE_AND:
    case KSQL_NODE_OR:
    case KSQL_NODE_NOT:
        return type_logic(scope, node, expression);
    case KSQL_NODE_IS_NULL:
    case KSQL_NODE_IS_NOT_NULL:
        return type_null_test(scope, node, expression);
    case KSQL_NODE_CASE:
        return type_case(scope, node, expression);
    case KSQL_NODE_CAST:
        return ksql_type_cast(scope, node, expression);
    case KSQL_NODE_CALL:
        return ksql_type_call(scope, node, expression);
    case KSQL_NODE_BETWEEN:
        return ksql_type_between(scope, node, expression);
    case KSQL_NODE_IN:
    case KSQL_NODE_LIKE:
    case KSQL_NODE_SUBSCRIPT:
    case KSQL_NODE_ARRAY:
    case KSQL_NODE_MAP:
    case KSQL_NODE_STRUCT:
        return ksql_type_collection(scope, node, expression);
    case KSQL_NODE_VARIABLE:
        return type_variable(scope, node, expression);
    case KSQL_NODE_LAMBDA:
    case KSQL_NODE_UNIT: /* arguments of calls only, which see to them */
        break;
    }
    return ksql_problem_unsupported(scope->problem, &node->place, "This expression");
}

/* Columns and literals never fail; some of their nodes are gone soon. */
int ksql_type_expression(const struct ksql_scope *scope, const struct ksql_node *node,
    struct ksql_expression **expression)
{
    int status = type_node(scope, node, expression);
    if (!status && !(*expression)->node && (node->count || node->kind == KSQL_NODE_CALL))
        (*expression)->node = node;
    return status;
}
