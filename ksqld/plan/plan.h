/* What the core makes of one statement: its tree, the source or query it defines, and how the query
 * works. One arena owns all of it; statements, the metastore and runs hold references. */
#ifndef KSQLD_PLAN_PLAN_H
#define KSQLD_PLAN_PLAN_H

#include "ksqld/functions/aggregate.h"
#include "ksqld/functions/time_format.h"
#include "ksqld/plan/expression.h"
#include "ksqld/plan/metastore.h"

#include <stdatomic.h>

/* Which parts of a column a query reads; the rest is skipped when a record is decoded. */
struct ksql_want {
    bool any, all;
    struct ksql_want *fields; /* STRUCT: one a field, when not all */
};

/* One column of the output: its expression works on the row as it is behind the table functions. */
struct ksql_output {
    struct ksql_expression *expression;
    bool key;         /* taken from PARTITION BY, or from the key of the input */
    size_t key_index; /* which expression of PARTITION BY, or slot of the input */
    bool on_key;      /* works on the key alone, so also for records without a value */
};

/* One aggregate of a query, however often it is written. */
struct ksql_aggregate_call {
    const struct ksql_aggregate *function;
    struct ksql_aggregate_site site;
    struct ksql_expression **arguments; /* on the row before GROUP BY */
};

struct ksql_grouping {
    struct ksql_expression **keys; /* on the row before GROUP BY */
    size_t key_count;
    struct ksql_aggregate_call *calls;
    size_t call_count;
    struct ksql_schema row;                  /* keys and results: what HAVING and SELECT work on */
    struct ksql_expression *having;          /* or NULL */
    const struct ksql_window_clause *window; /* or NULL */
};

/* TIMESTAMP: which column has the record's time. */
struct ksql_timing {
    bool any;
    size_t slot;
    const struct ksql_format *format; /* of a STRING; NULL: it is a number */
};

/* One source that a query reads. */
struct ksql_feed {
    struct ksql_schema schema; /* its types belong to this plan */
    const char *key_format, *value_format;
    bool unwrapped;              /* WRAP_SINGLE_VALUE=false */
    char delimiters[2];          /* as in ksql_source */
    struct ksql_windows windows; /* of its keys */
    struct ksql_want *wants;     /* one a column */
    struct ksql_timing timing;
    bool table;
    size_t offset;      /* of its columns in the row behind the joins */
    size_t time_offset; /* of its ROWTIME there */
    bool kept;          /* its rows are kept in the state, for what comes behind needs them again */
};

/* How the next feed is joined to what stands before it. */
struct ksql_joint {
    enum ksql_join_kind kind;
    struct ksql_expression *left; /* what its key equals; on the joined row */
    bool as_is; /* records of one key are in partitions of one number, as they came */
};

/* input -> WHERE -> table functions -> PARTITION BY, or GROUP BY and HAVING -> SELECT, in this
 * order, as ksqlDB does. */
struct ksql_pipeline {
    struct ksql_feed *feeds; /* in the order of ksql_query.sources */
    size_t feed_count;
    struct ksql_joint *joints; /* one less than feeds */
    size_t joint_count;
    bool table;                /* what goes through it are changes of a table */
    struct ksql_schema input;  /* of the one feed, or of all joined: the key, then their columns */
    bool output_unwrapped;     /* WRAP_SINGLE_VALUE=false */
    struct ksql_timing timing; /* of what is written; `slot` is an output */
    char output_delimiters[2];
    struct ksql_windows windows;     /* of the output's keys */
    struct ksql_want *wants;         /* one a column of the input */
    struct ksql_expression *where;   /* or NULL */
    struct ksql_expression **tables; /* table functions; slots behind the pseudo columns */
    size_t table_count;
    bool partitioned; /* PARTITION BY: the key is `partitions`, or none at all (BY NULL) */
    struct ksql_expression **partitions;
    size_t partition_count;
    struct ksql_grouping *grouping; /* or NULL */
    struct ksql_schema output;
    struct ksql_output *outputs; /* one a column of `output`: first the key's, in its order */
    bool output_kept;            /* as rows of a table in the state, for whoever reads it */
};

