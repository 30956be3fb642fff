/* What of JSON becomes which type: as ksqlDB's inserts do, which is stricter than its JSON format.
 */
#include "ksqld/serde/api_row.h"

#include "ksqld/exec/decimal.h"
#include "ksqld/exec/hash_order.h"
#include "ksqld/exec/strict.h"
#include "ksqld/plan/typing.h"
#include "ksqld/serde/number.h"

#define HASH_SLOTS 16
#define SHOWN_MAX (64u * 1024)

static const char log_only[] = "Error in processing inserts. Check server logs for details.";

static int fail_row(struct of_error *error, const char *message)
{
    of_fail(error, OF_INPUT, "%s", message);
    of_error_kind(error, "row");
    return OF_INPUT;
}

static int fail_server(struct of_error *error)
{
    of_fail(error, OF_INPUT, "%s", log_only);
    of_error_kind(error, "server");
    return OF_INPUT;
}

/* ---- names ---- */

static char *unquote(struct ksql_arena *arena, struct of_text text, const char **why)
{
    char quote = *text.data, *name = ksql_arena_new(arena, text.length + 1), *to = name;
    *why = "Expected matching quote at end of value";
    if (text.length < 2 || text.data[text.length - 1] != quote)
        return NULL;
    *why = "Un-escaped quote in middle of value";
    for (size_t i = 1; i + 1 < text.length; i++) {
        if (text.data[i] == quote && (text.data[i + 1] != quote || ++i + 1 == text.length))
            return NULL;
        *to++ = text.data[i];
    }
    return name;
}

char *ksql_api_name(struct ksql_arena *arena, struct of_text text, const char **why)
{
    if (text.length && (*text.data == '`' || *text.data == '"'))
        return unquote(arena, text, why);
    char *name = ksql_arena_strndup(arena, text.data ? text.data : "", text.length);
    for (char *c = name; *c; c++) {
        if (*c >= 'a' && *c <= 'z')
            *c = (char)(*c - 'a' + 'A');
    }
    return name;
}

/* The members by their columns' names. */
static int convert_names(struct ksql_arena *arena, const struct ksql_json *object,
    struct ksql_json_member **members, struct of_error *error)
{
    *members = ksql_arena_new_array(arena, object->count, sizeof(**members));
    for (size_t i = 0; i < object->count; i++) {
        const char *why = NULL;
        struct of_text given = object->members[i].name;
        char *name = ksql_api_name(arena, given, &why);
        if (!name)
            return fail_row(
                error, ksql_arena_printf(arena,
                           "Invalid column / struct field name. Name: %.*s. Reason: %s.",
                           (int)given.length, given.data, why));
        for (size_t j = 0; j < i; j++) {
            if (ksql_text_is((*members)[j].name, name))
                return fail_row(error, ksql_arena_printf(arena,
                                           "Found duplicate column / struct field name: %s", name));
        }
        (*members)[i] = (struct ksql_json_member){{name, strlen(name)}, object->members[i].value};
    }
    return 0;
}

static const struct ksql_json *find(
    const struct ksql_json_member *members, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++) {
        if (ksql_text_is(members[i].name, name))
            return members[i].value;
    }
    return NULL;
}

/* ---- values ---- */

enum outcome { DONE, CANNOT, BROKEN, REPORTED };

struct reading {
    struct ksql_arena *arena;
    struct of_error *error;
};

static enum outcome read_value(struct reading *reading, const struct ksql_type *type,
    const struct ksql_json *json, struct ksql_value *value);

/* What a JSON number is in Java: an Integer, Long or Double; NULL: none of them. */
static const struct ksql_type *number_type(struct of_text text, struct ksql_value *value)
{
    *value = (struct ksql_value){0};
    if (ksql_number_integer(text, INT32_MIN, INT32_MAX, &value->number))
        return ksql_basic_type(KSQL_INTEGER);
    if (ksql_number_integer(text, INT64_MIN, INT64_MAX, &value->number))
        return ksql_basic_type(KSQL_BIGINT);
    if (memchr(text.data, '.', text.length) || memchr(text.data, 'e', text.length) ||
        memchr(text.data, 'E', text.length))
        return ksql_number_double(text, &value->real) ? ksql_basic_type(KSQL_DOUBLE) : NULL;
    return NULL;
}

