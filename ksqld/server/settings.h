/* Properties that a request may set. */
#ifndef KSQLD_SERVER_SETTINGS_H
#define KSQLD_SERVER_SETTINGS_H

#include "base/error.h"
#include "ksqld/plan/metastore.h"

/* INPUT, in ksqlDB's words: no property of ksqlDB, Kafka Streams, consumers or producers has that
 * name, or requests may not set it. */
int ksql_settings_check(const char *name, struct of_error *error) OF_NODISCARD;
/* INPUT also, in Kafka's words, where the property can't have that value. */
int ksql_settings_check_value(
    const char *name, const char *value, struct of_error *error) OF_NODISCARD;
/* The same of a request's streamsProperties. */
int ksql_settings_check_all(
    const struct ksql_property *properties, size_t count, struct of_error *error) OF_NODISCARD;

#endif
