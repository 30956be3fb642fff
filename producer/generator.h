/* The retail model: orders out of seed, dates and volume.
 *
 * Pure: no clock, no I/O. One (seed, start, until, volume) gives one stream of orders, byte for
 * byte, on every machine. Orders are numbered from 1. First come the past orders, by date from
 * `start` until `until`; after their end, or whenever the caller likes, live orders take up the
 * numbering with dates that the caller gives. Skipping leaves exactly the state that generating
 * would have left, at a fraction of the cost, so a restart needs only the number of orders made.
 *
 * Single-threaded. An order is borrowed until the next call and must be neither changed in its
 * items' memory nor released. */
#ifndef OF_PRODUCER_GENERATOR_H
#define OF_PRODUCER_GENERATOR_H

#include "customers.h"
#include "order/status.h"
#include "timeline.h"

#define OF_GENERATOR_START INT64_C(1615712400000)       /* 2021-03-14T09:00:00Z */
#define OF_GENERATOR_SEED_MAX INT64_C(1000000000000000) /* doubles hold it, JSON readers too */
/* Order numbers end here; customers' numbers stay within 32 bits. */
#define OF_GENERATOR_ORDERS_MAX INT64_C(4000000000)

struct of_generator_settings {
    int64_t seed; /* 0..OF_GENERATOR_SEED_MAX */
    int64_t start, until;
    int64_t volume_millis; /* OF_VOLUME_MILLIS_MIN..MAX */
};

struct of_generator;
/* INPUT: a setting out of range, or start after until. */
int of_generator_new(const struct of_generator_settings *settings, struct of_generator **generator,
    struct of_error *error) OF_NODISCARD;
void of_generator_free(struct of_generator *generator);
OF_DEFINE_CLEANUP(of_cleanup_generator, struct of_generator *, of_generator_free)

/* How many of OF_FRAUD_WHOLE live orders come from addresses of the fraud list; past orders never
 * do. It changes nothing else of an order, and belongs to no stored state. */
#define OF_FRAUD_PARTS_DEFAULT (OF_FRAUD_WHOLE / 100)
void of_generator_set_fraud(struct of_generator *generator, int64_t parts);

/* The next past order as it stands at `until`, and its topic. NULL: the history has ended. */
const struct of_order *of_generator_past(
    struct of_generator *generator, enum of_order_topic *topic);

/* The next order as a live one: new, unpaid, dated `now` (but never before an earlier order).
 * After it no past order comes any more. NULL: OF_GENERATOR_ORDERS_MAX is reached. */
const struct of_order *of_generator_live(struct of_generator *generator, int64_t now);

/* Goes on until order `last` has been made (or the history ended), without making them. */
void of_generator_skip_past(struct of_generator *generator, int64_t last);
/* As if live orders up to `last` had been made, the last one dated `date`. */
void of_generator_skip_live(struct of_generator *generator, int64_t last, int64_t date);

/* Of the order made last; 0 and `start` before the first. */
int64_t of_generator_last_id(const struct of_generator *generator);
int64_t of_generator_last_date(const struct of_generator *generator);

#endif
