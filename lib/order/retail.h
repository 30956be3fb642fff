/* The retail model's draws that generator and processors share.
 *
 * Pure: each draw comes from the sub-stream (seed, purpose, order id) of base/random.h, so what an
 * order becomes depends on seed and order alone, whoever draws it and however often. Integer
 * arithmetic only. Dates are milliseconds since 1970 UTC; all draws are whole seconds. */
#ifndef OF_ORDER_RETAIL_H
#define OF_ORDER_RETAIL_H

#include "base/random.h"
#include "order/status.h"

/* Purposes of sub-streams. The numbers are part of the model: append, never reuse or reorder, or
 * every seed gives other orders. */
enum of_draw {
    OF_DRAW_INTERVAL = 1,
    OF_DRAW_MIDDLE_EVENT = 3, /* by month: the 14th-15th */
    OF_DRAW_END_EVENT = 4,    /* by month: its last days */
    OF_DRAW_POOL = 5,         /* who orders */
    OF_DRAW_PERSON = 6,       /* by customer id: name, company, e-mail, number */
    OF_DRAW_ADDRESS = 7,      /* by customer id: place, street, barangay */
    OF_DRAW_NETWORK = 8,      /* ip_address */
    OF_DRAW_PAID = 9,
    OF_DRAW_METHOD = 10,
    OF_DRAW_PAYMENT_DATE = 11,
    OF_DRAW_EXPRESS = 12,
    OF_DRAW_ETA = 13,
    OF_DRAW_SHIPPED_DATE = 14,
    OF_DRAW_OUTCOME = 15,
    OF_DRAW_FINISHED_DATE = 16,
    OF_DRAW_VARIETY = 17,
    OF_DRAW_SKU = 18,
    OF_DRAW_QUANTITY = 19,
    OF_DRAW_LIVE_PAID = 20,
    OF_DRAW_LIVE_SHIPPED = 21,
    OF_DRAW_LIVE_CANCELLED_DATE = 22,
    OF_DRAW_LIVE_OUTCOME = 23,
    OF_DRAW_LIVE_FINISHED_DATE = 24,
    OF_DRAW_SHIFT = 30, /* by number; so chosen that seed 1 has some 30,000 orders */
    OF_DRAW_FROM_LOCATION = 31,
    OF_DRAW_TO_LOCATION = 32, /* by customer id */
    OF_DRAW_FRAUD = 33,       /* whether a live order is one, and its ip_address */
    OF_DRAW_EXECUTION_PRICE = 34,
};

#define OF_RETAIL_TIMEOUT_MS INT64_C(604800000) /* unpaid for 7 days: Timed Out */

/* A date is within the years 1900-9998, so that adding the model's spans stays in range. */
bool of_retail_is_date(int64_t date);

struct of_random of_retail_random(uint64_t seed, enum of_draw purpose, int64_t order_id);

bool of_retail_express(uint64_t seed, int64_t order_id);

/* Method and payment date (order date + 0 in .63, else within 2 d 23 h). */
void of_retail_pay(struct of_order *order, uint64_t seed);

/* eta, counted from the payment date. */
void of_retail_promise(struct of_order *order, uint64_t seed);

/* shipped_date, counted from the payment date. */
void of_retail_ship(struct of_order *order, uint64_t seed);

/* A date low..high hours from `from` (both included), in whole seconds. */
int64_t of_retail_hours_from(struct of_random *random, int64_t from, int64_t low, int64_t high);

/* execution_price: the quantities of all lines times a factor of 1.1 to 2.0, to four decimals and
 * uniform, rounded half up to the centavo. At most OF_ORDER_AMOUNT_MAX: quantities of orders that
 * are not ours may be of any size; negative ones count as 0. */
void of_retail_execute(struct of_order *order, uint64_t seed);

void of_retail_set_status(struct of_order *order, enum of_status status);
void of_retail_finish(struct of_order *order, enum of_status status, int64_t finished_date);

#endif
