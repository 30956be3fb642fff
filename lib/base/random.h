/* Counter-based random numbers: the same (seed, stream, index) gives the same numbers on every
 * machine, and no stream's use shifts another. Integer arithmetic only, no libm.
 *
 * A source is a value: cheap to make (one order makes several), cheap to copy, no release. */
#ifndef OF_BASE_RANDOM_H
#define OF_BASE_RANDOM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct of_random {
    uint64_t state;
    uint64_t increment;
};

/* `stream` names the purpose (an enum of the caller's), `index` the object, e.g. the order id. */
struct of_random of_random_make(uint64_t seed, uint64_t stream, uint64_t index);

uint64_t of_random_next(struct of_random *random); /* 64 uniform bits */
uint64_t of_random_below(
    struct of_random *random, uint64_t bound); /* 0..bound-1, unbiased; bound > 0 */
int64_t of_random_between(struct of_random *random, int64_t low, int64_t high); /* both included */

/* True with probability parts/whole. */
bool of_random_chance(struct of_random *random, uint64_t parts, uint64_t whole);

/* Index drawn by integer weights; the sum is > 0 and below 2^32. */
size_t of_random_weighted(struct of_random *random, const uint32_t *weights, size_t count);

/* A draw from N(0, 1) as a fixed-point number, 65536 = 1.0, by integer arithmetic only (error of
 * the distribution function below 1e-4). */
int64_t of_random_normal_q16(struct of_random *random);

#endif
