/* Formats against bytes: what Jackson, Connect and Commons CSV read and write for ksqlDB. */
#include "support.h"

#include "ksqld/serde/json_reader.h"
#include "ksqld/serde/json_writer.h"
#include "ksqld/serde/number.h"
#include "ksqld/serde/side.h"

#include <float.h>
#include <math.h>

#define OUT_MAX (1024u * 1024)

static const struct ksql_type boolean = {.kind = KSQL_BOOLEAN}, integer = {.kind = KSQL_INTEGER},
                              bigint = {.kind = KSQL_BIGINT}, real = {.kind = KSQL_DOUBLE},
                              string = {.kind = KSQL_STRING}, bytes = {.kind = KSQL_BYTES},
                              timestamp = {.kind = KSQL_TIMESTAMP}, date = {.kind = KSQL_DATE},
                              time_of_day = {.kind = KSQL_TIME},
                              decimal = {.kind = KSQL_DECIMAL, .precision = 5, .scale = 2},
                              fine = {.kind = KSQL_DECIMAL, .precision = 10, .scale = 8},
                              integers = {.kind = KSQL_ARRAY, .element = &integer},
                              map = {.kind = KSQL_MAP, .key = &string, .element = &integer};
static const struct ksql_field fields[] = {{"A", &integer}, {"b", &string}};
static const struct ksql_type structure = {
    .kind = KSQL_STRUCT, .fields = fields, .field_count = OF_COUNT(fields)};

/* Reads JSON as the type and writes it again; NULL: it was refused. The caller frees it. */
static char *through(const struct ksql_type *type, const char *text)
{
    struct ksql_arena arena OF_CLEANUP(ksql_arena_release) = {0};
    struct of_buffer out OF_CLEANUP(of_buffer_release);
    struct of_error error;
    const struct ksql_json *json;
    struct ksql_value value;
    of_buffer_init(&out, OUT_MAX);
    assert_int_equal(ksql_json_parse(&arena, text, strlen(text), &json, &error), 0);
    if (ksql_json_read(type, json, &arena, &value, &error))
        return NULL;
    ksql_json_write(type, &value, &out);
    return strdup(of_buffer_text(&out));
}

#define assert_through(type, text, wanted)                                                         \
    do {                                                                                           \
        char *got_ OF_FREE = through(type, text);                                                  \
        assert_non_null(got_);                                                                     \
        assert_string_equal(got_, wanted);                                                         \
    } while (0)
#define assert_refused(type, text)                                                                 \
    do {                                                                                           \
        char *got_ OF_FREE = through(type, text);                                                  \
        assert_null(got_);                                                                         \
    } while (0)

static void numbers_are_narrowed(void **state)
{
    (void)state;
    assert_through(&integer, "2147483648", "-2147483648");
    assert_through(&integer, "-1.9", "-1");
    assert_through(&integer, "1e3", "1000");
    assert_through(&integer, "12.5e-1", "1");
    assert_through(&integer, "\"+7\"", "7");
    assert_refused(&integer, "\"2147483648\"");
    assert_refused(&integer, "\" 7\"");
    assert_refused(&integer, "\"\"");
    assert_refused(&integer, "true");
    assert_through(&bigint, "9223372036854775808", "-9223372036854775808");
    assert_through(&bigint, "18446744073709551617", "1");
    assert_through(&bigint, "1e64", "0");
    assert_through(&bigint, "1e999999999999999999999", "0");
    assert_through(&bigint, "1e-999999999999999999999", "0");
    assert_through(&bigint, "null", "null");
    assert_refused(&bigint, "[1]");
}

