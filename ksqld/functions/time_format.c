/* Patterns read, and times printed and read by them. */
#include "ksqld/functions/time_format.h"

#include "ksqld/exec/times.h"

#include <ctype.h>
#include <strings.h>

static const char *const months[] = {"January", "February", "March", "April", "May", "June", "July",
    "August", "September", "October", "November", "December"};
static const char *const weekdays[] = {
    "Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"};

/* Names that Java has as well, with the region it takes for them. */
static const struct {
    const char *name, *region;
} zones[] = {{"PST", "America/Los_Angeles"}, {"PDT", "America/Los_Angeles"},
    {"MST", "America/Denver"}, {"MDT", "America/Denver"}, {"CST", "America/Chicago"},
    {"CDT", "America/Chicago"}, {"EST", "America/New_York"}, {"EDT", "America/New_York"},
    {"UTC", "UTC"}, {"GMT", "GMT"}};

/* ---- patterns ---- */

static const struct {
    char letter;
    enum ksql_format_field field;
    int most; /* letters; more are an error or not done here */
} letters[] = {{'y', KSQL_FORMAT_YEAR, 4}, {'u', KSQL_FORMAT_YEAR, 4}, {'M', KSQL_FORMAT_MONTH, 4},
    {'L', KSQL_FORMAT_MONTH, 2}, {'d', KSQL_FORMAT_DAY, 2}, {'E', KSQL_FORMAT_WEEKDAY, 4},
    {'H', KSQL_FORMAT_HOUR, 2}, {'h', KSQL_FORMAT_HALF_HOUR, 2}, {'a', KSQL_FORMAT_HALF, 1},
    {'m', KSQL_FORMAT_MINUTE, 2}, {'s', KSQL_FORMAT_SECOND, 2}, {'S', KSQL_FORMAT_FRACTION, 9},
    {'X', KSQL_FORMAT_OFFSET, 3}, {'x', KSQL_FORMAT_OFFSET, 3}, {'Z', KSQL_FORMAT_OFFSET, 3},
    {'z', KSQL_FORMAT_ZONE, 3}};

/* 'text' with '' for a quote; the quote itself alone outside. */
static bool read_quoted(
    struct ksql_arena *arena, struct of_text pattern, size_t *at, struct ksql_format_part *part)
{
    char *text = ksql_arena_take(arena, pattern.length + 1);
    size_t length = 0, start = ++*at;
    for (; *at < pattern.length; ++*at) {
        if (pattern.data[*at] == '\'') {
            if (*at + 1 == pattern.length || pattern.data[*at + 1] != '\'')
                break;
            ++*at;
        }
        text[length++] = pattern.data[*at];
    }
    if (*at == pattern.length)
        return false;
    if (*at == start)
        text[length++] = '\'';
    ++*at;
    *part = (struct ksql_format_part){.text = {text, length}};
    return true;
}

static bool read_letters(struct of_text pattern, size_t *at, struct ksql_format_part *part)
{
    char letter = pattern.data[*at];
    for (size_t i = 0; i < OF_COUNT(letters); i++) {
        if (letters[i].letter != letter)
            continue;
        *part = (struct ksql_format_part){.field = letters[i].field, .letter = letter};
        for (; *at < pattern.length && pattern.data[*at] == letter; ++*at)
            part->width++;
        return part->width <= letters[i].most;
    }
    return false;
}

const struct ksql_format *ksql_format_read(
    struct ksql_arena *arena, struct of_text pattern, const char **refusal)
{
    struct ksql_format *format = ksql_arena_new(arena, sizeof(*format));
    *refusal = NULL;
    for (size_t at = 0; at < pattern.length;) {
        struct ksql_format_part *part = &format->parts[format->count];
        char c = pattern.data[at];
        if (format->count == KSQL_FORMAT_PARTS_MAX) {
            *refusal = "A time format of so many parts";
            return NULL;
        }
        format->count++;
        if (c == '\'') {
            if (!read_quoted(arena, pattern, &at, part))
                return NULL;
        } else if (isalpha((unsigned char)c)) {
            if (!read_letters(pattern, &at, part)) {
                *refusal = part->width > 1
                               ? ksql_arena_printf(arena, "%d times the letter %c in a time format",
                                     part->width, c)
                               : ksql_arena_printf(arena, "The letter %c in a time format", c);
                return NULL;
            }
        } else if (strchr("[]{}#", c)) {
            *refusal = "An optional part of a time format";
            return NULL;
        } else {
            *part = (struct ksql_format_part){.text = {pattern.data + at, 1}};
            at++;
        }
    }
    return format;
}

