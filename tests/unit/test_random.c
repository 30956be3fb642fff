/* Random numbers: golden values (they are data: a change would shift every generated order), the
 * independence of sub-streams, and the moments of each distribution. */
#include "support.h"

#include "base/random.h"

static void test_golden(void **state)
{
    (void)state;
    struct of_random random = of_random_make(1, 2, 3);
    static const uint64_t wanted[] = {UINT64_C(0xdda16fc62f2158ab), UINT64_C(0xd0beac0b583b0579),
        UINT64_C(0x8491027aa0e675d0), UINT64_C(0xa6ace60daac1e320)};
    for (size_t i = 0; i < OF_COUNT(wanted); i++)
        assert_int_equal(of_random_next(&random), wanted[i]);
    struct of_random zero = of_random_make(0, 0, 0);
    assert_int_equal(of_random_next(&zero), UINT64_C(0xaa8fc1a52c2a82af));
}

static void test_golden_draws(void **state)
{
    (void)state;
    static const uint32_t weights[] = {57, 24, 19};
    static const int64_t wanted[][4] = {{79, -10, 1, 57515}, {397, 26, 1, -25830},
        {680, 24, 2, -46592}, {110, 7, 1, -63524}, {617, -22, 0, 21192}, {561, -9, 0, -24609}};
    struct of_random random = of_random_make(42, 7, 1000);
    for (size_t i = 0; i < OF_COUNT(wanted); i++) {
        assert_int_equal(of_random_below(&random, 1000), wanted[i][0]);
        assert_int_equal(of_random_between(&random, -50, 50), wanted[i][1]);
        assert_int_equal(of_random_weighted(&random, weights, 3), wanted[i][2]);
        assert_int_equal(of_random_normal_q16(&random), wanted[i][3]);
    }
}

/* Draws of one source don't move another, and neighbours in any of the three arguments have
 * nothing in common: each bit differs in about half of them. */
static void test_streams_are_independent(void **state)
{
    (void)state;
    struct of_random first = of_random_make(9, 1, 5), again = of_random_make(9, 1, 5);
    for (int i = 0; i < 100; i++)
        of_random_next(&first);
    struct of_random copy = first;
    assert_int_equal(of_random_next(&copy), of_random_next(&first));
    of_random_next(&again);

    int flips[3][64] = {{0}};
    for (uint64_t i = 0; i < 4096; i++) {
        struct of_random base = of_random_make(i, i * 3, i * 7);
        struct of_random other[3] = {of_random_make(i + 1, i * 3, i * 7),
            of_random_make(i, i * 3 + 1, i * 7), of_random_make(i, i * 3, i * 7 + 1)};
        uint64_t bits = of_random_next(&base);
        for (int k = 0; k < 3; k++) {
            uint64_t change = bits ^ of_random_next(&other[k]);
            for (int bit = 0; bit < 64; bit++)
                flips[k][bit] += change >> bit & 1;
        }
    }
    for (int k = 0; k < 3; k++)
        for (int bit = 0; bit < 64; bit++)
            assert_in_range(flips[k][bit], 2048 - 224, 2048 + 224); /* 7 sigma */
}

static void test_below(void **state)
{
    (void)state;
    struct of_random random = of_random_make(3, 0, 0);
    int counts[7] = {0};
    for (int i = 0; i < 70000; i++)
        counts[of_random_below(&random, 7)]++;
    for (int i = 0; i < 7; i++)
        assert_in_range(counts[i], 10000 - 560, 10000 + 560); /* 6 sigma */
    assert_int_equal(of_random_below(&random, 1), 0);
    /* A bound just over half of the range rejects nearly every second draw and stays even. */
    uint64_t bound = (UINT64_C(1) << 63) + 1, half = bound / 2;
    int low = 0;
    for (int i = 0; i < 10000; i++)
        low += of_random_below(&random, bound) < half;
    assert_in_range(low, 4700, 5300);
}

