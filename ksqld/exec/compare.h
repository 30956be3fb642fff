/* Values compared: by the operators of the language, and as Java's equals and compareTo have it. */
#ifndef KSQLD_EXEC_COMPARE_H
#define KSQLD_EXEC_COMPARE_H

#include "ksqld/plan/type.h"
#include "ksqld/plan/value.h"

/* By UTF-16 units, as String.compareTo. */
int ksql_text_compare(struct of_text a, struct of_text b);
bool ksql_text_equal(struct of_text a, struct of_text b);
/* By signed bytes, as ByteBuffer.compareTo. */
int ksql_bytes_compare(struct of_text a, struct of_text b);
/* As Double.compare: NaN is the largest, -0.0 less than 0.0. */
int ksql_double_compare(double a, double b);

/* Java's equals: NULL equals NULL, values of different classes or scales are different. */
bool ksql_values_equal(const struct ksql_type *a_type, const struct ksql_value *a,
    const struct ksql_type *b_type, const struct ksql_value *b);
/* The same of two values of one type. */
static inline bool ksql_value_equal(
    const struct ksql_type *type, const struct ksql_value *a, const struct ksql_value *b)
{
    return ksql_values_equal(type, a, type, b);
}
/* Java's compareTo, for a type with an order (not BOOLEAN's; ARRAY, MAP and STRUCT have none).
 * Neither is NULL. */
int ksql_value_compare(
    const struct ksql_type *type, const struct ksql_value *a, const struct ksql_value *b);
bool ksql_type_has_order(const struct ksql_type *type);

#endif
