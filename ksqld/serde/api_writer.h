/* Values as JSON in the answers of the REST API, as ksqlDB's own mapper writes them: times are
 * text, decimals have all their digits and no exponent. */
#ifndef KSQLD_SERDE_API_WRITER_H
#define KSQLD_SERDE_API_WRITER_H

#include "base/buffer.h"
#include "ksqld/plan/type.h"
#include "ksqld/plan/value.h"

void ksql_api_write(
    const struct ksql_type *type, const struct ksql_value *value, struct of_buffer *out);

#endif
