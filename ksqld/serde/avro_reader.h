/* Avro records of any writer's schema to rows, by ksqlDB's rules (Connect's types between): fields
 * are found by name, in any case; what the writer doesn't have is NULL, what nobody asked for is
 * skipped; no defaults and no aliases of the schema come in. */
#ifndef KSQLD_SERDE_AVRO_READER_H
#define KSQLD_SERDE_AVRO_READER_H

#include "avro/schema.h"
#include "ksqld/plan/plan.h"
#include "ksqld/serde/side.h"

#define KSQL_LIST_MAX (1024u * 1024) /* items of all arrays of a record */
#define KSQL_TEXT_VALUE_MAX (16u * 1024 * 1024)

struct ksql_avro_reader;

/* Whether an array is what Connect writes for a map whose keys may be null: records of key and
 * value. */
bool ksql_avro_is_map(const struct of_avro_node *node);

/* Compiled into the arena; the writer's schema is borrowed as long as the reader is used. Of the
 * side's columns only those that are wanted get read (NULL: all). INPUT: a type that can't be read
 * as the column's. */
int ksql_avro_reader_new(struct ksql_arena *arena, const struct of_avro_schema *writer,
    const struct ksql_side *side, const struct ksql_want *wants, struct ksql_avro_reader **reader,
    struct of_error *error) OF_NODISCARD;

/* Fills the slots of the side's columns. Strings and bytes borrow the input; the rest is the
 * arena's. Bytes behind the record are ignored, as Java's decoder does. *null: the side as a whole
 * is null. INPUT: bad bytes, naming the field. */
int ksql_avro_read(const struct ksql_avro_reader *reader, const uint8_t *bytes, size_t size,
    struct ksql_arena *arena, struct ksql_value *row, bool *null,
    struct of_error *error) OF_NODISCARD;

#endif
