/* orderflow-shipping: paid orders are shipped, or cancelled. */
#include "order/live.h"
#include "processors/processor.h"

static const struct of_processor shipping = {
    .name = "shipping",
    .program = "orderflow-shipping",
    .summary = "takes paid orders and sends on those that were shipped",
    .description =
        "Reads paid_orders. Of these, 95 in 100 are shipped, 12 to 36 hours after the payment "
        "(express) or 24 to 60, and go to shipped_orders; the others are cancelled and go to "
        "failed_orders. Orders that cannot be read, or that are not paid and in processing, go as "
        "they are to orders_dlq.",
    .input = OF_TOPIC_PAID,
    .transform = of_live_shipping,
    .handling_ms = {{250, 1000}, {250, 1000}},
};

int main(int argc, char **argv)
{
    return of_processor_main(&shipping, argc, argv);
}
