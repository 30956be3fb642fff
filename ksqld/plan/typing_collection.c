/* Types of subscripts, constructors, IN and LIKE. */
#include "ksqld/plan/typing.h"

/* ---- subscripts ---- */

static int type_subscript(const struct ksql_scope *scope, const struct ksql_node *node,
    struct ksql_expression **expression)
{
    struct ksql_expression *base, *index;
    if (ksql_type_expression(scope, node->items[0], &base) ||
        ksql_type_expression(scope, node->items[1], &index))
        return OF_INPUT;
    enum ksql_type_kind kind = base->type->kind;
    if (kind != KSQL_ARRAY && kind != KSQL_MAP) {
        const char *hint =
            kind == KSQL_STRUCT
                ? ksql_arena_printf(scope->arena,
                      " Use the dereference operator for STRUCTS: %s->%s",
                      ksql_show_node(scope, node->items[0]), ksql_show_node(scope, node->items[1]))
                : "";
        return ksql_problem_set(scope->problem, &node->place,
            "Subscript expression (%s) do not apply to %s.%s", ksql_show_node(scope, node),
            ksql_show_type(scope, base->type), hint);
    }
    /* Java casts to int, and asks the map for an object of the very class. */
    bool fits = kind == KSQL_MAP ? ksql_type_equal(index->type, base->type->key)
                                 : index->type->kind == KSQL_INTEGER;
    if (!fits)
        return ksql_problem_unsupported(scope->problem, &node->place, "A subscript of type %s",
            ksql_type_kind_name(index->type->kind));
    *expression = ksql_expression_new(scope, node, base->type->element);
    ksql_expression_add(scope, *expression, base);
    ksql_expression_add(scope, *expression, index);
    return 0;
}

/* ---- constructors ---- */

static int type_items(
    const struct ksql_scope *scope, const struct ksql_node *node, struct ksql_expression ***items)
{
    *items = ksql_arena_new_array(scope->arena, node->count + 1, sizeof(**items));
    for (size_t i = 0; i < node->count; i++) {
        if (ksql_type_expression(scope, node->items[i], &(*items)[i]))
            return OF_INPUT;
    }
    return 0;
}

/* Items in their order, each one NULL by itself if it fails. */
static void add_items(const struct ksql_scope *scope, struct ksql_expression *made,
    struct ksql_expression **items, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        items[i]->guarded = true;
        ksql_expression_add(scope, made, items[i]);
    }
}

static int type_array(const struct ksql_scope *scope, const struct ksql_node *node,
    struct ksql_expression **expression)
{
    struct ksql_expression **items;
    struct ksql_type *type = ksql_arena_new(scope->arena, sizeof(*type));
    type->kind = KSQL_ARRAY;
    if (!node->count)
        return ksql_problem_set(scope->problem, &node->place,
            "Array constructor cannot be empty. Please supply at least one element (see "
            "https://github.com/confluentinc/ksql/issues/4239).");
    if (type_items(scope, node, &items) ||
        ksql_coerce(scope, node->items, items, node->count, &type->element))
        return OF_INPUT;
    if (!type->element)
        return ksql_problem_set(scope->problem, &node->place,
            "Cannot construct an array with all NULL elements (see "
            "https://github.com/confluentinc/ksql/issues/4239). As a workaround, you may cast a "
            "NULL value to the desired type.");
    *expression = ksql_expression_new(scope, node, type);
    add_items(scope, *expression, items, node->count);
    return 0;
}

/* Keys or values of a MAP, which stand by turns. */
static int coerce_half(const struct ksql_scope *scope, const struct ksql_node *node,
    struct ksql_expression **items, size_t first, const struct ksql_type **type)
{
    size_t count = node->count / 2;
    struct ksql_node **nodes = ksql_arena_new_array(scope->arena, count, sizeof(*nodes));
    struct ksql_expression **half = ksql_arena_new_array(scope->arena, count, sizeof(*half));
    for (size_t i = 0; i < count; i++) {
        nodes[i] = node->items[2 * i + first];
        half[i] = items[2 * i + first];
    }
    if (ksql_coerce(scope, nodes, half, count, type))
        return OF_INPUT;
    for (size_t i = 0; i < count; i++)
        items[2 * i + first] = half[i];
    return 0;
}

