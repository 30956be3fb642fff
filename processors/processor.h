/* What the processors have in common: options, servers, decoding, sending on. A processor itself
 * is a pure transform and a table that says to which topic each status goes. */
#ifndef PROCESSORS_PROCESSOR_H
#define PROCESSORS_PROCESSOR_H

#include "schemas/order.h"

#define OF_PROCESSOR_OUTCOMES_MAX 4

struct of_outcome {
    const char *status; /* as the transform left it */
    bool paid;
    const char *topic; /* base name */
};

struct of_processor {
    const char *name, *program; /* "payment", "orderflow-payment" */
    const char *summary, *description;
    const char *input; /* base name of the topic read */
    /* Changes the order by its seed alone. INPUT: its state is not one this processor takes. */
    int (*transform)(struct of_order *order, uint64_t seed, struct of_error *error);
    struct of_outcome outcomes[OF_PROCESSOR_OUTCOMES_MAX]; /* ended by a NULL status */
    int64_t handling_ms[2][2];                             /* simulated, [express]{least, most} */
};

/* The whole program; yields its exit code. */
int of_processor_main(const struct of_processor *processor, int argc, char **argv);

#endif
