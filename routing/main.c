/* orderflow-routing: the lines of paid orders, named, to internal_orders or external_orders. What
 * goes where decides lines.c. */
#include "lines.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/signals.h"
#include "kafka/payload.h"
#include "kafka/service.h"
#include "order/event.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define KEY_SIZE 24
#define STAGE "routing"

struct options {
    struct of_common_options common;
    struct of_batch_options batch;
    const char *data, *rules;
};

struct runner {
    struct options options;
    struct of_service service;
    struct of_wire_reader *reader;
    struct routing_tables tables;
    struct of_order order;
    struct routed_lines lines;
    struct of_buffer value;
    struct of_service_output outputs[ROUTE_COUNT];
    struct of_service_output events; /* without a topic: none are wanted */
    struct of_counter *counters[ROUTE_COUNT];
    char *input_topic;
};

static void release(struct runner *runner)
{
    if (runner->reader)
        of_wire_reader_free(runner->reader);
    for (size_t i = 0; i < ROUTE_COUNT; i++)
        of_service_output_release(&runner->outputs[i]);
    of_service_output_release(&runner->events);
    free(runner->input_topic);
    routing_tables_release(&runner->tables);
    of_order_release(&runner->order);
    of_buffer_release(&runner->value);
    of_service_release(&runner->service);
}

/* ---- rules and tables ---- */

static int load_tables(struct runner *runner, struct of_error *error)
{
    const struct options *options = &runner->options;
    int result = routing_tables_load(&runner->tables, options->data, options->rules, error);
    if (result == OF_OK)
        of_log(OF_LOG_INFO, "rules", OF_F_TEXT("file", options->rules),
            OF_F_INT("rules", (int64_t)runner->tables.rules.count));
    return result;
}

/* Between two orders, and while none comes: all lines of one go by the same rules. Bad files change
 * nothing. */
static void read_again_if_asked(struct runner *runner)
{
    struct of_error error;
    if (of_signals_take_hangup() && load_tables(runner, &error) < 0)
        of_log_error(OF_LOG_ERROR, "rules and tables stay as they were", &error);
}

static void between(void *context)
{
    read_again_if_asked(context);
}

/* ---- one order ---- */

static int read_order(struct runner *runner, const struct of_record *record, struct of_error *error)
{
    const uint8_t *body;
    size_t size;
    int result = of_payload_body(runner->reader, record, &body, &size, error);
    if (result < 0)
        return result;
    result = of_order_decode(&runner->order, body, size, error);
    return result < 0 ? of_error_kind(error, "decode") : OF_OK;
}

static int emit_line(struct runner *runner, struct of_stage *stage, size_t index,
    struct of_text key, struct of_error *error)
{
    const struct of_service_output *output = &runner->outputs[runner->lines.routes[index]];
    of_buffer_clear(&runner->value);
    if (of_wire_begin(&runner->value, output->schema_id) < 0)
        return of_buffer_check(&runner->value, "a line", error);
    if (of_order_line_encode(&runner->lines.items[index], &runner->value, error) < 0)
        return of_error_kind(error, "encode");
    const struct of_message message =
        of_service_message(output, key.data, key.length, &runner->value);
    return of_stage_emit(stage, &message, error);
}

static int emit_event(struct runner *runner, struct of_stage *stage, enum of_event kind,
    struct of_text key, struct of_error *error)
{
    struct of_order_status event;
    of_event_fill(&event, kind, runner->order.order_id, runner->order.customer_info.customer_id,
        STAGE, of_clock_now(), (struct of_text){NULL, 0});
    if (of_event_encode(&event, runner->events.schema_id, &runner->value, error) < 0)
        return of_error_kind(error, "encode");
    const struct of_message message =
        of_service_message(&runner->events, key.data, key.length, &runner->value);
    return of_stage_emit(stage, &message, error);
}

static int transform(
    void *context, struct of_stage *stage, const struct of_record *record, struct of_error *error)
{
    struct runner *runner = context;
    char text[KEY_SIZE];
    read_again_if_asked(runner);
    int result = read_order(runner, record, error);
    if (result == OF_OK)
        result = routing_make_lines(&runner->order, &runner->tables, &runner->lines, error);
    if (result < 0)
        return result;
    int size = snprintf(text, sizeof(text), "%" PRId64, runner->order.order_id);
    struct of_text key = {text, (size_t)size};
    for (size_t i = 0; i < runner->lines.count && result == OF_OK; i++) {
        of_counter_add(runner->counters[runner->lines.routes[i]], 1);
        result = emit_line(runner, stage, i, key, error);
    }
    if (result == OF_OK && runner->events.topic)
        result = emit_event(runner, stage, OF_EVENT_ENRICHED, key, error);
    if (result == OF_OK && runner->events.topic)
        result = emit_event(runner, stage, OF_EVENT_ROUTED, key, error);
    return result;
}

