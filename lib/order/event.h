/* What is told of an order on its way: one event whenever it enters a status, as a record of the
 * topic order_status (schemas/order_status.avsc), key = order id.
 *
 * An event's status is finer than that of the order: Processing is Generated in unpaid_orders and
 * Paid in paid_orders. Validated is told only where orders are screened. Which may follow which
 * comes from the legal steps (order/status.h), and so does what an order's current status is: the
 * one that no other of its events can follow. An order has at most one event a status, so that
 * writing one again is harmless. Thread-safe. */
#ifndef OF_ORDER_EVENT_H
#define OF_ORDER_EVENT_H

#include "base/config.h"
#include "order/status.h"
#include "schemas/order_status.h"

enum of_event {
    OF_EVENT_GENERATED,
    OF_EVENT_VALIDATED,
    OF_EVENT_REJECTED,
    OF_EVENT_PAID,
    OF_EVENT_TIMED_OUT,
    OF_EVENT_SHIPPED,
    OF_EVENT_DELIVERED,
    OF_EVENT_CANCELLED,
    OF_EVENT_RETURNED,
    OF_EVENT_ENRICHED, /* of a paid order's lines; no state of the order itself */
    OF_EVENT_ROUTED,   /* likewise */
    OF_EVENT_EXPORTED, /* a side branch: no other status follows it, and it follows none */
};
#define OF_EVENT_COUNT 12

/* As on the wire: "Timed Out". Static memory. */
struct of_text of_event_text(enum of_event event);
/* INPUT: the text is none of them (the message quotes it and names them all). */
int of_event_parse(struct of_text text, enum of_event *event, struct of_error *error) OF_NODISCARD;

/* Of an order of that status; `paid` tells the two sorts of Processing apart. */
enum of_event of_event_of(enum of_status status, bool paid);

/* Whether a legal step leads from one to the other. */
bool of_event_leads_to(enum of_event before, enum of_event after);

/* The event of an order that has just entered the state it is in, by a stage ("payment"), at a time
 * (ms). Texts are static memory or `stage`. INPUT: unknown status. */
int of_event_make(const struct of_order *order, const char *stage, int64_t at,
    struct of_order_status *event, struct of_error *error) OF_NODISCARD;

/* An event of an order by its numbers, for what is no state of the order. `reason` without data:
 * the status says it all. Texts are static memory or the caller's. */
void of_event_fill(struct of_order_status *event, enum of_event kind, int64_t order_id,
    int64_t customer_id, const char *stage, int64_t at, struct of_text reason);

/* Every event of an order up to the state it is in, in their order, with the dates that the order
 * holds. A state whose date is missing is passed over. INPUT: unknown status. */
#define OF_EVENTS_MAX 4
int of_event_history(const struct of_order *order, const char *stage,
    struct of_order_status events[OF_EVENTS_MAX], size_t *count,
    struct of_error *error) OF_NODISCARD;

/* The full name of the topic that order.status.topic names, in a new string; NULL: it is empty, and
 * no events are wanted. */
char *of_event_topic(const struct of_config *config);

/* Clears `out` and fills it with the event in Confluent's wire format. INPUT: a limit. */
int of_event_encode(const struct of_order_status *event, int32_t schema_id, struct of_buffer *out,
    struct of_error *error) OF_NODISCARD;

#endif
