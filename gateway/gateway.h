/* What the parts of the gateway share. All of it is made before HTTP starts and freed after it has
 * stopped. */
#ifndef GATEWAY_GATEWAY_H
#define GATEWAY_GATEWAY_H

#include "base/config.h"
#include "gateway/bucket.h"
#include "gateway/check.h"
#include "gateway/child.h"
#include "gateway/figures.h"
#include "gateway/jobs.h"
#include "gateway/view.h"
#include "gateway/waits.h"
#include "gateway/writer.h"
#include "telemetry/server.h"

struct gateway {
    const struct of_config *config;
    const char *token; /* NULL: nobody is asked */
    double rate_limit; /* requests a second and client; 0: none */
    struct of_metrics *metrics;
    struct of_health *health;
    struct of_counter *requests[6]; /* by the first digit of their status */
    struct buckets *buckets;
    struct check *order_check, *truncation_check;
    struct view *view;
    struct waits *waits;
    struct writer *writer;
    struct jobs *jobs;
    struct figures *figures;
    struct child *child;
    struct follower *follower;
    struct truncation *truncation;
};

#endif
