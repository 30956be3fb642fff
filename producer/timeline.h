/* When orders come: intervals, the shifts of their length, and sale events.
 *
 * Days are UTC days. On the 14th and 15th of a month there is a sale event 1 or 2, on 27-29
 * February and on the 30th-31st an event 2 or 3; one draw holds for its days. Orders come faster
 * on the 14th-15th (MIDDLE) and on 27-29 February and the last two days of every other month
 * (END).
 *
 * `volume_millis` divides every interval: 1000 is the model's own pace. The model shifts its
 * intervals every 400 orders, which are about four weeks; a larger volume shifts after as many
 * weeks, not orders, so that it has the same seasons with more orders in them. */
#ifndef OF_PRODUCER_TIMELINE_H
#define OF_PRODUCER_TIMELINE_H

#include <stdint.h>

enum of_pace { OF_PACE_ORDINARY, OF_PACE_MIDDLE, OF_PACE_END };

struct of_day {
    int64_t number; /* days since 1970 */
    enum of_pace pace;
    int event; /* 0: none; else 1..3 */
};

/* The day on which `date` falls; cheap while it stays the same. Start from {.number = INT64_MIN}.
 */
void of_day_set(struct of_day *day, uint64_t seed, int64_t date);

struct of_timeline {
    uint64_t seed;
    int64_t volume_millis;
    int64_t date;  /* of the order at hand, milliseconds */
    int64_t shift; /* sum of the shifts so far, seconds */
    int64_t shifts;
    struct of_day day; /* of `date` */
};

#define OF_VOLUME_MILLIS_MIN 10
#define OF_VOLUME_MILLIS_MAX 10000000

void of_timeline_init(
    struct of_timeline *timeline, uint64_t seed, int64_t start, int64_t volume_millis);

/* From the date of order `order_id` to that of the next. */
void of_timeline_advance(struct of_timeline *timeline, int64_t order_id);

#endif
