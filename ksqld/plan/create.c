/* CREATE STREAM and CREATE TABLE over a topic. */
#include "base/memory.h"
#include "ksqld/lang/format.h"
#include "ksqld/plan/context.h"
#include "ksqld/plan/select.h"
#include "ksqld/plan/with.h"
#include "ksqld/serde/side.h"

#include <stdlib.h>

/* ---- what the parser of ksqlDB checks ---- */

static int check_columns(struct ksql_context *context)
{
    const struct ksql_parsed *parsed = &context->plan->parsed;
    for (size_t i = 0; i < parsed->element_count; i++) {
        const struct ksql_element *element = &parsed->elements[i];
        const struct ksql_place *place = &element->place;
        for (size_t j = 0; j < i; j++) {
            if (strcmp(parsed->elements[j].name, element->name) == 0)
                return ksql_problem_set(
                    context->problem, place, "Duplicate column names: `%s`", element->name);
        }
        if (!parsed->table && element->constraint == KSQL_COLUMN_PRIMARY_KEY)
            return ksql_problem_set(context->problem, place,
                "Line: %d, Col: %d: Column `%s` is a 'PRIMARY KEY' column: please use 'KEY' for "
                "streams.\nTables have PRIMARY KEYs, which are unique and NON NULL.\nStreams have "
                "KEYs, which have no uniqueness or NON NULL constraints.",
                place->line, place->column, element->name);
        if (parsed->table && element->constraint == KSQL_COLUMN_KEY)
            return ksql_problem_set(context->problem, place,
                "Line: %d, Col: %d: Column `%s` is a 'KEY' column: please use 'PRIMARY KEY' for "
                "tables.\nTables have PRIMARY KEYs, which are unique and NON NULL.\nStreams have "
                "KEYs, which have no uniqueness or NON NULL constraints.",
                place->line, place->column, element->name);
    }
    return 0;
}

static int check_statement(struct ksql_context *context)
{
    const struct ksql_parsed *parsed = &context->plan->parsed;
    if (ksql_with_check(
            &parsed->with, KSQL_WITH_CREATE, context->options->replay, context->problem) ||
        check_columns(context))
        return ksql_problem_prefix(context->problem, "Failed to prepare statement: ");
    if (ksql_with_string(&parsed->with, "KAFKA_TOPIC"))
        return 0;
    return ksql_problem_set(context->problem, &parsed->place,
        "Failed to prepare statement: Missing required property \"KAFKA_TOPIC\" which has no "
        "default value.");
}

/* ---- what its injectors add ---- */

static void show(struct ksql_context *context)
{
    struct of_buffer text OF_CLEANUP(of_buffer_release);
    of_buffer_init(&text, KSQL_STATEMENT_MAX);
    ksql_format_create(&context->plan->parsed, &text);
    ksql_context_show(context, &text);
}

static int inject_formats(struct ksql_context *context)
{
    struct ksql_plan *plan = context->plan;
    struct ksql_with *with = &plan->parsed.with;
    if (ksql_with_check_formats(with, context->problem))
        return OF_INPUT;
    if (ksql_with_string(with, "FORMAT"))
        return 0;
    if (!ksql_with_string(with, "KEY_FORMAT")) {
        const char *format = ksql_context_property(context, "ksql.persistence.default.format.key");
        ksql_with_set_string(&plan->arena, with, "KEY_FORMAT", format ? format : "KAFKA");
    }
    if (!ksql_with_string(with, "VALUE_FORMAT")) {
        const char *format =
            ksql_context_property(context, "ksql.persistence.default.format.value");
        if (!format)
            return ksql_problem_set(context->problem, &plan->parsed.place,
                "Statement is missing the 'VALUE_FORMAT' property from the WITH clause. Either "
                "provide one or set a default via the 'ksql.persistence.default.format.value' "
                "config.");
        ksql_with_set_string(&plan->arena, with, "VALUE_FORMAT", format);
    }
    return ksql_with_check_formats(with, context->problem);
}

