/* Wall and monotonic time, and the civil calendar by Howard Hinnant's day-count arithmetic. */
#include "base/clock.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

static int64_t read_clock_ns(clockid_t id)
{
    struct timespec now;
    clock_gettime(id, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

int64_t of_clock_now(void)
{
    return read_clock_ns(CLOCK_REALTIME) / 1000000;
}

int64_t of_clock_monotonic(void)
{
    return read_clock_ns(CLOCK_MONOTONIC) / 1000000;
}

int64_t of_clock_monotonic_ns(void)
{
    return read_clock_ns(CLOCK_MONOTONIC);
}

/* Years start in March here, so that the leap day is the last of its year. */
static int64_t days_from_civil(int64_t year, int month, int day)
{
    year -= month <= 2;
    int64_t era = (year >= 0 ? year : year - 399) / 400;
    int64_t year_of_era = year - era * 400;
    int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * 146097 + day_of_era - 719468;
}

static void civil_from_days(int64_t days, struct of_date *date)
{
    days += 719468;
    int64_t era = (days >= 0 ? days : days - 146096) / 146097;
    int64_t day_of_era = days - era * 146097;
    int64_t year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t shifted_month = (5 * day_of_year + 2) / 153;
    date->day = (int)(day_of_year - (153 * shifted_month + 2) / 5 + 1);
    date->month = (int)(shifted_month < 10 ? shifted_month + 3 : shifted_month - 9);
    date->year = (int)(year_of_era + era * 400 + (date->month <= 2));
}

void of_date_from_millis(int64_t millis, struct of_date *date)
{
    int64_t days = millis / OF_DAY, rest = millis % OF_DAY;
    if (rest < 0) {
        rest += OF_DAY;
        days--;
    }
    civil_from_days(days, date);
    date->hour = (int)(rest / OF_HOUR);
    date->minute = (int)(rest / OF_MINUTE % 60);
    date->second = (int)(rest / OF_SECOND % 60);
    date->millisecond = (int)(rest % OF_SECOND);
    int64_t weekday = (days + 4) % 7; /* 1970-01-01 was a Thursday */
    date->weekday = (int)(weekday < 0 ? weekday + 7 : weekday);
}

int64_t of_date_to_millis(const struct of_date *date)
{
    /* Unsigned, because near the first day of all the day's start alone is out of range. */
    uint64_t days = (uint64_t)days_from_civil(date->year, date->month, date->day);
    uint64_t rest = (uint64_t)(date->hour * OF_HOUR + date->minute * OF_MINUTE +
                               date->second * OF_SECOND + date->millisecond);
    return (int64_t)(days * OF_DAY + rest);
}

int of_days_in_month(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return days[month - 1] + (month == 2 && leap);
}

const char *of_iso8601_print(int64_t millis, char text[OF_ISO8601_SIZE])
{
    struct of_date date;
    of_date_from_millis(millis, &date);
    char year[16], fraction[8] = "";
    if (date.year < 0 || date.year > 9999)
        snprintf(year, sizeof(year), "%+05d", date.year);
    else
        snprintf(year, sizeof(year), "%04d", date.year);
    if (date.millisecond)
        snprintf(fraction, sizeof(fraction), ".%03d", date.millisecond % 1000);
    snprintf(text, OF_ISO8601_SIZE, "%s-%02d-%02dT%02d:%02d:%02d%sZ", year, date.month, date.day,
        date.hour, date.minute, date.second, fraction);
    return text;
}

/* A cursor over the text; `bad` remembers the first thing that did not fit. */
struct scanner {
    const char *next;
    bool bad;
};

static int scan_number(struct scanner *scanner, int digits, int low, int high)
{
    int value = 0;
    for (int i = 0; i < digits; i++) {
        if (!isdigit((unsigned char)*scanner->next)) {
            scanner->bad = true;
            return low;
        }
        value = value * 10 + (*scanner->next++ - '0');
    }
    if (value < low || value > high)
        scanner->bad = true;
    return value;
}

static bool scan_char(struct scanner *scanner, const char *wanted)
{
    if (scanner->bad || !*scanner->next || !strchr(wanted, *scanner->next))
        return false;
    scanner->next++;
    return true;
}

static int scan_fraction(struct scanner *scanner)
{
    int value = 0, digits = 0;
    while (isdigit((unsigned char)*scanner->next)) {
        if (digits++ < 3)
            value = value * 10 + (*scanner->next - '0');
        scanner->next++;
    }
    if (digits == 0 || digits > 9)
        scanner->bad = true;
    for (; digits < 3; digits++)
        value *= 10;
    return value;
}

static int64_t scan_offset(struct scanner *scanner)
{
    if (scan_char(scanner, "Zz"))
        return 0;
    int sign = scan_char(scanner, "+") ? 1 : scan_char(scanner, "-") ? -1 : 0;
    if (sign == 0)
        return 0;
    int hours = scan_number(scanner, 2, 0, 18);
    scan_char(scanner, ":");
    return sign * (hours * OF_HOUR + scan_number(scanner, 2, 0, 59) * OF_MINUTE);
}

int of_iso8601_parse(const char *text, int64_t *millis, struct of_error *error)
{
    struct scanner scanner = {text, false};
    struct of_date date = {0};
    int64_t offset = 0;
    date.year = scan_number(&scanner, 4, 0, 9999);
    scanner.bad |= !scan_char(&scanner, "-");
    date.month = scan_number(&scanner, 2, 1, 12);
    scanner.bad |= !scan_char(&scanner, "-");
    date.day = scan_number(&scanner, 2, 1, 31);
    if (!scanner.bad && date.day > of_days_in_month(date.year, date.month))
        scanner.bad = true;
    if (scan_char(&scanner, "Tt ")) {
        date.hour = scan_number(&scanner, 2, 0, 23);
        scanner.bad |= !scan_char(&scanner, ":");
        date.minute = scan_number(&scanner, 2, 0, 59);
        if (scan_char(&scanner, ":")) {
            date.second = scan_number(&scanner, 2, 0, 59);
            if (scan_char(&scanner, "."))
                date.millisecond = scan_fraction(&scanner);
        }
        offset = scan_offset(&scanner);
    }
    if (scanner.bad || *scanner.next)
        return of_fail(error, OF_INPUT,
            "'%s' is no time: wanted YYYY-MM-DD[THH:MM[:SS[.mmm]][Z|+hh:mm]]", text);
    *millis = of_date_to_millis(&date) - offset;
    return OF_OK;
}

void of_sleep(int64_t millis)
{
    if (millis <= 0)
        return;
    struct timespec time = {.tv_sec = millis / 1000, .tv_nsec = millis % 1000 * 1000000};
    nanosleep(&time, NULL);
}
