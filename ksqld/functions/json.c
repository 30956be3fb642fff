/* Functions on JSON text, as Jackson reads and writes it: text behind the first value is not looked
 * at, numbers keep their digits. */
#include "ksqld/serde/json.h"

#include "ksqld/exec/cast.h"
#include "ksqld/exec/compare.h"
#include "ksqld/exec/decimal.h"
#include "ksqld/exec/hash_order.h"
#include "ksqld/functions/rows.h"
#include "ksqld/functions/text.h"
#include "ksqld/serde/base64.h"
#include "ksqld/serde/json_writer.h"
#include "ksqld/serde/number.h"

#include <math.h>
#include <stdlib.h>

#define PATH_TOKENS_MAX 128u /* of a path of EXTRACTJSONFIELD: JSON is not deeper either */
#define PLAIN_SCALE_MAX 9999 /* Jackson's */
#define FEW_MEMBERS 64u      /* an object whose names are compared one by one */

/* ---- reading ---- */

enum parsed { PARSED, PARSED_NOTHING, PARSED_BAD };

static enum parsed parse(
    const struct ksql_call *call, struct of_text text, const struct ksql_json **json)
{
    struct of_error error;
    size_t blank = 0;
    while (blank < text.length && memchr(" \t\r\n", text.data[blank], 4))
        blank++;
    if (blank == text.length)
        return PARSED_NOTHING;
    if (ksql_json_parse_first(call->arena, text.data, text.length, json, &error) == 0)
        return PARSED;
    if (error.kind && strcmp(error.kind, KSQL_JSON_LIMIT) == 0)
        (void)ksql_call_refuse(call, "JSON of so many values, or so many inside one another,");
    return PARSED_BAD;
}

/* ---- writing ---- */

static int compare_names(const void *a, const void *b)
{
    const struct ksql_json_member *x = a, *y = b;
    return ksql_text_compare(x->name, y->name);
}

static bool has_twins(const struct ksql_json *object)
{
    if (object->count < 2)
        return false;
    struct ksql_arena arena OF_CLEANUP(ksql_arena_release) = {0};
    struct ksql_json_member *sorted = ksql_arena_new_array(&arena, object->count, sizeof(*sorted));
    memcpy(sorted, object->members, object->count * sizeof(*sorted));
    qsort(sorted, object->count, sizeof(*sorted), compare_names);
    for (size_t i = 1; i < object->count; i++) {
        if (compare_names(&sorted[i - 1], &sorted[i]) == 0)
            return true;
    }
    return false;
}

/* The place of the last member of that name from `from` on. */
static size_t last_of(const struct ksql_json *object, size_t from)
{
    size_t last = from;
    for (size_t i = from + 1; i < object->count; i++) {
        if (ksql_text_equal(object->members[i].name, object->members[from].name))
            last = i;
    }
    return last;
}

static bool is_first(const struct ksql_json *object, size_t at)
{
    for (size_t i = 0; i < at; i++) {
        if (ksql_text_equal(object->members[i].name, object->members[at].name))
            return false;
    }
    return true;
}

/* Each name once, where it first stood, with its last value. False: too many to see to. */
static bool unify(struct ksql_arena *arena, const struct ksql_json **object)
{
    if (!has_twins(*object))
        return true;
    if ((*object)->count > FEW_MEMBERS)
        return false;
    struct ksql_json *unified = ksql_arena_new(arena, sizeof(*unified));
    *unified = **object;
    unified->members = ksql_arena_new_array(arena, (*object)->count, sizeof(*unified->members));
    unified->count = 0;
    for (size_t i = 0; i < (*object)->count; i++) {
        if (is_first(*object, i))
            unified->members[unified->count++] = (struct ksql_json_member){
                (*object)->members[i].name, (*object)->members[last_of(*object, i)].value};
    }
    *object = unified;
    return true;
}

/* Of a number as Java prints it with an exponent, d.dddE+n, which Jackson writes with zeros. */
static bool print_plain(const char *text, const char *mark, struct of_buffer *out)
{
    long exponent = strtol(mark + 1, NULL, 10);
    bool negative = *text == '-', zero = text[negative] == '0';
    size_t digits = 0;
    for (const char *c = text + negative; c < mark; c++)
        digits += *c != '.';
    if (labs((long)digits - 1 - exponent) > PLAIN_SCALE_MAX)
        return false;
    of_buffer_append_text(out, negative ? "-" : "");
    if (exponent < 0)
        of_buffer_append_text(out, "0.");
    for (long i = 1; i < -exponent; i++)
        of_buffer_append_byte(out, '0');
    for (const char *c = text + negative; c < mark; c++) {
        if (*c != '.')
            of_buffer_append_byte(out, (uint8_t)*c);
    }
    for (long i = (long)digits - 1; !zero && i < exponent; i++)
        of_buffer_append_byte(out, '0');
    return true;
}

