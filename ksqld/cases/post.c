/* What a case says about topics: before (schemas registered, formats) and after ("post"). */
#include "avro/schema.h"
#include "ksqld/cases/compare.h"
#include "ksqld/cases/state.h"
#include "ksqld/cases/tree.h"
#include "ksqld/lang/parser.h"
#include "ksqld/plan/plan.h"
#include "ksqld/serde/number.h"

#include <strings.h>

#define SCHEMA_TEXT_MAX (1024u * 1024)
#define INTERNAL "_confluent-ksql-" /* what names of its own topics begin with */
#define UNSUPPORTED " is not supported by this runner"

/* ---- before ---- */

enum ksql_verdict ksql_case_refuse(struct ksql_case_state *state, const char *what)
{
    of_buffer_appendf(state->reason, "%s" UNSUPPORTED, what);
    return KSQL_CASE_REFUSED;
}

bool ksql_case_is_internal(const char *topic)
{
    return strncmp(topic, INTERNAL, strlen(INTERNAL)) == 0;
}

static enum ksql_verdict register_side(struct ksql_case_state *state,
    struct ksql_world_topic *topic, const struct ksql_json *declared, bool key)
{
    const struct ksql_json *schema = ksql_json_get(declared, key ? "keySchema" : "valueSchema");
    const struct ksql_json *id = ksql_json_get(declared, key ? "keySchemaId" : "valueSchemaId");
    struct of_buffer text OF_CLEANUP(of_buffer_release);
    of_buffer_init(&text, SCHEMA_TEXT_MAX);
    int64_t number = 0;
    if (id && !ksql_number_integer(id->text, 1, INT32_MAX, &number))
        number = 0;
    topic->formats[key] =
        ksql_case_string(&state->world.arena, declared, key ? "keyFormat" : "valueFormat");
    const char *file = ksql_case_string(&state->arena, declared, "valueSchemaFile");
    const char *read = NULL;
    size_t size;
    struct of_error error;
    if (file && !key &&
        ksql_case_read_text(&state->arena, state->test->folder, file, &read, &size, &error)) {
        of_buffer_append_text(state->reason, error.message);
        return KSQL_CASE_WRONG;
    }
    if (schema && schema->kind != KSQL_JSON_NULL) {
        ksql_json_print(schema, &text);
        read = of_buffer_text(&text);
    }
    const char *format = topic->formats[key];
    bool json = format && strncmp(format, "JSON", 4) == 0; /* or JSON_SR */
    const struct of_schema found = {json ? OF_SCHEMA_JSON : OF_SCHEMA_AVRO, read, 0};
    if (read)
        ksql_world_register(&state->world, topic, key, &found, (int32_t)number);
    return KSQL_CASE_PASSED;
}

enum ksql_verdict ksql_case_topics(struct ksql_case_state *state)
{
    const struct ksql_json *topics = ksql_json_get(state->test->body, "topics");
    const struct ksql_json *inputs = ksql_json_get(state->test->body, "inputs");
    for (size_t i = 0; topics && i < topics->count; i++) {
        const struct ksql_json *declared = topics->members[i].value;
        const char *name = ksql_case_string(&state->arena, declared, "name");
        const struct ksql_json *partitions = ksql_json_get(declared, "partitions");
        int64_t count;
        if (!name)
            continue;
        if (ksql_json_get(declared, "valueSchemaReferences"))
            return ksql_case_refuse(state, "a schema with references to others");
        struct ksql_world_topic *topic = ksql_world_topic(&state->world, name);
        if (partitions && ksql_number_integer(partitions->text, 1, 100000, &count)) {
            topic->partitions = (int)count;
            topic->declared = true;
        }
        if (register_side(state, topic, declared, true) || /* the key's first, as ids are given */
            register_side(state, topic, declared, false))
            return KSQL_CASE_WRONG;
    }
    for (size_t i = 0; inputs && i < inputs->count; i++) {
        const char *name = ksql_case_string(&state->arena, inputs->members[i].value, "topic");
        if (name)
            ksql_world_topic(&state->world, name);
    }
    return KSQL_CASE_PASSED;
}

