/* What the bytes of keys and values may be: formats are struck out as records contradict them, and
 * a record is shown in the first that is left, as ksqlDB's PRINT does. */
#ifndef KSQLD_SERVER_PRINT_FORMAT_H
#define KSQLD_SERVER_PRINT_FORMAT_H

#include "base/buffer.h"
#include "registry/registry.h"

struct ksql_print_side {
    struct of_registry *registry;
    bool key;        /* keys may have windows */
    bool seen;       /* some bytes were */
    unsigned struck; /* bits: formats that are out */
};

/* Appends the bytes (NULL: null) as text. */
void ksql_print_side_show(
    struct ksql_print_side *side, const void *bytes, size_t size, struct of_buffer *out);
/* "JSON or KAFKA_STRING" */
void ksql_print_side_formats(const struct ksql_print_side *side, struct of_buffer *out);

#endif