/* ---- printing ---- */

struct clock {
    int64_t days, year;
    int month, day, hour, minute, second, ms;
};

static struct clock split(int64_t local)
{
    struct clock clock = {.days = ksql_floor_divide(local, KSQL_DAY_MS)};
    int64_t rest = ksql_floor_modulo(local, KSQL_DAY_MS);
    ksql_civil_from_days(clock.days, &clock.year, &clock.month, &clock.day);
    clock.hour = (int)(rest / 3600000);
    clock.minute = (int)(rest / 60000 % 60);
    clock.second = (int)(rest / 1000 % 60);
    clock.ms = (int)(rest % 1000);
    return clock;
}

static void print_year(const struct ksql_format_part *part, int64_t year, struct of_buffer *out)
{
    if (part->letter == 'y' && year <= 0) /* of its era */
        year = 1 - year;
    if (part->width == 2) {
        of_buffer_appendf(out, "%02d", (int)(((year % 100) + 100) % 100));
        return;
    }
    of_buffer_appendf(out, "%s%s%0*lld", year > 9999 && part->width == 4 ? "+" : "",
        year < 0 ? "-" : "", part->width, (long long)(year < 0 ? -year : year));
}

static void print_offset(
    const struct ksql_format_part *part, int32_t seconds, struct of_buffer *out)
{
    int32_t size = seconds < 0 ? -seconds : seconds;
    if (part->letter == 'X' && !size) {
        of_buffer_append_byte(out, 'Z');
        return;
    }
    of_buffer_appendf(out, "%c%02d", seconds < 0 ? '-' : '+', size / 3600);
    bool minutes = part->letter == 'Z' || part->width > 1 || size / 60 % 60;
    if (minutes)
        of_buffer_appendf(
            out, "%s%02d", part->letter != 'Z' && part->width == 3 ? ":" : "", size / 60 % 60);
}

static bool print_zone(const char *name, struct of_buffer *out)
{
    for (size_t i = 0; i < OF_COUNT(zones); i++) {
        if (strcmp(zones[i].name, name) == 0) {
            of_buffer_append_text(out, name);
            return true;
        }
    }
    return false;
}

static void print_name(const char *name, bool full, struct of_buffer *out)
{
    of_buffer_append(out, name, full ? strlen(name) : 3);
}

static void print_fraction(int width, int ms, struct of_buffer *out)
{
    int nanos = ms * 1000000;
    for (int i = 9; i > width; i--)
        nanos /= 10;
    of_buffer_appendf(out, "%0*d", width, nanos);
}

static bool has_field(enum ksql_format_field field, enum ksql_format_kind kind)
{
    bool date = field >= KSQL_FORMAT_YEAR && field <= KSQL_FORMAT_WEEKDAY;
    if (field == KSQL_FORMAT_TEXT || kind == KSQL_FORMAT_OF_BOTH)
        return true;
    if (field >= KSQL_FORMAT_OFFSET)
        return false;
    return date == (kind == KSQL_FORMAT_OF_DATE);
}

