/* A tree of steps a writer's schema, built once; then a walk a record. Each step does what two
 * converters do one after the other: JSON to Connect by the writer's schema, and Connect to SQL. */
#include "ksqld/serde/registered.h"

#include "ksqld/exec/decimal.h"
#include "ksqld/lang/lexer.h"
#include "ksqld/serde/base64.h"
#include "ksqld/serde/form.h"
#include "ksqld/serde/number.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define DAY_MS 86400000
#define DECIMAL_BYTES_MAX 16 /* of a decimal that is written as bytes */

struct step {
    const struct ksql_form *form;
    const struct ksql_type *type; /* NULL: the value is nobody's, but must be of its form */
    const char *path;             /* "->A->ARRAY" */
    bool mismatch;                /* the form is not of the type */
    struct step *element, *key;
    struct step **fields; /* STRUCT: one a field of the form */
    size_t *targets;      /* where each goes; unused for those of nobody */
};

struct ksql_registered_reader {
    struct step *root;
    const struct ksql_schema *columns;
    bool key, unwrapped;
    size_t slot;   /* unwrapped: of the column */
    size_t *slots; /* else: of the columns, by their places among the side's */
    size_t count;
};

/* ---- building ---- */

struct builder {
    struct ksql_arena *arena;
    size_t began; /* what it had given away before the first step */
    struct of_error *error;
};

static bool is_whole(const struct ksql_form *form)
{
    return form->kind >= KSQL_FORM_INT8 && form->kind <= KSQL_FORM_INT64;
}

static bool is_real(const struct ksql_form *form)
{
    return form->kind == KSQL_FORM_FLOAT32 || form->kind == KSQL_FORM_FLOAT64;
}

static bool fits(const struct ksql_form *form, const struct ksql_type *type)
{
    bool decimal = form->logic == KSQL_FORM_DECIMAL;
    switch (type->kind) {
    case KSQL_BOOLEAN:
        return form->kind == KSQL_FORM_BOOLEAN;
    case KSQL_INTEGER:
    case KSQL_DATE:
    case KSQL_TIME:
        return is_whole(form) && form->kind != KSQL_FORM_INT64;
    case KSQL_BIGINT:
    case KSQL_TIMESTAMP:
        return is_whole(form);
    case KSQL_DOUBLE:
        return is_real(form);
    case KSQL_STRING: /* a float's text is not Java's here */
        return is_whole(form) || form->kind == KSQL_FORM_FLOAT64 ||
               form->kind == KSQL_FORM_BOOLEAN || form->kind == KSQL_FORM_STRING;
    case KSQL_BYTES:
        return form->kind == KSQL_FORM_BYTES && !decimal;
    case KSQL_DECIMAL:
        return decimal;
    case KSQL_ARRAY:
        return form->kind == KSQL_FORM_ARRAY;
    case KSQL_STRUCT:
        return form->kind == KSQL_FORM_STRUCT;
    default:
        return false; /* a MAP is refused by the plan */
    }
}

static int build(struct builder *builder, const struct ksql_form *form,
    const struct ksql_type *type, const char *path, struct step **step);

/* Which of two properties a column is of depends on an order that not every schema has. */
static int check_targets(
    const struct builder *builder, const struct step *step, const struct ksql_type *type)
{
    for (size_t i = 0; i < step->form->field_count; i++) {
        for (size_t j = 0; j < i; j++) {
            if (step->fields[i]->type && step->fields[j]->type &&
                step->targets[i] == step->targets[j])
                return of_fail(builder->error, OF_INPUT,
                    "two properties for a column (%s and %s for %s) is not supported by this "
                    "runner",
                    step->form->fields[j].name, step->form->fields[i].name,
                    type->fields[step->targets[i]].name);
        }
    }
    return 0;
}

static int build_fields(struct builder *builder, const struct ksql_type *type, struct step *step)
{
    size_t count = step->form->field_count;
    step->fields = ksql_arena_new_array(builder->arena, count, sizeof(struct step *));
    step->targets = ksql_arena_new_array(builder->arena, count, sizeof(*step->targets));
    for (size_t i = 0; i < count; i++) {
        const struct ksql_form_field *field = &step->form->fields[i];
        size_t target = type ? ksql_type_field(type, field->name) : SIZE_MAX;
        const struct ksql_type *inner = target == SIZE_MAX ? NULL : type->fields[target].type;
        const char *path = ksql_arena_printf(
            builder->arena, "%s->%s", step->path, inner ? type->fields[target].name : field->name);
        step->targets[i] = target;
        if (build(builder, field->form, inner, path, &step->fields[i]))
            return OF_INPUT;
    }
    return type ? check_targets(builder, step, type) : 0;
}

