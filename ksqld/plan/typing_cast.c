/* Which casts there are, and the expression that does one. */
#include "ksqld/plan/typing.h"

/* ksqlDB's table, the same for the types inside of others. */
static bool has_cast(enum ksql_type_kind from, enum ksql_type_kind to)
{
    static const struct {
        enum ksql_type_kind from, to;
    } casts[] = {
        {KSQL_BOOLEAN, KSQL_STRING},
        {KSQL_INTEGER, KSQL_BIGINT},
        {KSQL_INTEGER, KSQL_DECIMAL},
        {KSQL_INTEGER, KSQL_DOUBLE},
        {KSQL_INTEGER, KSQL_STRING},
        {KSQL_BIGINT, KSQL_INTEGER},
        {KSQL_BIGINT, KSQL_DECIMAL},
        {KSQL_BIGINT, KSQL_DOUBLE},
        {KSQL_BIGINT, KSQL_STRING},
        {KSQL_DECIMAL, KSQL_INTEGER},
        {KSQL_DECIMAL, KSQL_BIGINT},
        {KSQL_DECIMAL, KSQL_DECIMAL},
        {KSQL_DECIMAL, KSQL_DOUBLE},
        {KSQL_DECIMAL, KSQL_STRING},
        {KSQL_DOUBLE, KSQL_INTEGER},
        {KSQL_DOUBLE, KSQL_BIGINT},
        {KSQL_DOUBLE, KSQL_DECIMAL},
        {KSQL_DOUBLE, KSQL_STRING},
        {KSQL_STRING, KSQL_BOOLEAN},
        {KSQL_STRING, KSQL_INTEGER},
        {KSQL_STRING, KSQL_BIGINT},
        {KSQL_STRING, KSQL_DECIMAL},
        {KSQL_STRING, KSQL_DOUBLE},
        {KSQL_STRING, KSQL_TIMESTAMP},
        {KSQL_STRING, KSQL_TIME},
        {KSQL_STRING, KSQL_DATE},
        {KSQL_STRING, KSQL_BYTES},
        {KSQL_ARRAY, KSQL_ARRAY},
        {KSQL_ARRAY, KSQL_STRING},
        {KSQL_MAP, KSQL_MAP},
        {KSQL_MAP, KSQL_STRING},
        {KSQL_STRUCT, KSQL_STRUCT},
        {KSQL_STRUCT, KSQL_STRING},
        {KSQL_TIMESTAMP, KSQL_STRING},
        {KSQL_TIMESTAMP, KSQL_TIME},
        {KSQL_TIMESTAMP, KSQL_DATE},
        {KSQL_DATE, KSQL_TIMESTAMP},
        {KSQL_TIME, KSQL_STRING},
        {KSQL_DATE, KSQL_STRING},
    };
    for (size_t i = 0; i < OF_COUNT(casts); i++) {
        if (casts[i].from == from && casts[i].to == to)
            return true;
    }
    return false;
}

/* Fields are found by their name; those that only one side has don't matter. */
static bool casts_fields(const struct ksql_type *from, const struct ksql_type *to)
{
    for (size_t i = 0; i < from->field_count; i++) {
        for (size_t j = 0; j < to->field_count; j++) {
            if (strcmp(from->fields[i].name, to->fields[j].name) == 0 &&
                !ksql_cast_exists(from->fields[i].type, to->fields[j].type))
                return false;
        }
    }
    return true;
}

bool ksql_cast_exists(const struct ksql_type *from, const struct ksql_type *to)
{
    if (from->kind == KSQL_NULL || ksql_type_equal(from, to))
        return true;
    if (!has_cast(from->kind, to->kind))
        return false;
    if (to->kind == KSQL_STRUCT)
        return casts_fields(from, to);
    if (to->kind == KSQL_MAP && !ksql_cast_exists(from->key, to->key))
        return false;
    return to->kind == KSQL_STRING || !to->element || ksql_cast_exists(from->element, to->element);
}

/* What Java prints of these inside of a collection hangs on its time zone or says nothing. */
static const struct ksql_type *unprintable(const struct ksql_type *type)
{
    const struct ksql_type *found = NULL;
    if (type->kind == KSQL_TIMESTAMP || type->kind == KSQL_DATE || type->kind == KSQL_TIME ||
        type->kind == KSQL_BYTES)
        return type;
    if (type->key)
        found = unprintable(type->key);
    if (!found && type->element)
        found = unprintable(type->element);
    for (size_t i = 0; !found && i < type->field_count; i++)
        found = unprintable(type->fields[i].type);
    return found;
}

/* The type that keeps a cast from being exact here, wherever in it; NULL: none. */
static const struct ksql_type *obstacle(const struct ksql_type *from, const struct ksql_type *to)
{
    const struct ksql_type *found = NULL;
    if (from->kind < KSQL_ARRAY || ksql_type_equal(from, to))
        return NULL;
    if (to->kind == KSQL_STRING)
        return unprintable(from);
    if (from->key)
        found = obstacle(from->key, to->key);
    if (!found && from->element)
        found = obstacle(from->element, to->element);
    for (size_t i = 0; !found && i < from->field_count; i++) {
        for (size_t j = 0; !found && j < to->field_count; j++) {
            if (strcmp(from->fields[i].name, to->fields[j].name) == 0)
                found = obstacle(from->fields[i].type, to->fields[j].type);
        }
    }
    return found;
}

int ksql_cast_to(const struct ksql_scope *scope, const struct ksql_node *node,
    const struct ksql_type *to, struct ksql_expression **expression)
{
    const struct ksql_type *from = (*expression)->type;
    struct ksql_node cast = {.kind = KSQL_NODE_CAST};
    if (ksql_type_equal(from, to))
        return 0;
    const struct ksql_type *inner = obstacle(from, to);
    if (inner)
        return ksql_problem_unsupported(scope->problem, &node->place,
            "CAST of %s with %s in it to STRING", ksql_type_kind_name(from->kind),
            ksql_type_kind_name(inner->kind));
    struct ksql_expression *made = ksql_expression_new(scope, &cast, to);
    made->guarded = true;
    ksql_expression_add(scope, made, *expression);
    *expression = made;
    return 0;
}

int ksql_type_cast(const struct ksql_scope *scope, const struct ksql_node *node,
    struct ksql_expression **expression)
{
    struct ksql_expression *value;
    if (ksql_type_expression(scope, node->items[0], &value))
        return OF_INPUT;
    if (!ksql_cast_exists(value->type, node->type))
        return ksql_problem_set(scope->problem, &node->place,
            "Invalid %s: Cast of %s to %s is not supported. expression:%s", scope->clause,
            ksql_show_type(scope, value->type), ksql_show_type(scope, node->type),
            ksql_show_node(scope, node));
    if (ksql_cast_to(scope, node, node->type, &value))
        return OF_INPUT;
    value->guarded = true;
    *expression = value;
    return 0;
}
