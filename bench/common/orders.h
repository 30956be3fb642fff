/* Lifelike orders for the benchmarks: the size, shape and values of the generator's, drawn far
 * faster than any client sends, so that a peer's figure is the client's and not the drawing's.
 * One (seed, id) gives one order, the same for every side of a pair. */
#ifndef BENCH_ORDERS_H
#define BENCH_ORDERS_H

#include "order/live.h"

#define BENCH_ORDER_TEXT_MAX 512

/* An order with the memory that its texts borrow. Its address must not change. */
struct bench_order {
    struct of_order order;
    char texts[BENCH_ORDER_TEXT_MAX];
};

void bench_order_init(struct bench_order *slot);
void bench_order_release(struct bench_order *slot);

/* Fills the slot with an order as it stands in `topic`: unpaid, paid or shipped. An order that the
 * live stages would have ended earlier is drawn again under another seed, so every id stays.
 * INPUT: any other topic. */
int bench_order_draw(struct bench_order *slot, int64_t id, uint64_t seed, enum of_order_topic topic,
    struct of_error *error) OF_NODISCARD;

#endif
