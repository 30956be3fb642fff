/* The binary encoding on its fast and slow paths: every size of a number, texts of
 * every length up to past the vector paths, UTF-8, and inputs that end anywhere. Each input is a
 * copy of its exact size, so that sanitizers and valgrind see a read past its end. */
#include "avro/binary.h"

#include "base/memory.h"
#include "schemas/order.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#define TEXT_MAX 100 /* past the 64 bytes that have a fast path */

static void *copy_of(const void *bytes, size_t size)
{
    void *copy = of_alloc(size ? size : 1);
    memcpy(copy, bytes, size);
    return copy;
}

/* The specification's own words: 7 bits a byte, the lowest first. */
static size_t plain_varint(uint8_t *out, int64_t value)
{
    uint64_t zigzag = ((uint64_t)value << 1) ^ (uint64_t)(value >> 63);
    size_t size = 0;
    do {
        out[size] = (uint8_t)((zigzag & 0x7f) | (zigzag > 0x7f ? 0x80 : 0));
        zigzag >>= 7;
    } while (out[size++] & 0x80);
    return size;
}

static void check_long(int64_t value)
{
    uint8_t expected[16], written[16], padded[32] = {0};
    size_t size = plain_varint(expected, value);
    assert_int_equal(of_avro_write_long(written, value) - written, size);
    assert_memory_equal(written, expected, size);
    memcpy(padded, expected, size);
    const size_t sizes[] = {size, sizeof(padded)}; /* the last bytes of the input, and before */
    for (size_t i = 0; i < OF_COUNT(sizes); i++) {
        OF_FREE uint8_t *copy = copy_of(padded, sizes[i]);
        struct of_avro_reader reader;
        of_avro_reader_init(&reader, copy, sizes[i]);
        assert_true(of_avro_read_long(&reader, "x") == value);
        assert_null(reader.failure);
        assert_int_equal(reader.next - reader.start, size);
    }
    for (size_t cut = 0; cut < size; cut++) {
        OF_FREE uint8_t *copy = copy_of(expected, cut);
        struct of_avro_reader reader;
        of_avro_reader_init(&reader, copy, cut);
        assert_true(of_avro_read_long(&reader, "x") == 0);
        assert_string_equal(reader.failure, "truncated");
    }
}

static void test_longs(void **state)
{
    (void)state;
    check_long(0);
    check_long(INT64_MIN);
    check_long(INT64_MAX);
    for (int bit = 0; bit < 63; bit++)
        for (int64_t delta = -2; delta <= 2; delta++) {
            check_long((INT64_C(1) << bit) + delta);
            check_long(-(INT64_C(1) << bit) + delta);
        }
}

static void test_long_too_long(void **state)
{
    (void)state;
    static const uint8_t eleven[11] = {255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 1},
                         large[10] = {255, 255, 255, 255, 255, 255, 255, 255, 255, 2};
    struct of_avro_reader reader;
    of_avro_reader_init(&reader, eleven, sizeof(eleven));
    assert_true(of_avro_read_long(&reader, "x") == 0);
    assert_string_equal(reader.failure, "a number beyond 64 bits");
    of_avro_reader_init(&reader, large, sizeof(large));
    assert_true(of_avro_read_long(&reader, "x") == 0);
    assert_string_equal(reader.failure, "a number beyond 64 bits");
    uint8_t wide[16];
    size_t size = (size_t)(of_avro_write_long(wide, INT64_C(2147483648)) - wide);
    of_avro_reader_init(&reader, wide, size);
    assert_int_equal(of_avro_read_int(&reader, "x"), 0);
    assert_string_equal(reader.failure, "an int beyond 32 bits");
}

/* After the first failure nothing is consumed, everything is 0, and the first reason stays. */
static void test_failure_stays(void **state)
{
    (void)state;
    static const uint8_t bytes[] = {5, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2};
    struct of_avro_reader reader;
    of_avro_reader_init(&reader, bytes, sizeof(bytes));
    assert_false(of_avro_read_boolean(&reader, "first"));
    assert_int_equal(of_avro_read_long(&reader, "second"), 0);
    assert_int_equal(of_avro_read_decimal(&reader, 12, "third"), 0);
    assert_int_equal(of_avro_read_string(&reader, 10, "fourth").length, 0);
    assert_int_equal(of_avro_read_block(&reader, 0, 10, "fifth"), 0);
    assert_int_equal(of_avro_read_branch(&reader, 2, "sixth"), 0);
    assert_true(of_avro_read_double(&reader, "seventh") == 0);
    assert_string_equal(reader.field, "first");
    assert_int_equal(reader.position, 1);
}

