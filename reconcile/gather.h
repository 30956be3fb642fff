/* Reads the topics of the pipeline into a ledger, so that it fits together while orders flow. */
#ifndef ORDERFLOW_RECONCILE_GATHER_H
#define ORDERFLOW_RECONCILE_GATHER_H

#include "base/config.h"
#include "kafka/scan.h"
#include "ledger.h"

struct gathered {
    int64_t surely, at_most; /* as ledger_balance wants them */
    int64_t records[OF_ORDER_TOPIC_COUNT];
};

/* INPUT: one of the topics is not there; RETRY: broker or registry is out of reach. */
int gather_topics(const struct of_config *config, struct ledger *ledger, struct gathered *gathered,
    struct of_error *error) OF_NODISCARD;

#endif
