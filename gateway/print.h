/* Orders and their events as JSON, new references. Text that is no UTF-8 comes out as null. */
#ifndef GATEWAY_PRINT_H
#define GATEWAY_PRINT_H

#include "gateway/view.h"

#include <jansson.h>

json_t *print_time(int64_t millis); /* null for INT64_MIN */
json_t *print_event(const struct status_event *event);
/* An order with at least one event; `history`: with all of them, those that are no
 * step of its way apart. */
json_t *print_order(const struct order_view *order, bool history);

#endif
