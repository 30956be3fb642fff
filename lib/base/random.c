/* Counter-based random numbers: SplitMix64 mixes (seed, stream, index) into the start of a PCG-like
 * sequence of its own. Integer arithmetic only; not for secrets. */
#include "base/random.h"

#include "normal_table.h"

#include <assert.h>

#define GOLDEN UINT64_C(0x9e3779b97f4a7c15)

/* The finaliser of SplitMix64 (Steele, Lea, Flood 2014). */
static inline uint64_t mix(uint64_t x)
{
    x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
    return x ^ (x >> 31);
}

struct of_random of_random_make(uint64_t seed, uint64_t stream, uint64_t index)
{
    uint64_t family = mix(seed + GOLDEN) ^ mix(stream * GOLDEN + 1);
    uint64_t state = mix(family + index * GOLDEN);
    /* An odd increment of its own keeps two sources apart even if their states meet. */
    return (struct of_random){.state = state, .increment = mix(family ^ (index + GOLDEN)) | 1};
}

uint64_t of_random_next(struct of_random *random)
{
    random->state += random->increment;
    return mix(random->state);
}

uint64_t of_random_below(struct of_random *random, uint64_t bound)
{
    assert(bound > 0);
    /* Lemire's multiplication, rejecting the few values that would favour small results. */
    unsigned __int128 product = (unsigned __int128)of_random_next(random) * bound;
    if ((uint64_t)product < bound) {
        uint64_t threshold = -bound % bound;
        while ((uint64_t)product < threshold)
            product = (unsigned __int128)of_random_next(random) * bound;
    }
    return (uint64_t)(product >> 64);
}

int64_t of_random_between(struct of_random *random, int64_t low, int64_t high)
{
    assert(low <= high);
    uint64_t span = (uint64_t)high - (uint64_t)low;
    if (span == UINT64_MAX)
        return (int64_t)of_random_next(random);
    return (int64_t)((uint64_t)low + of_random_below(random, span + 1));
}

bool of_random_chance(struct of_random *random, uint64_t parts, uint64_t whole)
{
    return of_random_below(random, whole) < parts;
}

size_t of_random_weighted(struct of_random *random, const uint32_t *weights, size_t count)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += weights[i];
    uint64_t draw = of_random_below(random, sum);
    size_t index = 0;
    while (draw >= weights[index])
        draw -= weights[index++];
    return index;
}

/* Between two knots, `fraction` of 2^32 along. */
static int64_t between_knots(const int32_t *knots, uint64_t cell, uint64_t fraction)
{
    int64_t low = knots[cell], high = knots[cell + 1];
    return low + (int64_t)(((uint64_t)(high - low) * fraction) >> 32);
}

int64_t of_random_normal_q16(struct of_random *random)
{
    uint64_t draw = of_random_next(random);
    bool negative = draw & 1;
    uint64_t cell = draw >> 55; /* 9 bits: NORMAL_CELLS */
    uint64_t rest = (draw >> 1) & ((UINT64_C(1) << 54) - 1);
    int64_t value;
    if (cell < NORMAL_CELLS - 1)
        value = between_knots(normal_body, cell, rest >> 22);
    else /* 8 more bits: NORMAL_TAIL_CELLS */
        value = between_knots(normal_tail, rest >> 46, (rest >> 14) & UINT32_MAX);
    return negative ? -value : value;
}