/* `plain`: without exponents. */
static bool print_number(
    const struct ksql_call *call, struct of_text number, bool plain, struct of_buffer *out)
{
    char text[KSQL_NUMBER_TEXT_MAX];
    if (number.length >= sizeof(text) / 2)
        return ksql_call_refuse(call, "JSON with a number of so many digits") == 0;
    size_t length = ksql_number_print(number, text);
    const char *mark = plain ? memchr(text, 'E', length) : NULL;
    text[length] = '\0';
    if (mark)
        return print_plain(text, mark, out);
    of_buffer_append(out, text, length);
    return true;
}

static bool print(
    const struct ksql_call *call, const struct ksql_json *json, bool plain, struct of_buffer *out)
{
    bool object = json->kind == KSQL_JSON_OBJECT;
    if (json->kind == KSQL_JSON_NUMBER)
        return print_number(call, json->text, plain, out);
    if (json->kind == KSQL_JSON_STRING) {
        ksql_json_write_text(json->text, out);
        return true;
    }
    if (json->kind != KSQL_JSON_ARRAY && !object) {
        ksql_json_print(json, out);
        return true;
    }
    if (object && !unify(call->arena, &json))
        return false;
    of_buffer_append_byte(out, object ? '{' : '[');
    for (size_t i = 0; i < json->count; i++) {
        of_buffer_append_text(out, i ? "," : "");
        if (object) {
            ksql_json_write_text(json->members[i].name, out);
            of_buffer_append_byte(out, ':');
        }
        if (!print(call, json->members[i].value, plain, out))
            return false;
    }
    of_buffer_append_byte(out, object ? '}' : ']');
    return true;
}

static int yield_buffer(
    const struct ksql_call *call, const struct of_buffer *text, struct ksql_value *result)
{
    if (text->full)
        return ksql_call_refuse(call, KSQL_LONG_TEXT);
    const char *kept =
        ksql_arena_strndup(call->arena, text->length ? (const char *)text->data : "", text->length);
    return ksql_yield_text(result, (struct of_text){kept, text->length});
}

static int yield_printed(const struct ksql_call *call, const struct ksql_json *json, bool plain,
    struct ksql_value *result)
{
    struct of_buffer text OF_CLEANUP(of_buffer_release);
    of_buffer_init(&text, KSQL_VALUE_TEXT_MAX);
    return print(call, json, plain, &text) ? yield_buffer(call, &text, result) : -1;
}

/* A string without its quotes, anything else as JSON. */
static int yield_node(
    const struct ksql_call *call, const struct ksql_json *json, struct ksql_value *result)
{
    if (json->kind == KSQL_JSON_STRING)
        return ksql_yield_text(result, json->text);
    return yield_printed(call, json, false, result);
}

/* ---- what is in it ---- */

static int run_is_json(const struct ksql_call *call, struct ksql_value *result)
{
    const struct ksql_json *json;
    bool good = !call->arguments[0].null && parse(call, call->arguments[0].text, &json) == PARSED;
    return ksql_yield_number(result, good);
}

static int run_array_length(const struct ksql_call *call, struct ksql_value *result)
{
    const struct ksql_json *json;
    enum parsed parsed = parse(call, call->arguments[0].text, &json);
    if (parsed == PARSED_BAD)
        return -1;
    if (parsed == PARSED_NOTHING || json->kind != KSQL_JSON_ARRAY)
        return ksql_yield_null(result);
    return ksql_yield_number(result, (int64_t)json->count);
}

static bool is_whole(struct of_text number)
{
    return !memchr(number.data, '.', number.length) && !memchr(number.data, 'e', number.length) &&
           !memchr(number.data, 'E', number.length);
}

