/* State in memory: a treap, whose shape comes from a hash of the keys, so that the same entries
 * always make the same tree. Nothing of it outlives the process. */
#include "state/state.h"

#include "base/memory.h"

#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

struct entry {
    struct entry *left, *right;
    uint64_t priority;
    size_t key_size, value_size;
    uint8_t *value;
    uint8_t key[];
};

struct memory {
    struct ksql_state state;
    struct entry *root;
    size_t used, limit;
    pthread_rwlock_t lock; /* views read, the run writes */
};

struct view {
    struct ksql_state state;
    struct memory *memory;
};

static struct memory *memory_of(struct ksql_state *state)
{
    return (struct memory *)state;
}

/* FNV-1a, stirred: neighbours must not get neighbouring priorities. */
static uint64_t hash(const struct ksql_state_bytes *key)
{
    uint64_t value = 14695981039346656037u;
    for (size_t i = 0; i < key->size; i++)
        value = (value ^ ((const uint8_t *)key->data)[i]) * 1099511628211u;
    value ^= value >> 33;
    value *= 0xff51afd7ed558ccdu;
    return value ^ (value >> 33);
}

static int compare(const struct ksql_state_bytes *key, const struct entry *entry)
{
    size_t common = key->size < entry->key_size ? key->size : entry->key_size;
    int order = common ? memcmp(key->data, entry->key, common) : 0;
    if (order)
        return order;
    return key->size < entry->key_size ? -1 : key->size > entry->key_size;
}

static struct entry *find(struct memory *memory, const struct ksql_state_bytes *key)
{
    struct entry *entry = memory->root;
    while (entry) {
        int order = compare(key, entry);
        if (!order)
            break;
        entry = order < 0 ? entry->left : entry->right;
    }
    return entry;
}

static bool get(
    struct ksql_state *state, const struct ksql_state_bytes *key, struct ksql_state_bytes *value)
{
    const struct entry *entry = find(memory_of(state), key);
    if (entry)
        *value = (struct ksql_state_bytes){entry->value, entry->value_size};
    return entry;
}

/* ---- writing ---- */

/* Those before the key to the left, the others to the right. */
static void split(struct entry *tree, const struct ksql_state_bytes *key, struct entry **left,
    struct entry **right)
{
    while (tree) {
        if (compare(key, tree) > 0) {
            *left = tree;
            left = &tree->right;
            tree = tree->right;
        } else {
            *right = tree;
            right = &tree->left;
            tree = tree->left;
        }
    }
    *left = *right = NULL;
}

static void set_value(struct entry *entry, const struct ksql_state_bytes *value)
{
    entry->value = of_realloc_array(entry->value, value->size + 1, 1);
    if (value->size)
        memcpy(entry->value, value->data, value->size);
    entry->value_size = value->size;
}

static void insert(
    struct memory *memory, const struct ksql_state_bytes *key, const struct ksql_state_bytes *value)
{
    struct entry *made = of_alloc(sizeof(*made) + key->size);
    made->priority = hash(key);
    made->key_size = key->size;
    if (key->size)
        memcpy(made->key, key->data, key->size);
    set_value(made, value);
    struct entry **place = &memory->root;
    while (*place && (*place)->priority > made->priority)
        place = compare(key, *place) < 0 ? &(*place)->left : &(*place)->right;
    split(*place, key, &made->left, &made->right);
    *place = made;
}

static int put(struct ksql_state *state, const struct ksql_state_bytes *key,
    const struct ksql_state_bytes *value, struct of_error *error)
{
    struct memory *memory = memory_of(state);
    struct entry *entry = find(memory, key);
    size_t before = entry ? entry->key_size + entry->value_size : 0;
    if (key->size > KSQL_STATE_KEY_MAX)
        return of_fail(error, OF_INPUT, "a key of %zu bytes", key->size);
    if (key->size + value->size > memory->limit - (memory->used - before)) {
        of_fail(error, OF_INPUT, "the state takes more than %zu bytes", memory->limit);
        return of_error_kind(error, "state");
    }
    pthread_rwlock_wrlock(&memory->lock);
    if (entry)
        set_value(entry, value);
    else
        insert(memory, key, value);
    memory->used += key->size + value->size - before;
    pthread_rwlock_unlock(&memory->lock);
    return 0;
}

static void free_entry(struct entry *entry)
{
    free(entry->value);
    free(entry);
}

