/* The KAFKA format: one value of a basic type, as Kafka's own serializers write it. */
#ifndef KSQLD_SERDE_KAFKA_H
#define KSQLD_SERDE_KAFKA_H

#include "base/buffer.h"
#include "ksqld/plan/type.h"
#include "ksqld/plan/value.h"

/* Strings and bytes borrow the input. INPUT: not the size of the type; no UTF-8. */
int ksql_kafka_read(const struct ksql_type *type, const void *bytes, size_t size,
    struct ksql_value *value, struct of_error *error) OF_NODISCARD;
/* Appends a value that is not NULL. */
void ksql_kafka_write(
    const struct ksql_type *type, const struct ksql_value *value, struct of_buffer *out);

#endif
