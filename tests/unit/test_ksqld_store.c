/* State on disk: what a transaction wrote is kept or dropped as a whole, by what is committed. */
#include "unit/support.h"

#include "state/store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct home {
    char folder[64];
    struct ksql_store_options options;
    struct ksql_store *store;
};

static struct ksql_state_bytes bytes(const char *text)
{
    return (struct ksql_state_bytes){text, strlen(text)};
}

static void open_store(struct home *home)
{
    struct of_error error;
    if (ksql_store_open(&home->options, &home->store, &error) < 0)
        fail_msg("%s", error.message);
}

/* As a kill does: nothing is said to the store, whose file is opened again. */
static void open_again(struct home *home)
{
    ksql_store_close(home->store);
    open_store(home);
}

static int set_up(void **state)
{
    struct home *home = of_alloc(sizeof(*home));
    snprintf(home->folder, sizeof(home->folder), "/tmp/ksqld-store-XXXXXX");
    assert_non_null(mkdtemp(home->folder));
    home->options = (struct ksql_store_options){
        .folder = home->folder, .maker = "CREATE TABLE", .disk_max = KSQL_STORE_DISK_MAX};
    open_store(home);
    *state = home;
    return 0;
}

static int tear_down(void **state)
{
    struct home *home = *state;
    struct of_error error;
    ksql_store_close(home->store);
    assert_int_equal(ksql_store_remove(home->folder, &error), 0);
    assert_int_not_equal(access(home->folder, F_OK), 0);
    assert_int_equal(ksql_store_remove(home->folder, &error), 0);
    free(home);
    return 0;
}

static void put(struct home *home, const char *key, const char *value)
{
    struct of_error error;
    struct ksql_state_bytes k = bytes(key), v = bytes(value);
    assert_int_equal(ksql_state_put(ksql_store_state(home->store), &k, &v, &error), 0);
}

static void delete_key(struct home *home, const char *key)
{
    struct of_error error;
    struct ksql_state_bytes k = bytes(key);
    assert_int_equal(ksql_state_delete(ksql_store_state(home->store), &k, &error), 0);
}

static void assert_in(struct ksql_state *state, const char *key, const char *value)
{
    struct ksql_state_bytes k = bytes(key), found;
    assert_int_equal(ksql_state_get(state, &k, &found), value != NULL);
    if (!value)
        return;
    assert_int_equal(found.size, strlen(value));
    assert_memory_equal(found.data, value, found.size);
}

static void assert_has(struct home *home, const char *key, const char *value)
{
    assert_in(ksql_store_state(home->store), key, value);
}

/* ---- offsets ---- */

static struct ksql_store_position at(int32_t partition, int64_t offset)
{
    return (struct ksql_store_position){.topic = "in", .partition = partition, .offset = offset};
}

/* As Kafka gives them back. */
static struct ksql_store_position committed(
    const struct home *home, int32_t partition, int64_t offset)
{
    struct ksql_store_position position = at(partition, offset);
    position.id = ksql_store_id(home->store);
    position.id_size = KSQL_STORE_ID_SIZE;
    return position;
}

static int prepare(struct home *home, int64_t offset, struct of_error *error)
{
    const struct ksql_store_position position = at(0, offset);
    return ksql_store_prepare(home->store, &position, 1, error);
}

/* -1: nothing is committed. */
static int settle(struct home *home, int64_t offset, struct of_error *error)
{
    const struct ksql_store_position position =
        offset < 0 ? at(0, offset) : committed(home, 0, offset);
    return ksql_store_settle(home->store, &position, 1, error);
}

static void must_settle(struct home *home, int64_t offset)
{
    struct of_error error;
    if (settle(home, offset, &error) < 0)
        fail_msg("%s", error.message);
}

static void transact(struct home *home, int64_t offset)
{
    struct of_error error;
    assert_int_equal(prepare(home, offset, &error), 0);
    assert_int_equal(ksql_store_commit(home->store, &error), 0);
}

static void assert_refused(struct home *home, int64_t offset, const char *reason)
{
    struct of_error error;
    assert_int_equal(settle(home, offset, &error), OF_FATAL);
    if (!strstr(error.message, reason))
        fail_msg("%s", error.message);
    assert_int_equal(prepare(home, offset + 1, &error), OF_FATAL);
}

static int check(struct home *home, int64_t offset, struct of_error *error)
{
    const struct ksql_store_position position =
        offset < 0 ? at(0, offset) : committed(home, 0, offset);
    return ksql_store_check(home->store, &position, 1, error);
}

/* ---- tests ---- */

