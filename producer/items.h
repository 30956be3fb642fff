/* What is ordered: lines of distinct SKUs with quantities, discounts and money. */
#ifndef OF_PRODUCER_ITEMS_H
#define OF_PRODUCER_ITEMS_H

#include "schemas/order.h"

#define OF_GENERATED_ITEMS_MAX 7

/* Sets item_info, of which `items` is the memory, item_variety and order_total. The subtotal is
 * price times quantity less the discount, rounded half up to the centavo, and the total is the sum
 * of the subtotals. `event` 0..3 is the sale event of the order's date. */
void of_items_fill(struct of_order *order, struct of_item items[static OF_GENERATED_ITEMS_MAX],
    uint64_t seed, int event);

/* Where the lines come from, a warehouse each, and the one destination that they go to. */
void of_items_place(struct of_order *order, uint64_t seed, int32_t destination);

#endif
