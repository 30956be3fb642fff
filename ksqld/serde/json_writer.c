/* No tree is built: values go straight to the buffer. */
#include "ksqld/serde/json_writer.h"

#include "ksqld/exec/decimal.h"
#include "ksqld/serde/base64.h"
#include "ksqld/serde/number.h"

#include <math.h>

void ksql_json_write_text(struct of_text text, struct of_buffer *out)
{
    static const char letters[] = "btn.fr"; /* of 8 to 13; 11 has none */
    const char *next = text.data, *end = text.data + text.length;
    of_buffer_append_byte(out, '"');
    while (next < end) {
        const char *plain = next;
        while (next < end && (uint8_t)*next >= 0x20 && *next != '"' && *next != '\\')
            next++;
        of_buffer_append(out, plain, (size_t)(next - plain));
        if (next == end)
            break;
        uint8_t c = (uint8_t)*next++;
        if (c >= 0x20)
            of_buffer_appendf(out, "\\%c", c);
        else if (c >= 8 && c <= 13 && c != 11)
            of_buffer_appendf(out, "\\%c", letters[c - 8]);
        else
            of_buffer_appendf(out, "\\u%04X", c);
    }
    of_buffer_append_byte(out, '"');
}

static void write_double(double real, struct of_buffer *out)
{
    char text[KSQL_DOUBLE_TEXT_MAX];
    size_t length = ksql_double_print(real, text);
    bool number = isfinite(real);
    of_buffer_append_text(out, number ? "" : "\"");
    of_buffer_append(out, text, length);
    of_buffer_append_text(out, number ? "" : "\"");
}

static void write_decimal(__int128 units, int scale, struct of_buffer *out)
{
    char plain[KSQL_DECIMAL_TEXT_MAX], text[2 * KSQL_DECIMAL_TEXT_MAX];
    size_t length = ksql_decimal_print(units, scale, plain);
    of_buffer_append(out, text, ksql_number_print((struct of_text){plain, length}, text));
}

static void write_bytes(struct of_text bytes, struct of_buffer *out)
{
    struct ksql_arena arena OF_CLEANUP(ksql_arena_release) = {0};
    struct of_text text = ksql_base64_encode(&arena, bytes);
    of_buffer_append_byte(out, '"');
    of_buffer_append(out, text.data, text.length);
    of_buffer_append_byte(out, '"');
}

void ksql_json_write_list(const struct ksql_type *type, const struct ksql_list *list,
    ksql_json_write_value *write, struct of_buffer *out)
{
    bool map = type->kind == KSQL_MAP;
    of_buffer_append_byte(out, map ? '{' : '[');
    for (size_t i = 0; i < list->count && !out->full; i++) {
        bool name = map && i % 2 == 0;
        if (i)
            of_buffer_append_byte(out, map && !name ? ':' : ',');
        if (name)
            ksql_json_write_text(list->items[i].null ? OF_TEXT("null") : list->items[i].text, out);
        else
            write(type->element, &list->items[i], out);
    }
    of_buffer_append_byte(out, map ? '}' : ']');
}

void ksql_json_write_struct(const struct ksql_type *type, const struct ksql_value *fields,
    ksql_json_write_value *write, struct of_buffer *out)
{
    of_buffer_append_byte(out, '{');
    for (size_t i = 0; i < type->field_count; i++) {
        const char *name = type->fields[i].name;
        if (i)
            of_buffer_append_byte(out, ',');
        ksql_json_write_text((struct of_text){name, strlen(name)}, out);
        of_buffer_append_byte(out, ':');
        write(type->fields[i].type, &fields[i], out);
    }
    of_buffer_append_byte(out, '}');
}

void ksql_json_write(
    const struct ksql_type *type, const struct ksql_value *value, struct of_buffer *out)
{
    if (value->null) {
        of_buffer_append_text(out, "null");
        return;
    }
    switch (type->kind) {
    case KSQL_BOOLEAN:
        of_buffer_append_text(out, value->number ? "true" : "false");
        break;
    case KSQL_DOUBLE:
        write_double(value->real, out);
        break;
    case KSQL_DECIMAL:
        write_decimal(value->decimal, type->scale, out);
        break;
    case KSQL_STRING:
        ksql_json_write_text(value->text, out);
        break;
    case KSQL_BYTES:
        write_bytes(value->text, out);
        break;
    case KSQL_ARRAY:
    case KSQL_MAP:
        ksql_json_write_list(type, &value->list, ksql_json_write, out);
        break;
    case KSQL_STRUCT:
        ksql_json_write_struct(type, value->fields, ksql_json_write, out);
        break;
    default:
        of_buffer_appendf(out, "%lld", (long long)value->number);
        break;
    }
}

/* ---- trees ---- */

static void write_members(const struct ksql_json *json, struct of_buffer *out)
{
    of_buffer_append_byte(out, '{');
    for (size_t i = 0; i < json->count && !out->full; i++) {
        if (i)
            of_buffer_append_byte(out, ',');
        ksql_json_write_text(json->members[i].name, out);
        of_buffer_append_byte(out, ':');
        ksql_json_write_tree(json->members[i].value, out);
    }
    of_buffer_append_byte(out, '}');
}

void ksql_json_write_tree(const struct ksql_json *json, struct of_buffer *out)
{
    char number[KSQL_NUMBER_TEXT_MAX];
    switch (json->kind) {
    case KSQL_JSON_OBJECT:
        write_members(json, out);
        break;
    case KSQL_JSON_ARRAY:
        of_buffer_append_byte(out, '[');
        for (size_t i = 0; i < json->count; i++) {
            if (i)
                of_buffer_append_byte(out, ',');
            ksql_json_write_tree(json->members[i].value, out);
        }
        of_buffer_append_byte(out, ']');
        break;
    case KSQL_JSON_STRING:
        ksql_json_write_text(json->text, out);
        break;
    case KSQL_JSON_NUMBER:
        if (json->text.length < sizeof(number) / 2)
            of_buffer_append(out, number, ksql_number_print(json->text, number));
        else
            of_buffer_append(out, json->text.data, json->text.length);
        break;
    default:
        ksql_json_print(json, out);
        break;
    }
}