static void test_reads_and_writes(void **state)
{
    struct home *home = *state;
    must_settle(home, -1);
    put(home, "a", "1");
    put(home, "b", "");
    assert_has(home, "a", "1");
    assert_has(home, "b", "");
    assert_has(home, "c", NULL);
    transact(home, 1);
    assert_has(home, "a", "1");
    put(home, "a", "2");
    delete_key(home, "b");
    assert_has(home, "a", "2");
    assert_has(home, "b", NULL);
    transact(home, 2);
    open_again(home);
    must_settle(home, 2);
    assert_has(home, "a", "2");
    assert_has(home, "b", NULL);
}

/* Who only reads learns whether the state is what is committed, and changes nothing. */
static void test_check(void **state)
{
    struct home *home = *state;
    struct of_error error;
    must_settle(home, -1);
    put(home, "a", "1");
    transact(home, 1);
    open_again(home);
    assert_int_equal(check(home, 1, &error), 0);
    assert_int_equal(ksql_store_check(home->store, NULL, 0, &error), 0);
    assert_int_equal(check(home, 2, &error), OF_FATAL);
    assert_non_null(strstr(error.message, "before the committed offset 2"));
    struct ksql_store_position foreign = at(0, 1);
    foreign.id = "0123456789abcdef";
    foreign.id_size = KSQL_STORE_ID_SIZE;
    assert_int_equal(ksql_store_check(home->store, &foreign, 1, &error), OF_FATAL);
    assert_non_null(strstr(error.message, "is not that of the state"));
    assert_int_equal(prepare(home, 2, &error), OF_FATAL); /* it has settled nothing */
    must_settle(home, 1);
    put(home, "a", "2");
    assert_int_equal(prepare(home, 2, &error), 0);
    open_again(home);
    for (int64_t offset = 1; offset <= 2; offset++) {
        assert_int_equal(check(home, offset, &error), OF_FATAL);
        assert_non_null(strstr(error.message, "whether the last transaction was committed"));
    }
    must_settle(home, 2);
    assert_has(home, "a", "2");
    assert_int_equal(check(home, 2, &error), 0);
}

static bool collect(
    void *context, const struct ksql_state_bytes *key, const struct ksql_state_bytes *value)
{
    char *text = context;
    strncat(text, key->data, key->size);
    strncat(text, "=", 2);
    strncat(text, value->data, value->size);
    strncat(text, " ", 2);
    return strlen(text) < 30;
}

static void assert_scan(
    struct ksql_state *state, const char *prefix, const char *from, const char *expected)
{
    char text[256] = "";
    struct ksql_state_bytes p = bytes(prefix), f = bytes(from ? from : "");
    ksql_state_scan(state, &p, from ? &f : NULL, collect, text);
    assert_string_equal(text, expected);
}

/* What is not committed yet lies over what is. */
static void test_scans(void **state)
{
    struct home *home = *state;
    struct ksql_state *all = ksql_store_state(home->store);
    must_settle(home, -1);
    put(home, "aa", "1");
    put(home, "ab", "1");
    put(home, "ac", "1");
    put(home, "b", "1");
    transact(home, 1);
    struct ksql_state *view = ksql_state_view(all);
    put(home, "ab", "2");
    delete_key(home, "ac");
    put(home, "ad", "2");
    put(home, "a", "2");
    assert_has(home, "aa", "1"); /* read, not written */
    assert_scan(all, "a", NULL, "a=2 aa=1 ab=2 ad=2 ");
    assert_scan(all, "a", "ab", "ab=2 ad=2 ");
    assert_scan(all, "", NULL, "a=2 aa=1 ab=2 ad=2 b=1 ");
    assert_scan(all, "c", NULL, "");
    assert_scan(view, "a", NULL, "aa=1 ab=1 ac=1 ");
    transact(home, 2);
    assert_scan(view, "", NULL, "aa=1 ab=1 ac=1 b=1 ");
    assert_in(view, "ac", "1");
    assert_in(view, "ad", NULL);
    ksql_state_free(view);
    view = ksql_state_view(all);
    assert_scan(view, "", NULL, "a=2 aa=1 ab=2 ad=2 b=1 ");
    ksql_state_free(view);
    for (int i = 0; i < 9; i++)
        put(home, (const char[]){'x', (char)('0' + i), '\0'}, "12");
    assert_scan(all, "x", NULL, "x0=12 x1=12 x2=12 x3=12 x4=12 ");
}

