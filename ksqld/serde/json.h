/* JSON text as a tree (RFC 8259). Numbers stay as they were written, so that decimals and large
 * integers lose nothing. Of members with the same name the last value counts, at the place of the
 * first, as for Jackson. */
#ifndef KSQLD_SERDE_JSON_H
#define KSQLD_SERDE_JSON_H

#include "avro/binary.h"
#include "base/error.h"
#include "ksqld/lang/arena.h"

#define KSQL_JSON_DEPTH_MAX 128u           /* arrays and objects inside one another */
#define KSQL_JSON_NODES_MAX (1024u * 1024) /* values of one text */
#define KSQL_JSON_LIMIT "limit" /* the error's kind, where a limit is all that is wrong */

enum ksql_json_kind {
    KSQL_JSON_NULL,
    KSQL_JSON_BOOLEAN,
    KSQL_JSON_NUMBER,
    KSQL_JSON_STRING,
    KSQL_JSON_ARRAY,
    KSQL_JSON_OBJECT,
};

struct ksql_json;

struct ksql_json_member {
    struct of_text name; /* objects only */
    const struct ksql_json *value;
};

struct ksql_json {
    enum ksql_json_kind kind;
    bool truth;
    struct of_text text;              /* STRING without quotes and escapes; NUMBER as written */
    struct ksql_json_member *members; /* of ARRAY and OBJECT, as written; each name once */
    size_t count;
};

/* One value with nothing but white space around it. Strings without escapes borrow the text. INPUT:
 * "line:column: what is wrong". */
int ksql_json_parse(struct ksql_arena *arena, const char *text, size_t size,
    const struct ksql_json **json, struct of_error *error) OF_NODISCARD;

/* The same, but with any text behind the value, as Jackson reads records. */
int ksql_json_parse_first(struct ksql_arena *arena, const char *text, size_t size,
    const struct ksql_json **json, struct of_error *error) OF_NODISCARD;

/* The member of that name; NULL: none, or no object. */
const struct ksql_json *ksql_json_get(const struct ksql_json *object, const char *name);

/* Appends it without white space, numbers as they were written. */
void ksql_json_print(const struct ksql_json *json, struct of_buffer *out);

bool ksql_text_is(struct of_text text, const char *other);

#endif
