/* The DELIMITED format: one line of CSV, read and written as Apache Commons CSV 1.4 does it for
 * ksqlDB (its DEFAULT format with another delimiter). */
#ifndef KSQLD_SERDE_DELIMITED_H
#define KSQLD_SERDE_DELIMITED_H

#include "base/buffer.h"
#include "ksqld/lang/arena.h"
#include "ksqld/plan/type.h"
#include "ksqld/plan/value.h"

/* The cells of the first line that is not empty. Quoted text without doubled quotes is borrowed.
 * INPUT: no line at all, or quotes that Commons CSV does not read (also in later lines). */
int ksql_delimited_split(struct ksql_arena *arena, struct of_text text, char delimiter,
    struct of_text **cells, size_t *count, struct of_error *error) OF_NODISCARD;

/* One cell as a value: an empty one is NULL. INPUT: it can't be read as the type. */
int ksql_delimited_read(const struct ksql_type *type, struct of_text cell, struct ksql_arena *arena,
    struct ksql_value *value, struct of_error *error) OF_NODISCARD;

/* Appends the delimiter (but for the first cell of a line) and the value. */
void ksql_delimited_write(const struct ksql_type *type, const struct ksql_value *value, bool first,
    char delimiter, struct of_buffer *out);

#endif
