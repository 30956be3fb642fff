/* A ring in the order of coming, which is the order of expiring, and an index on it. */
#include "gateway/keys.h"

#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

#define FIRST_CAPACITY 1024u /* a power of two */

void keys_init(struct keys *keys)
{
    *keys = (struct keys){.limit = KEYS_MAX};
}

void keys_release(struct keys *keys)
{
    free(keys->ring);
    free(keys->slots);
    keys_init(keys);
}

static size_t home(const struct keys *keys, const uint8_t name[KEYS_NAME_SIZE])
{
    uint64_t bits; /* of a digest: spread well */
    memcpy(&bits, name, sizeof(bits));
    return (size_t)bits & (keys->slot_count - 1);
}

static struct key_entry *entry_at(const struct keys *keys, size_t slot)
{
    return &keys->ring[keys->slots[slot] - 1];
}

/* The slot of the name, or the free one where it would go. */
static size_t seek(const struct keys *keys, const uint8_t name[KEYS_NAME_SIZE])
{
    size_t slot = home(keys, name);
    while (keys->slots[slot] && memcmp(entry_at(keys, slot)->name, name, KEYS_NAME_SIZE) != 0)
        slot = (slot + 1) & (keys->slot_count - 1);
    return slot;
}

const struct key_entry *keys_find(const struct keys *keys, const uint8_t name[KEYS_NAME_SIZE])
{
    if (keys->count == 0)
        return NULL;
    size_t slot = seek(keys, name);
    return keys->slots[slot] ? entry_at(keys, slot) : NULL;
}

static void grow(struct keys *keys)
{
    size_t capacity = keys->capacity ? keys->capacity * 2 : FIRST_CAPACITY;
    struct key_entry *ring = of_realloc_array(NULL, capacity, sizeof(*ring));
    for (size_t i = 0; i < keys->count; i++)
        ring[i] = keys->ring[(keys->first + i) % keys->capacity];
    free(keys->ring);
    free(keys->slots);
    keys->ring = ring;
    keys->capacity = capacity;
    keys->first = 0;
    keys->slot_count = capacity * 2;
    keys->slots = of_alloc(keys->slot_count * sizeof(*keys->slots));
    for (size_t i = 0; i < keys->count; i++)
        keys->slots[seek(keys, ring[i].name)] = (uint32_t)i + 1;
}

bool keys_is_full(const struct keys *keys)
{
    return keys->count >= keys->limit;
}

bool keys_add(struct keys *keys, const struct key_entry *entry)
{
    struct key_entry *known = (struct key_entry *)keys_find(keys, entry->name);
    if (known) {
        *known = *entry;
        return true;
    }
    if (keys_is_full(keys))
        return false;
    if (keys->count == keys->capacity)
        grow(keys);
    size_t index = (keys->first + keys->count) % keys->capacity;
    size_t slot = seek(keys, entry->name);
    keys->ring[index] = *entry;
    keys->slots[slot] = (uint32_t)index + 1;
    keys->count++;
    return true;
}

/* Closes the gap: whoever would be looked for across it moves into it. */
static void empty_slot(struct keys *keys, size_t slot)
{
    size_t mask = keys->slot_count - 1;
    keys->slots[slot] = 0;
    for (size_t next = (slot + 1) & mask; keys->slots[next]; next = (next + 1) & mask) {
        size_t wanted = home(keys, entry_at(keys, next)->name);
        if (((next - wanted) & mask) < ((next - slot) & mask))
            continue;
        keys->slots[slot] = keys->slots[next];
        keys->slots[next] = 0;
        slot = next;
    }
}

static void drop_first(struct keys *keys)
{
    empty_slot(keys, seek(keys, keys->ring[keys->first].name));
    keys->first = (keys->first + 1) % keys->capacity;
    keys->count--;
}

bool keys_expire(struct keys *keys, int64_t now, struct key_entry *entry)
{
    if (keys->count == 0 || now - keys->ring[keys->first].at <= KEYS_KEEP_MS)
        return false;
    *entry = keys->ring[keys->first];
    drop_first(keys);
    return true;
}

void keys_forget(struct keys *keys, const uint8_t name[KEYS_NAME_SIZE])
{
    if (keys->count > 0 && memcmp(keys->ring[keys->first].name, name, KEYS_NAME_SIZE) == 0)
        drop_first(keys);
}
