/* What the codec generator takes but order.avsc does not use: every type, both orders of a nullable
 * union, several arrays, records within records, and a schema text with awkward characters. */
#include "support.h"

#include "avro/schema.h"
#include "base/buffer.h"
#include "schemas/every_type.h"

static struct of_error error;

static void fill(struct of_every_type *record, bool full)
{
    of_every_type_init(record);
    record->flag = true;
    record->small = INT32_MIN;
    record->large = INT64_MAX;
    record->single = 1.5f;
    record->precise = -0.1;
    record->text = OF_TEXT("\xf0\x9f\x98\x80\"\\");
    record->raw = OF_TEXT("\0\xff");
    record->moment = -1;
    record->whole = -999999999999999999;
    record->has_maybe_flag = record->has_maybe_small = record->has_maybe_large = full;
    record->has_maybe_single = record->has_maybe_precise = record->has_maybe_text = full;
    record->has_maybe_raw = record->has_maybe_moment = record->has_maybe_share = full;
    if (full) {
        record->maybe_small = INT32_MAX;
        record->maybe_large = INT64_MIN;
        record->maybe_single = -2;
        record->maybe_precise = 4;
        record->maybe_text = OF_TEXT("t");
        record->maybe_raw = OF_TEXT("r");
        record->maybe_moment = 1;
        record->maybe_share = 9999;
        of_every_type_add_left(record)->x = 1;
        struct of_point *point = of_every_type_add_left(record);
        *point = (struct of_point){2, true, OF_TEXT("n")};
        of_every_type_add_right(record)->x = 3;
        of_every_type_add_deep_lines(record)->length = 0.5;
    }
    record->deep.point.x = 4;
}

static char *json_of(const struct of_every_type *record)
{
    OF_CLEANUP(of_buffer_release) struct of_buffer text;
    of_buffer_init(&text, 65536);
    assert_int_equal(of_every_type_print_json(record, &text), OF_OK);
    return of_strdup(of_buffer_text(&text));
}

#define EMPTY_BYTES                                                                                \
    "\x01\xff\xff\xff\xff\x0f\xfe\xff\xff\xff\xff\xff\xff\xff\xff\x01\x00\x00\xc0\x3f"             \
    "\x9a\x99\x99\x99\x99\x99\xb9\xbf\x0c\xf0\x9f\x98\x80\"\\\x04\x00\xff\x01"                     \
    "\x10\xf2\x1f\x49\x4c\x58\x9c\x00\x01"                                                         \
    "\x00\x02\x00\x02\x00\x02\x00\x02\x00"                                                         \
    "\x00\x00\x08\x00\x00"
#define FULL_BYTES                                                                                 \
    "\x01\xff\xff\xff\xff\x0f\xfe\xff\xff\xff\xff\xff\xff\xff\xff\x01\x00\x00\xc0\x3f"             \
    "\x9a\x99\x99\x99\x99\x99\xb9\xbf\x0c\xf0\x9f\x98\x80\"\\\x04\x00\xff\x01"                     \
    "\x10\xf2\x1f\x49\x4c\x58\x9c\x00\x01"                                                         \
    "\x02\x00\x00\xfe\xff\xff\xff\x0f\x02\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"                 \
    "\x00\x00\x00\x00\xc0\x02\0\0\0\0\0\0\x10\x40\x00\x02t\x02\x02r\x00\x02\x02\x04\x27\x0f"       \
    "\x04\x02\x00\x04\x02\x02n\x00\x02\x06\x00\x00\x08\x00\x02\0\0\0\0\0\0\xe0\x3f\x00"

static void assert_golden(bool full, const char *bytes, size_t size)
{
    OF_CLEANUP(of_every_type_release) struct of_every_type record, back;
    OF_CLEANUP(of_buffer_release) struct of_buffer out;
    fill(&record, full);
    fill(&back, !full); /* what was there before must not show */
    of_buffer_init(&out, 65536);
    assert_int_equal(of_every_type_encode(&record, &out, &error), OF_OK);
    assert_int_equal(out.length, size);
    assert_memory_equal(out.data, bytes, size);
    if (of_every_type_decode(&back, out.data, out.length, &error) < 0)
        fail_msg("%s", error.message);
    OF_FREE char *a = json_of(&record), *b = json_of(&back);
    assert_string_equal(a, b);
    for (size_t cut = 0; cut < size; cut++) {
        OF_FREE uint8_t *copy = of_alloc(cut);
        memcpy(copy, bytes, cut);
        assert_int_equal(of_every_type_decode(&back, copy, cut, &error), OF_INPUT);
        assert_contains(error.message, "truncated");
    }
}

static void test_golden(void **state)
{
    (void)state;
    assert_golden(false, EMPTY_BYTES, sizeof(EMPTY_BYTES) - 1);
    assert_golden(true, FULL_BYTES, sizeof(FULL_BYTES) - 1);
}

