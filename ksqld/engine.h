/* The one interface between the language core and the server: statement text in, prepared
 * statements and query runs out. No Kafka, no HTTP, no clock, no thread in it.
 *
 * A statement goes through two steps. Prepare parses, checks and plans against the metastore and
 * changes nothing; the caller then creates the topic, registers schemas and appends the statement
 * to its command log. Apply changes the metastore. Replaying a command log means prepare + apply of
 * ksql_statement.text with its sequence number, in order, with replay set: the same log gives the
 * same sources, queries and query ids, whatever registry and topics hold by then, since the
 * canonical text holds inferred columns and filled-in properties.
 *
 * One engine belongs to one thread at a time. Runs (below) may be in other threads and keep what
 * they need alive by themselves, also after DROP or TERMINATE and after the engine is freed. */
#ifndef KSQLD_ENGINE_H
#define KSQLD_ENGINE_H

#include "ksqld/lang/lexer.h"
#include "ksqld/plan/metastore.h"
#include "registry/schema.h"

struct ksql_engine;
struct ksql_value;

/* ---- what the engine asks of its caller while it prepares ---- */

struct ksql_topic {
    bool exists;
    int partitions, replicas;
    bool has_retention; /* retention.ms of the topic is known; a query's topic inherits it */
    int64_t retention_ms;
};

struct ksql_callbacks {
    void *context;
    /* Whether a topic exists, and its shape. RETRY: the broker can't be asked. NULL: no topic is
     * ever looked up (prepare then takes every topic for existing with 1 partition). */
    int (*topic)(
        void *context, const char *topic, struct ksql_topic *answer, struct of_error *error);
    /* Newest schema of TOPIC-value or TOPIC-key, whatever its type; its text is borrowed until the
     * statement is prepared, and NULL when the subject does not exist. `id` < 0: newest, else that
     * schema id (VALUE_SCHEMA_ID). */
    int (*schema)(void *context, const char *topic, bool key, int32_t id, struct of_schema *schema,
        struct of_error *error);
    /* False: queries that need state (GROUP BY, joins, filtered tables) are refused. */
    bool keeps_state;
    /* Sources of PROTOBUF may be declared, though nothing here reads them. False: refused. */
    bool declares_protobuf;
};

/* Callbacks are copied, their context is borrowed until free. */
struct ksql_engine *ksql_engine_new(const struct ksql_callbacks *callbacks);
void ksql_engine_free(struct ksql_engine *engine);
OF_DEFINE_CLEANUP(of_cleanup_ksql_engine, struct ksql_engine *, ksql_engine_free)

/* An engine that starts with the same sources and queries, to try statements out on: what is
 * applied to it leaves the original as it was. PAUSE and RESUME change nothing in it. */
struct ksql_engine *ksql_engine_copy(
    const struct ksql_engine *engine, const struct ksql_callbacks *callbacks);

/* ---- prepared statements ---- */