/* Doubles and texts are rounded to the scale; whole numbers must fit. */
static enum outcome read_decimal(
    const struct ksql_type *type, const struct ksql_json *json, struct ksql_value *value)
{
    struct ksql_value number;
    char text[KSQL_DOUBLE_TEXT_MAX];
    struct of_text digits = json->text;
    if (json->kind == KSQL_JSON_NUMBER) {
        const struct ksql_type *own = number_type(json->text, &number);
        if (!own)
            return CANNOT;
        if (own->kind != KSQL_DOUBLE)
            return ksql_strict_value(NULL, own, &number, type, value) ? CANNOT : DONE;
        digits = (struct of_text){text, ksql_double_print(number.real, text)};
    } else if (json->kind != KSQL_JSON_STRING) {
        return CANNOT;
    }
    *value = (struct ksql_value){0};
    return ksql_decimal_read(digits, type->precision, type->scale, &value->decimal) ? DONE : BROKEN;
}

static enum outcome read_array(struct reading *reading, const struct ksql_type *type,
    const struct ksql_json *json, struct ksql_value *value)
{
    if (json->kind != KSQL_JSON_ARRAY)
        return CANNOT;
    struct ksql_value *items = ksql_arena_new_array(reading->arena, json->count, sizeof(*items));
    for (size_t i = 0; i < json->count; i++) {
        enum outcome outcome =
            read_value(reading, type->element, json->members[i].value, &items[i]);
        if (outcome != DONE)
            return outcome;
    }
    *value = (struct ksql_value){.list = {items, json->count}};
    return DONE;
}

static enum outcome read_map(struct reading *reading, const struct ksql_type *type,
    const struct ksql_json *json, struct ksql_value *value)
{
    if (json->kind != KSQL_JSON_OBJECT)
        return CANNOT;
    struct ksql_value *items =
        ksql_arena_new_array(reading->arena, 2 * json->count, sizeof(*items));
    for (size_t i = 0; i < json->count; i++) {
        const struct ksql_json key = {.kind = KSQL_JSON_STRING, .text = json->members[i].name};
        enum outcome outcome = read_value(reading, type->key, &key, &items[2 * i]);
        if (outcome == DONE)
            outcome = read_value(reading, type->element, json->members[i].value, &items[2 * i + 1]);
        if (outcome != DONE)
            return outcome;
    }
    size_t count = ksql_hash_order(reading->arena, type->key, items, 2 * json->count, HASH_SLOTS);
    *value = (struct ksql_value){.list = {items, count}};
    return DONE;
}

static enum outcome read_struct(struct reading *reading, const struct ksql_type *type,
    const struct ksql_json *json, struct ksql_value *value)
{
    struct ksql_json_member *members;
    if (json->kind != KSQL_JSON_OBJECT)
        return CANNOT;
    if (convert_names(reading->arena, json, &members, reading->error))
        return REPORTED;
    struct ksql_value *fields =
        ksql_arena_new_array(reading->arena, type->field_count, sizeof(*fields));
    for (size_t i = 0; i < type->field_count; i++) {
        const struct ksql_json *member = find(members, json->count, type->fields[i].name);
        fields[i] = KSQL_VALUE_NULL;
        enum outcome outcome =
            member ? read_value(reading, type->fields[i].type, member, &fields[i]) : DONE;
        if (outcome != DONE)
            return outcome;
    }
    *value = (struct ksql_value){.fields = fields};
    return DONE;
}

