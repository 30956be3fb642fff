/* JSON Schema as Connect's converter writes and reads it for JSON_SR. Maps are left out: Connect
 * writes those of ksqlDB as arrays, which ksqlDB does not read again. */
#include "ksqld/plan/plan.h"
#include "ksqld/plan/typing.h"
#include "ksqld/serde/json_writer.h"
#include "ksqld/serde/number.h"

#include <ctype.h>

#define CONNECT "org.apache.kafka.connect.data."

/* ---- writing ---- */

static int write_type(
    const struct ksql_type *type, struct of_buffer *out, struct ksql_problem *problem);

/* Every field may be null; its place stands beside it. */
static int write_optional(const struct ksql_type *type, size_t index, bool indexed,
    struct of_buffer *out, struct ksql_problem *problem)
{
    of_buffer_append_text(out, "{\"oneOf\":[{\"type\":\"null\"},");
    if (write_type(type, out, problem))
        return OF_INPUT;
    of_buffer_append_byte(out, ']');
    if (indexed)
        of_buffer_appendf(out, ",\"connect.index\":%zu", index);
    of_buffer_append_byte(out, '}');
    return 0;
}

static int write_fields(const struct ksql_field *fields, size_t count, struct of_buffer *out,
    struct ksql_problem *problem)
{
    of_buffer_append_text(out, "{\"type\":\"object\",\"properties\":{");
    for (size_t i = 0; i < count; i++) {
        if (i)
            of_buffer_append_byte(out, ',');
        ksql_json_write_text((struct of_text){fields[i].name, strlen(fields[i].name)}, out);
        of_buffer_append_byte(out, ':');
        if (write_optional(fields[i].type, i, true, out, problem))
            return OF_INPUT;
    }
    of_buffer_append_text(out, "}}");
    return 0;
}

static void write_time(const char *name, const char *type, struct of_buffer *out)
{
    of_buffer_appendf(out,
        "{\"type\":\"integer\",\"title\":\"" CONNECT
        "%s\",\"connect.version\":1,\"connect.type\":\"%s\"}",
        name, type);
}

static int write_type(
    const struct ksql_type *type, struct of_buffer *out, struct ksql_problem *problem)
{
    static const char *const plain[] = {[KSQL_BOOLEAN] = "{\"type\":\"boolean\"}",
        [KSQL_INTEGER] = "{\"type\":\"integer\",\"connect.type\":\"int32\"}",
        [KSQL_BIGINT] = "{\"type\":\"integer\",\"connect.type\":\"int64\"}",
        [KSQL_DOUBLE] = "{\"type\":\"number\",\"connect.type\":\"float64\"}",
        [KSQL_STRING] = "{\"type\":\"string\"}",
        [KSQL_BYTES] = "{\"type\":\"string\",\"connect.type\":\"bytes\"}"};
    switch (type->kind) {
    case KSQL_TIMESTAMP:
        write_time("Timestamp", "int64", out);
        return 0;
    case KSQL_DATE:
        write_time("Date", "int32", out);
        return 0;
    case KSQL_TIME:
        write_time("Time", "int32", out);
        return 0;
    case KSQL_DECIMAL:
        of_buffer_appendf(out,
            "{\"type\":\"number\",\"title\":\"" CONNECT
            "Decimal\",\"connect.version\":1,\"connect.type\":\"bytes\",\"connect.parameters\":{"
            "\"scale\":\"%d\",\"connect.decimal.precision\":\"%d\"}}",
            type->scale, type->precision);
        return 0;
    case KSQL_ARRAY:
        of_buffer_append_text(out, "{\"type\":\"array\",\"items\":");
        if (write_optional(type->element, 0, false, out, problem))
            return OF_INPUT;
        of_buffer_append_byte(out, '}');
        return 0;
    case KSQL_STRUCT:
        return write_fields(type->fields, type->field_count, out, problem);
    case KSQL_MAP:
    case KSQL_NULL:
        return ksql_problem_unsupported(
            problem, NULL, "Writing %s as JSON_SR", ksql_type_kind_name(type->kind));
    default:
        of_buffer_append_text(out, plain[type->kind]);
        return 0;
    }
}

