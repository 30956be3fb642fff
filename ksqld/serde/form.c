/* JSON Schema to Connect's types, as far as everit's loader and JsonSchemaData agree on one. It
 * validates nothing, and it does not read records: json_sr_reader.c does. */
#include "ksqld/serde/form.h"

#include "ksqld/exec/hash_order.h"
#include "ksqld/serde/number.h"

#define CONNECT "org.apache.kafka.connect.data."
#define UNION_NAME "io.confluent.connect.json.OneOf"
#define DECIMAL_DIGITS_MAX 38
#define NAME_SHOWN_MAX 100 /* bytes of a property's name in a message */

struct parse {
    struct ksql_arena *arena;
    struct of_error *error;
    const struct ksql_json *root; /* that references point into */
    const char *field;            /* at hand, for messages */
    size_t nodes;
    size_t began; /* what the arena had given away before the first */
    int depth;
};

static int parse(struct parse *parse, const struct ksql_json *json, bool optional,
    const struct ksql_form **form);

/* Of a long name the beginning: what is wrong stands behind it. */
static int refuse(const struct parse *parse, const char *what)
{
    int shown = (int)strnlen(parse->field, NAME_SHOWN_MAX);
    while (shown > 0 && (parse->field[shown] & 0xc0) == 0x80) /* within a character */
        shown--;
    return of_fail(parse->error, OF_INPUT, "%s%.*s%s%s", shown ? "property " : "", shown,
        parse->field, shown ? ": " : "", what);
}

static bool is_text(const struct ksql_json *json, const char *text)
{
    return json && json->kind == KSQL_JSON_STRING && ksql_text_is(json->text, text);
}

static struct ksql_form *new_form(struct parse *parse, enum ksql_form_kind kind, bool optional)
{
    struct ksql_form *form = ksql_arena_new(parse->arena, sizeof(*form));
    *form = (struct ksql_form){
        .kind = kind, .optional = optional, .precision = -1, .scale = -1, .ordered = true};
    return form;
}

/* ---- keywords that make a schema of several ---- */

/* Beside a type, those of another one would be a schema of their own that holds, too. */
enum { NUMBERS = 1, STRINGS = 2, ARRAYS = 4, OBJECTS = 8 };

static const struct {
    const char *name;
    int family;
} keywords[] = {{"minimum", NUMBERS}, {"maximum", NUMBERS}, {"exclusiveMinimum", NUMBERS},
    {"exclusiveMaximum", NUMBERS}, {"multipleOf", NUMBERS}, {"minLength", STRINGS},
    {"maxLength", STRINGS}, {"pattern", STRINGS}, {"format", STRINGS}, {"items", ARRAYS},
    {"additionalItems", ARRAYS}, {"minItems", ARRAYS}, {"maxItems", ARRAYS},
    {"uniqueItems", ARRAYS}, {"contains", ARRAYS}, {"properties", OBJECTS}, {"required", OBJECTS},
    {"minProperties", OBJECTS}, {"maxProperties", OBJECTS}, {"dependencies", OBJECTS},
    {"patternProperties", OBJECTS}, {"additionalProperties", OBJECTS}, {"propertyNames", OBJECTS}};

static int families(const struct ksql_json *json)
{
    int found = 0;
    for (size_t i = 0; i < OF_COUNT(keywords); i++)
        found |= ksql_json_get(json, keywords[i].name) ? keywords[i].family : 0;
    return found;
}

static bool has_any(const struct ksql_json *json, const char *const *names)
{
    for (; *names; names++) {
        if (ksql_json_get(json, *names))
            return true;
    }
    return false;
}

/* ---- one type ---- */

static int family_of(enum ksql_form_kind kind)
{
    switch (kind) {
    case KSQL_FORM_BOOLEAN:
        return 0;
    case KSQL_FORM_STRING:
        return STRINGS;
    case KSQL_FORM_ARRAY:
        return ARRAYS;
    case KSQL_FORM_STRUCT:
        return OBJECTS;
    default:
        return NUMBERS;
    }
}

