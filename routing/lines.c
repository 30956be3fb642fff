/* Flattening, naming, routing. */
#include "lines.h"

#include "order/status.h"

#include <inttypes.h>
#include <string.h>

static struct of_text text_of(const char *text)
{
    return (struct of_text){text, strlen(text)};
}

static int name_location(const struct of_order *order, size_t index, int32_t id,
    const struct routing_tables *tables, struct of_text *name, struct of_error *error)
{
    const struct of_location *location = of_catalogue_location(tables->catalogue, id);
    *name = location ? location->name : text_of("");
    if (location || id == 0)
        return OF_OK;
    of_fail(error, OF_INPUT, "order %" PRId64 ", line %zu: there is no location %" PRId32,
        order->order_id, index + 1, id);
    return of_error_kind(error, "reference");
}

static void copy_order(const struct of_order *order, struct of_order_line *line)
{
    const struct of_customer_info *customer = &order->customer_info;
    line->order_id = order->order_id;
    line->order_lines = (int32_t)order->item_info_count;
    line->order_date = order->order_date;
    line->has_payment_date = order->payment_info.has_payment_date;
    line->payment_date = order->payment_info.payment_date;
    line->customer_id = customer->customer_id;
    line->customer_name = customer->customer_name;
    line->company = customer->company;
    line->street_address = customer->street_address;
    line->lgu = customer->lgu;
    line->provincial_code = customer->provincial_code;
    line->contact_number = customer->contact_number;
    line->express_shipping = order->shipping_info.express_shipping;
    line->has_eta = order->shipping_info.has_eta;
    line->eta = order->shipping_info.eta;
    line->order_total = order->order_total;
}

static int copy_item(const struct of_order *order, size_t index,
    const struct routing_tables *tables, const struct of_product *product,
    struct of_order_line *line, struct of_error *error)
{
    const struct of_item *item = &order->item_info[index];
    line->line = (int32_t)index + 1;
    line->sku = item->sku;
    line->product_name = product->name;
    line->category = product->category;
    line->from_location = item->from_location;
    line->to_location = item->to_location;
    line->unit_of_measures =
        item->unit_of_measures.length ? item->unit_of_measures : product->unit_of_measure;
    line->uom_type = item->uom_type.length ? item->uom_type : product->uom_type;
    line->quantity = item->quantity;
    line->unit_price = item->unit_price;
    line->discount_percent = item->discount_percent;
    line->subtotal = item->subtotal;
    int result =
        name_location(order, index, item->from_location, tables, &line->from_location_name, error);
    return result < 0 ? result
                      : name_location(order, index, item->to_location, tables,
                            &line->to_location_name, error);
}

static enum route choose(const struct of_product *product, size_t province, int64_t amount,
    const struct rules *rules, int32_t *decided)
{
    enum route own = product->route == OF_ROUTE_EXTERNAL ? ROUTE_EXTERNAL : ROUTE_INTERNAL;
    const struct rule_facts facts = {own, product->category_index, province, amount};
    const struct rule *rule = rules_match(rules, &facts);
    *decided = rule ? rule->line : 0;
    return rule ? rule->to : own;
}

int routing_make_lines(const struct of_order *order, const struct routing_tables *tables,
    struct routed_lines *lines, struct of_error *error)
{
    size_t count[ROUTE_COUNT] = {0};
    if (of_order_check(order, OF_TOPIC_PAID, error) < 0)
        return of_error_kind(error, "state");
    size_t province =
        of_catalogue_province(tables->catalogue, order->customer_info.provincial_code);
    for (size_t i = 0; i < order->item_info_count; i++) {
        struct of_order_line *line = &lines->items[i];
        const struct of_product *product =
            of_catalogue_product(tables->catalogue, order->item_info[i].sku);
        if (!product) {
            of_fail(error, OF_INPUT, "order %" PRId64 ", line %zu: there is no SKU %" PRId32,
                order->order_id, i + 1, order->item_info[i].sku);
            return of_error_kind(error, "reference");
        }
        of_order_line_init(line);
        copy_order(order, line);
        int result = copy_item(order, i, tables, product, line, error);
        if (result < 0)
            return result;
        lines->routes[i] =
            choose(product, province, order->item_info[i].subtotal, &tables->rules, &line->rule);
        line->route = text_of(route_text(lines->routes[i]));
        count[lines->routes[i]]++;
    }
    for (size_t i = 0; i < order->item_info_count; i++)
        lines->items[i].route_lines = (int32_t)count[lines->routes[i]];
    lines->count = order->item_info_count;
    return OF_OK;
}
