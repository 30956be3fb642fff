/* One stream: what is to be sent, and when its connection sleeps. */
#include "gateway/events.h"

#include "base/clock.h"
#include "base/memory.h"
#include "gateway/gateway.h"
#include "gateway/print.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

struct stream {
    struct waits *waits;
    struct MHD_Connection *connection;
    pthread_mutex_t lock;
    struct order_view order; /* all that is known of it */
    struct sent sent;        /* what has been put into `bytes`, or the client had before */
    struct of_buffer bytes;
    size_t taken; /* of them, by the connection */
    bool asleep, ended, listed;
    int64_t alive; /* monotonic: when something was last put in */
};

/* Under the stream's lock. */
static void wake(struct stream *stream)
{
    stream->alive = of_clock_monotonic();
    if (!stream->asleep)
        return;
    stream->asleep = false;
    MHD_resume_connection(stream->connection);
}

/* What was put in before is passed over. */
static void put(struct stream *stream, const struct status_event *event)
{
    char id[SENT_TEXT_SIZE];
    if (!sent_add(&stream->sent, event->status))
        return;
    sent_print(&stream->sent, id);
    json_t *data = print_event(event);
    char *text = json_dumps(data, JSON_COMPACT);
    json_decref(data);
    of_buffer_appendf(
        &stream->bytes, "id: %s\nevent: status\ndata: %s\n\n", id, text ? text : "{}");
    free(text);
}

struct stream *events_new(struct exchange *exchange, const struct sent *had)
{
    struct stream *stream = of_alloc(sizeof(*stream));
    pthread_mutex_init(&stream->lock, NULL);
    stream->waits = exchange->gateway->waits;
    stream->connection = exchange->connection;
    stream->order.order_id = exchange->id;
    stream->sent = *had;
    stream->alive = of_clock_monotonic();
    of_buffer_init(&stream->bytes, EVENTS_BYTES_MAX);
    order_view_merge(&stream->order, &exchange->order);
    of_buffer_append_text(&stream->bytes, "retry: 2000\n\n");
    for (size_t i = 0; i < stream->order.count; i++)
        put(stream, &stream->order.events[i]);
    stream->ended = order_view_is_final(&stream->order);
    if (stream->ended)
        return stream;
    stream->listed = waits_add_stream(stream->waits, stream);
    if (stream->listed)
        return stream;
    events_free(stream);
    return NULL;
}

void events_free(void *context)
{
    struct stream *stream = context;
    if (stream->listed)
        waits_remove_stream(stream->waits, stream);
    order_view_release(&stream->order);
    of_buffer_release(&stream->bytes);
    pthread_mutex_destroy(&stream->lock);
    free(stream);
}

ssize_t events_read(void *context, uint64_t position, char *bytes, size_t size)
{
    (void)position;
    struct stream *stream = context;
    ssize_t result = 0;
    pthread_mutex_lock(&stream->lock);
    size_t left = stream->bytes.length - stream->taken;
    if (left > 0) {
        size_t part = left < size ? left : size;
        memcpy(bytes, stream->bytes.data + stream->taken, part);
        stream->taken += part;
        result = (ssize_t)part;
    } else if (stream->ended || stream->bytes.full) {
        result = MHD_CONTENT_READER_END_OF_STREAM;
    } else {
        stream->asleep = true;
        MHD_suspend_connection(stream->connection);
    }
    if (stream->taken == stream->bytes.length) {
        bool full = stream->bytes.full;
        of_buffer_clear(&stream->bytes);
        stream->bytes.full = full;
        stream->taken = 0;
    }
    pthread_mutex_unlock(&stream->lock);
    return result;
}

int64_t events_order(const struct stream *stream)
{
    return stream->order.order_id;
}

/* In the order in which they become known: what a stage did earlier may be seen later. */
void events_update(struct stream *stream, struct view *view)
{
    struct order_view now;
    bool found = view_get(view, stream->order.order_id, &now);
    pthread_mutex_lock(&stream->lock);
    size_t before = stream->order.count;
    for (size_t i = 0; found && i < now.count && !stream->ended; i++)
        put(stream, &now.events[i]);
    if (found)
        order_view_merge(&stream->order, &now);
    stream->ended = stream->ended || order_view_is_final(&stream->order);
    if (stream->order.count > before)
        wake(stream);
    pthread_mutex_unlock(&stream->lock);
    order_view_release(&now);
}

void events_tick(struct stream *stream, int64_t now)
{
    pthread_mutex_lock(&stream->lock);
    if (!stream->ended && now - stream->alive >= EVENTS_ALIVE_MS) {
        of_buffer_append_text(&stream->bytes, ": alive\n\n");
        wake(stream);
    }
    pthread_mutex_unlock(&stream->lock);
}

void events_end(struct stream *stream)
{
    pthread_mutex_lock(&stream->lock);
    stream->ended = true;
    wake(stream);
    pthread_mutex_unlock(&stream->lock);
}
