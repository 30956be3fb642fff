/* Functions with regular expressions. */
#include "ksqld/exec/cast.h"
#include "ksqld/functions/pattern.h"
#include "ksqld/functions/rows.h"
#include "ksqld/functions/text.h"

/* The pattern in one argument, for the text in another; NULL: it failed. */
static const struct ksql_pattern *pattern_of(
    const struct ksql_call *call, size_t argument, size_t text)
{
    const struct ksql_pattern *pattern = call->prepared;
    const char *refusal = NULL;
    if (!pattern)
        pattern = ksql_pattern_compile(call->arena, call->arguments[argument].text, &refusal);
    if (pattern)
        refusal = ksql_pattern_obstacle(pattern, call->arguments[text].text);
    if (refusal)
        ksql_call_refuse(call, refusal);
    return refusal ? NULL : pattern;
}

static const void *prepare_first(struct ksql_arena *arena, const struct ksql_value *const *literals,
    size_t count, const char **refusal)
{
    (void)count;
    return literals[0] && !literals[0]->null
               ? ksql_pattern_compile(arena, literals[0]->text, refusal)
               : NULL;
}

static const void *prepare_second(struct ksql_arena *arena,
    const struct ksql_value *const *literals, size_t count, const char **refusal)
{
    (void)count;
    return literals[1] && !literals[1]->null
               ? ksql_pattern_compile(arena, literals[1]->text, refusal)
               : NULL;
}

static struct ksql_value group_of(
    struct of_text text, const struct ksql_match_at *match, size_t group)
{
    if (match->start[group] == SIZE_MAX)
        return KSQL_VALUE_NULL;
    return (struct ksql_value){
        .text = {text.data + match->start[group], match->end[group] - match->start[group]}};
}

/* Java would go on, or run out of stack. */
static int refuse_search(const struct ksql_call *call)
{
    return ksql_call_refuse(call, "A regular expression that takes so many steps");
}

/* ---- REGEXP_EXTRACT ---- */

/* 1: the group is there; 0: it is not, which gives NULL; -1: it failed. */
static int group_asked(
    const struct ksql_call *call, const struct ksql_pattern *pattern, size_t *group)
{
    int64_t asked = call->count > 2 ? call->arguments[2].number : 0;
    if (asked > (int64_t)ksql_pattern_groups(pattern))
        return 0;
    *group = (size_t)asked;
    return asked < 0 ? -1 : 1;
}

static int run_extract(const struct ksql_call *call, struct ksql_value *result)
{
    const struct ksql_pattern *pattern = pattern_of(call, 0, 1);
    struct of_text text = call->arguments[1].text;
    struct ksql_match_at match;
    size_t group;
    if (!pattern)
        return -1;
    int asked = group_asked(call, pattern, &group);
    if (asked == 0)
        return ksql_yield_null(result);
    int found = ksql_pattern_find(pattern, call->arena, text, &match);
    if (found < 0)
        return refuse_search(call);
    if (found && asked < 0)
        return -1;
    *result = found ? group_of(text, &match, group) : KSQL_VALUE_NULL;
    return 0;
}

static int run_extract_all(const struct ksql_call *call, struct ksql_value *result)
{
    const struct ksql_pattern *pattern = pattern_of(call, 0, 1);
    struct of_text text = call->arguments[1].text;
    struct ksql_value *items = NULL;
    struct ksql_match_at match;
    size_t count = 0, group;
    if (!pattern)
        return -1;
    int asked = group_asked(call, pattern, &group);
    if (asked == 0)
        return ksql_yield_null(result);
    int found = ksql_pattern_find(pattern, call->arena, text, &match);
    for (; found > 0; found = ksql_pattern_next(pattern, text, &match)) {
        if (asked < 0 || call->arena->full)
            return -1;
        *ksql_arena_append(call->arena, items, count) = group_of(text, &match, group);
    }
    return found < 0 ? refuse_search(call) : ksql_yield_list(result, items, count);
}

/* ---- REGEXP_REPLACE ---- */

/* $1 is a group, with as many digits as make one; a backslash takes the next character as it is. */
static bool append_replacement(const struct ksql_pattern *pattern, struct of_text text,
    const struct ksql_match_at *match, struct of_text replacement, struct of_buffer *out)
{
    for (size_t i = 0; i < replacement.length; i++) {
        char c = replacement.data[i];
        if (c == '$') {
            size_t group = 0, digits = 0;
            for (size_t j = i + 1;
                 j < replacement.length && replacement.data[j] >= '0' && replacement.data[j] <= '9';
                 j++) {
                size_t longer = group * 10 + (size_t)(replacement.data[j] - '0');
                if (digits && longer > ksql_pattern_groups(pattern))
                    break;
                group = longer;
                digits++;
            }
            if (!digits || group > ksql_pattern_groups(pattern))
                return false;
            struct ksql_value value = group_of(text, match, group);
            if (!value.null)
                of_buffer_append(out, value.text.data, value.text.length);
            i += digits;
            continue;
        }
        if (c == '\\' && ++i == replacement.length)
            return false;
        of_buffer_append_byte(out, (uint8_t)replacement.data[i]);
    }
    return true;
}