static int choose_number(
    struct parse *parse, const struct ksql_json *type, bool whole, struct ksql_form *form)
{
    static const struct {
        const char *name;
        enum ksql_form_kind kind;
    } types[] = {{"int8", KSQL_FORM_INT8}, {"int16", KSQL_FORM_INT16}, {"int32", KSQL_FORM_INT32},
        {"int64", KSQL_FORM_INT64}, {"float32", KSQL_FORM_FLOAT32}, {"float64", KSQL_FORM_FLOAT64},
        {"bytes", KSQL_FORM_BYTES}};
    form->kind = whole ? KSQL_FORM_INT64 : KSQL_FORM_FLOAT64;
    if (!type)
        return 0;
    for (size_t i = 0; i < OF_COUNT(types); i++) {
        if (is_text(type, types[i].name)) {
            form->kind = types[i].kind;
            return 0;
        }
    }
    return refuse(parse, "an unknown connect.type of a number");
}

/* Connect's names of types that mean more than their bytes. */
static int choose_logic(struct parse *parse, const struct ksql_json *json, struct ksql_form *form)
{
    static const struct {
        const char *name;
        enum ksql_form_logic logic;
        enum ksql_form_kind kind;
    } names[] = {{CONNECT "Decimal", KSQL_FORM_DECIMAL, KSQL_FORM_BYTES},
        {CONNECT "Date", KSQL_FORM_DATE, KSQL_FORM_INT32},
        {CONNECT "Time", KSQL_FORM_TIME, KSQL_FORM_INT32},
        {CONNECT "Timestamp", KSQL_FORM_TIMESTAMP, KSQL_FORM_INT64}};
    const struct ksql_json *title = ksql_json_get(json, "title");
    if (form->kind == KSQL_FORM_STRUCT && is_text(title, UNION_NAME))
        return refuse(parse, "a union of several types");
    for (size_t i = 0; i < OF_COUNT(names); i++) {
        if (!is_text(title, names[i].name))
            continue;
        if (form->kind != names[i].kind)
            return refuse(parse, "a logical type of Connect that its own type does not have");
        form->logic = names[i].logic;
    }
    return 0;
}

static int read_parameter(const struct ksql_json *json, const char *name, int low)
{
    const struct ksql_json *value = ksql_json_get(ksql_json_get(json, "connect.parameters"), name);
    int64_t number;
    return value && ksql_number_integer(value->text, low, DECIMAL_DIGITS_MAX, &number) ? (int)number
                                                                                       : -1;
}

static int finish_leaf(struct parse *parse, const struct ksql_json *json, struct ksql_form *form)
{
    if (choose_logic(parse, json, form))
        return OF_INPUT;
    bool number = !is_text(ksql_json_get(json, "type"), "string");
    if (form->kind == KSQL_FORM_BYTES && number && form->logic != KSQL_FORM_DECIMAL)
        return refuse(parse, "a number as bytes that is no decimal");
    if (form->logic == KSQL_FORM_DECIMAL) {
        form->scale = read_parameter(json, "scale", 0);
        form->precision = read_parameter(json, "connect.decimal.precision", 1);
    }
    return 0;
}

static int parse_array(
    struct parse *parse_, const struct ksql_json *json, bool map, struct ksql_form *form);
static int parse_object(
    struct parse *parse_, const struct ksql_json *json, bool map, struct ksql_form *form);

/* `bare`: one of several types, to which title, default and what Connect says don't belong. */
static int parse_type(struct parse *parse, const struct ksql_json *json,
    const struct ksql_json *type, bool bare, struct ksql_form *form)
{
    const struct ksql_json *connect = bare ? NULL : ksql_json_get(json, "connect.type");
    int status = 0;
    if (is_text(type, "boolean"))
        form->kind = KSQL_FORM_BOOLEAN;
    else if (is_text(type, "integer") || is_text(type, "number"))
        status = choose_number(parse, connect, is_text(type, "integer"), form);
    else if (is_text(type, "string"))
        form->kind = is_text(connect, "bytes") ? KSQL_FORM_BYTES : KSQL_FORM_STRING;
    else if (is_text(type, "array"))
        status = parse_array(parse, json, is_text(connect, "map"), form);
    else if (is_text(type, "object"))
        status = parse_object(parse, json, is_text(connect, "map"), form);
    else
        status = refuse(parse, "a type that is none of JSON's own");
    return status;
}

/* ---- arrays, maps, objects ---- */

static int parse_inner(struct parse *parse_, const struct ksql_json *json, const char *field,
    const struct ksql_form **form)
{
    const char *outer = parse_->field;
    if (field)
        parse_->field = field;
    int status = parse(parse_, json, false, form);
    parse_->field = outer;
    return status;
}

