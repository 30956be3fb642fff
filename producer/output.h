/* Where orders go: standard output or Kafka, behind one face. */
#ifndef OF_PRODUCER_OUTPUT_H
#define OF_PRODUCER_OUTPUT_H

#include "order/status.h"
#include "schemas/generator_state.h"

struct of_output {
    void *context;
    /* The order is borrowed for the call. */
    int (*send)(void *context, const struct of_order *order, enum of_order_topic topic,
        struct of_error *error);
    /* Makes what was sent since the last commit visible at once, with the state behind it. */
    int (*commit)(void *context, const struct of_generator_state *state, struct of_error *error);
};

#endif
