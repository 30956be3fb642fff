/* Brings trouble (trouble.h) into the records of live orders, and tells of it in the manifest:
 *
 *   {"order_id":7,"trouble":"late","order_date":"2026-11-21T04:12:09Z"}
 *   {"order_id":8,"trouble":"duplicate"}
 *   {"order_id":9,"trouble":"out-of-order","behind":12}
 *   {"order_id":21,"trouble":"malformed","bytes":140}
 *   {"order_id":22,"trouble":"unknown-schema","schema_id":2147483647}
 *   {"order_id":30,"trouble":"negative","sku":41,"quantity":-3}
 *
 * An order that was to come out of order, but with no successor in its transaction, is sent as it
 * is, and not listed. */
#ifndef OF_PRODUCER_INJECT_H
#define OF_PRODUCER_INJECT_H

#include "telemetry/metrics.h"
#include "trouble.h"

#define OF_INJECT_HELD_MAX 16    /* orders that wait for successors */
#define OF_INJECT_DISTANCE_MAX 8 /* successors that one waits for at the most */

/* Sends one record. */
typedef int of_inject_send(
    void *context, struct of_text key, const struct of_buffer *value, struct of_error *error);

struct of_injector;
/* `shares` and `manifest`, a path, are borrowed; metrics may be NULL. FATAL: the manifest cannot be
 * opened. */
int of_injector_new(const struct of_trouble_shares *shares, const char *manifest,
    struct of_metrics *metrics, of_inject_send *send, void *context, struct of_injector **injector,
    struct of_error *error) OF_NODISCARD;
void of_injector_free(struct of_injector *injector);
OF_DEFINE_CLEANUP(of_cleanup_injector, struct of_injector *, of_injector_free)

/* Goes on behind what is committed; what was held back is forgotten. */
int of_injector_resume(struct of_injector *injector, uint64_t seed, int64_t last_order_id,
    struct of_error *error) OF_NODISCARD;

/* Draws the order's trouble. The order to encode, valid until the next call. */
const struct of_order *of_injector_order(
    struct of_injector *injector, const struct of_order *order);

/* That order's record: sends it once, twice, damaged, or later. `value` may be changed. */
int of_injector_record(struct of_injector *injector, struct of_text key, struct of_buffer *value,
    struct of_error *error) OF_NODISCARD;

/* Before each commit: sends what is held back, and writes the manifest. */
int of_injector_settle(struct of_injector *injector, struct of_error *error) OF_NODISCARD;

#endif
