/* Buffers: growth up to the limit and not past it, formatting, JSON strings. */
#include "support.h"

#include "base/buffer.h"

static void test_empty(void **state)
{
    (void)state;
    OF_CLEANUP(of_buffer_release) struct of_buffer buffer;
    of_buffer_init(&buffer, 10);
    assert_null(buffer.data);
    assert_int_equal(of_buffer_append(&buffer, NULL, 0), OF_OK);
    assert_string_equal(of_buffer_text(&buffer), "");
    assert_int_equal(buffer.length, 0);
}

static void test_limit(void **state)
{
    (void)state;
    struct of_error error;
    OF_CLEANUP(of_buffer_release) struct of_buffer buffer;
    of_buffer_init(&buffer, 5);
    assert_int_equal(of_buffer_append_text(&buffer, "abc"), OF_OK);
    assert_int_equal(of_buffer_append_text(&buffer, "def"), OF_INPUT);
    assert_true(buffer.full);
    assert_string_equal(of_buffer_text(&buffer), "abc");
    assert_int_equal(of_buffer_check(&buffer, "the name", &error), OF_INPUT);
    assert_string_equal(error.message, "the name is longer than 5 bytes");
    /* A refused append changes nothing: what fits still goes in, and the flag stays. */
    assert_int_equal(of_buffer_append_text(&buffer, "de"), OF_OK);
    assert_string_equal(of_buffer_text(&buffer), "abcde");
    assert_true(buffer.full);
    assert_int_equal(of_buffer_append_byte(&buffer, 'f'), OF_INPUT);
    assert_int_equal(of_buffer_grow(&buffer, SIZE_MAX), OF_INPUT);
    of_buffer_clear(&buffer);
    assert_false(buffer.full);
    assert_int_equal(of_buffer_check(&buffer, "the name", &error), OF_OK);
}

static void test_growth(void **state)
{
    (void)state;
    OF_CLEANUP(of_buffer_release) struct of_buffer buffer;
    of_buffer_init(&buffer, 1000);
    for (int i = 0; i < 1000; i++) {
        assert_int_equal(of_buffer_append_byte(&buffer, (uint8_t)i), OF_OK);
        assert_true(buffer.length <= buffer.capacity && buffer.capacity <= buffer.limit);
    }
    for (int i = 0; i < 1000; i++)
        assert_int_equal(buffer.data[i], i & 0xff);
    assert_int_equal(of_buffer_append_byte(&buffer, 0), OF_INPUT);
    /* Text of a full buffer: the NUL is no content, and nothing more fits afterwards. */
    assert_int_equal(of_buffer_text(&buffer)[1000], 0);
    assert_int_equal(of_buffer_append_byte(&buffer, 0), OF_INPUT);
    const uint8_t *memory = buffer.data;
    of_buffer_clear(&buffer);
    of_buffer_append_byte(&buffer, 1);
    assert_ptr_equal(buffer.data, memory);
}

static void test_release_is_reusable(void **state)
{
    (void)state;
    struct of_buffer buffer;
    of_buffer_init(&buffer, 8);
    of_buffer_append_text(&buffer, "12345678");
    of_buffer_release(&buffer);
    assert_null(buffer.data);
    assert_int_equal(buffer.limit, 8);
    assert_int_equal(of_buffer_append_text(&buffer, "abcdefgh"), OF_OK);
    of_buffer_release(&buffer);
    of_buffer_release(&buffer);
}

