/* The generator as the gateway's child: orderflow-producer --mode live, while it is wanted.
 *
 * What it made stands in the topic generator_state, and so a child that was killed, or the one of a
 * gateway that was, is followed by one that goes on behind it: no order twice. A child dies with
 * its gateway. One that another generator took over from (./orderflow start producer, or a second
 * gateway's) is not started again until somebody asks for it. */
#ifndef GATEWAY_CHILD_H
#define GATEWAY_CHILD_H

#include "base/config.h"
#include "gateway/writer.h"

#include <jansson.h>

#define CHILD_STOP_MS 10000 /* from SIGTERM to SIGKILL */
#define CHILD_LEAVE_MS 3000 /* likewise, at the gateway's own end */
#define CHILD_PAUSE_MS 2000 /* before one that ended is started again */

struct child;
/* `program`: path of orderflow-producer; `part`: pid file of the generator that ./orderflow runs as
 * a part, or NULL; `common` is handed on to the child. Borrowed until free. */
struct child *child_new(
    const char *program, const char *part, const struct of_common_options *common);
/* Asks it to end. Then child_tick must not be called any more. */
void child_close(struct child *child);
/* Waits for its end. */
void child_free(struct child *child);

/* On the main thread, again and again: what is wanted becomes true. */
void child_tick(struct child *child, const struct generator_wish *wish, int64_t now);
/* On any thread: somebody asks anew. */
void child_renew(struct child *child);
/* On any thread: whether the part runs, which is not this switch's to start or stop. */
bool child_is_elsewhere(const struct child *child);
/* On any thread; a new reference. */
json_t *child_print(struct child *child, const struct generator_wish *wish);

#endif
