/* orderflow-validation: new orders are screened before anyone asks for money. What is wrong with an
 * order says order/screen.h; here are the files that it looks into, read again on SIGHUP, and the
 * way of an order that must pass its customer's hourly limit, too (spending.h): once around through
 * a topic whose key is the customer. */
#include "order/live.h"
#include "order/screen.h"
#include "processors/processor.h"
#include "processors/spending.h"

#include "base/log.h"
#include "base/memory.h"
#include "base/signals.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define FOLDER_DEFAULT "producer/data"
#define KEY_SIZE 24
#define LIMIT_MAX (OF_ORDER_AMOUNT_MAX / 100.0) /* pesos: what an order's total holds */

struct validation {
    const char *folder, *fraud_list; /* options */
    struct of_catalogue *catalogue;
    struct of_frauds *frauds;
    struct of_counter *rejected[OF_REJECTION_COUNT];
    double limit; /* option: pesos an hour, 0: none */
    const char *state_folder;
    struct spending *spending;          /* NULL without a limit */
    char reason[OF_REJECTION_TEXT_MAX]; /* of the order at hand */
    char key[KEY_SIZE];
};

static struct validation validation = {.folder = FOLDER_DEFAULT};

static const struct of_option options[] = {
    {.name = "data",
        .type = OF_OPTION_TEXT,
        .target = &validation.folder,
        .argument = "FOLDER",
        .default_text = FOLDER_DEFAULT,
        .section = "Screening",
        .help = "where catalogue.csv, locations.csv and provinces.csv are"},
    {.name = "fraud-list",
        .type = OF_OPTION_TEXT,
        .target = &validation.fraud_list,
        .argument = "FILE",
        .default_text = "fraud_ips.csv of that folder",
        .help = "addresses whose orders are rejected: CSV with a column ip_address"},
    {.name = "hourly-limit",
        .type = OF_OPTION_REAL,
        .target = &validation.limit,
        .argument = "PESOS",
        .minimum = 0,
        .maximum = LIMIT_MAX,
        .default_text = "0, none",
        .help = "reject what makes one customer's orders within an hour come to more; all "
                "instances need the same one"},
    {.name = "state-dir",
        .type = OF_OPTION_TEXT,
        .target = &validation.state_folder,
        .argument = "FOLDER",
        .help = "where what customers have ordered is kept; --hourly-limit needs it, and each "
                "instance one of its own"},
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

/* Between two orders, and while none comes. Bad files change nothing: orders go on being screened
 * by what is known. */
static void read_again_if_asked(void)
{
    struct of_error error;
    if (of_signals_take_hangup() && load_files(&error) < 0)
        of_log_error(OF_LOG_ERROR, "reference tables stay as they were", &error);
}

static void between(void *context)
{
    (void)context;
    read_again_if_asked();
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

/* To come back from the topic by customer. What could not go on from there stays here. */
static int send_around(
    const struct of_order *order, struct of_verdict *verdict, struct of_error *error)
{
    if (of_order_check(order, OF_TOPIC_UNPAID, error) < 0)
        return OF_INPUT;
    int size = snprintf(
        validation.key, sizeof(validation.key), "%" PRId64, order->customer_info.customer_id);
    verdict->key = (struct of_text){validation.key, (size_t)size};
    verdict->detour = spending_output(validation.spending);
    return OF_OK;
}

static int screen(struct of_order *order, struct of_verdict *verdict, struct of_error *error)
{
    read_again_if_asked();
    enum of_rejection why =
        of_screen(order, validation.catalogue, validation.frauds, validation.reason);
    if (why != OF_REJECTION_NONE)
        return reject(order, why, verdict, error);
    return validation.spending ? send_around(order, verdict, error) : of_screen_pass(order, error);
}

/* Its second time here. */
static int hold_to_limit(const struct of_record *record, struct of_order *order,
    struct of_verdict *verdict, struct of_error *error)
{
    struct of_hourly_verdict hourly;
    int result = spending_decide(validation.spending, record->partition, order, &hourly, error);
    if (result < 0)
        return result;
    verdict->end_batch = spending_is_full(validation.spending);
    if (hourly.accepted)
        return of_screen_pass(order, error);
    if (hourly.full)
        snprintf(validation.reason, sizeof(validation.reason),
            "customer %" PRId64 " has more than %d orders", order->customer_info.customer_id,
            OF_HOURLY_ORDERS_MAX);
    else
        snprintf(validation.reason, sizeof(validation.reason),
            "customer %" PRId64 " orders for %" PRId64 ".%02" PRId64
            " within an hour, the limit is %.2f",
            order->customer_info.customer_id, hourly.ordered / 100, hourly.ordered % 100,
            validation.limit);
    return reject(order, OF_REJECTION_LIMIT, verdict, error);
}

static int decide(void *context, const struct of_record *record, struct of_order *order,
    struct of_verdict *verdict, struct of_error *error)
{
    (void)context;
    return record->input == 0 ? screen(order, verdict, error)
                              : hold_to_limit(record, order, verdict, error);
}

/* ---- the limit's state follows Kafka ---- */

static int assigned(
    void *context, const rd_kafka_topic_partition_list_t *partitions, struct of_error *error)
{
    (void)context;
    return spending_assigned(validation.spending, partitions, error);
}

static void revoked(void *context, const rd_kafka_topic_partition_list_t *partitions)
{
    (void)context;
    (void)partitions;
    spending_revoked(validation.spending);
}

static int committing(
    void *context, rd_kafka_topic_partition_list_t *offsets, struct of_error *error)
{
    (void)context;
    return spending_committing(validation.spending, offsets, error);
}

static int committed(
    void *context, const rd_kafka_topic_partition_list_t *offsets, struct of_error *error)
{
    (void)context;
    (void)offsets;
    return spending_committed(validation.spending, error);
}

static void aborted(void *context)
{
    (void)context;
    spending_aborted(validation.spending);
}

static int start_limit(
    struct of_service *service, struct of_processor_extra *extra, struct of_error *error)
{
    const struct spending_options wanted = {
        .limit = (int64_t)(validation.limit * 100 + .5), .folder = validation.state_folder};
    if (!validation.state_folder)
        return of_fail(error, OF_INPUT, "--hourly-limit needs --state-dir");
    int result = spending_new(service, &wanted, &validation.spending, error);
    if (result < 0)
        return result;
    extra->second_input = spending_output(validation.spending)->topic;
    extra->hooks = (struct of_stage_hooks){.between = between,
        .assigned = assigned,
        .revoked = revoked,
        .committing = committing,
        .committed = committed,
        .aborted = aborted};
    return OF_OK;
}

/* ---- the program ---- */

static int start(void *context, struct of_service *service, const char *instance,
    struct of_processor_extra *extra, struct of_error *error)
{
    (void)context;
    (void)instance;
    for (int i = OF_REJECTION_NONE + 1; i < OF_REJECTION_COUNT; i++) {
        OF_FREE char *labels =
            of_asprintf("reason=\"%s\"", of_rejection_name((enum of_rejection)i));
        validation.rejected[i] = of_metrics_counter(service->metrics,
            "orderflow_orders_rejected_total", "Orders rejected, replays included.", labels);
    }
    of_signals_watch_hangup();
    int result = load_files(error);
    if (result == OF_OK && validation.limit > 0)
        return start_limit(service, extra, error);
    extra->hooks.between = between;
    return result;
}

static const struct of_processor processor = {
    .name = "validation",
    .program = "orderflow-validation",
    .summary = "screens new orders before they are paid",
    .description =
        "Reads unpaid_orders. Orders go to valid_orders as Validated, or to failed_orders as "
        "Rejected when their ip_address is on the fraud list, when they name a SKU or a province "
        "that is not known, or when their amounts do not add up: item_variety against the lines, "
        "each subtotal against price, quantity and discount, order_total against the subtotals; "
        "and with --hourly-limit when they make their customer's orders within one hour come to "
        "more. Orders that cannot be read, or that are not unpaid and new, go as they are to "
        "orders_dlq.\n"
        "For orders to be paid from valid_orders, orderflow-payment needs "
        "payment.input.topic=valid_orders.",
    .epilogue =
        "STATUS EVENTS\n"
        "    If the property order.status.topic names a topic, each order gives an event\n"
        "    there, in the same transaction; that of a rejected one says why.\n"
        "\n"
        "HOURLY LIMIT\n"
        "    Orders that pass the screening go around through the topic\n"
        "    orders_by_customer, whose key is the customer, so that one instance decides\n"
        "    on all orders of a customer. An hour counts by the orders' own dates; what\n"
        "    was rejected does not count. The state is in --state-dir; a lost one is made\n"
        "    anew out of the topic. Without the limit nobody reads that topic: take it\n"
        "    away when no order is on its way there.\n"
        "\n"
        "SIGNALS\n"
        "    SIGHUP  read the reference tables and the fraud list again, at once; if one of\n"
        "            them is bad, all stay as they were, and the log\n"
        "            tells where\n" OF_PROCESSOR_CANCELLING,
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
    spending_free(validation.spending);
    return code;
}