/* The crash comes between the commit in Kafka and that of the state, or before both. */
static void test_crash(void **state)
{
    struct home *home = *state;
    struct of_error error;
    must_settle(home, -1);
    put(home, "a", "1");
    assert_int_equal(prepare(home, 1, &error), 0);
    open_again(home);
    must_settle(home, -1); /* it was not committed */
    assert_has(home, "a", NULL);
    put(home, "a", "2");
    assert_int_equal(prepare(home, 3, &error), 0);
    open_again(home);
    must_settle(home, 3); /* it was */
    assert_has(home, "a", "2");
    open_again(home);
    must_settle(home, 3);
    delete_key(home, "a");
    assert_int_equal(prepare(home, 4, &error), 0);
    open_again(home);
    assert_refused(home, 5, "has read up to 3, which is before the committed offset 5");
    open_again(home);
    must_settle(home, 4); /* it is still known */
    assert_has(home, "a", NULL);
}

/* The commit in Kafka failed, or nobody knows. */
static void test_abort(void **state)
{
    struct home *home = *state;
    struct of_error error;
    must_settle(home, -1);
    put(home, "a", "1");
    transact(home, 1);
    put(home, "a", "2");
    assert_int_equal(prepare(home, 2, &error), 0);
    ksql_store_abort(home->store);
    assert_has(home, "a", "1");
    assert_int_equal(prepare(home, 2, &error), OF_FATAL); /* first it must be known */
    must_settle(home, 2);
    assert_has(home, "a", "2");
    put(home, "a", "3");
    ksql_store_abort(home->store);
    must_settle(home, 2);
    assert_has(home, "a", "2");
    put(home, "a", "4");
    assert_int_equal(prepare(home, 3, &error), 0);
    ksql_store_abort(home->store);
    must_settle(home, 2);
    assert_has(home, "a", "2");
    assert_int_equal(ksql_store_commit(home->store, &error), OF_FATAL); /* nothing is prepared */
}

static void test_misfits(void **state)
{
    struct home *home = *state;
    struct of_error error;
    assert_refused(home, 7, "the query has read up to 7, but its state is not in");
    must_settle(home, -1);
    put(home, "a", "1");
    transact(home, 5);
    assert_refused(home, 4, "has read up to 5, which is beyond the committed offset 4");
    assert_refused(home, 6, "has read up to 5, which is before the committed offset 6");
    assert_refused(home, -1, "no offset is committed, but the state in");
    struct ksql_store_position other = at(0, 5);
    other.id = "0123456789abcdef";
    other.id_size = KSQL_STORE_ID_SIZE;
    assert_int_equal(ksql_store_settle(home->store, &other, 1, &error), OF_FATAL);
    assert_non_null(strstr(error.message, "is not that of the state"));
    must_settle(home, 5);
}

static void test_partitions(void **state)
{
    struct home *home = *state;
    struct of_error error;
    const struct ksql_store_position none[] = {at(0, -1), at(1, -1)};
    assert_int_equal(ksql_store_settle(home->store, none, 2, &error), 0);
    const struct ksql_store_position first[] = {at(1, 4)};
    put(home, "a", "1");
    assert_int_equal(ksql_store_prepare(home->store, first, 1, &error), 0);
    assert_int_equal(ksql_store_commit(home->store, &error), 0);
    const struct ksql_store_position both[] = {at(0, 2), at(1, 5)};
    put(home, "a", "2");
    assert_int_equal(ksql_store_prepare(home->store, both, 2, &error), 0);
    open_again(home);
    /* One that was prepared is not given: its offset is not known. */
    const struct ksql_store_position part[] = {committed(home, 1, 5)};
    assert_int_equal(ksql_store_settle(home->store, part, 1, &error), OF_FATAL);
    assert_non_null(strstr(error.message, "in[0]"));
    const struct ksql_store_position torn[] = {at(0, -1), committed(home, 1, 5)};
    assert_int_equal(ksql_store_settle(home->store, torn, 2, &error), OF_FATAL);
    const struct ksql_store_position done[] = {
        committed(home, 0, 2), committed(home, 1, 5), at(2, -1)};
    assert_int_equal(ksql_store_settle(home->store, done, 3, &error), 0);
    assert_has(home, "a", "2");
}

static void test_maker(void **state)
{
    struct home *home = *state;
    struct of_error error;
    struct ksql_store *other = NULL;
    assert_int_equal(ksql_store_open(&home->options, &other, &error), OF_FATAL); /* it is open */
    ksql_store_close(home->store);
    home->store = NULL;
    home->options.maker = "CREATE TABLE X";
    assert_int_equal(ksql_store_open(&home->options, &other, &error), OF_FATAL);
    assert_non_null(strstr(error.message, "of another query"));
    home->options.folder = "/proc/nowhere/x";
    assert_int_equal(ksql_store_open(&home->options, &other, &error), OF_FATAL);
    home->options = (struct ksql_store_options){
        .folder = home->folder, .maker = "CREATE TABLE", .disk_max = KSQL_STORE_DISK_MAX};
    open_store(home);
}

