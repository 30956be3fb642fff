/* TIME: 8 bytes of start. SESSION: 8 bytes of end, then 8 of start. All big-endian. */
#include "ksqld/serde/window.h"

#include "ksqld/lang/problem.h"

#include <ctype.h>
#include <endian.h>
#include <strings.h>

#define STAMP sizeof(uint64_t)
#define WORD_MAX 64   /* bytes of a unit's name, with its NUL */
#define DIGITS_MAX 15 /* of a duration's number */
#define BLANKS " \t\n\v\f\r"

static int64_t read_stamp(const void *bytes)
{
    uint64_t stamp;
    memcpy(&stamp, bytes, sizeof(stamp));
    return (int64_t)be64toh(stamp);
}

static void append_stamp(int64_t number, struct of_buffer *out)
{
    uint64_t stamp = htobe64((uint64_t)number);
    of_buffer_append(out, &stamp, sizeof(stamp));
}

int ksql_window_split(const struct ksql_windows *windows, size_t *key_size, const void *key,
    struct ksql_window *window, struct of_error *error)
{
    bool session = windows->kind == KSQL_WINDOW_SESSION;
    size_t size = windows->kind == KSQL_WINDOW_NONE ? 0 : session ? 2 * STAMP : STAMP;
    *window = (struct ksql_window){0};
    if (!size)
        return 0;
    if (*key_size < size)
        return of_fail(error, OF_INPUT, "a key of %zu bytes has no room for its window", *key_size);
    const char *stamps = (const char *)key + *key_size - size;
    struct ksql_window read = {.start = read_stamp(session ? stamps + STAMP : stamps)};
    if (session)
        read.end = read_stamp(stamps);
    else if (__builtin_add_overflow(read.start, windows->size, &read.end))
        read.end = INT64_MAX;
    if (read.start < 0 || read.end < read.start)
        return of_fail(error, OF_INPUT, "a key whose window goes from %lld to %lld",
            (long long)read.start, (long long)read.end);
    *key_size -= size;
    *window = read;
    return 0;
}

void ksql_window_append(
    enum ksql_window_kind kind, const struct ksql_window *window, struct of_buffer *out)
{
    if (kind == KSQL_WINDOW_SESSION)
        append_stamp(window->end, out);
    if (kind != KSQL_WINDOW_NONE)
        append_stamp(window->start, out);
}

/* ---- durations ---- */

static int fail_duration(struct ksql_problem *problem, const char *text, const char *what)
{
    return ksql_problem_set(problem, NULL, "Invalid duration: '%s'. %s", text, what);
}

/* Milliseconds of a unit in upper case, with or without its S; 0: unknown. */
static int64_t find_unit(const char *name)
{
    static const struct {
        const char *name;
        int64_t milliseconds;
    } units[] = {{"MILLISECOND", 1}, {"SECOND", 1000}, {"MINUTE", 60000}, {"HOUR", 3600000},
        {"DAY", 86400000}};
    for (size_t i = 0; i < OF_COUNT(units); i++) {
        size_t length = strlen(units[i].name);
        if (strncmp(name, units[i].name, length) == 0 &&
            (!name[length] || strcmp(name + length, "S") == 0))
            return units[i].milliseconds;
    }
    return 0;
}

/* As Java's split("\\s") does: each blank ends a token, those behind the last one count for
 * nothing. */
static size_t count_tokens(const char *text)
{
    size_t tokens = 1, length = strlen(text);
    while (length && strchr(BLANKS, text[length - 1]))
        length--;
    if (*text && !length)
        return 0;
    for (size_t i = 0; i < length; i++)
        tokens += strchr(BLANKS, text[i]) != NULL;
    return tokens;
}

int ksql_duration_parse(const char *text, int64_t *milliseconds, struct ksql_problem *problem)
{
    size_t tokens = count_tokens(text), width = strcspn(text, BLANKS);
    if (tokens != 2)
        return ksql_problem_set(
            problem, NULL, "Invalid duration: '%s'. Expected 2 tokens, got: %zu", text, tokens);
    const char *unit = text + width + 1;
    size_t unit_width = strcspn(unit, BLANKS);
    size_t sign = *text == '-' || *text == '+', digits = width - sign;
    if (!digits || digits > DIGITS_MAX || strspn(text + sign, "0123456789") != digits)
        return ksql_problem_set(
            problem, NULL, "Invalid duration: '%s'. Not numeric: '%.*s'", text, (int)width, text);
    char upper[WORD_MAX] = "";
    if (unit_width >= sizeof(upper))
        return fail_duration(problem, text, "Unknown time unit.");
    for (size_t i = 0; i < unit_width; i++)
        upper[i] = (char)toupper((unsigned char)unit[i]);
    int64_t size = find_unit(upper), count = 0;
    for (size_t i = 0; i < digits; i++)
        count = count * 10 + (text[sign + i] - '0');
    if (!size && (strncmp(upper, "NANOSECOND", 10) == 0 || strncmp(upper, "MICROSECOND", 11) == 0))
        return ksql_problem_unsupported(problem, NULL, "A duration in parts of milliseconds");
    if (!size)
        return ksql_problem_set(problem, NULL,
            "Invalid duration: '%s'. Unknown time unit: '%s'\nSupported time units are: "
            "NANOSECONDS, MICROSECONDS, MILLISECONDS, SECONDS, MINUTES, HOURS, DAYS",
            text, upper);
    if (__builtin_mul_overflow(count, *text == '-' ? -size : size, &count))
        return fail_duration(problem, text, "Too long.");
    *milliseconds = count;
    return 0;
}
