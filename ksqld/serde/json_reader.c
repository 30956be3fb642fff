/* Walks a tree of JSON by a type. Sizes and depth were bounded when the tree was made. */
#include "ksqld/serde/json_reader.h"

#include "ksqld/exec/hash_order.h"

#include "ksqld/exec/decimal.h"
#include "ksqld/serde/base64.h"
#include "ksqld/serde/json_writer.h"
#include "ksqld/serde/number.h"

#define DAY_MS 86400000
#define TEXT_MAX (64u * 1024 * 1024) /* bytes of an object as text */

struct walk {
    struct ksql_arena *arena;
    struct of_error *error;
    const char *field; /* that is read, for messages */
};

static int read_value(struct walk *walk, const struct ksql_type *type, const struct ksql_json *json,
    struct ksql_value *value);

static const char *kind_name(const struct ksql_json *json)
{
    static const char *const names[] = {
        "NullNode", "BooleanNode", "NumericNode", "TextNode", "ArrayNode", "ObjectNode"};
    return names[json->kind];
}

static int mismatch(
    const struct walk *walk, const struct ksql_type *type, const struct ksql_json *json)
{
    return of_fail(walk->error, OF_INPUT,
        "Can't convert type. sourceType: %s, requiredType: %s, field: %s", kind_name(json),
        ksql_type_kind_name(type->kind), walk->field);
}

/* ---- leaves ---- */

static int read_integer(struct walk *walk, const struct ksql_type *type,
    const struct ksql_json *json, struct ksql_value *value)
{
    bool small = type->kind == KSQL_INTEGER;
    if (json->kind == KSQL_JSON_NUMBER) {
        value->number = ksql_number_low_bits(json->text);
        if (small)
            value->number = (int32_t)value->number;
        return 0;
    }
    int64_t low = small ? INT32_MIN : INT64_MIN, high = small ? INT32_MAX : INT64_MAX;
    if (json->kind == KSQL_JSON_STRING &&
        ksql_number_integer(json->text, low, high, &value->number))
        return 0;
    return mismatch(walk, type, json);
}

/* TIME is a time of day, DATE a count of days that a day's milliseconds can still be taken of. */
static int read_time(struct walk *walk, const struct ksql_type *type, const struct ksql_json *json,
    struct ksql_value *value)
{
    static const struct ksql_type wide = {.kind = KSQL_BIGINT};
    if (read_integer(walk, &wide, json, value))
        return OF_INPUT;
    int64_t low = type->kind == KSQL_TIME ? 0 : type->kind == KSQL_DATE ? INT32_MIN : INT64_MIN;
    int64_t high = type->kind == KSQL_TIME   ? DAY_MS - 1
                   : type->kind == KSQL_DATE ? INT32_MAX
                                             : INT64_MAX;
    return value->number < low || value->number > high ? mismatch(walk, type, json) : 0;
}

static int read_double(struct walk *walk, const struct ksql_type *type,
    const struct ksql_json *json, struct ksql_value *value)
{
    bool good = (json->kind == KSQL_JSON_NUMBER && ksql_number_real(json->text, &value->real)) ||
                (json->kind == KSQL_JSON_STRING && ksql_number_double(json->text, &value->real));
    return good ? 0 : mismatch(walk, type, json);
}

static int read_decimal(struct walk *walk, const struct ksql_type *type,
    const struct ksql_json *json, struct ksql_value *value)
{
    bool good = json->kind == KSQL_JSON_NUMBER || json->kind == KSQL_JSON_STRING;
    if (good && ksql_number_decimal(json->text, type->scale, &value->decimal) &&
        ksql_decimal_fits(value->decimal, type->precision))
        return 0;
    return mismatch(walk, type, json);
}

static int read_bytes(struct walk *walk, const struct ksql_type *type, const struct ksql_json *json,
    struct ksql_value *value)
{
    if (json->kind == KSQL_JSON_STRING && json->text.length % 4 == 0 &&
        ksql_base64_decode(walk->arena, json->text, &value->text))
        return 0;
    return mismatch(walk, type, json);
}

/* ---- STRING takes everything ---- */

static struct of_text keep(struct walk *walk, struct of_buffer *text)
{
    return (struct of_text){
        ksql_arena_strndup(walk->arena, of_buffer_text(text), text->length), text->length};
}

static void print_text(const struct ksql_json *json, struct of_buffer *out)
{
    char number[KSQL_NUMBER_TEXT_MAX];
    switch (json->kind) {
    case KSQL_JSON_STRING:
        of_buffer_append(out, json->text.data, json->text.length);
        break;
    case KSQL_JSON_NUMBER:
        if (json->text.length < sizeof(number) / 2)
            of_buffer_append(out, number, ksql_number_print(json->text, number));
        else
            of_buffer_append(out, json->text.data, json->text.length);
        break;
    case KSQL_JSON_ARRAY: /* as Java prints a list: [a, b] */
        of_buffer_append_byte(out, '[');
        for (size_t i = 0; i < json->count; i++) {
            of_buffer_append_text(out, i ? ", " : "");
            print_text(json->members[i].value, out);
        }
        of_buffer_append_byte(out, ']');
        break;
    case KSQL_JSON_OBJECT:
        ksql_json_write_tree(json, out);
        break;
    default:
        of_buffer_append_text(out, json->kind == KSQL_JSON_NULL ? "null"
                                   : json->truth                ? "true"
                                                                : "false");
        break;
    }
}

