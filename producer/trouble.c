/* What trouble does to an order and to its record. Sending and telling are inject.c's. */
#include "trouble.h"

#include "base/clock.h"
#include "order/retail.h"
#include "registry/wire.h"

#include <assert.h>

/* Purposes of random numbers beside those of the model (enum of_draw). */
#define TROUBLE_STREAM 0x74726f75
#define DETAIL_STREAM 0x64657461
#define LATE_MIN_S 3600
#define LATE_MAX_S (8 * 3600)
#define WHOLE (UINT64_C(1) << 53)

const char *of_trouble_name(enum of_trouble trouble)
{
    static const char *const names[OF_TROUBLE_COUNT] = {
        "none", "late", "duplicate", "out-of-order", "malformed", "unknown-schema", "negative"};
    return names[trouble];
}

static double sum(const struct of_trouble_shares *shares)
{
    double total = 0;
    for (int i = OF_TROUBLE_NONE + 1; i < OF_TROUBLE_COUNT; i++)
        total += shares->of[i];
    return total;
}

bool of_trouble_wanted(const struct of_trouble_shares *shares)
{
    return sum(shares) > 0;
}

int of_trouble_check(const struct of_trouble_shares *shares, struct of_error *error)
{
    /* Ten tenths may come out a little above 1. */
    return sum(shares) > 1 + 1e-9
               ? of_fail(error, OF_INPUT, "the shares of trouble add up to %g, more than 1",
                     sum(shares))
               : OF_OK;
}

enum of_trouble of_trouble_draw(
    const struct of_trouble_shares *shares, uint64_t seed, int64_t order_id)
{
    struct of_random random = of_random_make(seed, TROUBLE_STREAM, (uint64_t)order_id);
    double drawn = (double)of_random_below(&random, WHOLE) / (double)WHOLE;
    for (int i = OF_TROUBLE_NONE + 1; i < OF_TROUBLE_COUNT; i++) {
        if (drawn < shares->of[i])
            return (enum of_trouble)i;
        drawn -= shares->of[i];
    }
    return OF_TROUBLE_NONE;
}

const struct of_order *of_trouble_change(enum of_trouble trouble, uint64_t seed,
    const struct of_order *order, struct of_trouble_copy *copy)
{
    struct of_random random = of_random_make(seed, DETAIL_STREAM, (uint64_t)order->order_id);
    size_t count = order->item_info_count;
    if (trouble != OF_TROUBLE_LATE && (trouble != OF_TROUBLE_NEGATIVE || count == 0))
        return order;
    assert(count <= OF_COUNT(copy->items));
    copy->order = *order;
    if (trouble == OF_TROUBLE_LATE) {
        copy->order.order_date -= OF_SECOND * of_random_between(&random, LATE_MIN_S, LATE_MAX_S);
        return &copy->order;
    }
    memcpy(copy->items, order->item_info, count * sizeof(*copy->items));
    copy->order.item_info = copy->items;
    copy->line = (size_t)of_random_below(&random, count);
    copy->items[copy->line].quantity = -copy->items[copy->line].quantity;
    return &copy->order;
}

void of_trouble_damage(enum of_trouble trouble, struct of_buffer *value)
{
    static const uint8_t unknown[] = {0, 0x7f, 0xff, 0xff, 0xff};
    assert(value->length >= OF_WIRE_HEADER_SIZE);
    if (trouble == OF_TROUBLE_MALFORMED)
        value->length = OF_WIRE_HEADER_SIZE + (value->length - OF_WIRE_HEADER_SIZE) / 2;
    if (trouble == OF_TROUBLE_UNKNOWN_SCHEMA)
        memcpy(value->data, unknown, sizeof(unknown));
}
