/* From JSON to an order. What fits the schema only; whether the SKU or the province exist is for
 * the stage that validates. */
#include "gateway/placed.h"

#include "order/retail.h"

#include <assert.h>
#include <string.h>

#define SHIPPING_ID_BASE INT64_C(7000000000) /* as the generator numbers its shipments */

static struct of_text text_of(const json_t *object, const char *name, const char *otherwise)
{
    const json_t *value = json_object_get(object, name);
    return value ? (struct of_text){json_string_value(value), json_string_length(value)}
                 : (struct of_text){otherwise, strlen(otherwise)};
}

static int64_t whole_of(const json_t *object, const char *name)
{
    const json_t *value = json_object_get(object, name);
    return value ? check_whole(value) : 0;
}

static void read_customer(
    const json_t *from, const char *address, struct of_customer_info *customer)
{
    customer->customer_id = whole_of(from, "customer_id");
    customer->customer_name = text_of(from, "customer_name", "");
    customer->company = text_of(from, "company", "");
    customer->email = text_of(from, "email", "");
    customer->street_address = text_of(from, "street_address", "");
    customer->lgu = text_of(from, "lgu", "");
    customer->provincial_code = text_of(from, "provincial_code", "");
    customer->contact_number = text_of(from, "contact_number", "");
    customer->ip_address = text_of(from, "ip_address", address);
}

/* "850.00" to 85000; the schema's pattern lets nothing else come here. */
static int64_t centavos(const char *text)
{
    int64_t value = 0;
    for (; *text; text++)
        if (*text != '.')
            value = value * 10 + (*text - '0');
    return value;
}

static void read_item(const json_t *from, struct of_item *item)
{
    int64_t percent = whole_of(from, "discount_percent");
    item->sku = (int32_t)whole_of(from, "sku");
    item->quantity = (int32_t)whole_of(from, "quantity");
    item->from_location = (int32_t)whole_of(from, "from_location");
    item->to_location = (int32_t)whole_of(from, "to_location");
    item->unit_price = centavos(json_string_value(json_object_get(from, "unit_price")));
    item->discount_percent = (float)percent;
    /* As the generator rounds. */
    item->subtotal = (item->unit_price * item->quantity * (100 - percent) + 50) / 100;
}

static void find_doubles(const struct of_order *order, struct faults *faults)
{
    char path[CHECK_PATH_MAX];
    for (size_t i = 1; i < order->item_info_count; i++)
        for (size_t j = 0; j < i; j++) {
            if (order->item_info[i].sku != order->item_info[j].sku)
                continue;
            snprintf(path, sizeof(path), "$.item_info[%zu].sku", i);
            faults_add(faults, path, "is that of $.item_info[%zu], too", j);
            break;
        }
}

/* One that its topic could not hold. */
static void find_excess(const struct of_order *order, struct faults *faults)
{
    if (order->order_total > OF_ORDER_AMOUNT_MAX)
        faults_add(faults, "$.item_info", "comes to more than 9999999999.99 pesos");
}

bool placed_read(const json_t *body, const char *address, int64_t now, struct of_order *order,
    struct faults *faults)
{
    size_t before = faults->count;
    const json_t *items = json_object_get(body, "item_info");
    order->order_date = now;
    read_customer(json_object_get(body, "customer_info"), address, &order->customer_info);
    order->shipping_info.express_shipping = json_is_true(json_object_get(body, "express_shipping"));
    of_retail_set_status(order, OF_STATUS_PROCESSING);
    for (size_t i = 0; i < json_array_size(items); i++) {
        struct of_item *item = of_order_add_item_info(order);
        assert(item); /* the schema's maxItems is the limit of the order's */
        read_item(json_array_get(items, i), item);
        order->order_total += item->subtotal;
    }
    order->item_variety = (int32_t)order->item_info_count;
    find_doubles(order, faults);
    find_excess(order, faults);
    return faults->count == before;
}

void placed_number(struct of_order *order, int64_t order_id)
{
    order->order_id = order_id;
    order->shipping_info.shipping_id = SHIPPING_ID_BASE + order_id;
}
