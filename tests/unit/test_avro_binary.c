/* Avro's binary form: golden bytes from the specification, every width's boundary, each way to be
 * wrong, and the printing of numbers. */
#include "support.h"

#include "avro/binary.h"

#include <float.h>
#include <math.h>

static struct of_avro_reader reader_of(const void *bytes, size_t size)
{
    struct of_avro_reader reader;
    of_avro_reader_init(&reader, bytes, size);
    return reader;
}

#define READER(literal) reader_of(literal, sizeof(literal) - 1)

static void assert_failure(
    const struct of_avro_reader *reader, const char *failure, size_t position)
{
    struct of_error error;
    OF_FREE char *wanted = of_asprintf("R: f: %s at byte %zu", failure, position);
    assert_non_null(reader->failure);
    assert_int_equal(of_avro_reader_error(reader, "R", &error), OF_INPUT);
    assert_string_equal(error.message, wanted);
}

static void test_longs(void **state)
{
    (void)state;
    static const struct {
        int64_t value;
        const char *bytes;
        size_t size;
    } cases[] = {
        {0, "\x00", 1},
        {-1, "\x01", 1},
        {1, "\x02", 1},
        {-64, "\x7f", 1},
        {63, "\x7e", 1},
        {64, "\x80\x01", 2},
        {-65, "\x81\x01", 2},
        {8191, "\xfe\x7f", 2},
        {8192, "\x80\x80\x01", 3},
        {INT32_MAX, "\xfe\xff\xff\xff\x0f", 5},
        {INT32_MIN, "\xff\xff\xff\xff\x0f", 5},
        {INT64_MAX, "\xfe\xff\xff\xff\xff\xff\xff\xff\xff\x01", 10},
        {INT64_MIN, "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 10},
    };
    for (size_t i = 0; i < OF_COUNT(cases); i++) {
        uint8_t bytes[OF_AVRO_LONG_MAX];
        assert_int_equal(of_avro_write_long(bytes, cases[i].value) - bytes, cases[i].size);
        assert_memory_equal(bytes, cases[i].bytes, cases[i].size);
        struct of_avro_reader reader = reader_of(bytes, cases[i].size);
        assert_int_equal(of_avro_read_long(&reader, "f"), cases[i].value);
        assert_null(reader.failure);
        assert_ptr_equal(reader.next, reader.end);
        for (size_t cut = 0; cut < cases[i].size; cut++) {
            OF_FREE uint8_t *copy = of_alloc(cut);
            memcpy(copy, bytes, cut);
            reader = reader_of(copy, cut);
            assert_int_equal(of_avro_read_long(&reader, "f"), 0);
            assert_failure(&reader, "truncated", 0);
        }
    }
    /* Every power of two and its neighbours. */
    for (int bit = 0; bit < 63; bit++)
        for (int64_t value = (INT64_C(1) << bit) - 1; value <= (INT64_C(1) << bit) + 1; value++)
            for (int sign = 0; sign < 2; sign++) {
                uint8_t bytes[OF_AVRO_LONG_MAX];
                int64_t wanted = sign ? -value : value;
                struct of_avro_reader reader =
                    reader_of(bytes, (size_t)(of_avro_write_long(bytes, wanted) - bytes));
                assert_int_equal(of_avro_read_long(&reader, "f"), wanted);
            }
}

static void test_long_errors(void **state)
{
    (void)state;
    struct of_avro_reader reader = READER("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02");
    of_avro_read_long(&reader, "f");
    assert_failure(&reader, "a number beyond 64 bits", 0);
    reader = READER("\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x00");
    of_avro_read_long(&reader, "f");
    assert_failure(&reader, "a number beyond 64 bits", 0);
    reader = READER("\x80\x80\x00"); /* needlessly long, yet a number to every implementation */
    assert_int_equal(of_avro_read_long(&reader, "f"), 0);
    assert_null(reader.failure);
}

static void test_ints(void **state)
{
    (void)state;
    struct of_avro_reader reader = READER("\xfe\xff\xff\xff\x0f\xff\xff\xff\xff\x0f");
    assert_int_equal(of_avro_read_int(&reader, "f"), INT32_MAX);
    assert_int_equal(of_avro_read_int(&reader, "f"), INT32_MIN);
    reader = READER("\x80\x80\x80\x80\x10"); /* 2^31 */
    assert_int_equal(of_avro_read_int(&reader, "f"), 0);
    assert_failure(&reader, "an int beyond 32 bits", 5);
    reader = READER("\x81\x80\x80\x80\x10"); /* -2^31 - 1 */
    of_avro_read_int(&reader, "f");
    assert_failure(&reader, "an int beyond 32 bits", 5);
}

static void test_booleans(void **state)
{
    (void)state;
    struct of_avro_reader reader = READER("\x00\x01\x02");
    assert_false(of_avro_read_boolean(&reader, "f"));
    assert_true(of_avro_read_boolean(&reader, "f"));
    assert_false(of_avro_read_boolean(&reader, "f"));
    assert_failure(&reader, "a boolean that is neither 0 nor 1", 3);
    reader = READER("");
    of_avro_read_boolean(&reader, "f");
    assert_failure(&reader, "truncated", 0);
}

static void test_floats(void **state)
{
    (void)state;
    static const float floats[] = {0, -0.0f, 1.5f, FLT_MAX, FLT_MIN, FLT_TRUE_MIN, INFINITY};
    static const double doubles[] = {0, -0.0, 0.1, DBL_MAX, DBL_TRUE_MIN, -INFINITY};
    uint8_t bytes[8];
    of_avro_write_float(bytes, 5.0f);
    assert_memory_equal(bytes, "\x00\x00\xa0\x40", 4);
    of_avro_write_double(bytes, -2);
    assert_memory_equal(bytes, "\0\0\0\0\0\0\0\xc0", 8);
    for (size_t i = 0; i < OF_COUNT(floats); i++) {
        struct of_avro_reader reader =
            reader_of(bytes, (size_t)(of_avro_write_float(bytes, floats[i]) - bytes));
        float back = of_avro_read_float(&reader, "f");
        assert_memory_equal(&back, &floats[i], sizeof(back));
    }
    for (size_t i = 0; i < OF_COUNT(doubles); i++) {
        struct of_avro_reader reader =
            reader_of(bytes, (size_t)(of_avro_write_double(bytes, doubles[i]) - bytes));
        double back = of_avro_read_double(&reader, "f");
        assert_memory_equal(&back, &doubles[i], sizeof(back));
    }
    struct of_avro_reader reader = READER("\1\2\3");
    assert_true(of_avro_read_float(&reader, "f") == 0);
    assert_failure(&reader, "truncated", 0);
    reader = READER("\1\2\3\4\5\6\7");
    assert_true(of_avro_read_double(&reader, "f") == 0);
    assert_failure(&reader, "truncated", 0);
}

static void test_texts(void **state)
{
    (void)state;
    struct of_avro_reader reader = READER("\x06"
                                          "foo\x00\x04\xc3\xb1");
    struct of_text text = of_avro_read_string(&reader, 3, "f");
    assert_int_equal(text.length, 3);
    assert_memory_equal(text.data, "foo", 3);
    assert_ptr_equal(text.data, (const char *)reader.start + 1); /* a view */
    assert_int_equal(of_avro_read_string(&reader, 3, "f").length, 0);
    assert_int_equal(of_avro_read_string(&reader, 3, "f").length, 2);
    assert_ptr_equal(reader.next, reader.end);
    uint8_t bytes[16];
    assert_int_equal(of_avro_write_text(bytes, OF_TEXT("foo")) - bytes, 4);
    assert_memory_equal(bytes,
        "\x06"
        "foo",
        4);
    assert_int_equal(of_avro_write_text(bytes, (struct of_text){NULL, 0}) - bytes, 1);

    reader = READER("\x08"
                    "four");
    assert_int_equal(of_avro_read_string(&reader, 3, "f").length, 0);
    assert_failure(&reader, "longer than the limit", 1);
    reader = READER("\x08"
                    "fou");
    assert_non_null(of_avro_read_string(&reader, 100, "f").data);
    assert_failure(&reader, "truncated", 1);
    reader = READER("\x05"
                    "foo");
    of_avro_read_bytes(&reader, 100, "f");
    assert_failure(&reader, "a negative length", 1);
    reader = READER("\xfe\xff\xff\xff\xff\xff\xff\xff\xff\x01"
                    "x"); /* 2^63 - 1 bytes */
    of_avro_read_bytes(&reader, SIZE_MAX, "f");
    assert_failure(&reader, "truncated", 10);
    reader = READER("\x04\xc3(");
    of_avro_read_string(&reader, 100, "f");
    assert_failure(&reader, "a string that is not UTF-8", 3);
    reader = READER("\x04\xc3(");
    assert_int_equal(of_avro_read_bytes(&reader, 100, "f").length, 2);
    assert_null(reader.failure);
}

static void test_utf8(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool valid;
    } cases[] = {
        {"", true},
        {"plain ASCII longer than a word", true},
        {"\x7f", true},
        {"\xc2\x80", true},
        {"\xdf\xbf", true},
        {"\xe0\xa0\x80", true},
        {"\xef\xbf\xbf", true},
        {"\xed\x9f\xbf", true},
        {"\xee\x80\x80", true},
        {"\xf0\x90\x80\x80", true},
        {"\xf4\x8f\xbf\xbf", true},
        {"1234567\xc3\xb1", true},
        {"12345678\xc3\xb1x", true},
        {"\x80", false},
        {"\xbf", false},
        {"\xc0\xaf", false},
        {"\xc1\xbf", false},
        {"\xe0\x9f\xbf", false},
        {"\xed\xa0\x80", false},
        {"\xed\xbf\xbf", false},
        {"\xf0\x8f\xbf\xbf", false},
        {"\xf4\x90\x80\x80", false},
        {"\xf5\x80\x80\x80", false},
        {"\xff", false},
        {"\xc3", false},
        {"\xe2\x82", false},
        {"\xf0\x9f\x98", false},
        {"12345678\xc3", false},
        {"1234567\xe2\x28\xa1", false},
        {"\xc3\xc3\xb1", false},
    };
    for (size_t i = 0; i < OF_COUNT(cases); i++) {
        size_t length = strlen(cases[i].text);
        OF_FREE char *copy = of_alloc(length);
        memcpy(copy, cases[i].text, length);
        assert_int_equal(of_avro_is_utf8(copy, length), cases[i].valid);
    }
}

