/* Names and values of requests. What a name means is the engine's business. */
#include "ksqld/server/properties.h"

#include "base/memory.h"

#include <stdlib.h>

static void release_one(struct ksql_property *property)
{
    free(property->name);
    free(property->value);
}

void ksql_properties_release(struct ksql_properties *properties)
{
    for (size_t i = 0; i < properties->count; i++)
        release_one(&properties->items[i]);
    free(properties->items);
    *properties = (struct ksql_properties){.items = NULL};
}

static size_t find(const struct ksql_property *items, size_t count, const char *name)
{
    size_t at = 0;
    while (at < count && strcmp(items[at].name, name) != 0)
        at++;
    return at;
}

int ksql_properties_set(struct ksql_properties *properties, const char *name, const char *value,
    bool quoted, struct of_error *error)
{
    struct ksql_property entry = {of_strdup(name), of_strdup(value), quoted};
    size_t at = find(properties->items, properties->count, name);
    if (at < properties->count) {
        release_one(&properties->items[at]);
    } else if (properties->count == KSQL_PROPERTIES_MAX) {
        release_one(&entry);
        return of_fail(error, OF_INPUT, "more than %u properties", KSQL_PROPERTIES_MAX);
    } else {
        properties->items = of_realloc_array(properties->items, ++properties->count, sizeof(entry));
    }
    properties->items[at] = entry;
    return OF_OK;
}

void ksql_properties_unset(struct ksql_properties *properties, const char *name)
{
    size_t at = find(properties->items, properties->count, name);
    if (at == properties->count)
        return;
    release_one(&properties->items[at]);
    properties->count--;
    memmove(&properties->items[at], &properties->items[at + 1],
        (properties->count - at) * sizeof(*properties->items));
}

const char *ksql_properties_get(const struct ksql_property *items, size_t count, const char *name)
{
    size_t at = find(items, count, name);
    return at < count ? items[at].value : NULL;
}

const char *ksql_properties_reset(const struct ksql_property *items, size_t count)
{
    const char *reset = ksql_properties_get(items, count, "auto.offset.reset");
    return reset ? reset : ksql_properties_get(items, count, "ksql.streams.auto.offset.reset");
}

static int read_one(struct ksql_properties *properties, const char *name, const json_t *value,
    const char *what, struct of_error *error)
{
    if (json_is_string(value))
        return ksql_properties_set(properties, name, json_string_value(value), true, error);
    if (!json_is_number(value) && !json_is_boolean(value))
        return of_fail(error, OF_INPUT,
            "%s: the value of '%s' is neither text nor number nor "
            "boolean",
            what, name);
    OF_FREE char *text = json_dumps(value, JSON_ENCODE_ANY | JSON_REAL_PRECISION(17));
    return ksql_properties_set(properties, name, text, false, error);
}

int ksql_properties_read(struct ksql_properties *properties, const json_t *object, const char *what,
    struct of_error *error)
{
    if (!object || json_is_null(object))
        return OF_OK;
    if (!json_is_object(object))
        return of_fail(error, OF_INPUT, "%s is no JSON object", what);
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)object, name, value)
    {
        int result = read_one(properties, name, value, what, error);
        if (result < 0)
            return result;
    }
    return OF_OK;
}

static json_t *value_json(const struct ksql_property *property)
{
    json_t *bare = property->quoted ? NULL : json_loads(property->value, JSON_DECODE_ANY, NULL);
    return bare ? bare : json_string(property->value);
}

json_t *ksql_properties_json(const struct ksql_property *items, size_t count)
{
    json_t *object = json_object();
    for (size_t i = 0; i < count; i++)
        json_object_set_new(object, items[i].name, value_json(&items[i]));
    return object;
}
