/* Values as text, as Java prints the objects that ksqlDB has for them. */
#include "ksqld/exec/cast.h"
#include "ksqld/exec/decimal.h"
#include "ksqld/exec/times.h"
#include "ksqld/serde/number.h"

#include <stdio.h>

static void print(const struct ksql_type *type, const struct ksql_value *value, bool inside,
    struct of_buffer *out);

static void print_list(
    const struct ksql_type *type, const struct ksql_list *list, struct of_buffer *out)
{
    of_buffer_append_byte(out, '[');
    for (size_t i = 0; i < list->count; i++) {
        of_buffer_append_text(out, i ? ", " : "");
        print(type->element, &list->items[i], true, out);
    }
    of_buffer_append_byte(out, ']');
}

static void print_map(
    const struct ksql_type *type, const struct ksql_list *list, struct of_buffer *out)
{
    of_buffer_append_byte(out, '{');
    for (size_t i = 0; i + 1 < list->count; i += 2) {
        of_buffer_append_text(out, i ? ", " : "");
        print(type->key, &list->items[i], true, out);
        of_buffer_append_byte(out, '=');
        print(type->element, &list->items[i + 1], true, out);
    }
    of_buffer_append_byte(out, '}');
}

/* Fields that are NULL are left out. */
static void print_struct(
    const struct ksql_type *type, const struct ksql_value *fields, struct of_buffer *out)
{
    bool first = true;
    of_buffer_append_text(out, "Struct{");
    for (size_t i = 0; i < type->field_count; i++) {
        if (fields[i].null)
            continue;
        of_buffer_appendf(out, "%s%s=", first ? "" : ",", type->fields[i].name);
        print(type->fields[i].type, &fields[i], true, out);
        first = false;
    }
    of_buffer_append_byte(out, '}');
}

size_t ksql_scalar_print(
    const struct ksql_type *type, const struct ksql_value *value, char text[KSQL_SCALAR_TEXT_MAX])
{
    switch (type->kind) {
    case KSQL_BOOLEAN:
        return (size_t)snprintf(text, KSQL_SCALAR_TEXT_MAX, "%s", value->number ? "true" : "false");
    case KSQL_DOUBLE:
        return ksql_double_print(value->real, text);
    case KSQL_DECIMAL:
        return ksql_decimal_print(value->decimal, type->scale, text);
    case KSQL_TIMESTAMP:
        return ksql_timestamp_print(value->number, text);
    case KSQL_DATE:
        return ksql_date_print(value->number, text);
    case KSQL_TIME:
        return ksql_time_print(value->number, text);
    default:
        return (size_t)snprintf(text, KSQL_SCALAR_TEXT_MAX, "%lld", (long long)value->number);
    }
}

static void print(const struct ksql_type *type, const struct ksql_value *value, bool inside,
    struct of_buffer *out)
{
    char text[KSQL_SCALAR_TEXT_MAX];
    if (value->null)
        of_buffer_append_text(out, "null");
    else if (type->kind == KSQL_STRING)
        of_buffer_append(out, value->text.data, value->text.length);
    else if (type->kind == KSQL_ARRAY)
        print_list(type, &value->list, out);
    else if (type->kind == KSQL_MAP)
        print_map(type, &value->list, out);
    else if (type->kind == KSQL_STRUCT)
        print_struct(type, value->fields, out);
    else if (type->kind == KSQL_DECIMAL && inside) /* BigDecimal.toString, not toPlainString */
        of_buffer_append(out, text, ksql_decimal_print_java(value->decimal, type->scale, text));
    else
        of_buffer_append(out, text, ksql_scalar_print(type, value, text));
}

void ksql_value_print(
    const struct ksql_type *type, const struct ksql_value *value, struct of_buffer *out)
{
    print(type, value, false, out);
}
