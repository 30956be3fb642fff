/* What became of the orders of late, out of the topic order_status: an answer for who has just
 * written, which PostgreSQL, seconds behind, could not give. Bounded: past VIEW_ORDERS_MAX orders
 * the one that came first goes, and is read from PostgreSQL from then on. Thread-safe. */
#ifndef GATEWAY_VIEW_H
#define GATEWAY_VIEW_H

#include "order/event.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define VIEW_ORDERS_MAX 32768 /* some 36 MB */
#define VIEW_EVENTS_MAX 16    /* of one order; an order has fewer statuses */
#define VIEW_WORD_SIZE 24     /* a status or a stage, NUL included; longer ones are cut */
#define VIEW_REASON_SIZE 128

struct status_event {
    char status[VIEW_WORD_SIZE], stage[VIEW_WORD_SIZE]; /* stage "": not known */
    char *reason;                                       /* NULL: none */
    int64_t at;                                         /* ms; INT64_MIN: not known */
};

/* One order's events in the order of the steps, the current one last. A value: reasons are its
 * own. */
struct order_view {
    int64_t order_id;
    bool has_customer;
    int64_t customer_id;
    struct status_event events[VIEW_EVENTS_MAX];
    size_t count;
};
void order_view_release(struct order_view *order); /* also for OF_CLEANUP */

/* Puts an event in its place; one of a status that is there already changes nothing. */
void order_view_add(struct order_view *order, const struct of_order_status *event);
/* Puts in what the other knows besides. */
void order_view_merge(struct order_view *order, const struct order_view *other);

/* Its enum of_event; -1: not known. */
int status_index(struct of_text status);
/* How far a status is from the beginning by the legal steps; -1: not known, or a side branch. */
int status_rank(struct of_text status);
/* The status that a user means, whatever its case; NULL: there is none such. Static memory. */
const char *status_find(const char *text);
/* Whether no step leads on. */
bool status_is_final(struct of_text status);

/* All of these of an order with at least one event. */
const struct status_event *order_view_current(const struct order_view *order);
bool order_view_is_final(const struct order_view *order);
/* Whether it has entered that status; case does not matter. */
bool order_view_has(const struct order_view *order, const char *status);
/* Whether its beginning is there: nothing is missing that PostgreSQL might have. */
bool order_view_is_whole(const struct order_view *order);

struct view;
struct view *view_new(size_t limit);
void view_free(struct view *view);

/* True if the event was new to the view. `now`: monotonic ms, for the rates. */
bool view_add(struct view *view, const struct of_order_status *event, int64_t now);

/* A copy, to be released; false: not there. */
bool view_get(struct view *view, int64_t order_id, struct order_view *order);

/* The orders that changed last, the newest first; a copy of each, to be released. */
#define VIEW_LATEST_MAX 20
size_t view_latest(struct view *view, struct order_view orders[VIEW_LATEST_MAX]);

/* Orders a second that came in and that ended, over the last 10 s. */
void view_rates(struct view *view, int64_t now, double *in, double *out);

/* Forgets the latest and the rates; the orders stay, for who asks for one. */
void view_forget_figures(struct view *view);

#endif