static int parse_array(
    struct parse *parse, const struct ksql_json *json, bool map, struct ksql_form *form)
{
    const struct ksql_json *items = ksql_json_get(json, "items");
    const struct ksql_json *entry = ksql_json_get(items, "properties");
    form->kind = map ? KSQL_FORM_MAP : KSQL_FORM_ARRAY;
    if (!items || items->kind != KSQL_JSON_OBJECT)
        return refuse(parse, "an array whose items have no one type");
    if (!map)
        return parse_inner(parse, items, NULL, &form->element);
    if (!ksql_json_get(entry, "key") || !ksql_json_get(entry, "value"))
        return refuse(parse, "a map whose entries are not told");
    int status = parse_inner(parse, ksql_json_get(entry, "key"), NULL, &form->key);
    return status ? status
                  : parse_inner(parse, ksql_json_get(entry, "value"), NULL, &form->element);
}

/* The properties in the order of the HashMap that they stand in before Connect takes them. */
static void order_by_hash(struct parse *parse, const struct ksql_json *properties, size_t *places)
{
    static const struct ksql_type text = {.kind = KSQL_STRING};
    size_t count = properties->count;
    struct ksql_value *items = ksql_arena_new_array(parse->arena, 2 * count, sizeof(*items));
    for (size_t i = 0; i < count; i++) {
        items[2 * i].text = properties->members[i].name;
        items[2 * i + 1].number = (int64_t)i;
    }
    ksql_hash_order(parse->arena, &text, items, 2 * count, KSQL_HASH_DEFAULT);
    for (size_t i = 0; i < count; i++)
        places[items[2 * i + 1].number] = i;
}

/* By connect.index where each has one; false: some have, or not each place is taken once. */
static bool order_by_index(const struct ksql_json *properties, size_t *places, bool *none)
{
    size_t found = 0, count = properties->count;
    for (size_t i = 0; i < count; i++) {
        const struct ksql_json *index =
            ksql_json_get(properties->members[i].value, "connect.index");
        int64_t place = -1;
        if (index && index->kind == KSQL_JSON_NUMBER &&
            ksql_number_integer(index->text, 0, (int64_t)count - 1, &place)) {
            for (size_t j = 0; j < found; j++)
                place = places[j] == (size_t)place ? -1 : place;
        }
        *none = *none && !index;
        if (place >= 0)
            places[found++] = (size_t)place;
        if (place < 0 && !*none)
            return false;
    }
    return found == count;
}

static int parse_properties(
    struct parse *parse, const struct ksql_json *properties, struct ksql_form *form)
{
    size_t count = properties->count;
    bool none = true;
    if (count > KSQL_COLUMNS_MAX)
        return refuse(parse, "too many properties");
    size_t *places = ksql_arena_new_array(parse->arena, count, sizeof(*places));
    struct ksql_form_field *fields = ksql_arena_new_array(parse->arena, count, sizeof(*fields));
    form->ordered = order_by_index(properties, places, &none);
    if (!form->ordered && none) {
        order_by_hash(parse, properties, places);
        form->ordered = true;
    }
    for (size_t i = 0; i < count; i++) {
        const struct ksql_json_member *member = &properties->members[i];
        struct ksql_form_field *field = &fields[form->ordered ? places[i] : i];
        if (memchr(member->name.data, 0, member->name.length))
            return refuse(parse, "a property with a NUL in its name");
        field->name = ksql_arena_strndup(parse->arena, member->name.data, member->name.length);
        if (parse_inner(parse, member->value, field->name, &field->form))
            return OF_INPUT;
    }
    form->fields = fields;
    form->field_count = count;
    return 0;
}

static int parse_object(
    struct parse *parse, const struct ksql_json *json, bool map, struct ksql_form *form)
{
    const struct ksql_json *properties = ksql_json_get(json, "properties");
    const struct ksql_json *others = ksql_json_get(json, "additionalProperties");
    form->kind = map ? KSQL_FORM_MAP : KSQL_FORM_STRUCT;
    if (map && (!others || others->kind != KSQL_JSON_OBJECT))
        return refuse(parse, "a map whose values have no type");
    if (map)
        return parse_inner(parse, others, NULL, &form->element);
    if (!properties)
        return 0;
    if (properties->kind != KSQL_JSON_OBJECT)
        return refuse(parse, "properties that are no object");
    return parse_properties(parse, properties, form);
}

