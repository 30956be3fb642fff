/* Calls: which row of the function table is meant, its arguments brought to the types that it
 * takes, lambdas typed with what their variables stand for, and the type of the result. */
#include "ksqld/functions/signature.h"
#include "ksqld/lang/node.h"
#include "ksqld/plan/plan.h"
#include "ksqld/plan/typing.h"

struct call {
    const struct ksql_scope *scope;
    const struct ksql_node *node;
    const struct ksql_function *functions;
    size_t overloads;
    struct ksql_argument *arguments;
    struct ksql_expression **items;
    struct ksql_signature signature;
    struct ksql_generics generics;
};

/* ---- failures ---- */

static const char *show_arguments(const struct call *call)
{
    struct ksql_arena *arena = call->scope->arena;
    const char *list = "";
    for (size_t i = 0; i < call->node->count; i++) {
        const struct ksql_argument *argument = &call->arguments[i];
        const char *shown = argument->lambda ? "LAMBDA"
                            : argument->unit ? "INTERVALUNIT"
                            : argument->type->kind == KSQL_NULL
                                ? "null"
                                : ksql_show_type(call->scope, argument->type);
        list = ksql_arena_printf(arena, "%s%s%s", list, i ? ", " : "", shown);
    }
    return list;
}

/* As far as ksqlDB shows it: without the result. */
static const char *show_alternatives(const struct call *call)
{
    const char *list = "";
    for (size_t i = 0; i < call->overloads; i++) {
        const char *signature = call->functions[i].signature;
        const char *end = strrchr(signature, ')');
        list = ksql_arena_printf(
            call->scope->arena, "%s%.*s\n", list, (int)(end + 1 - signature), signature);
    }
    return list;
}

static int fail_match(const struct call *call, enum ksql_match match)
{
    const char *name = call->functions[0].signature;
    int length = (int)strcspn(name, "(");
    if (match == KSQL_MATCH_SEVERAL)
        return ksql_problem_set(call->scope->problem, &call->node->place,
            "Function '%.*s' cannot be resolved due to ambiguous method parameters (%s).\nUse "
            "CAST() to explicitly cast your parameters to one of the supported function "
            "calls.\nValid function calls are:\n%sFor detailed information on a function run: "
            "DESCRIBE FUNCTION <Function-Name>;",
            length, name, show_arguments(call), show_alternatives(call));
    return ksql_problem_set(call->scope->problem, &call->node->place,
        "Function '%.*s' does not accept parameters (%s).\nValid alternatives are:\n%sFor detailed "
        "information on a function run: DESCRIBE FUNCTION <Function-Name>;",
        length, name, show_arguments(call), show_alternatives(call));
}

static int find_function(struct call *call)
{
    const struct ksql_scope *scope = call->scope;
    const struct ksql_node *node = call->node;
    call->functions = ksql_function_find(node->name, &call->overloads);
    if (call->functions && (call->functions->kind != KSQL_TABLE || scope->tables))
        return 0;
    if (call->functions)
        return ksql_problem_unsupported(
            scope->problem, &node->place, "%s anywhere but in SELECT", node->name);
    if (ksql_function_is_known(node->name))
        return ksql_problem_unsupported(
            scope->problem, &node->place, "The function %s", node->name);
    return ksql_problem_set(
        scope->problem, &node->place, "Can't find any functions with the name '%s'", node->name);
}

/* ---- arguments ---- */

static int type_arguments(struct call *call)
{
    struct ksql_scope inner = *call->scope;
    if (call->functions->kind == KSQL_TABLE)
        inner.tables = NULL; /* no table function inside of another */
    for (size_t i = 0; i < call->node->count; i++) {
        const struct ksql_node *item = call->node->items[i];
        struct ksql_argument *argument = &call->arguments[i];
        if (item->kind == KSQL_NODE_LAMBDA) {
            argument->lambda = item->name_count;
            continue;
        }
        if (item->kind == KSQL_NODE_UNIT) {
            argument->unit = true;
            continue;
        }
        if (ksql_type_expression(&inner, item, &call->items[i]))
            return OF_INPUT;
        if (item->kind == KSQL_NODE_CALL || item->kind == KSQL_NODE_FIELD)
            call->items[i]->guarded = true;
        argument->type = call->items[i]->type;
    }
    return 0;
}