static void test_folders(void **state)
{
    struct home *home = *state;
    struct of_error error;
    OF_FREE char *below = of_asprintf("%s/a/b", home->folder);
    OF_FREE char *above = of_asprintf("%s/a", home->folder);
    struct home inner = {.options = home->options};
    inner.options.folder = below;
    open_store(&inner);
    ksql_store_close(inner.store);
    assert_int_equal(ksql_store_remove(above, &error), OF_FATAL); /* it holds a folder */
    assert_int_equal(ksql_store_remove(below, &error), 0);
    assert_int_equal(rmdir(above), 0);
}

/* ---- limits ---- */

static void test_disk(void **state)
{
    struct home *home = *state;
    struct of_error error;
    OF_FREE char *large = of_alloc(KSQL_STORE_BATCH_BYTES);
    memset(large, 'x', KSQL_STORE_BATCH_BYTES - 1);
    home->options.disk_max = 2 * KSQL_STORE_BATCH_BYTES;
    open_again(home);
    must_settle(home, -1);
    put(home, "a", "1");
    transact(home, 1);
    put(home, "b", large);
    put(home, "c", large);
    assert_true(ksql_store_uncommitted(home->store) > KSQL_STORE_BATCH_BYTES);
    assert_int_equal(prepare(home, 2, &error), OF_FATAL);
    assert_non_null(strstr(error.message, "ksqld.state.max.bytes"));
    ksql_store_abort(home->store);
    must_settle(home, 1);
    put(home, "b", "2");
    transact(home, 2);
    home->options.disk_max = KSQL_STORE_DISK_MAX;
    home->options.disk_free = UINT64_MAX / 2;
    open_again(home);
    must_settle(home, 2);
    put(home, "b", "3");
    assert_int_equal(prepare(home, 3, &error), OF_FATAL);
    assert_non_null(strstr(error.message, "ksqld.state.min.free.bytes"));
    home->options.disk_free = 0;
    open_again(home);
    must_settle(home, 2);
    assert_has(home, "b", "2");
}

static void test_limits(void **state)
{
    struct home *home = *state;
    struct of_error error;
    must_settle(home, -1);
    struct ksql_store_position *many = of_alloc((KSQL_STORE_POSITIONS_MAX + 1) * sizeof(*many));
    for (size_t i = 0; i <= KSQL_STORE_POSITIONS_MAX; i++)
        many[i] = at((int32_t)i, 1);
    assert_int_equal(
        ksql_store_prepare(home->store, many, KSQL_STORE_POSITIONS_MAX + 1, &error), OF_FATAL);
    assert_int_equal(ksql_store_prepare(home->store, many, KSQL_STORE_POSITIONS_MAX, &error), 0);
    assert_int_equal(ksql_store_commit(home->store, &error), 0);
    free(many);
    /* The store's own entries are out of reach. */
    const struct ksql_state_bytes own = {"\xffi", 2}, value = bytes("x");
    assert_int_equal(ksql_state_put(ksql_store_state(home->store), &own, &value, &error), OF_INPUT);
    const struct ksql_state_bytes key = {of_alloc(KSQL_STATE_KEY_MAX + 1), KSQL_STATE_KEY_MAX + 1};
    assert_int_equal(ksql_state_put(ksql_store_state(home->store), &key, &value, &error), OF_INPUT);
    free((void *)key.data);
}

/* A record that fails halfway leaves nothing behind. */
static void test_undo(void **state)
{
    struct home *home = *state;
    struct ksql_state *all = ksql_store_state(home->store);
    struct ksql_undo undo OF_CLEANUP(ksql_undo_release);
    ksql_undo_init(&undo);
    must_settle(home, -1);
    put(home, "a", "1");
    put(home, "b", "1");
    transact(home, 1);
    all->undo = &undo;
    put(home, "a", "2");
    ksql_undo_clear(&undo);
    put(home, "a", "3");
    put(home, "a", "4");
    delete_key(home, "b");
    put(home, "c", "1");
    delete_key(home, "a");
    ksql_undo_apply(&undo, all);
    all->undo = NULL;
    assert_scan(all, "", NULL, "a=2 b=1 ");
    transact(home, 2);
    assert_scan(all, "", NULL, "a=2 b=1 ");
}

int main(void)
{
#define STORE_TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        STORE_TEST(test_reads_and_writes),
        STORE_TEST(test_check),
        STORE_TEST(test_scans),
        STORE_TEST(test_crash),
        STORE_TEST(test_abort),
        STORE_TEST(test_misfits),
        STORE_TEST(test_partitions),
        STORE_TEST(test_maker),
        STORE_TEST(test_folders),
        STORE_TEST(test_disk),
        STORE_TEST(test_limits),
        STORE_TEST(test_undo),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