static void test_decimals(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        size_t size;
        int precision;
        int64_t value;
    } good[] = {
        {"\x02\x00", 2, 1, 0},
        {"\x02\x09", 2, 1, 9},
        {"\x02\xf7", 2, 1, -9},
        {"\x0c\x00\xe8\xd4\xa5\x0f\xff", 7, 12, 999999999999},
        {"\x0c\xff\x17\x2b\x5a\xf0\x01", 7, 12, -999999999999},
        {"\x10\x0d\xe0\xb6\xb3\xa7\x63\xff\xff", 9, 18, 999999999999999999},
        /* Sign bytes that a minimal form would not have. */
        {"\x20\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x07", 17, 12, 7},
        {"\x20\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xf9", 17, 12, -7},
    };
    for (size_t i = 0; i < OF_COUNT(good); i++) {
        struct of_avro_reader reader = reader_of(good[i].bytes, good[i].size);
        assert_int_equal(of_avro_read_decimal(&reader, good[i].precision, "f"), good[i].value);
        assert_null(reader.failure);
        assert_ptr_equal(reader.next, reader.end);
    }
    static const struct {
        const char *bytes;
        size_t size;
        const char *failure;
    } bad[] = {
        {"\x00", 1, "a decimal of other than 1 to 16 bytes"},
        {"\x22\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x07", 18, "a decimal of other than 1 to 16 bytes"},
        {"\x01", 1, "a decimal of other than 1 to 16 bytes"},
        {"\x04\x01", 2, "truncated"},
        {"\x0c\x00\xe8\xd4\xa5\x10\x00", 7, "a decimal beyond its precision"},
        {"\x0c\xff\x17\x2b\x5a\xf0\x00", 7, "a decimal beyond its precision"},
        {"\x10\x80\0\0\0\0\0\0\0", 9, "a decimal beyond its precision"},
        {"\x12\x01\0\0\0\0\0\0\0\0", 10, "a decimal beyond its precision"}, /* 2^64 */
        {"\x12\x00\x80\0\0\0\0\0\0\0", 10, "a decimal beyond its precision"},
        {"\x20\x80\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 17, "a decimal beyond its precision"},
    };
    for (size_t i = 0; i < OF_COUNT(bad); i++) {
        struct of_avro_reader reader = reader_of(bad[i].bytes, bad[i].size);
        assert_int_equal(of_avro_read_decimal(&reader, 12, "f"), 0);
        assert_string_equal(reader.failure, bad[i].failure);
    }
}