/* ---- sources ---- */

static enum ksql_verdict differ(
    struct ksql_case_state *state, const char *what, const char *expected, const char *actual)
{
    of_buffer_appendf(state->reason, "%s:\n  expected %s\n  actual   %s", what, expected, actual);
    return KSQL_CASE_WRONG;
}

/* Keys and values each in their order. */
static bool same_columns(const struct ksql_parsed *expected, const struct ksql_schema *actual)
{
    if (expected->element_count != actual->count)
        return false;
    for (int key = 0; key < 2; key++) {
        size_t at = 0;
        for (size_t i = 0; i < expected->element_count; i++) {
            const struct ksql_element *element = &expected->elements[i];
            bool key_column = element->constraint == KSQL_COLUMN_KEY ||
                              element->constraint == KSQL_COLUMN_PRIMARY_KEY;
            if (key_column != key)
                continue;
            while (at < actual->count && actual->columns[at].key != key)
                at++;
            if (at == actual->count || strcmp(actual->columns[at].name, element->name) != 0 ||
                !ksql_type_equal(actual->columns[at].type, element->type))
                return false;
            at++;
        }
    }
    return true;
}

static enum ksql_verdict check_schema(
    struct ksql_case_state *state, const struct ksql_source *source, const char *expected)
{
    struct of_buffer shown OF_CLEANUP(of_buffer_release);
    struct ksql_problem problem OF_CLEANUP(ksql_problem_release) = {0};
    struct ksql_parsed parsed = {0};
    of_buffer_init(&shown, SCHEMA_TEXT_MAX);
    const char *text =
        ksql_arena_printf(&state->arena, "CREATE STREAM S (%s) WITH (KAFKA_TOPIC='s');", expected);
    if (ksql_parse(&state->arena, text, strlen(text), &parsed, &problem))
        return ksql_case_refuse(state, ksql_arena_printf(&state->arena, "the schema %s", expected));
    if (same_columns(&parsed, &source->schema))
        return KSQL_CASE_PASSED;
    ksql_schema_format(&source->schema, &shown);
    return differ(state, ksql_arena_printf(&state->arena, "schema of %s in the end", source->name),
        expected, of_buffer_text(&shown));
}

/* "JSON", or {"format": "JSON", ...}. */
static const char *format_name(
    struct ksql_case_state *state, const struct ksql_json *object, const char *member)
{
    const struct ksql_json *format = ksql_json_get(object, member);
    if (format && format->kind == KSQL_JSON_OBJECT)
        return ksql_case_string(&state->arena, format, "format");
    return ksql_case_string(&state->arena, object, member);
}

static enum ksql_verdict check_source(
    struct ksql_case_state *state, const struct ksql_json *expected)
{
    const char *name = ksql_case_string(&state->arena, expected, "name");
    const char *type = ksql_case_string(&state->arena, expected, "type");
    const char *schema = ksql_case_string(&state->arena, expected, "schema");
    const struct ksql_source *source =
        name ? ksql_engine_source_find(state->world.engine, name) : NULL;
    if (!source)
        return differ(state, "sources in the end", name ? name : "(no name)", "not there");
    if (type && strcasecmp(type, source->table ? "table" : "stream") != 0)
        return differ(state, "kind of source", type, source->table ? "table" : "stream");
    const struct ksql_json *read_only = ksql_json_get(expected, "isSource");
    if (read_only && read_only->truth != source->read_only)
        return differ(state, "CREATE SOURCE", read_only->truth ? "yes" : "no",
            source->read_only ? "yes" : "no");
    const char *formats[2] = {
        format_name(state, expected, "valueFormat"), format_name(state, expected, "keyFormat")};
    if (formats[0] && strcmp(formats[0], source->value_format) != 0)
        return differ(state, "value format", formats[0], source->value_format);
    if (formats[1] && strcmp(formats[1], source->key_format) != 0)
        return differ(state, "key format", formats[1], source->key_format);
    return schema ? check_schema(state, source, schema) : KSQL_CASE_PASSED;
}