int ksql_format_print(const struct ksql_format *format, enum ksql_format_kind kind, int64_t utc,
    const struct ksql_zone *zone, struct of_buffer *out, const char **refusal)
{
    struct ksql_zone_offset offset = {0};
    if (zone)
        offset = ksql_zone_at(zone, utc);
    int64_t local;
    if (__builtin_add_overflow(utc, offset.seconds * INT64_C(1000), &local)) {
        *refusal = "A time in a zone, at the ends of what a TIMESTAMP holds,";
        return 1;
    }
    struct clock clock = split(local);
    for (size_t i = 0; i < format->count; i++) {
        const struct ksql_format_part *part = &format->parts[i];
        if (!has_field(part->field, kind))
            return -1;
        switch (part->field) {
        case KSQL_FORMAT_TEXT:
            of_buffer_append(out, part->text.data, part->text.length);
            break;
        case KSQL_FORMAT_YEAR:
            print_year(part, clock.year, out);
            break;
        case KSQL_FORMAT_MONTH:
            if (part->width > 2)
                print_name(months[clock.month - 1], part->width == 4, out);
            else
                of_buffer_appendf(out, "%0*d", part->width, clock.month);
            break;
        case KSQL_FORMAT_DAY:
            of_buffer_appendf(out, "%0*d", part->width, clock.day);
            break;
        case KSQL_FORMAT_WEEKDAY:
            print_name(weekdays[((clock.days + 4) % 7 + 7) % 7], part->width == 4, out);
            break;
        case KSQL_FORMAT_HOUR:
            of_buffer_appendf(out, "%0*d", part->width, clock.hour);
            break;
        case KSQL_FORMAT_HALF_HOUR:
            of_buffer_appendf(out, "%0*d", part->width, (clock.hour + 11) % 12 + 1);
            break;
        case KSQL_FORMAT_HALF:
            of_buffer_append_text(out, clock.hour < 12 ? "AM" : "PM");
            break;
        case KSQL_FORMAT_MINUTE:
            of_buffer_appendf(out, "%0*d", part->width, clock.minute);
            break;
        case KSQL_FORMAT_SECOND:
            of_buffer_appendf(out, "%0*d", part->width, clock.second);
            break;
        case KSQL_FORMAT_FRACTION:
            print_fraction(part->width, clock.ms, out);
            break;
        case KSQL_FORMAT_OFFSET:
            print_offset(part, offset.seconds, out);
            break;
        case KSQL_FORMAT_ZONE:
            *refusal = "The name of this time zone in a time format";
            if (!print_zone(offset.name, out))
                return 1;
            *refusal = NULL;
            break;
        }
    }
    return 0;
}

/* ---- reading ---- */

struct parser {
    struct ksql_arena *arena;
    struct of_text text;
    size_t at;
    bool lenient;
};

static bool is_number(const struct ksql_format_part *part)
{
    return (part->field == KSQL_FORMAT_MONTH && part->width <= 2) ||
           (part->field >= KSQL_FORMAT_YEAR && part->field <= KSQL_FORMAT_FRACTION &&
               part->field != KSQL_FORMAT_MONTH && part->field != KSQL_FORMAT_WEEKDAY &&
               part->field != KSQL_FORMAT_HALF);
}

/* `least` to `most` digits, behind blanks or not. */
static bool take_number(struct parser *parser, int least, int most, bool blanks, int64_t *number)
{
    int count = 0;
    *number = 0;
    while (blanks && parser->at < parser->text.length &&
           isspace((unsigned char)parser->text.data[parser->at]))
        parser->at++;
    for (; count < most && parser->at < parser->text.length &&
           isdigit((unsigned char)parser->text.data[parser->at]);
         count++)
        *number = *number * 10 + (parser->text.data[parser->at++] - '0');
    return count >= least;
}

static bool take_text(struct parser *parser, struct of_text text, bool exact)
{
    if (parser->text.length - parser->at < text.length)
        return false;
    const char *here = parser->text.data + parser->at;
    if (exact ? memcmp(here, text.data, text.length) != 0
              : strncasecmp(here, text.data, text.length) != 0)
        return false;
    parser->at += text.length;
    return true;
}

/* The index of the name, in short or in full; -1: none. */
static int take_name(struct parser *parser, const char *const *names, size_t count, bool full)
{
    for (size_t i = 0; i < count; i++) {
        if (take_text(parser, (struct of_text){names[i], full ? strlen(names[i]) : 3}, false))
            return (int)i;
    }
    return -1;
}

static bool is_sign(char c)
{
    return c == '+' || c == '-';
}

/* Widths of numbers: one letter takes any digits, several just as many; when another number comes
 * right behind, the letters say how many in any case. */
static bool take_field(struct parser *parser, const struct ksql_format_part *part, bool adjacent,
    int64_t *number, const char **refusal)
{
    int most = part->width;
    bool sign = parser->at < parser->text.length && is_sign(parser->text.data[parser->at]);
    if (!parser->lenient && sign && part->letter == 'u')
        *refusal = "A year with a sign in a text";
    if (parser->lenient)
        return take_number(parser, 1, adjacent ? part->width : 9, !adjacent, number);
    if (part->width == 1 && !adjacent && part->field != KSQL_FORMAT_FRACTION)
        most = 9;
    return take_number(parser, part->width, most, false, number);
}

