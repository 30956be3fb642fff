/* Memory that is freed all at once: alignment, reuse, and the limit with what comes one past it. */
#include "ksqld/lang/arena.h"

#include "base/memory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#define ARENA OF_CLEANUP(ksql_arena_release) struct ksql_arena

static void blocks_are_aligned_and_stay(void **state)
{
    (void)state;
    ARENA arena = {.chunk = NULL};
    uint8_t *blocks[300];
    for (size_t i = 0; i < OF_COUNT(blocks); i++) {
        blocks[i] = ksql_arena_take(&arena, i);
        assert_int_equal((uintptr_t)blocks[i] % 16, 0);
        memset(blocks[i], (int)i, i);
    }
    for (size_t i = 0; i < OF_COUNT(blocks); i++)
        for (size_t j = 0; j < i; j++)
            assert_int_equal(blocks[i][j], (uint8_t)i);
    assert_false(arena.full);
}

static void reset_keeps_the_largest_chunk(void **state)
{
    (void)state;
    ARENA arena = {.chunk = NULL};
    ksql_arena_take(&arena, 16);
    ksql_arena_take(&arena, 100000);
    const struct ksql_chunk *largest = arena.chunk;
    assert_int_equal(ksql_arena_taken(&arena), 100016);
    ksql_arena_reset(&arena);
    assert_int_equal(ksql_arena_taken(&arena), 0);
    ksql_arena_take(&arena, 100000);
    assert_ptr_equal(arena.chunk, largest);
    assert_null(largest->previous);
}

/* However it was taken: to the byte, and the same after each reset. */
static void limit_is_exact(void **state)
{
    (void)state;
    static const size_t sizes[] = {16, 48, 4096, 4112, 65536, 1 << 20};
    ARENA arena = {.limit = 1 << 20};
    for (size_t i = 0; i < 2 * OF_COUNT(sizes); i++) {
        size_t size = sizes[i / 2];
        for (size_t left = arena.limit; left;) {
            size_t next = size < left ? size : left;
            memset(ksql_arena_take(&arena, next), 1, next);
            left -= next;
            assert_false(arena.full);
        }
        assert_int_equal(ksql_arena_taken(&arena), arena.limit);
        memset(ksql_arena_take(&arena, 1), 1, 1);
        assert_true(arena.full);
        memset(ksql_arena_take(&arena, 5000), 1, 5000); /* there is still memory */
        ksql_arena_reset(&arena);
        assert_false(arena.full);
    }
}

static void more_than_the_limit_at_once(void **state)
{
    (void)state;
    ARENA arena = {.limit = 4096};
    memset(ksql_arena_take(&arena, 100000), 1, 100000);
    assert_true(arena.full);
    ksql_arena_reset(&arena);
    ksql_arena_take(&arena, 4096);
    assert_false(arena.full);
    ksql_arena_take(&arena, 1);
    assert_true(arena.full);
    ksql_arena_release(&arena);
    ksql_arena_take(&arena, 4096);
    assert_false(arena.full);
    ksql_arena_take(&arena, 1);
    assert_true(arena.full);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(blocks_are_aligned_and_stay),
        cmocka_unit_test(reset_keeps_the_largest_chunk),
        cmocka_unit_test(limit_is_exact),
        cmocka_unit_test(more_than_the_limit_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
