/* orderflow-validation: new orders are screened before anyone asks for money. What is wrong with an
 * order says order/screen.h; here are the files that it looks into, read again on SIGHUP. */
#include "order/live.h"
#include "order/screen.h"
#include "processors/processor.h"

#include "base/log.h"
#include "base/memory.h"
#include "base/signals.h"

#include <stdlib.h>

struct validation {
    const char *folder, *fraud_list; /* options; the folder else by the configuration */
    struct of_catalogue *catalogue;
    struct of_frauds *frauds;
    struct of_counter *rejected[OF_REJECTION_COUNT];
    char reason[OF_REJECTION_TEXT_MAX]; /* of the order at hand */
};

static struct validation validation;

static const struct of_option options[] = {
    {.name = "reference",
        .type = OF_OPTION_TEXT,
        .target = &validation.folder,
        .argument = "FOLDER",
        .default_text = "the property reference.folder, producer/data",
        .section = "Screening",
        .help = "where catalogue.csv, locations.csv and provinces.csv are"},
    {.name = "fraud-list",
        .type = OF_OPTION_TEXT,
        .target = &validation.fraud_list,
        .argument = "FILE",
        .default_text = "fraud_ips.csv of that folder",
        .help = "addresses whose orders are rejected: CSV with a column ip_address"},
    {.name = NULL},
};

/* ---- files ---- */

/* All of them, or nothing has changed. */
static int load_files(struct of_error *error)
{
    OF_CLEANUP(of_cleanup_catalogue) struct of_catalogue *catalogue = NULL;
    OF_CLEANUP(of_cleanup_frauds) struct of_frauds *frauds = NULL;
    OF_FREE char *list = validation.fraud_list ? of_strdup(validation.fraud_list)
                                               : of_asprintf("%s/fraud_ips.csv", validation.folder);
    int result = of_catalogue_load(validation.folder, &catalogue, error);
    if (result == OF_OK)
        result = of_frauds_load(list, &frauds, error);
    if (result < 0)
        return result;
    if (validation.catalogue)
        of_catalogue_free(validation.catalogue);
    of_frauds_free(validation.frauds);
    validation.catalogue = OF_TAKE(catalogue);
    validation.frauds = OF_TAKE(frauds);
    of_log(OF_LOG_INFO, "reference tables read", OF_F_TEXT("folder", validation.folder),
        OF_F_TEXT("fraud_list", list),
        OF_F_INT("addresses", (int64_t)of_frauds_count(validation.frauds)));
    return OF_OK;
}

/* Between two orders. Bad files change nothing: orders go on being screened by what is known. */
static void read_again_if_asked(void)
{
    struct of_error error;
    if (of_signals_take_hangup() && load_files(&error) < 0)
        of_log_error(OF_LOG_ERROR, "reference tables stay as they were", &error);
}

/* ---- one order ---- */

static int reject(struct of_order *order, enum of_rejection why, struct of_verdict *verdict,
    struct of_error *error)
{
    if (of_screen_reject(order, error) < 0)
        return OF_INPUT;
    of_counter_add(validation.rejected[why], 1);
    verdict->reason = (struct of_text){validation.reason, strlen(validation.reason)};
    return OF_OK;
}

static int decide(void *context, const struct of_record *record, struct of_order *order,
    struct of_verdict *verdict, struct of_error *error)
{
    (void)context;
    (void)record;
    read_again_if_asked();
    enum of_rejection why =
        of_screen(order, validation.catalogue, validation.frauds, validation.reason);
    return why == OF_REJECTION_NONE ? of_screen_pass(order, error)
                                    : reject(order, why, verdict, error);
}

/* ---- the program ---- */

static int start(void *context, struct of_service *service, const char *instance,
    struct of_processor_extra *extra, struct of_error *error)
{
    (void)context;
    (void)instance;
    (void)extra;
    if (!validation.folder)
        validation.folder = of_config_get(service->config, "reference.folder");
    for (int i = OF_REJECTION_NONE + 1; i < OF_REJECTION_COUNT; i++) {
        OF_FREE char *labels =
            of_asprintf("reason=\"%s\"", of_rejection_name((enum of_rejection)i));
        validation.rejected[i] = of_metrics_counter(service->metrics,
            "orderflow_orders_rejected_total", "Orders rejected, replays included.", labels);
    }
    of_signals_watch_hangup();
    return load_files(error);
}

static const struct of_processor processor = {
    .name = "validation",
    .program = "orderflow-validation",
    .summary = "screens new orders before they are paid",
    .description =
        "Reads unpaid_orders. Orders go to valid_orders as Validated, or to failed_orders as "
        "Rejected when their ip_address is on the fraud list, when they name a SKU or a province "
        "that is not known, or when their amounts do not add up: item_variety against the lines, "
        "each subtotal against price, quantity and discount, order_total against the subtotals. "
        "Orders that cannot be read, or that are not unpaid and new, go as they are to "
        "orders_dlq.\n"
        "For orders to be paid from valid_orders, orderflow-payment needs "
        "payment.input.topic=valid_orders.",
    .epilogue = "STATUS EVENTS\n"
                "    If the property order.status.topic names a topic, each order gives an event\n"
                "    there, in the same transaction; that of a rejected one says why.\n"
                "\n"
                "SIGNALS\n"
                "    SIGHUP  read the reference tables and the fraud list again before the next\n"
                "            order; if one of them is bad, all stay as they were\n",
    .input = OF_TOPIC_UNPAID,
    .handling_ms = {{250, 1000}, {250, 1000}},
    .options = options,
    .start = start,
    .decide = decide,
};

int main(int argc, char **argv)
{
    int code = of_processor_main(&processor, argc, argv);
    if (validation.catalogue)
        of_catalogue_free(validation.catalogue);
    of_frauds_free(validation.frauds);
    return code;
}
