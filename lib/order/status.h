/* The life of an order: its statuses, the topics it stands in, and which state may follow which.
 *
 * A state is a topic with a status: an order is Processing in unpaid_orders and, once paid, in
 * paid_orders. One table holds the legal steps; the processors check what comes in and what goes
 * out against it, and the generator places past orders by it. Screening is optional: an order is
 * paid from unpaid_orders, or from valid_orders behind it. Pure, thread-safe. */
#ifndef OF_ORDER_STATUS_H
#define OF_ORDER_STATUS_H

#include "base/error.h"
#include "schemas/order.h"

#include <stdbool.h>

enum of_status {
    OF_STATUS_PROCESSING,
    OF_STATUS_SHIPPED,
    OF_STATUS_DELIVERED,
    OF_STATUS_TIMED_OUT,
    OF_STATUS_CANCELLED,
    OF_STATUS_RETURNED,
    OF_STATUS_VALIDATED, /* screened, and not yet paid */
    OF_STATUS_REJECTED,
};
#define OF_STATUS_COUNT 8

/* What an amount of an order can be: decimal(12,2), in centavos. */
#define OF_ORDER_AMOUNT_MAX INT64_C(999999999999)

/* The gateway numbers its orders from here; the generator's never get there. */
#define OF_ORDER_GATEWAY_FIRST INT64_C(1000000000000)

/* As on the wire: "Timed Out". Static memory. */
struct of_text of_status_text(enum of_status status);
/* INPUT: the text is none of them (the message quotes it). */
int of_status_parse(
    struct of_text text, enum of_status *status, struct of_error *error) OF_NODISCARD;

enum of_order_topic {
    OF_TOPIC_UNPAID,
    OF_TOPIC_VALID, /* of pipelines that screen their orders */
    OF_TOPIC_PAID,
    OF_TOPIC_SHIPPED,
    OF_TOPIC_FINISHED,
    OF_TOPIC_FAILED,
};
#define OF_ORDER_TOPIC_COUNT 6

/* "unpaid_orders": the base name, to go through of_config_topic. Static memory. */
const char *of_order_topic_name(enum of_order_topic topic);

/* Whether orders that stand there have been paid. */
bool of_order_topic_is_paid(enum of_order_topic topic);

/* The topic where an order of that status belongs; `paid` tells the two sorts of Processing
 * apart. */
enum of_order_topic of_status_topic(enum of_status status, bool paid);

/* The legal steps, for tests and documentation. */
struct of_transition {
    enum of_order_topic from;
    enum of_status before;
    enum of_order_topic to;
    enum of_status after;
};
extern const struct of_transition of_transitions[];
extern const size_t of_transition_count;

bool of_transition_is_legal(
    enum of_order_topic from, enum of_status before, enum of_order_topic to, enum of_status after);

/* Is this order in a state in which it may stand in `topic`, payment included? INPUT names the
 * order, its status and the topic: "order 7: status Shipped, paid, is
 * not legal in unpaid_orders". */
int of_order_check(
    const struct of_order *order, enum of_order_topic topic, struct of_error *error) OF_NODISCARD;

/* The topic an order belongs to by its status and payment. INPUT: unknown status. */
int of_order_topic(
    const struct of_order *order, enum of_order_topic *topic, struct of_error *error) OF_NODISCARD;

#endif