/* A power of ten is the first number with a digit too many. */
static void test_decimal_fits(void **state)
{
    (void)state;
    int64_t power = 1;
    for (int precision = 0; precision <= 18; precision++, power *= 10) {
        assert_true(of_avro_decimal_fits(power - 1, precision));
        assert_true(of_avro_decimal_fits(1 - power, precision));
        assert_false(of_avro_decimal_fits(power, precision));
        assert_false(of_avro_decimal_fits(-power, precision));
        if (precision == 18)
            break;
    }
    assert_false(of_avro_decimal_fits(INT64_MIN, 18));
    assert_false(of_avro_decimal_fits(INT64_MAX, 18));
}

static void test_branches_and_blocks(void **state)
{
    (void)state;
    struct of_avro_reader reader = READER("\x00\x02\x04");
    assert_int_equal(of_avro_read_branch(&reader, 2, "f"), 0);
    assert_int_equal(of_avro_read_branch(&reader, 2, "f"), 1);
    assert_int_equal(of_avro_read_branch(&reader, 2, "f"), 0);
    assert_failure(&reader, "a union branch that does not exist", 3);
    reader = READER("\x01");
    of_avro_read_branch(&reader, 2, "f");
    assert_failure(&reader, "a union branch that does not exist", 1);

    reader = READER("\x06\x05\x08\x00");
    assert_int_equal(of_avro_read_block(&reader, 0, 64, "f"), 3);
    assert_int_equal(of_avro_read_block(&reader, 3, 64, "f"), 3); /* -3, then 4 bytes */
    assert_int_equal(of_avro_read_block(&reader, 6, 64, "f"), 0);
    assert_null(reader.failure);
    assert_ptr_equal(reader.next, reader.end);
    reader = READER("\x80\x01\x02");
    assert_int_equal(of_avro_read_block(&reader, 0, 64, "f"), 64);
    assert_int_equal(of_avro_read_block(&reader, 64, 64, "f"), 0);
    assert_failure(&reader, "more items than the limit", 3);
    reader = READER("\x03\x05");
    assert_int_equal(of_avro_read_block(&reader, 0, 64, "f"), 0);
    assert_failure(&reader, "a block with a bad size", 2);
    /* The count whose absolute value is no 64-bit number. */
    reader = READER("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01\x02");
    assert_int_equal(of_avro_read_block(&reader, 0, SIZE_MAX, "f"), 0);
    assert_failure(&reader, "a block with a bad size", 11);
}

