/* The 64-bit block of a TZif file, and the rule at its end for the years after its table. */
#include "ksqld/functions/zone.h"

#include "ksqld/exec/times.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#define FOLDER "/usr/share/zoneinfo/"
#define FILE_MAX (256u * 1024)
#define NAME_MAX_BYTES 64u
#define HEADER 44u
#define MOST_SECONDS (18 * 3600)

struct change {
    int64_t seconds; /* of UTC, from then on */
    uint8_t type;
};

/* The n-th weekday of a month (5: the last one), at a second of that day. */
struct rule {
    int month, week, weekday;
    int32_t second;
};

struct ksql_zone {
    struct change *changes;
    size_t change_count;
    struct ksql_zone_offset *types;
    size_t type_count;
    bool has_rule, has_summer;
    struct ksql_zone_offset winter, summer;
    struct rule begin, end; /* of summer, in local time */
};

/* ---- offsets ---- */

static bool digits(const char **next, const char *end, int32_t *number)
{
    if (end - *next < 2 || !isdigit((unsigned char)(*next)[0]) ||
        !isdigit((unsigned char)(*next)[1]))
        return false;
    *number = ((*next)[0] - '0') * 10 + (*next)[1] - '0';
    *next += 2;
    return true;
}

bool ksql_offset_parse(struct of_text text, int32_t *seconds)
{
    const char *next = text.data + 1, *end = text.data + text.length;
    int32_t parts[3] = {0};
    if (text.length < 2 || (*text.data != '+' && *text.data != '-'))
        return false;
    if (text.length == 2 && isdigit((unsigned char)*next)) {
        parts[0] = *next - '0';
        next = end;
    } else if (!digits(&next, end, &parts[0])) {
        return false;
    }
    bool colon = next < end && *next == ':';
    for (int i = 1; i < 3 && next < end; i++) {
        if (colon && *next++ != ':')
            return false;
        if (!digits(&next, end, &parts[i]) || parts[i] > 59)
            return false;
    }
    int32_t all = (parts[0] * 60 + parts[1]) * 60 + parts[2];
    *seconds = *text.data == '-' ? -all : all;
    return next == end && all <= MOST_SECONDS;
}

const struct ksql_zone *ksql_zone_fixed(struct ksql_arena *arena, int32_t seconds)
{
    struct ksql_zone *zone = ksql_arena_new(arena, sizeof(*zone));
    zone->has_rule = true;
    zone->winter = (struct ksql_zone_offset){seconds, ""};
    return zone;
}

/* ---- files ---- */

static int64_t big_endian(const uint8_t *bytes, int size)
{
    uint64_t number = size == 4 && bytes[0] & 0x80 ? ~(uint64_t)0 : 0;
    for (int i = 0; i < size; i++)
        number = number << 8 | bytes[i];
    return (int64_t)number;
}

static bool is_region(struct of_text name)
{
    static const char *const others[] = {"posix/", "right/", "localtime", "posixrules", "Factory"};
    if (!name.length || name.length >= NAME_MAX_BYTES || !isalpha((unsigned char)*name.data))
        return false;
    for (size_t i = 0; i < name.length; i++) {
        char c = name.data[i];
        if (!isalnum((unsigned char)c) && c != '/' && c != '_' && c != '-' && c != '+')
            return false;
    }
    for (size_t i = 0; i < OF_COUNT(others); i++) {
        if (name.length >= strlen(others[i]) &&
            memcmp(name.data, others[i], strlen(others[i])) == 0)
            return false;
    }
    return true;
}

static const uint8_t *read_file(struct ksql_arena *arena, struct of_text name, size_t *size)
{
    char path[sizeof(FOLDER) + NAME_MAX_BYTES];
    snprintf(path, sizeof(path), FOLDER "%.*s", (int)name.length, name.data);
    FILE *file = fopen(path, "re");
    if (!file)
        return NULL;
    struct stat status;
    bool good = fstat(fileno(file), &status) == 0 && S_ISREG(status.st_mode) &&
                status.st_size >= (off_t)HEADER && status.st_size < (off_t)FILE_MAX;
    size_t room = good ? (size_t)status.st_size : 0;
    uint8_t *bytes = ksql_arena_take(arena, room + 1);
    *size = fread(bytes, 1, room, file);
    good = good && *size == room && memcmp(bytes, "TZif", 4) == 0;
    fclose(file);
    bytes[*size] = '\0';
    return good ? bytes : NULL;
}

