/* Keys and values of cases, which are JSON, to the bytes of a topic and back. What comes back is a
 * tree as a case would write it. */
#ifndef KSQLD_CASES_CODEC_H
#define KSQLD_CASES_CODEC_H

#include "avro/schema.h"
#include "ksqld/plan/metastore.h"
#include "ksqld/serde/form.h"
#include "ksqld/serde/json.h"
#include "registry/schema.h"

/* How one side (key or value) of a topic is written. */
struct ksql_codec {
    const char *format; /* "KAFKA", "JSON", ... */
    const struct ksql_schema
        *schema; /* of a source over the topic: KAFKA takes its type; or NULL */
    bool key;
    const char *schema_text; /* registered for it, or NULL */
    enum of_schema_type type;
    int32_t id;
};

/* Appends the bytes. INPUT: the JSON doesn't fit the format. */
int ksql_codec_write(const struct ksql_codec *codec, const struct ksql_json *json,
    struct of_buffer *out, struct of_error *error) OF_NODISCARD;
/* INPUT: the bytes are not of the format. */
int ksql_codec_read(const struct ksql_codec *codec, struct ksql_arena *arena, const void *bytes,
    size_t size, const struct ksql_json **json, struct of_error *error) OF_NODISCARD;

/* Of a string, a number as it stands there, or a boolean. */
bool ksql_codec_text(const struct ksql_json *json, struct of_text *text);

/* Of that very name, else of that name in any case; NULL: none. */
const struct ksql_json *ksql_codec_find(const struct ksql_json *json, const char *name);

/* ---- JSON_SR, by its schema ---- */

/* As ksqlDB's tests write them: what a schema calls a string is written as one. */
int ksql_codec_write_form(const struct ksql_form *form, const struct ksql_json *json,
    struct of_buffer *out, struct of_error *error) OF_NODISCARD;

/* ---- Avro, by its schema ---- */

/* Fields are found in any case; what the JSON doesn't have is null where the schema allows it. */
int ksql_codec_write_avro(const struct of_avro_node *node, const struct ksql_json *json,
    struct of_buffer *out, struct of_error *error) OF_NODISCARD;
int ksql_codec_read_avro(const struct of_avro_node *node, struct ksql_arena *arena,
    struct of_avro_reader *reader, struct ksql_json *json) OF_NODISCARD;

#endif