static const char *format_of(const struct ksql_with *with, const char *name)
{
    const char *format = ksql_with_string(with, name);
    return ksql_format_find(format ? format : ksql_with_string(with, "FORMAT"));
}

static bool has_elements(const struct ksql_parsed *parsed, bool keys)
{
    for (size_t i = 0; i < parsed->element_count; i++) {
        enum ksql_constraint constraint = parsed->elements[i].constraint;
        if (constraint != KSQL_COLUMN_HEADERS && (constraint != KSQL_COLUMN_VALUE) == keys)
            return true;
    }
    return false;
}

static bool is_inferable(const char *format)
{
    return strcmp(format, "AVRO") == 0 || strcmp(format, "JSON_SR") == 0 ||
           strcmp(format, "PROTOBUF") == 0;
}

static int fail_no_schema(struct ksql_context *context, const char *topic, bool key)
{
    const char *side = key ? "key" : "value";
    return ksql_problem_set(context->problem, NULL,
        "Schema for message %ss on topic '%s' does not exist in the Schema Registry.\nSubject: "
        "%s-%s\nPossible causes include:\n- The topic itself does not exist\n\t-> Use SHOW "
        "TOPICS; to check\n- Messages on the topic are not serialized using a format Schema "
        "Registry supports\n\t-> Use PRINT '%s' FROM BEGINNING; to verify",
        side, topic, topic, side, topic);
}

/* KEY_SCHEMA_ID and VALUE_SCHEMA_ID take the place of declared columns; -1: the newest schema. In
 * the command log the columns that were inferred stand beside them. */
static int check_schema_id(struct ksql_context *context, bool key, const char *format, int64_t *id)
{
    const struct ksql_parsed *parsed = &context->plan->parsed;
    const char *name = key ? "KEY_SCHEMA_ID" : "VALUE_SCHEMA_ID";
    *id = -1;
    if (!ksql_with_number(&parsed->with, name, id))
        return 0;
    if (!is_inferable(format))
        return ksql_problem_set(context->problem, &parsed->place,
            "%s should support schema inference when %s is provided. Current format is %s.",
            key ? "KEY_FORMAT" : "VALUE_FORMAT", name, format);
    if (has_elements(parsed, key) && !context->options->replay)
        return ksql_problem_set(context->problem, &parsed->place,
            "Table elements and %s cannot both exist for create statement.", name);
    if (*id >= 0 && *id <= INT32_MAX)
        return 0;
    return ksql_problem_set(context->problem, &parsed->place,
        "Invalid value %lld for property %s: must be an id of a schema", (long long)*id, name);
}

static int fetch_schema(
    struct ksql_context *context, const char *topic, bool key, int32_t id, struct of_schema *schema)
{
    const struct ksql_callbacks *callbacks = context->callbacks;
    *schema = (struct of_schema){.text = NULL};
    if (!callbacks->schema)
        return 0;
    struct of_error error;
    if (!callbacks->schema(callbacks->context, topic, key, id, schema, &error))
        return 0;
    ksql_problem_set(context->problem, NULL, "%s", error.message);
    context->problem->class = error.class;
    return error.class;
}

static int fail_other_type(struct ksql_context *context, const char *topic, bool key, int64_t id,
    enum of_schema_type wanted, enum of_schema_type found)
{
    const char *type = of_schema_type_name(found);
    const char *origin =
        id < 0 ? "" : ksql_arena_printf(&context->plan->arena, ", schema id: %lld", (long long)id);
    return ksql_problem_set(context->problem, NULL,
        "%s schema is not in the expected format. You may want to set %s_FORMAT to '%s'.\ntopic: "
        "%s%s\nexpected format: %s\nactual format from Schema Registry: %s",
        key ? "Key" : "Value", key ? "KEY" : "VALUE", type, topic, origin,
        of_schema_type_name(wanted), type);
}

