/* One byte that tells NULL, then the value: numbers in the machine's order, texts and lists with
 * their length before them. */
#include "ksqld/exec/rows.h"

#include "base/error.h"

/* ---- writing ---- */

static void write_size(size_t size, struct of_buffer *out)
{
    uint32_t written = (uint32_t)size;
    of_buffer_append(out, &written, sizeof(written));
}

static void write_items(
    const struct ksql_type *type, const struct ksql_list *list, struct of_buffer *out)
{
    write_size(list->count, out);
    for (size_t i = 0; i < list->count; i++)
        ksql_value_write(
            type->kind == KSQL_MAP && i % 2 == 0 ? type->key : type->element, &list->items[i], out);
}

void ksql_value_write(
    const struct ksql_type *type, const struct ksql_value *value, struct of_buffer *out)
{
    of_buffer_append_byte(out, !value->null);
    if (value->null)
        return;
    switch (type->kind) {
    case KSQL_DOUBLE:
        of_buffer_append(out, &value->real, sizeof(value->real));
        break;
    case KSQL_DECIMAL:
        of_buffer_append(out, &value->decimal, sizeof(value->decimal));
        break;
    case KSQL_STRING:
    case KSQL_BYTES:
        write_size(value->text.length, out);
        of_buffer_append(out, value->text.data, value->text.length);
        break;
    case KSQL_ARRAY:
    case KSQL_MAP:
        write_items(type, &value->list, out);
        break;
    case KSQL_STRUCT:
        for (size_t i = 0; i < type->field_count; i++)
            ksql_value_write(type->fields[i].type, &value->fields[i], out);
        break;
    default:
        of_buffer_append(out, &value->number, sizeof(value->number));
        break;
    }
}

/* ---- reading ---- */

static int read_text(struct of_text *bytes, struct ksql_value *value)
{
    uint32_t size;
    if (!of_text_take(bytes, &size, sizeof(size)) || bytes->length < size)
        return OF_INPUT;
    value->text = (struct of_text){bytes->data, size};
    bytes->data += size;
    bytes->length -= size;
    return 0;
}

static int read_items(const struct ksql_type *type, struct of_text *bytes, struct ksql_arena *arena,
    struct ksql_value *value)
{
    uint32_t count;
    if (!of_text_take(bytes, &count, sizeof(count)) || bytes->length < count)
        return OF_INPUT;
    struct ksql_value *items = ksql_arena_take(arena, count * sizeof(*items) + 1);
    for (uint32_t i = 0; i < count; i++) {
        const struct ksql_type *item =
            type->kind == KSQL_MAP && i % 2 == 0 ? type->key : type->element;
        if (ksql_value_read(item, bytes, arena, &items[i]))
            return OF_INPUT;
    }
    value->list = (struct ksql_list){items, count};
    return 0;
}

static int read_fields(const struct ksql_type *type, struct of_text *bytes,
    struct ksql_arena *arena, struct ksql_value *value)
{
    struct ksql_value *fields = ksql_arena_take(arena, type->field_count * sizeof(*fields) + 1);
    for (size_t i = 0; i < type->field_count; i++) {
        if (ksql_value_read(type->fields[i].type, bytes, arena, &fields[i]))
            return OF_INPUT;
    }
    value->fields = fields;
    return 0;
}

int ksql_value_read(const struct ksql_type *type, struct of_text *bytes, struct ksql_arena *arena,
    struct ksql_value *value)
{
    uint8_t present;
    *value = KSQL_VALUE_NULL;
    if (!of_text_take(bytes, &present, sizeof(present)))
        return OF_INPUT;
    if (!present)
        return 0;
    value->null = false;
    switch (type->kind) {
    case KSQL_DOUBLE:
        return of_text_take(bytes, &value->real, sizeof(value->real)) ? 0 : OF_INPUT;
    case KSQL_DECIMAL:
        return of_text_take(bytes, &value->decimal, sizeof(value->decimal)) ? 0 : OF_INPUT;
    case KSQL_STRING:
    case KSQL_BYTES:
        return read_text(bytes, value);
    case KSQL_ARRAY:
    case KSQL_MAP:
        return read_items(type, bytes, arena, value);
    case KSQL_STRUCT:
        return read_fields(type, bytes, arena, value);
    default:
        return of_text_take(bytes, &value->number, sizeof(value->number)) ? 0 : OF_INPUT;
    }
}

/* ---- copies ---- */

static struct of_text copy_text(struct of_text text, struct ksql_arena *arena)
{
    char *copy = ksql_arena_take(arena, text.length + 1);
    if (text.length)
        memcpy(copy, text.data, text.length);
    return (struct of_text){copy, text.length};
}

struct ksql_value ksql_value_copy(
    const struct ksql_type *type, const struct ksql_value *value, struct ksql_arena *arena)
{
    struct ksql_value copy = *value;
    if (value->null)
        return copy;
    if (type->kind == KSQL_STRING || type->kind == KSQL_BYTES)
        copy.text = copy_text(value->text, arena);
    if (type->kind == KSQL_ARRAY || type->kind == KSQL_MAP) {
        struct ksql_value *items = ksql_arena_take(arena, value->list.count * sizeof(*items) + 1);
        for (size_t i = 0; i < value->list.count; i++)
            items[i] =
                ksql_value_copy(type->kind == KSQL_MAP && i % 2 == 0 ? type->key : type->element,
                    &value->list.items[i], arena);
        copy.list.items = items;
    }
    if (type->kind == KSQL_STRUCT) {
        struct ksql_value *fields = ksql_arena_take(arena, type->field_count * sizeof(*fields) + 1);
        for (size_t i = 0; i < type->field_count; i++)
            fields[i] = ksql_value_copy(type->fields[i].type, &value->fields[i], arena);
        copy.fields = fields;
    }
    return copy;
}
