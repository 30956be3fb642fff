/* Records that clients of the REST API insert: one idempotent producer, each record acknowledged by
 * the brokers before its client hears of it. Thread-safe. */
#ifndef KSQLD_SERVER_OUTBOUND_H
#define KSQLD_SERVER_OUTBOUND_H

#include "base/config.h"
#include "ksqld/engine.h"

#include <stdatomic.h>

#define KSQL_OUTBOUND_WAIT_MS 5000 /* for the acknowledgement of one record, as ksqlDB waits */

struct ksql_outbound;
/* The producer is made when the first record comes. `config` is borrowed until free. */
struct ksql_outbound *ksql_outbound_new(const struct of_config *config);
void ksql_outbound_free(struct ksql_outbound *outbound); /* nobody waits any more */

/* What becomes of one record; stays where it is until it is done. */
struct ksql_ack {
    atomic_bool done;
    int code; /* rd_kafka_resp_err_t, once done */
};

/* Hands one record on; its bytes are copied. A negative timestamp: now. RETRY: the queue is full
 * and does not empty. INPUT: too large. On failure the ack is not used any more. */
int ksql_outbound_send(struct ksql_outbound *outbound, const char *topic,
    const struct ksql_record_out *record, struct ksql_ack *ack,
    struct of_error *error) OF_NODISCARD;
/* Waits until it is done, which KSQL_OUTBOUND_WAIT_MS bound. RETRY: it was not acknowledged (and
 * may have been written all the same). INPUT: the broker refused it for good. */
int ksql_outbound_wait(
    struct ksql_outbound *outbound, struct ksql_ack *ack, struct of_error *error) OF_NODISCARD;

#endif