static void doubles_and_decimals(void **state)
{
    (void)state;
    assert_through(&real, "1", "1.0");
    assert_through(&real, "\" 1e10 \"", "1.0E10");
    assert_through(&real, "\"NaN\"", "\"NaN\"");
    assert_through(&real, "0.0001", "1.0E-4");
    assert_through(&real, "1e400", "\"Infinity\"");
    assert_refused(&real, "\"one\"");
    assert_through(&decimal, "1.5", "1.50");
    assert_through(&decimal, "\"-999.99\"", "-999.99");
    assert_through(&decimal, "1.500", "1.50");
    assert_through(&decimal, "1e2", "100.00");
    assert_refused(&decimal, "1.555");
    assert_refused(&decimal, "1000");
    assert_refused(&decimal, "\"\"");
    assert_through(&fine, "0.0000001", "1.0E-7");
    assert_through(&fine, "0", "0E-8");
}

static void other_leaves(void **state)
{
    (void)state;
    assert_through(&boolean, "true", "true");
    assert_refused(&boolean, "\"true\"");
    assert_refused(&boolean, "1");
    assert_through(&bytes, "\"AP8=\"", "\"AP8=\"");
    assert_refused(&bytes, "\"AP8\"");
    assert_refused(&bytes, "7");
    assert_through(&timestamp, "-5", "-5");
    assert_through(&timestamp, "\"17\"", "17");
    assert_through(&date, "-10", "-10");
    assert_refused(&date, "2147483648");
    assert_through(&time_of_day, "86399999", "86399999");
    assert_refused(&time_of_day, "86400000");
    assert_refused(&time_of_day, "-1");
}

static void strings_take_everything(void **state)
{
    (void)state;
    assert_through(
        &string, "\"a\\u0001\\n\\\"\\u007f/\xc3\xb1\"", "\"a\\u0001\\n\\\"\x7f/\xc3\xb1\"");
    assert_through(&string, "1.50", "\"1.50\"");
    assert_through(&string, "1e3", "\"1E+3\"");
    assert_through(&string, "-0", "\"0\"");
    assert_through(&string, "-0.0", "\"0.0\"");
    assert_through(&string, "1e-7", "\"1E-7\"");
    assert_through(&string, "12e-8", "\"1.2E-7\"");
    assert_through(&string, "true", "\"true\"");
    assert_through(&string, "[1, \"x\", null, {\"b\":1,\"a\":[ ]}]",
        "\"[1, x, null, {\\\"b\\\":1,\\\"a\\\":[]}]\"");
    assert_through(
        &string, "{\"b\": 1.0, \"a\": \"x\", \"b\": 2}", "\"{\\\"b\\\":2,\\\"a\\\":\\\"x\\\"}\"");
}

static void collections(void **state)
{
    (void)state;
    assert_through(&integers, "[1, null, \"3\"]", "[1,null,3]");
    assert_through(&integers, "[]", "[]");
    assert_refused(&integers, "[1, \"x\"]");
    assert_refused(&integers, "{}");
    assert_through(&map, "{\"b\": 1, \"a\": null, \"b\": 2}", "{\"a\":null,\"b\":2}");
    assert_refused(&map, "[]");
    assert_refused(&map, "{\"a\": {}}");
    assert_through(&structure, "{\"a\": 1, \"B\": \"no\", \"c\": []}", "{\"A\":1,\"b\":null}");
    assert_through(&structure, "{\"a\": 1, \"A\": 2, \"b\": \"x\"}", "{\"A\":2,\"b\":\"x\"}");
    assert_through(&structure, "{}", "{\"A\":null,\"b\":null}");
    assert_refused(&structure, "\"{}\"");
    assert_refused(&structure, "{\"A\": \"x\"}");
}

/* ---- sides ---- */

static struct ksql_column columns[] = {{"K", &string, true}, {"A", &integer, false},
    {"B", &string, false}, {"D", &decimal, false}, {"F", &real, false}};
static const struct ksql_schema schema = {columns, OF_COUNT(columns)};
static struct ksql_column single_columns[] = {{"K", &integer, true}, {"V", &string, false}};
static const struct ksql_schema single = {single_columns, OF_COUNT(single_columns)};

static int read_side(const struct ksql_side *side, const char *text, struct ksql_arena *arena,
    struct ksql_value *row, bool *null, struct of_error *error)
{
    return ksql_side_read(side, text, text ? strlen(text) : 0, arena, row, null, error);
}