/* The key is one column, ROWKEY; so is a value that has no record around it, ROWVAL. */
static int infer_side(struct ksql_context *context, bool key, const char *format)
{
    struct ksql_plan *plan = context->plan;
    struct ksql_parsed *parsed = &plan->parsed;
    const char *topic = ksql_with_string(&parsed->with, "KAFKA_TOPIC");
    struct ksql_schema inferred = {0};
    struct of_schema schema;
    struct ksql_inference how = {.key = key, .single = key ? "ROWKEY" : NULL};
    int64_t wrapped = 1, id;
    if (check_schema_id(context, key, format, &id))
        return OF_INPUT;
    how.original = id >= 0;
    if (!is_inferable(format) || has_elements(parsed, key))
        return 0;
    enum of_schema_type type = ksql_side_schema_type(format);
    if (strcmp(format, "PROTOBUF") == 0)
        return ksql_problem_unsupported(context->problem, &parsed->place,
            key ? "Inferring key columns of format %s" : "Inferring columns of format %s", format);
    int status = fetch_schema(context, topic, key, (int32_t)id, &schema);
    if (status)
        return status;
    if (!schema.text)
        return fail_no_schema(context, topic, key);
    if (schema.type != type)
        return fail_other_type(context, topic, key, id, type, schema.type);
    if (!key && ksql_with_number(&parsed->with, "WRAP_SINGLE_VALUE", &wrapped) && !wrapped)
        how.single = "ROWVAL";
    if ((type == OF_SCHEMA_JSON ? ksql_infer_json_columns : ksql_infer_columns)(
            &plan->arena, schema.text, schema.size, &how, &inferred, context->problem))
        return OF_INPUT;
    for (size_t i = 0; i < inferred.count; i++)
        *ksql_arena_append(&plan->arena, parsed->elements, parsed->element_count) =
            (struct ksql_element){.name = inferred.columns[i].name,
                .type = inferred.columns[i].type,
                .constraint = !key            ? KSQL_COLUMN_VALUE
                              : parsed->table ? KSQL_COLUMN_PRIMARY_KEY
                                              : KSQL_COLUMN_KEY,
                .place = parsed->place};
    return 0;
}

/* Inferred keys stand before the declared columns, inferred values behind them. */
static int infer(struct ksql_context *context)
{
    struct ksql_plan *plan = context->plan;
    struct ksql_parsed *parsed = &plan->parsed;
    struct ksql_element *declared = parsed->elements;
    size_t count = parsed->element_count;
    int status = 0;
    int64_t id;
    if (check_schema_id(context, true, format_of(&parsed->with, "KEY_FORMAT"), &id))
        return OF_INPUT;
    if (!has_elements(parsed, true)) {
        parsed->elements = NULL;
        parsed->element_count = 0;
        status = infer_side(context, true, format_of(&parsed->with, "KEY_FORMAT"));
        for (size_t i = 0; i < count; i++)
            *ksql_arena_append(&plan->arena, parsed->elements, parsed->element_count) = declared[i];
    }
    if (!status)
        status = infer_side(context, false, format_of(&parsed->with, "VALUE_FORMAT"));
    return status ? status : check_columns(context);
}

static int fail_no_topic(struct ksql_context *context, const char *topic)
{
    struct ksql_plan *plan = context->plan;
    ksql_with_set_number(&plan->arena, &plan->parsed.with, "PARTITIONS", 2);
    show(context);
    ksql_problem_set(context->problem, NULL,
        "Topic '%s' does not exist. If you want to create a new topic for the stream/table please "
        "re-run the statement providing the required 'PARTITIONS' configuration in the WITH clause "
        "(and optionally 'REPLICAS'). For example: %s",
        topic, context->statement->text);
    context->problem->generic = true;
    return OF_INPUT;
}

