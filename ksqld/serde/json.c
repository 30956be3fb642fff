/* A recursive reader with a depth limit. It checks structure, escapes and numbers; what the values
 * mean is the caller's business. */
#include "ksqld/serde/json.h"

#include <ctype.h>
#include <stdlib.h>

#define PAIRS_MAX 24 /* members of an object that are compared each with each */

struct reader {
    struct ksql_arena *arena;
    const char *start, *next, *end;
    unsigned depth;
    size_t nodes;
    struct of_error *error;
};

static int read_value(struct reader *reader, struct ksql_json *json);

static int fail(const struct reader *reader, const char *what)
{
    int line = 1, column = 1;
    for (const char *at = reader->start; at < reader->next; at++) {
        column = *at == '\n' ? 1 : column + 1;
        line += *at == '\n';
    }
    return of_fail(reader->error, OF_INPUT, "%d:%d: %s", line, column, what);
}

static int fail_limit(struct reader *reader, const char *what)
{
    fail(reader, what);
    of_error_kind(reader->error, KSQL_JSON_LIMIT);
    return OF_INPUT;
}

static void skip_space(struct reader *reader)
{
    while (reader->next < reader->end && memchr(" \t\r\n", *reader->next, 4))
        reader->next++;
}

static bool take(struct reader *reader, char wanted)
{
    skip_space(reader);
    if (reader->next == reader->end || *reader->next != wanted)
        return false;
    reader->next++;
    return true;
}

static bool take_word(struct reader *reader, const char *word)
{
    size_t length = strlen(word);
    if ((size_t)(reader->end - reader->next) < length || memcmp(reader->next, word, length) != 0)
        return false;
    reader->next += length;
    return true;
}

/* ---- strings ---- */

static int read_hex(struct reader *reader, uint32_t *unit)
{
    *unit = 0;
    for (int i = 0; i < 4; i++) {
        static const char digits[] = "0123456789abcdef";
        if (reader->next == reader->end)
            return fail(reader, "a string that does not end");
        const char *digit = strchr(digits, *reader->next | 0x20);
        if (!digit || !*digit)
            return fail(reader, "an escape without 4 hexadecimal digits");
        *unit = *unit << 4 | (uint32_t)(digit - digits);
        reader->next++;
    }
    return 0;
}

static char *put_utf8(char *out, uint32_t point)
{
    if (point < 0x80) {
        *out++ = (char)point;
        return out;
    }
    if (point < 0x800) {
        *out++ = (char)(0xc0 | point >> 6);
    } else {
        if (point < 0x10000) {
            *out++ = (char)(0xe0 | point >> 12);
        } else {
            *out++ = (char)(0xf0 | point >> 18);
            *out++ = (char)(0x80 | (point >> 12 & 0x3f));
        }
        *out++ = (char)(0x80 | (point >> 6 & 0x3f));
    }
    *out++ = (char)(0x80 | (point & 0x3f));
    return out;
}

/* Behind \u. Half a pair alone becomes '?', as Java writes it in UTF-8. */
static int read_unicode(struct reader *reader, char **out)
{
    uint32_t unit, low;
    if (read_hex(reader, &unit))
        return OF_INPUT;
    if (unit >= 0xd800 && unit < 0xdc00 && take_word(reader, "\\u")) {
        if (read_hex(reader, &low))
            return OF_INPUT;
        if (low < 0xdc00 || low > 0xdfff) {
            reader->next -= 6; /* no second half: looked at again by itself */
        } else {
            unit = 0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00);
        }
    }
    *out = put_utf8(*out, unit >= 0xd800 && unit < 0xe000 ? '?' : unit);
    return 0;
}

static int read_escape(struct reader *reader, char **out)
{
    static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
    if (reader->next == reader->end)
        return fail(reader, "a string that does not end");
    char letter = *reader->next++;
    if (letter == 'u')
        return read_unicode(reader, out);
    const char *found = letter ? strchr(from, letter) : NULL;
    if (!found) {
        reader->next--;
        return fail(reader, "an unknown escape");
    }
    *(*out)++ = to[found - from];
    return 0;
}