enum ksql_effect {
    KSQL_EFFECT_NONE,          /* done: nothing to log (IF NOT EXISTS met, SET ...); see message */
    KSQL_EFFECT_CREATE_SOURCE, /* `source`; make `sink` topic first if `create_topic`; with a
                                  `query` that has no sink, of a SOURCE TABLE */
    KSQL_EFFECT_CREATE_QUERY,  /* CSAS: `source` and `query`; make the topic, register schemas */
    KSQL_EFFECT_INSERT_QUERY,  /* INSERT INTO: `query` */
    KSQL_EFFECT_DROP,          /* `name`; delete topic and subjects if `delete_topic`;
                                  queries in `stops` end */
    KSQL_EFFECT_TERMINATE,     /* `stops` */
    KSQL_EFFECT_PAUSE,         /* `stops` */
    KSQL_EFFECT_RESUME,        /* `stops` */
    KSQL_EFFECT_LIST_STREAMS,
    KSQL_EFFECT_LIST_TABLES,
    KSQL_EFFECT_LIST_TOPICS,
    KSQL_EFFECT_LIST_QUERIES,
    KSQL_EFFECT_LIST_PROPERTIES,
    KSQL_EFFECT_LIST_FUNCTIONS,
    KSQL_EFFECT_LIST_VARIABLES,
    KSQL_EFFECT_DESCRIBE,      /* `name`, `extended`; the source is there */
    KSQL_EFFECT_SET,           /* `name` = `value`: for the rest of this request */
    KSQL_EFFECT_UNSET,         /* `name` */
    KSQL_EFFECT_DEFINE,        /* `name` = `value` */
    KSQL_EFFECT_UNDEFINE,      /* `name` */
    KSQL_EFFECT_INSERT_VALUES, /* `insertion`: one record to be sent; nothing to log */
    KSQL_EFFECT_CREATE_TYPE,   /* logged, like the next */
    KSQL_EFFECT_DROP_TYPE,
    KSQL_EFFECT_LIST_TYPES,
    KSQL_EFFECT_DESCRIBE_FUNCTION, /* `name` */
    KSQL_EFFECT_ASSERT,            /* `asserted` */
    KSQL_EFFECT_EXPLAIN, /* `query`: of the metastore if it has a `name`; `columns` it yields */
    /* Only where queries are asked for, see ksql_prepare_options: */
    KSQL_EFFECT_PUSH,  /* `query` and `asked`: its rows go to who asked, as they come */
    KSQL_EFFECT_PULL,  /* the same, from a table's rows as they are */
    KSQL_EFFECT_PRINT, /* `printing` */
};

/* A topic to create before the command is logged. */
struct ksql_new_topic {
    char *name;
    int partitions, replicas;   /* replicas -1: the broker's default */
    int64_t retention_ms;       /* -1: for ever; INT64_MIN: the broker's default */
    const char *cleanup_policy; /* "delete", "compact" or both, with a comma */
};

/* What INSERT INTO ... VALUES sends, or where rows of somebody else's go: see
 * ksql_engine_prepare_target. Lives as long as its statement. */
struct ksql_insertion {
    struct ksql_source target;       /* a copy */
    const char *schemas[2];          /* to be registered for its value and key; NULL: none */
    const struct ksql_value *values; /* one a column of the target's schema */
    bool timed;                      /* ROWTIME was given: */
    int64_t timestamp;
};

/* Windows whose bounds lie within, all inclusive. */
struct ksql_read_bounds {
    int64_t first, last;
};
#define KSQL_READ_ANY ((struct ksql_read_bounds){INT64_MIN, INT64_MAX})

struct ksql_read {
    const struct ksql_value *keys; /* one a key column of the sink, in its order; NULL: all keys */
    struct ksql_read_bounds start, end; /* of the windows, where the sink has windowed keys */
};

#define KSQL_LOOKUPS_MAX 1000u /* keys that one pull query looks up; with more it reads all */

/* A SELECT that is a statement of its own. Lives as long as its statement. */
struct ksql_asked {
    const struct ksql_schema *columns;   /* of the answer */
    bool table;                          /* rows may come again, and go */
    bool tables[KSQL_QUERY_SOURCES_MAX]; /* which sources of the query are */
    bool ends; /* PUSH: with what there is by now, as a stream's pull query */
    bool limited;
    int64_t limit;
    const char *writer;            /* PULL: the query that keeps the table */
    const struct ksql_read *reads; /* PULL: what to read of it, one after the other */
    size_t read_count;
};

struct ksql_printing {
    const char *topic;
    bool from_beginning, limited;
    int64_t interval, limit;
};

/* ASSERT: of a topic, or of a schema by its subject, id, or both. */
struct ksql_asserted {
    bool absent; /* NOT EXISTS */
    const char *topic, *subject;
    int64_t id, partitions, replicas; /* -1: not asked for */
    int64_t timeout_ms;
};

