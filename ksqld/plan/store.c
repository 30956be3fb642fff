/* Two short lists; a linear search is fine for what one machine runs. */
#include "ksqld/plan/store.h"

#include "base/memory.h"

#include <stdlib.h>

static void release_all(struct ksql_plan **plans, size_t count)
{
    for (size_t i = 0; i < count; i++)
        ksql_plan_release(plans[i]);
    free(plans);
}

void ksql_metastore_release(struct ksql_metastore *metastore)
{
    release_all(metastore->types, metastore->type_count);
    release_all(metastore->queries, metastore->query_count);
    release_all(metastore->sources, metastore->source_count);
    *metastore = (struct ksql_metastore){0};
}

static size_t source_index(const struct ksql_metastore *metastore, const char *name)
{
    size_t i = 0;
    while (i < metastore->source_count && strcmp(metastore->sources[i]->source.name, name) != 0)
        i++;
    return i;
}

static size_t query_index(const struct ksql_metastore *metastore, const char *id)
{
    size_t i = 0;
    while (i < metastore->query_count && strcmp(metastore->queries[i]->query.id, id) != 0)
        i++;
    return i;
}

struct ksql_plan *ksql_metastore_source(const struct ksql_metastore *metastore, const char *name)
{
    size_t i = source_index(metastore, name);
    return i < metastore->source_count ? metastore->sources[i] : NULL;
}

struct ksql_plan *ksql_metastore_query(const struct ksql_metastore *metastore, const char *id)
{
    size_t i = query_index(metastore, id);
    return i < metastore->query_count ? metastore->queries[i] : NULL;
}

static void append(struct ksql_plan ***plans, size_t *count, struct ksql_plan *plan)
{
    *plans = of_realloc_array(*plans, *count + 1, sizeof(**plans));
    (*plans)[(*count)++] = ksql_plan_hold(plan);
}

static void take_out(struct ksql_plan **plans, size_t *count, size_t index)
{
    ksql_plan_release(plans[index]);
    memmove(plans + index, plans + index + 1, (--*count - index) * sizeof(*plans));
}

void ksql_metastore_add_source(struct ksql_metastore *metastore, struct ksql_plan *plan)
{
    size_t i = source_index(metastore, plan->source.name);
    if (i == metastore->source_count) {
        append(&metastore->sources, &metastore->source_count, plan);
        return;
    }
    ksql_plan_release(metastore->sources[i]);
    metastore->sources[i] = ksql_plan_hold(plan);
}

void ksql_metastore_add_query(struct ksql_metastore *metastore, struct ksql_plan *plan)
{
    append(&metastore->queries, &metastore->query_count, plan);
}

void ksql_metastore_drop_source(struct ksql_metastore *metastore, const char *name)
{
    size_t i = source_index(metastore, name);
    if (i < metastore->source_count)
        take_out(metastore->sources, &metastore->source_count, i);
}

void ksql_metastore_drop_query(struct ksql_metastore *metastore, const char *id)
{
    size_t i = query_index(metastore, id);
    if (i < metastore->query_count)
        take_out(metastore->queries, &metastore->query_count, i);
}

bool ksql_query_reads(const struct ksql_query *query, const char *source)
{
    for (size_t i = 0; i < query->source_count; i++) {
        if (strcmp(query->sources[i], source) == 0)
            return true;
    }
    return false;
}

/* A SOURCE TABLE's query reads the table itself. */
bool ksql_metastore_is_made_from(const struct ksql_plan *plan, const char *source)
{
    return plan->created_as && ksql_query_reads(&plan->query, source) &&
           strcmp(plan->source.name, source) != 0;
}

static size_t type_index(const struct ksql_metastore *metastore, const char *name)
{
    size_t i = 0;
    while (i < metastore->type_count && strcmp(metastore->types[i]->parsed.name, name) != 0)
        i++;
    return i;
}

struct ksql_plan *ksql_metastore_type(const struct ksql_metastore *metastore, const char *name)
{
    size_t i = type_index(metastore, name);
    return i < metastore->type_count ? metastore->types[i] : NULL;
}

void ksql_metastore_add_type(struct ksql_metastore *metastore, struct ksql_plan *plan)
{
    append(&metastore->types, &metastore->type_count, plan);
}

void ksql_metastore_drop_type(struct ksql_metastore *metastore, const char *name)
{
    size_t i = type_index(metastore, name);
    if (i < metastore->type_count)
        take_out(metastore->types, &metastore->type_count, i);
}
