/* Reading PostgreSQL without one: connection strings, and COPY's lines. */
#include "database/database.h"

#include "support.h"

static void a_line_comes_apart(void **state)
{
    (void)state;
    char line[] = "1\tTimed Out\t\\N\t\t\\\\N\ta\\tb\\nc\\\\d\\b\\f\\r\\v\\x\n";
    char *fields[OF_DATABASE_FIELDS_MAX];
    assert_int_equal(of_database_split(line, strlen(line), fields), 6);
    assert_string_equal(fields[0], "1");
    assert_string_equal(fields[1], "Timed Out");
    assert_null(fields[2]);
    assert_string_equal(fields[3], "");
    assert_string_equal(fields[4], "\\N"); /* the text, not null */
    assert_string_equal(fields[5], "a\tb\nc\\d\b\f\r\vx");
    assert_null(fields[6]);
    assert_null(fields[7]);
}

static void a_line_may_be_empty_cut_or_too_long(void **state)
{
    (void)state;
    char *fields[OF_DATABASE_FIELDS_MAX];
    char empty[] = "";
    assert_int_equal(of_database_split(empty, 0, fields), 1);
    assert_string_equal(fields[0], "");
    char cut[] = "a\\";
    assert_int_equal(of_database_split(cut, 2, fields), 1);
    assert_string_equal(fields[0], "a\\");
    char more[] = "1\t2\t3\t4\t5\t6\t7\t8\t9\n"; /* one past the limit */
    assert_int_equal(of_database_split(more, strlen(more), fields), OF_DATABASE_FIELDS_MAX);
    assert_string_equal(fields[7], "8");
}

static void numbers(void **state)
{
    (void)state;
    assert_int_equal(of_database_int(NULL, -7), -7);
    assert_int_equal(of_database_int("-42", 0), -42);
    assert_true(of_database_int("9223372036854775807", 0) == INT64_MAX);
}

static void where_the_database_is(void **state)
{
    (void)state;
    struct of_error error;
    const char *found = NULL;
    unsetenv("DATABASE_URL");
    assert_int_equal(of_database_find(NULL, &found, &error), OF_INPUT);
    assert_contains(error.message, "DATABASE_URL is not set");
    setenv("DATABASE_URL", "", 1);
    assert_int_equal(of_database_find(NULL, &found, &error), OF_INPUT);
    setenv("DATABASE_URL", "postgresql://me:word@127.0.0.1/x", 1);
    assert_int_equal(of_database_find(NULL, &found, &error), OF_OK);
    assert_string_equal(found, "postgresql://me:word@127.0.0.1/x");
    assert_int_equal(of_database_find("dbname=y", &found, &error), OF_OK);
    assert_string_equal(found, "dbname=y"); /* the option wins */
}

static void a_password_is_refused_where_everybody_sees_it(void **state)
{
    (void)state;
    static const char *const bad[] = {"postgresql://me:word@127.0.0.1/x", "password=word",
        "sslpassword=word", "host=127.0.0.1 password='word'"};
    struct of_error error;
    for (size_t i = 0; i < OF_COUNT(bad); i++) {
        const char *found = NULL;
        assert_int_equal(of_database_find(bad[i], &found, &error), OF_INPUT);
        assert_contains(error.message, "can be read by everybody");
        assert_lacks(error.message, "word@");
        assert_null(found);
    }
}

static void no_message_quotes_the_connection_string(void **state)
{
    (void)state;
    struct of_error error;
    struct of_database *database = NULL;
    assert_int_equal(
        of_database_open("postgresql://me:sesame@[", "test", &database, &error), OF_INPUT);
    assert_lacks(error.message, "sesame");
    assert_int_equal(
        of_database_open("postgresql://me:sesame@127.0.0.1:1/x", "test", &database, &error),
        OF_RETRY);
    assert_contains(error.message, "database: ");
    assert_lacks(error.message, "sesame");
    assert_null(database);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_comes_apart),
        cmocka_unit_test(a_line_may_be_empty_cut_or_too_long),
        cmocka_unit_test(numbers),
        cmocka_unit_test(where_the_database_is),
        cmocka_unit_test(a_password_is_refused_where_everybody_sees_it),
        cmocka_unit_test(no_message_quotes_the_connection_string),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