int ksql_write_json_schema(struct ksql_arena *arena, const struct ksql_schema *schema, bool key,
    bool unwrapped, struct of_buffer *out, struct ksql_problem *problem)
{
    struct ksql_field *fields = ksql_arena_new_array(arena, schema->count, sizeof(*fields));
    size_t count = 0;
    for (size_t i = 0; i < schema->count; i++) {
        const struct ksql_column *column = &schema->columns[i];
        if (ksql_column_is_on(column, key))
            fields[count++] = (struct ksql_field){column->name, column->type};
    }
    return unwrapped ? write_optional(fields[0].type, 0, false, out, problem)
                     : write_fields(fields, count, out, problem);
}

/* ---- inferring ---- */

struct inference {
    struct ksql_arena *arena;
    struct ksql_problem *problem;
    bool original;
    int depth;
};

static int infer(
    struct inference *inference, const struct ksql_json *json, const struct ksql_type **type);

static int refuse(struct inference *inference, const char *what)
{
    return ksql_problem_unsupported(inference->problem, NULL, "A registered JSON schema: %s", what);
}

static bool is_text(const struct ksql_json *json, const char *text)
{
    return json && json->kind == KSQL_JSON_STRING && ksql_text_is(json->text, text);
}

/* Of two branches one is null. */
static int infer_union(
    struct inference *inference, const struct ksql_json *branches, const struct ksql_type **type)
{
    const struct ksql_json *one = NULL;
    if (branches->kind != KSQL_JSON_ARRAY)
        return refuse(inference, "oneOf that is no list");
    for (size_t i = 0; i < branches->count; i++) {
        const struct ksql_json *branch = branches->members[i].value;
        if (is_text(ksql_json_get(branch, "type"), "null"))
            continue;
        if (one)
            return refuse(inference, "a union of several types");
        one = branch;
    }
    return one ? infer(inference, one, type) : refuse(inference, "nothing but null");
}

static int infer_integer(const struct ksql_json *json, const struct ksql_type **type)
{
    const struct ksql_json *title = ksql_json_get(json, "title");
    const struct ksql_json *connect = ksql_json_get(json, "connect.type");
    bool small = is_text(connect, "int8") || is_text(connect, "int16") || is_text(connect, "int32");
    enum ksql_type_kind kind = small ? KSQL_INTEGER : KSQL_BIGINT;
    if (is_text(title, CONNECT "Timestamp"))
        kind = KSQL_TIMESTAMP;
    else if (is_text(title, CONNECT "Date"))
        kind = KSQL_DATE;
    else if (is_text(title, CONNECT "Time"))
        kind = KSQL_TIME;
    *type = ksql_basic_type(kind);
    return 0;
}

static int infer_number(
    struct inference *inference, const struct ksql_json *json, const struct ksql_type **type)
{
    const struct ksql_json *parameters = ksql_json_get(json, "connect.parameters");
    const struct ksql_json *scale = ksql_json_get(parameters, "scale");
    const struct ksql_json *precision = ksql_json_get(parameters, "connect.decimal.precision");
    int64_t scale_number, precision_number;
    *type = ksql_basic_type(KSQL_DOUBLE);
    if (!is_text(ksql_json_get(json, "connect.type"), "bytes"))
        return 0;
    if (!scale || !precision ||
        !ksql_number_integer(precision->text, 1, KSQL_DECIMAL_PRECISION_MAX, &precision_number) ||
        !ksql_number_integer(scale->text, 0, precision_number, &scale_number))
        return refuse(
            inference, "a decimal without scale and precision, or of more than 38 digits");
    *type = ksql_decimal_type(inference->arena, (int)precision_number, (int)scale_number);
    return 0;
}

static int infer_array(
    struct inference *inference, const struct ksql_json *json, const struct ksql_type **type)
{
    const struct ksql_json *items = ksql_json_get(json, "items");
    struct ksql_type *array = ksql_arena_new(inference->arena, sizeof(*array));
    if (is_text(ksql_json_get(json, "connect.type"), "map"))
        return refuse(inference, "a map");
    if (!items || items->kind != KSQL_JSON_OBJECT)
        return refuse(inference, "an array whose items have no one type");
    array->kind = KSQL_ARRAY;
    *type = array;
    return infer(inference, items, &array->element);
}

