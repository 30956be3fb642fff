/* How the records of a new source are laid out within their formats: delimiters, names of schemas,
 * whether a single value has a record around it, and which column is the record's time. */
#include "base/memory.h"
#include "ksqld/plan/context.h"
#include "ksqld/plan/with.h"
#include "ksqld/serde/side.h"

#include <ctype.h>
#include <strings.h>

#define NAMESPACE "io.confluent.ksql.avro_schemas."

enum { VALUE, KEY };

static int fail_property(struct ksql_context *context, const char *format, const char *property)
{
    return ksql_problem_set(context->problem, &context->plan->parsed.place,
        "%s does not support the following configs: [%s]", format, property);
}

/* ---- delimiters ---- */

static int choose_delimiter(
    struct ksql_context *context, int side, const char *format, const struct ksql_source *from)
{
    struct ksql_plan *plan = context->plan;
    const char *from_format = !from ? "" : side == KEY ? from->key_format : from->value_format;
    const char *given =
        ksql_with_string(&plan->parsed.with, side == KEY ? "KEY_DELIMITER" : "VALUE_DELIMITER");
    char *delimiter = &plan->source.delimiters[side];
    bool delimited = strcmp(format, "DELIMITED") == 0;
    if (given && !delimited)
        return fail_property(context, format, "delimiter");
    if (given)
        *delimiter = strcmp(given, "TAB") == 0 ? '\t' : strcmp(given, "SPACE") == 0 ? ' ' : *given;
    else if (delimited && strcmp(from_format, format) == 0)
        *delimiter = from->delimiters[side];
    return 0;
}

/* ---- names of schemas ---- */

/* MY_STREAM becomes MyStreamKey: one name a sink, so that generated classes don't collide. */
static const char *key_schema_name(struct ksql_arena *arena, const char *source)
{
    char *name = ksql_arena_strdup(arena, source), *out = name;
    bool first = true;
    for (const char *next = source; *next; next++) {
        if (*next != '_')
            *out++ = (char)(first ? toupper((unsigned char)*next) : tolower((unsigned char)*next));
        first = *next == '_';
    }
    *out = '\0';
    return ksql_arena_printf(arena, NAMESPACE "%sKey", name);
}

static int choose_schema_name(struct ksql_context *context, int side, const char *format)
{
    struct ksql_plan *plan = context->plan;
    const struct ksql_with *with = &plan->parsed.with;
    const char **name = &plan->source.schema_names[side];
    bool avro = strcmp(format, "AVRO") == 0;
    const char *given =
        ksql_with_string(with, side == KEY ? "KEY_SCHEMA_FULL_NAME" : "VALUE_SCHEMA_FULL_NAME");
    if (!given && side == VALUE)
        given = ksql_with_string(with, "VALUE_AVRO_SCHEMA_FULL_NAME");
    if (!given) {
        *name = avro && side == KEY ? key_schema_name(&plan->arena, plan->parsed.name) : NULL;
        return 0;
    }
    if (strcmp(format, "JSON_SR") == 0 || strcmp(format, "PROTOBUF") == 0)
        return ksql_problem_unsupported(
            context->problem, &plan->parsed.place, "The full name of a schema of %s", format);
    if (!avro)
        return fail_property(context, format, "fullSchemaName");
    if (given[strspn(given, " \t\r\n")] == '\0')
        return ksql_problem_set(context->problem, &plan->parsed.place,
            "fullSchemaName cannot be empty. Format configuration: {fullSchemaName=}");
    *name = ksql_arena_strdup(&plan->arena, given);
    return 0;
}

/* ---- wrapping ---- */

/* Whether the format can write one column alone, or with a record around it. */
static bool can_wrap(const char *format, bool wrapped)
{
    bool bare_only = strcmp(format, "KAFKA") == 0 || strcmp(format, "DELIMITED") == 0;
    bool record_only = strcmp(format, "PROTOBUF") == 0 || strcmp(format, "NONE") == 0;
    return wrapped ? !bare_only && strcmp(format, "NONE") != 0 : !record_only;
}

static int choose_wrapping(struct ksql_context *context)
{
    struct ksql_plan *plan = context->plan;
    struct ksql_source *source = &plan->source;
    const struct ksql_schema *schema = &source->schema;
    const char *property = ksql_context_property(context, "ksql.persistence.wrap.single.values");
    bool single = schema->count - ksql_schema_key_count(schema) == 1;
    int64_t wrapped = !(property && strcasecmp(property, "false") == 0);
    bool given = ksql_with_number(&plan->parsed.with, "WRAP_SINGLE_VALUE", &wrapped);
    if (given && !can_wrap(source->value_format, wrapped))
        return ksql_problem_set(context->problem, &plan->parsed.place,
            "Format '%s' does not support 'WRAP_SINGLE_VALUE' set to '%s'.", source->value_format,
            wrapped ? "true" : "false");
    if (given && !single)
        return ksql_problem_set(context->problem, &plan->parsed.place,
            "'WRAP_SINGLE_VALUE' is only valid for single-field value schemas");
    if (!single || wrapped || !can_wrap(source->value_format, wrapped))
        return 0;
    bool bare = !can_wrap(source->value_format, true);
    if (!bare && strcmp(source->value_format, "JSON") != 0 &&
        strcmp(source->value_format, "AVRO") != 0 && strcmp(source->value_format, "JSON_SR") != 0)
        return ksql_problem_unsupported(context->problem, &plan->parsed.place,
            "A single value of format %s without a record around it", source->value_format);
    source->wrap_single_value = bare;
    return 0;
}

