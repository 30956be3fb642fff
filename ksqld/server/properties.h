/* Lists of names and values: streamsProperties and sessionVariables of a request or a logged
 * command. A value is a JSON string, number or boolean; which of them it was is kept. */
#ifndef KSQLD_SERVER_PROPERTIES_H
#define KSQLD_SERVER_PROPERTIES_H

#include "base/error.h"
#include "ksqld/plan/metastore.h"

#include <jansson.h>

#define KSQL_PROPERTIES_MAX 1024u

OF_DEFINE_CLEANUP(of_cleanup_json, json_t *, json_decref)

struct ksql_properties {
    struct ksql_property *items;
    size_t count;
};

void ksql_properties_release(struct ksql_properties *properties); /* also for OF_CLEANUP */

/* INPUT when there are too many. */
int ksql_properties_set(struct ksql_properties *properties, const char *name, const char *value,
    bool quoted, struct of_error *error) OF_NODISCARD;
void ksql_properties_unset(struct ksql_properties *properties, const char *name);

/* The value's text, or NULL. */
const char *ksql_properties_get(const struct ksql_property *items, size_t count, const char *name);

/* Where a query begins to read: auto.offset.reset, also by its name with ksql.streams. before it;
 * or NULL. */
const char *ksql_properties_reset(const struct ksql_property *items, size_t count);

/* Adds what a JSON object holds (NULL or JSON null: nothing). `what` names it in errors. */
int ksql_properties_read(struct ksql_properties *properties, const json_t *object, const char *what,
    struct of_error *error) OF_NODISCARD;

/* A new reference. */
json_t *ksql_properties_json(const struct ksql_property *items, size_t count);

#endif
