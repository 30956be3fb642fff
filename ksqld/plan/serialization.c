/* Which columns a format can carry: ksqlDB's own rules, and then what this runner reads and writes.
 */
#include "ksqld/plan/select.h"

#define SHOWN_MAX (256u * 1024)

/* ---- ksqlDB's rules ---- */

static bool has_map(const struct ksql_type *type)
{
    if (type->kind == KSQL_MAP)
        return true;
    if (type->element && has_map(type->element))
        return true;
    for (size_t i = 0; i < type->field_count; i++) {
        if (has_map(type->fields[i].type))
            return true;
    }
    return false;
}

static bool is_kafka_type(enum ksql_type_kind kind)
{
    return kind == KSQL_INTEGER || kind == KSQL_BIGINT || kind == KSQL_DOUBLE ||
           kind == KSQL_STRING || kind == KSQL_BYTES;
}

static bool is_nested(enum ksql_type_kind kind)
{
    return kind == KSQL_ARRAY || kind == KSQL_MAP || kind == KSQL_STRUCT;
}

/* "[`K` STRING KEY, `L` INTEGER KEY]" */
static void show_columns(const struct ksql_schema *schema, bool key, struct of_buffer *out)
{
    bool first = true;
    of_buffer_append_byte(out, '[');
    for (size_t i = 0; i < schema->count; i++) {
        const struct ksql_column *column = &schema->columns[i];
        if (!ksql_column_is_on(column, key))
            continue;
        of_buffer_appendf(out, "%s`%s` ", first ? "" : ", ", column->name);
        ksql_type_format(column->type, true, out);
        of_buffer_append_text(out, key ? " KEY" : "");
        first = false;
    }
    of_buffer_append_byte(out, ']');
}

static int fail_format(const struct ksql_schema *schema, const char *format, bool key,
    const char *reason, struct ksql_problem *problem)
{
    struct of_buffer columns OF_CLEANUP(of_buffer_release);
    of_buffer_init(&columns, SHOWN_MAX);
    show_columns(schema, key, &columns);
    return ksql_problem_set(problem, NULL,
        "%s format does not support schema.\nformat: %s\nschema: Persistence{columns=%s, "
        "features=[]}\nreason: %s",
        key ? "Key" : "Value", format, of_buffer_text(&columns), reason);
}

static int fail_columns(const struct ksql_schema *schema, const char *format, bool key,
    const char *reason, struct ksql_problem *problem)
{
    struct of_buffer text OF_CLEANUP(of_buffer_release);
    of_buffer_init(&text, SHOWN_MAX);
    of_buffer_appendf(&text, "The '%s' format %s. Got: ", format, reason);
    show_columns(schema, key, &text);
    return fail_format(schema, format, key, of_buffer_text(&text), problem);
}

static int fail_type(const struct ksql_schema *schema, const char *format,
    const struct ksql_column *column, bool name, struct ksql_problem *problem)
{
    struct of_buffer text OF_CLEANUP(of_buffer_release);
    of_buffer_init(&text, SHOWN_MAX);
    of_buffer_appendf(&text, "The '%s' format does not support type '%s'", format,
        ksql_type_kind_name(column->type->kind));
    if (name)
        of_buffer_appendf(&text, ", column: `%s`", column->name);
    return fail_format(schema, format, column->key, of_buffer_text(&text), problem);
}

static int check_map_key(const struct ksql_column *column, struct ksql_problem *problem)
{
    struct of_buffer type OF_CLEANUP(of_buffer_release);
    of_buffer_init(&type, SHOWN_MAX);
    if (!has_map(column->type))
        return 0;
    ksql_type_format(column->type, true, &type);
    return ksql_problem_set(problem, NULL,
        "Map keys, including types that contain maps, are not supported as they may lead to "
        "unexpected behavior due to inconsistent serialization. Key column name: `%s`. Column "
        "type: %s. See https://github.com/confluentinc/ksql/issues/6621 for more.",
        column->name, of_buffer_text(&type));
}

/* A MAP whose keys are no strings, here or inside. */
static bool has_odd_map(const struct ksql_type *type)
{
    if (type->kind == KSQL_MAP && type->key->kind != KSQL_STRING)
        return true;
    if (type->element && has_odd_map(type->element))
        return true;
    for (size_t i = 0; i < type->field_count; i++) {
        if (has_odd_map(type->fields[i].type))
            return true;
    }
    return false;
}

