/* orderflow-export: external orders as files, and to the partner. How an order is put together is
 * exporter.c's. */
#include "exporter.h"

#include "base/clock.h"
#include "base/log.h"
#include "kafka/payload.h"
#include "kafka/service.h"
#include "order/event.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define KEY_SIZE 24
#define STAGE "export"

struct options {
    struct of_common_options common;
    struct of_batch_options batch;
    const char *folder;
    int64_t hold_seconds;
};

struct runner {
    struct options options;
    struct of_service service;
    struct of_wire_reader *reader;
    struct exporter exporter;
    struct of_order_line line;
    struct of_buffer value;
    struct of_service_output events; /* without a topic: none are wanted */
    struct of_stage *stage;          /* while it calls */
    char *input_topic;
    struct of_counter *exported, *given_up, *held;
};

static void release(struct runner *runner)
{
    if (runner->reader)
        of_wire_reader_free(runner->reader);
    exporter_release(&runner->exporter);
    of_service_output_release(&runner->events);
    free(runner->input_topic);
    of_order_line_release(&runner->line);
    of_buffer_release(&runner->value);
    of_service_release(&runner->service);
}

/* ---- what the exporter says ---- */

static int on_exported(
    void *context, const struct of_order_line *line, const char *name, struct of_error *error)
{
    struct runner *runner = context;
    struct of_order_status event;
    char key[KEY_SIZE];
    if (!runner->events.topic)
        return OF_OK;
    of_event_fill(&event, OF_EVENT_EXPORTED, line->order_id, line->customer_id, STAGE,
        of_clock_now(), (struct of_text){name, strlen(name)});
    if (of_event_encode(&event, runner->events.schema_id, &runner->value, error) < 0)
        return of_error_kind(error, "encode");
    int size = snprintf(key, sizeof(key), "%" PRId64, line->order_id);
    const struct of_message message =
        of_service_message(&runner->events, key, (size_t)size, &runner->value);
    return of_stage_emit(runner->stage, &message, error);
}

static int on_dead_letter(void *context, const struct of_record *record, struct of_error *why)
{
    struct runner *runner = context;
    return of_stage_dead_letter(runner->stage, record, why);
}

/* ---- what the stage asks ---- */

static int transform(
    void *context, struct of_stage *stage, const struct of_record *record, struct of_error *error)
{
    struct runner *runner = context;
    const uint8_t *body;
    size_t size;
    runner->stage = stage;
    int result = of_payload_body(runner->reader, record, &body, &size, error);
    if (result < 0)
        return result;
    if (of_order_line_decode(&runner->line, body, size, error) < 0)
        return of_error_kind(error, "decode");
    result = exporter_take(
        &runner->exporter, record, body, size, &runner->line, of_clock_monotonic(), error);
    if (exporter_is_slow(&runner->exporter))
        of_stage_end_batch(stage);
    return result;
}

static int before_commit(void *context, struct of_stage *stage, struct of_error *error)
{
    struct runner *runner = context;
    runner->stage = stage;
    return exporter_settle(&runner->exporter, of_clock_monotonic(), error);
}

static int committed(
    void *context, const rd_kafka_topic_partition_list_t *offsets, struct of_error *error)
{
    (void)offsets;
    (void)error;
    struct runner *runner = context;
    of_counter_add(runner->exported, runner->exporter.exported);
    of_counter_add(runner->given_up, runner->exporter.given_up);
    of_counter_set(runner->held, (int64_t)runner->exporter.held.count);
    runner->exporter.exported = runner->exporter.given_up = 0;
    return OF_OK;
}

static void forget(void *context)
{
    struct runner *runner = context;
    exporter_forget(&runner->exporter);
}

static void revoked(void *context, const rd_kafka_topic_partition_list_t *partitions)
{
    (void)partitions; /* all of them are taken at once */
    forget(context);
}

static int64_t needed(void *context, const char *topic, int32_t partition)
{
    (void)topic;
    const struct runner *runner = context;
    return exporter_needed(&runner->exporter, partition);
}

/* ---- starting ---- */

static void make_meters(struct runner *runner)
{
    struct of_metrics *metrics = runner->service.metrics;
    runner->exported = of_metrics_counter(metrics, "orderflow_exported_orders_total",
        "Orders whose file stands and that the partner took.", NULL);
    runner->given_up = of_metrics_counter(metrics, "orderflow_export_given_up_total",
        "Orders whose lines were dead-lettered: refused, or incomplete for too long.", NULL);
    runner->held = of_metrics_gauge(
        metrics, "orderflow_export_held_orders", "Orders that wait for further lines.", NULL);
}