static bool take_zone(struct parser *parser, const struct ksql_format_part *part,
    struct ksql_format_result *result, const char **refusal)
{
    size_t end = parser->at;
    int32_t seconds;
    result->has_zone = true;
    if (part->field == KSQL_FORMAT_ZONE) {
        for (size_t i = 0; i < OF_COUNT(zones); i++) {
            if (!take_text(parser, (struct of_text){zones[i].name, strlen(zones[i].name)}, false))
                continue;
            result->zone = ksql_zone_find(
                parser->arena, (struct of_text){zones[i].region, strlen(zones[i].region)});
            result->named_zone = strchr(zones[i].region, '/');
            bool longer = parser->at < parser->text.length && /* GMT+01:30 */
                          is_sign(parser->text.data[parser->at]);
            if (longer)
                *refusal = "This time zone in a text";
            return result->zone && !longer;
        }
        *refusal = "This time zone in a text";
        return false;
    }
    if (part->letter == 'X' && take_text(parser, OF_TEXT("Z"), false)) {
        result->zone = ksql_zone_fixed(parser->arena, 0);
        return true;
    }
    bool colon = part->width == 3 && part->letter != 'Z';
    size_t least = colon ? 6 : part->letter != 'Z' && part->width == 1 ? 3 : 5;
    if (parser->text.length - end < least)
        return false;
    size_t size = least;
    if (least == 3 && parser->text.length - end >= 5 &&
        isdigit((unsigned char)parser->text.data[end + 3]) &&
        isdigit((unsigned char)parser->text.data[end + 4]))
        size = 5;
    struct of_text shown = {parser->text.data + end, size};
    if ((colon && shown.data[3] != ':') || !ksql_offset_parse(shown, &seconds))
        return false;
    parser->at += size;
    result->zone = ksql_zone_fixed(parser->arena, seconds);
    return true;
}

struct halves {
    int hour, half; /* 1 to 12; 0 or 1 */
};

static bool set_number(const struct ksql_format_part *part, int64_t number, bool lenient,
    struct ksql_format_result *result, struct halves *halves)
{
    static const struct {
        int least, most;
    } ranges[] = {[KSQL_FORMAT_MONTH] = {1, 12},
        [KSQL_FORMAT_DAY] = {1, 31},
        [KSQL_FORMAT_HOUR] = {0, 24},
        [KSQL_FORMAT_HALF_HOUR] = {0, 12}, /* as Java, for whom 0 is 12 */
        [KSQL_FORMAT_MINUTE] = {0, 59},
        [KSQL_FORMAT_SECOND] = {0, 59},
        [KSQL_FORMAT_FRACTION] = {0, 999999999}};
    if (part->field == KSQL_FORMAT_YEAR) {
        result->has_year = true;
        result->year = part->width == 2 ? 2000 + number : number;
        return lenient || part->letter == 'u' || result->year > 0;
    }
    if (!lenient && (number < ranges[part->field].least || number > ranges[part->field].most))
        return false;
    int *places[] = {[KSQL_FORMAT_MONTH] = &result->month,
        [KSQL_FORMAT_DAY] = &result->day,
        [KSQL_FORMAT_HOUR] = &result->hour,
        [KSQL_FORMAT_HALF_HOUR] = &halves->hour,
        [KSQL_FORMAT_MINUTE] = &result->minute,
        [KSQL_FORMAT_SECOND] = &result->second,
        [KSQL_FORMAT_FRACTION] = &result->ms};
    for (int i = part->width; part->field == KSQL_FORMAT_FRACTION && i != 3; i += i < 3 ? 1 : -1)
        number = i < 3 ? number * 10 : number / 10;
    *places[part->field] = (int)number;
    return true;
}

