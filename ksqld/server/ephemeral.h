/* A push query at work: it reads its topics from a start of its own, without a group, keeps its
 * state in memory, and gives its rows to whoever drives it. Nothing of it remains. One thread.
 *
 * Records of several topics are processed by their timestamps, as far as they are there. */
#ifndef KSQLD_SERVER_EPHEMERAL_H
#define KSQLD_SERVER_EPHEMERAL_H

#include "base/config.h"
#include "ksqld/engine.h"

#define KSQL_EPHEMERAL_QUEUE_MAX 1000u /* records of one partition that wait for other topics' */
#define KSQL_EPHEMERAL_STATE_MAX ((size_t)256 * 1024 * 1024) /* bytes that it remembers */
#define KSQL_EPHEMERAL_RETRY_MS 500 /* until a registry that is away is asked again */

struct ksql_ephemeral_spec {
    const struct of_config *config;
    const struct ksql_statement *statement; /* a PUSH */
    const struct ksql_property *properties; /* of the request */
    size_t property_count;
    struct ksql_run_callbacks callbacks;
    size_t state_max; /* 0: KSQL_EPHEMERAL_STATE_MAX */
};

struct ksql_ephemeral;
/* The spec is borrowed for the call, its config until free. Asks for the topics' partitions and,
 * for a query that ends, for where they end by now. RETRY: the broker does not answer. */
int ksql_ephemeral_new(const struct ksql_ephemeral_spec *spec, struct ksql_ephemeral **ephemeral,
    struct of_error *error) OF_NODISCARD;
void ksql_ephemeral_free(struct ksql_ephemeral *ephemeral);
OF_DEFINE_CLEANUP(of_cleanup_ksql_ephemeral, struct ksql_ephemeral *, ksql_ephemeral_free)

/* Waits up to `wait_ms` for a record and processes it; emits are the rows. Bad records are skipped,
 * counted and noted in the log. 0: it goes on; 1: it has come to its end. FATAL: it can't go on. */
int ksql_ephemeral_step(struct ksql_ephemeral *ephemeral, int wait_ms, ksql_emit *emit,
    void *emit_context, struct of_error *error) OF_NODISCARD;

/* For ksql_run_callbacks.trouble of a query that nobody keeps a log for: a line, for the first
 * expression that fails. The context is a bool, whether there was one. */
void ksql_ephemeral_note(void *told, const struct ksql_trouble *trouble);

#endif