struct ksql_statement {
    enum ksql_effect effect;
    /* Canonical statementText; for statements without one, the text as given. */
    char *text;
    /* "stream/`CLOSED`/create", "terminate/CSAS_CLOSED_3/execute"; NULL: nothing to log. */
    char *command_id;
    /* commandStatus.message once applied ("Stream created", "Created query with ID CSAS_CLOSED_3",
     * "Source `X` (topic: T) was dropped.", ...), or the warning of a NONE effect. */
    char *message;
    bool warning;      /* NONE effect: answer with @type warning_entity and this message */
    bool create_topic; /* `topic` does not exist yet */
    bool delete_topic; /* DROP ... DELETE TOPIC */
    bool extended;     /* DESCRIBE ... EXTENDED, SHOW ... EXTENDED */
    struct ksql_new_topic topic; /* create_topic; DROP: its name */
    /* Valid as long as the statement; once applied, use the metastore's. */
    const struct ksql_source *source;
    const struct ksql_query *query;
    const struct ksql_insertion *insertion;
    const struct ksql_asked *asked;
    const struct ksql_printing *printing;
    const struct ksql_asserted *asserted;
    const struct ksql_schema *columns;
    struct ksql_windows windows; /* EXPLAIN: of the keys that the query writes */
    char *name, *value;          /* see the effects; source names are bare (FINISHED) */
    char **stops;                /* query ids */
    size_t stop_count;
    struct ksql_plan *plan; /* the engine's own, like the next */
    uint64_t prepared_at;
};

/* Why a statement was refused: an error body of ksqlDB's REST API. Release also for OF_CLEANUP. */
struct ksql_failure {
    int status;         /* HTTP: 400, or 500 when the world failed (retry) */
    int error_code;     /* 40001 bad statement, 40000 generic, 40002 SELECT/PRINT, 50000 */
    const char *type;   /* "statement_error" or "generic_error", a literal */
    char *message;      /* ksqlDB's text */
    char *statement;    /* statementText of the body, NULL for generic_error */
    bool not_supported; /* right for ksqlDB, refused by us: message names feature and place */
    int line, column;   /* in the statement given (add the piece's place); 0: unknown */
};
void ksql_failure_release(struct ksql_failure *failure);

struct ksql_prepare_options {
    const struct ksql_property *properties; /* streamsProperties in force (SETs included) */
    size_t property_count;
    const struct ksql_property *variables; /* sessionVariables in force (DEFINEs included) */
    size_t variable_count;
    bool queries; /* SELECT and PRINT are asked for, and nothing else is */
    bool replay;  /* the text comes from the command log: topics and registry are not asked */
};

/* Checks one statement (with its semicolon, UTF-8) against the metastore. 0 and *statement, to be
 * freed; or a negative class and *failure filled (its `error_code` and `message` are the answer to
 * give): INPUT for a bad or unsupported statement, RETRY when a callback said so. */
int ksql_engine_prepare(struct ksql_engine *engine, const char *text, size_t length,
    const struct ksql_prepare_options *options, struct ksql_statement **statement,
    struct ksql_failure *failure) OF_NODISCARD;
/* The same for rows that come from elsewhere: a statement whose `insertion` has no values. `name`
 * is bare, as in the metastore. */
int ksql_engine_prepare_target(struct ksql_engine *engine, const char *name,
    struct ksql_statement **statement, struct ksql_failure *failure) OF_NODISCARD;
void ksql_statement_free(struct ksql_statement *statement);
OF_DEFINE_CLEANUP(of_cleanup_ksql_statement, struct ksql_statement *, ksql_statement_free)

/* Changes the metastore as the statement says; `sequence` is its offset in the command log. The
 * next query id ends in sequence + 1. INPUT: the metastore changed since prepare so that the
 * statement no longer holds (prepare again). */
int ksql_engine_apply(struct ksql_engine *engine, struct ksql_statement *statement,
    int64_t sequence, struct of_error *error) OF_NODISCARD;

/* ---- reading the metastore ---- */