/* One text at the input's end and with other bytes, no UTF-8, behind it. */
static void check_text(const char *text, size_t length, bool valid)
{
    uint8_t bytes[TEXT_MAX + 80];
    memset(bytes, 0xff, sizeof(bytes));
    size_t prefix = (size_t)(of_avro_write_long(bytes, (int64_t)length) - bytes);
    memset(bytes + prefix, 0xff, 8);
    memcpy(bytes + prefix, text, length);
    const size_t sizes[] = {prefix + length, sizeof(bytes)};
    for (size_t i = 0; i < OF_COUNT(sizes); i++) {
        OF_FREE uint8_t *copy = copy_of(bytes, sizes[i]);
        struct of_avro_reader reader;
        of_avro_reader_init(&reader, copy, sizes[i]);
        struct of_text back = of_avro_read_string(&reader, TEXT_MAX, "x");
        if (valid) {
            assert_null(reader.failure);
            assert_int_equal(back.length, length);
            assert_memory_equal(back.data, text, length);
        } else {
            assert_string_equal(reader.failure, "a string that is not UTF-8");
        }
    }
    OF_FREE char *source = copy_of(text, length);
    uint8_t out[TEXT_MAX + 80];
    bool bad = false;
    uint8_t *end = of_avro_write_string(out, (struct of_text){source, length}, &bad);
    assert_int_equal(bad, !valid);
    assert_int_equal(end - out, prefix + length);
    assert_memory_equal(out, bytes, prefix + length);
}

static void test_texts(void **state)
{
    (void)state;
    char text[TEXT_MAX] = {0};
    for (size_t length = 0; length <= TEXT_MAX; length++) {
        for (size_t i = 0; i < length; i++)
            text[i] = (char)('a' + i % 26);
        check_text(text, length, true);
        for (size_t at = 0; at < length; at++) {
            char kept = text[at];
            text[at] = (char)0x80; /* a continuation of nothing */
            check_text(text, length, false);
            text[at] = (char)0xc3; /* a lead without what follows */
            check_text(text, length, false);
            if (at + 1 < length) {
                char next = text[at + 1];
                text[at + 1] = (char)0xb1;
                check_text(text, length, true);
                text[at + 1] = next;
            }
            text[at] = kept;
        }
    }
}

static void test_utf8(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool valid;
    } cases[] = {
        {"\xc3\xb1", true},
        {"\xe2\x82\xb1", true},      /* the peso sign */
        {"\xf0\x9f\x93\xa6", true},  /* beyond the first plane */
        {"\xf4\x8f\xbf\xbf", true},  /* U+10FFFF */
        {"\xf4\x90\x80\x80", false}, /* beyond it */
        {"\xc0\xaf", false},         /* longer than needed */
        {"\xe0\x9f\xbf", false},
        {"\xf0\x8f\xbf\xbf", false},
        {"\xed\xa0\x80", false}, /* a surrogate */
        {"\xed\x9f\xbf", true},  /* the last before them */
        {"\xf8\x88\x80\x80\x80", false},
        {"\xe2\x82", false},
        {"\xff", false},
    };
    for (size_t i = 0; i < OF_COUNT(cases); i++)
        check_text(cases[i].text, strlen(cases[i].text), cases[i].valid);
}

static void test_text_limits(void **state)
{
    (void)state;
    uint8_t bytes[32] = {0};
    struct of_avro_reader reader;
    bytes[0] = 20;
    of_avro_reader_init(&reader, bytes, sizeof(bytes));
    assert_int_equal(of_avro_read_bytes(&reader, 10, "x").length, 10);
    of_avro_reader_init(&reader, bytes, sizeof(bytes));
    assert_int_equal(of_avro_read_bytes(&reader, 9, "x").length, 0);
    assert_string_equal(reader.failure, "longer than the limit");
    bytes[0] = 1; /* -1 */
    of_avro_reader_init(&reader, bytes, sizeof(bytes));
    assert_int_equal(of_avro_read_string(&reader, 10, "x").length, 0);
    assert_string_equal(reader.failure, "a negative length");
    bytes[0] = 64;
    of_avro_reader_init(&reader, bytes, sizeof(bytes));
    assert_int_equal(of_avro_read_string(&reader, 100, "x").length, 0);
    assert_string_equal(reader.failure, "truncated");
}

static void check_decimal(const uint8_t *number, size_t size, size_t before, size_t behind,
    int64_t value, const char *failure)
{
    uint8_t bytes[64] = {0};
    bytes[before] = (uint8_t)(size * 2);
    memcpy(bytes + before + 1, number, size);
    size_t total = before + 1 + size + behind;
    OF_FREE uint8_t *copy = copy_of(bytes, total);
    struct of_avro_reader reader;
    of_avro_reader_init(&reader, copy, total);
    reader.next += before;
    assert_true(of_avro_read_decimal(&reader, 18, "x") == value);
    if (failure)
        assert_string_equal(reader.failure, failure);
    else
        assert_null(reader.failure);
}