/* The first failure stays, and later reads consume nothing. */
static void test_failure_is_sticky(void **state)
{
    (void)state;
    struct of_error error;
    struct of_avro_reader reader = READER("\x02\x02\x01\x02\x03\x04\x05\x06\x07\x08");
    reader.index = 7;
    of_avro_read_boolean(&reader, "a");
    assert_int_equal(of_avro_read_long(&reader, "b"), 0);
    assert_int_equal(of_avro_read_long(&reader, "b"), 0);
    of_avro_read_boolean(&reader, "b");
    of_avro_read_double(&reader, "b");
    of_avro_read_decimal(&reader, 12, "b");
    assert_int_equal(of_avro_read_string(&reader, 100, "b").length, 0);
    assert_int_equal(of_avro_read_block(&reader, 0, 10, "b"), 0);
    assert_ptr_equal(reader.next, reader.start + 1);
    reader.field = "list[].a";
    assert_int_equal(of_avro_reader_error(&reader, "Order", &error), OF_INPUT);
    assert_string_equal(
        error.message, "Order: list[7].a: a boolean that is neither 0 nor 1 at byte 1");
}

static void assert_prints_decimal(int64_t value, int scale, const char *wanted)
{
    OF_CLEANUP(of_buffer_release) struct of_buffer text;
    of_buffer_init(&text, 100);
    assert_int_equal(of_avro_print_decimal(&text, value, scale), OF_OK);
    assert_string_equal(of_buffer_text(&text), wanted);
}

