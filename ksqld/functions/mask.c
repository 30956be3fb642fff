/* MASK and its relatives: letters and digits of a text made unreadable. */
#include "ksqld/functions/rows.h"
#include "ksqld/functions/text.h"

struct masks {
    struct of_text other, upper, lower, digit; /* in the order of enum ksql_letter */
    bool keep[4];
};

/* NULL keeps the character as it is; anything but one character is an error. */
static int read_masks(const struct ksql_call *call, size_t first, struct masks *masks)
{
    static const size_t places[] = {KSQL_LETTER_UPPER, KSQL_LETTER_LOWER, KSQL_LETTER_DIGIT,
        KSQL_LETTER_OTHER}; /* in the order of the arguments */
    *masks = (struct masks){{"-", 1}, {"X", 1}, {"x", 1}, {"n", 1}, {false}};
    struct of_text *texts[] = {&masks->other, &masks->upper, &masks->lower, &masks->digit};
    for (size_t i = first; i < call->count; i++) {
        const struct ksql_value *mask = &call->arguments[i];
        size_t place = places[i - first];
        masks->keep[place] = mask->null;
        if (mask->null)
            continue;
        if (ksql_text_units(mask->text) != 1)
            return -1;
        *texts[place] = mask->text;
    }
    return 0;
}

/* Units from `start` up to `end` masked, the others kept. Java looks at a four-byte character
 * twice, which then counts as two others. */
static int mask_range(const struct ksql_call *call, const struct masks *masks, size_t start,
    size_t end, struct ksql_value *result)
{
    struct of_text text = call->arguments[0].text;
    const struct of_text *texts[] = {&masks->other, &masks->upper, &masks->lower, &masks->digit};
    char *out = ksql_arena_take(call->arena, text.length * KSQL_UTF8_MAX + 1);
    size_t length = 0, unit = 0, size;
    for (size_t i = 0; i < text.length; i += size) {
        uint32_t code;
        size = ksql_utf8_read(text.data + i, &code);
        bool masked = unit >= start && unit < end;
        enum ksql_letter kind = ksql_letter_kind(code);
        bool pair = size == KSQL_UTF8_MAX;
        bool cut = pair && masked != (unit + 1 >= start && unit + 1 < end);
        if (cut || (pair && masked && (masks->keep[kind] || masks->keep[KSQL_LETTER_OTHER])))
            return ksql_call_refuse(call, "Masking a part of a character of two units");
        unit += 1 + pair;
        struct of_text letter = {text.data + i, size};
        if (masked && !masks->keep[kind])
            letter = *texts[kind];
        if (masked && pair) {
            memcpy(out + length, letter.data, letter.length);
            length += letter.length;
            letter = masks->other;
        }
        memcpy(out + length, letter.data, letter.length);
        length += letter.length;
    }
    return ksql_yield_text(result, (struct of_text){out, length});
}

static int run_mask(const struct ksql_call *call, struct ksql_value *result)
{
    struct masks masks;
    if (read_masks(call, 1, &masks))
        return -1;
    if (call->arguments[0].null)
        return ksql_yield_null(result);
    return mask_range(call, &masks, 0, SIZE_MAX, result);
}

/* The masks, and how many units the argument says. */
static int read_all(const struct ksql_call *call, struct masks *masks, size_t *units, size_t *count)
{
    if (read_masks(call, 2, masks) || call->arguments[1].null || call->arguments[1].number < 0)
        return -1;
    *units = call->arguments[0].null ? 0 : ksql_text_units(call->arguments[0].text);
    *count = (size_t)call->arguments[1].number;
    *count = *count < *units ? *count : *units;
    return 0;
}

#define RUN_PART(name, start, end)                                                                 \
    static int run_##name(const struct ksql_call *call, struct ksql_value *result)                 \
    {                                                                                              \
        struct masks masks;                                                                        \
        size_t units, count;                                                                       \
        if (read_all(call, &masks, &units, &count))                                                \
            return -1;                                                                             \
        if (call->arguments[0].null)                                                               \
            return ksql_yield_null(result);                                                        \
        return mask_range(call, &masks, start, end, result);                                       \
    }

RUN_PART(keep_left, count, units)
RUN_PART(keep_right, 0, units - count)
RUN_PART(left, 0, count)
RUN_PART(right, units - count, units)

#define PART(name, run, help)                                                                      \
    {name "(VARCHAR input, INT numChars) VARCHAR", run, help, KSQL_NULLABLE},                      \
    {                                                                                              \
        name "(VARCHAR input, INT numChars, VARCHAR upper, VARCHAR lower, VARCHAR digit, VARCHAR " \
             "other) VARCHAR",                                                                     \
            run, help, KSQL_NULLABLE                                                               \
    }

static const struct ksql_function rows[] = {
    {"mask(VARCHAR input) VARCHAR", run_mask, "A text with all its characters masked.",
        KSQL_NULLABLE},
    {"mask(VARCHAR input, VARCHAR upper, VARCHAR lower, VARCHAR digit, VARCHAR other) VARCHAR",
        run_mask, "A text with all its characters masked.", KSQL_NULLABLE},
    PART("mask_keep_left", run_keep_left, "A text with all but its first characters masked."),
    PART("mask_keep_right", run_keep_right, "A text with all but its last characters masked."),
    PART("mask_left", run_left, "A text with its first characters masked."),
    PART("mask_right", run_right, "A text with its last characters masked."),
};

KSQL_SECTION(ksql_mask_functions, "Masking", rows);