/* Behind the opening quote. An unescaped string never is longer than its escaped form. */
static int read_string(struct reader *reader, struct of_text *text)
{
    const char *start = reader->next;
    bool escaped = false;
    const char *at = start;
    for (; at < reader->end && *at != '"'; at++) {
        if ((unsigned char)*at < 0x20) {
            reader->next = at;
            return fail(reader, "a control character in a string");
        }
        if (*at == '\\') {
            escaped = true;
            at++;
        }
    }
    if (at >= reader->end)
        return fail(reader, "a string that does not end");
    *text = (struct of_text){start, (size_t)(at - start)};
    if (escaped) {
        char *out = ksql_arena_take(reader->arena, text->length + 1);
        text->data = out;
        while (reader->next < at) {
            if (*reader->next != '\\')
                *out++ = *reader->next++;
            else if (reader->next++, read_escape(reader, &out))
                return OF_INPUT;
        }
        text->length = (size_t)(out - text->data);
    }
    reader->next = at + 1;
    return 0;
}

/* ---- numbers ---- */

static size_t skip_digits(struct reader *reader)
{
    const char *start = reader->next;
    while (reader->next < reader->end && *reader->next >= '0' && *reader->next <= '9')
        reader->next++;
    return (size_t)(reader->next - start);
}

static int read_number(struct reader *reader, struct of_text *text)
{
    const char *start = reader->next;
    take_word(reader, "-");
    const char *first = reader->next;
    size_t digits = skip_digits(reader);
    if (!digits || (digits > 1 && *first == '0'))
        return fail(reader, "neither value nor number");
    if (take_word(reader, ".") && !skip_digits(reader))
        return fail(reader, "a number without digits behind the point");
    if (take_word(reader, "e") || take_word(reader, "E")) {
        if (!take_word(reader, "-"))
            take_word(reader, "+");
        if (!skip_digits(reader))
            return fail(reader, "a number without exponent");
    }
    *text = (struct of_text){start, (size_t)(reader->next - start)};
    return 0;
}

/* ---- values ---- */

static int read_member(struct reader *reader, struct ksql_json *json)
{
    struct ksql_json_member member = {0};
    if (json->kind == KSQL_JSON_OBJECT) {
        if (!take(reader, '"'))
            return fail(reader, "the name of a member is missing");
        if (read_string(reader, &member.name))
            return OF_INPUT;
        if (!take(reader, ':'))
            return fail(reader, "a colon is missing");
    }
    struct ksql_json *value = ksql_arena_new(reader->arena, sizeof(*value));
    if (read_value(reader, value))
        return OF_INPUT;
    member.value = value;
    *ksql_arena_append(reader->arena, json->members, json->count) = member;
    return 0;
}

static bool same_name(struct of_text a, struct of_text b)
{
    return a.length == b.length && memcmp(a.data, b.data, a.length) == 0;
}

/* By name, those of the same name by their places. */
static int compare_members(const void *a, const void *b)
{
    const struct ksql_json_member *one = *(const struct ksql_json_member *const *)a;
    const struct ksql_json_member *other = *(const struct ksql_json_member *const *)b;
    size_t shorter = one->name.length < other->name.length ? one->name.length : other->name.length;
    int order = shorter ? memcmp(one->name.data, other->name.data, shorter) : 0;
    if (order == 0)
        order = (one->name.length > other->name.length) - (one->name.length < other->name.length);
    return order ? order : (one > other) - (one < other);
}

/* A name that comes again gives its value to the first one, as in Java's LinkedHashMap. What goes
 * is marked by a missing value. */
static void merge_members(struct reader *reader, struct ksql_json *json)
{
    size_t count = json->count, left = 0;
    struct ksql_json_member **sorted = ksql_arena_take(reader->arena, count * sizeof(*sorted));
    for (size_t i = 0; i < count; i++)
        sorted[i] = &json->members[i];
    qsort(sorted, count, sizeof(*sorted), compare_members);
    for (size_t i = 1, first = 0; i < count; i++) {
        if (!same_name(sorted[first]->name, sorted[i]->name)) {
            first = i;
            continue;
        }
        sorted[first]->value = sorted[i]->value;
        sorted[i]->value = NULL;
    }
    for (size_t i = 0; i < count; i++) {
        if (json->members[i].value)
            json->members[left++] = json->members[i];
    }
    json->count = left;
}

/* Looks at few by pairs, which is all that most objects need. */
static bool has_duplicates(const struct ksql_json *json)
{
    if (json->count > PAIRS_MAX)
        return true;
    for (size_t i = 1; i < json->count; i++) {
        for (size_t j = 0; j < i; j++) {
            if (same_name(json->members[i].name, json->members[j].name))
                return true;
        }
    }
    return false;
}