static int parse_part(struct parser *parser, const struct ksql_format_part *part, bool adjacent,
    struct ksql_format_result *result, struct halves *halves, const char **refusal)
{
    int64_t number;
    if (is_number(part))
        return take_field(parser, part, adjacent, &number, refusal) &&
                       set_number(part, number, parser->lenient, result, halves)
                   ? 0
               : *refusal ? 1
                          : -1;
    switch (part->field) {
    case KSQL_FORMAT_TEXT:
        return take_text(parser, part->text, parser->lenient) ? 0 : -1;
    case KSQL_FORMAT_MONTH:
        result->month =
            take_name(parser, months, OF_COUNT(months), part->width == 4 || parser->lenient) + 1;
        if (!result->month && parser->lenient)
            result->month = take_name(parser, months, OF_COUNT(months), false) + 1;
        return result->month ? 0 : -1;
    case KSQL_FORMAT_HALF:
        halves->half = take_text(parser, OF_TEXT("AM"), false)   ? 0
                       : take_text(parser, OF_TEXT("PM"), false) ? 1
                                                                 : -1;
        return halves->half < 0 ? -1 : 0;
    case KSQL_FORMAT_WEEKDAY: /* would have to agree with the date */
        *refusal = "A weekday in a text";
        return 1;
    default:
        if (take_zone(parser, part, result, refusal))
            return 0;
        return *refusal ? 1 : -1;
    }
}

/* What Java reads in ways of its own: years of three digits and more, a single letter beside
 * another number, and whether two fields that say the same agree. */
static const char *find_obstacle(const struct ksql_format *format)
{
    unsigned seen = 0;
    for (size_t i = 0; i < format->count; i++) {
        const struct ksql_format_part *part = &format->parts[i], *next = part + 1;
        bool number = is_number(part);
        bool beside = i + 1 < format->count && number && is_number(next);
        if (part->field == KSQL_FORMAT_YEAR && (part->width == 3 || part->width > 4))
            return "A year of so many letters, in a text,";
        if (beside && (part->width == 1 || next->width == 1))
            return "A single letter beside another number, in a text,";
        if (part->field != KSQL_FORMAT_TEXT && seen >> part->field & 1)
            return "The same twice in a text";
        seen |= 1u << part->field;
    }
    return NULL;
}

/* 24:00 is the end of the day: the beginning of the next one, where there is a date. */
static bool end_day(struct ksql_format_result *result)
{
    if (result->minute > 0 || result->second > 0 || result->ms > 0)
        return false;
    result->hour = 0;
    result->next_day = result->has_year && result->month > 0 && result->day > 0;
    return true;
}

/* Java takes PST and its like for zones whose summers are still those of 1976. */
static bool has_old_rules(const struct ksql_format_result *result)
{
    int month = result->month;
    return (result->has_year && result->year < 1976) || month == 3 || month == 4 || month == 10 ||
           month == 11;
}

bool ksql_format_has_month_names(const struct ksql_format *format)
{
    for (size_t i = 0; i < format->count; i++) {
        if (format->parts[i].field == KSQL_FORMAT_MONTH && format->parts[i].width > 3)
            return true;
    }
    return false;
}

int ksql_format_parse(struct ksql_arena *arena, const struct ksql_format *format,
    struct of_text text, bool lenient, struct ksql_format_result *result, const char **refusal)
{
    struct parser parser = {arena, text, 0, lenient};
    struct halves halves = {-1, -1};
    *refusal = lenient ? NULL : find_obstacle(format);
    if (*refusal)
        return 1;
    *result = (struct ksql_format_result){
        .month = -1, .day = -1, .hour = -1, .minute = -1, .second = -1, .ms = -1};
    for (size_t i = 0; i < format->count; i++) {
        const struct ksql_format_part *part = &format->parts[i];
        bool adjacent = i + 1 < format->count && is_number(part) && is_number(part + 1);
        bool behind = i > 0 && is_number(part) && is_number(part - 1);
        int status =
            parse_part(&parser, part, adjacent || (behind && !lenient), result, &halves, refusal);
        if (status)
            return status;
    }
    if (!lenient && parser.at != text.length)
        return -1;
    if (!lenient && result->hour == 24 && !end_day(result))
        return -1;
    if (result->named_zone && has_old_rules(result)) {
        *refusal = "The name of this time zone, with this date, in a text";
        return 1;
    }
    result->no_half = halves.hour >= 0 && result->hour < 0 && halves.half < 0;
    if (halves.hour >= 0 && result->hour < 0)
        result->hour = halves.hour % 12 + (halves.half > 0 ? 12 : 0);
    if (halves.half >= 0 && halves.hour < 0) {
        *refusal = "AM and PM without an hour of the half day";
        return 1;
    }
    return 0;
}
