/* Values to JSON, byte for byte as Jackson writes what Connect's JsonConverter makes of them:
 * every field there, null or not; decimals as numbers; bytes as base64. */
#ifndef KSQLD_SERDE_JSON_WRITER_H
#define KSQLD_SERDE_JSON_WRITER_H

#include "ksqld/plan/type.h"
#include "ksqld/plan/value.h"
#include "ksqld/serde/json.h"

/* Appends one value, "null" for NULL; the buffer is `full` when it does not fit. */
void ksql_json_write(
    const struct ksql_type *type, const struct ksql_value *value, struct of_buffer *out);

/* How an element or a field is written. */
typedef void ksql_json_write_value(
    const struct ksql_type *type, const struct ksql_value *value, struct of_buffer *out);

/* Arrays, maps and structs, whose values are written by `write`. */
void ksql_json_write_list(const struct ksql_type *type, const struct ksql_list *list,
    ksql_json_write_value *write, struct of_buffer *out);
void ksql_json_write_struct(const struct ksql_type *type, const struct ksql_value *fields,
    ksql_json_write_value *write, struct of_buffer *out);

/* A string with its quotes: Jackson escapes only what it must. */
void ksql_json_write_text(struct of_text text, struct of_buffer *out);

/* A tree as ksqlDB prints an object that is read as a STRING: each name once, numbers
 * as Java prints them. */
void ksql_json_write_tree(const struct ksql_json *json, struct of_buffer *out);

#endif
