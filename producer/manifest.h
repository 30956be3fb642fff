/* The file that says which orders were sent with which trouble: JSON, one object a line, in the
 * order of sending. Its lines are on disk before their transaction is committed, and lines of
 * orders that were not are dropped when it is gone on with: after that it holds exactly what is in
 * the topics. */
#ifndef OF_PRODUCER_MANIFEST_H
#define OF_PRODUCER_MANIFEST_H

#include "base/buffer.h"

#include <stdint.h>

#define OF_MANIFEST_PENDING_MAX (64u * 1024 * 1024) /* bytes of one transaction's lines */
#define OF_MANIFEST_LINE_MAX 512

struct of_manifest;
/* Creates the file where it is missing. FATAL: it cannot be opened. `path` is borrowed. */
int of_manifest_open(
    const char *path, struct of_manifest **manifest, struct of_error *error) OF_NODISCARD;
void of_manifest_free(struct of_manifest *manifest);
OF_DEFINE_CLEANUP(of_cleanup_manifest, struct of_manifest *, of_manifest_free)

/* Goes on behind the order that was committed last: later orders' lines are cut off, and what was
 * added but not written is forgotten. FATAL: the file cannot be read, or holds something else. */
int of_manifest_resume(
    struct of_manifest *manifest, int64_t last_order_id, struct of_error *error) OF_NODISCARD;

/* Where the next lines go: to be appended to, whole lines with {"order_id":N first. */
struct of_buffer *of_manifest_pending(struct of_manifest *manifest);

/* Brings them to disk. FATAL: the disk refuses. */
int of_manifest_write(struct of_manifest *manifest, struct of_error *error) OF_NODISCARD;

#endif
