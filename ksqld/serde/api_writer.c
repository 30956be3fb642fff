/* Where the API's JSON is that of the JSON format, that one's writer does it. */
#include "ksqld/serde/api_writer.h"

#include "ksqld/exec/decimal.h"
#include "ksqld/exec/times.h"
#include "ksqld/serde/json_writer.h"

static void write_list(
    const struct ksql_type *type, const struct ksql_list *list, struct of_buffer *out)
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
            ksql_api_write(type->element, &list->items[i], out);
    }
    of_buffer_append_byte(out, map ? '}' : ']');
}

static void write_struct(
    const struct ksql_type *type, const struct ksql_value *fields, struct of_buffer *out)
{
    of_buffer_append_byte(out, '{');
    for (size_t i = 0; i < type->field_count; i++) {
        const char *name = type->fields[i].name;
        if (i)
            of_buffer_append_byte(out, ',');
        ksql_json_write_text((struct of_text){name, strlen(name)}, out);
        of_buffer_append_byte(out, ':');
        ksql_api_write(type->fields[i].type, &fields[i], out);
    }
    of_buffer_append_byte(out, '}');
}

static void write_time(
    enum ksql_type_kind kind, const struct ksql_value *value, struct of_buffer *out)
{
    char text[KSQL_TIME_TEXT_MAX];
    size_t length = kind == KSQL_TIMESTAMP ? ksql_timestamp_print(value->number, text)
                    : kind == KSQL_DATE    ? ksql_date_print(value->number, text)
                                           : ksql_time_print(value->number, text);
    ksql_json_write_text((struct of_text){text, length}, out);
}

static void write_decimal(__int128 units, int scale, struct of_buffer *out)
{
    char text[KSQL_DECIMAL_TEXT_MAX];
    of_buffer_append(out, text, ksql_decimal_print(units, scale, text));
}

/* Depth is that of the type. */
void ksql_api_write(
    const struct ksql_type *type, const struct ksql_value *value, struct of_buffer *out)
{
    if (value->null) {
        of_buffer_append_text(out, "null");
        return;
    }
    switch (type->kind) {
    case KSQL_TIMESTAMP:
    case KSQL_DATE:
    case KSQL_TIME:
        write_time(type->kind, value, out);
        break;
    case KSQL_DECIMAL:
        write_decimal(value->decimal, type->scale, out);
        break;
    case KSQL_ARRAY:
    case KSQL_MAP:
        write_list(type, &value->list, out);
        break;
    case KSQL_STRUCT:
        write_struct(type, value->fields, out);
        break;
    default:
        ksql_json_write(type, value, out);
    }
}
