/* CAST, and the text of values as Java prints them. */
#ifndef KSQLD_EXEC_CAST_H
#define KSQLD_EXEC_CAST_H

#include "ksqld/exec/evaluate.h"

#define KSQL_VALUE_TEXT_MAX (16u * 1024 * 1024)     /* bytes of one value as text */
#define KSQL_LONG_TEXT "A text of more than 16 MiB" /* what is then refused */

/* A value as another type, for casts that ksql_cast_exists. -1: it can't be read as that. NULL
 * stays NULL. */
int ksql_cast_value(struct ksql_frame *frame, const struct ksql_type *from,
    const struct ksql_value *value, const struct ksql_type *to, struct ksql_value *result);

#define KSQL_SCALAR_TEXT_MAX 64
/* The text of a value that is neither STRING, BYTES nor made of others; not of NULL. Yields the
 * length. */
size_t ksql_scalar_print(
    const struct ksql_type *type, const struct ksql_value *value, char text[KSQL_SCALAR_TEXT_MAX]);
/* Appends what String.valueOf gives. */
void ksql_value_print(
    const struct ksql_type *type, const struct ksql_value *value, struct of_buffer *out);

/* "true", "yes" and whatever they begin with, in any case; and the same for no. False: neither. */
bool ksql_boolean_parse(struct of_text text, bool *truth);
/* The type of a number as a literal: INTEGER, BIGINT or DECIMAL; NULL: no number. */
const struct ksql_type *ksql_number_type(struct ksql_arena *arena, struct of_text text);
/* Java's String.trim. */
struct of_text ksql_text_trim(struct of_text text);

#endif
