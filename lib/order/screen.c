/* One order against the reference tables and against itself. What a customer ordered before is not
 * looked at here. */
#include "order/screen.h"

#include "order/retail.h"

#include <inttypes.h>
#include <stdio.h>

#define QUOTE_MAX 40
#define ROUNDING 1           /* centavos, down or up: everyone rounds in their own way */
#define BASIS INT64_C(10000) /* discounts count in hundredths of a percent */

static const char *const names[OF_REJECTION_COUNT] = {
    "", "fraud", "province", "sku", "amount", "limit"};

const char *of_rejection_name(enum of_rejection rejection)
{
    return names[rejection];
}

#define TELL(...) snprintf(text, OF_REJECTION_TEXT_MAX, __VA_ARGS__)

static int shown(struct of_text text)
{
    return text.length > QUOTE_MAX ? QUOTE_MAX : (int)text.length;
}

/* "-1.05" */
static const char *money(int64_t centavos, char out[static 32])
{
    uint64_t size = centavos < 0 ? -(uint64_t)centavos : (uint64_t)centavos;
    snprintf(out, 32, "%s%" PRIu64 ".%02" PRIu64, centavos < 0 ? "-" : "", size / 100, size % 100);
    return out;
}

static bool line_adds_up(const struct of_item *item, char *text)
{
    char a[32], b[32];
    if (item->quantity < 1 || item->unit_price < 0 ||
        item->unit_price > OF_ORDER_AMOUNT_MAX / item->quantity) {
        TELL("SKU %d: %d pieces at %s", item->sku, item->quantity, money(item->unit_price, a));
        return false;
    }
    if (!(item->discount_percent >= 0 && item->discount_percent <= 100)) {
        TELL("SKU %d: a discount of %g percent", item->sku, (double)item->discount_percent);
        return false;
    }
    int64_t rest = BASIS - (int64_t)((double)item->discount_percent * 100 + .5);
    int64_t wanted = (item->unit_price * item->quantity * rest + BASIS / 2) / BASIS;
    if (item->subtotal >= wanted - ROUNDING && item->subtotal <= wanted + ROUNDING)
        return true;
    TELL("SKU %d: subtotal %s, it should be %s", item->sku, money(item->subtotal, a),
        money(wanted, b));
    return false;
}

/* Subtotals that add up are at most OF_ORDER_AMOUNT_MAX each, 64 of them: their sum fits. */
static bool adds_up(const struct of_order *order, char *text)
{
    char a[32], b[32];
    int64_t total = 0;
    if (order->item_variety < 0 || (size_t)order->item_variety != order->item_info_count) {
        TELL("item_variety is %d, but there are %zu lines", order->item_variety,
            order->item_info_count);
        return false;
    }
    for (size_t i = 0; i < order->item_info_count; i++) {
        if (!line_adds_up(&order->item_info[i], text))
            return false;
        total += order->item_info[i].subtotal;
    }
    if (order->order_total == total)
        return true;
    TELL("order_total is %s, but the subtotals make %s", money(order->order_total, a),
        money(total, b));
    return false;
}

enum of_rejection of_screen(const struct of_order *order, const struct of_catalogue *catalogue,
    const struct of_frauds *frauds, char text[static OF_REJECTION_TEXT_MAX])
{
    const struct of_customer_info *customer = &order->customer_info;
    if (of_frauds_has(frauds, customer->ip_address)) {
        TELL("ip_address %.*s is on the fraud list", shown(customer->ip_address),
            customer->ip_address.data);
        return OF_REJECTION_FRAUD;
    }
    if (of_catalogue_province(catalogue, customer->provincial_code) == SIZE_MAX) {
        TELL("province '%.*s' is not known", shown(customer->provincial_code),
            customer->provincial_code.length ? customer->provincial_code.data : "");
        return OF_REJECTION_PROVINCE;
    }
    for (size_t i = 0; i < order->item_info_count; i++)
        if (!of_catalogue_product(catalogue, order->item_info[i].sku)) {
            TELL("SKU %d is not known", order->item_info[i].sku);
            return OF_REJECTION_SKU;
        }
    return adds_up(order, text) ? OF_REJECTION_NONE : OF_REJECTION_AMOUNT;
}

int of_screen_pass(struct of_order *order, struct of_error *error)
{
    if (of_order_check(order, OF_TOPIC_UNPAID, error) < 0)
        return OF_INPUT;
    of_retail_set_status(order, OF_STATUS_VALIDATED);
    return OF_OK;
}

int of_screen_reject(struct of_order *order, struct of_error *error)
{
    if (of_order_check(order, OF_TOPIC_UNPAID, error) < 0)
        return OF_INPUT;
    of_retail_finish(order, OF_STATUS_REJECTED, order->order_date);
    return OF_OK;
}
