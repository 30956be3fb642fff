/* From a paid order to its lines: one record each, with the names of product and places, and where
 * it goes. Pure. */
#ifndef ROUTING_LINES_H
#define ROUTING_LINES_H

#include "schemas/order.h"
#include "schemas/order_line.h"
#include "tables.h"

struct routed_lines {
    struct of_order_line items[OF_ORDER_ITEM_INFO_MAX];
    enum route routes[OF_ORDER_ITEM_INFO_MAX];
    size_t count;
};

/* Texts of the lines borrow the order's and the tables' memory. INPUT, of kind "state": the order
 * is not one that may stand in paid_orders; of kind "reference": it names a SKU or a location that
 * the tables don't have. Location 0, of orders older than locations, has no name. */
int routing_make_lines(const struct of_order *order, const struct routing_tables *tables,
    struct routed_lines *lines, struct of_error *error) OF_NODISCARD;

#endif
