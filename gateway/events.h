/* GET /orders/{id}/events: an order's statuses as server-sent events (the HTML standard's
 * "Server-sent events"): event: status, data: JSON, id: the set of statuses sent so far (sent.h),
 * so that a client that comes back with it gets each of the others once, those that came late
 * too. */
#ifndef GATEWAY_EVENTS_H
#define GATEWAY_EVENTS_H

#include "gateway/sent.h"
#include "gateway/waits.h"

#include <microhttpd.h>
#include <sys/types.h>

#define EVENTS_BLOCK 4096
#define EVENTS_BYTES_MAX                                                                           \
    (64u * 1024)              /* of one stream, not read by its client yet: then it ends           \
                               */
#define EVENTS_ALIVE_MS 15000 /* a comment, so that nobody between takes it for dead */

/* A stream that begins with the events of `exchange->order` but for those that the client has.
 * NULL: there are WAITS_MAX. */
struct stream *events_new(struct exchange *exchange, const struct sent *had);

/* For MHD_create_response_from_callback. */
ssize_t events_read(void *context, uint64_t position, char *bytes, size_t size);
void events_free(void *context);

/* Under the lock of waits: what the view knows besides; a comment when it has been silent; the
 * end. */
int64_t events_order(const struct stream *stream);
void events_update(struct stream *stream, struct view *view);
void events_tick(struct stream *stream, int64_t now);
void events_end(struct stream *stream);

#endif
