/* Dates of past orders and the events that hold on them. Live orders take their dates from the
 * clock and only ask which event holds. */
#include "timeline.h"

#include "base/clock.h"
#include "order/retail.h"

#define ORDERS_PER_SHIFT 400
#define SHORTEST_INTERVAL (10 * 60) /* seconds; shorter ones are drawn again */

static const uint32_t interval_weights[] = {23, 63, 14}; /* slow, normal, fast */
static const uint32_t shift_weights[] = {39, 14, 47};    /* longer, unchanged, shorter */

static int draw_event(uint64_t seed, enum of_draw purpose, const struct of_date *date)
{
    struct of_random random = of_retail_random(seed, purpose, date->year * 12 + date->month);
    return purpose == OF_DRAW_MIDDLE_EVENT ? (of_random_chance(&random, 70, 100) ? 1 : 2)
                                           : (of_random_chance(&random, 65, 100) ? 2 : 3);
}

void of_day_set(struct of_day *day, uint64_t seed, int64_t date)
{
    int64_t number = (date - (date < 0 ? OF_DAY - 1 : 0)) / OF_DAY;
    if (number == day->number)
        return;
    struct of_date parts;
    of_date_from_millis(date, &parts);
    bool february = parts.month == 2;
    bool middle = parts.day == 14 || parts.day == 15;
    bool last =
        february ? parts.day >= 27 : parts.day >= of_days_in_month(parts.year, parts.month) - 1;
    bool sale = february ? parts.day >= 27 : parts.day >= 30;
    day->number = number;
    day->pace = middle ? OF_PACE_MIDDLE : last ? OF_PACE_END : OF_PACE_ORDINARY;
    day->event = middle ? draw_event(seed, OF_DRAW_MIDDLE_EVENT, &parts)
                 : sale ? draw_event(seed, OF_DRAW_END_EVENT, &parts)
                        : 0;
}

void of_timeline_init(
    struct of_timeline *timeline, uint64_t seed, int64_t start, int64_t volume_millis)
{
    *timeline = (struct of_timeline){
        .seed = seed, .volume_millis = volume_millis, .date = start, .day = {.number = INT64_MIN}};
    of_day_set(&timeline->day, seed, start);
}

static int64_t draw_shift(uint64_t seed, int64_t number)
{
    struct of_random random = of_retail_random(seed, OF_DRAW_SHIFT, number);
    switch (of_random_weighted(&random, shift_weights, OF_COUNT(shift_weights))) {
    case 0:
        return of_random_between(&random, 2, 4) * 60 + of_random_between(&random, 0, 29);
    case 1:
        return 0;
    default:
        return -of_random_between(&random, 2, 4) * 60 - of_random_between(&random, 29, 59);
    }
}

/* Hours, minutes and seconds of the model, before shift and volume. */
static int64_t draw_interval(struct of_random *random, enum of_pace pace)
{
    int64_t hours = 0, minutes;
    if (pace == OF_PACE_ORDINARY) {
        size_t kind = of_random_weighted(random, interval_weights, OF_COUNT(interval_weights));
        hours = kind == 0   ? of_random_between(random, 1, 4)
                : kind == 1 ? of_random_between(random, 1, 3)
                            : of_random_between(random, 0, 2);
        minutes = of_random_between(random, kind == 1 ? 19 : 29, 59);
    } else {
        if (pace == OF_PACE_MIDDLE)
            hours = of_random_between(random, 0, 1);
        minutes = of_random_between(random, 34, 59);
    }
    return hours * 3600 + minutes * 60 + of_random_between(random, 0, 59);
}

void of_timeline_advance(struct of_timeline *timeline, int64_t order_id)
{
    int64_t shifts = order_id * 1000 / (ORDERS_PER_SHIFT * timeline->volume_millis);
    while (timeline->shifts < shifts)
        timeline->shift += draw_shift(timeline->seed, ++timeline->shifts);
    struct of_random random = of_retail_random(timeline->seed, OF_DRAW_INTERVAL, order_id);
    int64_t interval = draw_interval(&random, timeline->day.pace) + timeline->shift;
    if (interval < SHORTEST_INTERVAL)
        interval = of_random_between(&random, 6, 12) * 60 + of_random_between(&random, 30, 59);
    timeline->date += interval * (OF_SECOND * 1000) / timeline->volume_millis;
    of_day_set(&timeline->day, timeline->seed, timeline->date);
}
