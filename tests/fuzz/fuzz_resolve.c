/* Schema resolution: a line with the writer's schema, one with the reader's, then the bytes. What
 * comes out is a value of the reader's schema, whole and in its shortest form. */
#include "fuzz.h"

#include "avro/resolve.h"

#define OUTPUT_MAX (1024u * 1024)

static struct of_avro_schema *take_line(const uint8_t **data, size_t *size)
{
    struct of_avro_schema *schema = NULL;
    struct of_error error;
    const uint8_t *end = *size ? memchr(*data, '\n', *size) : NULL;
    if (!end)
        return NULL;
    size_t length = (size_t)(end - *data);
    if (of_avro_schema_parse((const char *)*data, length, &schema, &error) < 0)
        return NULL;
    *data = end + 1;
    *size -= length + 1;
    return schema;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    OF_CLEANUP(of_cleanup_avro_schema) struct of_avro_schema *writer = NULL, *reader = NULL;
    OF_CLEANUP(of_cleanup_avro_plan) struct of_avro_plan *plan = NULL, *same = NULL;
    OF_CLEANUP(of_buffer_release) struct of_buffer once, twice;
    struct of_error error;
    of_buffer_init(&once, OUTPUT_MAX);
    of_buffer_init(&twice, OUTPUT_MAX);
    if (!(writer = take_line(&data, &size)) || !(reader = take_line(&data, &size)))
        return 0;
    if (of_avro_plan_new(writer, reader, &plan, &error) < 0) {
        PROMISE(error.class == OF_INPUT && error.message[0]);
        return 0;
    }
    if (of_avro_plan_run(plan, data, size, &once, &error) < 0) {
        PROMISE(error.class == OF_INPUT && error.message[0] && once.length == 0);
        return 0;
    }
    PROMISE(of_avro_plan_new(reader, reader, &same, &error) == OF_OK);
    /* A reader that nests deeper than the writer may reach the limit of depth. */
    if (of_avro_plan_run(same, once.data, once.length, &twice, &error) < 0) {
        PROMISE(strstr(error.message, "nested deeper than the limit"));
        return 0;
    }
    PROMISE(once.length == twice.length);
    PROMISE(once.length == 0 || memcmp(once.data, twice.data, once.length) == 0);
    return 0;
}
