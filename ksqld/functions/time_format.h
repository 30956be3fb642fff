/* Patterns of Java's DateTimeFormatter: yyyy-MM-dd'T'HH:mm:ss.SSSX and the like, in English. */
#ifndef KSQLD_FUNCTIONS_TIME_FORMAT_H
#define KSQLD_FUNCTIONS_TIME_FORMAT_H

#include "base/buffer.h"
#include "ksqld/functions/zone.h"

#define KSQL_FORMAT_PARTS_MAX 64u

enum ksql_format_field {
    KSQL_FORMAT_TEXT,
    KSQL_FORMAT_YEAR,
    KSQL_FORMAT_MONTH,
    KSQL_FORMAT_DAY,
    KSQL_FORMAT_WEEKDAY,
    KSQL_FORMAT_HOUR,      /* 0 to 23 */
    KSQL_FORMAT_HALF_HOUR, /* 1 to 12 */
    KSQL_FORMAT_HALF,      /* AM, PM */
    KSQL_FORMAT_MINUTE,
    KSQL_FORMAT_SECOND,
    KSQL_FORMAT_FRACTION,
    KSQL_FORMAT_OFFSET, /* +0200; `letter` X, x or Z */
    KSQL_FORMAT_ZONE,   /* PDT */
};

struct ksql_format_part {
    enum ksql_format_field field;
    char letter;
    int width; /* how often the letter stands there */
    struct of_text text;
};

struct ksql_format {
    struct ksql_format_part parts[KSQL_FORMAT_PARTS_MAX];
    size_t count;
};

/* In the arena. NULL: no pattern, or *refusal: one that is not done here. */
const struct ksql_format *ksql_format_read(
    struct ksql_arena *arena, struct of_text pattern, const char **refusal);

enum ksql_format_kind { KSQL_FORMAT_OF_DATE, KSQL_FORMAT_OF_TIME, KSQL_FORMAT_OF_BOTH };

/* Appends a time, local to the zone (which may be NULL for a date or a time alone). -1: the pattern
 * asks for what the kind doesn't have. 1: refused: *refusal. */
int ksql_format_print(const struct ksql_format *format, enum ksql_format_kind kind, int64_t utc,
    const struct ksql_zone *zone, struct of_buffer *out, const char **refusal);

/* What text says; -1 in a field: nothing. */
struct ksql_format_result {
    int64_t year;
    bool has_year;
    int month, day, hour, minute, second, ms;
    bool has_zone, named_zone; /* PST */
    bool next_day;             /* 24:00 */
    bool no_half;              /* an hour of the half day, but not which half */
    const struct ksql_zone *zone;
};

/* `lenient`: as SimpleDateFormat reads, for a date: numbers may be too large, text may follow.
 * -1: it doesn't fit. 1: refused. */
int ksql_format_parse(struct ksql_arena *arena, const struct ksql_format *format,
    struct of_text text, bool lenient, struct ksql_format_result *result, const char **refusal);

/* MMMM or LLLL: without a language, in which ksqlDB reads TIMESTAMPs, Java has no such names, or
 * others, by its version. */
bool ksql_format_has_month_names(const struct ksql_format *format);

/* The moment that a text means, of UTC where it names no zone: what STRINGTOTIMESTAMP yields. The
 * results are those of ksql_format_parse. */
int ksql_format_moment(struct ksql_arena *arena, const struct ksql_format *format,
    struct of_text text, int64_t *utc, const char **refusal);

#endif
