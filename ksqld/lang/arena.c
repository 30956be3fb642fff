/* Chunks of growing size behind one another. */
#include "ksqld/lang/arena.h"

#include "base/memory.h"

#include <assert.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_CHUNK 4096u

/* A chunk never reaches behind the limit, so that what would pass it comes here. */
static size_t room_within_limit(struct ksql_arena *arena, size_t room, size_t size)
{
    size_t left = arena->limit > arena->behind ? arena->limit - arena->behind : 0;
    if (size > left) {
        arena->full = true;
        return size;
    }
    return room < left ? room : left;
}

void *ksql_arena_grow(struct ksql_arena *arena, size_t size)
{
    size_t room = arena->chunk ? arena->chunk->size * 2 : FIRST_CHUNK;
    while (room < size)
        room *= 2;
    arena->behind += arena->used;
    if (arena->limit)
        room = room_within_limit(arena, room, size);
    struct ksql_chunk *chunk = of_realloc(NULL, sizeof(*chunk) + room);
    chunk->previous = arena->chunk;
    chunk->size = room;
    arena->chunk = chunk;
    arena->used = size;
    return chunk->bytes;
}

static void free_behind(struct ksql_chunk *chunk)
{
    while (chunk) {
        struct ksql_chunk *previous = chunk->previous;
        free(chunk);
        chunk = previous;
    }
}

void ksql_arena_reset(struct ksql_arena *arena)
{
    arena->used = arena->behind = 0;
    if (arena->full) { /* what is kept would be larger than the limit */
        free_behind(arena->chunk);
        arena->chunk = NULL;
        arena->full = false;
    }
    if (arena->chunk && arena->chunk->previous) {
        free_behind(arena->chunk->previous);
        arena->chunk->previous = NULL;
    }
}

void ksql_arena_release(struct ksql_arena *arena)
{
    free_behind(arena->chunk);
    *arena = (struct ksql_arena){.limit = arena->limit};
}

void *ksql_arena_new(struct ksql_arena *arena, size_t size)
{
    return memset(ksql_arena_take(arena, size), 0, size);
}

void *ksql_arena_new_array(struct ksql_arena *arena, size_t count, size_t size)
{
    size_t total;
    bool overflow = __builtin_mul_overflow(count, size, &total);
    assert(!overflow);
    (void)overflow;
    return ksql_arena_new(arena, total);
}

char *ksql_arena_strdup(struct ksql_arena *arena, const char *text)
{
    return ksql_arena_strndup(arena, text, strlen(text));
}

char *ksql_arena_strndup(struct ksql_arena *arena, const char *text, size_t length)
{
    char *copy = ksql_arena_take(arena, length + 1);
    if (length)
        memcpy(copy, text, length);
    copy[length] = '\0';
    return copy;
}

char *ksql_arena_printf(struct ksql_arena *arena, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    assert(length >= 0);
    char *text = ksql_arena_take(arena, (size_t)length + 1);
    va_start(arguments, format);
    vsnprintf(text, (size_t)length + 1, format, arguments);
    va_end(arguments);
    return text;
}
