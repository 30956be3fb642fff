/* Properties that a request may set. */
#ifndef KSQLD_SERVER_SETTINGS_H
#define KSQLD_SERVER_SETTINGS_H

#include "base/error.h"

/* INPUT, in ksqlDB's words: no property of ksqlDB, Kafka Streams, consumers or producers has that
 * name, or requests may not set it. */
int ksql_settings_check(const char *name, struct of_error *error) OF_NODISCARD;

#endif
