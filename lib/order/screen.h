/* Screening: which orders are not worth asking for money.
 *
 * An order is rejected when its ip_address is on the fraud list, when it names an unknown SKU or
 * province, or when its amounts do not add up: item_variety against the lines, each subtotal
 * against price, quantity and discount (to the centavo, however it was rounded), order_total
 * against the subtotals. The first of these, in this order, is the reason. Pure, thread-safe. */
#ifndef OF_ORDER_SCREEN_H
#define OF_ORDER_SCREEN_H

#include "order/catalogue.h"
#include "order/frauds.h"
#include "order/status.h"

enum of_rejection {
    OF_REJECTION_NONE,
    OF_REJECTION_FRAUD,
    OF_REJECTION_PROVINCE,
    OF_REJECTION_SKU,
    OF_REJECTION_AMOUNT,
    OF_REJECTION_LIMIT, /* of_screen never says so: it knows one order alone */
};
#define OF_REJECTION_COUNT 6

/* "fraud", "province", "sku", "amount", "limit": for metrics. Static memory; "" of NONE. */
const char *of_rejection_name(enum of_rejection rejection);

/* Room for what is told about a rejection, with its NUL. */
#define OF_REJECTION_TEXT_MAX 160

/* Why the order is to be rejected: "ip_address 198.18.0.30 is on the fraud list". `text` is changed
 * only then. */
enum of_rejection of_screen(const struct of_order *order, const struct of_catalogue *catalogue,
    const struct of_frauds *frauds, char text[static OF_REJECTION_TEXT_MAX]);

/* The step that screening takes: Validated, or Rejected and finished at the order's own date.
 * INPUT, order untouched: it is not in a state in which it may stand in unpaid_orders. */
int of_screen_pass(struct of_order *order, struct of_error *error) OF_NODISCARD;
int of_screen_reject(struct of_order *order, struct of_error *error) OF_NODISCARD;

#endif