static void test_appendf(void **state)
{
    (void)state;
    OF_CLEANUP(of_buffer_release) struct of_buffer buffer;
    of_buffer_init(&buffer, 2000);
    char long_text[1001];
    memset(long_text, 'y', 1000);
    long_text[1000] = '\0';
    assert_int_equal(of_buffer_appendf(&buffer, "%d-%s", -1, "x"), OF_OK);
    assert_int_equal(of_buffer_appendf(&buffer, "%s", long_text), OF_OK);
    assert_int_equal(buffer.length, 1004);
    assert_memory_equal(buffer.data, "-1-xyyyy", 8);
    /* The sizes around the stack buffer of the implementation. */
    for (int size = 254; size <= 258; size++) {
        of_buffer_clear(&buffer);
        assert_int_equal(of_buffer_appendf(&buffer, "%.*s", size, long_text), OF_OK);
        assert_int_equal(buffer.length, size);
        assert_int_equal(buffer.data[size - 1], 'y');
    }
    of_buffer_clear(&buffer);
    assert_int_equal(of_buffer_appendf(&buffer, "%s%s%s", long_text, long_text, "z"), OF_INPUT);
    assert_int_equal(buffer.length, 0);
    assert_true(buffer.full);
}

static void assert_json(const char *text, size_t length, const char *wanted)
{
    OF_CLEANUP(of_buffer_release) struct of_buffer buffer;
    of_buffer_init(&buffer, 1000);
    assert_int_equal(of_buffer_append_json_string(&buffer, text, length), OF_OK);
    assert_string_equal(of_buffer_text(&buffer), wanted);
}

#define ASSERT_JSON(literal, wanted) assert_json(literal, sizeof(literal) - 1, wanted)

static void test_json_escapes(void **state)
{
    (void)state;
    ASSERT_JSON("", "\"\"");
    ASSERT_JSON("a\"b\\c/d", "\"a\\\"b\\\\c/d\"");
    ASSERT_JSON("\b\f\n\r\t", "\"\\b\\f\\n\\r\\t\"");
    ASSERT_JSON("\0\1\x1f", "\"\\u0000\\u0001\\u001f\"");
    /* A terminal takes DEL for a control character too. */
    ASSERT_JSON("\x7f", "\"\\u007f\"");
}

static void test_json_utf8(void **state)
{
    (void)state;
#define BAD "\xef\xbf\xbd"
    ASSERT_JSON("Ni\xc3\xb1o", "\"Ni\xc3\xb1o\"");
    ASSERT_JSON("\xf0\x9f\x98\x80", "\"\xf0\x9f\x98\x80\"");
    ASSERT_JSON("\xef\xbf\xbf\xf4\x8f\xbf\xbf", "\"\xef\xbf\xbf\xf4\x8f\xbf\xbf\"");
    ASSERT_JSON("a\xff"
                "b",
        "\"a" BAD "b\"");
    ASSERT_JSON("\xc3", "\"" BAD "\"");                 /* cut sequence */
    ASSERT_JSON("\xe2\x82", "\"" BAD BAD "\"");         /* cut after two of three */
    ASSERT_JSON("\xc0\x80", "\"" BAD BAD "\"");         /* overlong NUL */
    ASSERT_JSON("\xe0\x9f\xbf", "\"" BAD BAD BAD "\""); /* overlong */
    ASSERT_JSON("\xed\xa0\x80", "\"" BAD BAD BAD "\""); /* a surrogate */
    ASSERT_JSON("\xf0\x8f\xbf\xbf", "\"" BAD BAD BAD BAD "\"");
    ASSERT_JSON("\xf4\x90\x80\x80", "\"" BAD BAD BAD BAD "\""); /* above U+10FFFF */
    ASSERT_JSON("\xc3\"", "\"" BAD "\\\"\"");
}

static void test_json_limit(void **state)
{
    (void)state;
    for (size_t limit = 0; limit < 8; limit++) {
        OF_CLEANUP(of_buffer_release) struct of_buffer buffer;
        of_buffer_init(&buffer, limit);
        assert_int_equal(
            of_buffer_append_json_string(&buffer, "a\nb", 3), limit < 6 ? OF_INPUT : OF_OK);
        assert_int_equal(buffer.full, limit < 6);
        assert_true(buffer.length <= limit);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_empty),
        cmocka_unit_test(test_limit),
        cmocka_unit_test(test_growth),
        cmocka_unit_test(test_release_is_reusable),
        cmocka_unit_test(test_appendf),
        cmocka_unit_test(test_json_escapes),
        cmocka_unit_test(test_json_utf8),
        cmocka_unit_test(test_json_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