static int run_replace(const struct ksql_call *call, struct ksql_value *result)
{
    const struct ksql_pattern *pattern = pattern_of(call, 1, 0);
    struct of_text text = call->arguments[0].text;
    struct of_buffer out OF_CLEANUP(of_buffer_release);
    of_buffer_init(&out, KSQL_VALUE_TEXT_MAX);
    struct ksql_match_at match;
    size_t at = 0;
    if (!pattern)
        return -1;
    if (memmem(call->arguments[2].text.data, call->arguments[2].text.length, "${", 2))
        return ksql_call_refuse(call, "A group by its name in REGEXP_REPLACE");
    int found = ksql_pattern_find(pattern, call->arena, text, &match);
    for (; found > 0; found = ksql_pattern_next(pattern, text, &match)) {
        of_buffer_append(&out, text.data + at, match.start[0] - at);
        if (!append_replacement(pattern, text, &match, call->arguments[2].text, &out))
            return -1;
        if (out.full)
            break;
        at = match.end[0];
    }
    if (found < 0)
        return refuse_search(call);
    if (at < text.length)
        of_buffer_append(&out, text.data + at, text.length - at);
    if (out.full)
        return ksql_call_refuse(call, KSQL_LONG_TEXT);
    return ksql_yield_text(
        result, ksql_text_copy(call->arena, (struct of_text){of_buffer_text(&out), out.length}));
}

/* ---- REGEXP_SPLIT_TO_ARRAY ---- */

static void add_part(const struct ksql_call *call, struct ksql_value **items, size_t *count,
    size_t start, size_t end)
{
    struct of_text text = call->arguments[0].text;
    *ksql_arena_append(call->arena, *items, *count) =
        (struct ksql_value){.text = {text.length ? text.data + start : "", end - start}};
}

/* A pattern that fits no text at all splits as Java's Pattern does, without empty parts at the end
 * nor one before an empty match at the beginning. Any other splits as Guava's Splitter does: an
 * empty match where the last separator ended is none, and one at the very end takes the last part
 * with it. */
static int run_split(const struct ksql_call *call, struct ksql_value *result)
{
    const struct ksql_pattern *pattern = pattern_of(call, 1, 0);
    struct of_text text = call->arguments[0].text;
    struct ksql_match_at match;
    struct ksql_value *items = NULL;
    size_t count = 0, at = 0;
    if (!pattern)
        return -1;
    bool java = ksql_pattern_find(pattern, call->arena, (struct of_text){"", 0}, &match) > 0;
    bool lost = false;
    int found = ksql_pattern_find(pattern, call->arena, text, &match);
    for (; found > 0; found = ksql_pattern_next(pattern, text, &match)) {
        if (call->arena->full)
            return -1;
        lost = !java && match.start[0] == text.length;
        if (match.end[0] == (java ? 0 : at))
            continue;
        add_part(call, &items, &count, at, match.start[0]);
        at = match.end[0];
    }
    if (found < 0)
        return refuse_search(call);
    if (!lost)
        add_part(call, &items, &count, at, text.length);
    while (java && at && count && !items[count - 1].text.length)
        count--;
    return ksql_yield_list(result, items, count);
}

#define EXTRACT_HELP "The first part of a text that a pattern fits, or a group of it."
#define EXTRACT_ALL_HELP "All parts of a text that a pattern fits, or a group of each."

static const struct ksql_function rows[] = {
    {"regexp_extract(VARCHAR pattern, VARCHAR input) VARCHAR", run_extract, EXTRACT_HELP,
        KSQL_SCALAR, NULL, prepare_first},
    {"regexp_extract(VARCHAR pattern, VARCHAR input, INT group) VARCHAR", run_extract, EXTRACT_HELP,
        KSQL_SCALAR, NULL, prepare_first},
    {"regexp_extract_all(VARCHAR pattern, VARCHAR input) ARRAY<VARCHAR>", run_extract_all,
        EXTRACT_ALL_HELP, KSQL_SCALAR, NULL, prepare_first},
    {"regexp_extract_all(VARCHAR pattern, VARCHAR input, INT group) ARRAY<VARCHAR>",
        run_extract_all, EXTRACT_ALL_HELP, KSQL_SCALAR, NULL, prepare_first},
    {"regexp_replace(VARCHAR str, VARCHAR regexp, VARCHAR newStr) VARCHAR", run_replace,
        "A text with the parts that a pattern fits replaced.", KSQL_SCALAR, NULL, prepare_second},
    {"regexp_split_to_array(VARCHAR string, VARCHAR regexp) ARRAY<VARCHAR>", run_split,
        "The parts of a text between those that a pattern fits.", KSQL_SCALAR, NULL,
        prepare_second},
};

KSQL_SECTION(ksql_regexp_functions, "Regular expressions", rows);
