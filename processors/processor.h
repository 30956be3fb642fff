/* What the processors have in common: options, servers, decoding, sending on. A processor itself
 * is a pure transform; where an order goes from there, and whether it may, says the table of legal
 * transitions (order/status.h). */
#ifndef PROCESSORS_PROCESSOR_H
#define PROCESSORS_PROCESSOR_H

#include "kafka/service.h"
#include "order/status.h"

/* What a processor that looks beyond the order adds to its verdict on one. */
struct of_verdict {
    struct of_text reason; /* for the status event; empty: what the status itself says */
    /* Not NULL: the order goes there as it is now, under `key`, and no event is told. */
    const struct of_service_output *detour;
    struct of_text key;
    bool end_batch; /* the transaction holds enough */
};

/* What it adds to the stage, when it starts. */
struct of_processor_extra {
    const char *second_input; /* full name, borrowed until the stage ends; NULL: none */
    struct of_stage_hooks
        hooks; /* a process has one processor: they find its state by themselves */
};

struct of_processor {
    const char *name, *program; /* "payment", "orderflow-payment" */
    const char *summary, *description, *epilogue;
    enum of_order_topic input;
    const char *input_setting; /* the property that names another one; NULL: none does */
    /* Changes the order by its seed alone. INPUT: its state is not one this processor takes. */
    int (*transform)(struct of_order *order, uint64_t seed, struct of_error *error);
    int64_t handling_ms[2][2]; /* simulated, [express]{least, most} */

    /* Of a processor that looks at more than the order; NULL of the others. */
    const struct of_option *options; /* its own, at most OF_PROCESSOR_OPTIONS_MAX */
    int (*start)(void *context, struct of_service *service, const char *instance,
        struct of_processor_extra *extra, struct of_error *error);
    /* Instead of transform. The record is the order's own. */
    int (*decide)(void *context, const struct of_record *record, struct of_order *order,
        struct of_verdict *verdict, struct of_error *error);
    void *context;
};
#define OF_PROCESSOR_OPTIONS_MAX 16

/* Of each one's epilogue. */
#define OF_PROCESSOR_CANCELLING                                                                    \
    "\n"                                                                                           \
    "CANCELLING\n"                                                                                 \
    "    If the property order.cancel.topic names a topic, an order that somebody asked there\n"   \
    "    to be cancelled is cancelled here, if this is where it is; see orderflow-gateway.\n"

/* The whole program; yields its exit code. */
int of_processor_main(const struct of_processor *processor, int argc, char **argv);

#endif