static int build(struct builder *builder, const struct ksql_form *form,
    const struct ksql_type *type, const char *path, struct step **step)
{
    /* Paths are of all the names on the way. */
    if (ksql_arena_taken(builder->arena) - builder->began > KSQL_REGISTERED_BYTES_MAX)
        return of_fail(builder->error, OF_INPUT,
            "a JSON schema (too many types, or too long names) is not supported by this runner");
    struct step *made = ksql_arena_new(builder->arena, sizeof(*made));
    *made = (struct step){
        .form = form, .type = type, .path = path, .mismatch = type && !fits(form, type)};
    *step = made;
    if (type && type->kind == KSQL_STRING && form->kind == KSQL_FORM_FLOAT32)
        return of_fail(builder->error, OF_INPUT,
            "a float32 as STRING (path: %s) is not supported by this runner", path);
    if (made->mismatch)
        type = NULL;
    if (form->kind == KSQL_FORM_STRUCT)
        return build_fields(builder, type, made);
    if (!form->element)
        return 0;
    const char *inner = ksql_arena_printf(
        builder->arena, "%s->%s", path, form->kind == KSQL_FORM_MAP ? "MAP_VAL" : "ARRAY");
    if (form->key && build(builder, form->key, NULL, inner, &made->key))
        return OF_INPUT;
    return build(builder, form->element, type ? type->element : NULL, inner, &made->element);
}

/* The side's columns as the fields of one STRUCT. */
static const struct ksql_type *type_of_side(
    struct builder *builder, const struct ksql_side *side, struct ksql_registered_reader *reader)
{
    struct ksql_type *type = ksql_arena_new(builder->arena, sizeof(*type));
    struct ksql_field *fields = ksql_arena_new_array(builder->arena, side->count, sizeof(*fields));
    reader->slots = ksql_arena_new_array(builder->arena, side->count, sizeof(*reader->slots));
    for (size_t i = 0; i < side->schema->count; i++) {
        const struct ksql_column *column = &side->schema->columns[i];
        if (!ksql_column_is_on(column, side->key))
            continue;
        reader->slots[reader->count] = i;
        fields[reader->count++] = (struct ksql_field){column->name, column->type};
    }
    *type = (struct ksql_type){.kind = KSQL_STRUCT, .fields = fields, .field_count = reader->count};
    return type;
}

int ksql_registered_reader_new(struct ksql_arena *arena, const char *schema, size_t size,
    const struct ksql_side *side, struct ksql_registered_reader **reader, struct of_error *error)
{
    struct builder builder = {.arena = arena, .error = error};
    struct ksql_registered_reader *made = ksql_arena_new(arena, sizeof(*made));
    const struct ksql_form *form;
    *made = (struct ksql_registered_reader){.columns = side->schema,
        .key = side->key,
        .unwrapped = side->unwrapped,
        .slot = side->only};
    struct of_error cause;
    if (ksql_form_parse(arena, schema, size, &form, &cause))
        return of_fail(
            error, OF_INPUT, "a JSON schema (%s) is not supported by this runner", cause.message);
    const struct ksql_type *type = side->unwrapped ? side->schema->columns[side->only].type
                                                   : type_of_side(&builder, side, made);
    builder.began = ksql_arena_taken(arena);
    if (build(&builder, form, type, "", &made->root))
        return OF_INPUT;
    *reader = made;
    return 0;
}

/* ---- reading ---- */

struct walk {
    struct ksql_arena *arena;
    struct of_error *error;
    bool inside; /* a struct, whose values Connect checks once more */
};

static int read_step(struct walk *walk, const struct step *step, const struct ksql_json *json,
    struct ksql_value *value);

static const char *node_name(const struct ksql_json *json)
{
    static const char *const names[] = {"NULL", "BOOLEAN", "NUMBER", "STRING", "ARRAY", "OBJECT"};
    return names[json->kind];
}

static int fail_node(const struct walk *walk, const struct step *step, const char *what,
    const struct ksql_json *json)
{
    return of_fail(
        walk->error, OF_INPUT, "%s but was %s, path: %s", what, node_name(json), step->path);
}

