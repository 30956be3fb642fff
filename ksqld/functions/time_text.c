/* Times to and from text by a format, and from one zone to another. */
#include "ksqld/exec/cast.h"
#include "ksqld/exec/times.h"
#include "ksqld/functions/rows.h"
#include "ksqld/functions/text.h"
#include "ksqld/functions/time_format.h"

#define GREGORIAN 1582 /* the year in which it came */
#define LONG_MONTHS "The whole name of a month in the text of a TIMESTAMP"

/* A literal format is read once. */
static const void *prepare(struct ksql_arena *arena, const struct ksql_value *const *literals,
    size_t count, const char **refusal)
{
    (void)count;
    return literals[1] && !literals[1]->null ? ksql_format_read(arena, literals[1]->text, refusal)
                                             : NULL;
}

static const struct ksql_format *format_of(const struct ksql_call *call)
{
    const char *refusal;
    if (call->prepared)
        return call->prepared;
    const struct ksql_format *format =
        ksql_format_read(call->arena, call->arguments[1].text, &refusal);
    if (refusal)
        ksql_call_refuse(call, refusal);
    return format;
}

/* The zone that an argument names. Some names are in the time zone database, but not in that of
 * each Java. */
static const struct ksql_zone *find_zone(const struct ksql_call *call, size_t argument)
{
    static const char *const disputed[] = {"EST", "HST", "MST", "ROC"};
    struct of_text name = call->arguments[argument].text;
    for (size_t i = 0; i < OF_COUNT(disputed); i++) {
        if (name.length == strlen(disputed[i]) &&
            memcmp(name.data, disputed[i], name.length) == 0) {
            ksql_call_refuse(call, "The time zone EST, HST, MST or ROC");
            return NULL;
        }
    }
    return ksql_zone_find(call->arena, name);
}

/* The zone in the third argument; UTC, as of ksqlDB's servers, without one. */
static const struct ksql_zone *zone_of(const struct ksql_call *call)
{
    return call->count > 2 ? find_zone(call, 2) : ksql_zone_find(call->arena, OF_TEXT("GMT"));
}

/* ---- to text ---- */

static int print(const struct ksql_call *call, enum ksql_format_kind kind, int64_t ms,
    const struct ksql_zone *zone, struct ksql_value *result)
{
    const struct ksql_format *format = format_of(call);
    struct of_buffer out OF_CLEANUP(of_buffer_release);
    of_buffer_init(&out, KSQL_VALUE_TEXT_MAX);
    const char *refusal = NULL;
    if (!format)
        return -1;
    int status = ksql_format_print(format, kind, ms, zone, &out, &refusal);
    if (status > 0)
        return ksql_call_refuse(call, refusal);
    if (status || out.full)
        return -1;
    return ksql_yield_text(
        result, ksql_text_copy(call->arena, (struct of_text){of_buffer_text(&out), out.length}));
}

static int run_format_date(const struct ksql_call *call, struct ksql_value *result)
{
    return print(call, KSQL_FORMAT_OF_DATE, call->arguments[0].number * KSQL_DAY_MS, NULL, result);
}

static int run_format_time(const struct ksql_call *call, struct ksql_value *result)
{
    return print(call, KSQL_FORMAT_OF_TIME, call->arguments[0].number, NULL, result);
}

static int run_format_timestamp(const struct ksql_call *call, struct ksql_value *result)
{
    const struct ksql_zone *zone = zone_of(call);
    if (!zone)
        return -1;
    return print(call, KSQL_FORMAT_OF_BOTH, call->arguments[0].number, zone, result);
}

/* ---- from text ---- */

static int parse(const struct ksql_call *call, bool lenient, struct ksql_format_result *result)
{
    const struct ksql_format *format = format_of(call);
    const char *refusal = NULL;
    if (!format)
        return -1;
    int status =
        ksql_format_parse(call->arena, format, call->arguments[0].text, lenient, result, &refusal);
    return status > 0 ? ksql_call_refuse(call, refusal) : status;
}

