/* Where the API's JSON is that of the JSON format, that one's writer does it. */
#include "ksqld/serde/api_writer.h"

#include "ksqld/exec/decimal.h"
#include "ksqld/exec/times.h"
#include "ksqld/serde/json_writer.h"

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
        ksql_json_write_list(type, &value->list, ksql_api_write, out);
        break;
    case KSQL_STRUCT:
        ksql_json_write_struct(type, value->fields, ksql_api_write, out);
        break;
    default:
        ksql_json_write(type, value, out);
    }
}