/* ---- starting ---- */

static int prepare_outputs(struct runner *runner, struct of_error *error)
{
    static const char *const topics[ROUTE_COUNT] = {"internal_orders", "external_orders"};
    struct of_service *service = &runner->service;
    for (int i = 0; i < ROUTE_COUNT; i++) {
        OF_FREE char *labels = of_asprintf("route=\"%s\"", route_text((enum route)i));
        runner->counters[i] = of_metrics_counter(service->metrics, "orderflow_routed_lines_total",
            "Lines of orders by where they went, replays included.", labels);
        int result = of_service_find(service, of_config_topic(service->config, topics[i]),
            of_order_line_schema, of_order_line_schema_size, &runner->outputs[i], error);
        if (result < 0)
            return result;
    }
    char *events = of_event_topic(service->config);
    return events ? of_service_find(service, events, of_order_status_schema,
                        of_order_status_schema_size, &runner->events, error)
                  : OF_OK;
}

static int prepare(struct runner *runner, struct of_error *error)
{
    of_signals_watch_hangup();
    int result = load_tables(runner, error);
    if (result == OF_OK)
        result = prepare_outputs(runner, error);
    if (result == OF_OK)
        result = of_wire_reader_new(runner->service.registry, of_order_schema, of_order_schema_size,
            OF_ORDER_BYTES_MAX, &runner->reader, error);
    return result;
}

static int run(struct runner *runner)
{
    const struct options *options = &runner->options;
    struct of_error error;
    runner->input_topic =
        of_config_topic(runner->service.config, of_order_topic_name(OF_TOPIC_PAID));
    const char *const inputs[] = {runner->input_topic, NULL};
    const struct of_stage_spec spec = {.name = STAGE,
        .instance = options->common.instance,
        .inputs = inputs,
        .transform = transform,
        .hooks = {.between = between},
        .context = runner,
        .beside = true,
        .batch_records = options->batch.records,
        .batch_ms = options->batch.ms};
    return of_service_run(&runner->service, &spec, prepare(runner, &error), &error);
}

static const char description[] =
    "Reads paid_orders, beside the shipping of the orders themselves. Each order's lines become "
    "records of their own, with the names of product and places, and go to internal_orders or to "
    "external_orders: by the first rule that fits, or else by the product's own route. All lines "
    "of "
    "an order are written in one transaction, with the events Enriched and Routed. Orders that "
    "cannot be read, that are not paid, or that name a SKU or location that the tables don't have, "
    "go as they are to orders_dlq.";

static const char epilogue[] =
    "RULES\n"
    "    One a line; the first that fits a line of an order decides:\n"
    "\n"
    "        # what begins with a # is a comment\n"
    "        internal when category = Groceries, \"Farm Supply\" and province != PH-00\n"
    "        external when route = internal and amount >= 20000\n"
    "        external when route = external\n"
    "\n"
    "    route (=) is the product's own, internal or external; category (= !=) and province (= "
    "!=)\n"
    "    are of the catalogue and the provinces; amount (= < <= > >=) is the line's subtotal. A\n"
    "    rule that can match no line is an error, named FILE:LINE:COLUMN.\n"
    "\n"
    "SIGNALS\n"
    "    SIGHUP  read the rules and the tables again, at once; if one of them is bad, all stay\n"
    "            as they were, and the log tells where\n";

int main(int argc, char **argv)
{
    OF_CLEANUP(release)
    struct runner runner = {
        .options = {
            .common = OF_COMMON_DEFAULTS, .batch = OF_BATCH_DEFAULTS, .data = "producer/data"}};
    struct options *options = &runner.options;
    const struct of_option table[] = {
        {.name = "data",
            .type = OF_OPTION_TEXT,
            .target = &options->data,
            .argument = "FOLDER",
            .default_text = "producer/data",
            .section = "Routing",
            .help = "where catalogue.csv, locations.csv and provinces.csv are"},
        {.name = "rules",
            .type = OF_OPTION_TEXT,
            .target = &options->rules,
            .argument = "FILE",
            .default_text = "none, each line goes by its product's route",
            .help = "rules that go before the products' routes; see RULES"},
        OF_BATCH_OPTIONS(&options->batch),
        OF_COMMON_OPTIONS(&options->common),
        {0},
    };
    const struct of_program program = {.name = "orderflow-routing",
        .synopsis = "[OPTION...]",
        .summary = "sends the lines of paid orders to the house or to the partner",
        .description = description,
        .epilogue = epilogue,
        .options = table};
    int code;
    of_order_init(&runner.order);
    of_buffer_init(&runner.value, OF_ORDER_LINE_BYTES_MAX + OF_WIRE_HEADER_SIZE);
    return of_service_start(&runner.service, &program, &options->common, argc, argv, &code)
               ? code
               : run(&runner);
}
