/* What is made of several values, or looks into one. */
#include "ksqld/exec/collection.h"

#include "ksqld/exec/compare.h"
#include "ksqld/exec/hash_order.h"

/* ---- subscripts ---- */

const struct ksql_value *ksql_map_get(
    const struct ksql_type *map, const struct ksql_list *list, const struct ksql_value *key)
{
    for (size_t i = 0; i + 1 < list->count; i += 2) {
        if (ksql_values_equal(map->key, &list->items[i], map->key, key))
            return &list->items[i + 1];
    }
    return NULL;
}

/* The first item is 1, the last one -1; outside there is NULL. */
static struct ksql_value array_get(const struct ksql_list *list, int64_t index)
{
    int64_t at = index >= 0 ? index - 1 : (int64_t)list->count + index;
    if (at < 0 || at >= (int64_t)list->count)
        return KSQL_VALUE_NULL;
    return list->items[at];
}

int ksql_evaluate_subscript(
    struct ksql_frame *frame, const struct ksql_expression *expression, struct ksql_value *result)
{
    struct ksql_value base, index;
    if (ksql_evaluate(frame, expression->items[0], &base))
        return -1;
    *result = KSQL_VALUE_NULL;
    if (base.null)
        return 0;
    if (ksql_evaluate(frame, expression->items[1], &index))
        return -1;
    const struct ksql_type *type = expression->items[0]->type;
    if (type->kind == KSQL_MAP) {
        const struct ksql_value *found = ksql_map_get(type, &base.list, &index);
        if (found)
            *result = *found;
        return 0;
    }
    if (index.null)
        return -1;
    *result = array_get(&base.list, index.number);
    return 0;
}

/* ---- constructors ---- */

int ksql_evaluate_constructor(
    struct ksql_frame *frame, const struct ksql_expression *expression, struct ksql_value *result)
{
    size_t count = expression->count;
    bool map = expression->kind == KSQL_NODE_MAP;
    struct ksql_value *items =
        ksql_arena_take(frame->arena, (expression->count + 1) * sizeof(*items));
    for (size_t i = 0; i < expression->count; i++) {
        if (ksql_evaluate(frame, expression->items[i], &items[i]))
            return -1;
    }
    *result = (struct ksql_value){0};
    if (map)
        count = ksql_hash_order(frame->arena, expression->type->key, items, count,
            ksql_hash_slots(expression->count / 2));
    if (expression->kind == KSQL_NODE_STRUCT)
        result->fields = items;
    else
        result->list = (struct ksql_list){items, count};
    return 0;
}

/* ---- IN ---- */

int ksql_evaluate_in(
    struct ksql_frame *frame, const struct ksql_expression *expression, struct ksql_value *result)
{
    struct ksql_value value, item;
    bool found = false;
    if (ksql_evaluate(frame, expression->items[0], &value))
        return -1;
    /* All items are evaluated before any is compared: one that fails makes the whole fail. */
    for (size_t i = 1; i < expression->count; i++) {
        if (ksql_evaluate(frame, expression->items[i], &item))
            return -1;
        found = found || (!value.null && !item.null &&
                             ksql_values_equal(expression->items[0]->type, &value,
                                 expression->items[i]->type, &item));
    }
    *result = (struct ksql_value){.number = found};
    return 0;
}

/* ---- LIKE ---- */

enum token { TOKEN_END, TOKEN_ANY, TOKEN_ONE, TOKEN_CHARACTER, TOKEN_BAD };

struct pattern {
    const char *next, *end;
    int escape;
};

static size_t character_length(const char *text, const char *end)
{
    uint8_t c = (uint8_t)*text;
    size_t length = c < 0x80 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
    return length > (size_t)(end - text) ? (size_t)(end - text) : length;
}

static enum token take(struct pattern *pattern, struct of_text *character)
{
    if (pattern->next == pattern->end)
        return TOKEN_END;
    bool escaped = (uint8_t)*pattern->next == pattern->escape;
    pattern->next += escaped;
    if (pattern->next == pattern->end)
        return TOKEN_BAD;
    char c = *pattern->next;
    size_t length = character_length(pattern->next, pattern->end);
    *character = (struct of_text){pattern->next, length};
    pattern->next += length;
    if (escaped || (c != '%' && c != '_'))
        return TOKEN_CHARACTER;
    return c == '%' ? TOKEN_ANY : TOKEN_ONE;
}

/* What ends a line stands for no wildcard in Java. */
static bool ends_line(struct of_text c)
{
    static const char *const ends[] = {"\n", "\r", "\xc2\x85", "\xe2\x80\xa8", "\xe2\x80\xa9"};
    for (size_t i = 0; i < OF_COUNT(ends); i++) {
        if (c.length == strlen(ends[i]) && memcmp(c.data, ends[i], c.length) == 0)
            return true;
    }
    return false;
}

static bool is_sound(struct pattern pattern)
{
    struct of_text character;
    enum token token;
    do
        token = take(&pattern, &character);
    while (token != TOKEN_END && token != TOKEN_BAD);
    return token == TOKEN_END;
}

/* Only the last % can have to take more: those before it then stand as early as they can. */
int ksql_like(struct of_text text, struct of_text pattern, int escape, bool *matches)
{
    const char *next = text.data, *end = text.data + text.length, *retry_text = NULL;
    struct pattern at = {pattern.data, pattern.data + pattern.length, escape}, retry = at;
    *matches = false;
    if (!is_sound(at))
        return -1;
    for (;;) {
        struct of_text wanted, here = {next, next < end ? character_length(next, end) : 0};
        enum token token = take(&at, &wanted);
        if (token == TOKEN_ANY) {
            retry = at;
            retry_text = next;
            continue;
        }
        if (token == TOKEN_END && next == end) {
            *matches = true;
            return 0;
        }
        bool good = next < end && ((token == TOKEN_ONE && !ends_line(here)) ||
                                      (token == TOKEN_CHARACTER && ksql_text_equal(wanted, here)));
        if (good) {
            next += here.length;
            continue;
        }
        if (!retry_text || retry_text == end)
            return 0;
        here = (struct of_text){retry_text, character_length(retry_text, end)};
        if (ends_line(here))
            return 0;
        retry_text += here.length;
        next = retry_text;
        at = retry;
    }
}

int ksql_evaluate_like(
    struct ksql_frame *frame, const struct ksql_expression *expression, struct ksql_value *result)
{
    struct ksql_value text, pattern;
    bool matches;
    if (ksql_evaluate(frame, expression->items[0], &text) ||
        ksql_evaluate(frame, expression->items[1], &pattern) || text.null || pattern.null ||
        ksql_like(text.text, pattern.text, (int)expression->literal.number, &matches))
        return -1;
    *result = (struct ksql_value){.number = matches};
    return 0;
}
