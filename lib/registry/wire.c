/* Confluent wire format and the reader that takes any registered writer schema. */
#include "registry/wire.h"

#include "avro/resolve.h"
#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

#define MAGIC_ID 0
#define MAGIC_GUID 1
#define OF_WIRE_PLANS_MAX 1024 /* writer schemas that one reader meets */
#define RESOLVED_MAX_DEFAULT (1024u * 1024)

struct known_writer {
    int32_t id;
    struct of_avro_schema *schema; /* NULL with plan NULL: the same as ours */
    struct of_avro_plan *plan;
    char *refusal; /* the schema cannot be resolved: why */
};

struct of_wire_reader {
    struct of_registry *registry;
    struct of_avro_schema *schema;
    struct known_writer *writers;
    size_t writer_count;
    struct known_writer *last;
    struct of_buffer resolved;
};

static int check_framing(const uint8_t *bytes, size_t size, struct of_error *error)
{
    if (!bytes)
        return of_fail(error, OF_INPUT, "the value is null");
    if (size < OF_WIRE_HEADER_SIZE)
        return of_fail(error, OF_INPUT, "%zu bytes are too few", size);
    if (bytes[0] == MAGIC_GUID)
        return of_fail(error, OF_INPUT,
            "magic byte 1 (a schema GUID) is not supported; let the writer use the "
            "prefix with a schema id (value.schema.id.serializer)");
    if (bytes[0] != MAGIC_ID)
        return of_fail(error, OF_INPUT, "magic byte 0x%02x is not 0", bytes[0]);
    return OF_OK;
}

int of_wire_split(const void *value, size_t size, int32_t *id, const uint8_t **body,
    size_t *body_size, struct of_error *error)
{
    const uint8_t *bytes = value;
    if (check_framing(bytes, size, error) < 0)
        return of_error_kind(error, "framing");
    *id = (int32_t)((uint32_t)bytes[1] << 24 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[3] << 8 |
                    bytes[4]);
    *body = bytes + OF_WIRE_HEADER_SIZE;
    *body_size = size - OF_WIRE_HEADER_SIZE;
    return OF_OK;
}

int of_wire_begin(struct of_buffer *out, int32_t id)
{
    uint32_t bits = (uint32_t)id;
    uint8_t header[OF_WIRE_HEADER_SIZE] = {MAGIC_ID, (uint8_t)(bits >> 24), (uint8_t)(bits >> 16),
        (uint8_t)(bits >> 8), (uint8_t)bits};
    return of_buffer_append(out, header, sizeof(header));
}

int of_wire_reader_new(struct of_registry *registry, const char *reader_schema, size_t size,
    size_t resolved_max, struct of_wire_reader **out, struct of_error *error)
{
    OF_CLEANUP(of_cleanup_wire_reader) struct of_wire_reader *reader = of_alloc(sizeof(*reader));
    reader->registry = registry;
    of_buffer_init(&reader->resolved, resolved_max ? resolved_max : RESOLVED_MAX_DEFAULT);
    if (of_avro_schema_parse(reader_schema, size, &reader->schema, error) < 0)
        return OF_INPUT;
    *out = OF_TAKE(reader);
    return OF_OK;
}

void of_wire_reader_free(struct of_wire_reader *reader)
{
    for (size_t i = 0; i < reader->writer_count; i++) {
        if (reader->writers[i].plan)
            of_avro_plan_free(reader->writers[i].plan);
        if (reader->writers[i].schema)
            of_avro_schema_free(reader->writers[i].schema);
        free(reader->writers[i].refusal);
    }
    free(reader->writers);
    if (reader->schema)
        of_avro_schema_free(reader->schema);
    of_buffer_release(&reader->resolved);
    free(reader);
}

static struct known_writer *find_writer(struct of_wire_reader *reader, int32_t id)
{
    for (size_t i = 0; i < reader->writer_count; i++)
        if (reader->writers[i].id == id)
            return reader->last = &reader->writers[i];
    return NULL;
}

/* Asks the registry and compiles the plan; what cannot be resolved is remembered too. */
static int add_writer(struct of_wire_reader *reader, int32_t id, struct of_error *error)
{
    const char *text;
    size_t size;
    int result = of_registry_schema(reader->registry, id, &text, &size, error);
    if (result < 0)
        return result;
    if (reader->writer_count == OF_WIRE_PLANS_MAX)
        return of_fail(error, OF_INPUT, "more than %d writer schemas", OF_WIRE_PLANS_MAX);
    struct known_writer writer = {.id = id};
    struct of_error cause;
    if (of_avro_schema_parse(text, size, &writer.schema, &cause) < 0)
        writer.refusal = of_strdup(cause.message);
    else if (of_avro_schema_equal(writer.schema, reader->schema))
        of_avro_schema_free(OF_TAKE(writer.schema));
    else if (of_avro_plan_new(writer.schema, reader->schema, &writer.plan, &cause) < 0)
        writer.refusal = of_strdup(cause.message);
    reader->writers =
        of_realloc_array(reader->writers, reader->writer_count + 1, sizeof(*reader->writers));
    reader->last = &reader->writers[reader->writer_count++];
    *reader->last = writer;
    return OF_OK;
}

int of_wire_reader_body(struct of_wire_reader *reader, const void *value, size_t size,
    const uint8_t **body, size_t *body_size, struct of_error *error)
{
    int32_t id;
    const uint8_t *bytes;
    size_t length;
    if (of_wire_split(value, size, &id, &bytes, &length, error) < 0)
        return OF_INPUT;
    if ((!reader->last || reader->last->id != id) && !find_writer(reader, id)) {
        int result = add_writer(reader, id, error);
        if (result < 0)
            return of_error_kind(error, "schema");
    }
    if (reader->last->refusal) {
        of_fail(error, OF_INPUT, "schema id %d: %s", id, reader->last->refusal);
        return of_error_kind(error, "schema");
    }
    if (reader->last->plan) {
        of_buffer_clear(&reader->resolved);
        if (of_avro_plan_run(reader->last->plan, bytes, length, &reader->resolved, error) < 0)
            return of_error_kind(error, "decode");
        bytes = reader->resolved.data;
        length = reader->resolved.length;
    }
    *body = bytes;
    *body_size = length;
    return OF_OK;
}