static int check_maps(const struct ksql_schema *schema, const char *format,
    const struct ksql_column *column, struct ksql_problem *problem)
{
    bool json = strcmp(format, "JSON") == 0 || strcmp(format, "JSON_SR") == 0;
    bool protobuf = strcmp(format, "PROTOBUF") == 0 || strcmp(format, "PROTOBUF_NOSR") == 0;
    if (column->key || !has_odd_map(column->type))
        return 0;
    return fail_format(schema, format, false,
        json       ? "JSON only supports MAP types with STRING keys"
        : protobuf ? "PROTOBUF format only supports MAP types with STRING keys"
                   : "Avro only supports MAPs with STRING keys",
        problem);
}

static int check_avro_names(const struct ksql_type *type, struct ksql_problem *problem)
{
    if (type->element && check_avro_names(type->element, problem))
        return OF_INPUT;
    for (size_t i = 0; i < type->field_count; i++) {
        if (ksql_check_avro_name(type->fields[i].name, problem) ||
            check_avro_names(type->fields[i].type, problem))
            return OF_INPUT;
    }
    return 0;
}

static int check_column(const struct ksql_schema *schema, const char *format,
    const struct ksql_column *column, struct ksql_problem *problem)
{
    if (column->key && check_map_key(column, problem))
        return OF_INPUT;
    if (strcmp(format, "KAFKA") == 0 && !is_kafka_type(column->type->kind))
        return fail_type(schema, format, column, false, problem);
    if (strcmp(format, "DELIMITED") == 0 && is_nested(column->type->kind))
        return fail_type(schema, format, column, true, problem);
    if (check_maps(schema, format, column, problem))
        return OF_INPUT;
    if (strcmp(format, "AVRO") != 0)
        return 0;
    bool named = !column->key || ksql_schema_key_count(schema) > 1; /* else it stands alone */
    if (named && ksql_check_avro_name(column->name, problem))
        return OF_INPUT;
    return check_avro_names(column->type, problem);
}

static int check_format(
    const struct ksql_schema *schema, const char *format, bool key, struct ksql_problem *problem)
{
    size_t count = ksql_schema_key_count(schema);
    if (!key)
        count = schema->count - count;
    if (count > 1 && strcmp(format, "KAFKA") == 0)
        return fail_columns(schema, format, key, "only supports a single field", problem);
    if (count && strcmp(format, "NONE") == 0)
        return fail_columns(
            schema, format, key, "can only be used when no columns are defined", problem);
    for (size_t i = 0; i < schema->count; i++) {
        if (ksql_column_is_on(&schema->columns[i], key) &&
            check_column(schema, format, &schema->columns[i], problem))
            return OF_INPUT;
    }
    return 0;
}

int ksql_check_formats(const struct ksql_schema *schema, const char *key_format,
    const char *value_format, struct ksql_problem *problem)
{
    if (check_format(schema, key_format, true, problem))
        return OF_INPUT;
    return check_format(schema, value_format, false, problem);
}

/* ---- ours ---- */

static bool is_read_and_written(const char *format)
{
    static const char *const formats[] = {"KAFKA", "JSON", "DELIMITED", "NONE", "AVRO", "JSON_SR"};
    for (size_t i = 0; i < OF_COUNT(formats); i++) {
        if (strcmp(formats[i], format) == 0)
            return true;
    }
    return false;
}

int ksql_check_serialization(const struct ksql_schema *schema, const char *key_format,
    const char *value_format, bool reading, struct ksql_problem *problem)
{
    const char *verb = reading ? "Reading" : "Writing";
    if (ksql_check_formats(schema, key_format, value_format, problem))
        return OF_INPUT;
    if (ksql_schema_key_count(schema) && !is_read_and_written(key_format))
        return ksql_problem_unsupported(problem, NULL, "%s keys of format %s", verb, key_format);
    if (!is_read_and_written(value_format))
        return ksql_problem_unsupported(
            problem, NULL, "%s values of format %s", verb, value_format);
    for (size_t i = 0; strcmp(value_format, "JSON_SR") == 0 && i < schema->count; i++) {
        if (ksql_column_is_on(&schema->columns[i], false) && has_map(schema->columns[i].type))
            return ksql_problem_unsupported(
                problem, NULL, "%s the MAP in column %s as JSON_SR", verb, schema->columns[i].name);
    }
    return 0;
}
