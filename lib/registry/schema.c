/* The names of schema types, in one table. */
#include "registry/schema.h"

#include <string.h>

static const char *const names[OF_SCHEMA_TYPES] = {
    [OF_SCHEMA_AVRO] = "AVRO", [OF_SCHEMA_JSON] = "JSON"};

const char *of_schema_type_name(enum of_schema_type type)
{
    return names[type];
}

bool of_schema_type_find(const char *name, enum of_schema_type *type)
{
    for (size_t i = 0; i < OF_SCHEMA_TYPES; i++) {
        if (strcmp(name ? name : names[OF_SCHEMA_AVRO], names[i]) == 0) {
            *type = (enum of_schema_type)i;
            return true;
        }
    }
    return false;
}
