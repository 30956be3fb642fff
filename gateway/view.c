/* The orders by number, the newest changes, and how fast orders come and end. */
#include "gateway/view.h"

#include "base/memory.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define RATE_SECONDS 10

struct entry {
    struct order_view order;
    struct entry *chain;         /* of the same slot */
    struct entry *older, *newer; /* by when the order came in */
    uint64_t touched;            /* grows with every change */
};

struct second {
    int64_t number;
    int64_t in, out;
};

struct view {
    pthread_mutex_t lock;
    size_t limit, count, slot_count;
    struct entry **slots;
    struct entry *oldest, *newest;
    int64_t latest[VIEW_LATEST_MAX]; /* ids, the newest first */
    size_t latest_count;
    struct second seconds[RATE_SECONDS + 1];
};

struct view *view_new(size_t limit)
{
    struct view *view = of_alloc(sizeof(*view));
    pthread_mutex_init(&view->lock, NULL);
    view->limit = limit;
    view->slot_count = 1;
    while (view->slot_count < limit * 2)
        view->slot_count *= 2;
    view->slots = of_alloc(view->slot_count * sizeof(*view->slots));
    return view;
}

static struct entry **slot_of(struct view *view, int64_t order_id)
{
    uint64_t hash = (uint64_t)order_id * UINT64_C(0x9e3779b97f4a7c15);
    return &view->slots[(hash >> 20) & (view->slot_count - 1)];
}

static struct entry *find(struct view *view, int64_t order_id)
{
    struct entry *entry = *slot_of(view, order_id);
    while (entry && entry->order.order_id != order_id)
        entry = entry->chain;
    return entry;
}

static void drop_oldest(struct view *view)
{
    struct entry *entry = view->oldest;
    struct entry **link = slot_of(view, entry->order.order_id);
    while (*link != entry)
        link = &(*link)->chain;
    *link = entry->chain;
    view->oldest = entry->newer;
    if (view->oldest)
        view->oldest->older = NULL;
    else
        view->newest = NULL;
    view->count--;
    order_view_release(&entry->order);
    free(entry);
}

void view_free(struct view *view)
{
    while (view->oldest)
        drop_oldest(view);
    pthread_mutex_destroy(&view->lock);
    free(view->slots);
    free(view);
}

static struct entry *make(struct view *view, int64_t order_id)
{
    if (view->count >= view->limit)
        drop_oldest(view);
    struct entry *entry = of_alloc(sizeof(*entry)), **slot = slot_of(view, order_id);
    entry->order.order_id = order_id;
    entry->chain = *slot;
    *slot = entry;
    entry->older = view->newest;
    if (view->newest)
        view->newest->newer = entry;
    else
        view->oldest = entry;
    view->newest = entry;
    view->count++;
    return entry;
}

static void note_latest(struct view *view, int64_t order_id)
{
    size_t place = 0;
    while (place < view->latest_count && view->latest[place] != order_id)
        place++;
    if (place == view->latest_count && view->latest_count < VIEW_LATEST_MAX)
        view->latest_count++;
    if (place == VIEW_LATEST_MAX)
        place--;
    memmove(view->latest + 1, view->latest, place * sizeof(*view->latest));
    view->latest[0] = order_id;
}

static void note_rate(struct view *view, const struct of_order_status *event, int64_t now)
{
    int64_t number = now / 1000;
    struct second *second = &view->seconds[number % (RATE_SECONDS + 1)];
    if (second->number != number)
        *second = (struct second){.number = number};
    second->in += status_rank(event->status) == 0;
    second->out += status_is_final(event->status);
}

bool view_add(struct view *view, const struct of_order_status *event, int64_t now)
{
    pthread_mutex_lock(&view->lock);
    struct entry *entry = find(view, event->order_id);
    if (!entry)
        entry = make(view, event->order_id);
    size_t before = entry->order.count;
    order_view_add(&entry->order, event);
    bool is_new = entry->order.count > before;
    if (is_new) {
        note_latest(view, event->order_id);
        note_rate(view, event, now);
    }
    pthread_mutex_unlock(&view->lock);
    return is_new;
}

static bool copy(struct view *view, int64_t order_id, struct order_view *order)
{
    const struct entry *entry = find(view, order_id);
    *order = (struct order_view){.order_id = order_id};
    if (entry)
        order_view_merge(order, &entry->order);
    return entry != NULL && order->count > 0;
}

bool view_get(struct view *view, int64_t order_id, struct order_view *order)
{
    pthread_mutex_lock(&view->lock);
    bool found = copy(view, order_id, order);
    pthread_mutex_unlock(&view->lock);
    return found;
}

size_t view_latest(struct view *view, struct order_view orders[VIEW_LATEST_MAX])
{
    size_t count = 0;
    pthread_mutex_lock(&view->lock);
    for (size_t i = 0; i < view->latest_count; i++)
        count += copy(view, view->latest[i], &orders[count]);
    pthread_mutex_unlock(&view->lock);
    return count;
}

void view_rates(struct view *view, int64_t now, double *in, double *out)
{
    int64_t number = now / 1000, in_sum = 0, out_sum = 0;
    pthread_mutex_lock(&view->lock);
    /* The running second is not over yet. */
    for (size_t i = 0; i <= RATE_SECONDS; i++) {
        const struct second *second = &view->seconds[i];
        if (second->number >= number - RATE_SECONDS && second->number < number) {
            in_sum += second->in;
            out_sum += second->out;
        }
    }
    pthread_mutex_unlock(&view->lock);
    *in = (double)in_sum / RATE_SECONDS;
    *out = (double)out_sum / RATE_SECONDS;
}

void view_forget_figures(struct view *view)
{
    pthread_mutex_lock(&view->lock);
    view->latest_count = 0;
    memset(view->seconds, 0, sizeof(view->seconds));
    pthread_mutex_unlock(&view->lock);
}
