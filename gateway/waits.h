/* Who waits for an order's next status: requests with ?wait, and streams of events. Thread-safe. */
#ifndef GATEWAY_WAITS_H
#define GATEWAY_WAITS_H

#include "gateway/exchange.h"

#define WAITS_MAX 512 /* requests and streams together */

struct waits;
/* `view` is borrowed until free. */
struct waits *waits_new(struct view *view);
void waits_free(struct waits *waits);

/* Looks at the order once more and answers, or keeps the (held) exchange until its order has
 * entered `wait`, ends, or `deadline` is past; then `answer` fills the answer, and the exchange is
 * let go. An exchange that is not held yet is held first, on its own thread. True: answered at
 * once, nothing was kept. */
typedef void waits_answer(struct exchange *exchange, bool reached);
bool waits_add(struct waits *waits, struct exchange *exchange, waits_answer *answer);

/* The order has changed: after its event is in the view. */
void waits_notify(struct waits *waits, int64_t order_id);
/* Deadlines, and signs of life to the streams. */
void waits_tick(struct waits *waits, int64_t now);
/* Answers all, ends all streams, and takes no more. */
void waits_close(struct waits *waits);

/* ---- for events.c: one stream ---- */

struct stream;
/* False: there are WAITS_MAX. */
bool waits_add_stream(struct waits *waits, struct stream *stream);
void waits_remove_stream(struct waits *waits, struct stream *stream);

#endif
