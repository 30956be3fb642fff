/* The thread that keeps the view: it reads order_status from FOLLOW_BACK_MS before the start on,
 * joins no group and commits nothing. It counts the open letters of orders_dlq besides: those that
 * orderflow-dlq has neither replayed nor dropped. */
#ifndef GATEWAY_FOLLOW_H
#define GATEWAY_FOLLOW_H

#include "base/config.h"
#include "gateway/view.h"
#include "gateway/waits.h"
#include "telemetry/metrics.h"

/* Longer than PostgreSQL is ever behind: what the view lacks after a start, the tables have. */
#define FOLLOW_BACK_MS (15 * 60 * 1000)

struct follower;
/* Waits for the servers by itself. All is borrowed until free. INPUT: order.status.topic is not
 * set. */
int follower_new(const struct of_config *config, struct view *view, struct waits *waits,
    struct of_metrics *metrics, struct follower **follower, struct of_error *error) OF_NODISCARD;
void follower_free(struct follower *follower);

/* Open letters in orders_dlq. */
int64_t follower_dead_letters(struct follower *follower);

#endif
