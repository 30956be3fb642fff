/* What the processors have in common: options, servers, decoding, sending on. A processor itself
 * is a pure transform; where an order goes from there, and whether it may, says the table of legal
 * transitions (order/status.h). */
#ifndef PROCESSORS_PROCESSOR_H
#define PROCESSORS_PROCESSOR_H

#include "order/status.h"

struct of_processor {
    const char *name, *program; /* "payment", "orderflow-payment" */
    const char *summary, *description;
    enum of_order_topic input;
    /* Changes the order by its seed alone. INPUT: its state is not one this processor takes. */
    int (*transform)(struct of_order *order, uint64_t seed, struct of_error *error);
    int64_t handling_ms[2][2]; /* simulated, [express]{least, most} */
};

/* The whole program; yields its exit code. */
int of_processor_main(const struct of_processor *processor, int argc, char **argv);

#endif
