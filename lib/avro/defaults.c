/* Encodes the JSON default of a field (Avro specification, "Schema Record", default). */
#include "avro/defaults.h"

#include "avro/binary.h"

#include <string.h>

static int put_long(struct of_buffer *out, int64_t value)
{
    uint8_t bytes[OF_AVRO_LONG_MAX];
    return of_buffer_append(out, bytes, (size_t)(of_avro_write_long(bytes, value) - bytes));
}

static int refuse(const struct of_avro_node *type, struct of_error *error)
{
    return of_fail(error, OF_INPUT, "the default is no %s", of_avro_type_name(type->type));
}

/* Bytes stand in JSON as a string of code points 0-255. */
static int put_latin1(struct of_buffer *out, const json_t *value, size_t wanted, bool prefix,
    const struct of_avro_node *type, struct of_error *error)
{
    const unsigned char *text = (const unsigned char *)json_string_value(value);
    size_t size = json_string_length(value), count = 0;
    for (size_t i = 0; i < size; i++)
        count += (text[i] & 0xc0) != 0x80;
    if (wanted && count != wanted)
        return refuse(type, error);
    if (prefix)
        put_long(out, (int64_t)count);
    for (size_t i = 0; i < size; i++) {
        if (text[i] < 0x80) {
            of_buffer_append_byte(out, text[i]);
        } else if ((text[i] == 0xc2 || text[i] == 0xc3) && i + 1 < size) {
            of_buffer_append_byte(out, (uint8_t)(text[i] << 6 | (text[i + 1] & 0x3f)));
            i++;
        } else {
            return refuse(type, error);
        }
    }
    return OF_OK;
}

static int put_record(const struct of_avro_node *type, const json_t *value, struct of_buffer *out,
    struct of_error *error)
{
    for (size_t i = 0; i < type->field_count; i++) {
        const struct of_avro_field *field = &type->fields[i];
        const json_t *member = json_object_get(value, field->name);
        if (!member)
            member = field->default_value;
        if (!member)
            return of_fail(error, OF_INPUT, "the default has no field %s", field->name);
        if (of_avro_encode_default(field->type, member, out, error) < 0)
            return of_error_context(error, "%s", field->name);
    }
    return OF_OK;
}

static int put_array(const struct of_avro_node *type, const json_t *value, struct of_buffer *out,
    struct of_error *error)
{
    if (json_array_size(value))
        put_long(out, (int64_t)json_array_size(value));
    for (size_t i = 0; i < json_array_size(value); i++)
        if (of_avro_encode_default(type->branches[0], json_array_get(value, i), out, error) < 0)
            return OF_INPUT;
    return put_long(out, 0);
}

static int put_map(const struct of_avro_node *type, const json_t *value, struct of_buffer *out,
    struct of_error *error)
{
    const char *key;
    json_t *member;
    if (json_object_size(value))
        put_long(out, (int64_t)json_object_size(value));
    json_object_foreach((json_t *)value, key, member)
    {
        put_long(out, (int64_t)strlen(key));
        of_buffer_append_text(out, key);
        if (of_avro_encode_default(type->branches[0], member, out, error) < 0)
            return OF_INPUT;
    }
    return put_long(out, 0);
}

static int put_symbol(const struct of_avro_node *type, const json_t *value, struct of_buffer *out,
    struct of_error *error)
{
    for (size_t i = 0; i < type->symbol_count; i++)
        if (strcmp(type->symbols[i], json_string_value(value)) == 0)
            return put_long(out, (int64_t)i);
    return refuse(type, error);
}

/* The first branch that the value fits (Avro 1.12; before that only the first one was asked). */
static int put_union(const struct of_avro_node *type, const json_t *value, struct of_buffer *out,
    struct of_error *error)
{
    size_t start = out->length;
    for (size_t i = 0; i < type->branch_count; i++) {
        put_long(out, (int64_t)i);
        if (of_avro_encode_default(type->branches[i], value, out, error) == OF_OK)
            return OF_OK;
        out->length = start;
    }
    return refuse(type, error);
}

static bool fits(const struct of_avro_node *type, const json_t *value)
{
    switch (type->type) {
    case OF_AVRO_NULL:
        return json_is_null(value);
    case OF_AVRO_BOOLEAN:
        return json_is_boolean(value);
    case OF_AVRO_INT:
        return json_is_integer(value) && json_integer_value(value) >= INT32_MIN &&
               json_integer_value(value) <= INT32_MAX;
    case OF_AVRO_LONG:
        return json_is_integer(value);
    case OF_AVRO_FLOAT:
    case OF_AVRO_DOUBLE:
        return json_is_number(value);
    case OF_AVRO_BYTES:
    case OF_AVRO_STRING:
    case OF_AVRO_ENUM:
    case OF_AVRO_FIXED:
        return json_is_string(value);
    case OF_AVRO_ARRAY:
        return json_is_array(value);
    case OF_AVRO_MAP:
    case OF_AVRO_RECORD:
        return json_is_object(value);
    case OF_AVRO_UNION:
        return true;
    }
    return false;
}

int of_avro_encode_default(const struct of_avro_node *type, const json_t *value,
    struct of_buffer *out, struct of_error *error)
{
    if (!fits(type, value))
        return refuse(type, error);
    int result = OF_OK;
    switch (type->type) {
    case OF_AVRO_NULL:
        break;
    case OF_AVRO_BOOLEAN:
        of_buffer_append_byte(out, json_is_true(value));
        break;
    case OF_AVRO_INT:
    case OF_AVRO_LONG:
        put_long(out, json_integer_value(value));
        break;
    case OF_AVRO_FLOAT: {
        float number = (float)json_number_value(value);
        of_buffer_append(out, &number, sizeof(number));
        break;
    }
    case OF_AVRO_DOUBLE: {
        double number = json_number_value(value);
        of_buffer_append(out, &number, sizeof(number));
        break;
    }
    case OF_AVRO_BYTES:
        result = put_latin1(out, value, 0, true, type, error);
        break;
    case OF_AVRO_FIXED:
        result = put_latin1(out, value, type->size, false, type, error);
        break;
    case OF_AVRO_STRING:
        put_long(out, (int64_t)json_string_length(value));
        of_buffer_append(out, json_string_value(value), json_string_length(value));
        break;
    case OF_AVRO_ENUM:
        result = put_symbol(type, value, out, error);
        break;
    case OF_AVRO_ARRAY:
        result = put_array(type, value, out, error);
        break;
    case OF_AVRO_MAP:
        result = put_map(type, value, out, error);
        break;
    case OF_AVRO_RECORD:
        result = put_record(type, value, out, error);
        break;
    case OF_AVRO_UNION:
        result = put_union(type, value, out, error);
        break;
    }
    return result < 0 ? OF_INPUT : of_buffer_check(out, "the default", error);
}
