/* What the statements and the queries register, under which subjects. */
#include "ksqld/server/subject.h"

#include "base/memory.h"
#include "ksqld/serde/side.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#define DRAFT "http://json-schema.org/draft-07/schema#"

OF_DEFINE_CLEANUP(cleanup_json, json_t *, json_decref)

static char *name_of(const struct ksql_subject *subject)
{
    return of_asprintf("%s-%s", subject->topic, subject->key ? "key" : "value");
}

int ksql_subject_check(
    struct of_registry *registry, const struct ksql_subject *subject, struct of_error *error)
{
    OF_FREE char *name = name_of(subject);
    enum of_schema_type wanted = ksql_side_schema_type(subject->format);
    struct of_registry_version newest;
    int result = of_registry_newest(registry, name, &newest, error);
    if (result < 0)
        return of_registry_is_missing(error) ? OF_OK : result;
    if (newest.schema.type == wanted)
        return OF_OK;
    return of_fail(error, OF_INPUT, "subject %s has schemas of the type %s, not %s", name,
        of_schema_type_name(newest.schema.type), of_schema_type_name(wanted));
}

/* The text begins with the brace of an object: it is ours. */
static int register_with_draft(struct of_registry *registry, const char *name,
    const struct of_schema *schema, int32_t *id, struct of_error *error)
{
    OF_FREE char *text = of_asprintf("{\"$schema\":\"" DRAFT "\",%s", schema->text + 1);
    const struct of_schema named = {schema->type, text, strlen(text)};
    return of_registry_add(registry, name, &named, id, error);
}

static int register_schema(struct of_registry *registry, const char *name,
    const struct of_schema *schema, int32_t *id, struct of_error *error)
{
    struct of_error ignored;
    int result = of_registry_add(registry, name, schema, id, error);
    if (result == OF_FATAL && schema->type == OF_SCHEMA_JSON &&
        register_with_draft(registry, name, schema, id, &ignored) == OF_OK)
        return OF_OK;
    return result;
}

int ksql_subject_register(struct of_registry *registry, const struct ksql_subject *subject,
    const char *text, int32_t *id, struct of_error *error)
{
    *id = -1;
    if (!text)
        return OF_OK;
    OF_FREE char *name = name_of(subject);
    const struct of_schema schema = {ksql_side_schema_type(subject->format), text, strlen(text)};
    return register_schema(registry, name, &schema, id, error);
}

/* But for the draft's name. */
static bool is_same(const char *ours, const char *theirs)
{
    OF_CLEANUP(cleanup_json) json_t *left = json_loads(ours, JSON_DECODE_ANY, NULL);
    OF_CLEANUP(cleanup_json) json_t *right = json_loads(theirs, JSON_DECODE_ANY, NULL);
    const char *draft = json_string_value(json_object_get(right, "$schema"));
    if (draft && strcmp(draft, DRAFT) == 0)
        json_object_del(right, "$schema");
    return left && right && json_equal(left, right);
}

int ksql_subject_newest(struct of_registry *registry, const struct ksql_subject *subject,
    const char *text, int32_t *id, struct of_error *error)
{
    *id = -1;
    if (!text)
        return OF_OK;
    OF_FREE char *name = name_of(subject);
    const struct of_schema schema = {ksql_side_schema_type(subject->format), text, strlen(text)};
    struct of_registry_version newest;
    int result = of_registry_newest_typed(registry, name, schema.type, &newest, error);
    if (result < 0 && of_registry_is_missing(error))
        return register_schema(registry, name, &schema, id, error);
    if (result < 0)
        return result;
    *id = newest.id;
    if (is_same(text, newest.schema.text))
        return OF_OK;
    return of_fail(error, OF_INPUT,
        "INSERT ... VALUES with a schema of %s that is not ksqlDB's own is not supported by this "
        "runner.",
        name);
}