static struct ksql_expression *unit_expression(
    const struct call *call, const struct ksql_node *node)
{
    static const struct {
        const char *name;
        int64_t ms;
    } units[] = {{"DAYS", 86400000}, {"HOURS", 3600000}, {"MINUTES", 60000}, {"SECONDS", 1000},
        {"MILLISECONDS", 1}};
    struct ksql_expression *unit =
        ksql_expression_new(call->scope, node, ksql_basic_type(KSQL_BIGINT));
    for (size_t i = 0; i < OF_COUNT(units); i++) {
        if (strcmp(units[i].name, node->name) == 0)
            unit->literal.number = units[i].ms;
    }
    return unit;
}

/* What the variables stand for follows from the arguments before. */
static int fill_variables(const struct call *call, const struct ksql_node *node,
    const struct ksql_parameter *parameter, struct ksql_variables *variables)
{
    struct ksql_arena *arena = call->scope->arena;
    const struct ksql_variables *outer = call->scope->variables;
    *variables = (struct ksql_variables){.outer = outer,
        .names = node->names,
        .types = ksql_arena_new_array(arena, node->name_count, sizeof(*variables->types)),
        .count = node->name_count,
        .first = outer ? outer->first + outer->count : 0};
    if (variables->first + variables->count > KSQL_VARIABLES_MAX)
        return ksql_problem_set(call->scope->problem, &node->place,
            "lambdas inside one another have more than %u variables", KSQL_VARIABLES_MAX);
    for (size_t i = 0; i < node->name_count; i++) {
        variables->types[i] = ksql_generics_apply(arena, &call->generics, parameter->items[i]);
        if (!variables->types[i])
            return ksql_problem_unsupported(call->scope->problem, &node->place,
                "A lambda whose argument %s has no type", node->names[i]);
    }
    return 0;
}

/* ksqlDB keeps one type a name for lambdas inside one another. */
static int check_names(
    const struct call *call, const struct ksql_node *node, const struct ksql_variables *variables)
{
    for (size_t i = 0; i < variables->count; i++) {
        for (const struct ksql_variables *own = variables->outer; own; own = own->outer) {
            for (size_t j = 0; j < own->count; j++) {
                if (strcmp(own->names[j], variables->names[i]) == 0)
                    return ksql_problem_unsupported(call->scope->problem, &node->place,
                        "A lambda variable with the name of one around it (%s)", own->names[j]);
            }
        }
    }
    return 0;
}

static int type_lambda(struct call *call, const struct ksql_node *node,
    const struct ksql_parameter *parameter, struct ksql_expression **lambda)
{
    struct ksql_variables variables;
    struct ksql_scope scope = *call->scope;
    struct ksql_expression *body;
    scope.variables = &variables;
    scope.tables = NULL;
    if (fill_variables(call, node, parameter, &variables) || check_names(call, node, &variables) ||
        ksql_type_expression(&scope, node->items[0], &body))
        return OF_INPUT;
    if (body->type->kind == KSQL_NULL)
        return ksql_problem_unsupported(
            scope.problem, &node->place, "A lambda that is nothing but NULL");
    const struct ksql_parameter *result = parameter->items[parameter->count - 1];
    if (!ksql_generics_bind(&call->generics, result, body->type))
        return ksql_problem_unsupported(scope.problem, &node->place,
            "The lambda %s, whose result is %s,", ksql_show_node(&scope, node),
            ksql_show_type(&scope, body->type));
    *lambda = ksql_expression_new(&scope, node, body->type);
    (*lambda)->index = variables.first;
    (*lambda)->arity = variables.count;
    ksql_expression_add(&scope, *lambda, body);
    return 0;
}

/* DECIMAL in a parameter says nothing about digits: the argument's own stay. */
static int convert(struct call *call, size_t index, const struct ksql_parameter *parameter)
{
    struct ksql_expression **item = &call->items[index];
    const struct ksql_type *from = (*item)->type, *to = NULL;
    if (parameter->kind != KSQL_PARAMETER_TYPE || parameter->generic || from->kind == KSQL_NULL)
        return 0;
    if (parameter->type == KSQL_DECIMAL) {
        struct ksql_type decimal = ksql_as_decimal(from);
        to = ksql_decimal_type(call->scope->arena, decimal.precision, decimal.scale);
    } else {
        to = ksql_generics_apply(call->scope->arena, &call->generics, parameter);
    }
    if (!to) /* DECIMAL in an array or a map: taken as it is */
        return 0;
    return ksql_cast_to(call->scope, call->node->items[index], to, item);
}

