/* What a query remembers between records: bytes by bytes. One state belongs to one run, and writes
 * are seen by the reads that follow. One that outlives its process is in store.h. */
#ifndef KSQLD_STATE_STATE_H
#define KSQLD_STATE_STATE_H

#include "base/buffer.h"

#include <stdbool.h>
#include <stddef.h>

#define KSQL_STATE_KEY_MAX (16u * 1024 * 1024)
#define KSQL_STATE_MEMORY_MAX ((size_t)1024 * 1024 * 1024) /* of a state in memory */
#define KSQL_UNDO_MAX ((size_t)256 * 1024 * 1024)          /* bytes that one record changes */

struct ksql_state;
struct ksql_undo;

/* Bytes inside the state, good until the next write. */
struct ksql_state_bytes {
    const void *data;
    size_t size;
};

/* Entries in the order of their keys' bytes; false ends the scan. Nothing may be written. */
typedef bool ksql_state_visit(
    void *context, const struct ksql_state_bytes *key, const struct ksql_state_bytes *value);

struct ksql_state_type {
    bool (*get)(struct ksql_state *state, const struct ksql_state_bytes *key,
        struct ksql_state_bytes *value);
    int (*put)(struct ksql_state *state, const struct ksql_state_bytes *key,
        const struct ksql_state_bytes *value, struct of_error *error);
    void (*delete)(struct ksql_state *state, const struct ksql_state_bytes *key);
    void (*scan)(struct ksql_state *state, const struct ksql_state_bytes *prefix,
        const struct ksql_state_bytes *from, ksql_state_visit *visit, void *context);
    int (*check)(struct ksql_state *state, struct of_error *error); /* NULL: nothing can fail */
    struct ksql_state *(*view)(struct ksql_state *state);
    void (*free)(struct ksql_state *state);
};

struct ksql_state {
    const struct ksql_state_type *type;
    struct ksql_undo *undo; /* or NULL */
};

/* ---- taking back what one record did ---- */

/* What stood under the keys before they were written. */
struct ksql_undo {
    struct of_buffer bytes;
    size_t *entries; /* where each begins */
    size_t count, capacity;
};

void ksql_undo_init(struct ksql_undo *undo);
void ksql_undo_release(struct ksql_undo *undo);
void ksql_undo_clear(struct ksql_undo *undo);
/* For put and delete: what is under the key is about to change. INPUT: too much has changed. */
int ksql_undo_note(struct ksql_undo *undo, struct ksql_state *state,
    const struct ksql_state_bytes *key, struct of_error *error) OF_NODISCARD;
/* All back as it was when the undo was cleared. */
void ksql_undo_apply(struct ksql_undo *undo, struct ksql_state *state);

/* ---- reading and writing ---- */

/* False: no such key, or it can't be read; then check tells. */
static inline bool ksql_state_get(
    struct ksql_state *state, const struct ksql_state_bytes *key, struct ksql_state_bytes *value)
{
    return state->type->get(state, key, value);
}

/* INPUT: a key or a state beyond its limit. */
static inline int ksql_state_put(struct ksql_state *state, const struct ksql_state_bytes *key,
    const struct ksql_state_bytes *value, struct of_error *error)
{
    if (state->undo && ksql_undo_note(state->undo, state, key, error))
        return OF_INPUT;
    return state->type->put(state, key, value, error);
}

/* INPUT: one record has changed too much. */
static inline int ksql_state_delete(
    struct ksql_state *state, const struct ksql_state_bytes *key, struct of_error *error)
{
    if (state->undo && ksql_undo_note(state->undo, state, key, error))
        return OF_INPUT;
    state->type->delete (state, key);
    return 0;
}

/* All entries whose keys begin with the prefix, from the key `from` on; NULL: from the first. */
static inline void ksql_state_scan(struct ksql_state *state, const struct ksql_state_bytes *prefix,
    const struct ksql_state_bytes *from, ksql_state_visit *visit, void *context)
{
    state->type->scan(state, prefix, from ? from : prefix, visit, context);
}

/* Whether all that was read could be read: 0 or FATAL. */
static inline int ksql_state_check(struct ksql_state *state, struct of_error *error)
{
    return state->type->check ? state->type->check(state, error) : 0;
}

/* What is committed, as it is now: a state of its own to get and scan, and to be freed, before the
 * state itself. One of memory commits nothing: its view is what is there, and whoever writes waits
 * until the view is freed. May be called while the run's thread works; the view belongs to the
 * thread that made it. */
static inline struct ksql_state *ksql_state_view(struct ksql_state *state)
{
    return state->type->view(state);
}

static inline void ksql_state_free(struct ksql_state *state)
{
    if (state)
        state->type->free(state);
}
OF_DEFINE_CLEANUP(of_cleanup_ksql_state, struct ksql_state *, ksql_state_free)

/* In memory: gone with the process. `limit` bounds the bytes of its keys and values. */
struct ksql_state *ksql_state_memory(size_t limit);
size_t ksql_state_memory_used(const struct ksql_state *state);

#endif
