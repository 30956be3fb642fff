/* The query behind CREATE SOURCE TABLE, which ksqlDB runs for nothing but its state: the table's
 * rows as they stand in its topic, for pull queries. It has no sink, ends with DROP TABLE alone (or
 * with all queries), and can't be ended, paused or resumed by its id. */
#include "ksqld/plan/context.h"
#include "ksqld/plan/resolve.h"
#include "ksqld/plan/select.h"

#include <ctype.h>

/* SELECT * FROM the table. */
static struct ksql_select *select_all(struct ksql_plan *plan)
{
    struct ksql_arena *arena = &plan->arena;
    struct ksql_select *select = ksql_arena_new(arena, sizeof(*select));
    struct ksql_select_item *item = ksql_arena_new(arena, sizeof(*item));
    item->star = true;
    item->place = plan->parsed.name_place;
    *select = (struct ksql_select){.items = item,
        .count = 1,
        .from = plan->source.name,
        .alias = plan->source.name,
        .place = plan->parsed.place,
        .from_place = plan->parsed.name_place,
        .emit = true};
    return select;
}

/* Rows are kept with their columns as declared, which is how a pull query finds them. */
static void order_as_declared(struct ksql_plan *plan)
{
    struct ksql_pipeline *pipeline = &plan->pipeline;
    struct ksql_schema selected = pipeline->output;
    const struct ksql_output *outputs = pipeline->outputs;
    ksql_schema_copy(&plan->arena, &pipeline->input, &pipeline->output);
    pipeline->outputs = ksql_arena_new_array(&plan->arena, selected.count, sizeof(*outputs));
    for (size_t i = 0; i < pipeline->output.count; i++) {
        size_t from = 0;
        while (strcmp(selected.columns[from].name, pipeline->output.columns[i].name) != 0)
            from++;
        pipeline->outputs[i] = outputs[from];
    }
}

static const char *make_id(const struct ksql_context *context)
{
    char *id = ksql_arena_printf(&context->plan->arena, "CST_%s_%lld", context->plan->source.name,
        (long long)context->next_id);
    for (char *c = id; *c; c++)
        *c = (char)toupper((unsigned char)*c);
    return id;
}

int ksql_plan_source_table(struct ksql_context *context)
{
    struct ksql_plan *plan = context->plan;
    struct ksql_query *query = &plan->query;
    plan->parsed.select = select_all(plan);
    *ksql_arena_append(&plan->arena, plan->sources, plan->source_count) = &plan->source;
    if (ksql_resolve_select(
            &plan->arena, plan->parsed.select, &plan->source.schema, context->problem) ||
        ksql_plan_select(plan, &plan->source, plan->source.name, context->problem))
        return OF_INPUT;
    order_as_declared(plan);
    plan->pipeline.output_kept = true;
    query->id = make_id(context);
    query->sink = query->sink_topic = query->sink_key_format = query->sink_value_format = "";
    query->statement = plan->source.statement;
    ksql_context_properties(context);
    if (ksql_context_sources(context))
        return OF_INPUT;
    plan->has_query = plan->created_as = true;
    return 0;
}
