/* A schema as the Schema Registry keeps it: its type and its text. */
#ifndef OF_REGISTRY_SCHEMA_H
#define OF_REGISTRY_SCHEMA_H

#include <stdbool.h>
#include <stddef.h>

#define OF_SCHEMA_TEXT_MAX (1024u * 1024)

/* The types that we write and read. Where a body names none, it is Avro. */
enum of_schema_type { OF_SCHEMA_AVRO, OF_SCHEMA_JSON };
#define OF_SCHEMA_TYPES 2

struct of_schema {
    enum of_schema_type type;
    const char *text;
    size_t size;
};

/* "AVRO", "JSON": the registry's own names (`schemaType`). */
const char *of_schema_type_name(enum of_schema_type type);
/* False: a type that is not among ours. NULL is AVRO. */
bool of_schema_type_find(const char *name, enum of_schema_type *type);

#endif