/* The 31st of any month is its last day. */
static int64_t day_of(const struct ksql_format_result *read)
{
    int64_t year = read->has_year ? read->year : 1970;
    int month = read->month < 0 ? 1 : read->month, day = read->day < 0 ? 1 : read->day;
    int length = ksql_month_length(year, month);
    return ksql_days_from_civil(year, month, day > length ? length : day) + read->next_day;
}

static int64_t or_zero(int number)
{
    return number < 0 ? 0 : number;
}

static int64_t time_of(const struct ksql_format_result *read)
{
    return ((or_zero(read->hour) * 60 + or_zero(read->minute)) * 60 + or_zero(read->second)) *
               1000 +
           or_zero(read->ms);
}

int ksql_format_moment(struct ksql_arena *arena, const struct ksql_format *format,
    struct of_text text, int64_t *utc, const char **refusal)
{
    struct ksql_format_result read;
    if (ksql_format_has_month_names(format)) {
        *refusal = LONG_MONTHS;
        return 1;
    }
    int status = ksql_format_parse(arena, format, text, false, &read, refusal);
    if (status)
        return status;
    const struct ksql_zone *zone =
        read.has_zone ? read.zone : ksql_zone_find(arena, OF_TEXT("GMT"));
    if (!zone)
        return -1;
    *utc = ksql_zone_to_utc(zone, day_of(&read) * KSQL_DAY_MS + time_of(&read));
    return 0;
}

static int run_parse_timestamp(const struct ksql_call *call, struct ksql_value *result)
{
    struct ksql_format_result read;
    const struct ksql_zone *zone = zone_of(call);
    const struct ksql_format *format = format_of(call);
    if (format && ksql_format_has_month_names(format))
        return ksql_call_refuse(call, LONG_MONTHS);
    if (!zone || parse(call, false, &read))
        return -1;
    if (read.has_zone)
        zone = read.zone;
    return ksql_yield_number(
        result, ksql_zone_to_utc(zone, day_of(&read) * KSQL_DAY_MS + time_of(&read)));
}

static int run_string_to_date(const struct ksql_call *call, struct ksql_value *result)
{
    struct ksql_format_result read;
    if (parse(call, false, &read) || !read.has_year || read.month < 0 || read.day < 0)
        return -1;
    return ksql_yield_number(result, day_of(&read));
}

/* Seconds without minutes, minutes without hours and hours of an unknown half are no time of the
 * day; a date is none. */
static int run_parse_time(const struct ksql_call *call, struct ksql_value *result)
{
    struct ksql_format_result read;
    if (parse(call, false, &read) || read.has_year || read.month > 0 || read.day > 0 ||
        read.hour < 0 || read.no_half || (read.minute < 0 && (read.second >= 0 || read.ms >= 0)) ||
        (read.second < 0 && read.ms >= 0))
        return -1;
    return ksql_yield_number(result, time_of(&read));
}

/* Of another family of formats than the rest (SimpleDateFormat), of which only dates are done
 * here: numbers that are too large go on into the next month or year. */
static int run_parse_date(const struct ksql_call *call, struct ksql_value *result)
{
    struct ksql_format_result read;
    const struct ksql_format *format = format_of(call);
    for (size_t i = 0; format && i < format->count; i++) {
        const struct ksql_format_part *part = &format->parts[i];
        bool done = part->field == KSQL_FORMAT_TEXT || (part->letter == 'y' && part->width > 2) ||
                    part->letter == 'M' || part->letter == 'd';
        if (!done)
            return ksql_call_refuse(call, "PARSE_DATE with this letter in its format");
    }
    if (!format || parse(call, true, &read))
        return -1;
    int64_t year = read.has_year ? read.year : 1970, month = read.month < 0 ? 0 : read.month - 1;
    year += ksql_floor_divide(month, 12);
    month -= ksql_floor_divide(month, 12) * 12;
    if (year <= GREGORIAN)
        return ksql_call_refuse(call, "PARSE_DATE before the Gregorian calendar");
    return ksql_yield_number(
        result, ksql_days_from_civil(year, (int)month + 1, 1) + (read.day < 0 ? 0 : read.day - 1));
}

