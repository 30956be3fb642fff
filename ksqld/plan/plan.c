/* Plans and schemas as things to hold and copy. */
#include "ksqld/plan/plan.h"

#include "base/memory.h"

#include <stdlib.h>

struct ksql_plan *ksql_plan_new(void)
{
    struct ksql_plan *plan = of_alloc(sizeof(*plan));
    atomic_init(&plan->references, 1);
    plan->collect_limits[KSQL_LIMIT_LIST] = plan->collect_limits[KSQL_LIMIT_SET] = INT64_MAX;
    return plan;
}

struct ksql_plan *ksql_plan_hold(struct ksql_plan *plan)
{
    atomic_fetch_add_explicit(&plan->references, 1, memory_order_relaxed);
    return plan;
}

void ksql_plan_release(struct ksql_plan *plan)
{
    if (atomic_fetch_sub_explicit(&plan->references, 1, memory_order_acq_rel) != 1)
        return;
    ksql_arena_release(&plan->arena);
    free(plan);
}

bool ksql_pipeline_keeps_state(const struct ksql_pipeline *pipeline)
{
    for (size_t i = 0; i < pipeline->feed_count; i++) {
        if (pipeline->feeds[i].kept)
            return true;
    }
    return pipeline->grouping || pipeline->output_kept;
}

const struct ksql_type *ksql_type_copy(struct ksql_arena *arena, const struct ksql_type *type)
{
    struct ksql_type *copy = ksql_arena_new(arena, sizeof(*copy));
    *copy = *type;
    if (type->element)
        copy->element = ksql_type_copy(arena, type->element);
    if (type->key)
        copy->key = ksql_type_copy(arena, type->key);
    struct ksql_field *fields = ksql_arena_new_array(arena, type->field_count, sizeof(*fields));
    for (size_t i = 0; i < type->field_count; i++) {
        fields[i].name = ksql_arena_strdup(arena, type->fields[i].name);
        fields[i].type = ksql_type_copy(arena, type->fields[i].type);
    }
    copy->fields = fields;
    return copy;
}

void ksql_schema_add(struct ksql_arena *arena, struct ksql_schema *schema, const char *name,
    const struct ksql_type *type, bool key)
{
    struct ksql_column *column = ksql_arena_append(arena, schema->columns, schema->count);
    *column = (struct ksql_column){.name = name, .type = type, .key = key};
}

void ksql_schema_copy(
    struct ksql_arena *arena, const struct ksql_schema *from, struct ksql_schema *to)
{
    *to = (struct ksql_schema){.windowed = from->windowed};
    for (size_t i = 0; i < from->count; i++) {
        const struct ksql_column *column = &from->columns[i];
        ksql_schema_add(arena, to, ksql_arena_strdup(arena, column->name),
            ksql_type_copy(arena, column->type), column->key);
        to->columns[i].header = column->header;
        if (column->header_key)
            to->columns[i].header_key = ksql_arena_strdup(arena, column->header_key);
    }
}

size_t ksql_schema_key_count(const struct ksql_schema *schema)
{
    size_t count = 0;
    for (size_t i = 0; i < schema->count; i++)
        count += schema->columns[i].key;
    return count;
}

int ksql_schema_format(const struct ksql_schema *schema, struct of_buffer *out)
{
    for (size_t i = 0; i < schema->count; i++) {
        const struct ksql_column *column = &schema->columns[i];
        of_buffer_appendf(out, "%s`%s` ", i ? ", " : "", column->name);
        ksql_type_format(column->type, true, out);
        if (column->key)
            of_buffer_append_text(out, " KEY");
    }
    return out->full ? OF_INPUT : 0;
}
