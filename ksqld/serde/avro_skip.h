/* Past what a query does not read. */
#ifndef KSQLD_SERDE_AVRO_SKIP_H
#define KSQLD_SERDE_AVRO_SKIP_H

#include "avro/binary.h"
#include "avro/schema.h"

#define KSQL_SKIP_DEPTH_MAX 64 /* nesting of skipped data: a schema may refer to itself */

/* Moves the reader behind one value; it keeps the failure if there is one. Strings are not looked
 * into. */
void ksql_avro_skip(struct of_avro_reader *in, const struct of_avro_node *node, const char *field);

/* Whether each value of this type takes at least a byte: it bounds what a count can claim. */
bool ksql_avro_takes_room(const struct of_avro_node *node);

#endif