static int prepare(struct runner *runner, struct of_error *error)
{
    struct of_service *service = &runner->service;
    struct exporter *exporter = &runner->exporter;
    make_meters(runner);
    exporter->topic = runner->input_topic;
    exporter->hold_ms = runner->options.hold_seconds * OF_SECOND;
    exporter->words = (struct exporter_words){on_exported, on_dead_letter, runner};
    int result = files_open(
        &exporter->files, runner->options.folder, runner->options.common.instance, error);
    if (result == OF_OK)
        result = partner_open(&exporter->partner, service->config, error);
    char *events = result == OF_OK ? of_event_topic(service->config) : NULL;
    if (events)
        result = of_service_find(service, events, of_order_status_schema,
            of_order_status_schema_size, &runner->events, error);
    if (result == OF_OK)
        result = of_wire_reader_new(service->registry, of_order_line_schema,
            of_order_line_schema_size, OF_ORDER_LINE_BYTES_MAX, &runner->reader, error);
    return result;
}

static int run(struct runner *runner)
{
    const struct options *options = &runner->options;
    struct of_error error;
    runner->input_topic = of_config_topic(runner->service.config, "external_orders");
    const char *const inputs[] = {runner->input_topic, NULL};
    const struct of_stage_spec spec = {.name = STAGE,
        .instance = options->common.instance,
        .inputs = inputs,
        .transform = transform,
        .hooks = {.revoked = revoked,
            .before_commit = before_commit,
            .committed = committed,
            .aborted = forget,
            .needed = needed},
        .context = runner,
        .batch_records = options->batch.records,
        .batch_ms = options->batch.ms};
    return of_service_run(&runner->service, &spec, prepare(runner, &error), &error);
}

static const char description[] =
    "Reads the lines in external_orders. When all external lines of an order are there, it is "
    "written as one JSON file, FOLDER/DAY/order-NUMBER.json, where DAY is the order's date. A file "
    "appears whole or not at all, and once, however the program ends. If the property "
    "export.partner.url is set, the same JSON is sent there by POST, with an Idempotency-Key that "
    "depends on the order alone. Then the event Exported is written.\n"
    "An order that the partner refuses, or does not take at the last try, goes to orders_dlq, all "
    "its lines; so does one whose lines stay incomplete. Put back by orderflow-dlq replay, it is "
    "exported like any other.";

static const char epilogue[] =
    "PROPERTIES\n"
    "    export.partner.url                  where to send orders; empty: nowhere\n"
    "    export.partner.bearer.token         sent along, if set\n"
    "    export.partner.request.timeout.ms   of one try (2000)\n"
    "    export.partner.retries              after the first try (5), on 429, 5xx and errors of "
    "the\n"
    "                                        connection; no try of an order begins later than\n"
    "                                        six tenths of transaction.timeout.ms after its "
    "first\n"
    "    export.partner.retries.wait.ms      before the first retry (200), doubled each time\n"
    "    export.partner.retries.max.wait.ms  at the most (2000)\n"
    "    export.partner.ssl.ca.location      certificates to trust besides the system's\n"
    "\n"
    "NOTES\n"
    "    Lines of orders that are not complete are held in memory, of 10,000 orders and 64 MiB at\n"
    "    the most; no offset behind the oldest of them is committed, so that nothing is lost with\n"
    "    the process. Such an order shows as lag of the group orderflow-export.\n";

int main(int argc, char **argv)
{
    OF_CLEANUP(release)
    struct runner runner = {.options = {.common = OF_COMMON_DEFAULTS,
                                .batch = OF_BATCH_DEFAULTS,
                                .folder = "export",
                                .hold_seconds = 600}};
    struct options *options = &runner.options;
    const struct of_option table[] = {
        {.name = "folder",
            .type = OF_OPTION_TEXT,
            .target = &options->folder,
            .argument = "FOLDER",
            .default_text = "export",
            .section = "Export",
            .help = "where the files go; made if it is missing"},
        {.name = "hold-seconds",
            .type = OF_OPTION_INT,
            .target = &options->hold_seconds,
            .argument = "N",
            .minimum = 1,
            .maximum = 86400,
            .default_text = "600",
            .help = "give up an order whose lines are incomplete for that long; looked at with "
                    "each commit"},
        OF_BATCH_OPTIONS(&options->batch),
        OF_COMMON_OPTIONS(&options->common),
        {0},
    };
    const struct of_program program = {.name = "orderflow-export",
        .synopsis = "[OPTION...]",
        .summary = "writes external orders as JSON files, and sends them to the partner",
        .description = description,
        .epilogue = epilogue,
        .options = table};
    int code;
    exporter_init(&runner.exporter);
    of_order_line_init(&runner.line);
    of_buffer_init(&runner.value, OF_ORDER_STATUS_BYTES_MAX + OF_WIRE_HEADER_SIZE);
    return of_service_start(&runner.service, &program, &options->common, argc, argv, &code)
               ? code
               : run(&runner);
}
