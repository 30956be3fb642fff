/* orderflow-payment: unpaid orders are paid, or time out. */
#include "order/live.h"
#include "processors/processor.h"

static const struct of_processor payment = {
    .name = "payment",
    .program = "orderflow-payment",
    .summary = "takes unpaid orders and sends on those that were paid",
    .description =
        "Reads unpaid_orders, or with payment.input.topic=valid_orders those that were screened. "
        "Of "
        "these, 77 in 100 are paid within three days (by bank transfer, "
        "credit card or digital wallet) and go to paid_orders; the others time out seven days "
        "after the order and go to failed_orders. Orders that cannot be read, or that are not "
        "unpaid, go as they are to orders_dlq.",
    .input = OF_TOPIC_UNPAID,
    .input_setting = "payment.input.topic",
    .transform = of_live_payment,
    .handling_ms = {{250, 1000}, {250, 1000}},
};

int main(int argc, char **argv)
{
    return of_processor_main(&payment, argc, argv);
}