static int inject_topic(struct ksql_context *context)
{
    struct ksql_plan *plan = context->plan;
    struct ksql_with *with = &plan->parsed.with;
    const char *name = ksql_with_string(with, "KAFKA_TOPIC");
    struct ksql_topic topic;
    int64_t partitions, replicas, retention;
    int status = ksql_context_topic(context, name, &topic);
    if (status)
        return status;
    if (!ksql_with_number(with, "PARTITIONS", &partitions)) {
        if (!topic.exists)
            return fail_no_topic(context, name);
        partitions = topic.partitions;
    }
    if (!ksql_with_number(with, "REPLICAS", &replicas))
        replicas = topic.exists ? topic.replicas : -1;
    bool retained = ksql_with_number(with, "RETENTION_MS", &retention);
    if (retained && plan->parsed.table)
        return ksql_problem_set(context->problem, NULL,
            "Invalid config variable in the WITH clause: RETENTION_MS. Non-windowed tables do not "
            "support retention.");
    status = ksql_context_sink_topic(
        context, name, partitions, replicas, retained ? retention : INT64_MIN, &topic);
    if (status)
        return status;
    ksql_with_set_string(
        &plan->arena, with, "CLEANUP_POLICY", plan->parsed.table ? "compact" : "delete");
    return 0;
}

/* ---- the source ---- */

static int build_schema(struct ksql_context *context)
{
    static const char *const reserved[] = {
        "ROWTIME", "ROWPARTITION", "ROWOFFSET", "WINDOWSTART", "WINDOWEND"};
    struct ksql_plan *plan = context->plan;
    const struct ksql_parsed *parsed = &plan->parsed;
    if (!parsed->element_count)
        return ksql_problem_set(context->problem, &parsed->place, "No columns supplied.");
    for (size_t i = 0; i < parsed->element_count; i++) {
        const struct ksql_element *element = &parsed->elements[i];
        for (size_t j = 0; j < OF_COUNT(reserved); j++) {
            if (strcmp(element->name, reserved[j]) == 0)
                return ksql_problem_set(context->problem, &element->place,
                    "'%s' is a reserved column name. You cannot use it as a name for a column.",
                    element->name);
        }
        ksql_schema_add(&plan->arena, &plan->source.schema, element->name, element->type,
            element->constraint == KSQL_COLUMN_KEY ||
                element->constraint == KSQL_COLUMN_PRIMARY_KEY);
        struct ksql_column *column = &plan->source.schema.columns[i];
        column->header = element->constraint == KSQL_COLUMN_HEADERS;
        column->header_key = element->header_key;
    }
    return 0;
}

static bool has_headers(const struct ksql_schema *schema)
{
    for (size_t i = 0; i < schema->count; i++) {
        if (schema->columns[i].header)
            return true;
    }
    return false;
}

/* Each HEADER once, and nothing behind HEADERS. */
static int check_headers(struct ksql_context *context)
{
    const struct ksql_parsed *parsed = &context->plan->parsed;
    for (size_t i = 0; i < parsed->element_count; i++) {
        const struct ksql_element *a = &parsed->elements[i];
        for (size_t j = 0; a->constraint == KSQL_COLUMN_HEADERS && j < i; j++) {
            const struct ksql_element *b = &parsed->elements[j];
            if (b->constraint != KSQL_COLUMN_HEADERS)
                continue;
            if (!b->header_key)
                return ksql_problem_set(
                    context->problem, &a->place, "Schema already contains a HEADERS column.");
            if (a->header_key && strcmp(a->header_key, b->header_key) == 0)
                return ksql_problem_set(context->problem, &a->place,
                    "Schema already contains a HEADER('%s') column.", a->header_key);
        }
    }
    return 0;
}

/* Columns of one kind keep their places. */
static bool is_kept(const struct ksql_schema *old, size_t index, const struct ksql_schema *schema)
{
    const struct ksql_column *column = &old->columns[index];
    size_t place = 0, at = 0;
    for (size_t i = 0; i < index; i++)
        place += old->columns[i].key == column->key;
    for (size_t i = 0; i < schema->count; i++) {
        const struct ksql_column *other = &schema->columns[i];
        if (other->key != column->key || at++ != place)
            continue;
        return strcmp(other->name, column->name) == 0 && ksql_type_equal(other->type, column->type);
    }
    return false;
}

