/* Log lines: both formats, levels, escaping, and lines longer than the limit. */
#include "support.h"

#include "base/log.h"

#include <jansson.h>
#include <math.h>

static char *logged(enum of_log_format format, enum of_log_level level, const char *event,
    const struct of_field *fields)
{
    of_log_init("orderflow-test", OF_LOG_DEBUG, format);
    struct capture capture = capture_begin(STDERR_FILENO);
    of_log_write(level, event, fields);
    return capture_end(&capture);
}

#define LOGGED(format, level, event, ...)                                                          \
    logged(format, level, event, (const struct of_field[]){__VA_ARGS__, {.name = NULL}})

/* The line without its time, which is checked for its shape. */
static const char *behind_time(const char *line)
{
    int year, month, day, hour, minute, second, millis, used = 0;
    assert_int_equal(sscanf(line, "%4d-%2d-%2dT%2d:%2d:%2d.%3dZ %n", &year, &month, &day, &hour,
                         &minute, &second, &millis, &used),
        7);
    assert_int_equal(used, 25);
    return line + used;
}

static void test_text(void **state)
{
    (void)state;
    OF_FREE char *line = LOGGED(OF_LOG_TEXT, OF_LOG_INFO, "transaction committed",
        OF_F_INT("records", INT64_MIN), OF_F_TEXT("topic", "paid_orders"), OF_F_REAL("s", 0.25),
        OF_F_TEXT("none", NULL), OF_F_REAL("nan", NAN));
    assert_string_equal(behind_time(line),
        "INFO orderflow-test transaction committed records=-9223372036854775808 topic=paid_orders "
        "s=0.25 none=null nan=null\n");
}

/* No value can end the line, open another field or reach the terminal. */
static void test_text_escapes(void **state)
{
    (void)state;
    OF_FREE char *line = LOGGED(OF_LOG_TEXT, OF_LOG_ERROR, "bad", OF_F_TEXT("a", "x\n2026 INFO y"),
        OF_F_TEXT("b", ""), OF_F_TEXT("c", "k=v"), OF_F_TEXT("d", "say \"hi\""),
        OF_F_TEXT("e", "\x1b[31mred\x7f"), OF_F_TEXT("f", "Ni\xc3\xb1o"), OF_F_TEXT("g", "\xff"));
    assert_string_equal(behind_time(line),
        "ERROR orderflow-test bad a=\"x\\n2026 INFO y\" b=\"\" c=\"k=v\" d=\"say \\\"hi\\\"\" "
        "e=\"\\u001b[31mred\\u007f\" f=\"Ni\xc3\xb1o\" g=\"\xef\xbf\xbd\"\n");
}

static json_t *parse_line(const char *line)
{
    json_error_t cause;
    assert_true(line[strlen(line) - 1] == '\n' && strchr(line, '\n') == line + strlen(line) - 1);
    json_t *json = json_loads(line, JSON_REJECT_DUPLICATES, &cause);
    if (!json)
        fail_msg("%s: %.200s", cause.text, line);
    return json;
}

static void test_json(void **state)
{
    (void)state;
    OF_FREE char *line = LOGGED(OF_LOG_JSON, OF_LOG_WARNING, "say \"x\"", OF_F_INT("n", 12),
        OF_F_TEXT("t", "a\nb\x01\xff"), OF_F_TEXT("none", NULL), OF_F_REAL("r", 1e-7),
        OF_F_REAL("inf", INFINITY), OF_F_TEXT("odd \"name\"", "v"));
    json_t *json = parse_line(line);
    assert_string_equal(json_string_value(json_object_get(json, "level")), "warning");
    assert_string_equal(json_string_value(json_object_get(json, "program")), "orderflow-test");
    assert_string_equal(json_string_value(json_object_get(json, "event")), "say \"x\"");
    assert_int_equal(json_integer_value(json_object_get(json, "n")), 12);
    assert_string_equal(json_string_value(json_object_get(json, "t")), "a\nb\x01\xef\xbf\xbd");
    assert_true(json_is_null(json_object_get(json, "none")));
    assert_true(json_real_value(json_object_get(json, "r")) == 1e-7);
    assert_true(json_is_null(json_object_get(json, "inf")));
    assert_string_equal(json_string_value(json_object_get(json, "odd \"name\"")), "v");
    assert_int_equal(strlen(json_string_value(json_object_get(json, "time"))), 24);
    json_decref(json);
}

/* A line at its limit is whole; a longer one leaves fields out as a whole, says so, and is still
 * one JSON object. */
static void test_limit(void **state)
{
    (void)state;
    static const int distances[] = {0, 1, 2, 5, 11, 12, 13, 40, 200};
    OF_FREE char *value = of_alloc(2 * OF_LOG_LINE_MAX);
    for (int format = OF_LOG_TEXT; format <= OF_LOG_JSON; format++) {
        OF_FREE char *empty = LOGGED(
            (enum of_log_format)format, OF_LOG_INFO, "e", OF_F_TEXT("v", "x"), OF_F_INT("n", 1));
        size_t longest = OF_LOG_LINE_MAX - (strlen(empty) - 1) + 1;
        for (size_t i = 0; i < 2 * OF_COUNT(distances); i++) {
            size_t size =
                i % 2 ? longest - (size_t)distances[i / 2] : longest + (size_t)distances[i / 2];
            memset(value, 'y', size);
            value[size] = '\0';
            OF_FREE char *line = LOGGED((enum of_log_format)format, OF_LOG_INFO, "e",
                OF_F_TEXT("v", value), OF_F_INT("n", 1));
            assert_true(strlen(line) <= OF_LOG_LINE_MAX + 1);
            assert_int_equal(line[strlen(line) - 1], '\n');
            bool whole = size <= longest;
            assert_int_equal(strstr(line, value) != NULL, whole);
            assert_int_equal(strstr(line, "cut") != NULL, !whole);
            if (format == OF_LOG_JSON)
                json_decref(parse_line(line));
        }
    }
}

static void test_levels(void **state)
{
    (void)state;
    of_log_init("orderflow-test", OF_LOG_WARNING, OF_LOG_TEXT);
    assert_false(of_log_enabled(OF_LOG_INFO));
    assert_true(of_log_enabled(OF_LOG_WARNING));
    struct capture capture = capture_begin(STDERR_FILENO);
    of_log(OF_LOG_INFO, "hidden");
    of_log(OF_LOG_ERROR, "shown");
    OF_FREE char *line = capture_end(&capture);
    assert_string_equal(behind_time(line), "ERROR orderflow-test shown\n");
}

static void test_error(void **state)
{
    (void)state;
    struct of_error error;
    of_fail(&error, OF_INPUT, "orders[3]@17: bad");
    of_log_init("orderflow-test", OF_LOG_INFO, OF_LOG_TEXT);
    struct capture capture = capture_begin(STDERR_FILENO);
    of_log_error(OF_LOG_WARNING, "record refused", &error);
    OF_FREE char *line = capture_end(&capture);
    assert_contains(line, "WARNING orderflow-test record refused class=input "
                          "message=\"orders[3]@17: bad\" origin=");
    assert_contains(line, "test_log.c:");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_text),
        cmocka_unit_test(test_text_escapes),
        cmocka_unit_test(test_json),
        cmocka_unit_test(test_limit),
        cmocka_unit_test(test_levels),
        cmocka_unit_test(test_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
