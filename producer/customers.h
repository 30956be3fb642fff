/* Who orders: pools of returning customers, and what a customer is like.
 *
 * Customers are numbered from 1 in the order of their first order. Two pools have slots that grow
 * with the number of orders; while one has a free slot every order is a new customer's, who may
 * take it. Once both are full, most orders come from them. Only numbers are kept: what a customer
 * is like follows from seed and number. */
#ifndef OF_PRODUCER_CUSTOMERS_H
#define OF_PRODUCER_CUSTOMERS_H

#include "schemas/order.h"

/* The pools stop growing at 26 million orders, so that a generator that runs for ever keeps a
 * bounded memory of 17 MB. */
#define OF_TOP_CUSTOMERS_MAX (UINT32_C(1) << 18)
#define OF_REPEAT_CUSTOMERS_MAX (UINT32_C(1) << 22)

struct of_pool {
    uint32_t *customers;
    uint32_t count, capacity;
};

struct of_customers {
    uint64_t seed;
    uint32_t count; /* customers so far */
    struct of_pool top, repeat;
};

void of_customers_init(struct of_customers *customers, uint64_t seed);
void of_customers_release(struct of_customers *customers);

/* The customer of this order; call once for each order, in order. */
uint32_t of_customers_choose(struct of_customers *customers, int64_t order_id);

/* Bytes that the texts of one customer_info take at the most. */
#define OF_CUSTOMER_TEXT_MAX 512

/* All of customer_info but ip_address; the texts lie in `text` or in static memory. */
void of_customer_describe(struct of_customer_info *info, uint64_t seed, uint32_t customer,
    char text[static OF_CUSTOMER_TEXT_MAX]);

/* The location that all orders of a customer go to: one in the place where the customer lives. */
int32_t of_customer_destination(uint64_t seed, uint32_t customer);

#define OF_IP_ADDRESS_MAX 16
/* An address of the documentation ranges (RFC 5737), by order; none of them is on the fraud list,
 * whose addresses are of the range for benchmarks (RFC 2544). */
struct of_text of_order_address(
    uint64_t seed, int64_t order_id, char text[static OF_IP_ADDRESS_MAX]);

/* The address of an order of which `parts` in OF_FRAUD_WHOLE come from the fraud list. */
#define OF_FRAUD_WHOLE 1000000
struct of_text of_live_order_address(
    uint64_t seed, int64_t order_id, int64_t parts, char text[static OF_IP_ADDRESS_MAX]);

#endif
