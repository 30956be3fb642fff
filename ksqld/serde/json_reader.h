/* JSON to values by ksqlDB's rules: what fits a type is narrowed or parsed in silence, what doesn't
 * makes the record unreadable. */
#ifndef KSQLD_SERDE_JSON_READER_H
#define KSQLD_SERDE_JSON_READER_H

#include "ksqld/plan/type.h"
#include "ksqld/plan/value.h"
#include "ksqld/serde/json.h"

/* Numbers are cut to the type's low bits, text is parsed as a number, anything is good for a
 * STRING; a missing or null value is NULL. Strings borrow the tree; the rest is the arena's. INPUT:
 * no such conversion; the message names the field. */
int ksql_json_read(const struct ksql_type *type, const struct ksql_json *json,
    struct ksql_arena *arena, struct ksql_value *value, struct of_error *error) OF_NODISCARD;

/* The member of that very name, else the last one whose name in upper case is it; NULL: neither. */
const struct ksql_json *ksql_json_find(
    const struct ksql_json *object, const char *name, size_t length);

#endif