static void test_between(void **state)
{
    (void)state;
    struct of_random random = of_random_make(4, 0, 0);
    bool low = false, high = false, negative = false, positive = false;
    for (int i = 0; i < 1000; i++) {
        int64_t value = of_random_between(&random, -3, 3);
        assert_true(value >= -3 && value <= 3);
        low |= value == -3;
        high |= value == 3;
        value = of_random_between(&random, INT64_MIN, INT64_MAX);
        negative |= value < 0;
        positive |= value > 0;
        assert_true(of_random_between(&random, INT64_MIN, INT64_MIN + 1) <= INT64_MIN + 1);
    }
    assert_true(low && high && negative && positive);
    assert_int_equal(of_random_between(&random, INT64_MIN, INT64_MIN), INT64_MIN);
    assert_int_equal(of_random_between(&random, 5, 5), 5);
}

static void test_chance_and_weights(void **state)
{
    (void)state;
    static const uint32_t weights[] = {0, 1, 0, 3, 0};
    struct of_random random = of_random_make(5, 0, 0);
    int hits = 0, counts[5] = {0};
    for (int i = 0; i < 40000; i++) {
        hits += of_random_chance(&random, 23, 100);
        counts[of_random_weighted(&random, weights, 5)]++;
        assert_false(of_random_chance(&random, 0, 10));
        assert_true(of_random_chance(&random, 10, 10));
    }
    assert_in_range(hits, 9200 - 505, 9200 + 505); /* 6 sigma */
    assert_in_range(counts[1], 10000 - 520, 10000 + 520);
    assert_int_equal(counts[0] + counts[2] + counts[4], 0);
    static const uint32_t largest[] = {UINT32_MAX - 1, 1};
    for (int i = 0; i < 1000; i++)
        assert_in_range(of_random_weighted(&random, largest, 2), 0, 1);
}

/* Moments and distribution function of the normal table: mean 0, variance 1, fourth moment 3. */
static void test_normal(void **state)
{
    (void)state;
    enum { DRAWS = 1000000 };
    struct of_random random = of_random_make(6, 0, 0);
    double sum = 0, squares = 0, cubes = 0, fourths = 0;
    int below[7] = {0};
    int64_t least = 0, most = 0;
    for (int i = 0; i < DRAWS; i++) {
        int64_t draw = of_random_normal_q16(&random);
        double x = (double)draw / 65536;
        sum += x;
        squares += x * x;
        cubes += x * x * x;
        fourths += x * x * x * x;
        for (int k = 0; k < 7; k++)
            below[k] += x < k - 3;
        least = draw < least ? draw : least;
        most = draw > most ? draw : most;
    }
    /* Margins of 5 standard errors and the table's own. */
    assert_true(sum / DRAWS > -.005 && sum / DRAWS < .005);
    assert_true(squares / DRAWS > .992 && squares / DRAWS < 1.008);
    assert_true(cubes / DRAWS > -.02 && cubes / DRAWS < .02);
    assert_true(fourths / DRAWS > 2.94 && fourths / DRAWS < 3.06);
    static const double wanted[] = {.0013499, .0227501, .1586553, .5, .8413447, .9772499, .9986501};
    for (int k = 0; k < 7; k++) {
        double share = (double)below[k] / DRAWS, p = wanted[k];
        double error = (share - p) * (share - p), variance = p * (1 - p) / DRAWS;
        assert_true(error < 25 * variance + 1e-8);
    }
    assert_true(least < -4 * 65536 && least >= -45 * 65536 / 10);
    assert_true(most > 4 * 65536 && most <= 45 * 65536 / 10);
}

static void take_below_nothing(void)
{
    struct of_random random = of_random_make(0, 0, 0);
    of_random_below(&random, 0);
}

static void take_from_upside_down(void)
{
    struct of_random random = of_random_make(0, 0, 0);
    of_random_between(&random, 1, 0);
}

static void test_broken_invariants(void **state)
{
    (void)state;
    assert_true(aborts(take_below_nothing));
    assert_true(aborts(take_from_upside_down));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_golden),
        cmocka_unit_test(test_golden_draws),
        cmocka_unit_test(test_streams_are_independent),
        cmocka_unit_test(test_below),
        cmocka_unit_test(test_between),
        cmocka_unit_test(test_chance_and_weights),
        cmocka_unit_test(test_normal),
        cmocka_unit_test(test_broken_invariants),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
