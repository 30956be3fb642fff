/* Memory that is freed all at once: what one statement owns, or what one record needs.
 *
 * Blocks are never moved, so pointers stay good until reset or release. Reset keeps the largest
 * chunk, so that a steady load allocates nothing.
 *
 * An arena with a limit sets `full` once more than that was taken since the last reset, and goes on
 * giving memory: whoever takes in a loop looks at it, and refuses what the memory is for. */
#ifndef KSQLD_LANG_ARENA_H
#define KSQLD_LANG_ARENA_H

#include "base/macros.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct ksql_chunk {
    struct ksql_chunk *previous;
    size_t size;
    _Alignas(16) uint8_t bytes[];
};

struct ksql_arena {
    struct ksql_chunk *chunk; /* the one in use, older ones behind it */
    size_t used;              /* of `chunk` */
    size_t behind;            /* bytes taken of the older ones */
    size_t limit;             /* bytes between two resets; 0: none */
    bool full;                /* more than `limit` was taken */
};

void *ksql_arena_grow(struct ksql_arena *arena, size_t size);
void ksql_arena_reset(struct ksql_arena *arena);
void ksql_arena_release(struct ksql_arena *arena); /* also for OF_CLEANUP; usable again */

static inline size_t ksql_arena_taken(const struct ksql_arena *arena)
{
    return arena->behind + arena->used;
}

/* `size` bytes, aligned to 16, not cleared. */
static inline void *ksql_arena_take(struct ksql_arena *arena, size_t size)
{
    size = (size + 15) & ~(size_t)15;
    if (__builtin_expect(!arena->chunk || arena->chunk->size - arena->used < size, 0))
        return ksql_arena_grow(arena, size);
    void *memory = arena->chunk->bytes + arena->used;
    arena->used += size;
    return memory;
}

/* The same, zeroed. */
void *ksql_arena_new(struct ksql_arena *arena, size_t size) __attribute__((returns_nonnull));
void *ksql_arena_new_array(struct ksql_arena *arena, size_t count, size_t size)
    __attribute__((returns_nonnull));

char *ksql_arena_strdup(struct ksql_arena *arena, const char *text)
    __attribute__((returns_nonnull));
char *ksql_arena_strndup(struct ksql_arena *arena, const char *text, size_t length)
    __attribute__((returns_nonnull));
char *ksql_arena_printf(struct ksql_arena *arena, const char *format, ...) OF_PRINTF(2, 3)
    __attribute__((returns_nonnull));

/* An array that grows inside an arena: `items` may move while it does. Yields the new item. */
#define ksql_arena_append(arena, items, count)                                                     \
    ({                                                                                             \
        if (((count) & ((count)-1)) == 0) {                                                        \
            size_t room_ = (count) ? (count)*2 : 1;                                                \
            void *grown_ = ksql_arena_new_array((arena), room_, sizeof(*(items)));                 \
            if (count)                                                                             \
                memcpy(grown_, (items), (count) * sizeof(*(items)));                               \
            (items) = grown_;                                                                      \
        }                                                                                          \
        &(items)[(count)++];                                                                       \
    })

#endif