static int type_map(const struct ksql_scope *scope, const struct ksql_node *node,
    struct ksql_expression **expression)
{
    struct ksql_expression **items;
    struct ksql_type *type = ksql_arena_new(scope->arena, sizeof(*type));
    type->kind = KSQL_MAP;
    if (!node->count)
        return ksql_problem_set(scope->problem, &node->place,
            "Map constructor cannot be empty. Please supply at least one key value pair (see "
            "https://github.com/confluentinc/ksql/issues/4239).");
    if (type_items(scope, node, &items) || coerce_half(scope, node, items, 0, &type->key))
        return OF_INPUT;
    if (!type->key)
        return ksql_problem_set(scope->problem, &node->place,
            "Cannot construct a map with all NULL keys (see "
            "https://github.com/confluentinc/ksql/issues/4239). As a workaround, you may cast a "
            "NULL key to the desired type.");
    if (coerce_half(scope, node, items, 1, &type->element))
        return OF_INPUT;
    if (!type->element)
        return ksql_problem_set(scope->problem, &node->place,
            "Cannot construct a map with all NULL values (see "
            "https://github.com/confluentinc/ksql/issues/4239). As a workaround, you may cast a "
            "NULL value to the desired type.");
    *expression = ksql_expression_new(scope, node, type);
    add_items(scope, *expression, items, node->count);
    return 0;
}

static int type_struct(const struct ksql_scope *scope, const struct ksql_node *node,
    struct ksql_expression **expression)
{
    struct ksql_expression **items;
    struct ksql_type *type = ksql_arena_new(scope->arena, sizeof(*type));
    struct ksql_field *fields = ksql_arena_new_array(scope->arena, node->count, sizeof(*fields));
    if (type_items(scope, node, &items))
        return OF_INPUT;
    for (size_t i = 0; i < node->count; i++) {
        fields[i] = (struct ksql_field){node->names[i], items[i]->type};
        if (items[i]->type->kind == KSQL_NULL)
            return ksql_problem_unsupported(
                scope->problem, &node->place, "NULL without a type in a STRUCT");
        for (size_t j = 0; j < i; j++) {
            if (strcmp(node->names[j], node->names[i]) == 0)
                return ksql_problem_set(scope->problem, &node->place,
                    "Duplicate field names found in STRUCT: '%s'", node->names[i]);
        }
    }
    *type = (struct ksql_type){.kind = KSQL_STRUCT, .fields = fields, .field_count = node->count};
    *expression = ksql_expression_new(scope, node, type);
    add_items(scope, *expression, items, node->count);
    return 0;
}

/* ---- IN and LIKE ---- */

/* NULL never matches: it is left out of the list. */
static int coerce_in(const struct ksql_scope *scope, const struct ksql_node *node,
    struct ksql_expression **expression)
{
    struct ksql_expression **items;
    struct ksql_node **nodes = ksql_arena_new_array(scope->arena, node->count, sizeof(*nodes));
    const struct ksql_type *common;
    size_t count = 0;
    if (type_items(scope, node, &items))
        return OF_INPUT;
    for (size_t i = 0; i < node->count; i++) {
        if (i && node->items[i]->kind == KSQL_NODE_NULL)
            continue;
        nodes[count] = node->items[i];
        items[count++] = items[i];
    }
    if (count < 2)
        return ksql_problem_unsupported(
            scope->problem, &node->place, "IN a list of nothing but NULL");
    if (ksql_coerce(scope, nodes, items, count, &common))
        return OF_INPUT;
    *expression = ksql_expression_new(scope, node, ksql_basic_type(KSQL_BOOLEAN));
    for (size_t i = 0; i < count; i++)
        ksql_expression_add(scope, *expression, items[i]);
    return 0;
}

/* ksqlDB finds these errors only when it compiles the clause. */
static int type_in(const struct ksql_scope *scope, const struct ksql_node *node,
    struct ksql_expression **expression)
{
    int status = coerce_in(scope, node, expression);
    if (status && scope->clause)
        ksql_problem_prefix(
            scope->problem, ksql_arena_printf(scope->arena, "Invalid %s: ", scope->clause));
    return status;
}

static int type_like(const struct ksql_scope *scope, const struct ksql_node *node,
    struct ksql_expression **expression)
{
    struct ksql_expression **items;
    if (type_items(scope, node, &items))
        return OF_INPUT;
    for (size_t i = 0; i < node->count; i++) {
        if (items[i]->type->kind != KSQL_STRING)
            return ksql_problem_unsupported(scope->problem, &node->place, "LIKE with %s",
                ksql_type_kind_name(items[i]->type->kind));
    }
    *expression = ksql_expression_new(scope, node, ksql_basic_type(KSQL_BOOLEAN));
    (*expression)->literal.number = node->text ? (uint8_t)*node->text : -1;
    for (size_t i = 0; i < node->count; i++)
        ksql_expression_add(scope, *expression, items[i]);
    return 0;
}

int ksql_type_collection(const struct ksql_scope *scope, const struct ksql_node *node,
    struct ksql_expression **expression)
{
    switch (node->kind) {
    case KSQL_NODE_SUBSCRIPT:
        return type_subscript(scope, node, expression);
    case KSQL_NODE_ARRAY:
        return type_array(scope, node, expression);
    case KSQL_NODE_MAP:
        return type_map(scope, node, expression);
    case KSQL_NODE_STRUCT:
        return type_struct(scope, node, expression);
    case KSQL_NODE_IN:
        return type_in(scope, node, expression);
    default:
        return type_like(scope, node, expression);
    }
}