static void test_json(void **state)
{
    (void)state;
    OF_CLEANUP(of_every_type_release) struct of_every_type record;
    fill(&record, true);
    OF_FREE char *full = json_of(&record);
    assert_string_equal(full,
        "{\"flag\":true,\"small\":-2147483648,\"large\":9223372036854775807,\"single\":1.5,"
        "\"precise\":-0.1,\"text\":\"\xf0\x9f\x98\x80\\\"\\\\\",\"raw\":\"\\u0000\xef\xbf\xbd\","
        "\"moment\":\"1969-12-31T23:59:59.999Z\",\"whole\":-999999999999999999,"
        "\"maybe_flag\":false,\"maybe_small\":2147483647,\"maybe_large\":-9223372036854775808,"
        "\"maybe_single\":-2,\"maybe_precise\":4,\"maybe_text\":\"t\",\"maybe_raw\":\"r\","
        "\"maybe_moment\":\"1970-01-01T00:00:00.001Z\",\"maybe_share\":0.9999,"
        "\"left\":[{\"x\":1,\"note\":null},{\"x\":2,\"note\":\"n\"}],"
        "\"right\":[{\"x\":3,\"note\":null}],"
        "\"deep\":{\"point\":{\"x\":4,\"note\":null},\"lines\":[{\"length\":0.5}]}}");
}

/* The registered text is the file, byte for byte, and a schema that we can read ourselves. */
static void test_schema_text(void **state)
{
    (void)state;
    OF_CLEANUP(of_cleanup_file) FILE *file = fopen(EVERY_TYPE_FILE, "re");
    assert_non_null(file);
    char text[8192];
    size_t size = fread(text, 1, sizeof(text), file);
    assert_int_equal(of_every_type_schema_size, size);
    assert_memory_equal(of_every_type_schema, text, size);
    OF_CLEANUP(of_cleanup_avro_schema) struct of_avro_schema *schema = NULL;
    if (of_avro_schema_parse(text, size, &schema, &error) < 0)
        fail_msg("%s", error.message);
}

static void assert_not_encoded(struct of_every_type *record, const char *message)
{
    OF_CLEANUP(of_buffer_release) struct of_buffer out;
    of_buffer_init(&out, OF_EVERY_TYPE_BYTES_MAX);
    of_buffer_append_byte(&out, 7);
    assert_int_equal(of_every_type_encode(record, &out, &error), OF_INPUT);
    assert_string_equal(error.message, message);
    assert_int_equal(out.length, 1);
}

static void test_limits(void **state)
{
    (void)state;
    OF_FREE char *longest = of_alloc(OF_EVERY_TYPE_STRING_MAX + 1);
    memset(longest, 'x', OF_EVERY_TYPE_STRING_MAX + 1);
    OF_CLEANUP(of_every_type_release) struct of_every_type record;
    fill(&record, true);
    record.maybe_share = 10000;
    assert_not_encoded(&record, "EveryType: maybe_share has more than 4 digits");
    record.has_maybe_share = false;
    record.whole = 1000000000000000000;
    assert_not_encoded(&record, "EveryType: whole has more than 18 digits");
    record.whole = 0;
    record.maybe_raw = (struct of_text){longest, OF_EVERY_TYPE_STRING_MAX + 1};
    assert_not_encoded(&record, "EveryType: maybe_raw is longer than 4096 bytes");
    record.has_maybe_raw = false;
    record.maybe_text = OF_TEXT("\xff");
    assert_not_encoded(&record, "EveryType: maybe_text is not UTF-8");
    record.has_maybe_text = false;
    while (record.right_count < OF_EVERY_TYPE_RIGHT_MAX) {
        struct of_point *point = of_every_type_add_right(&record);
        *point = (struct of_point){0, true, {longest, OF_EVERY_TYPE_STRING_MAX}};
    }
    assert_null(of_every_type_add_right(&record));
    /* 64 times 4,096 bytes and their lengths are more than a record may have. */
    record.right[0] = record.right[1];
    OF_CLEANUP(of_buffer_release) struct of_buffer out;
    of_buffer_init(&out, 2 * OF_EVERY_TYPE_BYTES_MAX);
    assert_int_equal(of_every_type_encode(&record, &out, &error), OF_INPUT);
    assert_contains(error.message, "limit of 262144 bytes");
    record.right_count -= 2;
    if (of_every_type_encode(&record, &out, &error) < 0)
        fail_msg("%s", error.message);
    OF_CLEANUP(of_every_type_release) struct of_every_type back;
    of_every_type_init(&back);
    assert_int_equal(of_every_type_decode(&back, out.data, out.length, &error), OF_OK);
    assert_int_equal(back.right_count, record.right_count);
    assert_int_equal(of_every_type_decode(&back, out.data, 262145, &error), OF_INPUT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_golden),
        cmocka_unit_test(test_json),
        cmocka_unit_test(test_schema_text),
        cmocka_unit_test(test_limits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
