/* What each processor does to a live order (the design's "Processors").
 *
 * Each changes the order in place. The outcome depends on `seed` and the order alone, so an order
 * processed twice comes out the same. INPUT, order untouched: its state is not legal for the
 * stage (the message names the status), or a date that the stage counts from is missing or out of
 * range. Texts set here are static memory. Pure, thread-safe. */
#ifndef OF_ORDER_LIVE_H
#define OF_ORDER_LIVE_H

#include "order/retail.h"

/* From unpaid_orders or valid_orders. .77: paid and Processing, with method, payment date and eta.
 * Else Timed Out, finished 7 days after the order. */
int of_live_payment(struct of_order *order, uint64_t seed, struct of_error *error) OF_NODISCARD;

/* From paid_orders. .95: Shipped with shipped_date. Else Cancelled, finished 6-54 h after the
 * payment. */
int of_live_shipping(struct of_order *order, uint64_t seed, struct of_error *error) OF_NODISCARD;

/* From shipped_orders. Delivered .95, Cancelled .035, Returned .015; finished between 48 h before
 * and 36 h after the eta, never before it was shipped. Each gets its execution price. */
int of_live_delivery(struct of_order *order, uint64_t seed, struct of_error *error) OF_NODISCARD;

/* From the topic of a stage that takes live orders: Cancelled, because somebody asked for it at a
 * time (ms), and finished then; but not before what has happened already. From shipped_orders: with
 * its execution price, as it was carried out that far. */
int of_live_cancel(struct of_order *order, enum of_order_topic topic, uint64_t seed, int64_t at,
    struct of_error *error) OF_NODISCARD;

#endif
