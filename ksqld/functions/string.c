/* Functions on text. Positions count from 1, in UTF-16 units. */
#include "ksqld/exec/cast.h"
#include "ksqld/exec/compare.h"
#include "ksqld/functions/rows.h"
#include "ksqld/functions/text.h"

#define PADDED_MAX (16 * 1024 * 1024) /* units of a padded text: Java would run out of memory */

/* ---- one text ---- */

static int run_trim(const struct ksql_call *call, struct ksql_value *result)
{
    return ksql_yield_text(result, ksql_text_trim(call->arguments[0].text));
}

static int run_upper(const struct ksql_call *call, struct ksql_value *result)
{
    return ksql_yield_text(result, ksql_text_upper(call->arena, call->arguments[0].text));
}

static int run_lower(const struct ksql_call *call, struct ksql_value *result)
{
    return ksql_yield_text(result, ksql_text_lower(call->arena, call->arguments[0].text));
}

static int run_length(const struct ksql_call *call, struct ksql_value *result)
{
    struct of_text text = call->arguments[0].text;
    bool bytes = call->types[0]->kind == KSQL_BYTES;
    return ksql_yield_number(result, (int64_t)(bytes ? text.length : ksql_text_units(text)));
}

static bool is_blank(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

/* The first letter of each word; what stands before the first word is left out. */
static int run_initcap(const struct ksql_call *call, struct ksql_value *result)
{
    struct of_text text = ksql_text_lower(call->arena, call->arguments[0].text);
    char *out = ksql_arena_take(call->arena, text.length * 3 + 1);
    size_t length = 0;
    bool blank = true;
    for (size_t i = 0; i < text.length;) {
        uint32_t code;
        size_t size = ksql_utf8_read(text.data + i, &code);
        struct of_text letter = {text.data + i, size};
        bool first = blank && !is_blank(text.data[i]);
        blank = is_blank(text.data[i]);
        if (first && size < KSQL_UTF8_MAX) /* Java raises one unit, here half of a letter */
            letter = ksql_text_upper(call->arena, letter);
        if (length || !blank) {
            memcpy(out + length, letter.data, letter.length);
            length += letter.length;
        }
        i += size;
    }
    return ksql_yield_text(result, (struct of_text){out, length});
}

/* ---- joined ---- */

static void append(char *out, size_t *length, struct of_text text)
{
    if (text.length)
        memcpy(out + *length, text.data, text.length);
    *length += text.length;
}

/* Arguments from `first` on, without those that are NULL. */
static int join(
    const struct ksql_call *call, size_t first, struct of_text separator, struct ksql_value *result)
{
    size_t size = 1, length = 0;
    bool any = false;
    for (size_t i = first; i < call->count; i++)
        size += call->arguments[i].null ? 0 : call->arguments[i].text.length + separator.length;
    char *out = ksql_arena_take(call->arena, size);
    for (size_t i = first; i < call->count; i++) {
        if (call->arguments[i].null)
            continue;
        if (any)
            append(out, &length, separator);
        append(out, &length, call->arguments[i].text);
        any = true;
    }
    return ksql_yield_text(result, (struct of_text){out, length});
}

static int run_concat(const struct ksql_call *call, struct ksql_value *result)
{
    return join(call, 0, (struct of_text){"", 0}, result);
}

static int run_concat_ws(const struct ksql_call *call, struct ksql_value *result)
{
    if (call->count < 2)
        return -1;
    if (call->arguments[0].null)
        return ksql_yield_null(result);
    return join(call, 1, call->arguments[0].text, result);
}

static int run_elt(const struct ksql_call *call, struct ksql_value *result)
{
    int64_t n = call->arguments[0].number;
    if (call->arguments[0].null)
        return -1;
    *result = n < 1 || n > (int64_t)call->count - 1 ? KSQL_VALUE_NULL : call->arguments[n];
    return 0;
}

static int run_field(const struct ksql_call *call, struct ksql_value *result)
{
    const struct ksql_value *wanted = &call->arguments[0];
    for (size_t i = 1; !wanted->null && i < call->count; i++) {
        if (!call->arguments[i].null && ksql_text_equal(wanted->text, call->arguments[i].text))
            return ksql_yield_number(result, (int64_t)i);
    }
    return ksql_yield_number(result, 0);
}

/* ---- parts ---- */

static int run_substring(const struct ksql_call *call, struct ksql_value *result)
{
    struct of_text text = call->arguments[0].text;
    bool bytes = call->types[0]->kind == KSQL_BYTES;
    int64_t size = (int64_t)(bytes ? text.length : ksql_text_units(text));
    int64_t position = call->arguments[1].number;
    int64_t start = position < 0 ? size + position : position - 1, end = size;
    start = start < 0 ? 0 : start > size ? size : start;
    if (call->count > 2) /* a Java int: it wraps */
        end = (int32_t)(uint32_t)(start + call->arguments[2].number);
    end = end > size ? size : end;
    end = end < start ? start : end;
    if (bytes)
        return ksql_yield_text(result, (struct of_text){text.data + start, (size_t)(end - start)});
    return ksql_yield_text(result, ksql_text_slice(call->arena, text, (size_t)start, (size_t)end));
}

static struct of_text reverse(struct ksql_arena *arena, struct of_text text)
{
    char *out = ksql_arena_take(arena, text.length + 1);
    for (size_t i = 0; i < text.length;) {
        uint32_t code;
        size_t size = ksql_utf8_read(text.data + i, &code);
        i += size;
        memcpy(out + text.length - i, text.data + i - size, size);
    }
    return (struct of_text){out, text.length};
}

/* The n-th `part` from a position (in units) on, overlapping ones counted; in units, -1: none. */
static int64_t find_nth(struct of_text text, struct of_text part, int64_t position, int64_t nth)
{
    size_t at = 0;
    while (at < text.length && (int64_t)ksql_text_units_before(text, at) < position - 1)
        at++;
    if (nth <= 0)
        return -1;
    if (!part.length)
        return (int64_t)ksql_text_units_before(text, at);
    for (;; at++) {
        at = ksql_text_find(text, part, at);
        if (at == SIZE_MAX || --nth == 0)
            break;
    }
    return at == SIZE_MAX ? -1 : (int64_t)ksql_text_units_before(text, at);
}

/* A negative position counts, and searches, from the end. */
static int run_instr(const struct ksql_call *call, struct ksql_value *result)
{
    for (size_t i = 2; i < call->count; i++) {
        if (call->arguments[i].null)
            return -1;
    }
    if (call->arguments[0].null || call->arguments[1].null)
        return ksql_yield_number(result, 0);
    struct of_text text = call->arguments[0].text, part = call->arguments[1].text;
    int64_t size = (int64_t)ksql_text_units(text);
    int64_t position = call->count > 2 ? call->arguments[2].number : 1;
    int64_t nth = call->count > 3 ? call->arguments[3].number : 1;
    if ((position < 0 ? -position : position) > size)
        return ksql_yield_number(result, 0);
    if (position < 0) {
        int64_t found =
            find_nth(reverse(call->arena, text), reverse(call->arena, part), -position, nth);
        return ksql_yield_number(
            result, found < 0 ? 0 : size - found - (int64_t)ksql_text_units(part) + 1);
    }
    int64_t found = find_nth(text, part, position, nth);
    /* 0 means the last character to Java, and is then added to where it finds the part: at 0. */
    return ksql_yield_number(result, found < 0 || position == 0 ? 0 : found + 1);
}

static int run_replace(const struct ksql_call *call, struct ksql_value *result)
{
    struct of_text text = call->arguments[0].text, old = call->arguments[1].text;
    struct of_text new = call->arguments[2].text;
    struct of_buffer out OF_CLEANUP(of_buffer_release);
    of_buffer_init(&out, KSQL_VALUE_TEXT_MAX);
    size_t at = 0;
    while (at <= text.length) {
        size_t found = ksql_text_find(text, old, at);
        if (found == SIZE_MAX)
            break;
        of_buffer_append(&out, text.data + at, found - at);
        of_buffer_append(&out, new.data, new.length);
        at = found + old.length;
        if (old.length)
            continue;
        uint32_t code; /* no text at all stands before each character, and at the end */
        size_t size = at < text.length ? ksql_utf8_read(text.data + at, &code) : 1;
        if (size == KSQL_UTF8_MAX)
            return -1; /* and Java finds it inside of one, too */
        if (at < text.length)
            of_buffer_append(&out, text.data + at, size);
        at += size;
    }
    if (at < text.length)
        of_buffer_append(&out, text.data + at, text.length - at);
    if (out.full)
        return ksql_call_refuse(call, KSQL_LONG_TEXT);
    return ksql_yield_text(
        result, ksql_text_copy(call->arena, (struct of_text){of_buffer_text(&out), out.length}));
}

/* ---- padded ---- */

/* `units` of the padding, over and over. */
static struct of_text repeat(struct ksql_arena *arena, struct of_text padding, size_t units)
{
    size_t each = ksql_text_units(padding), times = units / each + 1, length = 0;
    char *out = ksql_arena_take(arena, times * padding.length + 1);
    for (size_t i = 0; i < times; i++)
        append(out, &length, padding);
    return ksql_text_slice(arena, (struct of_text){out, length}, 0, units);
}

static int pad_bytes(const struct ksql_call *call, bool left, struct ksql_value *result)
{
    struct of_text input = call->arguments[0].text, padding = call->arguments[2].text;
    size_t target = (size_t)call->arguments[1].number;
    size_t own = input.length < target ? input.length : target, more = target - own;
    char *out = ksql_arena_take(call->arena, target + 1);
    for (size_t i = 0; i < more; i++)
        out[left ? i : own + i] = padding.data[i % padding.length];
    if (own)
        memcpy(out + (left ? more : 0), input.data, own);
    return ksql_yield_text(result, (struct of_text){out, target});
}

static int pad(const struct ksql_call *call, bool left, struct ksql_value *result)
{
    struct of_text input = call->arguments[0].text, padding = call->arguments[2].text;
    int64_t target = call->arguments[1].number;
    if (!padding.length || target < 0)
        return ksql_yield_null(result);
    if (target > PADDED_MAX)
        return ksql_call_refuse(call, "So long a padded text");
    if (call->types[0]->kind == KSQL_BYTES)
        return pad_bytes(call, left, result);
    size_t own = ksql_text_units(input), wanted = (size_t)target;
    struct of_text kept = ksql_text_slice(call->arena, input, 0, own < wanted ? own : wanted);
    struct of_text more = repeat(call->arena, padding, own < wanted ? wanted - own : 0);
    char *out = ksql_arena_take(call->arena, kept.length + more.length + 1);
    size_t length = 0;
    append(out, &length, left ? more : kept);
    append(out, &length, left ? kept : more);
    return ksql_yield_text(result, (struct of_text){out, length});
}

static int run_lpad(const struct ksql_call *call, struct ksql_value *result)
{
    return pad(call, true, result);
}

static int run_rpad(const struct ksql_call *call, struct ksql_value *result)
{
    return pad(call, false, result);
}

/* ---- split ---- */

static void add_part(const struct ksql_call *call, struct ksql_value **items, size_t *count,
    const char *start, size_t length)
{
    *ksql_arena_append(call->arena, *items, *count) = (struct ksql_value){.text = {start, length}};
}

/* At no delimiter at all, between all characters (or bytes). */
static int split_all(const struct ksql_call *call, struct ksql_value *result)
{
    struct of_text text = call->arguments[0].text;
    bool bytes = call->types[0]->kind == KSQL_BYTES;
    struct ksql_value *items = NULL;
    size_t count = 0, size;
    for (size_t i = 0; i < text.length; i += size) {
        uint32_t code;
        size = bytes ? 1 : ksql_utf8_read(text.data + i, &code);
        if (size == KSQL_UTF8_MAX) /* Java cuts it in halves, and joins them again */
            return ksql_call_refuse(call, "Splitting a character of two units");
        add_part(call, &items, &count, text.data + i, size);
    }
    if (!count)
        add_part(call, &items, &count, "", 0);
    return ksql_yield_list(result, items, count);
}

static int run_split(const struct ksql_call *call, struct ksql_value *result)
{
    struct of_text text = call->arguments[0].text, delimiter = call->arguments[1].text;
    struct ksql_value *items = NULL;
    size_t count = 0, at = 0, found;
    if (!delimiter.length)
        return split_all(call, result);
    while ((found = ksql_text_find(text, delimiter, at)) != SIZE_MAX) {
        add_part(call, &items, &count, text.data + at, found - at);
        at = found + delimiter.length;
    }
    add_part(call, &items, &count, text.length ? text.data + at : "", text.length - at);
    return ksql_yield_list(result, items, count);
}

#define CONCAT_HELP "All arguments behind one another, without those that are NULL."
#define CONCAT_WS_HELP "The arguments behind the first one, which stands between them."
#define INSTR_HELP "Where a text stands in another, from a position on; 0: nowhere."
#define PAD_HELP(side) "A text cut or filled up at its " side " to so many characters."
#define SPLIT_HELP "The parts of a text between delimiters, as an array."
#define SUBSTRING_HELP "The part of a text from a position on, of a length or to the end."

static const struct ksql_function rows[] = {
    {"concat(VARCHAR... inputs) VARCHAR", run_concat, CONCAT_HELP, KSQL_NULLABLE},
    {"concat(BYTES... inputs) BYTES", run_concat, CONCAT_HELP, KSQL_NULLABLE},
    {"concat_ws(VARCHAR... inputs) VARCHAR", run_concat_ws, CONCAT_WS_HELP, KSQL_NULLABLE},
    {"concat_ws(BYTES... inputs) BYTES", run_concat_ws, CONCAT_WS_HELP, KSQL_NULLABLE},
    {"elt(INT n, VARCHAR... args) VARCHAR", run_elt, "The n-th of the texts behind it.",
        KSQL_NULLABLE},
    {"field(VARCHAR str, VARCHAR... args) INT", run_field,
        "Which of the texts behind it a text is; 0: none.", KSQL_NULLABLE},
    {"initcap(VARCHAR str) VARCHAR", run_initcap, "A text with a capital at each word."},
    {"instr(VARCHAR str, VARCHAR substring) INT", run_instr, INSTR_HELP, KSQL_NULLABLE},
    {"instr(VARCHAR str, VARCHAR substring, INT position) INT", run_instr, INSTR_HELP,
        KSQL_NULLABLE},
    {"instr(VARCHAR str, VARCHAR substring, INT position, INT occurrence) INT", run_instr,
        INSTR_HELP, KSQL_NULLABLE},
    {"lcase(VARCHAR input) VARCHAR", run_lower, "A string in lower case."},
    {"len(BYTES input) INT", run_length, "The length of a string."},
    {"len(VARCHAR input) INT", run_length, "The length of a string."},
    {"LPad(VARCHAR input, INT targetLen, VARCHAR padding) VARCHAR", run_lpad,
        PAD_HELP("beginning")},
    {"LPad(BYTES input, INT targetLen, BYTES padding) BYTES", run_lpad, PAD_HELP("beginning")},
    {"replace(VARCHAR str, VARCHAR oldStr, VARCHAR newStr) VARCHAR", run_replace,
        "A text with one part replaced by another wherever it stands."},
    {"RPad(VARCHAR input, INT targetLen, VARCHAR padding) VARCHAR", run_rpad, PAD_HELP("end")},
    {"RPad(BYTES input, INT targetLen, BYTES padding) BYTES", run_rpad, PAD_HELP("end")},
    {"split(VARCHAR string, VARCHAR delimiter) ARRAY<VARCHAR>", run_split, SPLIT_HELP},
    {"split(BYTES bytes, BYTES delimiter) ARRAY<BYTES>", run_split, SPLIT_HELP},
    {"substring(VARCHAR str, INT pos) VARCHAR", run_substring, SUBSTRING_HELP},
    {"substring(VARCHAR str, INT pos, INT length) VARCHAR", run_substring, SUBSTRING_HELP},
    {"substring(BYTES bytes, INT pos) BYTES", run_substring, SUBSTRING_HELP},
    {"substring(BYTES bytes, INT pos, INT length) BYTES", run_substring, SUBSTRING_HELP},
    {"trim(VARCHAR input) VARCHAR", run_trim, "A string without blanks at its ends."},
    {"ucase(VARCHAR input) VARCHAR", run_upper, "A string in upper case."},
};

KSQL_SECTION(ksql_string_functions, "Strings", rows);
