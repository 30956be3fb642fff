/* Appends values as Java's encoder does: arrays in one block, decimals in as few bytes as their
 * sign allows. */
#include "ksqld/serde/avro_writer.h"

#include "avro/binary.h"

#define LEAF_MAX 32 /* bytes of the longest value without content of its own */

/* The bits of a number without its sign. */
static int bits_of(__int128 units)
{
    unsigned __int128 magnitude = (unsigned __int128)(units < 0 ? ~units : units);
    uint64_t high = (uint64_t)(magnitude >> 64), low = (uint64_t)magnitude;
    return high ? 128 - __builtin_clzll(high) : low ? 64 - __builtin_clzll(low) : 0;
}

static void write_decimal(__int128 units, struct of_buffer *out)
{
    int size = bits_of(units) / 8 + 1; /* with a bit for the sign */
    uint8_t *next = of_avro_write_long(out->data + out->length, size);
    for (int i = size - 1; i >= 0; i--) {
        next[i] = (uint8_t)units;
        units >>= 8;
    }
    out->length = (size_t)(next + size - out->data);
}

/* A map is an array of keys and values. */
static void write_list(
    const struct ksql_type *type, const struct ksql_list *list, struct of_buffer *out)
{
    bool map = type->kind == KSQL_MAP;
    int64_t items = (int64_t)(map ? list->count / 2 : list->count);
    if (items) {
        out->length = (size_t)(of_avro_write_long(out->data + out->length, items) - out->data);
        for (size_t i = 0; i < list->count; i++)
            ksql_avro_write(map && i % 2 == 0 ? type->key : type->element, &list->items[i], out);
    }
    of_buffer_append_byte(out, 0);
}

static void write_number(
    const struct ksql_type *type, const struct ksql_value *value, struct of_buffer *out)
{
    uint8_t *next = out->data + out->length;
    if (type->kind == KSQL_BOOLEAN)
        next = of_avro_write_boolean(next, value->number);
    else if (type->kind == KSQL_DOUBLE)
        next = of_avro_write_double(next, value->real);
    else
        next = of_avro_write_long(next, value->number);
    out->length = (size_t)(next - out->data);
}

void ksql_avro_write(
    const struct ksql_type *type, const struct ksql_value *value, struct of_buffer *out)
{
    if (out->length == out->capacity && of_buffer_grow(out, 1))
        return;
    out->data[out->length++] = value->null ? 0 : 2; /* the second branch: not null */
    if (!value->null)
        ksql_avro_write_bare(type, value, out);
}

void ksql_avro_write_bare(
    const struct ksql_type *type, const struct ksql_value *value, struct of_buffer *out)
{
    bool text = type->kind == KSQL_STRING || type->kind == KSQL_BYTES;
    size_t content = text ? value->text.length : 0;
    if (out->capacity - out->length < content + LEAF_MAX && of_buffer_grow(out, content + LEAF_MAX))
        return;
    switch (type->kind) {
    case KSQL_STRING:
    case KSQL_BYTES:
        out->length =
            (size_t)(of_avro_write_text(out->data + out->length, value->text) - out->data);
        break;
    case KSQL_DECIMAL:
        write_decimal(value->decimal, out);
        break;
    case KSQL_ARRAY:
    case KSQL_MAP:
        write_list(type, &value->list, out);
        break;
    case KSQL_STRUCT:
        for (size_t i = 0; i < type->field_count; i++)
            ksql_avro_write(type->fields[i].type, &value->fields[i], out);
        break;
    default:
        write_number(type, value, out);
        break;
    }
}
