/* How far a past order has got by its age. */
#ifndef OF_PRODUCER_PAST_H
#define OF_PRODUCER_PAST_H

#include "order/status.h"

/* Sets payment_info and shipping_info (express_shipping is set already) as they stand at `until`,
 * from which ages are measured. Nothing in them but the eta lies behind `until`: a payment that is
 * to come has not happened. Returns the topic that the order stands in. */
enum of_order_topic of_past_fill(struct of_order *order, uint64_t seed, int64_t until);

#endif