static enum outcome read_plain(struct reading *reading, const struct ksql_type *type,
    const struct ksql_json *json, struct ksql_value *value)
{
    struct ksql_value own = {.number = json->truth};
    const struct ksql_type *from = NULL;
    if (json->kind == KSQL_JSON_BOOLEAN) {
        from = ksql_basic_type(KSQL_BOOLEAN);
    } else if (json->kind == KSQL_JSON_STRING) {
        own.text = json->text;
        from = ksql_basic_type(KSQL_STRING);
    } else if (json->kind == KSQL_JSON_NUMBER) {
        from = number_type(json->text, &own);
    }
    return from && ksql_strict_value(reading->arena, from, &own, type, value) == 0 ? DONE : CANNOT;
}

/* Depth is that of the type. */
static enum outcome read_value(struct reading *reading, const struct ksql_type *type,
    const struct ksql_json *json, struct ksql_value *value)
{
    *value = KSQL_VALUE_NULL;
    if (json->kind == KSQL_JSON_NULL)
        return DONE;
    switch (type->kind) {
    case KSQL_DECIMAL:
        return read_decimal(type, json, value);
    case KSQL_ARRAY:
        return read_array(reading, type, json, value);
    case KSQL_MAP:
        return read_map(reading, type, json, value);
    case KSQL_STRUCT:
        return read_struct(reading, type, json, value);
    default:
        return read_plain(reading, type, json, value);
    }
}

/* ---- a row ---- */

static const char *java_class(const struct ksql_json *json)
{
    struct ksql_value ignored;
    const struct ksql_type *type;
    switch (json->kind) {
    case KSQL_JSON_BOOLEAN:
        return "java.lang.Boolean";
    case KSQL_JSON_STRING:
        return "java.lang.String";
    case KSQL_JSON_ARRAY:
        return "io.vertx.core.json.JsonArray";
    case KSQL_JSON_OBJECT:
        return "io.vertx.core.json.JsonObject";
    default:
        type = number_type(json->text, &ignored);
        return !type                        ? "java.math.BigInteger"
               : type->kind == KSQL_INTEGER ? "java.lang.Integer"
               : type->kind == KSQL_BIGINT  ? "java.lang.Long"
                                            : "java.lang.Double";
    }
}

static int fail_coerce(
    struct reading *reading, const struct ksql_json *json, const struct ksql_type *type)
{
    struct of_buffer text OF_CLEANUP(of_buffer_release);
    of_buffer_init(&text, SHOWN_MAX);
    of_buffer_appendf(&text, "Can't coerce a field of type class %s into type ", java_class(json));
    ksql_type_format(type, true, &text);
    return fail_row(reading->error, of_buffer_text(&text));
}

static int read_column(struct reading *reading, const struct ksql_column *column,
    const struct ksql_json *json, struct ksql_value *value)
{
    *value = KSQL_VALUE_NULL;
    if (!json || json->kind == KSQL_JSON_NULL)
        return column->key
                   ? fail_row(reading->error, ksql_arena_printf(reading->arena,
                                                  "Key field must be specified: %s", column->name))
                   : 0;
    bool bytes = column->type->kind == KSQL_BYTES && !column->key;
    if (bytes && json->kind != KSQL_JSON_STRING)
        return fail_server(reading->error);
    enum outcome outcome = read_value(reading, column->type, json, value);
    if (outcome == DONE || outcome == REPORTED)
        return outcome == DONE ? 0 : OF_INPUT;
    if (outcome == BROKEN || bytes)
        return fail_server(reading->error);
    return fail_coerce(reading, json, column->type);
}

/* Keys first, as ksqlDB complains about them first. */
int ksql_api_row_read(struct ksql_arena *arena, const struct ksql_schema *schema,
    const struct ksql_json *row, struct ksql_value *values, struct of_error *error)
{
    struct reading reading = {arena, error};
    struct ksql_json_member *members;
    if (convert_names(arena, row, &members, error))
        return OF_INPUT;
    for (int value = 0; value < 2; value++) {
        for (size_t i = 0; i < schema->count; i++) {
            const struct ksql_column *column = &schema->columns[i];
            const struct ksql_json *json = find(members, row->count, column->name);
            if (column->header)
                values[i] = KSQL_VALUE_NULL;
            else if (column->key != value && read_column(&reading, column, json, &values[i]))
                return OF_INPUT;
        }
    }
    return 0;
}
