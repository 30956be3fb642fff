/* One byte that tells NULL, then the value: numbers in the machine's order, texts and lists with
 * their length before them. */
#include "ksqld/exec/rows.h"

#include "base/error.h"

#include <math.h>

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

static int take(struct of_text *bytes, void *into, size_t size)
{
    if (bytes->length < size)
        return OF_INPUT;
    memcpy(into, bytes->data, size);
    bytes->data += size;
    bytes->length -= size;
    return 0;
}

static int read_text(struct of_text *bytes, struct ksql_value *value)
{
    uint32_t size;
    if (take(bytes, &size, sizeof(size)) || bytes->length < size)
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
    if (take(bytes, &count, sizeof(count)) || bytes->length < count)
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
    if (take(bytes, &present, sizeof(present)))
        return OF_INPUT;
    if (!present)
        return 0;
    value->null = false;
    switch (type->kind) {
    case KSQL_DOUBLE:
        return take(bytes, &value->real, sizeof(value->real));
    case KSQL_DECIMAL:
        return take(bytes, &value->decimal, sizeof(value->decimal));
    case KSQL_STRING:
    case KSQL_BYTES:
        return read_text(bytes, value);
    case KSQL_ARRAY:
    case KSQL_MAP:
        return read_items(type, bytes, arena, value);
    case KSQL_STRUCT:
        return read_fields(type, bytes, arena, value);
    default:
        return take(bytes, &value->number, sizeof(value->number));
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

/* ---- comparing ---- */

static int compare_double(double a, double b)
{
    if (a < b || a > b)
        return a < b ? -1 : 1;
    if (isnan(a) || isnan(b))
        return (isnan(a) != 0) - (isnan(b) != 0); /* NaN is the greatest */
    return (signbit(b) != 0) - (signbit(a) != 0); /* -0.0 comes before 0.0 */
}

/* Java compares UTF-16: characters beyond U+FFFF come before those from U+E000 on. */
static int compare_bytes(struct of_text a, struct of_text b, bool utf16)
{
    size_t common = a.length < b.length ? a.length : b.length, at = 0;
    while (at < common && a.data[at] == b.data[at])
        at++;
    if (at == common)
        return a.length < b.length ? -1 : a.length > b.length;
    uint8_t one = (uint8_t)a.data[at], other = (uint8_t)b.data[at];
    bool far_one = one >= 0xf0, far_other = other >= 0xf0;
    if (utf16 && far_one != far_other && one >= 0xee && other >= 0xee)
        return far_one ? -1 : 1;
    return one < other ? -1 : 1;
}

int ksql_value_compare(
    const struct ksql_type *type, const struct ksql_value *a, const struct ksql_value *b)
{
    switch (type->kind) {
    case KSQL_DOUBLE:
        return compare_double(a->real, b->real);
    case KSQL_DECIMAL:
        return a->decimal < b->decimal ? -1 : a->decimal > b->decimal;
    case KSQL_STRING:
    case KSQL_BYTES:
        return compare_bytes(a->text, b->text, type->kind == KSQL_STRING);
    default:
        return a->number < b->number ? -1 : a->number > b->number;
    }
}

static bool equal_list(
    const struct ksql_type *type, const struct ksql_list *a, const struct ksql_list *b)
{
    if (a->count != b->count)
        return false;
    for (size_t i = 0; i < a->count; i++) {
        if (!ksql_value_equal(type->element, &a->items[i], &b->items[i]))
            return false;
    }
    return true;
}

/* The order of a map's entries doesn't count. */
static bool equal_map(
    const struct ksql_type *type, const struct ksql_list *a, const struct ksql_list *b)
{
    if (a->count != b->count)
        return false;
    for (size_t i = 0; i < a->count; i += 2) {
        bool found = false;
        for (size_t j = 0; j < b->count && !found; j += 2)
            found = ksql_value_equal(type->key, &a->items[i], &b->items[j]) &&
                    ksql_value_equal(type->element, &a->items[i + 1], &b->items[j + 1]);
        if (!found)
            return false;
    }
    return true;
}

bool ksql_value_equal(
    const struct ksql_type *type, const struct ksql_value *a, const struct ksql_value *b)
{
    if (a->null || b->null)
        return a->null && b->null;
    if (type->kind == KSQL_ARRAY)
        return equal_list(type, &a->list, &b->list);
    if (type->kind == KSQL_MAP)
        return equal_map(type, &a->list, &b->list);
    if (type->kind != KSQL_STRUCT)
        return ksql_value_compare(type, a, b) == 0;
    for (size_t i = 0; i < type->field_count; i++) {
        if (!ksql_value_equal(type->fields[i].type, &a->fields[i], &b->fields[i]))
            return false;
    }
    return true;
}