/* ---- topics ---- */

static bool same_json(
    struct ksql_case_state *state, const struct ksql_json *wanted, const char *actual)
{
    const struct ksql_json *tree;
    struct of_error error;
    return actual && ksql_json_parse(&state->arena, actual, strlen(actual), &tree, &error) == 0 &&
           ksql_case_same(wanted, tree, KSQL_EXACT);
}

static enum ksql_verdict check_registered(struct ksql_case_state *state,
    const struct ksql_world_topic *topic, const struct ksql_json *expected, bool key)
{
    const struct ksql_json *wanted = ksql_json_get(expected, key ? "keySchema" : "valueSchema");
    const char *format = format_name(state, expected, key ? "keyFormat" : "valueFormat");
    enum of_schema_type type = OF_SCHEMA_AVRO;
    const char *actual = ksql_world_schema(&state->world, topic->ids[key], &type);
    struct of_avro_schema *one OF_CLEANUP(of_cleanup_avro_schema) = NULL;
    struct of_avro_schema *other OF_CLEANUP(of_cleanup_avro_schema) = NULL;
    struct of_buffer text OF_CLEANUP(of_buffer_release);
    struct of_error error;
    of_buffer_init(&text, SCHEMA_TEXT_MAX);
    if (!wanted || wanted->kind == KSQL_JSON_NULL)
        return KSQL_CASE_PASSED;
    ksql_json_print(wanted, &text);
    if (format && strcmp(format, "AVRO") != 0 && strcmp(format, "JSON_SR") != 0)
        return ksql_case_refuse(state, "comparing schemas other than Avro's and JSON's");
    bool json = type == OF_SCHEMA_JSON;
    bool same =
        json ? same_json(state, wanted, actual)
             : actual && !of_avro_schema_parse(of_buffer_text(&text), text.length, &one, &error) &&
                   !of_avro_schema_parse(actual, strlen(actual), &other, &error) &&
                   of_avro_schema_equal(one, other);
    if (same)
        return KSQL_CASE_PASSED;
    return differ(state,
        ksql_arena_printf(&state->arena, "%s schema of %s", key ? "key" : "value", topic->name),
        of_buffer_text(&text), actual ? actual : "none");
}

static enum ksql_verdict check_topic(
    struct ksql_case_state *state, const struct ksql_json *expected)
{
    const char *name = ksql_case_string(&state->arena, expected, "name");
    const struct ksql_world_topic *topic = name ? ksql_world_find(&state->world, name) : NULL;
    const struct ksql_json *partitions = ksql_json_get(expected, "partitions");
    int64_t count;
    if (!topic && name && ksql_case_is_internal(name))
        return ksql_case_refuse(state, "a topic that only ksqlDB needs inside a query");
    if (!topic)
        return differ(state, "topics in the end", name ? name : "(no name)", "not there");
    if (partitions && ksql_number_integer(partitions->text, 0, INT32_MAX, &count) &&
        count != topic->partitions)
        return differ(state, ksql_arena_printf(&state->arena, "partitions of %s", name),
            ksql_arena_printf(&state->arena, "%lld", (long long)count),
            ksql_arena_printf(&state->arena, "%d", topic->partitions));
    enum ksql_verdict verdict = check_registered(state, topic, expected, false);
    return verdict ? verdict : check_registered(state, topic, expected, true);
}

/* Internal topics are not made here, so that nothing can be on the blacklist. */
enum ksql_verdict ksql_case_post(struct ksql_case_state *state)
{
    const struct ksql_json *post = ksql_json_get(state->test->body, "post");
    const struct ksql_json *sources = ksql_json_get(post, "sources");
    const struct ksql_json *topics = ksql_json_get(ksql_json_get(post, "topics"), "topics");
    enum ksql_verdict verdict = KSQL_CASE_PASSED;
    for (size_t i = 0; !verdict && sources && i < sources->count; i++)
        verdict = check_source(state, sources->members[i].value);
    for (size_t i = 0; !verdict && topics && i < topics->count; i++)
        verdict = check_topic(state, topics->members[i].value);
    return verdict;
}
