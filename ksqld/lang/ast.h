/* A statement as a tree, as it was written: no name is looked up, no type known. All of it lives in
 * one arena. Strings are NUL-terminated. */
#ifndef KSQLD_LANG_AST_H
#define KSQLD_LANG_AST_H

#include "ksqld/lang/arena.h"
#include "ksqld/lang/lexer.h"
#include "ksqld/plan/type.h"

enum ksql_node_kind {
    KSQL_NODE_NULL,
    KSQL_NODE_BOOLEAN,
    KSQL_NODE_INTEGER,
    KSQL_NODE_BIGINT,
    KSQL_NODE_DECIMAL,
    KSQL_NODE_DOUBLE,
    KSQL_NODE_STRING,
    KSQL_NODE_COLUMN,     /* name, source or NULL */
    KSQL_NODE_FIELD,      /* items[0] -> name */
    KSQL_NODE_SIGN,       /* operator + or -, items[0] */
    KSQL_NODE_ARITHMETIC, /* items[0] operator items[1] */
    KSQL_NODE_COMPARISON, /* items[0] operator items[1] */
    KSQL_NODE_AND,
    KSQL_NODE_OR,
    KSQL_NODE_NOT,
    KSQL_NODE_IS_NULL,
    KSQL_NODE_IS_NOT_NULL,
    KSQL_NODE_CASE,      /* condition, result, ...; an odd last item is ELSE */
    KSQL_NODE_CAST,      /* items[0] AS type */
    KSQL_NODE_CALL,      /* name(items) */
    KSQL_NODE_BETWEEN,   /* items[0] BETWEEN items[1] AND items[2] */
    KSQL_NODE_IN,        /* items[0] IN (items[1], ...) */
    KSQL_NODE_LIKE,      /* items[0] LIKE items[1] ESCAPE text (or NULL) */
    KSQL_NODE_SUBSCRIPT, /* items[0][items[1]] */
    KSQL_NODE_ARRAY,     /* ARRAY[items] */
    KSQL_NODE_MAP,       /* MAP(items[0] := items[1], ...) */
    KSQL_NODE_STRUCT,    /* STRUCT(names[0] := items[0], ...) */
    KSQL_NODE_LAMBDA,    /* (names) => items[0]; name_count of them */
    KSQL_NODE_VARIABLE,  /* name: of the lambda around it */
    KSQL_NODE_UNIT,      /* name of a unit of time, in the plural: an argument of functions */
};

enum ksql_operator {
    KSQL_ADD,
    KSQL_SUBTRACT,
    KSQL_MULTIPLY,
    KSQL_DIVIDE,
    KSQL_MODULO,
    KSQL_EQUAL,
    KSQL_NOT_EQUAL,
    KSQL_LESS,
    KSQL_LESS_EQUAL,
    KSQL_GREATER,
    KSQL_GREATER_EQUAL,
    KSQL_DISTINCT, /* IS DISTINCT FROM */
};

struct ksql_node {
    enum ksql_node_kind kind;
    enum ksql_operator op;
    struct ksql_place place;
    const char *name;   /* column, field, function */
    const char *source; /* column */
    const char *text;   /* DECIMAL, DOUBLE: as written; STRING: its value; LIKE: escape */
    size_t text_length;
    int64_t number; /* INTEGER, BIGINT, BOOLEAN */
    const struct ksql_type *type;
    const char **names; /* STRUCT, LAMBDA */
    size_t name_count;
    struct ksql_node **items;
    size_t count;
    unsigned depth; /* 1 for a leaf */
};

enum ksql_constraint {
    KSQL_COLUMN_VALUE,
    KSQL_COLUMN_KEY,
    KSQL_COLUMN_PRIMARY_KEY,
    KSQL_COLUMN_HEADERS, /* HEADERS, or HEADER('key') */
};

struct ksql_element {
    const char *name;
    const struct ksql_type *type;
    enum ksql_constraint constraint;
    const char *header_key; /* of HEADER('key'), or NULL */
    struct ksql_place place;
};

/* NAME=literal of a WITH clause; names are upper-case. */
struct ksql_with_item {
    const char *name;
    struct ksql_node *value;
    struct ksql_place place;
};

struct ksql_with {
    struct ksql_with_item *items;
    size_t count;
};

struct ksql_select_item {
    bool star;              /* * or SOURCE.* */
    bool fields;            /* NODE->*: all fields of a STRUCT */
    const char *source;     /* of SOURCE.*, or NULL */
    struct ksql_node *node; /* NULL for a star */
    const char *alias;      /* or NULL */
    struct ksql_place place;
};

enum ksql_join_kind { KSQL_JOIN_INNER, KSQL_JOIN_LEFT, KSQL_JOIN_RIGHT, KSQL_JOIN_FULL };

