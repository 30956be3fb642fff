/* The metastore's own side: plans by name and id, in the order in which they were made. */
#ifndef KSQLD_PLAN_STORE_H
#define KSQLD_PLAN_STORE_H

#include "ksqld/plan/plan.h"

struct ksql_metastore {
    struct ksql_plan **sources, **queries, **types; /* types: of CREATE TYPE */
    size_t source_count, query_count, type_count;
};

void ksql_metastore_release(struct ksql_metastore *metastore);

struct ksql_plan *ksql_metastore_source(const struct ksql_metastore *metastore, const char *name);
struct ksql_plan *ksql_metastore_query(const struct ksql_metastore *metastore, const char *id);

/* Both hold the plan; a source of the same name gives way in its place. */
void ksql_metastore_add_source(struct ksql_metastore *metastore, struct ksql_plan *plan);
void ksql_metastore_add_query(struct ksql_metastore *metastore, struct ksql_plan *plan);
void ksql_metastore_drop_source(struct ksql_metastore *metastore, const char *name);
void ksql_metastore_drop_query(struct ksql_metastore *metastore, const char *id);

struct ksql_plan *ksql_metastore_type(const struct ksql_metastore *metastore, const char *name);
void ksql_metastore_add_type(struct ksql_metastore *metastore, struct ksql_plan *plan);
void ksql_metastore_drop_type(struct ksql_metastore *metastore, const char *name);

/* Whether CREATE ... AS made the source from that other one. */
bool ksql_metastore_is_made_from(const struct ksql_plan *plan, const char *source);

bool ksql_query_reads(const struct ksql_query *query, const char *source);

#endif
