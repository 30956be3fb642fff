/* orderflow-delivery: shipped orders are delivered, cancelled or returned. */
#include "order/live.h"
#include "processors/processor.h"

static const struct of_processor delivery = {
    .name = "delivery",
    .program = "orderflow-delivery",
    .summary = "takes shipped orders to their end",
    .description =
        "Reads shipped_orders. Of these, 95 in 100 are delivered and go to finished_orders; 3.5 "
        "are cancelled and 1.5 returned, and go to failed_orders. They end within two days before "
        "and a day and a half after their estimated time of arrival. Orders that cannot be read, "
        "or that are not shipped, go as they are to orders_dlq.",
    .input = OF_TOPIC_SHIPPED,
    .transform = of_live_delivery,
    .handling_ms = {{1250, 2000}, {250, 1000}},
};

int main(int argc, char **argv)
{
    return of_processor_main(&delivery, argc, argv);
}
