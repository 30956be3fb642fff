/* KAFKA, JSON, DELIMITED and NONE here, AVRO next door. The other formats are refused. */
#include "ksqld/cases/codec.h"

#include "ksqld/cases/tree.h"
#include "ksqld/serde/base64.h"
#include "ksqld/serde/kafka.h"
#include "ksqld/serde/number.h"
#include "registry/wire.h"

/* ---- KAFKA ---- */

/* The one column of the side; NULL: none, or several. */
static const struct ksql_type *only_type(const struct ksql_codec *codec)
{
    const struct ksql_type *type = NULL;
    for (size_t i = 0; codec->schema && i < codec->schema->count; i++) {
        if (!ksql_column_is_on(&codec->schema->columns[i], codec->key))
            continue;
        if (type)
            return NULL;
        type = codec->schema->columns[i].type;
    }
    return type;
}

bool ksql_codec_text(const struct ksql_json *json, struct of_text *text)
{
    static const char *const words[] = {"false", "true"};
    *text = json->text;
    if (json->kind == KSQL_JSON_BOOLEAN)
        *text = (struct of_text){words[json->truth], strlen(words[json->truth])};
    return json->kind == KSQL_JSON_BOOLEAN || json->kind == KSQL_JSON_NUMBER ||
           json->kind == KSQL_JSON_STRING;
}

static int write_kafka(const struct ksql_codec *codec, const struct ksql_json *json,
    struct of_buffer *out, struct of_error *error)
{
    const struct ksql_type *type = only_type(codec);
    struct ksql_arena arena OF_CLEANUP(ksql_arena_release) = {0};
    struct ksql_value value = {0};
    bool good = false;
    if (!type) { /* nobody says what it is */
        if (json->kind != KSQL_JSON_STRING)
            ksql_json_print(json, out);
        else
            of_buffer_append(out, json->text.data, json->text.length);
        return 0;
    }
    bool number = json->kind == KSQL_JSON_NUMBER;
    switch (type->kind) {
    case KSQL_INTEGER:
        good = number && ksql_number_integer(json->text, INT32_MIN, INT32_MAX, &value.number);
        break;
    case KSQL_BIGINT:
        good = number && ksql_number_integer(json->text, INT64_MIN, INT64_MAX, &value.number);
        break;
    case KSQL_DOUBLE:
        good = number && ksql_number_double(json->text, &value.real);
        break;
    case KSQL_BYTES:
        good =
            json->kind == KSQL_JSON_STRING && ksql_base64_decode(&arena, json->text, &value.text);
        break;
    default:
        good = ksql_codec_text(json, &value.text);
        break;
    }
    if (!good)
        return of_fail(
            error, OF_INPUT, "no %s of the KAFKA format", ksql_type_kind_name(type->kind));
    ksql_kafka_write(type, &value, out);
    return 0;
}

static int read_kafka(const struct ksql_codec *codec, struct ksql_arena *arena, const void *bytes,
    size_t size, struct ksql_json *json, struct of_error *error)
{
    const struct ksql_type *type = only_type(codec);
    struct ksql_value value = {0};
    if (!type) {
        ksql_json_set_text(json, (struct of_text){bytes, size});
        return 0;
    }
    if (ksql_kafka_read(type, bytes, size, &value, error))
        return OF_INPUT;
    if (type->kind == KSQL_DOUBLE)
        ksql_json_set_double(json, arena, value.real);
    else if (type->kind == KSQL_STRING)
        ksql_json_set_text(json, value.text);
    else if (type->kind == KSQL_BYTES)
        ksql_json_set_bytes(json, arena, value.text);
    else
        ksql_json_set_number(json, arena, value.number);
    return 0;
}

/* ---- AVRO ---- */

static int write_avro(const struct ksql_codec *codec, const struct ksql_json *json,
    struct of_buffer *out, struct of_error *error)
{
    struct of_avro_schema *schema OF_CLEANUP(of_cleanup_avro_schema) = NULL;
    if (!codec->schema_text || codec->type != OF_SCHEMA_AVRO)
        return of_fail(error, OF_INPUT, "no Avro schema is registered for it");
    if (of_avro_schema_parse(codec->schema_text, strlen(codec->schema_text), &schema, error))
        return OF_INPUT;
    if (of_wire_begin(out, codec->id))
        return of_fail(error, OF_INPUT, "too large");
    return ksql_codec_write_avro(of_avro_schema_root(schema), json, out, error);
}

