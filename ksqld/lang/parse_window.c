/* WINDOW TUMBLING, HOPPING and SESSION with their durations. */
#include "base/buffer.h"
#include "ksqld/lang/cursor.h"

#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#define DURATION_TEXT_MAX 64

static const struct {
    const char *one, *many;
    int64_t ms;
} units[] = {
    {"DAY", "DAYS", 86400000},
    {"HOUR", "HOURS", 3600000},
    {"MINUTE", "MINUTES", 60000},
    {"SECOND", "SECONDS", 1000},
    {"MILLISECOND", "MILLISECONDS", 1},
};

struct duration {
    int64_t ms;
    char text[DURATION_TEXT_MAX]; /* "30 SECONDS" */
};

static int parse_duration(struct ksql_cursor *cursor, struct duration *duration)
{
    struct ksql_node *number;
    const struct ksql_token token = cursor->token;
    const struct ksql_place place = token.place;
    if (cursor->token.kind == KSQL_TOKEN_VARIABLE) /* which may stand for literals only */
        return ksql_cursor_fail(cursor);
    if (ksql_parse_literal(cursor, &number))
        return OF_INPUT;
    if (token.kind == KSQL_TOKEN_DECIMAL || token.kind == KSQL_TOKEN_FLOAT)
        return ksql_problem_set(cursor->problem, &place,
            "Failed to prepare statement: For input string: \"%.*s\"", (int)token.length,
            token.text);
    if (number->kind != KSQL_NODE_INTEGER && number->kind != KSQL_NODE_BIGINT)
        return ksql_cursor_fail(cursor);
    for (size_t i = 0; i < OF_COUNT(units); i++) {
        if (!ksql_cursor_take_word(cursor, units[i].one) &&
            !ksql_cursor_take_word(cursor, units[i].many))
            continue;
        if (number->number < 0 || number->number > INT64_MAX / 4 / units[i].ms)
            return ksql_problem_unsupported(cursor->problem, &place, "A duration of %lld %s",
                (long long)number->number, units[i].many);
        duration->ms = number->number * units[i].ms;
        snprintf(duration->text, sizeof(duration->text), "%lld %s", (long long)number->number,
            units[i].many);
        return 0;
    }
    return ksql_cursor_fail(cursor);
}

/* , RETENTION 1 DAY, GRACE PERIOD 1 HOUR ) */
static int parse_tail(
    struct ksql_cursor *cursor, struct ksql_window_clause *window, const char *head)
{
    const char *retention = "", *grace = "";
    struct duration duration;
    bool more = ksql_cursor_take_symbol(cursor, ",");
    if (more && ksql_cursor_take_word(cursor, "RETENTION")) {
        if (parse_duration(cursor, &duration))
            return OF_INPUT;
        window->retention_ms = duration.ms;
        retention = ksql_arena_printf(cursor->arena, " , RETENTION %s", duration.text);
        more = ksql_cursor_take_symbol(cursor, ",");
    }
    if (more) {
        if (ksql_cursor_expect_word(cursor, "GRACE") || ksql_cursor_expect_word(cursor, "PERIOD") ||
            parse_duration(cursor, &duration))
            return OF_INPUT;
        window->grace_ms = duration.ms;
        grace = ksql_arena_printf(cursor->arena, " , GRACE PERIOD %s", duration.text);
    }
    if (window->size_ms == 0 || window->advance_ms == 0 || window->advance_ms > window->size_ms)
        return ksql_problem_unsupported(cursor->problem, &window->place,
            "A window without a size, or further from the next than its size,");
    if ((window->size_ms - 1) / window->advance_ms >= KSQL_WINDOW_OVERLAP_MAX)
        return ksql_problem_unsupported(cursor->problem, &window->place,
            "More than %d windows over one moment", KSQL_WINDOW_OVERLAP_MAX);
    window->text = ksql_arena_printf(cursor->arena, "%s%s%s ) ", head, retention, grace);
    return ksql_cursor_expect_symbol(cursor, ")");
}

static int parse_session(struct ksql_cursor *cursor, struct ksql_window_clause *window)
{
    struct duration gap;
    window->session = true;
    if (parse_duration(cursor, &gap))
        return OF_INPUT;
    window->size_ms = window->advance_ms = gap.ms;
    return parse_tail(cursor, window, ksql_arena_printf(cursor->arena, " SESSION ( %s", gap.text));
}

static int parse_time(struct ksql_cursor *cursor, struct ksql_window_clause *window)
{
    struct duration size, advance;
    if (ksql_cursor_expect_word(cursor, "SIZE") || parse_duration(cursor, &size))
        return OF_INPUT;
    window->size_ms = window->advance_ms = size.ms;
    if (!window->hopping)
        return parse_tail(
            cursor, window, ksql_arena_printf(cursor->arena, " TUMBLING ( SIZE %s", size.text));
    if (ksql_cursor_expect_symbol(cursor, ",") || ksql_cursor_expect_word(cursor, "ADVANCE") ||
        ksql_cursor_expect_word(cursor, "BY") || parse_duration(cursor, &advance))
        return OF_INPUT;
    window->advance_ms = advance.ms;
    return parse_tail(cursor, window,
        ksql_arena_printf(
            cursor->arena, " HOPPING ( SIZE %s , ADVANCE BY %s", size.text, advance.text));
}

int ksql_parse_window(struct ksql_cursor *cursor, struct ksql_window_clause **window)
{
    struct ksql_window_clause *found = ksql_arena_new(cursor->arena, sizeof(*found));
    *found = (struct ksql_window_clause){
        .place = cursor->token.place, .retention_ms = -1, .grace_ms = -1};
    *window = found;
    ksql_cursor_next(cursor);
    struct ksql_token ahead = ksql_cursor_peek(cursor);
    if (cursor->token.kind == KSQL_TOKEN_WORD && ahead.kind == KSQL_TOKEN_WORD &&
        ksql_cursor_is_name(cursor))
        ksql_cursor_next(cursor); /* a name, which nothing refers to */
    found->hopping = ksql_cursor_is_word(cursor, "HOPPING");
    bool session = ksql_cursor_is_word(cursor, "SESSION");
    if (!found->hopping && !session && !ksql_cursor_is_word(cursor, "TUMBLING"))
        return ksql_cursor_fail(cursor);
    ksql_cursor_next(cursor);
    if (ksql_cursor_expect_symbol(cursor, "("))
        return OF_INPUT;
    return session ? parse_session(cursor, found) : parse_time(cursor, found);
}
