/* Chooses the format's code and puts columns and record together. */
#include "ksqld/serde/side.h"

#include "base/error.h"
#include "ksqld/serde/avro_writer.h"
#include "ksqld/serde/delimited.h"
#include "ksqld/serde/json_reader.h"
#include "ksqld/serde/json_writer.h"
#include "ksqld/serde/kafka.h"

static enum ksql_side_kind find_kind(const char *format)
{
    static const char *const names[] = {[KSQL_SIDE_KAFKA] = "KAFKA",
        [KSQL_SIDE_DELIMITED] = "DELIMITED",
        [KSQL_SIDE_JSON] = "JSON",
        [KSQL_SIDE_JSON_SR] = "JSON_SR",
        [KSQL_SIDE_AVRO] = "AVRO"};
    for (size_t i = KSQL_SIDE_KAFKA; i < OF_COUNT(names); i++) {
        if (strcmp(format, names[i]) == 0)
            return (enum ksql_side_kind)i;
    }
    return KSQL_SIDE_NONE;
}

enum of_schema_type ksql_side_schema_type(const char *format)
{
    return find_kind(format) == KSQL_SIDE_JSON_SR ? OF_SCHEMA_JSON : OF_SCHEMA_AVRO;
}

bool ksql_side_has_id(const struct ksql_side *side)
{
    return side->kind == KSQL_SIDE_AVRO || side->kind == KSQL_SIDE_JSON_SR;
}

void ksql_side_init(struct ksql_side *side, const char *format, const struct ksql_schema *schema,
    bool key, bool unwrapped)
{
    *side = (struct ksql_side){.kind = find_kind(format),
        .schema = schema,
        .key = key,
        .delimiter = KSQL_DELIMITER_DEFAULT};
    for (size_t i = schema->count; i-- > 0;) {
        if (!ksql_column_is_on(&schema->columns[i], key))
            continue;
        side->only = i;
        side->count++;
    }
    bool chooses = side->kind != KSQL_SIDE_DELIMITED; /* which knows cells only */
    side->unwrapped =
        side->kind == KSQL_SIDE_KAFKA || (chooses && (key || unwrapped) && side->count == 1);
}

/* ---- reading ---- */

static int read_delimited(const struct ksql_side *side, struct of_text line,
    struct ksql_arena *arena, struct ksql_value *row, struct of_error *error)
{
    struct of_text *cells;
    size_t count, columns = side->count, cell = 0;
    if (ksql_delimited_split(arena, line, side->delimiter, &cells, &count, error))
        return OF_INPUT;
    if (count != columns)
        return of_fail(error, OF_INPUT, "Unexpected field count, csvFields: %zu schemaFields: %zu",
            count, columns);
    for (size_t i = 0; i < side->schema->count; i++) {
        const struct ksql_column *column = &side->schema->columns[i];
        if (ksql_column_is_on(column, side->key) &&
            ksql_delimited_read(column->type, cells[cell++], arena, &row[i], error))
            return of_error_context(error, "%s", column->name);
    }
    return 0;
}

static int read_members(const struct ksql_side *side, const struct ksql_json *json,
    struct ksql_arena *arena, struct ksql_value *row, struct of_error *error)
{
    if (json->kind != KSQL_JSON_OBJECT)
        return of_fail(error, OF_INPUT, "JSON that is no object");
    for (size_t i = 0; i < side->schema->count; i++) {
        const struct ksql_column *column = &side->schema->columns[i];
        if (!ksql_column_is_on(column, side->key))
            continue;
        const struct ksql_json *member = ksql_json_find(json, column->name, strlen(column->name));
        if (member && ksql_json_read(column->type, member, arena, &row[i], error))
            return of_error_context(error, "%s", column->name);
    }
    return 0;
}

