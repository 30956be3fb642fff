/* Avro as text, without knowing what it is for: as Avro's own GenericRecord prints itself. */
#ifndef KSQLD_SERVER_PRINT_AVRO_H
#define KSQLD_SERVER_PRINT_AVRO_H

#include "avro/schema.h"
#include "base/buffer.h"

#define KSQL_PRINT_DEPTH_MAX 64 /* of values in one another */

/* Appends the value that fills the bytes. INPUT: they are not of the schema, or nested deeper. */
int ksql_print_avro(const struct of_avro_node *node, const void *bytes, size_t size,
    struct of_buffer *out, struct of_error *error) OF_NODISCARD;

#endif