/* ---- schemas of several ---- */

/* One of two is null: the other one, which may be null. */
static int parse_union(
    struct parse *parse_, const struct ksql_json *branches, const struct ksql_form **form)
{
    const struct ksql_json *one = NULL;
    bool null = false;
    if (branches->kind != KSQL_JSON_ARRAY || branches->count != 2)
        return refuse(parse_, "a union of other than two types");
    for (size_t i = 0; i < branches->count; i++) {
        const struct ksql_json *branch = branches->members[i].value;
        if (is_text(ksql_json_get(branch, "type"), "null"))
            null = true;
        else
            one = branch;
    }
    if (!null || !one)
        return refuse(parse_, "a union of several types");
    return parse(parse_, one, true, form);
}

/* "type": [...] with "null" among two. */
static int parse_types(struct parse *parse, const struct ksql_json *json,
    const struct ksql_json *types, struct ksql_form *form)
{
    const struct ksql_json *one = NULL;
    bool null = false;
    for (size_t i = 0; i < types->count; i++) {
        if (is_text(types->members[i].value, "null"))
            null = true;
        else
            one = types->members[i].value;
    }
    if (types->count != 2 || !null || !one)
        return refuse(parse, "a union of several types");
    form->optional = true;
    int status = parse_type(parse, json, one, true, form);
    if (!status && families(json) & ~family_of(form->kind))
        status = refuse(parse, "keywords of several types");
    return status;
}

/* Values that are listed are of their type, else text, whatever they are. */
static int parse_listed(struct parse *parse, const struct ksql_json *json, struct ksql_form *form)
{
    static const char *const more[] = {"connect.type", "connect.parameters", "default", NULL};
    const struct ksql_json *type = ksql_json_get(json, "type");
    if (ksql_json_get(json, "enum") && ksql_json_get(json, "const"))
        return refuse(parse, "both enum and const");
    if (families(json) || has_any(json, more))
        return refuse(parse, "enum or const with more than a type");
    if (type && !is_text(type, "string") && !is_text(type, "integer") && !is_text(type, "number"))
        return refuse(parse, "enum or const of such a type");
    return type ? parse_type(parse, json, type, true, form) : 0;
}

static int parse_plain(struct parse *parse, const struct ksql_json *json, struct ksql_form *form)
{
    const struct ksql_json *type = ksql_json_get(json, "type");
    int found = families(json);
    if (type && type->kind == KSQL_JSON_ARRAY)
        return parse_types(parse, json, type, form);
    int status;
    if (type)
        status = parse_type(parse, json, type, false, form);
    else if (found == OBJECTS)
        status =
            parse_object(parse, json, is_text(ksql_json_get(json, "connect.type"), "map"), form);
    else
        status = refuse(parse, "no type");
    if (status)
        return status;
    bool leaf = form->kind < KSQL_FORM_ARRAY;
    int own = is_text(type, "string")  ? STRINGS
              : is_text(type, "array") ? ARRAYS
              : leaf                   ? family_of(form->kind)
                                       : OBJECTS;
    if (found & ~own)
        return refuse(parse, "keywords of several types");
    form->fallback = ksql_json_get(json, "default");
    if (form->fallback && form->fallback->kind == KSQL_JSON_NULL)
        return refuse(parse, "a default of null where null is not allowed");
    return finish_leaf(parse, json, form);
}

/* ---- references within the schema ---- */

/* One step of "#/definitions/Item": ~1 is a slash, ~0 a tilde; %-escapes are refused. */
static const struct ksql_json *step_into(
    struct parse *parse, const struct ksql_json *json, struct of_text step)
{
    char *name = ksql_arena_strndup(parse->arena, step.data, step.length), *out = name;
    if (memchr(name, '%', step.length))
        return NULL;
    for (const char *in = name; *in; in++) {
        if (*in == '~' && (in[1] == '0' || in[1] == '1'))
            *out++ = *++in == '1' ? '/' : '~';
        else
            *out++ = *in;
    }
    *out = '\0';
    return ksql_json_get(json, name);
}

