/* HashMap's table of slots, as far as the order of its entries goes. (Slots with eight entries and
 * more become trees in Java, which keep the order of their entries.) */
#include "ksqld/exec/hash_order.h"

#include "ksqld/exec/compare.h"
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

/* The place of the same key among those of its slot that are ordered already, or `end`. */
static size_t find(const struct ksql_type *key, const struct ksql_value *ordered, size_t start,
    size_t end, const struct ksql_value *wanted)
{
    while (start < end && !ksql_values_equal(key, &ordered[start], key, wanted))
        start += 2;
    return start;
}

static size_t count_keys(const struct ksql_type *key, struct ksql_value *items,
    const struct place *places, size_t entries, struct ksql_value *ordered)
{
    size_t count = 0, start = 0;
    for (size_t i = 0; i < entries; i++) {
        const struct ksql_value *entry = &items[2 * places[i].index];
        if (i && places[i].slot != places[i - 1].slot)
            start = count;
        size_t at = find(key, ordered, start, count, &entry[0]);
        if (at == count) {
            ordered[at] = entry[0];
            count += 2;
        }
        ordered[at + 1] = entry[1];
    }
    return count;
}

static void place(const struct ksql_type *key, const struct ksql_value *items, size_t entries,
    size_t slots, struct place *places)
{
    for (size_t i = 0; i < entries; i++) {
        uint32_t code = hash(key, &items[2 * i]);
        places[i] = (struct place){(code ^ code >> 16) & (uint32_t)(slots - 1), i};
    }
    qsort(places, entries, sizeof(*places), compare);
}

size_t ksql_hash_order(struct ksql_arena *arena, const struct ksql_type *key,
    struct ksql_value *items, size_t count, size_t slots)
{
    size_t entries = count / 2;
    if (entries < 2)
        return count;
    struct place *places = ksql_arena_take(arena, entries * sizeof(*places));
    struct ksql_value *ordered = ksql_arena_take(arena, count * sizeof(*ordered));
    place(key, items, entries, slots, places);
    count = count_keys(key, items, places, entries, ordered);
    if (count / 2 > slots * 3 / 4) { /* the table has grown on the way */
        while (count / 2 > slots * 3 / 4)
            slots *= 2;
        place(key, items, entries, slots, places);
        count = count_keys(key, items, places, entries, ordered);
    }
    memcpy(items, ordered, count * sizeof(*items));
    return count;
}
