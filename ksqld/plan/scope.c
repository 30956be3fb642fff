/* The row's slots by name: columns as declared, then the pseudo columns. */
#include "ksqld/plan/expression.h"

static const struct {
    const char *name;
    struct ksql_type type;
} pseudo[KSQL_PSEUDO_COUNT] = {
    [KSQL_ROWTIME] = {"ROWTIME", {.kind = KSQL_BIGINT}},
    [KSQL_ROWPARTITION] = {"ROWPARTITION", {.kind = KSQL_INTEGER}},
    [KSQL_ROWOFFSET] = {"ROWOFFSET", {.kind = KSQL_BIGINT}},
    [KSQL_WINDOWSTART] = {"WINDOWSTART", {.kind = KSQL_BIGINT}},
    [KSQL_WINDOWEND] = {"WINDOWEND", {.kind = KSQL_BIGINT}},
};

size_t ksql_scope_slot(const struct ksql_scope *scope, const char *name)
{
    for (size_t i = 0; i < scope->schema->count; i++) {
        if (strcmp(scope->schema->columns[i].name, name) == 0)
            return i;
    }
    size_t visible = scope->schema->windowed ? KSQL_PSEUDO_COUNT : KSQL_WINDOWSTART;
    for (size_t i = 0; i < visible; i++) {
        if (strcmp(pseudo[i].name, name) == 0)
            return scope->schema->count + i;
    }
    return SIZE_MAX;
}

const struct ksql_type *ksql_scope_slot_type(const struct ksql_scope *scope, size_t slot)
{
    size_t count = scope->schema->count;
    return slot < count ? scope->schema->columns[slot].type : &pseudo[slot - count].type;
}
