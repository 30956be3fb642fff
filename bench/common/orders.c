/* Draws the orders of the benchmarks. Not the retail model: that is the generator's; here only
 * field lengths, counts and magnitudes are like it. */
#include "orders.h"

#include <stdio.h>

#define FIRST_DATE INT64_C(1615712400000) /* 2021-03-14 09:00 */
#define LAST_DATE INT64_C(1795000000000)

static const char *const first_names[] = {"Maria", "Jose", "Angelica", "Juan Miguel", "Kristine",
    "Mark Anthony", "Rosario", "Paolo", "Princess", "Emmanuel",
    "Ma. Ni\xc3\xb1"
    "a",
    "Jericho"};
static const char *const last_names[] = {"dela Cruz", "Reyes", "Santos", "Bautista", "Ocampo",
    "Pe\xc3\xb1"
    "aflor",
    "Villanueva", "Mercado", "Aquino", "Dimaculangan", "Tan", "Soriano"};
static const char *const companies[] = {"Bayani Trading", "Luntian Foods Inc.", "Malaya Logistics",
    "Tala Dry Goods", "Sampaguita Stores", "Kalayaan Hardware Corporation", "Ilaw Pharmacy"};
static const char *const streets[] = {"Mabini Street", "Rizal Avenue", "Bonifacio Drive",
    "Quezon Boulevard", "P. Burgos Street", "Luna Extension", "National Highway"};
static const char *const places[] = {"Quezon City", "Cagayan de Oro",
    "Dasmari\xc3\xb1"
    "as",
    "Bacolod", "Puerto Princesa", "Iloilo City", "Naga", "San Jose del Monte", "Tuguegarao"};
static const char *const provinces[] = {"PH-00", "PH-MSR", "PH-CAV", "PH-NEC", "PH-PLW", "PH-ILI"};

#define PICK(random, list) (list)[of_random_below(random, OF_COUNT(list))]

void bench_order_init(struct bench_order *slot)
{
    of_order_init(&slot->order);
}

void bench_order_release(struct bench_order *slot)
{
    of_order_release(&slot->order);
}

/* The next text behind the ones before; BENCH_ORDER_TEXT_MAX holds the longest of all. */
static struct of_text put(struct bench_order *slot, size_t *used, const char *format, ...)
    OF_PRINTF(3, 4);

static struct of_text put(struct bench_order *slot, size_t *used, const char *format, ...)
{
    size_t room = BENCH_ORDER_TEXT_MAX - *used;
    char *start = slot->texts + *used;
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(start, room, format, arguments);
    va_end(arguments);
    size_t taken = (size_t)length < room ? (size_t)length : room - 1;
    *used += taken;
    return (struct of_text){start, taken};
}

static void draw_customer(struct bench_order *slot, struct of_random *random)
{
    struct of_customer_info *customer = &slot->order.customer_info;
    const char *first = PICK(random, first_names), *last = PICK(random, last_names);
    size_t used = 0;
    customer->customer_id = of_random_between(random, 1, 12000);
    customer->customer_name = put(slot, &used, "%s %s", first, last);
    customer->company = put(slot, &used, "%s", PICK(random, companies));
    customer->email = put(slot, &used, "customer.%d@example.com", (int)customer->customer_id);
    customer->street_address =
        put(slot, &used, "%d %s, Barangay %d", (int)of_random_between(random, 1, 999),
            PICK(random, streets), (int)of_random_between(random, 1, 200));
    customer->lgu = put(slot, &used, "%s", PICK(random, places));
    customer->provincial_code = put(slot, &used, "%s", PICK(random, provinces));
    customer->contact_number =
        put(slot, &used, "+63 9%09d", (int)of_random_between(random, 0, 999999999));
    customer->ip_address = put(slot, &used, "%d.%d.%d.%d", (int)of_random_between(random, 1, 223),
        (int)of_random_between(random, 0, 255), (int)of_random_between(random, 0, 255),
        (int)of_random_between(random, 1, 254));
}

static void draw_items(struct of_order *order, struct of_random *random)
{
    static const int discounts[] = {0, 0, 0, 5, 10, 20};
    int64_t count = of_random_between(random, 1, 5), number = of_random_between(random, 0, 54);
    int32_t to_location = (int32_t)of_random_between(random, 50, 509);
    order->order_total = 0;
    order->item_info_count = 0;
    for (int64_t i = 0; i < count; i++) {
        struct of_item *item = of_order_add_item_info(order);
        int discount = PICK(random, discounts);
        item->sku = (int32_t)(number * 5 + i) % 55 + 1;
        item->unit_price = of_random_between(random, 2500, 150000);
        item->quantity = (int32_t)of_random_between(random, 1, 9);
        item->discount_percent = (float)discount;
        item->subtotal = item->unit_price * item->quantity * (100 - discount) / 100;
        order->order_total += item->subtotal;
        item->from_location = (int32_t)of_random_between(random, 10, 49);
        item->to_location = to_location;
        item->unit_of_measures = OF_TEXT("each");
        item->uom_type = OF_TEXT("E");
    }
    order->item_variety = (int32_t)count;
}

static int advance(
    struct of_order *order, uint64_t seed, enum of_order_topic topic, struct of_error *error)
{
    if (topic == OF_TOPIC_UNPAID)
        return OF_OK;
    int status = of_live_payment(order, seed, error);
    if (status == OF_OK && topic == OF_TOPIC_SHIPPED && order->payment_info.payment_status)
        status = of_live_shipping(order, seed, error);
    return status;
}

int bench_order_draw(struct bench_order *slot, int64_t id, uint64_t seed, enum of_order_topic topic,
    struct of_error *error)
{
    if (topic != OF_TOPIC_UNPAID && topic != OF_TOPIC_PAID && topic != OF_TOPIC_SHIPPED)
        return of_fail(
            error, OF_INPUT, "benchmarks draw no orders for %s", of_order_topic_name(topic));
    for (uint64_t attempt = 0;; attempt++) {
        struct of_order *order = &slot->order;
        struct of_random random = of_random_make(seed + attempt, 1, (uint64_t)id);
        order->order_id = id;
        order->order_date = of_random_between(&random, FIRST_DATE / 1000, LAST_DATE / 1000) * 1000;
        draw_customer(slot, &random);
        draw_items(order, &random);
        order->payment_info = (struct of_payment_info){.payment_status = false};
        order->shipping_info = (struct of_shipping_info){
            .shipping_id = id, .express_shipping = of_random_chance(&random, 4, 10)};
        of_retail_set_status(order, OF_STATUS_PROCESSING);
        if (advance(order, seed + attempt, topic, error) < 0)
            return OF_INPUT;
        enum of_order_topic reached;
        if (of_order_topic(order, &reached, error) < 0)
            return OF_INPUT;
        if (reached == topic)
            return OF_OK;
    }
}