size_t ksql_engine_source_count(const struct ksql_engine *engine);
const struct ksql_source *ksql_engine_source(const struct ksql_engine *engine, size_t index);
const struct ksql_source *ksql_engine_source_find(
    const struct ksql_engine *engine, const char *name);
size_t ksql_engine_query_count(const struct ksql_engine *engine);
const struct ksql_query *ksql_engine_query(const struct ksql_engine *engine, size_t index);
const struct ksql_query *ksql_engine_query_find(const struct ksql_engine *engine, const char *id);
/* The columns that a query of the metastore writes, and the windows of its keys; NULL: no query. */
const struct ksql_schema *ksql_engine_query_columns(
    const struct ksql_engine *engine, const char *id, struct ksql_windows *windows);
size_t ksql_engine_type_count(const struct ksql_engine *engine);
/* A type that CREATE TYPE made, and its name. */
const struct ksql_type *ksql_engine_type(
    const struct ksql_engine *engine, size_t index, const char **name);
/* Sources made by CREATE ... AS from this one (DESCRIBE's sourceConstraints): fills up to `max`
 * names and yields how many there are. */
size_t ksql_engine_constraints(
    const struct ksql_engine *engine, const char *name, const char **names, size_t max);

/* ---- running a query: one run a thread ---- */

/* Bytes for the values of one record and of its rows. */
#define KSQL_RECORD_MEMORY_MAX (128u * 1024 * 1024)

/* What goes wrong with a record or one of its columns, as ksqlDB's processing log has it. */
enum ksql_trouble_type { /* its numbers */
    KSQL_TROUBLE_DESERIALIZATION,
    KSQL_TROUBLE_PROCESSING,
    KSQL_TROUBLE_PRODUCTION,
    KSQL_TROUBLE_SERIALIZATION
};

#define KSQL_TROUBLES_MAX 16u             /* told of one record; the rest is counted */
#define KSQL_TROUBLE_TEXT_MAX 1024u       /* bytes of a message or cause; longer ones are cut */
#define KSQL_TROUBLE_ROW_MAX (64u * 1024) /* bytes of a row; a larger one is left out */

struct ksql_trouble {
    enum ksql_trouble_type type;
    const char *step;   /* the end of the logger's name, as ksqlDB calls its steps: "Project" */
    const char *target; /* "key" or "value", of what could not be read or written; else NULL */
    const char *message, *cause;
    const char *topic; /* SERIALIZATION: what would have been written to */
    const char *row;   /* PROCESSING: a JSON array; NULL: not wanted, or not known */
    size_t row_size;
    bool row_left_out; /* it is too large */
};

/* The trouble is borrowed for the call. */
typedef void ksql_tell_trouble(void *context, const struct ksql_trouble *trouble);

struct ksql_run;
struct ksql_state;

struct ksql_run_callbacks {
    void *context;
    /* Writer schema of an id, text borrowed until the run is freed. INPUT: unknown id, or a schema
     * of another type. */
    int (*schema)(void *context, int32_t id, enum of_schema_type type, const char **text,
        size_t *size, struct of_error *error);
    struct ksql_state *state; /* for a query that needs one; taken. NULL: one in memory */
    int partitions;           /* of the first source's topic; 0 is as 1 */
    /* Told what fails while a record is processed; the record's own failure is among it. NULL:
     * nobody wants to know. */
    ksql_tell_trouble *trouble;
    void *trouble_context;
    bool trouble_rows; /* with the rows that expressions fail on */
};

/* One header of a record. */
struct ksql_header {
    const char *name;  /* UTF-8 */
    const void *value; /* NULL: null */
    size_t size;
};

struct ksql_record_in {
    size_t input; /* index into the query's sources */
    int32_t partition;
    int64_t offset, timestamp;
    const void *key, *value; /* NULL: null */
    size_t key_size, value_size;
    const struct ksql_header *headers; /* in their order; for columns of headers */
    size_t header_count;
    /* The record before, for another input that reads its topic too: they succeed or fail as one.
     */
    bool again;
};

