/* Orders to Kafka, in transactions with the generator's state. */
#ifndef OF_PRODUCER_SENDER_H
#define OF_PRODUCER_SENDER_H

#include "options.h"
#include "telemetry/metrics.h"
#include "telemetry/server.h"

/* Runs until all that was asked for is committed, or SIGTERM (what was begun is committed then).
 * After a transaction that failed it reads what is committed and goes on from there. RETRY: no
 * transaction has succeeded for OF_SENDER_GIVE_UP_MS, or at the start the servers have not answered
 * within startup.timeout.ms. INPUT: options that contradict the topics, missing topics. FATAL with
 * `fenced` true: a second generator has taken over. */
#define OF_SENDER_GIVE_UP_MS (10 * 60 * 1000)
int of_send_orders(const struct of_producer_options *options, const struct of_config *config,
    struct of_metrics *metrics, struct of_health *health, bool *fenced,
    struct of_error *error) OF_NODISCARD;

#endif
