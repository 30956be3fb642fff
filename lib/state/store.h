/* A state on disk, in RocksDB, that goes on exactly where the query's committed offsets stand.
 *
 * What is written since the last commit lies in memory. A transaction's writes and the offsets that
 * it commits come together in two steps around the commit in Kafka:
 *
 *     prepare    writes and offsets are put on disk as one entry beside the state, synced
 *     (Kafka)    outputs and offsets are committed, or they are not
 *     commit     the entry becomes the state, in one batch; or abort: it waits for settle
 *     settle     after a start, and whenever a transaction's outcome was unknown: by the offsets
 *                that Kafka says are committed, the prepared entry is carried out, or thrown away
 *
 * So after a crash at any moment, of the process or of the machine, the state is what belongs to
 * the committed offsets, to the byte, whatever order the records were read in, and without reading
 * any record twice. Where the two do not fit (the folder is gone or another one, offsets were set
 * by hand) settle says so and nothing goes on.
 *
 * One thread, but for views (ksql_state_view), which show what is committed. */
#ifndef KSQLD_STATE_STORE_H
#define KSQLD_STATE_STORE_H

#include "state/state.h"

#include <stdint.h>

/* A transaction whose writes pass this should end. */
#define KSQL_STORE_BATCH_BYTES ((size_t)4 * 1024 * 1024)
/* What one transaction may write, and what it has read, in memory. */
#define KSQL_STORE_UNCOMMITTED_MAX ((size_t)256 * 1024 * 1024)
#define KSQL_STORE_DISK_MAX ((uint64_t)10 * 1024 * 1024 * 1024) /* of one query; the default */
#define KSQL_STORE_DISK_FREE ((uint64_t)512 * 1024 * 1024)      /* left free; the default */
#define KSQL_STORE_POSITIONS_MAX 8192u                          /* partitions */
#define KSQL_STORE_ID_SIZE 16                                   /* characters of a state's id */

struct ksql_store;

struct ksql_store_options {
    const char *folder; /* made when missing */
    const char *maker;  /* of the state: the query's statement. A state of another is refused */
    uint64_t disk_max;  /* bytes that the state may take */
    uint64_t disk_free; /* bytes that must stay free on its disk */
};

/* FATAL: the folder cannot be used, be it because another process has it open. */
int ksql_store_open(const struct ksql_store_options *options, struct ksql_store **store,
    struct of_error *error) OF_NODISCARD;
void ksql_store_close(struct ksql_store *store);
OF_DEFINE_CLEANUP(of_cleanup_ksql_store, struct ksql_store *, ksql_store_close)

/* Borrowed from the store; freeing it does nothing. */
struct ksql_state *ksql_store_state(struct ksql_store *store);
/* Made with the state, and its alone: KSQL_STORE_ID_SIZE characters. Stands with the committed
 * offsets, so that they are known as this state's. */
const char *ksql_store_id(const struct ksql_store *store);
/* Bytes in memory of what is not committed yet, and of what was read meanwhile. */
size_t ksql_store_uncommitted(const struct ksql_store *store);

struct ksql_store_position {
    const char *topic;
    int32_t partition;
    int64_t offset; /* to be read next; -1: none is committed */
    const char *id; /* settle: what stands with the offset; NULL or of any text */
    size_t id_size;
};

/* The transaction at hand will commit these offsets. FATAL: the disk, or the state's limits. */
int ksql_store_prepare(struct ksql_store *store, const struct ksql_store_position *positions,
    size_t count, struct of_error *error) OF_NODISCARD;
/* It has been committed. FATAL: the disk; settle makes up for it at the next start. */
int ksql_store_commit(struct ksql_store *store, struct of_error *error) OF_NODISCARD;
/* Forgets what was written since the last commit; what was prepared remains for settle. */
void ksql_store_abort(struct ksql_store *store);
/* Brings the state to the committed offsets of these partitions, which are all that the query
 * reads. FATAL: there is no way to get there. */
int ksql_store_settle(struct ksql_store *store, const struct ksql_store_position *positions,
    size_t count, struct of_error *error) OF_NODISCARD;

/* Changes nothing: whether nothing waits for settle, and the state has read each of these
 * partitions up to its committed offset. FATAL: it isn't so. */
int ksql_store_check(struct ksql_store *store, const struct ksql_store_position *positions,
    size_t count, struct of_error *error) OF_NODISCARD;

/* Removes a folder that is not open; none is fine. */
int ksql_store_remove(const char *folder, struct of_error *error) OF_NODISCARD;

#endif
