/* The wire format's framing. What needs a registry is in test_registry.c. */
#include "support.h"

#include "registry/wire.h"

static struct of_error error;

static void assert_refused(const void *value, size_t size, const char *message)
{
    int32_t id = 77;
    const uint8_t *body = NULL;
    size_t body_size = 77;
    assert_int_equal(of_wire_split(value, size, &id, &body, &body_size, &error), OF_INPUT);
    assert_string_equal(error.message, message);
    assert_string_equal(error.kind, "framing");
    assert_int_equal(id, 77);
    assert_null(body);
    assert_int_equal(body_size, 77);
}

static void test_split(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        int32_t id;
    } cases[] = {
        {"\0\0\0\0\0x", 0},
        {"\0\0\0\0\x01x", 1},
        {"\0\x01\x02\x03\x04x", 0x01020304},
        {"\0\x7f\xff\xff\xffx", INT32_MAX},
        {"\0\xff\xff\xff\xffx", -1},
    };
    for (size_t i = 0; i < OF_COUNT(cases); i++) {
        int32_t id;
        const uint8_t *body;
        size_t size;
        assert_int_equal(of_wire_split(cases[i].bytes, 6, &id, &body, &size, &error), OF_OK);
        assert_int_equal(id, cases[i].id);
        assert_int_equal(size, 1);
        assert_int_equal(*body, 'x');
        assert_int_equal(of_wire_split(cases[i].bytes, 5, &id, &body, &size, &error), OF_OK);
        assert_int_equal(size, 0);
        OF_CLEANUP(of_buffer_release) struct of_buffer out;
        of_buffer_init(&out, OF_WIRE_HEADER_SIZE);
        assert_int_equal(of_wire_begin(&out, cases[i].id), OF_OK);
        assert_int_equal(out.length, OF_WIRE_HEADER_SIZE);
        assert_memory_equal(out.data, cases[i].bytes, OF_WIRE_HEADER_SIZE);
        assert_int_equal(of_wire_begin(&out, 1), OF_INPUT);
        assert_int_equal(out.length, OF_WIRE_HEADER_SIZE);
    }
}

static void test_framing_errors(void **state)
{
    (void)state;
    assert_refused(NULL, 0, "the value is null");
    assert_refused("", 0, "0 bytes are too few");
    assert_refused("\0\0\0\1", 4, "4 bytes are too few");
    assert_refused("{\"order_id\":1}", 14, "magic byte 0x7b is not 0");
    assert_refused("\xff\0\0\0\1", 5, "magic byte 0xff is not 0");
    assert_refused("\x01"
                   "0123456789abcdef",
        17,
        "magic byte 1 (a schema GUID) is not supported; let the writer use the prefix "
        "with a schema id (value.schema.id.serializer)");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_split),
        cmocka_unit_test(test_framing_errors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
