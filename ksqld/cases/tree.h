/* Values of a JSON tree: made, and looked up. */
#ifndef KSQLD_CASES_TREE_H
#define KSQLD_CASES_TREE_H

#include "ksqld/serde/json.h"

void ksql_json_set_number(struct ksql_json *json, struct ksql_arena *arena, int64_t number);
void ksql_json_set_double(struct ksql_json *json, struct ksql_arena *arena, double number);
void ksql_json_set_decimal(
    struct ksql_json *json, struct ksql_arena *arena, __int128 units, int scale);
void ksql_json_set_text(struct ksql_json *json, struct of_text text);
/* Bytes are base64 in JSON. */
void ksql_json_set_bytes(struct ksql_json *json, struct ksql_arena *arena, struct of_text bytes);

/* The strings of a member, NUL-terminated; NULL: it is missing or no string. */
const char *ksql_case_string(
    struct ksql_arena *arena, const struct ksql_json *object, const char *name);

#endif