/* What comes out again; NULL: refused; "(null)": null. */
static char *through_side(const struct ksql_side *side, const char *text)
{
    struct ksql_arena arena OF_CLEANUP(ksql_arena_release) = {0};
    struct of_buffer out OF_CLEANUP(of_buffer_release);
    struct ksql_value row[OF_COUNT(columns)];
    struct of_error error;
    bool null;
    of_buffer_init(&out, OUT_MAX);
    if (read_side(side, text, &arena, row, &null, &error))
        return NULL;
    if (null || !ksql_side_write(side, row, &out))
        return strdup("(null)");
    return strdup(of_buffer_text(&out));
}

#define assert_side(side, text, wanted)                                                            \
    do {                                                                                           \
        char *got_ OF_FREE = through_side(side, text);                                             \
        assert_non_null(got_);                                                                     \
        assert_string_equal(got_, wanted);                                                         \
    } while (0)
#define assert_side_refused(side, text)                                                            \
    do {                                                                                           \
        char *got_ OF_FREE = through_side(side, text);                                             \
        assert_null(got_);                                                                         \
    } while (0)

static void lines_are_cells(void **state)
{
    (void)state;
    struct ksql_side side;
    ksql_side_init(&side, "DELIMITED", &schema, false, false);
    assert_side(&side, "1,x,2.5,1e7", "1,x,2.50,1.0E7");
    assert_side(&side, "-1,x,,", "\"-1\",x,,");
    assert_side(&side, ",,,", ",,,");
    assert_side(&side, "\n\r\n1,\"a,\"\"b\"\"\",0,NaN\r\nrest", "1,\"a,\"\"b\"\"\",0.00,NaN");
    assert_side(&side, "1,\"line\nend\" ,0,1", "1,\"line\nend\",0.00,1.0");
    assert_side(&side, "1, x ,0,1", "1,\" x \",0.00,1.0");
    assert_side(&side, "1,\"\",0,1", "1,,0.00,1.0"); /* an empty cell is NULL, quoted or not */
    assert_side_refused(&side, "1,x,2");
    assert_side_refused(&side, "1,x,2,3,4");
    assert_side_refused(&side, "x,x,2,3");
    assert_side_refused(&side, " 1,x,2,3");
    assert_side_refused(&side, "1,x,2.555,3");
    assert_side_refused(&side, "1,\"x\"y,2,3");
    assert_side_refused(&side, "1,\"x,2,3");
    assert_side_refused(&side, "1,x,2,3\n\"x");
    assert_side_refused(&side, "");
    assert_side_refused(&side, "\n");
    assert_side_refused(&side, "1,\xff,2,3");
    side.delimiter = '|';
    assert_side(&side, "1|a,b|2|3", "1|a,b|2.00|3.0");
}

static void a_single_cell_is_a_line(void **state)
{
    (void)state;
    struct ksql_side side;
    ksql_side_init(&side, "DELIMITED", &single, true, true);
    assert_side(&side, "7", "7");
    assert_side(&side, "\"7\"", "7");
    assert_side(&side, "\"\"", "");
    assert_side(&side, NULL, "(null)");
}

static void objects_have_every_field(void **state)
{
    (void)state;
    struct ksql_side side;
    ksql_side_init(&side, "JSON", &schema, false, false);
    assert_side(
        &side, "{\"a\":1,\"B\":\"x\"} and more", "{\"A\":1,\"B\":\"x\",\"D\":null,\"F\":null}");
    assert_side(&side, "null", "(null)");
    assert_side(&side, "{}", "{\"A\":null,\"B\":null,\"D\":null,\"F\":null}");
    assert_side_refused(&side, "[]");
    assert_side_refused(&side, "1");
    assert_side_refused(&side, "");
    assert_side_refused(&side, "{\"A\":\"x\"}");
    assert_side_refused(&side, "{");
}