static int read_members(struct reader *reader, struct ksql_json *json, char end)
{
    if (++reader->depth > KSQL_JSON_DEPTH_MAX)
        return fail_limit(reader, "nested more deeply than 128 levels");
    if (!take(reader, end)) {
        do {
            if (read_member(reader, json))
                return OF_INPUT;
        } while (take(reader, ','));
        if (!take(reader, end))
            return fail(reader, "a comma or closing bracket is missing");
    }
    if (json->kind == KSQL_JSON_OBJECT && has_duplicates(json))
        merge_members(reader, json);
    reader->depth--;
    return 0;
}

/* A word ends where no letter, no digit and nothing else of a name in Java stands behind it. */
static int check_word(struct reader *reader)
{
    bool goes_on = false;
    if (reader->next < reader->end) {
        char c = *reader->next;
        goes_on = isalnum((unsigned char)c) || (c && strchr("_$", c)) || (uint8_t)c >= 0x80;
    }
    return goes_on ? fail(reader, "no such word") : 0;
}

static int read_value(struct reader *reader, struct ksql_json *json)
{
    if (++reader->nodes > KSQL_JSON_NODES_MAX || reader->arena->full)
        return fail_limit(reader, "more values than there is memory for");
    if (take(reader, '{')) {
        json->kind = KSQL_JSON_OBJECT;
        return read_members(reader, json, '}');
    }
    if (take(reader, '[')) {
        json->kind = KSQL_JSON_ARRAY;
        return read_members(reader, json, ']');
    }
    if (take(reader, '"')) {
        json->kind = KSQL_JSON_STRING;
        return read_string(reader, &json->text);
    }
    json->truth = take_word(reader, "true");
    if (json->truth || take_word(reader, "false")) {
        json->kind = KSQL_JSON_BOOLEAN;
        return check_word(reader);
    }
    if (take_word(reader, "null"))
        return check_word(reader);
    json->kind = KSQL_JSON_NUMBER;
    return read_number(reader, &json->text);
}

static int parse(struct ksql_arena *arena, const char *text, size_t size, bool whole,
    const struct ksql_json **json, struct of_error *error)
{
    struct reader reader = {
        .arena = arena, .start = text, .next = text, .end = text + size, .error = error};
    if (!of_avro_is_utf8(text, size))
        return of_fail(error, OF_INPUT, "JSON that is no UTF-8");
    struct ksql_json *root = ksql_arena_new(arena, sizeof(*root));
    if (read_value(&reader, root))
        return OF_INPUT;
    const char *end = reader.next;
    skip_space(&reader);
    bool clear = !whole && (root->kind != KSQL_JSON_NUMBER || reader.next != end);
    if (reader.next != reader.end && !clear)
        return fail(&reader, "more text behind the value");
    *json = root;
    return 0;
}

int ksql_json_parse(struct ksql_arena *arena, const char *text, size_t size,
    const struct ksql_json **json, struct of_error *error)
{
    return parse(arena, text, size, true, json, error);
}

int ksql_json_parse_first(struct ksql_arena *arena, const char *text, size_t size,
    const struct ksql_json **json, struct of_error *error)
{
    return parse(arena, text, size, false, json, error);
}

bool ksql_text_is(struct of_text text, const char *other)
{
    return strlen(other) == text.length && memcmp(other, text.data, text.length) == 0;
}

const struct ksql_json *ksql_json_get(const struct ksql_json *object, const char *name)
{
    if (!object || object->kind != KSQL_JSON_OBJECT)
        return NULL;
    for (size_t i = object->count; i-- > 0;) {
        if (ksql_text_is(object->members[i].name, name))
            return object->members[i].value;
    }
    return NULL;
}

void ksql_json_print(const struct ksql_json *json, struct of_buffer *out)
{
    switch (json->kind) {
    case KSQL_JSON_NULL:
        of_buffer_append_text(out, "null");
        return;
    case KSQL_JSON_BOOLEAN:
        of_buffer_append_text(out, json->truth ? "true" : "false");
        return;
    case KSQL_JSON_NUMBER:
        of_buffer_append(out, json->text.data, json->text.length);
        return;
    case KSQL_JSON_STRING:
        of_buffer_append_json_string(out, json->text.data, json->text.length);
        return;
    default:
        break;
    }
    bool object = json->kind == KSQL_JSON_OBJECT;
    of_buffer_append_byte(out, object ? '{' : '[');
    for (size_t i = 0; i < json->count; i++) {
        const struct ksql_json_member *member = &json->members[i];
        if (i)
            of_buffer_append_byte(out, ',');
        if (object) {
            of_buffer_append_json_string(out, member->name.data, member->name.length);
            of_buffer_append_byte(out, ':');
        }
        ksql_json_print(member->value, out);
    }
    of_buffer_append_byte(out, object ? '}' : ']');
}