/* What may be replaced: the old columns stay as they are, new ones come behind them. Columns of the
 * key are looked at first, and then alone. */
static int check_columns_kept(struct ksql_context *context, const struct ksql_source *old)
{
    const struct ksql_source *source = &context->plan->source;
    struct ksql_arena *arena = &context->plan->arena;
    struct ksql_schema lost = {0};
    bool keys = false;
    for (int pass = 1; pass >= 0 && !lost.count; pass--) {
        keys = pass;
        for (size_t i = 0; i < old->schema.count; i++) {
            const struct ksql_column *column = &old->schema.columns[i];
            if ((!keys || column->key) && !is_kept(&old->schema, i, &source->schema))
                ksql_schema_add(arena, &lost, column->name, column->type, column->key);
        }
    }
    if (!lost.count)
        return 0;
    struct of_buffer texts[3] = {0};
    const struct ksql_schema *schemas[] = {&old->schema, &source->schema, &lost};
    const char *shown[3];
    for (size_t i = 0; i < OF_COUNT(texts); i++) {
        of_buffer_init(&texts[i], KSQL_PROBLEM_MAX);
        ksql_schema_format(schemas[i], &texts[i]);
        shown[i] = ksql_arena_strdup(arena, of_buffer_text(&texts[i]));
        of_buffer_release(&texts[i]);
    }
    return ksql_problem_set(context->problem, &context->plan->parsed.place,
        "Cannot upgrade data source: DataSource '`%s`' has schema = %s which is not upgradeable to "
        "%s. (%sThe following %scolumns are changed, missing or reordered: [%s])",
        source->name, shown[0], shown[1], keys ? "Key columns must be identical. " : "",
        keys ? "key " : "", shown[2]);
}

static int check_replace(struct ksql_context *context, const struct ksql_source *old)
{
    const struct ksql_source *source = &context->plan->source;
    bool same =
        old->table == source->table && strcmp(old->topic, source->topic) == 0 &&
        strcmp(old->key_format, source->key_format) == 0 &&
        strcmp(old->value_format, source->value_format) == 0 &&
        strcmp(old->timestamp_column, source->timestamp_column) == 0 && !old->timestamp_format &&
        !source->timestamp_format && old->wrap_single_value == source->wrap_single_value &&
        memcmp(old->delimiters, source->delimiters, sizeof(old->delimiters)) == 0 &&
        old->windows.kind == source->windows.kind && old->windows.size == source->windows.size &&
        old->windows.hopping == source->windows.hopping;
    if (has_headers(&old->schema) || has_headers(&source->schema))
        return ksql_problem_unsupported(context->problem, &context->plan->parsed.place,
            "CREATE OR REPLACE with columns of headers");
    if (!same || ksql_schema_key_count(&old->schema) != ksql_schema_key_count(&source->schema))
        return ksql_problem_unsupported(context->problem, &context->plan->parsed.place,
            "CREATE OR REPLACE with another topic, format, key or time");
    return check_columns_kept(context, old);
}

/* Where columns can be inferred, it is said how to name the key alone. */
static int fail_no_key(struct ksql_context *context)
{
    const struct ksql_parsed *parsed = &context->plan->parsed;
    const char *more = "";
    if (is_inferable(context->plan->source.value_format))
        more = ksql_arena_printf(&context->plan->arena,
            "\nUse a partial schema to define the primary key and still load the value columns "
            "from the Schema Registry, for example:\n\tCREATE TABLE %s (ID INT PRIMARY KEY) WITH "
            "(...);",
            parsed->name);
    return ksql_problem_set(context->problem, &parsed->place,
        "Tables require a PRIMARY KEY. Please define the PRIMARY KEY.%s", more);
}

