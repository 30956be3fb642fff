/* The sources of a SELECT: one, or several joined. */
#include "ksqld/lang/cursor.h"

#define JOINS_MAX 15u /* sources behind the first: as many as a query may have */

/* EMIT, PARTITION and the kinds of joins may be names; what follows them tells. */
static bool is_clause(struct ksql_cursor *cursor)
{
    static const char *const pairs[][2] = {{"EMIT", "CHANGES"}, {"EMIT", "FINAL"},
        {"PARTITION", "BY"}, {"GROUP", "BY"}, {"INNER", "JOIN"}, {"LEFT", "JOIN"},
        {"LEFT", "OUTER"}, {"RIGHT", "JOIN"}, {"RIGHT", "OUTER"}, {"FULL", "JOIN"},
        {"FULL", "OUTER"}, {"WINDOW", "TUMBLING"}, {"WINDOW", "HOPPING"}, {"WINDOW", "SESSION"}};
    struct ksql_token ahead = ksql_cursor_peek(cursor);
    for (size_t i = 0; i < OF_COUNT(pairs); i++) {
        if (ksql_cursor_is_word(cursor, pairs[i][0]) && ksql_token_is_word(&ahead, pairs[i][1]))
            return true;
    }
    return ksql_cursor_is_word(cursor, "JOIN") || ksql_cursor_is_word(cursor, "WITHIN") ||
           ksql_cursor_is_word(cursor, "ON");
}

static int parse_source(struct ksql_cursor *cursor, const char **name, const char **alias)
{
    if (ksql_cursor_source_name(cursor, name))
        return OF_INPUT;
    *alias = *name;
    if (ksql_cursor_take_word(cursor, "AS") || (!is_clause(cursor) && ksql_cursor_is_name(cursor)))
        return ksql_cursor_source_name(cursor, alias);
    return 0;
}

/* The words before JOIN; false: no join begins here. */
static bool take_kind(struct ksql_cursor *cursor, enum ksql_join_kind *kind)
{
    static const struct {
        const char *word;
        enum ksql_join_kind kind;
    } kinds[] = {{"INNER", KSQL_JOIN_INNER}, {"LEFT", KSQL_JOIN_LEFT}, {"RIGHT", KSQL_JOIN_RIGHT},
        {"FULL", KSQL_JOIN_FULL}};
    *kind = KSQL_JOIN_INNER;
    for (size_t i = 0; i < OF_COUNT(kinds); i++) {
        if (!ksql_cursor_take_word(cursor, kinds[i].word))
            continue;
        *kind = kinds[i].kind;
        if (*kind != KSQL_JOIN_INNER)
            ksql_cursor_take_word(cursor, "OUTER");
        return true;
    }
    return ksql_cursor_is_word(cursor, "JOIN");
}

/* WITHIN 1 HOUR, WITHIN (1 HOUR, 2 HOURS) GRACE PERIOD 1 DAY: for two streams only. */
static void skip_within(struct ksql_cursor *cursor)
{
    while (!ksql_cursor_is_word(cursor, "ON") && !ksql_cursor_is_symbol(cursor, ";") &&
           cursor->token.kind != KSQL_TOKEN_END)
        ksql_cursor_next(cursor);
}

static int parse_join(
    struct ksql_cursor *cursor, struct ksql_select *select, enum ksql_join_kind kind)
{
    struct ksql_join join = {.kind = kind};
    if (select->join_count == JOINS_MAX)
        return ksql_problem_set(cursor->problem, &cursor->token.place,
            "a SELECT reads from more than %u sources", JOINS_MAX + 1);
    if (ksql_cursor_expect_word(cursor, "JOIN"))
        return OF_INPUT;
    join.place = cursor->token.place;
    if (parse_source(cursor, &join.source, &join.alias))
        return OF_INPUT;
    join.within = ksql_cursor_take_word(cursor, "WITHIN");
    if (join.within)
        skip_within(cursor);
    if (ksql_cursor_expect_word(cursor, "ON") || ksql_parse_expression(cursor, &join.on))
        return OF_INPUT;
    *ksql_arena_append(cursor->arena, select->joins, select->join_count) = join;
    return 0;
}

int ksql_parse_from(struct ksql_cursor *cursor, struct ksql_select *select)
{
    enum ksql_join_kind kind;
    select->from_place = cursor->token.place;
    if (parse_source(cursor, &select->from, &select->alias))
        return OF_INPUT;
    while (take_kind(cursor, &kind)) {
        if (parse_join(cursor, select, kind))
            return OF_INPUT;
    }
    return 0;
}