/* Numbers of one kind are compared, never a whole one with a double. */
static bool is_same(
    const struct ksql_json *json, const struct ksql_type *type, const struct ksql_value *value)
{
    bool small = type->kind == KSQL_INTEGER;
    int64_t number;
    double real;
    if (value->null || json->kind == KSQL_JSON_NULL)
        return value->null && json->kind == KSQL_JSON_NULL;
    if (json->kind == KSQL_JSON_BOOLEAN)
        return type->kind == KSQL_BOOLEAN && json->truth == (value->number != 0);
    if (json->kind == KSQL_JSON_STRING)
        return type->kind == KSQL_STRING && ksql_text_equal(json->text, value->text);
    if (json->kind != KSQL_JSON_NUMBER)
        return false;
    if (is_whole(json->text))
        return (small || type->kind == KSQL_BIGINT) &&
               ksql_number_integer(json->text, small ? INT32_MIN : INT64_MIN,
                   small ? INT32_MAX : INT64_MAX, &number) &&
               number == value->number;
    return type->kind == KSQL_DOUBLE && ksql_number_double(json->text, &real) &&
           ksql_double_compare(real, value->real) == 0;
}

static int run_array_contains(const struct ksql_call *call, struct ksql_value *result)
{
    const struct ksql_json *json;
    bool found = false;
    if (call->arguments[0].null)
        return -1;
    if (parse(call, call->arguments[0].text, &json) == PARSED && json->kind == KSQL_JSON_ARRAY) {
        for (size_t i = 0; i < json->count && !found; i++)
            found = is_same(json->members[i].value, call->types[1], &call->arguments[1]);
    }
    return ksql_yield_number(result, found);
}

static int run_items(const struct ksql_call *call, struct ksql_value *result)
{
    const struct ksql_json *json;
    if (parse(call, call->arguments[0].text, &json) != PARSED || json->kind != KSQL_JSON_ARRAY)
        return -1;
    struct ksql_value *items = ksql_arena_take(call->arena, (json->count + 1) * sizeof(*items));
    for (size_t i = 0; i < json->count; i++) {
        if (yield_printed(call, json->members[i].value, false, &items[i]))
            return -1;
    }
    return ksql_yield_list(result, items, json->count);
}

/* The object in the argument; NULL and *status: what to return at once. */
static const struct ksql_json *read_object(
    const struct ksql_call *call, struct ksql_value *result, int *status)
{
    const struct ksql_json *json;
    enum parsed parsed = parse(call, call->arguments[0].text, &json);
    *status = parsed == PARSED_BAD ? -1 : ksql_yield_null(result);
    if (parsed != PARSED || json->kind != KSQL_JSON_OBJECT)
        return NULL;
    *status = -1;
    return unify(call->arena, &json) ? json : NULL;
}

static int run_keys(const struct ksql_call *call, struct ksql_value *result)
{
    int status;
    const struct ksql_json *json = read_object(call, result, &status);
    if (!json)
        return status;
    struct ksql_value *items = ksql_arena_take(call->arena, (json->count + 1) * sizeof(*items));
    for (size_t i = 0; i < json->count; i++)
        items[i] = (struct ksql_value){.text = json->members[i].name};
    return ksql_yield_list(result, items, json->count);
}

static int run_records(const struct ksql_call *call, struct ksql_value *result)
{
    int status;
    const struct ksql_json *json = read_object(call, result, &status);
    if (!json)
        return status;
    struct ksql_value *items = ksql_arena_take(call->arena, (2 * json->count + 1) * sizeof(*items));
    for (size_t i = 0; i < json->count; i++) {
        items[2 * i] = (struct ksql_value){.text = json->members[i].name};
        if (yield_node(call, json->members[i].value, &items[2 * i + 1]))
            return -1;
    }
    size_t count = ksql_hash_order(
        call->arena, call->type->key, items, 2 * json->count, ksql_hash_slots(json->count));
    return ksql_yield_list(result, items, count);
}

/* ---- JSON_CONCAT ---- */

static void add_members(
    const struct ksql_call *call, struct ksql_json *joined, const struct ksql_json *json)
{
    struct ksql_json_member alone = {.value = json};
    bool list = json->kind == joined->kind;
    for (size_t i = 0; i < (list ? json->count : 1); i++)
        *ksql_arena_append(call->arena, joined->members, joined->count) =
            list ? json->members[i] : alone;
}

/* Objects become one object, anything else one array. */
static int run_concat(const struct ksql_call *call, struct ksql_value *result)
{
    const struct ksql_json **all = ksql_arena_new_array(call->arena, call->count + 1, sizeof(*all));
    struct ksql_json joined = {.kind = KSQL_JSON_OBJECT};
    for (size_t i = 0; i < call->count; i++) {
        if (call->arguments[i].null)
            return ksql_yield_null(result);
        enum parsed parsed = parse(call, call->arguments[i].text, &all[i]);
        if (parsed != PARSED)
            return parsed == PARSED_BAD ? -1 : ksql_yield_null(result);
        if (all[i]->kind != KSQL_JSON_OBJECT)
            joined.kind = KSQL_JSON_ARRAY;
    }
    if (!call->count)
        return -1;
    if (call->count == 1)
        return yield_printed(call, all[0], true, result);
    for (size_t i = 0; i < call->count; i++)
        add_members(call, &joined, all[i]);
    return yield_printed(call, &joined, true, result);
}