static int read_json(const struct ksql_side *side, struct of_text text, struct ksql_arena *arena,
    struct ksql_value *row, bool *null, struct of_error *error)
{
    const struct ksql_json *json;
    if (ksql_json_parse_first(arena, text.data, text.length, &json, error))
        return OF_INPUT;
    *null = json->kind == KSQL_JSON_NULL;
    if (*null)
        return 0;
    if (!side->unwrapped)
        return read_members(side, json, arena, row, error);
    size_t slot = side->only;
    return ksql_json_read(side->schema->columns[slot].type, json, arena, &row[slot], error);
}

static int read_side(const struct ksql_side *side, struct of_text text, struct ksql_arena *arena,
    struct ksql_value *row, bool *null, struct of_error *error)
{
    bool ignored = !side->count && (side->key || side->kind == KSQL_SIDE_KAFKA);
    switch (ignored ? KSQL_SIDE_NONE : side->kind) { /* a value without columns is still there */
    case KSQL_SIDE_KAFKA:
        return ksql_kafka_read(side->schema->columns[side->only].type, text.data, text.length,
            &row[side->only], error);
    case KSQL_SIDE_DELIMITED:
        return read_delimited(side, text, arena, row, error);
    case KSQL_SIDE_JSON:
        return read_json(side, text, arena, row, null, error);
    default:
        *null = true; /* NONE, or a key without columns */
        return 0;
    }
}

int ksql_side_read(const struct ksql_side *side, const void *bytes, size_t size,
    struct ksql_arena *arena, struct ksql_value *row, bool *null, struct of_error *error)
{
    for (size_t i = 0; i < side->schema->count; i++) {
        if (side->schema->columns[i].key == side->key)
            row[i] = KSQL_VALUE_NULL;
    }
    *null = !bytes;
    if (!bytes)
        return 0;
    if (read_side(side, (struct of_text){bytes, size}, arena, row, null, error))
        return of_error_context(error, "%s", side->key ? "key" : "value");
    return 0;
}

/* ---- writing ---- */

static void write_object(
    const struct ksql_side *side, const struct ksql_value *values, struct of_buffer *out)
{
    bool first = true;
    of_buffer_append_byte(out, '{');
    for (size_t i = 0; i < side->schema->count; i++) {
        const struct ksql_column *column = &side->schema->columns[i];
        if (!ksql_column_is_on(column, side->key))
            continue;
        if (!first)
            of_buffer_append_byte(out, ',');
        first = false;
        ksql_json_write_text((struct of_text){column->name, strlen(column->name)}, out);
        of_buffer_append_byte(out, ':');
        ksql_json_write(column->type, &values[i], out);
    }
    of_buffer_append_byte(out, '}');
}

static void write_columns(
    const struct ksql_side *side, const struct ksql_value *values, struct of_buffer *out)
{
    bool first = true, avro = side->kind == KSQL_SIDE_AVRO;
    for (size_t i = 0; i < side->schema->count; i++) {
        const struct ksql_column *column = &side->schema->columns[i];
        if (!ksql_column_is_on(column, side->key))
            continue;
        if (avro)
            ksql_avro_write(column->type, &values[i], out);
        else
            ksql_delimited_write(column->type, &values[i], first, side->delimiter, out);
        first = false;
    }
}

/* The only column, which is not NULL. */
static void write_alone(
    const struct ksql_side *side, const struct ksql_value *value, struct of_buffer *out)
{
    const struct ksql_type *type = side->schema->columns[side->only].type;
    if (side->kind == KSQL_SIDE_KAFKA)
        ksql_kafka_write(type, value, out);
    else if (side->kind == KSQL_SIDE_AVRO)
        ksql_avro_write_bare(type, value, out);
    else
        ksql_json_write(type, value, out);
}

bool ksql_side_write(
    const struct ksql_side *side, const struct ksql_value *values, struct of_buffer *out)
{
    if (side->kind == KSQL_SIDE_NONE || !side->count ||
        (side->unwrapped && values[side->only].null))
        return false;
    if (side->unwrapped)
        write_alone(side, &values[side->only], out);
    else if (side->kind == KSQL_SIDE_AVRO || side->kind == KSQL_SIDE_DELIMITED)
        write_columns(side, values, out);
    else
        write_object(side, values, out);
    return true;
}
