/* Commands to and from their records. */
#include "ksqld/server/command.h"

#include "base/memory.h"

#include <stdlib.h>

#define VERSION 1

void ksql_command_release(struct ksql_command *command)
{
    free(command->id);
    free(command->text);
    ksql_properties_release(&command->properties);
    *command = (struct ksql_command){.id = NULL};
}

int ksql_command_write(const char *id, const char *text, const struct ksql_property *properties,
    size_t property_count, struct of_buffer *key, struct of_buffer *value, struct of_error *error)
{
    OF_CLEANUP(of_cleanup_json)
    json_t *json = json_pack("{s:s, s:o, s:{}, s:n, s:i}", "statement", text, "streamsProperties",
        ksql_properties_json(properties, property_count), "originalProperties", "plan", "version",
        VERSION);
    if (!json)
        return of_fail(error, OF_INPUT, "the statement is no UTF-8 text");
    OF_FREE char *line = json_dumps(json, JSON_COMPACT);
    of_buffer_append_json_string(key, id, strlen(id));
    of_buffer_append_text(value, line);
    int result = of_buffer_check(key, "the command's id", error);
    return result < 0 ? result : of_buffer_check(value, "the statement", error);
}

int ksql_command_check(const char *id, const char *text, const struct ksql_property *properties,
    size_t property_count, struct of_error *error)
{
    OF_CLEANUP(of_buffer_release) struct of_buffer key, value;
    of_buffer_init(&key, KSQL_COMMAND_MAX);
    of_buffer_init(&value, KSQL_COMMAND_MAX);
    return ksql_command_write(id, text, properties, property_count, &key, &value, error);
}

int ksql_command_read(const void *key, size_t key_size, const void *value, size_t value_size,
    struct ksql_command *out, struct of_error *error)
{
    OF_CLEANUP(ksql_command_release) struct ksql_command command = {.id = NULL};
    OF_CLEANUP(of_cleanup_json) json_t *id = json_loadb(key, key_size, JSON_DECODE_ANY, NULL);
    OF_CLEANUP(of_cleanup_json) json_t *json = json_loadb(value, value_size, 0, NULL);
    const char *text = json_string_value(json_object_get(json, "statement"));
    const json_t *version = json_object_get(json, "version");
    if (!json_is_string(id) || !text)
        return of_fail(error, OF_INPUT, "this record is no command");
    if (json_integer_value(version) != VERSION)
        return of_fail(error, OF_INPUT, "this command's version, %lld, is not known here (%d is)",
            (long long)json_integer_value(version), VERSION);
    if (ksql_properties_read(&command.properties, json_object_get(json, "streamsProperties"),
            "streamsProperties", error) < 0)
        return OF_INPUT;
    command.id = of_strdup(json_string_value(id));
    command.text = of_strdup(text);
    *out = command;
    command = (struct ksql_command){.id = NULL};
    return OF_OK;
}
