/* Types compared and printed, fields found. Where they come from (statements, registered schemas)
 * is elsewhere.
 */
#include "ksqld/plan/type.h"

#include "ksqld/lang/keywords.h"
#include "ksqld/lang/lexer.h"

#include <stdint.h>
#include <string.h>

const char *ksql_type_kind_name(enum ksql_type_kind kind)
{
    static const char *const names[] = {[KSQL_NULL] = "NULL",
        [KSQL_BOOLEAN] = "BOOLEAN",
        [KSQL_INTEGER] = "INTEGER",
        [KSQL_BIGINT] = "BIGINT",
        [KSQL_DOUBLE] = "DOUBLE",
        [KSQL_DECIMAL] = "DECIMAL",
        [KSQL_STRING] = "STRING",
        [KSQL_BYTES] = "BYTES",
        [KSQL_TIMESTAMP] = "TIMESTAMP",
        [KSQL_DATE] = "DATE",
        [KSQL_TIME] = "TIME",
        [KSQL_ARRAY] = "ARRAY",
        [KSQL_MAP] = "MAP",
        [KSQL_STRUCT] = "STRUCT"};
    return names[kind];
}

static void format_struct(const struct ksql_type *type, bool quote_always, struct of_buffer *out)
{
    of_buffer_append_text(out, "STRUCT<");
    for (size_t i = 0; i < type->field_count; i++) {
        if (i)
            of_buffer_append_text(out, ", ");
        ksql_name_append(out, type->fields[i].name, quote_always);
        of_buffer_append_byte(out, ' ');
        ksql_type_format(type->fields[i].type, quote_always, out);
    }
    of_buffer_append_byte(out, '>');
}

int ksql_type_format(const struct ksql_type *type, bool quote_always, struct of_buffer *out)
{
    switch (type->kind) {
    case KSQL_DECIMAL:
        return of_buffer_appendf(out, "DECIMAL(%d, %d)", type->precision, type->scale);
    case KSQL_ARRAY:
        of_buffer_append_text(out, "ARRAY<");
        ksql_type_format(type->element, quote_always, out);
        return of_buffer_append_byte(out, '>');
    case KSQL_MAP:
        of_buffer_append_text(out, "MAP<");
        ksql_type_format(type->key, quote_always, out);
        of_buffer_append_text(out, ", ");
        ksql_type_format(type->element, quote_always, out);
        return of_buffer_append_byte(out, '>');
    case KSQL_STRUCT:
        format_struct(type, quote_always, out);
        return out->full ? OF_INPUT : 0;
    default:
        return of_buffer_append_text(out, ksql_type_kind_name(type->kind));
    }
}

static bool struct_equal(const struct ksql_type *a, const struct ksql_type *b)
{
    if (a->field_count != b->field_count)
        return false;
    for (size_t i = 0; i < a->field_count; i++) {
        if (strcmp(a->fields[i].name, b->fields[i].name) != 0 ||
            !ksql_type_equal(a->fields[i].type, b->fields[i].type))
            return false;
    }
    return true;
}

bool ksql_type_equal(const struct ksql_type *a, const struct ksql_type *b)
{
    if (a == b)
        return true;
    if (a->kind != b->kind)
        return false;
    switch (a->kind) {
    case KSQL_DECIMAL:
        return a->precision == b->precision && a->scale == b->scale;
    case KSQL_ARRAY:
        return ksql_type_equal(a->element, b->element);
    case KSQL_MAP:
        return ksql_type_equal(a->key, b->key) && ksql_type_equal(a->element, b->element);
    case KSQL_STRUCT:
        return struct_equal(a, b);
    default:
        return true;
    }
}

static size_t find_field(const struct ksql_type *type, const char *name)
{
    for (size_t i = 0; i < type->field_count; i++)
        if (strcmp(type->fields[i].name, name) == 0)
            return i;
    return SIZE_MAX;
}

size_t ksql_type_field(const struct ksql_type *type, const char *name)
{
    char upper[KSQL_IDENTIFIER_MAX + 1];
    size_t length = strlen(name), found;
    if (length > KSQL_IDENTIFIER_MAX)
        return SIZE_MAX;
    found = find_field(type, name);
    if (found != SIZE_MAX)
        return found;
    for (size_t i = 0; i <= length; i++)
        upper[i] = (char)(name[i] >= 'a' && name[i] <= 'z' ? name[i] - 32 : name[i]);
    return find_field(type, upper);
}
