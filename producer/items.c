/* Lines of an order. Quantities fall with the list price: a discount does not raise them, the
 * larger "largest quantity" of a sale event does. */
#include "items.h"

#include "order/retail.h"
#include "tables.h"

#include <assert.h>

#define ONE_Q16 INT64_C(65536)
#define DEAR_PRICE 100000 /* centavos; from here on one piece is the mean */

static const int largest_quantity[OF_SALE_EVENTS] = {9, 12, 15, 15};
static const uint32_t variety_weights[] = {27, 56, 17};  /* fewer, same, more */
static const uint32_t quantity_weights[] = {32, 51, 17}; /* smaller, same, larger */

static int draw_variety(uint64_t seed, int64_t order_id)
{
    struct of_random random = of_retail_random(seed, OF_DRAW_VARIETY, order_id);
    int variety = (int)of_random_between(&random, 1, 5);
    switch (of_random_weighted(&random, variety_weights, OF_COUNT(variety_weights))) {
    case 0:
        variety -= (int)of_random_between(&random, 1, 3);
        return variety < 1 ? 1 : variety;
    case 1:
        return variety;
    default:
        return variety + (int)of_random_between(&random, 1, 2);
    }
}

static int draw_largest(struct of_random *random, int event)
{
    int largest = largest_quantity[event];
    switch (of_random_weighted(random, quantity_weights, OF_COUNT(quantity_weights))) {
    case 0:
        return largest - (int)of_random_between(random, 2, 5);
    case 1:
        return largest;
    default:
        return largest + (int)of_random_between(random, 1, 2);
    }
}

static int draw_quantity(struct of_random *random, int largest, int32_t price)
{
    int64_t mean = price < DEAR_PRICE ? largest * ONE_Q16 * (DEAR_PRICE - price) / DEAR_PRICE : 0;
    if (mean < ONE_Q16)
        mean = ONE_Q16;
    /* A negative sum must not be divided towards 0; it is below 1 anyway. */
    int64_t drawn = mean + of_random_normal_q16(random) + ONE_Q16 / 2;
    int64_t quantity = drawn < ONE_Q16 ? 1 : drawn / ONE_Q16;
    return quantity < largest ? (int)quantity : largest;
}

static size_t draw_sku(struct of_random *random, uint64_t *taken)
{
    size_t sku;
    do
        sku = of_random_below(random, OF_SKUS);
    while (*taken >> sku & 1);
    *taken |= UINT64_C(1) << sku;
    return sku;
}

void of_items_fill(struct of_order *order, struct of_item items[static OF_GENERATED_ITEMS_MAX],
    uint64_t seed, int event)
{
    struct of_random sku_random = of_retail_random(seed, OF_DRAW_SKU, order->order_id);
    struct of_random quantity_random = of_retail_random(seed, OF_DRAW_QUANTITY, order->order_id);
    int variety = draw_variety(seed, order->order_id);
    assert(variety <= OF_GENERATED_ITEMS_MAX);
    int largest = draw_largest(&quantity_random, event);
    uint64_t taken = 0;
    int64_t total = 0;
    for (int i = 0; i < variety; i++) {
        const struct of_sku *sku = &of_skus[draw_sku(&sku_random, &taken)];
        int quantity = draw_quantity(&quantity_random, largest, sku->price);
        int discount = sku->discount[event];
        int64_t subtotal = ((int64_t)sku->price * quantity * (100 - discount) + 50) / 100;
        items[i] = (struct of_item){.sku = sku->sku,
            .unit_price = sku->price,
            .quantity = quantity,
            .discount_percent = (float)discount,
            .subtotal = subtotal,
            .unit_of_measures = sku->unit,
            .uom_type = sku->unit_type};
        total += subtotal;
    }
    order->item_info = items;
    order->item_info_count = (size_t)variety;
    order->item_info_capacity = OF_GENERATED_ITEMS_MAX;
    order->item_variety = variety;
    order->order_total = total;
}

void of_items_place(struct of_order *order, uint64_t seed, int32_t destination)
{
    struct of_random random = of_retail_random(seed, OF_DRAW_FROM_LOCATION, order->order_id);
    for (size_t i = 0; i < order->item_info_count; i++) {
        struct of_item *item = &order->item_info[i];
        item->from_location = OF_WAREHOUSE_FIRST + (int32_t)of_random_below(&random, OF_WAREHOUSES);
        item->to_location = destination;
    }
}
