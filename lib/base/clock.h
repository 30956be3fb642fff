/* Time: int64 milliseconds since 1970-01-01T00:00:00Z, proleptic Gregorian, no leap seconds. */
#ifndef OF_BASE_CLOCK_H
#define OF_BASE_CLOCK_H

#include "base/error.h"

#include <stdint.h>

#define OF_SECOND INT64_C(1000)
#define OF_MINUTE (60 * OF_SECOND)
#define OF_HOUR (60 * OF_MINUTE)
#define OF_DAY (24 * OF_HOUR)

int64_t of_clock_now(void);       /* wall clock, milliseconds */
int64_t of_clock_monotonic(void); /* milliseconds from an arbitrary start, never back */
int64_t of_clock_monotonic_ns(void);

struct of_date {
    int year, month, day;                  /* month 1-12, day 1-31 */
    int hour, minute, second, millisecond; /* UTC */
    int weekday;                           /* 0 = Sunday */
};

void of_date_from_millis(int64_t millis, struct of_date *date);
int64_t of_date_to_millis(const struct of_date *date); /* weekday is ignored */
int of_days_in_month(int year, int month);

#define OF_ISO8601_SIZE 32
/* "2026-11-21T04:40:33Z", with ".123" before the Z only if the milliseconds are not 0. Years
 * outside 0000..9999 print with sign as ISO 8601 has it. */
const char *of_iso8601_print(int64_t millis, char text[OF_ISO8601_SIZE]);

/* Takes "2026-11-21", "2026-11-21T04:40[:33[.123]]" with "Z", "+hh:mm" or nothing (= UTC), 'T' or
 * a space between date and time. INPUT error that quotes the text. */
int of_iso8601_parse(const char *text, int64_t *millis, struct of_error *error) OF_NODISCARD;

/* Sleeps up to `millis`, less if a signal arrives. */
void of_sleep(int64_t millis);

#endif
