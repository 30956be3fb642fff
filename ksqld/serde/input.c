/* Readers of Avro and JSON_SR by schema id, each made once; other formats need none. */
#include "ksqld/serde/input.h"

#include "base/memory.h"
#include "ksqld/serde/registered.h"
#include "registry/wire.h"

#include <stdlib.h>

/* The reader of one schema id; or, when there is none, why. */
struct ksql_input_writer {
    int32_t id;
    struct of_avro_schema *schema;
    struct ksql_avro_reader *reader;
    struct ksql_registered_reader *json;
    char *refusal;
};

void ksql_input_init(struct ksql_input *input, const struct ksql_side *side,
    const struct ksql_want *wants, const struct ksql_run_callbacks *callbacks)
{
    *input = (struct ksql_input){.side = *side, .wants = wants, .callbacks = *callbacks};
}

void ksql_input_release(struct ksql_input *input)
{
    for (size_t i = 0; i < input->writer_count; i++) {
        if (input->writers[i].schema) /* none where the text was refused */
            of_avro_schema_free(input->writers[i].schema);
        free(input->writers[i].refusal);
    }
    free(input->writers);
    ksql_arena_release(&input->arena);
    *input = (struct ksql_input){0};
}

static int make_reader(struct ksql_input *input, const char *text, size_t size,
    struct ksql_input_writer *writer, struct of_error *error)
{
    if (input->side.kind == KSQL_SIDE_JSON_SR)
        return ksql_registered_reader_new(
            &input->arena, text, size, &input->side, &writer->json, error);
    if (of_avro_schema_parse(text, size, &writer->schema, error))
        return OF_INPUT;
    return ksql_avro_reader_new(
        &input->arena, writer->schema, &input->side, input->wants, &writer->reader, error);
}

/* The schema's text is good for as long as the run, and so is what is found out about it. */
static int add_writer(
    struct ksql_input *input, int32_t id, struct ksql_input_writer **writer, struct of_error *error)
{
    const char *text;
    size_t size;
    enum of_schema_type type =
        input->side.kind == KSQL_SIDE_JSON_SR ? OF_SCHEMA_JSON : OF_SCHEMA_AVRO;
    if (input->writer_count == KSQL_WRITERS_MAX)
        return of_fail(error, OF_INPUT, "more than %u schema ids in one topic", KSQL_WRITERS_MAX);
    int status = input->callbacks.schema(input->callbacks.context, id, type, &text, &size, error);
    if (status)
        return status;
    struct ksql_input_writer made = {.id = id};
    if (make_reader(input, text, size, &made, error))
        made.refusal = of_strdup(error->message);
    input->writers =
        of_realloc_array(input->writers, input->writer_count + 1, sizeof(*input->writers));
    input->writers[input->writer_count] = made;
    *writer = &input->writers[input->writer_count++];
    return 0;
}

static int find_writer(
    struct ksql_input *input, int32_t id, struct ksql_input_writer **writer, struct of_error *error)
{
    for (size_t i = 0; i < input->writer_count; i++) {
        if (input->writers[i].id == id) {
            *writer = &input->writers[i];
            return 0;
        }
    }
    return add_writer(input, id, writer, error);
}

int ksql_input_read(struct ksql_input *input, const void *bytes, size_t size,
    struct ksql_arena *arena, struct ksql_value *row, bool *null, struct of_error *error)
{
    int32_t id;
    const uint8_t *body;
    size_t body_size;
    struct ksql_input_writer *writer = NULL;
    bool plain = !ksql_side_has_id(&input->side) ||
                 (input->side.kind == KSQL_SIDE_JSON_SR && input->side.key && !input->side.count);
    if (!bytes || plain)
        return ksql_side_read(&input->side, bytes, size, arena, row, null, error);
    int status = of_wire_split(bytes, size, &id, &body, &body_size, error);
    if (!status)
        status = find_writer(input, id, &writer, error);
    if (status)
        return status;
    if (writer->refusal)
        return of_fail(error, OF_INPUT, "schema id %d: %s", id, writer->refusal);
    return writer->json
               ? ksql_registered_read(writer->json, body, body_size, arena, row, null, error)
               : ksql_avro_read(writer->reader, body, body_size, arena, row, null, error);
}