static int follow(
    struct parse *parse, const struct ksql_json *reference, const struct ksql_json **target)
{
    struct of_text path = reference->text;
    const struct ksql_json *found = parse->root;
    if (reference->kind != KSQL_JSON_STRING || !path.length || path.data[0] != '#')
        return refuse(parse, "a reference to another schema");
    path.data++;
    path.length--;
    while (found && path.length) {
        if (path.data[0] != '/')
            return refuse(parse, "a reference by a name");
        path.data++;
        path.length--;
        const char *end = memchr(path.data, '/', path.length);
        size_t length = end ? (size_t)(end - path.data) : path.length;
        found = step_into(parse, found, (struct of_text){path.data, length});
        path.data += length;
        path.length -= length;
    }
    *target = found;
    return found ? 0 : refuse(parse, "a reference to what is not there");
}

static int parse_reference(struct parse *parse_, const struct ksql_json *json, bool optional,
    const struct ksql_form **form)
{
    const struct ksql_json *target;
    for (size_t i = 0; i < json->count; i++) {
        struct of_text name = json->members[i].name;
        if (!ksql_text_is(name, "$ref") && !ksql_text_is(name, "connect.index") &&
            !ksql_text_is(name, "description"))
            return refuse(parse_, "a reference with more beside it");
    }
    int status = follow(parse_, ksql_json_get(json, "$ref"), &target);
    return status ? status : parse(parse_, target, optional, form);
}

/* ---- all ---- */

static int parse_schema(
    struct parse *parse, const struct ksql_json *json, bool optional, const struct ksql_form **form)
{
    static const char *const mixed[] = {"allOf", "not", "if", "then", "else", NULL};
    static const char *const beside[] = {"type", "enum", "const", NULL};
    const struct ksql_json *one = ksql_json_get(json, "oneOf"), *any = ksql_json_get(json, "anyOf");
    if (json->kind != KSQL_JSON_OBJECT)
        return refuse(parse, "a schema that takes anything, or nothing");
    if (ksql_json_get(json, "$ref"))
        return parse_reference(parse, json, optional, form);
    if (has_any(json, mixed))
        return refuse(parse, "allOf, not, if, then or else");
    if ((one && any) || ((one || any) && (has_any(json, beside) || families(json))))
        return refuse(parse, "oneOf or anyOf with more beside it");
    if (one || any)
        return parse_union(parse, one ? one : any, form);
    struct ksql_form *made = new_form(parse, KSQL_FORM_STRING, optional);
    *form = made;
    return ksql_json_get(json, "enum") || ksql_json_get(json, "const")
               ? parse_listed(parse, json, made)
               : parse_plain(parse, json, made);
}

static int parse(
    struct parse *parse, const struct ksql_json *json, bool optional, const struct ksql_form **form)
{
    if (parse->depth == KSQL_FORM_DEPTH_MAX)
        return refuse(parse, "a type that is nested too deeply");
    if (++parse->nodes > KSQL_FORM_NODES_MAX ||
        ksql_arena_taken(parse->arena) - parse->began > KSQL_FORM_BYTES_MAX)
        return refuse(parse, "too many types, or too long names");
    parse->depth++;
    int status = parse_schema(parse, json, optional, form);
    parse->depth--;
    return status;
}

/* Those that another loader reads, with other rules. */
static bool is_modern(const struct ksql_json *draft)
{
    static const char *const drafts[] = {"draft/2019-09", "draft/2020-12"};
    for (size_t i = 0; draft && draft->kind == KSQL_JSON_STRING && i < OF_COUNT(drafts); i++) {
        if (memmem(draft->text.data, draft->text.length, drafts[i], strlen(drafts[i])))
            return true;
    }
    return false;
}

int ksql_form_parse(struct ksql_arena *arena, const char *text, size_t size,
    const struct ksql_form **form, struct of_error *error)
{
    struct parse state = {.arena = arena, .error = error, .field = ""};
    if (ksql_json_parse(arena, text, size, &state.root, error))
        return of_error_context(error, "the JSON schema");
    if (is_modern(ksql_json_get(state.root, "$schema")))
        return refuse(&state, "a draft of later than 7");
    state.began = ksql_arena_taken(arena);
    return parse(&state, state.root, false, form);
}

const char *ksql_form_kind_name(enum ksql_form_kind kind)
{
    static const char *const names[] = {"boolean", "int8", "int16", "int32", "int64", "float32",
        "float64", "string", "bytes", "array", "map", "struct"};
    return names[kind];
}
