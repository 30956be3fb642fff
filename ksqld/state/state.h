/* What a query remembers between records: bytes by bytes. One state belongs to one run.
 *
 * Writes are seen by the reads that follow. They are one batch until commit: a state that outlives
 * its process keeps all of a batch or nothing, and `commit` is called once the transaction that the
 * batch belongs to has been committed. */
#ifndef KSQLD_STATE_STATE_H
#define KSQLD_STATE_STATE_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>

#define KSQL_STATE_KEY_MAX (16u * 1024 * 1024)
#define KSQL_STATE_MEMORY_MAX ((size_t)1024 * 1024 * 1024) /* of a state in memory */

struct ksql_state;

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
        ksql_state_visit *visit, void *context);
    int (*commit)(struct ksql_state *state, struct of_error *error);
    struct ksql_state *(*view)(struct ksql_state *state);
    void (*free)(struct ksql_state *state);
};

struct ksql_state {
    const struct ksql_state_type *type;
};

/* False: no such key. */
static inline bool ksql_state_get(
    struct ksql_state *state, const struct ksql_state_bytes *key, struct ksql_state_bytes *value)
{
    return state->type->get(state, key, value);
}

/* INPUT: a key or a state beyond its limit. */
static inline int ksql_state_put(struct ksql_state *state, const struct ksql_state_bytes *key,
    const struct ksql_state_bytes *value, struct of_error *error)
{
    return state->type->put(state, key, value, error);
}

static inline void ksql_state_delete(struct ksql_state *state, const struct ksql_state_bytes *key)
{
    state->type->delete (state, key);
}

/* All entries whose keys begin with the prefix. */
static inline void ksql_state_scan(struct ksql_state *state, const struct ksql_state_bytes *prefix,
    ksql_state_visit *visit, void *context)
{
    state->type->scan(state, prefix, visit, context);
}

static inline int ksql_state_commit(struct ksql_state *state, struct of_error *error)
{
    return state->type->commit(state, error);
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

#endif
