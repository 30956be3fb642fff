/* HashMap's table of slots, as far as the order of its entries goes. (Slots with eight entries and
 * more become trees in Java, which keep the order of their entries.) */
#include "ksqld/exec/hash_order.h"

#include "ksqld/functions/text.h"

#include <stdlib.h>

struct place {
    uint32_t slot;
    size_t index;
};

static uint32_t hash_text(struct of_text text)
{
    uint32_t hash = 0;
    for (size_t i = 0; i < text.length;) {
        uint32_t code;
        i += ksql_utf8_read(text.data + i, &code);
        if (code >= 0x10000) {
            hash = hash * 31 + (0xd7c0 + (code >> 10));
            code = 0xdc00 + (code & 0x3ff);
        }
        hash = hash * 31 + code;
    }
    return hash;
}

static uint32_t hash_bits(uint64_t bits)
{
    return (uint32_t)(bits ^ bits >> 32);
}

/* hashCode of the key's object. BigInteger's, as in a decimal, goes by 32 bits from the top. */
static uint32_t hash(const struct ksql_type *type, const struct ksql_value *value)
{
    uint64_t bits;
    if (value->null)
        return 0;
    switch (type->kind) {
    case KSQL_STRING:
        return hash_text(value->text);
    case KSQL_BOOLEAN:
        return value->number ? 1231 : 1237;
    case KSQL_INTEGER:
        return (uint32_t)value->number;
    case KSQL_DOUBLE:
        memcpy(&bits, &value->real, sizeof(bits));
        return hash_bits(bits);
    case KSQL_DECIMAL: {
        unsigned __int128 size =
            (unsigned __int128)(value->decimal < 0 ? -value->decimal : value->decimal);
        uint32_t result = 0;
        for (int shift = 96; shift >= 0; shift -= 32)
            result = result * 31 + (uint32_t)(size >> shift);
        return 31 * (value->decimal < 0 ? -result : result) + (uint32_t)type->scale;
    }
    default:
        return hash_bits((uint64_t)value->number);
    }
}

size_t ksql_hash_slots(size_t expected)
{
    size_t slots = 1;
    while (slots < expected)
        slots *= 2;
    return slots;
}

static int compare(const void *a, const void *b)
{
    const struct place *x = a, *y = b;
    if (x->slot != y->slot)
        return x->slot < y->slot ? -1 : 1;
    return (x->index > y->index) - (x->index < y->index);
}

void ksql_hash_order(struct ksql_arena *arena, const struct ksql_type *key,
    struct ksql_value *items, size_t count, size_t slots)
{
    size_t entries = count / 2;
    if (entries < 2)
        return;
    while (entries > slots * 3 / 4) /* it has grown on the way */
        slots *= 2;
    struct place *places = ksql_arena_take(arena, entries * sizeof(*places));
    for (size_t i = 0; i < entries; i++) {
        uint32_t code = hash(key, &items[2 * i]);
        places[i] = (struct place){(code ^ code >> 16) & (uint32_t)(slots - 1), i};
    }
    qsort(places, entries, sizeof(*places), compare);
    struct ksql_value *ordered = ksql_arena_take(arena, count * sizeof(*ordered));
    for (size_t i = 0; i < entries; i++) {
        ordered[2 * i] = items[2 * places[i].index];
        ordered[2 * i + 1] = items[2 * places[i].index + 1];
    }
    memcpy(items, ordered, count * sizeof(*items));
}
