/* CREATE TYPE and DROP TYPE, DESCRIBE FUNCTION, ASSERT, EXPLAIN. */
#include "base/memory.h"
#include "ksqld/functions/aggregate.h"
#include "ksqld/plan/context.h"
#include "ksqld/plan/typing.h"

#include <stdlib.h>
#include <strings.h>

/* ---- types ---- */

static const char *show_type(struct ksql_context *context, const struct ksql_type *type)
{
    struct ksql_scope scope = {.arena = &context->plan->arena};
    return ksql_show_type(&scope, type);
}

int ksql_prepare_create_type(struct ksql_context *context)
{
    const struct ksql_parsed *parsed = &context->plan->parsed;
    const struct ksql_plan *known = ksql_metastore_type(context->metastore, parsed->name);
    struct ksql_statement *statement = context->statement;
    const char *name = parsed->name;
    if (known && !parsed->if_not_exists)
        return ksql_problem_set(context->problem, &parsed->name_place,
            "Cannot register custom type '%s' since it is already registered with type: %s", name,
            show_type(context, known->parsed.type));
    if (!known && context->metastore->type_count == KSQL_TYPES_MAX)
        return ksql_problem_set(context->problem, NULL, "more than %u types", KSQL_TYPES_MAX);
    statement->effect = KSQL_EFFECT_CREATE_TYPE;
    statement->name = of_strdup(name);
    statement->command_id = of_asprintf("type/%s/create", name);
    statement->message = known
                             ? of_asprintf("%s is already registered with type %s", name,
                                   show_type(context, known->parsed.type))
                             : of_asprintf("Registered custom type with name '%s' and SQL type %s",
                                   name, show_type(context, parsed->type));
    return 0;
}

int ksql_prepare_drop_type(struct ksql_context *context)
{
    const struct ksql_parsed *parsed = &context->plan->parsed;
    const struct ksql_plan *known = ksql_metastore_type(context->metastore, parsed->name);
    struct ksql_statement *statement = context->statement;
    if (!known && !parsed->if_exists)
        return ksql_problem_set(
            context->problem, &parsed->name_place, "Type %s does not exist.", parsed->name);
    statement->effect = KSQL_EFFECT_DROP_TYPE;
    statement->name = of_strdup(parsed->name);
    statement->command_id = of_asprintf("type/%s/drop", parsed->name);
    statement->message =
        of_asprintf(known ? "Dropped type '%s'" : "Type '%s' does not exist", parsed->name);
    return 0;
}

/* ---- functions ---- */

int ksql_prepare_describe_function(struct ksql_context *context)
{
    const struct ksql_parsed *parsed = &context->plan->parsed;
    size_t overloads;
    if (!ksql_function_find(parsed->name, &overloads) && !ksql_aggregate_find(parsed->name))
        return ksql_problem_set(context->problem, &parsed->name_place,
            "Can't find any functions with the name '%s'", parsed->name);
    context->statement->effect = KSQL_EFFECT_DESCRIBE_FUNCTION;
    context->statement->name = of_strdup(parsed->name);
    return 0;
}

/* ---- ASSERT ---- */

static int set_whole(
    struct ksql_context *context, const char *name, const struct ksql_node *node, int64_t *number)
{
    if (node->kind != KSQL_NODE_INTEGER)
        return ksql_problem_set(
            context->problem, &node->place, "%s of an ASSERT is no whole number", name);
    *number = node->number;
    return 0;
}

static int set_shape(struct ksql_context *context, struct ksql_asserted *asserted)
{
    const struct ksql_with *with = &context->plan->parsed.with;
    for (size_t i = 0; i < with->count; i++) {
        const struct ksql_with_item *item = &with->items[i];
        bool partitions = strcmp(item->name, "PARTITIONS") == 0;
        if (!partitions && strcmp(item->name, "REPLICAS") != 0)
            return ksql_problem_set(context->problem, &item->place,
                "Cannot assert unknown topic property: %s", item->name);
        if (set_whole(context, item->name, item->value,
                partitions ? &asserted->partitions : &asserted->replicas))
            return OF_INPUT;
    }
    return 0;
}

int ksql_prepare_assert(struct ksql_context *context)
{
    const struct ksql_assert *assertion = &context->plan->parsed.assertion;
    struct ksql_asserted *asserted = ksql_arena_new(&context->plan->arena, sizeof(*asserted));
    *asserted = (struct ksql_asserted){.absent = assertion->absent,
        .topic = assertion->topic,
        .subject = assertion->subject,
        .id = -1,
        .partitions = -1,
        .replicas = -1,
        .timeout_ms = assertion->timeout_ms};
    if (!assertion->topic && !assertion->subject && !assertion->id)
        return ksql_problem_set(context->problem, &context->plan->parsed.place,
            "Failed to prepare statement: ASSERT SCHEMA statements much include a subject name or "
            "an id");
    if (assertion->id && assertion->id->kind != KSQL_NODE_INTEGER)
        return ksql_problem_set(context->problem, &assertion->id->place,
            "Failed to prepare statement: ID must be an integer");
    if (assertion->id)
        asserted->id = assertion->id->number;
    if (assertion->topic && set_shape(context, asserted))
        return OF_INPUT;
    context->statement->effect = KSQL_EFFECT_ASSERT;
    context->statement->asserted = asserted;
    return 0;
}

/* ---- EXPLAIN ---- */

/* The statement is prepared as it would be to run, and then nothing of it is done. */
static int explain_statement(struct ksql_context *context)
{
    struct ksql_statement *statement = context->statement;
    int status;
    switch (context->plan->parsed.explained) {
    case KSQL_STATEMENT_SELECT:
        status = ksql_prepare_query(context);
        break;
    case KSQL_STATEMENT_CREATE_AS:
        status = ksql_prepare_create_as(context);
        break;
    case KSQL_STATEMENT_INSERT:
        status = ksql_prepare_insert(context);
        break;
    default:
        return ksql_problem_set(context->problem, &context->plan->parsed.name_place,
            "The provided statement does not run a ksql query");
    }
    if (status)
        return status;
    statement->create_topic = false;
    free(OF_TAKE(statement->command_id));
    free(OF_TAKE(statement->message));
    if (!statement->query) /* IF NOT EXISTS, and it does */
        return ksql_problem_set(context->problem, &context->plan->parsed.name_place,
            "The provided statement does not run a ksql query");
    return 0;
}

int ksql_prepare_explain(struct ksql_context *context)
{
    const struct ksql_parsed *parsed = &context->plan->parsed;
    struct ksql_statement *statement = context->statement;
    const struct ksql_plan *query = NULL;
    char *text OF_FREE = of_strdup(statement->text);
    if (parsed->explains) {
        if (explain_statement(context))
            return context->problem->class;
    } else {
        query = ksql_metastore_query(context->metastore, parsed->name);
        if (!query)
            return ksql_problem_set(context->problem, &parsed->name_place,
                "Query with id:%s does not exist, use SHOW QUERIES to view the full set of "
                "queries.",
                parsed->name);
        statement->name = of_strdup(parsed->name);
    }
    free(statement->text);
    statement->text = OF_TAKE(text);
    statement->effect = KSQL_EFFECT_EXPLAIN;
    statement->source = NULL;
    const struct ksql_plan *plan = query ? query : context->plan;
    statement->columns = &plan->pipeline.output;
    if (!plan->ephemeral) /* ksqlDB tells it of queries with a sink alone */
        statement->windows = plan->pipeline.windows;
    if (query)
        statement->query = &query->query;
    return 0;
}
