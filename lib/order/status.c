/* Tables of statuses, topics and legal steps. Decides nothing about chance or dates. */
#include "order/status.h"

#include <assert.h>
#include <inttypes.h>

static const struct of_text status_texts[OF_STATUS_COUNT] = {
    [OF_STATUS_PROCESSING] = {"Processing", 10},
    [OF_STATUS_SHIPPED] = {"Shipped", 7},
    [OF_STATUS_DELIVERED] = {"Delivered", 9},
    [OF_STATUS_TIMED_OUT] = {"Timed Out", 9},
    [OF_STATUS_CANCELLED] = {"Cancelled", 9},
    [OF_STATUS_RETURNED] = {"Returned", 8},
    [OF_STATUS_VALIDATED] = {"Validated", 9},
    [OF_STATUS_REJECTED] = {"Rejected", 8},
};

static const char *const topic_names[OF_ORDER_TOPIC_COUNT] = {
    [OF_TOPIC_UNPAID] = "unpaid_orders",
    [OF_TOPIC_VALID] = "valid_orders",
    [OF_TOPIC_PAID] = "paid_orders",
    [OF_TOPIC_SHIPPED] = "shipped_orders",
    [OF_TOPIC_FINISHED] = "finished_orders",
    [OF_TOPIC_FAILED] = "failed_orders",
};

/* Which status stands where; Returned orders had been paid, and Cancelled ones unless somebody
 * asked for it before. */
static const struct state {
    enum of_status status;
    bool paid;
    enum of_order_topic topic;
} states[] = {
    {OF_STATUS_PROCESSING, false, OF_TOPIC_UNPAID},
    {OF_STATUS_VALIDATED, false, OF_TOPIC_VALID},
    {OF_STATUS_PROCESSING, true, OF_TOPIC_PAID},
    {OF_STATUS_SHIPPED, true, OF_TOPIC_SHIPPED},
    {OF_STATUS_DELIVERED, true, OF_TOPIC_FINISHED},
    {OF_STATUS_TIMED_OUT, false, OF_TOPIC_FAILED},
    {OF_STATUS_CANCELLED, true, OF_TOPIC_FAILED},
    {OF_STATUS_CANCELLED, false, OF_TOPIC_FAILED},
    {OF_STATUS_RETURNED, true, OF_TOPIC_FAILED},
    {OF_STATUS_REJECTED, false, OF_TOPIC_FAILED},
};

const struct of_transition of_transitions[] = {
    {OF_TOPIC_UNPAID, OF_STATUS_PROCESSING, OF_TOPIC_PAID, OF_STATUS_PROCESSING},
    {OF_TOPIC_UNPAID, OF_STATUS_PROCESSING, OF_TOPIC_FAILED, OF_STATUS_TIMED_OUT},
    {OF_TOPIC_UNPAID, OF_STATUS_PROCESSING, OF_TOPIC_FAILED, OF_STATUS_CANCELLED},
    {OF_TOPIC_UNPAID, OF_STATUS_PROCESSING, OF_TOPIC_VALID, OF_STATUS_VALIDATED},
    {OF_TOPIC_UNPAID, OF_STATUS_PROCESSING, OF_TOPIC_FAILED, OF_STATUS_REJECTED},
    {OF_TOPIC_VALID, OF_STATUS_VALIDATED, OF_TOPIC_PAID, OF_STATUS_PROCESSING},
    {OF_TOPIC_VALID, OF_STATUS_VALIDATED, OF_TOPIC_FAILED, OF_STATUS_TIMED_OUT},
    {OF_TOPIC_VALID, OF_STATUS_VALIDATED, OF_TOPIC_FAILED, OF_STATUS_CANCELLED},
    {OF_TOPIC_PAID, OF_STATUS_PROCESSING, OF_TOPIC_SHIPPED, OF_STATUS_SHIPPED},
    {OF_TOPIC_PAID, OF_STATUS_PROCESSING, OF_TOPIC_FAILED, OF_STATUS_CANCELLED},
    {OF_TOPIC_SHIPPED, OF_STATUS_SHIPPED, OF_TOPIC_FINISHED, OF_STATUS_DELIVERED},
    {OF_TOPIC_SHIPPED, OF_STATUS_SHIPPED, OF_TOPIC_FAILED, OF_STATUS_CANCELLED},
    {OF_TOPIC_SHIPPED, OF_STATUS_SHIPPED, OF_TOPIC_FAILED, OF_STATUS_RETURNED},
};
const size_t of_transition_count = OF_COUNT(of_transitions);

struct of_text of_status_text(enum of_status status)
{
    assert((size_t)status < OF_STATUS_COUNT);
    return status_texts[status];
}

int of_status_parse(struct of_text text, enum of_status *status, struct of_error *error)
{
    for (size_t i = 0; i < OF_STATUS_COUNT; i++)
        if (text.length == status_texts[i].length &&
            memcmp(text.data, status_texts[i].data, text.length) == 0) {
            *status = (enum of_status)i;
            return OF_OK;
        }
    return of_fail(error, OF_INPUT, "unknown status \"%.*s\"",
        text.length > 40 ? 40 : (int)text.length, text.length ? text.data : "");
}

const char *of_order_topic_name(enum of_order_topic topic)
{
    assert((size_t)topic < OF_ORDER_TOPIC_COUNT);
    return topic_names[topic];
}

bool of_order_topic_is_paid(enum of_order_topic topic)
{
    return topic != OF_TOPIC_UNPAID && topic != OF_TOPIC_VALID;
}

enum of_order_topic of_status_topic(enum of_status status, bool paid)
{
    for (size_t i = 0; i < OF_COUNT(states); i++)
        if (states[i].status == status &&
            (states[i].paid == paid || status != OF_STATUS_PROCESSING))
            return states[i].topic;
    assert(!"every status has a topic");
    return OF_TOPIC_FAILED;
}

bool of_transition_is_legal(
    enum of_order_topic from, enum of_status before, enum of_order_topic to, enum of_status after)
{
    for (size_t i = 0; i < OF_COUNT(of_transitions); i++) {
        const struct of_transition *step = &of_transitions[i];
        if (step->from == from && step->before == before && step->to == to && step->after == after)
            return true;
    }
    return false;
}

int of_order_check(const struct of_order *order, enum of_order_topic topic, struct of_error *error)
{
    enum of_status status;
    bool paid = order->payment_info.payment_status;
    if (of_status_parse(order->shipping_info.order_status, &status, error) < 0)
        return of_error_context(error, "order %" PRId64, order->order_id);
    for (size_t i = 0; i < OF_COUNT(states); i++)
        if (states[i].topic == topic && states[i].status == status && states[i].paid == paid)
            return OF_OK;
    return of_fail(error, OF_INPUT, "order %" PRId64 ": status %s, %s, is not legal in %s",
        order->order_id, status_texts[status].data, paid ? "paid" : "unpaid", topic_names[topic]);
}

int of_order_topic(const struct of_order *order, enum of_order_topic *topic, struct of_error *error)
{
    enum of_status status;
    if (of_status_parse(order->shipping_info.order_status, &status, error) < 0)
        return of_error_context(error, "order %" PRId64, order->order_id);
    *topic = of_status_topic(status, order->payment_info.payment_status);
    return OF_OK;
}