static int fail_mismatch(const struct walk *walk, const struct step *step)
{
    static const char *const names[] = {[KSQL_BOOLEAN] = "boolean",
        [KSQL_INTEGER] = "int32",
        [KSQL_DATE] = "int32",
        [KSQL_TIME] = "int32",
        [KSQL_BIGINT] = "int64",
        [KSQL_TIMESTAMP] = "int64",
        [KSQL_DOUBLE] = "float64",
        [KSQL_DECIMAL] = "bytes",
        [KSQL_STRING] = "string",
        [KSQL_BYTES] = "bytes",
        [KSQL_ARRAY] = "array",
        [KSQL_MAP] = "map",
        [KSQL_STRUCT] = "struct"};
    return of_fail(walk->error, OF_INPUT, "Cannot deserialize type %s as type %s for path: %s",
        ksql_form_kind_name(step->form->kind), names[step->type->kind], step->path);
}

/* ---- leaves ---- */

/* Jackson's longValue and the like: what is no number is 0. */
static int64_t whole(const struct ksql_form *form, const struct ksql_json *json)
{
    int64_t number = json->kind == KSQL_JSON_NUMBER ? ksql_number_low_bits(json->text) : 0;
    switch (form->kind) {
    case KSQL_FORM_INT8:
        return (int8_t)number;
    case KSQL_FORM_INT16:
        return (int16_t)number;
    case KSQL_FORM_INT32:
        return (int32_t)number;
    default:
        return number;
    }
}

static bool is_integral(const struct ksql_json *json)
{
    for (size_t i = 0; json->kind == KSQL_JSON_NUMBER && i < json->text.length; i++) {
        if (strchr(".eE", json->text.data[i]))
            return false;
    }
    return json->kind == KSQL_JSON_NUMBER;
}

static int read_whole(struct walk *walk, const struct step *step, const struct ksql_json *json,
    struct ksql_value *value)
{
    int64_t small;
    enum ksql_form_logic logic = step->form->logic;
    bool is_int = json->kind == KSQL_JSON_NUMBER &&
                  ksql_number_integer(json->text, INT32_MIN, INT32_MAX, &small);
    value->number = whole(step->form, json);
    if (logic == KSQL_FORM_TIMESTAMP && !is_integral(json))
        return fail_node(walk, step,
            "Invalid type for Timestamp, underlying representation should be integral", json);
    if ((logic == KSQL_FORM_DATE || logic == KSQL_FORM_TIME) && !is_int)
        return fail_node(walk, step,
            "Invalid type for Date or Time, underlying representation should be integer", json);
    bool time = logic == KSQL_FORM_TIME || (step->type && step->type->kind == KSQL_TIME);
    if (time && (value->number < 0 || value->number >= DAY_MS))
        return of_fail(walk->error, OF_INPUT,
            "Kafka Connect Time type should be a time of day, path: %s", step->path);
    return 0;
}

static int read_real(struct walk *walk, const struct step *step, const struct ksql_json *json,
    struct ksql_value *value)
{
    char text[KSQL_NUMBER_TEXT_MAX];
    value->real = 0;
    if (json->kind != KSQL_JSON_NUMBER)
        return 0;
    if (json->text.length >= sizeof(text) || !ksql_number_real(json->text, &value->real))
        return fail_node(walk, step, "a number too long to read", json);
    if (step->form->kind == KSQL_FORM_FLOAT32 && value->real != 0) {
        memcpy(text, json->text.data, json->text.length);
        text[json->text.length] = '\0';
        value->real = strtof(text, NULL);
    }
    return 0;
}

/* Two's complement, the highest byte first, as Connect writes decimals that are no numbers. */
static bool read_binary(struct of_text bytes, __int128 *units)
{
    if (!bytes.length || bytes.length > DECIMAL_BYTES_MAX)
        return false;
    unsigned __int128 number = (uint8_t)bytes.data[0] & 0x80 ? ~(unsigned __int128)0 : 0;
    for (size_t i = 0; i < bytes.length; i++)
        number = number << 8 | (uint8_t)bytes.data[i];
    *units = (__int128)number;
    return true;
}

static bool read_base64(struct walk *walk, const struct ksql_json *json, struct of_text *bytes)
{
    return json->kind == KSQL_JSON_STRING && json->text.length % 4 == 0 &&
           ksql_base64_decode(walk->arena, json->text, bytes);
}

