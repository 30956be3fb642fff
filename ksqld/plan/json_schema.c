/* JSON Schema as Connect's converter writes it for JSON_SR, and the columns of one. Maps are left
 * out: Connect writes those of ksqlDB as arrays, which ksqlDB does not read again. */
#include "ksqld/plan/plan.h"
#include "ksqld/plan/typing.h"
#include "ksqld/serde/form.h"
#include "ksqld/serde/json_writer.h"

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
};

static int infer(
    struct inference *inference, const struct ksql_form *form, const struct ksql_type **type);

static int refuse(struct inference *inference, const char *what)
{
    return ksql_problem_unsupported(
        inference->problem, NULL, "A registered JSON schema (%s)", what);
}

static int infer_decimal(
    struct inference *inference, const struct ksql_form *form, const struct ksql_type **type)
{
    if (form->scale < 0 || form->precision < form->scale)
        return refuse(
            inference, "a decimal without scale and precision, or of more than 38 digits");
    *type = ksql_decimal_type(inference->arena, form->precision, form->scale);
    return 0;
}

static char *field_name(const struct inference *inference, const char *text)
{
    char *name = ksql_arena_strdup(inference->arena, text);
    for (char *c = name; *c && !inference->original; c++)
        *c = (char)toupper((unsigned char)*c);
    return name;
}

static int infer_struct(
    struct inference *inference, const struct ksql_form *form, const struct ksql_type **type)
{
    size_t count = form->field_count;
    struct ksql_field *fields = ksql_arena_new_array(inference->arena, count, sizeof(*fields));
    if (!count)
        return refuse(inference, "an object without properties");
    if (!form->ordered)
        return refuse(inference, "properties of which some have no connect.index of their own");
    for (size_t i = 0; i < count; i++) {
        fields[i].name = field_name(inference, form->fields[i].name);
        if (infer(inference, form->fields[i].form, &fields[i].type))
            return OF_INPUT;
    }
    struct ksql_type *structure = ksql_arena_new(inference->arena, sizeof(*structure));
    *structure = (struct ksql_type){.kind = KSQL_STRUCT, .fields = fields, .field_count = count};
    *type = structure;
    return 0;
}

static int infer_array(
    struct inference *inference, const struct ksql_form *form, const struct ksql_type **type)
{
    struct ksql_type *array = ksql_arena_new(inference->arena, sizeof(*array));
    array->kind = KSQL_ARRAY;
    *type = array;
    return infer(inference, form->element, &array->element);
}

static int infer(
    struct inference *inference, const struct ksql_form *form, const struct ksql_type **type)
{
    static const enum ksql_type_kind plain[] = {[KSQL_FORM_BOOLEAN] = KSQL_BOOLEAN,
        [KSQL_FORM_INT8] = KSQL_INTEGER,
        [KSQL_FORM_INT16] = KSQL_INTEGER,
        [KSQL_FORM_INT32] = KSQL_INTEGER,
        [KSQL_FORM_INT64] = KSQL_BIGINT,
        [KSQL_FORM_FLOAT32] = KSQL_DOUBLE,
        [KSQL_FORM_FLOAT64] = KSQL_DOUBLE,
        [KSQL_FORM_STRING] = KSQL_STRING,
        [KSQL_FORM_BYTES] = KSQL_BYTES};
    static const enum ksql_type_kind logical[] = {[KSQL_FORM_DATE] = KSQL_DATE,
        [KSQL_FORM_TIME] = KSQL_TIME,
        [KSQL_FORM_TIMESTAMP] = KSQL_TIMESTAMP};
    if (form->logic == KSQL_FORM_DECIMAL)
        return infer_decimal(inference, form, type);
    switch (form->kind) {
    case KSQL_FORM_ARRAY:
        return infer_array(inference, form, type);
    case KSQL_FORM_MAP:
        return refuse(inference, "a map");
    case KSQL_FORM_STRUCT:
        return infer_struct(inference, form, type);
    default:
        *type = ksql_basic_type(form->logic ? logical[form->logic] : plain[form->kind]);
        return 0;
    }
}

int ksql_infer_json_columns(struct ksql_arena *arena, const char *text, size_t size,
    const struct ksql_inference *how, struct ksql_schema *schema, struct ksql_problem *problem)
{
    const struct ksql_form *form;
    const struct ksql_type *type;
    struct of_error error;
    struct inference inference = {.arena = arena, .problem = problem, .original = how->original};
    if (ksql_form_parse(arena, text, size, &form, &error))
        return refuse(&inference, error.message);
    if (infer(&inference, form, &type))
        return OF_INPUT;
    if (how->single)
        ksql_schema_add(arena, schema, how->single, type, how->key);
    else if (type->kind != KSQL_STRUCT)
        return refuse(&inference, "no object");
    for (size_t i = 0; !how->single && i < type->field_count; i++)
        ksql_schema_add(arena, schema, type->fields[i].name, type->fields[i].type, how->key);
    return 0;
}