/* ---- the column that says when ---- */

/* Upper-case unless it is quoted. */
static const char *column_name(struct ksql_arena *arena, const char *given)
{
    char *name = ksql_arena_strdup(arena, given);
    size_t length = strlen(name);
    if (length > 1 && *name == '`' && name[length - 1] == '`') {
        name[length - 1] = '\0';
        return name + 1;
    }
    for (char *c = name; *c; c++)
        *c = (char)toupper((unsigned char)*c);
    return name;
}

static int check_format(struct ksql_context *context, const char *format)
{
    const char *refusal = NULL;
    if (ksql_format_read(&context->plan->arena, (struct of_text){format, strlen(format)}, &refusal))
        return 0;
    return ksql_problem_unsupported(context->problem, &context->plan->parsed.place, "%s",
        refusal ? refusal : "This TIMESTAMP_FORMAT");
}

static int check_timestamp(
    struct ksql_context *context, const struct ksql_column *column, const char *format)
{
    const struct ksql_place *place = &context->plan->parsed.place;
    enum ksql_type_kind kind = column->type->kind;
    if (kind == KSQL_STRING && !format)
        return ksql_problem_set(context->problem, place,
            "A String timestamp field has been specified without also specifying the "
            "timestamp_format");
    if (kind == KSQL_STRING)
        return check_format(context, format);
    if (format)
        return ksql_problem_set(context->problem, place,
            "'TIMESTAMP_FORMAT' set in the WITH clause can only be used when the timestamp column "
            "is of type STRING.");
    if (kind == KSQL_BIGINT || kind == KSQL_TIMESTAMP)
        return 0;
    return ksql_problem_set(context->problem, place,
        "Timestamp column, `%s`, should be LONG(INT64), TIMESTAMP, or a String with a "
        "timestamp_format specified.",
        column->name);
}

static int choose_timestamp(struct ksql_context *context)
{
    struct ksql_plan *plan = context->plan;
    struct ksql_source *source = &plan->source;
    const struct ksql_place *place = &plan->parsed.place;
    const char *given = ksql_with_string(&plan->parsed.with, "TIMESTAMP");
    const char *format = ksql_with_string(&plan->parsed.with, "TIMESTAMP_FORMAT");
    const char *strict = ksql_context_property(context, "ksql.timestamp.throw.on.invalid");
    if (!given)
        return 0;
    const char *name = column_name(&plan->arena, given);
    for (size_t i = 0; i < source->schema.count; i++) {
        if (strcmp(source->schema.columns[i].name, name) != 0)
            continue;
        if (check_timestamp(context, &source->schema.columns[i], format))
            return OF_INPUT;
        source->timestamp_column = name;
        source->timestamp_format = format;
        if (strict && strcasecmp(strict, "true") == 0)
            return ksql_problem_unsupported(
                context->problem, place, "ksql.timestamp.throw.on.invalid");
        return 0;
    }
    return ksql_problem_set(context->problem, place,
        "The TIMESTAMP column set in the WITH clause does not exist in the schema: '%s'", name);
}

int ksql_context_layout(struct ksql_context *context, const struct ksql_source *from)
{
    const struct ksql_source *source = &context->plan->source;
    const char *formats[] = {source->value_format, source->key_format};
    for (int side = KEY; side >= VALUE; side--) {
        if (choose_delimiter(context, side, formats[side], from) ||
            choose_schema_name(context, side, formats[side]))
            return OF_INPUT;
    }
    int64_t id;
    if (from && (ksql_with_number(&context->plan->parsed.with, "KEY_SCHEMA_ID", &id) ||
                    ksql_with_number(&context->plan->parsed.with, "VALUE_SCHEMA_ID", &id)))
        return ksql_problem_unsupported(context->problem, &context->plan->parsed.place,
            "Writing by the schema of an id (KEY_SCHEMA_ID, VALUE_SCHEMA_ID)");
    if (choose_timestamp(context))
        return OF_INPUT;
    return choose_wrapping(context);
}

int ksql_write_source_schema(struct ksql_arena *arena, const struct ksql_source *source,
    const struct ksql_schema *columns, bool key, struct of_buffer *out,
    struct ksql_problem *problem)
{
    const char *format = key ? source->key_format : source->value_format;
    struct ksql_side side;
    if (key && !ksql_schema_key_count(columns))
        return 0;
    ksql_side_init(&side, format, columns, key, key || !source->wrap_single_value);
    struct ksql_avro_shape shape = {
        .key = key, .unwrapped = side.unwrapped, .name = source->schema_names[key]};
    if (strcmp(format, "AVRO") == 0)
        return ksql_write_avro_schema(columns, &shape, out, problem);
    if (strcmp(format, "JSON_SR") == 0)
        return ksql_write_json_schema(arena, columns, key, side.unwrapped, out, problem);
    return 0;
}