static int bind_arguments(struct call *call)
{
    size_t count = call->node->count;
    for (size_t i = 0; i < count; i++) {
        const struct ksql_node *item = call->node->items[i];
        const struct ksql_parameter *parameter =
            ksql_signature_parameter(&call->signature, count, i);
        if (call->arguments[i].lambda) {
            if (type_lambda(call, item, parameter, &call->items[i]))
                return OF_INPUT;
        } else if (call->arguments[i].unit) {
            call->items[i] = unit_expression(call, item);
        } else if (call->arguments[i].type->kind != KSQL_NULL && parameter->generic) {
            if (!ksql_generics_bind(&call->generics, parameter, call->arguments[i].type))
                return fail_match(call, KSQL_MATCH_NONE);
        } else if (convert(call, i, parameter)) {
            return OF_INPUT;
        }
    }
    return 0;
}

/* ---- the call ---- */

static int find_result(const struct call *call, struct ksql_expression *made)
{
    struct ksql_arena *arena = call->scope->arena;
    const struct ksql_function *function = call->signature.function;
    made->type = function->result
                     ? function->result(arena, made->types, made->count)
                     : ksql_generics_apply(arena, &call->generics, call->signature.result);
    if (made->type)
        return 0;
    return ksql_problem_unsupported(call->scope->problem, &call->node->place,
        "%s of nothing but NULL, which has no type,", call->node->name);
}

static int prepare(const struct call *call, struct ksql_expression *made)
{
    struct ksql_arena *arena = call->scope->arena;
    const struct ksql_value **literals =
        ksql_arena_new_array(arena, made->count + 1, sizeof(*literals));
    for (size_t i = 0; i < made->count; i++) {
        const struct ksql_expression *item = made->items[i];
        if (item->kind <= KSQL_NODE_STRING || item->kind == KSQL_NODE_UNIT)
            literals[i] = &item->literal;
    }
    const char *refusal = NULL;
    made->prepared = made->function->prepare(arena, literals, made->count, &refusal);
    return refusal
               ? ksql_problem_unsupported(call->scope->problem, &call->node->place, "%s", refusal)
               : 0;
}

/* The rows of a table function come through a slot of their own. */
static int add_table(
    const struct call *call, struct ksql_expression *made, struct ksql_expression **expression)
{
    struct ksql_pipeline *pipeline = call->scope->tables;
    if (pipeline->table)
        return ksql_problem_unsupported(
            call->scope->problem, &call->node->place, "A table function over a table");
    struct ksql_node slot = {.kind = KSQL_NODE_COLUMN};
    *expression = ksql_expression_new(call->scope, &slot, made->type);
    (*expression)->index = pipeline->input.count + KSQL_PSEUDO_COUNT + pipeline->table_count;
    made->node = call->node;
    *ksql_arena_append(call->scope->arena, pipeline->tables, pipeline->table_count) = made;
    return 0;
}

int ksql_type_call(const struct ksql_scope *scope, const struct ksql_node *node,
    struct ksql_expression **expression)
{
    struct ksql_arena *arena = scope->arena;
    struct call call = {.scope = scope, .node = node};
    call.arguments = ksql_arena_new_array(arena, node->count + 1, sizeof(*call.arguments));
    call.items = ksql_arena_new_array(arena, node->count + 1, sizeof(*call.items));
    if (find_function(&call) || type_arguments(&call))
        return OF_INPUT;
    enum ksql_match match = ksql_signature_choose(
        arena, call.functions, call.overloads, call.arguments, node->count, &call.signature);
    if (match != KSQL_MATCH_ONE)
        return fail_match(&call, match);
    if (bind_arguments(&call))
        return OF_INPUT;
    struct ksql_expression *made = ksql_expression_new(scope, node, NULL);
    made->function = call.signature.function;
    made->types = ksql_arena_new_array(arena, node->count + 1, sizeof(*made->types));
    for (size_t i = 0; i < node->count; i++) {
        ksql_expression_add(scope, made, call.items[i]);
        made->types[i] = call.items[i]->type;
    }
    if (find_result(&call, made))
        return OF_INPUT;
    if (made->function->prepare && prepare(&call, made))
        return OF_INPUT;
    if (made->function->kind == KSQL_TABLE)
        return add_table(&call, made, expression);
    *expression = made;
    return 0;
}