struct ksql_record_out {
    const void *key, *value; /* NULL: null; borrowed for the call */
    size_t key_size, value_size;
    int64_t timestamp;
    bool headerless; /* else the headers of the record that is processed go with it */
};

/* 0, or its error goes through ksql_run_process unchanged. */
typedef int ksql_emit(void *context, const struct ksql_record_out *record, struct of_error *error);
/* Of a PUSH or PULL the value is the row as a JSON array; where a row is gone it is NULL, and the
 * key has what the row is told by. */

/* `key_id` and `value_id`: schema ids that written keys and values carry (ignored by formats
 * without a schema). The query is borrowed for the call only. */
int ksql_run_new(const struct ksql_query *query, const struct ksql_run_callbacks *callbacks,
    int32_t key_id, int32_t value_id, struct ksql_run **run, struct of_error *error) OF_NODISCARD;
void ksql_run_free(struct ksql_run *run);
OF_DEFINE_CLEANUP(of_cleanup_ksql_run, struct ksql_run *, ksql_run_free)

/* One input record through the query. 0: done, with as many emits as outputs (also none). INPUT:
 * this record can't be read (what ksqlDB logs as a deserialization error and skips), or passes
 * KSQL_RECORD_MEMORY_MAX, be it after some emits. RETRY: the schema callback said so. FATAL: the
 * state can't be read. Nothing is kept of a record that failed. */
int ksql_run_process(struct ksql_run *run, const struct ksql_record_in *record, ksql_emit *emit,
    void *emit_context, struct of_error *error) OF_NODISCARD;

/* The time of a record by its source's TIMESTAMP column, else its timestamp. Any record may be
 * asked for at any time, but for those of another thread. */
int64_t ksql_run_time(struct ksql_run *run, const struct ksql_record_in *record);

/* Whether an input is a table. */
bool ksql_query_reads_table(const struct ksql_query *query, size_t input);
/* Whether its runs need a state. */
bool ksql_query_keeps_state(const struct ksql_query *query);
/* A state that outlives the run: before each commit all that the run remembers must be in it, and
 * after the state was settled or aborted the run must begin with what is there. */
int ksql_run_save(struct ksql_run *run, struct of_error *error) OF_NODISCARD;
int ksql_run_load(struct ksql_run *run, struct of_error *error) OF_NODISCARD;

/* ---- reading the table that a query writes ---- */

struct ksql_read_row {
    const struct ksql_value *values;  /* one a column of the sink's schema, in its order */
    int64_t timestamp;                /* ROWTIME */
    int64_t window_start, window_end; /* 0: no windowed keys */
};

/* One row, borrowed for the call. A positive answer ends the reading, which then succeeds; a
 * negative one ends it and is handed on. */
typedef int ksql_read_visit(void *context, const struct ksql_read_row *row, struct of_error *error);

/* The run of a PULL on one row of its table: the row of the answer, if it has one, as a record as
 * that of a PUSH. */
int ksql_run_answer(struct ksql_run *run, const struct ksql_read_row *row, ksql_emit *emit,
    void *emit_context, struct of_error *error) OF_NODISCARD;

/* Whether the rows of its sink can be read: it makes a table and keeps a state. */
bool ksql_run_is_readable(const struct ksql_run *run);
/* The rows that the sink's table has by the last commit, all of one moment; those of one key in the
 * order of their windows. From any thread, as long as the run is not freed. INPUT: not readable, or
 * the values of one row pass KSQL_RECORD_MEMORY_MAX. */
int ksql_run_read(const struct ksql_run *run, const struct ksql_read *read, ksql_read_visit *visit,
    void *context, struct of_error *error) OF_NODISCARD;

/* Rows where an expression failed: its column became NULL, or a WHERE false, as ksqlDB does. */
uint64_t ksql_run_expression_errors(const struct ksql_run *run);

#endif
