/* TIMESTAMP (ms since 1970), DATE (days) and TIME (ms of the day) to and from text, as CAST and
 * comparisons have it. UTC. */
#ifndef KSQLD_EXEC_TIMES_H
#define KSQLD_EXEC_TIMES_H

#include "avro/binary.h"

#define KSQL_DAY_MS INT64_C(86400000)
#define KSQL_TIME_TEXT_MAX 64

/* 2020-05-26T23:59:58.000+02:00, and less of it: a year alone is good. False: it is none. */
bool ksql_timestamp_parse(struct of_text text, int64_t *ms);
/* 2020-05-26, 2020-05, 2020 */
bool ksql_date_parse(struct of_text text, int64_t *days);
/* 23:59, 23:59:58, 23:59:58.123456789 */
bool ksql_time_parse(struct of_text text, int64_t *ms);

/* Each yields the length. */
size_t ksql_timestamp_print(int64_t ms, char text[KSQL_TIME_TEXT_MAX]);
size_t ksql_date_print(int64_t days, char text[KSQL_TIME_TEXT_MAX]);
/* Without seconds if they are zero, never with less than seconds. */
size_t ksql_time_print(int64_t ms, char text[KSQL_TIME_TEXT_MAX]);

/* Days since 1970 of a day of the Gregorian calendar, and back. */
int64_t ksql_days_from_civil(int64_t year, int month, int day);
void ksql_civil_from_days(int64_t days, int64_t *year, int *month, int *day);
int ksql_month_length(int64_t year, int month);

static inline int64_t ksql_floor_divide(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

/* Java's TimeUnit stops at the ends of a long. */
static inline int64_t ksql_days_to_ms(int64_t days)
{
    int64_t ms;
    return __builtin_mul_overflow(days, KSQL_DAY_MS, &ms) ? (days < 0 ? INT64_MIN : INT64_MAX) : ms;
}

static inline int64_t ksql_floor_modulo(int64_t a, int64_t b)
{
    int64_t rest = a % b;
    return rest < 0 ? rest + b : rest;
}

#endif