static int read_text(struct walk *walk, const struct ksql_json *json, struct ksql_value *value)
{
    if (json->kind == KSQL_JSON_STRING) {
        value->text = json->text;
        return 0;
    }
    struct of_buffer text OF_CLEANUP(of_buffer_release);
    of_buffer_init(&text, TEXT_MAX);
    print_text(json, &text);
    if (of_buffer_check(&text, "the text of a value", walk->error))
        return OF_INPUT;
    value->text = keep(walk, &text);
    return 0;
}

/* ---- collections ---- */

static int read_array(struct walk *walk, const struct ksql_type *type, const struct ksql_json *json,
    struct ksql_value *value)
{
    if (json->kind != KSQL_JSON_ARRAY)
        return mismatch(walk, type, json);
    struct ksql_value *items = ksql_arena_take(walk->arena, (json->count + 1) * sizeof(*items));
    for (size_t i = 0; i < json->count; i++) {
        if (read_value(walk, type->element, json->members[i].value, &items[i]))
            return OF_INPUT;
    }
    value->list = (struct ksql_list){items, json->count};
    return 0;
}

static int read_map(struct walk *walk, const struct ksql_type *type, const struct ksql_json *json,
    struct ksql_value *value)
{
    if (json->kind != KSQL_JSON_OBJECT)
        return mismatch(walk, type, json);
    struct ksql_value *items = ksql_arena_take(walk->arena, (2 * json->count + 1) * sizeof(*items));
    for (size_t i = 0; i < json->count; i++) {
        items[2 * i] = (struct ksql_value){.text = json->members[i].name};
        if (read_value(walk, type->element, json->members[i].value, &items[2 * i + 1]))
            return OF_INPUT;
    }
    size_t count = ksql_hash_order(
        walk->arena, type->key, items, 2 * json->count, ksql_hash_slots(json->count));
    value->list = (struct ksql_list){items, count};
    return 0;
}

static bool is_upper(struct of_text name, const char *wanted)
{
    for (size_t i = 0; i < name.length; i++) {
        char c = name.data[i];
        if ((c >= 'a' && c <= 'z' ? c - 32 : c) != wanted[i])
            return false;
    }
    return true;
}

const struct ksql_json *ksql_json_find(
    const struct ksql_json *object, const char *name, size_t length)
{
    const struct ksql_json *upper = NULL;
    for (size_t i = object->count; i-- > 0;) {
        const struct ksql_json_member *member = &object->members[i];
        if (member->name.length != length)
            continue;
        if (memcmp(member->name.data, name, length) == 0)
            return member->value;
        if (!upper && is_upper(member->name, name))
            upper = member->value;
    }
    return upper;
}

static int read_struct(struct walk *walk, const struct ksql_type *type,
    const struct ksql_json *json, struct ksql_value *value)
{
    static const struct ksql_json null = {.kind = KSQL_JSON_NULL};
    if (json->kind != KSQL_JSON_OBJECT)
        return mismatch(walk, type, json);
    const char *outer = walk->field;
    struct ksql_value *fields =
        ksql_arena_take(walk->arena, (type->field_count + 1) * sizeof(*fields));
    for (size_t i = 0; i < type->field_count; i++) {
        const struct ksql_field *field = &type->fields[i];
        const struct ksql_json *found = ksql_json_find(json, field->name, strlen(field->name));
        walk->field = field->name;
        if (read_value(walk, field->type, found ? found : &null, &fields[i]))
            return OF_INPUT;
    }
    walk->field = outer;
    value->fields = fields;
    return 0;
}

/* ---- all ---- */

static int read_value(struct walk *walk, const struct ksql_type *type, const struct ksql_json *json,
    struct ksql_value *value)
{
    *value = (struct ksql_value){.null = json->kind == KSQL_JSON_NULL};
    if (walk->arena->full)
        return of_fail(walk->error, OF_INPUT, "the record's values take too much memory");
    if (value->null)
        return 0;
    switch (type->kind) {
    case KSQL_BOOLEAN:
        value->number = json->truth;
        return json->kind == KSQL_JSON_BOOLEAN ? 0 : mismatch(walk, type, json);
    case KSQL_INTEGER:
    case KSQL_BIGINT:
        return read_integer(walk, type, json, value);
    case KSQL_TIMESTAMP:
    case KSQL_DATE:
    case KSQL_TIME:
        return read_time(walk, type, json, value);
    case KSQL_DOUBLE:
        return read_double(walk, type, json, value);
    case KSQL_DECIMAL:
        return read_decimal(walk, type, json, value);
    case KSQL_STRING:
        return read_text(walk, json, value);
    case KSQL_BYTES:
        return read_bytes(walk, type, json, value);
    case KSQL_ARRAY:
        return read_array(walk, type, json, value);
    case KSQL_MAP:
        return read_map(walk, type, json, value);
    case KSQL_STRUCT:
        return read_struct(walk, type, json, value);
    default:
        return mismatch(walk, type, json);
    }
}

int ksql_json_read(const struct ksql_type *type, const struct ksql_json *json,
    struct ksql_arena *arena, struct ksql_value *value, struct of_error *error)
{
    struct walk walk = {arena, error, "$"};
    struct ksql_value read;
    if (read_value(&walk, type, json, &read))
        return OF_INPUT;
    *value = read;
    return 0;
}