static void take_out(struct memory *memory, const struct ksql_state_bytes *key)
{
    struct entry **place = &memory->root;
    while (*place) {
        int order = compare(key, *place);
        if (!order)
            break;
        place = order < 0 ? &(*place)->left : &(*place)->right;
    }
    struct entry *gone = *place;
    if (!gone)
        return;
    struct entry *left = gone->left, *right = gone->right;
    while (left && right) {
        if (left->priority > right->priority) {
            *place = left;
            place = &left->right;
            left = left->right;
        } else {
            *place = right;
            place = &right->left;
            right = right->left;
        }
    }
    *place = left ? left : right;
    memory->used -= gone->key_size + gone->value_size;
    free_entry(gone);
}

static void delete (struct ksql_state *state, const struct ksql_state_bytes *key)
{
    struct memory *memory = memory_of(state);
    pthread_rwlock_wrlock(&memory->lock);
    take_out(memory, key);
    pthread_rwlock_unlock(&memory->lock);
}

/* ---- the rest ---- */

static bool has_prefix(const struct entry *entry, const struct ksql_state_bytes *prefix)
{
    return entry->key_size >= prefix->size &&
           (!prefix->size || memcmp(entry->key, prefix->data, prefix->size) == 0);
}

/* The depth of a treap is logarithmic with all but certainty. */
static bool visit_all(const struct entry *entry, const struct ksql_state_bytes *prefix,
    const struct ksql_state_bytes *from, ksql_state_visit *visit, void *context)
{
    while (entry) {
        bool before = compare(from, entry) > 0, inside = !before && has_prefix(entry, prefix);
        if (!before && !visit_all(entry->left, prefix, from, visit, context))
            return false;
        const struct ksql_state_bytes key = {entry->key, entry->key_size};
        const struct ksql_state_bytes value = {entry->value, entry->value_size};
        if (inside && !visit(context, &key, &value))
            return false;
        if (!before && !inside)
            return true; /* behind the prefix */
        entry = entry->right;
    }
    return true;
}

static void scan(struct ksql_state *state, const struct ksql_state_bytes *prefix,
    const struct ksql_state_bytes *from, ksql_state_visit *visit, void *context)
{
    visit_all(memory_of(state)->root, prefix, from, visit, context);
}

/* Turned to a list on the way, so that no depth matters. */
static void free_all(struct ksql_state *state)
{
    struct memory *memory = memory_of(state);
    struct entry *entry = memory->root;
    while (entry) {
        struct entry *left = entry->left;
        if (left) {
            entry->left = left->right;
            left->right = entry;
            entry = left;
            continue;
        }
        struct entry *right = entry->right;
        free_entry(entry);
        entry = right;
    }
    pthread_rwlock_destroy(&memory->lock);
    free(memory);
}

/* ---- views ---- */

static bool view_get(
    struct ksql_state *state, const struct ksql_state_bytes *key, struct ksql_state_bytes *value)
{
    return get(&((struct view *)state)->memory->state, key, value);
}

static void view_scan(struct ksql_state *state, const struct ksql_state_bytes *prefix,
    const struct ksql_state_bytes *from, ksql_state_visit *visit, void *context)
{
    scan(&((struct view *)state)->memory->state, prefix, from, visit, context);
}

static void free_view(struct ksql_state *state)
{
    pthread_rwlock_unlock(&((struct view *)state)->memory->lock);
    free(state);
}

static struct ksql_state *make_view(struct ksql_state *state)
{
    static const struct ksql_state_type type = {
        .get = view_get, .scan = view_scan, .free = free_view};
    struct view *view = of_alloc(sizeof(*view));
    view->state.type = &type;
    view->memory = memory_of(state);
    pthread_rwlock_rdlock(&view->memory->lock);
    return &view->state;
}

struct ksql_state *ksql_state_memory(size_t limit)
{
    static const struct ksql_state_type type = {.get = get,
        .put = put,
        .delete = delete,
        .scan = scan,
        .view = make_view,
        .free = free_all};
    struct memory *memory = of_alloc(sizeof(*memory));
    memory->state.type = &type;
    pthread_rwlock_init(&memory->lock, NULL);
    memory->limit = limit;
    return &memory->state;
}

size_t ksql_state_memory_used(const struct ksql_state *state)
{
    return ((const struct memory *)state)->used;
}
