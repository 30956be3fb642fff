/* Trouble on purpose: what a share of the live orders suffers on its way out, so that it can be
 * seen where each ends. An order has at most one trouble, drawn from the seed and its number alone:
 * an order that is made again after a crash has the same one. Pure. */
#ifndef OF_PRODUCER_TROUBLE_H
#define OF_PRODUCER_TROUBLE_H

#include "schemas/order.h"

#include <stdbool.h>
#include <stdint.h>

enum of_trouble {
    OF_TROUBLE_NONE,
    OF_TROUBLE_LATE,           /* dated one to eight hours before it is sent */
    OF_TROUBLE_DUPLICATE,      /* the same record twice */
    OF_TROUBLE_OUT_OF_ORDER,   /* behind some of its successors */
    OF_TROUBLE_MALFORMED,      /* half of its bytes are missing */
    OF_TROUBLE_UNKNOWN_SCHEMA, /* of a schema that no registry knows */
    OF_TROUBLE_NEGATIVE,       /* one line's quantity is below zero */
};
#define OF_TROUBLE_COUNT 7
#define OF_TROUBLE_SCHEMA_ID INT32_MAX

/* "out-of-order": the option, and the word in the manifest; static memory. */
const char *of_trouble_name(enum of_trouble trouble);

struct of_trouble_shares {
    double of[OF_TROUBLE_COUNT]; /* 0..1 each; NONE's is not used */
};
bool of_trouble_wanted(const struct of_trouble_shares *shares);
/* INPUT: together they are more than 1. */
int of_trouble_check(const struct of_trouble_shares *shares, struct of_error *error) OF_NODISCARD;

enum of_trouble of_trouble_draw(
    const struct of_trouble_shares *shares, uint64_t seed, int64_t order_id);

/* The order as it is after LATE or NEGATIVE: a copy that borrows the order's texts. Others leave it
 * as it is. */
struct of_trouble_copy {
    struct of_order order;
    struct of_item items[OF_ORDER_ITEM_INFO_MAX];
    size_t line; /* of NEGATIVE: the item's index */
};
const struct of_order *of_trouble_change(enum of_trouble trouble, uint64_t seed,
    const struct of_order *order, struct of_trouble_copy *copy);

/* MALFORMED and UNKNOWN_SCHEMA: damages the order's encoded record. Others leave it as it is. */
void of_trouble_damage(enum of_trouble trouble, struct of_buffer *value);

#endif
