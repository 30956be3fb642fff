/* An Avro schema as a tree, with all that avro-c drops: defaults, aliases, logical types, doc and
 * other attributes (connect.name ...). Parsed by jansson, then shown to avro-c as well. */
#ifndef OF_AVRO_SCHEMA_H
#define OF_AVRO_SCHEMA_H

#include "base/error.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#define OF_AVRO_DEPTH_MAX 32
#define OF_AVRO_FIELDS_MAX 1024
#define OF_AVRO_BRANCHES_MAX 64
#define OF_AVRO_SYMBOLS_MAX 4096

enum of_avro_type {
    OF_AVRO_NULL,
    OF_AVRO_BOOLEAN,
    OF_AVRO_INT,
    OF_AVRO_LONG,
    OF_AVRO_FLOAT,
    OF_AVRO_DOUBLE,
    OF_AVRO_BYTES,
    OF_AVRO_STRING,
    OF_AVRO_RECORD,
    OF_AVRO_ENUM,
    OF_AVRO_ARRAY,
    OF_AVRO_MAP,
    OF_AVRO_UNION,
    OF_AVRO_FIXED,
};

enum of_avro_logical {
    OF_AVRO_PLAIN,
    OF_AVRO_DECIMAL,
    OF_AVRO_DATE,
    OF_AVRO_TIME_MILLIS,
    OF_AVRO_TIME_MICROS,
    OF_AVRO_TIMESTAMP_MILLIS,
    OF_AVRO_TIMESTAMP_MICROS,
    OF_AVRO_UUID,
};

struct of_avro_node;

struct of_avro_field {
    char *name;
    char **aliases;
    size_t alias_count;
    struct of_avro_node *type;   /* borrowed when it refers to a named type seen before */
    const json_t *default_value; /* borrowed from the schema's JSON; NULL: none */
};

struct of_avro_node {
    enum of_avro_type type;
    enum of_avro_logical logical; /* OF_AVRO_PLAIN when unknown or invalid, as the spec says */
    int precision, scale;         /* decimal */
    char *full_name;              /* named types: namespace.name */
    char **aliases;               /* full names */
    size_t alias_count;
    struct of_avro_field *fields; /* record */
    size_t field_count;
    struct of_avro_node **branches; /* union: branches; array and map: [0] is the element */
    size_t branch_count;
    char **symbols; /* enum */
    size_t symbol_count;
    const char *default_symbol; /* enum, or NULL */
    size_t size;                /* fixed */
    const json_t *json;         /* this node's JSON, for further attributes; borrowed */
};

struct of_avro_schema;
/* INPUT error with what is wrong and where. Unlimited recursion is allowed only through names. */
int of_avro_schema_parse(const char *text, size_t size, struct of_avro_schema **schema,
    struct of_error *error) OF_NODISCARD;
void of_avro_schema_free(struct of_avro_schema *schema);
OF_DEFINE_CLEANUP(of_cleanup_avro_schema, struct of_avro_schema *, of_avro_schema_free)
const struct of_avro_node *of_avro_schema_root(const struct of_avro_schema *schema);

/* Same binary form and same meaning of every part: no resolution needed between them (names,
 * logical types, symbols and order of fields equal; docs, defaults and aliases may differ). */
bool of_avro_schema_equal(const struct of_avro_schema *a, const struct of_avro_schema *b);

const char *of_avro_type_name(enum of_avro_type type);

#endif
