/* Arithmetic on times, and what day and time it is. Formats are elsewhere. */
#include "ksqld/exec/times.h"

#include "base/clock.h"
#include "ksqld/functions/rows.h"

/* TimeUnit.toMillis and toNanos stop at the largest long. */
static int64_t duration(const struct ksql_call *call)
{
    return call->arguments[0].number * call->arguments[1].number; /* an int of days fits */
}

/* Java's division, towards zero. */
static int add_to_date(const struct ksql_call *call, int sign, struct ksql_value *result)
{
    int64_t ms = call->arguments[2].number * KSQL_DAY_MS + sign * duration(call);
    return ksql_yield_number(result, ms / KSQL_DAY_MS);
}

static int run_date_add(const struct ksql_call *call, struct ksql_value *result)
{
    return add_to_date(call, 1, result);
}

static int run_date_sub(const struct ksql_call *call, struct ksql_value *result)
{
    return add_to_date(call, -1, result);
}

/* The clock goes round. */
static int add_to_time(const struct ksql_call *call, int sign, struct ksql_value *result)
{
    static const int64_t most = INT64_MAX / 1000000; /* ms that fit as nanoseconds */
    int64_t by = duration(call);
    if (by > most || by < -most)
        return -1;
    int64_t ms = (call->arguments[2].number + sign * (by % KSQL_DAY_MS)) % KSQL_DAY_MS;
    return ksql_yield_number(result, ms < 0 ? ms + KSQL_DAY_MS : ms);
}

static int run_time_add(const struct ksql_call *call, struct ksql_value *result)
{
    return add_to_time(call, 1, result);
}

static int run_time_sub(const struct ksql_call *call, struct ksql_value *result)
{
    return add_to_time(call, -1, result);
}

static int run_timestamp_add(const struct ksql_call *call, struct ksql_value *result)
{
    return ksql_yield_number(
        result, (int64_t)((uint64_t)call->arguments[2].number + (uint64_t)duration(call)));
}

static int run_timestamp_sub(const struct ksql_call *call, struct ksql_value *result)
{
    return ksql_yield_number(
        result, (int64_t)((uint64_t)call->arguments[2].number - (uint64_t)duration(call)));
}

/* Days, or milliseconds, since 1970: only the type is another. */
static int run_same(const struct ksql_call *call, struct ksql_value *result)
{
    *result = call->arguments[0];
    return 0;
}

static int run_now(const struct ksql_call *call, struct ksql_value *result)
{
    (void)call;
    return ksql_yield_number(result, of_clock_now());
}

static int run_today(const struct ksql_call *call, struct ksql_value *result)
{
    (void)call;
    return ksql_yield_number(result, ksql_floor_divide(of_clock_now(), KSQL_DAY_MS));
}

static const struct ksql_function rows[] = {
    {"dateadd(INTERVALUNIT unit, INT interval, DATE date) DATE", run_date_add,
        "A date some time later."},
    {"datesub(INTERVALUNIT unit, INT interval, DATE date) DATE", run_date_sub,
        "A date some time earlier."},
    {"from_days(INT days) DATE", run_same, "The date so many days after 1970-01-01."},
    {"from_unixtime(BIGINT epochMilli) TIMESTAMP", run_same,
        "The time so many milliseconds after 1970 began."},
    {"timeadd(INTERVALUNIT unit, INT interval, TIME time) TIME", run_time_add,
        "A time of the day some time later."},
    {"timestampadd(INTERVALUNIT unit, INT interval, TIMESTAMP timestamp) TIMESTAMP",
        run_timestamp_add, "A time some time later."},
    {"timestampsub(INTERVALUNIT unit, INT interval, TIMESTAMP timestamp) TIMESTAMP",
        run_timestamp_sub, "A time some time earlier."},
    {"timesub(INTERVALUNIT unit, INT interval, TIME time) TIME", run_time_sub,
        "A time of the day some time earlier."},
    {"unix_date() INT", run_today, "Days since 1970-01-01: until today, or until a date."},
    {"unix_date(DATE date) INT", run_same, "Days since 1970-01-01: until today, or until a date."},
    {"unix_timestamp() BIGINT", run_now, "Milliseconds since 1970: until now, or until a time."},
    {"unix_timestamp(TIMESTAMP timestamp) BIGINT", run_same,
        "Milliseconds since 1970: until now, or until a time."},
};

KSQL_SECTION(ksql_time_functions, "Dates and times", rows);
