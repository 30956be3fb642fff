/* What PRINT makes of Avro that nests too deep. What it makes of the rest, the integration tests
 * show beside records of real topics. */
#include "unit/support.h"

#include "ksqld/server/print_avro.h"

static void values_have_a_depth(void **state)
{
    (void)state;
    static const char list[] = "{\"type\": \"record\", \"name\": \"n\", \"fields\": [{\"name\": "
                               "\"next\", \"type\": [\"null\", \"n\"]}]}";
    struct of_error error;
    struct of_avro_schema *schema OF_CLEANUP(of_cleanup_avro_schema) = NULL;
    if (of_avro_schema_parse(list, strlen(list), &schema, &error))
        fail_msg("%s", error.message);
    for (size_t over = 0; over < 2; over++) {
        /* A record and its union for each step, and what the last union has. */
        uint8_t bytes[KSQL_PRINT_DEPTH_MAX] = {0};
        size_t steps = KSQL_PRINT_DEPTH_MAX / 2 - 1 + over;
        struct of_buffer out OF_CLEANUP(of_buffer_release);
        of_buffer_init(&out, 65536);
        memset(bytes, 2, steps - 1);
        int result = ksql_print_avro(of_avro_schema_root(schema), bytes, steps, &out, &error);
        assert_int_equal(result, over ? OF_INPUT : OF_OK);
        if (over)
            assert_contains(error.message, "values are nested too deep");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_have_a_depth),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
