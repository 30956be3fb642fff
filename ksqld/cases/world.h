/* A broker and a registry that are nothing but memory, and the queries of one engine between them:
 * what a record sets off is carried through every query until nothing moves. */
#ifndef KSQLD_CASES_WORLD_H
#define KSQLD_CASES_WORLD_H

#include "ksqld/engine.h"
#include "ksqld/serde/json.h"

#define KSQL_WORLD_RECORDS_MAX (1024u * 1024) /* records of one case, on all topics */

struct ksql_world_record {
    const void *key, *value; /* NULL: null */
    size_t key_size, value_size;
    int64_t timestamp;
    const struct ksql_json *headers; /* as the input has them; NULL: none */
    size_t turn;                     /* 1, 2, ... of those sent to the world; 0: a query's */
};

struct ksql_world_topic {
    const char *name;
    int partitions;
    bool declared;  /* the case says how many partitions */
    int32_t ids[2]; /* newest schemas of value and key; 0: none */
    struct ksql_world_record *records;
    size_t count;
    const char *formats[2]; /* as the case declares them, or NULL */
};

struct ksql_world {
    struct ksql_arena arena; /* topics, records, schemas */
    struct ksql_engine *engine;
    struct ksql_world_topic **topics;
    size_t topic_count, record_count;
    const char **schemas; /* of id 1, 2, ... */
    int32_t *schema_ids;  /* ids that a case gives to them */
    enum of_schema_type *schema_types;
    size_t schema_count;
    struct ksql_world_query *queries;
    size_t query_count;
    int64_t sequence;
    struct ksql_property *properties, *variables; /* in force: SET and DEFINE change them */
    size_t property_count, variable_count;
    size_t sent_count;
    bool by_query; /* see ksql_world_send */
};

void ksql_world_init(struct ksql_world *world);
void ksql_world_release(struct ksql_world *world); /* also for OF_CLEANUP */

/* The topic of that name, made when it isn't there. */
struct ksql_world_topic *ksql_world_topic(struct ksql_world *world, const char *name);
/* NULL: there is none. */
struct ksql_world_topic *ksql_world_find(const struct ksql_world *world, const char *name);

/* Registers a schema (its text ends in a NUL) under the topic; `id` 0: the next one. Yields its id.
 */
int32_t ksql_world_register(struct ksql_world *world, struct ksql_world_topic *topic, bool key,
    const struct of_schema *schema, int32_t id);
/* The text of a schema id, and its type; NULL: unknown. */
const char *ksql_world_schema(
    const struct ksql_world *world, int32_t id, enum of_schema_type *type);

/* As SET and DEFINE do; the texts are copied. */
void ksql_world_set(struct ksql_world *world, const char *name, const char *value);
void ksql_world_define(struct ksql_world *world, const char *name, const char *value);

/* One statement, applied at once. INPUT or RETRY: *failure. */
int ksql_world_execute(struct ksql_world *world, const char *text, size_t length,
    struct ksql_failure *failure) OF_NODISCARD;

/* One record in, and all that follows from it. Bytes must live as long as the world. Records that
 * a query can't read are skipped, as ksqlDB does. INPUT: too many records, or one that this runner
 * refuses. With `by_query` nothing follows yet. */
int ksql_world_send(struct ksql_world *world, struct ksql_world_topic *topic,
    const struct ksql_world_record *record, struct of_error *error) OF_NODISCARD;
/* With `by_query`, all that follows from all records: one query after the other, each first takes
 * what was sent, then what queries wrote, topic by topic. So ksqlDB's tests go, and a cluster may
 * go either way. Otherwise nothing. */
int ksql_world_finish(struct ksql_world *world, struct of_error *error) OF_NODISCARD;

#endif