static void test_print_decimal(void **state)
{
    (void)state;
    assert_prints_decimal(0, 0, "0");
    assert_prints_decimal(0, 2, "0.00");
    assert_prints_decimal(5, 2, "0.05");
    assert_prints_decimal(-5, 2, "-0.05");
    assert_prints_decimal(100, 2, "1.00");
    assert_prints_decimal(-123456, 2, "-1234.56");
    assert_prints_decimal(42, 0, "42");
    assert_prints_decimal(1, 18, "0.000000000000000001");
    assert_prints_decimal(INT64_MIN, 2, "-92233720368547758.08");
    assert_prints_decimal(INT64_MAX, 0, "9223372036854775807");
}

static void test_print_floats(void **state)
{
    (void)state;
    static const struct {
        double value;
        const char *as_float, *as_double;
    } cases[] = {
        {0, "0", "0"},
        {-0.0, "-0", "-0"},
        {5, "5", "5"},
        {0.1, "0.1", "0.1"},
        {12.5, "12.5", "12.5"},
        {16777216, "16777216", "16777216"},
        {1e20, "1e+20", "1e+20"},
        {1.0 / 3, "0.33333334", "0.3333333333333333"},
        {INFINITY, "null", "null"},
        {-INFINITY, "null", "null"},
        {NAN, "null", "null"},
        {FLT_MAX, "3.4028235e+38", NULL},
        {FLT_TRUE_MIN, "1.4013e-45", NULL},
    };
    for (size_t i = 0; i < OF_COUNT(cases); i++) {
        OF_CLEANUP(of_buffer_release) struct of_buffer text;
        of_buffer_init(&text, 100);
        of_avro_print_float(&text, (float)cases[i].value);
        assert_string_equal(of_buffer_text(&text), cases[i].as_float);
        of_buffer_clear(&text);
        of_avro_print_double(&text, cases[i].value);
        if (cases[i].as_double)
            assert_string_equal(of_buffer_text(&text), cases[i].as_double);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_longs),
        cmocka_unit_test(test_long_errors),
        cmocka_unit_test(test_ints),
        cmocka_unit_test(test_booleans),
        cmocka_unit_test(test_floats),
        cmocka_unit_test(test_texts),
        cmocka_unit_test(test_utf8),
        cmocka_unit_test(test_decimals),
        cmocka_unit_test(test_decimal_fits),
        cmocka_unit_test(test_branches_and_blocks),
        cmocka_unit_test(test_failure_is_sticky),
        cmocka_unit_test(test_print_decimal),
        cmocka_unit_test(test_print_floats),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