static int read_avro(const struct ksql_codec *codec, struct ksql_arena *arena, const void *bytes,
    size_t size, struct ksql_json *json, struct of_error *error)
{
    struct of_avro_schema *schema OF_CLEANUP(of_cleanup_avro_schema) = NULL;
    struct of_avro_reader reader;
    const uint8_t *body;
    size_t body_size;
    int32_t id;
    if (!codec->schema_text || codec->type != OF_SCHEMA_AVRO)
        return of_fail(error, OF_INPUT, "no Avro schema is registered for it");
    if (of_avro_schema_parse(codec->schema_text, strlen(codec->schema_text), &schema, error) ||
        of_wire_split(bytes, size, &id, &body, &body_size, error))
        return OF_INPUT;
    of_avro_reader_init(&reader, body, body_size);
    if (ksql_codec_read_avro(of_avro_schema_root(schema), arena, &reader, json))
        return of_avro_reader_error(&reader, "record", error);
    return 0;
}

/* ---- JSON_SR ---- */

static int write_registered(const struct ksql_codec *codec, const struct ksql_json *json,
    struct of_buffer *out, struct of_error *error)
{
    struct ksql_arena arena OF_CLEANUP(ksql_arena_release) = {0};
    const struct ksql_form *form;
    if (!codec->schema_text || codec->type != OF_SCHEMA_JSON)
        return of_fail(error, OF_INPUT, "no JSON schema is registered for it");
    struct of_error cause;
    if (ksql_form_parse(&arena, codec->schema_text, strlen(codec->schema_text), &form, &cause))
        return of_fail(
            error, OF_INPUT, "a JSON schema (%s) is not supported by this runner", cause.message);
    if (of_wire_begin(out, codec->id) || ksql_codec_write_form(form, json, out, error))
        return of_error_context(error, "by its JSON schema");
    return of_buffer_check(out, "a record", error);
}

/* ---- all ---- */

int ksql_codec_write(const struct ksql_codec *codec, const struct ksql_json *json,
    struct of_buffer *out, struct of_error *error)
{
    const char *format = codec->format;
    if (strcmp(format, "KAFKA") == 0)
        return write_kafka(codec, json, out, error);
    if (strcmp(format, "AVRO") == 0)
        return write_avro(codec, json, out, error);
    if (strcmp(format, "JSON_SR") == 0)
        return write_registered(codec, json, out, error);
    if (strcmp(format, "DELIMITED") == 0 && json->kind == KSQL_JSON_STRING)
        of_buffer_append(out, json->text.data, json->text.length);
    else if (strcmp(format, "DELIMITED") == 0 || strcmp(format, "JSON") == 0)
        ksql_json_print(json, out);
    else if (strcmp(format, "NONE") != 0)
        return of_fail(error, OF_INPUT, "the format %s is not supported by this runner", format);
    return of_buffer_check(out, "a record", error);
}

int ksql_codec_read(const struct ksql_codec *codec, struct ksql_arena *arena, const void *bytes,
    size_t size, const struct ksql_json **json, struct of_error *error)
{
    struct ksql_json *read = ksql_arena_new(arena, sizeof(*read));
    *json = read;
    if (strcmp(codec->format, "JSON") == 0)
        return ksql_json_parse(arena, bytes, size, json, error);
    if (strcmp(codec->format, "JSON_SR") == 0) {
        int32_t id;
        const uint8_t *body;
        if (of_wire_split(bytes, size, &id, &body, &size, error))
            return OF_INPUT;
        return ksql_json_parse(arena, (const char *)body, size, json, error);
    }
    if (strcmp(codec->format, "AVRO") == 0)
        return read_avro(codec, arena, bytes, size, read, error);
    if (strcmp(codec->format, "KAFKA") == 0)
        return read_kafka(codec, arena, bytes, size, read, error);
    if (strcmp(codec->format, "DELIMITED") != 0)
        return of_fail(
            error, OF_INPUT, "the format %s is not supported by this runner", codec->format);
    ksql_json_set_text(read, (struct of_text){bytes, size});
    return 0;
}
