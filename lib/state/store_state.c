/* A store as the state of a run. What was read or written since the last commit is kept in memory,
 * in `fresh`: there a key has one byte before its value that says what it is, so that keys which
 * are not in RocksDB are not looked for twice. Views read RocksDB alone. */
#include "state/store_parts.h"

#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

struct view {
    struct ksql_state state;
    struct ksql_store *store;
    const rocksdb_snapshot_t *snapshot;
    rocksdb_readoptions_t *reading;
    char *value; /* of the last get */
    bool failed;
    struct of_error failure;
};

static struct ksql_store *store_of(struct ksql_state *state)
{
    return (struct ksql_store *)state;
}

void ksql_store_forget(struct ksql_store *store)
{
    ksql_state_free(store->fresh);
    store->fresh = ksql_state_memory(KSQL_STORE_UNCOMMITTED_MAX);
}

/* The first failure remains. */
static void note_failure(struct ksql_store *store, const struct of_error *error)
{
    if (!store->failed)
        store->failure = *error;
    store->failed = true;
}

static int check(struct ksql_state *state, struct of_error *error)
{
    const struct ksql_store *store = store_of(state);
    if (store->failed)
        *error = store->failure;
    return store->failed ? OF_FATAL : 0;
}

/* ---- single keys ---- */

static bool is_there(enum ksql_store_mark mark)
{
    return mark == KSQL_STORE_READ || mark == KSQL_STORE_WRITTEN;
}

/* Marked, and written to `fresh`. */
static int keep(struct ksql_store *store, enum ksql_store_mark mark,
    const struct ksql_state_bytes *key, const struct ksql_state_bytes *value,
    struct of_error *error)
{
    of_buffer_clear(&store->scratch);
    of_buffer_append_byte(&store->scratch, (uint8_t)mark);
    of_buffer_append(&store->scratch, value->data, value->size);
    if (of_buffer_check(&store->scratch, "an entry of the state", error))
        return OF_INPUT;
    const struct ksql_state_bytes marked = {store->scratch.data, store->scratch.length};
    return ksql_state_put(store->fresh, key, &marked, error);
}

/* Into `fresh`, be it only the mark that it is not there. */
static int fetch(
    struct ksql_store *store, const struct ksql_state_bytes *key, struct of_error *error)
{
    size_t size = 0;
    char *message = NULL;
    OF_CLEANUP(of_cleanup_rocksdb_text)
    char *found = rocksdb_get(store->db, store->reading, key->data, key->size, &size, &message);
    if (ksql_store_fail(store, message, "reading the state", error))
        return OF_FATAL;
    const struct ksql_state_bytes value = {found, found ? size : 0};
    return keep(store, found ? KSQL_STORE_READ : KSQL_STORE_ABSENT, key, &value, error);
}

static bool get(
    struct ksql_state *state, const struct ksql_state_bytes *key, struct ksql_state_bytes *value)
{
    struct ksql_store *store = store_of(state);
    struct ksql_state_bytes marked;
    struct of_error error;
    if (store->failed)
        return false;
    if (!ksql_state_get(store->fresh, key, &marked)) {
        if (fetch(store, key, &error)) {
            note_failure(store, &error);
            return false;
        }
        ksql_state_get(store->fresh, key, &marked);
    }
    const uint8_t *bytes = marked.data;
    if (!is_there((enum ksql_store_mark)bytes[0]))
        return false;
    *value = (struct ksql_state_bytes){bytes + 1, marked.size - 1};
    return true;
}

static int put(struct ksql_state *state, const struct ksql_state_bytes *key,
    const struct ksql_state_bytes *value, struct of_error *error)
{
    if (key->size && *(const uint8_t *)key->data == KSQL_STORE_OWN)
        return of_fail(error, OF_INPUT, "a key of the state begins with a byte that is taken");
    return keep(store_of(state), KSQL_STORE_WRITTEN, key, value, error);
}

static void delete (struct ksql_state *state, const struct ksql_state_bytes *key)
{
    const struct ksql_state_bytes none = {"", 0};
    struct of_error error;
    struct ksql_store *store = store_of(state);
    if (keep(store, KSQL_STORE_DELETED, key, &none, &error))
        note_failure(store, &error);
}

/* ---- scans ---- */

static bool has_prefix(const struct ksql_state_bytes *bytes, const struct ksql_state_bytes *prefix)
{
    return bytes->size >= prefix->size &&
           (!prefix->size || memcmp(bytes->data, prefix->data, prefix->size) == 0);
}

static int compare(const struct ksql_state_bytes *a, const struct ksql_state_bytes *b)
{
    size_t common = a->size < b->size ? a->size : b->size;
    int order = common ? memcmp(a->data, b->data, common) : 0;
    return order ? order : (a->size > b->size) - (a->size < b->size);
}

/* What RocksDB has next within the prefix; false: nothing more. */
static bool current(rocksdb_iterator_t *iterator, const struct ksql_state_bytes *prefix,
    struct ksql_state_bytes *key)
{
    if (!rocksdb_iter_valid(iterator))
        return false;
    key->data = rocksdb_iter_key(iterator, &key->size);
    bool own = key->size && *(const uint8_t *)key->data == KSQL_STORE_OWN;
    return !own && has_prefix(key, prefix);
}