static void single_columns_stand_alone(void **state)
{
    (void)state;
    struct ksql_side side;
    ksql_side_init(&side, "JSON", &single, true, true);
    assert_side(&side, "7", "7");
    assert_side(&side, "7 8", "7");
    assert_side_refused(&side, "7x");
    assert_side_refused(&side, "{\"K\":7}");
    ksql_side_init(&side, "JSON", &single, false, false);
    assert_side(&side, "{\"V\":\"x\"}", "{\"V\":\"x\"}");
    ksql_side_init(&side, "JSON", &single, false, true);
    assert_side(&side, "\"x\"", "\"x\"");
    assert_side(&side, "null", "(null)");
    ksql_side_init(&side, "KAFKA", &single, false, false);
    assert_side(&side, "x", "x");
    ksql_side_init(&side, "NONE", &single, true, true);
    assert_side(&side, "whatever", "(null)");
}

static void depth_has_an_end(void **state)
{
    (void)state;
    struct ksql_arena arena OF_CLEANUP(ksql_arena_release) = {0};
    char text[2 * KSQL_JSON_DEPTH_MAX + 3];
    struct of_error error;
    const struct ksql_json *json;
    for (size_t depth = KSQL_JSON_DEPTH_MAX; depth <= KSQL_JSON_DEPTH_MAX + 1; depth++) {
        memset(text, '[', depth);
        memset(text + depth, ']', depth);
        int status = ksql_json_parse(&arena, text, 2 * depth, &json, &error);
        assert_int_equal(status, depth > KSQL_JSON_DEPTH_MAX ? OF_INPUT : 0);
    }
    assert_contains(error.message, "128");
}

static void texts_must_be_json(void **state)
{
    (void)state;
    static const char *const bad[] = {"", " ", "{", "[1,]", "{\"a\"}", "{\"a\":1,}", "01", "1.",
        "1e", "-", "+1", ".5", "tru", "\"a", "\"\\x\"", "\"\\u12\"", "\"\n\"", "nul", "[1 2]",
        "{a:1}", "NaN", "1 2", "\"\xff\"", "\xc3\xb1"};
    struct ksql_arena arena OF_CLEANUP(ksql_arena_release) = {0};
    struct of_error error;
    const struct ksql_json *json;
    for (size_t i = 0; i < OF_COUNT(bad); i++)
        if (ksql_json_parse(&arena, bad[i], strlen(bad[i]), &json, &error) == 0)
            fail_msg("'%s' was taken for JSON", bad[i]);
    assert_int_equal(ksql_json_parse(&arena, "{\n \"a\":?}", 9, &json, &error), OF_INPUT);
    assert_contains(error.message, "2:6");
}

static void doubles_print_as_in_java(void **state)
{
    (void)state;
    static const struct {
        double number;
        const char *text;
    } cases[] = {{0, "0.0"}, {-0.0, "-0.0"}, {1, "1.0"}, {100, "100.0"}, {1e7, "1.0E7"},
        {9999999, "9999999.0"}, {0.001, "0.001"}, {0.00099, "9.9E-4"}, {123.456, "123.456"},
        {DBL_MAX, "1.7976931348623157E308"}, {-INFINITY, "-Infinity"},
        {0.1 + 0.2, "0.30000000000000004"}};
    char text[KSQL_DOUBLE_TEXT_MAX];
    for (size_t i = 0; i < OF_COUNT(cases); i++) {
        assert_int_equal(ksql_double_print(cases[i].number, text), strlen(cases[i].text));
        assert_string_equal(text, cases[i].text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_are_narrowed),
        cmocka_unit_test(doubles_and_decimals),
        cmocka_unit_test(other_leaves),
        cmocka_unit_test(strings_take_everything),
        cmocka_unit_test(collections),
        cmocka_unit_test(lines_are_cells),
        cmocka_unit_test(a_single_cell_is_a_line),
        cmocka_unit_test(objects_have_every_field),
        cmocka_unit_test(single_columns_stand_alone),
        cmocka_unit_test(depth_has_an_end),
        cmocka_unit_test(texts_must_be_json),
        cmocka_unit_test(doubles_print_as_in_java),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
