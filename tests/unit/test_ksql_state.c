/* State in memory against a plain list of the same entries; values to bytes and back. */
#include "support.h"

#include "ksqld/exec/rows.h"
#include "state/state.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define KEYS 64

static struct ksql_state_bytes bytes(const char *text)
{
    return (struct ksql_state_bytes){text, strlen(text)};
}

static void put(struct ksql_state *state, const char *key, const char *value)
{
    struct of_error error;
    struct ksql_state_bytes k = bytes(key), v = bytes(value);
    assert_int_equal(ksql_state_put(state, &k, &v, &error), 0);
}

static void delete_key(struct ksql_state *state, const char *key)
{
    struct of_error error;
    struct ksql_state_bytes k = bytes(key);
    assert_int_equal(ksql_state_delete(state, &k, &error), 0);
}

static void assert_has(struct ksql_state *state, const char *key, const char *value)
{
    struct ksql_state_bytes k = bytes(key), found;
    assert_int_equal(ksql_state_get(state, &k, &found), value != NULL);
    if (!value)
        return;
    assert_int_equal(found.size, strlen(value));
    assert_memory_equal(found.data, value, found.size);
}

struct walk {
    char text[4096];
    size_t most, count;
};

static bool visit(
    void *context, const struct ksql_state_bytes *key, const struct ksql_state_bytes *value)
{
    struct walk *walk = context;
    (void)value;
    strncat(walk->text, key->data, key->size);
    strncat(walk->text, " ", 2);
    return ++walk->count < walk->most;
}

static void assert_scan(
    struct ksql_state *state, const char *prefix, size_t most, const char *expected)
{
    struct walk walk = {.most = most};
    struct ksql_state_bytes start = bytes(prefix);
    ksql_state_scan(state, &start, NULL, visit, &walk);
    assert_string_equal(walk.text, expected);
}

static void test_memory(void **unused)
{
    (void)unused;
    struct ksql_state *state OF_CLEANUP(of_cleanup_ksql_state) = ksql_state_memory(1000);
    assert_has(state, "a", NULL);
    assert_scan(state, "", 9, "");
    put(state, "b", "1");
    put(state, "ab", "2");
    put(state, "a", "");
    put(state, "abc", "3");
    put(state, "b", "other");
    assert_has(state, "a", "");
    assert_has(state, "b", "other");
    assert_has(state, "ac", NULL);
    assert_scan(state, "", 9, "a ab abc b ");
    assert_scan(state, "ab", 9, "ab abc ");
    assert_scan(state, "", 2, "a ab ");
    assert_scan(state, "abcd", 9, "");
    delete_key(state, "ab");
    delete_key(state, "ab");
    assert_has(state, "ab", NULL);
    assert_scan(state, "", 9, "a abc b ");
}

/* Every entry counts with its key and value, and what is replaced or deleted no longer does. */
static void test_limit(void **unused)
{
    (void)unused;
    struct ksql_state *state OF_CLEANUP(of_cleanup_ksql_state) = ksql_state_memory(10);
    struct of_error error;
    struct ksql_state_bytes key = bytes("key"), more = bytes("12345678"), other = bytes("o");
    put(state, "key", "1234567");
    assert_int_equal(ksql_state_put(state, &key, &more, &error), OF_INPUT);
    assert_int_equal(ksql_state_put(state, &other, &other, &error), OF_INPUT);
    assert_has(state, "key", "1234567");
    put(state, "key", "12345");
    put(state, "o", "o");
    delete_key(state, "key");
    put(state, "p", "1234567");
}

static void test_random(void **unused)
{
    (void)unused;
    struct ksql_state *state OF_CLEANUP(of_cleanup_ksql_state) =
        ksql_state_memory(KSQL_STATE_MEMORY_MAX);
    int kept[KEYS] = {0};
    unsigned seed = 7;
    for (int round = 1; round < 5000; round++) {
        char key[16], value[16];
        seed = seed * 1103515245 + 12345;
        unsigned at = (seed >> 16) % KEYS;
        snprintf(key, sizeof(key), "%02u", at);
        snprintf(value, sizeof(value), "%d", round);
        if ((seed >> 8) % 3) {
            put(state, key, value);
            kept[at] = round;
        } else {
            delete_key(state, key);
            kept[at] = 0;
        }
    }
    char expected[4096] = "";
    for (int i = 0; i < KEYS; i++) {
        char key[16], value[16];
        snprintf(key, sizeof(key), "%02d", i);
        snprintf(value, sizeof(value), "%d", kept[i]);
        assert_has(state, key, kept[i] ? value : NULL);
        if (kept[i]) {
            size_t used = strlen(expected);
            snprintf(expected + used, sizeof(expected) - used, "%s ", key);
        }
    }
    assert_scan(state, "", KEYS + 1, expected);
}