struct merge {
    rocksdb_iterator_t *iterator;
    const struct ksql_state_bytes *prefix;
    ksql_state_visit *visit;
    void *context;
    bool stopped;
};

/* RocksDB's entries before this key; NULL: all that are left. */
static bool visit_until(struct merge *merge, const struct ksql_state_bytes *until)
{
    struct ksql_state_bytes key, value;
    while (!merge->stopped && current(merge->iterator, merge->prefix, &key)) {
        int order = until ? compare(&key, until) : -1;
        if (order > 0)
            break;
        value.data = rocksdb_iter_value(merge->iterator, &value.size);
        if (order < 0 && !merge->visit(merge->context, &key, &value))
            merge->stopped = true;
        rocksdb_iter_next(merge->iterator);
    }
    return !merge->stopped;
}

/* What is fresh hides what RocksDB has under the same key. */
static bool visit_fresh(
    void *context, const struct ksql_state_bytes *key, const struct ksql_state_bytes *marked)
{
    struct merge *merge = context;
    const uint8_t *bytes = marked->data;
    const struct ksql_state_bytes value = {bytes + 1, marked->size - 1};
    if (!visit_until(merge, key))
        return false;
    if (is_there((enum ksql_store_mark)bytes[0]) && !merge->visit(merge->context, key, &value))
        merge->stopped = true;
    return !merge->stopped;
}

static int iterator_check(
    const struct ksql_store *store, const rocksdb_iterator_t *iterator, struct of_error *error)
{
    char *message = NULL;
    rocksdb_iter_get_error(iterator, &message);
    return ksql_store_fail(store, message, "reading the state", error);
}

static void scan(struct ksql_state *state, const struct ksql_state_bytes *prefix,
    const struct ksql_state_bytes *from, ksql_state_visit *visit, void *context)
{
    struct ksql_store *store = store_of(state);
    struct of_error error;
    OF_CLEANUP(of_cleanup_rocksdb_iterator)
    rocksdb_iterator_t *iterator = rocksdb_create_iterator(store->db, store->reading);
    struct merge merge = {iterator, prefix, visit, context, false};
    rocksdb_iter_seek(iterator, from->data, from->size);
    ksql_state_scan(store->fresh, prefix, from, visit_fresh, &merge);
    visit_until(&merge, NULL);
    if (iterator_check(store, iterator, &error))
        note_failure(store, &error);
}

/* ---- views ---- */

static bool view_get(
    struct ksql_state *state, const struct ksql_state_bytes *key, struct ksql_state_bytes *value)
{
    struct view *view = (struct view *)state;
    char *message = NULL;
    rocksdb_free(view->value);
    view->value =
        rocksdb_get(view->store->db, view->reading, key->data, key->size, &value->size, &message);
    if (message)
        view->failed |= ksql_store_fail(view->store, message, "reading the state", &view->failure);
    value->data = view->value;
    return view->value;
}

static void view_scan(struct ksql_state *state, const struct ksql_state_bytes *prefix,
    const struct ksql_state_bytes *from, ksql_state_visit *visit, void *context)
{
    struct view *view = (struct view *)state;
    OF_CLEANUP(of_cleanup_rocksdb_iterator)
    rocksdb_iterator_t *iterator = rocksdb_create_iterator(view->store->db, view->reading);
    struct merge merge = {iterator, prefix, visit, context, false};
    rocksdb_iter_seek(iterator, from->data, from->size);
    visit_until(&merge, NULL);
    if (iterator_check(view->store, iterator, &view->failure))
        view->failed = true;
}

static int view_check(struct ksql_state *state, struct of_error *error)
{
    const struct view *view = (const struct view *)state;
    if (view->failed)
        *error = view->failure;
    return view->failed ? OF_FATAL : 0;
}

static void free_view(struct ksql_state *state)
{
    struct view *view = (struct view *)state;
    rocksdb_free(view->value);
    rocksdb_readoptions_destroy(view->reading);
    rocksdb_release_snapshot(view->store->db, view->snapshot);
    free(view);
}

/* Touches nothing of the store but RocksDB, which is thread-safe. */
static struct ksql_state *make_view(struct ksql_state *state)
{
    static const struct ksql_state_type type = {
        .get = view_get, .scan = view_scan, .check = view_check, .free = free_view};
    struct view *view = of_alloc(sizeof(*view));
    view->state.type = &type;
    view->store = store_of(state);
    view->snapshot = rocksdb_create_snapshot(view->store->db);
    view->reading = rocksdb_readoptions_create();
    rocksdb_readoptions_set_snapshot(view->reading, view->snapshot);
    return &view->state;
}

/* The store's own to close. */
static void keep_open(struct ksql_state *state)
{
    (void)state;
}

const struct ksql_state_type ksql_store_type = {.get = get,
    .put = put,
    .delete = delete,
    .scan = scan,
    .check = check,
    .view = make_view,
    .free = keep_open};
