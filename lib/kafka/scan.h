/* Reading topics, or parts of them, from here to there: for tools that look at what stands on a
 * broker. Joins no group, commits nothing, and hands out committed records only.
 *
 * Offsets cannot be subtracted to count records: transactions' markers take some, aborted records
 * others. One thread. */
#ifndef OF_KAFKA_SCAN_H
#define OF_KAFKA_SCAN_H

#include "kafka/client.h"

#include <stdbool.h>
#include <stdint.h>

#define OF_SCAN_RANGES_MAX 65536 /* partitions of one reading */
#define OF_SCAN_SILENCE_MS 70000 /* an open transaction may hold readers up for its 60 s */
#define OF_SCAN_ANSWER_MS 10000  /* one question to a broker */

struct of_scan;
/* Opens the clients; nothing is asked yet. `config` is borrowed until free. */
int of_scan_new(
    const struct of_config *config, struct of_scan **scan, struct of_error *error) OF_NODISCARD;
void of_scan_free(struct of_scan *scan);
OF_DEFINE_CLEANUP(of_cleanup_scan, struct of_scan *, of_scan_free)

/* Part of a partition: start <= offset < end. */
struct of_scan_range {
    size_t topic; /* the caller's number for it */
    int32_t partition;
    int64_t start, end;
};

struct of_scan_ranges {
    struct of_scan_range *items;
    size_t count, capacity;
};
void of_scan_ranges_release(struct of_scan_ranges *ranges); /* also for OF_CLEANUP */

/* Which end a range gets. */
enum of_scan_end {
    /* What readers of committed records may see now. */
    OF_SCAN_COMMITTED,
    /* All that has been written, be its transaction open, or committed and its markers still under
     * way. Reading up to there waits until each such transaction has come to its end, and so sees
     * whatever was committed before the question. */
    OF_SCAN_WRITTEN,
};

/* Appends the whole of each partition of a topic (full name), from its first offset to its end as
 * it is now. `exists` is false, and nothing appended, if there is no such topic. RETRY: no
 * answer. */
int of_scan_topic(struct of_scan *scan, const char *name, size_t topic, enum of_scan_end end,
    struct of_scan_ranges *ranges, bool *exists, struct of_error *error) OF_NODISCARD;

/* One record, borrowed for the call. A negative answer ends the reading and is handed on. */
typedef int of_scan_visit(void *context, const struct of_scan_range *range,
    const rd_kafka_message_t *message, struct of_error *error);

/* Every committed record within the ranges; those of one partition in order. `names` are the full
 * names by the ranges' topic numbers. RETRY: the broker has been silent for OF_SCAN_SILENCE_MS. */
int of_scan_read(struct of_scan *scan, const char *const *names, const struct of_scan_range *ranges,
    size_t range_count, of_scan_visit *visit, void *context, struct of_error *error) OF_NODISCARD;

#endif
