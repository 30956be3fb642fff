/* A list of accepted orders in the order of their dates. Where it is kept is the caller's. */
#include "order/hourly.h"

#include "order/retail.h"

#include <inttypes.h>
#include <string.h>

_Static_assert(sizeof(struct of_hourly_order) == OF_HOURLY_ENTRY_SIZE, "entries are packed");

struct list {
    struct of_hourly_order items[OF_HOURLY_ORDERS_MAX + 1];
    size_t count;
};

static int read_list(const void *bytes, size_t size, struct list *list, struct of_error *error)
{
    if (size % OF_HOURLY_ENTRY_SIZE || size > OF_HOURLY_STATE_MAX)
        return of_fail(error, OF_INPUT, "%zu bytes are no list of orders", size);
    list->count = size / OF_HOURLY_ENTRY_SIZE;
    if (size > 0)
        memcpy(list->items, bytes, size);
    return OF_OK;
}

static bool knows(const struct list *list, int64_t id)
{
    for (size_t i = 0; i < list->count; i++)
        if (list->items[i].id == id)
            return true;
    return false;
}

/* Behind those of the same date; yields its place. */
static size_t insert(struct list *list, const struct of_hourly_order *order)
{
    size_t at = list->count;
    while (at > 0 && list->items[at - 1].date > order->date)
        at--;
    memmove(&list->items[at + 1], &list->items[at], (list->count - at) * sizeof(*order));
    list->items[at] = *order;
    list->count++;
    return at;
}

static void take_out(struct list *list, size_t at)
{
    list->count--;
    memmove(&list->items[at], &list->items[at + 1],
        (list->count - at) * sizeof(struct of_hourly_order));
}

/* Of the hours that end at the order or at one behind it, within an hour: each hour that holds the
 * order is no fuller than one of these. Both ends move on only. */
static int64_t fullest_hour(const struct list *list, size_t at)
{
    int64_t date = list->items[at].date, most = 0, sum = 0;
    size_t first = at;
    while (first > 0 && list->items[first - 1].date > date - OF_HOURLY_WINDOW_MS)
        first--;
    for (size_t i = first; i < at; i++)
        sum += list->items[i].amount;
    for (size_t i = at; i < list->count && list->items[i].date < date + OF_HOURLY_WINDOW_MS; i++) {
        sum += list->items[i].amount;
        while (list->items[first].date <= list->items[i].date - OF_HOURLY_WINDOW_MS)
            sum -= list->items[first++].amount;
        most = sum > most ? sum : most;
    }
    return most;
}

/* A late order may come up to an hour behind the newest, and looks back an hour from there. */
static void forget_old(struct list *list)
{
    size_t old = 0;
    int64_t newest = list->count > 0 ? list->items[list->count - 1].date : 0;
    while (old < list->count && list->items[old].date <= newest - 2 * OF_HOURLY_WINDOW_MS)
        old++;
    list->count -= old;
    memmove(list->items, &list->items[old], list->count * sizeof(struct of_hourly_order));
}

int of_hourly_decide(const void *bytes, size_t size, const struct of_hourly_order *order,
    int64_t limit, struct of_buffer *state, struct of_hourly_verdict *verdict,
    struct of_error *error)
{
    struct list list;
    struct of_hourly_verdict found = {.accepted = true};
    if (read_list(bytes, size, &list, error) < 0)
        return OF_INPUT;
    if (!of_retail_is_date(order->date) || order->amount < 0 || order->amount > OF_ORDER_AMOUNT_MAX)
        return of_fail(error, OF_INPUT,
            "order %" PRId64 ": date %" PRId64 " or amount %" PRId64 " is out of range", order->id,
            order->date, order->amount);
    if (!knows(&list, order->id)) {
        size_t at = insert(&list, order);
        found.ordered = fullest_hour(&list, at);
        found.accepted = found.ordered <= limit;
        if (!found.accepted)
            take_out(&list, at);
        forget_old(&list);
        if (list.count > OF_HOURLY_ORDERS_MAX) {
            found.accepted = false;
            found.full = true;
            list.count = 0; /* set right below: the state stays */
        }
    }
    of_buffer_clear(state);
    if (found.full)
        of_buffer_append(state, bytes, size);
    else
        of_buffer_append(state, list.items, list.count * OF_HOURLY_ENTRY_SIZE);
    if (of_buffer_check(state, "a customer's orders", error) < 0)
        return OF_INPUT;
    *verdict = found;
    return OF_OK;
}
