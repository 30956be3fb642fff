/* A JSON Schema as Connect's JsonSchemaConverter understands it: the type of each value, whether it
 * may be null, and what stands for it where it is missing. Of the vocabulary that is what ksqlDB's
 * columns and records go by; constraints (lengths, ranges, patterns, required) say nothing here.
 *
 * What Connect would make something of that has no place in SQL (a union of several types, a schema
 * that takes anything), or that it refuses, is refused with the property's name. */
#ifndef KSQLD_SERDE_FORM_H
#define KSQLD_SERDE_FORM_H

#include "ksqld/plan/type.h"
#include "ksqld/serde/json.h"

#define KSQL_FORM_DEPTH_MAX 32                  /* arrays, maps and objects inside one another */
#define KSQL_FORM_NODES_MAX 65536u              /* of a schema whose references are followed */
#define KSQL_FORM_BYTES_MAX (16u * 1024 * 1024) /* of memory for these, their names included */

enum ksql_form_kind {
    KSQL_FORM_BOOLEAN,
    KSQL_FORM_INT8,
    KSQL_FORM_INT16,
    KSQL_FORM_INT32,
    KSQL_FORM_INT64,
    KSQL_FORM_FLOAT32,
    KSQL_FORM_FLOAT64,
    KSQL_FORM_STRING,
    KSQL_FORM_BYTES,
    KSQL_FORM_ARRAY,
    KSQL_FORM_MAP,
    KSQL_FORM_STRUCT,
};

enum ksql_form_logic {
    KSQL_FORM_PLAIN,
    KSQL_FORM_DECIMAL,   /* of BYTES */
    KSQL_FORM_DATE,      /* of INT32, like the next */
    KSQL_FORM_TIME,      /* */
    KSQL_FORM_TIMESTAMP, /* of INT64 */
};

struct ksql_form;

struct ksql_form_field {
    const char *name;
    const struct ksql_form *form;
};

struct ksql_form {
    enum ksql_form_kind kind;
    enum ksql_form_logic logic;
    bool optional;
    int precision, scale;             /* DECIMAL; -1: not told */
    const struct ksql_json *fallback; /* `default`; NULL: none */
    const struct ksql_form *element;  /* ARRAY; MAP: of its values */
    const struct ksql_form *key; /* MAP that is written as a list of entries; NULL: an object */
    const struct ksql_form_field *fields; /* STRUCT */
    size_t field_count;
    bool ordered; /* the fields stand in Connect's order, and not just in some order */
};

/* Compiled into the arena. INPUT: no JSON, or a schema that is refused; the message says what about
 * it is not supported. */
int ksql_form_parse(struct ksql_arena *arena, const char *text, size_t size,
    const struct ksql_form **form, struct of_error *error) OF_NODISCARD;

/* "string", "int64", "struct": Connect's names. */
const char *ksql_form_kind_name(enum ksql_form_kind kind);

#endif