/* ---- CONVERT_TZ ---- */

static int run_convert(const struct ksql_call *call, struct ksql_value *result)
{
    const struct ksql_zone *from = find_zone(call, 1), *to = find_zone(call, 2);
    int64_t ms = call->arguments[0].number;
    if (!from || !to)
        return -1;
    int64_t seconds = ksql_zone_at(to, ms).seconds - ksql_zone_at(from, ms).seconds;
    __builtin_add_overflow(ms, seconds * 1000, &ms); /* Java's wraps, too */
    return ksql_yield_number(result, ms);
}

#define FORMAT_TIMESTAMP_HELP "A time as text, by a format and in a zone."
#define PARSE_TIMESTAMP_HELP "The time that a text means, by a format and in a zone."
#define ROW(signature, run, help)                                                                  \
    {                                                                                              \
        signature, run, help, KSQL_SCALAR, NULL, prepare                                           \
    }

static const struct ksql_function rows[] = {
    {"convert_tz(TIMESTAMP timestamp, VARCHAR fromTimeZone, VARCHAR toTimeZone) TIMESTAMP",
        run_convert, "A time of one zone as that of another."},
    ROW("datetostring(INT epochDays, VARCHAR formatPattern) VARCHAR", run_format_date,
        "Days since 1970-01-01 as text, by a format."),
    ROW("format_date(DATE date, VARCHAR formatPattern) VARCHAR", run_format_date,
        "A date as text, by a format."),
    ROW("format_time(TIME time, VARCHAR formatPattern) VARCHAR", run_format_time,
        "A time of the day as text, by a format."),
    ROW("format_timestamp(TIMESTAMP timestamp, VARCHAR formatPattern) VARCHAR",
        run_format_timestamp, FORMAT_TIMESTAMP_HELP),
    ROW("format_timestamp(TIMESTAMP timestamp, VARCHAR formatPattern, VARCHAR timeZone) VARCHAR",
        run_format_timestamp, FORMAT_TIMESTAMP_HELP),
    ROW("parse_date(VARCHAR formattedDate, VARCHAR formatPattern) DATE", run_parse_date,
        "The date that a text means, by a format."),
    ROW("parse_time(VARCHAR formattedTime, VARCHAR formatPattern) TIME", run_parse_time,
        "The time of the day that a text means, by a format."),
    ROW("parse_timestamp(VARCHAR formattedTimestamp, VARCHAR formatPattern) TIMESTAMP",
        run_parse_timestamp, PARSE_TIMESTAMP_HELP),
    ROW("parse_timestamp(VARCHAR formattedTimestamp, VARCHAR formatPattern, VARCHAR timeZone) "
        "TIMESTAMP",
        run_parse_timestamp, PARSE_TIMESTAMP_HELP),
    ROW("stringtodate(VARCHAR formattedDate, VARCHAR formatPattern) INT", run_string_to_date,
        "Days since 1970-01-01 of the date that a text means, by a format."),
    ROW("stringtotimestamp(VARCHAR formattedTimestamp, VARCHAR formatPattern) BIGINT",
        run_parse_timestamp, PARSE_TIMESTAMP_HELP),
    ROW("stringtotimestamp(VARCHAR formattedTimestamp, VARCHAR formatPattern, VARCHAR timeZone) "
        "BIGINT",
        run_parse_timestamp, PARSE_TIMESTAMP_HELP),
    ROW("timestamptostring(BIGINT epochMilli, VARCHAR formatPattern) VARCHAR", run_format_timestamp,
        FORMAT_TIMESTAMP_HELP),
    ROW("timestamptostring(BIGINT epochMilli, VARCHAR formatPattern, VARCHAR timeZone) VARCHAR",
        run_format_timestamp, FORMAT_TIMESTAMP_HELP),
};

KSQL_SECTION(ksql_time_text_functions, "Times as text", rows);
