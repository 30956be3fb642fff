/* One lock over all who wait; few do at a time. */
#include "gateway/waits.h"

#include "base/clock.h"
#include "base/memory.h"
#include "gateway/events.h"
#include "gateway/gateway.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>

struct waits {
    pthread_mutex_t lock;
    struct view *view;
    struct exchange *first;
    waits_answer *answer; /* the same of all */
    struct stream *streams[WAITS_MAX];
    size_t stream_count, count;
    bool closed;
};

struct waits *waits_new(struct view *view)
{
    struct waits *waits = of_alloc(sizeof(*waits));
    pthread_mutex_init(&waits->lock, NULL);
    waits->view = view;
    return waits;
}

void waits_free(struct waits *waits)
{
    assert(!waits->first && waits->stream_count == 0);
    pthread_mutex_destroy(&waits->lock);
    free(waits);
}

static bool look(struct waits *waits, struct exchange *exchange)
{
    struct order_view now;
    if (view_get(waits->view, exchange->id, &now))
        order_view_merge(&exchange->order, &now);
    order_view_release(&now);
    return exchange->wait[0] && order_view_has(&exchange->order, exchange->wait);
}

static bool is_over(const struct waits *waits, const struct exchange *exchange, bool reached)
{
    return reached || waits->closed || order_view_is_final(&exchange->order) ||
           of_clock_monotonic() >= exchange->deadline;
}

bool waits_add(struct waits *waits, struct exchange *exchange, waits_answer *answer)
{
    pthread_mutex_lock(&waits->lock);
    bool reached = look(waits, exchange);
    bool full = waits->count == WAITS_MAX;
    bool over = is_over(waits, exchange, reached);
    if (!over && !full) {
        if (!exchange->held)
            exchange_hold(exchange);
        waits->answer = answer;
        exchange->previous = NULL;
        exchange->next = waits->first;
        if (waits->first)
            waits->first->previous = exchange;
        waits->first = exchange;
        waits->count++;
    }
    pthread_mutex_unlock(&waits->lock);
    if (over)
        answer(exchange, reached);
    else if (full)
        answer_problem(&exchange->answer, MHD_HTTP_SERVICE_UNAVAILABLE, "too-many-wait",
            "%d requests wait already; try again.", WAITS_MAX);
    return over || full;
}

/* Under the lock. */
static void dismiss(struct waits *waits, struct exchange *exchange, bool reached)
{
    if (exchange->previous)
        exchange->previous->next = exchange->next;
    else
        waits->first = exchange->next;
    if (exchange->next)
        exchange->next->previous = exchange->previous;
    waits->count--;
    waits->answer(exchange, reached);
    exchange_let_go(exchange);
}

void waits_notify(struct waits *waits, int64_t order_id)
{
    pthread_mutex_lock(&waits->lock);
    for (struct exchange *at = waits->first, *next; at; at = next) {
        next = at->next;
        if (at->id != order_id)
            continue;
        bool reached = look(waits, at);
        if (is_over(waits, at, reached))
            dismiss(waits, at, reached);
    }
    for (size_t i = 0; i < waits->stream_count; i++)
        if (events_order(waits->streams[i]) == order_id)
            events_update(waits->streams[i], waits->view);
    pthread_mutex_unlock(&waits->lock);
}

void waits_tick(struct waits *waits, int64_t now)
{
    pthread_mutex_lock(&waits->lock);
    for (struct exchange *at = waits->first, *next; at; at = next) {
        next = at->next;
        if (now >= at->deadline)
            dismiss(waits, at, false);
    }
    for (size_t i = 0; i < waits->stream_count; i++)
        events_tick(waits->streams[i], now);
    pthread_mutex_unlock(&waits->lock);
}

void waits_close(struct waits *waits)
{
    pthread_mutex_lock(&waits->lock);
    waits->closed = true;
    while (waits->first)
        dismiss(waits, waits->first, false);
    for (size_t i = 0; i < waits->stream_count; i++)
        events_end(waits->streams[i]);
    pthread_mutex_unlock(&waits->lock);
}

bool waits_add_stream(struct waits *waits, struct stream *stream)
{
    pthread_mutex_lock(&waits->lock);
    bool room = waits->count < WAITS_MAX && !waits->closed;
    if (room) {
        waits->streams[waits->stream_count++] = stream;
        waits->count++;
        /* What came in between the first look and now. */
        events_update(stream, waits->view);
    }
    pthread_mutex_unlock(&waits->lock);
    return room;
}

void waits_remove_stream(struct waits *waits, struct stream *stream)
{
    pthread_mutex_lock(&waits->lock);
    for (size_t i = 0; i < waits->stream_count; i++)
        if (waits->streams[i] == stream) {
            waits->streams[i] = waits->streams[--waits->stream_count];
            waits->count--;
            break;
        }
    pthread_mutex_unlock(&waits->lock);
}
