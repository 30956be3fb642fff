/* PCRE2 with its memory in an arena, so that a pattern lives as long as its statement or record. */
#define PCRE2_CODE_UNIT_WIDTH 8

#include "ksqld/functions/pattern.h"

#include "ksqld/functions/text.h"

#include <pcre2.h>
#include <stdlib.h>

struct ksql_pattern {
    pcre2_code *code;
    uint32_t groups, fits_nothing; /* whether it may match without taking a character */
    bool edges;                    /* \b or \B */
    bool ends;                     /* $ */
};

static void *take(size_t size, void *arena)
{
    return ksql_arena_take(arena, size);
}

static void leave(void *memory, void *arena)
{
    (void)memory; /* the arena frees it */
    (void)arena;
}

#define RETURN "(?:\\r){0}"

/* ---- what Java means otherwise ---- */

static bool is_one_of(char c, const char *set)
{
    return c && strchr(set, c);
}

/* Behind a backslash: properties, recursion and the like, and octal numbers. */
static bool is_odd_escape(char c)
{
    return is_one_of(c, "pPgGkKNoCXZRQE08uc");
}

/* (?: (?= (?! (?<= (?<! (?> and (?<name> mean the same to both, (?i) only to ASCII. */
static bool is_odd_group(const char *next, const char *end)
{
    if (next < end && *next == '*')
        return true;
    if (next == end || *next != '?')
        return false;
    next++;
    if (next < end && *next == '<') {
        char c = next + 1 < end ? next[1] : '\0';
        return !(c == '=' || c == '!' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'));
    }
    while (next < end && is_one_of(*next, "ims-"))
        next++;
    return next == end || !is_one_of(*next, ":=!>)");
}

/* A group within (?! or (?<!, whose text Java keeps and PCRE2 forgets. `next` is behind its (. */
static bool has_lost_group(const char *next, const char *end)
{
    size_t depth = 1;
    if (end - next < 3 || next[0] != '?' || !(next[1] == '!' || (next[1] == '<' && next[2] == '!')))
        return false;
    for (next++; next < end && depth; next++) {
        if (*next == '\\') {
            next++;
            continue;
        }
        depth += *next == '(';
        depth -= *next == ')';
        if (*next == '(' && next + 1 < end &&
            (next[1] != '?' || (end - next > 3 && next[2] == '<' && !is_one_of(next[3], "=!"))))
            return true;
    }
    return false;
}

/* {2}, {2,} or {2,3}, which is all that Java takes behind what is to be repeated: its end, or
 * NULL. */
static const char *repetition_end(const char *next, const char *end)
{
    const char *digits = ++next;
    while (next < end && *next >= '0' && *next <= '9')
        next++;
    if (next == digits)
        return NULL;
    next += next < end && *next == ',';
    while (next < end && *next >= '0' && *next <= '9')
        next++;
    return next < end && *next == '}' ? next : NULL;
}

/* Sets inside of sets, intersections and named classes are Java's own. */
static const char *find_difference(struct of_text text)
{
    const char *next = text.data, *end = text.data + text.length;
    bool set = false, repeated = false, before;
    for (; next < end; next++) {
        before = repeated;
        repeated = !set && is_one_of(*next, "*+?");
        if ((uint8_t)*next >= 0x80 && set)
            continue;
        if (*next == '\\') {
            if (++next < end && is_odd_escape(*next))
                return "This escape in a regular expression";
            continue;
        }
        if (set && (*next == '[' || (*next == '&' && next + 1 < end && next[1] == '&')))
            return "A set inside of a set in a regular expression";
        if (*next == '{' && !set) {
            next = before ? NULL : repetition_end(next, end);
            if (!next)
                return "This brace in a regular expression";
            repeated = true;
        } else if (*next == '[') {
            set = true;
            next += next + 1 < end && next[1] == '^';
            if (next + 1 < end && next[1] == ']') /* Java's set is then empty */
                return "A set that begins with ] in a regular expression";
        } else if (*next == ']') {
            set = false;
        } else if (*next == '(' && !set &&
                   (is_odd_group(next + 1, end) || has_lost_group(next + 1, end))) {
            return "This group in a regular expression";
        } else if (*next == '#' && !set && next > text.data && next[-1] == '?') {
            return "A comment in a regular expression";
        }
    }
    return NULL;
}

static bool has_edges(struct of_text text)
{
    for (size_t i = 0; i + 1 < text.length; i++) {
        if (text.data[i] == '\\' && is_one_of(text.data[++i], "bB"))
            return true;
    }
    return false;
}

/* ---- patterns ---- */

/* What Java has no use for either; of anything else that PCRE2 does not take it may have one. */
static bool is_broken(int code)
{
    return code == PCRE2_ERROR_MISSING_SQUARE_BRACKET ||
           code == PCRE2_ERROR_MISSING_CLOSING_PARENTHESIS ||
           code == PCRE2_ERROR_UNMATCHED_CLOSING_PARENTHESIS;
}

/* A carriage return that is never there: without one in the pattern PCRE2 would not look between it
 * and the line feed behind it. */
static struct of_text with_return(struct ksql_arena *arena, struct of_text text)
{
    const size_t before = strlen(RETURN);
    char *longer = ksql_arena_take(arena, before + text.length);
    memcpy(longer, RETURN, before);
    if (text.length)
        memcpy(longer + before, text.data, text.length);
    return (struct of_text){longer, before + text.length};
}

const struct ksql_pattern *ksql_pattern_compile(
    struct ksql_arena *arena, struct of_text text, const char **refusal)
{
    int code;
    PCRE2_SIZE offset;
    *refusal = text.length ? find_difference(text) : NULL;
    if (*refusal)
        return NULL;
    pcre2_general_context *general = pcre2_general_context_create(take, leave, arena);
    pcre2_compile_context *context = pcre2_compile_context_create(general);
    pcre2_set_newline(context, PCRE2_NEWLINE_ANY); /* . stops at what ends a line in Java */
    struct ksql_pattern *pattern = ksql_arena_new(arena, sizeof(*pattern));
    if (text.length && is_one_of(*text.data, "*+?"))
        return NULL; /* nothing to repeat */
    const struct of_text all = with_return(arena, text);
    pattern->code = pcre2_compile((PCRE2_SPTR)all.data, all.length,
        PCRE2_UTF | PCRE2_NO_UTF_CHECK | PCRE2_NEVER_BACKSLASH_C | PCRE2_NO_DOTSTAR_ANCHOR, &code,
        &offset, context);
    if (!pattern->code) {
        if (!is_broken(code))
            *refusal = "This regular expression";
        return NULL;
    }
    pattern->edges = has_edges(text);
    pattern->ends = text.length && memchr(text.data, '$', text.length);
    pcre2_pattern_info(pattern->code, PCRE2_INFO_MATCHEMPTY, &pattern->fits_nothing);
    pcre2_pattern_info(pattern->code, PCRE2_INFO_CAPTURECOUNT, &pattern->groups);
    if (pattern->groups > KSQL_PATTERN_GROUPS_MAX) {
        *refusal = "A regular expression of so many groups";
        return NULL;
    }
    return pattern;
}

const char *ksql_pattern_obstacle(const struct ksql_pattern *pattern, struct of_text text)
{
    size_t size = text.length;
    if (pattern->ends && size > 1 && memcmp(text.data + size - 2, "\r\n", 2) == 0)
        return "$ in a regular expression, before a carriage return and a line feed,";
    for (size_t i = 0; i < text.length; i++) {
        uint8_t c = (uint8_t)text.data[i];
        if (c >= 0x80 && pattern->edges) /* versions of Java differ */
            return "\\b in a regular expression, beside letters that are not ASCII,";
        if (c >= 0xf0 && pattern->fits_nothing) /* Java finds nothing within such a letter, too */
            return "A regular expression that fits nothing, within letters of two units,";
    }
    return NULL;
}

size_t ksql_pattern_groups(const struct ksql_pattern *pattern)
{
    return pattern->groups;
}

static int search(const struct ksql_pattern *pattern, struct of_text text, size_t offset,
    struct ksql_match_at *match)
{
    pcre2_match_data *data = match->data;
    if (offset > text.length)
        return 0;
    int found = pcre2_match(pattern->code, (PCRE2_SPTR)(text.length ? text.data : ""), text.length,
        offset, PCRE2_NO_UTF_CHECK, data, match->context);
    if (found == PCRE2_ERROR_NOMATCH)
        return 0;
    if (found < 0)
        return -1;
    const PCRE2_SIZE *ends = pcre2_get_ovector_pointer(data);
    for (size_t i = 0; i <= pattern->groups; i++) {
        bool set = ends[2 * i] != PCRE2_UNSET && ends[2 * i] <= ends[2 * i + 1];
        match->start[i] = set ? ends[2 * i] : SIZE_MAX;
        match->end[i] = set ? ends[2 * i + 1] : SIZE_MAX;
    }
    return 1;
}

int ksql_pattern_find(const struct ksql_pattern *pattern, struct ksql_arena *arena,
    struct of_text text, struct ksql_match_at *match)
{
    pcre2_general_context *general = pcre2_general_context_create(take, leave, arena);
    match->context = pcre2_match_context_create(general);
    match->data = pcre2_match_data_create_from_pattern(pattern->code, general);
    pcre2_set_match_limit(match->context, KSQL_PATTERN_STEPS_MAX);
    pcre2_set_depth_limit(match->context, KSQL_PATTERN_STEPS_MAX);
    return search(pattern, text, 0, match);
}

int ksql_pattern_next(
    const struct ksql_pattern *pattern, struct of_text text, struct ksql_match_at *match)
{
    size_t offset = match->end[0];
    uint32_t code;
    if (match->start[0] == match->end[0])
        offset += offset < text.length ? ksql_utf8_read(text.data + offset, &code) : 1;
    return search(pattern, text, offset, match);
}
