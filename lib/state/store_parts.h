/* The inside of a store, shared by the files store*.c only. */
#ifndef KSQLD_STATE_STORE_PARTS_H
#define KSQLD_STATE_STORE_PARTS_H

#include "avro/binary.h"
#include "base/buffer.h"
#include "state/store.h"

#include <rocksdb/c.h>

/* The store's own entries begin with this byte; keys of the state must not. */
#define KSQL_STORE_OWN 0xff

struct ksql_store {
    struct ksql_state state; /* first: the state is the store */
    char *folder;
    uint64_t disk_max, disk_free;
    char id[KSQL_STORE_ID_SIZE + 1];
    rocksdb_options_t *options;
    rocksdb_readoptions_t *reading;
    rocksdb_writeoptions_t *writing, *syncing;
    rocksdb_t *db;
    struct ksql_state *fresh; /* keys read or written since the last commit; see store_state.c */
    struct of_buffer scratch;
    rocksdb_writebatch_t *prepared; /* or NULL */
    bool settled;                   /* it is known what belongs to the state */
    bool failed;                    /* reading did; nothing more is committed */
    struct of_error failure;
};

OF_DEFINE_CLEANUP(of_cleanup_rocksdb_batch, rocksdb_writebatch_t *, rocksdb_writebatch_destroy)
OF_DEFINE_CLEANUP(of_cleanup_rocksdb_iterator, rocksdb_iterator_t *, rocksdb_iter_destroy)
OF_DEFINE_CLEANUP(of_cleanup_rocksdb_text, char *, rocksdb_free)

/* Takes RocksDB's message: 0 when there is none, else FATAL. */
int ksql_store_fail(
    const struct ksql_store *store, char *message, const char *doing, struct of_error *error);

/* ---- store_state.c ---- */

extern const struct ksql_state_type ksql_store_type;
/* Entries of `fresh` begin with one of these. */
enum ksql_store_mark { KSQL_STORE_ABSENT, KSQL_STORE_READ, KSQL_STORE_DELETED, KSQL_STORE_WRITTEN };
void ksql_store_forget(struct ksql_store *store); /* what `fresh` holds */

#endif
