/* How far a run has got: a bar on a terminal, a log line now and then elsewhere. */
#ifndef OF_PRODUCER_PROGRESS_H
#define OF_PRODUCER_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

struct of_progress {
    const char *title;
    bool terminal, silent, shown;
    int64_t began, last; /* monotonic ms */
    int64_t first_count, last_count;
    double first_share;
};

/* `share` of the whole (0..1) and `count` of orders done before; a negative share: no end is
 * known. `silent`: show nothing. */
void of_progress_begin(
    struct of_progress *progress, const char *title, double share, int64_t count, bool silent);
/* Cheap; shows something at most ten times a second (terminal), every five seconds, or every minute
 * when no end is known. */
void of_progress_update(struct of_progress *progress, double share, int64_t count);
void of_progress_end(struct of_progress *progress, double share, int64_t count);

/* "1 h 02 min", "3 min 20 s", "12 s". */
#define OF_SPAN_MAX 32
const char *of_span_print(int64_t seconds, char text[static OF_SPAN_MAX]);

#endif
