/* Which parts of the input a query reads, so that decoding can skip the others. */
#include "ksqld/plan/plan.h"

/* The want of the column that a chain of -> starts from, opened down to the field; NULL: the chain
 * starts from something else, or all of it is wanted already. */
static struct ksql_want *open_want(struct ksql_plan *plan, const struct ksql_expression *expression)
{
    struct ksql_pipeline *pipeline = &plan->pipeline;
    if (expression->kind == KSQL_NODE_COLUMN)
        return expression->index < pipeline->input.count ? &pipeline->wants[expression->index]
                                                         : NULL;
    if (expression->kind != KSQL_NODE_FIELD)
        return NULL;
    const struct ksql_expression *base = expression->items[0];
    struct ksql_want *want = open_want(plan, base);
    if (!want)
        return NULL;
    want->any = true;
    if (want->all)
        return NULL;
    if (!want->fields)
        want->fields =
            ksql_arena_new_array(&plan->arena, base->type->field_count, sizeof(*want->fields));
    return &want->fields[expression->index];
}

static void note(struct ksql_plan *plan, const struct ksql_expression *expression)
{
    if (!expression)
        return;
    struct ksql_want *want = open_want(plan, expression);
    if (want) {
        want->any = want->all = true;
        return;
    }
    for (size_t i = 0; i < expression->count; i++)
        note(plan, expression->items[i]);
}

static void note_grouping(struct ksql_plan *plan, const struct ksql_grouping *grouping)
{
    for (size_t i = 0; i < grouping->key_count; i++)
        note(plan, grouping->keys[i]);
    for (size_t i = 0; i < grouping->call_count; i++) {
        for (size_t j = 0; j < grouping->calls[i].site.count; j++)
            note(plan, grouping->calls[i].arguments[j]);
    }
}

void ksql_want_columns(struct ksql_plan *plan)
{
    struct ksql_pipeline *pipeline = &plan->pipeline;
    pipeline->wants =
        ksql_arena_new_array(&plan->arena, pipeline->input.count, sizeof(*pipeline->wants));
    note(plan, pipeline->where);
    for (size_t i = 0; i < pipeline->partition_count; i++)
        note(plan, pipeline->partitions[i]);
    for (size_t i = 0; i < pipeline->table_count; i++)
        note(plan, pipeline->tables[i]);
    if (pipeline->grouping)
        note_grouping(plan, pipeline->grouping);
    for (size_t i = 0; !pipeline->grouping && i < pipeline->output.count; i++)
        note(plan, pipeline->outputs[i].expression);
    for (size_t i = 0; i < pipeline->joint_count; i++)
        note(plan, pipeline->joints[i].left);
    for (size_t i = 0; i < pipeline->feed_count; i++) {
        struct ksql_feed *feed = &pipeline->feeds[i];
        feed->wants = pipeline->wants + feed->offset;
        if (feed->timing.any)
            feed->wants[feed->timing.slot].any = feed->wants[feed->timing.slot].all = true;
    }
}