/* ---- EXTRACTJSONFIELD ---- */

static bool is_path_character(struct of_text path, size_t at, bool dotted)
{
    uint32_t code;
    ksql_utf8_read(path.data + at, &code);
    return code == '_' || (dotted && (code == ':' || code == '@')) ||
           ksql_letter_kind(code) != KSQL_LETTER_OTHER;
}

/* The name in quotes; a backslash may stand before a quote and another one. */
static bool take_quoted(
    struct ksql_arena *arena, struct of_text path, size_t *at, struct of_text *token)
{
    char *name = ksql_arena_take(arena, path.length + 1);
    size_t length = 0;
    for (; *at < path.length && path.data[*at] != '"'; (*at)++) {
        if (path.data[*at] == '\\') {
            (*at)++;
            if (*at == path.length || (path.data[*at] != '"' && path.data[*at] != '\\'))
                return false;
        }
        name[length++] = path.data[*at];
    }
    *token = (struct of_text){name, length};
    return (*at)++ < path.length;
}

static bool take_token(
    struct ksql_arena *arena, struct of_text path, size_t *at, struct of_text *token)
{
    bool dotted = path.data[*at] == '.';
    if (!dotted && path.data[*at] != '[')
        return false;
    (*at)++;
    if (!dotted && *at < path.length && path.data[*at] == '"') {
        (*at)++;
        if (!take_quoted(arena, path, at, token))
            return false;
    } else {
        size_t start = *at;
        uint32_t code;
        while (*at < path.length && is_path_character(path, *at, dotted))
            *at += ksql_utf8_read(path.data + *at, &code);
        *token = (struct of_text){path.data + start, *at - start};
        if (*at == start)
            return false;
    }
    return dotted || (*at < path.length && path.data[(*at)++] == ']');
}

static const struct ksql_json *step(const struct ksql_json *json, struct of_text token)
{
    int64_t index;
    if (json->kind == KSQL_JSON_ARRAY) {
        if (!ksql_number_integer(token, 0, INT32_MAX, &index) || index >= (int64_t)json->count)
            return NULL;
        return json->members[index].value;
    }
    for (size_t i = json->count; json->kind == KSQL_JSON_OBJECT && i > 0; i--) {
        if (ksql_text_equal(json->members[i - 1].name, token))
            return json->members[i - 1].value;
    }
    return NULL;
}

static int run_extract(const struct ksql_call *call, struct ksql_value *result)
{
    struct of_text path = call->arguments[1].text, tokens[PATH_TOKENS_MAX];
    const struct ksql_json *json;
    size_t count = 0, at = 1;
    if (!path.length || *path.data != '$')
        return -1;
    while (at < path.length) {
        if (count == PATH_TOKENS_MAX || !take_token(call->arena, path, &at, &tokens[count++]))
            return -1;
    }
    enum parsed parsed = parse(call, call->arguments[0].text, &json);
    if (parsed == PARSED_BAD)
        return -1;
    if (parsed == PARSED_NOTHING)
        return count ? ksql_yield_null(result) : ksql_yield_text(result, (struct of_text){"", 0});
    for (size_t i = 0; i < count; i++) {
        json = step(json, tokens[i]);
        if (!json)
            return ksql_yield_null(result);
    }
    return yield_node(call, json, result);
}

/* ---- TO_JSON_STRING ---- */

static bool to_json(const struct ksql_call *call, const struct ksql_type *type,
    const struct ksql_value *value, struct of_buffer *out);

struct entry {
    struct of_text name;
    const struct ksql_type *type;
    const struct ksql_value *value;
};

static int compare_entries(const void *a, const void *b)
{
    const struct entry *x = a, *y = b;
    return ksql_text_compare(x->name, y->name);
}

static bool entries_to_json(
    const struct ksql_call *call, struct entry *entries, size_t count, struct of_buffer *out)
{
    qsort(entries, count, sizeof(*entries), compare_entries);
    of_buffer_append_byte(out, '{');
    for (size_t i = 0; i < count; i++) {
        of_buffer_append_text(out, i ? "," : "");
        ksql_json_write_text(entries[i].name, out);
        of_buffer_append_byte(out, ':');
        if (!to_json(call, entries[i].type, entries[i].value, out))
            return false;
    }
    of_buffer_append_byte(out, '}');
    return true;
}

