/* What the preparation of one statement works with. */
#ifndef KSQLD_PLAN_CONTEXT_H
#define KSQLD_PLAN_CONTEXT_H

#include "ksqld/engine.h"
#include "ksqld/plan/plan.h"
#include "ksqld/plan/store.h"

struct ksql_context {
    const struct ksql_metastore *metastore;
    const struct ksql_callbacks *callbacks;
    const struct ksql_prepare_options *options;
    int64_t next_id; /* that a query without an id of its own gets */
    struct ksql_plan *plan;
    struct ksql_statement *statement;
    struct ksql_problem *problem;
    char **shown; /* the statement as error bodies show it: replaced once it is rewritten */
};

/* Each fills the plan and the statement. INPUT or RETRY: *context->problem. */
int ksql_prepare_create(struct ksql_context *context) OF_NODISCARD;
/* The query of a SOURCE TABLE, into the plan of its source. */
int ksql_plan_source_table(struct ksql_context *context) OF_NODISCARD;
int ksql_prepare_create_as(struct ksql_context *context) OF_NODISCARD;
int ksql_prepare_insert(struct ksql_context *context) OF_NODISCARD;
int ksql_prepare_values(struct ksql_context *context) OF_NODISCARD; /* INSERT ... VALUES */
/* Rows of somebody else's into the source of this name. */
int ksql_prepare_target(struct ksql_context *context, const char *name) OF_NODISCARD;
int ksql_prepare_query(struct ksql_context *context) OF_NODISCARD; /* SELECT */
int ksql_prepare_print(struct ksql_context *context) OF_NODISCARD;
int ksql_prepare_create_type(struct ksql_context *context) OF_NODISCARD;
int ksql_prepare_drop_type(struct ksql_context *context) OF_NODISCARD;
int ksql_prepare_describe_function(struct ksql_context *context) OF_NODISCARD;
int ksql_prepare_assert(struct ksql_context *context) OF_NODISCARD;
int ksql_prepare_explain(struct ksql_context *context) OF_NODISCARD;
int ksql_prepare_drop(struct ksql_context *context) OF_NODISCARD;
int ksql_prepare_queries(struct ksql_context *context) OF_NODISCARD; /* TERMINATE, PAUSE, RESUME */

/* ---- shared by them ---- */

/* Takes the buffer's text as the statement's own and as the one that errors show. */
void ksql_context_show(struct ksql_context *context, struct of_buffer *text);

/* IF NOT EXISTS and it exists: the warning that is the answer. */
void ksql_context_exists(struct ksql_context *context);

/* A streamsProperty in force, or NULL. */
const char *ksql_context_property(const struct ksql_context *context, const char *name);

/* How the new source's records are laid out: delimiters, schema names, WRAP_SINGLE_VALUE. `from`:
 * the source that a query reads, or NULL. INPUT: what its formats don't have. */
int ksql_context_layout(struct ksql_context *context, const struct ksql_source *from) OF_NODISCARD;

/* Asks for a topic; when nobody can be asked, it is there with one partition. */
int ksql_context_topic(
    struct ksql_context *context, const char *name, struct ksql_topic *topic) OF_NODISCARD;
/* CLEANUP_POLICY of what the statement makes. */
const char *ksql_context_cleanup(const struct ksql_context *context);
/* The topic of a new source: made, or there already in the shape that is asked for. */
int ksql_context_sink_topic(struct ksql_context *context, const char *name, int64_t partitions,
    int64_t replicas, int64_t retention, const struct ksql_topic *topic) OF_NODISCARD;

/* Fills the sources of plan->query; INPUT: what this runner can't read of them. */
int ksql_context_sources(struct ksql_context *context) OF_NODISCARD;
/* plan->query gets a copy of the streamsProperties in force. */
void ksql_context_properties(struct ksql_context *context);
/* Fills plan->query of a planned SELECT into `sink`. */
int ksql_context_query(
    struct ksql_context *context, const struct ksql_source *sink, const char *id) OF_NODISCARD;

/* INPUT: PROTOBUF among them, where not even its sources may be declared. */
int ksql_context_declares(
    struct ksql_context *context, const char *const *formats, size_t count) OF_NODISCARD;

/* The source that a SELECT reads; its names resolved. */
int ksql_context_resolve(
    struct ksql_context *context, const struct ksql_source **from) OF_NODISCARD;

#endif
