/* Sources and queries as plain data. Read access; only ksql_engine_apply changes them. */
#ifndef KSQLD_PLAN_METASTORE_H
#define KSQLD_PLAN_METASTORE_H

#include "ksqld/plan/type.h"

#include <stdint.h>

#define KSQL_SOURCES_MAX 4096u
#define KSQL_QUERIES_MAX 4096u
#define KSQL_TYPES_MAX 4096u
#define KSQL_QUERY_SOURCES_MAX 16u

enum ksql_window_kind { KSQL_WINDOW_NONE, KSQL_WINDOW_TIME, KSQL_WINDOW_SESSION };

/* Windows of a source's keys. */
struct ksql_windows {
    enum ksql_window_kind kind;
    int64_t size; /* TIME: ms */
    bool hopping; /* TIME: else tumbling */
};

/* A stream or table over a topic. Borrowed from the engine until the next apply. */
struct ksql_source {
    const char *name; /* FINISHED */
    bool table;
    bool read_only; /* CREATE SOURCE */
    const char *topic;
    const char *key_format, *value_format; /* "KAFKA", "AVRO", ... */
    struct ksql_schema schema;
    const char *statement;        /* canonical text that made it */
    const char *timestamp_column; /* or "" */
    const char *timestamp_format; /* TIMESTAMP_FORMAT of a STRING column; NULL: it is none */
    bool windowed;
    struct ksql_windows windows;
    bool wrap_single_value;      /* WRAP_SINGLE_VALUE; true: a record even for one column */
    char delimiters[2];          /* DELIMITED: of value and key; 0: a comma */
    const char *schema_names[2]; /* AVRO: of value and key; NULL: ksqlDB's own */
};

/* A persistent query. Borrowed from the engine while it is in the metastore; a run keeps what it
 * needs of it alive by itself. */
struct ksql_query {
    const char *id;                              /* CSAS_CLOSED_3 or the QUERY_ID of an INSERT */
    const char *statement;                       /* canonical text */
    const char *sources[KSQL_QUERY_SOURCES_MAX]; /* names; index = `input` of process */
    const char *source_topics[KSQL_QUERY_SOURCES_MAX]; /* the same order */
    size_t source_count;
    const char *sink; /* name of the stream written; "", as its topic: of a SOURCE TABLE */
    const char *sink_topic;
    const char *sink_key_format, *sink_value_format;
    /* What to register under SINK_TOPIC-value before the query starts; NULL: the format has no
     * schema. ksqlDB's text: record KsqlDataSourceSchema with its connect.* attributes. */
    const char *sink_value_schema;
    const char *sink_key_schema;            /* the same for the key; NULL for KAFKA and NONE */
    const struct ksql_property *properties; /* streamsProperties it was made with */
    size_t property_count;
    bool paused;
};

struct ksql_property {
    char *name, *value; /* value: the text of a string, number or boolean */
    bool quoted;        /* it was a JSON string */
};

#endif