static int build_source(struct ksql_context *context)
{
    struct ksql_plan *plan = context->plan;
    const struct ksql_parsed *parsed = &plan->parsed;
    struct ksql_source *source = &plan->source;
    source->name = parsed->name;
    source->table = parsed->table;
    source->read_only = parsed->source;
    source->topic = ksql_with_string(&parsed->with, "KAFKA_TOPIC");
    source->key_format = format_of(&parsed->with, "KEY_FORMAT");
    source->value_format = format_of(&parsed->with, "VALUE_FORMAT");
    source->timestamp_column = "";
    source->wrap_single_value = true;
    if (build_schema(context) || check_headers(context))
        return OF_INPUT;
    if (parsed->table && !ksql_schema_key_count(&source->schema))
        return fail_no_key(context);
    source->windows = ksql_with_windows(&parsed->with);
    source->windowed = source->schema.windowed = source->windows.kind != KSQL_WINDOW_NONE;
    if (source->windowed && !ksql_schema_key_count(&source->schema))
        return ksql_problem_set(
            context->problem, &parsed->place, "Windowed sources require a key column.");
    const struct ksql_plan *existing = ksql_metastore_source(context->metastore, source->name);
    if (parsed->or_replace && (source->read_only || (existing && existing->source.read_only)))
        return ksql_problem_set(context->problem, &parsed->place,
            "Cannot add %s '%s': CREATE OR REPLACE is not supported on source %ss.",
            source->table ? "table" : "stream", source->name, source->table ? "table" : "stream");
    if (existing && !parsed->or_replace)
        return ksql_problem_set(context->problem, &parsed->name_place,
            "Cannot add %s '%s': A %s with the same name already exists",
            source->table ? "table" : "stream", source->name,
            existing->source.table ? "table" : "stream");
    if (ksql_context_layout(context, NULL) ||
        ksql_check_formats(
            &source->schema, source->key_format, source->value_format, context->problem))
        return OF_INPUT;
    if (existing && check_replace(context, &existing->source))
        return OF_INPUT;
    source->statement = ksql_arena_strdup(&plan->arena, context->statement->text);
    plan->has_source = true;
    return 0;
}

/* Before anything is made in the format; what an older server logged stays. */
static int check_registered_formats(struct ksql_context *context)
{
    const struct ksql_with *with = &context->plan->parsed.with;
    const char *const formats[] = {format_of(with, "KEY_FORMAT"), format_of(with, "VALUE_FORMAT")};
    return context->options->replay ? 0
                                    : ksql_context_declares(context, formats, OF_COUNT(formats));
}

/* Windowed keys are left out: ksqlDB reads them there as if they had no windows. */
static bool is_materialized(const struct ksql_context *context, const struct ksql_source *source)
{
    return source->table && source->read_only && !source->windowed &&
           context->callbacks->keeps_state;
}

int ksql_prepare_create(struct ksql_context *context)
{
    struct ksql_parsed *parsed = &context->plan->parsed;
    struct ksql_statement *statement = context->statement;
    if (check_statement(context))
        return OF_INPUT;
    if (parsed->if_not_exists && ksql_metastore_source(context->metastore, parsed->name)) {
        ksql_context_exists(context);
        return 0;
    }
    if (inject_formats(context) || check_registered_formats(context))
        return OF_INPUT;
    int status = infer(context);
    show(context);
    if (!status)
        status = inject_topic(context);
    if (status)
        return status;
    show(context);
    const struct ksql_source *source = &context->plan->source;
    if (build_source(context) ||
        (is_materialized(context, source) && ksql_plan_source_table(context)))
        return OF_INPUT;
    statement->effect = KSQL_EFFECT_CREATE_SOURCE;
    statement->source = source;
    statement->command_id =
        of_asprintf("%s/`%s`/create", parsed->table ? "table" : "stream", parsed->name);
    if (context->plan->has_query) {
        statement->query = &context->plan->query;
        statement->message = of_asprintf("Created query with ID %s", statement->query->id);
        return 0;
    }
    statement->message = of_strdup(parsed->table ? "Table created" : "Stream created");
    return 0;
}