struct counts {
    size_t utc, standard, leap, time, type, character;
};

static struct counts read_counts(const uint8_t *header)
{
    size_t numbers[6];
    for (size_t i = 0; i < OF_COUNT(numbers); i++)
        numbers[i] = (size_t)(uint32_t)big_endian(header + 20 + 4 * i, 4);
    return (struct counts){numbers[0], numbers[1], numbers[2], numbers[3], numbers[4], numbers[5]};
}

static size_t block_size(const struct counts *counts, size_t width)
{
    return counts->time * (width + 1) + counts->type * 6 + counts->character +
           counts->leap * (width + 4) + counts->standard + counts->utc;
}

/* ---- the rule at the end: PST8PDT,M3.2.0,M11.1.0 ---- */

static const char *rule_name(struct ksql_arena *arena, const char **next)
{
    const char *start = *next;
    bool quoted = *start == '<';
    if (quoted)
        start = ++*next;
    while (quoted ? **next && **next != '>' : isalpha((unsigned char)**next))
        ++*next;
    const char *name = ksql_arena_strndup(arena, start, (size_t)(*next - start));
    *next += quoted && **next == '>';
    return name;
}

static int32_t rule_time(const char **next)
{
    int32_t seconds = 0, unit = 3600;
    int sign = **next == '-' ? -1 : 1;
    *next += **next == '-' || **next == '+';
    for (; unit && isdigit((unsigned char)**next); unit /= 60) {
        seconds += (int32_t)strtol(*next, (char **)next, 10) % 1000 * unit;
        if (**next != ':')
            break;
        ++*next;
    }
    return sign * seconds;
}

static bool rule_date(const char **next, struct rule *rule)
{
    int length = 0;
    rule->second = 7200;
    if (sscanf(*next, ",M%2d.%1d.%1d%n", &rule->month, &rule->week, &rule->weekday, &length) != 3 ||
        rule->month < 1 || rule->month > 12 || rule->week < 1 || rule->week > 5 ||
        rule->weekday > 6)
        return false;
    *next += length;
    if (**next == '/') {
        ++*next;
        rule->second = rule_time(next);
    }
    return true;
}

/* Rules of another form than M are left out: none of today's zones has one. */
static void read_rule(struct ksql_arena *arena, const char *next, struct ksql_zone *zone)
{
    zone->winter.name = rule_name(arena, &next);
    zone->winter.seconds = -rule_time(&next);
    zone->has_rule = *zone->winter.name;
    if (*next == '\n' || !*next)
        return;
    zone->summer.name = rule_name(arena, &next);
    zone->summer.seconds = zone->winter.seconds + 3600;
    if (*next != ',')
        zone->summer.seconds = -rule_time(&next);
    zone->has_summer = rule_date(&next, &zone->begin) && rule_date(&next, &zone->end);
}

static const struct ksql_zone *read_zone(
    struct ksql_arena *arena, const uint8_t *bytes, size_t size)
{
    struct counts counts = read_counts(bytes);
    size_t at = HEADER + block_size(&counts, 4);
    if (bytes[4] < '2' || at + HEADER > size)
        return NULL;
    counts = read_counts(bytes + at);
    at += HEADER;
    size_t end = at + block_size(&counts, 8);
    if (counts.time > FILE_MAX || counts.type > FILE_MAX || counts.character > FILE_MAX ||
        end >= size || !counts.type)
        return NULL;
    struct ksql_zone *zone = ksql_arena_new(arena, sizeof(*zone));
    const uint8_t *times = bytes + at, *indexes = times + 8 * counts.time;
    const uint8_t *types = indexes + counts.time, *names = types + 6 * counts.type;
    zone->changes = ksql_arena_new_array(arena, counts.time, sizeof(*zone->changes));
    zone->types = ksql_arena_new_array(arena, counts.type, sizeof(*zone->types));
    zone->change_count = counts.time;
    zone->type_count = counts.type;
    for (size_t i = 0; i < counts.time; i++) {
        zone->changes[i] = (struct change){big_endian(times + 8 * i, 8), indexes[i]};
        if (indexes[i] >= counts.type)
            return NULL;
    }
    for (size_t i = 0; i < counts.type; i++) {
        const uint8_t *type = types + 6 * i;
        if (type[5] >= counts.character)
            return NULL;
        zone->types[i].seconds = (int32_t)big_endian(type, 4);
        zone->types[i].name = ksql_arena_strndup(arena, (const char *)names + type[5],
            strnlen((const char *)names + type[5], counts.character - type[5]));
    }
    read_rule(arena, (const char *)bytes + end + 1, zone);
    return zone;
}

