/* JSON records of any writer's JSON Schema to rows, as ksqlDB's JSON_SR reads them: by the schema
 * that the record names, with Connect's types between. What the writer's schema calls a number is a
 * number, whatever the record holds; fields are found by name, in any case; what the writer doesn't
 * have is NULL. */
#ifndef KSQLD_SERDE_REGISTERED_H
#define KSQLD_SERDE_REGISTERED_H

#include "ksqld/serde/side.h"

#define KSQL_REGISTERED_BYTES_MAX (32u * 1024 * 1024) /* of memory for one reader */

struct ksql_registered_reader;

/* Compiled into the arena. A column whose type is not the writer's makes the records unreadable,
 * not the reader. INPUT: the schema is refused (serde/form.h). */
int ksql_registered_reader_new(struct ksql_arena *arena, const char *schema, size_t size,
    const struct ksql_side *side, struct ksql_registered_reader **reader,
    struct of_error *error) OF_NODISCARD;

/* Fills the slots of the side's columns. Strings borrow the input; the rest is the
 * arena's. Bytes behind the value are ignored, as Jackson does. *null: the side as a whole is null.
 * INPUT: no JSON, or not of the schema or the columns. */
int ksql_registered_read(const struct ksql_registered_reader *reader, const uint8_t *bytes,
    size_t size, struct ksql_arena *arena, struct ksql_value *row, bool *null,
    struct of_error *error) OF_NODISCARD;

#endif
