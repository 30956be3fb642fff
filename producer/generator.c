/* Puts an order together from timeline, customers, items and age. */
#include "generator.h"

#include "base/memory.h"
#include "customers.h"
#include "items.h"
#include "order/retail.h"
#include "past.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>

#define SHIPPING_ID_BASE INT64_C(7000000000)

struct of_generator {
    struct of_generator_settings settings;
    uint64_t seed;
    struct of_timeline timeline; /* of the next past order */
    struct of_customers customers;
    int64_t last_id, last_date;
    bool live;           /* the first live order was made */
    int64_t fraud_parts; /* of live orders, in OF_FRAUD_WHOLE */
    struct of_day today; /* of live orders */
    struct of_order order;
    struct of_item items[OF_GENERATED_ITEMS_MAX];
    char customer_text[OF_CUSTOMER_TEXT_MAX];
    char address_text[OF_IP_ADDRESS_MAX];
};

static int check(const struct of_generator_settings *settings, struct of_error *error)
{
    if (settings->seed < 0 || settings->seed > OF_GENERATOR_SEED_MAX)
        return of_fail(error, OF_INPUT, "seed %" PRId64 " is not in 0..%" PRId64, settings->seed,
            OF_GENERATOR_SEED_MAX);
    if (!of_retail_is_date(settings->start) || !of_retail_is_date(settings->until))
        return of_fail(error, OF_INPUT, "start and until must be within the years 1900-9998");
    if (settings->start > settings->until)
        return of_fail(error, OF_INPUT, "start lies after until");
    if (settings->volume_millis < OF_VOLUME_MILLIS_MIN ||
        settings->volume_millis > OF_VOLUME_MILLIS_MAX)
        return of_fail(error, OF_INPUT, "volume must be within %.2f..%d",
            OF_VOLUME_MILLIS_MIN / 1000.0, OF_VOLUME_MILLIS_MAX / 1000);
    return OF_OK;
}

int of_generator_new(const struct of_generator_settings *settings, struct of_generator **generator,
    struct of_error *error)
{
    if (check(settings, error) < 0)
        return OF_INPUT;
    struct of_generator *made = of_alloc(sizeof(*made));
    made->settings = *settings;
    made->seed = (uint64_t)settings->seed;
    made->last_date = settings->start;
    made->fraud_parts = OF_FRAUD_PARTS_DEFAULT;
    made->today.number = INT64_MIN;
    of_timeline_init(&made->timeline, made->seed, settings->start, settings->volume_millis);
    of_customers_init(&made->customers, made->seed);
    *generator = made;
    return OF_OK;
}

void of_generator_free(struct of_generator *generator)
{
    if (!generator)
        return;
    of_customers_release(&generator->customers);
    free(generator);
}

/* Everything that a past and a live order share. */
static struct of_order *fill(struct of_generator *generator, uint32_t customer, int event)
{
    struct of_order *order = &generator->order;
    *order = (struct of_order){.order_id = generator->last_id, .order_date = generator->last_date};
    of_customer_describe(
        &order->customer_info, generator->seed, customer, generator->customer_text);
    order->customer_info.ip_address =
        generator->live
            ? of_live_order_address(
                  generator->seed, order->order_id, generator->fraud_parts, generator->address_text)
            : of_order_address(generator->seed, order->order_id, generator->address_text);
    order->shipping_info.shipping_id = SHIPPING_ID_BASE + order->order_id;
    order->shipping_info.express_shipping = of_retail_express(generator->seed, order->order_id);
    of_items_fill(order, generator->items, generator->seed, event);
    of_items_place(order, generator->seed, of_customer_destination(generator->seed, customer));
    return order;
}

void of_generator_set_fraud(struct of_generator *generator, int64_t parts)
{
    assert(parts >= 0 && parts <= OF_FRAUD_WHOLE);
    generator->fraud_parts = parts;
}

static bool has_past(const struct of_generator *generator)
{
    return !generator->live && generator->timeline.date <= generator->settings.until &&
           generator->last_id < OF_GENERATOR_ORDERS_MAX;
}

/* Takes the next past order's number, date and customer. */
static uint32_t step_past(struct of_generator *generator)
{
    generator->last_id++;
    generator->last_date = generator->timeline.date;
    uint32_t customer = of_customers_choose(&generator->customers, generator->last_id);
    of_timeline_advance(&generator->timeline, generator->last_id);
    return customer;
}

const struct of_order *of_generator_past(struct of_generator *generator, enum of_order_topic *topic)
{
    if (!has_past(generator))
        return NULL;
    int event = generator->timeline.day.event; /* advancing moves to the next order's day */
    struct of_order *order = fill(generator, step_past(generator), event);
    *topic = of_past_fill(order, generator->seed, generator->settings.until);
    return order;
}

static uint32_t step_live(struct of_generator *generator, int64_t now)
{
    generator->live = true;
    generator->last_id++;
    if (now > generator->last_date)
        generator->last_date = now;
    return of_customers_choose(&generator->customers, generator->last_id);
}

const struct of_order *of_generator_live(struct of_generator *generator, int64_t now)
{
    if (generator->last_id >= OF_GENERATOR_ORDERS_MAX)
        return NULL;
    uint32_t customer = step_live(generator, now);
    of_day_set(&generator->today, generator->seed, generator->last_date);
    struct of_order *order = fill(generator, customer, generator->today.event);
    of_retail_set_status(order, OF_STATUS_PROCESSING);
    return order;
}

void of_generator_skip_past(struct of_generator *generator, int64_t last)
{
    while (generator->last_id < last && has_past(generator))
        step_past(generator);
}

void of_generator_skip_live(struct of_generator *generator, int64_t last, int64_t date)
{
    while (generator->last_id < last && generator->last_id < OF_GENERATOR_ORDERS_MAX)
        step_live(generator, date);
}

int64_t of_generator_last_id(const struct of_generator *generator)
{
    return generator->last_id;
}

int64_t of_generator_last_date(const struct of_generator *generator)
{
    return generator->last_date;
}