/* ---- zones ---- */

const struct ksql_zone *ksql_zone_find(struct ksql_arena *arena, struct of_text name)
{
    static const char *const prefixes[] = {"UTC", "GMT", "UT"};
    int32_t seconds;
    size_t size;
    if (name.length == 1 && *name.data == 'Z')
        return ksql_zone_fixed(arena, 0);
    if (ksql_offset_parse(name, &seconds))
        return ksql_zone_fixed(arena, seconds);
    for (size_t i = 0; i < OF_COUNT(prefixes); i++) {
        size_t length = strlen(prefixes[i]);
        if (name.length < length || memcmp(name.data, prefixes[i], length) != 0)
            continue;
        struct of_text rest = {name.data + length, name.length - length};
        if (!rest.length)
            seconds = 0;
        else if (!ksql_offset_parse(rest, &seconds))
            continue;
        struct ksql_zone *zone = (struct ksql_zone *)ksql_zone_fixed(arena, seconds);
        zone->winter.name = rest.length ? "" : prefixes[i];
        return zone;
    }
    const uint8_t *bytes = is_region(name) ? read_file(arena, name, &size) : NULL;
    return bytes ? read_zone(arena, bytes, size) : NULL;
}

/* Seconds of local time at which the rule holds in a year. */
static int64_t rule_in(const struct rule *rule, int64_t year)
{
    int64_t first = ksql_days_from_civil(year, rule->month, 1);
    int weekday = (int)(((first + 4) % 7 + 7) % 7); /* 1970-01-01 was a Thursday */
    int day = (rule->weekday - weekday + 7) % 7 + 7 * (rule->week - 1);
    while (day >= ksql_month_length(year, rule->month))
        day -= 7;
    return (first + day) * 86400 + rule->second;
}

static struct ksql_zone_offset by_rule(const struct ksql_zone *zone, int64_t seconds)
{
    int64_t year;
    int month, day;
    if (!zone->has_summer)
        return zone->winter;
    ksql_civil_from_days(
        ksql_floor_divide(seconds + zone->winter.seconds, 86400), &year, &month, &day);
    int64_t begin = rule_in(&zone->begin, year) - zone->winter.seconds;
    int64_t end = rule_in(&zone->end, year) - zone->summer.seconds;
    bool summer =
        begin < end ? seconds >= begin && seconds < end : seconds >= begin || seconds < end;
    return summer ? zone->summer : zone->winter;
}

struct ksql_zone_offset ksql_zone_at(const struct ksql_zone *zone, int64_t ms)
{
    int64_t seconds = ksql_floor_divide(ms, 1000);
    size_t low = 0, high = zone->change_count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (zone->changes[middle].seconds <= seconds)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == zone->change_count && zone->has_rule)
        return by_rule(zone, seconds);
    return zone->types[low ? zone->changes[low - 1].type : 0];
}

int64_t ksql_zone_to_utc(const struct ksql_zone *zone, int64_t local)
{
    int64_t before = ksql_zone_at(zone, local - KSQL_DAY_MS).seconds * INT64_C(1000);
    int64_t after = ksql_zone_at(zone, local + KSQL_DAY_MS).seconds * INT64_C(1000);
    if (ksql_zone_at(zone, local - before).seconds * INT64_C(1000) == before)
        return local - before;
    if (ksql_zone_at(zone, local - after).seconds * INT64_C(1000) == after)
        return local - after;
    return local - before;
}
