/* SQL types and schemas. Types are immutable and shared: they live as long as their pool, and
 * every owner of columns keeps the pool alive by a reference. */
#ifndef KSQLD_PLAN_TYPE_H
#define KSQLD_PLAN_TYPE_H

#include "base/buffer.h"

#include <stdbool.h>

#define KSQL_TYPE_DEPTH_MAX 32 /* nested STRUCT, ARRAY and MAP */
#define KSQL_COLUMNS_MAX 1024  /* columns of a source, fields of a STRUCT */
#define KSQL_DECIMAL_PRECISION_MAX 38

enum ksql_type_kind {
    KSQL_NULL, /* the literal NULL: no type of its own */
    KSQL_BOOLEAN,
    KSQL_INTEGER,
    KSQL_BIGINT,
    KSQL_DOUBLE,
    KSQL_DECIMAL,
    KSQL_STRING,
    KSQL_BYTES,
    KSQL_TIMESTAMP,
    KSQL_DATE,
    KSQL_TIME,
    KSQL_ARRAY,
    KSQL_MAP,
    KSQL_STRUCT,
};

struct ksql_type;

struct ksql_field {
    const char *name; /* as in the schema: upper-case unless it was quoted */
    const struct ksql_type *type;
};

struct ksql_type {
    enum ksql_type_kind kind;
    int precision, scale;            /* DECIMAL */
    const struct ksql_type *element; /* ARRAY: element; MAP: value */
    const struct ksql_type *key;     /* MAP */
    const struct ksql_field *fields; /* STRUCT */
    size_t field_count;
};

/* A column of a source. */
struct ksql_column {
    const char *name;
    const struct ksql_type *type;
    bool key;               /* KEY of a stream, PRIMARY KEY of a table */
    bool header;            /* of the record's headers; in neither key nor value */
    const char *header_key; /* of HEADER('key'), whose last value it is; NULL: all of them */
};

/* Whether the column stands in the key, or in the value, of a record. */
static inline bool ksql_column_is_on(const struct ksql_column *column, bool key)
{
    return column->key == key && !column->header;
}

struct ksql_schema {
    struct ksql_column *columns; /* keys and values in declared order */
    size_t count;
    bool windowed; /* the key has a window: there are WINDOWSTART and WINDOWEND */
};

/* "STRUCT", "BIGINT", ... without parameters. */
const char *ksql_type_kind_name(enum ksql_type_kind kind);

/* As statements write it: DECIMAL(12, 2), STRUCT<SKU INTEGER, `b` STRING>; names are quoted where
 * the language needs it, or always (as error messages do). */
int ksql_type_format(const struct ksql_type *type, bool quote_always, struct of_buffer *out);
bool ksql_type_equal(const struct ksql_type *a, const struct ksql_type *b);

/* Which field of a STRUCT a record's field of this name is: the one of the very name, else of the
 * name in upper case. SIZE_MAX: none. */
size_t ksql_type_field(const struct ksql_type *type, const char *name);

#endif