/* ---- values ---- */

static const struct ksql_type string = {.kind = KSQL_STRING}, real = {.kind = KSQL_DOUBLE},
                              bigint = {.kind = KSQL_BIGINT}, decimal = {.kind = KSQL_DECIMAL};
static const struct ksql_type list = {.kind = KSQL_ARRAY, .element = &string};
static const struct ksql_type map = {.kind = KSQL_MAP, .key = &string, .element = &list};
static const struct ksql_field fields[] = {{"D", &decimal}, {"M", &map}, {"R", &real}};
static const struct ksql_type record = {
    .kind = KSQL_STRUCT, .fields = fields, .field_count = OF_COUNT(fields)};

static struct ksql_value text(const char *chars)
{
    return (struct ksql_value){.text = {chars, strlen(chars)}};
}

static void test_values(void **unused)
{
    (void)unused;
    struct ksql_arena arena OF_CLEANUP(ksql_arena_release) = {0};
    struct of_buffer written OF_CLEANUP(of_buffer_release);
    of_buffer_init(&written, 4096);
    struct ksql_value items[] = {text("a"), KSQL_VALUE_NULL, text("")};
    struct ksql_value entries[] = {text("k"), {.list = {items, 3}}, text("n"), KSQL_VALUE_NULL};
    struct ksql_value parts[] = {
        {.decimal = -(((__int128)1 << 100) + 7)}, {.list = {entries, 4}}, {.real = -0.0}};
    struct ksql_value value = {.fields = parts}, read;
    ksql_value_write(&record, &value, &written);
    struct of_text rest = {(const char *)written.data, written.length};
    assert_int_equal(ksql_value_read(&record, &rest, &arena, &read), 0);
    assert_int_equal(rest.length, 0);
    assert_true(ksql_value_equal(&record, &value, &read));
    struct ksql_value copy = ksql_value_copy(&record, &value, &arena);
    parts[2].real = 0.0;
    assert_false(ksql_value_equal(&record, &value, &copy));
    assert_true(ksql_value_equal(&record, &copy, &read));
    for (size_t cut = 0; cut < written.length; cut++) {
        rest = (struct of_text){(const char *)written.data, cut};
        assert_int_equal(ksql_value_read(&record, &rest, &arena, &read), OF_INPUT);
    }
}

static void test_compare(void **unused)
{
    (void)unused;
    /* as Java sorts them */
    static const double reals[] = {-INFINITY, -1, -0.0, 0.0, 1, INFINITY, NAN};
    static const char *const texts[] = {
        "", "a", "ab", "b", "\xc3\xa9", "\xf0\x9f\x98\x80", "\xee\x80\x80", "\xef\xbf\xbf"};
    for (size_t i = 0; i < OF_COUNT(reals); i++) {
        for (size_t j = 0; j < OF_COUNT(reals); j++) {
            struct ksql_value a = {.real = reals[i]}, b = {.real = reals[j]};
            int order = ksql_value_compare(&real, &a, &b);
            assert_int_equal((order > 0) - (order < 0), (i > j) - (i < j));
        }
    }
    for (size_t i = 0; i < OF_COUNT(texts); i++) {
        for (size_t j = 0; j < OF_COUNT(texts); j++) {
            struct ksql_value a = text(texts[i]), b = text(texts[j]);
            int order = ksql_value_compare(&string, &a, &b);
            assert_int_equal((order > 0) - (order < 0), (i > j) - (i < j));
        }
    }
    struct ksql_value less = {.number = INT64_MIN}, more = {.number = INT64_MAX};
    assert_true(ksql_value_compare(&bigint, &less, &more) < 0);
    struct ksql_value one[] = {text("k"), KSQL_VALUE_NULL, text("l"), KSQL_VALUE_NULL};
    struct ksql_value turned[] = {text("l"), KSQL_VALUE_NULL, text("k"), KSQL_VALUE_NULL};
    struct ksql_value a = {.list = {one, 4}}, b = {.list = {turned, 4}}, c = {.list = {one, 2}};
    assert_true(ksql_value_equal(&map, &a, &b));
    assert_false(ksql_value_equal(&map, &a, &c));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_memory),
        cmocka_unit_test(test_limit),
        cmocka_unit_test(test_random),
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_compare),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
