/* Calendar arithmetic against known dates and against the C library, ISO 8601 both ways. */
#include "support.h"

#include "base/clock.h"

#include <time.h>

static void assert_date(int64_t millis, const char *text, int weekday)
{
    char printed[OF_ISO8601_SIZE];
    struct of_date date;
    of_date_from_millis(millis, &date);
    assert_string_equal(of_iso8601_print(millis, printed), text);
    assert_int_equal(date.weekday, weekday);
    assert_int_equal(of_date_to_millis(&date), millis);
}

static void test_known_dates(void **state)
{
    (void)state;
    assert_date(0, "1970-01-01T00:00:00Z", 4);
    assert_date(-1, "1969-12-31T23:59:59.999Z", 3);
    assert_date(1615712400000, "2021-03-14T09:00:00Z", 0);
    assert_date(951782400000, "2000-02-29T00:00:00Z", 2);     /* leap: divisible by 400 */
    assert_date(951868799999, "2000-02-29T23:59:59.999Z", 2); /* its last millisecond */
    assert_date(-2203977600000, "1900-02-28T00:00:00Z", 3);
    assert_date(-2203891200000, "1900-03-01T00:00:00Z", 4); /* not leap: divisible by 100 */
    assert_date(1709164800000, "2024-02-29T00:00:00Z", 4);
    assert_date(1798761599999, "2026-12-31T23:59:59.999Z", 4);
    assert_date(1798761600000, "2027-01-01T00:00:00Z", 5);
    assert_date(253402300799999, "9999-12-31T23:59:59.999Z", 5);
    assert_date(253402300800000, "+10000-01-01T00:00:00Z", 6);
    assert_date(-62167219200000, "0000-01-01T00:00:00Z", 6);
    assert_date(-62167219200001, "-0001-12-31T23:59:59.999Z", 5);
}

static void test_ends_of_time(void **state)
{
    (void)state;
    assert_date(INT64_MAX, "+292278994-08-17T07:12:55.807Z", 0);
    assert_date(INT64_MIN, "-292275055-05-16T16:47:04.192Z", 0);
}

/* Every 13th day and some over 800 years, against gmtime. */
static void test_against_gmtime(void **state)
{
    (void)state;
    for (int64_t day = -200000; day <= 100000; day += 13) {
        time_t seconds = (time_t)(day * 86400 + 12345);
        struct tm tm;
        gmtime_r(&seconds, &tm);
        struct of_date date;
        of_date_from_millis((int64_t)seconds * 1000 + 6, &date);
        assert_int_equal(date.year, tm.tm_year + 1900);
        assert_int_equal(date.month, tm.tm_mon + 1);
        assert_int_equal(date.day, tm.tm_mday);
        assert_int_equal(date.weekday, tm.tm_wday);
        assert_int_equal(date.hour * 3600 + date.minute * 60 + date.second, 12345);
        assert_int_equal(date.millisecond, 6);
        assert_int_equal(of_date_to_millis(&date), (int64_t)seconds * 1000 + 6);
    }
}

static void test_days_in_month(void **state)
{
    (void)state;
    assert_int_equal(of_days_in_month(2023, 2), 28);
    assert_int_equal(of_days_in_month(2024, 2), 29);
    assert_int_equal(of_days_in_month(2000, 2), 29);
    assert_int_equal(of_days_in_month(1900, 2), 28);
    assert_int_equal(of_days_in_month(2026, 1), 31);
    assert_int_equal(of_days_in_month(2026, 11), 30);
    assert_int_equal(of_days_in_month(2026, 12), 31);
}

static void assert_parses(const char *text, const char *wanted)
{
    struct of_error error = {.message = ""};
    int64_t millis = 0;
    char printed[OF_ISO8601_SIZE];
    if (of_iso8601_parse(text, &millis, &error) < 0)
        fail_msg("%s", error.message);
    assert_string_equal(of_iso8601_print(millis, printed), wanted);
}

static void test_parse(void **state)
{
    (void)state;
    assert_parses("2026-11-21", "2026-11-21T00:00:00Z");
    assert_parses("2026-11-21T04:40", "2026-11-21T04:40:00Z");
    assert_parses("2026-11-21 04:40:33", "2026-11-21T04:40:33Z");
    assert_parses("2026-11-21t04:40:33z", "2026-11-21T04:40:33Z");
    assert_parses("2026-11-21T04:40:33.123Z", "2026-11-21T04:40:33.123Z");
    assert_parses("2026-11-21T04:40:33.1", "2026-11-21T04:40:33.100Z");
    assert_parses("2026-11-21T04:40:33.123999999Z", "2026-11-21T04:40:33.123Z");
    assert_parses("2026-11-21T04:40:33+08:00", "2026-11-20T20:40:33Z");
    assert_parses("2026-11-21T23:40:33-0130", "2026-11-22T01:10:33Z");
    assert_parses("2024-02-29", "2024-02-29T00:00:00Z");
    assert_parses("0000-01-01T00:00:00Z", "0000-01-01T00:00:00Z");
    assert_parses("1969-12-31T23:59:59.999Z", "1969-12-31T23:59:59.999Z");
}

static void test_parse_errors(void **state)
{
    (void)state;
    static const char *const bad[] = {"", "now", "2026", "2026-11", "2026-11-", "26-11-21",
        "2026-13-01", "2026-00-01", "2026-11-31", "2026-11-00", "2023-02-29", "1900-02-29",
        "2026-11-21T", "2026-11-21T24:00", "2026-11-21T04", "2026-11-21T04:60",
        "2026-11-21T04:40:60", "2026-11-21T04:40:", "2026-11-21T04:40:33.",
        "2026-11-21T04:40:33.1234567890", "2026-11-21T04:40:33+19:00", "2026-11-21T04:40:33+08:60",
        "2026-11-21T04:40:33+8", "2026-11-21T04:40:33ZZ", "2026-11-21x", "2026-11-21Z",
        "2026-11-21T04:40:33 ", " 2026-11-21", "+2026-11-21", "2026-11-21T-4:40",
        /* a fraction belongs to seconds */
        "2026-11-21T04:40.5", "2026/11/21"};
    for (size_t i = 0; i < OF_COUNT(bad); i++) {
        struct of_error error;
        int64_t millis = 77;
        if (of_iso8601_parse(bad[i], &millis, &error) == OF_OK)
            fail_msg("'%s' was taken", bad[i]);
        assert_int_equal(millis, 77);
        OF_FREE char *quoted = of_asprintf("'%s' is no time", bad[i]);
        assert_contains(error.message, quoted);
    }
}

static void test_clocks(void **state)
{
    (void)state;
    int64_t wall = of_clock_now(), start = of_clock_monotonic(), start_ns = of_clock_monotonic_ns();
    assert_true(llabs(wall - (int64_t)time(NULL) * 1000) < 2000);
    of_sleep(20);
    of_sleep(0);
    of_sleep(-5);
    assert_true(of_clock_monotonic() - start >= 20);
    assert_true(of_clock_monotonic_ns() - start_ns >= 20000000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_known_dates),
        cmocka_unit_test(test_ends_of_time),
        cmocka_unit_test(test_against_gmtime),
        cmocka_unit_test(test_days_in_month),
        cmocka_unit_test(test_parse),
        cmocka_unit_test(test_parse_errors),
        cmocka_unit_test(test_clocks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
