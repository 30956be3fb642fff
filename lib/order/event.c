/* Events out of orders. Asks no clock and sends nothing. */
#include "order/event.h"

#include "registry/wire.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define QUOTE_MAX 40

static const struct {
    struct of_text text, reason; /* reason: NULL where the status says it all */
} kinds[OF_EVENT_COUNT] = {
    [OF_EVENT_GENERATED] = {{"Generated", 9}, {NULL, 0}},
    [OF_EVENT_VALIDATED] = {{"Validated", 9}, {NULL, 0}},
    [OF_EVENT_REJECTED] = {{"Rejected", 8}, {NULL, 0}}, /* the stage says why */
    [OF_EVENT_PAID] = {{"Paid", 4}, {NULL, 0}},
    [OF_EVENT_TIMED_OUT] = {{"Timed Out", 9}, {"not paid within 7 days", 22}},
    [OF_EVENT_SHIPPED] = {{"Shipped", 7}, {NULL, 0}},
    [OF_EVENT_DELIVERED] = {{"Delivered", 9}, {NULL, 0}},
    [OF_EVENT_CANCELLED] = {{"Cancelled", 9}, {NULL, 0}},
    [OF_EVENT_RETURNED] = {{"Returned", 8}, {NULL, 0}},
    [OF_EVENT_ENRICHED] = {{"Enriched", 8}, {NULL, 0}},
    [OF_EVENT_ROUTED] = {{"Routed", 6}, {NULL, 0}},
    [OF_EVENT_EXPORTED] = {{"Exported", 8}, {NULL, 0}}, /* told with the file's name */
};

/* Routing reads paid orders beside shipping: its steps lie on the way, but may be told late. */
static const enum of_event beside[][2] = {
    {OF_EVENT_PAID, OF_EVENT_ENRICHED},
    {OF_EVENT_ENRICHED, OF_EVENT_ROUTED},
    {OF_EVENT_ROUTED, OF_EVENT_SHIPPED},
    {OF_EVENT_ROUTED, OF_EVENT_CANCELLED},
};

struct of_text of_event_text(enum of_event event)
{
    assert((size_t)event < OF_EVENT_COUNT);
    return kinds[event].text;
}

int of_event_parse(struct of_text text, enum of_event *event, struct of_error *error)
{
    char all[256];
    size_t length = 0;
    for (size_t i = 0; i < OF_EVENT_COUNT; i++) {
        const struct of_text *known = &kinds[i].text;
        if (text.length == known->length && memcmp(text.data, known->data, text.length) == 0) {
            *event = (enum of_event)i;
            return OF_OK;
        }
        length += (size_t)snprintf(
            all + length, sizeof(all) - length, "%s%s", i > 0 ? ", " : "", known->data);
        assert(length < sizeof(all));
    }
    return of_fail(error, OF_INPUT, "there is no status '%.*s'; there are %s",
        text.length > QUOTE_MAX ? QUOTE_MAX : (int)text.length, text.length ? text.data : "", all);
}

enum of_event of_event_of(enum of_status status, bool paid)
{
    switch (status) {
    case OF_STATUS_PROCESSING:
        return paid ? OF_EVENT_PAID : OF_EVENT_GENERATED;
    case OF_STATUS_VALIDATED:
        return OF_EVENT_VALIDATED;
    case OF_STATUS_REJECTED:
        return OF_EVENT_REJECTED;
    case OF_STATUS_SHIPPED:
        return OF_EVENT_SHIPPED;
    case OF_STATUS_DELIVERED:
        return OF_EVENT_DELIVERED;
    case OF_STATUS_TIMED_OUT:
        return OF_EVENT_TIMED_OUT;
    case OF_STATUS_CANCELLED:
        return OF_EVENT_CANCELLED;
    case OF_STATUS_RETURNED:
        break;
    }
    return OF_EVENT_RETURNED;
}

/* Paid is known by where an order stands: the unpaid ones that go to failed_orders are timed
 * out, rejected or cancelled, which needs no telling apart. */
bool of_event_leads_to(enum of_event before, enum of_event after)
{
    for (size_t i = 0; i < of_transition_count; i++) {
        const struct of_transition *step = &of_transitions[i];
        if (of_event_of(step->before, of_order_topic_is_paid(step->from)) == before &&
            of_event_of(step->after, of_order_topic_is_paid(step->to)) == after)
            return true;
    }
    for (size_t i = 0; i < OF_COUNT(beside); i++)
        if (beside[i][0] == before && beside[i][1] == after)
            return true;
    return false;
}

static void fill(struct of_order_status *event, const struct of_order *order, enum of_event kind,
    struct of_text stage, int64_t at)
{
    *event = (struct of_order_status){.order_id = order->order_id,
        .status = kinds[kind].text,
        .stage = stage,
        .at = at,
        .has_reason = kinds[kind].reason.data != NULL,
        .reason = kinds[kind].reason,
        .has_customer_id = true,
        .customer_id = order->customer_info.customer_id};
}

static int kind_of(const struct of_order *order, enum of_event *kind, struct of_error *error)
{
    enum of_status status;
    if (of_status_parse(order->shipping_info.order_status, &status, error) < 0)
        return of_error_context(error, "order %" PRId64, order->order_id);
    *kind = of_event_of(status, order->payment_info.payment_status);
    return OF_OK;
}

int of_event_make(const struct of_order *order, const char *stage, int64_t at,
    struct of_order_status *event, struct of_error *error)
{
    enum of_event kind = OF_EVENT_GENERATED;
    int result = kind_of(order, &kind, error);
    if (result == OF_OK)
        fill(event, order, kind, (struct of_text){stage, strlen(stage)}, at);
    return result;
}

void of_event_fill(struct of_order_status *event, enum of_event kind, int64_t order_id,
    int64_t customer_id, const char *stage, int64_t at, struct of_text reason)
{
    *event = (struct of_order_status){.order_id = order_id,
        .status = kinds[kind].text,
        .stage = {stage, strlen(stage)},
        .at = at,
        .has_reason = reason.data != NULL,
        .reason = reason,
        .has_customer_id = true,
        .customer_id = customer_id};
}

int of_event_history(const struct of_order *order, const char *stage,
    struct of_order_status events[OF_EVENTS_MAX], size_t *count, struct of_error *error)
{
    const struct of_payment_info *payment = &order->payment_info;
    const struct of_shipping_info *shipping = &order->shipping_info;
    struct of_text by = {stage, strlen(stage)};
    enum of_event kind = OF_EVENT_GENERATED;
    size_t made = 0;
    int result = kind_of(order, &kind, error);
    if (result < 0)
        return result;
    fill(&events[made++], order, OF_EVENT_GENERATED, by, order->order_date);
    if (payment->payment_status && payment->has_payment_date)
        fill(&events[made++], order, OF_EVENT_PAID, by, payment->payment_date);
    if (shipping->has_shipped_date)
        fill(&events[made++], order, OF_EVENT_SHIPPED, by, shipping->shipped_date);
    if (shipping->has_finished_date)
        fill(&events[made++], order, kind, by, shipping->finished_date);
    *count = made;
    return OF_OK;
}

char *of_event_topic(const struct of_config *config)
{
    const char *base = of_config_get(config, "order.status.topic");
    return base && *base ? of_config_topic(config, base) : NULL;
}

int of_event_encode(const struct of_order_status *event, int32_t schema_id, struct of_buffer *out,
    struct of_error *error)
{
    of_buffer_clear(out);
    if (of_wire_begin(out, schema_id) < 0)
        return of_buffer_check(out, "a status event", error);
    return of_order_status_encode(event, out, error);
}
