/* Answers of /ksql as JSON, in the shapes and the order of members of ksqlDB 8.3.1. Every function
 * yields a new reference and borrows its arguments for the call. */
#ifndef KSQLD_SERVER_ENTITY_H
#define KSQLD_SERVER_ENTITY_H

#include "ksqld/engine.h"
#include "ksqld/server/properties.h"

/* What a persistent query is doing. */
enum ksql_query_state {
    KSQL_STATE_RUNNING,
    KSQL_STATE_ERROR,        /* it failed; it is started again after a while */
    KSQL_STATE_UNRESPONSIVE, /* waiting for the broker or the registry */
    KSQL_STATE_PAUSED,
};
const char *ksql_state_name(enum ksql_query_state state);

struct ksql_query_view {
    const struct ksql_query *query;
    enum ksql_query_state state;
};

/* A topic as SHOW TOPICS has it. */
struct ksql_topic_view {
    const char *name;
    int partitions, replicas;
    int consumers, groups; /* EXTENDED: partitions that somebody is assigned, and groups of those */
};

/* currentStatus of a command that was carried out; query_id may be NULL. */
json_t *ksql_entity_status(const char *statement, const char *command_id, const char *message,
    const char *query_id, int64_t sequence);
json_t *ksql_entity_warning(const char *statement, const char *message);
json_t *ksql_entity_sources(
    const char *statement, bool tables, const struct ksql_source *const *sources, size_t count);
json_t *ksql_entity_queries(
    const char *statement, const struct ksql_query_view *views, size_t count);
/* One query as SHOW QUERIES and DESCRIBE have it. */
json_t *ksql_entity_query(const struct ksql_query_view *view);
json_t *ksql_entity_topics(
    const char *statement, const struct ksql_topic_view *topics, size_t count);
json_t *ksql_entity_topics_extended(
    const char *statement, const struct ksql_topic_view *topics, size_t count);
struct ksql_function_view {
    const char *name, *type; /* type: SCALAR, TABLE or AGGREGATE */
};
json_t *ksql_entity_functions(
    const char *statement, const struct ksql_function_view *functions, size_t count);
/* SHOW PROPERTIES: server's ones first, then what the request overwrites. */
json_t *ksql_entity_properties(const char *statement, const struct ksql_property *server,
    size_t server_count, const struct ksql_property *request, size_t request_count);
json_t *ksql_entity_variables(
    const char *statement, const struct ksql_property *variables, size_t count);

/* The body of a refusal; takes `entities` (answers of the statements before it), may be NULL. */
json_t *ksql_entity_failure(const struct ksql_failure *failure, json_t *entities);
/* A refusal that is not about a statement: {"@type":"generic_error","error_code":..., ...}. */
json_t *ksql_entity_error(int error_code, const char *message);

/* ---- describe.c ---- */

/* How far a group has read a partition. */
struct ksql_partition_view {
    char *topic; /* partitions of one topic stand together */
    int32_t partition;
    int64_t start, end, committed;
};
struct ksql_group_view {
    char *group;
    struct ksql_partition_view *partitions;
    size_t count;
};

struct ksql_description {
    const struct ksql_source *source;
    const struct ksql_query_view *readers, *writers;
    size_t reader_count, writer_count;
    const char *const *constraints; /* names of the sources made from it */
    size_t constraint_count;
    int partitions, replicas; /* of its topic */
    bool extended;
    const struct ksql_group_view *groups; /* extended: of the writers */
    size_t group_count;
};

json_t *ksql_entity_described(const struct ksql_description *description);
/* One of these, or a list of them or of ksql_entity_explained's, as an answer; taken. */
json_t *ksql_entity_description(const char *statement, json_t *described);
json_t *ksql_entity_descriptions(const char *statement, bool queries, json_t *list);
/* windowType. */
json_t *ksql_entity_windows(const struct ksql_windows *windows);
/* Types and columns, as DESCRIBE has them. */
json_t *ksql_entity_type(const struct ksql_type *type);
json_t *ksql_entity_fields(const struct ksql_schema *schema);

/* ---- entity_more.c ---- */

json_t *ksql_entity_types(const char *statement, const char *const *names,
    const struct ksql_type *const *types, size_t count);
/* A function that there is, with its overloads. */
json_t *ksql_entity_function(const char *statement, const char *name);
json_t *ksql_entity_assert(const char *statement, const struct ksql_asserted *asserted);

struct ksql_explanation {
    const struct ksql_query *query;
    const struct ksql_schema *columns;
    struct ksql_windows windows;         /* of the keys that it writes */
    const char *state, *address, *group; /* of one that runs, or NULL */
    json_t *errors;                      /* the same: why it stopped or waited; borrowed */
};
/* `statement` is shown where the query has no text of its own. */
json_t *ksql_entity_explained(const char *statement, const struct ksql_explanation *explanation);
/* The same as an answer; taken. */
json_t *ksql_entity_explanation(const char *statement, json_t *explained);

#endif
