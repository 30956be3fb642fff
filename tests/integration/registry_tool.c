/* Our registry client as a program, for the tests against a real registry.
 *
 *   registry-tool NAME=VALUE... -- VERB ARGUMENT...
 *
 *   register SUBJECT FILE       the schema's id
 *   id SUBJECT FILE             the id to write with, by auto.register.schemas and the like
 *   latest SUBJECT              id, version and text
 *   schema ID                   the text
 *   compatibility SUBJECT LEVEL
 *   body ID HEX FILE            the body of a framed value for a reader's schema, as hex
 *   ping
 *
 * Prints "ok ..." or "CLASS MESSAGE"; exits with 0 then. */
#include "registry/wire.h"

#include "base/memory.h"

#include <stdio.h>
#include <stdlib.h>

struct call {
    struct of_registry *registry;
    char **arguments;
    int count;
};

static int read_file(const char *path, struct of_buffer *text, struct of_error *error)
{
    OF_CLEANUP(of_cleanup_file) FILE *file = fopen(path, "re");
    char chunk[4096];
    size_t size;
    if (!file)
        return of_fail(error, OF_INPUT, "no file %s", path);
    while ((size = fread(chunk, 1, sizeof(chunk), file)) > 0)
        of_buffer_append(text, chunk, size);
    return of_buffer_check(text, path, error);
}

typedef int ask(
    struct of_registry *, const char *, const char *, size_t, int32_t *, struct of_error *);

static int with_file(const struct call *call, ask *function, struct of_error *error)
{
    OF_CLEANUP(of_buffer_release) struct of_buffer text;
    of_buffer_init(&text, 2 * OF_SCHEMA_TEXT_MAX);
    int32_t id;
    if (read_file(call->arguments[1], &text, error) < 0)
        return OF_INPUT;
    int result = function(
        call->registry, call->arguments[0], of_buffer_text(&text), text.length, &id, error);
    if (result == OF_OK)
        printf("ok %d\n", id);
    return result;
}

static int latest(const struct call *call, struct of_error *error)
{
    struct of_registry_version newest;
    int result = of_registry_newest_typed(
        call->registry, call->arguments[0], OF_SCHEMA_AVRO, &newest, error);
    if (result == OF_OK)
        printf("ok %d %d %s\n", newest.id, newest.version, newest.schema.text);
    return result;
}

static int schema(const struct call *call, struct of_error *error)
{
    const char *text;
    size_t size;
    int32_t id = (int32_t)strtol(call->arguments[0], NULL, 10);
    int result = of_registry_schema(call->registry, id, &text, &size, error);
    if (result == OF_OK)
        printf("ok %s\n", text);
    return result;
}

/* The framing is put before the body here, so that any id can be tried. */
static int body(const struct call *call, struct of_error *error)
{
    OF_CLEANUP(of_cleanup_wire_reader) struct of_wire_reader *reader = NULL;
    OF_CLEANUP(of_buffer_release) struct of_buffer value, text;
    of_buffer_init(&value, 65536);
    of_buffer_init(&text, OF_SCHEMA_TEXT_MAX);
    of_wire_begin(&value, (int32_t)strtol(call->arguments[0], NULL, 10));
    for (const char *hex = call->arguments[1]; hex[0] && hex[1]; hex += 2) {
        char digits[] = {hex[0], hex[1], '\0'};
        of_buffer_append_byte(&value, (uint8_t)strtol(digits, NULL, 16));
    }
    if (read_file(call->arguments[2], &text, error) < 0 ||
        of_wire_reader_new(call->registry, of_buffer_text(&text), text.length, 0, &reader, error) <
            0)
        return OF_INPUT;
    const uint8_t *bytes;
    size_t size;
    int result = of_wire_reader_body(reader, value.data, value.length, &bytes, &size, error);
    if (result < 0)
        return result;
    printf("ok ");
    for (size_t i = 0; i < size; i++)
        printf("%02x", bytes[i]);
    putchar('\n');
    return OF_OK;
}

static int run(const struct call *call, const char *verb, struct of_error *error)
{
    if (strcmp(verb, "register") == 0 && call->count == 2)
        return with_file(call, of_registry_register, error);
    if (strcmp(verb, "id") == 0 && call->count == 2)
        return with_file(call, of_registry_id_for_subject, error);
    if (strcmp(verb, "latest") == 0 && call->count == 1)
        return latest(call, error);
    if (strcmp(verb, "schema") == 0 && call->count == 1)
        return schema(call, error);
    if (strcmp(verb, "body") == 0 && call->count == 3)
        return body(call, error);
    int result = OF_OK;
    if (strcmp(verb, "compatibility") == 0 && call->count == 2)
        result = of_registry_set_compatibility(
            call->registry, call->arguments[0], call->arguments[1], error);
    else if (strcmp(verb, "ping") == 0)
        result = of_registry_ping(call->registry, error);
    else
        return of_fail(error, OF_INPUT, "no such verb: %s", verb);
    if (result == OF_OK)
        puts("ok");
    return result;
}

int main(int argc, char **argv)
{
    OF_CLEANUP(of_cleanup_config) struct of_config *config = NULL;
    OF_CLEANUP(of_cleanup_registry) struct of_registry *registry = NULL;
    struct of_option_list pairs = {.count = 0};
    struct of_error error;
    int at = 1;
    for (; at < argc && strcmp(argv[at], "--") != 0; at++)
        pairs.values[pairs.count++] = argv[at];
    if (at + 1 >= argc)
        return EXIT_FAILURE;
    int result = of_config_load(NULL, &pairs, &config, &error);
    if (result == OF_OK)
        result = of_registry_new(config, &registry, &error);
    if (result == OF_OK) {
        struct call call = {registry, argv + at + 2, argc - at - 2};
        result = run(&call, argv[at + 1], &error);
    }
    if (result < 0)
        printf("%s %s\n", of_error_class_name(error.class), error.message);
    return EXIT_SUCCESS;
}
