/* The partner's HTTP server, to which documents are sent besides the files. One POST an order, with
 * an Idempotency-Key that depends on the order alone: an order that is sent again, after a crash or
 * an answer that was lost, is known by it. */
#ifndef EXPORT_PARTNER_H
#define EXPORT_PARTNER_H

#include "base/config.h"
#include "net/http.h"

#define PARTNER_ANSWER_MAX (64u * 1024)

struct partner {
    struct of_http *http; /* NULL: there is no partner to send to */
    struct of_buffer answer;
    char *prefix; /* of the key: topics of another prefix are other orders */
};

/* By the properties export.partner.*. Without export.partner.url nothing is ever sent. No try of an
 * order begins later than six tenths of transaction.timeout.ms after its first, so that its
 * transaction lives, if a try takes less than the rest. */
int partner_open(
    struct partner *partner, const struct of_config *config, struct of_error *error) OF_NODISCARD;
void partner_release(struct partner *partner); /* also for OF_CLEANUP */

/* INPUT, of kind "partner": it refused the order, or did not take it at the last try. FATAL: its
 * certificate is not to be trusted. RETRY: the process is asked to leave. */
int partner_send(struct partner *partner, int64_t order_id, const struct of_buffer *document,
    struct of_error *error) OF_NODISCARD;

#endif