/* With sign bytes to spare up to 16, at the input's start, middle and end. */
static void test_decimals(void **state)
{
    (void)state;
    static const int64_t values[] = {0, 1, -1, 127, 128, -128, -129, 32767, 32768, 99999999,
        -99999999, 999999999999999999, -999999999999999999};
    for (size_t i = 0; i < OF_COUNT(values); i++)
        for (size_t size = 1; size <= 16; size++) {
            uint8_t number[16];
            bool fits = size >= 8;
            for (size_t k = 0; k < size; k++) {
                size_t shift = 8 * (size - 1 - k);
                number[k] = (uint8_t)(shift > 63 ? values[i] >> 63 : values[i] >> shift);
            }
            if (size < 8) {
                int64_t range = INT64_C(1) << (8 * size - 1);
                fits = values[i] >= -range && values[i] < range;
            }
            if (!fits)
                continue;
            for (size_t before = 0; before < 10; before++)
                for (size_t behind = 0; behind < 10; behind += 3)
                    check_decimal(number, size, before, behind, values[i], NULL);
        }
}

static void test_bad_decimals(void **state)
{
    (void)state;
    static const uint8_t beyond[] = {0x0d, 0xe0, 0xb6, 0xb3, 0xa7, 0x64, 0x00, 0x00}, /* 10^18 */
        wide[9] = {1};
    for (size_t before = 0; before < 10; before++) {
        check_decimal(beyond, sizeof(beyond), before, 3, 0, "a decimal beyond its precision");
        check_decimal(wide, sizeof(wide), before, 3, 0, "a decimal beyond its precision");
        check_decimal(wide, 0, before, 3, 0, "a decimal of other than 1 to 16 bytes");
    }
    const uint8_t cut[] = {8, 0, 0, 0};
    struct of_avro_reader reader;
    of_avro_reader_init(&reader, cut, sizeof(cut));
    assert_int_equal(of_avro_read_decimal(&reader, 12, "x"), 0);
    assert_string_equal(reader.failure, "truncated");
}

static void test_blocks(void **state)
{
    (void)state;
    static const uint8_t bytes[] = {6, 5, 40, 0, 1};
    struct of_avro_reader reader;
    of_avro_reader_init(&reader, bytes, sizeof(bytes));
    assert_int_equal(of_avro_read_block(&reader, 0, 6, "x"), 3);
    assert_int_equal(of_avro_read_block(&reader, 3, 6, "x"), 3); /* -3, then 20 bytes */
    assert_int_equal(of_avro_read_block(&reader, 6, 6, "x"), 0);
    assert_null(reader.failure);
    of_avro_reader_init(&reader, bytes, sizeof(bytes));
    assert_int_equal(of_avro_read_block(&reader, 4, 6, "x"), 0);
    assert_string_equal(reader.failure, "more items than the limit");
}

/* Lengths whose sum wraps around must not pass for a small record; nothing is appended. */
static void test_encode_refuses(void **state)
{
    (void)state;
    struct of_error error;
    OF_CLEANUP(of_order_release) struct of_order order;
    OF_CLEANUP(of_buffer_release) struct of_buffer out;
    of_order_init(&order);
    of_buffer_init(&out, OF_ORDER_BYTES_MAX);
    of_buffer_append_byte(&out, 7);
    order.customer_info.company = (struct of_text){"x", SIZE_MAX / 2 + 1};
    order.customer_info.email = (struct of_text){"x", SIZE_MAX / 2 + 1};
    assert_int_equal(of_order_encode(&order, &out, &error), OF_INPUT);
    assert_non_null(strstr(error.message, "customer_info.company is longer"));
    order.customer_info.company = OF_TEXT("\xc3(");
    order.customer_info.email = OF_TEXT("");
    assert_int_equal(of_order_encode(&order, &out, &error), OF_INPUT);
    assert_non_null(strstr(error.message, "customer_info.company is not UTF-8"));
    order.customer_info.company = OF_TEXT("Ni\xc3\xb1o");
    struct of_item *item = of_order_add_item_info(&order);
    item->subtotal = -1000000000000;
    assert_int_equal(of_order_encode(&order, &out, &error), OF_INPUT);
    assert_non_null(strstr(error.message, "item_info[].subtotal has more than 12 digits"));
    assert_int_equal(out.length, 1);
    item->subtotal++;
    assert_int_equal(of_order_encode(&order, &out, &error), OF_OK);
    order.item_info_count = OF_ORDER_ITEM_INFO_MAX + 1;
    assert_int_equal(of_order_encode(&order, &out, &error), OF_INPUT);
    assert_non_null(strstr(error.message, "item_info has more than 64 items"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_longs),
        cmocka_unit_test(test_long_too_long),
        cmocka_unit_test(test_failure_stays),
        cmocka_unit_test(test_texts),
        cmocka_unit_test(test_utf8),
        cmocka_unit_test(test_text_limits),
        cmocka_unit_test(test_decimals),
        cmocka_unit_test(test_bad_decimals),
        cmocka_unit_test(test_blocks),
        cmocka_unit_test(test_encode_refuses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