static int read_decimal(struct walk *walk, const struct step *step, const struct ksql_json *json,
    struct ksql_value *value)
{
    const struct ksql_type *type = step->type;
    struct of_text bytes;
    bool good, number = json->kind == KSQL_JSON_NUMBER;
    if (!number && (step->form->scale < 0 || !read_base64(walk, json, &bytes) ||
                       !read_binary(bytes, &value->decimal)))
        return fail_node(walk, step,
            "Invalid type for Decimal, underlying representation should be numeric or bytes", json);
    if (!type || step->mismatch)
        return 0;
    good = number ? ksql_number_decimal(json->text, type->scale, &value->decimal)
                  : step->form->scale == type->scale;
    if (good && ksql_decimal_fits(value->decimal, type->precision))
        return 0;
    return of_fail(walk->error, OF_INPUT,
        "a number that is no DECIMAL(%d, %d) (path: %s) is not supported by this runner",
        type->precision, type->scale, step->path);
}

static int read_bytes(struct walk *walk, const struct step *step, const struct ksql_json *json,
    struct ksql_value *value)
{
    if (step->form->logic == KSQL_FORM_DECIMAL)
        return read_decimal(walk, step, json, value);
    return read_base64(walk, json, &value->text)
               ? 0
               : fail_node(walk, step, "Invalid bytes field", json);
}

/* ---- a STRING of what is none ---- */

static void to_text(struct walk *walk, const struct step *step, struct ksql_value *value)
{
    char text[KSQL_DOUBLE_TEXT_MAX];
    size_t length;
    if (step->form->kind == KSQL_FORM_BOOLEAN)
        length = (size_t)snprintf(text, sizeof(text), "%s", value->number ? "true" : "false");
    else if (step->form->kind == KSQL_FORM_FLOAT64)
        length = ksql_double_print(value->real, text);
    else
        length = (size_t)snprintf(text, sizeof(text), "%" PRId64, value->number);
    value->text = (struct of_text){ksql_arena_strndup(walk->arena, text, length), length};
}

/* ---- collections ---- */

/* An item may be null where its form says so; Connect looks at that only within a struct. */
static int read_item(struct walk *walk, const struct step *step, const struct ksql_json *json,
    struct ksql_value *value)
{
    if (read_step(walk, step, json, value))
        return OF_INPUT;
    if (!value->null || step->form->optional || !walk->inside)
        return 0;
    return of_fail(
        walk->error, OF_INPUT, "Invalid value: null used for required field, path: %s", step->path);
}

/* What is no array has its members as items, or none. */
static int read_array(struct walk *walk, const struct step *step, const struct ksql_json *json,
    struct ksql_value *value)
{
    bool has_items = json->kind == KSQL_JSON_ARRAY || json->kind == KSQL_JSON_OBJECT;
    size_t count = has_items ? json->count : 0;
    struct ksql_value *items = ksql_arena_take(walk->arena, (count + 1) * sizeof(*items));
    for (size_t i = 0; i < count; i++) {
        if (read_item(walk, step->element, json->members[i].value, &items[i]))
            return OF_INPUT;
    }
    value->list = (struct ksql_list){items, count};
    return 0;
}

/* Of nobody: no column of JSON_SR is a MAP. */
static int check_map(struct walk *walk, const struct step *step, const struct ksql_json *json)
{
    struct ksql_value ignored;
    if (json->kind != (step->key ? KSQL_JSON_ARRAY : KSQL_JSON_OBJECT))
        return fail_node(
            walk, step, "Maps should be encoded as JSON objects or arrays of them", json);
    for (size_t i = 0; i < json->count; i++) {
        const struct ksql_json *entry = json->members[i].value;
        if (step->key && (entry->kind != KSQL_JSON_OBJECT || entry->count != 2))
            return fail_node(walk, step, "Found invalid map entry", entry);
        if (step->key && read_item(walk, step->key, ksql_json_get(entry, "key"), &ignored))
            return OF_INPUT;
        if (read_item(
                walk, step->element, step->key ? ksql_json_get(entry, "value") : entry, &ignored))
            return OF_INPUT;
    }
    return 0;
}

