/* One side (key or value) of a topic's records: its columns to bytes and back, by the rules of its
 * format. Avro and JSON_SR are read elsewhere, since that takes the writer's schema. */
#ifndef KSQLD_SERDE_SIDE_H
#define KSQLD_SERDE_SIDE_H

#include "base/buffer.h"
#include "ksqld/lang/arena.h"
#include "ksqld/plan/type.h"
#include "ksqld/plan/value.h"
#include "registry/schema.h"

#define KSQL_DELIMITER_DEFAULT ','

enum ksql_side_kind {
    KSQL_SIDE_NONE, /* also what nothing is known of */
    KSQL_SIDE_KAFKA,
    KSQL_SIDE_DELIMITED,
    KSQL_SIDE_JSON,
    KSQL_SIDE_JSON_SR,
    KSQL_SIDE_AVRO,
};

/* Made by ksql_side_init; only the delimiter is set afterwards. */
struct ksql_side {
    enum ksql_side_kind kind;
    const struct ksql_schema *schema; /* of the source; only columns of this side count */
    bool key;
    bool unwrapped; /* its one column stands without a record around it */
    char delimiter; /* DELIMITED */
    size_t count;   /* its columns */
    size_t only;    /* the slot of the first of them: of the only one where it stands alone */
};

/* Sets up a side as ksqlDB does: a key of one column has no record around it where the format
 * leaves the choice, a value has one unless `unwrapped`. The schema is borrowed. */
void ksql_side_init(struct ksql_side *side, const char *format, const struct ksql_schema *schema,
    bool key, bool unwrapped);

/* The type that the schemas of a format's records have: JSON's for JSON_SR, else Avro's. */
enum of_schema_type ksql_side_schema_type(const char *format);

/* Whether an id of a schema stands before the record's bytes. */
bool ksql_side_has_id(const struct ksql_side *side);

/* Fills the row's slots of this side's columns (all NULL when there are no bytes). *null: the side
 * as a whole is null, as a tombstone is. Strings borrow the bytes. INPUT: they are not of the
 * format. */
int ksql_side_read(const struct ksql_side *side, const void *bytes, size_t size,
    struct ksql_arena *arena, struct ksql_value *row, bool *null,
    struct of_error *error) OF_NODISCARD;

/* Appends the side of a row, `values` being one a column of the schema. False: no bytes but null.
 * Where there is an id of a schema, it is the caller's to write before. */
bool ksql_side_write(
    const struct ksql_side *side, const struct ksql_value *values, struct of_buffer *out);

#endif
