/* The letters that have been dealt with, as a hash table, and the form of their records. */
#include "handled.h"

#include "base/memory.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_CAPACITY 256
#define KEY_MAX 320 /* a topic's name has at most 249 bytes */

struct handled_entry {
    int64_t offset, timestamp;
    int32_t partition;
    int32_t as; /* enum handled_as; HANDLED_NOT: the slot is free */
};

static const char *const names[] = {
    [HANDLED_NOT] = "open", [HANDLED_REPLAYED] = "replayed", [HANDLED_DROPPED] = "dropped"};

const char *handled_name(enum handled_as as)
{
    return names[as];
}

void handled_release(struct handled *handled)
{
    free(handled->entries);
    *handled = (struct handled){NULL, 0, 0};
}

/* The slot of a position, or the free one where it belongs. */
static struct handled_entry *slot(
    const struct handled *handled, const struct letter_position *position)
{
    uint64_t hash = ((uint64_t)position->offset * 31 + (uint64_t)position->partition) *
                    UINT64_C(0x9e3779b97f4a7c15);
    size_t mask = handled->capacity - 1;
    for (size_t i = (size_t)(hash >> 32);; i++) {
        struct handled_entry *entry = &handled->entries[i & mask];
        if (entry->as == HANDLED_NOT ||
            (entry->offset == position->offset && entry->partition == position->partition))
            return entry;
    }
}

static void grow(struct handled *handled)
{
    struct handled larger = {.capacity = handled->capacity ? 2 * handled->capacity : FIRST_CAPACITY,
        .count = handled->count};
    larger.entries = of_alloc(larger.capacity * sizeof(*larger.entries));
    for (size_t i = 0; i < handled->capacity; i++) {
        const struct handled_entry *entry = &handled->entries[i];
        const struct letter_position position = {entry->partition, entry->offset};
        if (entry->as != HANDLED_NOT)
            *slot(&larger, &position) = *entry;
    }
    free(handled->entries);
    *handled = larger;
}

int handled_add(struct handled *handled, const struct letter_position *position, int64_t timestamp,
    enum handled_as as, struct of_error *error)
{
    if (handled->count >= HANDLED_MAX)
        return of_fail(error, OF_FATAL, "more than %u handled letters", HANDLED_MAX);
    if (2 * (handled->count + 1) > handled->capacity)
        grow(handled);
    struct handled_entry *entry = slot(handled, position);
    if (entry->as == HANDLED_NOT)
        handled->count++;
    *entry = (struct handled_entry){.offset = position->offset,
        .timestamp = timestamp,
        .partition = position->partition,
        .as = (int32_t)as};
    return OF_OK;
}

enum handled_as handled_find(
    const struct handled *handled, const struct letter_position *position, int64_t timestamp)
{
    if (handled->capacity == 0)
        return HANDLED_NOT;
    const struct handled_entry *entry = slot(handled, position);
    return entry->as != HANDLED_NOT && entry->timestamp == timestamp ? (enum handled_as)entry->as
                                                                     : HANDLED_NOT;
}

enum handled_as handled_parse(const char *letters_topic, const void *key, size_t key_size,
    const void *value, size_t value_size, struct letter_position *position, int64_t *timestamp)
{
    char text[KEY_MAX], word[HANDLED_VALUE_SIZE];
    struct of_error ignored;
    long long time;
    int end = 0;
    if (!key || !value || key_size >= sizeof(text) || value_size >= sizeof(word))
        return HANDLED_NOT;
    snprintf(text, sizeof(text), "%.*s", (int)key_size, (const char *)key);
    if (letter_position_parse(text, letters_topic, position, &ignored) < 0)
        return HANDLED_NOT;
    snprintf(text, sizeof(text), "%.*s", (int)value_size, (const char *)value);
    if (sscanf(text, "%40s %lld%n", word, &time, &end) != 2 || text[end] != '\0')
        return HANDLED_NOT;
    *timestamp = time;
    for (enum handled_as as = HANDLED_REPLAYED; as <= HANDLED_DROPPED; as++)
        if (strcmp(word, names[as]) == 0)
            return as;
    return HANDLED_NOT;
}

int handled_take(struct handled *handled, const char *letters_topic, const void *key,
    size_t key_size, const void *value, size_t value_size, struct of_error *error)
{
    struct letter_position position;
    int64_t timestamp;
    enum handled_as as =
        handled_parse(letters_topic, key, key_size, value, value_size, &position, &timestamp);
    return as == HANDLED_NOT ? OF_OK : handled_add(handled, &position, timestamp, as, error);
}

const char *handled_print(int64_t timestamp, enum handled_as as, char text[HANDLED_VALUE_SIZE])
{
    snprintf(text, HANDLED_VALUE_SIZE, "%s %" PRId64, names[as], timestamp);
    return text;
}
