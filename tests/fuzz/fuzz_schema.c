/* The schema parser: a schema that it takes equals itself, and resolves to itself. */
#include "fuzz.h"

#include "avro/resolve.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    OF_CLEANUP(of_cleanup_avro_schema) struct of_avro_schema *schema = NULL;
    OF_CLEANUP(of_cleanup_avro_plan) struct of_avro_plan *plan = NULL;
    struct of_error error;
    if (of_avro_schema_parse((const char *)data, size, &schema, &error) < 0) {
        PROMISE(error.class == OF_INPUT && error.message[0]);
        return 0;
    }
    PROMISE(of_avro_schema_equal(schema, schema));
    PROMISE(of_avro_plan_new(schema, schema, &plan, &error) == OF_OK);
    return 0;
}