/* One more source of FROM, joined to what stands before it. */
struct ksql_join {
    enum ksql_join_kind kind;
    const char *source, *alias;
    struct ksql_place place; /* of the source */
    bool within;             /* two streams; not parsed further */
    struct ksql_node *on;
};

#define KSQL_WINDOW_OVERLAP_MAX 10000 /* hopping windows that one row is in */

struct ksql_window_clause {
    bool session; /* else tumbling or hopping */
    bool hopping;
    int64_t size_ms;      /* SESSION: the gap that ends one */
    int64_t advance_ms;   /* from one window to the next */
    int64_t retention_ms; /* -1: not given */
    int64_t grace_ms;     /* -1: not given */
    const char *text;     /* as ksqlDB prints it */
    struct ksql_place place;
};

struct ksql_select {
    struct ksql_select_item *items;
    size_t count;
    const char *from, *alias;
    struct ksql_place place, from_place, partition_place;
    struct ksql_join *joins;
    size_t join_count;
    struct ksql_window_clause *window; /* or NULL */
    struct ksql_node *where;           /* or NULL */
    struct ksql_node **group_by;
    size_t group_count;
    struct ksql_node **partition_by;
    size_t partition_count;
    struct ksql_node *having; /* or NULL */
    bool emit;                /* EMIT of either kind: a push query, where it is a statement */
    bool final;               /* EMIT FINAL */
    bool limited;             /* LIMIT, of statements only */
    int64_t limit;
};

/* PRINT TOPIC ...: what a topic's records are, whoever wrote them. */
struct ksql_print {
    const char *topic;
    bool from_beginning, limited;
    int64_t interval; /* every so many records: 1 for all */
    int64_t limit;
};

enum ksql_statement_kind {
    KSQL_STATEMENT_SELECT,
    KSQL_STATEMENT_PRINT,
    KSQL_STATEMENT_CREATE,
    KSQL_STATEMENT_CREATE_AS,
    KSQL_STATEMENT_INSERT,
    KSQL_STATEMENT_INSERT_VALUES,
    KSQL_STATEMENT_DROP,
    KSQL_STATEMENT_TERMINATE,
    KSQL_STATEMENT_PAUSE,
    KSQL_STATEMENT_RESUME,
    KSQL_STATEMENT_LIST_STREAMS,
    KSQL_STATEMENT_LIST_TABLES,
    KSQL_STATEMENT_LIST_TOPICS,
    KSQL_STATEMENT_LIST_QUERIES,
    KSQL_STATEMENT_LIST_PROPERTIES,
    KSQL_STATEMENT_LIST_FUNCTIONS,
    KSQL_STATEMENT_LIST_VARIABLES,
    KSQL_STATEMENT_DESCRIBE,
    KSQL_STATEMENT_SET,
    KSQL_STATEMENT_UNSET,
    KSQL_STATEMENT_DEFINE,
    KSQL_STATEMENT_UNDEFINE,
    KSQL_STATEMENT_CREATE_TYPE,
    KSQL_STATEMENT_DROP_TYPE,
    KSQL_STATEMENT_LIST_TYPES,
    KSQL_STATEMENT_DESCRIBE_FUNCTION,
    KSQL_STATEMENT_ASSERT,
    KSQL_STATEMENT_EXPLAIN, /* of the query `name`, or the statement `explained` with all it has */
};

#define KSQL_ASSERT_TIMEOUT_MS 1000
#define KSQL_ASSERT_TIMEOUT_MAX_MS 30000 /* others wait for the server meanwhile */

/* ASSERT [NOT EXISTS] TOPIC topic WITH (...), or SCHEMA SUBJECT subject ID id; TIMEOUT. */
struct ksql_assert {
    bool absent;
    const char *topic, *subject;
    struct ksql_node *id;
    int64_t timeout_ms;
};

struct ksql_parsed {
    enum ksql_statement_kind kind;
    bool table;  /* CREATE, DROP */
    bool source; /* CREATE SOURCE: read-only */
    bool or_replace, if_exists, if_not_exists, delete_topic, extended, all;
    const char *name;  /* source, query id, property or variable */
    const char *value; /* SET, DEFINE */
    struct ksql_place place, name_place;
    struct ksql_element *elements;
    size_t element_count;
    struct ksql_with with;
    struct ksql_select *select;
    struct ksql_print print;
    struct ksql_assert assertion;
    const struct ksql_type *type; /* CREATE TYPE */
    bool explains;                /* EXPLAIN of a statement: */
    enum ksql_statement_kind explained;
    const char **columns; /* INSERT ... (columns) VALUES (values) */
    size_t column_count;
    struct ksql_node **values;
    size_t value_count;
};

#endif