struct ksql_insertion;
struct ksql_asked;

struct ksql_plan {
    _Atomic unsigned references;
    struct ksql_arena arena;
    struct ksql_parsed parsed;
    bool has_source, has_query;
    bool created_as; /* source and query belong together; CREATE SOURCE TABLE has no sink */
    bool ephemeral;  /* a query whose rows go to who asked: nothing of it is kept */
    struct ksql_source source;
    struct ksql_query query;
    struct ksql_pipeline pipeline;
    const struct ksql_source **sources; /* of the query, while it is planned */
    size_t source_count;
    int64_t collect_limits[2];        /* of COLLECT_LIST and COLLECT_SET */
    struct ksql_insertion *insertion; /* or NULL, like the next */
    struct ksql_asked *asked;
};

struct ksql_plan *ksql_plan_new(void);
struct ksql_plan *ksql_plan_hold(struct ksql_plan *plan);
void ksql_plan_release(struct ksql_plan *plan);
OF_DEFINE_CLEANUP(of_cleanup_ksql_plan, struct ksql_plan *, ksql_plan_release)

/* The plan that a query is part of. */
static inline struct ksql_plan *ksql_plan_of_query(const struct ksql_query *query)
{
    return (struct ksql_plan *)((char *)query - offsetof(struct ksql_plan, query));
}

/* Whether a run of it needs a state. */
bool ksql_pipeline_keeps_state(const struct ksql_pipeline *pipeline);

/* Notes which parts of which input columns the pipeline's expressions read. */
void ksql_want_columns(struct ksql_plan *plan);

/* Deep copies into an arena. */
const struct ksql_type *ksql_type_copy(struct ksql_arena *arena, const struct ksql_type *type);
void ksql_schema_copy(
    struct ksql_arena *arena, const struct ksql_schema *from, struct ksql_schema *to);
void ksql_schema_add(struct ksql_arena *arena, struct ksql_schema *schema, const char *name,
    const struct ksql_type *type, bool key);
size_t ksql_schema_key_count(const struct ksql_schema *schema);
/* "`K` STRING KEY, `A` BIGINT" as error messages have it. */
int ksql_schema_format(const struct ksql_schema *schema, struct of_buffer *out);

/* Columns of a registered Avro schema, upper-case unless `original`: a record's fields, or one
 * column of that name for all of it. INPUT: *problem names the field. */
struct ksql_inference {
    bool key;
    const char *single; /* ROWKEY or ROWVAL; NULL: the fields */
    bool original;
};
int ksql_infer_columns(struct ksql_arena *arena, const char *text, size_t size,
    const struct ksql_inference *how, struct ksql_schema *schema,
    struct ksql_problem *problem) OF_NODISCARD;
/* The same for JSON_SR: columns of a registered JSON schema, and the schema of a sink. */
int ksql_infer_json_columns(struct ksql_arena *arena, const char *text, size_t size,
    const struct ksql_inference *how, struct ksql_schema *schema,
    struct ksql_problem *problem) OF_NODISCARD;
int ksql_write_json_schema(struct ksql_arena *arena, const struct ksql_schema *schema, bool key,
    bool unwrapped, struct of_buffer *out, struct ksql_problem *problem) OF_NODISCARD;
/* Whether Avro allows the name for a field. */
int ksql_check_avro_name(const char *name, struct ksql_problem *problem) OF_NODISCARD;
struct ksql_avro_shape {
    bool key, unwrapped;
    const char *name; /* full name of the record; NULL: ksqlDB's own */
};
/* The schema that ksqlDB registers for a side of a sink. INPUT: a type or name that Avro (or this
 * runner) doesn't have. */
int ksql_write_avro_schema(const struct ksql_schema *schema, const struct ksql_avro_shape *shape,
    struct of_buffer *out, struct ksql_problem *problem) OF_NODISCARD;

/* The schema that is registered for a side of a source with these columns; nothing where its format
 * has none. */
int ksql_write_source_schema(struct ksql_arena *arena, const struct ksql_source *source,
    const struct ksql_schema *columns, bool key, struct of_buffer *out,
    struct ksql_problem *problem) OF_NODISCARD;

#endif
