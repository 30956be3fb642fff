/* One order's events, ordered by the table of legal steps and never by when they came in. */
#include "gateway/view.h"

#include "base/memory.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* The longest way from Generated; the steps have no circle. */
static int ranks[OF_EVENT_COUNT];
static bool leads_on[OF_EVENT_COUNT];

static void fill_ranks(void)
{
    for (size_t i = 0; i < OF_EVENT_COUNT; i++)
        ranks[i] = -1;
    ranks[OF_EVENT_GENERATED] = 0;
    for (size_t round = 0; round < OF_EVENT_COUNT; round++)
        for (size_t from = 0; from < OF_EVENT_COUNT; from++)
            for (size_t to = 0; to < OF_EVENT_COUNT; to++) {
                if (!of_event_leads_to((enum of_event)from, (enum of_event)to))
                    continue;
                leads_on[from] = true;
                if (ranks[from] >= 0 && ranks[to] < ranks[from] + 1)
                    ranks[to] = ranks[from] + 1;
            }
}

int status_index(struct of_text status)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, fill_ranks);
    for (int i = 0; i < OF_EVENT_COUNT; i++) {
        struct of_text known = of_event_text((enum of_event)i);
        if (status.length == known.length && memcmp(status.data, known.data, known.length) == 0)
            return i;
    }
    return -1;
}

int status_rank(struct of_text status)
{
    int event = status_index(status);
    return event < 0 ? -1 : ranks[event];
}

const char *status_find(const char *text)
{
    for (int i = 0; i < OF_EVENT_COUNT; i++)
        if (strcasecmp(of_event_text((enum of_event)i).data, text) == 0)
            return of_event_text((enum of_event)i).data;
    return NULL;
}

bool status_is_final(struct of_text status)
{
    int event = status_index(status);
    return event >= 0 && ranks[event] >= 0 && !leads_on[event];
}

static struct of_text word(const char *text)
{
    return (struct of_text){text, strlen(text)};
}

static void copy_word(char to[VIEW_WORD_SIZE], struct of_text from)
{
    size_t length = from.length < VIEW_WORD_SIZE ? from.length : VIEW_WORD_SIZE - 1;
    if (length > 0)
        memcpy(to, from.data, length);
    to[length] = '\0';
}

void order_view_release(struct order_view *order)
{
    for (size_t i = 0; i < order->count; i++)
        free(order->events[i].reason);
    order->count = 0;
}

static bool knows(const struct order_view *order, const char *status)
{
    for (size_t i = 0; i < order->count; i++)
        if (strcmp(order->events[i].status, status) == 0)
            return true;
    return false;
}

/* As the view order_status of PostgreSQL sorts: rank, then time. Takes the event's reason. */
static void put(struct order_view *order, struct status_event *event)
{
    size_t place = order->count;
    int rank = status_rank(word(event->status));
    if (knows(order, event->status) || order->count == VIEW_EVENTS_MAX) {
        free(event->reason);
        return;
    }
    for (; place > 0; place--) {
        const struct status_event *before = &order->events[place - 1];
        int other = status_rank(word(before->status));
        if (other < rank || (other == rank && before->at <= event->at))
            break;
        order->events[place] = *before;
    }
    order->events[place] = *event;
    order->count++;
}

void order_view_add(struct order_view *order, const struct of_order_status *event)
{
    struct status_event made = {.at = event->at};
    copy_word(made.status, event->status);
    copy_word(made.stage, event->stage);
    if (event->has_reason)
        made.reason = of_strndup(event->reason.data,
            event->reason.length < VIEW_REASON_SIZE ? event->reason.length : VIEW_REASON_SIZE - 1);
    if (event->has_customer_id && !order->has_customer) {
        order->has_customer = true;
        order->customer_id = event->customer_id;
    }
    order->order_id = event->order_id;
    put(order, &made);
}

void order_view_merge(struct order_view *order, const struct order_view *other)
{
    if (other->has_customer && !order->has_customer) {
        order->has_customer = true;
        order->customer_id = other->customer_id;
    }
    for (size_t i = 0; i < other->count; i++) {
        struct status_event made = other->events[i];
        made.reason = made.reason ? of_strdup(made.reason) : NULL;
        put(order, &made);
    }
}

const struct status_event *order_view_current(const struct order_view *order)
{
    return &order->events[order->count - 1];
}

bool order_view_is_final(const struct order_view *order)
{
    return order->count > 0 && status_is_final(word(order_view_current(order)->status));
}

bool order_view_has(const struct order_view *order, const char *status)
{
    for (size_t i = 0; i < order->count; i++)
        if (strcasecmp(order->events[i].status, status) == 0)
            return true;
    return false;
}

bool order_view_is_whole(const struct order_view *order)
{
    return order->count > 0 && status_rank(word(order->events[0].status)) <= 0 &&
           order_view_has(order, of_event_text(OF_EVENT_GENERATED).data);
}