static char *field_name(const struct inference *inference, struct of_text text)
{
    char *name = ksql_arena_strndup(inference->arena, text.data, text.length);
    for (char *c = name; *c && !inference->original; c++)
        *c = (char)toupper((unsigned char)*c);
    return name;
}

/* Properties without connect.index stand in no order that could be relied on. */
static int infer_object(
    struct inference *inference, const struct ksql_json *json, const struct ksql_type **type)
{
    const struct ksql_json *properties = ksql_json_get(json, "properties");
    if (!properties || properties->kind != KSQL_JSON_OBJECT || !properties->count ||
        ksql_json_get(json, "connect.type"))
        return refuse(inference, "a map, or an object without properties");
    size_t count = properties->count;
    struct ksql_field *fields = ksql_arena_new_array(inference->arena, count, sizeof(*fields));
    for (size_t i = 0; i < count; i++) {
        const struct ksql_json_member *member = &properties->members[i];
        const struct ksql_json *index = ksql_json_get(member->value, "connect.index");
        int64_t place = 0;
        if ((count > 1 || index) &&
            (!index || !ksql_number_integer(index->text, 0, (int64_t)count - 1, &place) ||
                fields[place].name))
            return refuse(inference, "properties without connect.index");
        fields[place].name = field_name(inference, member->name);
        if (infer(inference, member->value, &fields[place].type))
            return OF_INPUT;
    }
    struct ksql_type *structure = ksql_arena_new(inference->arena, sizeof(*structure));
    *structure = (struct ksql_type){.kind = KSQL_STRUCT, .fields = fields, .field_count = count};
    *type = structure;
    return 0;
}

static int infer(
    struct inference *inference, const struct ksql_json *json, const struct ksql_type **type)
{
    const struct ksql_json *branches = ksql_json_get(json, "oneOf");
    const struct ksql_json *name = ksql_json_get(json, "type");
    int status = 0;
    if (inference->depth == KSQL_TYPE_DEPTH_MAX)
        return refuse(inference, "a type that is nested too deeply");
    inference->depth++;
    if (branches)
        status = infer_union(inference, branches, type);
    else if (is_text(name, "integer"))
        status = infer_integer(json, type);
    else if (is_text(name, "number"))
        status = infer_number(inference, json, type);
    else if (is_text(name, "boolean"))
        *type = ksql_basic_type(KSQL_BOOLEAN);
    else if (is_text(name, "string"))
        *type = ksql_basic_type(
            is_text(ksql_json_get(json, "connect.type"), "bytes") ? KSQL_BYTES : KSQL_STRING);
    else if (is_text(name, "array"))
        status = infer_array(inference, json, type);
    else if (is_text(name, "object"))
        status = infer_object(inference, json, type);
    else
        status = refuse(inference, "a type that is none of JSON's own");
    inference->depth--;
    return status;
}

int ksql_infer_json_columns(struct ksql_arena *arena, const char *text, size_t size,
    const struct ksql_inference *how, struct ksql_schema *schema, struct ksql_problem *problem)
{
    const struct ksql_json *root;
    struct of_error error;
    if (ksql_json_parse(arena, text, size, &root, &error))
        return ksql_problem_set(
            problem, NULL, "The registered JSON schema can't be read: %s", error.message);
    struct inference inference = {.arena = arena, .problem = problem, .original = how->original};
    const struct ksql_type *type;
    if (infer(&inference, root, &type))
        return OF_INPUT;
    if (how->single)
        ksql_schema_add(arena, schema, how->single, type, how->key);
    else if (type->kind != KSQL_STRUCT)
        return refuse(&inference, "no object");
    for (size_t i = 0; !how->single && i < type->field_count; i++)
        ksql_schema_add(arena, schema, type->fields[i].name, type->fields[i].type, how->key);
    return 0;
}
