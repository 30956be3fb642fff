/* Times as text. Patterns and time zones of the functions are elsewhere. */
#include "ksqld/exec/times.h"

#include <stdio.h>

/* ---- calendar ---- */

int64_t ksql_days_from_civil(int64_t year, int month, int day)
{
    year -= month <= 2;
    int64_t era = ksql_floor_divide(year, 400);
    int64_t of_era = year - era * 400;
    int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

void ksql_civil_from_days(int64_t days, int64_t *year, int *month, int *day)
{
    days += 719468;
    int64_t era = ksql_floor_divide(days, 146097);
    int64_t of_era = days - era * 146097;
    int64_t years = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    int64_t of_year = of_era - (365 * years + years / 4 - years / 100);
    int64_t shifted = (5 * of_year + 2) / 153;
    *day = (int)(of_year - (153 * shifted + 2) / 5 + 1);
    *month = (int)(shifted + (shifted < 10 ? 3 : -9));
    *year = years + era * 400 + (*month <= 2);
}

int ksql_month_length(int64_t year, int month)
{
    static const int lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    return lengths[month - 1] + (month == 2 && leap);
}

/* ---- reading ---- */

struct reader {
    const char *next, *end;
};

static bool take(struct reader *reader, char c)
{
    if (reader->next == reader->end || *reader->next != c)
        return false;
    reader->next++;
    return true;
}

/* Exactly `width` digits. */
static bool digits(struct reader *reader, int width, int *number)
{
    *number = 0;
    for (int i = 0; i < width; i++) {
        if (reader->next == reader->end || *reader->next < '0' || *reader->next > '9')
            return false;
        *number = *number * 10 + (*reader->next++ - '0');
    }
    return true;
}

/* 2020-05-26, or with less of it: the first month, the first day. Java reads a DATE strictly, and
 * in a TIMESTAMP takes the 31st for the last of any month. */
static bool read_date(struct reader *reader, bool partial, bool strict, int64_t *days)
{
    int year, month = 1, day = 1;
    if (!digits(reader, 4, &year))
        return false;
    bool more = take(reader, '-');
    if (more && !digits(reader, 2, &month))
        return false;
    bool most = more && take(reader, '-');
    if (most && !digits(reader, 2, &day))
        return false;
    if (!most && !partial)
        return false;
    if (month < 1 || month > 12 || day < 1 || day > 31)
        return false;
    int length = ksql_month_length(year, month);
    if (strict && day > length)
        return false;
    day = day > length ? length : day;
    *days = ksql_days_from_civil(year, month, day);
    return true;
}

bool ksql_date_parse(struct of_text text, int64_t *days)
{
    struct reader reader = {text.data, text.data + text.length};
    return read_date(&reader, true, true, days) && reader.next == reader.end;
}

/* HH:mm:ss.SSS, any beginning of it. */
static bool read_partial_time(struct reader *reader, int64_t *ms)
{
    static const char pattern[] = "00:00:00.000";
    size_t length = (size_t)(reader->end - reader->next);
    char full[sizeof(pattern)];
    int hour, minute, second, rest;
    if (length >= sizeof(pattern))
        return false;
    memcpy(full, pattern, sizeof(pattern));
    memcpy(full, reader->next, length);
    struct reader whole = {full, full + sizeof(pattern) - 1};
    if (!digits(&whole, 2, &hour) || !take(&whole, ':') || !digits(&whole, 2, &minute) ||
        !take(&whole, ':') || !digits(&whole, 2, &second) || !take(&whole, '.') ||
        !digits(&whole, 3, &rest) || minute > 59 || second > 59)
        return false;
    if (hour > 24 || (hour == 24 && (minute || second || rest))) /* 24:00 is the end of the day */
        return false;
    *ms = ((hour * 60 + minute) * 60 + second) * INT64_C(1000) + rest;
    return true;
}

/* +2, +02, +0200, +02:00, +02:00:30 */
static bool read_zone(struct of_text text, int64_t *ms)
{
    struct reader reader = {text.data, text.data + text.length};
    int hours, minutes = 0, seconds = 0;
    bool negative = text.length && *text.data == '-';
    *ms = 0;
    reader.next += text.length > 0;
    if (!digits(&reader, text.length == 2 ? 1 : 2, &hours))
        return false;
    bool colon = take(&reader, ':');
    if (reader.next < reader.end && !digits(&reader, 2, &minutes))
        return false;
    if (reader.next < reader.end && colon && !take(&reader, ':'))
        return false;
    if (reader.next < reader.end && !digits(&reader, 2, &seconds))
        return false;
    if (reader.next != reader.end || minutes > 59 || seconds > 59 ||
        hours * 3600 + minutes * 60 + seconds > 18 * 3600)
        return false;
    *ms = (hours * 3600 + minutes * 60 + seconds) * INT64_C(1000);
    if (negative)
        *ms = -*ms;
    return true;
}

bool ksql_timestamp_parse(struct of_text text, int64_t *ms)
{
    const char *t = text.length ? memchr(text.data, 'T', text.length) : NULL;
    struct reader date = {text.data, t ? t : text.data + text.length};
    int64_t days, time = 0, zone = 0;
    if (!read_date(&date, !t, false, &days) || date.next != date.end)
        return false;
    if (!t) {
        *ms = days * KSQL_DAY_MS;
        return true;
    }
    const char *end = text.data + text.length, *sign = t + 1;
    while (sign < end && *sign != '+')
        sign++;
    if (sign == end)
        for (sign = t + 1; sign < end && *sign != '-';)
            sign++;
    struct reader clock = {t + 1, sign};
    if (clock.end > clock.next && clock.end[-1] == 'Z')
        clock.end--;
    if (sign < end && !read_zone((struct of_text){sign, (size_t)(end - sign)}, &zone))
        return false;
    if (!read_partial_time(&clock, &time))
        return false;
    *ms = days * KSQL_DAY_MS + time - zone;
    return true;
}

bool ksql_time_parse(struct of_text text, int64_t *ms)
{
    struct reader reader = {text.data, text.data + text.length};
    int hour, minute, second = 0, rest = 0, places = 0;
    if (!digits(&reader, 2, &hour) || !take(&reader, ':') || !digits(&reader, 2, &minute))
        return false;
    if (take(&reader, ':')) {
        if (!digits(&reader, 2, &second))
            return false;
        if (take(&reader, '.')) {
            int digit;
            for (; places < 9 && digits(&reader, 1, &digit); places++)
                rest = places < 3 ? rest * 10 + digit : rest;
            for (int i = places; i < 3; i++)
                rest *= 10;
        }
    }
    if (reader.next != reader.end || hour > 23 || minute > 59 || second > 59)
        return false;
    *ms = ((hour * 60 + minute) * 60 + second) * INT64_C(1000) + rest;
    return true;
}

/* ---- printing ---- */

size_t ksql_timestamp_print(int64_t ms, char text[KSQL_TIME_TEXT_MAX])
{
    int64_t days = ksql_floor_divide(ms, KSQL_DAY_MS), year;
    int64_t rest = ksql_floor_modulo(ms, KSQL_DAY_MS);
    int month, day, second = (int)(rest / 1000);
    ksql_civil_from_days(days, &year, &month, &day);
    if (year <= 0) /* "yyyy" is the year of its era */
        year = 1 - year;
    return (size_t)snprintf(text, KSQL_TIME_TEXT_MAX, "%s%04lld-%02d-%02dT%02d:%02d:%02d.%03d",
        year > 9999 ? "+" : "", (long long)year, month, day, second / 3600, second / 60 % 60,
        second % 60, (int)(rest % 1000));
}

size_t ksql_date_print(int64_t days, char text[KSQL_TIME_TEXT_MAX])
{
    int64_t year;
    int month, day;
    ksql_civil_from_days(days, &year, &month, &day);
    return (size_t)snprintf(text, KSQL_TIME_TEXT_MAX, "%s%0*lld-%02d-%02d", year > 9999 ? "+" : "",
        year < 0 ? 5 : 4, (long long)year, month, day);
}

size_t ksql_time_print(int64_t ms, char text[KSQL_TIME_TEXT_MAX])
{
    int second = (int)(ms / 1000);
    int length = snprintf(text, KSQL_TIME_TEXT_MAX, "%02d:%02d", second / 3600, second / 60 % 60);
    if (second % 60)
        length +=
            snprintf(text + length, KSQL_TIME_TEXT_MAX - (size_t)length, ":%02d", second % 60);
    return (size_t)length;
}