static int read_struct(struct walk *walk, const struct step *step, const struct ksql_json *json,
    struct ksql_value *fields, size_t count)
{
    struct ksql_value ignored;
    bool outer = walk->inside;
    if (json->kind != KSQL_JSON_OBJECT)
        return fail_node(walk, step, "Structs should be encoded as JSON objects", json);
    for (size_t i = 0; i < count; i++)
        fields[i] = KSQL_VALUE_NULL;
    walk->inside = true;
    for (size_t i = 0; i < step->form->field_count; i++) {
        struct ksql_value *target = step->fields[i]->type ? &fields[step->targets[i]] : &ignored;
        if (read_step(
                walk, step->fields[i], ksql_json_get(json, step->form->fields[i].name), target))
            return OF_INPUT;
    }
    walk->inside = outer;
    return 0;
}

/* ---- all ---- */

static int read_kind(struct walk *walk, const struct step *step, const struct ksql_json *json,
    struct ksql_value *value)
{
    switch (step->form->kind) {
    case KSQL_FORM_BOOLEAN: /* what is none is false */
        value->number = json->kind == KSQL_JSON_BOOLEAN && json->truth;
        return 0;
    case KSQL_FORM_FLOAT32:
    case KSQL_FORM_FLOAT64:
        return read_real(walk, step, json, value);
    case KSQL_FORM_STRING: /* what is none is null */
        value->null = json->kind != KSQL_JSON_STRING;
        value->text = json->text;
        return 0;
    case KSQL_FORM_BYTES:
        return read_bytes(walk, step, json, value);
    case KSQL_FORM_ARRAY:
        return read_array(walk, step, json, value);
    case KSQL_FORM_MAP:
        return check_map(walk, step, json);
    case KSQL_FORM_STRUCT: {
        size_t count = step->type && !step->mismatch ? step->type->field_count : 0;
        struct ksql_value *fields = ksql_arena_take(walk->arena, (count + 1) * sizeof(*fields));
        value->fields = fields;
        return read_struct(walk, step, json, fields, count);
    }
    default:
        return read_whole(walk, step, json, value);
    }
}

/* `json` NULL: it is missing. */
static int read_step(struct walk *walk, const struct step *step, const struct ksql_json *json,
    struct ksql_value *value)
{
    bool missing = !json;
    if (walk->arena->full)
        return of_fail(walk->error, OF_INPUT, "the record's values take too much memory");
    if ((missing || json->kind == KSQL_JSON_NULL) && step->form->fallback)
        json = step->form->fallback;
    bool null = !json || json->kind == KSQL_JSON_NULL;
    *value = (struct ksql_value){.null = null};
    if (null && !missing && !step->form->optional)
        return of_fail(walk->error, OF_INPUT, "Invalid null value for required %s field, path: %s",
            ksql_form_kind_name(step->form->kind), step->path);
    if (!null && read_kind(walk, step, json, value))
        return OF_INPUT;
    if (step->mismatch)
        return fail_mismatch(walk, step);
    if (step->type && step->type->kind == KSQL_STRING && !value->null &&
        step->form->kind != KSQL_FORM_STRING)
        to_text(walk, step, value);
    return 0;
}

static int read_root(struct walk *walk, const struct ksql_registered_reader *reader,
    const struct ksql_json *json, struct ksql_value *row, bool *null)
{
    const struct step *root = reader->root;
    struct ksql_value value;
    *null = json->kind == KSQL_JSON_NULL && !root->form->fallback;
    if (*null && root->form->optional)
        return 0;
    if (read_step(walk, root, json, &value))
        return OF_INPUT;
    *null = value.null;
    if (*null)
        return 0;
    if (reader->unwrapped)
        row[reader->slot] = value;
    for (size_t i = 0; !reader->unwrapped && i < reader->count; i++)
        row[reader->slots[i]] = value.fields[i];
    return 0;
}

int ksql_registered_read(const struct ksql_registered_reader *reader, const uint8_t *bytes,
    size_t size, struct ksql_arena *arena, struct ksql_value *row, bool *null,
    struct of_error *error)
{
    struct walk walk = {.arena = arena, .error = error};
    const struct ksql_json *json;
    for (size_t i = 0; i < reader->columns->count; i++) {
        if (reader->columns->columns[i].key == reader->key)
            row[i] = KSQL_VALUE_NULL;
    }
    if (ksql_json_parse_first(arena, (const char *)bytes, size, &json, error) ||
        read_root(&walk, reader, json, row, null))
        return of_error_context(error, "%s", reader->key ? "key" : "value");
    return 0;
}