/* Names in order; of a MAP the text of its keys. */
static bool object_to_json(const struct ksql_call *call, const struct ksql_type *type,
    const struct ksql_value *value, struct of_buffer *out)
{
    bool map = type->kind == KSQL_MAP;
    size_t count = map ? value->list.count / 2 : type->field_count;
    struct entry *entries = ksql_arena_take(call->arena, (count + 1) * sizeof(*entries));
    for (size_t i = 0; i < count; i++) {
        const struct ksql_value *key = map ? &value->list.items[2 * i] : NULL;
        if (map && (key->null || type->key->kind != KSQL_STRING))
            return false;
        entries[i] = map ? (struct entry){key->text, type->element, &value->list.items[2 * i + 1]}
                         : (struct entry){{type->fields[i].name, strlen(type->fields[i].name)},
                               type->fields[i].type, &value->fields[i]};
    }
    return entries_to_json(call, entries, count, out);
}

static bool list_to_json(const struct ksql_call *call, const struct ksql_type *type,
    const struct ksql_list *list, struct of_buffer *out)
{
    of_buffer_append_byte(out, '[');
    for (size_t i = 0; i < list->count; i++) {
        of_buffer_append_text(out, i ? "," : "");
        if (!to_json(call, type->element, &list->items[i], out))
            return false;
    }
    of_buffer_append_byte(out, ']');
    return true;
}

static bool to_json(const struct ksql_call *call, const struct ksql_type *type,
    const struct ksql_value *value, struct of_buffer *out)
{
    char text[KSQL_SCALAR_TEXT_MAX];
    if (value->null) {
        of_buffer_append_text(out, "null");
        return true;
    }
    bool time = type->kind == KSQL_TIMESTAMP || type->kind == KSQL_DATE || type->kind == KSQL_TIME;
    bool odd = type->kind == KSQL_DOUBLE && !isfinite(value->real);
    switch (type->kind) {
    case KSQL_STRING:
        ksql_json_write_text(value->text, out);
        return true;
    case KSQL_BYTES:
        ksql_json_write_text(ksql_base64_encode(call->arena, value->text), out);
        return true;
    case KSQL_ARRAY:
        return list_to_json(call, type, &value->list, out);
    case KSQL_MAP:
    case KSQL_STRUCT:
        return object_to_json(call, type, value, out);
    default:
        break;
    }
    of_buffer_append_text(out, time || odd ? "\"" : "");
    of_buffer_append(out, text, ksql_scalar_print(type, value, text));
    of_buffer_append_text(out, time || odd ? "\"" : "");
    return true;
}

static int run_to_json(const struct ksql_call *call, struct ksql_value *result)
{
    struct of_buffer text OF_CLEANUP(of_buffer_release);
    of_buffer_init(&text, KSQL_VALUE_TEXT_MAX);
    if (!to_json(call, call->types[0], &call->arguments[0], &text))
        return -1;
    return yield_buffer(call, &text, result);
}

static const struct ksql_function rows[] = {
    {"extractjsonfield(VARCHAR input, VARCHAR path) VARCHAR", run_extract,
        "What stands at a path ($.a.b[0]) in JSON text."},
    {"IS_JSON_STRING(VARCHAR input) BOOLEAN", run_is_json, "Whether a text is JSON.",
        KSQL_NULLABLE},
    {"JSON_ARRAY_CONTAINS(VARCHAR jsonArray, T val) BOOLEAN", run_array_contains,
        "Whether a JSON array has a value.", KSQL_NULLABLE},
    {"JSON_ARRAY_LENGTH(VARCHAR jsonArray) INT", run_array_length, "The length of a JSON array."},
    {"JSON_CONCAT(VARCHAR... jsonStrings) VARCHAR", run_concat,
        "Several JSON objects as one, or several values as one array.", KSQL_NULLABLE},
    {"JSON_ITEMS(VARCHAR jsonItems) ARRAY<VARCHAR>", run_items,
        "The items of a JSON array, as JSON texts."},
    {"JSON_KEYS(VARCHAR jsonObj) ARRAY<VARCHAR>", run_keys, "The names in a JSON object."},
    {"JSON_RECORDS(VARCHAR jsonObj) MAP<VARCHAR, VARCHAR>", run_records,
        "The names and values in a JSON object, as a map of texts."},
    {"TO_JSON_STRING(T input) VARCHAR", run_to_json, "A value of any type as JSON.", KSQL_NULLABLE},
};

KSQL_SECTION(ksql_json_functions, "JSON", rows);
